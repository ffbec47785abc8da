"""Photos a second: the product beside the script that a capable user would write, on the same photos.

The straightforward script opens each photo with Pillow, asks ultralytics' ``predict`` for people and
garments photo by photo, embeds and names each crop by itself, groups with scikit-learn's DBSCAN and
saves a cut-out of each group with Pillow. It has the same weights as the product and does less: no
visibility, colours, patterns or quality, nothing is remembered, a bad file ends it. Each runs in a
process of its own, models loaded before the clock starts. Seconds are of the wall and of processor
time: on a busy machine only the latter says anything. ``share`` is of all processor time, ``ratio``
the straightforward script's seconds by ours, of whichever clock.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benches.alone import alone

from wardrobe import backends, batch, config, weights
from wardrobe.folder import scan
from wardrobe.types import Crop

ROOT = Path(__file__).parents[2]
Clock = tuple[float, float]  # wall and processor seconds


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, default=ROOT / "sample_photos")
    parser.add_argument("--limit", type=int, default=40, help="photos")
    parser.add_argument("--profile", choices=["small", "gpu"], default="small")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--skip-plain", action="store_true", help="only the product")


def rows(args: argparse.Namespace) -> Iterator[Mapping[str, object]]:
    """Each stage of the product, all of it, a second run in which all is remembered; the script."""
    ours = alone(product, args.photos, args.limit, args.profile, args.device)
    if ours.value is None:
        yield _row("product", args.limit, (0.0, 0.0), ours.died, 0.0)
        return
    n, total = ours.value["photos"], ours.value["total"]
    for stage, clock in ours.value["stages"].items():
        yield _row(stage, n, clock, None, total[1])
    yield _row("product", n, total, round(ours.peak_mb or 0), total[1])
    yield _row("product, again", n, ours.value["again"], None, total[1])
    if args.skip_plain or args.profile != "small":
        return
    script = alone(plain, args.photos, args.limit, args.device)
    if script.value is None:
        yield _row("script", n, (0.0, 0.0), script.died, 0.0)
        return
    clock = script.value["total"]
    yield _row("script", n, clock, round(script.peak_mb or 0), total[1])
    yield {**_row("ratio", n, total, None, 0.0), "wall s": clock[0] / total[0],
           "processor s": clock[1] / total[1], "photos/s": None}  # fmt: skip


def _row(what: str, n: int, clock: Clock, peak: object, whole: float) -> dict[str, object]:
    wall, processor = clock
    return {
        "what": what, "photos": n, "wall s": wall, "processor s": processor,
        "photos/s": n / wall if wall else None, "share": processor / whole if whole else None,
        "peak MB": peak,
    }  # fmt: skip


def product(photos: Path, limit: int, profile: Any, device: str) -> dict[str, Any]:
    """The batch job with its models loaded beforehand, timed as a whole and model by model."""
    settings = config.load(overrides={"run.device": device}, profile=profile)
    spent: dict[str, Clock] = defaultdict(lambda: (0.0, 0.0))
    made: dict[tuple[str, str], Any] = {}

    def create(stage: str, name: str, where: str) -> Any:
        if (stage, name) not in made:
            made[stage, name] = _timed(backends.create(stage, name, where), spent, f"  {stage}")
        return made[stage, name]

    with tempfile.TemporaryDirectory() as out:
        batch.build(photos, Path(out) / "warm", settings, limit=1, create=create)
        spent.clear()
        total, report = _clock(
            lambda: batch.build(photos, Path(out) / "a", settings, limit=limit, create=create)
        )
        stages = dict(spent)
        again, _ = _clock(
            lambda: batch.build(photos, Path(out) / "a", settings, limit=limit, create=create)
        )
        shutil.rmtree(out, ignore_errors=True)
    models = np.sum(list(stages.values()), axis=0) if stages else np.zeros(2)
    stages["  all else"] = (total[0] - models[0], total[1] - models[1])
    return {
        "photos": report.catalogue.funnel.seen,
        "total": total,
        "again": again,
        "stages": stages,
    }


def plain(photos: Path, limit: int, device: str) -> dict[str, Any]:
    """The straightforward script; its weights are put into files that ultralytics opens itself."""
    from PIL import Image as Pillow
    from sklearn.cluster import DBSCAN

    embed = backends.create("embed", "embed-small", device)
    name = backends.create("classify", "classify-small", device)
    with tempfile.TemporaryDirectory() as folder:
        pose, segment = (_ultralytics(n, Path(folder)) for n in ("pose-small", "segment-small"))
        files = [f.file for f in scan(photos)][:limit]
        for model in (pose, segment):
            model.predict(np.zeros((64, 64, 3), np.uint8), verbose=False, device=device)

        def run() -> int:
            vectors, crops = [], []
            for file in files:
                picture = Pillow.open(file).convert("RGB")
                if not len(pose.predict(picture, verbose=False, device=device)[0].boxes):
                    continue
                (found,) = segment.predict(picture, verbose=False, device=device, retina_masks=True)
                pixels = np.asarray(picture)
                for mask in found.masks.data.cpu().numpy() > 0.5 if found.masks is not None else ():
                    if mask.any():
                        ys, xs = np.nonzero(mask)
                        box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
                        crop = Crop(pixels[box], mask[box])
                        crops.append((crop, name([crop])[0]))
                        vectors.append(embed([crop])[0])
            groups = DBSCAN(eps=0.07, min_samples=1, metric="cosine").fit_predict(np.stack(vectors))
            for group in np.unique(groups):
                crop = crops[int(np.flatnonzero(groups == group)[0])][0]
                cut = np.where(crop.mask[..., None], crop.image, np.uint8(244))
                Pillow.fromarray(cut).resize((512, 512)).save(Path(folder) / f"{group}.webp")
            return len(files)

        total, n = _clock(run)
    return {"photos": n, "total": total}


def _ultralytics(name: str, folder: Path) -> Any:
    """The small model ``name`` as ultralytics' own YOLO object, from a checkpoint of its own kind."""
    import torch
    from ultralytics import YOLO
    from ultralytics.nn.tasks import PoseModel, SegmentationModel

    from wardrobe.backends import yolo
    from wardrobe.labels import CATEGORIES

    if name == "pose-small":
        net = PoseModel("yolo11n-pose.yaml", nc=1, data_kpt_shape=(17, 3), verbose=False)
        coco = PoseModel("yolo11n-pose.yaml", nc=80, data_kpt_shape=(17, 3), verbose=False)
        names, task = ["person"], "pose"
    else:
        net = SegmentationModel("yolo11n-seg.yaml", nc=len(CATEGORIES), verbose=False)
        coco = SegmentationModel("yolo11n-seg.yaml", nc=80, verbose=False)
        names, task = list(CATEGORIES), "segment"
    net.load(coco, verbose=False)
    net = yolo._loaded(net, weights.verified(weights.find(name)))
    net.names, net.args = dict(enumerate(names)), {"imgsz": 640, "task": task}
    path = folder / f"{name}.pt"
    torch.save({"model": net, "train_args": {"imgsz": 640, "task": task}}, path)
    return YOLO(path)


def _timed(model: Any, spent: dict[str, Clock], name: str) -> Any:
    def answer(*inputs: Sequence[Any]) -> Any:
        clock, said = _clock(lambda: model(*inputs))
        spent[name] = (spent[name][0] + clock[0], spent[name][1] + clock[1])
        return said

    return answer


def _clock(work: Callable[[], Any]) -> tuple[Clock, Any]:
    wall, processor = time.perf_counter(), time.process_time()
    value = work()
    return (time.perf_counter() - wall, time.process_time() - processor), value
