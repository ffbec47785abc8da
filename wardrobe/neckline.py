"""Where the inside of a garment's back shows through its neck: no wearer would let us see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe import color, geometry
from wardrobe.cut import SLEEVED, Cut
from wardrobe.types import Image, MaskArray

DEEP = 0.5  # torsos below the shoulders that a neckline reaches at most
CONTRAST = 5.0  # L* by which the inside is darker than the front, at least
FRONTS = 0.3  # torsos from the middle in which a jacket's fronts may stand open
SHADED = 6.0  # L* by which a lining is darker than the fronts, at least
OPEN = 0.45  # torsos below the shoulders that a lining is seen to, at least
STEEP = 4  # px that the line may rise or fall from one column to the next
WINDOW = 3  # px above and below the line that are compared


def inside(image: Image, cut: Cut) -> MaskArray:
    """(h, w) bool: pixels above the front's neckline, which show the inside of the back.

    The neckline is the line between the shoulders below which the cloth is lightest against what
    is above, all columns together (dynamic programming). Nothing is found where the back shows no
    shade: then there is nothing to take away that would be seen.
    """
    empty = np.zeros(cut.parts[0].shape, np.bool_)
    if cut.category not in SLEEVED or not cut.parts[0].any():
        return empty
    (ax, ay), (bx, by) = cut.frame.joints[0]
    torso = cut.frame.torso
    x0, x1 = int(ax + 0.2 * (bx - ax)), int(np.ceil(bx - 0.2 * (bx - ax)))
    trunk = cut.parts[0][:, x0:x1]
    rows = np.flatnonzero(trunk.any(axis=1))
    if x1 - x0 < 12 or not len(rows):
        return empty
    y0, y1 = int(rows[0]), min(int((ay + by) / 2 + DEEP * torso), len(trunk) - WINDOW)
    if y1 - y0 < 8:
        return empty
    light = color.to_lab(np.ascontiguousarray(image[: y1 + WINDOW, x0:x1]))[..., 0]
    gain = _gain(light, trunk[: y1 + WINDOW])
    path, mean = _path(gain[y0:y1], trunk[y0:y1])
    if mean < CONTRAST:
        return empty
    out = empty
    for k, y in enumerate(path):
        out[: y0 + y, x0 + k] = True
    return out & cut.parts[0]


def lining(image: Image, cut: Cut) -> MaskArray:
    """(h, w) bool: the inside of an open jacket's back, between its fronts.

    It is darker than the fronts, lies in the middle, begins under the collar and goes on well below it. Of
    closed ones nothing is found: what is dark there (buttons, a belt) is small, or not under the collar.
    """
    from scipy import ndimage

    trunk = cut.parts[0]
    empty = np.zeros(trunk.shape, np.bool_)
    if cut.category != "outerwear" or not trunk.any():
        return empty
    along, across = cut.frame.trunk.everywhere(trunk.shape)
    light = ndimage.gaussian_filter(color.to_lab(image)[..., 0], 0.008 * cut.frame.torso + 0.5)
    fronts = trunk & (np.abs(across) > 0.2) & (np.abs(across) < 0.34) & (along > 0.25)
    fronts &= along < 0.95
    if fronts.sum() < 100:
        return empty
    dark = trunk & (np.abs(across) < FRONTS) & (light < np.median(light[fronts]) - SHADED)
    pieces, count = ndimage.label(ndimage.binary_opening(dark, iterations=2))
    for k in range(1, count + 1):
        piece = pieces == k
        rows = along[piece]
        if rows.min() < 0.2 and np.percentile(rows, 90) > OPEN and piece.sum() > 0.05 * trunk.sum():
            return np.asarray(geometry.grown(piece, 3) & trunk, np.bool_)
    return empty


def _gain(light: NDArray[np.float64], mask: MaskArray) -> NDArray[np.float64]:
    """How much lighter it is just below each row than just above, inside the mask."""
    value = np.where(mask, light, np.nan)
    above, below = np.full(light.shape, np.nan), np.full(light.shape, np.nan)
    for k in range(WINDOW):
        above[k + 1 :] = np.fmax(above[k + 1 :], value[: -k - 1])
        below[: len(light) - k] = np.fmin(below[: len(light) - k], value[k:])
    return np.asarray(np.nan_to_num(np.clip(below - above, -20, 25), nan=0.0))


def _path(gain: NDArray[np.float64], mask: MaskArray) -> tuple[NDArray[np.intp], float]:
    """Row of the best line for every column, and its mean gain where it lies inside the mask.

    Lines along the mask's upper edge are free: most of them run there on both sides of a neck.
    """
    h, w = gain.shape
    first = np.where(mask.any(axis=0), np.argmax(mask, axis=0), h - 1)
    rows = np.arange(h)
    score = np.where(rows[:, None] <= first[None] + 1, 0.0, gain - 2.0)
    best = np.zeros((h, w))
    back = np.zeros((h, w), np.intp)
    best[:, 0] = np.where(rows <= first[0] + 1, 0.0, -1e3)
    for k in range(1, w):
        choices = np.full((2 * STEEP + 1, h), -np.inf)
        for s in range(-STEEP, STEEP + 1):
            lo, hi = max(s, 0), min(h + s, h)
            choices[s + STEEP, lo - s : hi - s] = best[lo:hi, k - 1]
        pick = np.argmax(choices, axis=0)
        back[:, k] = rows + pick - STEEP
        best[:, k] = choices[pick, rows] + score[:, k]
    last = np.where(rows <= first[-1] + 1, best[:, -1], -np.inf)
    path = np.zeros(w, np.intp)
    path[-1] = int(np.argmax(last))
    for k in range(w - 1, 0, -1):
        path[k - 1] = np.clip(back[path[k], k], 0, h - 1)
    inner = path > first + 1
    mean = float(gain[path, np.arange(w)][inner].mean()) if inner.sum() >= 6 else 0.0
    return path, mean
