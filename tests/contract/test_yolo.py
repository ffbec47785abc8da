"""The YOLO backends keep their stages' contracts, on the weights that ship."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from wardrobe import weights
from wardrobe.backends import create, yolo
from wardrobe.errors import ModelError
from wardrobe.labels import CATEGORIES
from wardrobe.types import BODY_MIN_SCORE, GARMENT_MIN_SCORE, Image


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    """Noise, grey, and odd shapes: nothing is promised of the answer but its form."""
    rng = np.random.default_rng(0)
    shapes = [(320, 240), (200, 640), (97, 100), (640, 640), (1200, 150)]
    noise = [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in shapes]
    return [*noise, np.full((300, 200, 3), 127, np.uint8)]


@pytest.fixture(scope="module")
def pose() -> yolo.YoloPose:
    model: yolo.YoloPose = create("pose", "pose-small", "cpu")
    return model


@pytest.fixture(scope="module")
def segment() -> yolo.YoloSegment:
    path = weights.verified(weights.find("segment-small"))
    return yolo.YoloSegment(path, min_score=0.001)  # so that noise has answers too


def test_a_batch_equals_its_singles(
    pose: yolo.YoloPose, segment: yolo.YoloSegment, pictures: list[Image]
) -> None:
    for together, alone in zip(pose(pictures), (pose([p])[0] for p in pictures), strict=True):
        assert [p.box for p in together] == [p.box for p in alone]
    found = segment(pictures, [100.0] * len(pictures))
    assert any(found)
    for together, alone in zip(found, (segment([p], [100.0])[0] for p in pictures), strict=True):
        assert together == alone


def test_answers_lie_in_the_picture_and_are_sorted(
    segment: yolo.YoloSegment, pose: yolo.YoloPose, pictures: list[Image]
) -> None:
    for picture, found in zip(pictures, segment(pictures, [400.0] * 6), strict=True):
        h, w = picture.shape[:2]
        assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)
        for d in found:
            assert d.category in CATEGORIES
            assert d.mask.size == (h, w)
            assert d.mask.area > 0
            assert 0 <= d.box[0] < d.box[2] <= w
            assert 0 <= d.box[1] < d.box[3] <= h
    for people in pose(pictures):
        assert all(p.score >= BODY_MIN_SCORE for p in people)


def test_inputs_are_not_changed(segment: yolo.YoloSegment, pictures: list[Image]) -> None:
    before = [p.copy() for p in pictures]
    segment(pictures, [100.0] * len(pictures))
    assert all((a == b).all() for a, b in zip(before, pictures, strict=True))


def test_nothing_sure_is_seen_in_an_empty_picture(pose: yolo.YoloPose) -> None:
    model: yolo.YoloSegment = create("segment", "segment-small", "cpu")
    grey = np.full((480, 360, 3), 127, np.uint8)
    assert all(d.score < 0.35 for d in model([grey], [90.0])[0])
    assert all(d.score >= GARMENT_MIN_SCORE for d in model([grey], [90.0])[0])
    assert all(p.score < 0.35 for p in pose([grey])[0])
    assert model([], []) == []
    assert pose([]) == []


def test_missing_or_foreign_tensors_fail_by_name(tmp_path: Path) -> None:
    path = weights.verified(weights.find("pose-small"))
    state = load_file(path)
    name = sorted(state)[0]
    save_file({k: v for k, v in state.items() if k != name}, tmp_path / "less.safetensors")
    with pytest.raises(ModelError, match=name):
        yolo.YoloPose(tmp_path / "less.safetensors")
    save_file({**state, "extra.weight": state[name]}, tmp_path / "more.safetensors")
    with pytest.raises(ModelError, match=r"extra\.weight"):
        yolo.YoloPose(tmp_path / "more.safetensors")
    with pytest.raises(ModelError):
        yolo.YoloSegment(path)  # a pose network is no segmenter


def test_ultralytics_may_not_install_sync_or_call_out(
    monkeypatch: pytest.MonkeyPatch, segment: yolo.YoloSegment
) -> None:
    from ultralytics.utils import AUTOINSTALL, SETTINGS, is_online

    assert os.environ["YOLO_AUTOINSTALL"] == "false"
    assert not AUTOINSTALL
    assert not SETTINGS["sync"]
    assert not is_online()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    segment([np.zeros((64, 64, 3), np.uint8)], [20.0])


def test_threads_that_ask_at_once_are_answered_as_alone(
    pose: yolo.YoloPose, pictures: list[Image]
) -> None:
    """Pictures of several shapes: a head that two threads shared would mix up their grids."""
    shapes = [picture[: 200 + 60 * i] for i, picture in enumerate(pictures)]
    alone = [pose([picture]) for picture in shapes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: pose([picture]), shapes * 4))
    for (mine,), (other,) in zip(alone * 4, together, strict=True):
        assert [(p.box, p.score) for p in mine] == [(p.box, p.score) for p in other]
        assert all(
            np.array_equal(p.pose.joints, q.pose.joints) for p, q in zip(mine, other, strict=True)
        )
