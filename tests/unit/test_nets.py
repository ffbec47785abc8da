"""What the small networks promise whatever their weights are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wardrobe.labels import CATEGORIES, CATEGORY_OF_TYPE, TYPES
from wardrobe.nets import (
    INPUT_SIDE,
    TYPE_NAMES,
    ClassifyHead,
    GarmentNet,
)
from wardrobe.readings import (
    ColourReading,
    ShapeReading,
    masked_products,
    masked_statistics,
)


@pytest.fixture(scope="module")
def net() -> GarmentNet:
    torch.manual_seed(0)
    return GarmentNet().eval()


def picture(seed: int = 0, n: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    image = torch.rand(n, 3, INPUT_SIDE, INPUT_SIDE, generator=draw)
    mask = torch.zeros(n, 1, INPUT_SIDE, INPUT_SIDE)
    mask[:, :, 30:140, 40:110] = 1
    return image, mask


def test_vectors_have_length_one_and_features_their_announced_size(net: GarmentNet) -> None:
    with torch.inference_mode():
        vector, features = net(*picture())
    assert vector.shape == (2, 256)
    assert features.shape == (2, net.feature_size)
    assert torch.allclose(vector.norm(dim=1), torch.ones(2), atol=1e-5)


def test_the_background_cannot_speak(net: GarmentNet) -> None:
    image, mask = picture()
    elsewhere = torch.where(mask > 0, image, 1 - image)
    assert not torch.equal(image, elsewhere)
    with torch.inference_mode():
        assert torch.allclose(net(image, mask)[0], net(elsewhere, mask)[0], atol=1e-5)


def test_the_garment_does_speak(net: GarmentNet) -> None:
    image, mask = picture()
    other = torch.where(mask > 0, 1 - image, image) ** 2
    with torch.inference_mode():
        apart = (net(image, mask)[1] - net(other, mask)[1]).abs().max()
    assert apart > 1e-2


def test_nothing_under_the_mask_still_gives_finite_numbers(net: GarmentNet) -> None:
    image, mask = picture()
    with torch.inference_mode():
        vector, features = net(image, mask * 0)
    assert torch.isfinite(vector).all()
    assert torch.isfinite(features).all()


def test_masked_statistics_are_those_of_the_pixels_under_the_mask() -> None:
    x = torch.rand(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:5, 1:7] = 1
    inside = x[0, :, 2:5, 1:7].reshape(4, -1)
    got = masked_statistics(x, mask)[0]
    assert torch.allclose(got[:4], inside.mean(dim=1), atol=1e-6)
    spread = (inside.var(dim=1, unbiased=False) + 1e-4).sqrt()
    assert torch.allclose(got[4:], spread, atol=1e-5)


def test_lab_moments_of_known_colours() -> None:
    # CIE Lab, D65: sRGB red is (53.24, 80.09, 67.20), mid grey (128) is (53.59, 0, 0).
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    grey = torch.full((1, 3, 32, 32), 128 / 255)
    mask = torch.ones(1, 1, 32, 32)
    reading = ColourReading()
    assert np.allclose(reading(red, mask)[0, :3], [0.5324, 0.8009, 0.6720], atol=2e-3)
    assert np.allclose(reading(grey, mask)[0, :3], [0.5359, 0, 0], atol=2e-3)


def test_the_second_colour_reading_ignores_the_lamp() -> None:
    image, mask = picture(n=1)
    linear = (image * 0.5 + 0.1) ** 2.2
    lit = (linear * torch.tensor([1.3, 1.0, 0.6]).view(1, 3, 1, 1)).clamp(0, 1) ** (1 / 2.2)
    reading = ColourReading()
    a, b = reading(linear ** (1 / 2.2), mask)[0], reading(lit, mask)[0]
    half = ColourReading.each
    seen, taken_out = (a - b)[:half].abs().max(), (a - b)[half : 2 * half].abs().max()
    assert taken_out < 0.05 < seen


def test_colours_by_place_tell_a_collar_from_a_hem() -> None:
    image, mask = torch.full((2, 3, 64, 64), 0.5), torch.ones(2, 1, 64, 64)
    image[0, :, :16], image[1, :, 48:] = 0.9, 0.9
    above, below = ColourReading()(image, mask)[:, -48:].view(2, 3, 4, 4)[:, 0]
    assert above[0].min() > 0.1 > above[1:].max()
    assert torch.allclose(above, below.flip(0), atol=1e-5)


def test_the_weave_is_the_same_wherever_the_cloth_lies_but_not_for_another_cloth() -> None:
    x = torch.rand(1, 5, 12, 12, generator=torch.Generator().manual_seed(2))
    mask = torch.ones(1, 1, 12, 12)
    turned = masked_products(x.flip(3).transpose(2, 3), mask)
    assert torch.allclose(masked_products(x, mask), turned, atol=1e-5)
    other = torch.cat([x[:, :1], x[:, :1], x[:, 2:]], dim=1)
    assert (masked_products(x, mask) - masked_products(other, mask)).abs().max() > 0.05


def test_products_are_covariances_their_size_taken_down() -> None:
    x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:7, 1:5] = 1
    inside = x[0, :, 2:7, 1:5].reshape(3, -1)
    wanted = torch.cov(inside, correction=0)[tuple(torch.triu_indices(3, 3))]
    assert torch.allclose(
        masked_products(x, mask)[0], wanted / (wanted.abs() + 0.01).sqrt(), atol=1e-5
    )


def test_the_lift_moves_cosines_and_keeps_their_order(net: GarmentNet) -> None:
    features = torch.randn(6, net.feature_size, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        plain = net.vector(features)
        net.lift.fill_(1.5)
        lifted = net.vector(features)
        net.lift.zero_()
    before, after = plain @ plain.T, lifted @ lifted.T
    assert torch.allclose(after, (before + 1.5**2) / (1 + 1.5**2), atol=1e-5)


def test_shape_sees_extent_fill_and_aspect() -> None:
    mask = torch.zeros(1, 1, 120, 120)
    mask[..., 30:90, 45:75] = 1  # 60 rows by 30 columns, full
    rows, columns, area, fill, aspect = ShapeReading()(mask)[0, 144:149].tolist()
    assert (rows, columns) == pytest.approx((0.5, 0.25))
    assert area == pytest.approx(0.125)
    assert fill == pytest.approx(1.0)
    assert aspect == pytest.approx(np.log(2), abs=1e-4)


def test_types_are_the_taxonomys_in_its_order() -> None:
    assert tuple(t for c in CATEGORIES for t in TYPES[c]) == TYPE_NAMES
    assert set(TYPE_NAMES) == set(CATEGORY_OF_TYPE)


def test_head_answers_probabilities_of_categories_and_of_types_within_each() -> None:
    torch.manual_seed(0)
    head = ClassifyHead(64).eval()
    with torch.inference_mode():
        category, types = (x.exp() for x in head(torch.randn(5, 64) * 4))
    assert category.shape == (5, 13)
    assert torch.allclose(category.sum(dim=1), torch.ones(5), atol=1e-5)
    for c in CATEGORIES:
        mine = [TYPE_NAMES.index(t) for t in TYPES[c]]
        assert torch.allclose(types[:, mine].sum(dim=1), torch.ones(5), atol=1e-5)


def test_temperature_softens_without_changing_the_order() -> None:
    torch.manual_seed(0)
    head, x = ClassifyHead(64).eval(), torch.randn(5, 64)
    with torch.inference_mode():
        sharp = head(x)[0]
        head.temperature[0] = 3.0
        soft = head(x)[0]
    assert torch.equal(sharp.argsort(dim=1), soft.argsort(dim=1))
    assert (soft.max(dim=1).values < sharp.max(dim=1).values).all()
