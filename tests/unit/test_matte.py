"""The matte looks at a window round the garment only; it must say what the whole picture says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from wardrobe import matte
from wardrobe.types import Image, MaskArray

SIZE = (260, 300)


def blob(where: str) -> tuple[Image, MaskArray]:
    """A noisy picture with a round garment in its middle or cut by its corner."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    cy, cx = {"middle": (130, 150), "corner": (250, 5)}[where]
    mask = np.hypot(y - cy, x - cx) < 60
    picture = gaussian_filter(rng.uniform(0, 255, (*SIZE, 3)), (1, 1, 0)) + 40 * mask[..., None]
    return picture.clip(0, 255).astype(np.uint8), mask


def box_mean(x: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """By summing every window, edges repeated."""
    wide = np.pad(x, radius, mode="edge")
    view = np.lib.stride_tricks.sliding_window_view(wide, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(view.mean(axis=(2, 3)), np.float64)


@pytest.mark.parametrize("where", ["middle", "corner"])
def test_a_guided_filter_over_the_whole_picture(where: str) -> None:
    image, mask = blob(where)
    r = matte.reach(mask.shape)
    guide, p = image @ np.array([0.299, 0.587, 0.114]) / 255, mask.astype(np.float64)
    mean_g, mean_p = box_mean(guide, r), box_mean(p, r)
    a = (box_mean(guide * p, r) - mean_g * mean_p) / (box_mean(guide * guide, r) - mean_g**2 + 1e-3)
    soft = box_mean(a, r) * guide + box_mean(mean_p - a * mean_g, r)
    whole = np.where(mean_p > 1e-9, np.clip((soft - 0.45) / 0.4, 0, 1), 0)
    np.testing.assert_allclose(matte.refined(image, mask), whole, atol=1e-6)


@pytest.mark.parametrize("where", ["middle", "corner"])
def test_the_rim_takes_the_colour_of_sure_pixels_near_by(where: str) -> None:
    image, mask = blob(where)
    cut = gaussian_filter(mask.astype(np.float32), 1.5)
    r, sure = matte.reach(mask.shape), (cut > 0.95).astype(np.float64)
    weight = box_mean(sure, r)
    rim = (cut <= 0.95) & (weight > 1e-6)
    out = matte.own_colour(image, cut)
    for c in range(3):
        near = box_mean(image[..., c] * sure, r)
        np.testing.assert_allclose(out[..., c][rim], near[rim] / weight[rim], atol=1e-3)
        np.testing.assert_array_equal(out[..., c][~rim], image[..., c][~rim])


def test_nothing_to_cut_out_is_an_empty_matte() -> None:
    image, _ = blob("middle")
    nothing = np.zeros(SIZE, np.bool_)
    assert not matte.refined(image, nothing).any()
    np.testing.assert_array_equal(matte.own_colour(image, np.zeros(SIZE, np.float32)), image)
