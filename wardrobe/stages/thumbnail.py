"""Garment -> pictures of it: the cut-out on a neutral background, and a preview in its photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wardrobe import color, geometry, images, matte
from wardrobe.config import ThumbnailSettings
from wardrobe.types import Crop, Image, Photo, Worn

PREVIEW_PX = 260
QUALITY, PREVIEW_QUALITY = 88, 72

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CutOut:
    """The thumbnail stage: WebP bytes of the garment alone, square, centred, on the background."""

    settings: ThumbnailSettings
    pixels: Callable[[Photo], Image]
    name: str = "cutout"
    version: int = 3
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return self.settings.model_dump(include={"size_px", "margin", "background"})

    def digest(self, one: Worn) -> str:
        return one.digest

    def __call__(self, batch: Sequence[Worn]) -> Sequence[bytes]:
        crops = [Crop.of(self.pixels(w.photo), w.garment, 0.1) for w in batch]
        return [images.encode_webp(cut_out(crop, self.settings), QUALITY) for crop in crops]

    def encode(self, out: bytes) -> bytes:
        return out

    def decode(self, data: bytes) -> bytes:
        return data


@dataclass(frozen=True)
class Preview:
    """WebP bytes of the photo around a garment, small, for the catalogue page."""

    pixels: Callable[[Photo], Image]
    name: str = "preview"
    version: int = 1
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return {"px": PREVIEW_PX}

    def digest(self, one: Worn) -> str:
        return one.digest

    def __call__(self, batch: Sequence[Worn]) -> Sequence[bytes]:
        return [images.encode_webp(self._small(w), PREVIEW_QUALITY) for w in batch]

    def _small(self, worn: Worn) -> Image:
        picture = self.pixels(worn.photo)
        size = (picture.shape[0], picture.shape[1])
        x0, y0, x1, y1 = preview_window(geometry.to_px(worn.garment.box_frac, size), size)
        part = Pillow.fromarray(picture[y0:y1, x0:x1])
        part.thumbnail((PREVIEW_PX, PREVIEW_PX), Pillow.Resampling.LANCZOS)
        return np.asarray(part, np.uint8)

    def encode(self, out: bytes) -> bytes:
        return out

    def decode(self, data: bytes) -> bytes:
        return data


def preview_window(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The part of a photo that a garment's preview shows: its box with air around it, square where
    the photo is large enough.

    Args:
        box: the garment, px.
        size: (height_px, width_px) of the photo.
    """
    h, w = size
    x0, y0, x1, y1 = geometry.grow(box, 0.2, size)
    side = max(x1 - x0, y1 - y0)
    wide, high = min(side, w), min(side, h)
    left = min(max((x0 + x1 - wide) // 2, 0), w - wide)
    top = min(max((y0 + y1 - high) // 2, 0), h - high)
    return left, top, left + wide, top + high


def cut_out(crop: Crop, settings: ThumbnailSettings) -> Image:
    """The garment on the neutral background, centred with an even margin.

    The mask is refined to the picture's own edges with a guided filter (He, Sun, Tang 2013) before
    it becomes the matte; what lies outside it is exactly the background's colour.

    Returns:
        (size_px, size_px, 3) uint8.
    """
    side, background = settings.size_px, color.from_hex(settings.background)
    out = np.empty((side, side, 3), np.uint8)
    out[:] = background
    box = geometry.box_of(crop.mask)
    if box is None:
        return out
    cut = matte.refined(crop.image, crop.mask)
    rows = slice(max(int(box[1]) - 2, 0), int(box[3]) + 2)
    cols = slice(max(int(box[0]) - 2, 0), int(box[2]) + 2)
    image, cut = matte.own_colour(crop.image, cut)[rows, cols], cut[rows, cols]
    h, w = cut.shape
    scale = side * (1 - 2 * settings.margin) / max(w, h)
    size = (max(round(w * scale), 1), max(round(h * scale), 1))
    alpha = np.clip(_resized(cut, size), 0, 1)[..., None]
    # Premultiplied, so that the old background can't bleed in at the edge.
    ink = np.stack([_resized(image[..., c] * cut, size) for c in range(3)], axis=-1)
    blend = np.clip(ink, 0, 255 * alpha) + (1 - alpha) * background
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    out[top : top + size[1], left : left + size[0]] = blend.round().astype(np.uint8)
    return out


def _resized(plane: Floats, size: tuple[int, int]) -> Floats:
    picture = Pillow.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(picture.resize(size, Pillow.Resampling.BICUBIC), np.float32)
