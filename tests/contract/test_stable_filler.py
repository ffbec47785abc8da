"""Stable Diffusion's inpainting on diffusers' own classes, tiny and random, saved in the published layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from wardrobe.backends.diffusion_inpaint import StableFiller
from wardrobe.errors import ContractError, ModelError
from wardrobe.types import Image, MaskArray


def published(folder: Path, channels: int = 9) -> Path:
    """A pipeline of a few thousand weights as the hub has Stable Diffusion 1.5 for inpainting."""
    folder.mkdir()
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=channels, out_channels=4, layers_per_block=1,
        block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=16, attention_head_dim=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), latent_channels=4, norm_num_groups=4, sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + [","]
    words = [*letters, *(f"{x}</w>" for x in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77
    )
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words), hidden_size=16, intermediate_size=24, num_hidden_layers=1,
            num_attention_heads=2, bos_token_id=len(words) - 2, eos_token_id=len(words) - 1,
            pad_token_id=len(words) - 1,
        )
    )  # fmt: skip
    scheduler = PNDMScheduler(skip_prk_steps=True, steps_offset=1)
    parts: dict[str, Any] = {"safety_checker": None, "feature_extractor": None}
    StableDiffusionInpaintPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=scheduler,
        requires_safety_checker=False, **parts,
    ).save_pretrained(folder)  # fmt: skip
    # The hub's index names a checker that isn't fetched.
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("sd") / "sd15-inpaint")


@pytest.fixture(scope="module")
def filler(folder: Path) -> StableFiller:
    return StableFiller(folder, device="cpu", input_px=64, steps=2)


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
        StableFiller(published(tmp_path / "four", channels=4), device="cpu")
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    next(damaged.glob("unet/*.safetensors")).unlink()
    with pytest.raises(ModelError, match="models verify"):
        StableFiller(damaged, device="cpu")


def test_sizes_that_do_not_fit_are_our_bug(filler: StableFiller) -> None:
    image, seen, outline = lesson()
    with pytest.raises(ContractError):
        filler([image], [seen[:-1]], [outline])
