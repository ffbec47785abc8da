"""SegFormer clothes: checked when it loads, preprocessed as its card says, semantic made into
garments."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import published
import pytest
import torch
from safetensors.torch import load_file, save_file

from wardrobe import weights
from wardrobe.backends.segformer import SegformerGarments, instances
from wardrobe.errors import ModelError
from wardrobe.labels import ATR, CATEGORIES
from wardrobe.types import Image

OPTIONS = dict(weights.find("segformer-b2-clothes").options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.segformer(tmp_path_factory.mktemp("segformer"))


@pytest.fixture(scope="module")
def model(folder: Path) -> SegformerGarments:
    return SegformerGarments(folder, min_score=0.0, **OPTIONS)


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    rng = np.random.default_rng(0)
    shapes = [(200, 120), (90, 300), (512, 512)]
    return [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in shapes]


def test_a_batch_equals_its_singles_and_answers_lie_in_the_picture(
    model: SegformerGarments, pictures: list[Image]
) -> None:
    before = [p.copy() for p in pictures]
    found = model(pictures, [50.0, 50.0, 50.0])
    assert any(found)
    assert found == [model([p], [50.0])[0] for p in pictures]
    assert all((a == b).all() for a, b in zip(before, pictures, strict=True))
    for picture, one in zip(pictures, found, strict=True):
        assert [d.score for d in one] == sorted((d.score for d in one), reverse=True)
        assert all(d.mask.size == picture.shape[:2] and d.category in CATEGORIES for d in one)
    assert model([], []) == []


def test_preprocessing_and_logits_are_the_library_s_own(
    model: SegformerGarments, folder: Path, pictures: list[Image]
) -> None:
    from PIL import Image as Pillow
    from transformers import AutoModelForSemanticSegmentation, SegformerImageProcessor

    process = SegformerImageProcessor.from_pretrained(folder)
    net = AutoModelForSemanticSegmentation.from_pretrained(folder).eval()
    for picture in pictures:
        wanted = process(images=Pillow.fromarray(picture), return_tensors="pt")["pixel_values"]
        ours = model._prepared(picture)
        assert ours.shape == wanted.shape == (1, 3, 512, 512)  # squashed, whatever the aspect
        assert (ours - wanted).abs().max() < 0.04  # 2 of 255 levels
        with torch.inference_mode():
            logits = net(wanted).logits
            assert logits.shape == (1, 18, 128, 128)
            assert torch.allclose(model._forward([picture])[0], logits, atol=0.2)


def test_logits_go_to_the_picture_s_own_size_and_not_their_argmax(model: SegformerGarments) -> None:
    """A class that wins in one half of a wide picture ends at the middle, to the pixel, though the
    network saw a quarter of a square: an argmax made larger would have steps of its cells."""
    logits = torch.full((1, 18, 4, 4), -9.0)
    logits[0, 0] = 0.0
    logits[0, 4] = torch.linspace(-1, 1, 4)  # Upper-clothes, growing to the right
    found = model._garments(logits, np.zeros((50, 331, 3), np.uint8), 50.0)
    (top,) = [d for d in found if d.category == "tops"]
    assert top.box == (166.0, 0.0, 331.0, 50.0)  # cells are 83 px wide; the middle lies inside none


def test_labels_and_preprocessing_of_another_model_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    turned = [*published.ATR[:-2], "Scarf", "Bag"]
    other = published.segformer(tmp_path / "other", turned)
    with pytest.raises(ModelError, match="names its classes"):
        SegformerGarments(other, **OPTIONS)
    with pytest.raises(ModelError, match="Gloves"):
        SegformerGarments(other, **{**OPTIONS, "labels": ["Gloves"]})
    for key, value in (("image_mean", [0.5, 0.5, 0.5]), ("size", {"height": 224, "width": 224}),
                       ("do_reduce_labels", True), ("resample", 3)):  # fmt: skip
        copy = tmp_path / key
        shutil.copytree(folder, copy)
        card = json.loads((copy / "preprocessor_config.json").read_text())
        (copy / "preprocessor_config.json").write_text(json.dumps({**card, key: value}))
        with pytest.raises(ModelError, match=key.removeprefix("do_")):
            SegformerGarments(copy, **OPTIONS)


def test_missing_foreign_and_misshapen_tensors_fail_by_name(folder: Path, tmp_path: Path) -> None:
    good = load_file(folder / "model.safetensors")
    name = "segformer.encoder.block.0.0.attention.self.query.weight"  # as published, not as loaded
    assert name in good
    for number, (bad, said) in enumerate((
        ({k: v for k, v in good.items() if k != name}, "lacks 1"),
        ({**good, "extra.weight": torch.zeros(2)}, "has unknown 1 tensors, such as extra.weight"),
        ({**good, "decode_head.classifier.bias": torch.zeros(3)}, "other shapes.*classifier.bias"),
    )):  # fmt: skip
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        save_file(bad, copy / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ModelError, match=said):
            SegformerGarments(copy, **OPTIONS)
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no SegFormer that can be read"):
        SegformerGarments(copy, **OPTIONS)


def test_atr_knows_no_outerwear() -> None:
    assert list(ATR) == published.ATR
    assert "outerwear" not in ATR.values()
    assert ATR["Upper-clothes"] == "tops"
    assert ATR["Left-shoe"] == ATR["Right-shoe"] == "footwear"


def draw(*parts: tuple[int, tuple[int, int, int, int]]) -> np.ndarray:
    labels = np.zeros((400, 300), np.int64)
    for label, (x0, y0, x1, y1) in parts:
        labels[y0:y1, x0:x1] = label
    return labels


def garments(labels: np.ndarray, torso: float = 100.0) -> list[tuple[str, tuple[float, ...]]]:
    chance = np.full(labels.shape, 0.8, np.float32)
    found = instances(labels, chance, [ATR[name] for name in published.ATR], torso)
    return sorted((d.category, d.box) for d in found)


def test_a_top_cut_in_two_by_a_strap_is_one_and_two_people_s_tops_are_two() -> None:
    cut = draw((4, (100, 50, 140, 200)), (16, (140, 50, 150, 200)), (4, (150, 50, 200, 200)))
    assert garments(cut) == [("bags", (140, 50, 150, 200)), ("tops", (100, 50, 200, 200))]
    apart = draw((4, (10, 50, 60, 200)), (4, (200, 50, 250, 200)))
    assert [c for c, _ in garments(apart)] == ["tops", "tops"]


def test_a_pair_of_shoes_is_one_garment_and_specks_are_none() -> None:
    shoes = draw((9, (100, 350, 130, 370)), (10, (180, 355, 210, 375)), (9, (5, 5, 7, 7)))
    assert garments(shoes) == [("footwear", (100, 350, 210, 375))]


def test_skin_hair_and_background_are_no_garments() -> None:
    assert garments(draw((2, (0, 0, 90, 90)), (11, (100, 100, 200, 200)))) == []
