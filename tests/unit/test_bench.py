"""The benchmarks run, and say what they measured."""

from __future__ import annotations

import json
import os
from pathlib import Path

import bench
import pytest
from benches import group
from benches.alone import alone
from conftest import ROOT


def half_a_gigabyte() -> int:
    return len(bytearray(b"x") * 500_000_000)


def nothing() -> int:
    return os.getpid()


def killed() -> None:
    os.kill(os.getpid(), 9)


def test_memory_is_that_of_the_work_alone() -> None:
    light = alone(nothing)
    heavy = alone(half_a_gigabyte)
    assert heavy.value == 500_000_000
    assert light.peak_mb is not None
    assert heavy.peak_mb is not None
    assert 490 < heavy.peak_mb - light.peak_mb < 530
    assert light.value != os.getpid()


def test_work_that_dies_says_how() -> None:
    assert alone(killed).died == "killed by signal 9"


def test_exponents_are_those_of_the_growth() -> None:
    assert group._exponent({10: 3.0, 100: 300.0, 1000: 30_000.0}) == pytest.approx(2)
    assert group._exponent({10: 3.0}) is None


def test_grouping_is_measured_beside_plain_dbscan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "rows.json"
    args = ["group", "--sizes", "300", "600", "--plain", "300", "--asked", "100"]
    assert bench.main([*args, "--json", str(kept)]) == 0
    small, large, last = json.loads(kept.read_text())
    assert (small["garments"], large["garments"], last["garments"]) == (300, 600, "exponent")
    assert 0 < small["items"] < 300
    assert small["plain s"] is not None
    assert large["plain s"] is None
    assert small["recall"] == large["recall"] == 1  # every pair is looked at
    assert small["near pairs"] > 20
    assert last["s"] is not None
    assert last["items"] is None
    assert 0 < small["neighbours s"] < small["s"]
    assert small["peak MB"] > 50
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert len({line.count("|") for line in lines}) == 1


def test_a_photo_goes_the_way_of_a_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "rows.json"
    sample = str(ROOT / "sample_photos")
    assert bench.main(["photo", "--times", "1", "--sample", sample, "--json", str(kept)]) == 0
    found = {row["step"]: row for row in json.loads(kept.read_text())}
    assert list(found) == ["read", "pose", "segment", "embed", "classify", "all"]
    assert found["read"]["found"] == "1536 x 1152 px"
    assert found["pose"]["found"] == "2 people"
    assert "tops" in found["segment"]["found"]
    parts = sum(row["wall s"] for step, row in found.items() if step != "all")
    assert found["all"]["wall s"] == pytest.approx(parts)
    assert len(capsys.readouterr().out.splitlines()) == 8


def test_a_try_on_says_what_it_takes(tmp_path: Path) -> None:
    kept, sample = tmp_path / "rows.json", ROOT / "sample_photos"
    person, shirt = sample / "IMG_0449.jpg", sample / "truth/items/shirt-tartan.webp"
    args = ["tryon", "--person", str(person), "--lying", str(shirt), "--worn", str(shirt)]
    assert bench.main([*args, "--json", str(kept)]) == 0
    rows = json.loads(kept.read_text())
    assert [row["garment"] for row in rows] == ["lying alone", "worn"]
    assert all(row["died"] is None and 0 < row["processor s"] < 60 for row in rows)
    assert all(100 < row["peak MB"] < row["wanted MB"] for row in rows)
