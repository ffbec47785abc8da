"""Which detections are the owner's garments, and why the rest is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes import LEGS, TOP, H, Models, W, draw

from wardrobe import geometry
from wardrobe.config import Settings
from wardrobe.labels import Category
from wardrobe.stages.pose import stand
from wardrobe.stages.segment import (
    FindGarments,
    Scene,
    Sorted,
    SortGarments,
    View,
    moved,
    sort_garments,
    view_of,
)
from wardrobe.types import JOINTS, Box, Detection, Garment, Image, Mask, Person, Photo, Pose

SETTINGS = Settings()
PHOTO = Photo("a" * 64, "a.jpg", (W, H))
KNEES_DOWN = JOINTS[13:]


def person(right: int = 0, *, unseen: Iterable[str] = ()) -> Person:
    """The drawn person, ``right`` px further right, some joints unseen."""
    (found,) = Models().create("pose", "", "")([draw((200, 40, 40))])[0]
    joints = found.pose.joints.copy()
    joints[:, 0] += right
    joints[[n in set(unseen) for n in JOINTS], 2] = 0.1
    x0, y0, x1, y1 = found.box
    return Person((x0 + right, y0, x1 + right, y1), found.score, Pose(joints))


def detected(
    box: Box, category: Category = "tops", score: float = 0.8, *, frame: tuple[int, int] = (H, W)
) -> Detection:
    """A rectangle of cloth; its part inside the frame is seen."""
    mask = np.zeros(frame, np.bool_)
    x0, y0, x1, y1 = map(int, geometry.intersect(box, (0, 0, frame[1], frame[0])))
    mask[y0:y1, x0:x1] = True
    return Detection(category, score, (x0, y0, x1, y1), Mask.of(mask))


def sort(
    *detections: Detection, people: Sequence[Person] = (), settings: Settings = SETTINGS
) -> Sorted:
    people = people or [person()]
    standing = stand(people, detections[0].mask.size, settings.pose)
    scene = Scene(PHOTO, tuple(people), standing, detections, "key")
    return sort_garments(scene, settings.segment, settings.pose)


def kept(found: Sorted) -> list[Category]:
    return [g.category for g in found.garments]


def reasons(found: Sorted) -> list[tuple[Category, str]]:
    return [(category, reason) for category, _, reason in found.left_out]


SHIRT, TROUSERS = detected(TOP), detected(LEGS, "bottoms", 0.7)


def test_what_a_person_wears_is_kept_the_surest_first() -> None:
    found = sort(TROUSERS, SHIRT)
    assert kept(found) == ["tops", "bottoms"]
    assert not found.left_out
    assert found.garments[0].box_frac == pytest.approx((80 / W, 60 / H, 160 / W, 160 / H))
    assert found.garments[0].mask == SHIRT.mask


def test_a_head_and_shoulders_photo_holds_no_trousers() -> None:
    shoulders_up = person(unseen=JOINTS[7:])
    settings = Settings.model_validate({"pose": {"min_share": 0.1}})
    frame = (120, W)
    shirt, sofa = detected(TOP, frame=frame), detected((0, 90, W, 120), "bottoms", 0.9, frame=frame)
    shoes = detected((0, 100, 50, 120), "footwear", 0.9, frame=frame)
    found = sort(shirt, sofa, shoes, people=[shoulders_up], settings=settings)
    assert kept(found) == ["tops"]
    assert reasons(found) == [("bottoms", "zone out of frame"), ("footwear", "zone out of frame")]


def test_garments_of_another_person_are_somebody_elses() -> None:
    frame = (H, 2 * W)
    owner, friend = person(right=120), person()  # the one in the middle owns the photo
    x0, y0, x1, y1 = TOP
    mine, theirs = detected((x0 + 120, y0, x1 + 120, y1), frame=frame), detected(TOP, frame=frame)
    found = sort(mine, theirs, people=[owner, friend])
    assert reasons(found) == [("tops", "somebody else's")]
    assert found.garments[0].box_frac[0] == pytest.approx(200 / (2 * W))
    uncounted = sort(mine, theirs, people=[owner, replace(friend, score=0.1)])
    assert reasons(uncounted) == [("tops", "off the body")]


def test_a_thin_belt_beside_another_person_is_still_the_owners() -> None:
    """Large pictures are compared in steps of several pixels, which must not step over it."""
    step = 8
    owner, friend = (
        Person(
            (p.box[0] * step, p.box[1] * step, p.box[2] * step, p.box[3] * step),
            p.score,
            Pose(p.pose.joints * np.array([step, step, 1], np.float32)),
        )
        for p in (person(right=120), person())
    )
    frame = (H * step, 2 * W * step)
    for y in range(1280, 1290):
        belt = detected((1640, y, 2200, y + 4), "belts", frame=frame)
        settings = Settings.model_validate({"segment": {"min_area": 0}})
        assert kept(sort(belt, people=[owner, friend], settings=settings)) == ["belts"]


def test_one_garment_seen_twice_is_kept_once_as_the_surer_sight() -> None:
    x0, y0, x1, y1 = TOP
    again = detected((x0, y0 + 8, x1, y1 + 4), "outerwear", 0.6)
    found = sort(again, SHIRT)
    assert kept(found) == ["tops"]
    assert reasons(found) == [("outerwear", "seen twice")]
    scarf = detected((x0, y0, x1, y0 + 30), "scarves", 0.6)  # on the shirt, but not the shirt
    assert kept(sort(SHIRT, scarf)) == ["tops", "scarves"]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (detected(TOP, score=0.34), "unsure"),
        (detected((100, 100, 105, 106)), "too small"),  # 30 of 76800 px
        (detected((100, 100, 105, 106), score=0.34), "unsure"),  # the first reason is given
    ],
)
def test_the_unsure_and_the_tiny_are_left_out(one: Detection, reason: str) -> None:
    assert reasons(sort(one)) == [("tops", reason)]
    lenient = Settings.model_validate({"segment": {"min_score": 0.1, "min_area": 0.0001}})
    assert kept(sort(one, settings=lenient)) == ["tops"]


def test_masks_of_a_part_are_placed_in_the_whole_picture() -> None:
    part = detected((1, 2, 4, 5), frame=(10, 8))
    whole = moved(part, (20, 30, 28, 40), (60, 50))
    assert whole.box == (21, 32, 24, 35)
    assert whole.mask.size == (60, 50)
    assert geometry.box_of(whole.mask.array()) == whole.box
    assert whole.mask.area == part.mask.area


def test_a_view_is_the_owner_with_a_margin_and_the_length_of_the_torso() -> None:
    view = view_of(PHOTO, person(), (H, W), SETTINGS.segment, SETTINGS.pose)
    assert view.box == geometry.grow(person().box, SETTINGS.segment.margin, (H, W))
    assert view.torso == pytest.approx(90, abs=1)  # shoulders at 70, hips at 160


def test_the_model_sees_only_the_owners_part_and_answers_are_remembered_as_given() -> None:
    seen: list[Image] = []

    def model(images: Sequence[Image], torsos: Sequence[float]) -> list[list[Detection]]:
        seen.extend(images)
        assert torsos == [90]
        return [[detected((1, 2, 4, 5), frame=(i.shape[0], i.shape[1]))] for i in images]

    picture = draw((200, 40, 40))
    stage = FindGarments("m", lambda: model, lambda _: picture, 1536)
    (answer,) = stage([View(PHOTO, (70, 50, 170, 310), 90)])
    assert (seen[0] == picture[50:310, 70:170]).all()
    assert answer[0].box == (71, 52, 74, 55)
    (back,) = stage.decode(stage.encode(answer))
    assert (back.category, back.mask) == (answer[0].category, answer[0].mask)
    assert tuple(back.box) == answer[0].box


def test_sorted_garments_come_back_as_they_were() -> None:
    stage = SortGarments(SETTINGS.segment, SETTINGS.pose)
    found = sort(SHIRT, TROUSERS, detected(TOP, score=0.2))
    rounded = tuple(replace(g, visibility=round(g.visibility, 4)) for g in found.garments)
    back = stage.decode(stage.encode(found))
    assert back == Sorted(rounded, found.left_out)
    assert all(isinstance(g, Garment) for g in back.garments)
    assert stage.decode(stage.encode(Sorted((), ()))) == Sorted((), ())
