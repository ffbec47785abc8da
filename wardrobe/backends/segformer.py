"""SegFormer (transformers): a map of clothes, one class a pixel, made into garments.

Such a network is semantic: it says "shoe" of pixels, not how many shoes. Pieces of one class that
lie near one another, measured by the body, are one garment: hair, a strap or an arm cuts a top in
two, and a pair of shoes is one item.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from transformers import SegformerForSemanticSegmentation
from transformers.utils import logging as transformers_log

from wardrobe import geometry
from wardrobe.errors import ModelError
from wardrobe.labels import ATR, Category
from wardrobe.portions import Portions
from wardrobe.types import GARMENT_MIN_SCORE, Detection, Image, Mask

transformers_log.disable_progress_bar()

ON_CUDA = 16  # pictures in a forward pass there
GRID_PX = 192  # longer side of the map on which pieces are joined
MIN_SHARE = 0.0002  # of the picture; smaller pieces are noise
#: Torsos that may lie between two pieces of one garment: an arm's width, or a step between shoes.
GAP: dict[Category, float] = {
    "tops": 0.35, "bottoms": 0.35, "dresses": 0.4, "skirts": 0.3, "footwear": 1.0, "belts": 0.4, "scarves": 0.4,
    "eyewear": 0.15,
}  # fmt: skip
GAP_OTHERWISE = 0.15


class SegformerGarments:
    """Garments of the ATR classes, in the house's categories.

    Args:
        path: folder with config.json, preprocessor_config.json and model.safetensors.
        labels: the network's classes in its order; those in config.json must agree.
        input_px: side of the square that pictures are squashed to.
        mean, std: of the network's input; preprocessor_config.json must agree on all three.

    Raises:
        ModelError: files of another model, other labels or preprocessing, missing or foreign tensors.
    """

    def __init__(
        self,
        path: Path,
        *,
        labels: Sequence[str],
        input_px: int,
        mean: Sequence[float],
        std: Sequence[float],
        device: str = "cpu",
        min_score: float = GARMENT_MIN_SCORE,
    ) -> None:
        _check_labels(path, labels)
        _check_input(path, input_px, mean, std)
        self._categories: list[Category | None] = [ATR[name] for name in labels]
        self._cuda = device.startswith("cuda")
        self._device, self._input_px, self._min_score = device, input_px, min_score
        self._net = _loaded(path).eval().to(device)
        if self._cuda:
            self._net = self._net.to(memory_format=torch.channels_last)
        self._mean, self._std = (
            torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (mean, std)
        )
        self._portions = Portions(ON_CUDA if self._cuda else 1, torch.cuda.empty_cache)

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image], torsos: Sequence[float]) -> list[list[Detection]]:
        logits = self._portions(self._forward, images)
        return [
            self._garments(one, image, torso)
            for one, image, torso in zip(logits, images, torsos, strict=True)
        ]

    def _forward(self, images: Sequence[Image]) -> list[torch.Tensor]:
        """(1, classes, input_px / 4, input_px / 4) float32 logits of each picture."""
        batch = torch.cat([self._prepared(image) for image in images])
        if self._cuda:
            with torch.autocast("cuda", torch.bfloat16):
                return list(self._net(batch).logits.float().split(1))
        return list(self._net(batch).logits.split(1))

    def _prepared(self, image: Image) -> torch.Tensor:
        """(1, 3, input_px, input_px) float32: squashed whatever its aspect, as it was trained."""
        tensor = torch.from_numpy(np.ascontiguousarray(image)).to(self._device)
        size = (self._input_px, self._input_px)
        whole = F.interpolate(
            tensor.permute(2, 0, 1)[None].float(), size, mode="bilinear", antialias=True
        )
        return (whole.round() / 255 - self._mean) / self._std  # resized pictures are 8 bits

    def _garments(self, logits: torch.Tensor, image: Image, torso: float) -> list[Detection]:
        # The logits go to the picture's own size, not their argmax: edges stay smooth, and the
        # squashed aspect is undone.
        whole = F.interpolate(logits, image.shape[:2], mode="bilinear", align_corners=False)
        chance, labels = whole.softmax(dim=1).max(dim=1)
        small = labels[0].byte().cpu().numpy()  # an eighth of what would travel
        found = instances(small, chance[0].cpu().numpy(), self._categories, torso)
        return [d for d in found if d.score >= self._min_score]


def instances(
    labels: NDArray[np.integer],
    chance: NDArray[np.float32],
    categories: Sequence[Category | None],
    torso: float,
) -> list[Detection]:
    """Garments of a map of classes, surest first.

    Args:
        labels: (h, w) class of each pixel.
        chance: (h, w) its probability.
        categories: of each class; None for skin, hair and background. Classes of one category, such
            as the left and the right shoe, are one.
        torso: shoulders to hips, px.
    """
    found = []
    h, w = labels.shape
    step = max(1, round(max(h, w) / GRID_PX))
    there = np.bincount(labels.ravel(), minlength=len(categories)) > 0
    for category in dict.fromkeys(c for c in categories if c is not None):
        own = np.array([c == category for c in categories])
        if not (own & there).any():
            continue
        mask = own[labels]
        for number, part, cells in _joined(mask, step, GAP.get(category, GAP_OTHERWISE) * torso):
            # Within the piece's own frame: a picture may hold hundreds of them.
            near = (cells == number).repeat(step, axis=0).repeat(step, axis=1)
            one = mask[part] & near[: mask[part].shape[0], : mask[part].shape[1]]
            if one.sum() >= max(MIN_SHARE * h * w, 1):
                all_ = np.zeros((h, w), np.bool_)
                all_[part] = one
                box = geometry.box_of(all_)
                assert box is not None
                sure = float(chance[part][one].mean())
                found.append(Detection(category, sure, box, Mask.of(all_)))
    return sorted(found, key=lambda d: -d.score)


def _joined(
    mask: NDArray[np.bool_], step: int, gap: float
) -> Iterator[tuple[int, tuple[slice, slice], NDArray[np.int32]]]:
    """Groups of pieces that lie no more than ``gap`` px apart: each one's number, the frame it lies in
    (px), and the numbers of that frame's cells of ``step`` px."""
    h, w = mask.shape
    rows, cols = -(-h // step), -(-w // step)
    padded = np.zeros((rows * step, cols * step), np.uint8)
    padded[:h, :w] = mask
    small = padded.reshape(rows, step, cols, step).max(axis=(1, 3))
    reach = round(gap / step / 2)
    if reach:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        small = cv2.dilate(small, disc)
    count, numbers, frames, _ = cv2.connectedComponentsWithStats(small)
    for number in range(1, count):
        x, y, wide, high = (int(v) for v in frames[number, :4])
        part = slice(y * step, (y + high) * step), slice(x * step, (x + wide) * step)
        yield number, part, np.asarray(numbers[y : y + high, x : x + wide], np.int32)


def _loaded(path: Path) -> Any:
    """The network with exactly the tensors of the folder; the library itself would fill in random
    ones and say so in its log."""
    try:
        loaded: Any = SegformerForSemanticSegmentation.from_pretrained(
            path, local_files_only=True, use_safetensors=True, output_loading_info=True,
            ignore_mismatched_sizes=True,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError) as e:
        raise ModelError(f"{path} holds no SegFormer that can be read: {e}") from e
    net, said = loaded  # as output_loading_info asks
    wrong = {
        "lacks": said["missing_keys"], "has unknown": said["unexpected_keys"],
        "has other shapes of": {key for key, *_ in said["mismatched_keys"]},
    }  # fmt: skip
    for what, names in wrong.items():
        if names:
            raise ModelError(
                f"{path.name} {what} {len(names)} tensors, such as {', '.join(sorted(names)[:3])}."
                " Run `wardrobe models verify`."
            )
    return net


def _check_labels(path: Path, labels: Sequence[str]) -> None:
    unknown = [name for name in labels if name not in ATR]
    if unknown:
        raise ModelError(f"{path.name}: labels that aren't ATR's: {', '.join(unknown)}.")
    table = _json(path / "config.json").get("id2label", {})
    there = [table.get(str(i)) for i in range(max(len(table), len(labels)))]
    if there != list(labels):
        raise ModelError(f"{path.name} names its classes {there}, the registry {list(labels)}.")


def _check_input(path: Path, input_px: int, mean: Sequence[float], std: Sequence[float]) -> None:
    said = _json(path / "preprocessor_config.json")
    size = said.get("size")
    side = size.get("height") if isinstance(size, dict) else size
    wide = size.get("width") if isinstance(size, dict) else size
    facts = {
        "size": ((side, wide), (input_px, input_px)),
        "image_mean": (np.round(said.get("image_mean", []), 4).tolist(), list(mean)),
        "image_std": (np.round(said.get("image_std", []), 4).tolist(), list(std)),
        "resample": (said.get("resample", 2), 2),  # bilinear
        "reduce_labels": (said.get("do_reduce_labels", said.get("reduce_labels", False)), False),
    }
    for name, (there, wanted) in facts.items():
        if there != wanted:
            raise ModelError(
                f"{path.name} was made for {name} {there}, the registry says {wanted}."
            )


def _json(path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise ModelError(f"{path} can't be read: {e}. Run `wardrobe models verify`.") from e
    return said
