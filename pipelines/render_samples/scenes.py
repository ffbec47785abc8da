"""Places: procedural rooms, a street, a park, a table; and their light.

People stand at the origin and face -y, towards the camera. Metres, z up. Each place function
builds everything, light included; ``PLACES`` names them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import numpy as np
from fabrics import Array, floral, rng_for, solid
from props import (
    Colour,
    area,
    ball,
    box,
    bricks,
    canvas,
    daylight,
    paint,
    papered,
    planks,
    rough_ground,
    tube,
    world,
)

WHITE, WOOD, DARK = (0.85, 0.84, 0.81), (0.5, 0.35, 0.22), (0.16, 0.13, 0.11)


def _shell(wall: Colour, floor: Array, back: float = 1.7, left: float = -2.0) -> None:
    """Floor, back and left walls, ceiling, skirting."""
    box((-4, -5, -0.1), (4, back, 0), papered(floor, 0.45), 1.3)
    side = paint(wall, 0.9)
    box((-4, back, 0), (4, back + 0.1, 2.7), side)
    box((left - 0.1, -5, 0), (left, back, 2.7), side)
    box((-4, -5, 2.7), (4, back, 2.8), paint(WHITE, 0.9))
    box((left, back - 0.02, 0), (4, back, 0.1), paint(WHITE, 0.5), bevel=0.005)
    box((left, -5, 0), (left + 0.02, back, 0.1), paint(WHITE, 0.5), bevel=0.005)


def _picture(x: float, y: float, z: float, wide: float, name: str) -> None:
    tall = wide * 1.25
    box((x - 0.03, y - 0.03, z - 0.03), (x + wide + 0.03, y, z + tall + 0.03), paint(DARK), 1)
    face = canvas(name)
    mesh = bpy.data.meshes.new("canvas")
    spots = [(x, z), (x + wide, z), (x + wide, z + tall), (x, z + tall)]
    mesh.from_pydata([(a, y - 0.032, b) for a, b in spots], [], [(0, 1, 2, 3)])
    corners = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", corners)
    mesh.materials.append(papered(face))
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("canvas", mesh))


def _plant(x: float, y: float, tall: float) -> None:
    tube((x, y, 0), 0.3, 0.13, paint((0.72, 0.66, 0.58)), 0.17)
    leaf = paint((0.16, 0.3, 0.13), 0.5)
    rng = rng_for(f"plant{x}{y}")
    for _ in range(26):
        turn, lean = rng.uniform(0, 6.28), rng.uniform(0.05, 0.35)
        z = rng.uniform(0.4, tall)
        bpy.ops.mesh.primitive_ico_sphere_add(
            subdivisions=2, radius=1,
            location=(x + lean * math.cos(turn), y + lean * math.sin(turn) * 0.6, z),
            rotation=(rng.uniform(-0.6, 0.6), rng.uniform(-0.9, 0.9), turn),
        )  # fmt: skip
        bpy.context.object.scale = (0.2, 0.07, 0.012)
        bpy.context.object.data.materials.append(leaf)
    tube((x, y, 0.3), tall - 0.4, 0.012, paint((0.25, 0.2, 0.12)))


def _sofa(x: float, y: float, colour: Colour) -> None:
    cloth = paint(colour, 0.95)
    box((x, y, 0.08), (x + 1.7, y + 0.8, 0.42), cloth, bevel=0.06)
    box((x, y + 0.6, 0.3), (x + 1.7, y + 0.85, 0.85), cloth, bevel=0.08)
    for side in (x - 0.12, x + 1.62):
        box((side, y, 0.08), (side + 0.2, y + 0.85, 0.6), cloth, bevel=0.07)
    for k in (0, 1):
        box((x + 0.1 + 0.76 * k, y, 0.4), (x + 0.84 + 0.76 * k, y + 0.62, 0.53), cloth, bevel=0.05)
    flower = papered(floral(rng_for("cushion"), (0.85, 0.8, 0.7), [(0.7, 0.35, 0.25)]))
    box((x + 0.15, y + 0.42, 0.52), (x + 0.58, y + 0.56, 0.9), flower, 0.6, bevel=0.05)


def _shelf(x: float, y: float) -> None:
    wood = paint(WOOD, 0.5)
    rng = rng_for("books")
    for z in (0.0, 0.4, 0.8, 1.2, 1.6):
        box((x, y - 0.28, z), (x + 0.9, y, z + 0.03), wood)
        at = x + 0.05
        while z < 1.6 and at < x + 0.8:
            wide, tall = rng.uniform(0.02, 0.05), rng.uniform(0.2, 0.32)
            tone = tuple(float(c) for c in rng.uniform(0.15, 0.6) + rng.uniform(-0.1, 0.12, 3))
            if rng.random() < 0.85:
                box((at, y - 0.24, z + 0.03), (at + wide, y - 0.05, z + tall), paint(tone))
            at += wide + 0.003
    for side in (x, x + 0.87):
        box((side, y - 0.28, 0), (side + 0.03, y, 1.63), wood)


def living(light: str = "day") -> None:
    """A living room with a sofa, a picture, a plant and books."""
    _shell((0.78, 0.74, 0.66), planks("oak", (0.55, 0.4, 0.26)))
    _sofa(-1.75, 0.75, (0.35, 0.42, 0.45))
    _picture(-1.3, 1.7, 1.25, 0.55, "hills")
    _plant(1.75, 1.2, 1.3)
    _shelf(0.55, 1.7)
    rug = papered(rough_ground("rug", (0.62, 0.55, 0.47), 1.5, 0.16))
    box((-1.3, -1.0, 0), (1.3, 0.75, 0.012), rug, 0.7)
    if light == "day":
        area((2.8, -1.8, 1.9), (0, 0, 1.0), 1.8, 120, (0.95, 0.97, 1))
        world((0.9, 0.94, 1), 0.45)
    else:
        area((-1.6, -0.4, 2.2), (0, 0, 1), 0.5, 45, (1, 0.72, 0.45))
        area((1.2, -2.6, 2.4), (0, 0, 1), 0.9, 45, (1, 0.8, 0.6))
        world((1, 0.82, 0.62), 0.16)


def hallway() -> None:
    """A bright hall: a door, a coat rail, tiles."""
    tiles = np.ones((512, 512, 3)) * (0.66, 0.64, 0.6)
    tiles[:256, :256] = tiles[256:, 256:] = (0.4, 0.42, 0.44)
    _shell((0.72, 0.77, 0.75), tiles, back=1.3, left=-1.5)
    door = paint(WHITE, 0.4)
    box((0.35, 1.26, 0), (1.3, 1.3, 2.1), paint((0.7, 0.69, 0.66), 0.5), bevel=0.01)
    box((0.42, 1.24, 0), (1.23, 1.28, 2.04), door, bevel=0.01)
    for z in (0.25, 1.15):
        box((0.55, 1.225, z), (1.1, 1.25, z + 0.7), door, bevel=0.02)
    ball((0.5, 1.2, 1.02), (0.03, 0.03, 0.03), paint((0.7, 0.6, 0.4), 0.2))
    box((-1.2, 1.24, 1.6), (-0.3, 1.29, 1.72), paint(WOOD, 0.5), bevel=0.01)
    box((-1.15, 0.95, 0), (-0.35, 1.28, 0.45), paint(WOOD, 0.5), bevel=0.01)
    area((0.4, -1.4, 2.6), (0, 0, 0.8), 1.0, 60, (1, 0.9, 0.78))
    area((-2.0, -3.0, 1.8), (0, 0, 1), 1.2, 40, (0.9, 0.95, 1))
    world((0.95, 0.95, 1), 0.3)


def kitchen() -> None:
    """Cabinets, a counter with things on it, light from a window."""
    _shell((0.86, 0.82, 0.72), planks("beech", (0.62, 0.47, 0.32)), back=1.6, left=-2.4)
    front = paint((0.3, 0.4, 0.42), 0.45)
    for k in range(6):
        box((-2.3 + 0.75 * k, 1.0, 0.1), (-1.57 + 0.75 * k, 1.6, 0.86), front, bevel=0.012)
        box(
            (-1.75 + 0.75 * k, 0.975, 0.72),
            (-1.62 + 0.75 * k, 1.0, 0.735),
            paint((0.75, 0.7, 0.6), 0.2),
        )
    box((-2.4, 0.96, 0.86), (2.2, 1.6, 0.9), paint((0.8, 0.77, 0.72), 0.3), bevel=0.01)
    box((-2.4, 1.35, 1.5), (-0.5, 1.6, 1.53), paint(WOOD, 0.5))
    for k, tone in enumerate(
        [(0.75, 0.3, 0.2), (0.85, 0.8, 0.7), (0.3, 0.45, 0.4), (0.9, 0.75, 0.4)]
    ):
        tube((-2.1 + 0.38 * k, 1.45, 1.53), 0.14 + 0.03 * (k % 2), 0.06, paint(tone, 0.3))
    box((0.5, 1.55, 1.2), (1.6, 1.6, 2.2), paint((0.85, 0.93, 1), 0.5, glow=3.0))
    box((1.03, 1.52, 1.2), (1.07, 1.56, 2.2), paint(WHITE))
    tube((-0.3, 1.3, 0.9), 0.22, 0.08, paint((0.75, 0.76, 0.78), 0.15), 0.06)
    area((-1.5, -2.2, 2.5), (0, 0, 1), 1.2, 70, (1, 0.93, 0.85))
    world((0.9, 0.93, 1), 0.4)


def street(kind: str = "brick", height: float = 35, bearing: float = 140) -> None:
    """A pavement before a house front, under the sky."""
    box(
        (-16, -14, -0.2),
        (16, 1.0, 0),
        papered(rough_ground("asphalt", (0.36, 0.36, 0.37), 0.7, 0.12)),
        1.5,
    )
    slab = rough_ground("slab", (0.55, 0.53, 0.5), 1.2, 0.06)
    slab[:6] *= 0.6
    slab[:, :6] *= 0.6
    box((-16, -0.9, -0.1), (16, 3.0, 0.005), papered(slab), 0.9)
    if kind == "brick":
        wall = papered(bricks("brick", (0.5, 0.27, 0.2)), 0.9, 0.4)
    else:
        wall = paint((0.8, 0.7, 0.52), 0.95)
    box((-16, 2.0, 0), (16, 2.6, 9), wall, 1.1)
    stone = paint((0.66, 0.63, 0.57), 0.9)
    box((-16, 1.94, 0), (16, 2.0, 0.45), stone)
    for x in (-5.2, -2.3, 2.9, 5.8):
        box((x - 0.1, 1.93, 0.85), (x + 1.2, 2.0, 2.6), stone)
        box((x, 1.91, 0.95), (x + 1.1, 1.98, 2.5), paint((0.12, 0.15, 0.18), 0.08))
        box((x + 0.53, 1.9, 0.95), (x + 0.57, 1.95, 2.5), paint(WHITE))
        box((x, 1.9, 1.75), (x + 1.1, 1.95, 1.79), paint(WHITE))
    box((0.5, 1.92, 0), (1.75, 2.0, 2.5), stone)
    box((0.6, 1.9, 0.02), (1.65, 1.96, 2.4), paint((0.1, 0.24, 0.22), 0.3), bevel=0.02)
    daylight(height, bearing, 0.16)


def park() -> None:
    """A path through grass, a hedge and trees."""
    grass = papered(rough_ground("grass", (0.25, 0.36, 0.14), 1.0, 0.3), 1.0)
    box((-30, -20, -0.2), (30, 30, -0.01), grass, 0.8)
    box(
        (-1.4, -14, -0.1),
        (1.6, 7, 0.0),
        papered(rough_ground("gravel", (0.6, 0.54, 0.45), 0.9, 0.15)),
        0.9,
    )
    leaf = papered(rough_ground("leaf", (0.16, 0.27, 0.1), 1.4, 0.45), 1.0)
    leaf_light = papered(rough_ground("leaf2", (0.25, 0.36, 0.13), 1.4, 0.45), 1.0)
    for k in range(16):
        ball((-9 + 1.2 * k, 7.5 + 0.4 * (k % 3), 0.6), (0.95, 0.8, 0.9 + 0.1 * (k % 2)), leaf, 0.12)
    bark = paint((0.26, 0.2, 0.15), 0.95)
    for k, (x, y) in enumerate([(-3.4, 5.2), (2.9, 4.2), (5.6, 8.5), (-6.5, 9.5), (0.4, 11.0)]):
        tube((x, y, 0), 3.0, 0.2, bark, 0.13)
        for j in range(4):
            shift = 0.9 * np.array([math.cos(j * 1.7 + k), math.sin(j * 1.7 + k)])
            ball(
                (x + shift[0], y + shift[1], 3.3 + 0.4 * j),
                (1.3, 1.2, 1.0),
                (leaf, leaf_light)[j % 2],
                0.16,
            )
    seat = paint((0.42, 0.28, 0.16), 0.6)
    for k in range(3):
        box((-3.2, 2.2 + 0.14 * k, 0.45), (-1.7, 2.31 + 0.14 * k, 0.48), seat)
        box((-3.2, 2.66, 0.55 + 0.13 * k), (-1.7, 2.69, 0.65 + 0.13 * k), seat)
    for x in (-3.05, -1.9):
        box((x, 2.2, 0), (x + 0.06, 2.7, 0.45), paint(DARK))
        box((x, 2.66, 0.4), (x + 0.06, 2.72, 0.95), paint(DARK))
    daylight(42, 125, 0.16)


def concrete() -> None:
    """A plain wall in open shade."""
    box(
        (-12, -12, -0.1),
        (12, 1.2, 0),
        papered(rough_ground("yard", (0.5, 0.49, 0.47), 1.1, 0.07)),
        1.4,
    )
    wall = solid(rng_for("render"), (0.66, 0.63, 0.6)) * rough_ground("plaster", (1, 1, 1), 6, 0.03)
    box((-12, 1.1, 0), (12, 1.5, 6), papered(wall, 0.95, 0.2), 2.5)
    world((0.86, 0.92, 1), 0.9)
    area((-3, -4, 5), (0, 0, 1), 3, 260, (1, 0.97, 0.92))


def desk() -> None:
    """A table from above: a mug, books, a laptop; nothing to wear."""
    _shell((0.78, 0.74, 0.66), planks("oak", (0.55, 0.4, 0.26)))
    box(
        (-0.8, -0.5, 0.7),
        (0.8, 0.5, 0.74),
        papered(planks("table", (0.6, 0.44, 0.3)), 0.4),
        0.9,
        0.01,
    )
    tube((0.45, -0.15, 0.74), 0.1, 0.042, paint((0.85, 0.5, 0.3), 0.25))
    tube((0.45, -0.15, 0.838), 0.003, 0.037, paint((0.16, 0.09, 0.05), 0.2))
    for k, tone in enumerate([(0.2, 0.35, 0.45), (0.75, 0.65, 0.4), (0.55, 0.2, 0.2)]):
        box(
            (-0.68 + 0.02 * k, 0.02, 0.74 + 0.03 * k),
            (-0.36, 0.27 - 0.02 * k, 0.768 + 0.03 * k),
            paint(tone),
        )
    box((-0.22, -0.2, 0.74), (0.18, 0.1, 0.755), paint((0.7, 0.7, 0.72), 0.3), bevel=0.005)
    box((-0.19, -0.07, 0.755), (0.15, 0.08, 0.757), paint((0.1, 0.1, 0.11), 0.5))
    box((-0.22, 0.1, 0.75), (0.18, 0.112, 1.0), paint((0.14, 0.15, 0.17), 0.2), bevel=0.003)
    box((-0.2, 0.097, 0.77), (0.16, 0.101, 0.98), paint((0.45, 0.6, 0.75), 0.3, glow=0.8))
    tube((0.6, 0.2, 0.74), 0.13, 0.06, paint((0.82, 0.8, 0.76)), 0.075)
    ball((0.6, 0.2, 0.97), (0.12, 0.12, 0.13), paint((0.2, 0.36, 0.16), 0.6), 0.25)
    area((2.0, -1.4, 2.3), (0, 0, 0.7), 1.3, 85, (0.97, 0.98, 1))
    world((0.95, 0.93, 0.9), 0.4)


PLACES: dict[str, Callable[[], None]] = {
    "living": living,
    "evening": lambda: living("lamps"),
    "hallway": hallway,
    "kitchen": kitchen,
    "brick": street,
    "plaster": lambda: street("plaster", 28, 215),
    "park": park,
    "concrete": concrete,
    "desk": desk,
}
EXPOSURE: dict[str, float] = {"evening": 0.9, "living": 0.4, "kitchen": 0.5}
