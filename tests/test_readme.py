"""What the README promises runs as it is written there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda s: s.splitlines()[2].split("=")[0].strip())
def test_python_snippets_run(snippet: str, tmp_path: Path) -> None:
    (tmp_path / "sample_photos").symlink_to(ROOT / "sample_photos")
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_stage_snippet_finds_something() -> None:
    """The README's photo is worth showing: somebody is in it, in clothes."""
    lines = SNIPPETS[0] + "assert people and len(garments) >= 2 and len(labels) == len(garments)\n"
    lines += "assert vectors.shape == (len(garments), 256) and picture.shape == (512, 512, 3)\n"
    lines += "assert sorted(i for g in groups for i in g) == list(range(len(garments)))\n"
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_make_targets_named_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for document in ("README.md", "CONTRIBUTING.md"):
        named = re.findall(r"`?make ([a-z]+(?: [a-z]+)*)`", (ROOT / document).read_text())
        named += re.findall(r"^make ([a-z]+)", (ROOT / document).read_text(), re.M)
        for line in named:
            assert set(line.split()) <= targets, f"{document}: make {line}"


def test_programs_named_in_the_documents_exist_and_explain_themselves() -> None:
    text = README + (ROOT / "CONTRIBUTING.md").read_text()
    for program in set(re.findall(r"pipelines/([a-z_]+\.py)", text)):
        assert (ROOT / "pipelines" / program).is_file(), program


def test_no_address_of_a_registry_and_no_path_of_this_machine_is_tracked() -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = "py" + "pi.org|python" + "hosted|npm" + "js.org|deb" + "ian.org"
    home = "/(wo" + "rk|ro" + "ot)/"
    done = subprocess.run(
        ["git", "grep", "-nIE", f"{names}|(^|[^A-Za-z0-9_.]){home}", "--", ".", ":!LICENSE"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == ""
