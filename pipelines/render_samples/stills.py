"""Pictures with nobody in them: a desk, a lunch, an open book, treetops."""

from __future__ import annotations

import furniture as f
import numpy as np
from fabrics import rng_for
from furniture import CLAY, DARK
from outdoors import GREEN, LIGHT_GREEN, OCHRE, YELLOW, tree
from props import (
    area,
    box,
    daylight,
    lattice,
    leaves,
    paint,
    papered,
    placed,
    planks,
    rod,
    rough_ground,
    tube,
    world,
)
from rooms import OAK, cafe, shell


def desk() -> None:
    """A table by the window: laptop, books, a mug, a plant; nothing to wear."""
    shell((0.78, 0.74, 0.66), planks("oak", OAK), 1.2, -2.0, 2.0)
    f.table(1.6, 1.0, 0.74, (0.6, 0.44, 0.3))
    with placed((-0.05, 0.02, 0.74), -6):
        f.laptop()
    with placed((0.42, -0.12, 0.74), 30):
        f.mug((0.85, 0.5, 0.3))
    with placed((-0.52, 0.1, 0.74), 80):
        f.books(4, "reading")
    with placed((0.6, 0.22, 0.74)):
        tube((0, 0, 0), 0.13, 0.06, paint(CLAY, 0.7), 0.08)
        leaves((0, 0, 0.22), (0.13, 0.13, 0.12), (0.2, 0.38, 0.16), 260, 0.07)
    box((-0.3, -0.36, 0.74), (-0.06, -0.2, 0.746), paint((0.9, 0.88, 0.82), 0.9), 1, 0.002)
    rod((-0.12, -0.33, 0.75), (-0.02, -0.25, 0.75), 0.004, paint(DARK))
    area((1.4, 0.6, 2.0), (0, 0, 0.7), 1.0, 55, (0.97, 0.98, 1))
    world((0.95, 0.93, 0.9), 0.4)


def lunch() -> None:
    """A lunch on a cafe table, seen from the chair."""
    cafe()
    with placed((0, 0, 0)):
        f.table(1.2, 0.8, 0.74, (0.46, 0.33, 0.22))
    with placed((0.0, 0.0, 0.74), 15):
        f.plate()
    with placed((0.27, 0.16, 0.74)):
        f.glass()
    with placed((-0.28, 0.14, 0.74), 200):
        f.mug((0.9, 0.88, 0.84))
    box((-0.36, -0.14, 0.74), (-0.22, 0.08, 0.744), paint((0.75, 0.3, 0.26), 0.95), 1, 0.002)
    with placed((0.1, 0.27, 0.74)):
        tube((0, 0, 0), 0.09, 0.022, paint((0.85, 0.85, 0.82), 0.2))
        leaves((0, 0, 0.15), (0.06, 0.06, 0.07), (0.75, 0.5, 0.55), 90, 0.035)


def reading() -> None:
    """An open book on a blanket, seen from above."""
    cloth = rough_ground("blanket", (0.42, 0.3, 0.3), 1.0, 0.15)
    box((-1.2, -1.2, 0.4), (1.2, 1.2, 0.5), papered(cloth, 0.95, 0.3), 0.5, 0.03)
    box((-0.24, -0.16, 0.5), (0.24, 0.16, 0.508), paint((0.2, 0.3, 0.36), 0.6), 1, 0.003)
    page = np.ones((600, 420, 3)) * (0.93, 0.91, 0.85)
    rng = rng_for("page")
    for row in range(22):
        at, y = 50, 60 + 23 * row
        while at < (370 if row % 8 else 250):
            word = int(rng.integers(12, 46))
            page[y : y + 8, at : min(at + word, 372)] = (0.25, 0.24, 0.23)
            at += word + 8
    paper = papered(page, 0.9)
    u = np.linspace(0, 1, 30)
    rise = 0.512 + 0.03 * np.sin(np.pi * u**0.6) * (1 - 0.5 * u)
    for x, z in ((0.22 * u, rise), (-0.22 * u[::-1], rise[::-1])):
        lattice(np.stack([np.stack([x, 0 * x + y, z], 1) for y in (-0.15, 0.15)]), paper)
    with placed((0.42, 0.2, 0.5)):
        f.mug((0.35, 0.45, 0.5))
    area((-1.2, 0.4, 1.7), (0, 0, 0.5), 0.5, 16, (1, 0.78, 0.52))
    world((1, 0.85, 0.7), 0.35)


def treetops() -> None:
    """Crowns against the sky, seen from below."""
    for k, (x, y) in enumerate([(-2.4, 2.0), (1.8, 3.2), (-0.4, 5.5), (3.8, 1.0)]):
        with placed((x, y, 0), 60.0 * k):
            tree(6.0, ((GREEN, YELLOW, LIGHT_GREEN)[k % 3], OCHRE), 5200, 2.0)
    daylight(40, 170, 0.16)
