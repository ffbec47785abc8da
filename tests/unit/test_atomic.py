"""A file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wardrobe import atomic


def test_what_is_written_is_there_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    for data in (b"first", b"second"):
        atomic.write(path, data)
        assert path.read_bytes() == data
        assert os.listdir(path.parent) == ["b.json"]


def test_a_write_that_fails_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "b.json"
    atomic.write(path, b"old")

    def refuse(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(atomic.os, "replace", refuse)
    with pytest.raises(OSError, match="no space"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["b.json"]
