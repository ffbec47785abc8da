"""How a garment is cut: where its shoulders, sleeves and legs are, from its silhouette alone.

A flat garment gets the joints of the body that it would fit, lying down with its arms where the
sleeves are; a worn one has its wearer's. Either way it comes as parts (trunk and sleeves, or seat
and legs) with a :class:`~wardrobe.frame.Frame`, and goes onto another body through that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry
from wardrobe.frame import Frame
from wardrobe.labels import Category
from wardrobe.types import MaskArray

SLEEVED: tuple[Category, ...] = ("tops", "outerwear", "dresses")
WEARABLE: tuple[Category, ...] = (*SLEEVED, "bottoms", "skirts")

#: Half the width between the armpits, torsos: of a body's shoulders, and the ease of cloth.
HALF_CHEST = 0.385
LONGEST_TOP = 1.24  # torsos from the shoulder's edge to the hem
JOINT = 0.08  # torsos from the edge of the shoulder down to its joint
WAIST = 0.84  # where trousers and skirts begin, torsos below the shoulders
HALF_SEAT = 0.36  # half the width of trousers at the crotch, torsos
HALF_WAIST = 0.30
LONG = 0.72  # share of the arm or leg from which a sleeve or trouser leg is a long one
HEM = 0.94  # share of the leg at which a long trouser leg ends


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A garment in parts.

    Attributes:
        category: one of :data:`WEARABLE`.
        frame: of the body that it fits, in its picture's pixels.
        parts: trunk, then the sleeves or legs of the picture's left and right; (h, w) bool each.
            Sleeves may be empty.
        seams: (2, 2, 2) px: of each side the two ends of the line where the limb is sewn on.
    """

    category: Category
    frame: Frame
    parts: tuple[MaskArray, MaskArray, MaskArray]
    seams: NDArray[np.float64]


def flat(mask: MaskArray, category: Category) -> Cut | None:
    """Of a garment lying, hanging or rendered alone, upright, its front to the camera.

    Args:
        mask: (h, w) bool.

    Returns:
        None where the silhouette is none of a garment of that category.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) < 24 or mask.sum() < 400:
        return None
    if category in SLEEVED:
        return _upper(mask, category)
    if category == "skirts":
        return _skirt(mask)
    return _trousers(mask) if category == "bottoms" else None


def worn(mask: MaskArray, category: Category, frame: Frame) -> Cut:
    """Of a garment on a body: parted by the body's bones."""
    along, across = frame.trunk.everywhere(mask.shape)
    limbs, seams = [], np.zeros((2, 2, 2))
    half = frame.half_span
    for side, sign in ((0, -1), (1, 1)):
        if category in SLEEVED:
            t, r = frame.arm(side).everywhere(mask.shape)
            outside = sign * across > half - 0.03 - 0.05 * np.clip(along, -0.3, 0.6)
            part = mask & outside & (np.abs(r) < 0.2) & (t > -0.25)
            ends = frame.trunk.place(np.array([-0.25, 0.28]), np.array([half, half - 0.03]) * sign)
        else:
            part = mask & (along > CROTCH) & (sign * across > 0) & (category == "bottoms")
            ends = frame.trunk.place(np.array([CROTCH, CROTCH]), np.array([0.0, 0.45]) * sign)
        limbs.append(part)
        seams[side] = ends
    trunk = mask & ~limbs[0] & ~limbs[1]
    return Cut(category, frame, (trunk, limbs[0], limbs[1]), seams)


CROTCH = 1.2  # torsos below the shoulders


def _upper(mask: MaskArray, category: Category) -> Cut | None:
    h, w = mask.shape
    rows = np.flatnonzero(mask.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    tall = bottom - top
    middle = _axis(mask, top + int(0.3 * tall), bottom)
    runs = np.array([_central(mask[y], middle) for y in range(h)])  # (h, 2) left, right; -1 without
    lows, edges, guessed = _armpits(runs, middle, top, bottom, category)
    if guessed is not None:  # a sleeve that lies against the trunk: the other side says where
        runs = _mirrored(runs, guessed, middle, lows[guessed])
    span = edges[1] - edges[0]
    if span < 8:
        return None
    columns = [np.flatnonzero(mask[:, int(np.clip(x, 0, w - 1))]) for x in edges]
    corners = [float(c[0]) if len(c) else float(top) for c in columns]
    torso = span / (2 * HALF_CHEST)
    if category == "tops":  # made narrow by a mannequin: no top is worn longer than that
        torso = max(torso, (bottom - float(np.mean(corners))) / LONGEST_TOP)
    # The shoulder's joint lies below the garment's edge.
    shoulders = np.array(
        [[edges[k] + (0.02, -0.02)[k] * torso, corners[k] + JOINT * torso] for k in (0, 1)]
    )
    shoulders[:, 1] = np.minimum(shoulders[:, 1], np.array(lows) - 0.04 * torso)
    trunk = np.zeros_like(mask)
    for y in range(top, bottom + 1):
        # Above an armpit the trunk ends at the line up to the shoulder's end.
        if runs[y, 0] >= 0:
            x0 = edges[0] if y <= lows[0] else runs[y, 0]
            x1 = edges[1] if y <= lows[1] else runs[y, 1]
            trunk[y, x0:x1] = mask[y, x0:x1]
    sleeves = []
    seams = np.zeros((2, 2, 2))
    outside = np.arange(w)
    for side, x in enumerate(edges):
        rest = mask & ~trunk & ((outside < middle) if side == 0 else (outside >= middle))[None]
        sleeves.append(_touching(rest, trunk, (corners[side], lows[side])))
        seams[side] = np.array([[x, corners[side]], [x, lows[side]]], np.float64)
    trunk = mask & ~sleeves[0] & ~sleeves[1] & _component(trunk | mask, trunk)
    joints = _laid_out(shoulders, torso)
    for side in (0, 1):
        end = _end(sleeves[side], shoulders[side], 0.2 * torso)
        if end is not None:
            joints[1:3, side] = _arm(shoulders[side], end, torso)
    return Cut(category, Frame(joints, torso), (trunk, sleeves[0], sleeves[1]), seams)


def _armpits(
    runs: NDArray[np.intp], middle: int, top: int, bottom: int, category: Category
) -> tuple[list[int], list[int], int | None]:
    """Of each side the lowest row in which sleeve and trunk are one, and the trunk's edge there;
    and the side that was told from the other, if one was.

    Coming from below, the edge jumps outwards where a sleeve ends or parts from the trunk.
    """
    tall = bottom - top
    first, last = top + int(0.12 * tall), top + int((0.75 if category == "tops" else 0.6) * tall)
    half = (
        runs[last : max(bottom, last + 1), 1] - runs[last : max(bottom, last + 1), 0]
    ).mean() / 2
    found: list[tuple[int, int] | None] = [None, None]
    for side, sign in ((0, -1), (1, 1)):
        for y in range(last, first, -1):
            up = max(y - 3, top)
            if sign * (runs[up, side] - runs[y, side]) > max(0.12 * half, 3):
                found[side] = (up, int(runs[y, side]))
                break
    if found[0] is None and found[1] is None:  # no sleeves, or sleeves that lie against the trunk
        y = top + int((0.2 if category == "dresses" else 0.33) * tall)
        return [y, y], [int(runs[y, 0]), int(runs[y, 1])], None
    guessed = None
    for side in (0, 1):
        mine, other = found[side], found[1 - side]
        if other is not None and (mine is None or mine[0] > other[0] + 0.15 * tall):
            found[side], guessed = (other[0], 2 * middle - other[1]), side
    both = [f for f in found if f is not None]
    return [f[0] for f in both], [f[1] for f in both], guessed


def _mirrored(runs: NDArray[np.intp], side: int, middle: int, low: int) -> NDArray[np.intp]:
    """The runs with one side's edge below its armpit no further out than the other side's."""
    out = runs.copy()
    far = 2 * middle - runs[low:, 1 - side]
    held = np.maximum(runs[low:, 0], far) if side == 0 else np.minimum(runs[low:, 1], far)
    out[low:, side] = np.where(runs[low:, 0] >= 0, held, -1)
    return out


def _skirt(mask: MaskArray) -> Cut | None:
    rows = np.flatnonzero(mask.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    cols = np.flatnonzero(mask[top : top + max((bottom - top) // 12, 2)].any(axis=0))
    wide = mask.sum(axis=1)[top : bottom + 1]
    span = max(float(np.percentile(wide[: max(len(wide) // 8, 2)], 60)), 8.0)
    torso = span / (2 * HALF_WAIST)
    middle = (cols[0] + cols[-1] + 1) / 2
    joints = _below(middle, top, torso)
    empty = np.zeros_like(mask)
    return Cut("skirts", Frame(joints, torso), (mask, empty, empty), np.zeros((2, 2, 2)))


def _trousers(mask: MaskArray) -> Cut | None:
    rows = np.flatnonzero(mask.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    tall = bottom - top
    middle = _axis(mask, top, top + max(tall // 4, 2))
    crotch = _crotch(mask, top, bottom, middle)
    wide = np.flatnonzero(mask[max(crotch - tall // 40, top)])
    if not len(wide):
        return None
    torso = (wide[-1] - wide[0] + 1) / (2 * HALF_SEAT)
    middle = (wide[0] + wide[-1] + 1) / 2
    gap = _gap(mask, crotch, bottom, middle)
    outside = np.arange(mask.shape[1])[None]
    legs = []
    for side in (0, 1):
        leg = mask & ((outside < gap[:, None]) if side == 0 else (outside >= gap[:, None]))
        leg[:crotch] = False
        legs.append(leg)
    seat = mask & ~legs[0] & ~legs[1]
    joints = _below(middle, top, torso)
    rise = (crotch - top) / torso
    joints[3:, :, 1] += (rise - (CROTCH - WAIST)) * torso  # the hips' joints stand above the crotch
    seams = np.zeros((2, 2, 2))
    for side in (0, 1):
        end = _end(legs[side], joints[3, side], 0.3 * torso)
        if end is not None:
            joints[4:6, side] = _leg(joints[3, side], end, torso)
        edge = wide[0] if side == 0 else wide[-1] + 1
        seams[side] = np.array([[middle, crotch], [edge, crotch]], np.float64)
    joints[:3] += joints[3].mean(axis=0) - joints[0].mean(axis=0) - [0, torso]
    return Cut("bottoms", Frame(joints, torso), (seat, legs[0], legs[1]), seams)


def _crotch(mask: MaskArray, top: int, bottom: int, middle: int) -> int:
    """The row below which the legs part."""
    tall = bottom - top
    strip = mask[:, max(middle - max(tall // 12, 2), 0) : middle + max(tall // 12, 2)]
    for y in range(bottom - tall // 20, top + tall // 6, -1):
        if strip[y].all():
            return y if y < bottom - tall // 10 else top + int(0.3 * tall)
    return top + int(0.3 * tall)


def _gap(mask: MaskArray, crotch: int, bottom: int, middle: float) -> NDArray[np.float64]:
    """(h,) x between the legs, row by row."""
    out = np.full(len(mask), middle)
    x = middle
    for y in range(crotch, bottom + 1):
        row = mask[y]
        lo, hi = max(int(x) - 3, 0), min(int(x) + 4, len(row))
        empty = np.flatnonzero(~row[lo:hi])
        if len(empty):
            a = b = lo + int(empty[len(empty) // 2])
            while a > 0 and not row[a - 1]:
                a -= 1
            while b < len(row) - 1 and not row[b + 1]:
                b += 1
            if row[:a].any() and row[b + 1 :].any():
                x = (a + b + 1) / 2
        out[y] = x
    return out


def _below(middle: float, top: int, torso: float) -> NDArray[np.float64]:
    """Joints of the body whose waist is the top of a skirt or of trousers."""
    hip = top + (1 - WAIST) * torso
    shoulders = np.array(
        [[middle - 0.36 * torso, hip - torso], [middle + 0.36 * torso, hip - torso]]
    )
    return _laid_out(shoulders, torso)


def _laid_out(shoulders: NDArray[np.float64], torso: float) -> NDArray[np.float64]:
    """(6, 2, 2) joints below the shoulders: hanging arms, straight legs."""
    joints = np.zeros((6, 2, 2))
    joints[0] = shoulders
    middle = shoulders.mean(axis=0)
    for side, sign in ((0, -1), (1, 1)):
        joints[1, side] = shoulders[side] + [0, body.UPPER_ARM * torso]
        joints[2, side] = joints[1, side] + [0, body.FOREARM * torso]
        joints[3, side] = middle + np.array([sign * body.HALF_HIPS * torso, torso])
        joints[4, side] = joints[3, side] + [0, body.THIGH * torso]
        joints[5, side] = joints[4, side] + [0, body.SHIN * torso]
    return joints


def _arm(start: NDArray[np.float64], end: NDArray[np.float64], torso: float) -> NDArray[np.float64]:
    """(2, 2) elbow and wrist of an arm that lies in the sleeve ending there."""
    length = float(np.hypot(*(end - start)))
    arm = (body.UPPER_ARM + body.FOREARM) * torso
    # A long sleeve ends at the wrist, however long its wearer's arm.
    arm = length if length > LONG * arm else arm
    ahead = (end - start) / max(length, 1e-6)
    share = body.UPPER_ARM / (body.UPPER_ARM + body.FOREARM)
    return np.array([start + ahead * arm * share, start + ahead * arm])


def _leg(start: NDArray[np.float64], end: NDArray[np.float64], torso: float) -> NDArray[np.float64]:
    length = float(np.hypot(*(end - start)))
    leg = (body.THIGH + body.SHIN) * torso
    leg = length / HEM if length > LONG * leg else leg
    ahead = (end - start) / max(length, 1e-6)
    share = body.THIGH / (body.THIGH + body.SHIN)
    return np.array([start + ahead * leg * share, start + ahead * leg])


def _axis(mask: MaskArray, first: int, last: int) -> int:
    """The column down the middle."""
    weights = mask[first : last + 1].sum(axis=0)
    middle = float((np.arange(mask.shape[1]) * weights).sum()) / max(int(weights.sum()), 1)
    return round(middle)


def _central(row: NDArray[np.bool_], middle: int) -> tuple[int, int]:
    """The run of a row that holds the middle, or the one nearest to it; (-1, -1) without any."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    if not len(edges):
        return -1, -1
    starts, ends = edges[::2], edges[1::2]
    off = np.maximum(starts - middle, 0) + np.maximum(middle - ends + 1, 0)
    k = int(np.argmin(off))
    return int(starts[k]), int(ends[k])


def _touching(rest: MaskArray, trunk: MaskArray, rows: tuple[float, float]) -> MaskArray:
    """The pieces of ``rest`` that meet the trunk between two rows: a sleeve, not a flared hem."""
    from scipy import ndimage

    pieces, count = ndimage.label(rest)
    if not count:
        return rest
    beside = geometry.grown(trunk, 2)
    beside[int(rows[1]) + 3 :] = False
    kept = np.unique(pieces[beside & rest])
    return np.asarray(np.isin(pieces, kept[kept > 0]), np.bool_)


def _component(mask: MaskArray, seed: MaskArray) -> MaskArray:
    from scipy import ndimage

    pieces, _ = ndimage.label(mask)
    kept = np.unique(pieces[seed & mask])
    return np.asarray(np.isin(pieces, kept[kept > 0]), np.bool_)


def _end(part: MaskArray, start: NDArray[np.float64], least: float) -> NDArray[np.float64] | None:
    """The middle of the far end of a sleeve or leg; None where there is hardly one."""
    ys, xs = np.nonzero(part)
    if len(xs) < 30:
        return None
    points = np.column_stack([xs, ys]) + 0.5
    off = np.hypot(*(points - start).T)
    if off.max() < least:
        return None
    far = points[off > 0.9 * off.max()]
    ahead = far.mean(axis=0) - start
    along = (points - start) @ ahead / max(float(np.hypot(*ahead)), 1e-6)
    far = points[along > np.percentile(along, 99) - 0.04 * along.max()]
    return np.asarray(far.mean(axis=0))
