"""Cloth that goes on: stripes through a strap's hole, plain cloth plainly, a single print never again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import weave
from wardrobe.types import Image, MaskArray

SIDE = 160


def shirt() -> MaskArray:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[10:150, 20:140] = True
    return mask


def strap() -> MaskArray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.abs(y - x) < 12, np.bool_)


def stripes(period: int = 16) -> Image:
    y = np.arange(SIDE)[:, None, None]
    cloth = np.where(y % period < period // 2, (30, 40, 90), (230, 230, 220))
    return np.broadcast_to(cloth, (SIDE, SIDE, 3)).astype(np.uint8)


def error(image: Image, seen: MaskArray, out: NDArray[np.float32]) -> float:
    hole = shirt() & ~seen
    return float(np.abs(out - image)[hole].mean())


def test_stripes_go_on_under_a_strap() -> None:
    image, seen = stripes(), shirt() & ~strap()
    plain = error(image, seen, weave.spread(image.astype(np.float32), seen))
    assert error(image, seen, weave.continued(image, seen, shirt())) < 0.4 * plain


def test_plain_cloth_goes_on_plainly_through_a_change_of_light() -> None:
    x = np.arange(SIDE)[None, :, None]
    image = np.broadcast_to(60 + x // 2, (SIDE, SIDE, 3)).astype(np.uint8)
    out = weave.continued(image, shirt() & ~strap(), shirt())
    assert error(image, shirt() & ~strap(), out) < 4


def test_a_print_that_was_seen_once_is_not_repeated() -> None:
    image = np.full((SIDE, SIDE, 3), 200, np.uint8)
    rng = np.random.default_rng(0)
    image[40:70, 90:125] = rng.integers(0, 255, (30, 35, 3))
    seen = shirt()
    seen[80:150, 20:140] = False  # the lower half is hidden
    out = weave.continued(image, seen, shirt())
    assert np.abs(out[100:140, 30:130] - 200).max() < 12


def test_nothing_but_the_garment_is_looked_at() -> None:
    image, seen = stripes(), shirt() & ~strap()
    other = np.where(seen[..., None], image, 255 - image)
    assert (weave.continued(image, seen, shirt()) == weave.continued(other, seen, shirt())).all()


def test_where_nothing_is_seen_it_is_grey() -> None:
    out = weave.continued(stripes(), np.zeros((SIDE, SIDE), np.bool_), shirt())
    assert (out == 128).all()


def test_spreading_keeps_what_is_seen_and_mixes_between() -> None:
    image = np.zeros((32, 40, 3), np.float32)
    image[:, 20:] = 100
    seen = np.zeros((32, 40), np.bool_)
    seen[:, :5] = seen[:, -5:] = True
    out = weave.spread(image, seen)
    assert out[seen] == pytest.approx(image[seen], abs=1e-3)
    assert 20 < out[16, 19:21].mean() < 80
    assert (np.diff(out[16, :, 0]) > -5).all()


def test_sums_round_a_hole_are_scipy_s_gaussians(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    values, hole = rng.random((90, 70)).astype(np.float32), np.zeros((90, 70), np.bool_)
    hole[30:50, 60:70] = True
    around = weave._Around.of(hole)
    wanted = sum(
        trust * gaussian_filter(values, reach * 90, truncate=2.5) for reach, trust in weave.REACHES
    )
    assert np.allclose(around(values), wanted[30:50, 60:70], atol=1e-5)
