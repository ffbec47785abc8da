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

from wardrobe import cut, fill, geometry, tidy, tubes, weave
from wardrobe.cut import CROTCH, SLEEVED, WAIST, Cut
from wardrobe.drape import LOOSE, TRUNK_AT, TRUNK_WIDE
from wardrobe.frame import Frame
from wardrobe.labels import Category
from wardrobe.types import Image, MaskArray

Numbers = NDArray[np.floating]
HEM = 1.1  # torsos below the shoulders where a top ends whose hem isn't shown
BELOW_HEM = 0.4  # torsos below a hem within which other clothes show that it is one
KNEE = 1.75  # torsos below the shoulders where a skirt ends that the frame cuts off
STRAP = 0.3  # torsos; the widest strap of a bag, along a row
NECK = 0.17  # half the width of a neck and its collar, torsos
EVEN = 0.012  # torsos; what is finer at an edge is no cut of cloth


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

    @property
    def made_up(self) -> float:
        """Share of the garment that no picture showed."""
        whole = self.cut.parts[0] | self.cut.parts[1] | self.cut.parts[2]
        return float((self.made & whole).sum()) / max(int(whole.sum()), 1)


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
    around = geometry.window(seen, 8)
    if around is None or mask.sum() < 100:
        return Whole(image, cut.worn(mask, category, replace(frame, joints=frame.joints - pad)),
                     np.zeros_like(mask))  # fmt: skip
    parted = cut.worn(seen, category, frame)
    ends = tubes.sleeve_ends(parted, worn | beyond, bare) if category in SLEEVED else None
    if ends is not None and max(ends) < tubes.SLEEVE:
        # Straps, and cloth beside an arm: all of it is trunk.
        none = np.zeros_like(seen)
        parted = replace(parted, parts=(seen, none, none))
    elif ends is not None:
        parted = tubes.cut_short(parted, max(ends))
    trunk = _trunk(parted, worn, beyond)
    if ends is not None:
        trunk &= seen | ~_decollete(frame, bare)
        limbs, frame, anew = tubes.sleeves(parted, trunk, ends, worn | beyond | bare)
        seen = seen & ~anew
    elif category == "bottoms":
        limbs = tubes.legs(parted, beyond)
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
        if category in SLEEVED:
            wide, seen = tubes.by_symmetry(wide, seen, parts, frame)
        wide = _continued(wide, seen, outline)
    y, x = geometry.window(outline, 8) or around
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
    inner = geometry.worn_down(seen, 2)
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
    along, across = frame.trunk.everywhere(size)
    rows = along[part]
    if not len(rows):
        return part
    top, hem = float(np.percentile(rows, 2)), float(np.percentile(rows, 98))
    start = 0.06 if category in SLEEVED else min(top, WAIST)
    hem = _hem(category, hem, along, across, part, worn, beyond)
    stops = np.arange(-0.4, 3.6, tubes.STOP)
    least = (np.interp(stops, TRUNK_AT, TRUNK_WIDE) + LOOSE) * max(frame.turn, 0.6)
    if category == "bottoms":
        hem = CROTCH
    half = tubes.profile(
        along[part], across[part], stops, least if category != "skirts" else least * 1.1
    )
    inside = (along >= start) & (along <= hem) & (np.abs(across) <= np.interp(along, stops, half))
    if category in SLEEVED:
        inside &= ~_neck(part, along, across, worn)
        inside &= ~((np.abs(across) > NECK) & (along < 0.06 + 0.22 * (np.abs(across) - NECK)))
        # On the shoulders: under a scarf, but for the neck, and under a strap with cloth on both sides.
        above = worn & _within(part, size[1]) & (along > top) & (along < start)
        inside |= above & ~_vee(along - top, across, 0.12 - top)
        inside |= above & _within(part, round(STRAP * frame.torso))
    if category == "outerwear":  # an open front is none of it
        inside &= ~((np.abs(across) < 0.16) & ~_within(part, max(size[1] // 40, 3)))
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
    # A bag's strap that crosses the opening hides as much cloth as it does elsewhere.
    return np.asarray(_vee(along, across, deep) & (~worn | _vee(along, across, 0.12)), np.bool_)


def _vee(along: Numbers, across: Numbers, deep: float) -> MaskArray:
    """An opening that is wide at the top and narrow below."""
    width = NECK * np.clip(1 - along / max(deep + 0.02, 0.05), 0, 1) + 0.02
    return np.asarray((along < deep) & (np.abs(across) < width), np.bool_)


def _within(part: MaskArray, far: int) -> MaskArray:
    """(h, w) bool: pixels with cloth on both sides in their row, at most ``far`` px from each other."""
    from scipy.ndimage import binary_closing

    if far < part.shape[1]:
        return np.asarray(binary_closing(part, np.ones((1, far))), np.bool_)
    return geometry.between(part)


def _decollete(frame: Frame, bare: MaskArray) -> MaskArray:
    """(h, w) bool: bare skin from the neck down: no cloth was hidden there."""
    from scipy.ndimage import label

    along, across = frame.trunk.everywhere(bare.shape)
    chest = bare & (along < 0.6) & (np.abs(across) < max(frame.half_span, 0.25))
    pieces, count = label(chest)
    if not count:
        return chest
    kept = np.zeros(count + 1, np.bool_)
    kept[np.unique(pieces[chest & (along < 0.0)])] = True
    kept[0] = False
    return np.asarray(kept[pieces], np.bool_)


def _joined(trunk: MaskArray, limbs: tuple[MaskArray, MaskArray], frame: Frame) -> MaskArray:
    """The trunk with the gaps closed between it and the sleeves at the shoulder."""
    closed = geometry.shut(trunk | limbs[0] | limbs[1], 0.05 * frame.torso)
    along, across = frame.trunk.everywhere(trunk.shape)
    shoulder = (along > 0) & (along < 1.0) & (np.abs(across) > 0.2)
    return np.asarray(trunk | (closed & shoulder & ~limbs[0] & ~limbs[1]), np.bool_)
