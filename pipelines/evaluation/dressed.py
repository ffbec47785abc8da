"""Try-ons of rendered pairs against their truth, beside what geometry or filling alone would make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tryon_pairs
from evaluation import pictures
from evaluation.table import Findings, Row

from wardrobe import fill, mirror, sleeve
from wardrobe.config import Settings
from wardrobe.stages.tryon import Plain
from wardrobe.types import Image, MaskArray

TEXTURED = 3.0  # levels of fine contrast from which a garment has a texture to compare


def of_pairs(folder: Path, squeeze: Path, settings: Settings, source: str = "rendered") -> Findings:
    """Every direction of every pair whose garment is seen in another photo of its wearer.

    Joints and the masks of what is worn are the true ones: what is judged is the dressing.
    """
    model = mirror.load(settings)
    distance = pictures.SqueezeFeatures(squeeze) if squeeze.is_file() else None
    figures: dict[str, list[float]] = {k: [] for k in KEYS}
    tried = refused = 0
    for pair in tryon_pairs.load(folder):
        tried += 1
        done = tryon_pairs.finished(pair, model, steps=settings.tryon.steps)
        bent = tryon_pairs.finished(pair, Plain())
        if done is None or bent is None:
            refused += 1
            continue
        made, fitting = done
        garment, region = pair.old | pair.new, fitting.dressed.region
        filled = fill.spread(pair.before.astype(np.float32), ~region, region)
        others = {"": made, "bent_": bent[0], "filled_": filled.round().astype(np.uint8)}
        for name, picture in others.items():
            seen = pictures.try_on(
                picture, pair.true, pair.before, pair.box, garment, distance or (lambda a, b: 0.0)
            )
            figures[f"{name}ssim"].append(seen.ssim)
            if distance:
                figures[f"{name}squeeze_features"].append(seen.distance)
            if name == "":
                figures["changed_outside"].append(
                    float((made != pair.before).any(axis=2)[~region].mean())
                )
        both = pair.new & (fitting.dressed.cloth > 0.5)
        error = pictures.colour_error(made, both, pair.true, both)
        if error is not None:
            figures["colour_error"].append(error)
        if (alike := texture(made, pair.true, both)) is not None:
            figures["texture"].append(alike)
        if None not in pair.sleeves and pair.sleeves[0] != pair.sleeves[1]:
            cloth = fitting.dressed.reach > 0.5
            cover = sleeve.measure(cloth, np.zeros_like(cloth), pair.pose, 0.5)
            figures["sleeves"].append(float(sleeve.name_of(cover) == pair.sleeves[1]))
    return Findings(
        tuple(_row(source, key, values, tried, refused) for key, values in figures.items())
    )


def texture(made: Image, true: Image, mask: MaskArray) -> float | None:
    """Correlation of the fine brightness of two pictures under a mask, at the best shift of a few
    pixels; None for plain cloth, which has none."""
    from scipy.ndimage import gaussian_filter

    fine = []
    for picture in (made, true):
        grey = picture.mean(axis=2).astype(np.float32)
        weight = np.maximum(gaussian_filter(mask.astype(np.float32), 6), 1e-3)
        fine.append((grey - gaussian_filter(grey * mask, 6) / weight) * mask)
    if mask.sum() < 400 or fine[1][mask].std() < TEXTURED:
        return None
    best = -1.0
    for dy in range(-8, 9, 2):
        for dx in range(-8, 9, 2):
            moved = np.roll(fine[0], (dy, dx), (0, 1))[mask]
            norm = float(np.linalg.norm(moved) * np.linalg.norm(fine[1][mask]))
            best = max(best, float(moved @ fine[1][mask]) / max(norm, 1e-6))
    return best


KEYS = (
    "ssim", "squeeze_features", "colour_error", "texture", "changed_outside", "sleeves",
    "bent_ssim", "bent_squeeze_features", "filled_ssim", "filled_squeeze_features",
)  # fmt: skip
TARGETS = {
    "ssim": ">= 0.90", "colour_error": "<= 5", "texture": ">= 0.8", "changed_outside": "<= 0",
    "sleeves": ">= 0.95",
}  # fmt: skip


def _row(source: str, key: str, values: list[float], tried: int, refused: int) -> Row:
    note = f"{refused} of {tried} refused" if refused else ""
    if not values:
        return Row(f"tryon.{source}.{key}", None, note=note or "no pair to measure it on")
    value = float(np.median(values)) if key == "colour_error" else float(np.mean(values))
    return Row(f"tryon.{source}.{key}", value, len(values), note, TARGETS.get(key, ""))
