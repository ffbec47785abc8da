"""The registry of models: what it holds, what it refuses, and where its files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from wardrobe import weights
from wardrobe.errors import ModelError
from wardrobe.weights import entries


def test_the_registry_loads_and_lies_beside_the_shipped_models() -> None:
    known = weights.registry()
    assert (weights.shipped_folder() / "registry.toml").is_file()
    assert {"pose-small", "segment-small", "embed-small", "classify-small"} <= set(known)
    for name, model in known.items():
        assert model.name == name
        assert ":" in model.backend
        assert model.licence
        null = model.backend.partition(":")[2].startswith("Null")  # a Null model has no file
        code = name == "inpaint-cloth"  # nor has one that learned nothing
        assert model.all() or model.parts or model.needs or null or code
        for one in model.all():
            assert model.shipped or one.made or one.url.startswith("https://")
            assert one.sha256 == "" or len(one.sha256) == 64
        assert all(known[part].stage == model.stage for part in model.parts)
        assert "runwayml" not in f"{model.repo} {model.url}"  # its repository was deleted
        assert not model.needs or model.needs in known


def test_a_registry_that_is_no_registry_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "shipped_folder", lambda: tmp_path)
    for text in (None, "[tiny", '[tiny]\nstage = "embed"\n', "tiny = 3\n"):
        if text:
            (tmp_path / "registry.toml").write_text(text)
        with pytest.raises(ModelError, match=r"registry\.toml"):
            weights.registry()


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'pose-smal'.*pose-small"):
        weights.find("pose-smal")


def test_where_fetched_models_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("WARDROBE_MODELS", raising=False)
    assert weights.fetched_folder() == tmp_path / "wardrobe" / "models"
    monkeypatch.setenv("WARDROBE_MODELS", str(tmp_path / "mine"))
    assert weights.fetched_folder() == tmp_path / "mine"
