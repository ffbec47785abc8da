"""Things that stand where the people are: seats under them, tables before them, phones in hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import furniture as f
import numpy as np
from framing import UP, around
from people import Placed
from props import leaves, paint, placed, tube
from rays import Camera
from shots import SITTING, Shot

#: From the hip joints down to the seat, metres.
SEAT = 0.1

Prop = Callable[[Shot, Sequence[Placed], Camera], None]


def _hips(person: Placed) -> np.ndarray:
    middle: np.ndarray = (person.joints["upperleg01.L"] + person.joints["upperleg01.R"]) / 2
    return middle


def _spot(person: Placed, yaw: float, ahead: float) -> tuple[float, float, float]:
    """On the ground, ``ahead`` metres in front of a seated person."""
    x, y, _ = _hips(person) + ahead * around(yaw)
    return float(x), float(y), 0.0


def chair(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """A chair under everybody who sits."""
    yaws = [shot.yaw, *(b.yaw for b in shot.beside)]
    poses = [shot.pose, *(b.pose for b in shot.beside)]
    for person, yaw, pose in zip(people, yaws, poses, strict=True):
        if pose.startswith(SITTING):
            with placed(_spot(person, yaw, 0.0), yaw):
                f.chair(float(_hips(person)[2]) - SEAT, (0.36, 0.25, 0.17))


def bench(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """A bench under the owner."""
    with placed(_spot(people[0], shot.yaw, 0.0), shot.yaw):
        f.bench(float(_hips(people[0])[2]) - SEAT)


def sofa(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """A sofa under the owner."""
    with placed(_spot(people[0], shot.yaw, 0.35), shot.yaw):
        f.sofa((0.5, 0.3, 0.24), 1.7, float(_hips(people[0])[2]) - SEAT)


def cafe_table(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """A small round table with cups before the owner."""
    with placed(_spot(people[0], shot.yaw, 0.62), shot.yaw):
        f.round_table(0.36, 0.76)
        with placed((0.12, 0.02, 0.76), 40):
            f.mug((0.9, 0.89, 0.86))
        with placed((-0.18, -0.1, 0.76), 160):
            f.mug((0.9, 0.89, 0.86))
        with placed((-0.16, 0.14, 0.76)):
            tube((0, 0, 0), 0.09, 0.022, paint((0.85, 0.85, 0.82), 0.2))
            leaves((0, 0, 0.15), (0.06, 0.06, 0.07), (0.75, 0.5, 0.55), 90, 0.035)


def work_table(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """A desk with a laptop before the owner."""
    with placed(_spot(people[0], shot.yaw, 0.72), shot.yaw):
        f.table(1.4, 0.7, 0.74, (0.74, 0.66, 0.54))
        with placed((0.28, 0.0, 0.74), 190):
            f.laptop()
        with placed((-0.5, 0.1, 0.74), 70):
            f.books(3, "papers")
        with placed((-0.3, -0.15, 0.74), 50):
            f.mug((0.75, 0.45, 0.35))


def phone(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """The phone in the owner's right hand, its cameras towards the mirror."""
    joints = people[0].joints
    palm = (joints["finger2-1.R"] + joints["finger4-1.R"]) / 2
    away = camera.eye - palm
    away /= np.linalg.norm(away)
    f.phone(palm + 0.035 * away + 0.05 * UP, camera.eye, UP)


def mirror(shot: Shot, people: Sequence[Placed], camera: Camera) -> None:
    """A mirror half way to its image of the phone, on the wall behind the camera."""
    palm = people[0].joints["finger3-1.R"]
    with placed((0, 0, 0), shot.angle):
        middle = float(((camera.eye + palm) / 2) @ -around(shot.angle))
        tall = (0.12, 1.78) if shot.zoom < 1.3 else (0.95, 1.75)
        f.mirror_frame(middle, *tall, 0.62 if shot.zoom < 1.3 else 0.8, (0.78, 0.74, 0.68))


PROPS: dict[str, Prop] = {
    "chair": chair,
    "bench": bench,
    "sofa": sofa,
    "cafe-table": cafe_table,
    "work-table": work_table,
    "phone": phone,
    "mirror": mirror,
}
