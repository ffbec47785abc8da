"""What the tests of photos look for in a picture that opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests import pictures
from wardrobe import images


def read(file: Path, **options: Any) -> images.Picture:
    return images.read(file, **{"work_px": 1536, "max_megapixels": 150} | options)


def corners(pixels: np.ndarray) -> list[np.ndarray]:
    """Mean colour in the middle of each quarter."""
    h, w = pixels.shape[:2]
    rows = slice(h // 8, 3 * h // 8), slice(5 * h // 8, 7 * h // 8)
    cols = slice(w // 8, 3 * w // 8), slice(5 * w // 8, 7 * w // 8)
    return [pixels[r, c].mean((0, 1)) for r in rows for c in cols]


def assert_scene(picture: images.Picture) -> None:
    assert picture.size == pictures.SIZE
    assert picture.pixels.shape == (pictures.SIZE[1], pictures.SIZE[0], 3)
    assert picture.pixels.dtype == np.uint8
    np.testing.assert_allclose(corners(picture.pixels), pictures.CORNERS, atol=10)
