"""Train inpaint-small: what the hidden part of a garment looks like, from its seen part.

    python pipelines/train_inpaint.py --shared ../shared --minutes 28

Learns from the flat and hung garments of ``clothing`` (CC0) alone: each is cut out, turned, tinted and
partly hidden as straps, arms, hair, jackets and frames hide what is worn (``holes.py``); the loss is
taken on hidden pixels of the garment only. Every fifth sender is validation and never trained on.
A checkpoint in ``runs/`` is written every two minutes; the same command goes on from it. At the end it
measures against two fillings that learn nothing and writes ``models/inpaint-small/weights.safetensors``.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

import cv2
import garments
import numpy as np
import street
import torch
from holes import hide
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from wardrobe.fillnet import FillNet, spread

SIDE = 128  # px that training looks at; the tiles have 192
BATCH = 8
RATE = 2.5e-3
CACHE = "inpaint-flat-v1"
Tile = NDArray[np.uint8]


def tiles(shared: Path, runs: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(n, 192, 192, 4) uint8 RGB and mask of every flat garment, and which are validation. Cut out
    on the first call (four minutes on one core), then read."""
    pixels, table = runs / f"{CACHE}.npy", runs / f"{CACHE}.npz"
    if not pixels.exists():
        runs.mkdir(parents=True, exist_ok=True)
        found, kept = [], []
        root = shared / "data" / "clothing"
        for row in csv.DictReader((root / "images.csv").read_text(encoding="utf-8").splitlines()):
            path = root / "images" / f"{row['image']}.jpg"
            if row["label"] not in garments.FLAT_LABELS or not path.exists():
                continue
            image = street.read_rgb(path)
            mask = garments.foreground(image)
            if mask.sum() >= garments.MIN_PX:
                found.append(garments.square(image, mask))
                kept.append(garments.is_validation_sender(row["sender_id"]))
        np.savez(table, validation=np.array(kept))
        np.save(pixels, np.stack(found))
    return np.load(pixels, mmap_mode="r"), np.load(table)["validation"]


def example(tile: Tile, rng: np.random.Generator, *, plain: bool = False) -> NDArray[np.float32]:
    """One lesson: (SIDE, SIDE, 6) float32: RGB in [0, 1], seen, outline as told, garment in truth.

    Args:
        plain: leave the garment as it is but for its hole, for validation.
    """
    image, mask = _turned(tile, rng, plain)
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8))  # GrabCut leaves a rim of floor
    if not mask.any():
        mask[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = 1
    outline = mask.copy()
    if not plain and rng.random() < 0.4:  # no outline at work is exact
        size = int(rng.integers(1, 4)) * 2 + 1
        outline = cv2.dilate(outline, np.ones((size, size), np.uint8))
    colours = image.astype(np.float32) / 255
    if not plain:
        colours = _tinted(colours, rng)
    seen = (mask > 0) & ~hide(mask > 0, rng)
    return np.dstack([colours, seen, outline > 0, mask > 0]).astype(np.float32)


def _turned(tile: Tile, rng: np.random.Generator, plain: bool) -> tuple[Tile, Tile]:
    side = tile.shape[0]
    scale = SIDE / side
    if plain:
        m = cv2.getRotationMatrix2D((side / 2, side / 2), 0, scale)
    else:
        angle = rng.normal(0, 8) if rng.random() < 0.8 else rng.uniform(-180, 180)
        zoom = scale * float(np.exp(rng.uniform(-0.15, 0.5)))
        m = cv2.getRotationMatrix2D((side / 2, side / 2), angle, zoom)
        m[:, 0] *= float(np.exp(rng.normal(0, 0.1))) * (-1 if rng.random() < 0.5 else 1)
    centre = m[:, :2] @ np.array([side / 2, side / 2]) + m[:, 2]
    m[:, 2] += SIDE / 2 - centre + (0 if plain else rng.normal(0, 0.05 * SIDE, 2))
    image = cv2.warpAffine(tile[..., :3], m, (SIDE, SIDE), flags=cv2.INTER_AREA,
                           borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    mask = cv2.warpAffine(tile[..., 3], m, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return image.astype(np.uint8), (mask > 127).astype(np.uint8)


def _tinted(colours: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Any light, and any dye: channels change places."""
    colours = colours[..., rng.permutation(3)]
    gain = np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.12, 3))
    colours = colours * gain.astype(np.float32)
    mean = colours.mean()
    colours = (colours - mean) * np.float32(np.exp(rng.normal(0, 0.2))) + mean
    out: NDArray[np.float32] = np.clip(colours, 0, 1).astype(np.float32)
    return out


def batch_of(rows: list[NDArray[np.float32]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Colours, seen, outline and truth, each (n, c, SIDE, SIDE)."""
    x = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).contiguous()
    return x[:, :3], x[:, 3:4], x[:, 4:5], x[:, 5:6]


def loss_of(out: Tensor, true: Tensor, seen: Tensor, garment: Tensor) -> Tensor:
    """Hidden pixels' error, of their edges, and of their broad colours."""
    hole = garment * (1 - seen)
    error = ((out - true).abs() * hole).sum() / (3 * hole.sum()).clamp(min=1)
    edges = 0.0
    for dim in (2, 3):
        d = (out - true).diff(dim=dim).abs() * torch.minimum(
            garment.narrow(dim, 1, SIDE - 1), garment.narrow(dim, 0, SIDE - 1)
        )
        edges = edges + d.sum() / (3 * hole.sum()).clamp(min=1)
    broad = torch.nn.functional.avg_pool2d((out - true) * hole, 8).abs().sum()
    share = torch.nn.functional.avg_pool2d(hole, 8).sum() * 3
    return error + 0.5 * edges + 0.5 * broad / share.clamp(min=1)


def train(pixels: NDArray[np.uint8], rows: NDArray[np.intp], kept: Path, minutes: float) -> FillNet:
    """The network, averaged over its last steps, after so many minutes of training in all."""
    torch.manual_seed(0)
    net = FillNet().to(memory_format=torch.channels_last)
    average = FillNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01)
    spent, step = 0.0, 0
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        spent, step = state["spent"], state["step"]
    began = saved = time.monotonic() - 60 * spent
    rng, total, count = np.random.default_rng(step), 0.0, 0
    while (spent := (time.monotonic() - began) / 60) < minutes:
        warm = min(1.0, step / 100)
        rate = RATE * warm * float(0.02 + 0.49 * (1 + np.cos(np.pi * spent / minutes)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = rng.choice(rows, BATCH, replace=False)
        image, seen, outline, garment = batch_of([example(pixels[r], rng) for r in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            out = net(image, seen, outline)
        loss = loss_of(out, image, seen, garment)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        follow = min(0.995, step / (step + 20))
        with torch.no_grad():
            for a, p in zip(average.parameters(), net.parameters(), strict=True):
                a.lerp_(p, 1 - follow)
        total, count = total + loss.item(), count + 1
        if time.monotonic() - saved > 120:
            print(f"{spent:.1f} min, step {step}, loss {total / count:.4f}", flush=True)
            total, count, saved = 0.0, 0, time.monotonic()
            part = kept.with_suffix(".part")
            torch.save({"net": net.state_dict(), "average": average.state_dict(),
                        "optimiser": optimiser.state_dict(), "spent": spent, "step": step}, part)  # fmt: skip
            os.replace(part, kept)
    print(f"{step} steps of {BATCH}", flush=True)
    return average.eval()


def measure(net: FillNet, pixels: NDArray[np.uint8], rows: NDArray[np.intp]) -> dict[str, float]:
    """Mean absolute error (levels of 255) on hidden pixels of validation garments: the network's, of
    the spread colours alone, and of OpenCV's Telea filling."""
    rng = np.random.default_rng(7)
    errors: dict[str, list[float]] = {"inpaint-small": [], "spread colours": [], "telea": []}
    with torch.inference_mode():
        for r in rows:
            image, seen, outline, garment = batch_of([example(pixels[r], rng, plain=True)])
            hole = (garment * (1 - seen))[0, 0].numpy() > 0
            if not hole.any():
                continue
            true = image[0].permute(1, 2, 0).numpy() * 255
            told = ((image * seen)[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
            unseen = (seen[0, 0].numpy() < 0.5).astype(np.uint8)
            made = {
                "inpaint-small": net(image, seen, outline)[0].permute(1, 2, 0).numpy() * 255,
                "spread colours": spread(image, seen)[0].permute(1, 2, 0).numpy() * 255,
                "telea": cv2.inpaint(told, unseen, 5, cv2.INPAINT_TELEA).astype(np.float32),
            }
            for name, out in made.items():
                errors[name].append(float(np.abs(out - true)[hole].mean()))
    return {name: float(np.mean(each)) for name, each in errors.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--minutes", type=float, default=28)
    args = parser.parse_args()
    cv2.setNumThreads(0)
    pixels, validation = tiles(args.shared, args.runs)
    print(f"{len(pixels)} garments, {int(validation.sum())} for validation", flush=True)
    net = train(pixels, np.flatnonzero(~validation), args.runs / "inpaint.pt", args.minutes)
    weights = args.models / "inpaint-small" / "weights.safetensors"
    weights.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in net.state_dict().items()}, weights)
    for name, error in measure(net, pixels, np.flatnonzero(validation)[:400]).items():
        print(f"{name}: {error:.2f} levels", flush=True)


if __name__ == "__main__":
    main()
