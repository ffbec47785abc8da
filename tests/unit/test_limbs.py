"""Joints drawn to the peaks of maps."""

from __future__ import annotations

import numpy as np

from wardrobe import limbs


def drawn(*at: tuple[int, float, float, float]) -> limbs.Floats:
    """Maps of 60 x 40 cells with a bump (joint, x, y in px of stride 8, height) each."""
    maps = np.zeros((17, 60, 40), np.float32)
    y, x = np.mgrid[:60, :40] * 8 + 4
    for joint, px, py, height in at:
        bump = height * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 12.0**2))
        maps[joint] = np.maximum(maps[joint], bump)
    return maps


def test_a_joint_goes_to_its_own_peak_between_cells() -> None:
    joints = np.full((17, 3), 0.5, np.float32)
    joints[:, :2] = (160, 200)
    maps = drawn((9, 183, 221, 0.9), (10, 150, 190, 0.8))
    out, chances = limbs.drawn_near(joints, maps, 8, 100.0)
    assert np.hypot(*(out[9, :2] - (183, 221))) < 8  # a cell
    assert np.hypot(*(out[10, :2] - (150, 190))) < 8
    assert chances[9] > 0.4
    assert (out[0] == joints[0]).all()  # nothing on its map: where it was
    assert chances[0] == 0
    assert joints[9, 0] == 160  # what was given is as it was


def test_of_two_peaks_the_nearer_and_none_that_is_somebody_elses() -> None:
    joints = np.zeros((17, 3), np.float32)
    joints[:, :2] = (100, 100)
    out, _ = limbs.drawn_near(joints, drawn((3, 112, 100, 0.7), (3, 150, 100, 0.8)), 8, 100.0)
    assert abs(out[3, 0] - 112) < 4  # half a cell
    far, chances = limbs.drawn_near(joints, drawn((3, 230, 100, 1.0)), 8, 100.0)
    assert abs(far[3, 0] - 100) < 1
    assert chances[3] < 0.01


def test_joints_outside_the_picture_stay() -> None:
    joints = np.full((17, 3), -500.0, np.float32)
    out, chances = limbs.drawn_near(joints, drawn((3, 20, 20, 1.0)), 8, 50.0)
    assert (out == joints).all()
    assert not chances.any()
