"""Fillers: the cloth continued by code, and LaMa and MI-GAN as published.

All keep the contract of ``stages.mend.Filler``. What a mask means differs from model to model: LaMa's
asks for 1 where to fill, MI-GAN's for 255 where to *keep*; only this file knows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wardrobe import weave
from wardrobe.errors import ContractError, ModelError
from wardrobe.types import Image, MaskArray

LAMA_STRIDE = 8
Floats = NDArray[np.float32]


class NullFiller:
    """Fills nothing: what no photo shows stays left out. ``--set thumbnail.model=inpaint-none``."""

    def __init__(self, *, device: str) -> None:
        """Any device will do."""

    def __call__(
        self, pictures: Sequence[Image], seen: Sequence[MaskArray], outlines: Sequence[MaskArray]
    ) -> list[Image | None]:
        return [None] * len(pictures)


class _OneByOne(ABC):
    """A batch as its singles: thumbnails come one at a time, and their fillings must not differ for
    having had company."""

    def __call__(
        self, pictures: Sequence[Image], seen: Sequence[MaskArray], outlines: Sequence[MaskArray]
    ) -> list[Image | None]:
        """Pictures with the unseen part of their outline filled; seen pixels are as they were.

        Raises:
            ContractError: sizes that don't fit each other.
        """
        out: list[Image | None] = []
        for one, known, whole in zip(pictures, seen, outlines, strict=True):
            if one.shape != (*known.shape, 3) or known.shape != whole.shape:
                raise ContractError(f"a filler got {one.shape}, {known.shape} and {whole.shape}")
            filled = np.clip(self._fill(one, known, whole), 0, 255).round().astype(np.uint8)
            out.append(np.where(known[..., None], one, filled))
        return out

    @abstractmethod
    def _fill(self, image: Image, seen: MaskArray, outline: MaskArray) -> Floats:
        """(h, w, 3) levels of 255, of which those of the outline that aren't seen are used."""


class ClothFiller(_OneByOne):
    """The small profile's: the garment's own colours and repeating pattern go on
    (:mod:`wardrobe.weave`). It needs no weights and no device."""

    def __init__(self, *, device: str) -> None:
        """Any device will do."""

    def _fill(self, image: Image, seen: MaskArray, outline: MaskArray) -> Floats:
        return weave.continued(image, seen, outline)


class Lama(_OneByOne):
    """LaMa (Suvorov et al. 2022), ``big-lama.pt`` as TorchScript. Its mask is 1 where to fill.

    Raises:
        ModelError: the file is no TorchScript archive.
    """

    def __init__(self, path: Path, *, device: str) -> None:
        try:
            self._net = torch.jit.load(str(path), map_location=device).eval()
        except (RuntimeError, ValueError, OSError) as e:
            raise ModelError(f"{path} is no TorchScript archive: {e}.") from e
        self._device = device

    def _fill(self, image: Image, seen: MaskArray, outline: MaskArray) -> Floats:
        h, w = seen.shape
        tall, wide = (-(-v // LAMA_STRIDE) * LAMA_STRIDE for v in (h, w))
        edges = ((0, tall - h), (0, wide - w))
        hole = np.pad((outline & ~seen).astype(np.float32), edges)
        picture = np.pad(_on_grey(image, seen), (*edges, (0, 0)), mode="symmetric")
        x = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
        m = torch.from_numpy(hole)[None, None]
        with torch.inference_mode():
            out = self._net(x.to(self._device), m.to(self._device))[0]
        return np.asarray(out.permute(1, 2, 0).float().cpu().numpy()[:h, :w] * 255, np.float32)


class MiGan(_OneByOne):
    """MI-GAN (Sargsyan et al. 2023), ``migan_pipeline_v2.onnx``. Its mask is 255 where to *keep*.

    Args:
        path: the ONNX file: ``image`` (1, 3, h, w) and ``mask`` (1, 1, h, w) uint8 in, ``result`` out.

    Raises:
        ModelError: ONNX Runtime isn't installed, or the file is another model.
    """

    def __init__(self, path: Path, *, device: str) -> None:
        try:
            onnx: Any = import_module("onnxruntime")
        except ImportError as e:
            raise ModelError("MI-GAN needs ONNX Runtime: pip install onnxruntime.") from e
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        there = onnx.get_available_providers()
        providers = [p for p in [*wanted, "CPUExecutionProvider"] if p in there]
        try:
            self._session: Any = onnx.InferenceSession(str(path), providers=providers)
        except Exception as e:  # ONNX Runtime has no error class of its own to name
            raise ModelError(f"{path} is no model that ONNX Runtime reads: {e}.") from e
        names = [i.name for i in self._session.get_inputs()]
        if names != ["image", "mask"]:
            raise ModelError(f"{path} takes {names}; MI-GAN's pipeline takes image and mask.")

    def _fill(self, image: Image, seen: MaskArray, outline: MaskArray) -> Floats:
        keep = np.where(outline & ~seen, 0, 255).astype(np.uint8)
        picture = np.ascontiguousarray(_on_grey(image, seen).transpose(2, 0, 1)[None])
        (out,) = self._session.run(None, {"image": picture, "mask": keep[None, None]})
        return np.asarray(out[0].transpose(1, 2, 0), np.float32)


def _on_grey(image: Image, seen: MaskArray) -> Image:
    """The garment alone before its own mean colour, which a general model continues least wrongly."""
    mean = image[seen].mean(axis=0) if seen.any() else np.full(3, 128.0)
    return np.where(seen[..., None], image, mean.round().astype(np.uint8)).astype(np.uint8)
