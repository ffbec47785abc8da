"""Colours against published values, and the names people would give them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import color

RED, WHITE, NAVY = (193, 39, 45), (247, 247, 247), (27, 36, 64)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((128, 128, 128), (53.59, 0, 0)),
        ((1, 1, 1), (0.27, 0, 0)),  # the straight part of both curves
    ],
)
def test_lab_agrees_with_published_values(
    rgb: tuple[int, int, int], lab: tuple[float, float, float]
) -> None:
    assert color.to_lab(np.array(rgb, np.uint8)) == pytest.approx(lab, abs=0.02)


def test_lab_keeps_the_shape_of_a_picture() -> None:
    picture = np.zeros((4, 5, 3), np.uint8)
    picture[2, 3] = (255, 0, 0)
    lab = color.to_lab(picture)
    assert lab.shape == (4, 5, 3)
    assert lab[2, 3, 0] == pytest.approx(53.24, abs=0.01)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("#000000", "black"),
        ("#ffffff", "white"),
        ("#ff0000", "red"),
        ("#0000ff", "blue"),
        ("#008000", "green"),
        ("#ffd700", "yellow"),
        ("#ff8000", "orange"),
        ("#800080", "purple"),
        ("#ff69b4", "pink"),
        ("#6b1a2a", "burgundy"),
        ("#1f2a4d", "navy"),
        ("#008080", "teal"),
        ("#808080", "grey"),
        ("#8b5a2b", "brown"),
        ("#f5f5dc", "cream"),
        ("#add8e6", "light blue"),
    ],
)
def test_obvious_colours_have_their_obvious_name(value: str, name: str) -> None:
    assert color.name_of(color.from_hex(value)) == name


def test_every_named_value_has_its_own_name() -> None:
    for name, values in color.NAMES.items():
        assert {color.name_of(color.from_hex(v)) for v in values} == {name}


def striped(height: int = 60, width: int = 60) -> NDArray[np.uint8]:
    """Rows of 6 red, 3 white, 1 navy pixels, again and again."""
    pattern = np.array([RED] * 6 + [WHITE] * 3 + [NAVY], np.uint8)
    return np.tile(pattern, (height, width // 10, 1))


@pytest.mark.parametrize("side", [60, 400])
def test_a_striped_patch_has_the_colours_of_its_stripes_by_their_shares(side: int) -> None:
    found = color.main_colours(striped(side, side).reshape(-1, 3))
    assert found == (("red", "#c1272d", 0.6), ("white", "#f7f7f7", 0.3), ("navy", "#1b2440", 0.1))


@pytest.mark.parametrize("side", [60, 200])
def test_colours_do_not_depend_on_the_order_of_pixels(side: int) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(-12, 13, (side, side, 3))
    pixels = np.clip(striped(side, side) + noise, 0, 255).astype(np.uint8).reshape(-1, 3)
    assert color.main_colours(rng.permutation(pixels)) == color.main_colours(pixels)


def test_little_specks_are_no_colour_of_a_garment() -> None:
    pixels = np.array([RED] * 95 + [WHITE] * 5, np.uint8)
    assert [name for name, _, _ in color.main_colours(pixels)] == ["red"]
    assert color.main_colours(pixels[:0]) == ()
