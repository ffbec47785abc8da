"""The loader of a labelled library, and its eye for what contradicts itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco

from wardrobe import truth
from wardrobe.errors import ConfigError

W, H = 40, 60
SAMPLE = ROOT / "sample_photos"


def rle(array: Any) -> dict[str, Any]:
    code = coco.encode(np.asfortranarray(array, np.uint8))
    return {"size": list(code["size"]), "counts": code["counts"].decode()}


def tiny() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A top, 20 x 20 px of which the lower half is seen and as much again lies off the frame."""
    visible, whole = np.zeros((H, W), bool), np.zeros((H, W), bool)
    whole[10:30, 20:40] = True
    visible[20:30, 20:40] = True
    joints = [[20.0, 5.0 + k, 2] for k in range(16)] + [[-3.0, 70.0, 0]]
    items = {
        "schema": 1, "owner": "me", "people": [{"id": "me"}, {"id": "friend"}],
        "items": [{"id": "tee", "person": "me", "category": "tops", "type": "t-shirt", "name": "red tee",
                   "colours": [["red", "#c02020", 1.0]], "pattern": "plain", "sleeve": "short"}],
    }  # fmt: skip
    photo = {
        "file": "a.jpg", "size": [W, H], "taken": "2026-05-01T10:00:00", "place": "park",
        "light": "daylight", "view": "full", "enters": True,
        "people": [{"id": "me", "box": [10, 0, 40, 60], "joints": joints}],
        "garments": [{"item": "tee", "person": "me", "category": "tops", "visible": rle(visible),
                      "amodal": rle(whole), "full_px": 800, "visibility": 0.25}],
    }  # fmt: skip
    return items, [photo]


def write(folder: Path, items: dict[str, Any], photos: list[dict[str, Any]]) -> Path:
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    (folder / "truth/items.json").write_text(json.dumps(items))
    (folder / "truth/photos.jsonl").write_text("".join(json.dumps(p) + "\n" for p in photos))
    for photo in photos:
        (folder / photo["file"]).touch()
    return folder


def test_a_sound_library_is_read_whole(tmp_path: Path) -> None:
    library = truth.load(write(tmp_path, *tiny()))
    assert truth.problems(library) == []
    photo = library.photos["a.jpg"]
    (garment,) = photo.garments
    assert garment.mask().sum() == 200
    assert garment.whole()[10, 20]
    assert not garment.mask()[10, 20]
    assert photo.people[0].joints[16].tolist() == [-3.0, 70.0, truth.OUTSIDE]
    assert library.items["tee"].colours == (("red", "#c02020", 1.0),)


BREAK: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]] = {
    "is not what its masks say": lambda i, p, g: g.update(visibility=0.3),
    "fewer pixels in full": lambda i, p, g: g.update(full_px=300),
    "beyond its amodal mask": lambda i, p, g: g.update(visible=rle(np.ones((H, W)))),
    "another size than the photo": lambda i, p, g: p.update(size=[H, W]),
    "don't fill their frame": lambda i, p, g: g["visible"].update(counts="0"),
    "whose it is not": lambda i, p, g: g.update(person="friend"),
    "bottoms here": lambda i, p, g: g.update(category="bottoms"),
    "twice on me": lambda i, p, g: p["garments"].append(dict(g)),
    "contradict the frame": lambda i, p, g: p["people"][0]["joints"][16].__setitem__(2, 1),
    "a box of me beyond": lambda i, p, g: p["people"][0].update(box=[10, 0, 41, 60]),
    "(1, 3) joints": lambda i, p, g: p["people"][0].update(joints=[[1, 1, 2]]),
    "not among the people": lambda i, p, g: i["items"][0].update(person="nobody"),
    "a copy of b.jpg": lambda i, p, g: p.update(copy_of="b.jpg"),
    "category shoes": lambda i, p, g: i["items"][0].update(category="shoes"),
    "is missing": lambda i, p, g: i["items"][0].update(picture="items/tee.webp"),
}


@pytest.mark.parametrize("said", BREAK)
def test_every_contradiction_is_said(said: str, tmp_path: Path) -> None:
    items, photos = copy.deepcopy(tiny())
    BREAK[said](items, photos[0], photos[0]["garments"][0])
    found = truth.problems(truth.load(write(tmp_path, items, photos)))
    assert any(said in line for line in found), found


def test_joints_at_the_edge_and_behind_the_camera_are_sound(tmp_path: Path) -> None:
    items, photos = tiny()
    joints = photos[0]["people"][0]["joints"]
    joints[0], joints[1], joints[2] = [40.0, 3.0, 2], [40.0, 3.0, 0], [0.0, 0.0, 0]
    assert truth.problems(truth.load(write(tmp_path, items, photos))) == []


def test_a_missing_photo_is_said(tmp_path: Path) -> None:
    write(tmp_path, *tiny())
    (tmp_path / "a.jpg").unlink()
    assert truth.problems(truth.load(tmp_path)) == ["a.jpg: no such file"]


def test_what_is_no_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a labelled library"):
        truth.load(tmp_path)
    items, photos = tiny()
    write(tmp_path, items | {"schema": 2}, photos)
    with pytest.raises(ConfigError, match="schema 2"):
        truth.load(tmp_path)
    write(tmp_path, items, [{"file": "a.jpg"}])
    with pytest.raises(ConfigError, match="KeyError"):
        truth.load(tmp_path)


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_run_lengths_are_pycocotools(array: Any) -> None:
    assert (truth.decode(rle(array)) == array).all()


@pytest.mark.skipif(not (SAMPLE / "truth/photos.jsonl").exists(), reason="no sample library here")
def test_the_sample_library_is_sound() -> None:
    library = truth.load(SAMPLE)
    assert truth.problems(library) == []
    assert len(library.photos) >= 72
    mine = [i for i in library.items.values() if i.person == library.owner]
    assert len(mine) >= 26
