"""Outfits worn and outfits made up: worked examples, and the street photos where they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from evaluation.outfits import (
    Piece,
    by_colour,
    by_model,
    by_popularity,
    compatible,
    worn_on_the_street,
)
from numpy.typing import NDArray

from wardrobe import color
from wardrobe.labels import Category
from wardrobe.types import Crop


def piece(category: Category, hexadecimal: str, at: int = 0) -> Piece:
    vector = np.zeros(256, np.float32)
    vector[at] = 1
    return Piece(category, vector, color.to_lab(color.from_hex(hexadecimal)))


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

    def score(outfit: Sequence[Piece]) -> float:
        asked.append([p.category for p in outfit])
        return 0.0

    compatible(MATCHING, score)
    assert all(c == ["tops", "bottoms"] for c in asked)


def test_too_few_outfits_have_no_figure() -> None:
    assert compatible(MATCHING[:2], by_colour) is None
    assert compatible([[MATCHING[0][0]]], by_colour) is None


def test_the_same_seed_asks_the_same() -> None:
    def some(outfit: Sequence[Piece]) -> float:
        return sum(float(p.vector @ np.arange(256)) for p in outfit)

    assert compatible(MATCHING, some) == compatible(MATCHING, some)


def test_popularity_knows_nothing_of_the_other_pieces() -> None:
    score = by_popularity(MATCHING)
    top, bottom = MATCHING[0]
    assert score([top, bottom]) == score([top, MATCHING[3][1]])


def test_the_model_s_score_is_the_stage_s() -> None:
    # One pair, logit 0: even odds.
    assert by_model(lambda a, b: np.zeros(len(a), np.float32))(MATCHING[0]) == pytest.approx(0.5)


def test_street_outfits_hold_what_is_judged(shared: Path) -> None:
    seen: list[int] = []

    def embed(crops: Sequence[Crop]) -> NDArray[np.float32]:
        seen.append(len(crops))
        return np.eye(256, dtype=np.float32)[: seen[-1]]

    (outfit,) = worn_on_the_street(shared / "data" / "ccp", ["0017"], embed)
    assert seen == [len(outfit)]
    assert len(outfit) >= 2
    assert not {p.category for p in outfit} & {"jewellery", "belts", "eyewear", "legwear"}
