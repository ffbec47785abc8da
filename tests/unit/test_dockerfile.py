"""Dockerfile.gpu keeps hadolint's rules, and its steps hold outside Docker as far as they go."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from wardrobe import cli

FILE = ROOT / "Dockerfile.gpu"


def instructions() -> list[tuple[str, str]]:
    """(instruction, its argument), continued lines joined, comments left out."""
    lines = [x for x in FILE.read_text().splitlines() if x.strip() and not x.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(x.split(None, 1)[0], x.split(None, 1)[1]) for x in joined.splitlines()]


ALL = instructions()


def said(name: str) -> list[str]:
    return [argument for instruction, argument in ALL if instruction == name]


def test_the_base_is_pinned_and_fits_the_libraries() -> None:
    for base in said("FROM"):
        image, _, tag = base.split()[0].partition(":")
        assert image == "nvidia/cuda"
        assert re.fullmatch(r"\d+\.\d+\.\d+-base-ubuntu24\.04", tag)  # DL3006, DL3007
    lock = (ROOT / "requirements.lock").read_text()
    cuda = {
        f"{m[1]}.{m[2]}" for m in re.finditer(r"^nvidia-cuda-runtime==(\d+)\.(\d+)", lock, re.M)
    }
    major = said("FROM")[0].split(":")[1].split(".")[0]
    assert not cuda or {c.split(".")[0] for c in cuda} == {major}


def test_packages_are_installed_without_extras_and_lists_are_gone_in_the_same_layer() -> None:
    runs = [r for r in said("RUN") if "apt-get" in r]
    assert runs
    for run in runs:
        assert "apt-get install -y --no-install-recommends" in run  # DL3014, DL3015
        assert run.index("apt-get update") < run.index("apt-get install")  # DL3009
        assert "rm -rf /var/lib/apt/lists/*" in run
    for run in said("RUN"):
        assert not re.search(
            r"\bsudo\b|\bcd /|curl |wget |apt-get upgrade|\bapt \b", run
        )  # DL3003, 3004, 3005, 3027
        if "pip install" in run:
            assert "--no-cache-dir" in run  # DL3042
            assert "--require-hashes" in run or "--no-deps" in run  # DL3013


def test_it_runs_as_nobody_in_particular_with_a_health_check_and_no_shell() -> None:
    last_stage = ALL[max(i for i, (name, _) in enumerate(ALL) if name == "FROM") :]
    assert said("USER")[-1] not in ("root", "0")  # DL3002
    assert [n for n, _ in last_stage].index("USER") > [n for n, _ in last_stage].index("COPY")
    assert len(said("HEALTHCHECK")) == 1  # DL3012, DL3057
    for name in ("CMD", "ENTRYPOINT"):
        assert len(said(name)) == 1  # DL3044, DL4003
        assert isinstance(json.loads(said(name)[0]), list)  # DL3025
    assert all(path.startswith("/") for path in said("WORKDIR"))  # DL3000
    assert not said("ADD")  # DL3020
    assert not said("MAINTAINER")  # DL4000
    assert all("pipefail" in s for s in said("SHELL"))  # DL4006
    assert len(said("SHELL")) == len(said("FROM"))
    assert not re.search(r"(?i)(token|password|secret)=", FILE.read_text())


def test_models_are_a_volume_and_nothing_is_asked_of_a_network_at_run_time() -> None:
    volumes = json.loads(said("VOLUME")[0])
    assert {"/models", "/out"} <= set(volumes)
    (environment,) = [e for e in said("ENV") if "WARDROBE_MODELS" in e]
    for setting in ("WARDROBE_MODELS=/models", "HF_HUB_OFFLINE=1", "YOLO_OFFLINE=true"):
        assert setting in environment
    fetching = [r for r in said("RUN") if "models fetch" in r]
    assert len(fetching) == 1
    assert '[ -n "$MODELS" ]' in fetching[0]  # only where it was asked for, while building


def sources() -> list[str]:
    copies = [c for c in said("COPY") if not c.startswith("--from")]
    return [source for c in copies for source in c.split()[:-1]]


def test_what_is_copied_is_there_is_let_in_and_is_all_that_the_wheel_needs(tmp_path: Path) -> None:
    let_in = {x[1:] for x in (ROOT / ".dockerignore").read_text().splitlines() if x.startswith("!")}
    assert set(sources()) == let_in
    for source in sources():
        assert (ROOT / source).exists(), source
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {project["project"]["readme"], *project["project"]["license-files"], *wheel["packages"],
              *wheel["force-include"]}  # fmt: skip
    assert needed <= set(sources())


def test_the_wheel_is_built_from_what_is_copied(tmp_path: Path) -> None:
    hatchling = pytest.importorskip("hatchling.build", reason="hatchling isn't installed")
    for source in sources():
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, tmp_path / source)
    here = Path.cwd()
    try:
        import os

        os.chdir(tmp_path)
        name = hatchling.build_wheel(str(tmp_path / "dist"))
    finally:
        os.chdir(here)
    import zipfile

    names = zipfile.ZipFile(tmp_path / "dist" / name).namelist()
    assert "wardrobe/_models/registry.toml" in names
    assert "wardrobe/_models/pose-small/weights.safetensors" in names


def test_the_command_is_one_of_ours(tmp_path: Path) -> None:
    (entry,), command = json.loads(said("ENTRYPOINT")[0]), json.loads(said("CMD")[0])
    assert entry == "wardrobe"
    (tmp_path / "photos").mkdir()
    places = {"/photos": tmp_path / "photos", "/out": tmp_path / "out"}
    done = CliRunner().invoke(cli.app, [*(str(places.get(c, c)) for c in command), "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "0 photos" in done.stdout


def test_its_health_is_python_that_runs() -> None:
    command = json.loads(said("HEALTHCHECK")[0].split("CMD", 1)[1])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")
