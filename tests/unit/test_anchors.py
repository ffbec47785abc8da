"""Anchors find the garment again: jittered boxes, other categories, neighbours, other photos."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardrobe.anchors import finder
from wardrobe.types import Anchor

JACKET = Anchor("p", (0.2, 0.2, 0.7, 0.7), "outerwear")
SHIRT = Anchor("p", (0.3, 0.2, 0.6, 0.7), "tops")
JEANS = Anchor("p", (0.3, 0.6, 0.6, 1.0), "bottoms")
ELSEWHERE = Anchor("q", SHIRT.box_frac, "tops")
FIND = finder({"jacket": JACKET, "shirt": SHIRT, "jeans": JEANS, "elsewhere": ELSEWHERE})


@pytest.mark.parametrize(
    ("anchor", "found"),
    [
        (SHIRT, "shirt"),
        (JACKET, "jacket"),
        (ELSEWHERE, "elsewhere"),
        (Anchor("p", (0.3, 0.2, 0.6, 0.5), "tops"), "shirt"),  # cut off by a bag
        (Anchor("p", (0.3, 0.6, 0.6, 1.0), "skirts"), "jeans"),  # another model's word
        (Anchor("p", (0.0, 0.0, 0.1, 0.1), "tops"), None),
        (Anchor("r", SHIRT.box_frac, "tops"), None),
    ],
)
def test_what_lies_there(anchor: Anchor, found: str | None) -> None:
    assert FIND(anchor) == found


@given(st.lists(st.floats(-0.04, 0.04), min_size=4, max_size=4))
def test_a_model_that_draws_boxes_a_little_differently_changes_nothing(shift: list[float]) -> None:
    for name, place in {"jacket": JACKET, "shirt": SHIRT, "jeans": JEANS}.items():
        x0, y0, x1, y1 = (v + s for v, s in zip(place.box_frac, shift, strict=True))
        assert FIND(Anchor("p", (x0, y0, x1, y1), place.category)) == name
