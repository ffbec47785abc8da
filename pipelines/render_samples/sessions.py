"""A session: one person in one outfit, taken several times in other poses, places and light.

What a frame holds depends on its seed, person, outfit and number alone, so any worker makes the
same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import backdrops
import clutter
import lighting
import numpy as np
import takes
import truth
from body import Array, MakeHuman
from framing import around
from identities import Identity, identity, swapped
from items import facts
from parts import Look, Part
from people import Garment, Placed, stand
from rays import Camera
from shop import Rng, colour
from snapshot import jpeg, snap
from textures import Textures

#: Chances of a session with a companion, and of a frame of it that shows them; of a room round
#: people rather than a picture behind them; of something between them and the camera.
COMPANY, SHOWN, ROOM, BEFORE = 0.25, 0.6, 0.38, 0.22
#: A frame shows at least so much of the garments of its person, of all its pixels; a pair's
#: exchanged garment as much, in both of its pictures.
LEAST = 0.025
TRIES = 12
#: The views pairs are taken from.
PAIRED = ("full", "three-quarter", "waist-up", "torso", "mirror")
NOTHING_TO_ENTER = ("feet", "legs")
FIRST_DAY = np.datetime64("2024-01-01")

Row = dict[str, Any]


@dataclass(frozen=True)
class Session:
    """Who wears what, how often they are taken, and in which of the two modes."""

    seed: int
    person: int
    outfit: int
    frames: int
    pairs: bool = False

    def names(self) -> list[str]:
        """Of the files it makes."""
        ends = ("-a.jpg", "-b.jpg") if self.pairs else (".jpg",)
        stem = f"s{self.seed}p{self.person:06d}-{self.outfit}"
        return [f"{stem}-{k}{end}" for k in range(self.frames) for end in ends]


@dataclass(frozen=True)
class Taken:
    """Files by name with their rows of the truth, and the items they show."""

    files: dict[str, bytes]
    rows: list[Row]
    items: list[Row]


@dataclass(frozen=True)
class Studio:
    """What every session needs, read once a process."""

    data: MakeHuman
    textures: Textures
    street: Path | None

    @classmethod
    def at(cls, shared: Path, makehuman: Path | None = None) -> Studio:
        """From the folder of shared data; street photos are used where there are some."""
        data = MakeHuman(makehuman or shared / "data" / "makehuman", fine=False)
        iris = data.folder / "eyes" / "materials" / "brown_eye.png"
        return cls(data, Textures(iris), shared / "data" / "ccp")


@dataclass(frozen=True)
class Scene:
    """Everything of a frame but its pixels."""

    people: dict[str, Placed]
    camera: Camera
    size: tuple[int, int]
    things: list[Part]
    view: str
    light: takes.Light
    room: bool


def take(studio: Studio, session: Session) -> Taken:
    """All frames of a session."""
    studio.textures.forget()
    who = identity(session.seed, session.person)
    rng = np.random.default_rng([session.seed, session.person, session.outfit, 1])
    outfits = [who.outfits[session.outfit]]
    if session.pairs:
        outfits.append(swapped(rng, who, session.outfit))
    friend = None
    if not session.pairs and rng.random() < COMPANY:  # the neighbour in number is in turn theirs
        friend = identity(session.seed, session.person ^ 1)
    taken = Taken({}, [], [])
    worn = {g.id: g for g in (*who.wardrobe, *outfits[-1], *(friend.wardrobe if friend else ()))}
    names = iter(session.names())
    for k in range(session.frames):
        for picture, row in _frames(studio, session, k, who, outfits, friend, worn):
            name = next(names)
            taken.files[name] = picture
            taken.rows.append({"file": name, **row})
    if session.pairs:
        _tie(taken.rows, outfits)
    seen = {g["item"] for row in taken.rows for g in row["garments"]}
    taken.items.extend(facts(g) for i, g in worn.items() if i in seen)
    return taken


def _frames(
    studio: Studio, session: Session, k: int, who: Identity,
    outfits: Sequence[tuple[Garment, ...]], friend: Identity | None, worn: Mapping[str, Garment],
) -> list[tuple[bytes, Row]]:  # fmt: skip
    """One frame, or the two of a pair: files and rows without their names."""
    for attempt in range(TRIES):
        rng = np.random.default_rng([session.seed, session.person, session.outfit, k, attempt, 2])
        scene, dressed = _scene(studio, rng, who, outfits, friend, session.pairs)
        views, told = [], []
        for placed in dressed:
            people = scene.people | {who.person.name: placed}
            views.append(truth.look(people, [], scene.camera, scene.size, scene.things))
            told.append(truth.describe(views[-1], people, worn))
        if attempt == TRIES - 1 or _shows(views, told, who.person.name, outfits):
            break
    place, behind = backdrops.paint(rng, scene.size, studio.street)
    finish = int(rng.integers(1 << 62))
    day = FIRST_DAY + (session.person * 37 + session.outfit * 11) % 700
    made: list[tuple[bytes, Row]] = []
    meter = None
    for view, (people_seen, garments) in zip(views, told, strict=True):
        rng = np.random.default_rng(finish)  # the same noise in both pictures of a pair
        ground = behind if scene.room else lighting.cast_on_ground(behind, view, scene.light, rng)
        lit = lighting.render(view, studio.textures, scene.light, ground, rng)
        meter = lit if session.pairs and meter is None else meter
        photo = snap(lit, scene.light.name, scene.light.exposure, rng, meter)
        row = {
            "size": list(scene.size), "taken": f"{day}T{9 + k % 12:02d}:{int(rng.integers(60)):02d}:00",
            "place": "room" if scene.room else place, "light": scene.light.name, "view": scene.view,
            "enters": scene.view not in NOTHING_TO_ENTER, "people": people_seen, "garments": garments,
        }  # fmt: skip
        made.append((jpeg(photo, rng, session.pairs), row))
    return made


def _scene(
    studio: Studio, rng: Rng, who: Identity, outfits: Sequence[tuple[Garment, ...]],
    friend: Identity | None, pairs: bool,
) -> tuple[Scene, list[Placed]]:  # fmt: skip
    """Pose, place, camera and light; the person in each of the outfits, standing alike."""
    size = takes.SIZES[int(rng.integers(len(takes.SIZES)))]
    word, bones = takes.pose(rng, studio.data)
    yaw = float(rng.uniform(-180, 180))
    dressed = [stand(studio.data, who.person, outfit, bones, yaw=yaw) for outfit in outfits]
    dressed = [dressed[0], *(_onto(other, dressed[0]) for other in dressed[1:])]
    view, camera = takes.aim(rng, dressed[0], yaw, size)
    while pairs and view not in PAIRED:
        view, camera = takes.aim(rng, dressed[0], yaw, size)
    if word and view in ("full", "three-quarter", "waist-up"):
        view = word
    light = takes.light(rng, camera)
    room = bool(rng.random() < ROOM)
    things = clutter.room(rng, camera) if room else []
    if word == "seated":
        things += _seat(rng, dressed[0], yaw)
    if rng.random() < BEFORE:
        things += clutter.before(rng, camera, size, who.person.skin)
    people = {who.person.name: dressed[0]}
    if friend and rng.random() < SHOWN:
        at, facing = takes.beside(rng, camera)
        worn = friend.outfits[int(rng.integers(len(friend.outfits)))]
        bones = takes.pose(rng, studio.data)[1]
        people[friend.person.name] = stand(studio.data, friend.person, worn, bones, at, facing)
    return Scene(people, camera, size, things, view, light, room), dressed


def _onto(person: Placed, other: Placed) -> Placed:
    """A person moved to where another one's hips are: longer trousers reach lower."""
    shift = other.joints["root"] - person.joints["root"]

    def moved(parts: Sequence[Part]) -> list[Part]:
        return [replace(p, points=p.points + shift) for p in parts]

    joints = {bone: place + shift for bone, place in person.joints.items()}
    return Placed(moved(person.parts), moved(person.whole), joints)


def _seat(rng: Rng, person: Placed, yaw: float) -> list[Part]:
    """Something to sit on."""
    hips = (person.joints["upperleg01.L"] + person.joints["upperleg01.R"]) / 2
    tall = float(hips[2]) - 0.11
    if tall < 0.12:
        return []
    ahead = around(yaw)
    right = np.array([-ahead[1], ahead[0], 0.0])
    wide, deep = rng.uniform(0.42, 1.3), rng.uniform(0.4, 0.55)
    sides: Array = np.stack([right * wide, -ahead * deep, np.array([0, 0, tall])])
    look = Look("plain", colour(rng)) if rng.random() < 0.4 else clutter.stuff(rng)
    centre = hips * [1, 1, 0] + np.array([0, 0, tall / 2]) - ahead * 0.04
    return clutter.box("seat", centre, sides, look)


def _shows(
    views: Sequence[truth.View], told: Sequence[tuple[list[Row], list[Row]]], who: str,
    outfits: Sequence[tuple[Garment, ...]],
) -> bool:  # fmt: skip
    """Whether enough of the person's clothes, or of the exchanged garment, is in the frame."""
    for view, (_, garments), outfit in zip(views, told, outfits, strict=True):
        ids = {g.id for g in outfit}
        for other in outfits:
            if other is not outfit:
                ids -= {g.id for g in other}
        mine = [g for g in garments if g["person"] == who and g["item"] in ids]
        pixels = sum(round(g["visibility"] * g["full_px"]) for g in mine)
        if pixels < LEAST * view.part.size:
            return False
    return True


def _tie(rows: Sequence[Row], outfits: Sequence[tuple[Garment, ...]]) -> None:
    """Name each picture's partner, and the garment that the partner wears another one for."""
    first, second = ({g.id for g in outfit} for outfit in outfits)
    for a, b in zip(rows[::2], rows[1::2], strict=True):
        a["pair"] = {"file": b["file"], "item": min(first - second)}
        b["pair"] = {"file": a["file"], "item": min(second - first)}
