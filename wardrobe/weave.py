"""How a garment's cloth goes on where no photo shows it: its colours, and the pattern that repeats.

Nothing is learned and nothing is taken from elsewhere. The broad colours are the seen ones averaged
outwards; on them the finer pattern is laid from other places of the same garment, by the offsets at
which its cloth is seen to repeat itself (He, Sun 2012, "Statistics of patch offsets for image
completion"), and only as strongly as it does so near by: stripes go on, and a print that was seen once
is not repeated. Pure NumPy and SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wardrobe.types import Image, MaskArray

Floats = NDArray[np.float32]

WORK = 224  # px, longer side of the garment as it is looked at
OFFSETS = 40  # at which the cloth repeats best
SHORTEST = 0.03  # of the side: nearer places are alike without any pattern
FINE = 0.035  # of the side: what changes slower than this is light and colour, not pattern
#: Shares of the side within which an offset's agreement is asked for round a place, and their weights.
REACHES = ((0.1 / 3, 1.0), (0.1, 0.1), (0.3, 0.01))
LEAST = (
    0.25  # agreement, all over and near by, under which an offset is chance or a print seen once
)


def continued(image: Image, seen: MaskArray, outline: MaskArray) -> Floats:
    """Colours for the outline, the unseen part continued from the seen one.

    Args:
        image: (h, w, 3) uint8.
        seen: (h, w) where it shows the garment; the rest of it is never looked at.
        outline: (h, w) the whole garment.

    Returns:
        (h, w, 3) float32 levels in [0, 255]; grey where nothing at all is seen.
    """
    whole = outline | seen
    rows, cols = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    out = np.full(image.shape, 128, np.float32)
    if not len(rows) or not seen.any():
        return out
    part = slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)
    known, ink = seen[part], image[part].astype(np.float32) * seen[part][..., None]
    scale = min(WORK / max(known.shape), 1.0)
    size = (max(round(known.shape[0] * scale), 1), max(round(known.shape[1] * scale), 1))
    share = _resized(known.astype(np.float32), size)
    small = np.stack([_resized(ink[..., c], size) for c in range(3)], axis=-1)
    small /= np.maximum(share, 1e-3)[..., None]
    filled = _filled(small, share > 0.5, _resized(whole[part].astype(np.float32), size) > 0.1)
    for c in range(3):
        out[..., c][part] = _resized(filled[..., c], known.shape)
    return out


def spread(values: Floats, seen: MaskArray) -> Floats:
    """(h, w, c) seen values averaged outwards, smoothly (push-pull: Gortler et al. 1996)."""
    h, w = seen.shape
    side = 1 << int(np.ceil(np.log2(max(h, w, 2))))
    room = ((0, side - h), (0, side - w), (0, 0))
    weight = np.pad(seen.astype(np.float32)[..., None], room)
    ink = np.pad(np.asarray(values * seen[..., None], np.float32), room)
    levels: list[tuple[Floats, Floats]] = [(ink, weight)]
    while levels[-1][0].shape[0] > 1:
        # Sums that never shrink faster than they must: one seen pixel is worth a whole cell.
        ink, weight = (_halved(x) for x in levels[-1])
        lift = np.asarray(np.minimum(4 * weight, 1) / np.maximum(weight, 1e-6), np.float32)
        levels.append((ink * lift, weight * lift))
    out = levels[-1][0]
    for ink, weight in levels[-2::-1]:
        out = ink + _doubled(out) * (1 - weight)
    return np.asarray(out[:h, :w], np.float32)


def _filled(image: Floats, seen: MaskArray, outline: MaskArray) -> Floats:
    from scipy.ndimage import gaussian_filter

    base = spread(image, seen)
    hole = outline & ~seen
    if not hole.any():
        return base
    side = max(seen.shape)
    sigma = max(FINE * side, 1.0)
    weight = gaussian_filter(seen.astype(np.float32), sigma)
    broad = np.stack(
        [gaussian_filter(image[..., c] * seen, sigma) / np.maximum(weight, 1e-4) for c in range(3)],
        axis=-1,
    )
    fine = (image - broad) * seen[..., None]
    laid = _pattern(np.asarray(fine, np.float32), seen, hole)
    if laid is None:
        return base
    flat = spread(np.asarray(broad, np.float32), seen)
    where, pattern, strength = laid
    mixed = flat + pattern * strength[..., None]
    share = (where * np.minimum(strength / LEAST, 1))[..., None]
    return np.asarray(
        np.where(seen[..., None], image, mixed * share + base * (1 - share)), np.float32
    )


def _pattern(
    fine: Floats, seen: MaskArray, hole: MaskArray
) -> tuple[MaskArray, Floats, Floats] | None:
    """Where a repeating pattern can be laid into a hole, it, and how well it agrees near by, 0 to 1."""
    h, w = seen.shape
    offsets = repeats(fine, seen, hole)
    around = _Around.of(hole)
    best = np.full((h, w), LEAST, np.float32)
    where, out = np.zeros((h, w), np.bool_), np.zeros_like(fine)
    power, mask = _dot(fine, fine), seen.astype(np.float32)
    for dy, dx in offsets:
        there, known = _moved(fine, dy, dx), _moved(mask, dy, dx)
        both = known * mask
        agree = np.zeros((h, w), np.float32)
        alike = around(_dot(fine, there))
        agree[around.part] = alike / (1e-3 + around((power + _moved(power, dy, dx)) / 2 * both))
        better = hole & (known > 0) & (agree > best)
        best[better] = agree[better]
        out[better] = there[better]
        where |= better
    if not where.any():
        return None
    return where, out, np.clip(best, 0, 1)


@dataclass(frozen=True)
class _Around:
    """Sums round every place of a hole, the nearer the heavier: Gaussians of several widths, as products
    of matrices, since only the hole's rows and columns of them are wanted and 40 offsets ask for them.

    Attributes:
        part: the hole's rows and columns.
        down: of each width (rows of the part, rows), times how much it counts.
        across: of each width (columns, columns of the part).
    """

    part: tuple[slice, slice]
    down: Floats
    across: tuple[Floats, ...]

    @classmethod
    def of(cls, hole: MaskArray) -> _Around:
        y, x = (np.flatnonzero(hole.any(axis=k)) for k in (1, 0))
        part = slice(int(y[0]), int(y[-1]) + 1), slice(int(x[0]), int(x[-1]) + 1)
        (h, w), side = hole.shape, max(hole.shape)
        down = [trust * _bell(h, reach * side)[part[0]] for reach, trust in REACHES]
        across = [_bell(w, reach * side)[part[1]].T.copy() for reach, _ in REACHES]
        return cls(part, np.concatenate(down), tuple(across))

    def __call__(self, values: Floats) -> Floats:
        """(rows, columns) float32 of the part, from (h, w) values."""
        rows = np.split(self.down @ values, len(self.across))
        out: Floats = sum(r @ a for r, a in zip(rows, self.across, strict=True))
        return out


@lru_cache(maxsize=64)
def _bell(size: int, sigma: float) -> Floats:
    """(size, size): how much each place (column) counts at each (row); what lies beyond the edge is
    mirrored."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(
        gaussian_filter1d(np.eye(size, dtype=np.float32), sigma, axis=0, truncate=2.5), np.float32
    )


def repeats(fine: Floats, seen: MaskArray, hole: MaskArray) -> list[tuple[int, int]]:
    """The offsets (rows, columns) at which the cloth agrees best with itself and that show some of the
    hole, the best first: peaks of the autocorrelation of its seen pixels."""
    from scipy.fft import irfft2, next_fast_len, rfft2
    from scipy.ndimage import maximum_filter

    h, w = seen.shape
    size = (next_fast_len(2 * h), next_fast_len(2 * w))
    mask, power = (rfft2(x.astype(np.float32), size) for x in (seen, _dot(fine, fine)))
    inks = [rfft2(fine[..., c], size) for c in range(3)]
    energy = irfft2((mask.conj() * power + power.conj() * mask) / 2, size)
    alike = irfft2(sum(x.conj() * x for x in inks), size)
    overlap = irfft2(mask.conj() * mask, size)
    useful = irfft2(rfft2(hole.astype(np.float32), size).conj() * mask, size)
    score = np.where(
        (overlap > 0.08 * seen.sum()) & (useful > 0.02 * hole.sum()),
        alike / np.maximum(energy, 1e-3), -1.0,
    )  # fmt: skip
    dy = (np.arange(size[0]) + size[0] // 2) % size[0] - size[0] // 2
    dx = (np.arange(size[1]) + size[1] // 2) % size[1] - size[1] // 2
    far = np.hypot(dy[:, None], dx[None]) >= max(SHORTEST * max(h, w), 3)
    score = np.where(far, score, -1.0)
    peak = (score == maximum_filter(score, 5, mode="wrap")) & (score > LEAST)
    rows, cols = np.nonzero(peak)
    order = np.argsort(-score[rows, cols], kind="stable")[:OFFSETS]
    return [(int(dy[rows[k]]), int(dx[cols[k]])) for k in order]


def _moved(x: Floats, dy: int, dx: int) -> Floats:
    """``x`` looked up ``dy`` rows and ``dx`` columns on; nothing beyond it."""
    out = np.zeros_like(x)
    h, w = x.shape[:2]
    if abs(dy) < h and abs(dx) < w:
        y, x0 = slice(max(-dy, 0), min(h - dy, h)), slice(max(-dx, 0), min(w - dx, w))
        out[y, x0] = x[y.start + dy : y.stop + dy, x0.start + dx : x0.stop + dx]
    return out


def _dot(a: Floats, b: Floats) -> Floats:
    """(h, w) sums over the three channels of (h, w, 3); numpy's own are slow over so few."""
    out: Floats = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return out


def _halved(x: Floats) -> Floats:
    return np.asarray((x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4, np.float32)


def _doubled(x: Floats) -> Floats:
    side = 2 * x.shape[0]
    return np.stack([_resized(x[..., c], (side, side)) for c in range(x.shape[2])], axis=-1)


def _resized(plane: Floats, size: tuple[int, ...]) -> Floats:
    """(h, w) float32 at another size, averaged or interpolated linearly."""
    from PIL import Image as Pillow

    view = Pillow.fromarray(np.ascontiguousarray(plane, np.float32))
    how = Pillow.Resampling.BOX if size[0] * 2 < plane.shape[0] else Pillow.Resampling.BILINEAR
    return np.asarray(view.resize((size[1], size[0]), how), np.float32)
