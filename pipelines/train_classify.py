"""Train classify-small: category and finer type, a small head on the frozen embed-small.

    python pipelines/train_classify.py --shared ../shared --rendered DIR

Minutes on one CPU core, on the views that ``garment_features.py`` has read: street and flat
garments, and worn ones of rendered libraries where there are any. A tenth of the training photos
and senders is kept back to fit the temperatures, so that the validation garments stay untouched
until ``measure_embed.py`` reads them. Writes ``models/classify-small/weights.safetensors``.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import garment_features
import garments
import numpy as np
import rendered_garments
import torch
from safetensors.torch import load_file
from torch import Tensor
from train_trunk import average, export, label_loss

from wardrobe.labels import CATEGORIES
from wardrobe.nets import ClassifyHead, GarmentNet

EPOCHS = 10
BATCH = 256
RENDERED_WEIGHT = 0.5  # of a rendered view's error: types are certain there, cloth is not


@dataclass(frozen=True)
class Lesson:
    """Standardised features (n, feature_size) float16 of views, with what their labels say.

    Attributes:
        truth: (n,) category; ``allowed`` (n, types) bool.
        weight: (n,) how much a view's error counts.
        back: (n,) bool, kept back from training.
    """

    features: Tensor
    truth: Tensor
    allowed: Tensor
    weight: Tensor
    back: Tensor


def load_net(models: Path, device: str) -> GarmentNet:
    net = GarmentNet()
    tensors = load_file(models / "embed-small" / "weights.safetensors")
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    return net.to(device).eval()


def is_kept_back(group: str) -> bool:
    return hashlib.sha256(b"calibrate" + group.encode()).digest()[0] % 10 == 0


def gather(args: argparse.Namespace, net: GarmentNet) -> Lesson:
    """Every view read so far, standardised as the shipped embedder does."""
    data = garments.load(args.shared, args.runs)
    back = np.array([is_kept_back(g) for g in data.group])
    parts = [
        (p.values, data.category[p.rows], data.types[p.rows], 1.0, back[p.rows])
        for p in garment_features.training(args.runs, data)
    ]
    for folder in args.rendered:
        seen = rendered_garments.load(folder, args.runs)
        theirs = np.array([is_kept_back(i.split("-")[0]) for i in seen.item], np.bool_)
        for p in garment_features.rendered_readings(args.runs, folder.name, len(seen.item)):
            r = p.rows
            parts.append((p.values, seen.category[r], seen.types[r], RENDERED_WEIGHT, theirs[r]))
    features = []
    with torch.inference_mode():
        for values, *_ in parts:
            for k in range(0, len(values), 4096):
                some = torch.from_numpy(np.array(values[k : k + 4096])).float()
                features.append(net.standardised(some).half())
    return Lesson(
        torch.cat(features),
        torch.from_numpy(np.concatenate([p[1] for p in parts])),
        torch.from_numpy(np.concatenate([p[2] for p in parts])),
        torch.cat([torch.full((len(p[1]),), p[3]) for p in parts]),
        torch.from_numpy(np.concatenate([p[4] for p in parts])),
    )


def fit(lesson: Lesson) -> ClassifyHead:
    """The averaged head after EPOCHS passes; rare categories count more, by the root of rarity."""
    torch.manual_seed(0)
    head, ema = ClassifyHead(lesson.features.shape[1]), ClassifyHead(lesson.features.shape[1])
    ema.load_state_dict(head.state_dict())
    rows = torch.nonzero(~lesson.back)[:, 0]
    count = torch.bincount(lesson.truth[rows], minlength=len(CATEGORIES)).clamp(min=1).float()
    rarity = (count.mean() / count).sqrt().clamp(0.3, 4)
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.1)
    per_epoch = len(rows) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 1e-3, total_steps=EPOCHS * per_epoch + 1
    )
    head.train()
    for epoch in range(EPOCHS):
        total = 0.0
        order = rows[torch.randperm(len(rows))]
        for k in range(per_epoch):
            at = order[k * BATCH : (k + 1) * BATCH]
            x = lesson.features[at].float()
            said = head(x + 0.15 * torch.randn_like(x))
            loss = label_loss(
                *said, lesson.truth[at], lesson.allowed[at], rarity, lesson.weight[at]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            average(ema, head, epoch * per_epoch + k)
            total += loss.item()
        print(f"epoch {epoch + 1}/{EPOCHS} loss {total / per_epoch:.3f}", flush=True)
    return ema.eval()


def calibrate(head: ClassifyHead, lesson: Lesson) -> None:
    """Set the two temperatures that make the kept-back garments likeliest."""
    rows = torch.nonzero(lesson.back)[:, 0]
    features, truth = lesson.features[rows].float(), lesson.truth[rows]
    allowed = lesson.allowed[rows]
    grid = np.exp(np.linspace(np.log(0.4), np.log(4), 60))
    with torch.inference_mode():
        for which in (0, 1):
            losses = []
            for t in grid:
                head.temperature[which] = float(t)
                category, types = head(features)
                told = types.masked_fill(~allowed, float("-inf")).logsumexp(dim=1)
                right = category.gather(1, truth[:, None])
                losses.append(float(-(right.mean() if which == 0 else told.mean())))
            head.temperature[which] = float(grid[int(np.argmin(losses))])
        hit = (head(features)[0].argmax(dim=1) == truth).float().mean()
    print(f"temperatures: category {head.temperature[0]:.2f}, type {head.temperature[1]:.2f}; "
          f"{len(rows)} views kept back, accuracy {hit:.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--rendered", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    torch.set_num_threads(1)
    lesson = gather(args, load_net(args.models, "cpu"))
    print(f"{len(lesson.truth)} views, {int(lesson.back.sum())} kept back", flush=True)
    head = fit(lesson)
    calibrate(head, lesson)
    export(head, args.models / "classify-small" / "weights.safetensors")


if __name__ == "__main__":
    main()
