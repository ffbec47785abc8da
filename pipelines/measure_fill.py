"""Measure what fills the hidden parts of garments, on flat garments with holes drawn into them.

    python pipelines/measure_fill.py --shared ../shared --runs runs

The garments are the flat and hung ones of ``clothing`` (CC0), each cut out and partly hidden as straps,
arms, hair, jackets and frames hide what is worn (``holes.py``). Every fifth sender is held out:
``weave``'s numbers were chosen on the others, and these are measured. Of 200 (26 November 2026): 18.02
levels, texture 0.40 and a perceptual distance of 0.115; the spread colours alone 17.59, 0.16 and 0.129,
Telea's filling 17.54, 0.18 and 0.124. A gated U-Net of a million numbers, trained for twenty minutes, gave
the spread colours back and was dropped.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import cv2
import garments
import numpy as np
import street
from evaluation.pictures import NEUTRAL, Distance, SqueezeFeatures
from holes import hide
from numpy.typing import NDArray

from wardrobe import weave

SIDE = 128  # px at which they are measured; the tiles have 192
CACHE = "inpaint-flat-v1"
LEAST_PX = 40  # of a hole
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


def example(tile: Tile, rng: np.random.Generator) -> NDArray[np.float32]:
    """(SIDE, SIDE, 5) float32: a garment's RGB in [0, 1], what of it is left to see, and its mask."""
    small = cv2.resize(tile, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    mask = (small[..., 3] > 127).astype(np.uint8)
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8))  # GrabCut leaves a rim of floor
    if not mask.any():
        mask[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = 1
    seen = (mask > 0) & ~hide(mask > 0, rng)
    colours = small[..., :3].astype(np.float32) / 255
    return np.dstack([colours, seen, mask > 0]).astype(np.float32)


def texture(image: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """How strongly lightness varies from pixel to pixel there, levels."""
    light = image.mean(axis=2)
    return float((light - cv2.GaussianBlur(light, (0, 0), 2))[where].std())


def measure(
    pixels: Tile, rows: NDArray[np.intp], distance: Distance | None
) -> dict[str, list[float]]:
    """Filler -> mean absolute error on hidden pixels (levels of 255), texture as a share of the true one's,
    and the distance of ``squeeze_features`` to the whole garment."""
    rng = np.random.default_rng(7)
    scores: dict[str, list[list[float]]] = defaultdict(list)
    for r in rows:
        lesson = example(pixels[r], rng)
        true, seen, garment = lesson[..., :3] * 255, lesson[..., 3] > 0, lesson[..., 4] > 0
        hole = garment & ~seen
        if hole.sum() < LEAST_PX:
            continue
        told = np.where(seen[..., None], true, 0).round().astype(np.uint8)
        made = {
            "inpaint-cloth": weave.continued(told, seen, garment),
            "spread colours": weave.spread(told.astype(np.float32), seen),
            "telea": cv2.inpaint(told, (~seen).astype(np.uint8), 5, cv2.INPAINT_TELEA),
        }
        whole = np.where(garment[..., None], true, NEUTRAL).astype(np.uint8)
        for name, out in made.items():
            full = np.where(seen[..., None], true, out).astype(np.float32)
            shown = np.where(garment[..., None], full.clip(0, 255), NEUTRAL).astype(np.uint8)
            scores[name].append(
                [
                    float(np.abs(full - true)[hole].mean()),
                    texture(full, hole) / max(texture(true, hole), 0.5),
                    distance(shown, whole) if distance else float("nan"),
                ]
            )
    return {name: np.mean(each, axis=0).tolist() for name, each in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--count", type=int, default=400)
    args = parser.parse_args()
    cv2.setNumThreads(0)
    pixels, validation = tiles(args.shared, args.runs)
    squeeze = args.shared / "weights" / "squeezenet1_1_imagenet.pth"
    distance = SqueezeFeatures(squeeze) if squeeze.is_file() else None
    found = measure(pixels, np.flatnonzero(validation)[: args.count], distance)
    for name, (error, fine, far) in found.items():
        print(
            f"{name}: {error:.2f} levels, texture {fine:.2f}, squeeze_features {far:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
