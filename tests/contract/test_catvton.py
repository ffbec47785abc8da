"""CatVTON's scheme on diffusers' own classes, tiny and random, saved in the published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

pytest.importorskip("diffusers")
import published_diffusers
from diffusers import UNet2DConditionModel
from published_diffusers import ATTENTION
from published_diffusers import catvton_unet as unet

from wardrobe import figure
from wardrobe.backends import catvton
from wardrobe.dressing import Dressed
from wardrobe.errors import ModelError
from wardrobe.stages.tryon import Fitting, Piece
from wardrobe.types import Pose

HEIGHT, WIDTH = 64, 48


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_diffusers.catvton(tmp_path_factory.mktemp("catvton"))


@pytest.fixture(scope="module")
def model(folder: Path) -> catvton.CatVton:
    return catvton.CatVton(folder, device="cpu", height=HEIGHT, width=WIDTH)


def blocks_of(net: Any) -> list[Any]:
    return [m for name, m in net.named_modules() if name.endswith("attn1")]


def test_every_one_of_the_80_tensors_lands_in_its_block(folder: Path) -> None:
    net = unet()
    catvton.load_attention(net, folder / ATTENTION)
    tensors = load_file(folder / ATTENTION)
    assert len(tensors) == 80
    for n, block in enumerate(blocks_of(net)):
        for name in catvton.NAMES:
            assert torch.equal(block.get_parameter(name), tensors[f"{8 * n}.{name}"])


def test_the_middle_block_comes_last() -> None:
    names = [name for name, _ in unet().named_modules() if name.endswith("attn1")]
    assert len(names) == 16
    assert [n.split("_")[0] for n in names] == ["down"] * 6 + ["up"] * 9 + ["mid"]


def test_tensors_under_other_names_of_the_same_module_are_taken(
    folder: Path, tmp_path: Path
) -> None:
    other = {}
    for key, value in load_file(folder / ATTENTION).items():
        number, _, name = key.partition(".")
        alias = {"to_q.weight": (1, "weight"), "to_out.0.bias": (5, "bias"),
                 "to_out.0.weight": (4, "0.weight")}.get(name)  # fmt: skip
        other[f"{int(number) + alias[0]}.{alias[1]}" if alias else key] = value
    save_file(other, tmp_path / "a.safetensors")
    one, two = unet(), unet()
    catvton.load_attention(one, tmp_path / "a.safetensors")
    catvton.load_attention(two, folder / ATTENTION)
    for a, b in zip(blocks_of(one), blocks_of(two), strict=True):
        assert all(torch.equal(a.get_parameter(n), b.get_parameter(n)) for n in catvton.NAMES)


def spoiled(folder: Path, tmp_path: Path, how: str) -> Path:
    tensors = load_file(folder / ATTENTION)
    if how == "seven to a block":  # the list as stock processors make it: 112 entries
        tensors = {
            f"{int(k.split('.')[0]) // 8 * 7}.{k.partition('.')[2]}": v for k, v in tensors.items()
        }
    elif how == "one missing":
        del tensors["56.to_k.weight"]
    elif how == "one too many":
        tensors["128.to_q.weight"] = tensors["0.to_q.weight"].clone()
    elif how == "middle before up":
        order = [*range(6), 15, *range(6, 15)]
        tensors = {
            f"{8 * new}.{name}": tensors[f"{8 * old}.{name}"]
            for new, old in enumerate(order)
            for name in catvton.NAMES
        }
    elif how == "two of a kind":
        tensors["1.weight"] = tensors["0.to_q.weight"] + 1
    file = tmp_path / "bad.safetensors"
    save_file(tensors, file)
    return file


@pytest.mark.parametrize(
    "how", ["seven to a block", "one missing", "one too many", "middle before up", "two of a kind"]
)
def test_files_that_would_land_elsewhere_are_refused(
    folder: Path, tmp_path: Path, how: str
) -> None:
    with pytest.raises(ModelError):
        catvton.load_attention(unet(), spoiled(folder, tmp_path, how))


def test_a_network_of_another_topology_is_refused(folder: Path) -> None:
    net = UNet2DConditionModel(
        sample_size=8, in_channels=9, out_channels=4, block_out_channels=(8, 16),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1, cross_attention_dim=8, attention_head_dim=4, norm_num_groups=4,
    )  # fmt: skip
    with pytest.raises(ModelError, match="self-attentions"):
        catvton.load_attention(net, folder / ATTENTION)


def test_missing_tensors_of_the_base_are_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "m")
    file = tmp_path / "m" / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    del tensors["conv_in.weight"]
    save_file(tensors, file)
    with pytest.raises(ModelError, match=r"conv_in\.weight"):
        catvton.CatVton(tmp_path / "m", device="cpu")


class Seen:
    """What the UNet was shown, call by call."""

    def __init__(self, model: catvton.CatVton, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inputs: list[torch.Tensor] = []
        self.texts: list[Any] = []
        plain = model._unet.forward

        def forward(x: torch.Tensor, t: Any, encoder_hidden_states: Any = "unset", **k: Any) -> Any:
            self.inputs.append(x.clone())
            self.texts.append(encoder_hidden_states)
            return plain(x, t, encoder_hidden_states=encoder_hidden_states, **k)

        monkeypatch.setattr(model._unet, "forward", forward)


def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    person = torch.rand((1, 3, HEIGHT, WIDTH), generator=generator) * 2 - 1
    mask = torch.zeros((1, 1, HEIGHT, WIDTH))
    mask[:, :, 16:40, 8:40] = 1
    garment = torch.rand((1, 3, HEIGHT, WIDTH), generator=generator) * 2 - 1
    return person, mask, garment


def test_person_above_garment_without_the_garment_first(
    model: catvton.CatVton, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(model, monkeypatch)
    model.made(*inputs(), seed=0, steps=2)
    x = seen.inputs[0]
    h, w = HEIGHT // 8, WIDTH // 8
    assert x.shape == (2, 9, 2 * h, w)  # twice the height, not the width
    assert seen.texts == [None, None]
    noise, mask, conditions = x[:, :4], x[:, 4:5], x[:, 5:]
    assert torch.equal(noise[0], noise[1])
    assert (mask[:, :, h:] == 0).all()
    assert (mask[0, 0, 2:5, 1:5] == 1).all()
    assert mask.sum() == 2 * 3 * 4
    assert (conditions[0, :, h:] == 0).all()  # without the garment first
    assert conditions[1, :, h:].abs().sum() > 0
    assert torch.equal(conditions[0, :, :h], conditions[1, :, :h])


def test_equal_seeds_make_equal_pictures_whatever_ran_before(model: catvton.CatVton) -> None:
    one = model.made(*inputs(), seed=5, steps=2)
    torch.manual_seed(99)
    torch.rand(7)
    assert torch.equal(one, model.made(*inputs(), seed=5, steps=2))
    assert not torch.equal(one, model.made(*inputs(), seed=6, steps=2))


def test_what_lies_under_the_mask_is_not_looked_at(model: catvton.CatVton) -> None:
    person, mask, garment = inputs()
    other = torch.where(mask > 0.5, -person, person)
    assert torch.equal(
        model.made(person, mask, garment, seed=0, steps=2),
        model.made(other, mask, garment, seed=0, steps=2),
    )


def test_cross_attention_is_skipped_and_self_attention_is_not(model: catvton.CatVton) -> None:
    kinds = {n: type(p).__name__ for n, p in model._unet.attn_processors.items()}
    assert sum(k == "SkipAttention" for k in kinds.values()) == 16
    assert all(("attn2" in n) == (k == "SkipAttention") for n, k in kinds.items())


def a_fitting(size: tuple[int, int] = (90, 50)) -> Fitting:
    rng = np.random.default_rng(0)
    before = rng.integers(0, 255, (*size, 3), dtype=np.uint8)
    region = np.zeros(size, np.bool_)
    region[40:60, 10:40] = True
    zero = np.zeros(size, np.float32)
    dressed = Dressed(before, region, zero, zero, before.astype(np.float32), zero, zero)
    mask = np.zeros((40, 40), np.bool_)
    mask[5:35, 10:30] = True
    piece = Piece(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8), mask, "tops")
    return Fitting(before, dressed, piece, Pose(np.ones((17, 3), np.float32)))


def test_it_is_a_try_on_model(model: catvton.CatVton) -> None:
    fitting = a_fitting()
    (made,) = model([fitting], seed=1, steps=2)
    assert made.shape == fitting.before.shape
    assert made.dtype == np.uint8
    outside = ~fitting.dressed.region
    assert (made[outside] == fitting.before[outside]).all()
    assert (made != fitting.before).any()
    assert (model([fitting], seed=1, steps=2)[0] == made).all()


def test_the_crop_has_the_networks_shape_and_holds_the_region() -> None:
    region = a_fitting().dressed.region
    x0, y0, x1, y1 = catvton.crop_of(region, (HEIGHT, WIDTH))
    assert (x1 - x0) / (y1 - y0) == pytest.approx(WIDTH / HEIGHT, abs=0.02)
    assert region[y0:y1, x0:x1].sum() == region.sum()


def test_a_garment_alone_lies_on_white() -> None:
    piece = a_fitting().piece
    white = catvton.on_white(piece, (HEIGHT, WIDTH))
    assert white.shape == (HEIGHT, WIDTH, 3)
    assert (white[0, 0] == 255).all()
    assert figure.PLANES
