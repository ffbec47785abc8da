"""What one photo of the roll is: who wears what, where, when, and how it was taken."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

#: Poses whose picture the truth calls by their name.
SITTING = ("sit", "seated")


@dataclass(frozen=True)
class Companion:
    """Somebody beside the owner, or instead of the owner."""

    who: str
    wears: tuple[str, ...]
    pose: str = "relaxed"
    at: tuple[float, float] = (0.0, 0.0)  # metres from the owner's place
    yaw: float = 0.0


@dataclass(frozen=True)
class Shot:
    """One photo.

    ``frame`` says how much of the people the picture holds: full, three (to the knees), waist,
    face, selfie, mirror; or, without anybody, room, table, up; or feet; or screen, which is drawn.
    """

    name: str
    taken: str  # local time, ISO 8601
    place: str
    wears: tuple[str, ...] = ()
    pose: str = "relaxed"
    frame: str = "full"
    yaw: float = 0.0  # degrees the owner is turned away from -y
    angle: float = 0.0  # degrees the camera has gone round them
    beside: tuple[Companion, ...] = ()
    props: tuple[str, ...] = ()
    zoom: float = 1.0  # above 1 closer
    lift: float = 0.0  # metres the camera is held higher
    size: tuple[int, int] = (720, 960)
    quality: int = 86  # of the JPEG
    turned: int = 1  # EXIF orientation that the file is stored with
    blur: float = 0.0  # length of the motion blur, pixels
    grain: float = 1.0  # sensor noise, 1 is a phone in good light
    exposure: float = 0.0  # stops on top of the place's
    copy_of: str = ""

    @property
    def has_owner(self) -> bool:
        """Whether the owner is in the picture."""
        return bool(self.wears) or self.frame in ("face", "feet")

    @property
    def enters(self) -> bool:
        """Whether the pipeline should take it: the owner is there with enough of the body."""
        return bool(self.wears) and self.frame not in ("face", "feet")

    @property
    def view(self) -> str:
        """The view by its one word in the truth."""
        if self.frame in ("selfie", "mirror", "face", "feet"):
            return self.frame
        if not self.has_owner:
            return "nobody" if not self.beside else "others"
        if self.pose.startswith(SITTING):
            return "seated"
        turned = abs((self.yaw - self.angle + 180) % 360 - 180)
        if turned > 115:
            return "back"
        if turned > 55:
            return "side"
        if self.pose.startswith("walk"):
            return "walking"
        return {"three": "three-quarter", "waist": "waist-up"}.get(self.frame, self.frame)

    def fingerprint(self, *more: object) -> str:
        """A number that changes with the shot."""
        return f"{zlib.crc32(repr((self, *more)).encode()):08x}"
