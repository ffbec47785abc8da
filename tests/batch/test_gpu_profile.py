"""The gpu profile from the shop to the mirror, on the processor: fetched from a folder, a closet built
with no network, outfits suggested, a person dressed. Its models are tiny (`published_profile.py`)."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import published_profile
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from wardrobe import backends, cli, closet, config, images, mirror, outfits, painting, weights
from wardrobe.backends.merged import CLOTHES
from wardrobe.errors import DeviceError, WardrobeError
from wardrobe.stages.outfit import OutfitMatcher
from wardrobe.stages.segment import FindGarments
from wardrobe.store import Store

PHOTOS = ("IMG_0423.jpg", "IMG_0448.jpg", "IMG_0450.jpg")
RUN = ["--profile", "gpu", "--set", "run.device=cpu"]
#: The sizes that the published diffusion models were trained at, made small like them.
SMALLER = {
    "options.input_px = 512\n\n[sdxl": "options.input_px = 64\n\n[sdxl",
    "options.height = 1024\noptions.width = 768": "options.height = 128\noptions.width = 96",
}


@dataclass(frozen=True)
class Closet:
    photos: Path
    out: Path
    said: dict[str, Any]


def asked(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, [str(w) for w in words])
    got = done.exception.exit_code if isinstance(done.exception, WardrobeError) else done.exit_code
    assert got == code, done.output
    return done.stdout


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A machine without a network, and without a model of the profile; sizes in the registry small."""
    root = tmp_path_factory.mktemp("machine")
    shutil.copytree(weights.shipped_folder(), root / "shipped")
    registry = root / "shipped" / "registry.toml"
    said = registry.read_text(encoding="utf-8")
    for large, small in SMALLER.items():
        assert said.count(large) == 1
        said = said.replace(large, small)
    for pinned in re.findall(r'^\[face-.*?(^sha256 = "\w+"\n)', said, re.M | re.S):
        said = said.replace(pinned, "")  # ours aren't the published bytes
    registry.write_text(said, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARDROBE_MODELS", str(root / "models"))
        patch.setattr(weights.entries, "shipped_folder", lambda: root / "shipped")
        for name in ("create_connection", "getaddrinfo"):
            patch.setattr(socket, name, refuse)
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(mirror, "_models", {})
        yield


@pytest.fixture(scope="module")
def made(quiet: None, tmp_path_factory: pytest.TempPathFactory) -> Closet:
    root = tmp_path_factory.mktemp("gpu")
    for name in PHOTOS:
        (root / "photos").mkdir(exist_ok=True)
        shutil.copy(ROOT / "sample_photos" / name, root / "photos" / name)
    shop = published_profile.profile(root / "shop")
    fetch: list[str | Path] = ["models", "fetch", "--profile", "gpu", "--from", shop]
    refused = asked(*fetch, code=2)
    assert not any(weights.here(m) for m in weights.whole(["yolo26m-pose", "catvton"])), refused
    asked(*fetch, "--accept-license")
    shutil.rmtree(shop)
    asked("models", "verify")
    said = json.loads(asked("build", root / "photos", "--out", root / "out", *RUN, "--json"))
    return Closet(root / "photos", root / "out", said)


def not_asked(*_: Any) -> Any:
    """For a stage that only reads what is remembered."""
    raise AssertionError("nothing is to be found anew")


def test_every_stage_was_answered_by_the_profile_s_model(made: Closet) -> None:
    store = Store(made.out, create=False)
    by = {r.stage: r.model for r in store.results() if r.model}
    raw = [r.value for r in store.results() if r.stage == "segment" and r.value]
    store.close()
    profile = config.PROFILES["gpu"]
    for stage in ("pose", "segment", "embed", "classify", "thumbnail"):
        name = profile[f"{stage}.model"]
        assert by.pop(stage) == weights.identity(weights.find(name))
    assert by.pop("amodal") == weights.identity(
        weights.find("amodal-small")
    )  # the only one that ships
    assert by == {}
    assert "deepfashion2-yolov8s@" in weights.identity(weights.find("garments-per-person"))
    assert not any("unfetched" in weights.identity(weights.find(n)) for n in profile.values() if n != "cuda"
                   and n != "moda-outfits")  # fmt: skip
    # Both segmenters answered: only the map of clothes knows shoes, bags and hats.
    found = FindGarments("", not_asked, not_asked, 0)
    seen = {d.category for r in raw for d in found.decode(r)}
    assert seen & CLOTHES
    assert seen - CLOTHES
    trace = json.loads(asked("explain", "IMG_0450.jpg", "--out", made.out, "--json"))
    said = {step["stage"]: step for step in trace["steps"]}
    assert said["pose"]["model"].startswith("yolo26m-pose@")
    assert "person 1 of 1" in said["pose"]["came_out"]
    assert said["embed"]["model"].startswith("moda-matryoshka@")


def test_the_catalogue_is_consistent(made: Closet) -> None:
    funnel, items = made.said["funnel"], made.said["items"]
    assert (funnel["seen"], funnel["kept"], funnel["failures"]) == (3, 3, 0)
    assert funnel["items"] == len(items) >= 4
    garments = [g for item in items for g in item["garments"]]
    assert funnel["garments"] == len(garments)
    assert {g["photo"] for g in garments} == set(PHOTOS)
    # What the shipped segmenter sees in these photos comes through a published file's loader.
    found = {item["category"] for item in items}
    assert found & {"tops", "outerwear"}
    assert "bottoms" in found
    assert all(0 <= item["confidence"] <= 1 for item in items)
    assert json.loads(asked("items", "--out", made.out, "--json"))["items"] == items


def test_vectors_are_the_encoder_s_first_256_numbers(made: Closet) -> None:
    store = Store(made.out, create=False)
    vectors = closet.vectors(store)
    store.close()
    assert set(vectors) == {item["id"] for item in made.said["items"]}
    for v in vectors.values():
        assert v.shape == (256,)
        assert float(np.linalg.norm(v)) == pytest.approx(1, abs=1e-3)
    apart = np.stack(list(vectors.values()))
    assert (apart @ apart.T)[~np.eye(len(apart), dtype=bool)].max() < 0.9999


def test_thumbnails_are_filled_by_stable_diffusion_and_what_was_seen_stays(made: Closet) -> None:
    filled = [item for item in made.said["items"] if item["filled"]["generated"] > 0.005]
    assert filled
    for item in made.said["items"]:
        picture = images.decode((made.out / item["thumbnail"]).read_bytes())
        sources = painting.read_sources((made.out / item["sources"]).read_bytes())
        assert picture.shape == (512, 512, 3)
        assert (picture[sources == painting.NOTHING] == picture[0, 0]).all()
        share = float((sources == painting.GENERATED).sum() / max((sources > 0).sum(), 1))
        assert share == pytest.approx(item["filled"]["generated"], abs=1e-3)


def test_a_second_build_remembers_everything_and_loads_no_model(
    made: Closet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "_made", lambda *_: pytest.fail("a model was loaded"))
    again = json.loads(asked("build", made.photos, "--out", made.out, *RUN, "--json"))
    assert again["computed"] == 0
    assert again["items"] == made.said["items"]


def test_a_batch_s_answers_are_its_singles_bytes(made: Closet, tmp_path: Path) -> None:
    alone: list[str | Path] = [
        "build",
        made.photos,
        "--out",
        tmp_path,
        *RUN,
        "--until",
        "classify",
        "--limit",
        "2",
    ]
    asked(*alone, "--set", "run.batch=1")
    kept = []
    for out in (made.out, tmp_path):
        store = Store(out, create=False)
        kept.append({r.key: (r.stage, r.value) for r in store.results() if r.model})
        store.close()
    assert {stage for stage, _ in kept[1].values()} >= {"pose", "segment", "embed", "classify"}
    assert kept[1].items() <= kept[0].items()


def test_outfits_are_suggested_by_the_set_transformer_once_it_was_trained(made: Closet) -> None:
    asked("suggest", "--out", made.out, code=4)  # nobody trained it
    model = weights.find("moda-outfits")
    file = published_profile.outfits(weights.location(model) / "weights.safetensors")
    part = f"{model.file}/weights.safetensors"
    weights.pin(model, part, sha=weights.sha256(file), size=file.stat().st_size, url="trained")
    store = Store(made.out, create=False)
    assert isinstance(outfits.match(store), OutfitMatcher)
    store.close()
    said = json.loads(asked("suggest", "--out", made.out, "--count", "3", "--seed", "1", "--json"))
    assert said
    known = {item["id"] for item in made.said["items"]}
    for outfit in said:
        assert set(outfit["pieces"]) <= known
    judged = [outfit["compatibility"] for outfit in said if len(outfit["pieces"]) > 1]
    assert judged
    assert all(0 < p < 1 for p in judged)


def test_somebody_is_dressed_by_catvton_within_the_region_only(
    made: Closet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = next(i for i in made.said["items"] if i["category"] in ("tops", "outerwear"))
    person = made.photos / "IMG_0448.jpg"
    given: list[Any] = []
    plain = mirror.fitted

    def kept(*args: Any, **kwargs: Any) -> Any:
        given.append(plain(*args, **kwargs))
        return given[-1]

    monkeypatch.setattr(mirror, "fitted", kept)
    words = ["try-on", person, item["id"], "--out", made.out, *RUN, "--steps", "2"]
    asked(*words, "-o", tmp_path / "a.png", "--seed", "3")
    asked(*words, "-o", tmp_path / "b.png", "--seed", "4")
    (name, device), model = next(iter(mirror._models.items()))
    assert (name, device, type(model).__name__) == ("catvton", "cpu", "CatVton")
    a, b = (images.decode((tmp_path / f"{x}.png").read_bytes()) for x in "ab")
    assert (a != b).any()
    (fitting,) = given[0][1]
    outside = ~fitting.dressed.region
    assert (a[outside] == fitting.dressed.image[outside]).all()
    assert (a != fitting.dressed.image).any()


def test_without_a_gpu_the_profile_says_so_before_it_reads_anything(
    made: Closet, tmp_path: Path
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    done = CliRunner().invoke(
        cli.app, ["build", str(made.photos), "--out", str(tmp_path / "x"), "--profile", "gpu"]
    )
    assert isinstance(done.exception, DeviceError)
    assert not (tmp_path / "x" / "catalogue.db").exists()
