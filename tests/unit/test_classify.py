"""From a classifier's probabilities to the words a person reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wardrobe.config import ClassifySettings
from wardrobe.labels import CATEGORIES, Category
from wardrobe.stages.classify import Classify, Described, labels
from wardrobe.types import Scores

COLOURS = (("red", "#c1272d", 0.8), ("white", "#f7f7f7", 0.2))


def described(category: Category, sure: float, types: dict[str, float]) -> Described:
    scores = np.full(len(CATEGORIES), (1 - sure) / 12, np.float32)
    scores[CATEGORIES.index(category)] = sure
    return Described(Scores(scores, types), COLOURS)


def test_the_likeliest_category_and_its_likeliest_type() -> None:
    one = described("outerwear", 0.7, {"jacket": 0.2, "blazer": 0.6, "coat": 0.2, "jeans": 0.9})
    said = labels(one, ClassifySettings())
    assert (said.category, said.type) == ("outerwear", "blazer")
    assert said.confidence == pytest.approx(0.7)
    assert said.type_confidence == pytest.approx(0.6)
    assert said.colours == COLOURS


def test_an_unsure_type_is_left_blank() -> None:
    one = described("bottoms", 0.9, {"jeans": 0.5, "pants": 0.45})
    assert labels(one, ClassifySettings(min_type=0.5)).type == "jeans"
    blank = labels(one, ClassifySettings(min_type=0.51))
    assert (blank.category, blank.type, blank.type_confidence) == ("bottoms", None, 0.5)
    assert labels(described("bottoms", 0.9, {}), ClassifySettings()).type is None


def test_what_is_remembered_comes_back() -> None:
    def not_asked(*_: Any) -> Any:
        raise AssertionError("nothing is to be classified anew")

    stage = Classify("m", not_asked, not_asked, 0.3)
    one = described("skirts", 0.8, {"skirt": 0.9})
    back = stage.decode(stage.encode(one))
    assert labels(back, ClassifySettings()) == labels(one, ClassifySettings())
    assert back.scores.category.dtype == np.float32
