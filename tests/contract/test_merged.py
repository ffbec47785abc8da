"""Two segmenters merged: clothes by one, shoes, bags and hats by the other."""

from __future__ import annotations

import numpy as np
import pytest

from wardrobe import backends, weights
from wardrobe.backends.merged import MergedGarments, merged
from wardrobe.errors import ModelError
from wardrobe.geometry import box_of
from wardrobe.labels import Category
from wardrobe.types import Detection, Mask


def seen(category: Category, box: tuple[int, int, int, int], score: float = 0.9) -> Detection:
    mask = np.zeros((100, 80), np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return Detection(category, score, box_of(mask) or (0, 0, 0, 0), Mask.of(mask))


JACKET, SHIRT = seen("outerwear", (10, 10, 60, 60)), seen("tops", (30, 10, 40, 50), 0.7)
BAG, SHOES = seen("bags", (50, 20, 70, 40), 0.8), seen("footwear", (20, 90, 60, 100), 0.6)
SAME = seen("tops", (10, 10, 60, 60))


def test_outerwear_comes_from_the_model_that_knows_it_and_the_map_s_top_is_dropped() -> None:
    found = merged([JACKET, SHIRT], [SAME, BAG, SHOES])
    assert [d.category for d in found] == ["outerwear", "bags", "tops", "footwear"]
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)


def test_a_bag_lies_in_front_of_the_jacket() -> None:
    jacket = merged([JACKET], [BAG])[0]
    assert jacket.mask.area == JACKET.mask.area - 10 * 20
    unsure = seen("bags", (50, 20, 70, 40), 0.3)
    assert merged([JACKET], [unsure])[0] == JACKET
    everywhere = seen("scarves", (0, 0, 80, 100), 0.9)
    assert JACKET in merged([JACKET], [everywhere])


def test_clothes_that_the_first_model_missed_are_taken_from_the_second() -> None:
    skirt = seen("skirts", (10, 60, 60, 90), 0.5)
    assert [d.category for d in merged([JACKET], [skirt])] == ["outerwear", "skirts"]
    assert merged([], [skirt, SHOES]) == [SHOES, skirt]
    assert merged([], []) == []


def test_it_asks_both_parts_once_and_keeps_the_order() -> None:
    def part(*answers: list[Detection]):
        return lambda images, torsos: list(answers[: len(images)])

    model = MergedGarments(parts={"a": part([JACKET], []), "b": part([SHOES], [BAG])})
    images = [np.zeros((100, 80, 3), np.uint8)] * 2
    assert model(images, [30.0, 30.0]) == [[JACKET, SHOES], [BAG]]
    with pytest.raises(ModelError, match="two segmenters"):
        MergedGarments(parts={})


def test_the_registry_s_merge_names_two_segmenters_and_its_identity_theirs() -> None:
    model = weights.find("garments-per-person")
    assert [weights.find(p).stage for p in model.parts] == ["segment", "segment"]
    assert weights.find(model.parts[0]).options["labels"][2] == "short_sleeved_outwear"
    said = weights.identity(model)
    assert "deepfashion2-yolov8s@" in said
    assert "segformer-b2-clothes@" in said


def test_one_model_on_several_devices_answers_in_order() -> None:
    class Doubler:
        def __call__(self, numbers: list[int], more: list[int]) -> list[int]:
            return [2 * n + m for n, m in zip(numbers, more, strict=True)]

    shared = backends.Shared([Doubler(), Doubler(), Doubler()])
    for n in range(8):
        assert shared(list(range(n)), [1] * n) == [2 * i + 1 for i in range(n)]
    stacked = backends.Shared([lambda x: np.stack(x)] * 2)
    assert (stacked([np.ones(3), np.zeros(3)]) == [[1, 1, 1], [0, 0, 0]]).all()


def test_a_real_model_on_two_devices_equals_one() -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (60, 45, 3), np.uint8) for _ in range(3)]
    one = backends.create("segment", "segment-small", "cpu", min_score=0.001)
    two = backends.create("segment", "segment-small", "cpu,cpu", min_score=0.001)
    assert isinstance(two, backends.Shared)
    assert two(pictures, [40.0] * 3) == one(pictures, [40.0] * 3)
