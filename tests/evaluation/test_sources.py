"""Labelled folders in miniature, and what is made of them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import garments
import numpy as np
import pytest
from evaluation import cascade, sources
from fakes import LEGS, TOP, H, Models, W, draw
from PIL import Image as Pillow

from wardrobe import batch
from wardrobe.config import Settings
from wardrobe.errors import ConfigError
from wardrobe.types import Mask, Person, Pose

NAMES = ["null", "t-shirt", "jeans", "hat"]
RED, GREEN = (200, 40, 40), (40, 160, 60)


def street(folder: Path, **tops: tuple[int, int, int]) -> Path:
    """Photos by number with their maps: a T-shirt, jeans, and a hat that no model ever finds."""
    for part in ("photos", "labels"):
        (folder / part).mkdir(parents=True)
    (folder / "label_names.json").write_text(json.dumps(NAMES))
    for k, (name, top) in enumerate(tops.items()):
        number = name.removeprefix("p")
        Pillow.fromarray(draw(top, seed=k)).save(folder / f"photos/{number}.jpg", quality=95)
        ids = np.zeros((H, W), np.uint8)
        for value, (x0, y0, x1, y1) in ((1, TOP), (2, LEGS), (3, (110, 10, 130, 30))):
            ids[y0:y1, x0:x1] = value
        Pillow.fromarray(ids).save(folder / f"labels/{number}.png")
    return folder


def test_street_photos_go_through_the_product(tmp_path: Path) -> None:
    folder = street(tmp_path / "ccp", p0017=RED, p0027=GREEN, p0031=RED)
    photos = sources.street_photos(folder)
    assert [p.number for p in photos] == ["0017", "0027"]  # 0031 is for training
    settings, out = Settings(), tmp_path / "street"
    # Answers are remembered by content: the fakes' stand in for the models'.
    batch.build(folder / "photos", out, settings, create=Models().create)
    case = sources.on_the_street(folder, photos, out, settings)
    assert [look.file for look in case.looks] == ["0017.jpg", "0027.jpg"]
    for look in case.looks:
        assert look.true is not None
        kinds = {look.sight.garments[i].category for i in look.matched}
        assert kinds == {"tops", "bottoms"}
        assert all(
            look.sight.garments[i].category == look.true.garments[j].category
            for i, j in look.matched.items()
        )
    said = {r.key.rsplit(".", 1)[1]: r.value for r in cascade.cascade(case).rows}
    # Of two times three garments the hats are missed; the jeans of both look alike and are joined,
    # which counts as a merge since nobody says that they are one pair.
    assert said["garments"] == 6
    assert said["lost_at_segmentation"] == 2
    assert said["lost_at_merge"] == 1
    assert said["kept"] == 3


def test_street_photos_that_are_not_there_are_named(tmp_path: Path) -> None:
    folder = street(tmp_path / "ccp", p0031=RED)
    assert [p.number for p in sources.street_photos(folder, ["0031"])] == ["0031"]
    with pytest.raises(ConfigError, match="0042"):
        sources.street_photos(folder, ["0031", "0042"])
    with pytest.raises(ConfigError, match="no labelled photos"):
        sources.street_photos(folder)  # none is kept for validation


def test_the_largest_garment_above_is_the_labelled_top(tmp_path: Path) -> None:
    photos = tmp_path / "people" / "photos"
    photos.mkdir(parents=True)
    for k, top in enumerate((RED, RED, None)):
        Pillow.fromarray(draw(top, seed=k)).save(photos / f"{k}.jpg", quality=95)
    rows = [
        "file,person,clip,top_id,bottom_id",
        *(f"{k}.jpg,a,clip{k},tee,jeans" for k in range(3)),
    ]
    (tmp_path / "people/labels.csv").write_text("\n".join(rows))
    settings, out = Settings(), tmp_path / "out"
    batch.build(photos, out, settings, create=Models().create)
    seen = sources.sightings(sources.people(tmp_path / "people", out, settings))
    assert [(s.true, s.view, s.garment.category) for s in seen] == [
        ("tee", "clip0", "tops"), ("tee", "clip1", "tops"),
    ]  # fmt: skip
    assert sources.vectors(seen).shape == (2, 256)


def test_flat_garments_are_those_of_senders_never_trained_on(tmp_path: Path) -> None:
    mine = next(str(k) for k in range(99) if garments.is_validation_sender(str(k)))
    other = next(str(k) for k in range(99) if not garments.is_validation_sender(str(k)))
    (tmp_path / "images").mkdir()
    rows = [("a", mine, "Polo"), ("b", other, "Polo"), ("c", mine, "Not sure"), ("d", mine, "Hat")]
    for name, _, _ in rows[:3]:  # the file of "d" is missing
        image = np.full((160, 120, 3), 235, np.uint8)
        image[30:130, 25:95] = RED
        cv2.imwrite(str(tmp_path / f"images/{name}.jpg"), image[..., ::-1])
    lines = ["image,sender_id,label,kids", *(f"{n},{s},{kind},False" for n, s, kind in rows)]
    (tmp_path / "images.csv").write_text("\n".join(lines))
    (piece,) = sources.flat_pieces(tmp_path)
    assert (piece.group, piece.category, piece.types) == (mine, "tops", frozenset({"polo"}))
    there = np.zeros((160, 120), np.bool_)
    there[30:130, 25:95] = True
    assert sources.iou(piece.crop.mask, there) > 0.9


def test_masks_and_people_are_brought_to_the_photo_s_size() -> None:
    """The product works at another size than truth: twice the pixels, the same places."""
    small = np.zeros((30, 20), np.bool_)
    small[10:20, 5:15] = True
    large = sources.in_photo(
        sources.Detection("tops", 0.9, (5, 10, 15, 20), Mask.of(small)), (40, 60)
    )
    assert large.shape == (60, 40)
    assert large[20:40, 10:30].all()
    assert large.sum() == 400
    joints = np.full((17, 3), 0.5, np.float32)
    joints[:, :2] = (10, 20)
    person = sources._scaled(Person((1, 2, 3, 4), 0.9, Pose(joints)), 2.0)
    assert person.box == (2, 4, 6, 8)
    assert person.pose.joints[3].tolist() == [20, 40, 0.5]
