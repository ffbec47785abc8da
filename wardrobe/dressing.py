"""One garment put on one person, in pixels: what goes, what comes, what stays in front.

From the back to the front: what was behind the clothes that go (scene, skin, other clothes); the
new garment's trunk; bare arms; its sleeves; hands, face, hair, bags and whatever is worn over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import bared, color, drape, fill, geometry
from wardrobe.bare import Bare
from wardrobe.cut import CROTCH, SLEEVED, Cut
from wardrobe.drape import ARM_AT, ARM_WIDE, LEG_AT, LEG_WIDE, Draped
from wardrobe.frame import Frame
from wardrobe.labels import CATEGORIES, Category
from wardrobe.relight import UNKNOWN, Light
from wardrobe.types import Image, MaskArray

Floats = NDArray[np.float32]
RIM = 0.02  # torsos around what goes that are made anew: masks end a little inside cloth
OVERLAP = 0.06  # torsos by which a top hangs over a waistband
HEAD = 0.4  # torsos round the nose in which hair must begin
CRUMB = 0.003  # square torsos: less skin than this is no hand
SHARED = 0.2  # of a garment's mask in another's from which both are one
EDGE, ALIKE = 0.07, 12.0  # torsos and Lab units within which cloth at an edge is the same cloth
COAT = 0.15  # square torsos from which outerwear hides the sleeves of what is under it
SCRAP = 0.01  # the same of what is worn over it: a strap's end left by the segmenter
GLIMPSE = 0.03  # the same of the garment itself, seen through gaps in what is worn over it
HIGHEST_WAIST = 0.6  # torsos below the shoulders
COVERS = 0.01  # square torsos of clothes from which they are known to be under a coat
SHINS = 0.03  # square torsos of lower legs from which they say what the upper are like
BELOW_NECK, LINING = 0.05, 0.35  # torsos; of a coat's brightness
KNUCKLES = 2.2  # bones down an arm
CHIN = 0.17  # torsos below the nose


@dataclass(frozen=True, slots=True, eq=False)
class Wearer:
    """A person in a photo, and what they wear.

    Attributes:
        image: (h, w, 3) uint8.
        head: (5, 2) px: nose, eyes, ears.
        clothes: (h, w) bool of each category that is worn.
        light: what the photo says of its light.
    """

    image: Image
    frame: Frame
    head: NDArray[np.floating]
    bare: Bare
    clothes: Mapping[Category, MaskArray]
    light: Light = UNKNOWN

    @property
    def size(self) -> tuple[int, int]:
        """(height_px, width_px)."""
        return self.image.shape[0], self.image.shape[1]

    def worn(self, categories: tuple[Category, ...]) -> MaskArray:
        """(h, w) bool: everything of these categories."""
        out = np.zeros(self.size, np.bool_)
        for c in categories:
            if c in self.clothes:
                out |= self.clothes[c]
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Dressed:
    """A garment put on by bending its picture alone.

    Attributes:
        image: (h, w, 3) uint8; where ``region`` is false exactly the wearer's photo.
        region: (h, w) bool: what may change.
        cloth: (h, w) float32: the new garment's visible share of each pixel.
        skin: (h, w) float32: share of each pixel that is skin made up.
        behind: (h, w, 3) float32: the picture without the garment.
        front: (h, w) float32: share of each pixel that stays as it was, in front.
        reach: (h, w) float32: the garment's share with nothing in front of it.
    """

    image: Image
    region: MaskArray
    cloth: Floats
    skin: Floats
    behind: Floats
    front: Floats
    reach: Floats


def put_on(
    wearer: Wearer,
    image: Image,
    cut: Cut,
    *,
    goes: MaskArray,
    over: MaskArray,
    under: MaskArray,
    light: Floats | None = None,
) -> Dressed:
    """Put a garment on.

    Args:
        image: the garment's picture; ``cut`` is made of its mask.
        goes: (h, w) bool, the clothes that are taken off.
        over: (h, w) bool, what is worn over the garment.
        under: (h, w) bool, what may come to light below its hem: trousers below a shorter top.
        light: (h, w, 3) float32 that the garment's colours are multiplied by.
    """
    hem = _waistband(wearer) if cut.category == "tops" else 0.0
    waist = _waist(wearer, goes) if cut.category not in SLEEVED else CROTCH
    bare = wearer.bare.surely_skin(wearer.worn(CATEGORIES)) | wearer.worn(("legwear",))
    draped = drape.onto(image, cut, wearer.frame, wearer.size, silhouette(wearer), hem, waist, bare)
    if (span := _inside_a_coat(wearer, cut, goes)) is not None:
        draped = drape.inside(draped, span)
    before = wearer.image.astype(np.float32)
    goes = _to_its_edge(wearer, goes, over)
    goes = goes | bared.covered(cut, draped, wearer.frame, bare, wearer.worn(("tops", "dresses")))
    draped = drape.closed(draped, goes, wearer.frame.torso)
    zone = geometry.grown(goes, _rim(wearer.frame))
    front = _front(wearer, cut, draped, over)
    glimpses = _glimpses(draped, front, wearer.frame.torso) & ~zone
    front = np.where(glimpses, 1, front).astype(np.float32)
    free = zone & (front < 0.5)
    behind, skin, arms = _behind(wearer, cut, draped, goes, free, under, draped.alpha)
    made = behind
    cloth = np.zeros(wearer.size, np.float32)
    for k, layer in enumerate(draped.layers):
        alpha = layer.alpha * (1 - arms) if k == 0 else layer.alpha
        ink = layer.image if light is None else layer.image * light
        made = made * (1 - alpha[..., None]) + ink * alpha[..., None]
        cloth = cloth * (1 - alpha) + alpha
    cloth *= 1 - front
    region = (free | (cloth > 0.004)) & (front < 0.996)
    out = before * front[..., None] + made * (1 - front[..., None])
    picture = np.where(region[..., None], np.clip(out, 0, 255).round(), before).astype(np.uint8)
    return Dressed(picture, region, cloth, skin * (1 - cloth), behind, front, draped.alpha)


def _glimpses(draped: Draped, front: Floats, torso: float) -> MaskArray:
    """(h, w) bool: what is seen of the garment in scraps, through gaps in what is worn over it."""
    shown = np.asarray(draped.alpha * (1 - front), np.float32)
    return np.asarray((shown > 0.004) & (_large(shown, GLIMPSE * torso**2) == 0), np.bool_)


def _to_its_edge(wearer: Wearer, goes: MaskArray, over: MaskArray) -> MaskArray:
    """What goes, with the cloth that its mask missed at its edge: what has the colour it has next to it.

    A rim of the old garment round the new one is the first thing that is seen of a try-on.
    """
    from scipy.ndimage import (
        binary_propagation,
        distance_transform_edt,
        uniform_filter,
    )

    core = geometry.worn_down(goes, 3)
    if core.sum() < 200:
        return goes
    room = round(EDGE * wearer.frame.torso)
    away, (y, x) = distance_transform_edt(~core, return_indices=True)
    other = over | (wearer.bare.skin > 0.6) | (wearer.bare.hair > 0.6)
    for category, mask in wearer.clothes.items():
        shared = (mask & goes).sum()  # two names for one garment, or another garment
        if category not in ("tops", "dresses", "outerwear") or shared < SHARED * mask.sum():
            other |= mask & ~goes
    near = (away <= room + 3) & ~goes & ~other
    lab = color.to_lab(wearer.image)
    smooth = np.stack([uniform_filter(lab[..., c], 5) for c in range(3)], axis=-1)
    alike = np.zeros_like(goes)
    # Its edge is turned from the light.
    off = (lab[near] - smooth[y[near], x[near]]) * (1, 0.5, 0.5)
    alike[near] = (off**2).sum(axis=1) < ALIKE**2
    return np.asarray(goes | binary_propagation(goes, mask=goes | alike), np.bool_)


def _inside_a_coat(wearer: Wearer, cut: Cut, goes: MaskArray) -> MaskArray | None:
    """(h, w) bool: where what is worn under a coat can show; None where no coat is worn over it."""
    coat = wearer.clothes.get("outerwear")
    if cut.category not in ("tops", "dresses") or coat is None:
        return None
    if coat.sum() < COAT * wearer.frame.torso**2:
        return None
    # Of every row that the coat is in, what lies between its sides, or was cloth before.
    return np.asarray(geometry.between(coat) | goes | ~coat.any(axis=1, keepdims=True), np.bool_)


def _waistband(wearer: Wearer) -> float:
    """Torsos below the shoulders down to which a top must reach to meet what is worn below it; 0 where
    nothing is seen of that."""
    below = wearer.worn(("bottoms", "skirts"))
    if below.sum() < 50:
        return 0.0
    along, across = wearer.frame.trunk.everywhere(wearer.size)
    rows = along[below & (np.abs(across) < 0.25)]
    if len(rows) < 50:
        return 0.0
    return float(np.clip(np.percentile(rows, 3) + OVERLAP, 0, 1.25))


def _waist(wearer: Wearer, goes: MaskArray) -> float:
    """Torsos below the shoulders where what goes began, or a little above the hem that hung over it."""
    out = CROTCH
    near = wearer.frame.trunk.window(wearer.size, 0.4)
    along, across = wearer.frame.trunk.field(near)
    for mask, share in ((goes, 5), (wearer.worn(("tops",)), 95)):
        rows = along[mask[near] & (np.abs(across) < 0.2)]
        if len(rows) >= 50:
            out = min(out, float(np.percentile(rows, share)))
    return max(out - OVERLAP, HIGHEST_WAIST)


def silhouette(wearer: Wearer) -> MaskArray:
    """(h, w) bool: the clothed trunk and legs, without arms beside them."""
    frame = wearer.frame
    body: MaskArray = wearer.worn(("tops", "bottoms", "skirts", "dresses"))
    if not body.any():
        body = wearer.worn(("outerwear",))
    out = body.copy()
    for side, sign in ((0, -1), (1, 1)):
        near = frame.arm(side).window(wearer.size, 0.2)
        _, across = frame.trunk.field(near)
        t, r = frame.arm(side).field(near)
        arm = (np.abs(r) < np.interp(t, ARM_AT, ARM_WIDE) + 0.04) & (t > 0.25)
        arm &= sign * across > 0.2 * max(frame.turn, 0.6)
        out[near] &= ~arm
    return out


def _front(wearer: Wearer, cut: Cut, draped: Draped, over: MaskArray) -> Floats:
    """(h, w) in [0, 1]: what stays in front of everything that is put on."""
    frame, bare = wearer.frame, wearer.bare
    h, w = wearer.size
    y, x = np.ogrid[:h, :w]
    about = (x - wearer.head[0][0]) ** 2 + (y - wearer.head[0][1]) ** 2
    hair = _attached(bare.hair, about < (HEAD * frame.torso) ** 2)
    out = np.maximum(_large(over.astype(np.float32), SCRAP * frame.torso**2), hair)
    up = wearer.head[0] - frame.joints[0].mean(axis=0)
    up = up / max(float(np.hypot(*up)), 1e-6)
    nose = wearer.head[0]
    high = ((x + 0.5 - nose[0]) * up[0] + (y + 0.5 - nose[1]) * up[1]) / frame.torso
    out = np.maximum(out, bare.skin * np.clip((high + CHIN) / 0.03 + 0.5, 0, 1))
    upper = cut.category in SLEEVED
    for side in (0, 1):
        near = frame.arm(side).window((h, w), 0.35)
        t, r = frame.arm(side).field(near)
        end = max(draped.ends[side], 0.2) if upper else -0.2
        # A hand ends no sleeve: the wrist of a long sleeve lies under it.
        start = min(end, bared.WRIST) + 0.03
        share = np.clip((t - start) / 0.05, 0, 1) * np.clip((0.2 - np.abs(r)) / 0.03, 0, 1)
        share = share * ~_thigh(wearer, near, t)
        hand = _large(bare.skin[near] * share.astype(np.float32), CRUMB * frame.torso**2)
        out[near] = np.maximum(out[near], hand)
    return _crisp(out)


def _thigh(wearer: Wearer, near: tuple[slice, slice], t: Floats) -> MaskArray:
    """(h, w) bool of a window: bare legs beyond the wrist of a hanging arm, which are no hand."""
    out = np.zeros(t.shape, np.bool_)
    for side in (0, 1):
        at, r = wearer.frame.leg(side).everywhere(wearer.size)
        inner = np.abs(r) < np.interp(at, LEG_AT, LEG_WIDE)
        below = inner & (at > 0.6) & (at < 1.2)
        if below.sum() > 50 and wearer.bare.skin[below].mean() > 0.5:
            out |= (inner & (at > 0.1))[near] & (t > KNUCKLES)
    return out


def _attached(share: Floats, to: MaskArray) -> Floats:
    """A share without the pieces that touch nothing of a place: dark cloth at the hip is no hair."""
    from scipy.ndimage import label

    pieces, count = label(share > 0.35)
    if not count:
        return share
    kept = np.zeros(count + 1, np.bool_)
    kept[np.unique(pieces[to])] = True
    kept[0] = True
    return np.asarray(np.where(kept[pieces], share, 0), np.float32)


def _large(share: Floats, least_px: float) -> Floats:
    """A share without crumbs: a hand is one piece."""
    from scipy.ndimage import label

    pieces, count = label(share > 0.35)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = share.size
    return np.asarray(np.where(sizes[pieces] >= least_px, share, 0), np.float32)


def _crisp(share: Floats) -> Floats:
    """Shares pushed apart: a hand is there or not, but for a pixel at its edge."""
    return np.asarray(np.clip((share - 0.35) / 0.3, 0, 1), np.float32)


def _behind(
    wearer: Wearer,
    cut: Cut,
    draped: Draped,
    goes: MaskArray,
    free: MaskArray,
    under: MaskArray,
    reach: Floats,
) -> tuple[Floats, Floats, Floats]:
    """The picture without what goes, the made-up skin in it, and the bare arms before the trunk."""
    frame, bare = wearer.frame, wearer.bare
    image = wearer.image.astype(np.float32)
    size = wearer.size
    clothes = np.zeros(size, np.bool_)
    for mask in wearer.clothes.values():
        clothes |= mask
    scene = (bare.background > 0.6) & ~geometry.grown(clothes, _rim(frame))
    out = fill.spread(image, scene, free)
    below, trunk = bared.zones(frame, size)
    if cut.category in SLEEVED:
        cloth = free & below & (reach < 0.99)
        if cloth.any() and under.any():
            out = fill.spread_onto(out, image, geometry.worn_down(under, 2), cloth)
    if cut.category in ("bottoms", "skirts"):  # above a lower waist hangs the shirt
        shirt = geometry.worn_down(wearer.worn(("tops", "dresses")) & ~goes, 2)
        above = ~np.logical_or.accumulate(reach > 0.5, axis=0)
        if shirt.sum() > COVERS * frame.torso**2:
            out = fill.spread_onto(out, image, shirt, free & (trunk | below) & above)
    before_trunk, legs = bared.limbs(cut, draped, frame, size)
    neck = trunk if cut.category in SLEEVED else np.zeros_like(trunk)
    if cut.category == "outerwear":  # under a coat are clothes, not skin
        shirt = geometry.worn_down(wearer.worn(("tops", "dresses")) & ~goes, 2)
        if shirt.sum() > COVERS * frame.torso**2:
            out = fill.spread_onto(out, image, shirt, free & trunk)
            neck = np.zeros_like(trunk)
        elif (
            draped.alpha > 0.9
        ).any():  # nobody saw it: something plain, as dark as the coat inside
            below_neck = frame.trunk.everywhere(size)[0] > BELOW_NECK
            inside = draped.image[draped.alpha > 0.9].mean(axis=0) * LINING
            out[free & trunk & below_neck] = inside
            neck = neck & ~below_neck
        if under.sum() > COVERS * frame.torso**2:
            out = fill.spread_onto(out, image, geometry.worn_down(under, 2), free & (legs > 0.5))
            legs = np.zeros_like(legs)
    before_trunk = before_trunk * ~bared.shown(frame, bare.skin * ~clothes)
    limbs = np.maximum(before_trunk, legs)
    share = np.maximum(limbs, neck.astype(np.float32)) * free
    own = (bare.skin > 0.75) & ~geometry.grown(clothes, 1)
    if share.any():
        tone = bared.tone(image, own, wearer.head[0], frame.torso, bare.skin, limbs)
        hidden = goes | wearer.worn(tuple(c for c in CATEGORIES if c != "legwear"))
        shins = bared.shins(frame, geometry.grown(hidden, _rim(frame)) | (bare.background > 0.5))
        if shins.sum() > SHINS * frame.torso**2:
            lower = bared.legs_as(image, shins, legs, frame.torso)
            tone = np.where((legs > 0)[..., None], lower, tone)
        out = out * (1 - share[..., None]) + tone * share[..., None]
    kept = bare.skin * (limbs > 0.3) * ~free
    arms = np.maximum(before_trunk * free * (limbs > 0), kept * before_trunk)
    return out, share.astype(np.float32), np.clip(arms, 0, 1).astype(np.float32)


def _rim(frame: Frame) -> int:
    return max(3, round(RIM * frame.torso))
