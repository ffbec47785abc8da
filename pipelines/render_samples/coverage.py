"""Which pixels triangles cover, all at once: a rasteriser for the many small ones of clothes."""

from __future__ import annotations

from typing import Any

import numpy as np
from body import Array, Index

#: More pixel tests than this are left to rays.
MOST = 6_000_000


def covered(
    spots: Array, triangles: Index, box: tuple[int, int, int, int]
) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Pixels of a half-open box (x0, y0, x1, y1) whose centres lie in a triangle, (H, W).

    Args:
        spots: pixel coordinates (N, 2) of the triangles' points, all before the camera.

    Returns:
        None where so many pixels would have to be tried that rays are faster.
    """
    x0, y0, x1, y1 = box
    mark = np.zeros((y1 - y0, x1 - x0), bool)
    centred = spots - (x0 + 0.5, y0 + 0.5)  # centres lie on whole numbers
    xs, ys = (tuple(centred[triangles[:, k], axis] for k in range(3)) for axis in (0, 1))
    left, wide = _span(xs, x1 - x0)
    top, tall = _span(ys, y1 - y0)
    here = np.flatnonzero((wide > 0) & (tall > 0))
    left, top, wide = left[here], top[here], wide[here]
    count = wide * tall[here]
    if count.sum() > MOST:
        return None
    which = np.repeat(np.arange(len(here)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    down, across = np.divmod(step, wide[which])
    x, y = left[which] + across, top[which] + down
    above = np.ones(len(which), bool)
    below = above.copy()
    for k in range(3):
        at_x, at_y = xs[k][here], ys[k][here]
        way_x, way_y = xs[(k + 1) % 3][here] - at_x, ys[(k + 1) % 3][here] - at_y
        # way x (place - at), as a plane whose three numbers are a triangle's own
        side = way_x[which] * y - way_y[which] * x - (way_x * at_y - way_y * at_x)[which]
        above &= side >= 0
        below &= side <= 0
    inside = above | below
    mark[y[inside], x[inside]] = True
    return mark


def _span(corners: tuple[Array, ...], side: int) -> tuple[Index, Index]:
    """Per triangle, the first whole number within its corners and below ``side``, and how many."""
    a, b, c = corners
    low = np.maximum(np.ceil(np.minimum(np.minimum(a, b), c)), 0).astype(int)
    high = np.minimum(np.floor(np.maximum(np.maximum(a, b), c)), side - 1).astype(int)
    return low, high - low + 1
