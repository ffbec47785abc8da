"""What the completer's network is given, and what is made of its answer."""

from __future__ import annotations

import numpy as np
import pytest

from wardrobe import reach
from wardrobe.labels import CATEGORIES
from wardrobe.reach import GRID, Square
from wardrobe.types import MaskArray, Pose

#: A person of 100 px of torso, standing at the left of the frame and down out of it.
JOINTS = np.array(
    [(60, 20), (65, 15), (55, 15), (70, 18), (50, 18), (90, 60), (30, 60), (95, 115), (25, 115),
     (95, 160), (25, 160), (78, 160), (42, 160), (78, 240), (42, 240), (78, 320), (42, 320)],
    np.float32,
)  # fmt: skip


def pose(seen: float = 0.9) -> Pose:
    return Pose(np.concatenate([JOINTS, np.full((17, 1), seen, np.float32)], axis=1))


def filled(x0: int, y0: int, x1: int, y1: int, size: tuple[int, int] = (200, 150)) -> MaskArray:
    mask = np.zeros(size, np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


NOTHING = np.zeros((200, 150), np.bool_)
TROUSERS = filled(40, 150, 80, 200)  # cut at the thigh


def test_the_square_holds_what_the_frame_cuts_off() -> None:
    square = reach.square_of("bottoms", (40, 150, 80, 200), JOINTS.astype(float), 100)
    assert square.y0 < 150
    assert square.y0 + square.side > 320
    assert square.x0 < 42
    assert square.x0 + square.side > 78
    hat = reach.square_of("headwear", (40, 0, 80, 20), JOINTS.astype(float), 100)
    assert hat.side < square.side


def test_a_far_joint_makes_no_square_without_the_garment_in_it() -> None:
    astray = JOINTS.astype(float)
    astray[16] = (5000, 9000)
    square = reach.square_of("bottoms", (40, 150, 80, 200), astray, 100)
    assert square.side <= reach.LARGEST * 100
    assert square.x0 <= 60 <= square.x0 + square.side
    assert square.y0 <= 175 <= square.y0 + square.side


def test_cells_hold_the_share_of_the_mask_and_nothing_lies_outside() -> None:
    mask = filled(0, 0, 50, 200, (200, 100))
    cells = reach.sampled(mask, Square(-100, 0, 200))
    assert cells.shape == (GRID, GRID)
    assert cells[:, : GRID // 2].sum() == 0
    assert cells.mean() == pytest.approx(0.25, abs=0.02)
    moved = reach.sampled(mask, Square(-90, 20, 200), (10, 20))
    assert (moved == cells).all()


def test_what_the_network_is_given() -> None:
    over, under = filled(40, 150, 80, 160), filled(0, 0, 10, 10)
    square, planes, facts = reach.look("bottoms", TROUSERS, over, under, pose())
    assert planes.shape == (reach.PLANES, GRID, GRID)
    assert planes.dtype == facts.dtype == np.float32
    assert 0 <= planes.min() <= planes.max() <= 1
    assert planes[0].sum() * square.cell_px == pytest.approx(TROUSERS.sum(), rel=0.1)
    assert planes[3].min() == 0  # the square reaches beyond the frame
    assert facts.shape == (reach.FACTS,)
    assert np.flatnonzero(facts[:-2]).tolist() == [CATEGORIES.index("bottoms")]
    assert facts[-1] == 1


def test_joints_out_of_sight_are_laid_out_paler() -> None:
    joints = pose().joints.copy()
    joints[13:, 2] = 0.1
    _, _, facts = reach.look("bottoms", TROUSERS, NOTHING, NOTHING, Pose(joints))
    _, pale, _ = reach.look("bottoms", TROUSERS, NOTHING, NOTHING, Pose(joints))
    _, sure, _ = reach.look("bottoms", TROUSERS, NOTHING, NOTHING, pose())
    assert facts[-1] == pytest.approx(8 / 12)
    assert pale[-1].max() == pytest.approx(0.4, abs=0.05)
    assert sure[-1].max() > 0.9
    assert np.isfinite(reach.look("tops", TROUSERS, NOTHING, NOTHING, pose(0.0))[1]).all()


def test_hidden_parts_inside_the_frame_are_drawn_and_slivers_are_not() -> None:
    square = Square(0, 0, 2 * GRID)
    whole, shown = np.zeros((GRID, GRID), np.float32), np.zeros((GRID, GRID), np.float32)
    shown[10:20, 10:20] = 1
    whole[10:30, 10:20] = 1
    whole[10:20, 20] = 1  # one cell wide
    added = reach.hidden(whole, shown, square, (50, 2 * GRID))
    wanted = filled(20, 40, 40, 60, (50, 2 * GRID))  # clipped at row 50
    assert added[wanted].all()
    assert (added & ~wanted).sum() <= 4  # a corner is rounded


def test_a_slanting_edge_is_not_made_of_steps() -> None:
    """Cells that are half full lie half within, whatever their size in pixels."""
    square = Square(0, 0, 10 * GRID)
    y, x = np.mgrid[: 10 * GRID, : 10 * GRID]
    true = (x + 0.4 * y < 300) & (y > 100) & (y < 300)
    whole = reach.sampled(true, square)
    added = reach.hidden(whole, np.zeros_like(whole), square, true.shape)
    steps = np.kron(whole > 0.5, np.ones((10, 10), np.bool_))
    wrong = [int((a ^ true)[120:280, 100:].sum()) for a in (added, steps)]
    assert wrong[0] < 0.4 * wrong[1]


def test_the_share_is_that_of_the_pixels() -> None:
    square = Square(0, 0, 2 * GRID)
    whole, shown = np.zeros((GRID, GRID), np.float32), np.zeros((GRID, GRID), np.float32)
    shown[:10, :10] = 1
    whole[:20, :10] = 1
    assert reach.visible_share(400, whole, shown, square) == pytest.approx(0.5)
    assert reach.visible_share(400, shown, shown, square) == 1
    assert reach.visible_share(0, whole, shown, square) > 0
