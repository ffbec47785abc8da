"""How much of each pixel is the garment, and the garment's own colour there. Pure NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe.types import Image, MaskArray

Floats = NDArray[np.float32]
_EDGE = 1e-3  # squared contrast (of 1) below which the filter follows the mask, not the picture


def refined(image: Image, mask: MaskArray) -> Floats:
    """(h, w) float32 in [0, 1]: the mask with soft edges that follow the picture's: a guided filter
    (He, Sun, Tang 2013) over the picture's lightness."""
    radius = reach(mask.shape)
    guide = image.astype(np.float64) @ np.array([0.299, 0.587, 0.114]) / 255
    p = mask.astype(np.float64)
    mean_g, mean_p = _mean(guide, radius), _mean(p, radius)
    cov = _mean(guide * p, radius) - mean_g * mean_p
    a = cov / (_mean(guide * guide, radius) - mean_g**2 + _EDGE)
    soft = _mean(a, radius) * guide + _mean(mean_p - a * mean_g, radius)
    # A little tighter than the mask: a rim of background is worse than a lost thread.
    matte = np.clip((soft - 0.45) / 0.4, 0, 1)
    matte = np.where(mean_p > 0, matte, 0)
    if matte.sum() < 0.5 * p.sum():  # thinner than the filter: a chain would vanish
        matte = p
    return np.asarray(matte, np.float32)


def own_colour(image: Image, matte: Floats) -> Floats:
    """(h, w, 3) float32: the image, its half-transparent rim in the colour of the sure pixels near by.

    The rim shows the garment and what was behind it; blended as it is, it would be a halo.
    """
    radius = reach(matte.shape)
    sure = (matte > 0.95).astype(np.float64)
    weight = _mean(sure, radius)
    near = np.stack([_mean(image[..., c] * sure, radius) for c in range(3)], axis=-1)
    mend = (matte <= 0.95) & (weight > 1e-6)
    out: Floats = image.astype(np.float32)
    out[mend] = near[mend] / weight[mend][:, None]
    return out


def reach(shape: tuple[int, ...]) -> int:
    """Pixels round the edge of a mask in which it may be wrong, for a picture of this size."""
    return max(2, round(0.008 * max(shape)))


def _mean(x: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Box mean over (2 radius + 1) squared pixels, edges repeated."""
    k = 2 * radius + 1
    sums = np.pad(np.pad(x, radius, mode="edge").cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    box: NDArray[np.float64] = sums[k:, k:] - sums[:-k, k:] - sums[k:, :-k] + sums[:-k, :-k]
    return box / (k * k)
