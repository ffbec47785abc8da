"""Arithmetic on boxes, polygons and masks. No state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wardrobe.types import Box, MaskArray


def area(box: Box) -> float:
    """Area of a box; 0 where it is empty or turned inside out."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def intersect(a: Box, b: Box) -> Box:
    """The common part of two boxes; empty (area 0) where there is none."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def iou(a: Box, b: Box) -> float:
    """Overlap of two boxes over their union, in [0, 1]; 0 where both are empty."""
    inter = area(intersect(a, b))
    union = area(a) + area(b) - inter
    return inter / union if union > 0 else 0.0


def grow(box: Box, share: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box with ``share`` of its longer side added all around, whole pixels, inside a frame.

    Args:
        size: (height_px, width_px) of the frame.
    """
    pad = share * max(box[2] - box[0], box[3] - box[1])
    x0, y0 = max(int(np.floor(box[0] - pad)), 0), max(int(np.floor(box[1] - pad)), 0)
    x1, y1 = min(int(np.ceil(box[2] + pad)), size[1]), min(int(np.ceil(box[3] + pad)), size[0])
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def box_of(mask: MaskArray) -> Box | None:
    """Tight half-open box of a mask, or None where it is empty."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return float(cols[0]), float(rows[0]), float(cols[-1] + 1), float(rows[-1] + 1)


def window(mask: MaskArray, pad: int) -> tuple[slice, slice] | None:
    """Rows and columns of a mask's box with ``pad`` px around it; None where the mask is empty."""
    box = box_of(mask)
    if box is None:
        return None
    x0, y0, x1, y1 = (int(v) for v in box)
    return slice(max(y0 - pad, 0), y1 + pad), slice(max(x0 - pad, 0), x1 + pad)


def to_frac(box: Box, size: tuple[int, int]) -> Box:
    """Pixels to fractions; ``size`` is (height_px, width_px)."""
    h, w = size
    return box[0] / w, box[1] / h, box[2] / w, box[3] / h


def to_px(box_frac: Box, size: tuple[int, int]) -> Box:
    """Fractions to pixels; ``size`` is (height_px, width_px)."""
    h, w = size
    return box_frac[0] * w, box_frac[1] * h, box_frac[2] * w, box_frac[3] * h


def polygon_mask(points: NDArray[np.floating], size: tuple[int, int]) -> MaskArray:
    """Pixels whose centres lie inside a simple polygon (even-odd rule).

    Args:
        points: (n, 2) x, y in px; may lie outside the frame.
        size: (height_px, width_px).
    """
    h, w = size
    xs, ys = np.arange(w) + 0.5, np.arange(h) + 0.5
    crossings = np.zeros((h, w + 1), np.int32)
    n = len(points)
    for k in range(n):
        (ax, ay), (bx, by) = points[k], points[(k + 1) % n]
        if ay == by:
            continue
        rows = np.flatnonzero((ys >= min(ay, by)) & (ys < max(ay, by)))
        at = ax + (ys[rows] - ay) * (bx - ax) / (by - ay)
        crossings[rows, np.searchsorted(xs, at)] += 1
    inside: MaskArray = np.cumsum(crossings[:, :w], axis=1) % 2 == 1
    return inside


def capsule_mask(
    a: NDArray[np.floating], b: NDArray[np.floating], radius: float, size: tuple[int, int]
) -> MaskArray:
    """Pixels within ``radius`` px of the segment from ``a`` to ``b``, each (2,) x, y."""
    h, w = size
    y, x = np.ogrid[:h, :w]
    px, py = x + 0.5 - a[0], y + 0.5 - a[1]
    dx, dy = float(b[0] - a[0]), float(b[1] - a[1])
    length = dx * dx + dy * dy
    t = np.clip((px * dx + py * dy) / length, 0, 1) if length > 0 else np.zeros((h, w))
    near: MaskArray = (px - t * dx) ** 2 + (py - t * dy) ** 2 <= radius * radius
    return near


def union(masks: Sequence[MaskArray], size: tuple[int, int]) -> MaskArray:
    """Pixels in any of the masks; none for an empty sequence."""
    out = np.zeros(size, np.bool_)
    for m in masks:
        out |= m
    return out


def grown(mask: MaskArray, steps: int) -> MaskArray:
    """The mask and every pixel that is at most so many steps, along rows and columns, from it."""
    out = mask.copy()
    for _ in range(steps):
        near = out.copy()
        near[1:] |= out[:-1]
        near[:-1] |= out[1:]
        near[:, 1:] |= out[:, :-1]
        near[:, :-1] |= out[:, 1:]
        out = near
    return out


def worn_down(mask: MaskArray, steps: int) -> MaskArray:
    """The pixels of a mask that are more than so many steps from any other and from the frame's edge."""
    out = mask.copy()
    for _ in range(steps):
        left = out.copy()
        left[1:] &= out[:-1]
        left[:-1] &= out[1:]
        left[:, 1:] &= out[:, :-1]
        left[:, :-1] &= out[:, 1:]
        left[[0, -1]] = left[:, [0, -1]] = False
        out = left
    return out


def opened(mask: MaskArray, side: int) -> MaskArray:
    """The pixels of a mask that lie in a square of ``side`` px, an odd number, wholly inside it."""
    reach = side // 2
    out = np.pad(mask, reach)
    for axis in (0, 1):
        out = np.logical_and.reduce(_shifted(out, side, axis))
    out = np.pad(out, 2 * reach)
    for axis in (0, 1):
        out = np.logical_or.reduce(_shifted(out, side, axis))
    return out[reach:-reach, reach:-reach] if reach else out


def shut(mask: MaskArray, radius: float) -> MaskArray:
    """The mask with every gap closed that a disc of ``radius`` px finds no room in."""
    from scipy.ndimage import distance_transform_edt

    out = mask.copy()
    part = window(mask, 0)  # nothing beyond its box is closed
    if part is None:
        return out
    pad = int(radius) + 2
    near = distance_transform_edt(~np.pad(mask[part], pad)) <= radius
    out[part] |= (distance_transform_edt(near) > radius)[pad:-pad, pad:-pad]
    return out


def between(mask: MaskArray) -> MaskArray:
    """What lies in every row from the mask's first pixel to its last."""
    after = np.logical_or.accumulate(mask, axis=1)
    return np.asarray(after & np.logical_or.accumulate(mask[:, ::-1], axis=1)[:, ::-1], np.bool_)


def at(mask: MaskArray, places: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(n,) what a mask says at places (n, 2) x, y px; nothing beyond its frame."""
    x, y = places.astype(int).T
    h, w = mask.shape
    out = (x >= 0) & (y >= 0) & (x < w) & (y < h)
    out[out] = mask[y[out], x[out]]
    return np.asarray(out, np.bool_)


def _shifted(mask: MaskArray, side: int, axis: int) -> list[MaskArray]:
    """The windows of ``side`` px along an axis, as one view for each of their places."""
    n = mask.shape[axis] - side + 1
    return [mask[k : k + n] if axis == 0 else mask[:, k : k + n] for k in range(side)]
