"""Label metrics against examples worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation.labels import (
    Piece,
    by_colour,
    by_model,
    by_popularity,
    classification,
    colours,
    compatible,
    types,
)

from wardrobe import color


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


def piece(category: str, hexadecimal: str, at: int = 0) -> Piece:
    vector = np.zeros(256, np.float32)
    vector[at] = 1
    return Piece(category, vector, color.to_lab(color.from_hex(hexadecimal)))  # type: ignore[arg-type]


#: Each photo's top and trousers are of one colour.
MATCHING = [
    [piece("tops", h, k), piece("bottoms", h, k)]
    for k, h in enumerate(["#c1272d", "#2f7a45", "#2f62b0", "#e8c63c", "#0d0d0f", "#f7f7f7"])
]


def test_outfits_in_one_colour_are_known_by_colour() -> None:
    found = compatible(MATCHING, by_colour)
    assert found is not None
    assert found.fill_in_the_blank == 1
    assert found.questions == 12
    assert found.auc == 1  # the pieces of a made-up outfit are never of one photo


def test_what_scores_everything_alike_guesses() -> None:
    found = compatible(MATCHING, lambda outfit: 0.0)
    assert found is not None
    assert found.fill_in_the_blank == pytest.approx(1 / 4)
    assert found.auc == pytest.approx(1 / 2)


def test_wrong_pieces_are_of_the_category_they_replace() -> None:
    asked: list[list[str]] = []

    def score(outfit: object) -> float:
        asked.append([p.category for p in outfit])  # type: ignore[attr-defined]
        return 0.0

    compatible(MATCHING, score)
    assert all(c == ["tops", "bottoms"] for c in asked)


def test_too_few_outfits_have_no_figure() -> None:
    assert compatible(MATCHING[:2], by_colour) is None
    assert compatible([[MATCHING[0][0]]], by_colour) is None


def test_the_same_seed_asks_the_same() -> None:
    def some(outfit: object) -> float:
        return sum(float(p.vector @ np.arange(256)) for p in outfit)  # type: ignore[attr-defined]

    assert compatible(MATCHING, some) == compatible(MATCHING, some)


def test_popularity_knows_nothing_of_the_other_pieces() -> None:
    score = by_popularity(MATCHING)
    top, bottom = MATCHING[0]
    assert score([top, bottom]) == score([top, MATCHING[3][1]])


def test_the_model_s_score_is_the_stage_s() -> None:
    # One pair, logit 0: even odds.
    assert by_model(lambda a, b: np.zeros(len(a), np.float32))(MATCHING[0]) == pytest.approx(0.5)
