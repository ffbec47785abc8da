"""The programs that make what can't be fetched: a projection, heads and a matcher over one's own
encoder, proved on a small one."""

from __future__ import annotations

from pathlib import Path

import fakes
import numpy as np
import published
import pytest
import torch

from wardrobe import backends, batch, weights
from wardrobe.backends.outfits import SetMatcher
from wardrobe.errors import ModelError
from wardrobe.nets import OutfitNet
from wardrobe.stages.outfit import OutfitMatcher, compatibility

fit_projection = pytest.importorskip("fit_projection", reason="pipelines/ is not on the path")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARDROBE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def unit(n: int, d: int = 256, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_projection_keeps_the_cosines_of_what_it_was_fitted_on() -> None:
    rng = np.random.default_rng(1)
    low = rng.normal(size=(600, 200)) @ rng.normal(size=(200, 768))  # 200 directions of 768
    vectors = (low + rng.normal(size=768)).astype(np.float32)
    matrix, held = fit_projection.projection(vectors)
    assert matrix.shape == (768, 256)
    assert np.allclose(matrix.T @ matrix, np.eye(256), atol=1e-4)
    assert held == pytest.approx(1, abs=1e-4)
    a = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    b = a @ matrix
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    assert np.allclose(a @ a.T, b @ b.T, atol=1e-3)
    with pytest.raises(SystemExit, match="too few"):
        fit_projection.projection(vectors[:100])


def test_a_projection_is_fitted_on_a_closet_pinned_and_then_used(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fakes.write_photos(tmp_path / "photos", [(200, 40, 40), (40, 160, 60), (40, 60, 200)])
    batch.build(tmp_path / "photos", tmp_path / "closet", create=fakes.Models().create)
    model = weights.find("marqo-fashionsiglip")
    published.siglip(weights.location(model))
    for one in model.all():
        if not one.made:
            path = folder / one.path
            weights.pin(model, one.path, sha=weights.sha256(path), size=1, url="test")
    with pytest.raises(ModelError, match=r"fit_projection\.py"):
        backends.create("embed", "marqo-fashionsiglip", "cpu")
    enough = [c for part in fit_projection.crops(tmp_path / "closet") for c in part]
    assert len(enough) == 6
    monkeypatch.setattr(fit_projection, "crops", lambda _: [enough] * 44)
    fit_projection.main(
        ["marqo-fashionsiglip", "--out", str(tmp_path / "closet"), "--device", "cpu"]
    )
    assert "264 garments" in capsys.readouterr().out
    before = model.id
    embed = backends.create("embed", "marqo-fashionsiglip", "cpu")
    assert embed(enough[:2]).shape == (2, 256)
    fit_projection.keep(
        "marqo-fashionsiglip",
        "projection.safetensors",
        {"projection": np.eye(320, 256, dtype=np.float32)},
    )
    assert model.id != before  # other vectors are never taken for these


def test_an_outfit_is_judged_whole_in_no_order(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file(OutfitNet().state_dict(), tmp_path / "weights.safetensors")
    match = SetMatcher(tmp_path)
    assert isinstance(match, OutfitMatcher)
    vectors = unit(4)
    assert match.whole(vectors) == pytest.approx(match.whole(vectors[::-1]), abs=1e-5)
    pairs = match(vectors[:2], vectors[2:])
    assert pairs.shape == (2,)
    assert pairs.dtype == np.float32
    assert np.allclose(pairs, match(vectors[2:], vectors[:2]), atol=1e-5)
    assert pairs[0] == pytest.approx(match.whole(vectors[[0, 2]]), abs=1e-5)
    said = compatibility(vectors, ["tops", "bottoms", "footwear", "eyewear"], match)
    assert said == pytest.approx(1 / (1 + np.exp(-match.whole(vectors[:3]))), abs=1e-5)
    (tmp_path / "weights.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="Train it again"):
        SetMatcher(tmp_path)


def test_places_without_a_garment_say_nothing() -> None:
    torch.manual_seed(0)
    net = OutfitNet().eval()
    vectors = torch.from_numpy(unit(3))[None]
    padded = torch.cat([vectors, torch.randn(1, 2, 256)], dim=1)
    absent = torch.tensor([[False, False, False, True, True]])
    assert torch.allclose(net(vectors), net(padded, absent), atol=1e-5)


def test_outfits_worn_together_are_learned() -> None:
    train = pytest.importorskip("train_outfits", reason="pipelines/ is not on the path")
    rng = np.random.default_rng(0)
    styles = unit(4, seed=5)
    worn = []
    for photo in range(120):
        style = styles[photo % 4]
        for category in range(3):
            v = style + 0.3 * unit(1, seed=1000 + category)[0] + 0.02 * rng.normal(size=256)
            worn.append((v / np.linalg.norm(v), category, f"{photo:04}"))
    vectors, categories, numbers = zip(*worn, strict=True)
    data = train.Worn(np.array(vectors, np.float32), np.array(categories), np.array(numbers))
    net = train.fit(data, epochs=6)
    # A quarter of the swaps change nothing, so 0.87 is the most; 0.74 was seen.
    assert train.auc(net, data, data.rows("7")) > 0.65
