"""How far a drawn garment goes on: under arms and coats, not into the air beside a sleeve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wardrobe import contour
from wardrobe.canvas import Placed
from wardrobe.registration import Body
from wardrobe.types import MaskArray

SIDE = 256
#: Shoulders 60 px apart, hips 100 px below them, arms hanging a little away from the trunk.
JOINTS = np.array(
    [(128, 30), (133, 26), (123, 26), (138, 30), (118, 30), (158, 60), (98, 60), (182, 105), (74, 105),
     (190, 150), (66, 150), (145, 160), (111, 160), (145, 205), (111, 205), (145, 250), (111, 250)],
    np.float64,
)  # fmt: skip


def placed(
    mask: MaskArray,
    outline: MaskArray,
    over: MaskArray | None = None,
    under: MaskArray | None = None,
) -> Placed:
    none = np.zeros((SIDE, SIDE), np.bool_)
    return Placed(
        np.zeros((SIDE, SIDE, 3), np.uint8), mask, none if over is None else over,
        none if under is None else under, mask | outline, ~none,
        Body(JOINTS, np.ones(17, np.bool_), 100.0), np.eye(3)[:2],
    )  # fmt: skip


def box(x0: int, y0: int, x1: int, y1: int) -> MaskArray:
    out = np.zeros((SIDE, SIDE), np.bool_)
    out[y0:y1, x0:x1] = True
    return out


SHIRT = box(98, 55, 158, 165) | box(60, 60, 80, 140) | box(176, 60, 196, 140) | box(60, 55, 196, 75)


def test_the_air_between_arm_and_trunk_is_no_cloth() -> None:
    gap = box(80, 75, 98, 140)
    here = placed(SHIRT, gap)
    air = gap & (np.arange(SIDE)[:, None] > 125)  # farther up the arm itself comes near
    assert not (contour.of("tops", here).whole & air).any()
    covered = contour.of("tops", placed(SHIRT, gap, over=gap)).whole  # a coat hangs there
    assert (covered & air).sum() > 0.9 * air.sum()


def test_what_an_arm_hides_goes_on() -> None:
    arm = box(110, 100, 150, 120)
    crossed = JOINTS.copy()
    crossed[9] = (112, 110)  # the left wrist before the belly
    here = placed(SHIRT & ~arm, arm)
    here = replace(here, body=Body(crossed, np.ones(17, np.bool_), 100.0))
    found = contour.of("tops", here)
    assert (found.whole & arm).sum() > 0.9 * arm.sum()
    assert (found.inner & arm).sum() < 0.3 * arm.sum()


def test_a_neckline_and_an_open_front_show_the_inside() -> None:
    neck = box(116, 50, 140, 85)
    found = contour.of("tops", placed(SHIRT & ~neck, neck))
    assert (found.inner & neck).sum() > 0.8 * neck.sum()
    front = box(112, 60, 144, 165)
    jacket = contour.of("outerwear", placed(SHIRT & ~front, front, under=front))
    low = front & (np.arange(SIDE)[:, None] > 130)
    assert (jacket.inner & low).sum() > 0.9 * low.sum()
    assert not (jacket.inner & SHIRT & ~front).any()


def test_from_behind_hair_hides_the_outside() -> None:
    neck = box(116, 50, 140, 85)
    here = placed(SHIRT & ~neck, neck)
    turned = Body(JOINTS * (-1, 1) + (SIDE, 0), np.ones(17, np.bool_), 100.0)
    found = contour.of("tops", replace(here, body=turned))
    assert not found.inner.any()
    assert (found.whole & neck).sum() > 0.8 * neck.sum()


def test_without_a_pose_trousers_get_no_wider_waist() -> None:
    legs, blob = box(104, 160, 152, 240), box(90, 120, 166, 160)
    found = contour.of("bottoms", replace(placed(legs, blob), body=None))
    assert not found.whole[:155, :100].any()
    assert found.whole[125:155, 110:146].all()


@pytest.mark.parametrize("knees", [205, 165])
def test_trousers_of_somebody_standing_end_in_a_straight_waistband(knees: int) -> None:
    legs, shirt = box(104, 160, 152, 240), box(95, 60, 161, 160)
    y, x = np.mgrid[:SIDE, :SIDE]
    round_ = ((x - 128) ** 2 / 24**2 + (y - 160) ** 2 / 45**2 < 1) & (y < 160)
    here = placed(legs, round_, over=shirt)
    joints = JOINTS.copy()
    joints[13:15] = [(185, knees), (71, knees)] if knees == 165 else [(145, 205), (111, 205)]
    joints[13:15, 0] += 60 * (knees == 165)
    here = replace(here, body=Body(joints, np.ones(17, np.bool_), 100.0))
    whole = contour.of("bottoms", here).whole
    top = np.flatnonzero(whole.any(axis=1))[0]
    if knees == 205:
        assert abs(top - (160 - 100 * contour.WAIST)) <= 2
        assert whole[top + 1].sum() > 0.85 * 48
    else:  # seated: what the network drew stays
        assert (whole & round_).sum() > 0.9 * round_.sum()
