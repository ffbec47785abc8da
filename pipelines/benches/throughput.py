"""Photos a second: the product beside the script that a capable user would write, on the same photos.

The straightforward script (``benches/plainly.py``) has the same weights and does less: no visibility,
colours, patterns or quality, no thumbnail completed from other photos, nothing is remembered, a bad file
ends it. ``done`` says how much each found and wrote. Each runs in a process of its own, models loaded
before the clock starts. Seconds are of the wall and of processor time: on a busy machine only the latter
says anything, and with a GPU only the former. ``share`` is of all processor time, ``ratio`` the script's
seconds by ours, of whichever clock: end to end, and of what both do, the four models' stages. Where our
workers overlap, a stage's time is that in which any of them was in its model, whatever the others did.

The photos of ``sample_photos`` have up to a megapixel, a phone's have 12: ``--megapixels 12`` gives both sides
upright JPEG copies enlarged to that (Lanczos, quality 90, their time kept), made before any clock starts. They
have as many pixels, but as smooth ones as enlarging gives: a real photo is decoded somewhat slower, for both.

OMP_NUM_THREADS and OPENBLAS_NUM_THREADS count for both; unset, each side has the threads it would have.

``--untrained`` puts the gpu profile's networks in at full size with random weights
(``benches/untrained.py``), for machines that can't fetch the real ones.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benches.alone import alone
from benches.busy import Busy
from benches.clock import Clock, Spent
from benches.plainly import plain
from PIL import Image as Pillow

from wardrobe import backends, batch, config, images
from wardrobe.folder import scan

ROOT = Path(__file__).parents[2]
TAKEN = 0x0132  # EXIF tag
BOTH = ("pose", "segment", "embed", "classify")  # stages that the script has, too


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, default=ROOT / "sample_photos")
    parser.add_argument("--limit", type=int, default=40, help="photos")
    parser.add_argument("--megapixels", type=float, metavar="N", help="enlarged to so many")
    parser.add_argument("--workers", type=int, default=0, help="the product's; 0 for its default")
    parser.add_argument("--profile", choices=["small", "gpu"], default="small")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=8, help="photos at once; on a GPU try 32")
    parser.add_argument("--thumbnails", metavar="MODEL", help="what fills them, not the profile's")
    parser.add_argument(
        "--untrained", choices=["full", "tiny"], help="random weights, of that size"
    )
    parser.add_argument("--skip-plain", action="store_true", help="only the product")


def rows(args: argparse.Namespace) -> Iterator[Mapping[str, object]]:
    """Each stage of the product, all of it, a second run in which all is remembered; the script."""
    with models(args.untrained), tempfile.TemporaryDirectory() as folder:
        photos = args.photos
        if args.megapixels:
            photos = Path(folder)
            enlarge(args.photos, photos, args.limit + 1, args.megapixels)
        yield from _rows(args, photos)


def enlarge(photos: Path, into: Path, count: int, megapixels: float) -> None:
    """The first so many photos of a folder as JPEGs of a size, whatever they were."""
    for n, found in enumerate(list(scan(photos))[:count]):
        photo, exif = images.read(found.file, work_px=None, max_megapixels=150), Pillow.Exif()
        if photo.taken_at:
            exif[TAKEN] = f"{photo.taken_at:%Y:%m:%d %H:%M:%S}"
        scale = (megapixels * 1e6 / (photo.size[0] * photo.size[1])) ** 0.5
        size = round(photo.size[0] * scale), round(photo.size[1] * scale)
        large = Pillow.fromarray(photo.pixels).resize(size, Pillow.Resampling.LANCZOS)
        large.save(into / f"{n:04d}.jpg", quality=90, exif=exif)


def _rows(args: argparse.Namespace, photos: Path) -> Iterator[Mapping[str, object]]:
    chosen = {"run.device": args.device, "run.batch": str(args.batch)}
    chosen["run.workers"] = str(args.workers)
    if args.thumbnails or args.untrained:  # Stable Diffusion isn't among the random ones
        chosen["thumbnail.model"] = args.thumbnails or "inpaint-cloth"
    ours = alone(product, photos, args.limit, args.profile, chosen)
    if ours.value is None:
        yield _row("product", args.limit, (0.0, 0.0), peak=ours.died)
        return
    n, total, stages = (ours.value[k] for k in ("photos", "total", "stages"))
    for stage, clock in stages.items():
        yield _row(stage, n, clock, whole=total[1])
    said = {"peak": round(ours.peak_mb or 0), "whole": total[1], "done": ours.value["done"]}
    yield _row("product", n, total, **said, busy=ours.value["busy"], gpu=ours.value["gpu MB"])
    yield _row("product, again", n, ours.value["again"], whole=total[1])
    if args.skip_plain:
        return
    script = alone(plain, photos, args.limit, args.profile, args.device)
    if script.value is None:
        yield _row("script", n, (0.0, 0.0), peak=script.died)
        return
    for stage, clock in script.value["stages"].items():
        yield _row(stage, n, clock, whole=total[1])
    theirs = script.value["total"]
    said = {"peak": round(script.peak_mb or 0), "whole": total[1], "done": script.value["done"]}
    yield _row("script", n, theirs, **said)
    yield _ratio("ratio", n, theirs, total)
    yield _ratio(
        "ratio of what both do", n,
        _sum([script.value["stages"].get(f"  script: {s}", (0.0, 0.0)) for s in BOTH]),
        _sum([stages.get(f"  {s}", (0.0, 0.0)) for s in BOTH]),
    )  # fmt: skip


def _row(
    what: str, n: int, clock: Clock, *, whole: float = 0.0, peak: object = None, busy: object = None,
    gpu: object = None, done: object = None,
) -> dict[str, object]:  # fmt: skip
    wall, processor = clock
    return {
        "what": what, "photos": n, "wall s": wall, "processor s": processor,
        "photos/s": n / wall if wall else None, "share": processor / whole if whole else None,
        "peak MB": peak, "GPU busy": busy, "GPU peak MB": gpu, "done": done,
    }  # fmt: skip


def _ratio(what: str, n: int, theirs: Clock, ours: Clock) -> dict[str, object]:
    wall, processor = (t / o if o else None for t, o in zip(theirs, ours, strict=True))
    return {**_row(what, n, theirs), "wall s": wall, "processor s": processor, "photos/s": None}


def _sum(clocks: list[Clock]) -> Clock:
    return sum(c[0] for c in clocks), sum(c[1] for c in clocks)


@contextmanager
def models(untrained: str | None) -> Iterator[None]:
    """The models folder while a benchmark runs: the user's, or one of random networks."""
    if not untrained:
        yield
        return
    from benches import untrained as random

    before = os.environ.get("WARDROBE_MODELS")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WARDROBE_MODELS"] = folder
        try:
            print(f"weights are random, networks {untrained}", file=sys.stderr)
            random.write(Path(folder), small=untrained == "tiny")
            yield
        finally:
            if before is None:
                del os.environ["WARDROBE_MODELS"]
            else:
                os.environ["WARDROBE_MODELS"] = before


def product(photos: Path, limit: int, profile: Any, chosen: dict[str, str]) -> dict[str, Any]:
    """The batch job with its models loaded beforehand, timed as a whole and model by model."""
    settings, spent = config.load(overrides=chosen, profile=profile), Spent()
    made: dict[tuple[str, str], Any] = {}

    def create(stage: str, name: str, where: str) -> Any:
        if (stage, name) not in made:
            made[stage, name] = spent.timed(f"  {stage}", backends.create(stage, name, where))
        return made[stage, name]

    with tempfile.TemporaryDirectory() as out:

        def run() -> batch.Report:
            return batch.build(photos, Path(out) / "a", settings, limit=limit, create=create)

        # On a photo that isn't timed: what an encoder has seen, it answers for nothing.
        files = list(scan(photos))
        other = files[limit] if len(files) > limit else files[-1]
        (Path(out) / "other").mkdir()
        shutil.copy(other.file, Path(out) / "other" / other.file.name)
        batch.build(Path(out) / "other", Path(out) / "warm", settings, create=create)
        spent.forget()
        with Busy(backends.resolve(settings.run.device)) as gpu:
            total, report = spent.clock(run)
        stages = spent.rest(total, "  all else")
        again, _ = spent.clock(run)
        shutil.rmtree(out, ignore_errors=True)
    f = report.catalogue.funnel
    return {
        "photos": f.seen, "total": total, "again": again, "stages": stages, "busy": gpu.share,
        "gpu MB": gpu.peak_mb, "done": f"{f.kept} photos kept, {f.garments} garments, {f.items} items",
    }  # fmt: skip
