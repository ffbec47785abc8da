"""Take one photo: cast, place, light, camera, picture, and its line of the truth."""

from __future__ import annotations

import functools
import math
import tempfile
from pathlib import Path
from typing import Any

import blender
import numpy as np
import truth
from body import MakeHuman
from develop import develop, save
from framing import aim
from items import EVERYTHING, PEOPLE, alone, garments
from people import Placed, stand
from PIL import Image
from postures import bend
from scenes import PLACES
from screens import SCREENS
from shots import Shot
from staging import PROPS


@functools.cache
def makehuman(folder: Path) -> MakeHuman:
    """The data, read once per process."""
    return MakeHuman(folder)


def cast(data: MakeHuman, shot: Shot) -> dict[str, Placed]:
    """The people of a shot by id, dressed and posed, the owner first."""
    people: dict[str, Placed] = {}
    if shot.has_owner:
        pose = bend(data, shot.pose)
        people["owner"] = stand(data, PEOPLE["owner"], garments(shot.wears), pose, yaw=shot.yaw)
    for other in shot.beside:
        worn, pose = garments(other.wears), bend(data, other.pose)
        people[other.who] = stand(data, PEOPLE[other.who], worn, pose, other.at, other.yaw)
    return people


def take(data: MakeHuman, shot: Shot, out: Path, samples: int, scale: float) -> dict[str, Any]:
    """Render one photo into ``out``; returns its line of the truth."""
    width, height = (max(round(n * scale), 16) for n in shot.size)
    if shot.frame == "screen":
        save(SCREENS[shot.props[0]]((width, height)), shot, out / shot.name)
        return _line(shot, (width, height), "", "", [], [])
    people = cast(data, shot)
    place = PLACES[shot.place]
    camera = aim(shot, list(people.values()))
    blender.start(width, height, samples, 1, place.exposure + shot.exposure)
    iris = data.folder / "eyes/materials/brown_eye.png"
    for person in people.values():
        for part in person.parts:
            blender.add(part, iris)
    drawn = blender.objects()
    place.build()
    for prop in shot.props:
        PROPS[prop](shot, list(people.values()), camera)
    blender.camera(camera.eye, camera.target, camera.fov, camera.roll)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.png"
        blender.render(raw)
        picture = Image.open(raw).convert("RGB")
    if camera.mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    save(develop(picture, shot, place.light), shot, out / shot.name)
    blockers = blender.meshes(drawn, camera.eye, list(people.values()))
    seen, worn = truth.measure(people, blockers, camera, (width, height))
    return _line(shot, (width, height), place.name, place.light, seen, worn)


def _line(shot: Shot, size: tuple[int, int], place: str, light: str,
          people: list[Any], worn: list[Any]) -> dict[str, Any]:  # fmt: skip
    return {
        "file": shot.name, "size": list(size), "taken": shot.taken, "place": place, "light": light,
        "view": shot.view, "enters": shot.enters, "people": people, "garments": worn,
    }  # fmt: skip


def portrait(data: MakeHuman, item: str, path: Path, pixels: int = 512) -> None:
    """One item by itself, front, in even light, on nothing."""
    parts = alone(data, EVERYTHING[item])
    if not parts:
        return
    points = np.concatenate([p.points for p in parts])
    low, high = points.min(0), points.max(0)
    middle, reach = (low + high) / 2, 0.55 * float((high - low)[[0, 2]].max())
    blender.start(pixels, pixels, 8, 1, 0.3)
    for part in parts:
        blender.add(part)
    blender.studio(middle, reach)
    lens = 20.0
    away = reach / math.tan(math.radians(lens / 2))
    lift = 0.45 if EVERYTHING[item].category == "footwear" else 0.06
    eye = middle + np.array([0.12, -1.0, lift]) * away
    blender.camera(eye, middle, lens)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.png"
        blender.render(raw)
        Image.open(raw).save(path, "WEBP", quality=86, method=6)
