"""Train embed-small: one garment, seen twice, close; any other garment, far.

    python pipelines/garment_features.py --shared ../shared --passes 8 --rendered DIR
    python pipelines/train_embed.py --shared ../shared --rendered DIR

Learns what stands above the fixed readings (``GarmentNet.standard`` and ``neck``) from the views
that ``garment_features.py`` has read so far: minutes on one CPU core. Writes a checkpoint every
three minutes to ``runs/embed-small``, goes on from it when started again, and ends by writing
``models/embed-small/weights.safetensors`` (matrices in float16).

Every step shows two views each of many small groups of garments of one category, half of the
groups of nearly one colour too: two random views of a real garment, or a rendered garment in two
frames, in another pose and light. Two losses: a contrastive one over the batch, and a sigmoid per
pair of one category whose boundary lies at BOUNDARY. A tenth of the photos and senders is kept
back, as for classify-small; what is printed is measured on them.
"""

from __future__ import annotations

import argparse
import math
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import garment_features
import garments
import numpy as np
import rendered_garments
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from train_classify import is_kept_back
from train_trunk import average, export, resume, save

from wardrobe.nets import GarmentNet

BOUNDARY = 0.6  # cosine at which a pair of one category is as likely one garment as two
GROUP = 8  # garments of one category that meet in a batch
TEMPERATURE = 0.05
PUSH = 3.0  # weight of different pairs in the sigmoid loss; more makes the boundary stricter
RENDERED = 0.4  # share of groups that are of rendered garments, once there are any
NOISE, DROPPED = 0.2, 0.2  # of standardised readings
EVERY_S = 180.0
REREAD = 200  # steps


@dataclass(frozen=True)
class Views:
    """Readings of views by the garment they show.

    Attributes:
        values: (n, feature_size) float16, standardised.
        of: (n,) garment of each view; ``first`` and ``count`` say where a garment's views lie.
        photo: (n,) number of the photo of each view; views of a real garment have one each.
        category, colour, real, back: of the garments; ``back`` are kept back.
    """

    values: Tensor
    of: NDArray[np.intp]
    photo: NDArray[np.intp]
    first: NDArray[np.intp]
    count: NDArray[np.intp]
    category: NDArray[np.int64]
    colour: NDArray[np.float32]
    real: NDArray[np.bool_]
    back: NDArray[np.bool_]


def gather(args: argparse.Namespace, net: GarmentNet) -> Views:
    """All views that have been read by now, standardised as ``net`` does.

    The first call, before anything was learned, sets the mean and spread that it goes by.
    """
    data = garments.load(args.shared, args.runs)
    values, of, photo, category, colour = [], [], [], [data.category], [data.colour]
    back = [np.array([is_kept_back(g) for g in data.group])]
    for k, part in enumerate(garment_features.training(args.runs, data)):
        values.append(np.asarray(part.values))
        of.append(part.rows)
        photo.append(-(k + 1) * np.ones(len(part.rows), np.intp))
    known, photos = len(data.category), 0
    for folder in args.rendered:
        seen = rendered_garments.load(folder, args.runs)
        items, where, number = np.unique(seen.item, return_index=True, return_inverse=True)
        frame = np.unique(seen.photo, return_inverse=True)[1] + photos
        for part in garment_features.rendered_readings(args.runs, folder.name, len(seen.item)):
            values.append(np.asarray(part.values))
            of.append(known + number[part.rows])
            photo.append(frame[part.rows])
        category.append(seen.category[where])
        colour.append(seen.colour[where])
        back.append(np.array([is_kept_back(i.split("-")[0]) for i in items], np.bool_))
        known, photos = known + len(items), photos + len(np.unique(seen.photo))
    order = np.argsort(np.concatenate(of), kind="stable")
    owner = np.concatenate(of)[order]
    whole = torch.from_numpy(np.concatenate(values)[order])
    if not net.standard.num_batches_tracked:
        mean, variance = moments(whole)
        net.standard.running_mean.copy_(mean)
        net.standard.running_var.copy_(variance)
        net.standard.num_batches_tracked.fill_(1)
    with torch.inference_mode():
        for k in range(0, len(whole), 4096):
            whole[k : k + 4096] = net.standardised(whole[k : k + 4096].float()).half()
    real = np.arange(known) < len(data.category)
    first = np.searchsorted(owner, np.arange(known))
    count = np.bincount(owner, minlength=known)
    print(f"{len(whole)} views of {int((count > 0).sum())} garments, "
          f"{int((count[~real] > 0).sum())} of them rendered", flush=True)  # fmt: skip
    return Views(
        whole, owner, np.concatenate(photo)[order], first, count, np.concatenate(category),
        np.concatenate(colour), real, np.concatenate(back),
    )  # fmt: skip


def moments(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each column, far outliers (a hundredth on either side) left out."""
    some = values[:: max(1, len(values) // 8000)].float()
    low, high = (torch.quantile(some, q, dim=0) for q in (0.01, 0.99))
    some = torch.maximum(torch.minimum(some, high), low)
    return some.mean(dim=0), some.var(dim=0)


def draw(views: Views, open_: NDArray[np.intp], groups: int, rng: np.random.Generator) -> Tensor:
    """Rows of two views each of ``groups`` groups of garments: (2, n)."""
    chosen: list[NDArray[np.intp]] = []
    drawn = open_[~views.real[open_]]
    for _ in range(groups):
        anchor = rng.choice(drawn if len(drawn) and rng.random() < RENDERED else open_)
        alike = (views.category[open_] == views.category[anchor]) & (
            views.real[open_] == views.real[anchor]
        )
        pool = open_[alike]
        if rng.random() < 0.5:
            near = rng.choice(pool, min(150, len(pool)), replace=False)
            off = np.linalg.norm(views.colour[near] - views.colour[anchor], axis=1)
            chosen.append(near[np.argsort(off)[:GROUP]])
        else:
            chosen.append(rng.choice(pool, min(GROUP, len(pool)), replace=False))
    garment = np.unique(np.concatenate(chosen))
    a = views.first[garment] + (rng.random(len(garment)) * views.count[garment]).astype(int)
    b = views.first[garment] + (rng.random(len(garment)) * views.count[garment]).astype(int)
    for _ in range(6):  # one picture twice, or one frame of two, proves little
        same = views.photo[a] == views.photo[b]
        again = rng.random(len(garment)) * views.count[garment]
        b = np.where(same, views.first[garment] + again.astype(int), b)
    return torch.from_numpy(np.stack([a, b]))


def losses(
    told: Tensor, garment: Tensor, category: Tensor, sharpness: Tensor
) -> tuple[Tensor, Tensor]:
    """(2 n, 255) vectors before the lift -> the contrastive loss, and the one of the boundary."""
    cosine = told @ told.T
    itself = torch.eye(len(told), dtype=torch.bool)
    pair = (garment[:, None] == garment[None]) & ~itself
    logits = (cosine / TEMPERATURE).masked_fill(itself, -1e4)
    contrast = -logits.log_softmax(dim=1)[pair].mean()
    rival = (category[:, None] == category[None]) & ~pair & ~itself
    rate = sharpness.exp().clamp(max=40)
    positive = F.softplus(-rate * (cosine[pair] - BOUNDARY)).mean()
    negative = F.softplus(rate * (cosine - BOUNDARY)).masked_fill(~rival, 0).sum() / len(told)
    return contrast, positive + PUSH * negative


def train(args: argparse.Namespace, net: GarmentNet, checkpoint: Path) -> GarmentNet:
    """Fit the neck, taking in what has been read meanwhile every REREAD steps; returns the network
    with the average of the last steps' necks."""
    torch.manual_seed(0)
    steps = args.steps
    ema = deepcopy(net.neck).eval()
    holder = nn.Module()
    holder.sharpness = nn.Parameter(torch.tensor(math.log(12.0)))
    learned = [*net.neck.parameters(), *holder.parameters()]
    optimiser = torch.optim.AdamW(learned, lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda s: min(1.0, (s + 1) / 60) * (0.02 + 0.98 * (1 + math.cos(math.pi * s / steps)) / 2),
    )
    parts = {"neck": net.neck, "standard": net.standard, "ema": ema, "holder": holder,
             "optimiser": optimiser, "schedule": schedule}  # fmt: skip
    saved, sums = time.monotonic(), np.zeros(2)
    first = resume(checkpoint, parts)
    views: Views | None = None
    for step in range(first, steps):
        if views is None or step % REREAD == 0:
            views = gather(args, net.eval())
            open_ = np.flatnonzero((views.count >= 2) & ~views.back)
            category = torch.from_numpy(views.category)
        rng = np.random.default_rng((5, step))
        rows = draw(views, open_, args.groups, rng).flatten()
        net.neck.train()
        x = views.values[rows].float()
        x = F.dropout(x + NOISE * torch.randn_like(x), DROPPED)
        with torch.autocast("cpu", torch.bfloat16):
            told = net.neck(x)
        told = F.normalize(told.float(), dim=1)
        garment = torch.from_numpy(views.of)[rows]
        contrast, boundary = losses(told, garment, category[garment], holder.sharpness)
        optimiser.zero_grad(set_to_none=True)
        (contrast + boundary).backward()
        nn.utils.clip_grad_norm_(learned, 5.0)
        optimiser.step()
        schedule.step()
        average(ema, net.neck, step)
        sums += [contrast.item(), boundary.item()]
        if (step + 1) % 50 == 0:
            print(f"{time.strftime('%H:%M:%S')} step {step + 1}/{steps} contrast boundary "
                  f"{sums[0] / 50:.3f} {sums[1] / 50:.3f} sharpness "
                  f"{holder.sharpness.exp():.1f}", flush=True)  # fmt: skip
            sums[:] = 0
        if (step + 1) % 200 == 0 or step + 1 == steps:
            held_back(views, ema)
        if time.monotonic() - saved > EVERY_S:
            save(checkpoint, parts, step + 1)
            saved = time.monotonic()
    save(checkpoint, parts, steps)
    net.neck = ema
    return net.eval()


def held_back(views: Views, neck: nn.Module) -> None:
    """Print recall and AUC of the garments kept back, real and rendered apart."""
    for name, which in (("real", views.real), ("rendered", ~views.real)):
        mine = np.flatnonzero((which & views.back)[views.of])
        if len(mine) < 50:
            continue
        rng = np.random.default_rng(1)
        mine = np.sort(rng.choice(mine, min(3000, len(mine)), replace=False))
        with torch.inference_mode():
            told = F.normalize(neck(views.values[mine].float()), dim=1).numpy()
        of, photo, category = views.of[mine], views.photo[mine], views.category[views.of[mine]]
        cosine = told @ told.T
        same = of[:, None] == of[None]
        other_photo = photo[:, None] != photo[None]
        asked = (same & other_photo).any(axis=1)
        nearest = np.where(other_photo | ~same, cosine, -2).argmax(axis=1)
        rival = category[:, None] == category[None]
        upper = np.triu(np.ones_like(same), 1)
        positive, negative = cosine[same & other_photo & upper], cosine[~same & rival & upper]
        truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
        strict = np.quantile(negative, 0.999)
        print(f"  kept back, {name}: recall@1 {(of[nearest] == of)[asked].mean():.3f} of "
              f"{int(asked.sum())}, AUC {roc_auc_score(truth, np.r_[positive, negative]):.4f}, "
              f"1 in 1000 passes {strict:.3f}, same above it {(positive >= strict).mean():.3f}",
              flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--out", type=Path, help="write models here instead")
    parser.add_argument("--rendered", type=Path, nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--groups", type=int, default=24, help="of eight garments, per batch")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = garments.load(args.shared, args.runs)
    net = garment_features.reader(args.models, args.runs, data)
    net.standard.num_batches_tracked.zero_()
    net.standard.requires_grad_(False)
    train(args, net, args.runs / "embed-small" / "neck.pt")
    export(net, (args.out or args.models) / "embed-small" / "weights.safetensors")


if __name__ == "__main__":
    main()
