"""A worn garment's hidden parts in its own picture, before it is put on anybody else.

What a bag, an arm, a scarf or the frame hides of a garment is cloth all the same: bent as it is seen,
the garment would come with holes. Garments are alike left and right, and have no holes between collar
and hem; so each part (trunk, sleeves, legs) is as wide as its wider side, goes on to where it ends,
and its missing cloth is continued from what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wardrobe import cut, fill, geometry, tidy, weave
from wardrobe.cut import CROTCH, SLEEVED, WAIST, Cut
from wardrobe.drape import ARM_AT, ARM_WIDE, LEG_AT, LEG_WIDE, LOOSE, TRUNK_AT, TRUNK_WIDE
from wardrobe.frame import Curve, Frame
from wardrobe.labels import Category
from wardrobe.types import Image, MaskArray

Numbers = NDArray[np.floating]
STOP = 0.06  # torsos or bones between places where a part's width is asked
HEM = 1.1  # torsos below the shoulders where a top ends whose hem isn't shown
BELOW_HEM = 0.4  # torsos below a hem within which other clothes show that it is one
LONG_LEG = 1.88  # bones; where trousers end that the frame cuts off
KNEE = 1.75  # torsos below the shoulders where a skirt ends that the frame cuts off
NECK = 0.17  # half the width of a neck and its collar, torsos
UNLIKE = 0.3  # bones by which sleeves may differ in length: more is hidden
SLEEVE = 0.3  # bones; what ends above is a strap or an armhole
POINTS = 0.35  # torsos; an upper arm that is seen shorter points at us
SHOWN = 0.45  # share of its sleeve that an arm must show; else the sleeve is laid out anew
EVEN = 0.012  # torsos; what is finer at an edge is no cut of cloth
HANGS = 0.35  # of an arm laid out: how far outwards, of its length


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A garment with its hidden parts.

    Attributes:
        image: (h, w, 3) uint8, larger than the picture it came from where the frame cut it.
        cut: its parts there.
        made: (h, w) bool, pixels that no picture showed.
    """

    image: Image
    cut: Cut
    made: MaskArray


def whole(image: Image, mask: MaskArray, category: Category, frame: Frame,
          others: MaskArray | None = None, skin: MaskArray | None = None) -> Whole:  # fmt: skip
    """A worn garment as it would be if nothing hid it.

    Args:
        mask: (h, w) bool, its visible pixels.
        others: (h, w) bool, everything else its wearer wears, as far as known.
        skin: (h, w) bool, its wearer's bare skin, as far as known: an arm that is seen bare has no sleeve.
    """
    mask = tidy.without_crumbs(mask)
    torso = frame.torso
    pad = int(0.7 * torso)
    below = pad + (int(2 * torso) if mask[-2:].any() and category != "tops" else 0)
    room = ((pad, below), (pad, pad))
    seen = np.pad(mask, room)
    worn = np.pad(others, room) if others is not None else np.zeros_like(seen)
    beyond = np.pad(np.zeros_like(mask), room, constant_values=True)
    bare = np.pad(skin & ~mask, room) if skin is not None else np.zeros_like(seen)
    frame = replace(frame, joints=frame.joints + pad)
    box = geometry.box_of(seen)
    if box is None or mask.sum() < 100:
        return Whole(image, cut.worn(mask, category, replace(frame, joints=frame.joints - pad)),
                     np.zeros_like(mask))  # fmt: skip
    parted = cut.worn(seen, category, frame)
    ends = _sleeve_ends(parted, worn | beyond, bare) if category in SLEEVED else None
    if (
        ends is not None and max(ends) < SLEEVE
    ):  # straps, and cloth beside an arm: all of it is trunk
        none = np.zeros_like(seen)
        parted = replace(parted, parts=(seen, none, none))
    trunk = _trunk(parted, worn, beyond)
    if ends is not None:
        trunk &= seen | ~_decollete(frame, bare)
        limbs, frame = _sleeves(parted, trunk, ends, worn | beyond | bare)
    elif category == "bottoms":
        limbs = _legs(parted, beyond)
    else:
        limbs = (parted.parts[1], parted.parts[2])
    if category in SLEEVED:
        trunk = _joined(trunk, limbs, frame)
    parts = (trunk & ~limbs[0] & ~limbs[1], limbs[0] & ~(parted.parts[0] | parted.parts[2]),
             limbs[1] & ~(parted.parts[0] | parted.parts[1]))  # fmt: skip
    parts = tidy.smoothed((parts[0], parts[1], parts[2]), category, EVEN * torso)
    outline = parts[0] | parts[1] | parts[2]
    wide = np.pad(image, (*room, (0, 0)), mode="edge")
    made = outline & ~seen
    if made.any():
        wide = _continued(wide, seen, outline)
    box = geometry.box_of(outline) or box
    y, x = (slice(max(int(box[k]) - 8, 0), int(box[k + 2]) + 8) for k in (1, 0))
    shift = np.array([x.start, y.start], np.float64)
    small = replace(frame, joints=frame.joints - shift)
    cropped = tuple(np.ascontiguousarray(p[y, x]) for p in parts)
    return Whole(
        np.ascontiguousarray(wide[y, x]),
        Cut(category, small, (cropped[0], cropped[1], cropped[2]), parted.seams - shift),
        np.ascontiguousarray(made[y, x]),
    )


def _continued(image: Image, seen: MaskArray, outline: MaskArray) -> Image:
    """The picture with the cloth of the outline continued, broad colours and pattern, and its grain."""
    from scipy.ndimage import binary_erosion

    inner = binary_erosion(seen, iterations=2)
    inner = inner if inner.sum() > 0.4 * seen.sum() else seen
    missing = outline & ~seen
    cloth = weave.continued(image, inner, outline)
    grain = image.astype(np.float32) - fill.pulled(image.astype(np.float32), inner)
    made = cloth + 0.7 * fill.mirrored(grain * inner[..., None], inner)
    out = image.copy()
    out[missing] = np.clip(made[missing], 0, 255).round()
    return out


def _trunk(parted: Cut, worn: MaskArray, beyond: MaskArray) -> MaskArray:
    """The trunk (or seat, or skirt) without holes."""
    frame, category, part = parted.frame, parted.category, parted.parts[0]
    size = part.shape
    near = (slice(0, size[0]), slice(0, size[1]))
    along, across = frame.trunk.field(near)
    rows = along[part]
    if not len(rows):
        return part
    top, hem = float(np.percentile(rows, 2)), float(np.percentile(rows, 98))
    if category in SLEEVED:
        start = 0.06
    else:
        start = min(top, WAIST)
    hem = _hem(category, hem, along, across, part, worn, beyond)
    stops = np.arange(-0.4, 3.6, STOP)
    least = (np.interp(stops, TRUNK_AT, TRUNK_WIDE) + LOOSE) * max(frame.turn, 0.6)
    if category in ("bottoms",):
        hem = CROTCH
    half = _profile(
        along[part], across[part], stops, least if category != "skirts" else least * 1.1
    )
    inside = (along >= start) & (along <= hem) & (np.abs(across) <= np.interp(along, stops, half))
    if category in SLEEVED:
        inside &= ~_neck(part, along, across, worn)
        inside &= ~((np.abs(across) > NECK) & (along < 0.06 + 0.22 * (np.abs(across) - NECK)))
    if category == "outerwear":  # an open front is none of it
        inside &= ~((np.abs(across) < 0.16) & ~_between(part))
    return np.asarray(part | inside, np.bool_)


def _hem(category: Category, hem: float, along: Numbers, across: Numbers, part: MaskArray,
         worn: MaskArray, beyond: MaskArray) -> float:  # fmt: skip
    """Where the trunk ends: where it is seen to, unless something hides its hem."""
    strip = (along > hem) & (along < hem + BELOW_HEM) & (np.abs(across) < 0.25)
    ends = (worn & strip).sum() > 0.12 * max(int(strip.sum()), 1)
    cut_off = (beyond & strip).sum() > 0.5 * max(int(strip.sum()), 1)
    if category in ("tops", "outerwear"):
        return max(hem, HEM) if not ends or cut_off else hem
    return max(hem, KNEE) if cut_off else hem


def _neck(part: MaskArray, along: Numbers, across: Numbers, worn: MaskArray) -> MaskArray:
    """Where a neck comes out of the garment: above the highest cloth in its middle."""
    middle = (np.abs(across) < 0.06) & (along > -0.2) & (along < 0.6)
    shown, hidden = middle & part, middle & worn & ~part
    deep = 0.12
    if shown.sum() > 0.1 * max(int(middle.sum()), 1):
        deep = float(np.percentile(along[shown], 4))
        if (hidden & (along < deep)).sum() > 0.3 * max(int((middle & (along < deep)).sum()), 1):
            deep = 0.12  # a scarf, not a neckline
    deep = float(np.clip(deep, 0.02, 0.5))
    # Wide at the top, narrow below: a V.
    width = NECK * np.clip(1 - (along - 0.0) / max(deep + 0.02, 0.05), 0, 1) + 0.02
    return np.asarray((along < deep) & (np.abs(across) < width), np.bool_)


def _between(part: MaskArray) -> MaskArray:
    """Pixels with cloth on both sides near by, in their row: a strap or a hand, not an open front."""
    from scipy.ndimage import binary_closing

    k = max(part.shape[1] // 40, 3)
    return np.asarray(binary_closing(part, np.ones((1, k))), np.bool_)


def _profile(along: Numbers, across: Numbers, stops: Numbers, least: Numbers) -> Numbers:
    """Half the width at every stop: of the side that shows more, or the body's where none does."""
    out = np.full(len(stops), np.nan)
    for k, stop in enumerate(stops):
        here = across[np.abs(along - stop) < STOP]
        if len(here) > 6:
            out[k] = max(-float(np.percentile(here, 3)), float(np.percentile(here, 97)))
    known = np.isfinite(out)
    if not known.any():
        return least
    # Wider than the body by as much as where it is seen.
    ease = np.interp(stops, stops[known], np.clip(out[known] / least[known], 0.9, 1.6))
    wide = np.where(known, np.maximum(np.nan_to_num(out), 0.9 * least), least * ease)
    padded = np.pad(wide, 2, mode="edge")
    return np.convolve(padded, np.ones(5) / 5, "valid")


def _limb(curve: Curve, window: tuple[slice, slice], size: tuple[int, ...], reach: tuple[float, float],
          stops: Numbers, half: Numbers) -> MaskArray:  # fmt: skip
    out = np.zeros(size, np.bool_)
    t, r = curve.field(window)
    out[window] = (t >= reach[0]) & (t <= reach[1]) & (np.abs(r) <= np.interp(t, stops, half))
    return out


def _seen_on(curve: Curve, part: MaskArray) -> tuple[Numbers, Numbers]:
    ys, xs = np.nonzero(part)
    step = max(len(xs) // 4000, 1)
    return curve.locate(np.column_stack([xs, ys])[::step] + 0.5)


def _sleeve_ends(parted: Cut, hidden: MaskArray, bare: MaskArray) -> tuple[float, float]:
    """How far down the arm each sleeve goes, bones. An arm that is seen bare says it for both."""
    either = parted.parts[0] | parted.parts[1] | parted.parts[2]
    frame = parted.frame
    arms = (frame.arm(0), frame.arm(1))
    ends = [_end(arm, either, hidden) for arm in arms]
    for arm, end in zip(arms, ends, strict=True):
        stops = np.arange(max(end, 0.1), max(end, 0.1) + UNLIKE, STOP)
        far = np.diff(arm.place(np.array([0.0, 1.0]), np.zeros(2)), axis=0)[0]
        if np.hypot(*far) < POINTS * frame.torso:  # towards us: a hand before the shoulder
            continue
        if end < max(ends) - UNLIKE and _across(arm, bare, stops).mean() > 0.7:
            return end, end
    return ends[0], ends[1]


def _across(curve: Curve, mask: MaskArray, stops: Numbers) -> NDArray[np.bool_]:
    """(n,) whether a mask has width at places along a limb's bones."""
    across = np.array([-0.045, 0.0, 0.045])
    places = curve.place(np.repeat(stops, 3), np.tile(across, len(stops))).astype(int)
    h, w = mask.shape
    ok = (places >= 0).all(axis=1) & (places[:, 0] < w) & (places[:, 1] < h)
    hit = np.zeros(len(places), np.bool_)
    hit[ok] = mask[places[ok, 1], places[ok, 0]]
    return np.asarray(hit.reshape(-1, 3).sum(axis=1) >= 2, np.bool_)


def _end(curve: Curve, mask: MaskArray, hidden: MaskArray) -> float:
    """How far down a limb a mask goes on along its bones.

    Where more of the way is cloth than is seen not to be: a strap on the shoulder and a trunk behind
    the forearm are no sleeve, and what something hides counts for neither.
    """
    stops = np.arange(0.1, 2.2, STOP)
    cloth = _across(curve, mask, stops)
    worth = np.where(cloth, 1.0, np.where(_across(curve, hidden & ~mask, stops), 0.0, -1.0))
    total = worth.cumsum()
    if total.max() <= 1:
        return 0.0
    best = np.flatnonzero(cloth & (total >= total.max()))
    return float(stops[best[-1]] + STOP / 2) if len(best) else 0.0


def _decollete(frame: Frame, bare: MaskArray) -> MaskArray:
    """(h, w) bool: bare skin from the neck down: no cloth was hidden there."""
    from scipy.ndimage import label

    along, across = frame.trunk.field((slice(0, bare.shape[0]), slice(0, bare.shape[1])))
    chest = bare & (along < 0.6) & (np.abs(across) < max(frame.half_span, 0.25))
    pieces, count = label(chest)
    if not count:
        return chest
    kept = np.zeros(count + 1, np.bool_)
    kept[np.unique(pieces[chest & (along < 0.0)])] = True
    kept[0] = False
    return np.asarray(kept[pieces], np.bool_)


def _sleeves(parted: Cut, trunk: MaskArray, ends: tuple[float, float],
             hidden: MaskArray) -> tuple[tuple[MaskArray, MaskArray], Frame]:  # fmt: skip
    """Both sleeves as long as the longer one; one that is hidden hangs beside the trunk."""
    frame, size = parted.frame, trunk.shape
    stops = np.arange(-0.3, 2.3, STOP)
    body = np.interp(stops, ARM_AT, ARM_WIDE) + LOOSE
    seen = [_seen_on(frame.arm(k), parted.parts[1 + k]) for k in (0, 1)]
    end = max(ends)
    if end < SLEEVE:
        return (parted.parts[1], parted.parts[2]), frame
    better = int(
        np.argmax([len(t) * (e > end - UNLIKE) for (t, _), e in zip(seen, ends, strict=True)])
    )
    half = _profile(*seen[better], stops, body)
    joints = frame.joints.copy()
    limbs = []
    for side, sign in ((0, -1), (1, 1)):
        curve = frame.arm(side)
        drawn = _limb(curve, curve.window((size[0], size[1]), 0.3), size, (0.05, end), stops, half)
        shown = (drawn & parted.parts[1 + side]).sum() / max(int(drawn.sum()), 1)
        if shown >= SHOWN and ends[side] > end - UNLIKE:
            limbs.append(parted.parts[1 + side] | (drawn & hidden))
            continue
        along, across = frame.trunk.field((slice(0, size[0]), slice(0, size[1])))
        free = sign * across > frame.half_span - 0.05 - 0.05 * np.clip(along, -0.3, 0.6)
        if (drawn & ~free).sum() > 0.3 * drawn.sum():  # before the trunk: laid out beside it
            for k, bone in ((1, 0.56), (2, 0.5)):
                ahead = np.array([sign * HANGS, 1.0])
                joints[k, side] = (
                    joints[k - 1, side] + ahead / np.hypot(*ahead) * bone * frame.torso
                )
            curve = replace(frame, joints=joints).arm(side)
            drawn = _limb(
                curve, curve.window((size[0], size[1]), 0.3), size, (0.05, end), stops, half
            )
            limbs.append(drawn & free)
        else:
            limbs.append((drawn & free) | parted.parts[1 + side])
    return (limbs[0], limbs[1]), replace(frame, joints=joints)


def _joined(trunk: MaskArray, limbs: tuple[MaskArray, MaskArray], frame: Frame) -> MaskArray:
    """The trunk with the gaps closed between it and the sleeves at the shoulder."""
    from scipy.ndimage import distance_transform_edt

    either = trunk | limbs[0] | limbs[1]
    radius = 0.05 * frame.torso
    grown = distance_transform_edt(~either) <= radius
    closed = distance_transform_edt(grown) > radius
    along, across = frame.trunk.field((slice(0, trunk.shape[0]), slice(0, trunk.shape[1])))
    shoulder = (along > 0) & (along < 1.0) & (np.abs(across) > 0.2)
    return np.asarray(trunk | (closed & shoulder & ~limbs[0] & ~limbs[1]), np.bool_)


def _legs(parted: Cut, beyond: MaskArray) -> tuple[MaskArray, MaskArray]:
    """Both legs as long as the longer one, as wide as the wider."""
    frame, size = parted.frame, beyond.shape
    stops = np.arange(-0.3, 2.4, STOP)
    body = np.interp(stops, LEG_AT, LEG_WIDE) + LOOSE
    seen = [_seen_on(frame.leg(k), parted.parts[1 + k]) for k in (0, 1)]
    ends = [float(np.percentile(t, 98)) if len(t) > 30 else 0.0 for t, _ in seen]
    end = max(ends)
    inside = np.flatnonzero(~beyond.all(axis=1))
    last = int(inside[-1])
    either = parted.parts[0] | parted.parts[1] | parted.parts[2]
    if either[last - 1 : last + 1].any():
        end = LONG_LEG
    if end < 0.3:
        return parted.parts[1], parted.parts[2]
    along, across = frame.trunk.field((slice(0, size[0]), slice(0, size[1])))
    seat = np.abs(across[parted.parts[0] & (along > 1.0)])
    widest = float(np.percentile(seat, 97)) if len(seat) > 60 else 0.33
    room = np.interp(along, (CROTCH, 1.6), (widest + 0.03, max(widest, 0.45) + 0.05))
    limbs = []
    for side, sign in ((0, -1), (1, 1)):
        curve = frame.leg(side)
        t, r = seen[side] if len(seen[side][0]) > 60 else seen[1 - side]
        half = _profile(t, r, stops, body) if len(t) > 60 else body
        half = np.minimum(half, 1.5 * body)
        drawn = _limb(curve, curve.window((size[0], size[1]), 0.3), size, (0.0, end), stops, half)
        mine = (along > CROTCH) & (sign * across > 0) & (np.abs(across) < room)
        limbs.append((drawn & mine) | parted.parts[1 + side])
    return limbs[0], limbs[1]
