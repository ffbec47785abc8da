"""The small try-on model's contract, on random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

pytest.importorskip("diffusers")
from wardrobe import physics
from wardrobe.backends import diffusion
from wardrobe.dressing import Dressed
from wardrobe.errors import ModelError
from wardrobe.stages.tryon import Fitting, Piece
from wardrobe.types import Pose

NARROW = (8, 16, 16)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("w") / "weights.safetensors"
    save_file({k: v.half() for k, v in diffusion.unet(NARROW).state_dict().items()}, file)
    return file


def a_fitting() -> Fitting:
    rng = np.random.default_rng(0)
    before = rng.integers(0, 255, (90, 70, 3), dtype=np.uint8)
    region = np.zeros((90, 70), np.bool_)
    region[20:70, 15:55] = True
    zero, cloth = np.zeros((90, 70), np.float32), region.astype(np.float32)
    dressed = Dressed(before, region, cloth, zero, before.astype(np.float32), zero, cloth)
    joints = np.ones((17, 3), np.float32)
    joints[:, :2] = rng.uniform(10, 60, (17, 2))
    return Fitting(before, dressed, Piece(before, region, "tops"), Pose(joints))


def test_deterministic_for_a_seed_and_silent_outside(weights: Path) -> None:
    model = diffusion.SmallTryOn(weights, device="cpu", widths=NARROW)
    fitting = a_fitting()
    one, again = (model([fitting], seed=3, steps=3)[0] for _ in range(2))
    (other,) = model([fitting], seed=4, steps=3)
    assert (one == again).all()
    assert (one != other).any()
    outside = ~fitting.dressed.region
    assert (one[outside] == fitting.before[outside]).all()
    assert one.shape == fitting.before.shape
    both = model([fitting, fitting], seed=3, steps=3)
    assert (both[0] == one).all()
    assert (both[1] == one).all()


def test_weights_of_another_network_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        diffusion.SmallTryOn(weights, device="cpu")
    with pytest.raises(ModelError):
        diffusion.SmallTryOn(tmp_path / "none.safetensors", device="cpu", widths=NARROW)


def test_the_sampler_finds_the_answer_of_a_network_that_knows_it() -> None:
    answer = (
        torch.linspace(-0.8, 0.8, 64 * 48)
        .reshape(1, 1, *physics.SIZE)
        .expand(1, physics.ANSWERS, -1, -1)
    )

    class Knows:
        def __call__(self, x: torch.Tensor, t: object) -> object:
            return type("Said", (), {"sample": answer})

    found = diffusion.sample(Knows(), torch.zeros(1, physics.CHANNELS, *physics.SIZE), 0, 8)
    assert torch.allclose(found, answer, atol=1e-4)
