"""Photo -> people with their joints -> does it enter, and who is the owner?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry
from wardrobe.config import PoseSettings
from wardrobe.types import BODY_MIN_SCORE, Box, Image, Person, Photo, Pose, Standing


class PoseModel(Protocol):
    """Finds every person in each picture, joints in pixels of that picture.

    People below :data:`~wardrobe.types.BODY_MIN_SCORE` need not be returned; the thresholds of the
    settings are applied after. One list per picture, in order; a batch equals its singles.
    """

    def __call__(self, images: Sequence[Image]) -> Sequence[Sequence[Person]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face: box in pixels and its unit vector."""

    box: Box
    vector: NDArray[np.float32]


class FaceModel(Protocol):
    """Finds faces and describes each by a unit vector; one list per picture, in order."""

    def __call__(self, images: Sequence[Image]) -> Sequence[Sequence[Face]]: ...


@dataclass(frozen=True)
class FindPeople:
    """The pose stage: a model over working pictures; remembered without thresholds."""

    model: str
    load: Callable[[], PoseModel]
    pixels: Callable[[Photo], Image]
    work_px: int
    name: str = "pose"
    version: int = 1

    def recipe(self) -> dict[str, Any]:
        return {"work_px": self.work_px, "min_score": BODY_MIN_SCORE}

    def digest(self, one: Photo) -> str:
        return one.id

    def __call__(self, batch: Sequence[Photo]) -> Sequence[list[Person]]:
        images = [self.pixels(photo) for photo in batch]
        return [list(people) for people in self.load()(images)]

    def encode(self, out: Sequence[Person]) -> bytes:
        rows = [[*p.box, p.score, *p.pose.joints.ravel().tolist()] for p in out]
        return json.dumps([[round(v, 3) for v in row] for row in rows]).encode()

    def decode(self, data: bytes) -> list[Person]:
        rows = np.array(json.loads(data), np.float32).reshape(-1, 5 + 51)
        return [
            Person((float(r[0]), float(r[1]), float(r[2]), float(r[3])), float(r[4]), Pose(r[5:].reshape(17, 3)))
            for r in rows
        ]  # fmt: skip


@dataclass(frozen=True)
class FindFaces:
    """Faces with their vectors; runs only when the owner gave selfies."""

    model: str
    load: Callable[[], FaceModel]
    pixels: Callable[[Photo], Image]
    work_px: int
    name: str = "face"
    version: int = 1

    def recipe(self) -> dict[str, Any]:
        return {"work_px": self.work_px}

    def digest(self, one: Photo) -> str:
        return one.id

    def __call__(self, batch: Sequence[Photo]) -> Sequence[list[Face]]:
        return [list(faces) for faces in self.load()([self.pixels(photo) for photo in batch])]

    def encode(self, out: Sequence[Face]) -> bytes:
        return json.dumps([[*f.box, *f.vector.tolist()] for f in out]).encode()

    def decode(self, data: bytes) -> list[Face]:
        rows = [np.array(row, np.float32) for row in json.loads(data)]
        return [Face((float(r[0]), float(r[1]), float(r[2]), float(r[3])), r[4:]) for r in rows]


def stand(
    people: Sequence[Person],
    size: tuple[int, int],
    settings: PoseSettings,
    *,
    faces: Sequence[Face] = (),
    owner: NDArray[np.float32] | None = None,
) -> Standing:
    """Who of the people is the owner, and whether enough of them is seen to go on.

    Args:
        people: as the model answered.
        size: (height_px, width_px) of the picture they lie in.
        faces: faces found in the picture; used when ``owner`` is given.
        owner: (n, d) float32 unit vectors of the owner's face in reference selfies.
    """
    counted = _people(people, settings)
    if not counted:
        return Standing(None, "nobody", 0.0, (), "no person")
    if owner is not None:
        index, rule = _by_face(people, counted, faces, owner, settings.face_cosine), "face"
        if index is None:
            return Standing(None, rule, 0.0, (), "not the owner")
    else:
        ranked = sorted(
            ((_prominence(people[i], size, settings.min_joint), -i) for i in counted), reverse=True
        )
        index = -ranked[0][1]
        rule = "only person" if len(counted) == 1 else "main subject"
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < settings.min_lead:
            return Standing(None, "main subject", 0.0, (), "no main subject")
    person = people[index]
    share = body.visible_share(person.pose, settings.min_joint)
    zones = body.zones(person.pose, size, settings.min_joint)
    reason = None
    if (person.box[3] - person.box[1]) / size[0] < settings.min_height:
        reason = "too far away"
    elif share < settings.min_share or not {"top", "bottom"} & set(zones):
        reason = "too little of the body visible"
    return Standing(index, rule, share, zones, reason)


def _people(people: Sequence[Person], settings: PoseSettings) -> list[int]:
    """Those sure enough to count, each once: a second sight of the same limbs is dropped, and beside
    somebody who shows a joint whoever shows none: a door that looks like a person."""
    counted: list[int] = []
    for i in sorted(range(len(people)), key=lambda i: (-people[i].score, i)):
        pose = people[i].pose
        if people[i].score >= settings.min_person and not any(
            body.same(people[k].pose, pose, settings.min_joint) for k in counted
        ):
            counted.append(i)
    shown = [i for i in counted if body.seen(people[i].pose, settings.min_joint).any()]
    return shown or counted


def _prominence(person: Person, size: tuple[int, int], min_joint: float) -> float:
    """How much a person is the photo's subject: large, central, complete; in [0, 1]."""
    h, w = size
    share = geometry.area(person.box) / (h * w)
    off_centre = abs((person.box[0] + person.box[2]) / 2 - w / 2) / (w / 2)
    complete = body.visible_share(person.pose, min_joint)
    return 0.5 * float(share**0.5) + 0.25 * (1 - min(off_centre, 1.0)) + 0.25 * complete


def _by_face(
    people: Sequence[Person],
    counted: Sequence[int],
    faces: Sequence[Face],
    owner: NDArray[np.float32],
    min_cosine: float,
) -> int | None:
    """The person whose head carries the face most like the owner's, if any is alike enough."""
    best: tuple[float, int] | None = None
    for face in faces:
        cosine = float((owner @ face.vector).max())
        centre = np.array([(face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2])
        near = [i for i in counted if _holds(people[i].box, centre)]
        if cosine < min_cosine or not near:
            continue
        i = min(near, key=lambda i: float(np.hypot(*(people[i].pose.joints[0, :2] - centre))))
        if best is None or cosine > best[0]:
            best = (cosine, i)
    return best[1] if best else None


def _holds(box: Box, point: NDArray[np.floating]) -> bool:
    return bool(box[0] <= point[0] < box[2] and box[1] <= point[1] < box[3])
