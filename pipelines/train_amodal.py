"""Train amodal-small: how far a garment reaches where the photo doesn't show it.

    python pipelines/render_samples --route fast --count 2400 --seed 11 --out runs/fast
    python pipelines/train_amodal.py --frames runs/fast --held runs/fast-val --steps 1500

From rendered people, whose garments are known behind everything; never from ``sample_photos``. A
frame is often cut further, so that the parts cut off are known too. What the network sees is spoiled
as a segmenter and a pose model spoil it: ragged edges, lost pieces, missed garments, joints off their
place. Keeps a checkpoint in ``runs/`` and goes on from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from rendered import Outline, outlines
from safetensors.torch import save_file
from scipy import ndimage
from scipy.stats import spearmanr

from wardrobe import body, reach
from wardrobe.bodynets import ReachNet
from wardrobe.labels import CATEGORIES, LAYER
from wardrobe.stages.amodal import Dress, Template
from wardrobe.types import Garment, Mask, Pose

LEAST_PX = 64
Rng = np.random.Generator
Bitmap = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Case:
    """One garment in one frame, as the network is given it, and what is true of it."""

    square: reach.Square
    planes: NDArray[np.float32]
    facts: NDArray[np.float32]
    whole: NDArray[np.float32]  # (GRID, GRID) share of each cell that is the garment
    known: NDArray[np.float32]  # (GRID, GRID) 1 where that is known
    given: Bitmap  # (h, w) its visible part as a segmenter might find it
    visibility: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a frame that is shown: half-open rows and columns of it."""

    top: int
    bottom: int
    left: int
    right: int


def cut(frame: Outline, rng: Rng) -> Cut:
    """All of a frame, or part of it, as if the camera had been nearer."""
    h, w = frame.visible.shape
    worn = (frame.visible > 0) & (frame.visible < 255)
    rows, cols = np.flatnonzero(worn.any(1)), np.flatnonzero(worn.any(0))
    if len(rows) < 40 or rng.random() < 0.4:
        return Cut(0, h, 0, w)
    top, bottom, left, right = 0, h, 0, w
    tall, wide = rows[-1] - rows[0], cols[-1] - cols[0]
    if rng.random() < 0.7:
        bottom = min(h, int(rows[0] + rng.uniform(0.3, 1.05) * tall) + 8)
    if rng.random() < 0.3:
        top = max(0, int(rows[0] + rng.uniform(0, 0.4) * tall))
    if rng.random() < 0.3:
        left = max(0, int(cols[0] + rng.uniform(0, 0.4) * wide))
    if rng.random() < 0.3:
        right = min(w, int(cols[-1] - rng.uniform(0, 0.4) * wide) + 1)
    small = bottom - top < 80 or right - left < 80
    return Cut(0, h, 0, w) if small else Cut(top, bottom, left, right)


def joints_as_found(frame: Outline, at: Cut, rng: Rng | None) -> Pose:
    """Joints as a pose model would have them in the part: off by some, sure of itself by and large."""
    out = frame.joints.copy()
    out[:, :2] -= (at.left, at.top)
    x, y, state = out.T
    gone = (x < 0) | (y < 0) | (x >= at.right - at.left) | (y >= at.bottom - at.top)
    state = np.where(gone, 0, state).astype(int)
    if rng is None:
        out[:, 2] = np.choose(state, [0.1, 0.6, 0.9])
        return Pose(out)
    there = state > 0
    _, torso = body.complete(Pose(out), there if there.any() else ~there)
    far = rng.choice([0.03, 0.07, 0.3], (17, 1), p=[0.6, 0.33, 0.07])
    out[:, :2] += (rng.normal(0, 1, (17, 2)) * torso * far).astype(np.float32)
    low, high = np.choose(state, [0.0, 0.2, 0.55]), np.choose(state, [0.55, 0.95, 1.0])
    out[:, 2] = rng.uniform(low, high)
    return Pose(out)


def ragged(mask: Bitmap, rng: Rng) -> Bitmap:
    """A mask with a segmenter's faults: its edge wanders, sometimes a piece is missing."""
    rows, cols = np.nonzero(mask)
    pad = 8
    y0, y1 = max(0, rows.min() - pad), rows.max() + pad
    x0, x1 = max(0, cols.min() - pad), cols.max() + pad
    part = np.pad(mask[y0:y1, x0:x1], 1)
    noise = ndimage.zoom(rng.normal(0, 1, (8, 8)), [n / 8 for n in part.shape], order=1)
    far = ndimage.distance_transform_edt(part) - ndimage.distance_transform_edt(~part)
    size = np.sqrt(len(rows))
    out = mask.copy()
    out[y0:y1, x0:x1] = (far > noise * size * rng.uniform(0.005, 0.03))[1:-1, 1:-1]
    if rng.random() < 0.12:
        k = rng.integers(len(rows))
        y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
        radius = size * rng.uniform(0.15, 0.35)
        out &= (y - rows[k]) ** 2 + (x - cols[k]) ** 2 > radius**2
    return out if out.sum() >= LEAST_PX // 2 else mask


def case_of(frame: Outline, k: int, at: Cut, pose: Pose, rng: Rng | None) -> Case | None:
    """Garment ``k`` (from 0) in a part of its frame; None where too little of it shows."""
    ids = frame.visible[at.top : at.bottom, at.left : at.right]
    visible = ids == k + 1
    if visible.sum() < LEAST_PX:
        return None
    if rng is not None and rng.random() < 0.2:  # something else lies before it
        visible &= ~_thing(visible, rng)
        if visible.sum() < LEAST_PX:
            return None
    given = visible if rng is None else ragged(visible, rng)
    mine = frame.categories[k]
    over, under = np.zeros_like(visible), np.zeros_like(visible)
    for j, category in enumerate(frame.categories):
        if j != k and (rng is None or rng.random() > 0.12):
            near = LAYER[category] >= LAYER[mine]
            (over if near else under)[ids == j + 1] = True
    square, planes, facts = reach.look(mine, given, over & ~given, under & ~given, pose)
    offset = (-at.left, -at.top)
    whole = reach.sampled(frame.whole[k], square, offset)
    known = np.ones_like(whole)
    if frame.full_px[k] > frame.whole[k].sum():  # some lies beyond the frame, who knows where
        known = (reach.sampled(np.ones_like(frame.whole[k]), square, offset) > 0.99).astype(
            np.float32
        )
    share = min(float(visible.sum()) / float(frame.full_px[k]), 1.0)
    return Case(square, planes, facts, whole, known, given, share)


def _thing(mask: Bitmap, rng: Rng) -> Bitmap:
    """An ellipse somewhere on a mask: a hand, a telephone, a head of hair."""
    rows, cols = np.nonzero(mask)
    k = rng.integers(len(rows))
    a, b = np.sqrt(mask.sum()) * rng.uniform(0.1, 0.5, 2)
    y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
    return np.asarray(((y - rows[k]) / a) ** 2 + ((x - cols[k]) / b) ** 2 < 1)


class Cases(torch.utils.data.IterableDataset[dict[str, torch.Tensor]]):
    """Endless batches of spoiled cases."""

    def __init__(
        self, frames: list[Outline], start: int, steps: int, batch: int, seed: int
    ) -> None:
        self.frames, self.start, self.steps, self.batch, self.seed = (
            frames,
            start,
            steps,
            batch,
            seed,
        )
        self.by_category: dict[str, list[tuple[int, int]]] = {}
        for i, f in enumerate(frames):
            for k, c in enumerate(f.categories):
                self.by_category.setdefault(c, []).append((i, k))
        names = list(self.by_category)
        counts = np.array([len(self.by_category[c]) for c in names], float)
        self.names, self.odds = names, counts**0.6 / (counts**0.6).sum()

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        for step in range(self.start, self.steps):
            rng = np.random.default_rng((self.seed, step))
            cases: list[Case] = []
            while len(cases) < self.batch:
                c = self.names[rng.choice(len(self.names), p=self.odds)]
                i, k = self.by_category[c][rng.integers(len(self.by_category[c]))]
                at = cut(self.frames[i], rng)
                pose = joints_as_found(self.frames[i], at, rng)
                one = case_of(self.frames[i], k, at, pose, rng)
                if one is not None:
                    cases.append(one)
            yield batched(cases)


def batched(cases: list[Case]) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(len(cases))
    flip = [bool(rng.random() < 0.5) for _ in cases]

    def stack(values: list[NDArray[np.float32]]) -> torch.Tensor:
        turned = [v[..., ::-1] if f else v for v, f in zip(values, flip, strict=True)]
        return torch.from_numpy(np.ascontiguousarray(np.stack(turned)))

    return {
        "planes": stack([c.planes for c in cases]),
        "whole": stack([c.whole for c in cases]),
        "known": stack([c.known for c in cases]),
        "facts": torch.from_numpy(np.stack([c.facts for c in cases])),
        "cell": torch.tensor([c.square.cell_px for c in cases], dtype=torch.float32),
        "shown": torch.tensor([float(c.given.sum()) for c in cases]),
        "share": torch.tensor([c.visibility for c in cases], dtype=torch.float32),
    }


def loss_of(net: ReachNet, b: dict[str, torch.Tensor]) -> tuple[torch.Tensor, list[float]]:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, said = net(b["planes"], b["facts"])
    logits, said = logits.float(), said.float()
    cells = F.binary_cross_entropy_with_logits(logits, b["whole"], reduction="none")
    drawn = (cells * b["known"]).sum((1, 2)) / b["known"].sum((1, 2)).clamp(min=1)
    p = logits.sigmoid()
    overlap = (p * b["whole"] * b["known"]).sum((1, 2))
    dice = 1 - (2 * overlap + 1) / (((p + b["whole"]) * b["known"]).sum((1, 2)) + 1)
    more = (p - b["planes"][:, 0]).clamp(min=0).sum((1, 2)) * b["cell"]
    by_area = b["shown"] / (b["shown"] + more).clamp(min=1)
    area, word = (by_area - b["share"]).abs(), (said.sigmoid() - b["share"]).abs()
    parts = [drawn.mean(), 0.3 * dice.mean(), area.mean(), word.mean()]
    return torch.stack(parts).sum(), [float(x.detach()) for x in parts]


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    run = args.runs / "amodal-small"
    run.mkdir(parents=True, exist_ok=True)
    frames, held = (
        [o for f in folders for o in outlines(f)] for folders in (args.frames, args.held)
    )
    net = ReachNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.01)
    ema = {k: v.clone() for k, v in net.state_dict().items()}
    step, checkpoint = 0, run / "last.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        ema, step = state["ema"], int(state["step"])
    print(
        f"{len(frames)} people in frames, {len(held)} held out; from step {step}",
        flush=True,
    )
    loader = torch.utils.data.DataLoader(
        Cases(frames, step, args.steps, args.batch, args.seed), batch_size=None,
        num_workers=args.workers, prefetch_factor=4 if args.workers else None,
    )  # fmt: skip
    net.train()
    mean: Any = None
    saved = time.monotonic()
    for b in loader:
        part = step / args.steps
        rate = (
            args.lr * min(1.0, (step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * part)))
        )
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        loss, parts = loss_of(net, b)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        step += 1
        keep = min(0.99, step / (step + 20))
        with torch.no_grad():
            for k, v in net.state_dict().items():
                if v.is_floating_point():
                    ema[k].mul_(keep).add_(v, alpha=1 - keep)
                else:
                    ema[k].copy_(v)
        mean = np.array(parts) if mean is None else 0.97 * mean + 0.03 * np.array(parts)
        if step % 50 == 0:
            print(f"{step}/{args.steps} drawn, dice, area, word {np.round(mean, 4)}", flush=True)
        if time.monotonic() - saved > 120 or step == args.steps:
            state = {
                "net": net.state_dict(),
                "ema": ema,
                "optimizer": optimizer.state_dict(),
                "step": step,
            }
            torch.save(state, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)
            saved = time.monotonic()
    out = args.out / "amodal-small"
    out.mkdir(parents=True, exist_ok=True)
    half = {k: v.half() if v.is_floating_point() else v for k, v in ema.items()}
    save_file({k: v.contiguous() for k, v in half.items()}, out / "weights.safetensors")
    net.load_state_dict(ema)
    measure(net.eval(), held)


@torch.inference_mode()
def measure(net: ReachNet, frames: list[Outline]) -> None:
    """Print errors on held-out people, spoiled as in training, beside the template's."""
    rows = []
    for n, frame in enumerate(frames):
        rng = np.random.default_rng((1, n))
        at = cut(frame, rng)
        pose = joints_as_found(frame, at, rng)
        cases = [case_of(frame, k, at, pose, rng) for k in range(len(frame.categories))]
        ids = frame.visible[at.top : at.bottom, at.left : at.right]
        for k, c in enumerate(cases):
            if c is None:
                continue
            masks = [c.given if j == k else ids == j + 1 for j in range(len(cases))]
            garments = tuple(
                Garment("", (0, 0, 1, 1), category, 1.0, Mask.of(mask), 1.0)
                for category, mask in zip(frame.categories, masks, strict=True)
            )
            laid = Template(reach.TRUST)([Dress(garments, pose)])[0][k].visibility
            b = batched([c])
            b["planes"] = torch.from_numpy(c.planes)[None]
            logits, said = net(b["planes"], b["facts"])
            cells = logits.sigmoid()[0].numpy()
            word = float(said.sigmoid())
            area = reach.visible_share(float(c.given.sum()), cells, c.planes[0], c.square)
            inside = (cells > 0.5) & (c.known > 0)
            true = (c.whole > 0.5) & (c.known > 0)
            iou = (inside & true).sum() / max((inside | true).sum(), 1)
            shown = c.planes[0] > 0.5
            alone = (shown & true).sum() / max((shown | true).sum(), 1)
            rows.append(
                (CATEGORIES.index(frame.categories[k]), c.visibility, area, word,
                 laid, iou, alone)
            )  # fmt: skip
    table = np.array(rows)
    print(f"{len(table)} garments of held-out people: mean absolute error and rank correlation")
    for name, k in (("drawn", 2), ("said", 3), ("template", 4)):
        error = np.abs(table[:, k] - table[:, 1]).mean()
        print(f"  {name:9} {error:.3f} {spearmanr(table[:, k], table[:, 1]).statistic:.3f}")
    print(
        f"  IoU of the whole {table[:, 5].mean():.3f}; of the visible part alone {table[:, 6].mean():.3f}"
    )
    for i, c in enumerate(CATEGORIES):
        mine = table[table[:, 0] == i]
        if len(mine):
            e = np.abs(mine[:, 2] - mine[:, 1]).mean(), np.abs(mine[:, 4] - mine[:, 1]).mean()
            print(
                f"  {c:10} {len(mine):4} {e[0]:.3f}, template {e[1]:.3f}, IoU {mine[:, 5].mean():.3f}"
            )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--frames", type=Path, action="append", required=True, help="to train on")
    p.add_argument("--held", type=Path, action="append", required=True, help="to measure on")
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--out", type=Path, default=Path("models"))
    p.add_argument("--steps", type=int, default=1500)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--workers", type=int, default=0)
    p.add_argument("--seed", type=int, default=0)
    train(p.parse_args())


if __name__ == "__main__":
    main()
