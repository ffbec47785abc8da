"""Stable Diffusion's inpainting on diffusers' own classes, tiny and random, saved in the published layout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from published_diffusers import stable, stable_xl

from wardrobe import weights
from wardrobe.backends.diffusion_inpaint import StableFiller
from wardrobe.errors import ContractError, ModelError
from wardrobe.types import Image, MaskArray


@pytest.fixture(scope="module", params=["sd15-inpaint", "sdxl-inpaint"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    make = stable if request.param == "sd15-inpaint" else stable_xl
    return make(tmp_path_factory.mktemp("sd") / request.param)


@pytest.fixture(scope="module")
def filler(folder: Path) -> StableFiller:
    strength = weights.find(folder.name).options.get("strength", 1.0)
    return StableFiller(folder, device="cpu", input_px=64, steps=2, strength=strength)


def lesson(h: int = 60, w: int = 44) -> tuple[Image, MaskArray, MaskArray]:
    image = np.random.default_rng(0).integers(0, 255, (h, w, 3)).astype(np.uint8)
    outline = np.zeros((h, w), np.bool_)
    outline[6:-6, 6:-6] = True
    seen = outline.copy()
    seen[20:34] = False
    return image, seen, outline


def test_seen_pixels_stay_and_the_hole_is_painted(filler: StableFiller) -> None:
    image, seen, outline = lesson()
    (got,) = filler([image], [seen], [outline])
    assert got is not None
    assert got.shape == image.shape
    assert got.dtype == np.uint8
    assert (got[seen] == image[seen]).all()
    assert (got[outline & ~seen] != image[outline & ~seen]).any()


def test_the_same_garment_gets_the_same_filling_alone_or_in_company(filler: StableFiller) -> None:
    one, two = lesson(), lesson(40, 50)
    both = filler(*([a, b] for a, b in zip(one, two, strict=True)))
    for got, each in zip(both, (one, two), strict=True):
        (alone,) = filler(*([x] for x in each))
        assert got is not None
        assert (got == alone).all()


def test_it_never_looks_at_what_is_not_the_garment(filler: StableFiller) -> None:
    image, seen, outline = lesson()
    other = np.where(seen[..., None], image, 255 - image)
    one, two = (filler([x], [seen], [outline])[0] for x in (image, other))
    assert one is not None
    assert (one == two).all()


def test_white_is_where_it_repaints(filler: StableFiller, monkeypatch: pytest.MonkeyPatch) -> None:
    image, seen, outline = lesson()
    given: dict[str, Any] = {}
    pipe = filler._pipe

    def spied(**kwargs: Any) -> Any:
        given.update(kwargs)
        return pipe(**kwargs)

    monkeypatch.setattr(filler, "_pipe", spied)
    filler([image], [seen], [outline])
    mask = np.asarray(given["mask_image"])
    assert mask.shape == (64, 64)
    assert mask[28, 32] == 255
    assert mask[10, 32] == 0
    assert (given["height"], given["width"]) == (64, 64)


def test_half_precision_files_are_found_by_their_names(folder: Path, tmp_path: Path) -> None:
    """The registry fetches ``*.fp16.safetensors`` only."""
    half = tmp_path / "half"
    shutil.copytree(folder, half)
    for path in half.rglob("*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    image, seen, outline = lesson()
    made = [
        StableFiller(f, device="cpu", input_px=64, steps=2)([image], [seen], [outline])[0]
        for f in (folder, half)
    ]
    assert made[0] is not None
    assert (made[0] == made[1]).all()


def test_what_is_no_inpainting_pipeline_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="model_index"):
        StableFiller(tmp_path, device="cpu")
    with pytest.raises(ModelError, match="takes 4 channels"):
        StableFiller(stable(tmp_path / "four", channels=4), device="cpu")
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    next(damaged.glob("unet/*.safetensors")).unlink()
    with pytest.raises(ModelError, match="models verify"):
        StableFiller(damaged, device="cpu")


def test_sizes_that_do_not_fit_are_our_bug(filler: StableFiller) -> None:
    image, seen, outline = lesson()
    with pytest.raises(ContractError):
        filler([image], [seen[:-1]], [outline])


@pytest.mark.parametrize("name", ["sd15-inpaint", "sdxl-inpaint"])
def test_the_registry_fetches_every_file_that_is_loaded(name: str, tmp_path: Path) -> None:
    """Just the files of the registry, under their names there: nothing else is missed."""
    whole = (stable if name == "sd15-inpaint" else stable_xl)(tmp_path / "whole")
    bare = tmp_path / name
    for one in weights.find(name).all():
        inner = Path(one.path).relative_to(name)
        there = whole / str(inner).replace(".fp16.", ".")
        (bare / inner).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(there, bare / inner)
    image, seen, outline = lesson()
    (got,) = StableFiller(bare, device="cpu", input_px=64, steps=2)([image], [seen], [outline])
    assert got is not None
    assert (got[seen] == image[seen]).all()


def test_xl_is_told_the_size_and_starts_a_little_short_of_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = weights.find("sdxl-inpaint").options
    assert (options["input_px"], options["strength"]) == (1024, 0.99)
    filler = StableFiller(
        stable_xl(tmp_path / "xl"), device="cpu", input_px=64, steps=4, strength=0.99
    )
    told: list[dict[str, Any]] = []
    forward = filler._pipe.unet.forward

    def spied(*args: Any, **kwargs: Any) -> Any:
        told.append(kwargs["added_cond_kwargs"])
        return forward(*args, **kwargs)

    monkeypatch.setattr(filler._pipe.unet, "forward", spied)
    image, seen, outline = lesson()
    filler([image], [seen], [outline])
    assert len(told) == 3  # 0.99 of four steps
    assert told[0]["time_ids"][0].tolist() == [64, 64, 0, 0, 64, 64]
    assert told[0]["text_embeds"].shape == (2, 20)
