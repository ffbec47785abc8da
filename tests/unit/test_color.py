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


# Table 1 of Sharma, Wu and Dalal (2005), without pair 14: its two hues are exactly opposite, and the
# last bit of an arctangent chooses between the two values the formula then has.
CIEDE2000 = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.8361, -74.02), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1),
    ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1),
    ((50, -0.9009, -85.5211), (50, 0, -82.7485), 1),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, -1, 2), (50, 0, 0), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.001), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.49, -0.001), (50, -2.49, 0.0012), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.903),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((50, 2.5, 0), (50, 3.1736, 0.5854), 1),
    ((50, 2.5, 0), (50, 3.2972, 0), 1),
    ((50, 2.5, 0), (50, 1.8634, 0.5757), 1),
    ((50, 2.5, 0), (50, 3.2592, 0.335), 1),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.263),
    ((61.2901, 3.7196, -5.3901), (61.4292, 2.248, -4.962), 1.8731),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((36.4612, 47.858, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]  # fmt: skip


def test_delta_e2000_agrees_with_the_published_pairs() -> None:
    one, other, apart = (np.array(column, float) for column in zip(*CIEDE2000, strict=True))
    assert color.delta_e2000(one, other) == pytest.approx(apart, abs=5e-5)
    assert color.delta_e2000(other, one) == pytest.approx(apart, abs=5e-5)


def test_delta_e2000_of_equal_colours_is_nothing_and_shapes_broadcast() -> None:
    lab = color.to_lab(np.array([[[193, 39, 45], [128, 128, 128]]], np.uint8))
    assert color.delta_e2000(lab, lab).tolist() == [[0, 0]]
    assert color.delta_e2000(lab, lab[0, 0])[0, 1] > 20
