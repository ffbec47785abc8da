"""Stable Diffusion and CatVTON built tiny on diffusers' own classes: random from seed 0, saved in the
layout in which the hub has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from wardrobe.backends import catvton as scheme

LETTERS = [*(chr(c) for c in range(ord("a"), ord("z") + 1)), ","]
WORDS = [*LETTERS, *(f"{x}</w>" for x in LETTERS), "<|startoftext|>", "<|endoftext|>"]
ATTENTION = Path("mix-48k-1024/attention/model.safetensors")


def stable(folder: Path, channels: int = 9) -> Path:
    """A pipeline of a few thousand weights as the hub has Stable Diffusion 1.5 for inpainting."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    parts: dict[str, Any] = {"safety_checker": None, "feature_extractor": None}
    StableDiffusionInpaintPipeline(
        vae=_vae(), unet=_unet(channels, words=16), tokenizer=_tokenizer(folder),
        text_encoder=CLIPTextModel(_text()), requires_safety_checker=False,
        scheduler=PNDMScheduler(skip_prk_steps=True, steps_offset=1), **parts,
    ).save_pretrained(folder)  # fmt: skip
    _tokenizers_as_then(folder)
    # The hub's index names a checker that isn't fetched.
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def stable_xl(folder: Path, channels: int = 9) -> Path:
    """The same of Stable Diffusion XL: two text encoders, of which the second's whole is projected, and
    sizes and crops told to the UNet."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    unet = _unet(
        channels, words=16 + 24, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 20, transformer_layers_per_block=(1, 2),
    )  # fmt: skip
    StableDiffusionXLInpaintPipeline(
        vae=_vae(), unet=unet, tokenizer=_tokenizer(folder), tokenizer_2=_tokenizer(folder),
        text_encoder=CLIPTextModel(_text()),
        text_encoder_2=CLIPTextModelWithProjection(_text(hidden=24, projection_dim=20)),
        scheduler=EulerDiscreteScheduler(),
    ).save_pretrained(folder)  # fmt: skip
    _tokenizers_as_then(folder)
    return folder


def _unet(channels: int, words: int, **more: Any) -> Any:
    return UNet2DConditionModel(
        sample_size=16, in_channels=channels, out_channels=4, layers_per_block=1,
        block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=words, attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **more,
    )  # fmt: skip


def _vae() -> Any:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), latent_channels=4, norm_num_groups=4, sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip


def _text(hidden: int = 16, **more: Any) -> Any:
    return CLIPTextConfig(
        vocab_size=len(WORDS), hidden_size=hidden, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=2, bos_token_id=len(WORDS) - 2, eos_token_id=len(WORDS) - 1,
        pad_token_id=len(WORDS) - 1, **more,
    )  # fmt: skip


def _words(folder: Path) -> tuple[Path, Path]:
    vocab, merges = folder / "vocab.json", folder / "merges.txt"
    vocab.write_text(json.dumps({w: i for i, w in enumerate(WORDS)}))
    merges.write_text("#version: 0.2\n")
    return vocab, merges


def _tokenizer(folder: Path) -> Any:
    vocab, merges = _words(folder)
    tokenizer = CLIPTokenizer(str(vocab), str(merges), model_max_length=77)
    vocab.unlink()
    merges.unlink()
    return tokenizer


def _tokenizers_as_then(folder: Path) -> None:
    """The hub's pipelines were saved when a tokenizer was a vocabulary, merges and special tokens."""
    special = {
        "bos_token": WORDS[-2],
        "eos_token": WORDS[-1],
        "pad_token": WORDS[-1],
        "unk_token": WORDS[-1],
    }
    for part in folder.glob("tokenizer*"):
        for file in part.iterdir():
            file.unlink()
        _words(part)
        (part / "special_tokens_map.json").write_text(json.dumps(special))
        config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "add_prefix_space": False,
                  "do_lower_case": True, **special}  # fmt: skip
        (part / "tokenizer_config.json").write_text(json.dumps(config))


def catvton_unet() -> Any:
    """SD 1.5's inpainting UNet in its own topology, narrow."""
    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8, in_channels=9, out_channels=4, block_out_channels=(8, 16, 16, 16),
        layers_per_block=2, cross_attention_dim=8, attention_head_dim=4, norm_num_groups=4,
    )  # fmt: skip


def catvton_attention(net: Any, seed: int = 1) -> dict[str, torch.Tensor]:
    """Random self-attention as the published file names it: eight modules to a block."""
    generator = torch.Generator().manual_seed(seed)
    out = {}
    for n, block in enumerate(m for name, m in net.named_modules() if name.endswith("attn1")):
        for name in scheme.NAMES:
            shape = block.get_parameter(name).shape
            out[f"{8 * n}.{name}"] = torch.randn(shape, generator=generator)
    return out


def catvton(folder: Path) -> Path:
    """The three repositories' files in the one folder that the registry puts them in."""
    net = catvton_unet()
    net.save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(4, 4, 4, 4), norm_num_groups=2, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).save_pretrained(folder / "vae")  # fmt: skip
    DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    ).save_pretrained(folder / "scheduler")  # fmt: skip
    (folder / ATTENTION).parent.mkdir(parents=True)
    save_file(catvton_attention(net), folder / ATTENTION)
    return folder
