"""Stable Diffusion as a filler, through diffusers' own inpainting pipelines.

Its mask is white where to repaint. It works on a square of its own size; cutting and pasting back is done
here, since ``padding_mask_crop`` had bugs (diffusers #9166). The same garment always gets the same
filling: the noise is seeded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wardrobe.errors import ContractError, ModelError
from wardrobe.types import Image, MaskArray

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is ever fetched behind a person's back
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")

PROMPT = "the fabric of the same garment, plain continuation, flat catalogue photo"
UNUSED = ("safety_checker", "feature_extractor", "image_encoder")
UNWANTED = "logo, text, print, button, person, skin, hand, strap"


class StableFiller:
    """Stable Diffusion 1.5, 2 or XL for inpainting, from a folder as published on the hub.

    Args:
        path: a folder with ``model_index.json``.
        device: a torch device.
        input_px: side of the square it was trained on: 512, XL 1024.
        steps: denoising steps.
        strength: share of them that the hole starts from noise; XL has trouble at 1.
        guidance: how strictly the words are followed.

    Raises:
        ModelError: the folder isn't an inpainting pipeline, or a part of it is missing.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str,
        input_px: int = 512,
        steps: int = 25,
        strength: float = 1.0,
        guidance: float = 4.0,
    ) -> None:
        import diffusers
        import torch

        if not (path / "model_index.json").is_file():
            raise ModelError(f"{path} holds no diffusers pipeline: model_index.json is missing.")
        # A checker of whole photos has nothing to say of a garment on grey, and isn't fetched.
        index = json.loads((path / "model_index.json").read_text(encoding="utf-8"))
        spare: dict[str, Any] = {k: None for k in UNUSED if k in index}
        if "safety_checker" in index:
            spare["requires_safety_checker"] = False
        half = device.startswith("cuda")
        variant = "fp16" if any(path.glob("unet/*.fp16.safetensors")) else None
        try:
            make: Any = diffusers.AutoPipelineForInpainting
            self._pipe = make.from_pretrained(
                str(path), dtype=torch.float16 if half else torch.float32,
                variant=variant, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False,
                **spare,
            )  # fmt: skip
        except (OSError, ValueError) as e:
            raise ModelError(f"{path}: {e}. Run `wardrobe models verify`.") from e
        channels = self._pipe.unet.config.in_channels
        if channels != 9:
            raise ModelError(
                f"{path}: its UNet takes {channels} channels; one trained to inpaint takes 9."
            )
        self._pipe.to(device)
        self._pipe.set_progress_bar_config(disable=True)
        self._torch, self._device, self._px = torch, device, input_px
        self._steps, self._strength, self._guidance = steps, strength, guidance

    def __call__(
        self, pictures: Sequence[Image], seen: Sequence[MaskArray], outlines: Sequence[MaskArray]
    ) -> list[Image | None]:
        """Pictures with the unseen part of their outline filled; seen pixels are as they were."""
        return [self._filled(*one) for one in zip(pictures, seen, outlines, strict=True)]

    def _filled(self, image: Image, seen: MaskArray, outline: MaskArray) -> Image:
        if image.shape != (*seen.shape, 3) or seen.shape != outline.shape:
            raise ContractError(f"a filler got {image.shape}, {seen.shape} and {outline.shape}")
        h, w = seen.shape
        mean = image[seen].mean(axis=0) if seen.any() else np.full(3, 128.0)
        ground = np.where(seen[..., None], image, mean.round().astype(np.uint8)).astype(np.uint8)
        repaint = outline & ~seen
        made = self._pipe(
            prompt=PROMPT, negative_prompt=UNWANTED,
            image=_picture(squared(ground, self._px)),
            mask_image=_picture(squared(repaint.astype(np.uint8) * 255, self._px)),
            height=self._px, width=self._px, num_inference_steps=self._steps,
            strength=self._strength, guidance_scale=self._guidance, output_type="np",
            generator=self._torch.Generator(self._device).manual_seed(0),
        ).images[0]  # fmt: skip
        side = max(h, w)
        large = cv2.resize(np.asarray(made, np.float32) * 255, (side, side))
        top, left = (side - h) // 2, (side - w) // 2
        part = np.clip(large[top : top + h, left : left + w], 0, 255).round().astype(np.uint8)
        return np.where(seen[..., None], image, part)


def squared(picture: NDArray[np.uint8], px: int) -> NDArray[np.uint8]:
    """A picture or mask in the middle of a square of ``px``, its edges going on to the sides."""
    h, w = picture.shape[:2]
    side = max(h, w)
    top, left = (side - h) // 2, (side - w) // 2
    edges = ((top, side - h - top), (left, side - w - left), *((0, 0),) * (picture.ndim - 2))
    square = np.pad(picture, edges, mode="edge" if picture.ndim == 3 else "constant")
    how = cv2.INTER_AREA if side > px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (px, px), interpolation=how), np.uint8)


def _picture(pixels: NDArray[np.uint8]) -> Any:
    from PIL import Image as Pillow

    return Pillow.fromarray(pixels)
