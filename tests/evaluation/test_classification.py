"""Label metrics against examples worked by hand."""

from __future__ import annotations

import pytest
from evaluation.labels import classification, colours, types


def test_classification_by_hand() -> None:
    true = ["tops", "tops", "tops", "skirts", "skirts"]
    said = ["tops", "tops", "dresses", "skirts", "tops"]
    found = classification(said, [0.9, 0.9, 0.9, 0.5, 0.5], true)
    assert found.accuracy == pytest.approx(3 / 5)
    # tops: precision 2/3, recall 2/3; skirts: precision 1, recall 1/2. Dresses are in no truth.
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert found.names == ("skirts", "tops", "dresses")
    assert found.confusion.tolist() == [[1, 1, 0], [0, 2, 1], [0, 0, 0]]
    # Bin of 0.9: three garments, 2/3 right, gap 0.9 - 2/3. Bin of 0.5: two, half right, no gap.
    assert found.calibration_error == pytest.approx(3 / 5 * (0.9 - 2 / 3), abs=1e-6)


def test_types_are_judged_where_told_and_where_known() -> None:
    said = ["jeans", "shirt", None, "hoodie"]
    allowed = [
        frozenset({"jeans", "pants"}),
        frozenset({"polo"}),
        frozenset({"dress"}),
        frozenset(),
    ]
    accuracy, told = types(said, allowed)
    assert accuracy == pytest.approx(1 / 2)
    assert told == pytest.approx(2 / 3)
    assert types([None], [frozenset()]) == (None, None)


def test_colours_by_hand() -> None:
    striped = [("navy", "#1b2440", 0.6), ("cream", "#efe6d2", 0.3), ("red", "#c1272d", 0.1)]
    told = [("navy", "#1b2440", 0.7), ("green", "#2f7a45", 0.3)]
    found = colours([told], [striped])
    assert found is not None
    assert found.main_error == 0
    assert found.recall == 1 / 2  # navy; cream is missed, and red is too little to be asked for
    assert found.precision == 1 / 2  # green is not in it
    assert colours([()], [striped]) is None


def test_the_main_colour_s_error_is_a_distance_of_colours() -> None:
    black, white = [("black", "#000000", 1.0)], [("white", "#ffffff", 1.0)]
    found = colours([black, white], [white, white])
    assert found is not None
    assert found.main_error == pytest.approx(50, abs=0.01)  # 100 once, 0 once
