"""Where a garment lies on its wearer, in numbers that don't hang on the picture's size."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import position
from wardrobe.types import Pose

STANDING = np.array(
    [(50, 20), (52, 18), (48, 18), (54, 19), (46, 19), (62, 40), (38, 40), (66, 58), (34, 58),
     (66, 74), (34, 74), (57, 74), (43, 74), (57, 102), (43, 102), (57, 130), (43, 130)], float,
)  # fmt: skip


def standing(scale: float = 1.0, shift: float = 0.0) -> Pose:
    at = STANDING * scale + shift
    return Pose(np.column_stack([at, np.ones(17)]).astype(np.float32))


def box(y0: int, y1: int, scale: float = 1.0, shift: float = 0.0) -> NDArray[np.bool_]:
    mask = np.zeros((int(160 * scale + shift), int(100 * scale + shift)), bool)
    top, bottom, left, right = (int(v * scale + shift) for v in (y0, y1, 38, 63))
    mask[top:bottom, left:right] = True
    return mask


def test_a_skirt_and_a_dress_differ_at_the_stations_of_the_trunk() -> None:
    skirt, dress = (position.on_body(box(y0, 105), standing(), 0.3) for y0 in (70, 38))
    apart = np.abs(skirt - dress)[: position.STATIONS]
    assert apart.sum() >= 6
    trunk = slice(3, 3 + 12)
    assert dress[trunk].sum() > skirt[trunk].sum() + 5
    assert skirt.shape == (position.SIZE,)
    assert np.isfinite(skirt).all()


def test_the_numbers_hang_on_the_body_and_not_on_the_picture() -> None:
    small = position.on_body(box(38, 74), standing(), 0.3)
    large = position.on_body(box(38, 74, 4.0, 40.0), standing(4.0, 40.0), 0.3)
    assert np.abs(small - large).max() < 0.08


def test_what_lies_beyond_the_frame_is_told_from_what_is_bare() -> None:
    cut = box(38, 74)[:90]
    inside = position.on_body(cut, standing(), 0.3)[position.STATIONS : 2 * position.STATIONS]
    whole = position.on_body(box(38, 74), standing(), 0.3)
    assert whole[position.STATIONS : 2 * position.STATIONS].sum() > inside.sum() + 6


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        position.on_body(np.zeros((9, 9), bool), standing(), 0.3)


def test_a_body_nobody_sees_says_nothing() -> None:
    unseen = Pose(np.column_stack([STANDING, np.zeros(17)]).astype(np.float32))
    assert np.isnan(position.on_body(box(38, 74), unseen, 0.3)).all()
