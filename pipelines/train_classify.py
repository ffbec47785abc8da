"""Train classify-small: category and finer type, a small head on the frozen embed-small.

    python pipelines/train_classify.py --shared ../shared

Minutes on two CPU cores: a few random views of every training garment are described once by the
embedder, then the head learns from the descriptions. A tenth of the training photos and senders
is kept back to fit the temperatures, so that the validation garments stay untouched until
``measure_embed.py`` reads them. Writes ``models/classify-small/weights.safetensors``.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import garments
import numpy as np
import torch
from garment_views import plain, view
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset
from train_embed import export, label_loss

from wardrobe.backends.small import as_tensors
from wardrobe.labels import CATEGORIES
from wardrobe.nets import ClassifyHead, GarmentNet

VIEWS = 4  # per garment: one plain, the others random
EPOCHS = 12
BATCH = 256


class Views(IterableDataset[tuple[Tensor, Tensor]]):
    """Batches of 64 garments as (64, 160, 160, 4) uint8 with their rows: ``VIEWS`` passes."""

    def __init__(self, data: garments.Garments, rows: NDArray[np.intp]) -> None:
        self.data, self.rows = data, rows

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(0)
        for turn in range(VIEWS):
            for start in range(0, len(self.rows), 64):
                part = self.rows[start : start + 64]
                rng = np.random.default_rng((turn, start))
                tiles = [self.data.pixels[r] for r in part]
                views = [view(t, rng) if turn else plain(t) for t in tiles]
                yield torch.from_numpy(np.stack(views)), torch.from_numpy(part)


def load_net(models: Path, device: str) -> GarmentNet:
    net = GarmentNet()
    tensors = load_file(models / "embed-small" / "weights.safetensors")
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    return net.to(device).eval()


def described(
    net: GarmentNet, data: garments.Garments, rows: NDArray[np.intp], device: str
) -> tuple[Tensor, Tensor]:
    """Features (n * VIEWS, feature_size) float32 of the rows' views, and their rows."""
    features, owners = [], []
    with torch.inference_mode():
        for views, part in DataLoader(Views(data, rows), batch_size=None, num_workers=1):
            features.append(net(*as_tensors(views.numpy(), device))[1].cpu())
            owners.append(part)
    return torch.cat(features), torch.cat(owners)


def is_kept_back(group: str) -> bool:
    return hashlib.sha256(b"calibrate" + group.encode()).digest()[0] % 10 == 0


def fit(features: Tensor, truth: Tensor, allowed: Tensor) -> ClassifyHead:
    """The head after EPOCHS passes; rare categories count more, by the root of their rarity."""
    torch.manual_seed(0)
    head = ClassifyHead(features.shape[1])
    count = torch.bincount(truth, minlength=len(CATEGORIES)).clamp(min=1).float()
    weight = (count.mean() / count).sqrt().clamp(0.3, 4)
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.05)
    steps = EPOCHS * (len(truth) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=steps + 1)
    head.train()
    for epoch in range(EPOCHS):
        total = 0.0
        order = torch.randperm(len(truth))
        for k in range(len(truth) // BATCH):
            rows = order[k * BATCH : (k + 1) * BATCH]
            noisy = features[rows] + 0.1 * torch.randn_like(features[rows])
            loss = label_loss(*head(noisy), truth[rows], allowed[rows], weight)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{EPOCHS} loss {total / (len(truth) // BATCH):.3f}", flush=True)
    return head.eval()


def calibrate(head: ClassifyHead, features: Tensor, truth: Tensor, allowed: Tensor) -> None:
    """Set the two temperatures that make the kept-back garments likeliest."""
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
    print(f"temperatures: category {head.temperature[0]:.2f}, type {head.temperature[1]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = garments.load(args.shared, args.runs)
    net = load_net(args.models, device)
    features, owners = described(net, data, data.rows(validation=False), device)
    truth = torch.from_numpy(data.category)[owners]
    allowed = torch.from_numpy(data.types)[owners]
    back = torch.tensor([is_kept_back(g) for g in data.group])[owners]
    print(f"{len(owners)} views, {int(back.sum())} kept back for calibration", flush=True)
    head = fit(features[~back], truth[~back], allowed[~back])
    calibrate(head, features[back], truth[back], allowed[back])
    export(head, args.models / "classify-small" / "weights.safetensors")


if __name__ == "__main__":
    main()
