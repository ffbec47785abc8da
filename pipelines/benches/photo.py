"""One photo of 12 megapixels with two people: how long each model takes, once warm.

The photo is ``--photo``, or two of the sample photos side by side, enlarged to 4000 x 3000 and saved as
JPEG: what a phone writes. It goes the way of a build: decoded at reduced scale, everybody's pose, the
garments of whoever owns it with their extents, a vector and labels of each. Medians of ``--times``
runs after two that don't count. Processor seconds are what the work needs, on a busy machine too;
with ``OMP_NUM_THREADS=1`` they are those of one core. Wall seconds are what somebody waits here.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from wardrobe import api, images
from wardrobe.config import Settings

SIZE = (4000, 3000)
PAIR = ("IMG_0412.jpg", "IMG_0423.jpg")
SETTINGS = Settings()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photo", type=Path, help="of your own, instead of the two sample photos")
    parser.add_argument("--sample", type=Path, default=Path("sample_photos"))
    parser.add_argument("--times", type=int, default=7)


def rows(args: argparse.Namespace) -> Iterator[Mapping[str, object]]:
    """One row a step, and their sum."""
    with tempfile.TemporaryDirectory() as folder:
        path = args.photo or two_people(args.sample, Path(folder) / "two.jpg")
        runs = [once(path) for _ in range(args.times + 2)][2:]
    steps = list(runs[0])
    middle = {
        step: [float(np.median([run[step][k] for run in runs])) for k in (0, 1)] for step in steps
    }
    for step in steps:
        yield {"step": step, "processor s": middle[step][0], "wall s": middle[step][1],
               "found": runs[0][step][2]}  # fmt: skip
    whole = [float(np.median([sum(s[k] for s in run.values()) for run in runs])) for k in (0, 1)]
    yield {"step": "all", "processor s": whole[0], "wall s": whole[1], "found": "wanted: under 1 s"}


def two_people(sample: Path, path: Path) -> Path:
    """Two of the sample photos side by side, as large as a phone's."""
    whole = Pillow.new("RGB", SIZE)
    for k, name in enumerate(PAIR):
        # A labelled fixture, read as it was rendered: upright and in sRGB.
        with Pillow.open(sample / name) as photo:
            half = photo.convert("RGB").resize((SIZE[0] // 2, SIZE[1]), Pillow.Resampling.BICUBIC)
        whole.paste(half, (k * SIZE[0] // 2, 0))
    whole.save(path, quality=92)
    return path


def once(path: Path) -> dict[str, tuple[float, float, str]]:
    """Each step's processor seconds, wall seconds, and what came of it."""
    took: dict[str, tuple[float, float, str]] = {}

    def timed(step: str, work: Callable[[], Any], said: Callable[[Any], str]) -> Any:
        processor, wall = time.process_time(), time.perf_counter()
        value = work()
        spent = time.process_time() - processor, time.perf_counter() - wall
        took[step] = (*spent, said(value))
        return value

    settings = SETTINGS.photo

    def read() -> Any:
        return images.read(
            path, work_px=settings.work_px, max_megapixels=settings.max_megapixels
        ).pixels

    picture = timed("read", read, lambda p: f"{p.shape[1]} x {p.shape[0]} px")
    people = timed("pose", lambda: api.pose(picture), lambda p: f"{len(p)} people")
    # Two who pose alike have no main subject; one of them is taken for it here.
    owner = sorted(people, key=lambda p: -(p.box[2] - p.box[0]) * (p.box[3] - p.box[1]))[:1]
    worn = timed(
        "segment", lambda: api.segment(picture, owner), lambda g: ", ".join(x.category for x in g)
    )
    timed("embed", lambda: api.embed(picture, worn), lambda v: f"{len(v)} vectors")
    timed(
        "classify", lambda: api.classify(picture, worn, owner[0].pose), lambda n: f"{len(n)} labels"
    )
    return took
