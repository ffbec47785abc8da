"""The small profile's matcher: a few thousand weights, needing nothing but NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from wardrobe.errors import ModelError
from wardrobe.types import VECTOR_SIZE


class SmallMatcher:
    """How well two garments go together, from their vectors.

    Args:
        path: ``models/compat-small/weights.safetensors``: ``project`` (r, 256), ``weight``
            (256 + r,) and ``bias`` (1,).
        device: not used; the work is smaller than a transfer.

    Raises:
        ModelError: the weights can't be read or aren't this model's.
    """

    def __init__(self, path: Path, *, device: str) -> None:
        try:
            tensors = load_file(path)
            self._project, self._weight = tensors["project"], tensors["weight"]
            self._bias = float(tensors["bias"][0])
        except (OSError, SafetensorError, KeyError, IndexError) as e:
            raise ModelError(f"{path}: {e}. Run `wardrobe models verify`.") from e
        rank = len(self._project)
        if self._project.shape[1:] != (VECTOR_SIZE,) or self._weight.shape != (VECTOR_SIZE + rank,):
            raise ModelError(f"{path} is not this model's. Run `wardrobe models verify`.")

    def __call__(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) float32 logits of the rows of two (n, 256) sets of unit vectors."""
        both = (a @ self._project.T) * (b @ self._project.T)
        features = np.concatenate([a + b, both], axis=1)
        out: NDArray[np.float32] = (features @ self._weight + self._bias).astype(np.float32)
        return out
