"""The benchmarks run, and say what they measured."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bench
import gpu_check
import numpy as np
import pytest
from benches import busy, group, throughput
from benches.alone import alone
from benches.clock import Spent
from conftest import ROOT
from PIL import Image as Pillow

from wardrobe import images


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


def test_photos_are_enlarged_to_a_phone_s_size_for_both_sides(tmp_path: Path) -> None:
    Pillow.new("RGB", (5, 5)).save(tmp_path / "z.png")  # beyond the count
    for name in ("IMG_0423.jpg", "IMG_0438.heic"):
        (tmp_path / name).write_bytes((ROOT / "sample_photos" / name).read_bytes())
    (tmp_path / "large").mkdir()
    throughput.enlarge(tmp_path, tmp_path / "large", 2, 3)
    for file, name in zip(
        sorted((tmp_path / "large").iterdir()), ("IMG_0423.jpg", "IMG_0438.heic"), strict=True
    ):
        before, after = (
            images.read(f, work_px=256, max_megapixels=9) for f in (tmp_path / name, file)
        )
        assert after.size[0] * after.size[1] == pytest.approx(3e6, rel=0.01)
        assert after.taken_at == before.taken_at is not None
        assert after.pixels.shape == before.pixels.shape  # upright
        assert np.abs(after.pixels.astype(int) - before.pixels).mean() < 4


def test_time_that_threads_spend_together_counts_once() -> None:
    spent = Spent()
    asleep = spent.timed("asleep", lambda: time.sleep(0.1))
    with ThreadPoolExecutor(3) as pool:
        total, _ = spent.clock(
            lambda: [f.result() for f in [pool.submit(asleep) for _ in range(3)]]
        )
    asleep()
    parts = spent.rest(total, "rest")
    assert parts["asleep"][0] == pytest.approx(0.2, abs=0.05)
    assert parts["asleep"][1] < 0.05  # nobody computed


@pytest.mark.slow
def test_the_gpu_profile_is_timed_beside_the_script_on_random_networks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WARDROBE_MODELS", raising=False)
    for name in ("IMG_0423.jpg", "IMG_0450.jpg"):
        (tmp_path / name).write_bytes((ROOT / "sample_photos" / name).read_bytes())
    kept = tmp_path / "rows.json"
    asked = ["throughput", "--profile", "gpu", "--untrained", "tiny", "--photos", str(tmp_path)]
    assert bench.main([*asked, "--json", str(kept)]) == 0
    found = {row["what"].strip(): row for row in json.loads(kept.read_text())}
    # Both have the same to do: every stage is timed, and in two photos they find the same garments.
    for stage in ("pose", "segment", "embed", "classify"):
        assert found[stage]["processor s"] > 0
        assert found[f"script: {stage}"]["processor s"] > 0
    assert found["product"]["done"].startswith("2 photos kept, 4 garments")
    assert found["script"]["done"].startswith("2 photos with people, 4 garments")
    for who in ("", "script: "):
        stages = ("pose", "segment", "amodal", "embed", "classify", "inpaint", "all else")
        mine = [found[f"{who}{s}"] for s in stages if f"{who}{s}" in found]
        parts = sum(row["processor s"] for row in mine)
        assert parts == pytest.approx(found["script" if who else "product"]["processor s"])
    ratio = found["script"]["processor s"] / found["product"]["processor s"]
    assert found["ratio"]["processor s"] == pytest.approx(ratio)
    assert found["product"]["GPU busy"] is None  # nobody asked
    assert "WARDROBE_MODELS" not in os.environ
    table = [line for line in capsys.readouterr().out.splitlines() if "|" in line]
    assert len({line.count("|") for line in table}) == 1  # ultralytics says things of its own


def test_how_busy_a_gpu_is_comes_from_what_nvidia_smi_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert busy.read("80, 1000\n100, 3000\n[N/A], 12\n\n") == (0.9, 3000 * 2**20 / 1e6)
    assert busy.read("") == (None, None)
    (tmp_path / "nvidia-smi").write_text(
        '#!/bin/sh\necho "$@" > "$0.asked"\nwhile true; do echo "50, 10"; sleep 0.05; done\n'
    )
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with busy.Busy("cuda:1") as gpu:
        time.sleep(0.5)
    assert gpu.share == 0.5
    assert gpu.peak_mb == pytest.approx(10.5, abs=0.1)
    assert "-i 1" in (tmp_path / "nvidia-smi.asked").read_text()
    with busy.Busy("cpu") as none:
        pass
    assert none.share is None


def test_what_is_checked_on_a_gpu_takes_eight_minutes_at_most_and_can_be_asked() -> None:
    args = gpu_check._arguments(["--out", "x"])
    parts = gpu_check.parts(args)
    assert [name for name, *_ in parts] == args.only
    assert sum(seconds for _, seconds, *_ in parts) + 20 <= 480
    for name, _, command, _ in parts:
        if name == "parity":
            assert (ROOT / command[command.index("gpu") + 1]).is_dir()
            continue
        asked = bench._arguments(command[1:])  # would end the program if an option were wrong
        assert asked.device == "cuda"
        assert asked.profile == name
        assert asked.untrained == ("full" if name == "gpu" else None)


def test_a_part_that_takes_too_long_is_ended_with_its_children_and_what_it_said_is_kept(
    tmp_path: Path,
) -> None:
    code = "import subprocess, sys; print('said'); subprocess.run(['sleep', '60'])"
    began = time.monotonic()
    assert not gpu_check._run("late", 2, ["-c", code], {}, tmp_path)
    assert time.monotonic() - began < 30
    assert (tmp_path / "late.log").read_text() == "said\n"
    assert gpu_check._run("well", 60, ["-c", "print('well')"], {}, tmp_path)
    assert not gpu_check._run("badly", 60, ["-c", "raise SystemExit(3)"], {}, tmp_path)
