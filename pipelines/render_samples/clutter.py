"""Things in training frames, as meshes: rooms, and what stands between people and the camera."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import fabrics as f
import numpy as np
from accessories import sweep
from body import Array, turn
from fabrics import Colour, Fabric
from framing import UP
from parts import Look, Part
from rays import Camera
from shop import Rng, marl

MATERIALS = 36


def planks(rng: Rng, tone: Colour) -> Array:
    """Wooden boards."""
    y, x = np.mgrid[: f.SIZE, : f.SIZE] / f.SIZE
    board = np.floor(y * 4).astype(int)
    seam = ((y * 4) % 1 < 0.015) | ((x + 0.37 * board) % 1 < 0.004)
    grain = 0.09 * f.cloud(rng, 30, 1.2) + 0.1 * rng.normal(size=4)[board] - 0.5 * seam
    return np.array(tone) * (1 + grain[..., None])


def tiles(rng: Rng, tone: Colour, joint: Colour, across: int, down: int) -> Array:
    """Tiles or, where they are wide, bricks."""
    y, x = np.mgrid[: f.SIZE, : f.SIZE] / f.SIZE
    row = np.floor(y * down).astype(int)
    column = x * across + 0.5 * (row % 2) * (across != down)
    line = ((y * down) % 1 < 0.05) | (column % 1 < 0.05 * across / down)
    shade = 0.07 * rng.normal(size=(down, across))[row, np.floor(column).astype(int) % across]
    body = np.array(tone) * (1 + shade[..., None] + 0.03 * f.cloud(rng, 3)[..., None])
    made: Array = np.where(line[..., None], np.array(joint), body)
    return made


@functools.cache
def material(k: int) -> Fabric:
    """One of ``MATERIALS`` that floors, walls and furniture are made of."""
    rng = f.rng_for(f"material-{k}")
    warm = np.clip(
        rng.uniform(0.15, 0.9) * np.array([1, 0.88, 0.74]) + rng.normal(0, 0.05, 3), 0.03, 0.95
    )
    tone = (float(warm[0]), float(warm[1]), float(warm[2]))
    wide = float(rng.uniform(6, 14))
    if k % 4 == 0:
        return f.fabric(f"material-{k}", planks, tone, width=wide)
    if k % 4 == 1:
        across, down = [(4, 4), (3, 8), (6, 6), (2, 6)][k // 4 % 4]
        return f.fabric(f"material-{k}", tiles, tone, (0.7, 0.69, 0.67), across, down, width=wide)
    plain = np.clip(rng.uniform(0.1, 0.95) + rng.normal(0, 0.09, 3), 0.03, 0.95)
    wall = (float(plain[0]), float(plain[1]), float(plain[2]))
    return f.fabric(f"material-{k}", marl, wall, 0.03, width=wide)


def stuff(rng: Rng) -> Look:
    """What a thing may be made of."""
    return Look("cloth", fabric=material(int(rng.integers(MATERIALS))))


def quad(name: str, corner: Array, u: Array, v: Array, look: Look) -> Part:
    """A parallelogram in metres, textured in decimetres along its edges."""
    points = np.array([corner, corner + u, corner + u + v, corner + v])
    long, tall = 10 * np.linalg.norm(u), 10 * np.linalg.norm(v)
    flat = np.array([[0, 0], [long, 0], [long, tall], [0, tall]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    return Part(name, None, points, triangles, flat[triangles], look)


def box(name: str, centre: Array, sides: Array, look: Look) -> list[Part]:
    """Six faces around a centre; ``sides`` (3, 3) are the whole edges, right-handed."""
    made = []
    for k in range(3):
        a, u, v = sides[k], sides[(k + 1) % 3], sides[(k + 2) % 3]
        made.append(quad(name, centre + (a - u - v) / 2, u, v, look))
        made.append(quad(name, centre - (a + u + v) / 2, v, u, look))
    return made


def _turned(rng: Rng, size: Sequence[float]) -> Array:
    """Edges of an upright box of any heading."""
    sides: Array = np.diag(np.array(size, float)) @ turn(z=float(rng.uniform(0, 90))).T
    return sides


def room(rng: Rng, camera: Camera) -> list[Part]:
    """Floor, a wall or a corner behind people, pictures on it, and furniture beside them."""
    ahead = (camera.target - camera.eye) * np.array([1, 1, 0])
    ahead /= np.linalg.norm(ahead)
    skew = turn(z=float(rng.normal(0, 22)))
    back = skew @ ahead
    right = np.cross(back, UP)
    far = float(rng.uniform(0.7, 3.0))
    foot = back * far
    parts = [
        quad("floor", np.array([-15, -15, 0.0]), np.array([30.0, 0, 0]), np.array([0, 30.0, 0]), stuff(rng)),
        quad("wall", foot - right * 9, right * 18, UP * 5, wall := stuff(rng)),
        *box("skirting", foot - back * 0.01 + UP * 0.05, np.stack([right * 18, UP * 0.1, -back * 0.02]), stuff(rng)),
    ]  # fmt: skip
    if rng.random() < 0.5:
        aside = right * float(rng.choice([-1, 1]) * rng.uniform(1.0, 2.5))
        parts.append(quad("side", foot + aside - back * 9, back * 9, UP * 5, wall))
    for _ in range(int(rng.integers(0, 4))):
        wide, tall = rng.uniform(0.25, 1.2, 2)
        spot = foot - back * 0.02 + right * rng.uniform(-2.2, 2) + UP * rng.uniform(0.6, 1.8)
        parts += box("frame", spot, np.stack([right * wide, UP * tall, -back * 0.03]), stuff(rng))
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform((0.3, 0.3, 0.3), (1.4, 0.7, 1.9))
        spot = back * rng.uniform(0.2, far) + right * float(
            rng.choice([-1, 1]) * rng.uniform(0.6, 2.2)
        )
        parts += box("chest", spot + UP * size[2] / 2, _turned(rng, size), stuff(rng))
    return parts


def before(rng: Rng, camera: Camera, size: tuple[int, int], skin: Colour) -> list[Part]:
    """Something that hides part of the picture: a table's edge, a post, parcels, an arm."""
    away = float(np.linalg.norm(camera.target - camera.eye)) * float(rng.uniform(0.35, 0.75))

    def at(across: float, down: float) -> Array:
        way = camera.rays(np.array([across * size[0]]), np.array([down * size[1]]), size)[0]
        spot: Array = camera.eye + way * away
        return spot

    level = (at(1, 0.5) - at(0, 0.5)) * (-1 if camera.mirrored else 1)
    right = level / np.linalg.norm(level)
    wide = float(np.linalg.norm(level))
    back = np.cross(UP, right)
    kind = str(rng.choice(["table", "post", "parcels", "arm"], p=[0.35, 0.15, 0.3, 0.2]))
    if kind == "table":
        edge = at(0.5, float(rng.uniform(0.62, 0.92)))
        deep = float(rng.uniform(0.3, 0.6)) * away
        slab = np.stack([right * 3 * wide, back * deep, UP * 0.05])
        return box("table", edge + back * deep * 0.3 - UP * 0.025, slab, stuff(rng))
    if kind == "post":
        thick = wide * float(rng.uniform(0.06, 0.2))
        spot = at(float(rng.choice([rng.uniform(0, 0.3), rng.uniform(0.7, 1)])), 0.5)
        return box("post", spot, np.stack([right * thick, back * thick, UP * 8]), stuff(rng))
    if kind == "parcels":
        parts: list[Part] = []
        for _ in range(int(rng.integers(1, 3))):
            spot = at(float(rng.uniform(0.15, 0.85)), float(rng.uniform(0.35, 0.95)))
            sides = wide * rng.uniform(0.1, 0.32, 3)
            parts += box("parcel", spot, _turned(rng, list(sides)), stuff(rng))
        return parts
    end = at(float(rng.uniform(0.25, 0.75)), float(rng.uniform(0.35, 0.85)))
    start = at(float(rng.choice([-0.3, 1.3])), float(rng.uniform(0.2, 1.1)))
    bend = (start + end) / 2 + rng.normal(0, 0.04, 3)
    t = np.linspace(0, 1, 16)[:, None]
    path = start * (1 - t) ** 2 + 2 * bend * t * (1 - t) + end * t * t
    thin = 0.045 - 0.02 * t[:, 0]
    points, triangles, uv = sweep(path, thin, thin, False, np.tile(UP + 0.01, (16, 1)))
    tint = np.tile(np.array(skin), (len(points), 1))
    return [Part("arm", None, points, triangles, uv, Look("skin", skin), tint)]
