"""Outfits: what can be worn together, and the measure that sorts them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from wardrobe import backends, weights
from wardrobe.backends.pairs import SmallMatcher
from wardrobe.errors import ModelError
from wardrobe.labels import CATEGORIES, Category
from wardrobe.stages.outfit import SLOT_OF, clash, compatibility


def units(n: int, seed: int = 0) -> NDArray[np.float32]:
    v = np.random.default_rng(seed).normal(size=(n, 256)).astype(np.float32)
    out: NDArray[np.float32] = v / np.linalg.norm(v, axis=1, keepdims=True)
    return out


@pytest.mark.parametrize(
    ("worn", "why"),
    [
        (["tops", "bottoms", "footwear", "outerwear", "bags"], None),
        (["dresses", "outerwear", "footwear", "jewellery", "scarves"], None),
        (["tops", "dresses"], None),
        (["tops", "tops"], "one top"),
        (["bottoms", "skirts"], "one bottom"),
        (["dresses", "skirts"], "dress leaves no room"),
        (["jewellery", "scarves", "jewellery"], "one jewellery"),
    ],
)
def test_what_can_be_worn_at_once(worn: list[Category], why: str | None) -> None:
    said = clash(worn)
    assert (said is None) if why is None else (said is not None and why in said)
    assert clash(worn[::-1]) == said


def test_every_category_has_a_slot() -> None:
    assert set(SLOT_OF) == set(CATEGORIES)


def test_the_shipped_matcher_is_symmetric_and_a_batch_equals_its_singles() -> None:
    match = backends.create("outfit", "compat-small", "cpu")
    a, b = units(5), units(5, 1)
    assert match(a, b) == pytest.approx(match(b, a), abs=1e-5)
    singles = [float(match(a[i : i + 1], b[i : i + 1])[0]) for i in range(5)]
    assert match(a, b) == pytest.approx(singles, abs=1e-5)
    assert np.ptp(match(a, b)) > 0.01


def test_the_measure_is_the_documented_formula(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    project = rng.normal(size=(4, 256)).astype(np.float32)
    weight = rng.normal(size=260).astype(np.float32)
    path = tmp_path / "w.safetensors"
    save_file({"project": project, "weight": weight, "bias": np.array([0.2], np.float32)}, path)
    a, b = units(2)
    z = weight @ np.concatenate([a + b, (project @ a) * (project @ b)]) + 0.2
    match = SmallMatcher(path, device="cpu")
    assert float(match(a[None], b[None])[0]) == pytest.approx(float(z), abs=1e-4)
    said = compatibility(np.stack([a, b]), ["tops", "bottoms"], match)
    assert said == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-4)


def test_an_outfit_is_the_mean_of_its_pairs_and_accessories_have_no_say() -> None:
    match = SmallMatcher(weights.verified(weights.find("compat-small")), device="cpu")
    v = units(4)
    logits = [float(match(v[[i]], v[[j]])[0]) for i, j in itertools.combinations(range(3), 2)]
    expected = 1 / (1 + np.exp(-np.mean(logits)))
    worn: list[Category] = ["tops", "bottoms", "footwear", "jewellery"]
    assert compatibility(v, worn, match) == pytest.approx(expected, abs=1e-5)
    assert compatibility(v[[0, 3]], ["tops", "jewellery"], match) is None


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"project": np.zeros((4, 128), np.float32)}, path)
    with pytest.raises(ModelError, match="verify"):
        SmallMatcher(path, device="cpu")
    zeros = np.zeros(260, np.float32)
    save_file({"project": np.zeros((4, 128), np.float32), "weight": zeros, "bias": zeros}, path)
    with pytest.raises(ModelError, match="not this model's"):
        SmallMatcher(path, device="cpu")
