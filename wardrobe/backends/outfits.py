"""Compatibility by a set transformer over a profile's vectors: the whole outfit at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from wardrobe.errors import ModelError
from wardrobe.nets import OutfitNet


class SetMatcher:
    """How well garments go together, from their vectors.

    Args:
        path: folder with weights.safetensors, trained by ``pipelines/train_outfits.py`` on vectors
            of the profile's embedder.
        trunk: that embedder's folder; not opened, but part of this model's identity.
        device: torch device.

    Raises:
        ModelError: the weights can't be read or aren't this model's.
    """

    def __init__(self, path: Path, *, trunk: Path | None = None, device: str = "cpu") -> None:
        self._net, self._device = OutfitNet(), device
        file = path / "weights.safetensors"
        try:
            self._net.load_state_dict(load_file(file), strict=True)
        except (OSError, SafetensorError, RuntimeError) as e:
            raise ModelError(f"{file} is not this model's: {e}. Train it again.") from e
        self._net.eval().to(device)

    def __call__(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) float32 logits of the rows of two (n, 256) sets, each pair an outfit of two."""
        return self._logits(np.stack([a, b], axis=1))

    def whole(self, vectors: NDArray[np.float32]) -> float:
        """The logit of one outfit of (n, 256) vectors."""
        return float(self._logits(vectors[None])[0])

    @torch.inference_mode()
    def _logits(self, sets: NDArray[np.float32]) -> NDArray[np.float32]:
        out: NDArray[np.float32] = (
            self._net(torch.from_numpy(np.ascontiguousarray(sets)).to(self._device)).cpu().numpy()
        )
        return out
