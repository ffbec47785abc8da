"""Garment -> 256-d unit vector: same garment close, other garment far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wardrobe.errors import ContractError
from wardrobe.types import VECTOR_SIZE, Crop, Image, Photo, Vector, Worn


class Embedder(Protocol):
    """Describes garment crops: (n, 256) float32, rows of length 1; a batch equals its singles."""

    def __call__(self, crops: Sequence[Crop]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Embed:
    """The embedding stage."""

    model: str
    load: Callable[[], Embedder]
    pixels: Callable[[Photo], Image]
    name: str = "embed"
    version: int = 1

    def recipe(self) -> dict[str, Any]:
        return {}

    def digest(self, one: Worn) -> str:
        return one.digest

    def __call__(self, batch: Sequence[Worn]) -> Sequence[Vector]:
        vectors = self.load()([Crop.of(self.pixels(w.photo), w.garment) for w in batch])
        return list(checked(vectors, len(batch), self.model))

    def encode(self, out: Vector) -> bytes:
        return out.astype("<f4").tobytes()

    def decode(self, data: bytes) -> Vector:
        return np.frombuffer(data, "<f4").astype(np.float32)


def checked(vectors: NDArray[np.float32], n: int, model: str) -> NDArray[np.float32]:
    """The vectors, if they are n finite rows of length 1.

    Raises:
        ContractError: they are not.
    """
    if vectors.shape != (n, VECTOR_SIZE) or vectors.dtype != np.float32:
        raise ContractError(
            f"{model} answered {vectors.shape} {vectors.dtype}, not ({n}, 256) float32"
        )
    if n and not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        raise ContractError(f"{model} answered vectors that are not of length 1")
    return vectors
