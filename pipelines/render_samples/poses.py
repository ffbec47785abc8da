"""How people hold themselves: poses as bends of MakeHuman's default rig."""

from __future__ import annotations

from collections.abc import Mapping

from body import Array, MakeHuman, turn

Bends = Mapping[str, tuple[float, float, float]]

#: Arms that hang.
_HANGING: Bends = {
    "upperarm01.L": (4, 0, -35), "upperarm01.R": (2, 0, 34),
    "lowerarm01.L": (20, 0, -4), "lowerarm01.R": (15, 0, 5),
}  # fmt: skip

#: Poses by name: bone -> (x, y, z) degrees on top of the rest pose, which has the arms half out.
#: +x bends forward (a leg back), +y turns to the person's left, +z leans to their right.
#: Any other name is one of MakeHuman's pose files (standing01, sit01, ...).
POSES: Mapping[str, Bends] = {
    "relaxed": {
        **_HANGING,
        "upperleg01.L": (0, 0, -4), "upperleg01.R": (0, 0, 6), "spine03": (0, 0, 2),
        "head": (0, 8, 0),
    },
    "weight": {
        "upperarm01.L": (6, 0, -34), "upperarm01.R": (-3, 0, 36),
        "lowerarm01.L": (6, 0, -4), "lowerarm01.R": (18, 0, 3),
        "upperleg01.L": (-7, 8, -2), "lowerleg01.L": (12, 0, 0), "upperleg01.R": (0, 0, 7),
        "spine04": (0, 0, -3), "spine02": (0, 0, 4), "head": (4, -14, 4),
    },
    "walking": {
        "upperarm01.L": (20, 0, -34), "upperarm01.R": (-12, 0, 35),
        "lowerarm01.L": (14, 0, -4), "lowerarm01.R": (8, 0, 4),
        "upperleg01.L": (-20, 0, -5), "lowerleg01.L": (8, 0, 0),
        "upperleg01.R": (14, 0, 5), "lowerleg01.R": (20, 0, 0), "foot.R": (10, 0, 0),
        "spine03": (0, 5, 0),
    },
    "walking-right": {
        "upperarm01.L": (-14, 0, -35), "upperarm01.R": (18, 0, 34),
        "lowerarm01.L": (8, 0, -4), "lowerarm01.R": (16, 0, 4),
        "upperleg01.R": (-24, 0, 5), "lowerleg01.R": (6, 0, 0),
        "upperleg01.L": (12, 0, -5), "lowerleg01.L": (26, 0, 0), "foot.L": (12, 0, 0),
        "spine03": (0, -5, 0), "head": (3, 10, 0),
    },
    "hip": {
        "upperarm01.L": (0, 30, -8), "lowerarm01.L": (0, -85, -45),
        "upperarm01.R": (4, 0, 34), "lowerarm01.R": (15, 0, 4),
        "upperleg01.L": (0, 0, -5), "upperleg01.R": (0, 0, 6), "lowerleg01.R": (6, 0, 0),
        "spine04": (0, 0, -4), "spine02": (0, 0, 5), "head": (0, -10, 4),
    },
    "wave": {
        "upperarm01.R": (0, -10, -70), "lowerarm01.R": (0, 20, -70),
        "upperarm01.L": (4, 0, -34), "lowerarm01.L": (18, 0, -4),
        "upperleg01.L": (0, 0, -4), "upperleg01.R": (0, 0, 6), "head": (0, 6, -5),
    },
    "seated": {
        **_HANGING,
        "upperleg01.L": (-88, 0, -4), "upperleg01.R": (-88, 0, 4),
        "lowerleg01.L": (86, 0, 0), "lowerleg01.R": (90, 0, 0),
        "lowerarm01.L": (-40, 0, -4), "lowerarm01.R": (-35, 0, 5), "head": (0, 8, 0),
    },
    "crossed": {
        "upperarm01.L": (-20, 0, -35), "upperarm01.R": (-20, 0, 35),
        "lowerarm01.L": (-20, -90, 0), "lowerarm01.R": (-20, 90, 0),
    },
    "pockets": {
        **_HANGING,
        "upperleg01.L": (0, 0, -4), "upperleg01.R": (0, 0, 6), "head": (3, -8, 0),
    },
    "selfie": {
        "upperarm01.R": (-75, 0, 20), "lowerarm01.R": (-15, 0, 0),
        "upperarm01.L": (4, 0, -34), "lowerarm01.L": (18, 0, -4),
    },
    "mirror": {
        "upperarm01.R": (-25, 0, 34), "lowerarm01.R": (-110, 0, 0),
        "upperarm01.L": (4, 0, -34), "lowerarm01.L": (18, 0, -4),
    },
    "strap": {
        **_HANGING,
        "upperarm01.L": (-15, 0, -34), "lowerarm01.L": (-110, 0, 0),
    },
    "leaning": {
        **_HANGING,
        "spine04": (0, 0, 5), "upperleg01.R": (-14, 0, 6), "lowerleg01.R": (22, 0, 0),
        "upperleg01.L": (0, 0, -5),
    },
}  # fmt: skip


def bend(data: MakeHuman, name: str) -> dict[str, Array]:
    """A pose as rotations."""
    if name not in POSES:
        return data.pose(name)
    return {bone: turn(x=x, y=y, z=z) for bone, (x, y, z) in POSES[name].items()}
