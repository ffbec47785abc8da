"""How people hold themselves: bends of the trunk and legs, and where the hands reach.

Every pose works with every outfit, except: seated wants a seat as high as
``joints["upperleg01.L"]`` less a hand's width, ``leaning`` a wall behind, ``mirror`` and ``phone``
something in the right hand, ``strap`` a crossbody bag; ``crossed`` looks best without a bag, and
``pockets`` without a skirt or dress.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from body import Array, MakeHuman, turn
from scipy.spatial.transform import Rotation

#: Degrees that a shoulder sinks under a hanging arm.
DROP = 9.0

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Reach:
    """An arm: x to its own side, y up, z forward, in arm lengths from the shoulder."""

    wrist: Triple
    elbow: Triple = (0.5, -0.3, -1.0)  # the way the elbow points
    hand: Triple | None = None  # the way the hand points; along the forearm if not given
    roll: float = 0.0  # degrees the forearm is turned, thumb outwards
    curl: float = 22.0  # degrees that each joint of the fingers is bent


@dataclass(frozen=True)
class Pose:
    """Bones by (x, y, z) degrees on top of the rest pose, and both arms.

    +x bends forward (a leg back), +y turns to the person's left, +z leans to their right.
    """

    bends: Mapping[str, Triple] = field(default_factory=dict)
    left: Reach = Reach((0.2, -0.94, 0.1))
    right: Reach = Reach((0.21, -0.95, 0.06), curl=30)


STANDING: Mapping[str, Triple] = {"upperleg01.L": (0, 0, -4), "upperleg01.R": (0, 0, 6)}
ON_ONE_LEG: Mapping[str, Triple] = {
    "upperleg01.L": (-8, 8, -1), "lowerleg01.L": (14, 0, 0), "upperleg01.R": (0, 0, 7),
    "spine05": (0, 0, -2), "spine04": (0, 0, -2), "spine02": (0, 0, 4),
}  # fmt: skip
SITTING: Mapping[str, Triple] = {
    "upperleg01.L": (-86, 0, -4), "upperleg01.R": (-86, 0, 3),
    "lowerleg01.L": (84, 0, 0), "lowerleg01.R": (90, 0, 0),
    "spine05": (3, 0, 0), "spine03": (4, 0, 0), "spine02": (3, 0, 0),
}  # fmt: skip
ON_THIGH = Reach((0.0, -0.66, 0.46), (0.7, -0.2, -1), (-0.1, -0.25, 1), curl=14)
ON_HIP = Reach((0.05, -0.66, 0.1), (1, -0.1, -0.35), (-0.75, -0.2, 0.55), roll=-40, curl=18)

#: Poses by name. Any other name is one of MakeHuman's pose files (standing01, sit01, ...).
POSES: Mapping[str, Pose] = {
    "relaxed": Pose({**STANDING, "spine03": (0, 0, 2), "head": (0, 8, 0)}),
    "weight": Pose(
        {**ON_ONE_LEG, "head": (4, -14, 4)},
        Reach((0.18, -0.96, 0.02), curl=26), Reach((0.2, -0.9, 0.2), curl=16),
    ),
    "walking": Pose(
        {
            "upperleg01.L": (-24, 0, -5), "lowerleg01.L": (8, 0, 0), "foot.L": (-6, 0, 0),
            "upperleg01.R": (15, 0, 5), "lowerleg01.R": (16, 0, 0), "foot.R": (14, 0, 0),
            "toe1-1.R": (-14, 0, 0), "spine03": (3, 5, 0), "head": (0, -4, 0),
        },
        Reach((0.2, -0.9, -0.24)), Reach((0.18, -0.87, 0.32), curl=34),
    ),
    "walking-right": Pose(
        {
            "upperleg01.R": (-22, 0, 5), "lowerleg01.R": (6, 0, 0), "foot.R": (-6, 0, 0),
            "upperleg01.L": (13, 0, -5), "lowerleg01.L": (26, 0, 0), "foot.L": (14, 0, 0),
            "spine03": (2, -5, 0), "head": (3, 12, 0),
        },
        Reach((0.17, -0.86, 0.34), curl=18), Reach((0.2, -0.91, -0.22), curl=36),
    ),
    "hip": Pose({**ON_ONE_LEG, "head": (0, -10, 4)}, ON_HIP),
    "hips": Pose({**STANDING, "head": (-2, 6, 0)}, ON_HIP, ON_HIP),
    "wave": Pose(
        {**STANDING, "head": (0, 6, -5)},
        right=Reach((0.5, 0.35, 0.3), (1, -1, 0), (0.1, 1, 0.1), roll=60, curl=6),
    ),
    "crossed": Pose(
        {**ON_ONE_LEG, "head": (0, 6, -3)},
        Reach((-0.4, -0.44, 0.42), (1, -0.8, -0.2), (-1, 0.2, 0.05), roll=20, curl=10),
        Reach((-0.36, -0.34, 0.52), (1, -0.8, -0.2), (-1, 0.1, -0.35), roll=20, curl=24),
    ),
    "pockets": Pose(
        {**ON_ONE_LEG, "head": (3, -8, 0)},
        Reach((0.09, -0.88, 0.13), (1, 0, -0.6), (-0.3, -1, 0.12), curl=10),
        Reach((0.09, -0.88, 0.13), (1, 0, -0.6), (-0.3, -1, 0.12), curl=10),
    ),
    "selfie": Pose(
        {**STANDING, "head": (-4, -6, -4), "spine02": (0, -4, 0)},
        right=Reach((0.16, 0.22, 0.93), (1, -0.8, 0), (0, 0.5, 1), roll=30, curl=38),
    ),
    "mirror": Pose(
        {**ON_ONE_LEG, "head": (6, 6, 0)},
        right=Reach((-0.08, -0.06, 0.5), (0.6, -1, -0.1), (-0.25, 1, 0.15), roll=25, curl=40),
    ),
    "phone": Pose(
        {**STANDING, "neck01": (8, 0, 0), "head": (16, 0, 0)},
        right=Reach((-0.14, -0.36, 0.54), (0.7, -1, -0.2), (-0.5, 0.5, 0.8), roll=40, curl=34),
    ),
    "strap": Pose(
        {**ON_ONE_LEG, "head": (0, 10, 3)},
        right=Reach((-0.02, -0.42, 0.36), (0.8, -1, -0.2), (-0.55, 0.75, 0.25), curl=42),
    ),
    "hair": Pose(
        {**ON_ONE_LEG, "head": (0, -8, -6)},
        right=Reach((0.12, 0.36, 0.24), (1, 0.2, 0.3), (-0.5, 1, -0.2), curl=24),
    ),
    "leaning": Pose(
        {
            "root": (-6, 0, 0), "upperleg01.L": (-4, 0, -3), "foot.L": (10, 0, 0),
            "upperleg01.R": (-30, 0, 4), "lowerleg01.R": (78, 0, 0), "foot.R": (10, 0, 0),
            "head": (8, 10, 0),
        },
        Reach((0.12, -0.92, -0.1)), Reach((0.1, -0.88, 0.12), (1, 0, -0.6), (-0.3, -1, 0.1)),
    ),
    "seated": Pose({**SITTING, "head": (-4, 8, 0)}, ON_THIGH, ON_THIGH),
    "seated-lap": Pose(
        {
            **SITTING, "upperleg01.L": (-86, 6, -6), "upperleg01.R": (-84, 6, 2),
            "lowerleg01.R": (76, 0, 0), "lowerleg01.L": (96, 0, 0), "head": (4, -12, 3),
        },
        Reach((-0.2, -0.62, 0.42), (1, -0.3, -0.6), (-1, -0.3, 0.3), curl=26),
        Reach((-0.16, -0.6, 0.48), (1, -0.3, -0.6), (-1, -0.2, 0.2), curl=26),
    ),
}  # fmt: skip


def bend(data: MakeHuman, name: str) -> dict[str, Array]:
    """A pose as rotations by bone, in the rest pose's axes."""
    return hold(data, POSES[name]) if name in POSES else data.pose(name)


def hold(data: MakeHuman, pose: Pose) -> dict[str, Array]:
    """The same, of a pose that needs no name."""
    rotations = {bone: turn(x=x, y=y, z=z) for bone, (x, y, z) in pose.bends.items()}
    return rotations | _arm(data, pose.left, "L") | _arm(data, pose.right, "R")


def _arm(data: MakeHuman, reach: Reach, side: str) -> dict[str, Array]:
    """Two straight bones from shoulder to wrist, the elbow swung to where it points."""

    def joint(bone: str) -> Array:
        place = data.heads[data.bones.index(f"{bone}.{side}")]
        middle: Array = data.base.points[place].mean(0)
        return middle

    flip = np.array([1.0 if side == "L" else -1.0, 1, 1])
    shoulder, elbow, wrist = (joint(b) for b in ("upperarm01", "lowerarm01", "wrist"))
    upper, lower, palm = elbow - shoulder, wrist - elbow, joint("finger3-1") - wrist
    a, b = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    # An arm that hangs draws its shoulder down, which the rest pose holds up.
    hanging = np.clip(-1.6 * reach.wrist[1] - 0.5, 0, 1)
    drop = turn(z=-DROP * hanging * flip[0])
    goal = drop.T @ (np.array(reach.wrist) * flip) * (a + b)
    far = min(float(np.linalg.norm(goal)), 0.998 * (a + b))
    line = goal / np.linalg.norm(goal)
    along = (a * a - b * b + far * far) / (2 * far)
    swing = drop.T @ (np.array(reach.elbow) * flip)
    swing -= line * (swing @ line)
    bent = along * line + np.sqrt(max(a * a - along * along, 0.0)) * swing / np.linalg.norm(swing)
    first = _arc(upper, bent)
    second = _arc(lower, first.T @ (far * line - bent))
    roll = _about(lower, reach.roll * flip[0])
    held = first @ second @ roll
    hand = np.eye(3)
    if reach.hand is not None:
        hand = _arc(palm, held.T @ drop.T @ (np.array(reach.hand) * flip))
    tip = joint("finger3-3") - joint("finger3-2")
    finger = _about(np.cross(palm, tip), reach.curl)
    thumb = _about(np.cross(palm, tip), 0.4 * reach.curl)
    bones = {
        "shoulder01": drop,
        "upperarm01": first,
        "lowerarm01": second,
        "lowerarm02": roll,
        "wrist": hand,
    }
    bones |= {f"finger{k}-{j}": finger for k in range(2, 6) for j in range(1, 4)}
    bones |= {f"finger1-{j}": thumb for j in (2, 3)}
    return {f"{bone}.{side}": rotation for bone, rotation in bones.items()}


def _arc(start: Array, end: Array) -> Array:
    """The shortest rotation from one direction to another."""
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cosine = np.cross(start, end), float(start @ end)
    return _about(axis, float(np.degrees(np.arctan2(np.linalg.norm(axis), cosine))))


def _about(axis: Array, degrees: float) -> Array:
    """A rotation by degrees about an axis of any length."""
    unit = axis / max(float(np.linalg.norm(axis)), 1e-9)
    matrix: Array = Rotation.from_rotvec(np.radians(degrees) * unit).as_matrix()
    return matrix
