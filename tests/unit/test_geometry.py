"""Boxes, polygons, capsules and masks against worked examples and formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wardrobe import geometry
from wardrobe.types import Box, Mask, MaskArray

SIZE = (200, 300)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 2, 2), (1, 1, 3, 3), 1 / 7),
        ((0, 0, 4, 4), (1, 1, 3, 3), 1 / 4),
        ((0, 0, 2, 2), (2, 0, 4, 2), 0.0),  # half-open: touching is not overlapping
        ((0, 0, 1, 1), (5, 5, 6, 6), 0.0),
        ((1, 1, 1, 1), (1, 1, 1, 1), 0.0),
        ((3, 3, 1, 1), (0, 0, 4, 4), 0.0),  # inside out
    ],
)
def test_overlap_over_union(a: Box, b: Box, expected: float) -> None:
    assert geometry.iou(a, b) == pytest.approx(expected)
    assert geometry.iou(b, a) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("box", "share", "expected"),
    [
        ((100, 50, 140, 70), 0.1, (96, 46, 144, 74)),  # a tenth of the longer side, all around
        ((10.4, 10.6, 20.2, 20.2), 0.0, (10, 10, 21, 21)),  # outwards to whole pixels
        ((0, 0, 300, 200), 0.5, (0, 0, 300, 200)),  # never outside the frame
        ((7, 7, 7, 7), 0.0, (7, 7, 8, 8)),  # never empty
    ],
)
def test_a_box_grows_inside_its_frame(
    box: Box, share: float, expected: tuple[int, int, int, int]
) -> None:
    assert geometry.grow(box, share, SIZE) == expected


def test_fractions_and_pixels_are_each_others_inverse() -> None:
    assert geometry.to_frac((30, 20, 150, 200), SIZE) == (0.1, 0.1, 0.5, 1.0)
    assert geometry.to_px((0.1, 0.1, 0.5, 1.0), SIZE) == (30, 20, 150, 200)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(20, 20), (220, 20), (220, 120), (20, 120)], 200 * 100),
        ([(150, 10), (280, 180), (20, 180)], 260 * 170 / 2),
        ([(150, 20), (260, 100), (150, 180), (40, 100)], 220 * 160 / 2),
        ([(20, 20), (200, 20), (200, 60), (60, 60), (60, 180), (20, 180)], 180 * 40 + 40 * 120),
        ([(-100, -100), (150, -100), (150, 100), (-100, 100)], 150 * 100),  # cut by the frame
    ],
)
def test_a_polygon_covers_its_area_whichever_way_it_turns(
    points: list[tuple[float, float]], expected: float
) -> None:
    corners = np.array(points, np.float64)
    mask = geometry.polygon_mask(corners, SIZE)
    assert mask.sum() == pytest.approx(expected, rel=0.02)
    assert (mask == geometry.polygon_mask(corners[::-1], SIZE)).all()


def test_polygons_that_share_an_edge_share_no_pixel() -> None:
    a, b, c, d = (33.3, 20.5), (250.1, 40.7), (231.9, 180.2), (51.4, 155.5)
    left = geometry.polygon_mask(np.array([a, b, d]), SIZE)
    right = geometry.polygon_mask(np.array([b, c, d]), SIZE)
    assert not (left & right).any()
    assert (
        geometry.union([left, right], SIZE) == geometry.polygon_mask(np.array([a, b, c, d]), SIZE)
    ).all()


@pytest.mark.parametrize(
    ("a", "b", "radius"),
    [((60, 60), (240, 60), 20), ((60, 40), (220, 160), 15), ((150, 100), (150, 100), 40)],
)
def test_a_capsule_is_a_bar_with_two_half_discs(
    a: tuple[float, float], b: tuple[float, float], radius: float
) -> None:
    mask = geometry.capsule_mask(np.array(a), np.array(b), radius, SIZE)
    assert mask.sum() == pytest.approx(2 * radius * math.dist(a, b) + math.pi * radius**2, rel=0.02)


def test_the_box_of_a_mask_is_tight_and_half_open() -> None:
    mask = np.zeros(SIZE, np.bool_)
    assert geometry.box_of(mask) is None
    mask[40:60, 10:31] = True
    assert geometry.box_of(mask) == (10, 40, 31, 60)


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)))
def test_run_lengths_give_the_mask_back(array: MaskArray) -> None:
    mask = Mask.of(array)
    assert (mask.array() == array).all()
    assert mask.area == array.sum()
    assert sum(mask.runs) == array.size
    assert all(
        run > 0 for run in mask.runs[1:]
    )  # one way to write a mask, so bytes can be compared


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_empty_full_and_single_pixel_masks(h: int, w: int, data: st.DataObject) -> None:
    assert Mask.of(np.zeros((h, w), np.bool_)).runs == (h * w,)
    assert Mask.of(np.ones((h, w), np.bool_)).runs == (0, h * w)
    at = data.draw(st.integers(0, h * w - 1))
    pixel = np.arange(h * w).reshape(h, w) == at
    rest = (h * w - 1 - at,) if at < h * w - 1 else ()
    assert Mask.of(pixel).runs == (at, 1, *rest)


MASKS = hnp.arrays(np.bool_, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@given(MASKS, st.integers(1, 6))
def test_steps_and_squares_are_scipys_morphology(mask: MaskArray, steps: int) -> None:
    from scipy import ndimage

    side = 2 * steps - 1
    grown, worn = geometry.grown(mask, steps), geometry.worn_down(mask, steps)
    np.testing.assert_array_equal(grown, ndimage.binary_dilation(mask, iterations=steps))
    np.testing.assert_array_equal(worn, ndimage.binary_erosion(mask, iterations=steps))
    square = np.ones((side, side))
    np.testing.assert_array_equal(geometry.opened(mask, side), ndimage.binary_opening(mask, square))


@given(MASKS, st.data())
def test_a_mask_is_asked_at_places_and_between_its_sides(
    mask: MaskArray, data: st.DataObject
) -> None:
    y, x = (data.draw(st.integers(-3, 27)) for _ in range(2))
    inside = 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]
    (said,) = geometry.at(mask, np.array([[x + 0.5, y + 0.5]]) if inside else np.array([[x, y]]))
    assert bool(said) == (inside and bool(mask[y, x]))
    filled = geometry.between(mask)
    for row, found in zip(mask, filled, strict=True):
        on = np.flatnonzero(row)
        assert found.sum() == (on[-1] - on[0] + 1 if len(on) else 0)


def test_narrow_gaps_are_shut_and_wide_ones_are_not() -> None:
    mask = np.ones((40, 60), np.bool_)
    mask[:, 10:13] = False
    mask[:, 30:45] = False
    shut = geometry.shut(mask, 3)
    assert shut[1:-1, 10:13].all()
    assert not shut[8:32, 35:40].any()
    assert (shut >= mask).all()
    assert not geometry.shut(np.zeros_like(mask), 3).any()
