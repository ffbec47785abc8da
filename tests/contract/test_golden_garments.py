"""The shipped models answer what they answered when they were shipped, on any machine.

Another library version, processor or way of resizing may move numbers a little; weights that don't
belong together, or input prepared in another way, move them far.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from wardrobe import weights
from wardrobe.backends.pairs import SmallMatcher
from wardrobe.backends.small import SmallClassifier, SmallEmbedder
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.types import Crop

GOLDEN = Path(__file__).parents[1] / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
NAMES = list(EXPECTED["garments"])
VECTORS = np.array([EXPECTED["garments"][n]["vector"] for n in NAMES], np.float32)


def crop(name: str) -> Crop:
    image = cv2.cvtColor(cv2.imread(str(GOLDEN / name), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    return Crop(np.ascontiguousarray(image[..., :3], np.uint8), image[..., 3] > 127)


@pytest.fixture(scope="module")
def crops() -> list[Crop]:
    return [crop(n) for n in NAMES]


def shipped(name: str) -> Path:
    return weights.verified(weights.find(name))


def test_the_pictures_are_those_written_of() -> None:
    assert sorted(p.name for p in GOLDEN.glob("*.png")) == NAMES


def test_vectors(crops: list[Crop]) -> None:
    found = SmallEmbedder(shipped("embed-small"), device="cpu")(crops)
    assert ((found * VECTORS).sum(axis=1) > 0.998).all()
    # Who is like whom, and not only each by itself.
    assert np.allclose(found @ found.T, VECTORS @ VECTORS.T, atol=0.01)


def test_names(crops: list[Crop]) -> None:
    name = SmallClassifier(shipped("classify-small"), device="cpu", trunk=shipped("embed-small"))
    for picture, scores in zip(NAMES, name(crops), strict=True):
        wanted = EXPECTED["garments"][picture]
        best = int(scores.category.argmax())
        assert CATEGORIES[best] == wanted["category"], picture
        assert scores.category[best] == pytest.approx(wanted["probability"], abs=0.03), picture
        kinds = TYPES[CATEGORIES[best]]
        assert max(kinds, key=lambda t: scores.types[t]) == wanted["type"], picture


def test_matches() -> None:
    match = SmallMatcher(shipped("compat-small"), device="cpu")
    pairs = np.array(list(combinations(range(len(VECTORS)), 2)))
    found = match(VECTORS[pairs[:, 0]], VECTORS[pairs[:, 1]])
    assert np.allclose(found, EXPECTED["pairs"], atol=0.02)
    assert np.allclose(found, match(VECTORS[pairs[:, 1]], VECTORS[pairs[:, 0]]), atol=1e-4)
