"""Fittings as maps, and answers laid on pictures."""

from __future__ import annotations

from dataclasses import replace

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
    _, dressed, pose = a_fitting()
    seen = physics.view(dressed, pose, 0.5)
    assert seen.planes.shape == (physics.CHANNELS, *physics.SIZE)
    assert np.abs(seen.planes).max() <= 1
    shown = (seen.planes[physics.REGION] > 0).mean()
    area = (seen.window[2] - seen.window[0]) * (seen.window[3] - seen.window[1])
    assert shown == pytest.approx(dressed.region.sum() / area, abs=0.05)


def test_no_answer_changes_nothing() -> None:
    _, dressed, pose = a_fitting()
    seen = physics.view(dressed, pose, 0.5)
    made = physics.applied(dressed, seen, np.zeros((physics.ANSWERS, *physics.SIZE), np.float32))
    assert (made == dressed.image).all()


def test_the_true_answer_makes_the_true_shade_and_only_inside() -> None:
    _, dressed, pose = a_fitting()
    true = dressed.image.copy()
    true[40:110, 30:60] = (90, 120, 150)  # one side in shade, the other in light
    true[40:110, 60:90] = (150, 120, 90)
    seen = physics.view(dressed, pose, 0.5)
    made = physics.applied(dressed, seen, physics.wanted(true, dressed.region, seen))
    assert np.abs(made[75:100, 36:54].astype(int) - (90, 120, 150)).mean() < 6
    assert np.abs(made[75:100, 66:84].astype(int) - (150, 120, 90)).mean() < 6
    assert (made[~dressed.region] == dressed.image[~dressed.region]).all()
    in_front = dressed.front > 0.5
    assert (made[in_front] == dressed.image[in_front]).all()


def test_how_bright_a_garment_is_as_a_whole_is_not_asked_of_the_network() -> None:
    _, dressed, pose = a_fitting()
    true = dressed.image.copy()
    true[dressed.region] = (60, 60, 60)
    seen = physics.view(dressed, pose, 0.5)
    answer = physics.wanted(true, dressed.region, seen)
    assert np.abs(answer[:3, seen.planes[physics.CLOTH] > 0.99]).max() < 0.1


def short_at_its_left(missing: int) -> tuple[Dressed, physics.View, np.ndarray]:
    """A bent garment that lacks so many pixels at its left; its maps, and the answer that knows it."""
    before, dressed, pose = a_fitting()
    wide = dressed.region
    bent = np.zeros(SIZE, np.float32)
    bent[40:110, 30 + missing : 90] = 1
    image = before.copy()
    image[wide] = (200, 190, 180)
    image[bent > 0] = (60, 90, 120)
    behind = np.where(wide[..., None], np.float32((200, 190, 180)), before).astype(np.float32)
    short = replace(dressed, image=image, cloth=bent, behind=behind, front=np.zeros_like(bent))
    seen = physics.view(short, pose, 0.5)
    true = image.copy()
    true[wide] = (60, 90, 120)
    return short, seen, physics.wanted(true, wide, seen)


def blue(picture: np.ndarray) -> np.ndarray:
    """(h, w) bool: nearer to the garment's colour than to what is behind it."""
    off = [np.abs(picture.astype(int) - c).sum(axis=2) for c in ((60, 90, 120), (200, 190, 180))]
    return np.asarray(off[0] < off[1])


def test_more_cloth_carries_the_garments_colour_on_at_its_edge() -> None:
    short, seen, answer = short_at_its_left(2)
    assert not blue(short.image)[60:100, 31].any()
    assert blue(physics.applied(short, seen, answer))[60:100, 31].mean() > 0.9


def test_less_cloth_shows_what_is_behind_at_its_edge() -> None:
    short, seen, answer = short_at_its_left(0)
    answer[3] = np.where(np.arange(physics.SIZE[1]) < physics.SIZE[1] / 2, -1, 0)
    answer[:3] = 0
    made = blue(physics.applied(short, seen, answer))
    assert made[60:100, 40:85].all()
    assert not made[60:100, 30].any()


def test_cloth_is_not_drawn_out_into_streaks_far_from_the_garment() -> None:
    short, seen, answer = short_at_its_left(20)
    made = blue(physics.applied(short, seen, answer))
    assert not made[60:100, 33:44].any()


def test_a_limb_left_bare_stays_bare() -> None:
    short, seen, answer = short_at_its_left(2)
    bare = replace(short, skin=(short.region & (short.cloth < 0.5)).astype(np.float32))
    made = physics.applied(bare, seen, answer)
    assert not blue(made)[60:100, 30:32].any()


def test_a_small_doubt_about_cover_leaves_the_crisp_edge() -> None:
    _, dressed, pose = a_fitting()
    seen = physics.view(dressed, pose, 0.5)
    answer = np.zeros((physics.ANSWERS, *physics.SIZE), np.float32)
    answer[3] = 0.9 * physics.MOVED
    assert (physics.applied(dressed, seen, answer) == dressed.image).all()


def test_stripes_as_fine_as_the_maps_get_no_shade_of_their_own() -> None:
    _, dressed, pose = a_fitting()
    seen = physics.view(dressed, pose, 0.5)
    answer = np.zeros((physics.ANSWERS, *physics.SIZE), np.float32)
    answer[:3, ::2] = 0.15
    answer[:3, 1::2] = -0.15
    made = physics.applied(dressed, seen, answer)
    inside = made[75:100, 40:80].astype(int) - dressed.image[75:100, 40:80]
    assert np.abs(inside).max() <= 3  # of 19 that were answered
