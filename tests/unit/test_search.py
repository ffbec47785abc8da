"""Searching a closet: conditions combine, facets count, a wrong value says what there is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from wardrobe.catalogue import Entry, Sighting
from wardrobe.errors import ConfigError
from wardrobe.search import SORTS, Query, facets, search, worn_with
from wardrobe.types import Item


def entry(id: str, name: str, category: Any, colour: str, photos: str = "", **more: Any) -> Entry:
    facts: dict[str, Any] = {"type": None, "pattern": None, "sleeve": None}
    days = {k: more.pop(k) for k in ("first_seen", "last_seen", "worn_count") if k in more}
    facts |= more
    item = Item(
        id=id, name=name, category=category, colours=((colour, "#000000", 0.9), ("red", "#ff0000", 0.1)),
        confidence=0.9, garment_ids=(f"g{id}",), **facts,
    )  # fmt: skip
    sightings = tuple(Sighting(f"{p}.jpg", (0, 0, 9, 9), 1.0, 0.9) for p in photos)
    return Entry(item, sightings, **days)


CLOSET = [
    entry("a", "Striped navy long-sleeve top", "tops", "navy", "123", pattern="striped",
          sleeve="long", worn_count=3, last_seen=date(2026, 5, 1)),
    entry("b", "White T-shirt", "tops", "white", "4", type="t-shirt", pattern="plain",
          sleeve="short", worn_count=1, last_seen=date(2026, 6, 1)),
    entry("c", "Light blue jeans", "bottoms", "light blue", "124", type="jeans", worn_count=9,
          last_seen=date(2026, 6, 9)),
    entry("d", "Black boots", "footwear", "black", "2", type="boots", worn_count=2),
]  # fmt: skip


def ids(**conditions: Any) -> str:
    sort = conditions.pop("sort", "name")
    return "".join(e.item.id for e in search(CLOSET, Query(**conditions), sort))


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, "dcab"),
        ({"category": ("tops",)}, "ab"),
        ({"category": ("tops", "footwear")}, "dab"),
        ({"colour": ("navy",)}, "a"),
        ({"colour": ("blue",)}, "ca"),  # the wider word
        ({"colour": ("blue",), "category": ("tops",)}, "a"),
        ({"pattern": ("striped",)}, "a"),
        ({"text": "stripe"}, "a"),
        ({"text": "tshirts"}, "b"),
        ({"text": "T-Shirt white"}, "b"),
        ({"text": "blue boots"}, ""),
        ({"worn_at_least": 2, "worn_at_most": 3}, "da"),
        ({"not_worn_since": date(2026, 6, 1)}, "da"),  # b was worn that day; d has no date
        ({"seen_since": date(2026, 6, 1)}, "cb"),
    ],
)
def test_conditions_combine(conditions: dict[str, Any], found: str) -> None:
    assert ids(**conditions) == found


def test_sorts() -> None:
    orders = {sort: ids(sort=sort) for sort in SORTS}
    assert orders == {
        "name": "dcab", "worn": "cadb", "recent": "cbad", "forgotten": "dabc", "category": "cdab",
    }  # fmt: skip


def test_a_seam_is_no_colour_to_search_by() -> None:
    with pytest.raises(ConfigError, match=r"no item has it\. This closet has: black, blue"):
        ids(colour=("red",))


def test_facets_count_items_not_garments() -> None:
    counts = facets(CLOSET)
    assert counts["category"] == {"tops": 2, "bottoms": 1, "footwear": 1}
    assert counts["colour"] == {"blue": 2, "black": 1, "light blue": 1, "navy": 1, "white": 1}
    assert counts["sleeve"] == {"long": 1, "short": 1}
    assert next(iter(counts["category"])) == "tops"


def test_by_picture_the_likest_come_first_and_others_not_at_all() -> None:
    found = search(CLOSET, Query(), "name", likeness={"b": 0.2, "a": 0.9})
    assert [e.item.id for e in found] == ["a", "b"]


def test_worn_with_counts_shared_photos() -> None:
    with_a = [(e.item.id, n) for e, n in worn_with(CLOSET[0], CLOSET)]
    assert with_a == [("c", 2), ("d", 1)]
