"""Picture metrics against examples worked by hand, and that they notice what they are for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from evaluation import pictures

from wardrobe.config import ThumbnailSettings

SETTINGS = ThumbnailSettings(size_px=128)


def flat(level: int, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), level, np.uint8)


def garment(seed: int = 0, colour: tuple[int, int, int] = (150, 60, 60)) -> np.ndarray:
    """(160, 120, 4): striped cloth in the middle, nothing round it."""
    out = np.zeros((160, 120, 4), np.uint8)
    out[20:140, 20:100, :3] = colour
    out[20 + seed % 7 : 140 : 12, 20:100, :3] = 255 - np.array(colour)
    out[20:140, 20:100, 3] = 255
    return out


def test_coverage_by_hand() -> None:
    shown, amodal = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    amodal[:, :6] = True  # 60 px in the frame, 80 in all
    shown[:5, :8] = True  # 30 of them, and 10 px of something else
    assert pictures.coverage(shown, amodal, 80) == 30 / 80


def test_ssim_of_two_flat_pictures_is_the_luminance_term() -> None:
    # Without any contrast only luminance counts: (2xy + C1) / (x^2 + y^2 + C1), C1 = (0.01 * 255)^2.
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 150 + c1) / (100**2 + 150**2 + c1)
    assert pictures.ssim(flat(100), flat(150)) == pytest.approx(expected, abs=1e-3)


def test_colour_error_is_of_the_mean_colours_under_the_masks() -> None:
    one, other = flat(0), flat(0)
    mask = np.zeros((64, 64), bool)
    mask[10:20, 10:20] = True
    one[mask] = 255  # white against black: L* 100 against 0, Delta E 2000 of 100
    assert pictures.colour_error(one, mask, other, mask) == pytest.approx(100, abs=0.01)
    assert pictures.colour_error(one, mask, one, mask) == 0
    assert pictures.colour_error(one, mask & False, other, mask) is None


def test_layer_distance_by_hand() -> None:
    # First layer, two places: equal directions (0) and orthogonal ones (2): mean 1.
    # Second layer, one place: (1, 0) against (3, 4) / 5 = (0.6, 0.8): 0.16 + 0.64 = 0.8.
    one = [torch.tensor([[[2.0, 1.0]], [[0.0, 0.0]]]), torch.tensor([[[1.0]], [[0.0]]])]
    other = [torch.tensor([[[5.0, 0.0]], [[0.0, 3.0]]]), torch.tensor([[[3.0]], [[4.0]]])]
    assert pictures.layer_distance(one, other) == pytest.approx((1 + 0.8) / 2)


def test_an_item_alone_is_framed_as_a_thumbnail() -> None:
    picture, mask = pictures.framed(garment(), SETTINGS)
    assert picture.shape == (128, 128, 3)
    # 120 of 160 rows are cloth: it fills the height but for the margins of 8 %.
    rows = np.flatnonzero(mask.any(axis=1))
    assert abs(rows[0] - 0.08 * 128) <= 4  # of it two for the rim
    assert abs(rows[-1] - 0.92 * 128) <= 4
    assert mask.mean() == pytest.approx(0.84**2 * 80 / 120, abs=0.06)
    assert mask[64, 64]
    assert not mask[:, 3].any()


def test_the_try_on_is_judged_inside_and_outside_the_garment() -> None:
    before, true = flat(90), flat(90)
    inside = np.zeros((64, 64), bool)
    inside[16:48, 16:48] = True
    true[inside] = (200, 40, 40)
    right = pictures.try_on(
        true, true, before, (0, 0, 64, 64), inside, lambda a, b: float((a != b).any())
    )
    assert (right.ssim, right.distance, right.colour_error) == (pytest.approx(1, abs=1e-3), 0, 0)
    assert (right.changed_outside, right.largest_change) == (0, 0)
    made = true.copy()
    made[0, :8] = 97  # eight of the 64 * 64 - 32 * 32 pixels outside, by seven levels
    made[inside] = (40, 40, 200)
    wrong = pictures.try_on(
        made, true, before, (0, 0, 64, 64), inside, lambda a, b: float((a != b).any())
    )
    assert wrong.changed_outside == pytest.approx(8 / 3072)
    assert wrong.largest_change == 7
    assert wrong.distance == 1
    assert wrong.colour_error is not None
    assert wrong.colour_error > 30


def test_the_distance_of_what_is_outside_the_garment_does_not_count() -> None:
    inside = np.zeros((64, 64), bool)
    inside[16:48, 16:48] = True
    other = flat(90)
    other[~inside] = 200
    seen = pictures.try_on(
        other, flat(90), flat(90), (16, 16, 48, 48), inside, lambda a, b: float((a != b).any())
    )
    assert seen.distance == 0
    assert seen.ssim == pytest.approx(1, abs=1e-3)
    assert seen.changed_outside == 1


def test_the_calibration_tells_small_distortions_from_large_ones() -> None:
    known = [
        pictures.framed(garment(k, c), SETTINGS)
        for k, c in enumerate([(150, 60, 60), (40, 80, 160), (60, 120, 60)])
    ]
    rows = {r["distortion"]: r for r in pictures.calibration(known, {"levels": _levels})}
    assert rows["blur, sigma 1 px"]["ssim"] > rows["blur, sigma 4 px"]["ssim"]
    assert (
        rows["hue turned by 10 degrees"]["colour_error"] < rows["another garment"]["colour_error"]
    )
    assert rows["noise, sigma 5 levels"]["levels"] < rows["noise, sigma 25 levels"]["levels"]
    assert rows["moved by 16 px"]["colour_error"] == pytest.approx(0, abs=0.5)


def _levels(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_squeeze_features_grow_with_the_distortion(shared: Path) -> None:
    distance = pictures.SqueezeFeatures(shared / "weights" / "squeezenet1_1_imagenet.pth")
    picture, mask = pictures.framed(garment(), SETTINGS)
    other, _ = pictures.framed(garment(3, (40, 80, 160)), SETTINGS)
    assert distance(picture, picture) == 0
    assert distance(picture, other) == pytest.approx(distance(other, picture), abs=1e-5)
    scores = {r["distortion"]: r["squeeze"] for r in pictures.calibration(
        [(picture, mask), (other, mask)], {"squeeze": distance})}  # fmt: skip
    assert scores["blur, sigma 1 px"] < scores["blur, sigma 4 px"]
    assert scores["noise, sigma 5 levels"] < scores["noise, sigma 25 levels"]
    assert 0 < scores["another garment"] < 2


def test_lpips_is_never_answered_by_other_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    answer = pictures.lpips()
    assert isinstance(answer, str)
    assert "AlexNet" in answer
