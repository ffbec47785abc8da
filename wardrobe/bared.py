"""Skin that comes to light where clothes go: where it is on the body, and what it looks like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe import fill, geometry
from wardrobe.cut import SLEEVED, WAIST, Cut
from wardrobe.drape import ARM_AT, ARM_WIDE, LEG_AT, LEG_WIDE, STOUT, Draped
from wardrobe.frame import Curve, Frame
from wardrobe.types import MaskArray

Floats = NDArray[np.float32]
STOP, BESIDE = 0.1, 0.22  # bones, and torsos beside an arm's bones where it may lie
SEEN = 0.6  # share of an arm's width from which it is there
UPPERMOST, BEYOND = 0.3, 0.05  # bones from the shoulder or hip on; about a covered limb
WRIST = 1.88  # bones: no sleeve goes on over a hand
SHIN_WIDE = 0.7  # of a leg's width; its edges are anybody's
SLEEVELESS = 0.12  # bones; a sleeve that ends above is none, and the arm is bare from its shoulder


def zones(frame: Frame, size: tuple[int, int]) -> tuple[MaskArray, MaskArray]:
    """Where trousers show when a top is gone, and where the neck, chest and belly are."""
    below, trunk = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    cutout = frame.trunk.window(size, 0.6)
    along, across = frame.trunk.field(cutout)
    wide = np.interp(
        along, (-0.4, -0.12, 0.0, 0.3, 0.7, 1.05, 1.4), (0.12, 0.13, 0.3, 0.31, 0.25, 0.31, 0.33)
    )
    wide = wide * max(frame.turn, 0.6)
    below[cutout] = (along > WAIST) & (along < 1.6) & (np.abs(across) < wide + 0.02)
    trunk[cutout] = (along > -0.4) & (along <= WAIST) & (np.abs(across) < wide)
    return below, trunk


def limbs(cut: Cut, draped: Draped, frame: Frame, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Bare arms, and bare legs, as they would be drawn: share of each pixel."""
    upper = cut.category in SLEEVED
    curves: list[tuple[Curve, tuple[float, ...], tuple[float, ...], float, bool]] = []
    for side in (0, 1):
        if upper:
            bare = draped.ends[side] < SLEEVELESS
            start = -0.8 if bare else draped.ends[side] - 0.15
            curves.append((frame.arm(side), ARM_AT, ARM_WIDE, start, True))
        if cut.category != "tops":
            start = draped.ends[side] - 0.1 if cut.category == "bottoms" else 0.1
            curves.append((frame.leg(side), LEG_AT, LEG_WIDE, start, False))
    arms, legs = np.zeros(size, np.float32), np.zeros(size, np.float32)
    # Above the hem of a skirt nothing of a leg is seen beside it.
    hem = draped.hem - 0.15 if cut.category in ("skirts", "dresses", "outerwear") else -1.0
    for curve, at, wide, start, is_arm in curves:
        near = curve.window(size, 0.25)
        t, r = curve.field(near)
        half = np.interp(t, at, wide) - 0.008
        soft = 1.5 / curve.torso
        ends = curve.place(np.array([0.0, 1.0]), np.zeros(2))
        bone = float(np.hypot(*(ends[1] - ends[0]))) / curve.torso
        off = np.hypot(r, np.minimum(t, 0) * max(bone, 0.3)) if is_arm else np.abs(r)
        one = np.clip((half - off) / soft + 0.5, 0, 1) * ((t > start) & (t < 2.12))
        one = one.astype(np.float32)
        out = arms if is_arm else legs
        if not is_arm:
            one *= frame.trunk.field(near)[0] > hem
        out[near] = np.maximum(out[near], one)
    return arms, legs


def covered(cut: Cut, draped: Draped, frame: Frame, skin: MaskArray, shirt: MaskArray) -> MaskArray:
    """(h, w) bool: what a sleeve or trouser leg goes over, none of which shows beside it.

    Args:
        skin: (h, w) bool, bare arms and legs.
        shirt: (h, w) bool, what is worn under outerwear.
    """
    out = np.zeros(skin.shape, np.bool_)
    upper = cut.category in SLEEVED
    if not upper and cut.category != "bottoms":
        return out
    coat = cut.category == "outerwear"
    at, wide = (ARM_AT, ARM_WIDE) if upper else (LEG_AT, LEG_WIDE)
    for side in (0, 1):
        curve = frame.arm(side) if upper else frame.leg(side)
        near = curve.window((skin.shape[0], skin.shape[1]), 0.3)
        t, r = curve.field(near)
        limb = np.abs(r) < STOUT * np.interp(t, at, wide) + BEYOND
        limb &= t < min(draped.ends[side], WRIST) - BEYOND
        out[near] |= skin[near] & limb & (t > UPPERMOST)
        if coat:
            out[near] |= shirt[near] & limb
    # Between a coat's fronts the shirt is seen.
    return out & ~geometry.between(draped.alpha > 0.5) if coat else out


def tone(
    image: Floats,
    own: MaskArray,
    nose: NDArray[np.floating],
    torso: float,
    skin: Floats,
    limbs: Floats,
) -> Floats:
    """The person's skin spread over everything, darker towards the sides of arms and legs.

    Around the nose is skin for sure; what else counts is of its colour, more or less lit.
    """
    h, w = own.shape
    y, x = np.ogrid[:h, :w]
    face = (x - nose[0]) ** 2 + (y - nose[1]) ** 2 < (0.09 * torso) ** 2
    sure = face & (skin > 0.5)
    if sure.sum() < 30:
        sure = own
    if sure.sum() < 30:
        return np.broadcast_to(np.array([200, 160, 140], np.float32), image.shape)
    # The lit part of it: dark glasses, lips and shadows of a hat are no arm's colour.
    bright = image[sure].sum(axis=1)
    middle = np.median(image[sure][bright >= np.percentile(bright, 60)], axis=0)
    hue = image / np.maximum(image.sum(axis=2, keepdims=True), 1)
    off = np.abs(hue - middle / middle.sum()).sum(axis=2)
    light = image.sum(axis=2) / max(float(middle.sum()), 1)
    plain = (own | sure) & (off < 0.05) & (light > 0.5) & (light < 1.5)
    tone = fill.spread(image, plain if plain.sum() > 30 else sure, ~plain, detail=0.0)
    tone = 0.5 * tone + 0.5 * middle
    return np.asarray(tone * _rounded(limbs, torso)[..., None], np.float32)


def shins(frame: Frame, hidden: MaskArray) -> MaskArray:
    """(h, w) bool: what is seen of lower legs, bare or in tights that nobody found."""
    out = np.zeros(hidden.shape, np.bool_)
    for side in (0, 1):
        near = frame.leg(side).window((hidden.shape[0], hidden.shape[1]), 0.2)
        t, r = frame.leg(side).field(near)
        inner = (np.abs(r) < SHIN_WIDE * np.interp(t, LEG_AT, LEG_WIDE)) & (t > 1.1) & (t < 1.95)
        out[near] |= inner & ~hidden[near]
    return out


def legs_as(image: Floats, known: MaskArray, legs: Floats, torso: float) -> Floats:
    """Legs as they are seen further down, carried upwards: (h, w, 3)."""
    ink = fill.spread(image, known, ~known, detail=0.0)
    return np.asarray(ink * _rounded(legs, torso)[..., None], np.float32)


def _rounded(limbs: Floats, torso: float) -> Floats:
    """(h, w) how much darker limbs are towards their sides."""
    from scipy.ndimage import gaussian_filter

    round_ = gaussian_filter(limbs, 0.035 * torso)
    shade = np.where(limbs > 0, 0.72 + 0.28 * np.clip(round_ * 1.15, 0, 1), 1.0)
    return np.asarray(shade, np.float32)


def shown(frame: Frame, skin: Floats) -> MaskArray:
    """(h, w) bool: where an arm is bare in the photo already, though its joints may lie a little aside.

    Drawing it again would put a second arm beside it.
    """
    out = np.zeros(skin.shape, np.bool_)
    for side in (0, 1):
        curve = frame.arm(side)
        near = curve.window((skin.shape[0], skin.shape[1]), 0.3)
        t, r = curve.field(near)
        for stop in np.arange(0.0, 2.2, STOP):
            row = (np.abs(t - stop) < STOP) & (np.abs(r) < BESIDE)
            limb = (row & (np.abs(r) < np.interp(stop, ARM_AT, ARM_WIDE))).sum()
            if limb and (skin[near][row] > 0.6).sum() > SEEN * limb:
                out[near] |= row
    return out
