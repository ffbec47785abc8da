"""What of a canvas is the garment, its hidden parts included: the outline a thumbnail is completed to.

A network says how far the garment reaches; here it is held to what the photo itself says. A garment can
only be hidden where something hides it: another garment, an arm, the wearer's own body, the frame. Where
its back would show once nobody wears it, in a neckline or between the halves of an open jacket, is told
apart: that is the inside of the cloth. Pure NumPy and SciPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry, mending
from wardrobe.canvas import Placed
from wardrobe.labels import Category
from wardrobe.registration import LOWER, UPPER, Body
from wardrobe.types import MaskArray

#: Bites and gaps that are somebody's arm or strap, not the garment's shape: shares of its side.
CLOSE: Mapping[Category, float] = {
    "tops": 0.05, "outerwear": 0.03, "dresses": 0.04, "skirts": 0.04, "bottoms": 0.015, "legwear": 0.015,
}  # fmt: skip
ARM = 0.10  # torsos: half width of an arm that hides cloth, its sleeve included
HAND = 0.45  # of the forearm's length beyond the wrist
#: Half widths of a trunk that hides the back of what it wears, torsos below the shoulders; farther down
#: no arm leaves a gap that an outline could fill by mistake.
TRUNK_AT, TRUNK_WIDE = (
    (-0.45, -0.1, 0.0, 0.3, 0.7, 1.1, 1.2),
    (0.18, 0.2, 0.3, 0.28, 0.22, 0.26, 9.0),
)
NECK = 0.55  # torsos below the shoulders down to which a neckline may reach
#: Torsos above the hips of a waistband: half of 88 rendered trousers and skirts end between 0.20 and 0.27.
WAIST = 0.25
STANDING = 0.8  # cosine between trunk and thighs


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A garment on a canvas; arrays are (side, side) bool.

    Attributes:
        whole: the garment with its hidden parts.
        inner: what of it would show its inside, were nobody in it.
    """

    whole: MaskArray
    inner: MaskArray


def of(category: Category, here: Placed) -> Contour:
    """How far a garment goes on, as far as its own photo tells."""
    size = (here.mask.shape[0], here.mask.shape[1])
    outline, inner = here.mask, np.zeros(size, np.bool_)
    if share := CLOSE.get(category, 0.0):
        outline = mending.closed(outline, share)
    told = here.outline & ~outline
    if category in UPPER:  # a hem that shows is a hem: no shape on a pose moves it
        told = mending.within(told, _about(here.mask))
        if here.body is not None and here.body.ok[[*body.SHOULDERS]].all():
            before = here.over | ~here.inside | _arms(here.body, size)
            trunk, neck = _trunk(here.body, size)
            told &= before | trunk
            outline = here.mask | (outline & (before | trunk))
            if here.body.across > 0:  # from behind, hair hides the outside
                inner = trunk & (neck | here.under) & ~before
    elif category in LOWER:
        told = told if category == "legwear" else _waisted(told, here)
    else:  # small things are hidden by clothes, or not at all
        told &= here.over | ~here.inside
    whole = mending.joined(outline, mending.worthwhile(told, outline))
    return Contour(whole, inner & whole & ~here.mask)


def _about(mask: MaskArray) -> MaskArray:
    """The box of a mask, a little larger."""
    size = (mask.shape[0], mask.shape[1])
    x0, y0, x1, y1 = geometry.grow(geometry.box_of(mask) or (0, 0, 0, 0), 0.06, size)
    out = np.zeros(size, np.bool_)
    out[y0:y1, x0:x1] = True
    return out


def _arms(wearer: Body, size: tuple[int, int]) -> MaskArray:
    out, at, radius = np.zeros(size, np.bool_), wearer.joints, ARM * wearer.torso
    for shoulder, elbow, wrist in zip(body.SHOULDERS, body.ELBOWS, body.WRISTS, strict=True):
        hand = at[wrist] + HAND * (at[wrist] - at[elbow])
        for a, b in ((at[shoulder], at[elbow]), (at[elbow], hand)):
            out |= geometry.capsule_mask(a, b, radius, size)
    return out


def _trunk(wearer: Body, size: tuple[int, int]) -> tuple[MaskArray, MaskArray]:
    """Where neck and trunk are, and of it where a neckline may be."""
    along, across = _axes(wearer, size)
    down = -along + 1.0  # below the shoulders
    trunk = np.abs(across) < np.interp(down, TRUNK_AT, TRUNK_WIDE, left=0, right=0)
    return np.asarray(trunk, np.bool_), np.asarray(trunk & (down < NECK), np.bool_)


def _axes(wearer: Body, size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of every pixel, how far it lies above the hips and aside from the trunk's middle, torsos."""
    hips, up = _up(wearer)
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    x, y = (x - hips[0]) / wearer.torso, (y - hips[1]) / wearer.torso
    return x * up[0] + y * up[1], x * -up[1] + y * up[0]


def _up(wearer: Body) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle of the hips, and the direction from there to the shoulders."""
    hips = wearer.joints[[*body.HIPS]].mean(axis=0)
    up = wearer.joints[[*body.SHOULDERS]].mean(axis=0) - hips
    return hips, up / max(float(np.hypot(*up)), 1e-6)


def _waisted(told: MaskArray, here: Placed) -> MaskArray:
    """Of somebody who stands, what a shirt hides of trousers or a skirt ends in a waistband: straight, a
    hand above the hips, and about as wide as what shows below it."""
    wearer = here.body
    if wearer is None or not wearer.ok[[*body.HIPS]].all():
        return _no_wider(told, here.mask)
    hips, up = _up(wearer)
    thighs = wearer.joints[[*body.KNEES]].mean(axis=0) - hips
    if -float(thighs @ up) < STANDING * float(np.hypot(*thighs)):
        return told
    along, across = _axes(wearer, (told.shape[0], told.shape[1]))
    top = float(np.percentile(along[here.mask], 98)) if here.mask.any() else WAIST
    above = told & (along > top)
    if not above.any() or top > WAIST:
        return told & (along <= max(WAIST, top))
    band = here.mask & (along > top - 0.1)
    left, right = np.percentile(across[band], (1, 99))
    high = min(WAIST, float(np.percentile(along[above], 98)))
    # From there up a body narrows a little to its waist.
    narrow = 1 - 0.25 * np.clip(along - top, 0, None)
    belt = (along > top - 0.04) & (along <= high)
    belt &= (across > left * narrow) & (across < right * narrow) & ~here.under
    return np.asarray((told & (along <= high)) | (belt & ~here.mask), np.bool_)


def _no_wider(told: MaskArray, mask: MaskArray) -> MaskArray:
    """Without a pose to go by: what lies above a garment is no wider than its upper end."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return told
    top, high = int(rows[0]), int(np.ptp(rows)) + 1
    cols = np.flatnonzero(mask[top : top + high // 10 + 1].any(axis=0))
    out = told.copy()
    out[:top, : cols[0]] = out[:top, cols[-1] + 1 :] = False
    return out
