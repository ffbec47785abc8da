"""An outfit as one picture: its thumbnails laid out as they are worn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from wardrobe import images
from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError, WardrobeError
from wardrobe.stages.outfit import SLOT_OF, Slot
from wardrobe.types import Box, Image

WIDTH, HEIGHT = 1080, 1350  # the 4:5 that phones share

#: Where a slot's first piece lies, fractions of the board; accessories follow down the right side.
PLACES: dict[Slot, Box] = {
    "outerwear": (0.02, 0.03, 0.40, 0.42),
    "top": (0.30, 0.04, 0.74, 0.42),
    "dress": (0.26, 0.06, 0.74, 0.74),
    "bottom": (0.28, 0.38, 0.74, 0.82),
    "footwear": (0.32, 0.78, 0.70, 0.98),
    "bag": (0.02, 0.50, 0.30, 0.76),
}
ACCESSORY_SIDE = 0.20


def board(entries: Sequence[Entry]) -> Image:
    """(1350, 1080, 3) uint8 RGB: the entries' thumbnails on the colour of their own background.

    Raises:
        ConfigError: not one of the entries has a thumbnail.
    """
    pictures = [(e, images.decode(e.thumbnail)) for e in entries if e.thumbnail]
    if not pictures:
        raise ConfigError("no thumbnail to lay out. Run `wardrobe build` to its end first.")
    ground = tuple(int(v) for v in pictures[0][1][0, 0])
    out = Pillow.new("RGB", (WIDTH, HEIGHT), ground)
    accessories = 0
    for entry, pixels in pictures:
        slot = SLOT_OF[entry.item.category]
        if slot == "accessory":
            top = 0.04 + (ACCESSORY_SIDE + 0.02) * accessories
            place = (0.98 - ACCESSORY_SIDE, top, 0.98, top + ACCESSORY_SIDE)
            accessories += 1
        else:
            place = PLACES[slot]
        _paste(out, pixels, place)
    return np.asarray(out, np.uint8)


def write(entries: Sequence[Entry], path: Path) -> None:
    """Write the board as PNG.

    Raises:
        ConfigError: nothing to lay out.
        WardrobeError: the file can't be written.
    """
    data = images.encode_png(board(entries))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as e:
        raise WardrobeError(
            f"{path} can't be written: {e.strerror or e}. Name another with --to."
        ) from e


def file_name(name: str) -> str:
    """An outfit's name as part of a file's name on any system."""
    return re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "outfit"


def _paste(out: Pillow.Image, pixels: Image, place: Box) -> None:
    """Lay a picture into a place, as large as fits; its background is left out."""
    ground = pixels[0, 0].astype(int)
    mask = np.abs(pixels.astype(int) - ground).max(axis=2) > 2
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    cut = slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)
    picture = Pillow.fromarray(pixels[cut])
    cover = Pillow.fromarray((mask[cut] * 255).astype(np.uint8))
    x0, y0, x1, y1 = (v * s for v, s in zip(place, (WIDTH, HEIGHT) * 2, strict=True))
    scale = min((x1 - x0) / picture.width, (y1 - y0) / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    how = Pillow.Resampling.LANCZOS
    at = (round((x0 + x1 - size[0]) / 2), round((y0 + y1 - size[1]) / 2))
    out.paste(picture.resize(size, how), at, cover.resize(size, how))
