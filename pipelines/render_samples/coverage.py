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
    corners = spots[triangles] - (x0 + 0.5, y0 + 0.5)  # centres lie on whole numbers
    low = np.maximum(np.ceil(corners.min(1)), 0).astype(int)
    high = np.minimum(np.floor(corners.max(1)), (x1 - x0 - 1, y1 - y0 - 1)).astype(int)
    sides = high - low + 1
    here = np.flatnonzero((sides > 0).all(1))
    corners, low, sides = corners[here], low[here], sides[here]
    count = sides.prod(1)
    if count.sum() > MOST:
        return None
    which = np.repeat(np.arange(len(here)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    x = low[which, 0] + step % sides[which, 0]
    y = low[which, 1] + step // sides[which, 0]
    left = np.ones(len(which), bool)
    right = left.copy()
    for k in range(3):
        start, way = corners[:, k], corners[:, (k + 1) % 3] - corners[:, k]
        side = way[which, 0] * (y - start[which, 1]) - way[which, 1] * (x - start[which, 0])
        left &= side >= 0
        right &= side <= 0
    inside = left | right
    mark[y[inside], x[inside]] = True
    return mark
