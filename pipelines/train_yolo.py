"""Train segment-small and pose-small: YOLO11n on street photos, from the COCO weights.

    python pipelines/train_yolo.py segment --shared ../shared --steps 2600
    python pipelines/train_yolo.py segment --start models/segment-small/weights.safetensors \\
        --rendered runs/fast --steps 330 --lr 8e-4 --blend 0.3
    python pipelines/train_yolo.py pose    --shared ../shared --steps 2600

Runs on two CPU cores (bfloat16, channels-last) or on a GPU. Writes a checkpoint every three
minutes to ``runs/``, goes on from it when started again, and ends by writing the averaged
weights to ``models/<name>/weights.safetensors`` (float16).

The views are where the work is: one affine per person zooms from far away to waist-up, head-cut
and lower-body crops, and a third of the canvases hold two people, so that the models meet what
the full-length street photos never show. Garments are also cut at the frame as selfies and table
shots cut them, rare ones are pasted from photo to photo, and rendered frames (``--rendered``) come
among the photographed ones.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true")

import cv2
import numpy as np
import rendered
import street
import torch
from mixes import Mix, Source
from numpy.typing import NDArray
from poses import pose_samples
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, IterableDataset
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import PoseModel, SegmentationModel
from views import Sample, augment_colour, place

from wardrobe.labels import CATEGORIES

CANVASES = ((448, 320), (448, 320), (448, 320), (384, 384), (320, 448))  # (h, w), drawn per batch
FINE_CANVASES = ((576, 416), (576, 416), (480, 480))  # the last fifth: finer, nearer to real use
FINE_FROM = 0.8


class Batches(IterableDataset[dict[str, torch.Tensor]]):
    """Endless augmented batches; batch ``i`` depends on ``(seed, i)`` alone."""

    def __init__(self, mix: Mix, *, start: int, steps: int, batch: int, seed: int):
        self.mix, self.start, self.steps, self.batch, self.seed = mix, start, steps, batch, seed

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        cv2.setNumThreads(0)
        worker = torch.utils.data.get_worker_info()
        first, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        for step in range(self.start + first, self.steps, stride):
            rng = np.random.default_rng((self.seed, step))
            fine = step >= FINE_FROM * self.steps
            canvases = FINE_CANVASES if fine else CANVASES
            size = self.batch * 5 // 8 if fine else self.batch
            canvas = canvases[rng.integers(len(canvases))]
            yield collate([self.one(rng, canvas) for _ in range(size)])

    def one(self, rng: np.random.Generator, canvas: tuple[int, int]) -> Sample:
        """One augmented picture of (h, w) px."""
        sample, cut = self.mix.draw(rng)
        if cut or rng.random() < 0.65:
            placed = place(sample, canvas, rng, near=not cut)
        else:
            placed = side_by_side(sample, self.mix.draw(rng)[0], canvas, rng)
        return Sample(augment_colour(placed.image, rng), placed.ids, placed.classes, placed.joints)


def side_by_side(a: Sample, b: Sample, canvas: tuple[int, int], rng: np.random.Generator) -> Sample:
    """Two people in one picture, each in a half of it."""
    h, w = canvas
    axis = 1 if w >= 0.7 * h else 0
    half = (h, w // 2) if axis == 1 else (h // 2, w)
    a, b = place(a, half, rng), place(b, half, rng)
    shift = np.array([half[1] if axis == 1 else 0, half[0] if axis == 0 else 0, 0], np.float32)
    ids = np.concatenate([a.ids, np.where(b.ids > 0, b.ids + len(a.classes), 0)], axis)
    joints = None
    if a.joints is not None and b.joints is not None:
        joints = np.concatenate([a.joints, b.joints + shift])
    return Sample(
        np.concatenate([a.image, b.image], axis),
        ids.astype(np.uint8),
        np.concatenate([a.classes, b.classes]),
        joints,
    )


def collate(samples: list[Sample]) -> dict[str, torch.Tensor]:
    """The batch layout of ultralytics' losses: boxes as centre and size, fractions of the canvas."""
    h, w = samples[0].image.shape[:2]
    images = np.stack([s.image for s in samples])
    cls, boxes, index, joints = [], [], [], []
    masks = np.zeros((len(samples), h // 4, w // 4), np.float32)
    for i, s in enumerate(samples):
        kept = 0
        for k, c in enumerate(s.classes, start=1):
            rows, cols = np.nonzero(s.ids == k)
            if len(rows) < 24:
                continue
            kept += 1
            x0, x1, y0, y1 = cols.min(), cols.max() + 1, rows.min(), rows.max() + 1
            boxes.append(((x0 + x1) / 2 / w, (y0 + y1) / 2 / h, (x1 - x0) / w, (y1 - y0) / h))
            cls.append(c)
            index.append(i)
            masks[i][s.ids[2::4, 2::4] == k] = kept
            if s.joints is not None:
                joints.append(s.joints[k - 1] / np.array([w, h, 1], np.float32))
    out = {
        "img": torch.from_numpy(images).permute(0, 3, 1, 2),
        "cls": torch.tensor(np.array(cls, np.float32)).view(-1, 1),
        "bboxes": torch.tensor(np.array(boxes, np.float32)).view(-1, 4),
        "batch_idx": torch.tensor(np.array(index, np.float32)),
        "masks": torch.from_numpy(masks),
    }
    if joints:
        out["keypoints"] = torch.tensor(np.array(joints, np.float32))
    return out


def segment_samples(shared: Path) -> list[Sample]:
    root = shared / "data" / "ccp"
    photos = (
        street.load(root, n)
        for n in street.numbers(root, labelled=True)
        if not street.is_validation(n)
    )
    return [
        Sample(p.image, p.ids, np.array([CATEGORIES.index(c) for c, _ in p.instances], np.int64))
        for p in photos
    ]


def mix(args: argparse.Namespace) -> Mix:
    """The sources of a task: street photos, and rendered frames where there are some."""
    pose = args.task == "pose"
    read = rendered.people if pose else rendered.samples
    frames = [s for folder in args.rendered for s in read(folder)]
    share = args.share if frames else 0.0
    known = pose_samples(args.shared, args.runs) if pose else segment_samples(args.shared)
    sources = [Source("street", known, 1 - share, True)]
    if frames:
        sources.append(Source("rendered", frames, share, False))
    return Mix(sources, cut=args.cut, paste=0.0 if pose else 0.35, dye=0.0 if pose else args.dye)


def build(task: str, start: Path) -> Any:
    """YOLO11n for the task, an untyped module: our own weights, or every COCO tensor that fits."""
    model: Any
    if task == "segment":
        model = SegmentationModel("yolo11n-seg.yaml", nc=len(CATEGORIES), verbose=False)
    else:
        model = PoseModel("yolo11n-pose.yaml", nc=1, data_kpt_shape=(17, 3), verbose=False)
    if start.suffix == ".safetensors":
        coco = type(model)(
            f"yolo11n-{'seg' if task == 'segment' else 'pose'}.yaml", nc=80, verbose=False
        )
        model.load(coco, verbose=False)  # gives the class branch the width it was trained with
        state = {k: v.float() if v.is_floating_point() else v for k, v in load_file(start).items()}
        model.load_state_dict(state)
    else:  # a pickle of ultralytics classes, trusted by its hash in ../shared/README.md
        source = torch.load(start, weights_only=False, map_location="cpu")["model"].float()
        model.load(source, verbose=False)
    model.args = get_cfg(overrides={"task": task, "cls": 0.7 if task == "segment" else 0.5})
    return model


def train(args: argparse.Namespace) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(args.seed)
    run = args.runs / f"{args.task}-small"
    run.mkdir(parents=True, exist_ok=True)
    start = args.start or args.shared / "weights" / "yolo11n-seg.pt"
    model = build(args.task, start).to(device, memory_format=torch.channels_last).train()
    for layer in model.model[: args.freeze]:
        layer.requires_grad_(False)
    ema = deepcopy(model).eval()
    decay: list[torch.nn.Parameter] = []
    plain: list[torch.nn.Parameter] = []
    for p in model.parameters():
        if p.requires_grad:
            (decay if p.ndim > 1 else plain).append(p)
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=args.lr,
    )
    step = 0
    checkpoint = run / "last.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        optimizer.load_state_dict(state["optimizer"])
        step = int(state["step"])
        print(f"going on from step {step}", flush=True)
    drawn = mix(args)
    batches = Batches(drawn, start=step, steps=args.steps, batch=args.batch, seed=args.seed)
    loader = DataLoader(batches, batch_size=None, num_workers=args.workers, prefetch_factor=4)
    print(f"{len(drawn)} photos, {args.steps - step} steps on {device}", flush=True)
    saved, began = time.monotonic(), time.monotonic()
    mean: NDArray[np.float64] | None = None
    first = step
    for batch in loader:
        for group in optimizer.param_groups:
            group["lr"] = args.lr * schedule(step, args.steps)
        batch = {k: v.to(device, non_blocking=True) for k, v in batch.items()}
        batch["img"] = batch["img"].to(memory_format=torch.channels_last).float() / 255
        with torch.autocast(device.type, dtype=torch.bfloat16):
            loss, items = model.loss(batch, model(batch["img"]))
        loss.sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        average(ema, model, min(0.998, step / (step + 100)))
        values = np.array([float(v) for v in items.values()])
        mean = values if mean is None else 0.98 * mean + 0.02 * values
        if step % 50 == 0:
            rate = (time.monotonic() - began) / (step - first)
            left = rate * (args.steps - step) / 60
            print(
                f"{step}/{args.steps} {np.round(mean, 3)} {rate:.2f} s/step, {left:.0f} min left",
                flush=True,
            )
        if time.monotonic() - saved > 180 or step == args.steps:
            save(checkpoint, model, ema, optimizer, step)
            saved = time.monotonic()
    out = args.out / f"{args.task}-small"
    out.mkdir(parents=True, exist_ok=True)
    tensors = {
        k: v.half().contiguous().cpu() if v.is_floating_point() else v.cpu()
        for k, v in ema.state_dict().items()
    }
    if args.blend < 1:
        tensors = blended(load_file(start), tensors, args.blend)
    save_file(tensors, out / "weights.safetensors")
    print(f"wrote {out / 'weights.safetensors'}", flush=True)


def blended(
    old: dict[str, torch.Tensor], new: dict[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """Weights on the way from ``old`` to ``new``: what was learnt anew, without forgetting as much."""
    return {
        k: ((1 - share) * old[k].float() + share * v.float()).half() if v.is_floating_point() else v
        for k, v in new.items()
    }


def schedule(step: int, steps: int, warmup: int = 60) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


@torch.no_grad()
def average(ema: torch.nn.Module, model: torch.nn.Module, keep: float) -> None:
    for a, b in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
        if a.is_floating_point():
            a.mul_(keep).add_(b, alpha=1 - keep)


def save(
    path: Path, model: torch.nn.Module, ema: torch.nn.Module, optimizer: Any, step: int
) -> None:
    state = {
        "model": model.state_dict(),
        "ema": ema.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("task", choices=["segment", "pose"])
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--out", type=Path, default=Path("models"))
    p.add_argument("--start", type=Path, help="weights of ours to begin with, not COCO's")
    p.add_argument("--rendered", type=Path, action="append", default=[], help="labelled frames")
    p.add_argument("--share", type=float, default=0.33, help="of pictures that are rendered")
    p.add_argument("--cut", type=float, default=0.5, help="of figures cut to part of the body")
    p.add_argument("--dye", type=float, default=0.3, help="of pictures with garments dyed anew")
    p.add_argument("--blend", type=float, default=1.0, help="of the new weights with --start's")
    p.add_argument("--steps", type=int, default=2600)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--lr", type=float, default=1.5e-3)
    p.add_argument("--freeze", type=int, default=3, help="first layers left as COCO made them")
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    train(p.parse_args())


if __name__ == "__main__":
    main()
