"""Train the trunk of embed-small: one garment, seen twice, close; any other garment, far.

    python pipelines/train_trunk.py --shared ../shared --steps 720

Half an hour on two CPU cores (bfloat16, channels-last); takes a GPU where there is one. Needed only
to learn the texture filters anew: ``train_embed.py`` goes on from those of the shipped weights. Writes
a checkpoint every three minutes to ``runs/embed-trunk``, goes on from it when started again, and
ends by writing the averaged network to ``--models``/embed-small/weights.safetensors (float16).

Every step shows two random views each of a few groups of garments of one category, half of the
groups of nearly one colour too. Three losses: a contrastive one over the batch and a queue of
recent vectors; a sigmoid per pair, ``s * (cosine - 0.85)``, which puts the same/different boundary
at 0.85; and the category and type, so that the features also serve classify-small.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import cv2
import garments
import numpy as np
import torch
import torch.nn.functional as F
from garment_views import view
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from wardrobe.backends.small import as_tensors
from wardrobe.nets import ClassifyHead, GarmentNet
from wardrobe.types import VECTOR_SIZE

BOUNDARY = 0.85  # cosine at which a pair is as likely one garment as two
QUEUE = 2048  # recent vectors that serve as further negatives
GROUP = 8  # garments of one category that meet in a batch
FROZEN = 6  # first layers of the trunk that keep ImageNet's filters: half of a step's cost
TEMPERATURE = 0.07
PUSH = 0.25  # weight of different pairs in the sigmoid loss; more makes 0.85 stricter
EVERY_S = 180.0
EMA = 0.99


class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless batches of two views per garment; batch ``i`` depends on ``(seed, i)`` alone.

    Yields (2 b, 160, 160, 4) uint8, first all first views, and (b,) rows of the garments.
    """

    def __init__(self, data: garments.Garments, *, start: int, steps: int, groups: int, seed: int):
        self.data, self.start, self.steps, self.groups, self.seed = data, start, steps, groups, seed
        self.train = data.rows(validation=False)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(0)
        worker = torch.utils.data.get_worker_info()
        first, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        for step in range(self.start + first, self.steps, stride):
            rng = np.random.default_rng((self.seed, step))
            rows = np.unique(np.concatenate([self._group(rng) for _ in range(self.groups)]))
            # One size of batch throughout: oneDNN prepares its kernels per size.
            spare = np.setdiff1d(rng.choice(self.train, 2 * self.groups * GROUP), rows)
            rows = np.append(rows, rng.permutation(spare))[: self.groups * GROUP]
            views = [view(self.data.pixels[r], rng) for _ in range(2) for r in rows]
            yield torch.from_numpy(np.stack(views)), torch.from_numpy(rows)

    def _group(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """A garment and others of its category: anyone, or the nearest in colour of a hundred."""
        anchor = rng.choice(self.train)
        alike = self.train[self.data.category[self.train] == self.data.category[anchor]]
        if rng.random() < 0.5:
            near = rng.choice(alike, min(100, len(alike)), replace=False)
            off = np.linalg.norm(self.data.colour[near] - self.data.colour[anchor], axis=1)
            return np.append(near[np.argsort(off)[: GROUP - 1]], anchor)
        return rng.choice(alike, min(GROUP, len(alike)), replace=False)


class PairLoss(nn.Module):
    """Contrastive over a queue, plus a sigmoid per pair whose boundary lies at BOUNDARY."""

    def __init__(self) -> None:
        super().__init__()
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(20.0)))
        self.register_buffer("vectors", torch.zeros(QUEUE, VECTOR_SIZE))
        self.register_buffer("rows", torch.full((QUEUE,), -1))
        self.vectors: Tensor
        self.rows: Tensor
        self.at = 0

    def forward(self, vectors: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """(2 b, 256) vectors and (b,) rows -> the contrastive and the sigmoid loss."""
        owner = torch.cat([rows, rows])
        known = self.rows >= 0
        others = torch.cat([vectors, self.vectors[known]])
        cosine = vectors @ others.T
        same = owner[:, None] == torch.cat([owner, self.rows[known]])[None]
        n = len(vectors)
        itself = torch.zeros_like(same)
        itself[:, :n] = torch.eye(n, dtype=torch.bool, device=same.device)
        pair = same & ~itself
        pair[:, n:] = False  # the queue holds older weights' vectors: negatives only
        logits = (cosine / TEMPERATURE).masked_fill(itself | (same & ~pair), -1e4)
        contrast = -(logits.log_softmax(dim=1)[pair]).mean()
        sharpness = self.log_sharpness.exp().clamp(max=60)
        signed = torch.where(pair, 1.0, -1.0) * sharpness * (cosine - BOUNDARY)
        each = F.softplus(-signed).masked_fill(itself | (same & ~pair), 0.0)
        self._remember(vectors.detach(), owner)
        different = each[:, :n].masked_fill(pair[:, :n], 0).sum() / n
        return contrast, each[pair].mean() + PUSH * different

    def _remember(self, vectors: Tensor, owner: Tensor) -> None:
        at = (torch.arange(len(vectors), device=vectors.device) + self.at) % QUEUE
        self.vectors[at], self.rows[at] = vectors, owner
        self.at = int(at[-1] + 1) % QUEUE


def label_loss(
    category: Tensor,
    types: Tensor,
    truth: Tensor,
    allowed: Tensor,
    rarity: Tensor | None = None,
    weight: Tensor | None = None,
) -> Tensor:
    """Category error, plus that of the types where the label says anything about them.

    Args:
        rarity: (categories,) how much each category's errors count.
        weight: (n,) how much each garment's error counts.
    """
    each = F.nll_loss(category, truth, weight=rarity, reduction="none")
    if rarity is not None:
        each = each / rarity[truth].mean()
    each = each - 0.5 * types.masked_fill(~allowed, float("-inf")).logsumexp(dim=1)
    return (each if weight is None else each * weight).mean()


def start_net(shared: Path) -> GarmentNet:
    """The network with ImageNet's SqueezeNet as its trunk and a fresh rest."""
    torch.manual_seed(0)
    net = GarmentNet()
    weights = torch.load(shared / "weights/squeezenet1_1_imagenet.pth", weights_only=True)
    net.trunk.load_state_dict({k: v for k, v in weights.items() if k.startswith("features.")})
    return net


def average(ema: nn.Module, net: nn.Module, step: int) -> None:
    keep = min(EMA, (1 + step) / (10 + step))
    with torch.no_grad():
        for a, b in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
            if a.is_floating_point():
                a.lerp_(b, 1 - keep)
            else:
                a.copy_(b)


def train(shared: Path, runs: Path, models: Path, *, steps: int, groups: int) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = garments.load(shared, runs)
    category = torch.from_numpy(data.category).to(device)
    allowed = torch.from_numpy(data.types).to(device)
    net = start_net(shared).to(device, memory_format=torch.channels_last)
    ema = deepcopy(net).eval()
    head, pairs = ClassifyHead(net.feature_size).to(device), PairLoss().to(device)
    for layer in net.trunk.features[:FROZEN]:
        layer.requires_grad_(False)
    trunk = [p for p in net.trunk.parameters() if p.requires_grad]
    above = (net.layout, net.weave_shallow, net.weave_middle, net.place, net.standard, net.neck)
    rest = [p for m in (*above, head, pairs) for p in m.parameters()]
    optimiser = torch.optim.AdamW(
        [{"params": trunk, "lr": 3e-4}, {"params": rest, "lr": 1.5e-3}], weight_decay=0.02
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda s: min(1.0, (s + 1) / 60) * (0.02 + 0.98 * (1 + math.cos(math.pi * s / steps)) / 2),
    )
    parts = {"net": net, "ema": ema, "head": head, "pairs": pairs, "optimiser": optimiser,
             "schedule": schedule}  # fmt: skip
    checkpoint = runs / "embed-trunk" / "last.pt"
    first = resume(checkpoint, parts)
    batches = Batches(data, start=first, steps=steps, groups=groups, seed=5)
    saved = time.monotonic()
    sums = np.zeros(3)
    for step, (views, rows) in enumerate(
        DataLoader(batches, batch_size=None, num_workers=1), first
    ):
        image, mask = as_tensors(views.numpy(), device)
        rows = rows.to(device)
        net.train()
        with torch.autocast(device, torch.bfloat16):
            vectors, features = net(image.contiguous(memory_format=torch.channels_last), mask)
        contrast, boundary = pairs(vectors, rows)
        twice = torch.cat([rows, rows])
        labels = label_loss(*head(features.float()), category[twice], allowed[twice])
        optimiser.zero_grad(set_to_none=True)
        (contrast + boundary + 0.3 * labels).backward()
        nn.utils.clip_grad_norm_([*trunk, *rest], 5.0)
        optimiser.step()
        schedule.step()
        average(ema, net, step)
        sums += [contrast.item(), boundary.item(), labels.item()]
        if (step + 1) % 20 == 0:
            told = " ".join(f"{v / 20:.3f}" for v in sums)
            rate = pairs.log_sharpness.exp().item()
            print(f"{time.strftime('%H:%M:%S')} step {step + 1}/{steps} contrast boundary labels "
                  f"{told} sharpness {rate:.1f}", flush=True)  # fmt: skip
            sums[:] = 0
        if time.monotonic() - saved > EVERY_S:
            save(checkpoint, parts, step + 1)
            saved = time.monotonic()
    save(checkpoint, parts, steps)
    export(ema, models / "embed-small" / "weights.safetensors")


def resume(checkpoint: Path, parts: dict[str, nn.Module]) -> int:
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    print(f"goes on from step {state['step']} of {checkpoint}", flush=True)
    return int(state["step"])


def save(checkpoint: Path, parts: dict[str, nn.Module], step: int) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    state = {name: part.state_dict() for name, part in parts.items()}
    torch.save({**state, "step": step}, checkpoint.with_suffix(".part"))
    checkpoint.with_suffix(".part").replace(checkpoint)


def export(net: nn.Module, path: Path) -> None:
    """Safetensors: matrices and filters in float16 (loaders widen them), the rest in float32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        k: (v.half() if v.ndim >= 2 else v).cpu().contiguous() for k, v in net.state_dict().items()
    }
    save_file(tensors, path)
    print(f"wrote {path}: {path.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("runs/embed-trunk"))
    parser.add_argument("--steps", type=int, default=720)
    parser.add_argument("--groups", type=int, default=8, help="of eight garments, per batch")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(args.shared, args.runs, args.models, steps=args.steps, groups=args.groups)


if __name__ == "__main__":
    main()
