"""CLIP encoders: strict, preprocessed as the card says, sliced before they are normalised."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import published
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from wardrobe import weights
from wardrobe.backends import openclip
from wardrobe.backends.openclip import ClipEmbedder, HeadClassifier, ZeroShotClassifier, prepare
from wardrobe.errors import ContractError, ModelError
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.nets import TYPE_NAMES, ClassifyHead
from wardrobe.types import Crop

OPTIONS = {k: v for k, v in weights.find("moda-matryoshka").options.items() if k != "reduce"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.siglip(tmp_path_factory.mktemp("siglip"))


@pytest.fixture(scope="module")
def embedder(folder: Path) -> ClipEmbedder:
    return ClipEmbedder(folder, **OPTIONS)


def crop(seed: int, h: int = 120, w: int = 80) -> Crop:
    rng = np.random.default_rng(seed)
    mask = np.zeros((h, w), np.bool_)
    mask[10 : h - 10, 5 : w - 20] = True
    return Crop(rng.integers(0, 256, (h, w, 3), np.uint8), mask)


def test_one_unit_vector_a_crop_in_order_and_a_batch_equals_its_singles(folder: Path) -> None:
    crops = [crop(s, 60 + 30 * s, 150 - 20 * s) for s in range(5)] * 3
    vectors = ClipEmbedder(folder, **OPTIONS)(crops)
    assert vectors.shape == (15, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    openclip._encoders.clear()  # so that nothing is remembered
    alone = ClipEmbedder(folder, **OPTIONS)
    assert (np.concatenate([alone([c]) for c in crops]) == vectors).all()
    assert alone([]).shape == (0, 256)
    assert len({v.tobytes() for v in vectors}) == 5


def test_the_slice_is_taken_before_normalising(folder: Path, embedder: ClipEmbedder) -> None:
    full = openclip.encoder(
        folder, "cpu", 224, tuple(OPTIONS["mean"]), tuple(OPTIONS["std"])
    ).features([prepare(crop(1))])
    wanted = F.normalize(full[:, :256], dim=1).numpy()
    assert np.allclose(embedder([crop(1)]), wanted, atol=1e-6)
    after = F.normalize(full, dim=1)[:, :256]  # the wrong way round is no unit vector
    assert float(after.norm()) < 0.99


def test_preprocessing_is_the_card_s_and_another_is_refused(folder: Path, tmp_path: Path) -> None:
    """224 by 224 whatever the aspect, bicubic, 0.5: not CLIP's short side, middle and own means."""
    import open_clip

    _, _, wanted = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    made = openclip.Encoder(folder, "cpu", 224, (0.5,) * 3, (0.5,) * 3)
    from PIL import Image as Pillow

    picture = Pillow.fromarray(crop(2, 90, 300).image)
    assert torch.equal(made._transform(picture), wanted(picture))
    assert wanted(picture).shape == (3, 224, 224)
    assert "CenterCrop" not in repr(made._transform)
    # The trap: from a name and a weight file, the same network gets CLIP's preprocessing.
    copy = tmp_path / "trap"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "open_clip_config.json").read_text())
    del config["preprocess_cfg"]
    (copy / "open_clip_config.json").write_text(json.dumps(config))
    _, _, wrong = open_clip.create_model_and_transforms(f"local-dir:{copy}")
    assert "CenterCrop" in repr(wrong)
    with pytest.raises(ModelError, match="shortest"):
        ClipEmbedder(copy, **OPTIONS)


def test_no_weights_is_an_error_and_not_a_random_network(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import open_clip

    empty = published.siglip(tmp_path / "empty", weights=False)
    with caplog.at_level(logging.WARNING):
        open_clip.create_model(
            f"local-dir:{empty}"
        )  # the library itself: a warning, random weights
    assert "no CLIP weights found" in caplog.text
    with pytest.raises(ModelError, match=r"open_clip_model\.safetensors"):
        ClipEmbedder(empty, **OPTIONS)


def test_missing_foreign_and_misshapen_tensors_fail_by_name(folder: Path, tmp_path: Path) -> None:
    good = load_file(folder / "open_clip_model.safetensors")
    name = "visual.proj"
    assert name in good
    for number, (bad, said) in enumerate((
        ({k: v for k, v in good.items() if k != name}, "lacks 1 tensors, such as visual.proj"),
        ({**good, "extra": torch.zeros(2)}, "unknown 1 tensors, such as extra"),
        ({**good, name: torch.zeros(3, 3)}, "other shapes of 1 tensors, such as visual.proj"),
    )):  # fmt: skip
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        save_file(bad, copy / "open_clip_model.safetensors")
        with pytest.raises(ModelError, match=said):
            ClipEmbedder(copy, **OPTIONS)


def test_everything_works_without_a_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers' AutoModel opens the hub's id again from inside; this way nothing is asked."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    openclip._encoders.clear()
    ZeroShotClassifier(trunk=folder, **OPTIONS)([crop(1)])


def test_only_the_garment_counts_unless_asked_otherwise(
    folder: Path, embedder: ClipEmbedder
) -> None:
    one = crop(3)
    other_room = Crop(np.where(one.mask[..., None], one.image, np.uint8(7)), one.mask)
    assert (embedder([one]) == embedder([other_room])).all()
    raw = ClipEmbedder(folder, background="raw", **OPTIONS)
    assert (raw([one]) == embedder([one])).all()  # of a rectangle the box holds nothing else
    hole = one.mask.copy()
    hole[40:80, 20:40] = False
    assert not (raw([Crop(one.image, hole)]) == embedder([Crop(one.image, hole)])).all()
    with pytest.raises(ContractError, match="without a single garment pixel"):
        embedder([Crop(one.image, np.zeros_like(one.mask))])


def test_a_projection_is_fitted_first_and_never_random(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "marqo"
    shutil.copytree(folder, copy)
    with pytest.raises(ModelError, match=r"fit_projection\.py"):
        ClipEmbedder(copy, reduce="projection", **OPTIONS)
    torch.manual_seed(0)
    matrix = torch.linalg.qr(torch.randn(320, 256))[0].contiguous()
    save_file({"projection": matrix}, copy / "projection.safetensors")
    full = ClipEmbedder(copy, reduce="none", **OPTIONS)([crop(1), crop(2)])
    assert full.shape == (2, 320)
    said = ClipEmbedder(copy, reduce="projection", **OPTIONS)([crop(1), crop(2)])
    wanted = full @ matrix.numpy()
    assert np.allclose(said, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-5)
    save_file({"projection": torch.zeros(320, 3)}, copy / "projection.safetensors")
    with pytest.raises(ModelError, match="not to 256"):
        ClipEmbedder(copy, reduce="projection", **OPTIONS)


def check_scores(classifier: ZeroShotClassifier | HeadClassifier) -> None:
    crops = [crop(s) for s in range(3)]
    said = classifier(crops)
    assert len(said) == 3
    assert classifier([]) == []
    for one, alone in zip(said, [classifier([c])[0] for c in crops], strict=True):
        assert one.category.shape == (len(CATEGORIES),)
        assert one.category.dtype == np.float32
        assert one.category.sum() == pytest.approx(1, abs=1e-4)
        assert set(one.types) == set(TYPE_NAMES)
        assert np.allclose(one.category, alone.category, atol=1e-5)
        for c in CATEGORIES:
            assert sum(one.types[t] for t in TYPES[c]) == pytest.approx(1, abs=1e-4)


def test_prompts_label_garments(folder: Path, tmp_path: Path) -> None:
    classifier = ZeroShotClassifier(trunk=folder, **OPTIONS)
    check_scores(classifier)
    # A picture whose vector is a prompt's own is named by it.
    encoder = openclip.encoder(folder, "cpu", 224, (0.5,) * 3, (0.5,) * 3)
    jeans = encoder.prompts(["a photo of a jeans"])
    encoder._known[openclip.hashlib.sha256(b"").digest()] = jeans[0]
    monkey = pytest.MonkeyPatch()
    monkey.setattr(encoder, "features", lambda _: jeans)
    (scores,) = classifier([crop(1)])
    monkey.undo()
    assert CATEGORIES[int(scores.category.argmax())] == "bottoms"
    assert max(TYPES["bottoms"], key=lambda t: scores.types[t]) == "jeans"
    (tmp_path / "x").mkdir()
    for name in ("open_clip_config.json", "open_clip_model.safetensors"):
        shutil.copy(folder / name, tmp_path / "x")
    with pytest.raises(ModelError, match="tokenizer"):
        ZeroShotClassifier(trunk=tmp_path / "x", **OPTIONS)


def test_a_trained_head_labels_garments(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    head = ClassifyHead(256)
    save_file(head.state_dict(), tmp_path / "weights.safetensors")
    check_scores(HeadClassifier(tmp_path, trunk=folder, **OPTIONS))
    save_file({"hidden.1.bias": torch.zeros(3)}, tmp_path / "weights.safetensors")
    with pytest.raises(ModelError, match="lacks"):
        HeadClassifier(tmp_path, trunk=folder, **OPTIONS)


def test_what_was_embedded_is_classified_for_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openclip._encoders.clear()
    embedder = ClipEmbedder(folder, **OPTIONS)
    classifier = ZeroShotClassifier(trunk=folder, **OPTIONS)
    asked: list[int] = []
    encoder = openclip.encoder(folder, "cpu", 224, (0.5,) * 3, (0.5,) * 3)
    forward = encoder._forward

    def noted(pictures: Any) -> Any:
        asked.append(len(pictures))
        return forward(pictures)

    monkeypatch.setattr(encoder, "_forward", noted)
    embedder([crop(1), crop(2)])
    classifier([crop(1), crop(2), crop(3)])
    assert asked == [2, 1]
    openclip._encoders.clear()
