"""Try-ons of rendered pairs against their truth, beside what geometry or filling alone would make."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import tryon_pairs
from evaluation import pictures
from evaluation.table import Findings, Row
from numpy.typing import NDArray

from wardrobe import fill, mirror, sleeve
from wardrobe.config import Settings
from wardrobe.frame import Frame
from wardrobe.stages.tryon import Plain
from wardrobe.types import Image, MaskArray

TEXTURED = 3.0  # levels of fine contrast from which a garment has a texture to compare
#: Patterns as the truth names them that have no print or stripe: noise is never the same twice.
UNPRINTED = ("plain", "denim", "knit")
#: Of a torso: patches that are compared, how far they may lie aside, and what is coarser than texture.
PATCH, AMISS, SMOOTH = 0.16, 0.06, 0.05


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
        torso = Frame.of(pair.pose, 0.5).torso
        for name, picture in (("texture", made), ("texture_of_the_old", pair.before)):
            alike = texture(picture, pair.true, both, torso)
            if alike is not None and pair.pattern not in UNPRINTED:
                figures[name].append(alike)
        if None not in pair.sleeves and pair.sleeves[0] != pair.sleeves[1]:
            cloth = fitting.dressed.reach > 0.5
            cover = sleeve.measure(cloth, np.zeros_like(cloth), pair.pose, 0.5)
            figures["sleeves"].append(float(sleeve.name_of(cover) == pair.sleeves[1]))
    return Findings(
        tuple(_row(source, key, values, tried, refused) for key, values in figures.items())
    )


def texture(made: Image, true: Image, mask: MaskArray, torso: float) -> float | None:
    """Correlation of the fine brightness of two pictures of patterned cloth under a mask.

    Patch by patch, each at its best shift of up to :data:`AMISS` of a torso: nobody sees a print that
    lies as little aside, everybody sees one that is broken, blurred, turned or another. Patches count
    by how much texture the truth has there. None where the truth shows none.
    """
    fine = [_fine(p, mask, SMOOTH * torso) for p in (made, true)]
    if mask.sum() < 400 or fine[1][mask].std() < TEXTURED:
        return None
    side, room = max(round(PATCH * torso), 10), max(round(AMISS * torso), 2)
    total = weight = 0.0
    padded = np.pad(fine[0], room)
    for y in range(0, mask.shape[0] - side + 1, side // 2):
        for x in range(0, mask.shape[1] - side + 1, side // 2):
            at = np.s_[y : y + side, x : x + side]
            if mask[at].mean() < 0.8 or (energy := float((fine[1][at] ** 2).sum())) < 1:
                continue
            there = padded[y : y + side + 2 * room, x : x + side + 2 * room]
            found = cv2.matchTemplate(there, fine[1][at], cv2.TM_CCOEFF_NORMED)
            total += energy * max(float(np.nan_to_num(found).max()), 0.0)
            weight += energy
    return total / weight if weight else None


def _fine(picture: Image, mask: MaskArray, sigma: float) -> NDArray[np.float32]:
    """(h, w) brightness without what is coarser than ``sigma`` px, 0 off the mask."""
    from scipy.ndimage import gaussian_filter

    grey = picture.mean(axis=2).astype(np.float32)
    weight = np.maximum(gaussian_filter(mask.astype(np.float32), sigma), 1e-3)
    return np.asarray((grey - gaussian_filter(grey * mask, sigma) / weight) * mask, np.float32)


KEYS = (
    "ssim", "squeeze_features", "colour_error", "texture", "texture_of_the_old", "changed_outside",
    "sleeves",
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
