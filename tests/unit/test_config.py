"""Settings: explained, bounded, and misspelt keys never ignored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wardrobe import config, weights
from wardrobe.config import Settings
from wardrobe.errors import ConfigError

PLACES = {"amodal_model", "model", "face_model", "device"}  # names of things, not amounts


@pytest.mark.parametrize("key", config.keys())
def test_every_setting_is_explained_and_its_default_lies_in_its_bounds(key: str) -> None:
    told = config.explain(key)
    assert told["key"] == key
    assert len(told["description"]) > 20
    assert told["description"].endswith(".")
    if told["type"] in ("number", "integer"):
        low = told.get("minimum", told.get("exclusiveMinimum"))
        assert low is not None
        assert low <= told["default"] <= told.get("maximum", float("inf"))
    else:
        assert "pattern" in told or key.split(".")[1] in PLACES


@pytest.mark.parametrize("key", [k for k in config.keys() if config.explain(k)["type"] == "number"])
def test_no_number_may_leave_its_bounds(key: str) -> None:
    told = config.explain(key)
    for bad in (told.get("minimum", 0) - 0.01, told["maximum"] + 0.01, "nan", "inf", "many"):
        with pytest.raises(ConfigError, match=key):
            config.load(overrides={key: str(bad)})


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("cluster.same_cosin", "cluster.same_cosine"),
        ("clutser.same_cosine", "cluster.same_cosine"),
        ("segment.minscore", "segment.min_score"),
        ("profile.small", "wardrobe config"),
    ],
)
def test_a_misspelt_key_is_refused_with_a_near_miss(key: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=rf"(?s){key}.*{meant}"):
        config.load(overrides={key: "0.9"})
    with pytest.raises(ConfigError, match=rf"(?s){key}.*{meant}"):
        config.explain(key)


def test_an_override_without_a_section_says_how_to_write_it() -> None:
    with pytest.raises(ConfigError, match=r"section\.key=value"):
        config.load(overrides={"same_cosine": "0.9"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "wardrobe.toml"
    path.write_text("[cluster]\nsame_cosine = 0.8\nmin_samples = 2\n", encoding="utf-8")
    return path


def test_the_file_beats_the_defaults_and_an_override_beats_the_file(file: Path) -> None:
    settings = config.load(file, {"cluster.same_cosine": "0.9"})
    assert settings.cluster.same_cosine == 0.9
    assert settings.cluster.min_samples == 2
    assert settings.segment == Settings().segment


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[cluster\n", "wardrobe.toml"),
        (b'a = "\xff"\n', "wardrobe.toml"),
        (b"cluster = 3\n", "cluster: "),
        (b"[clutser]\nsame_cosine = 0.9\n", "clutser.*Did you mean.*cluster"),
        (b"[cluster]\nsame_cosine = 2\n", "cluster.same_cosine.*less than or equal to 1"),
    ],
)
def test_a_bad_file_is_refused_by_name(file: Path, text: bytes, said: str) -> None:
    file.write_bytes(text)
    with pytest.raises(ConfigError, match=said):
        config.load(file, {"cluster.min_samples": "2"})
    file.unlink()
    with pytest.raises(ConfigError, match=r"wardrobe\.toml"):
        config.load(file)


def test_settings_survive_json() -> None:
    settings = config.load(
        overrides={"cluster.same_cosine": "0.91", "thumbnail.background": "#000000"}
    )
    assert Settings.model_validate(json.loads(config.dump(settings))) == settings
    assert settings != Settings()


def test_a_profile_fills_in_what_nobody_said(file: Path) -> None:
    gpu = config.PROFILES["gpu"]
    settings = config.load(file, {"embed.model": "marqo-fashionsiglip"}, "gpu")
    assert settings.pose.model == gpu["pose.model"] != Settings().pose.model
    assert settings.embed.model == "marqo-fashionsiglip"
    assert settings.cluster.same_cosine == 0.8
    assert settings.run.device == "cuda"
    assert config.load(profile="gpu", overrides={"run.device": "auto"}).run.device == "cuda"
    assert config.load(profile="gpu", overrides={"run.device": "cpu"}).run.device == "cpu"
    assert Settings(profile="gpu", run=config.RunSettings(batch=3)).run.device == "cuda"
    assert Settings.model_validate(json.loads(config.dump(settings))) == settings
    assert config.load(profile="small") == Settings()


def test_every_model_of_a_profile_is_in_the_registry_and_serves_its_stage() -> None:
    stages = {"pose.face_model": "face", "thumbnail.model": "inpaint"}
    for profile, said in config.PROFILES.items():
        settings = config.load(profile=profile)
        known = weights.whole(config.models_of(settings))
        assert {m.name for m in known} >= set(config.models_of(settings))
        for key, name in said.items():
            if "model" in key:
                assert weights.find(name).stage == stages.get(key, key.split(".")[0])
