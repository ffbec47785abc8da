"""Every verb: in the README, on stdout what is data, in JSON what is promised, the right exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import fakes
import pytest
import typer
from conftest import ROOT
from typer.testing import CliRunner, Result

from wardrobe import backends, batch, cli
from wardrobe.errors import WardrobeError

RED, GREEN = (200, 40, 40), (40, 160, 60)
run_cli = CliRunner()


def run(*args: object) -> Result:
    return run_cli.invoke(cli.app, [str(a) for a in args])


def data(*args: object) -> Any:
    done = run(*args, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> fakes.Models:
    models = fakes.Models()
    plain = batch.build
    monkeypatch.setattr(batch, "build", lambda *a, **k: plain(*a, create=models.create, **k))
    return models


@pytest.fixture
def built(tmp_path: Path, models: fakes.Models) -> Path:
    fakes.write_photos(tmp_path / "photos", [RED, GREEN, None, RED])
    done = run("build", tmp_path / "photos", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    return tmp_path / "out"


def verbs() -> set[str]:
    command = typer.main.get_group(cli.app)
    out = set()
    for name, sub in command.commands.items():
        inner = getattr(sub, "commands", None)
        out |= {f"{name} {i}" for i in inner} if inner else {name}
    return out


def test_every_verb_is_in_the_readme_and_the_readme_names_no_other() -> None:
    named = set(
        re.findall(
            r"^\| `wardrobe ((?:models |outfit )?[a-z-]+)", (ROOT / "README.md").read_text(), re.M
        )
    )
    assert named == verbs()


def test_the_issue_s_verbs_are_all_there() -> None:
    wanted = {"build", "status", "items", "show", "explain", "export", "models list", "models fetch",
              "models verify", "config", "doctor"}  # fmt: skip
    assert wanted <= verbs()


def test_build_prints_the_funnel_and_says_what_comes_next(built: Path) -> None:
    done = run("build", built.parent / "photos", "--out", built)
    assert "photos seen 4" in done.stdout
    assert "left out 1: no person" in done.stdout
    assert "items    3" in done.stdout
    assert "0 answers computed" in done.stderr
    assert "wardrobe export" in done.stderr


def test_items_have_the_documented_keys(built: Path) -> None:
    listed = data("items", "--out", built)
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## Items as JSON")[1].split("## From Python")[0]
    documented = set(re.findall(r"`([a-z_]+)`", section))
    assert listed["schema"] == 1
    for item in listed["items"]:
        assert set(item) <= documented
        assert set(item) == {
            "id", "name", "category", "type", "colours", "confidence", "garments", "cover", "thumbnail",
            "cutout", "sources", "filled", "first_seen", "last_seen", "worn_count", "flagged", "pattern", "sleeve",
        }  # fmt: skip
        for garment in item["garments"]:
            assert set(garment) == {"photo", "box", "visibility", "score", "showing", "quality"}
            assert set(garment["quality"]) <= documented
            assert all(0 <= v <= 1 for v in [garment["showing"], *garment["quality"].values()])
            assert len(garment["box"]) == 4
            assert (built.parent / "photos" / garment["photo"]).is_file()
        assert (built / item["thumbnail"]).is_file()
    assert listed["funnel"]["seen"] == 4


def test_show_is_one_of_the_items(built: Path) -> None:
    red = next(i for i in data("items", "--out", built)["items"] if "Red" in i["name"])
    assert data("show", red["id"][:8], "--out", built) == red
    said = run("show", red["id"], "--out", built).stdout
    assert "Red t-shirt" in said
    assert "000.jpg" in said
    assert said.count("showing 0.") == len(red["garments"])
    assert "resolution" in said
    assert "worn on 2 day(s), 2026-05-01 to 2026-05-04" in said
    legs = next(i for i in data("items", "--out", built)["items"] if i["category"] == "bottoms")
    assert f"worn with: {legs['name']} (2)" in said


def test_items_can_be_chosen_by_category(built: Path) -> None:
    assert {
        i["category"] for i in data("items", "--out", built, "--category", "tops")["items"]
    } == {"tops"}
    assert "Red t-shirt" in run("items", "--out", built).stdout


def test_status_names_every_photo_left_out(built: Path) -> None:
    said = run("status", "--out", built).stdout
    assert "002.jpg: Nobody was found in it." in said
    facts = data("status", "--out", built)
    assert facts["photos"]["002.jpg"]["reason"] == "no person"
    assert facts["runs"][0]["funnel"]["items"] == 3


def test_explain_prints_the_trace(built: Path) -> None:
    said = run("explain", "000.jpg", "--out", built).stdout
    assert all(
        stage in said for stage in ("photo", "pose", "segment", "garments", "embed", "classify")
    )
    assert said.rstrip().endswith("end: kept, 2 garment(s)")
    assert data("explain", "002.jpg", "--out", built)["end"] == "left out: no person"


@pytest.mark.parametrize("kind", ["html", "json", "csv", "zip"])
def test_export_writes_and_prints_the_path(built: Path, kind: str) -> None:
    done = run("export", "--format", kind, "--out", built)
    assert done.exit_code == 0
    assert Path(done.stdout.strip()).stat().st_size > 200


def test_a_dry_run_writes_nothing(tmp_path: Path, models: fakes.Models) -> None:
    fakes.write_photos(tmp_path / "photos", [RED])
    assert data("build", tmp_path / "photos", "--out", tmp_path / "out", "--dry-run") == {
        "photos": 1, "known": 0, "new": 1,
    }  # fmt: skip
    assert not (tmp_path / "out").exists()
    assert not models.calls


def test_failures_of_photos_end_in_3(tmp_path: Path, models: fakes.Models) -> None:
    fakes.write_photos(tmp_path / "photos", [RED])
    models.trouble["embed"] = RuntimeError("flaky")
    assert run("build", tmp_path / "photos", "--out", tmp_path / "out").exit_code == 3


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["items", "--out", "nowhere"], 6, "wardrobe build"),
        (["build", "nowhere", "--out", "x"], 2, "not a folder"),
        (["build", ".", "--out", "x", "--set", "cluster.same_cosin=0.9"], 2, "cluster.same_cosine"),
        (["build", ".", "--out", "x", "--set", "cluster.same_cosine=7"], 2, "cluster.same_cosine"),
        (["build", ".", "--out", "x", "--set", "nonsense"], 2, "section.key=value"),
        (["build", ".", "--out", "x", "--profile", "large"], 2, "small, gpu"),
        (["build", ".", "--out", "x", "--until", "lunch"], 2, "choose one of"),
        (["build", ".", "--out", "x", "--set", "pose.model=segment-small"], 4, "segment-small"),
        (["build", ".", "--out", "x", "--set", "pose.model=nothing"], 4, "pose-small"),
        (["config", "--explain", "cluster.same"], 2, "cluster.same_cosine"),
        (["models", "fetch", "nothing"], 4, "known are"),
    ],
)
def test_errors_are_sentences_with_the_right_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], code: int, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    args = [str(tmp_path / "x") if a == "x" else a for a in args]
    done = run(*args)
    assert isinstance(done.exception, WardrobeError), done.output
    assert done.exception.exit_code == code
    assert said in str(done.exception)


def test_the_gpu_profile_without_a_gpu_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "photos").mkdir()
    build = ("build", tmp_path / "photos", "--out", tmp_path / "out", "--profile", "gpu")
    for device in ((), ("--device", "auto"), ("--device", "cuda:1"), ("--device", "cuda:all")):
        done = run(*build, *device)
        assert isinstance(done.exception, WardrobeError)
        assert done.exception.exit_code == 5
        said = str(done.exception)
        assert "no CUDA device" in said
        assert "--device cpu" in said
        assert "--profile small" in said
    assert not (tmp_path / "out").exists()
    assert run(*build, "--device", "cpu").exit_code == 0  # an empty folder asks no model


def test_the_gpu_profile_s_models_are_said_and_fetched_only_when_accepted(tmp_path: Path) -> None:
    shown = json.loads(run("config", "--profile", "gpu").stdout)
    assert shown["pose"]["model"] == "yolo26m-pose"
    assert shown["run"]["device"] == "cuda"
    done = run("models", "fetch", "--profile", "gpu", "--dry-run")
    assert done.exit_code == 0, done.output
    for said in ("yolo26m-pose", "50.0 MB", "AGPL-3.0", "face-yunet", "not for commercial use",
                 "not pinned", "to fetch: "):  # fmt: skip
        assert said in done.stderr
    refused = run("models", "fetch", "--profile", "gpu", "--from", tmp_path)
    assert isinstance(refused.exception, WardrobeError)
    assert "deepfashion2-yolov8s" in str(refused.exception)
    assert "--accept-license" in str(refused.exception)


def test_a_model_is_fetched_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDROBE_MODELS", str(tmp_path / "models"))
    (tmp_path / "shelf" / "yolo11m-pose").mkdir(parents=True)
    (tmp_path / "shelf" / "yolo11m-pose" / "yolo11m-pose.pt").write_bytes(b"weights")
    done = run("models", "fetch", "yolo11m-pose", "--from", tmp_path / "shelf")
    assert done.exit_code == 0, done.output
    path = Path(done.stdout.strip())
    assert path.read_bytes() == b"weights"
    row = next(r for r in data("models", "list") if r["name"] == "yolo11m-pose")
    assert row["here"]
    assert not row["pinned"]
    assert row["id"].startswith("yolo11m-pose@")
    assert "yolo11m-pose: good (the bytes that came first)" in run("models", "verify").stdout


def test_a_device_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(WardrobeError, match="torch sees"):
        backends.resolve("cuda:63")
    with pytest.raises(WardrobeError, match="no device"):
        backends.resolve("tpu")
    assert backends.resolve("cpu") == "cpu"


def test_config_shows_all_and_explains_one() -> None:
    shown = json.loads(run("config", "--set", "cluster.same_cosine=0.9").stdout)
    assert shown["cluster"]["same_cosine"] == 0.9
    explained = data("config", "--explain", "cluster.same_cosine")
    assert explained["default"] == 0.85
    assert "false merge" in explained["description"]


def test_models_list_and_verify() -> None:
    rows = {r["name"]: r for r in data("models", "list")}
    assert {"pose-small", "segment-small", "embed-small", "classify-small", "face-sface"} <= set(
        rows
    )
    done = run("models", "verify")
    assert done.exit_code == 0, done.stdout
    assert "segment-small: good" in done.stdout
    assert "face-sface: not fetched" in done.stdout or "face-sface: good" in done.stdout


def test_doctor_is_content_here() -> None:
    checks = data("doctor")
    assert all(c["good"] for c in checks), [c for c in checks if not c["good"]]


def test_ctrl_c_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "photos").mkdir()
    monkeypatch.setattr(batch, "build", stopped)
    done = run("build", tmp_path / "photos", "--out", tmp_path / "out")
    assert done.exit_code == 130
    assert f"wardrobe build {tmp_path / 'photos'} --out {tmp_path / 'out'}" in done.stderr


def test_hostile_names_reach_the_terminal_as_text(tmp_path: Path, models: fakes.Models) -> None:
    folder = tmp_path / "photos"
    fakes.write_photos(folder, [RED])
    (folder / "000.jpg").rename(folder / "[bold]x\x1b[31m.jpg")
    (folder / "empty[red].jpg").write_bytes(b"")
    assert run("build", folder, "--out", tmp_path / "out").exit_code == 0
    said = run("status", "--out", tmp_path / "out").stdout
    assert "empty[red].jpg" in said
    assert "\x1b" not in said
    assert "\x1b" not in run("items", "--out", tmp_path / "out", "--json").stdout
