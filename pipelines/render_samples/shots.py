"""The camera roll: who wears what, where, when, and how it was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from body import Array, MakeHuman, turn

#: Poses by name: bone -> (x, y, z) degrees on top of the rest pose. Any other name is one of
#: MakeHuman's pose files (standing01, sit01, ...).
POSES: Mapping[str, Mapping[str, tuple[float, float, float]]] = {
    "relaxed": {
        "upperarm01.L": (4, 0, -35), "upperarm01.R": (2, 0, 34),
        "lowerarm01.L": (20, 0, -4), "lowerarm01.R": (15, 0, 5),
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
}  # fmt: skip


def bend(data: MakeHuman, name: str) -> dict[str, Array]:
    """A pose as rotations."""
    if name not in POSES:
        return data.pose(name)
    return {bone: turn(x=x, y=y, z=z) for bone, (x, y, z) in POSES[name].items()}


@dataclass(frozen=True)
class Companion:
    """Somebody beside the owner."""

    who: str
    wears: tuple[str, ...]
    pose: str
    at: tuple[float, float]
    yaw: float = 0.0


@dataclass(frozen=True)
class Shot:
    """One photo."""

    name: str
    taken: str  # local time, EXIF
    place: str
    wears: tuple[str, ...] = ()
    pose: str = "relaxed"
    yaw: float = 0.0
    frame: str = "full"  # full | three | waist | face | feet | room | table
    beside: Companion | None = None
    exif_turn: int = 1  # EXIF orientation the file is stored with
    copy_of: str = ""


DAY_OUT = ("tee-stripe", "jeans-blue", "sneakers-white")
OFFICE = ("shirt-sky", "chinos-khaki", "shoes-brown")
AUTUMN = ("shirt-tartan", "jeans-blue", "jacket-olive", "shoes-brown")
KNIT = ("jumper-mustard", "jeans-blue", "sneakers-white")
DRESS = ("dress-dots", "shoes-brown")
SKIRT = ("tee-white", "skirt-floral", "sneakers-white")
KNIT_SKIRT = ("jumper-mustard", "skirt-floral", "shoes-brown")
WEEKEND = ("tee-stripe", "chinos-khaki", "jacket-olive", "sneakers-white", "bag-tan")
TOUR = ("tee-white", "jeans-blue", "sneakers-white", "bag-tan")

SHOTS: tuple[Shot, ...] = (
    Shot("IMG_0412.jpg", "2026-04-18 09:12:31", "hallway", DAY_OUT, "relaxed", 8),
    Shot("IMG_0413.jpg", "2026-04-18 10:47:02", "park", DAY_OUT, "walking", -28),
    Shot("IMG_0414.jpg", "2026-04-18 10:52:40", "park", DAY_OUT, "weight", 12, "waist"),
    Shot("IMG_0415.jpg", "2026-04-18 11:20:15", "desk", frame="table"),
    Shot("IMG_0418.jpg", "2026-04-20 08:05:09", "living", OFFICE, "relaxed", -10),
    Shot("IMG_0420.jpg", "2026-04-20 18:20:37", "plaster", OFFICE, "walking", 70),
    Shot("IMG_0423.jpg", "2026-04-23 17:58:12", "brick", AUTUMN, "relaxed", 10),
    Shot("IMG_0424.jpg", "2026-04-23 18:01:44", "brick", AUTUMN, "weight", 165),
    Shot("IMG_0425.jpg", "2026-04-23 19:36:20", "evening", AUTUMN, "hip", -12, "three"),
    Shot("IMG_0428.jpg", "2026-04-25 10:15:03", "kitchen", KNIT, "weight", -14, "three"),
    Shot("IMG_0429.jpg", "2026-04-25 15:30:48", "park", KNIT, "relaxed", 6,
         beside=Companion("friend", ("friend-top", "friend-trousers", "friend-shoes"), "weight",
                          (0.82, 0.2), -12), exif_turn=6),
    Shot("IMG_0430.jpg", "2026-04-25 21:05:27", "evening", frame="room"),
    Shot("IMG_0433.jpg", "2026-05-02 13:22:10", "plaster", DRESS, "relaxed", 12),
    Shot("IMG_0434.jpg", "2026-05-02 13:24:51", "park", DRESS, "wave", -8, "three"),
    Shot("IMG_0435.jpg", "2026-05-02 16:09:33", "kitchen", DRESS, "weight", -75),
    Shot("IMG_0438.jpg", "2026-05-03 11:02:18", "concrete", SKIRT, "hip", -6),
    Shot("IMG_0439.png", "2026-05-03 11:03:59", "concrete", SKIRT, "relaxed", 150, "three"),
    Shot("IMG_0441.jpg", "2026-05-04 18:45:00", "living", KNIT_SKIRT, "relaxed", -6,
         beside=Companion("sister", ("friend-jumper", "friend-jeans", "friend-shoes"), "hip",
                          (-0.72, 0.25), 14)),
    Shot("IMG_0442.jpg", "2026-05-04 18:49:21", "living", frame="feet"),
    Shot("IMG_0445.jpg", "2026-05-09 09:40:06", "brick", WEEKEND, "walking", 22),
    Shot("IMG_0446.jpg", "2026-05-09 12:15:42", "plaster", WEEKEND, "relaxed", -15, "three"),
    Shot("IMG_0447.jpg", "2026-05-10 14:33:30", "park", TOUR, "walking", -12),
    Shot("IMG_0445-copy.jpg", "2026-05-09 09:40:06", "brick", WEEKEND, copy_of="IMG_0445.jpg"),
)  # fmt: skip
