"""The learned completer keeps the Protocol of its stage, with weights from a seed and as shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from wardrobe import geometry, weights
from wardrobe.backends.small import SmallCompleter
from wardrobe.bodynets import ReachNet
from wardrobe.errors import ModelError
from wardrobe.labels import CATEGORIES, Category
from wardrobe.stages.amodal import Complete, Completer, Dress, Template
from wardrobe.types import Garment, Mask, Pose

SHIPPED = weights.shipped_folder() / "amodal-small" / "weights.safetensors"
SIZE = (240, 180)


@pytest.fixture(scope="module", params=["seed", "shipped", "template"])
def completer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Completer:
    if request.param == "template":
        return Template(0.5)
    path = SHIPPED
    if request.param == "seed":
        path = tmp_path_factory.mktemp("models") / "weights.safetensors"
        torch.manual_seed(0)
        save_file(ReachNet().state_dict(), path)
    return SmallCompleter(path, device="cpu")


def garment(x0: int, y0: int, x1: int, y1: int, category: Category) -> Garment:
    mask = np.zeros(SIZE, np.bool_)
    mask[y0:y1, x0:x1] = True
    box = geometry.to_frac((x0, y0, x1, y1), SIZE)
    return Garment("p", box, category, 0.9, Mask.of(mask), 1.0)


def dress(seed: int) -> Dress:
    """Everything there is, anywhere, on joints that are anywhere."""
    rng = np.random.default_rng(seed)
    worn = []
    for category in CATEGORIES[seed % 3 :: 2]:
        x0, y0 = int(rng.integers(0, 120)), int(rng.integers(0, 160))
        worn.append(
            garment(x0, y0, x0 + int(rng.integers(8, 60)), y0 + int(rng.integers(8, 80)), category)
        )
    joints = rng.uniform((-50, -50, 0), (230, 320, 1), (17, 3)).astype(np.float32)
    joints[5, 2] = 0.9
    return Dress(tuple(worn), Pose(joints))


def test_extents_cover_the_garments_and_shares_are_shares(completer: Completer) -> None:
    for one in (dress(0), dress(1), dress(2)):
        (extents,) = completer([one])
        assert len(extents) == len(one.garments)
        for g, e in zip(one.garments, extents, strict=True):
            assert e.inside.size == g.mask.size
            assert (e.inside.array() | ~g.mask.array()).all()
            assert 0 < e.visibility <= 1


def test_a_batch_equals_its_singles(completer: Completer) -> None:
    dresses = [dress(0), Dress((), dress(1).pose), dress(2)]
    together = completer(dresses)
    assert len(together[1]) == 0
    for one, extents in zip(dresses, together, strict=True):
        (alone,) = completer([one])
        assert [e.inside for e in alone] == [e.inside for e in extents]
        assert [e.visibility for e in alone] == pytest.approx([e.visibility for e in extents])


def test_an_empty_mask_reaches_nowhere(completer: Completer) -> None:
    empty = Garment("p", (0, 0, 0, 0), "tops", 0.9, Mask.of(np.zeros(SIZE, np.bool_)), 1.0)
    (extents,) = completer([Dress((empty,), dress(0).pose)])
    assert extents[0].inside.area == 0
    assert extents[0].visibility == 1


def test_the_stage_remembers_the_answers(completer: Completer) -> None:
    stage = Complete("m", lambda: completer, 0.5)
    (found,) = stage([dress(0)])
    back = stage.decode(stage.encode(found))
    assert [e.inside for e in back] == [e.inside for e in found]
    assert [e.visibility for e in back] == pytest.approx([e.visibility for e in found], abs=1e-4)


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match="not this network's"):
        SmallCompleter(tmp_path / "w.safetensors", device="cpu")
