"""Things worn that aren't cut from cloth on the body: glasses, hats, a scarf, jewellery, bags.

Each maker takes the figure at rest and the outside of what it wears, and answers with pieces in
MakeHuman's frame (decimetres) that are skinned like everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from body import Array, Figure, Index, turn
from fabrics import Colour
from scipy.spatial import cKDTree

GLASS = (0.03, 0.025, 0.02)
FACE = (0.09, 0.1, 0.16)
BAND = (0.1, 0.1, 0.11)


@dataclass(frozen=True)
class Gear:
    """A piece at rest. One that hangs keeps upright under its bone, however the bone turns."""

    points: Array  # (N, 3) decimetres; from the bone's joint where it hangs
    triangles: Index
    weights: Array  # (N, B)
    tint: Colour | None = None  # where it differs from the garment's look
    uv: Array | None = None  # (T, 3, 2) decimetres, for cloth
    hangs: str = ""  # the bone it hangs from
    smooth: bool = True


@dataclass(frozen=True)
class Wearer:
    """A figure and where the outside of its clothes is, (N, 3) points over skin and cloth."""

    figure: Figure
    outside: Array
    weights: Array  # (N, B)

    def front(self, x: float, y: float, reach: float = 0.12) -> float:
        """How far forward the outside is at a place seen from the front."""
        near = np.hypot(self.outside[:, 0] - x, self.outside[:, 1] - y) < reach
        return float(self.outside[near, 2].max()) if near.any() else 1.0

    def follow(self, points: Array) -> Array:
        """Weights of what lies under each point."""
        weights: Array = self.weights[cKDTree(self.outside).query(points)[1]]
        return weights

    def on(self, bone: str, count: int) -> Array:
        """Weights of something fixed to one bone."""
        weights = np.zeros((count, len(self.figure.data.bones)))
        weights[:, self.figure.data.bones.index(bone)] = 1.0
        return weights


def sweep(
    path: Array, wide: Array | float, deep: Array | float, closed: bool, facing: Array
) -> tuple[Array, Index, Array]:
    """A superelliptic rod along a path (M, 3): points, triangles and unrolled coordinates.

    ``facing`` (M, 3) says where the deep axis of the section looks.
    """
    sides, count = 14, len(path)
    ahead = np.gradient(path, axis=0) if not closed else np.roll(path, -1, 0) - np.roll(path, 1, 0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    out = facing - ahead * (facing * ahead).sum(1, keepdims=True)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    across = np.cross(ahead, out)
    turns = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    c, s = (np.sign(f(turns)) * np.abs(f(turns)) ** 0.6 for f in (np.cos, np.sin))
    wide, deep = (np.broadcast_to(v, count)[:, None, None] for v in (wide, deep))
    rings = path[:, None] + wide * c[:, None] * across[:, None] + deep * s[:, None] * out[:, None]
    points = rings.reshape(-1, 3)
    grid = np.arange(count * sides).reshape(count, sides)
    low, high = (grid, np.roll(grid, -1, 0)) if closed else (grid[:-1], grid[1:])
    a, b = low.ravel(), np.roll(low, -1, 1).ravel()
    p, q = high.ravel(), np.roll(high, -1, 1).ravel()
    triangles = np.concatenate([np.stack([a, b, p], 1), np.stack([b, q, p], 1)])
    if not closed:
        fans = [
            np.stack([ring[0] + 0 * ring[1:-1], ring[1:-1], ring[2:]], 1) for ring in grid[[0, -1]]
        ]
        triangles = np.concatenate([triangles, fans[0][:, ::-1], fans[1]])
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    round_ = np.cumsum(np.hypot(*np.diff(np.append([c, s], [c[:1], s[:1]], axis=1)))) * float(
        wide.mean()
    )
    flat = np.stack(np.broadcast_arrays(np.append(0, round_)[None, :sides], run[:, None]), -1)
    uv = flat.reshape(-1, 2)[triangles]
    return points, triangles, uv


def _rod(wearer: Wearer, path: Array, wide: float, deep: float, bone: str, *, closed: bool = False,
         facing: tuple[float, float, float] = (0, 0, 1), tint: Colour | None = None) -> Gear:  # fmt: skip
    """A rod fixed to a bone."""
    points, triangles, _ = sweep(
        path, wide, deep, closed, np.tile(np.array(facing), (len(path), 1))
    )
    return Gear(points, triangles, wearer.on(bone, len(points)), tint)


def _loop(centre: Array, wide: float, tall: float, square: float = 0.75) -> Array:
    """A rounded rectangle in the plane of the face."""
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    c, s = (np.sign(f(turns)) * np.abs(f(turns)) ** square for f in (np.cos, np.sin))
    bow = -0.12 * (c * np.sign(centre[0]) + 0.2)  # lenses bow round the face
    path: Array = centre + np.stack([wide * c, tall * s, bow], 1)
    return path


def glasses(
    wearer: Wearer, wide: float = 0.265, tall: float = 0.19, lens: bool = False
) -> list[Gear]:
    """Frames, temples and bridge; dark lenses for sunglasses."""
    eyes = [wearer.figure.head(f"eye.{side}") for side in "LR"]
    skin = wearer.figure.points
    near = (np.abs(skin[:, 1] - eyes[0][1]) < 0.12) & (np.abs(skin[:, 0]) < 0.12)
    plane = skin[near & (skin[:, 2] > 0), 2].max() + 0.06
    ear = float(np.abs(skin[np.abs(skin[:, 1] - eyes[0][1]) < 0.1, 0]).max())
    made = []
    for eye in eyes:
        side = np.sign(eye[0])
        centre = np.array([eye[0] + 0.05 * side, eye[1] - 0.02, plane - 0.04])
        rim = _loop(centre, wide, tall)
        made.append(_rod(wearer, rim, 0.03, 0.028, "head", closed=True))
        if lens:
            hub = np.vstack([rim, centre])
            edge = np.arange(len(rim))
            pane = np.stack([edge, np.roll(edge, -1), np.full(len(rim), len(rim))], 1)
            made.append(Gear(hub, pane, wearer.on("head", len(hub)), GLASS))
        hinge = centre + np.array([side * wide, 0.05, -0.13])
        temple = np.array([hinge, [side * (ear - 0.02), hinge[1] + 0.02, 0.75],
                           [side * (ear - 0.01), hinge[1], 0.4],
                           [side * (ear - 0.04), hinge[1] - 0.2, 0.22]])  # fmt: skip
        made.append(_rod(wearer, temple, 0.03, 0.018, "head", facing=(side, 0, 0.01)))
    x = abs(eyes[0][0]) + 0.05 - wide
    bridge = np.array(
        [[t * x, eyes[0][1] + 0.05 - 0.03 * t * t, plane - 0.01] for t in (-1, -0.5, 0, 0.5, 1)]
    )
    return [*made, _rod(wearer, bridge, 0.024, 0.024, "head")]


def sunglasses(wearer: Wearer) -> list[Gear]:
    """Larger frames with dark lenses."""
    return glasses(wearer, 0.3, 0.24, lens=True)


def fedora(wearer: Wearer) -> list[Gear]:
    """MakeHuman's hat with room for hair, and a dark band round it."""
    mesh, _ = wearer.figure.fit(wearer.figure.data.folder / "clothes/fedora01/fedora.mhclo")
    centre = mesh.points.mean(0)
    points = centre + (mesh.points - centre) * [1.12, 1.06, 1.12] + [0, 0.05, 0]
    low, high = points[:, 1].min(), points[:, 1].max()
    inner = points[points[:, 1] > low + 0.4 * (high - low)]
    middle, half = (inner.max(0) + inner.min(0)) / 2, (inner.max(0) - inner.min(0)) / 2 * 1.1
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    tilt = np.polyfit(points[:, 2], points[:, 1], 1)[0]
    z = middle[2] + half[2] * np.cos(turns)
    band = np.stack([middle[0] + half[0] * np.sin(turns),
                     low + 0.26 * (high - low) + tilt * (z - middle[2]), z], 1)  # fmt: skip
    ring, faces, _ = sweep(band, 0.14, 0.03, True, band - middle * [1, 0, 1] - [0, 1, 0] * band)
    return [
        Gear(points, mesh.triangles, wearer.on("head", len(points))),
        Gear(ring, faces, wearer.on("head", len(ring)), BAND),
    ]


def beanie(wearer: Wearer) -> list[Gear]:
    """A knitted cap with a turned-up edge."""
    head = wearer.figure.points[wearer.figure.points[:, 1] > wearer.figure.head("eye.L")[1] + 0.25]
    middle, half = (head.max(0) + head.min(0)) / 2, (head.max(0) - head.min(0)) / 2
    turns = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    brow = wearer.figure.head("eye.L")[1] + 0.36 - 0.16 * (1 - np.cos(turns))  # lower at the nape
    rows = [(0.0, 1.14), (0.0, 1.2), (0.14, 1.23), (0.27, 1.22), (0.29, 1.16), (0.4, 1.17), (0.55, 1.14),
            (0.7, 1.04), (0.83, 0.86), (0.93, 0.6), (0.985, 0.3), (1.0, 0.0)]  # fmt: skip
    top = middle[1] + half[1] + 0.3
    rings = [
        np.stack([middle[0] + wide * half[0] * np.sin(turns), brow + up * (top - brow),
                  middle[2] + wide * half[2] * np.cos(turns)], 1)
        for up, wide in rows
    ]  # fmt: skip
    points = np.concatenate(rings)
    grid = np.arange(len(points)).reshape(len(rows), -1)
    a, b = grid[:-1].ravel(), np.roll(grid[:-1], -1, 1).ravel()
    c, d = grid[1:].ravel(), np.roll(grid[1:], -1, 1).ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    flat = np.stack(
        np.broadcast_arrays(turns[None] * 0.9, np.array([r[0] for r in rows])[:, None] * 1.4), -1
    )
    uv = flat.reshape(-1, 2)[triangles]
    wrapped = np.ptp(uv[..., 0], axis=1) > 3
    uv[wrapped, :, 0] += np.where(uv[wrapped, :, 0] < 3, 2 * np.pi * 0.9, 0)
    return [Gear(points, triangles, wearer.on("head", len(points)), uv=uv)]


def scarf(wearer: Wearer) -> list[Gear]:
    """A loop round the neck and two ends that hang down the front."""
    neck = wearer.figure.head("neck01")
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    made = []
    for lift, size, shift in ((0.0, 1.0, 0.0), (0.16, 0.86, 0.9)):
        wave = 0.04 * np.sin(5 * turns + shift)
        path = np.stack(
            [size * 0.86 * np.sin(turns), neck[1] - 0.02 + lift - 0.26 * np.cos(turns) + wave,
             neck[2] + 0.24 + size * (0.72 + 0.12 * np.cos(turns)) * np.cos(turns)], 1,
        )  # fmt: skip
        away = path - [0, neck[1], neck[2] + 0.2]
        points, triangles, uv = sweep(path, 0.2, 0.24 + 0.03 * np.sin(7 * turns), True, away)
        share = wearer.on("neck01", len(points)) * 0.5 + wearer.on("spine01", len(points)) * 0.5
        made.append(Gear(points, triangles, share, uv=uv))
    for side, long in ((0.42, 3.2), (-0.3, 2.5)):
        y = np.linspace(neck[1] - 0.35, neck[1] - 0.35 - long, 26)
        x = side + 0.1 * np.sin(np.linspace(0, 3, 26)) * np.sign(side)
        z = np.array([wearer.front(a, b, 0.3) for a, b in zip(x, y, strict=True)])
        z = np.maximum.accumulate(z[::-1])[::-1] * 0.3 + z * 0.7 + 0.1  # it hangs off the bust
        z = np.convolve(np.pad(z, 3, "edge"), np.ones(7) / 7, "valid")
        path = np.stack([x, y, z], 1)
        spread = np.linspace(0.3, 0.62, 26)
        points, triangles, uv = sweep(
            path, spread, 0.07, False, np.tile([0.25 * side, 0, 1], (26, 1))
        )
        made.append(Gear(points, triangles, wearer.follow(points), uv=uv))
    return made


def necklace(wearer: Wearer) -> list[Gear]:
    """A chain from the nape that meets over the breastbone in a round pendant."""
    neck = wearer.figure.head("neck01")
    low = neck[1] - 1.2
    x = np.linspace(0.56, -0.56, 41)
    y = low + (neck[1] - 0.04 - low) * np.abs(x / 0.56) ** 1.15
    z = np.array([wearer.front(a, b, 0.09) for a, b in zip(x, y, strict=True)]) + 0.03
    z = np.convolve(np.pad(z, 2, "edge"), np.ones(5) / 5, "valid") + 0.015
    fall = np.stack([x, y, z], 1)
    turns = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 21)[1:-1]
    back = np.stack([0.6 * np.sin(turns), neck[1] + 0.1 * np.cos(turns) + 0 * turns,
                     neck[2] + 0.2 - 0.75 * np.cos(turns)], 1)  # fmt: skip
    back[:, 2] = np.minimum(back[:, 2], np.interp(back[:, 0], x[::-1], z[::-1]))
    chain = np.concatenate([fall, back])
    points, triangles, _ = sweep(chain, 0.026, 0.026, True, np.tile([0.0, 0.3, 1], (len(chain), 1)))
    spot = fall[20] + [0, -0.2, 0.03]
    disc = _loop(spot, 0.1, 0.1, 1.0) * [1, 1, 0] + [0, 0, spot[2]]
    coin, faces, _ = sweep(disc, 0.1, 0.035, True, np.tile([0.0, 0, 1], (len(disc), 1)))
    return [
        Gear(points, triangles, wearer.follow(points)),
        Gear(coin, faces, np.tile(wearer.follow(spot[None]), (len(coin), 1))),
    ]


def watch(wearer: Wearer) -> list[Gear]:
    """A strap round the left wrist and a dial on its back."""
    figure = wearer.figure
    wrist, elbow = figure.head("wrist.L"), figure.head("lowerarm01.L")
    axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    centre = wrist - 0.18 * axis
    skin = figure.points[:13380] - centre
    ring = skin[(np.abs(skin @ axis) < 0.16) & (np.linalg.norm(skin, axis=1) < 0.6)]
    ring = ring - np.outer(ring @ axis, axis)
    palm = np.cross(figure.head("finger2-1.L") - wrist, figure.head("finger5-1.L") - wrist)
    back = palm - axis * (palm @ axis)
    back *= np.sign(back[1]) / np.linalg.norm(back)
    side = np.cross(axis, back)
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    spokes = np.cos(turns)[:, None] * back + np.sin(turns)[:, None] * side
    reach = np.array([(ring @ s).max() for s in spokes]) + 0.025
    middle = centre + ring.mean(0) * 0
    strap, faces, _ = sweep(middle + reach[:, None] * spokes, 0.1, 0.025, True, spokes)
    spot = middle + back * (reach[0] + 0.02)
    rim = spot + 0.1 * (np.cos(turns)[:, None] * axis + np.sin(turns)[:, None] * side)
    dial, disc, _ = sweep(rim, 0.11, 0.055, True, np.tile(back, (40, 1)))
    held = np.tile(wearer.follow(centre[None] + ring[:1]), (len(strap), 1))
    fan = np.arange(40)
    face = np.vstack([rim, spot]) + 0.07 * back
    pane = np.stack([fan, np.roll(fan, -1), np.full(40, 40)], 1)
    return [
        Gear(strap, faces, held),
        Gear(dial, disc, held[: len(dial)]),
        Gear(face, pane, held[:41], FACE),
    ]


def tote(wearer: Wearer) -> list[Gear]:
    """A canvas bag carried in the left hand; it hangs, so the hand must."""
    u, v = (g.ravel() for g in np.meshgrid(np.linspace(-1, 1, 33) * np.pi, np.linspace(-1, 1, 25)))
    power = (
        np.sign(np.cos(u)) * np.abs(np.cos(u)) ** 0.35,
        np.sign(np.sin(u)) * np.abs(np.sin(u)) ** 0.5,
    )
    fill = 0.32 * np.sqrt(np.clip(1 - v, 0, 2)) * (1 - np.clip(-v - 0.8, 0, 1) * 3) + 0.06
    points = np.stack([fill * power[1], -2.9 + 1.65 * v, 1.55 * power[0] * (1 - 0.04 * v)], 1)
    points += 0.03 * np.sin(5 * points[:, [1]] + 3 * points[:, [2]])
    points = points @ turn(y=40).T  # half turned to the front
    grid = np.arange(len(points)).reshape(25, 33)
    a, b, c, d = (g.ravel() for g in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    uv = np.stack([u * 1.1, points[:, 1]], 1)[triangles]
    bone = "finger3-2.L"
    made = [Gear(points, triangles, wearer.on(bone, len(points)), uv=uv, hangs=bone)]
    for side in (-0.09, 0.09):
        t = np.linspace(-1, 1, 21)
        path = np.stack([side * (0.4 + np.abs(t)), -1.35 * np.abs(t) ** 1.6 + 0.02, 0.75 * t], 1)
        path = path @ turn(y=40).T
        rod, faces, flat = sweep(path, 0.13, 0.025, False, np.tile([1.0, 0, 0], (21, 1)))
        made.append(Gear(rod, faces, wearer.on(bone, len(rod)), uv=flat, hangs=bone))
    return made


MAKERS: Mapping[str, Callable[[Wearer], list[Gear]]] = {
    "glasses": glasses,
    "sunglasses": sunglasses,
    "fedora": fedora,
    "beanie": beanie,
    "scarf": scarf,
    "necklace": necklace,
    "watch": watch,
    "tote": tote,
}
