"""Rooms: a home, a cafe, an office, a staircase. People stand at the origin and face -y.

Metres, z up. Rooms are open towards the camera (-y), where their soft light comes in.
"""

from __future__ import annotations

import furniture as f
import numpy as np
from fabrics import Array, rng_for
from furniture import BRASS, CLAY, DARK, STEEL, WHITE, WOOD
from props import (
    Colour,
    area,
    ball,
    box,
    bricks,
    garden,
    leaves,
    paint,
    papered,
    placed,
    planks,
    rod,
    rough_ground,
    sheet,
    tinted,
    tube,
    world,
)

OAK, BEECH = (0.55, 0.4, 0.26), (0.62, 0.47, 0.32)


def shell(wall: Colour, floor: Array, back: float, left: float, right: float) -> None:
    """Floor, three walls, ceiling, skirting."""
    box((left, -6, -0.1), (right, back, 0), papered(floor, 0.4), 1.3)
    side, trim = paint(wall, 0.9), paint(WHITE, 0.5)
    box((left, back, 0), (right, back + 0.1, 2.7), side)
    box((left - 0.1, -3.5, 0), (left, back, 2.7), side)
    box((right, -3.5, 0), (right + 0.1, back, 2.7), side)
    box((left, -3.5, 2.7), (right, back, 2.8), paint(WHITE, 0.9))
    box((left, back - 0.02, 0), (right, back, 0.1), trim, 1, 0.005)
    box((left, -3.5, 0), (left + 0.02, back, 0.1), trim, 1, 0.005)
    box((right - 0.02, -3.5, 0), (right, back, 0.1), trim, 1, 0.005)


def window(wide: float, tall: float, glow: float) -> None:
    """A window that faces -y, its sill at the origin: the bright outside, frame, sill board."""
    sheet(
        (-wide / 2, -0.005, 0), (wide / 2, -0.005, tall), papered(garden(f"{wide}"), 0.5, glow=glow)
    )
    trim = paint(WHITE, 0.4)
    for x in (-wide / 2, -0.03, wide / 2 - 0.06):
        box((x, -0.05, 0), (x + 0.06, 0, tall), trim, 1, 0.006)
    for z in (0, tall - 0.06):
        box((-wide / 2, -0.05, z), (wide / 2, 0, z + 0.06), trim, 1, 0.006)
    box((-wide / 2 - 0.05, -0.16, -0.03), (wide / 2 + 0.05, 0, 0), trim, 1, 0.006)


def curtain(x: float, wide: float, top: float, tone: Colour) -> None:
    """Cloth in folds that hangs before a wall facing -y."""
    u = np.linspace(0, 1, 60)
    fold = -0.1 + 0.035 * np.sin(u * wide * 55) + 0.015 * np.sin(u * wide * 23)
    edge = np.stack([x + u * wide, fold], 1)
    points = np.concatenate([np.column_stack([edge, 0 * u + z]) for z in (0.03, top)])
    k = np.arange(59)
    faces = np.stack([k, k + 1, k + 61, k + 60], 1)
    tinted(points, faces, np.tile(np.array(tone), (120, 1)), 0.95)


def living(light: str = "day", couch: bool = True) -> None:
    """A living room with a sofa, pictures, a plant, books, a window at the left."""
    shell((0.78, 0.74, 0.66), planks("oak", OAK), 1.9, -2.3, 2.4)
    if couch:
        with placed((-1.05, 0.95, 0)):
            f.sofa((0.35, 0.42, 0.45))
    f.picture(-1.5, 1.9, 1.3, 0.5, "hills")
    f.picture(-0.75, 1.9, 1.4, 0.32, "dunes")
    with placed((2.0, 1.0, 0)):
        f.plant(1.4)
    f.shelf(0.75, 1.9)
    with placed((0.3, 1.55, 0)):
        f.lamp(1.55, 6.0 if light == "lamps" else 0.3)
    rug = papered(rough_ground("rug", (0.62, 0.55, 0.47), 1.5, 0.16))
    box((-1.5, -1.3, 0), (1.3, 0.7, 0.012), rug, 0.7)
    with placed((-1.35, -0.05, 0), 8):
        f.table(0.8, 0.45, 0.4, (0.42, 0.3, 0.2))
        with placed((-0.1, -0.03, 0.4), 20):
            f.books(3, "coffee")
        with placed((0.2, 0, 0.4)):
            f.mug((0.55, 0.62, 0.6))
    with placed((-2.3, -0.7, 0.95), 90):
        window(1.5, 1.35, 2.6 if light == "day" else 0.02)
    with placed((-2.3, -0.7, 0), 90):
        curtain(-1.15, 0.45, 2.4, (0.75, 0.68, 0.56))
        curtain(0.75, 0.45, 2.4, (0.75, 0.68, 0.56))
    if light == "day":
        area((-2.1, -0.9, 1.7), (0.3, 0.2, 0.9), 1.4, 60, (0.95, 0.97, 1))
        area((2.6, -3.0, 2.0), (0, 0, 1.0), 1.8, 70, (1.0, 0.95, 0.88))
        world((0.95, 0.95, 1), 0.4)
    else:
        area((0.3, 1.3, 1.75), (0, 0, 0.9), 0.4, 32, (1, 0.7, 0.42))
        area((-1.2, -1.8, 2.5), (0, 0, 1), 0.8, 50, (1, 0.78, 0.55))
        world((1, 0.8, 0.6), 0.14)


def hallway() -> None:
    """A hall: a door, a rail with hooks, a bench, tiles, a lamp."""
    tiles = np.ones((512, 512, 3)) * (0.66, 0.64, 0.6)
    tiles[:256, :256] = tiles[256:, 256:] = (0.4, 0.42, 0.44)
    shell((0.72, 0.77, 0.75), tiles, 1.5, -1.6, 1.7)
    door = paint(WHITE, 0.4)
    box((0.45, 1.46, 0), (1.4, 1.5, 2.1), paint((0.7, 0.69, 0.66), 0.5), 1, 0.01)
    box((0.52, 1.44, 0), (1.33, 1.48, 2.04), door, 1, 0.01)
    for z in (0.25, 1.15):
        box((0.65, 1.425, z), (1.2, 1.45, z + 0.7), door, 1, 0.02)
    ball((0.6, 1.4, 1.02), (0.03, 0.03, 0.03), paint(BRASS, 0.2))
    box((-1.3, 1.44, 1.6), (-0.2, 1.49, 1.72), paint(WOOD, 0.5), 1, 0.01)
    for k in range(4):
        tube((-1.15 + 0.27 * k, 1.41, 1.62), 0.05, 0.012, paint(BRASS, 0.25))
    tube((-0.35, 1.4, 0.85), 0.78, 0.02, paint((0.25, 0.12, 0.14), 0.7), 0.035)  # an umbrella
    box((-1.3, 1.1, 0.4), (-0.4, 1.48, 0.45), paint(WOOD, 0.5), 1, 0.01)
    for x in (-1.28, -0.46):
        box((x, 1.12, 0), (x + 0.05, 1.46, 0.41), paint(WOOD, 0.5))
    box((-1.15, 1.15, 0.1), (-0.6, 1.4, 0.3), paint((0.68, 0.57, 0.42), 0.9), 1, 0.03)
    f.picture(-0.05, 1.5, 1.5, 0.28, "harbour")
    with placed((1.35, 0.7, 0)):
        f.plant(1.1, (0.2, 0.34, 0.2), CLAY)
    box(
        (-0.6, 0.2, 0),
        (0.6, 1.1, 0.01),
        papered(rough_ground("mat", (0.5, 0.3, 0.24), 1.3, 0.14)),
        0.6,
    )
    area((0.2, -0.6, 2.6), (0, 0, 0.8), 0.8, 55, (1, 0.86, 0.7))
    area((-1.4, -2.6, 1.8), (0, 0, 1), 1.2, 32, (1, 0.93, 0.84))
    world((1.0, 0.95, 0.9), 0.22)


def kitchen() -> None:
    """Cabinets, a counter with things on it, light from a window."""
    shell((0.86, 0.82, 0.72), planks("beech", BEECH), 1.6, -2.4, 2.3)
    front = paint((0.3, 0.4, 0.42), 0.45)
    for k in range(6):
        x = -2.3 + 0.75 * k
        box((x, 1.0, 0.1), (x + 0.73, 1.6, 0.86), front, 1, 0.012)
        box((x + 0.3, 0.975, 0.76), (x + 0.43, 1.0, 0.775), paint(BRASS, 0.2))
    box((-2.4, 0.96, 0.86), (2.3, 1.6, 0.9), paint((0.8, 0.77, 0.72), 0.3), 1, 0.01)
    tile = np.ones((256, 256, 3)) * (0.87, 0.88, 0.86)
    tile[:6] = tile[:, :6] = (0.7, 0.7, 0.68)
    sheet((-2.4, 1.595, 0.9), (0.45, 1.595, 1.45), papered(np.tile(tile, (4, 20, 1)), 0.15))
    box((-2.4, 1.32, 1.5), (-0.2, 1.6, 1.53), paint(WOOD, 0.5))
    tones = [(0.75, 0.3, 0.2), (0.85, 0.8, 0.7), (0.3, 0.45, 0.4), (0.9, 0.75, 0.4)]
    for k in range(6):
        tube((-2.2 + 0.35 * k, 1.45, 1.53), 0.14 + 0.03 * (k % 2), 0.055, paint(tones[k % 4], 0.3))
    with placed((1.15, 1.6, 1.15)):
        window(1.2, 1.1, 3.2)
    tube((-0.3, 1.3, 0.9), 0.2, 0.08, paint((0.75, 0.76, 0.78), 0.15), 0.06)
    tube((-1.1, 1.25, 0.9), 0.11, 0.1, paint((0.83, 0.8, 0.74), 0.4), 0.15)
    for k, tone in enumerate(
        [(0.8, 0.5, 0.1), (0.75, 0.2, 0.12), (0.5, 0.6, 0.15), (0.8, 0.45, 0.1)]
    ):
        ball(
            (-1.15 + 0.07 * (k % 2), 1.2 + 0.07 * (k // 2), 1.03),
            (0.045, 0.045, 0.045),
            paint(tone, 0.3),
        )
    box((-1.85, 1.1, 0.9), (-1.5, 1.35, 0.92), paint((0.66, 0.48, 0.3), 0.6), 1, 0.008)
    with placed((0.75, 1.4, 0.9)):
        leaves((0, 0, 0.2), (0.1, 0.1, 0.12), (0.25, 0.42, 0.15), 160, 0.05)
        tube((0, 0, 0), 0.11, 0.05, paint(CLAY, 0.8), 0.065)
    area((1.1, 1.3, 1.7), (0.2, -0.4, 0.9), 1.0, 32, (0.93, 0.97, 1))
    area((-1.6, -2.4, 2.5), (0, 0, 1), 1.2, 75, (1, 0.92, 0.82))
    world((0.95, 0.94, 1), 0.36)


def bedroom() -> None:
    """A bed with pillows and a throw, a night table with a lamp, a cupboard, a window."""
    shell((0.74, 0.7, 0.72), planks("beech", BEECH), 2.3, -2.3, 2.2)
    linen = papered(rough_ground("linen", (0.86, 0.84, 0.8), 2.0, 0.02), 0.95, 0.2)
    box((-2.1, 0.5, 0.12), (-0.45, 2.25, 0.32), paint(WOOD, 0.5), 1, 0.02)
    box((-2.1, 0.45, 0.3), (-0.45, 2.25, 0.52), linen, 0.8, 0.07)
    box(
        (-2.15, 0.42, 0.44),
        (-0.4, 1.5, 0.58),
        papered(rough_ground("duvet", (0.55, 0.62, 0.62), 3, 0.03), 0.95, 0.4),
        0.9,
        0.06,
    )
    box((-2.15, 2.22, 0.1), (-0.4, 2.29, 1.05), paint(WOOD, 0.5), 1, 0.02)
    for x in (-1.7, -0.85):
        ball((x, 2.0, 0.63), (0.34, 0.2, 0.13), linen)
    box((-0.3, 1.85, 0), (0.1, 2.25, 0.48), paint(WHITE, 0.4), 1, 0.01)
    with placed((-0.1, 2.05, 0.48)):
        tube((0, 0, 0), 0.16, 0.05, paint(CLAY, 0.4), 0.03)
        tube((0, 0, 0.17), 0.18, 0.13, paint((1.0, 0.82, 0.6), 0.8, glow=2.5), 0.09)
    box((1.0, 1.7, 0.02), (2.15, 2.28, 2.2), paint((0.83, 0.8, 0.74), 0.45), 1, 0.01)
    box((1.57, 1.695, 0.05), (1.58, 1.7, 2.18), paint(DARK))
    for x in (1.5, 1.64):
        box((x, 1.67, 1.0), (x + 0.02, 1.7, 1.2), paint(BRASS, 0.25))
    f.picture(0.35, 2.3, 1.35, 0.36, "lake")
    with placed((-2.3, -0.3, 0.9), 90):
        window(1.4, 1.4, 2.6)
    box(
        (-1.4, -1.3, 0),
        (1.2, 0.4, 0.012),
        papered(rough_ground("wool", (0.68, 0.6, 0.56), 2, 0.1)),
        0.8,
    )
    area((-2.0, -0.4, 1.7), (0.3, 0, 1.0), 1.3, 62, (0.96, 0.97, 1))
    area((1.2, -1.9, 2.5), (0, 0, 1), 0.9, 36, (1, 0.85, 0.68))
    world((1.0, 0.95, 0.92), 0.3)


def cafe() -> None:
    """A cafe: brick wall, a counter with shelves, pendant lamps, small tables."""
    shell((0.62, 0.6, 0.54), planks("walnut", (0.4, 0.28, 0.19)), 3.4, -3.0, 2.8)
    box((-3.0, 3.3, 0), (2.8, 3.4, 2.7), papered(bricks("cafe", (0.55, 0.36, 0.28)), 0.9, 0.4), 1.0)
    box(
        (-2.6, 2.3, 0),
        (0.9, 2.85, 1.08),
        papered(planks("bar", (0.34, 0.24, 0.17)), 0.4),
        0.8,
        0.01,
    )
    box((-2.7, 2.25, 1.08), (1.0, 2.9, 1.12), paint((0.72, 0.7, 0.66), 0.2), 1, 0.01)
    box((-2.2, 2.45, 1.12), (-1.5, 2.8, 1.5), paint(STEEL, 0.2), 1, 0.03)  # the coffee machine
    for k in range(5):
        with placed((-1.2 + 0.12 * k, 2.6 + 0.05 * (k % 2), 1.12)):
            f.mug((0.9, 0.89, 0.86), full=False)
    for z in (1.55, 1.95):
        box((-2.4, 3.05, z), (0.6, 3.3, z + 0.03), paint(WOOD, 0.5))
        rng = rng_for(f"bottles{z}")
        for k in range(15):
            tone = tuple(float(c) for c in rng.uniform(0.1, 0.65, 3) * (0.8, 0.7, 0.5))
            x = -2.3 + 0.19 * k + float(rng.uniform(-0.03, 0.03))
            tall = float(rng.uniform(0.12, 0.2))
            tube((x, 3.18, z + 0.03), tall, 0.035, paint(tone, 0.15), 0.033)
            tube((x, 3.18, z + 0.03 + tall), 0.08, 0.025, paint(tone, 0.15), 0.012)
    box((1.3, 3.27, 1.2), (2.3, 3.31, 2.0), paint(WOOD, 0.5), 1, 0.01)
    sheet((1.35, 3.265, 1.25), (2.25, 3.265, 1.95), paint((0.1, 0.13, 0.12), 0.9))
    rng = rng_for("chalk")
    for k in range(7):
        wide = float(rng.uniform(0.25, 0.7))
        z = 1.85 - 0.085 * k
        box((1.45, 3.255, z), (1.45 + wide, 3.263, z + 0.018), paint((0.8, 0.8, 0.78), 0.9))
    for x, y in ((-1.6, 2.2), (-0.5, 2.2), (0.9, 0.9), (-1.7, 0.6)):
        tube((x, y, 2.05), 0.65, 0.006, paint(DARK))
        tube((x, y, 1.9), 0.17, 0.15, paint((0.12, 0.2, 0.18), 0.3), 0.04)
        ball((x, y, 1.9), (0.06, 0.06, 0.06), paint((1, 0.8, 0.5), 0.5, glow=14))
    for x, y, turn in ((1.7, 1.6, 30.0), (-1.9, 1.2, -40.0)):
        with placed((x, y, 0), turn):
            f.round_table(0.33)
            with placed((0, 0.6, 0)):
                f.chair(0.45, (0.3, 0.2, 0.14))
            with placed((0.05, 0.05, 0.74)):
                leaves((0, 0, 0.15), (0.05, 0.05, 0.07), (0.4, 0.5, 0.3), 60, 0.04)
                tube((0, 0, 0), 0.1, 0.025, paint((0.8, 0.85, 0.85), 0.1))
    with placed((-3.0, -0.6, 0.6), 90):
        window(2.4, 1.8, 2.2)
    area((-2.7, -0.9, 1.6), (0.2, 0, 0.9), 1.8, 95, (0.96, 0.97, 1))
    area((0.8, 0.9, 1.85), (0.2, 0, 0.6), 0.3, 16, (1, 0.75, 0.45))
    area((1.8, -2.4, 2.5), (0, 0, 1), 1.0, 36, (1, 0.85, 0.68))
    world((1.0, 0.92, 0.85), 0.2)


def office() -> None:
    """Desks with monitors, a shelf, a board with notes, windows along the back."""
    carpet = rough_ground("carpet", (0.34, 0.37, 0.4), 1.0, 0.1)
    shell((0.82, 0.83, 0.82), carpet, 3.6, -3.0, 3.0)
    for x in (-1.9, 0.0, 1.9):
        with placed((x, 3.6, 0.95)):
            window(1.6, 1.4, 2.4)
            for k in range(5):
                box(
                    (-0.8, -0.06, 1.36 - 0.05 * k), (0.8, -0.02, 1.37 - 0.05 * k), paint(WHITE, 0.6)
                )
    for x, y, turn in ((-1.9, 2.2, 0.0), (1.6, 2.4, 180.0), (-2.1, 0.7, 90.0)):
        with placed((x, y, 0), turn):
            f.table(1.4, 0.7, 0.73, (0.74, 0.66, 0.54))
            with placed((0.1, 0.1, 0.73)):
                f.screen()
            with placed((-0.45, -0.1, 0.73)):
                f.books(3, f"desk{x}")
            with placed((0.5, -0.05, 0.73)):
                f.mug((0.8, 0.4 + 0.1 * x, 0.3))
            with placed((0, 0.65, 0), 180):
                f.chair(0.46, (0.2, 0.22, 0.25))
    f.shelf(2.05, 3.3, "files")
    with placed((2.5, 1.0, 0)):
        f.plant(1.7)
    with placed((-3.0, 2.0, 0), 90):
        box((-0.7, -0.03, 1.0), (0.7, 0, 1.9), paint((0.93, 0.93, 0.92), 0.3), 1, 0.01)
        rng = rng_for("notes")
        for _ in range(12):
            x, z = float(rng.uniform(-0.6, 0.5)), float(rng.uniform(1.1, 1.7))
            tone = [(0.95, 0.85, 0.4), (0.95, 0.6, 0.6), (0.6, 0.8, 0.9)][rng.integers(3)]
            sheet((x, -0.034, z), (x + 0.09, -0.034, z + 0.09), paint(tone, 0.9))
    area((-1.0, -1.5, 2.6), (0, 0, 0.9), 1.6, 70, (1, 0.98, 0.95))
    area((1.5, 1.5, 2.65), (1, 1.5, 0), 1.2, 45, (1, 0.98, 0.95))
    world((0.97, 0.98, 1), 0.42)


def stairs() -> None:
    """A staircase hall: steps up behind, a banister, a tall window, tiles."""
    tiles = rough_ground("terrazzo", (0.66, 0.63, 0.58), 0.8, 0.1)
    shell((0.8, 0.77, 0.68), tiles, 4.2, -2.0, 2.2)
    box((-2.0, -3.5, 0), (-1.99, 4.2, 1.15), paint((0.36, 0.44, 0.42), 0.4))
    stone, rail = paint((0.62, 0.6, 0.56), 0.5), paint((0.36, 0.22, 0.13), 0.35)
    for k in range(14):
        y, z = 0.9 + 0.27 * k, 0.17 * k
        box((-0.1, y, 0), (1.5, y + 0.29, z + 0.17), stone, 1, 0.008)
        for j in (0, 1):
            tube((-0.05, y + 0.06 + 0.135 * j, z + 0.17), 0.85 + 0.08 * j, 0.012, paint(DARK, 0.4))
    tube((-0.05, 0.86, 0), 1.15, 0.045, rail)
    ball((-0.05, 0.86, 1.2), (0.06, 0.06, 0.06), rail)
    rod((-0.05, 0.86, 1.1), (-0.05, 4.6, 1.1 + 0.17 / 0.27 * 3.74), 0.03, rail)
    with placed((-1.05, 4.2, 0.9)):
        window(1.2, 1.6, 3.4)
    box((-1.8, 3.8, 0), (-0.5, 4.1, 0.6), paint(WHITE, 0.5), 1, 0.02)
    with placed((-1.6, 3.0, 0)):
        f.plant(1.2)
    box((-1.95, 1.2, 1.25), (-1.9, 2.0, 1.65), paint((0.55, 0.56, 0.55), 0.3), 1, 0.01)
    for k in range(4):
        box(
            (-1.9, 1.23 + 0.19 * k, 1.28),
            (-1.885, 1.4 + 0.19 * k, 1.62),
            paint(BRASS, 0.35),
            1,
            0.004,
        )
    area((-1.0, 3.7, 1.9), (0, 0, 0.8), 1.2, 70, (0.95, 0.97, 1))
    area((1.2, -2.2, 2.5), (0, 0, 1), 1.2, 42, (1, 0.93, 0.84))
    world((0.97, 0.96, 0.95), 0.28)


def window_room() -> None:
    """A room whose big window is behind whoever stands there: the camera looks into the light."""
    shell((0.7, 0.68, 0.64), planks("oak", OAK), 1.3, -2.1, 2.2)
    with placed((0.15, 1.3, 0.35)):
        window(2.3, 1.95, 3.6)
    for x in (-1.55, 1.25):
        with placed((0, 1.28, 0)):
            curtain(x, 0.5, 2.5, (0.82, 0.78, 0.7))
    box((-1.6, 1.12, 2.48), (1.9, 1.16, 2.52), paint(BRASS, 0.3))
    with placed((-1.6, 0.75, 0)):
        f.plant(1.3, (0.2, 0.34, 0.16), CLAY)
    with placed((1.6, 0.6, 0), -60):
        f.chair(0.45)
    box(
        (-1.6, -1.2, 0),
        (1.6, 0.8, 0.012),
        papered(rough_ground("rug2", (0.5, 0.34, 0.3), 1.5, 0.14)),
        0.7,
    )
    area((0.15, 1.05, 1.4), (0, -1, 0.8), 1.8, 70, (0.97, 0.98, 1))
    world((0.95, 0.95, 1), 0.3)
