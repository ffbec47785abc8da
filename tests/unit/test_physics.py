"""Fittings as maps, and answers laid on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from wardrobe import physics
from wardrobe.dressing import Dressed
from wardrobe.types import Pose

SIZE = (160, 120)


def a_fitting() -> tuple[np.ndarray, Dressed, Pose]:
    rng = np.random.default_rng(1)
    before = rng.integers(60, 200, (*SIZE, 3), dtype=np.uint8)
    region = np.zeros(SIZE, np.bool_)
    region[40:110, 30:90] = True
    coarse = before.copy()
    coarse[region] = 120
    zero = np.zeros(SIZE, np.float32)
    front = zero.copy()
    front[60:70, 50:60] = 1
    cloth = region.astype(np.float32)
    dressed = Dressed(coarse, region, cloth, zero, before.astype(np.float32), front, cloth)
    joints = np.ones((17, 3), np.float32)
    joints[:, :2] = np.random.default_rng(2).uniform(20, 100, (17, 2))
    return before, dressed, Pose(joints)


def test_the_maps_show_the_region_and_what_is_around_it() -> None:
    before, dressed, pose = a_fitting()
    seen = physics.view(before, dressed, pose, 0.5)
    assert seen.planes.shape == (physics.CHANNELS, *physics.SIZE)
    assert np.abs(seen.planes).max() <= 1
    shown = (seen.planes[8] > 0).mean()
    area = (seen.window[2] - seen.window[0]) * (seen.window[3] - seen.window[1])
    assert shown == pytest.approx(dressed.region.sum() / area, abs=0.05)


def test_no_answer_changes_nothing() -> None:
    before, dressed, pose = a_fitting()
    seen = physics.view(before, dressed, pose, 0.5)
    made = physics.applied(dressed, seen, np.zeros((3, *physics.SIZE), np.float32))
    assert (made == dressed.image).all()


def test_the_true_answer_makes_the_true_brightness_and_only_inside() -> None:
    before, dressed, pose = a_fitting()
    true = dressed.image.copy()
    true[dressed.region] = (90, 120, 150)
    seen = physics.view(before, dressed, pose, 0.5)
    made = physics.applied(dressed, seen, physics.wanted(true, seen))
    inner = np.zeros(SIZE, np.bool_)
    inner[75:100, 40:80] = True
    assert np.abs(made[inner].astype(int) - (90, 120, 150)).mean() < 4
    assert (made[~dressed.region] == dressed.image[~dressed.region]).all()
    in_front = dressed.front > 0.5
    assert (made[in_front] == dressed.image[in_front]).all()
