"""Things that stand in places: seats, tables, plants, books, crockery, a mirror, a bicycle, a car.

Each is built where it stands in its own frame; ``props.placed`` carries it elsewhere.
"""

from __future__ import annotations

import math

import bpy
import numpy as np
from fabrics import Array, floral, rng_for
from mathutils import Matrix
from props import (
    Colour,
    ball,
    box,
    canvas,
    leaves,
    paint,
    papered,
    planks,
    ring,
    rod,
    rough_ground,
    sheet,
    tinted,
    tube,
)

WHITE, WOOD, DARK = (0.85, 0.84, 0.81), (0.5, 0.35, 0.22), (0.16, 0.13, 0.11)
STEEL, BRASS, CLAY = (0.6, 0.61, 0.63), (0.72, 0.58, 0.33), (0.68, 0.4, 0.28)


def picture(x: float, y: float, z: float, wide: float, name: str) -> None:
    """A framed painting on a wall that faces -y."""
    tall = wide * 1.25
    box((x - 0.03, y - 0.03, z - 0.03), (x + wide + 0.03, y, z + tall + 0.03), paint(DARK), 1)
    sheet((x, y - 0.032, z), (x + wide, y - 0.032, z + tall), papered(canvas(name)))


def plant(tall: float, tone: Colour = (0.16, 0.3, 0.13), pot: Colour = (0.72, 0.66, 0.58)) -> None:
    """A fig in a pot."""
    tube((0, 0, 0), 0.3, 0.13, paint(pot), 0.17)
    tube((0, 0, 0.29), 0.005, 0.16, paint((0.12, 0.09, 0.07)))
    tube((0, 0, 0.25), tall - 0.4, 0.014, paint((0.25, 0.2, 0.12)))
    rng = rng_for(f"plant{tall}{tone}")
    points, faces, colours = [], [], []
    for k in range(34):
        turn, lean = rng.uniform(0, 6.28), rng.uniform(0.15, 0.9)
        root = np.array([0, 0, rng.uniform(0.45, tall)])
        out = np.array([math.cos(turn), math.sin(turn), lean])
        out /= np.linalg.norm(out)
        side = np.cross(out, [0, 0, 1.0])
        side /= np.linalg.norm(side)
        long = rng.uniform(0.2, 0.34)
        for t, w in ((0.15, 0.01), (0.4, 0.06), (0.7, 0.075), (0.92, 0.035), (1.05, 0.0)):
            droop = root + long * t * out - np.array([0, 0, 0.35 * long * t * t])
            points += [droop - w * side, droop + w * side]
            colours += [np.array(tone) * rng.uniform(0.8, 1.25)] * 2
        faces += [[10 * k + 2 * j + c for c in (0, 1, 3, 2)] for j in range(4)]
    tinted(np.array(points), np.array(faces), np.clip(np.array(colours), 0, 1), 0.4)


def sofa(colour: Colour, wide: float = 1.7, seat: float = 0.46) -> None:
    """A sofa that faces -y, its front edge at y = 0, its middle at x = 0; ``seat`` metres high."""
    cloth = papered(np.array(colour) * rough_ground("sofa", (1, 1, 1), 1.0, 0.07), 0.95, 0.1)
    a, low = -wide / 2, seat - 0.14
    for x in (a + 0.02, -a - 0.08):
        for y in (0.06, 0.74):
            box((x, y, 0), (x + 0.05, y + 0.05, 0.1), paint(DARK))
    box((a, 0.02, 0.09), (-a, 0.8, low + 0.02), cloth, 0.5, 0.04)
    box((a, 0.62, low), (-a, 0.86, seat + 0.38), cloth, 0.5, 0.07)
    for x in (a - 0.14, -a - 0.04):
        box((x, 0.0, 0.09), (x + 0.18, 0.86, seat + 0.14), cloth, 0.5, 0.06)
    half = (wide - 0.1) / 2
    for k in (0, 1):
        left = a + 0.05 + half * k
        box((left, 0, low), (left + half - 0.01, 0.66, seat), cloth, 0.5, 0.045)
        box((left, 0.5, seat - 0.02), (left + half - 0.01, 0.68, seat + 0.38), cloth, 0.5, 0.07)
    flower = papered(floral(rng_for("cushion"), (0.85, 0.8, 0.7), [(0.7, 0.35, 0.25)]))
    box((a + 0.06, 0.36, seat), (a + 0.48, 0.5, seat + 0.38), flower, 0.6, 0.06)


def shelf(x: float, y: float, name: str = "books") -> None:
    """A bookcase against a wall that faces -y."""
    wood = paint(WOOD, 0.5)
    rng = rng_for(name)
    tones = [paint(tuple(float(c) for c in rng.uniform(0.15, 0.6) + rng.uniform(-0.1, 0.12, 3)))
             for _ in range(9)]  # fmt: skip
    for z in (0.0, 0.4, 0.8, 1.2, 1.6):
        box((x, y - 0.28, z), (x + 0.9, y, z + 0.03), wood)
        at = x + 0.05
        while z < 1.6 and at < x + 0.8:
            wide, tall = rng.uniform(0.02, 0.05), rng.uniform(0.2, 0.32)
            if rng.random() < 0.85:
                box(
                    (at, y - 0.24, z + 0.03),
                    (at + wide, y - 0.05, z + tall),
                    tones[rng.integers(9)],
                )
            at += wide + 0.003
    for side in (x, x + 0.87):
        box((side, y - 0.28, 0), (side + 0.03, y, 1.63), wood)
    box((x, y - 0.02, 0), (x + 0.9, y, 1.63), wood)


def chair(seat: float, tone: Colour = WOOD, back: bool = True) -> None:
    """A wooden chair that faces -y; its seat's top at ``seat`` metres, its front at y = -0.2."""
    wood = paint(tone, 0.45)
    box((-0.21, -0.22, seat - 0.035), (0.21, 0.2, seat), wood, 1, 0.012)
    for x in (-0.2, 0.165):
        box((x, -0.2, 0), (x + 0.035, -0.165, seat - 0.03), wood, 1, 0.006)
        box((x, 0.17, 0), (x + 0.035, 0.205, seat + (0.48 if back else -0.03)), wood, 1, 0.006)
    for z in (0.22, 0.42) if back else ():
        box((-0.2, 0.175, seat + z), (0.2, 0.195, seat + z + 0.08), wood, 1, 0.006)


def bench(seat: float) -> None:
    """A park bench that faces -y, its seat's top at ``seat`` metres."""
    slat, iron = paint((0.42, 0.28, 0.16), 0.6), paint(DARK, 0.5)
    for k in range(4):
        box((-0.85, -0.26 + 0.12 * k, seat - 0.03), (0.85, -0.16 + 0.12 * k, seat), slat, 1, 0.008)
    for k in range(3):
        box((-0.85, 0.24, seat + 0.14 + 0.13 * k), (0.85, 0.265, seat + 0.24 + 0.13 * k), slat, 1, 0.008)  # fmt: skip
    for x in (-0.7, 0.64):
        box((x, -0.22, 0), (x + 0.05, -0.17, seat - 0.03), iron)
        box((x, 0.265, 0), (x + 0.05, 0.31, seat + 0.52), iron)
        box((x, -0.24, seat - 0.06), (x + 0.05, 0.3, seat - 0.03), iron)


def table(wide: float, deep: float, top: float = 0.74, tone: Colour = (0.6, 0.44, 0.3)) -> None:
    """A table around the origin."""
    board = papered(planks(f"table{tone}", tone), 0.4)
    box((-wide / 2, -deep / 2, top - 0.035), (wide / 2, deep / 2, top), board, 0.9, 0.008)
    for x in (-wide / 2 + 0.04, wide / 2 - 0.1):
        for y in (-deep / 2 + 0.04, deep / 2 - 0.1):
            box((x, y, 0), (x + 0.06, y + 0.06, top - 0.035), paint(tone, 0.5), 1, 0.006)


def round_table(radius: float, top: float = 0.74) -> None:
    """A cafe table on one foot."""
    tube((0, 0, top - 0.025), 0.025, radius, paint((0.82, 0.8, 0.77), 0.25))
    tube((0, 0, 0.02), top - 0.04, 0.03, paint(DARK, 0.4))
    tube((0, 0, 0), 0.02, 0.22, paint(DARK, 0.4))


def mug(tone: Colour, full: bool = True) -> None:
    """A mug with its handle, 9 cm tall."""
    glaze = paint(tone, 0.2)
    tube((0, 0, 0), 0.09, 0.036, glaze, 0.041)
    if full:
        tube((0, 0, 0.087), 0.004, 0.035, paint((0.2, 0.11, 0.06), 0.15))
    ring((0.05, 0, 0.046), 0.024, 0.006, glaze)


def plate() -> None:
    """A lunch: salad leaves, tomatoes, half an egg and bread on a plate."""
    china = paint((0.9, 0.89, 0.86), 0.15)
    tube((0, 0, 0), 0.012, 0.09, china, 0.135)
    tube((0, 0, 0.01), 0.004, 0.1, paint((0.84, 0.83, 0.8), 0.15))
    for k, (x, y) in enumerate([(-0.05, 0.03), (-0.02, 0.06), (-0.07, -0.01), (0.0, 0.02)]):
        leaves((x, y, 0.03), (0.04, 0.035, 0.018), (0.3, 0.5 - 0.05 * k, 0.16), 50, 0.045)
    for x, y in ((0.03, 0.06), (0.06, 0.045), (0.045, 0.02)):
        ball((x, y, 0.03), (0.017, 0.017, 0.016), paint((0.75, 0.16, 0.1), 0.15))
    for x, y in ((-0.005, -0.055), (0.035, -0.06)):
        ball((x, y, 0.015), (0.022, 0.028, 0.016), paint((0.93, 0.91, 0.87), 0.3))
        ball((x, y, 0.024), (0.011, 0.012, 0.009), paint((0.92, 0.63, 0.14), 0.3))
    crust = paint((0.62, 0.42, 0.2), 0.8)
    ball((0.085, -0.02, 0.03), (0.022, 0.05, 0.02), crust)
    for x in (-0.17, 0.165):
        box((x, -0.1, 0), (x + 0.014, 0.09, 0.003), paint(STEEL, 0.15), 1, 0.001)


def glass(tall: float = 0.12, drink: Colour = (0.75, 0.5, 0.15)) -> None:
    """A tumbler, drink up to the rim."""
    tube((0, 0, 0), tall, 0.03, paint(drink, 0.08), 0.034)


def lamp(tall: float, power: float, tone: Colour = (1.0, 0.78, 0.5)) -> None:
    """A standing lamp that glows; the light it gives is set by the place."""
    tube((0, 0, 0), 0.02, 0.14, paint(BRASS, 0.3))
    tube((0, 0, 0), tall, 0.012, paint(BRASS, 0.3))
    tube((0, 0, tall - 0.12), 0.26, 0.19, paint(tone, 0.8, glow=power), 0.13)


def books(count: int, name: str) -> None:
    """A stack of books lying flat."""
    rng = rng_for(name)
    for k in range(count):
        wide, deep = rng.uniform(0.13, 0.16), rng.uniform(0.09, 0.11)
        tone = tuple(float(c) for c in rng.uniform(0.15, 0.7, 3))
        box((-wide, -deep, 0.03 * k), (wide, deep, 0.03 * k + 0.026), paint(tone, 0.6), 1, 0.003)


def laptop() -> None:
    """An open laptop that faces -y."""
    box((-0.16, -0.12, 0), (0.16, 0.1, 0.014), paint((0.7, 0.7, 0.72), 0.3), 1, 0.004)
    box((-0.14, -0.02, 0.014), (0.14, 0.08, 0.016), paint((0.1, 0.1, 0.11), 0.5))
    box((-0.16, 0.1, 0.01), (0.16, 0.11, 0.22), paint((0.14, 0.15, 0.17), 0.2), 1, 0.003)
    box((-0.148, 0.097, 0.022), (0.148, 0.101, 0.21), paint((0.5, 0.62, 0.75), 0.3, glow=0.7))


def screen() -> None:
    """A monitor on its foot, seen from behind it faces +y."""
    dark = paint((0.07, 0.07, 0.08), 0.3)
    box((-0.13, -0.1, 0), (0.13, 0.08, 0.012), dark, 1, 0.004)
    box((-0.025, -0.02, 0), (0.025, 0.01, 0.2), dark)
    box((-0.3, -0.025, 0.13), (0.3, 0.01, 0.49), dark, 1, 0.006)
    box((-0.285, 0.0095, 0.145), (0.285, 0.0115, 0.475), paint((0.55, 0.66, 0.75), 0.3, glow=0.9))


def phone(place: Array, eye: Array, up: Array) -> None:
    """A phone around ``place`` whose back, with its cameras, looks at ``eye``."""
    before = set(bpy.context.scene.collection.objects)
    box((-0.036, -0.004, -0.075), (0.036, 0.004, 0.075), paint((0.12, 0.13, 0.16), 0.25), 1, 0.003)
    box((0.004, -0.0065, 0.03), (0.032, -0.003, 0.07), paint((0.05, 0.05, 0.06), 0.2), 1, 0.002)
    for z in (0.041, 0.059):
        ball((0.018, -0.0065, z), (0.008, 0.0025, 0.008), paint((0.02, 0.02, 0.03), 0.05))
    back = (eye - place) / np.linalg.norm(eye - place)  # -y of the phone
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    axes = np.column_stack([right, -back, np.cross(back, right)])
    move = Matrix.Translation(place) @ Matrix(axes.tolist()).to_4x4()
    for thing in set(bpy.context.scene.collection.objects) - before:
        thing.matrix_basis = move @ thing.matrix_basis


def mirror_frame(y: float, low: float, high: float, wide: float, wall: Colour) -> None:
    """The wall around a mirror, as its glass would show the room: a hole, framed, at ``y``."""
    plain, wood = paint(wall, 0.9), paint((0.36, 0.25, 0.16), 0.4)
    far, edge = 3.0, 0.045
    for a, b in (
        ((-far, y, -0.1), (-wide / 2, y + 0.02, 3)),
        ((wide / 2, y, -0.1), (far, y + 0.02, 3)),
        ((-wide / 2, y, high), (wide / 2, y + 0.02, 3)),
        ((-wide / 2, y, -0.1), (wide / 2, y + 0.02, low)),
    ):
        box(a, b, plain, 1)
    for a, b in (
        ((-wide / 2 - edge, y - 0.03, low - edge), (-wide / 2, y + 0.02, high + edge)),
        ((wide / 2, y - 0.03, low - edge), (wide / 2 + edge, y + 0.02, high + edge)),
        ((-wide / 2, y - 0.03, high), (wide / 2, y + 0.02, high + edge)),
        ((-wide / 2, y - 0.03, low - edge), (wide / 2, y + 0.02, low)),
    ):
        box(a, b, wood, 1, 0.008)


def bicycle(tone: Colour) -> None:
    """A bicycle along x, leaning a little."""
    frame, black = paint(tone, 0.3), paint(DARK, 0.6)
    for x in (-0.5, 0.5):
        ring((x, 0, 0.34), 0.32, 0.018, black)
        rod((x, -0.05, 0.34), (x, 0.05, 0.34), 0.03, paint(STEEL, 0.3))
    for (ax, az), (bx, bz) in (
        ((-0.5, 0.34), (0.0, 0.34)), ((0.0, 0.34), (-0.2, 0.85)), ((-0.5, 0.34), (-0.17, 0.75)),
        ((0.0, 0.34), (0.36, 0.8)), ((-0.18, 0.78), (0.36, 0.84)), ((0.5, 0.34), (0.33, 1.0)),
    ):  # fmt: skip
        rod((ax, 0, az), (bx, 0, bz), 0.016, frame)
    box((-0.34, -0.06, 0.85), (-0.08, 0.06, 0.9), black, 1, 0.02)
    box((0.28, -0.25, 0.99), (0.31, 0.25, 1.02), black, 1, 0.01)


def car(tone: Colour) -> None:
    """A parked car along y, its middle at the origin."""
    shine, black = paint(tone, 0.15), paint((0.05, 0.05, 0.06), 0.1)
    outline = [(-2.1, 0.3), (-2.15, 0.7), (-1.9, 0.85), (-1.0, 0.95), (-0.45, 1.42), (0.9, 1.45),
               (1.6, 0.98), (2.05, 0.92), (2.12, 0.6), (2.05, 0.3)]  # fmt: skip
    n = len(outline)
    points = [(x, y, z) for x in (-0.85, 0.85) for y, z in outline]
    points = [(x * (0.78 if z > 1.2 else 1), y, z) for x, y, z in points]
    faces = [tuple(range(n)), tuple(range(2 * n - 1, n - 1, -1))]
    faces += [(k, k + n, (k + 1) % n + n, (k + 1) % n) for k in range(n)]
    mesh = bpy.data.meshes.new("car")
    mesh.from_pydata(points, [], faces)
    mesh.materials.append(shine)
    thing = bpy.data.objects.new("car", mesh)
    bpy.context.scene.collection.objects.link(thing)
    edge = thing.modifiers.new("bevel", "BEVEL")
    edge.width, edge.segments = 0.08, 3
    for s in (-1, 1):
        for pane in ([(-0.9, 0.98), (-0.42, 1.36), (0.2, 1.38), (0.2, 0.98)],
                     [(0.26, 0.98), (0.26, 1.38), (0.88, 1.39), (1.4, 1.0)]):  # fmt: skip
            glass = bpy.data.meshes.new("pane")
            glass.from_pydata(
                [(s * (0.86 - 0.42 * (z - 0.98)), y, z) for y, z in pane], [], [(0, 1, 2, 3)]
            )
            glass.materials.append(black)
            bpy.context.scene.collection.objects.link(bpy.data.objects.new("pane", glass))
        for y in (-1.35, 1.3):
            for radius, out, tone in ((0.33, 0.11, (0.04, 0.04, 0.04)), (0.2, 0.12, STEEL)):
                rod(
                    ((0.76 - out) * s, y, 0.33),
                    ((0.76 + out) * s, y, 0.33),
                    radius,
                    paint(tone, 0.5),
                )
    for a, b in (((-0.75, 0.72), (-0.45, 0.82)), ((0.45, 0.72), (0.75, 0.82))):
        box((a[0], -2.16, a[1]), (b[0], -2.08, b[1]), paint((0.9, 0.9, 0.85), 0.1))
    back = bpy.data.meshes.new("windscreen")
    back.from_pydata(
        [(-0.72, -0.98, 0.99), (0.72, -0.98, 0.99), (0.6, -0.5, 1.39), (-0.6, -0.5, 1.39)],
        [],
        [(0, 1, 2, 3)],
    )
    back.materials.append(black)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("windscreen", back))


def lantern(tall: float = 4.0) -> None:
    """A street lamp."""
    iron = paint((0.1, 0.14, 0.13), 0.4)
    tube((0, 0, 0), 0.5, 0.09, iron, 0.06)
    tube((0, 0, 0.5), tall - 0.5, 0.045, iron, 0.03)
    tube((0, 0, tall), 0.3, 0.08, paint((0.9, 0.88, 0.8), 0.3), 0.13)
    tube((0, 0, tall + 0.3), 0.1, 0.16, iron, 0.03)
