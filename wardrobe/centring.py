"""Joints moved to the middle of the limb that is seen about them.

A pose network is sure of how far down a limb its joints are, and less sure across it: a knee a little beside the
leg leaves trousers beside it as well. The silhouette says where the middle is, wherever a limb has air on
both sides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wardrobe import geometry
from wardrobe.drape import ARM_AT, ARM_WIDE, LEG_AT, LEG_WIDE
from wardrobe.frame import Curve, Frame
from wardrobe.types import MaskArray

Numbers = NDArray[np.float64]
REACH = 0.34  # torsos to either side in which a limb is looked for
NARROW, WIDE = 0.45, 1.75  # of a bare limb's width: what is a limb and no strap, no skirt
APART = 0.8  # of a bare limb's width between the middles of two legs that are told apart
AROUND = ((0.75, 1.25), (1.65, 2.0))  # bones about an elbow or knee, about a wrist or ankle
ENOUGH = 0.5  # share of that in which the limb must be told
ROUNDS = 2


def centred(frame: Frame, person: MaskArray) -> Frame:
    """The frame with elbows, wrists, knees and ankles in the middle of their limbs.

    Args:
        person: (h, w) bool, everything of the person that was found, clothed and bare.
    """
    for _ in range(ROUNDS):
        joints = frame.joints.copy()
        for first, limb, at, wide in (
            (1, frame.arm, ARM_AT, ARM_WIDE),
            (4, frame.leg, LEG_AT, LEG_WIDE),
        ):
            stops = np.arange(AROUND[0][0], AROUND[1][1] + 0.01, 0.05)
            bare = np.interp(stops, at, wide)
            curves = (limb(0), limb(1))
            off = [_middles(c, person, stops, bare) for c in curves]
            spots = [c.place(stops, np.nan_to_num(o)) for c, o in zip(curves, off, strict=True)]
            same = np.hypot(*(spots[0] - spots[1]).T) < APART * 2 * bare * frame.torso
            for side in (0, 1):
                told = np.where(same, np.nan, off[side])
                for k, (low, high) in enumerate(AROUND):
                    near = told[(stops >= low - 1e-6) & (stops <= high + 1e-6)]
                    if np.isfinite(near).mean() < ENOUGH:
                        continue
                    place = np.array([1.0 + k]), np.array([np.nanmedian(near)])
                    joints[first + k, side] = curves[side].place(*place)[0]
        frame = replace(frame, joints=joints)
    return frame


def _middles(curve: Curve, person: MaskArray, stops: Numbers, bare: Numbers) -> Numbers:
    """Torsos across from the bone to the limb's middle at each stop; NaN where it isn't told."""
    steps = np.arange(-REACH, REACH + 0.005, 0.01)
    places = curve.place(np.repeat(stops, len(steps)), np.tile(steps, len(stops)))
    hit = geometry.at(person, places).reshape(len(stops), len(steps))
    out = np.full(len(stops), np.nan)
    for k, row in enumerate(hit):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]]).astype(np.int8)))
        starts, ends = edges[::2], edges[1::2]  # a run goes from its start up to before its end
        if not len(starts):
            continue
        left, right = steps[starts], steps[ends - 1]
        nearest = int(np.argmin(np.maximum(np.maximum(left, -right), 0)))
        span = right[nearest] - left[nearest]
        inside = starts[nearest] > 0 and ends[nearest] < len(row)
        if inside and NARROW < span / (2 * bare[k]) < WIDE:
            out[k] = (left[nearest] + right[nearest]) / 2
    return out
