"""How much of each pixel is the garment, and the garment's own colour there. Pure NumPy and SciPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe import geometry
from wardrobe.types import Image, MaskArray

Floats = NDArray[np.float32]
_EDGE = 1e-3  # squared contrast (of 1) below which the filter follows the mask, not the picture


def refined(image: Image, mask: MaskArray) -> Floats:
    """(h, w) float32 in [0, 1]: the mask with soft edges that follow the picture's: a guided filter
    (He, Sun, Tang 2013) over the picture's lightness."""
    out = np.zeros(mask.shape, np.float32)
    radius = reach(mask.shape)
    part = geometry.window(
        mask, 3 * radius
    )  # farther out nothing is asked that could say more than 0
    if part is None:
        return out
    guide = image[part].astype(np.float64) @ np.array([0.299, 0.587, 0.114]) / 255
    p = mask[part].astype(np.float64)
    mean_g, mean_p = _mean(guide, radius), _mean(p, radius)
    cov = _mean(guide * p, radius) - mean_g * mean_p
    a = cov / (_mean(guide * guide, radius) - mean_g**2 + _EDGE)
    soft = _mean(a, radius) * guide + _mean(mean_p - a * mean_g, radius)
    # A little tighter than the mask: a rim of background is worse than a lost thread.
    matte = np.clip((soft - 0.45) / 0.4, 0, 1)
    # By less than a pixel's share the mean is off where there is none: it is a running sum.
    matte = np.where(mean_p > 0.5 / (2 * radius + 1) ** 2, matte, 0)
    if matte.sum() < 0.5 * p.sum():  # thinner than the filter: a chain would vanish
        matte = p
    out[part] = matte
    return out


def own_colour(image: Image, matte: Floats) -> Floats:
    """(h, w, 3) float32: the image, its half-transparent rim in the colour of the sure pixels near by.

    The rim shows the garment and what was behind it; blended as it is, it would be a halo.
    """
    out: Floats = image.astype(np.float32)
    radius = reach(matte.shape)
    part = geometry.window(matte > 0.95, radius)
    if part is None:
        return out
    sure = (matte[part] > 0.95).astype(np.float64)
    weight = _mean(sure, radius)
    mend = (sure == 0) & (weight > 1e-6)
    for c in range(3):
        near = _mean(image[part][..., c] * sure, radius)
        out[part][..., c][mend] = near[mend] / weight[mend]
    return out


def reach(shape: tuple[int, ...]) -> int:
    """Pixels round the edge of a mask in which it may be wrong, for a picture of this size."""
    return max(2, round(0.008 * max(shape)))


def _mean(x: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Box mean over (2 radius + 1) squared pixels, edges repeated."""
    from scipy.ndimage import uniform_filter

    out: NDArray[np.float64] = uniform_filter(x, 2 * radius + 1, mode="nearest")
    return out
