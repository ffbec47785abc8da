"""Where the camera stands for a shot: pictures framed by the joints of the people in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from body import Array
from fabrics import rng_for
from people import Placed
from rays import Camera
from shots import Shot

#: Vertical field of view, degrees, of a phone held upright; a selfie camera is wider.
LENS, WIDE = 46.0, 66.0
UP = np.array([0.0, 0.0, 1.0])
#: The lowest joint that a frame shows, and the room under it, metres.
LOWEST = {
    "full": ("foot", 0.2),
    "three": ("lowerleg01", -0.03),
    "waist": ("upperleg01", 0.06),
    "face": ("jaw", 0.1),
}
#: Eye, target and field of view of frames with nobody in them.
STILLS = {
    "room": ((0.7, -3.3, 1.5), (-0.3, 1.2, 0.95), 55.0),
    "table": ((-0.2, -0.75, 1.5), (0.02, 0.0, 0.74), 46.0),
    "up": ((0.0, -2.0, 1.6), (0.4, 3.0, 5.6), 58.0),
    "feet": ((0.05, -0.5, 1.25), (0.02, -0.2, 0.03), 46.0),
}


def around(degrees: float) -> Array:
    """The level direction from people to a camera that has gone round them by ``degrees``."""
    turn = np.radians(degrees)
    return np.array([np.sin(turn), -np.cos(turn), 0.0])


def eyes(person: Placed) -> Array:
    """Between a person's eyes."""
    middle: Array = (person.joints["eye.L"] + person.joints["eye.R"]) / 2
    return middle


def aim(shot: Shot, people: Sequence[Placed]) -> Camera:
    """The camera of a shot."""
    rng = rng_for(shot.name)
    wobble, roll = rng.normal(0, 0.03, 3), float(rng.normal(0, 1.1))
    if shot.frame in STILLS:
        eye, target, lens = (np.array(v) for v in STILLS[shot.frame])
        c, s = np.cos(np.radians(shot.angle)), np.sin(np.radians(shot.angle))
        turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ (target - eye)
        return Camera(eye + wobble, eye + turned, float(lens) / shot.zoom, roll)
    if shot.frame == "selfie":
        return _selfie(shot, people, roll)
    if shot.frame == "mirror":
        return _mirror(shot, people[0])
    return _fit(shot, people, wobble, roll)


def _fit(shot: Shot, people: Sequence[Placed], wobble: Array, roll: float) -> Camera:
    """Far enough that all people fit from the frame's lowest joint to the crown."""
    bone, room = LOWEST[shot.frame]
    away = around(shot.angle)
    right = np.cross(-away, UP)
    spots = []
    for person in people:
        face = eyes(person)
        ends = [person.joints[f"{bone}.{side}"][2] for side in "LR" if bone != "jaw"]
        low = min(ends, default=face[2] - 0.1)
        spots += [face + 0.2 * UP, face * [1, 1, 0] + (low - room) * UP]
        for name in ("upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot"):
            if shot.frame == "face":
                continue
            for side in "LR":
                joint = person.joints[f"{name}.{side}"]
                if joint[2] >= low - 0.02:
                    spots += [joint + 0.08 * right, joint - 0.08 * right]
    points = np.array(spots)
    across, tall = points @ right, points[:, 2]
    target = points.mean(0) * [1, 1, 0]
    target += right * ((across.max() + across.min()) / 2 - target @ right)
    target += UP * (tall.max() + tall.min()) / 2
    reach = np.tan(np.radians(LENS / 2))
    aspect = shot.size[0] / shot.size[1]
    need = max(np.ptp(tall) / 2 / reach, np.ptp(across) / 2 / reach / aspect)
    nearer = (points @ away).max() - target @ away
    back = 1.06 * need / shot.zoom + 0.5 * nearer
    level = np.clip(1.45 - target[2], 0.05, 0.55) + shot.lift
    target = target + wobble * [1, 0, 1]
    return Camera(target + back * away + level * UP + wobble, target, LENS, roll)


def _selfie(shot: Shot, people: Sequence[Placed], roll: float) -> Camera:
    """At the end of the right arm, looking back at the faces."""
    owner = people[0]
    hand = owner.joints["finger3-1.R"]
    faces = np.mean([eyes(p) for p in people], axis=0)
    chest = np.mean([p.joints["spine01"] for p in people], axis=0)
    target = 0.72 * faces + 0.28 * chest
    away = (hand - target) / np.linalg.norm(hand - target)
    return Camera(hand + 0.08 * away + 0.13 * UP, target, WIDE / shot.zoom, 4 * roll)


def _mirror(shot: Shot, owner: Placed) -> Camera:
    """What the phone in her hand sees: the view from behind the glass, flipped."""
    hand = owner.joints["finger3-1.R"]
    away = around(shot.angle)
    distance = 2.1 / shot.zoom
    head = eyes(owner)[2] + 0.2
    low = 0.0 if shot.zoom < 1.3 else 0.55
    target = hand * [0.15, 1, 0] + UP * (0.52 * head + 0.48 * low)
    return Camera(hand + away * distance, target, 50.0, 0.0, mirrored=True)
