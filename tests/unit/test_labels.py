"""The taxonomy is complete, and foreign labels are understood or refused."""

from __future__ import annotations

import pytest

from wardrobe import labels
from wardrobe.catalogue import ONE
from wardrobe.errors import ModelError
from wardrobe.labels import LAYER


def test_every_category_has_types_zones_a_layer_and_a_word_for_one_piece() -> None:
    assert len(labels.CATEGORIES) == 13
    for table in (labels.TYPES, labels.ZONES_OF, LAYER, ONE):
        assert set(table) == set(labels.CATEGORIES)
        assert all(value or value == 0 for value in table.values())


def test_every_zone_is_searched_for_something() -> None:
    assert {zone for zones in labels.ZONES_OF.values() for zone in zones} == set(labels.ZONES)


def test_a_type_belongs_to_one_category() -> None:
    types = [t for types in labels.TYPES.values() for t in types]
    assert len(types) == len(set(types))
    assert labels.CATEGORY_OF_TYPE["blazer"] == "outerwear"


def test_deepfashion2_labels_become_ours() -> None:
    ours = labels.map_labels(list(labels.DEEPFASHION2), labels.DEEPFASHION2, model="df2")
    assert len(ours) == 13
    assert set(ours) == {"tops", "outerwear", "bottoms", "skirts", "dresses"}
    foreign = ["trousers", "sling", "sling_dress", "vest"]
    assert labels.map_labels(foreign, labels.DEEPFASHION2, model="df2") == (
        "bottoms", "tops", "dresses", "tops",
    )  # fmt: skip


def test_unknown_labels_are_named_with_their_model() -> None:
    with pytest.raises(ModelError, match=r"df3 .*toga, spats"):
        labels.map_labels(["skirt", "toga", "spats"], labels.DEEPFASHION2, model="df3")
