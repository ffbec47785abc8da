"""What lies behind something that is taken away, from the same kind of thing beside it.

The coarse is spread from the edge inwards; the fine is the picture mirrored at the edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe import geometry
from wardrobe.types import MaskArray

Floats = NDArray[np.float32]
COARSE = 5.0  # px, what is finer is mirrored


def spread(image: Floats, known: MaskArray, wanted: MaskArray, detail: float = 1.0) -> Floats:
    """The picture with ``wanted`` pixels made up from ``known`` ones.

    Args:
        image: (h, w, 3) float32.
        known: (h, w) bool, where to take from.
        wanted: (h, w) bool, where to put it.
        detail: how much of the mirrored fine structure is added, 0 for none.

    Returns:
        (h, w, 3) float32; unchanged outside ``wanted``, and all of it where nothing is known.
    """
    box = geometry.box_of(wanted)
    if box is None or not known.any():
        return image
    pad = int(0.5 * max(box[2] - box[0], box[3] - box[1])) + 8
    x0, y0 = max(int(box[0]) - pad, 0), max(int(box[1]) - pad, 0)
    cut = np.s_[y0 : int(box[3]) + pad, x0 : int(box[2]) + pad]
    if not known[cut].any():
        cut = np.s_[0 : known.shape[0], 0 : known.shape[1]]
    part, at, want = image[cut], known[cut], wanted[cut]
    coarse = pulled(part, at)
    made = coarse
    if detail:
        fine = (part - coarse) * at[..., None]
        made = coarse + detail * mirrored(fine, at)
    out = image.copy()
    out[cut][want] = np.clip(made[want], 0, 255)
    return out


def spread_onto(onto: Floats, image: Floats, known: MaskArray, wanted: MaskArray) -> Floats:
    """``onto`` with ``wanted`` pixels made up from the ``known`` ones of ``image``."""
    if not known.any():
        return onto
    out = onto.copy()
    out[wanted] = spread(image, known, wanted)[wanted]
    return out


def pulled(image: Floats, known: MaskArray) -> Floats:
    """(h, w, 3) smooth, near the known pixels close to a blur of them, spread over all others."""
    from scipy.ndimage import gaussian_filter

    weight = known.astype(np.float32)
    blur = gaussian_filter(weight, COARSE)
    smooth = np.stack([gaussian_filter(image[..., c] * weight, COARSE) for c in range(3)], -1)
    wide = _pull(image * weight[..., None], weight)
    trust = np.clip(blur * 2, 0, 1)[..., None]
    near = smooth / np.maximum(blur, 1e-6)[..., None]
    return np.asarray(trust * near + (1 - trust) * wide, np.float32)


def _pull(ink: Floats, weight: Floats) -> Floats:
    """Spread by halving until everything is known, and back."""
    h, w = weight.shape
    if min(h, w) <= 2 or weight.min() > 0.5:
        mean = ink.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
        value = ink / np.maximum(weight, 1e-6)[..., None]
        return np.where(weight[..., None] > 1e-4, value, mean).astype(np.float32)
    even = np.pad(ink, ((0, h % 2), (0, w % 2), (0, 0)))
    even_w = np.pad(weight, ((0, h % 2), (0, w % 2)))
    half = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    half_w = even_w[::2, ::2] + even_w[1::2, ::2] + even_w[::2, 1::2] + even_w[1::2, 1::2]
    full = np.minimum(half_w, 1.0)
    lower = _pull(half * (full / np.maximum(half_w, 1e-6))[..., None], full)
    up = _doubled(lower)[:h, :w]
    mine = np.clip(weight, 0, 1)[..., None]
    return np.asarray(ink + (1 - mine) * up, np.float32)


def _doubled(x: Floats) -> Floats:
    """Twice the size, between pixel centres."""
    for axis in (0, 1):
        before = np.concatenate([x.take([0], axis), x.take(range(x.shape[axis] - 1), axis)], axis)
        after = np.concatenate([x.take(range(1, x.shape[axis]), axis), x.take([-1], axis)], axis)
        pair = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis + 1)
        shape = list(x.shape)
        shape[axis] *= 2
        x = pair.reshape(shape)
    return x.astype(np.float32)


def mirrored(fine: Floats, known: MaskArray) -> Floats:
    """Every unknown pixel's counterpart beyond the nearest known one."""
    from scipy.ndimage import distance_transform_edt

    h, w = known.shape
    _, (qy, qx) = distance_transform_edt(~known, return_indices=True)
    y, x = np.mgrid[:h, :w]
    py, px = np.clip(2 * qy - y, 0, h - 1), np.clip(2 * qx - x, 0, w - 1)
    ok = known[py, px]
    py, px = np.where(ok, py, qy), np.where(ok, px, qx)
    return np.asarray(fine[py, px])
