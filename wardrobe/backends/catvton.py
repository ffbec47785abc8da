"""CatVTON (Chong et al., ICLR 2025) on diffusers' own classes: nothing of its code is here.

The inpainting UNet of Stable Diffusion 1.5 looks at the person and the garment one above the other,
and only its self-attention is CatVTON's. Nothing else of text-to-image is used: no prompt, no
cross-attention. What went wrong elsewhere with these weights is refused here or has a test: blocks
in another order than the file's, tensors that land nowhere, an unseeded VAE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image as Pillow
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from wardrobe import geometry
from wardrobe.errors import ModelError
from wardrobe.stages.tryon import Fitting, Piece
from wardrobe.types import Image

BLOCKS = 16  # transformer blocks of the UNet, each with one self-attention
NAMES = ("to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight", "to_out.0.bias")
#: The published list holds eight modules of each block, in this order; a tensor may be saved under
#: any module that contains it.
PER_BLOCK = ("", "to_q.", "to_k.", "to_v.", "to_out.", "to_out.0.", "to_out.1.", "processor.")
WHITE = 255
STEPS = 50  # as published


class CatVton:
    """A garment onto a person by latent diffusion; deterministic for a seed.

    Args:
        path: a folder with ``unet/``, ``vae/`` and ``scheduler/`` as diffusers saves them, and
            CatVTON's ``<attention>/attention/model.safetensors``.
        device: a torch device.
        attention: which of the published sets; each has been trained at one size.
        height, width: px, of that set.
        guidance: 2.5 to 3.5; above, colours distort.

    Raises:
        ModelError: a file is missing or isn't of this scheme.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str,
        attention: str = "mix-48k-1024",
        height: int = 1024,
        width: int = 768,
        guidance: float = 2.5,
    ) -> None:
        self._unet: Any = _built(UNet2DConditionModel, path / "unet")
        self._vae: Any = _built(AutoencoderKL, path / "vae")
        self._schedule = _config(path / "scheduler" / "scheduler_config.json")
        skip_cross_attention(self._unet)
        load_attention(self._unet, path / attention / "attention" / "model.safetensors")
        kind = torch.float16 if device.startswith("cuda") else torch.float32
        self._unet.to(device, kind).eval()
        self._vae.to(device, kind).eval()
        self._device, self._kind = device, kind
        self._size, self._guidance = (height, width), guidance

    def __call__(self, fittings: Sequence[Fitting], *, seed: int, steps: int) -> list[Image]:
        return [self._one(f, seed, steps) for f in fittings]

    @torch.inference_mode()
    def _one(self, fitting: Fitting, seed: int, steps: int) -> Image:
        window = crop_of(fitting.dressed.region, self._size)
        x0, y0, x1, y1 = window
        size = self._size[::-1]
        person = Pillow.fromarray(fitting.before[y0:y1, x0:x1]).resize(
            size, Pillow.Resampling.LANCZOS
        )
        grey = Pillow.fromarray(fitting.dressed.region[y0:y1, x0:x1].astype(np.uint8) * 255)
        mask = torch.from_numpy(np.asarray(grey.resize(size, Pillow.Resampling.BILINEAR)) >= 128)
        picture = self.made(
            pixels(np.asarray(person)), mask[None, None].float(),
            pixels(on_white(fitting.piece, self._size)), seed=seed, steps=steps or STEPS,
        )  # fmt: skip
        made = ((picture[0] / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(1, 2, 0)
        back = Pillow.fromarray(made.cpu().numpy()).resize(
            (x1 - x0, y1 - y0), Pillow.Resampling.LANCZOS
        )
        out = fitting.dressed.image.copy()
        part = out[y0:y1, x0:x1]
        inside = fitting.dressed.region[y0:y1, x0:x1]
        part[inside] = np.asarray(back)[inside]
        return out

    def made(
        self, person: Tensor, mask: Tensor, garment: Tensor, *, seed: int, steps: int
    ) -> Tensor:
        """(1, 3, h, w) in [-1, 1]: the person in the garment.

        Args:
            person, garment: (1, 3, h, w) in [-1, 1].
            mask: (1, 1, h, w), 1 where the person is made anew.
        """
        generator = torch.Generator().manual_seed(seed)
        masked = self._encoded(person * (mask < 0.5), generator)
        worn = self._encoded(garment, generator)
        small = F.interpolate(mask, masked.shape[2:], mode="nearest").to(masked)
        # Height, not width: the paper's formulas say width, its weights are of this.
        both = torch.cat([masked, worn], dim=-2)
        alone = torch.cat([masked, torch.zeros_like(worn)], dim=-2)
        masks = torch.cat([small, torch.zeros_like(small)], dim=-2)
        schedule: Any = DDIMScheduler.from_config(self._schedule)
        schedule.set_timesteps(steps)
        x = torch.randn(both.shape, generator=generator).to(both) * schedule.init_noise_sigma
        for t in schedule.timesteps:
            given = schedule.scale_model_input(torch.cat([x, x]), t)
            conditions = torch.cat([alone, both])  # without the garment first
            shown = torch.cat([given, torch.cat([masks, masks]), conditions], dim=1)
            without, with_ = self._unet(shown, t, encoder_hidden_states=None).sample.chunk(2)
            said = without + self._guidance * (with_ - without)
            noise = torch.randn(x.shape, generator=generator).to(x)
            x = schedule.step(said, t, x, eta=1.0, variance_noise=noise).prev_sample
        top = x[:, :, : masked.shape[2]] / self._vae.config.scaling_factor
        out: Tensor = self._vae.decode(top).sample.float()
        return out

    def _encoded(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Latents; the VAE's sample is drawn from our own generator, on the CPU."""
        said = self._vae.encode(image.to(self._device, self._kind)).latent_dist
        noise = torch.randn(said.mean.shape, generator=generator).to(said.mean)
        latents: Tensor = (said.mean + said.std * noise) * self._vae.config.scaling_factor
        return latents


def skip_cross_attention(unet: Any) -> None:
    """Every cross-attention answers what it was given: there is no text to look at."""
    unet.set_attn_processor(
        {
            name: SkipAttention() if name.endswith("attn2.processor") else processor
            for name, processor in unet.attn_processors.items()
        }
    )


class SkipAttention:
    """An attention that attends to nothing."""

    def __call__(self, attn: nn.Module, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        return hidden_states


def load_attention(unet: Any, file: Path) -> None:
    """Put the published self-attention into a UNet.

    The file numbers modules of a flat list, eight to a block, blocks in the order in which the
    network registers them: down, up, and the middle last.

    Raises:
        ModelError: any tensor of the network would not be set, or any of the file is not used.
    """
    blocks = [m for name, m in unet.named_modules() if name.endswith("attn1")]
    if len(blocks) != BLOCKS:
        raise ModelError(f"{file}: the UNet has {len(blocks)} self-attentions, not {BLOCKS}.")
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError) as e:
        raise ModelError(f"{file}: {e}. Run `wardrobe models verify`.") from e
    found: dict[tuple[int, str], Tensor] = {}
    for key, value in tensors.items():
        at = _place(key)
        if at is None or at[0] >= BLOCKS:
            raise ModelError(f"{file}: {key} is no self-attention of this list. Another file?")
        if at in found and not torch.equal(found[at], value):
            raise ModelError(f"{file}: block {at[0]} has two different {at[1]}.")
        found[at] = value
    wanted = {(n, name) for n in range(BLOCKS) for name in NAMES}
    if missing := sorted(wanted - found.keys()):
        n, name = missing[0]
        raise ModelError(f"{file}: {len(missing)} of 80 tensors are missing, first {n}: {name}.")
    set_ = 0
    with torch.no_grad():
        for (n, name), value in found.items():
            parameter = blocks[n].get_parameter(name)
            if parameter.shape != value.shape:
                shapes = f"{tuple(value.shape)}, not {tuple(parameter.shape)}"
                raise ModelError(f"{file}: {name} of block {n} is {shapes}. Blocks out of order?")
            parameter.copy_(value)
            set_ += 1
    if set_ != BLOCKS * len(NAMES):
        raise ModelError(f"{file}: {set_} tensors were set, not {BLOCKS * len(NAMES)}.")


def _place(key: str) -> tuple[int, str] | None:
    """The block and the name in it that a key of the file stands for."""
    number = re.fullmatch(r"(\d+)\.(.+)", key)
    if not number:
        return None
    block, member = divmod(int(number[1]), len(PER_BLOCK))
    name = PER_BLOCK[member] + number[2]
    return (block, name) if name in NAMES else None


def crop_of(
    region: np.ndarray[Any, np.dtype[np.bool_]], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The largest part of the photo with the network's shape, around the region's middle."""
    h, w = region.shape
    wide = min(w, round(h * size[1] / size[0]))
    high = min(h, round(wide * size[0] / size[1]))
    box = geometry.box_of(region) or (0.0, 0.0, float(w), float(h))
    x0 = min(max(round((box[0] + box[2] - wide) / 2), 0), w - wide)
    y0 = min(max(round((box[1] + box[3] - high) / 2), 0), h - high)
    return x0, y0, x0 + wide, y0 + high


def on_white(piece: Piece, size: tuple[int, int]) -> Image:
    """The garment's picture in the network's shape, padded with white; alone where it lay alone."""
    box = geometry.box_of(piece.mask) or (0.0, 0.0, 1.0, 1.0)
    x0, y0, x1, y1 = geometry.grow(box, 0.05, piece.mask.shape)
    part = piece.image[y0:y1, x0:x1].copy()
    if piece.frame is None:
        part[~piece.mask[y0:y1, x0:x1]] = WHITE
    scale = min(size[0] / part.shape[0], size[1] / part.shape[1])
    fit = (max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1))
    small = np.asarray(Pillow.fromarray(part).resize(fit, Pillow.Resampling.LANCZOS))
    out = np.full((*size, 3), WHITE, np.uint8)
    top, left = (size[0] - fit[1]) // 2, (size[1] - fit[0]) // 2
    out[top : top + fit[1], left : left + fit[0]] = small
    return out


def pixels(image: Image) -> Tensor:
    """(1, 3, h, w) float32 in [-1, 1]."""
    return torch.from_numpy(image.transpose(2, 0, 1).copy())[None].float() / 127.5 - 1


def _built(kind: Any, folder: Path) -> Any:
    """A network of diffusers with exactly the tensors of its file."""
    net = kind.from_config(_config(folder / "config.json"))
    file = folder / "diffusion_pytorch_model.safetensors"
    try:
        net.load_state_dict(load_file(file), strict=True)
    except (OSError, SafetensorError, RuntimeError) as e:
        raise ModelError(f"{file} is not this network's: {e}. Run `wardrobe models verify`.") from e
    return net


def _config(file: Path) -> Mapping[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise ModelError(f"{file}: {e}. Fetch the model again.") from e
    return found
