"""The MediaPipe pose backend keeps the contract of a pose model, on a real street photo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wardrobe.backends.mediapipe import COCO_FROM_LANDMARKS, MediaPipePose
from wardrobe.errors import ModelError
from wardrobe.types import JOINTS, Image, Person

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
MODEL = SHARED / "weights" / "pose_landmarker_lite.task"
PHOTO = SHARED / "data" / "ccp" / "photos" / "0095.jpg"
JOINT = {name: i for i, name in enumerate(JOINTS)}

needs_shared = pytest.mark.skipif(
    not (MODEL.exists() and PHOTO.exists()),
    reason="needs ../shared: the pose landmarker and a street photo",
)


@pytest.fixture(scope="module")
def photo() -> Image:
    from PIL import Image as Pillow

    with Pillow.open(PHOTO) as file:
        return np.asarray(file.convert("RGB"))


@pytest.fixture(scope="module")
def model() -> Iterator[MediaPipePose]:
    with MediaPipePose(MODEL) as pose:
        yield pose


def check_contract(people: list[Person], image: Image) -> None:
    h, w = image.shape[:2]
    assert [p.score for p in people] == sorted((p.score for p in people), reverse=True)
    for person in people:
        x0, y0, x1, y1 = person.box
        assert 0 <= x0 < x1 <= w
        assert 0 <= y0 < y1 <= h
        assert 0 < person.score <= 1
        x, y, seen = person.pose.joints.T
        assert np.isfinite(person.pose.joints).all()
        assert seen.min() >= 0
        assert seen.max() <= 1
        outside = (x < 0) | (x >= w) | (y < 0) | (y >= h)
        assert not seen[outside].any()


def test_every_joint_comes_from_a_landmark_of_its_own() -> None:
    assert len(COCO_FROM_LANDMARKS) == len(JOINTS)
    assert len(set(COCO_FROM_LANDMARKS)) == len(JOINTS)
    assert max(COCO_FROM_LANDMARKS) < 33


def test_absent_file_is_a_model_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.task"):
        MediaPipePose(tmp_path / "gone.task")


def test_without_a_detector_it_asks_for_more_than_one_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MediaPipe's default is one: in a group photo the others vanish without a word."""
    import mediapipe

    vision = mediapipe.tasks.vision
    assert vision.PoseLandmarkerOptions(mediapipe.tasks.BaseOptions()).num_poses == 1
    asked: list[int] = []
    monkeypatch.setattr(
        vision.PoseLandmarker,
        "create_from_options",
        lambda options: asked.append(options.num_poses),
    )
    (tmp_path / "any.task").write_bytes(b"")
    MediaPipePose(tmp_path / "any.task")
    MediaPipePose(tmp_path / "any.task", detector=lambda image: [])
    assert asked == [4, 1]


@needs_shared
def test_damaged_file_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.task"
    path.write_bytes(MODEL.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"cut\.task"):
        MediaPipePose(path)


@needs_shared
def test_a_standing_person_is_found_the_right_way_up(model: MediaPipePose, photo: Image) -> None:
    (people,) = model([photo])
    check_contract(people, photo)
    assert people
    joints = people[0].pose.joints
    height = {name: joints[i, 1] for name, i in JOINT.items()}
    for side in ("left", "right"):
        assert height["nose"] < height[f"{side}_shoulder"] < height[f"{side}_hip"]
        assert height[f"{side}_hip"] < height[f"{side}_knee"] < height[f"{side}_ankle"]
    # Who faces the camera has the left shoulder on the right of the picture.
    assert joints[JOINT["left_shoulder"], 0] > joints[JOINT["right_shoulder"], 0]
    assert (joints[:, 2] >= 0.5).sum() >= 12


@needs_shared
def test_batch_equals_singles_and_sizes_may_differ(model: MediaPipePose, photo: Image) -> None:
    half = np.ascontiguousarray(photo[: photo.shape[0] // 2])
    grey = np.full((120, 90, 3), 127, np.uint8)
    batch = model([photo, grey, half])
    singles = [model([image])[0] for image in (photo, grey, half)]
    assert [len(people) for people in batch] == [len(people) for people in singles]
    assert batch[1] == []
    for together, alone in zip(batch, singles, strict=True):
        for a, b in zip(together, alone, strict=True):
            assert a.box == b.box
            np.testing.assert_array_equal(a.pose.joints, b.pose.joints)
    assert model([]) == []


@needs_shared
def test_joints_below_a_cut_are_unseen(model: MediaPipePose, photo: Image) -> None:
    (whole,) = model([photo])
    joints = whole[0].pose.joints
    waist = int(joints[[JOINT["left_hip"], JOINT["right_hip"]], 1].mean())
    cut = np.ascontiguousarray(photo[:waist])
    (people,) = model([cut])
    check_contract(people, cut)
    assert people
    legs = [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle")]
    assert not people[0].pose.joints[legs, 2].any()
    assert (people[0].pose.joints[[JOINT["left_shoulder"], JOINT["right_shoulder"]], 2] > 0.5).all()


@needs_shared
def test_a_detector_gives_every_person_a_pose_in_whole_picture_pixels(photo: Image) -> None:
    two = np.concatenate([photo, photo], axis=1)
    h, w = photo.shape[:2]
    boxes = [((0.0, 0.0, float(w), float(h)), 0.8), ((float(w), 0.0, 2.0 * w, float(h)), 0.9)]
    with MediaPipePose(MODEL, detector=lambda image: boxes) as model:
        (people,) = model([two])
    check_contract(people, two)
    assert [p.score for p in people] == [0.9, 0.8]
    right, left = (p.pose.joints for p in people)
    torso = [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "hip")]
    assert (left[torso, 0] < w).all()
    assert (right[torso, 0] >= w).all()


@needs_shared
def test_a_detected_person_without_a_pose_keeps_its_box() -> None:
    grey = np.full((200, 150, 3), 127, np.uint8)
    with MediaPipePose(MODEL, detector=lambda image: [((10.0, 20.0, 60.0, 180.0), 0.6)]) as model:
        ((person,),) = model([grey])
    assert person.box == (10.0, 20.0, 60.0, 180.0)
    assert not person.pose.joints[:, 2].any()
