"""Sleeves and trouser legs of a worn garment, restored: tubes along bones, alike left and right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wardrobe import geometry
from wardrobe.cut import CROTCH, Cut
from wardrobe.drape import ARM_AT, ARM_WIDE, LEG_AT, LEG_WIDE, LOOSE
from wardrobe.frame import Curve, Frame
from wardrobe.types import Image, MaskArray

Numbers = NDArray[np.floating]
STOP = 0.06  # torsos or bones between places where a part's width is asked
LONG_LEG = 1.88  # bones; where trousers end that the frame cuts off
UNLIKE = 0.3  # bones by which sleeves may differ in length: more is hidden
SLEEVE = 0.3  # bones; what ends above is a strap or an armhole
BELOW = 1.02  # torsos below the shoulders: cloth beside an arm there is a skirt's as well
BARE_STOPS = 3  # one after the other at which an arm is seen bare
CUFF = 0.25  # bones that a sleeve may go on beyond where its end was told
POINTS = 0.35  # torsos; an upper arm that is seen shorter points at us
SHOWN = 0.45  # share of its sleeve that an arm must show; else the sleeve is laid out anew
HANGS = 0.35  # of an arm laid out: how far outwards, of its length


def sleeve_ends(parted: Cut, hidden: MaskArray, bare: MaskArray) -> tuple[float, float]:
    """How far down the arm each sleeve goes, bones. An arm that is seen bare says it for both."""
    either = parted.parts[0] | parted.parts[1] | parted.parts[2]
    frame = parted.frame
    arms = (frame.arm(0), frame.arm(1))
    along, _ = frame.trunk.everywhere(either.shape)
    sleeve = either & ((along < BELOW) | (parted.category == "tops"))  # beside a skirt hangs a hand
    ends = [_end(arm, sleeve, hidden | (either & ~sleeve), bare) for arm in arms]
    for arm, end in zip(arms, ends, strict=True):
        stops = np.arange(max(end, 0.1), max(end, 0.1) + UNLIKE, STOP)
        far = np.diff(arm.place(np.array([0.0, 1.0]), np.zeros(2)), axis=0)[0]
        if np.hypot(*far) < POINTS * frame.torso:  # towards us: a hand before the shoulder
            continue
        if end < max(ends) - UNLIKE and _across(arm, bare, stops).mean() > 0.7:
            return end, end
    return ends[0], ends[1]


def cut_short(parted: Cut, end: float) -> Cut:
    """Cloth beside the arms beyond the end of the sleeves (bones) is a skirt's, and goes with the trunk."""
    trunk, *limbs = parted.parts
    for side in (0, 1):
        t, _ = parted.frame.arm(side).everywhere(trunk.shape)
        skirt = limbs[side] & (t > end + CUFF)
        trunk, limbs[side] = trunk | skirt, limbs[side] & ~skirt
    return replace(parted, parts=(trunk, limbs[0], limbs[1]))


def sleeves(parted: Cut, trunk: MaskArray, ends: tuple[float, float],
             hidden: MaskArray) -> tuple[tuple[MaskArray, MaskArray], Frame, MaskArray]:  # fmt: skip
    """Both sleeves as long as the longer one; one that is hidden or folded hangs beside the trunk.

    Returns:
        The sleeves, the frame with arms in them, and what was seen of sleeves that were laid out anew.
    """
    frame, size = parted.frame, trunk.shape
    stops = np.arange(-0.3, 2.3, STOP)
    body = np.interp(stops, ARM_AT, ARM_WIDE) + LOOSE
    seen = [_seen_on(frame.arm(k), parted.parts[1 + k]) for k in (0, 1)]
    end = max(ends)
    if end < SLEEVE:
        return (parted.parts[1], parted.parts[2]), frame, np.zeros(size, np.bool_)
    better = int(
        np.argmax([len(t) * (e > end - UNLIKE) for (t, _), e in zip(seen, ends, strict=True)])
    )
    half = profile(*seen[better], stops, body)
    joints = frame.joints.copy()
    anew = np.zeros(size, np.bool_)
    straight = [_straight(frame, k, end) for k in (0, 1)]
    limbs = []
    for side, sign in ((0, -1), (1, 1)):
        curve = frame.arm(side)
        drawn = _sleeve(curve, size, end, stops, half)
        shown = (drawn & parted.parts[1 + side]).sum() / max(int(drawn.sum()), 1)
        spoilt = straight[better] and side != better and not straight[side]
        if shown >= SHOWN and ends[side] > end - UNLIKE and not spoilt:
            limbs.append(parted.parts[1 + side] | (drawn & hidden))
            continue
        along, across = frame.trunk.everywhere(size)
        free = sign * across > frame.half_span - 0.05 - 0.05 * np.clip(along, -0.3, 0.6)
        if spoilt or (drawn & ~free).sum() > 0.3 * drawn.sum():  # laid out beside the trunk
            for k, bone in ((1, 0.56), (2, 0.5)):
                ahead = np.array([sign * HANGS, 1.0])
                joints[k, side] = (
                    joints[k - 1, side] + ahead / np.hypot(*ahead) * bone * frame.torso
                )
            curve = replace(frame, joints=joints).arm(side)
            drawn = _sleeve(curve, size, end, stops, half)
            anew |= parted.parts[1 + side]
            limbs.append(drawn & free)
        else:
            limbs.append((drawn & free) | parted.parts[1 + side])
    return (limbs[0], limbs[1]), replace(frame, joints=joints), anew


def legs(parted: Cut, beyond: MaskArray) -> tuple[MaskArray, MaskArray]:
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
    along, across = frame.trunk.everywhere(size)
    seat = np.abs(across[parted.parts[0] & (along > 1.0)])
    widest = float(np.percentile(seat, 97)) if len(seat) > 60 else 0.33
    room = np.interp(along, (CROTCH, 1.6), (widest + 0.03, max(widest, 0.45) + 0.05))
    limbs = []
    for side, sign in ((0, -1), (1, 1)):
        curve = frame.leg(side)
        t, r = seen[side] if len(seen[side][0]) > 60 else seen[1 - side]
        half = profile(t, r, stops, body) if len(t) > 60 else body
        half = np.minimum(half, 1.5 * body)
        drawn = _limb(curve, curve.window((size[0], size[1]), 0.3), size, (0.0, end), stops, half)
        mine = (along > CROTCH) & (sign * across > 0) & (np.abs(across) < room)
        limbs.append((drawn & mine) | parted.parts[1 + side])
    return limbs[0], limbs[1]


def by_symmetry(image: Image, seen: MaskArray, parts: tuple[MaskArray, MaskArray, MaskArray],
                 frame: Frame) -> tuple[Image, MaskArray]:  # fmt: skip
    """What of a sleeve isn't seen, from the same place of the other one; and what is known then."""
    out, known = image.copy(), seen.copy()
    sure = geometry.worn_down(seen, 2)
    for side in (0, 1):
        ys, xs = np.nonzero(parts[1 + side] & ~seen)
        if not len(xs):
            continue
        t, r = frame.arm(side).locate(np.column_stack([xs, ys]) + 0.5)
        places = frame.arm(1 - side).place(t, -r)
        ok = geometry.at(sure & parts[2 - side], places)
        x, y = places.astype(int).T
        out[ys[ok], xs[ok]] = image[y[ok], x[ok]]
        known[ys[ok], xs[ok]] = True
    return out, known


def profile(along: Numbers, across: Numbers, stops: Numbers, least: Numbers) -> Numbers:
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


def _sleeve(
    curve: Curve, size: tuple[int, ...], end: float, stops: Numbers, half: Numbers
) -> MaskArray:
    """A sleeve's outline, round at the shoulder."""
    window = curve.window((size[0], size[1]), 0.3)
    out = _limb(curve, window, size, (0.0, end), stops, half)
    t, r = curve.field(window)
    bone = (
        np.hypot(*np.diff(curve.place(np.array([0.0, 1.0]), np.zeros(2)), axis=0)[0]) / curve.torso
    )
    out[window] |= (t < 0.05) & (np.hypot(r, t * bone) <= np.interp(0.0, stops, half))
    return out


def _seen_on(curve: Curve, part: MaskArray) -> tuple[Numbers, Numbers]:
    ys, xs = np.nonzero(part)
    step = max(len(xs) // 4000, 1)
    return curve.locate(np.column_stack([xs, ys])[::step] + 0.5)


def _straight(frame: Frame, side: int, end: float) -> bool:
    """Whether a sleeve that ends there is seen at its length: its arm is neither folded nor points at us."""
    upper, fore = np.diff(frame.joints[:3, side], axis=0)
    if np.hypot(*upper) < POINTS * frame.torso:
        return False
    return bool(end < 1.1 or (np.hypot(*fore) > 0.7 * POINTS * frame.torso and upper @ fore > 0))


def _across(curve: Curve, mask: MaskArray, stops: Numbers) -> NDArray[np.bool_]:
    """(n,) whether a mask has width at places along a limb's bones."""
    across = np.array([-0.045, 0.0, 0.045])
    hit = geometry.at(mask, curve.place(np.repeat(stops, 3), np.tile(across, len(stops))))
    return np.asarray(hit.reshape(-1, 3).sum(axis=1) >= 2, np.bool_)


def _end(curve: Curve, mask: MaskArray, hidden: MaskArray, bare: MaskArray) -> float:
    """How far down a limb a mask goes on along its bones.

    Where more of the way is cloth than is seen not to be: a strap on the shoulder and a trunk behind
    the forearm are no sleeve, and what something hides counts for neither. Nor does a sleeve go on below
    a bare elbow.
    """
    stops = np.arange(0.1, 2.2, STOP)
    cloth = _across(curve, mask, stops)
    worth = np.where(cloth, 1.0, np.where(_across(curve, hidden & ~mask, stops), 0.0, -1.0))
    skin = _across(curve, bare, stops)
    shown = np.convolve(skin, np.ones(BARE_STOPS), "valid") >= BARE_STOPS
    if shown.any():
        worth[int(np.argmax(shown)) :] = -1.0
        cloth[int(np.argmax(shown)) :] = False
    total = worth.cumsum()
    if total.max() <= 1:
        return 0.0
    best = np.flatnonzero(cloth & (total >= total.max()))
    return float(stops[best[-1]] + STOP / 2) if len(best) else 0.0
