"""A photo of 768 x 1024 put into clothes: how long it takes and how much memory, models loading included.

Each row is a process of its own. A picture of a garment lying alone, and one that somebody wears (whose
wearer must be found first, and whose hidden parts are restored). Processor seconds are what the work
needs, on a busy machine too; wall seconds are what somebody waits here.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benches.alone import alone
from PIL import Image as Pillow

SIZE = (768, 1024)
WANTED_S, WANTED_MB = 20, 3000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--person", type=Path, default=Path("sample_photos/IMG_0449.jpg"))
    parser.add_argument("--lying", type=Path, default=Path("sample_photos/truth/items/shirt-tartan.webp"))  # fmt: skip
    parser.add_argument("--worn", type=Path, default=Path("sample_photos/IMG_0447.jpg"))


def rows(args: argparse.Namespace) -> Iterator[Mapping[str, object]]:
    """One row a garment."""
    with tempfile.TemporaryDirectory() as folder:
        person = Path(folder) / "person.png"
        with Pillow.open(args.person) as photo:
            photo.convert("RGB").resize(SIZE, Pillow.Resampling.LANCZOS).save(person)
        for name, garment in (("lying alone", args.lying), ("worn", args.worn)):
            cost = alone(tried_on, person, garment)
            yield {
                "garment": name,
                "processor s": cost.value[0] if cost.value else None,
                "wall s": cost.value[1] if cost.value else None,
                "wanted s": WANTED_S,
                "peak MB": cost.peak_mb,
                "wanted MB": WANTED_MB,
                "died": cost.died,
            }


def tried_on(person: Path, garment: Path) -> tuple[float, float]:
    """Processor and wall seconds of one try-on."""
    from wardrobe import mirror

    processor, wall = time.process_time(), time.perf_counter()
    mirror.try_on(person, [garment])
    return time.process_time() - processor, time.perf_counter() - wall
