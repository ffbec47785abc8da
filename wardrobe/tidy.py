"""The outline of a garment that was found, as one that was cut: whole, and without shreds."""

from __future__ import annotations

import numpy as np

from wardrobe.labels import Category
from wardrobe.types import MaskArray

CRUMB = 0.03  # share of a garment's largest piece: less that lies apart is none of it


def smoothed(parts: tuple[MaskArray, MaskArray, MaskArray], category: Category,
              sigma: float) -> tuple[MaskArray, MaskArray, MaskArray]:  # fmt: skip
    """The parts with edges as even as cut cloth has, and nothing missing inside."""
    from scipy.ndimage import binary_fill_holes, gaussian_filter, label

    whole = parts[0] | parts[1] | parts[2]
    if category != "outerwear":
        parts = (np.asarray(binary_fill_holes(parts[0]) & ~parts[1] & ~parts[2]), *parts[1:])
    gaps, count = label(binary_fill_holes(whole) & ~whole)
    small = np.bincount(gaps.ravel(), minlength=count + 1) < (4 * sigma) ** 2
    small[0] = False
    soft = gaussian_filter((whole | small[gaps]).astype(np.float32), sigma)
    kept = (soft > 0.5) | small[gaps]
    limbs = [p & kept for p in parts[1:]]
    # Little pieces of the trunk that a sleeve or leg cuts off are its own.
    trunk = kept & ~limbs[0] & ~limbs[1]
    pieces, count = label(trunk)
    if count > 1:
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        loose = trunk & (sizes < CRUMB * sizes.max())[pieces]
        side = _nearer(limbs[0], limbs[1])
        limbs = [limbs[0] | (loose & side), limbs[1] | (loose & ~side)]
        trunk &= ~loose
    return trunk, limbs[0], limbs[1]


def _nearer(one: MaskArray, other: MaskArray) -> MaskArray:
    from scipy.ndimage import distance_transform_edt

    if not (one.any() and other.any()):
        return np.full(one.shape, bool(one.any()))
    return np.asarray(distance_transform_edt(~one) < distance_transform_edt(~other), np.bool_)


def without_crumbs(mask: MaskArray) -> MaskArray:
    """A garment without what lies apart from it and is next to nothing."""
    from scipy.ndimage import label

    pieces, count = label(mask, np.ones((3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= CRUMB * sizes.max())[pieces], np.bool_)
