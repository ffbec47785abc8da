"""Decoded pictures: read once while there is room for them, and no longer kept than that."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from wardrobe import images
from wardrobe.config import Settings
from wardrobe.errors import PhotoError
from wardrobe.stages import photo
from wardrobe.stages.photo import Pictures

FILES = {name: Path(name) for name in "abcdef"}
ONE_MB = np.zeros((500, 666, 3), np.uint8)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was decoded; "f" can't be."""
    count: Counter[str] = Counter()

    def decode(file: Path, **_: object) -> images.Picture:
        count[file.name] += 1
        if file.name == "f":
            raise PhotoError("f isn't there.", "vanished", final=False)
        return images.Picture(file.name, ONE_MB, (666, 500), None, "")

    monkeypatch.setattr(images, "read", decode)
    return count


def asked(pictures: Pictures, names: str) -> None:
    pictures.expect({n: FILES[n] for n in names})
    pictures.read(list(names))


def test_a_picture_of_the_batch_before_is_not_read_again(read: Counter[str]) -> None:
    pictures = Pictures(Settings())
    for names in ("ab", "bc", "ca"):
        asked(pictures, names)
    assert read == {"a": 1, "b": 1, "c": 1}


def test_no_more_is_kept_than_there_is_room_for(
    read: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo, "KEPT_MB", 2)
    pictures = Pictures(Settings())
    asked(pictures, "abc")
    asked(pictures, "d")  # two of the three stay: those last asked for
    asked(pictures, "bc")
    assert read == {"a": 1, "b": 1, "c": 1, "d": 1}
    asked(pictures, "a")
    assert read["a"] == 2


def test_what_could_not_be_read_is_tried_again(read: Counter[str]) -> None:
    pictures = Pictures(Settings())
    for _ in range(2):
        asked(pictures, "f")
    assert read["f"] == 2


def test_what_is_there_is_not_decoded_ahead(read: Counter[str]) -> None:
    pictures = Pictures(Settings())
    asked(pictures, "ab")
    pictures.ahead({n: FILES[n] for n in "abc"})
    asked(pictures, "abc")
    assert read == {"a": 1, "b": 1, "c": 1}
