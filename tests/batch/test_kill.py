"""A run that is killed at any moment loses at most one batch, and the next run finishes the same
wardrobe; Ctrl-C says how to go on. The runs are real processes, the kill is a real SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import fakes
import pytest
from conftest import ROOT

from wardrobe import batch, closet
from wardrobe.store import Store

# A process of its own whose model of one stage doesn't answer its n-th call, one an input, and says so.
PROGRAM = """
import itertools, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs are started without
sys.path.insert(0, {tests!r})
import fakes
from pathlib import Path
from wardrobe import batch, config
models, calls = fakes.Models(), itertools.count(1)
def held(stage, name, device):
    model = models.create(stage, name, device)
    def answer(*inputs):
        if stage == {stage!r} and next(calls) == {call}:
            print("held", flush=True)
            time.sleep({seconds})
        return model(*inputs)
    return answer
settings = config.load(overrides={{"run.batch": "2"}})
batch.build(Path(sys.argv[1]), Path(sys.argv[2]), settings, create=held)
"""
COLOURS = [(200, 40, 40), (40, 160, 60), (40, 60, 200), (220, 180, 30)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    fakes.write_photos(tmp_path / "photos", [COLOURS[i % 4] for i in range(12)])
    return tmp_path / "photos"


def start(
    photos: Path, out: Path, stage: str, call: int, seconds: int = 600
) -> subprocess.Popen[bytes]:
    """A run that hangs in a call of a stage's model, where whatever came before is in the store."""
    code = PROGRAM.format(tests=str(ROOT / "tests"), stage=stage, call=call, seconds=seconds)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(photos), str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n", "the run was over before it got there"
    return process


def answers(out: Path, stage: str) -> int:
    if not (out / "catalogue.db").is_file():
        return 0
    store = Store(out, create=False)
    try:
        row = store._db.execute("select count(*) from result where stage = ?", [stage]).fetchone()
        return int(row[0])
    finally:
        store.close()


@pytest.mark.parametrize(
    ("stage", "call"), [("pose", 1), ("segment", 5), ("embed", 13), ("classify", 21)]
)
def test_killed_and_run_again(photos: Path, tmp_path: Path, stage: str, call: int) -> None:
    out = tmp_path / "out"
    process = start(photos, out, stage, call)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = {s: answers(out, s) for s in ("pose", "segment")}
    assert done["segment"] >= (0 if stage == "pose" else 4)
    models = fakes.Models()
    report = batch.build(photos, out, create=models.create)
    # Everything that was written counts; what was in flight is computed again.
    assert models.calls["pose"] == 12 - done["pose"]
    assert models.calls["segment"] == 12 - done["segment"]
    whole = batch.build(photos, tmp_path / "whole", create=fakes.Models().create)
    assert report.catalogue == whole.catalogue
    assert closet.load(Store(out)) == closet.load(Store(tmp_path / "whole"))


def test_a_second_process_is_told_that_the_store_is_busy(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(photos, out, "pose", 2)
    command = [sys.executable, "-m", "wardrobe.cli", "build", str(photos), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    process.kill()
    process.wait()
    assert done.returncode == 6
    assert "busy" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="SIGINT can't be sent to one process there")
def test_ctrl_c_leaves_a_store_that_goes_on(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(photos, out, "segment", 5, seconds=3)
    assert answers(out, "segment") == 4
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) != 0
    assert answers(out, "segment") == 4  # what was begun came to its end, and nothing else was
    report = batch.build(photos, out, create=fakes.Models().create)
    assert report.catalogue.funnel.kept == 12
