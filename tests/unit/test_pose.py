"""Which photos enter, and whose garments they show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from fakes import Models, draw

from wardrobe.config import PoseSettings
from wardrobe.stages.pose import Face, FindFaces, FindPeople, stand
from wardrobe.types import JOINTS, Person, Pose

SETTINGS = PoseSettings()
HEAD, ANKLES = JOINTS[:5], JOINTS[15:]
SIZE = (320, 400)  # height, width
OWNER = np.array([[1, 0, 0, 0], [0.8, 0.6, 0, 0]], np.float32)  # two selfies


def person(
    at: tuple[float, float] = (200, 160),
    *,
    scale: float = 1.0,
    seen: Iterable[str] = JOINTS,
    score: float = 0.9,
) -> Person:
    """The drawn person, 250 px tall times ``scale``, around a middle; only some joints seen."""
    (found,) = Models().create("pose", "", "")([draw((200, 40, 40))])[0]
    joints = found.pose.joints.copy()
    joints[:, :2] = (joints[:, :2] - (120, 165)) * scale + at
    joints[[n not in set(seen) for n in JOINTS], 2] = 0.1
    wide, high = 50 * scale, 140 * scale
    return Person((at[0] - wide, at[1] - high, at[0] + wide, at[1] + high), score, Pose(joints))


def face_of(someone: Person, vector: Iterable[float]) -> Face:
    x, y = someone.pose.joints[0, :2]
    return Face((x - 8, y - 8, x + 8, y + 8), np.array(list(vector), np.float32))


def test_an_empty_room_is_left_out() -> None:
    for people in ([], [person(score=SETTINGS.min_person - 0.01)]):
        standing = stand(people, SIZE, SETTINGS)
        assert (standing.owner, standing.reason) == (None, "no person")


def test_one_person_in_full_enters() -> None:
    standing = stand([person()], SIZE, SETTINGS)
    assert (standing.owner, standing.rule, standing.reason) == (0, "only person", None)
    assert standing.share == 1
    assert set(standing.zones) == {"head", "top", "bottom", "feet", "wrists_neck"}


def test_a_door_that_looks_like_somebody_is_no_rival() -> None:
    """A box as large as the person's, and no joint in it."""
    door = person(seen=())
    standing = stand([person(), door], SIZE, SETTINGS)
    assert (standing.owner, standing.rule, standing.reason) == (0, "only person", None)
    assert stand([door], SIZE, SETTINGS).reason == "too little of the body visible"


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    "other",
    [
        person((210, 160), scale=0.5),
        person((330, 160)),
        person((260, 160), seen=(*HEAD, "left_shoulder")),
    ],
    ids=["smaller", "at the edge", "covered"],
)
def test_the_main_subject_is_the_largest_most_central_and_most_complete(
    other: Person, swap: bool
) -> None:
    subject = person((190, 160))
    people = [other, subject] if swap else [subject, other]
    standing = stand(people, SIZE, SETTINGS)
    assert standing.rule == "main subject"
    assert standing.owner is not None
    assert people[standing.owner] is subject


def test_people_who_pose_together_are_nobodys_guess() -> None:
    couple = [person((150, 160)), person((250, 160))]
    assert stand(couple, SIZE, SETTINGS).reason == "no main subject"
    assert stand(couple, SIZE, PoseSettings(min_lead=0)).reason is None
    told = stand(couple, SIZE, SETTINGS, faces=[face_of(couple[1], (1, 0, 0, 0))], owner=OWNER)
    assert (told.owner, told.rule, told.reason) == (1, "face", None)


def test_one_person_found_twice_is_one_person() -> None:
    twice = [person((203, 158), score=0.5), person((200, 160))]
    standing = stand(twice, SIZE, SETTINGS)
    assert (standing.owner, standing.rule, standing.reason) == (1, "only person", None)


def test_the_owners_face_is_found_beside_a_more_prominent_person() -> None:
    owner, friend = person((90, 190), scale=0.7), person((260, 160))
    faces = [face_of(friend, (0, 0, 1, 0)), face_of(owner, (0.9, 0.435, 0, 0))]
    for people in ([owner, friend], [friend, owner]):
        standing = stand(people, SIZE, SETTINGS, faces=faces, owner=OWNER)
        assert standing.owner is not None
        assert people[standing.owner] is owner
        assert (standing.rule, standing.reason) == ("face", None)


def test_of_two_like_faces_the_liker_is_the_owner() -> None:
    sister, owner = person((100, 160)), person((300, 160))
    faces = [face_of(sister, (0.6, 0, 0.8, 0)), face_of(owner, (0.98, 0.199, 0, 0))]
    assert stand([sister, owner], SIZE, SETTINGS, faces=faces, owner=OWNER).owner == 1


def test_where_boxes_overlap_a_face_belongs_to_the_nearest_head() -> None:
    people = [person((180, 160)), person((230, 170))]
    for i in (0, 1):
        faces = [face_of(people[i], OWNER[0])]
        assert stand(people, SIZE, SETTINGS, faces=faces, owner=OWNER).owner == i


@pytest.mark.parametrize(
    "faces",
    [
        [],
        [face_of(person(), (0, 0, 1, 0))],  # a stranger's
        [Face((0, 0, 16, 16), OWNER[0])],  # the owner's, on a poster beside the person
    ],
    ids=["no face", "stranger", "poster"],
)
def test_nobody_without_the_owners_face_is_taken_for_the_owner(faces: list[Face]) -> None:
    standing = stand([person()], SIZE, SETTINGS, faces=faces, owner=OWNER)
    assert (standing.owner, standing.reason) == (None, "not the owner")


def test_somebody_far_away_is_left_out() -> None:
    assert stand([person(scale=0.1)], SIZE, SETTINGS).reason == "too far away"


@pytest.mark.parametrize(
    "seen", [HEAD, ANKLES, ("left_wrist", "right_wrist")], ids=["face", "feet", "hands"]
)
def test_a_part_alone_is_left_out(seen: tuple[str, ...]) -> None:
    standing = stand([person(seen=seen)], SIZE, SETTINGS)
    assert standing.reason == "too little of the body visible"
    assert standing.owner == 0  # it was somebody, which `explain` tells


def test_a_waist_up_selfie_enters() -> None:
    seen = (*HEAD, "left_shoulder", "right_shoulder", "left_elbow")
    standing = stand([person(seen=seen)], (170, 400), SETTINGS)
    assert standing.reason is None
    assert set(standing.zones) == {"head", "top", "wrists_neck"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"min_person": 0.95}, "no person"),
        ({"min_height": 0.95}, "too far away"),
        ({"min_share": 0.9}, "too little of the body visible"),
        ({"min_joint": 0.99}, "too little of the body visible"),
    ],
)
def test_every_threshold_moves_the_answer(change: dict[str, float], reason: str) -> None:
    people = [person(seen=JOINTS[:15])]
    assert stand(people, SIZE, SETTINGS).reason is None
    assert stand(people, SIZE, PoseSettings.model_validate(change)).reason == reason


def test_what_is_remembered_of_people_and_faces_comes_back() -> None:
    def never(*_: object) -> Any:
        raise AssertionError("nothing is opened, no model loaded")

    people = FindPeople("m", never, never, 1536)
    a, b = people.decode(people.encode([person(), person((80, 180), scale=0.5)]))
    assert a.box == person().box
    assert np.allclose(b.pose.joints, person((80, 180), scale=0.5).pose.joints, atol=1e-3)
    assert people.decode(people.encode([])) == []
    faces = FindFaces("m", never, never, 1536)
    (face,) = faces.decode(faces.encode([Face((1, 2, 3, 4), OWNER[1])]))
    assert face.box == (1, 2, 3, 4)
    assert (face.vector == OWNER[1]).all()
