"""The small embedder and classifier keep the protocols of their stages.

Run with networks built from a seed, and with the shipped weights where they have been trained.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from wardrobe.backends.small import SmallClassifier, SmallEmbedder, prepare
from wardrobe.errors import ContractError, ModelError
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.nets import TYPE_NAMES, ClassifyHead, GarmentNet
from wardrobe.types import Crop

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module", params=["seed", "shipped"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with embed-small and classify-small."""
    if request.param == "shipped":
        return MODELS
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    net = GarmentNet()
    for name, module in (("embed-small", net), ("classify-small", ClassifyHead(net.feature_size))):
        (folder / name).mkdir()
        half = {k: v.half() if v.ndim >= 2 else v for k, v in module.state_dict().items()}
        save_file(half, folder / name / "weights.safetensors")
    return folder


@pytest.fixture(scope="module")
def embedder(weights: Path) -> SmallEmbedder:
    return SmallEmbedder(weights / "embed-small" / "weights.safetensors", device="cpu")


@pytest.fixture(scope="module")
def classifier(weights: Path) -> SmallClassifier:
    head = weights / "classify-small" / "weights.safetensors"
    trunk = weights / "embed-small" / "weights.safetensors"
    return SmallClassifier(head, device="cpu", trunk=trunk)


def crop(seed: int, h: int = 150, w: int = 110) -> Crop:
    """A patterned shirt of a colour of its own, on noise."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (h, w, 3)).astype(np.uint8)
    mask = np.zeros((h, w), np.bool_)
    mask[h // 6 : h - h // 8, w // 4 : w - w // 4] = True
    mask[h // 6 : h // 3, w // 10 : w - w // 10] = True
    stripes = (np.arange(h)[:, None] // int(rng.integers(3, 15))) % 2 == np.zeros(w, int)
    colours = rng.integers(20, 235, (2, 3)).astype(np.uint8)
    image[mask] = np.where(stripes[mask, None], colours[0], colours[1])
    return Crop(image, mask)


def test_one_unit_vector_per_crop_in_order(embedder: SmallEmbedder) -> None:
    crops = [crop(s) for s in range(5)]
    vectors = embedder(crops)
    assert vectors.shape == (5, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(embedder(crops[::-1])[::-1], vectors, atol=1e-4)


def test_a_batch_equals_its_singles(embedder: SmallEmbedder, classifier: SmallClassifier) -> None:
    crops = [crop(s, 60 + 40 * s, 210 - 30 * s) for s in range(5)] * 8  # more than one batch of 32
    together = embedder(crops)
    apart = np.concatenate([embedder([c]) for c in crops[:5]])
    assert np.allclose(together, np.tile(apart, (8, 1)), atol=1e-4)
    scores = classifier(crops)
    assert len(scores) == 40
    for one, again in zip(crops[:5], scores, strict=False):
        single = classifier([one])[0]
        assert np.allclose(single.category, again.category, atol=1e-4)
        assert list(single.types.values()) == pytest.approx(list(again.types.values()), abs=1e-4)


def test_nothing_in_nothing_out(embedder: SmallEmbedder, classifier: SmallClassifier) -> None:
    assert embedder([]).shape == (0, 256)
    assert classifier([]) == []


def test_neither_background_nor_framing_changes_the_answer(embedder: SmallEmbedder) -> None:
    one = crop(3)
    other_room = one.image.copy()
    other_room[~one.mask] = 200
    wide = Crop(
        np.pad(one.image, ((40, 90), (20, 5), (0, 0))), np.pad(one.mask, ((40, 90), (20, 5)))
    )
    a, b, c = embedder([one, Crop(other_room, one.mask), wide])
    assert np.allclose(a, b, atol=1e-4)
    assert np.allclose(a, c, atol=1e-4)


def test_any_size_of_crop_is_taken(embedder: SmallEmbedder) -> None:
    sizes = [(1, 1), (2, 300), (1200, 900), (160, 160)]
    crops = [Crop(np.full((*s, 3), 90, np.uint8), np.ones(s, np.bool_)) for s in sizes]
    assert np.isfinite(embedder(crops)).all()


def test_scores_are_probabilities(classifier: SmallClassifier) -> None:
    for scores in classifier([crop(1), crop(2)]):
        assert scores.category.shape == (len(CATEGORIES),)
        assert scores.category.dtype == np.float32
        assert scores.category.sum() == pytest.approx(1, abs=1e-4)
        assert tuple(scores.types) == TYPE_NAMES
        for c in CATEGORIES:
            assert sum(scores.types[t] for t in TYPES[c]) == pytest.approx(1, abs=1e-4)


def test_an_empty_mask_is_our_bug(embedder: SmallEmbedder) -> None:
    with pytest.raises(ContractError, match="without a single garment pixel"):
        embedder([Crop(np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), np.bool_))])


def test_prepare_keeps_colour_up_to_the_edge_and_the_aspect() -> None:
    mask = np.zeros((400, 300), np.bool_)
    mask[50:350, 100:200] = True  # 300 by 100 px
    image = np.full((400, 300, 3), 255, np.uint8)
    image[mask] = (200, 30, 60)
    out = prepare(Crop(image, mask))
    inside = out[..., 3] > 40
    assert np.abs(out[inside, :3].astype(int) - (200, 30, 60)).max() <= 3
    rows, cols = (np.flatnonzero((out[..., 3] > 127).any(axis=k)) for k in (1, 0))
    assert len(rows) / len(cols) == pytest.approx(3, rel=0.05)


def test_damaged_weights_are_named(weights: Path, tmp_path: Path) -> None:
    good = load_file(weights / "embed-small" / "weights.safetensors")
    lacking = tmp_path / "lacking.safetensors"
    save_file({k: v for k, v in good.items() if k != "neck.3.weight"}, lacking)
    with pytest.raises(ModelError, match=r"lacking\.safetensors.*missing: neck\.3\.weight"):
        SmallEmbedder(lacking, device="cpu")
    foreign = tmp_path / "foreign.safetensors"
    save_file({**good, "neck.3.bias": torch.zeros(7), "extra": torch.zeros(1)}, foreign)
    with pytest.raises(ModelError, match=r"unknown: extra; of another shape: neck\.3\.bias"):
        SmallEmbedder(foreign, device="cpu")
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes((weights / "embed-small" / "weights.safetensors").read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"torn\.safetensors"):
        SmallEmbedder(torn, device="cpu")
    with pytest.raises(ModelError, match="absent"):
        SmallEmbedder(tmp_path / "absent.safetensors", device="cpu")


def test_a_head_is_not_taken_for_a_trunk(weights: Path) -> None:
    head = weights / "classify-small" / "weights.safetensors"
    with pytest.raises(ModelError, match="not this network's"):
        SmallClassifier(head, device="cpu", trunk=head)


def test_what_was_embedded_is_classified_without_reading_it_again(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk = weights / "embed-small" / "weights.safetensors"
    embed = SmallEmbedder(trunk, device="cpu")
    classify = SmallClassifier(
        weights / "classify-small" / "weights.safetensors", device="cpu", trunk=trunk
    )
    crops = [crop(s, 90 + s) for s in range(40)]
    embed(crops)
    read: list[int] = []
    plain = GarmentNet.readings

    def counted(self: GarmentNet, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        read.append(len(image))
        return plain(self, image, mask)

    monkeypatch.setattr(GarmentNet, "readings", counted)
    said = classify(crops)
    assert read == []
    fresh = classify([crop(7, 97), crop(99, 120)])
    assert read == [1]  # the one it never saw
    assert np.allclose(fresh[0].category, said[7].category, atol=1e-4)
