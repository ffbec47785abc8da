"""The cut-out: the garment alone, centred on exactly the neutral colour, without a rim."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import color, geometry
from wardrobe.config import ThumbnailSettings
from wardrobe.stages.thumbnail import cut_out, preview_window
from wardrobe.types import Crop, MaskArray

RED, BLUE = (200, 40, 40), (40, 60, 200)
SETTINGS = ThumbnailSettings(size_px=256)
NEUTRAL = color.from_hex(SETTINGS.background)


def red_on_blue(mask: MaskArray, outline: MaskArray | None = None) -> Crop:
    """A red garment before a blue wall; ``outline`` is the mask a model drew of it."""
    image = np.where(mask[..., None], RED, BLUE).astype(np.uint8)
    return Crop(image, mask if outline is None else outline)


def disc(side: int, radius: float) -> MaskArray:
    y, x = np.ogrid[:side, :side]
    inside: MaskArray = np.hypot(y - side / 2 + 0.5, x - side / 2 + 0.5) <= radius
    return inside


def shown(picture: NDArray[np.uint8]) -> MaskArray:
    differs: MaskArray = (picture != NEUTRAL).any(axis=2)
    return differs


@pytest.mark.parametrize(("height", "width"), [(300, 120), (90, 260), (150, 150)])
def test_the_garment_is_centred_with_an_even_margin(height: int, width: int) -> None:
    mask = np.zeros((400, 300), np.bool_)
    mask[20 : 20 + height, 30 : 30 + width] = True
    out = cut_out(red_on_blue(mask), SETTINGS)
    assert out.shape == (256, 256, 3)
    assert out.dtype == np.uint8
    box = geometry.box_of(shown(out))
    assert box is not None
    x0, y0, x1, y1 = box
    assert x0 == pytest.approx(256 - x1, abs=2)
    assert y0 == pytest.approx(256 - y1, abs=2)
    assert min(x0, y0) == pytest.approx(0.08 * 256, abs=5)
    assert (x1 - x0) / (y1 - y0) == pytest.approx(width / height, rel=0.05)


def test_outside_the_garment_is_exactly_the_background() -> None:
    out = cut_out(red_on_blue(disc(200, 60)), SETTINGS)
    scaled = 256 * (1 - 2 * SETTINGS.margin) / 2
    assert not (shown(out) & ~disc(256, scaled + 4)).any()
    core = out[disc(256, scaled - 8)]
    assert (np.abs(core.astype(int) - RED) <= 2).all()


@pytest.mark.parametrize("too_wide", [0, 1, 2])
@pytest.mark.parametrize("side", [120, 500])
def test_no_rim_of_the_old_background_is_left(side: int, too_wide: int) -> None:
    """Every pixel lies between red and the neutral, also where the mask took in some wall."""
    crop = red_on_blue(disc(side, 0.35 * side), disc(side, 0.35 * side + too_wide))
    found = np.unique(cut_out(crop, SETTINGS).reshape(-1, 3), axis=0)
    t = np.linspace(0, 1, 101)[:, None]
    blends = color.to_lab((t * RED + (1 - t) * NEUTRAL).round().astype(np.uint8))
    apart = np.linalg.norm(color.to_lab(found)[:, None] - blends[None], axis=2).min(axis=1)
    assert apart.max() < 10  # what a 1 px rim of wall would be: more than 35


@pytest.mark.parametrize("thickness", [1, 2, 3, 4])
def test_a_chain_thinner_than_the_filter_does_not_vanish(thickness: int) -> None:
    mask = np.zeros((200, 200), np.bool_)
    mask[100 : 100 + thickness, 20:180] = True
    out = cut_out(red_on_blue(mask), SETTINGS)
    assert (np.ptp(out.astype(int), axis=2) > 60).sum() > 150


def test_a_single_pixel_and_an_empty_mask_make_a_picture() -> None:
    mask = np.zeros((30, 40), np.bool_)
    assert (cut_out(red_on_blue(mask), SETTINGS) == NEUTRAL).all()
    for at in ((0, 0), (12, 17), (29, 39)):
        mask[:] = False
        mask[at] = True
        out = cut_out(red_on_blue(mask), SETTINGS)
        assert out.shape == (256, 256, 3)
        assert (np.ptp(out.astype(int), axis=2) > 60).any()


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((100, 100, 200, 150), (80, 55, 220, 195)),  # air around it, square
        ((0, 0, 50, 50), (0, 0, 60, 60)),  # moved back into the photo
        ((10, 0, 290, 200), (0, 0, 300, 200)),  # no larger than the photo
    ],
)
def test_a_preview_shows_the_garment_with_air_inside_its_photo(
    box: tuple[float, float, float, float], window: tuple[int, int, int, int]
) -> None:
    assert preview_window(box, (200, 300)) == window
