"""The command: a drawn library in, a table, a flat JSON and a page out."""

from __future__ import annotations

import json
from pathlib import Path

import drawn
import evaluate
import pytest
from evaluation import table

from wardrobe.config import Settings

TOPS = [drawn.RED, drawn.BLUE, drawn.RED, None]


def run(monkeypatch: pytest.MonkeyPatch, *args: object) -> int:
    monkeypatch.setattr("sys.argv", ["evaluate.py", *map(str, args)])
    return evaluate.main()


def test_a_drawn_library_is_measured_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = drawn.library(tmp_path / "photos", TOPS)
    # Built by the fakes' rules; what they answered is remembered, so no model is asked again.
    drawn.build(folder, tmp_path / "work" / "sample", Settings())
    out = tmp_path / "out"
    code = run(monkeypatch, "--sample", folder, "--work", tmp_path / "work", "--out", out,
               "--squeeze", tmp_path / "none.pth")  # fmt: skip
    assert code == 0
    said = json.loads((out / "evaluate.json").read_text())
    assert said["filter.sample.precision"] == said["filter.sample.recall"] == 1
    assert said["segment.sample.map50"] == pytest.approx(1)
    assert said["segment.sample.ap50.bottoms"] == pytest.approx(1)
    assert said["cascade.sample.garments"] == said["cascade.sample.kept"] == 6
    assert said["cascade.sample.foreign"] == 0
    assert said["tryon.sample.ssim"] is None
    assert said["about.profile"] == "small"
    for key, value in said.items():
        assert table.meaning(key)
        assert value is None or isinstance(value, float | int | str)
    printed = capsys.readouterr().out
    assert all(key in printed for key in said if not key.startswith("about."))
    page = (out / "report.html").read_text()
    assert "cascade.sample.kept" in page
    assert "The cascade on sample" in page


def test_what_is_not_there_is_said_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bare").mkdir()
    code = run(
        monkeypatch, "--sample", tmp_path / "bare", "--street", tmp_path / "none", "--out", tmp_path
    )
    said = capsys.readouterr().err
    assert code == 2
    assert "not a labelled library" in said
    assert "no such folder" in said
    assert "nothing to measure" in said
    assert not (tmp_path / "evaluate.json").exists()


def test_a_setting_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--set", "cluster.same_cosin=0.9") != 0
    assert "same_cosine" in capsys.readouterr().err
