"""Clothes as offset surfaces of the body: cut, draped, folded, layered and trimmed.

A garment is one or more *pieces*. All pieces of one person are made together, innermost first:
every layer is pushed outside the layers under it, and what lies well under another layer is cut
away, so that nothing can poke through when the body bends.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from body import Array, Figure, Index
from scipy.spatial import cKDTree
from surface import Surface, boundary, clip, noise, normals, smooth, surface

#: How deep under another layer cloth or skin must lie before it is left out, decimetres.
COVERED = 0.3


@dataclass(frozen=True)
class Cut:
    """One piece cut from the body's surface. Heights as landmarks (see ``Surface.level``)."""

    kind: str  # top | bottom | skirt | strap
    low: float  # hem
    high: float = 4.0  # waist; for tops the neckline at its middle
    sleeve: float = 0.3
    ease: float = 0.1  # distance from the body, decimetres
    flare: float = 0.1  # further at the hem
    drape: float = 0.7  # 0 follows the body .. 1 hangs across its hollows
    folds: float = 0.05  # depth of the folds, decimetres
    vee: float = 0.0  # depth of a V-neck
    scoop: float = 0.0  # lowers the front neckline
    gap: float = 0.0  # half width of an open front
    collar: float = 0.0  # height of a turned-down collar
    rib: float = 0.0  # width of the darker edge at neck, cuffs and hem
    thickness: float = 0.035


@dataclass(frozen=True)
class Cloth:
    """A finished piece at rest."""

    points: Array  # (N, 3) decimetres
    weights: Array  # (N, B)
    triangles: Index
    uv: Array  # (T, 3, 2) decimetres along the cloth
    sheet: Array  # (N, 2) decimetres right of and below the middle of the top edge
    facing: Array  # (N,) 1 front .. -1 back, 0 where no detail is printed
    shade: Array  # (N,) 1 plain .. lower at ribs


@dataclass
class Layers:
    """The clothes on one figure so far, and where their outside is."""

    figure: Figure
    body: Surface
    skirt: Surface
    outside: Array  # (N, 3), on the body's surface


def dress(
    figure: Figure, cuts: Sequence[Cut], seeds: Sequence[int]
) -> tuple[list[Cloth], list[Cloth], Array]:
    """Make all pieces a figure wears, innermost first.

    Returns the pieces with what lies under others cut away, the pieces whole, and per base vertex
    whether cloth covers it deeply.
    """
    body, skirt = _surfaces(figure)
    layers = Layers(figure, body, skirt, body.points.copy())
    shaped: list[tuple[Cut, Surface, Array, Array]] = []
    for cut, seed in zip(cuts, seeds, strict=True):
        ground = layers.skirt if cut.kind == "skirt" else body
        region = _region(cut, ground)
        placed = _shape(cut, ground, layers, seed)
        if cut.kind != "skirt":
            further = ((placed - layers.outside) * body.normals).sum(1) > 0
            grown = further & (region < 0.25)
            layers.outside[grown] = placed[grown]
        shaped.append((cut, ground, region, placed))
    cloths: list[Cloth] = []
    whole: list[Cloth] = []
    hidden = np.zeros(len(body.points), dtype=bool)
    for k, (cut, ground, region, placed) in enumerate(shaped):
        visible = region
        if ground is body and cut.kind != "strap":
            for over, other, above, _ in shaped[k + 1 :]:
                if other is body and over.kind != "strap":
                    visible = np.maximum(visible, -(above + COVERED))
                elif over.kind == "skirt":  # tucked in: what hangs inside is never seen
                    tuck = body.level(over.high) - COVERED
                    visible = np.maximum(visible, tuck - body.points[:, 1])
            hidden |= region < -COVERED
        whole.append(_finish(cut, ground, region, region, placed))
        trimmed = visible is not region
        cloths.append(_finish(cut, ground, visible, region, placed) if trimmed else whole[-1])
    near = cKDTree(body.points).query(figure.points)[1]
    return cloths, whole, hidden[near]


@functools.lru_cache(maxsize=4)
def _surfaces(figure: Figure) -> tuple[Surface, Surface]:
    return surface(figure, "helper-tights"), surface(figure, "helper-skirt")


def _region(cut: Cut, ground: Surface) -> Array:
    """Signed distance to the piece's outline, below zero on the piece, (N,) decimetres."""
    x, y, z = ground.points.T
    low, high = ground.level(cut.low), ground.level(cut.high)
    if cut.kind == "skirt":
        return np.maximum(y - high, low - y)
    if cut.kind == "bottom":
        return np.where(ground.arm > 0.3, 9.0, np.maximum(y - high, low - y))
    if cut.kind == "strap":
        hip, shoulder = np.array([1.55, ground.level(2.08)]), np.array([-0.98, ground.level(3.9)])
        axis = (shoulder - hip) / np.linalg.norm(shoulder - hip)
        off = (x - hip[0]) * axis[1] - (y - hip[1]) * axis[0]
        run = (x - hip[0]) * axis[0] + (y - hip[1]) * axis[1]
        band = np.maximum(abs(off) - 0.2, -run)
        return np.where(ground.arm > 0.45, 9.0, band)
    neck = _above_neckline(cut, ground, ground.points)
    length = np.linalg.norm(ground.figure.head("wrist.L") - ground.figure.head("upperarm01.L"))
    cuff = np.where(ground.arm > 0.3, (ground.sleeve - cut.sleeve) * length, -9.0)
    area = np.maximum(np.maximum(low - y, neck), cuff)
    if cut.gap:
        widening = 1 + 0.9 * np.clip((y - ground.level(2.5)) / 2.5, 0, 1)
        area = np.maximum(area, np.where(z > 0, cut.gap * widening - abs(x), -9.0))
    return area


def _above_neckline(cut: Cut, ground: Surface, points: Array) -> Array:
    """Height over the neckline, a plane that falls towards the front, (N,)."""
    x, y, z = points.T
    neck: Array = y - (ground.level(cut.high) - 0.02 - 0.38 * z)
    vee = cut.vee * np.clip(1 - abs(x) / 0.75, 0, 1)
    return neck + np.clip(z * 3, 0, 1) * (cut.scoop + vee)


def _shape(cut: Cut, ground: Surface, layers: Layers, seed: int) -> Array:
    """Where each point of the surface lies on this piece, (N, 3)."""
    points, out = ground.points, ground.normals
    x, y, z = points.T
    torso = np.clip(1 - 2 * ground.arm, 0, 1)[:, None]
    draped = points + (ground.hanging - points) * cut.drape * torso
    sunk = np.minimum(((draped - points) * out).sum(1), 0)
    draped = draped - out * sunk[:, None]
    out = normals(smooth(draped, ground.triangles, 3), ground.triangles)
    low, high = ground.level(cut.low), ground.level(min(cut.high, 3.0))
    fall = np.clip((high - y) / max(high - low, 0.5), 0, 1)
    ease = cut.ease + cut.flare * fall * torso[:, 0]
    if cut.kind == "skirt":
        round_ = np.arctan2(x, z)
        pleats = np.sin(9 * round_ + 2.5 * noise(points * 0.4, seed))
        ease += fall * (0.5 * cut.flare + 2.2 * cut.folds * pleats)
    elif cut.kind == "top":
        ease += 0.08 * np.clip(ground.sleeve, 0, 1) * np.clip(2 * ground.arm, 0, 1)
    ease += cut.folds * _folds(ground, seed)
    placed = draped + out * np.maximum(ease, 0.04)[:, None]
    return _push_outside(cut, ground, layers, placed)


def _push_outside(cut: Cut, ground: Surface, layers: Layers, placed: Array) -> Array:
    """Lift a piece off whatever it lies on."""
    if ground is layers.body:
        under, out = layers.outside, ground.normals
    else:
        near = cKDTree(layers.body.points).query(ground.points)[1]
        under, out = layers.outside[near], layers.body.normals[near]
    room = cut.thickness + 0.05
    short = np.maximum(room - ((placed - under) * out).sum(1), 0)
    if ground is not layers.body:  # below the waist a skirt hangs free of the legs
        short *= ground.points[:, 1] > ground.level(2.05)
        short = np.minimum(short, 0.5)
    return placed + out * short[:, None]


def _folds(ground: Surface, seed: int) -> Array:
    """Fold heights of about unit size, strongest where cloth bunches, (N,)."""
    x, y, z = ground.points.T
    arm, leg = ground.arm > 0.4, ground.leg > 0.5

    def ridges(a: Array, b: Array, c: Array, shift: int) -> Array:
        return 1 - 2 * np.abs(np.tanh(noise(np.stack([a, b, c], 1), seed + shift)))

    along = np.where(arm, ground.sleeve * 5, y)
    hang = ridges(x * 1.7, y * 0.4 + x * 0.3, z * 1.7, 0)
    waist = np.exp(-(((y - ground.level(2.3)) / 0.8) ** 2))
    across = ridges(x * 0.8, y * 1.9 + x * 0.7, z * 0.8, 1)
    limb = ridges(x * 0.7 + along * 0.6 * np.sign(x), along * 2.1, z * 1.2, 2)
    elbow = np.exp(-(((ground.sleeve - 0.5) / 0.16) ** 2))
    cuff = np.exp(-(((ground.sleeve - 0.95) / 0.1) ** 2))
    knee = np.exp(-(((y - ground.level(1.0)) / 0.8) ** 2))
    ankle = np.exp(-(((y - ground.level(0.1)) / 0.7) ** 2))
    crotch = np.exp(-(((y - ground.level(1.95)) / 0.6) ** 2))
    on_arm = limb * (0.3 + 1.1 * elbow + 0.7 * cuff)
    on_leg = limb * (0.2 + 0.8 * knee + 0.35 * ankle + 0.6 * crotch)
    on_torso = (
        hang * (0.4 + 0.5 * np.clip((ground.level(2.7) - y) / 3, 0, 1)) + 0.45 * across * waist
    )
    return np.where(arm, on_arm, np.where(leg, on_leg, on_torso))


def _finish(cut: Cut, ground: Surface, visible: Array, region: Array, placed: Array) -> Cloth:
    """Cut the piece out, give it thickness, texture coordinates, a rib and a collar."""
    values = np.column_stack(
        [ground.points, placed, region, ground.arm, ground.leg, ground.weights]
    )
    values, triangles = clip(values, ground.triangles, visible)
    rest, points, edge = values[:, :3], values[:, 3:6], values[:, 6]
    arm, leg, weights = values[:, 7], values[:, 8], values[:, 9:]
    if cut.kind == "skirt":
        uv = unroll_cone(points, triangles)
    else:
        uv = unroll(ground.figure, rest, triangles, arm, leg)
    out = normals(points, triangles)
    facing = np.clip(normals(rest, triangles)[:, 2] * 2.5, -1, 1) * (arm < 0.4)
    top = ground.level(min(cut.high, 4.0))
    if cut.kind == "top":
        top -= 0.35
    sheet = np.stack([rest[:, 0], top - rest[:, 1]], 1)
    shade = np.where((edge > -cut.rib) & (cut.rib > 0), 0.86, 1.0)
    n = len(points)
    rim = boundary(triangles)
    a, b = rim.T
    bridge = np.concatenate([np.stack([a, a + n, b], 1), np.stack([b, a + n, b + n], 1)])
    corner = np.zeros((2 * n, 2))
    corner[triangles.ravel()] = uv.reshape(-1, 2)
    corner[n:] = corner[:n]
    cloth = Cloth(
        points=np.concatenate([points, points - out * cut.thickness]),
        weights=np.concatenate([weights, weights]),
        triangles=np.concatenate([triangles, triangles[:, ::-1] + n, bridge]),
        uv=np.concatenate([uv, uv[:, ::-1], corner[bridge]]),
        sheet=np.concatenate([sheet, sheet]),
        facing=np.concatenate([facing, facing * 0]),
        shade=np.concatenate([shade, shade * 0.8]),
    )
    if cut.collar:
        cloth = join(cloth, _collar(cut, ground, rest, points, weights, rim))
    return cloth


def _collar(
    cut: Cut, ground: Surface, rest: Array, points: Array, weights: Array, rim: Index
) -> Cloth:
    """A band that stands up from the neckline and is turned down over it."""
    edge = np.unique(rim)
    neck = edge[_above_neckline(cut, ground, rest[edge]) > -0.04]
    centre = points[neck].mean(0)
    angle = np.arctan2(points[neck, 0] - centre[0], points[neck, 2] - centre[2])
    opening = np.radians(9 if not cut.gap else 32)
    around = np.linspace(opening, 2 * np.pi - opening, 72)
    order = np.argsort(angle % (2 * np.pi))
    ring, turnings = neck[order], (angle % (2 * np.pi))[order]
    loop = np.stack(
        [np.interp(around, turnings, points[ring, k], period=2 * np.pi) for k in range(3)], 1
    )
    picked = ring[np.abs(around[:, None] - turnings).argmin(1)]
    away = np.stack([np.sin(around), 0 * around, np.cos(around)], 1)
    up = np.array([0, 1.0, 0])
    front = np.exp(-((np.minimum(around, 2 * np.pi - around) / 0.42) ** 2))[:, None]
    tall = cut.collar
    rows = [
        loop - 0.06 * up,
        loop + tall * (1 - 0.35 * front) * up - 0.02 * away,
        loop + tall * (1.04 - 0.35 * front) * up + 0.05 * away,
        loop + tall * (0.35 - 0.5 * front) * up + (0.17 + 0.05 * front) * away,
        loop - tall * (0.35 + 1.1 * front) * up + (0.3 + 0.02 * front) * away,
    ]
    count = len(around)
    grid = np.arange(len(rows) * count).reshape(len(rows), count)
    a, b, c, d = (g.ravel() for g in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(loop, axis=0), axis=1))])
    flat = np.stack([np.tile(run, len(rows)), np.repeat([0, 0.3, 0.35, 0.6, 0.9], count)], 1)
    total = len(rows) * count
    return Cloth(
        points=np.concatenate(rows),
        weights=np.tile(weights[picked], (len(rows), 1)),
        triangles=triangles,
        uv=flat[triangles],
        sheet=np.full((total, 2), 99.0),
        facing=np.zeros(total),
        shade=np.repeat([0.8, 0.9, 1, 1, 1.0], count),
    )


def unroll_cone(points: Array, triangles: Index) -> Array:
    """Texture coordinates of a skirt, in decimetres: the cone it is nearest to, laid flat."""
    axis = points[:, [0, 2]].mean(0)
    across, toward = (points[:, [0, 2]] - axis).T
    slope, start = np.polyfit(points[:, 1], np.hypot(across, toward), 1)
    lean = max(-slope, 0.05)
    slant = np.hypot(1, lean)
    away = (start + slope * points[:, 1])[triangles] * slant / lean
    angle = np.arctan2(across, toward)[triangles]
    step = (angle - angle[:, :1] + np.pi) % (2 * np.pi) - np.pi
    turned = (angle[:, :1] + step) * lean / slant
    return np.stack([away * np.sin(turned), -away * np.cos(turned)], -1)


def unroll(figure: Figure, rest: Array, triangles: Index, arm: Array, leg: Array) -> Array:
    """Texture coordinates in decimetres: torso, legs and arms each unrolled as a cylinder."""
    corners = rest[triangles]
    on_arm = arm[triangles].mean(1) > 0.5
    on_leg = (leg[triangles].mean(1) > 0.55) & ~on_arm
    left = corners[:, :, 0].mean(1) > 0
    uv = np.zeros((len(triangles), 3, 2))

    def wrap(across: Array, toward: Array, radius: float) -> Array:
        angle = np.arctan2(across, toward)
        step = (angle - angle[:, :1] + np.pi) % (2 * np.pi) - np.pi
        return (angle[:, :1] + step) * radius

    rows = ~on_arm & ~on_leg
    part = corners[rows]
    uv[rows, :, 0] = wrap(part[:, :, 0], part[:, :, 2] - 0.25, 1.45)
    uv[rows, :, 1] = part[:, :, 1]
    for side, same in (("L", left), ("R", ~left)):
        for rows, ends in (
            (on_leg & same, ("upperleg01", "foot")),
            (on_arm & same, ("upperarm01", "wrist")),
        ):
            start, end = (figure.head(f"{bone}.{side}") for bone in ends)
            axis = (end - start) / np.linalg.norm(end - start)
            spoke = corners[rows] - start
            run = spoke @ axis
            spoke = spoke - run[..., None] * axis
            across = np.cross(axis, [0, 0, 1.0])
            across /= np.linalg.norm(across)
            radius = 0.85 if ends[0] == "upperleg01" else 0.55
            uv[rows, :, 0] = wrap(spoke @ across, spoke @ np.cross(axis, across), radius)
            uv[rows, :, 1] = start[1] - run
    return uv


def join(first: Cloth, second: Cloth) -> Cloth:
    """Two pieces as one mesh."""
    moved = replace(second, triangles=second.triangles + len(first.points))
    names = ("points", "weights", "triangles", "uv", "sheet", "facing", "shade")
    return Cloth(*(np.concatenate([getattr(first, n), getattr(moved, n)]) for n in names))


def pouch(figure: Figure, strap: Cloth) -> Cloth:
    """A rounded bag at the left front of the hip, where the strap ends."""
    steps = np.linspace(-1, 1, 25)
    u, v = (g.ravel() for g in np.meshgrid(steps * np.pi, steps * np.pi / 2))

    def power(value: Array, by: float) -> Array:
        return np.sign(value) * np.abs(value) ** by

    shape = np.stack(
        [
            1.0 * power(np.cos(v), 0.3) * power(np.cos(u), 0.3),
            0.75 * power(np.sin(v), 0.35),
            0.3 * power(np.cos(v), 0.45) * power(np.sin(u), 0.45),
        ],
        1,
    )
    end = strap.points[np.argmin(strap.points[:, 1] - 0.3 * strap.points[:, 2])]
    away = np.array([np.sin(0.5), 0, np.cos(0.5)])
    side = np.array([away[2], 0, -away[0]])
    centre = np.array([end[0], end[1] - 0.55, end[2]]) + 0.35 * away
    points = centre + shape @ np.stack([side, [0, 1.0, 0], away])
    grid = np.arange(625).reshape(25, 25)
    a, b, c, d = (g.ravel() for g in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    weights = np.zeros((625, len(figure.data.bones)))
    weights[:, figure.data.bones.index("spine05")] = 1.0
    flap = shape[:, 1] > 0.0
    return Cloth(
        points, weights, triangles, shape[:, :2][triangles], np.full((625, 2), 99.0),
        np.zeros(625), np.where(flap, 1.0, 0.82),
    )  # fmt: skip
