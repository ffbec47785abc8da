"""One garment in two photos: where each pixel of one lies in the other. Pure NumPy and SciPy.

Everything happens on a *canvas*, the square picture that the thumbnail will be. A *field* says where
in another picture a canvas pixel comes from: (h, w, 2) float32, x and y in px.

The first guess moves the body: the trunk by one affine map, each limb by its own, blended by nearness
(linear blend skinning). It is then refined by block matching on colours and outlines, smoothed so that
cloth isn't torn. A pair that doesn't agree in the end is for the caller to reject:
:func:`agreement` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry
from wardrobe.labels import Category
from wardrobe.types import MaskArray

Floats = NDArray[np.float32]
Points = NDArray[np.float64]
Affine = NDArray[np.float64]  # (2, 3), columns of x, y, 1

#: Categories that move with trunk and arms, and with hips and legs.
UPPER: tuple[Category, ...] = ("tops", "outerwear", "dresses")
LOWER: tuple[Category, ...] = ("bottoms", "skirts", "legwear")
_ARMS = ((5, 7), (7, 9), (6, 8), (8, 10))
_LEGS = ((11, 13), (13, 15), (12, 14), (14, 16))
MOST_STRETCHED = 2.5  # one way against the other, and against the garment's middle
SMALL = 128  # px, side of the canvas on which blocks are matched


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A wearer's joints on some picture: (17, 2) px, which of them to trust, torso length in px."""

    joints: Points
    ok: NDArray[np.bool_]
    torso: float

    @property
    def across(self) -> float:
        """Left shoulder minus right one along x, in torsos: positive seen from the front."""
        if not (self.ok[5] and self.ok[6]):
            return float("nan")
        return float((self.joints[5, 0] - self.joints[6, 0]) / self.torso)


def facing(one: Body, other: Body) -> bool:
    """Whether both are seen from the same side, as far as the shoulders tell."""
    a, b = one.across, other.across
    if np.isnan(a) or np.isnan(b):
        return True
    return a * b > 0 and min(abs(a), abs(b)) > 0.4 * max(abs(a), abs(b))


def by_body(category: Category, here: Body, there: Body, side: int) -> Floats | None:
    """The field that moves one wearer onto the other; None where too few joints are shared.

    Args:
        here: joints on the canvas.
        there: joints on the other picture.
        side: of the canvas, px.
    """
    if category not in UPPER + LOWER:
        return None
    both = here.ok & there.ok
    trunk_joints = [*body.SHOULDERS, *body.HIPS] if category in UPPER else [*body.HIPS]
    if category in LOWER:
        trunk_joints += [*body.SHOULDERS] if both[list(body.SHOULDERS)].all() else [*body.KNEES]
    shared = [j for j in trunk_joints if both[j]]
    if len(shared) < 2:
        return None
    trunk = _affine(here.joints[shared], there.joints[shared])
    limbs = {"dresses": (*_ARMS,), "skirts": ()}.get(
        category, _ARMS if category in UPPER else _LEGS
    )
    maps, bones = (
        [trunk],
        [(here.joints[list(body.SHOULDERS)].mean(0), here.joints[list(body.HIPS)].mean(0))],
    )
    for a, b in limbs:
        if both[a] and both[b]:
            maps.append(_bone(here, there, a, b))
            bones.append((here.joints[a], here.joints[b]))
    return _skinned(maps, bones, here.torso, side)


def by_box(here: MaskArray, there: MaskArray) -> Floats | None:
    """The field that lays one mask's box over the other's, for things that don't move with a body."""
    a, b = _box(here), _box(there)
    if a is None or b is None:
        return None
    scale = (b[2:] - b[:2]) / np.maximum(a[2:] - a[:2], 1)
    if max(scale) > 1.6 * min(scale):  # turned, or half of it hidden: another picture of it
        return None
    y, x = np.mgrid[: here.shape[0], : here.shape[1]]
    at = (np.stack([x, y], axis=-1) + 0.5 - a[:2]) * scale + b[:2] - 0.5
    return at.astype(np.float32)


def sampled(
    picture: NDArray[np.generic], field: Floats, beyond: Literal["constant", "nearest"] = "constant"
) -> Floats:
    """A picture (h, w) or (h, w, c) looked up at a field, linearly; beyond it 0, or the nearest."""
    from scipy.ndimage import map_coordinates

    at = [field[..., 1], field[..., 0]]
    planes = picture[..., None] if picture.ndim == 2 else picture
    out = np.empty((*field.shape[:2], planes.shape[2]), np.float32)
    for c in range(planes.shape[2]):
        plane = planes[..., c].astype(np.float32)
        out[..., c] = map_coordinates(plane, at, order=1, mode=beyond, cval=0.0)
    return out[..., 0] if picture.ndim == 2 else out


def matched(
    here: Floats, seen: MaskArray, bare: MaskArray, there: Floats, shown: Floats, field: Floats
) -> Floats:
    """The field refined by block matching: over a sixteenth of the canvas where it is small, then over a
    fortieth where it is twice as large.

    Args:
        here: (h, w, 3) Lab of the canvas.
        seen: (h, w) the garment in it.
        bare: (h, w) where it surely isn't, not even hidden.
        there: (H, W, 3) Lab of the other picture.
        shown: (H, W) its garment, 0 to 1.
    """
    side = field.shape[0]
    for small, search in ((SMALL // 2, side // 16), (SMALL, side // 40)):
        step = max(1, side // small)
        a, m, free = here[::step, ::step], seen[::step, ::step], bare[::step, ::step]
        b = sampled(there, field[::step, ::step])
        n = sampled(shown, field[::step, ::step]) > 0.5
        moved = _blocks(a, m, free, b, n, max(2, search // step))
        x, y = (step * enlarged(moved[..., c], (side, side)) for c in (0, 1))
        line = np.arange(side, dtype=np.float32)
        at = np.stack([x + line, y + line[:, None]], axis=-1)
        field = sampled(field, at, beyond="nearest")
    return field


def trusted(field: Floats, known: MaskArray) -> MaskArray:
    """(h, w) bool: where a field neither folds nor stretches much more than in its middle, over ``known``;
    far from the joints it may do either."""
    across, down = np.gradient(field, axis=1), np.gradient(field, axis=0)
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    middle = float(np.median(area[known])) if known.any() else 1.0
    most = MOST_STRETCHED * middle
    return np.asarray((area * MOST_STRETCHED > middle) & (area < most), np.bool_)


def agreement(
    here: Floats, seen: MaskArray, bare: MaskArray, there: Floats, shown: MaskArray
) -> tuple[float, float, float]:
    """How well a registered picture agrees with the canvas, on what both show.

    Args:
        here, there: (h, w, 3) Lab, the second registered and brought to the first's light.
        seen, shown: the garment in either.
        bare: where it surely isn't.

    Returns:
        median colour difference (Lab distance, slightly blurred), how alike their textures are
        (correlation, 1 where there is none to speak of), and overlap of the masks (IoU) apart from
        what may be hidden.
    """
    from scipy.ndimage import gaussian_filter

    both = geometry.worn_down(seen & shown, 2)
    if both.sum() < 50:
        return np.inf, 0.0, 0.0
    a, b = (
        np.stack([gaussian_filter(x[..., c], 1.5) for c in range(3)], -1) for x in (here, there)
    )
    apart = float(np.median(np.linalg.norm((a - b)[both], axis=-1)))
    fine = [x[..., 0] - gaussian_filter(x[..., 0], 8) for x in (a, b)]
    u, v = (f[both] - f[both].mean() for f in fine)
    texture = float((u @ v) / max(float(np.linalg.norm(u) * np.linalg.norm(v)), 1e-6))
    if max(u.std(), v.std()) < 4:  # plain cloth: folds and noise, which need not agree
        texture = 1.0
    known = seen | bare
    overlap = float((seen & shown).sum() / max(int(((seen | shown) & known).sum()), 1))
    return apart, texture, overlap


def _affine(here: Points, there: Points) -> Affine:
    """The map of least squares from one set of points to the other; a similarity below four, or where
    it would stretch one way much more than the other."""
    if len(here) < 4:
        return _similarity(here, there)
    x = np.column_stack([here, np.ones(len(here))])
    free = np.asarray(np.linalg.lstsq(x, there, rcond=None)[0].T, np.float64)
    # Joints nearly on a line, as of one who sits, say nothing of the way across it.
    long, short = np.linalg.svd(free[:, :2])[1]
    return free if long < MOST_STRETCHED * short else _similarity(here, there)


def _similarity(here: Points, there: Points) -> Affine:
    a, b = here.mean(0), there.mean(0)
    p, q = (here - a) @ (1, 1j), (there - b) @ (1, 1j)
    turn = (p.conj() @ q) / max(float((p.conj() @ p).real), 1e-9)
    m = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([m, b - m @ a])


def _bone(here: Body, there: Body, a: int, b: int) -> Affine:
    """Along the bone by its lengths, across it by the torsos'."""
    u, v = here.joints[b] - here.joints[a], there.joints[b] - there.joints[a]
    lu, lv = max(float(np.hypot(*u)), 1.0), max(float(np.hypot(*v)), 1.0)
    thick = there.torso / here.torso
    frame_u = np.column_stack([u / lu, [-u[1] / lu, u[0] / lu]])
    frame_v = np.column_stack([v / lv, [-v[1] / lv, v[0] / lv]])
    m = frame_v @ np.diag([lv / lu, thick]) @ frame_u.T
    return np.column_stack([m, there.joints[a] - m @ here.joints[a]])


def _skinned(
    maps: list[Affine], bones: list[tuple[Points, Points]], torso: float, side: int
) -> Floats:
    y, x = np.mgrid[0:side:4, 0:side:4]
    at = np.stack([x, y], axis=-1).reshape(-1, 2) + 1.5
    weights = []
    for k, (a, b) in enumerate(bones):
        along = b - a
        t = np.clip((at - a) @ along / max(float(along @ along), 1e-9), 0, 1)
        away = np.hypot(*(at - a - t[:, None] * along).T) / torso
        # The trunk is broad: it holds what lies within a quarter of a torso of its middle.
        away = np.maximum(away - 0.25, 0.02) if k == 0 else np.maximum(away, 0.02)
        weights.append(away**-3.0)
    w: Points = np.stack(weights)
    w = np.asarray(w / w.sum(axis=0), np.float64)
    ones = np.column_stack([at, np.ones(len(at))])
    mixed = sum(w[k][:, None] * (ones @ m.T) for k, m in enumerate(maps))
    small = np.asarray(mixed, np.float32).reshape(*x.shape, 2)
    return np.stack([enlarged(small[..., c], (side, side)) for c in (0, 1)], axis=-1)


def _blocks(
    a: Floats, m: MaskArray, free: MaskArray, b: Floats, n: MaskArray, search: int
) -> Floats:
    """(h, w, 2) x and y that every place of ``a`` must look aside to find itself in ``b``."""
    from scipy.ndimage import gaussian_filter, uniform_filter

    (h, w), pad = m.shape, search
    if (n & m).any():
        b = b - np.float32(np.median(b[n & m], axis=0) - np.median(a[n & m], axis=0))
    ones = [np.ascontiguousarray(a[..., c] / 40, np.float32) for c in range(3)]
    twos = [np.pad(np.asarray(b[..., c] / 40, np.float32), pad) for c in range(3)]
    shown = np.pad(n.astype(np.float32), pad)
    mine, size = m.astype(np.float32), max(5, h // 8) | 1
    # What a shift costs at a pixel: 1 where only one of both has the garment, else how far the colours
    # are apart; 0 where nobody knows.
    lone = np.where(m, -1, np.where(free, 1, 0)).astype(np.float32)
    weight = uniform_filter((m | free).astype(np.float32), size)
    per, always = 1 / np.maximum(weight, 1e-3), uniform_filter(mine, size)
    best = np.full((h, w), np.inf, np.float32)
    worst, move = np.zeros((h, w), np.float32), np.zeros((h, w), np.int64)
    shifts = [(dx, dy) for dy in range(-pad, pad + 1) for dx in range(-pad, pad + 1)]
    for k, (dx, dy) in enumerate(shifts):
        rows, cols = slice(pad + dy, pad + dy + h), slice(pad + dx, pad + dx + w)
        off = np.abs(ones[0] - twos[0][rows, cols])
        for one, two in zip(ones[1:], twos[1:], strict=True):
            off += np.abs(one - two[rows, cols])
        cost = shown[rows, cols] * (mine * np.minimum(off, 1) + lone)
        total = (uniform_filter(cost, size) + always) * per + float(0.02 * np.hypot(dx, dy) / pad)
        move[total < best] = k
        np.minimum(best, total, out=best)
        np.maximum(worst, total, out=worst)
    # A place speaks where it holds some of the garment and moving it makes a difference.
    sure = (worst - best) * (always > 0.02) * (weight > 0.2)
    sure = np.where(np.isfinite(sure), sure, 0) + 1e-4
    sigma = h / 12
    total = gaussian_filter(sure, sigma)
    way = np.array(shifts, np.float32)[move]
    each = [gaussian_filter(way[..., c] * sure, sigma) / total for c in (0, 1)]
    return np.stack(each, axis=-1).astype(np.float32)


def enlarged(plane: Floats, size: tuple[int, int]) -> Floats:
    """(h, w) float32 to (height, width) of ``size``, width first, linearly."""
    from PIL import Image as Pillow

    view = Pillow.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(view.resize(size, Pillow.Resampling.BILINEAR), np.float32)


def _box(mask: MaskArray) -> Points | None:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return np.array([cols[0], rows[0], cols[-1] + 1, rows[-1] + 1], np.float64)
