"""From a shaped sheet to a finished piece: cut out, thickened, unrolled, with collar and buttons."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from body import Array, Figure, Index
from draping import Cut, above_neckline
from scipy.spatial import cKDTree
from surface import Surface, boundary, clip, normals


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
    trim: Cloth | None = None  # buttons


def finish(cut: Cut, ground: Surface, visible: Array, region: Array, placed: Array) -> Cloth:
    """Cut the piece out, give it thickness, texture coordinates, a rib and a collar."""
    values = np.column_stack(
        [ground.points, placed, region, ground.arm, ground.leg, ground.sleeve, ground.weights]
    )
    values, triangles = clip(values, ground.triangles, visible)
    rest, points, edge = values[:, :3], values[:, 3:6], values[:, 6]
    arm, weights = values[:, 7], values[:, 10:]
    if cut.kind in ("skirt", "belt"):
        uv = unroll_cone(points, triangles)
    else:
        uv = unroll(ground, values[:, [0, 1, 2, 7, 8, 9]], triangles)
    out = normals(points, triangles)
    facing = np.clip(normals(rest, triangles)[:, 2] * 2.5, -1, 1) * (arm < 0.4)
    mark = cut.high if cut.edge is None else cut.edge
    top = ground.level(min(mark, 4.0)) - (0.35 if mark > 3 else 0.0)
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
        sheet=np.concatenate([sheet, sheet]) / cut.span,
        facing=np.concatenate([facing, facing * 0]),
        shade=np.concatenate([shade, shade * 0.8]),
        trim=_buttons(cut, points, out, weights, np.column_stack([sheet, facing])),
    )
    if cut.collar:
        cloth = join(cloth, _collar(cut, ground, rest, points, weights, rim))
    return cloth


def _collar(
    cut: Cut, ground: Surface, rest: Array, points: Array, weights: Array, rim: Index
) -> Cloth:
    """A band that stands up from the neckline and is turned down over it."""
    edge = np.unique(rim)
    neck = edge[above_neckline(cut, ground, rest[edge]) > -0.04]
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


def unroll(ground: Surface, values: Array, triangles: Index) -> Array:
    """Texture coordinates in decimetres: torso, legs and arms each unrolled as a cylinder.

    ``values`` (N, 6) are points at rest, and their shares of arm and leg and place on the sleeve.
    """
    figure = ground.figure
    corners, (arm, leg, sleeve) = values[triangles][..., :3], values[triangles][..., 3:].T
    on_arm = arm.mean(0) > 0.5
    on_leg = (leg.mean(0) > 0.55) & ~on_arm
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
        for rows, bones, radius in (
            (on_leg & same, ("upperleg01", "lowerleg01", "foot"), 0.85),
            (on_arm & same, ("upperarm01", "lowerarm01", "wrist"), 0.55),
        ):
            start, bend, end = (figure.head(f"{bone}.{side}") for bone in bones)
            lengths = np.linalg.norm([bend - start, end - bend], axis=1)
            upper, lower = (bend - start) / lengths[0], (end - bend) / lengths[1]
            if bones[0] == "upperarm01":
                run = sleeve.T[rows] * lengths.sum()
            else:
                run = start[1] - corners[rows][..., 1]
            turned = np.clip((run - lengths[0]) / 0.5 + 0.5, 0, 1)[..., None]
            axis = upper * (1 - turned) + lower * turned
            axis = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
            over = run[..., None] > lengths[0]
            spoke = corners[rows] - np.where(over, bend, start)
            spoke = spoke - (spoke * axis).sum(-1, keepdims=True) * axis
            across = np.cross(axis, [0, 0, 1.0])
            across /= np.linalg.norm(across, axis=-1, keepdims=True)
            toward = np.cross(axis, across)
            uv[rows, :, 0] = wrap((spoke * across).sum(-1), (spoke * toward).sum(-1), radius)
            uv[rows, :, 1] = start[1] - run
    return uv


def _buttons(cut: Cut, points: Array, out: Array, weights: Array, place: Array) -> Cloth | None:
    """Small domes on the front, where ``place`` (x, y, facing) comes nearest to each."""
    front = np.flatnonzero(place[:, 2] > 0.2)
    if not cut.buttons or not len(front):
        return None
    away, near = cKDTree(place[front, :2]).query(np.array(cut.buttons))
    hosts = front[near[away < 0.15]]
    if not len(hosts):
        return None
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    rows = [(1.0, 0.0), (1.0, 0.25), (0.8, 0.42), (0.55, 0.34), (0.0, 0.34)]
    dome = np.array([(r * np.cos(t), r * np.sin(t), h) for r, h in rows for t in turns])
    grid = np.arange(len(dome)).reshape(len(rows), 16)
    a, b = grid[:-1].ravel(), np.roll(grid[:-1], -1, 1).ravel()
    c, d = grid[1:].ravel(), np.roll(grid[1:], -1, 1).ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    made, drawn = [], []
    for k, host in enumerate(hosts):
        side = np.cross([0, 1.0, 0], out[host])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(out[host], side), out[host]])
        made.append(points[host] + cut.button * dome @ frame)
        drawn.append(faces + k * len(dome))
    total = len(dome) * len(hosts)
    triangles = np.concatenate(drawn)
    shade = np.tile(np.repeat([0.7, 1.0, 1.0, 0.85, 0.8], 16), len(hosts))
    return Cloth(
        np.concatenate(made), np.repeat(weights[hosts], len(dome), axis=0), triangles,
        np.zeros((len(triangles), 3, 2)), np.full((total, 2), 99.0), np.zeros(total), shade,
    )  # fmt: skip


def join(first: Cloth, second: Cloth) -> Cloth:
    """Two pieces as one mesh, with the trim of the first."""
    moved = replace(second, triangles=second.triangles + len(first.points))
    names = ("points", "weights", "triangles", "uv", "sheet", "facing", "shade")
    both = [np.concatenate([getattr(first, n), getattr(moved, n)]) for n in names]
    return Cloth(*both, trim=first.trim)


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
