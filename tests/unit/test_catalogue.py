"""Groups become items: when worn, what they are called, and by whose word."""

from __future__ import annotations

from datetime import date, datetime
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from wardrobe.catalogue import Catalogue, Entry, Seen, item_of, named, worn
from wardrobe.config import CoverSettings
from wardrobe.labels import Category
from wardrobe.stages.cluster import Group
from wardrobe.types import Garment, Item, Labels, Mask, Photo, Quality, Traits

Colours = tuple[tuple[str, str, float], ...]
PLAIN = Traits()
CLEAR = Quality(0.8, 1.0, 1.0, 1.0, 1.0, 1.0)
RED: Colours = (("red", "#c1272d", 1.0),)


def photo(id: str, taken: str | None) -> Photo:
    return Photo(id, f"{id}.jpg", (640, 480), datetime.fromisoformat(taken) if taken else None)


def garment(
    photo_id: str, category: Category = "tops", *, score: float = 0.8, visibility: float = 1.0
) -> Garment:
    mask = Mask.of(np.ones((200, 200), np.bool_))
    return Garment(photo_id, (0.2, 0.2, 0.6, 0.8), category, score, mask, visibility)


def said(
    category: Category = "tops",
    type: str | None = None,
    *,
    sure: float = 0.8,
    colours: Colours = RED,
) -> Labels:
    return Labels(category, sure, type, sure if type else 0.0, colours)


def item(
    *members: tuple[Garment, Labels],
    traits: Traits = PLAIN,
    qualities: tuple[Quality, ...] = (),
) -> Item:
    """The item the members make, with the name it has in a closet of its own."""
    seen = {
        g.id: Seen(g, words, qualities[i] if qualities else CLEAR, traits)
        for i, (g, words) in enumerate(members)
    }
    (found,) = named([item_of(Group(tuple(sorted(seen)), None), seen, CoverSettings())])
    return found


def test_a_day_counts_once_and_an_undated_photo_as_its_own_day() -> None:
    photos = [
        photo("a", "2026-05-01T08:00"),
        photo("b", "2026-05-01T22:00"),
        photo("c", "2026-05-03T12:00"),
        photo("d", None),
        photo("e", None),
    ]
    assert worn(photos, {}) == (date(2026, 5, 1), date(2026, 5, 3), 4)
    assert worn(photos[3:], {}) == (None, None, 2)
    assert worn([], {}) == (None, None, 0)


def test_copies_of_a_picture_are_no_further_wearings() -> None:
    dated, undated = photo("a", "2026-05-01T08:00"), photo("b", None)
    assert worn([dated, undated], {"b": "a"})[2] == 1  # the original has the date
    assert worn([dated, undated], {"a": "b"})[2] == 1  # the copy has it
    assert (
        worn([photo("c", None), photo("d", None), photo("e", None)], {"d": "c", "e": "c"})[2] == 1
    )


def test_an_item_is_named_after_its_colour_and_type() -> None:
    assert item((garment("a"), said(type="t-shirt"))).name == "Red t-shirt"
    assert item((garment("a"), said())).name == "Red top"
    assert item((garment("a", "bottoms"), said("bottoms"))).name == "Red trousers"
    assert item((garment("a"), said(colours=()))).name == "Top"


def test_a_second_colour_is_named_where_it_weighs_nearly_as_much() -> None:
    stripes: Colours = (("navy", "#1b2440", 0.55), ("white", "#f7f7f7", 0.45))
    trimmed: Colours = (("navy", "#1b2440", 0.8), ("white", "#f7f7f7", 0.2))
    assert item((garment("a"), said(colours=stripes))).name == "Navy and white top"
    assert item((garment("a"), said(colours=trimmed))).name == "Navy top"


def test_colours_are_weighed_by_how_much_of_the_garment_a_photo_shows() -> None:
    clear = (garment("a", visibility=1.0), said(colours=RED))
    sleeve = (garment("b", visibility=0.1), said(colours=(("brown", "#5c412c", 1.0),)))
    found = item(clear, sleeve).colours
    assert [name for name, _, _ in found] == ["red", "brown"]
    assert found[0][2] == pytest.approx(1.05 / 1.2, abs=1e-3)
    assert sum(share for _, _, share in found) == pytest.approx(1, abs=1e-3)


def test_the_members_outvote_a_mislabelled_one() -> None:
    right = [(garment(p, "skirts"), said("skirts", "skirt")) for p in "ab"]
    wrong = (garment("c", "bottoms", score=0.9), said("bottoms", "shorts", sure=0.9))
    voted = item(*right, wrong)
    assert (voted.category, voted.type) == ("skirts", "skirt")
    assert 0.5 < voted.confidence < 1
    assert item(*right).confidence == 1


def test_a_clear_view_outvotes_two_glimpses() -> None:
    clear = (garment("a", "dresses", visibility=1.0), said("dresses"))
    glimpses = [(garment(p, "skirts", visibility=0.1), said("skirts")) for p in "bc"]
    assert item(clear, *glimpses).category == "dresses"


def test_the_best_view_comes_first() -> None:
    shown = {v: garment(p, visibility=v) for p, v in zip("abc", (0.3, 1.0, 0.6), strict=True)}
    found = item(*((g, said()) for g in shown.values()))
    assert found.garment_ids == tuple(shown[v].id for v in (1.0, 0.6, 0.3))


def test_an_item_does_not_depend_on_the_order_of_its_members() -> None:
    members: list[Any] = [
        (garment("a"), said(type="shirt")),
        (garment("b"), said(type="blouse", colours=(("white", "#f7f7f7", 1.0),))),
        (garment("c", "outerwear"), said("outerwear", "jacket")),
    ]
    found = {item(*order) for order in permutations(members)}
    assert len(found) == 1
    assert found.pop().id == min(g.id for g, _ in members)


def test_a_catalogue_lists_an_item_once() -> None:
    entry = Entry(item((garment("a"), said())), ())
    with pytest.raises(ValueError, match="same item id"):
        Catalogue((entry, entry))
