"""Whether what is said to be one garment looks like two."""

from __future__ import annotations

import numpy as np
import pytest

from wardrobe import modes


def lab(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(rows, float)


ALL = np.ones(6, bool)


def test_two_modes_are_told_with_who_is_on_which_side() -> None:
    points = lab((30, 0, 0), (90, 2, 1), (34, 1, 0), (95, 0, 0), (28, 0, 2), (88, 0, 0))
    sides = modes.of_colours(points, ALL)
    assert sides is not None
    assert sides[0] == sides[2] == sides[4]
    assert sides[1] == sides[3] == sides[5]
    assert {*sides} == {0, 1}


@pytest.mark.parametrize(
    "points",
    [
        lab((30, 0, 0), (40, 0, 0), (50, 0, 0), (60, 0, 0), (70, 0, 0), (80, 0, 0)),  # a slope
        lab(
            (50, 0, 0), (51, 0, 0), (50, 1, 0), (50, 0, 1), (52, 0, 0), (95, 40, 0)
        ),  # one odd view
        lab((50, 0, 0), (51, 0, 0), (50, 1, 0), (60, 0, 1), (61, 0, 0), (61, 1, 0)),  # light
        np.full((6, 3), np.nan),
    ],
)
def test_one_mode_is_one(points: np.ndarray) -> None:
    assert modes.of_colours(points, ALL) is None


def test_unclear_and_unknown_views_have_no_say() -> None:
    points = lab((30, 0, 0), (90, 0, 0), (31, 0, 0), (91, 0, 0), (60, 0, 0), (np.nan, 0, 0))
    clear = np.array([1, 1, 1, 1, 0, 1], bool)
    sides = modes.of_colours(points, clear)
    assert sides is not None
    assert list(sides[4:]) == [-1, -1]
    clear[3] = False
    assert modes.of_colours(points, clear) is None


def test_words_need_two_views_each() -> None:
    clear = np.ones(5, bool)
    assert modes.of_words(["a", "a", "b", None, "a"], clear) is None
    sides = modes.of_words(["a", "a", "b", "b", None], clear)
    assert sides is not None
    assert list(sides) == [0, 0, 1, 1, -1]
    assert modes.of_words([None] * 5, clear) is None
    clear[2] = False
    assert modes.of_words(["a", "a", "b", "b", None], clear) is None
