"""Clothes as offset surfaces of the body: layered, then cut so that nothing can poke through.

A garment is one or more *pieces*. All pieces of one person are made together, innermost first:
every layer is pushed outside the layers under it, and what lies well under another layer is cut
away.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from body import Array, Figure, Posed
from draping import Cut, outline, shape
from scipy.spatial import cKDTree
from sewing import Cloth, finish
from surface import LEG, Surface, normals, tights, tube

#: How deep under another layer cloth or skin must lie before it is left out, decimetres.
COVERED = 0.3
#: How far above a skirt's hem nothing under it is seen any more, decimetres.
UNDER_SKIRT = 2.5
#: Room between a layer's inside and what it lies on, decimetres.
ROOM = 0.05
#: Cut from the tube round both legs instead of the body's own surface.
ROUND = ("skirt", "belt")


@dataclass(frozen=True, eq=False)
class Dressed:
    """What a figure wears, at rest. One entry per piece, in the order put on."""

    cloths: list[Cloth | None]  # what lies under others cut away; None where nothing is left
    whole: list[Cloth]  # uncut
    hidden: Array  # per base vertex: cloth covers it deeply
    legs: Array  # (N, 3) the body's surface with the trousers it wears


@dataclass
class Layers:
    """The clothes on one figure so far, and where their outside is."""

    body: Surface
    tube: Surface
    over_body: Array  # (N, 3) on the body's surface
    over_tube: Array  # (M, 3) on the tube
    legs: Array  # (N, 3) the body's surface with its trousers alone

    def put_on(self, cut: Cut, placed: Array, region: Array) -> Array:
        """Lift a piece off whatever it lies on, and make it the outside; its lifted points."""
        room = cut.thickness + ROOM
        if cut.kind not in ROUND:
            placed = self._raise("over_body", placed, region, room)
            if cut.kind == "bottom":
                self.legs = np.where((region < 0.25)[:, None], placed, self.legs)
            return placed
        on_body = cKDTree(self.body.points).query(self.tube.points)[1]
        out = self.body.normals[on_body]
        short = room - ((placed - self.over_body[on_body]) * out).sum(1)
        short = np.clip(short, 0, 0.5) * (self.tube.points[:, 1] > self.tube.level(2.05))
        placed = self._raise("over_tube", placed + out * short[:, None], region, room)
        # A jacket over a skirt keeps clear of it.
        near = cKDTree(placed[region < 0]).query(self.body.points)
        below = (self.body.arm < 0.2) & (near[0] < 0.9)
        below &= self.body.points[:, 1] > self.body.level(1.8)
        off = ((placed[region < 0][near[1]] - self.over_body) * self.body.normals).sum(1)
        self.over_body = (
            self.over_body + self.body.normals * (np.clip(off, 0, 0.9) * below)[:, None]
        )
        return placed

    def _raise(self, layer: str, placed: Array, region: Array, room: float) -> Array:
        ground = self.body if layer == "over_body" else self.tube
        under: Array = getattr(self, layer)
        short = np.maximum(room - ((placed - under) * ground.normals).sum(1), 0)
        placed = placed + ground.normals * short[:, None]
        grown = (region < 0.25)[:, None]
        setattr(self, layer, np.where(grown, placed, under))
        return placed


def dress(figure: Figure, cuts: Sequence[Cut], seeds: Sequence[int]) -> Dressed:
    """Make all pieces a figure wears, innermost first."""
    body, ring = surfaces(figure)
    layers = Layers(body, ring, *[body.points, ring.points, body.points])
    shaped: list[tuple[Cut, Surface, Array, Array]] = []
    for k, (cut, seed) in enumerate(zip(cuts, seeds, strict=True)):
        ground = ring if cut.kind in ROUND else body
        region = outline(cut, ground)
        free = shape(cut, ground, seed)
        if cut.kind == "top":
            free = _tucked(free, ground, [c for c in cuts[k + 1 :] if c.kind == "skirt"])
        placed = layers.put_on(cut, free, region)
        shaped.append((cut, ground, region, placed))
    cloths: list[Cloth | None] = []
    whole: list[Cloth] = []
    hidden = np.zeros(len(body.points), dtype=bool)
    for k, (cut, ground, region, placed) in enumerate(shaped):
        visible = region
        for over, other, above, _ in shaped[k + 1 :]:
            visible = _showing(visible, (cut, ground), (over, other, above))
        hidden |= _hides(cut, body, region)
        whole.append(finish(cut, ground, region, region, placed))
        if visible is region:
            cloths.append(whole[-1])
        else:
            left = bool((visible < 0).any())
            cloths.append(finish(cut, ground, visible, region, placed) if left else None)
    near = cKDTree(body.points).query(figure.points)[1]
    return Dressed(cloths, whole, hidden[near], layers.legs)


def _tucked(placed: Array, ground: Surface, skirts: Sequence[Cut]) -> Array:
    """A top drawn in to the body where it goes into a skirt's waist."""
    for skirt in skirts:
        waist = ground.level(skirt.high)
        drawn = np.clip((waist + 0.45 - ground.points[:, 1]) / 0.5, 0, 1)[:, None] ** 2
        placed = placed * (1 - drawn) + (ground.points + 0.04 * ground.normals) * drawn
    return placed


def _showing(
    visible: Array, piece: tuple[Cut, Surface], cover: tuple[Cut, Surface, Array]
) -> Array:
    """The outline of a piece after a later one has covered some of it."""
    (cut, ground), (over, other, above) = piece, cover
    if "strap" in (cut.kind, over.kind) or over.kind == "belt":
        return visible
    if ground is other:
        return np.maximum(visible, -(above + COVERED))
    if over.kind == "skirt":  # tucked in: what hangs inside is never seen
        y = ground.points[:, 1]
        tuck = ground.level(over.high) - COVERED - y
        return np.maximum(visible, np.minimum(tuck, y - ground.level(over.low) - UNDER_SKIRT))
    return visible


def _hides(cut: Cut, body: Surface, region: Array) -> Array:
    """Which points of the body's surface a piece hides."""
    if cut.kind in ("top", "bottom"):
        return region < -COVERED
    y = body.points[:, 1]
    if cut.kind == "skirt":
        inside = (y < body.level(cut.high) - COVERED) & (y > body.level(cut.low) + UNDER_SKIRT)
        return inside & (body.arm < 0.2)
    return np.zeros(len(y), dtype=bool)


@functools.lru_cache(maxsize=8)
def surfaces(figure: Figure) -> tuple[Surface, Surface]:
    """What clothes are cut from: the body's surface, and the tube round hips and legs."""
    body = tights(figure)
    return body, tube(figure, body)


def rest_on_legs(posed: Posed, dressed: Dressed, points: Array, weights: Array) -> Array:
    """Push a posed skirt (N, 3) off the legs and what they wear; let it fall on what is under it."""
    body, _ = surfaces(posed.figure)
    coarse = body.coarse
    legs = posed.skin(dressed.legs[: coarse.points], body.weights[: coarse.points])
    out = normals(legs, coarse.triangles)
    lower = body.points[: coarse.points, 1] < body.level(2.3)
    lower &= body.arm[: coarse.points] < 0.2
    legs, out = legs[lower], out[lower]
    away, near = cKDTree(legs).query(points, distance_upper_bound=1.6)
    close = np.flatnonzero(np.isfinite(away))
    near = near[close]
    depth = ((points[close] - legs[near]) * out[near]).sum(1)
    moved = points.copy()
    moved[close] += out[near] * (np.maximum(0.09 - depth, 0) * (away[close] < 0.8))[:, None]
    lap = np.clip((out[near, 1] - 0.45) / 0.3, 0, 1)  # 1 on a lap, 0 on legs that stand
    lap *= np.clip(2 * posed.figure.data.share_of(weights[close], LEG) - 0.6, 0, 1)
    moved[close, 1] -= lap * np.clip(depth - 0.14, 0, 1.2)
    return moved
