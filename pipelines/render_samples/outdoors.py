"""Places under the sky: streets, a park, a yard, a lakeside, a balcony after sunset.

Metres, z up; people stand at the origin and face -y.
"""

from __future__ import annotations

import math

import bpy
import furniture as f
import numpy as np
from fabrics import rng_for, solid
from furniture import CLAY, DARK, STEEL, WHITE, WOOD
from props import (
    Colour,
    area,
    ball,
    box,
    bricks,
    daylight,
    dusk,
    grass,
    hills,
    leaves,
    paint,
    papered,
    placed,
    planks,
    rough_ground,
    tinted,
    tube,
    world,
)

GREEN, LIGHT_GREEN = (0.2, 0.32, 0.11), (0.33, 0.42, 0.14)
RUST, YELLOW, OCHRE = (0.52, 0.25, 0.09), (0.68, 0.5, 0.13), (0.58, 0.37, 0.12)


def slabs(name: str, tone: Colour = (0.55, 0.53, 0.5)) -> np.ndarray:
    """Paving stones with dark joints."""
    tile = rough_ground(name, tone, 1.2, 0.06)
    tile[:6] *= 0.6
    tile[:, :6] *= 0.6
    return tile


def tree(tall: float, tones: tuple[Colour, ...], count: int = 2600, spread: float = 1.5) -> None:
    """A trunk, a few boughs and a crown of loose leaves."""
    bark = paint((0.26, 0.2, 0.15), 0.95)
    tube((0, 0, 0), 0.62 * tall, 0.17, bark, 0.09)
    rng = rng_for(f"tree{tall}{spread}")
    for k in range(6):
        turn = 1.05 * k + float(rng.uniform(-0.3, 0.3))
        out = spread * 0.5 * np.array([math.cos(turn), math.sin(turn)])
        place = (float(out[0]), float(out[1]), 0.62 * tall + 0.09 * tall * (k % 3))
        size = spread * float(rng.uniform(0.55, 0.75))
        leaves(place, (size, size, 0.75 * size), tones[k % len(tones)], count // 3, 0.13)
    leaves(
        (0, 0, 0.85 * tall), (0.7 * spread, 0.7 * spread, 0.5 * spread), tones[0], count // 2, 0.13
    )


def fallen(
    low: tuple[float, float], high: tuple[float, float], tones: tuple[Colour, ...], count: int
) -> None:
    """Leaves on the ground."""
    rng = rng_for(f"fallen{low}{high}")
    at = rng.uniform(low, high, (count, 2))
    turn, long = rng.uniform(0, 6.3, count), rng.uniform(0.03, 0.065, count)
    along = np.stack([np.cos(turn), np.sin(turn)], 1) * long[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1) * 0.6
    z = 0.008 + 0.012 * rng.random((count, 4))
    flat = np.stack([at - along, at + across, at + along, at - across], 1)
    points = np.concatenate([flat, z[..., None]], -1).reshape(-1, 3)
    shade = np.array(tones)[rng.integers(0, len(tones), count)] * rng.uniform(0.7, 1.2, (count, 1))
    tinted(points, np.arange(4 * count).reshape(-1, 4), np.repeat(np.clip(shade, 0, 1), 4, axis=0))


def facade(long: float, name: str, wall: object, floors: int = 3, shop: bool = False) -> None:
    """A house front along x from 0 to ``long`` that faces -y."""
    stone = paint((0.66, 0.63, 0.57), 0.9)
    tall = 3.2 * floors + 0.6
    box((0, 0, 0), (long, 0.6, tall), wall, 1.1)
    box((0, -0.06, 0), (long, 0, 0.5), stone)
    box((-0.05, -0.14, tall - 0.25), (long + 0.05, 0.1, tall), stone, 1, 0.02)
    pane, trim = paint((0.12, 0.15, 0.18), 0.08), paint(WHITE)
    rng = rng_for(name)
    door = paint(tuple(float(c) for c in rng.uniform(0.05, 0.35, 3)), 0.35)
    columns = max(int(long / 2.0), 1)
    pitch = long / columns
    for floor in range(floors):
        for k in range(columns):
            x, z = pitch * (k + 0.5) - 0.5, 3.2 * floor + 0.95
            if floor == 0 and k == columns // 2:
                box((x - 0.12, -0.05, 0), (x + 1.12, 0, 2.55), stone)
                box((x, -0.07, 0.02), (x + 1.0, -0.02, 2.4), door, 1, 0.02)
                box((x + 0.15, -0.08, 1.3), (x + 0.85, -0.06, 2.2), pane)
                ball((x + 0.88, -0.1, 1.05), (0.025, 0.025, 0.025), paint(STEEL, 0.2))
                continue
            wide = pitch * 0.4 if shop and floor == 0 else 0.5
            low, high = (z - 0.35, z + 1.75) if shop and floor == 0 else (z, z + 1.55)
            middle = x + 0.5
            box(
                (middle - wide - 0.1, -0.05, low - 0.1), (middle + wide + 0.1, 0, high + 0.1), stone
            )
            box((middle - wide, -0.07, low), (middle + wide, -0.03, high), pane)
            for a, b in (((middle - 0.02, low), (middle + 0.02, high)),
                         ((middle - wide, high - 0.5), (middle + wide, high - 0.46))):  # fmt: skip
                box((a[0], -0.09, a[1]), (b[0], -0.05, b[1]), trim)
            if floor and rng.random() < 0.35:
                box(
                    (middle - 0.5, -0.25, low - 0.12),
                    (middle + 0.5, -0.06, low + 0.04),
                    paint(CLAY),
                )
                leaves((middle, -0.15, low + 0.1), (0.5, 0.12, 0.12), GREEN, 70, 0.09)
    if shop:
        cloth = paint(tuple(float(c) for c in rng.uniform((0.4, 0.12, 0.1), (0.6, 0.35, 0.3))), 0.9)
        points = [
            (0.3, -0.05, 2.95),
            (long - 0.3, -0.05, 2.95),
            (long - 0.3, -1.0, 2.45),
            (0.3, -1.0, 2.45),
        ]
        mesh = bpy.data.meshes.new("awning")
        mesh.from_pydata(points, [], [(0, 1, 2, 3)])
        mesh.materials.append(cloth)
        bpy.context.scene.collection.objects.link(bpy.data.objects.new("awning", mesh))


def front(kind: str = "brick", height: float = 35, bearing: float = 140) -> None:
    """A pavement before house fronts, under the sky."""
    asphalt = rough_ground("asphalt", (0.36, 0.36, 0.37), 0.7, 0.12)
    box((-20, -14, -0.2), (20, -0.9, -0.06), papered(asphalt), 1.5)
    box((-20, -0.95, -0.2), (20, -0.75, 0.003), paint((0.6, 0.59, 0.57), 0.9), 1, 0.02)
    box((-20, -0.8, -0.1), (20, 2.4, 0), papered(slabs("slab")), 0.9)
    brick = papered(bricks("brick", (0.5, 0.27, 0.2)), 0.9, 0.4)
    plain = paint((0.8, 0.7, 0.52), 0.95)
    pale = paint((0.74, 0.74, 0.72), 0.95)
    walls = {"brick": (brick, plain, brick), "plaster": (plain, pale, plain)}[kind]
    for k, (x, long) in enumerate(((-12.4, 8.0), (-4.2, 6.2), (2.2, 9.0))):
        with placed((x, 2.3, 0)):
            facade(long, f"{kind}{k}", walls[(k + 1) % 3], shop=k == 2)
    with placed((-2.4, 2.0, 0), 4):
        f.bicycle((0.12, 0.3, 0.3) if kind == "brick" else (0.6, 0.16, 0.12))
    for x in (2.6, 4.9):
        with placed((x, 1.9, 0)):
            tube((0, 0, 0), 0.42, 0.2, paint(CLAY, 0.9), 0.25)
            leaves((0, 0, 0.72), (0.34, 0.34, 0.36), GREEN, 700, 0.07)
    with placed((-5.6, -0.4, 0)):
        f.lantern()
    daylight(height, bearing, 0.16)


def avenue(season: str = "autumn", height: float = 24, bearing: float = 150) -> None:
    """Along a street: house fronts on the left, trees and parked cars at the kerb, a far end."""
    tones = {"autumn": (YELLOW, RUST, OCHRE), "summer": (GREEN, LIGHT_GREEN, GREEN)}[season]
    box(
        (1.7, -14, -0.2),
        (7.4, 70, -0.1),
        papered(rough_ground("asphalt", (0.33, 0.33, 0.34), 0.7, 0.12)),
        1.5,
    )
    box((1.55, -14, -0.2), (1.75, 70, 0.003), paint((0.6, 0.59, 0.57), 0.9), 1, 0.02)
    box((-3.0, -14, -0.1), (1.6, 70, 0), papered(slabs("slab")), 0.9)
    box((7.4, -14, -0.2), (10.5, 70, 0), papered(slabs("slab")), 0.9)
    brick = papered(bricks("avenue", (0.52, 0.3, 0.22)), 0.9, 0.4)
    tan, grey, rose = (
        paint((0.78, 0.69, 0.52), 0.95),
        paint((0.7, 0.7, 0.69), 0.95),
        paint((0.72, 0.56, 0.48), 0.95),
    )
    for k, wall in enumerate((tan, brick, grey, rose, brick, tan)):
        with placed((-2.6, 10.5 * k - 5.5, 0), 90):
            facade(10.3, f"left{k}", wall, 3 + k % 2, shop=k in (1, 3))
        if k % 2 == 0:
            with placed((10.5, 21 * (k // 2) + 14, 0), -90):
                facade(20.5, f"right{k}", (rose, tan, brick)[k // 2], 4)
    with placed((-14, 62, 0)):
        facade(40, "end", brick, 4)
    for k in range(6):
        with placed((1.1, 4.2 + 7.5 * k, 0), 70.0 * k):
            tree(4.6 + 0.3 * (k % 2), tones, 3600 if k < 2 else 1800, 1.5)
    for k, tone in enumerate(
        [(0.5, 0.1, 0.1), (0.6, 0.62, 0.64), (0.1, 0.18, 0.32), (0.75, 0.74, 0.7)]
    ):
        with placed((2.75, 5.0 + 5.4 * k, -0.1), 180):
            f.car(tone)
    for y in (1.2, 15, 28):
        with placed((1.25, y + 0.6, 0)):
            f.lantern()
    with placed((-2.2, 3.1, 0), 88):
        f.bicycle((0.14, 0.28, 0.34))
    if season == "autumn":
        fallen((-2.6, -3.5), (1.6, 16), tones, 1500)
    daylight(height, bearing, 0.16)


def park(season: str = "summer", height: float = 42, bearing: float = 125) -> None:
    """A path through grass, a hedge and trees, a bench."""
    autumn = season == "autumn"
    lawn = (0.27, 0.36, 0.14) if not autumn else (0.33, 0.36, 0.16)
    box((-40, -20, -0.2), (40, 60, -0.01), papered(rough_ground("grass", lawn, 1.0, 0.3), 1.0), 0.8)
    gravel = papered(rough_ground("gravel", (0.6, 0.54, 0.45), 0.9, 0.15))
    box((-1.4, -14, -0.1), (1.6, 12, 0.0), gravel, 0.9)
    for low, high in (((-4.0, -1.5), (-1.4, 5.0)), ((1.6, -1.5), (4.0, 5.0))):
        grass(low, high, lawn, 9000)
    tones = (YELLOW, RUST, OCHRE) if autumn else (GREEN, LIGHT_GREEN, GREEN)
    leaves((-9, 9.5, 0.6), (7.4, 0.5, 0.75), (0.17, 0.27, 0.1), 5000, 0.12, solid=True)
    leaves((9.2, 9.5, 0.6), (7.4, 0.5, 0.75), (0.17, 0.27, 0.1), 5000, 0.12, solid=True)
    spots = [
        (-3.6, 5.6),
        (3.4, 4.6),
        (6.2, 9.0),
        (-6.8, 10.5),
        (1.4, 15.0),
        (-2.6, 18.0),
        (9.5, 16.0),
        (-11, 15),
    ]
    for k, (x, y) in enumerate(spots):
        with placed((x, y, 0), 50.0 * k):
            tree(
                5.0 + 0.4 * (k % 3),
                (tones[k % 3], tones[(k + 1) % 3]),
                4200 if k < 2 else 2000,
                2.0,
            )
    hills("wood", 160, 9, 50, (0.28, 0.34, 0.24))
    with placed((-2.5, 3.0, 0), 35):
        f.bench(0.45)
    with placed((2.2, 1.8, 0)):
        tube((0, 0, 0), 0.75, 0.2, paint((0.16, 0.24, 0.18), 0.5), 0.24)
    if autumn:
        fallen((-4, -3), (4, 9), tones, 2200)
    daylight(height, bearing, 0.16)


def yard() -> None:
    """A plain wall in open shade, with pots, a crate and a drainpipe."""
    ground = papered(rough_ground("yard", (0.5, 0.49, 0.47), 1.1, 0.07))
    box((-12, -12, -0.1), (12, 1.4, 0), ground, 1.4)
    wall = solid(rng_for("render"), (0.66, 0.63, 0.6)) * rough_ground("plaster", (1, 1, 1), 6, 0.03)
    box((-12, 1.3, 0), (12, 1.7, 6), papered(wall, 0.95, 0.2), 2.5)
    box((-12, 1.24, 0), (12, 1.3, 0.35), paint((0.5, 0.48, 0.46), 0.95))
    tube((1.65, 1.2, 0), 6, 0.05, paint(STEEL, 0.4))
    for z in (0.5, 2.2):
        box((1.57, 1.15, z), (1.73, 1.3, z + 0.05), paint(DARK, 0.5))
    with placed((-1.6, 0.95, 0)):
        f.plant(1.3, (0.2, 0.36, 0.16), CLAY)
    with placed((-2.15, 0.7, 0)):
        tube((0, 0, 0), 0.28, 0.13, paint(CLAY, 0.9), 0.17)
        leaves((0, 0, 0.45), (0.24, 0.24, 0.22), (0.3, 0.42, 0.24), 500, 0.06)
    for k in range(3):
        box((2.05, 0.75, 0.12 * k), (2.6, 1.15, 0.12 * k + 0.09), paint(WOOD, 0.8), 1, 0.005)
    box((-0.4, 1.24, 1.75), (0.1, 1.3, 2.3), paint((0.1, 0.2, 0.36), 0.3), 1, 0.01)
    world((0.86, 0.92, 1), 0.9)
    area((-3, -4, 5), (0, 0, 1), 3, 260, (1, 0.97, 0.92))


def lakeside(height: float = 38, bearing: float = 200) -> None:
    """A meadow with a path at a lake: reeds, a jetty, hills on the far shore."""
    lawn = (0.3, 0.39, 0.16)
    box(
        (-30, -15, -0.2), (30, 5.0, -0.01), papered(rough_ground("grass", lawn, 1.0, 0.3), 1.0), 0.8
    )
    grass((-3.5, -1.5), (3.5, 4.6), lawn, 26000)
    sand = papered(rough_ground("sand", (0.7, 0.62, 0.48), 0.8, 0.1), 1.0)
    box((-30, 4.6, -0.3), (30, 6.2, -0.04), sand, 0.9)
    from blender import Graph, linear

    graph = Graph("water")
    graph.set(Roughness=0.06, Specular_IOR_Level=0.6)
    deep = tuple(float(c) for c in linear((0.16, 0.3, 0.36)))
    graph.surface.inputs["Base Color"].default_value = (*deep, 1)
    graph.bump(graph.noise(None, (0.7, 2.2, 1.0), 5), 0.35, 0.05)
    box((-200, 5.6, -0.4), (200, 160, -0.12), graph.material)
    for k, (tall, y, tone) in enumerate(
        ((16, 150, (0.42, 0.52, 0.58)), (9, 120, (0.32, 0.42, 0.4)), (4.5, 95, (0.22, 0.31, 0.2)))
    ):
        hills(f"shore{k}", 460, tall, y, tone)
    for k in range(7):
        x = -4.6 + 0.25 * k
        leaves((x, 5.6 + 0.1 * (k % 3), 0.4), (0.2, 0.15, 0.6), (0.4, 0.46, 0.2), 90, 0.22)
    deck = papered(planks("jetty", (0.5, 0.43, 0.35)), 0.8)
    box((2.2, 4.2, 0.1), (3.5, 13.0, 0.16), deck, 0.8, 0.01)
    for y in (5.6, 8.0, 10.4, 12.8):
        for x in (2.15, 3.5):
            tube((x, y, -0.4), 0.9, 0.06, paint((0.34, 0.28, 0.22), 0.9))
    with placed((-3.4, 3.8, 0), 30):
        tree(5.2, (GREEN, LIGHT_GREEN), 4200, 1.9)
    with placed((6.5, 4.0, 0)):
        tree(4.6, (LIGHT_GREEN, GREEN), 2600, 1.7)
    for x, y, r in ((-1.7, 4.7, 0.22), (0.9, 4.9, 0.15), (1.3, 4.75, 0.26)):
        ball((x, y, 0.0), (r * 1.3, r, 0.7 * r), paint((0.5, 0.49, 0.47), 0.95))
    daylight(height, bearing, 0.15)


def balcony() -> None:
    """A balcony after sunset: a railing, pots, a string of lamps, the lit town behind."""
    box((-3, -4, -0.1), (3, 1.2, 0), papered(planks("deck", (0.55, 0.45, 0.36)), 0.7), 1.0)
    iron = paint((0.08, 0.08, 0.09), 0.4)
    for z in (0.12, 1.02):
        box((-3, 1.08, z), (3, 1.12, z + 0.04), iron)
    for k in range(50):
        tube((-3 + 0.12 * k, 1.1, 0.12), 0.9, 0.008, iron)
    brick = papered(bricks("balcony", (0.45, 0.28, 0.22)), 0.9, 0.4)
    box((-2.3, -4, 0), (-2.0, 1.2, 3.2), brick, 0.9)
    for x, tall in ((-1.6, 0.9), (1.7, 1.2), (2.3, 0.8)):
        with placed((x, 0.8, 0)):
            f.plant(tall, (0.2, 0.32, 0.16), CLAY)
    rng = rng_for("town")
    lit, dark = paint((1.0, 0.74, 0.4), 0.5, glow=2.4), paint((0.1, 0.12, 0.16), 0.3)
    for k in range(22):
        x, y = -34 + 3.2 * k + float(rng.uniform(-1, 1)), float(rng.uniform(24, 60))
        wide, tall = float(rng.uniform(3, 6)), float(rng.uniform(-1, 6))
        tone = float(rng.uniform(0.22, 0.4))
        box((x, y, -14), (x + wide, y + 4, tall), paint((tone, tone, 1.1 * tone), 0.9))
        for row in range(4):
            for column in range(int(wide / 0.9)):
                z, left = tall - 1.4 - 1.5 * row, x + 0.3 + 0.9 * column
                pane = lit if rng.random() < 0.4 else dark
                box((left, y - 0.02, z), (left + 0.45, y, z + 0.75), pane)
    for k in range(15):
        t = k / 14
        x, z = -2.2 + 4.6 * t, 2.55 - 0.9 * t * (1 - t)
        ball((x, 0.95, z), (0.03, 0.03, 0.04), paint((1, 0.76, 0.42), 0.4, glow=28))
    area((-1.7, -0.6, 2.3), (0.1, 0, 1.1), 0.35, 20, (1, 0.66, 0.36))
    area((0.3, 0.8, 2.3), (0, -0.2, 1.0), 1.4, 9, (1, 0.7, 0.42))
    area((1.0, -3.0, 1.8), (0, 0, 1.1), 0.8, 7, (0.75, 0.82, 1.0))
    dusk((0.8, 0.5, 0.4), (0.2, 0.27, 0.46), 0.8)
