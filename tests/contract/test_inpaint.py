"""Fillers against their contract: real classes with tiny or random weights in the published layout."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from wardrobe import weights
from wardrobe.backends.inpaint import ClothFiller, Lama, MiGan, NullFiller
from wardrobe.errors import ContractError, ModelError
from wardrobe.types import Image, MaskArray


def lesson(seed: int = 0, h: int = 90, w: int = 70) -> tuple[Image, MaskArray, MaskArray]:
    """A garment with a hole, its colour a little different from side to side."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (h, w, 3)).astype(np.uint8)
    outline = np.zeros((h, w), np.bool_)
    outline[10:-10, 10:-10] = True
    seen = outline.copy()
    seen[30:50] = False
    image[seen] = (180, 60, 40)
    return image, seen, outline


def holds(filler: Any) -> list[Image]:
    """The contract: same size, seen pixels untouched, a batch equals its singles."""
    one, two = lesson(0), lesson(1, 64, 101)
    both = filler(*(list(x) for x in zip(one, two, strict=True)))
    singles = [filler(*([x] for x in each))[0] for each in (one, two)]
    for (image, seen, _), got, single in zip((one, two), both, singles, strict=True):
        assert got.shape == image.shape
        assert got.dtype == np.uint8
        assert (got[seen] == image[seen]).all()
        assert (got == single).all()
    with pytest.raises(ContractError):
        filler([one[0]], [one[1][:-1]], [one[2]])
    return both


def test_cloth_goes_on_in_the_garments_own_colours() -> None:
    (got, _) = holds(ClothFiller(device="cpu"))
    _, seen, outline = lesson()
    hole = outline & ~seen
    assert np.abs(got[hole].astype(int) - (180, 60, 40)).mean() < 3


def test_cloth_never_looks_at_what_is_not_the_garment() -> None:
    filler = ClothFiller(device="cpu")
    image, seen, outline = lesson()
    other = np.where(seen[..., None], image, 255 - image)
    one, two = (filler([x], [seen], [outline])[0] for x in (image, other))
    assert one is not None
    assert two is not None
    assert (one[outline] == two[outline]).all()


class _Lama(torch.nn.Module):
    """Publishes what it was given: white where it fills, its input elsewhere."""

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        assert image.shape[2] % 8 == 0, "LaMa's sides are multiples of 8"
        assert image.shape[3] % 8 == 0, "LaMa's sides are multiples of 8"
        assert mask.shape[1] == 1, "one mask"
        return image * (1 - mask) + mask


def test_lama_is_told_one_where_to_fill(tmp_path: Path) -> None:
    path = tmp_path / "big-lama.pt"
    torch.jit.script(_Lama()).save(str(path))
    (got, _) = holds(Lama(path, device="cpu"))
    _, seen, outline = lesson()
    assert (got[outline & ~seen] == 255).all()
    (tmp_path / "other.pt").write_bytes(b"no archive")
    with pytest.raises(ModelError):
        Lama(tmp_path / "other.pt", device="cpu")


class _Session:
    """MI-GAN's pipeline as its card describes it: 255 keeps, everything else is made white."""

    names = ("image", "mask")

    def __init__(self, path: str, providers: list[str]) -> None:
        assert providers == ["CPUExecutionProvider"]

    def get_inputs(self) -> list[Any]:
        return [types.SimpleNamespace(name=n) for n in self.names]

    def run(self, _: None, given: dict[str, np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
        image, mask = given["image"], given["mask"]
        assert image.dtype == mask.dtype == np.uint8
        assert image.shape[:2] == (1, 3)
        assert mask.shape == (1, 1, *image.shape[2:])
        return [np.where(mask == 255, image, np.uint8(255))]


def test_migan_is_told_255_where_to_keep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runtime = types.ModuleType("onnxruntime")
    vars(runtime).update(
        InferenceSession=_Session, get_available_providers=lambda: ["CPUExecutionProvider"]
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    (got, _) = holds(MiGan(tmp_path / "migan_pipeline_v2.onnx", device="cpu"))
    _, seen, outline = lesson()
    assert (got[outline & ~seen] == 255).all()
    monkeypatch.setattr(_Session, "names", ("input",))
    with pytest.raises(ModelError, match="image and mask"):
        MiGan(tmp_path / "migan_pipeline_v2.onnx", device="cpu")


def test_migan_without_its_runtime_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="pip install onnxruntime"):
        MiGan(tmp_path / "x.onnx", device="cpu")


def test_null_fills_nothing() -> None:
    image, seen, outline = lesson()
    assert NullFiller(device="cpu")([image] * 2, [seen] * 2, [outline] * 2) == [None, None]


def test_every_filler_of_the_registry_names_a_class_and_a_licence() -> None:
    fillers = [m for m in weights.registry().values() if m.stage == "inpaint"]
    assert {"inpaint-none", "lama", "migan", "sd15-inpaint", "sdxl-inpaint"} <= {
        m.name for m in fillers
    }
    assert not any("runwayml" in (m.repo + m.url) for m in fillers)  # that repository is gone
    assert all(m.licence for m in fillers)
