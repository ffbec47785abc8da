"""Vectors of the wrong shape, kind or length never reach the grouping."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe.errors import ContractError
from wardrobe.stages.embed import Embed, checked


def vectors(n: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(0).normal(size=(n, 256))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_unit_vectors_pass(n: int) -> None:
    assert checked(vectors(n), n, "m") is not None


@pytest.mark.parametrize(
    "bad",
    [
        vectors(4),  # one answer too few
        vectors(5)[:, :255],
        vectors(5).astype(np.float64),
        vectors(5) * np.float32(1.01),
        np.zeros((5, 256), np.float32),
        np.where(np.arange(256) == 7, np.float32(np.nan), vectors(5)),
    ],
    ids=["count", "size", "dtype", "length", "zero", "nan"],
)
def test_anything_else_is_our_bug(bad: NDArray[np.float32]) -> None:
    with pytest.raises(ContractError, match="embed-x answered"):
        checked(bad, 5, "embed-x")


def test_a_remembered_vector_comes_back_bit_by_bit() -> None:
    def never(*_: object) -> Any:
        raise AssertionError("nothing is computed")

    stage = Embed("m", never, never)
    (vector,) = vectors(1)
    back = stage.decode(stage.encode(vector))
    assert back.dtype == np.float32
    assert (back == vector).all()
