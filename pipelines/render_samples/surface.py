"""The body's outer surface that clothes are cut from, and the mesh arithmetic they need."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from body import Array, Figure, Index, fan
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.spatial import cKDTree

_LOW = (1 << 32) - 1


def _keys(ends: Index) -> Index:
    """One number for each edge (pairs of ends, in any shape), whichever way round it runs."""
    a, b = ends.reshape(-1, 2).T
    keys: Index = (np.minimum(a, b).astype(np.int64) << 32) + np.maximum(a, b)
    return keys


def subdivide(values: Array, triangles: Index) -> tuple[Array, Index]:
    """Split each triangle in four; ``values`` (N, K) are halved along the edges."""
    unique, inverse = np.unique(_keys(triangles[:, [0, 1, 1, 2, 2, 0]]), return_inverse=True)
    middles = (values[unique >> 32] + values[unique & _LOW]) / 2
    a, b, c = triangles.T
    ab, bc, ca = inverse.reshape(-1, 3).T + len(values)
    quarters = [np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.concatenate([values, middles]), np.concatenate(quarters)


def normals(points: Array, triangles: Index) -> Array:
    """Unit vertex normals, (N, 3)."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    corners, n = triangles.ravel(), len(points)
    total = np.stack([np.bincount(corners, np.repeat(face[:, k], 3), n) for k in range(3)], 1)
    unit: Array = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return unit


def smooth(points: Array, triangles: Index, rounds: int) -> Array:
    """Move every point half way to the mean of its neighbours, ``rounds`` times."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    near = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(points),) * 2).tocsr()
    near.data[:] = 1
    count = np.asarray(near.sum(1))
    for _ in range(rounds):
        points = 0.5 * points + 0.5 * (near @ points) / count
    return points


def clip(values: Array, triangles: Index, field: Array) -> tuple[Array, Index]:
    """Keep where ``field`` (N,) is below zero, cutting triangles exactly at zero."""
    inside = (field < 0)[triangles]
    count = inside.sum(1)
    one, two = count == 1, count == 2
    lone = np.where(one, inside.argmax(1), inside.argmin(1))
    turned = np.take_along_axis(triangles, (lone[:, None] + np.arange(3)) % 3, 1)[one | two]
    a, b, c = turned.T
    keys = _keys(turned[:, [0, 1, 0, 2]])
    edges, place = np.unique(keys, return_inverse=True)
    low, high = edges >> 32, edges & _LOW
    share = (field[low] / (field[low] - field[high]))[:, None]
    extra = values[low] * (1 - share) + values[high] * share
    p, q = (place.reshape(-1, 2) + len(values)).T
    single = one[one | two]
    added = np.concatenate([
        np.stack([a, p, q], 1)[single],
        np.stack([p, b, c], 1)[~single], np.stack([p, c, q], 1)[~single],
    ])  # fmt: skip
    values = np.concatenate([values, extra])
    kept = triangles[count == 3]
    kept = np.concatenate([kept, added])
    used, renumbered = np.unique(kept, return_inverse=True)
    return values[used], renumbered.reshape(-1, 3)


def boundary(triangles: Index) -> Index:
    """The edges that belong to one triangle only, (E, 2), in the triangle's direction."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    _, inverse, count = np.unique(_keys(edges), return_inverse=True, return_counts=True)
    return edges[count[inverse.ravel()] == 1]


def noise(points: Array, seed: int) -> Array:
    """Smooth value noise of about unit variance with features one unit wide, (N,)."""
    rng = np.random.default_rng(seed)
    lattice = rng.normal(size=(32, 32, 32)) * 1.8
    place = points + rng.uniform(0, 32, 3)
    cell = np.floor(place).astype(int)
    part = place - cell
    part = part * part * (3 - 2 * part)
    total = np.zeros(len(points))
    for corner in np.ndindex(2, 2, 2):
        share = np.prod(np.where(corner, part, 1 - part), axis=1)
        i, j, k = ((cell + corner) % 32).T
        total += share * lattice[i, j, k]
    return total


@dataclass(frozen=True)
class Coarse:
    """The first points of a surface, and how they hang together."""

    points: int
    triangles: Index


@dataclass(frozen=True)
class Surface:
    """A closed-fitting sheet around a figure at rest, with the coordinates tailors cut by."""

    figure: Figure
    points: Array  # (N, 3) decimetres
    triangles: Index
    weights: Array  # (N, B)
    arm: Array  # share of the weight on arm bones
    leg: Array
    sleeve: Array  # 0 at the shoulder .. 1 at the wrist, meaningful on arms
    hanging: Array  # (N, 3) where cloth would be that hangs straight from the widest places
    coarse: Coarse  # the same surface with fewer points, which are the first of ``points``

    @functools.cached_property
    def normals(self) -> Array:
        return normals(self.points, self.triangles)

    def level(self, mark: float) -> float:
        """The height of a landmark in decimetres: 0 ankle, 1 knee, 2 hip, 3 shoulder, 4 neck,
        5 the head's joint; below zero towards the ground.
        """
        bones = ("foot.L", "lowerleg01.L", "upperleg01.L", "upperarm01.L", "neck01", "head")
        heights = [self.figure.head(b)[1] for b in bones]
        return float(np.interp(mark, range(6), heights) + min(mark, 0.0) * 4)


ARM = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
LEG = ("upperleg", "lowerleg", "foot", "toe")


def tights(figure: Figure) -> Surface:
    """What tops, trousers and sleeves are cut from: a figure's ``helper-tights``, smoothed."""
    base = figure.data.base
    faces = fan([f for f, g in zip(base.faces, base.groups, strict=True) if g == "helper-tights"])
    used, renumbered = np.unique(faces, return_inverse=True)
    shares = [figure.share(*ARM), figure.share(*LEG)]
    values = np.column_stack([figure.points, *shares, figure.data.weights])[used]
    values, triangles = subdivide(values, renumbered.reshape(-1, 3))
    coarse = Coarse(len(values), triangles)
    if figure.data.fine:
        values, triangles = subdivide(values, triangles)
    points = smooth(values[:, :3], triangles, 4 if figure.data.fine else 2)
    along = _along(figure, points, ("upperarm01", "lowerarm01", "wrist"))
    arm, leg = values[:, 3], values[:, 4]
    hanging = _hang(figure, points, arm, leg)
    return Surface(figure, points, triangles, values[:, 5:], arm, leg, along, hanging, coarse)


#: Points of a ring, and rings of the tube round both legs.
AROUND, RINGS = 144, 90
AXIS = np.array([0.0, 0.15])  # x and z of the line that rings go round, decimetres
TURNS = np.linspace(-np.pi, np.pi, AROUND, endpoint=False)
SPOKES = np.stack([np.sin(TURNS), np.cos(TURNS)], 1)


def _rings(core: Array, heights: Array, falls_from: float) -> Array:
    """How far a cloth wound round these points is from the axis, (rings, AROUND).

    Below ``falls_from`` it hangs: no ring is narrower than the one above it.
    """
    reach = np.zeros((len(heights), AROUND))
    apart = np.cos(TURNS[:, None] - TURNS)
    for k, height in enumerate(heights):
        near = core[np.abs(core[:, 1] - height) < 0.22][:, [0, 2]] - AXIS
        held = (near @ SPOKES.T).max(0)  # the hull's distance along each spoke's normal
        reach[k] = np.where(apart > 0.15, held / np.maximum(apart, 0.15), 9.0).min(1)
    reach = ndimage.gaussian_filter(reach, (1.5, 1.5), mode=("nearest", "wrap"))
    for k in range(1, len(heights)):
        if heights[k] < falls_from:
            reach[k] = np.maximum(reach[k], 0.995 * reach[k - 1])
    return reach


def _hang(figure: Figure, points: Array, arm: Array, leg: Array) -> Array:
    """The torso's surface pulled out to where cloth that falls from bust and shoulders is."""
    top, bottom = figure.head("upperarm01.L")[1] - 0.35, figure.head("upperleg01.L")[1] - 1.2
    heights = np.linspace(top, bottom, 48)
    reach = _rings(points[arm < 0.2], heights, top)
    x, y, z = points.T
    across, toward = x - AXIS[0], z - AXIS[1]
    place = np.stack(
        [
            np.interp(-y, -heights, np.arange(len(heights))),
            (np.arctan2(across, toward) + np.pi) / (2 * np.pi) * AROUND,
        ]
    )
    wound = ndimage.map_coordinates(
        np.column_stack([reach, reach[:, :1]]), place, order=1, mode="nearest"
    )
    own = np.hypot(across, toward)
    torso = np.clip((top + 0.3 - y) / 0.6, 0, 1) * np.clip(1 - 2 * arm, 0, 1)
    torso *= np.clip((y - bottom) / 0.8, 0, 1) * np.clip(1.4 - leg, 0, 1)
    grow = np.clip(wound / np.maximum(own, 0.3) - 1, 0, 1) * torso
    return points + np.stack([across * grow, 0 * x, toward * grow], 1)


def _along(figure: Figure, points: Array, bones: tuple[str, ...]) -> Array:
    """How far along a limb each point lies: 0 at the first joint, 1 at the last."""
    mirrored = points.copy()
    mirrored[:, 0] = abs(mirrored[:, 0])
    joints = [figure.head(f"{b}.L") for b in bones]
    lengths = [float(np.linalg.norm(b - a)) for a, b in itertools.pairwise(joints)]
    best = np.full(len(points), np.inf)
    along = np.zeros(len(points))
    done = 0.0
    for k, (start, length) in enumerate(zip(joints, lengths, strict=False)):
        axis = (joints[k + 1] - start) / length
        run = (mirrored - start) @ axis
        low = -9.0 if k == 0 else 0.0
        high = 9.0 if k == len(lengths) - 1 else length
        held = np.clip(run, low, high)
        away = np.linalg.norm(mirrored - start - held[:, None] * axis, axis=1)
        nearer = away < best
        best[nearer], along[nearer] = away[nearer], (done + run[nearer]) / sum(lengths)
        done += length
    return along


def tube(figure: Figure, body: Surface) -> Surface:
    """What skirts are cut from: rings around the waist, hips and both legs that hang straight."""
    every = 1 if figure.data.fine else 2
    heights = np.linspace(body.level(2.7), body.level(0.05), RINGS // every)
    reach = _rings(body.points[body.arm < 0.2], heights, body.level(2.3))[:, ::every]
    flat = AXIS + reach[..., None] * SPOKES[::every]
    level = np.broadcast_to(heights[:, None], reach.shape)
    points = np.stack([flat[..., 0], level, flat[..., 1]], -1).reshape(-1, 3)
    grid = np.arange(len(points)).reshape(reach.shape)
    a, c = grid[:-1].ravel(), grid[1:].ravel()
    b, d = np.roll(grid[:-1], -1, 1).ravel(), np.roll(grid[1:], -1, 1).ravel()
    triangles = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    weights, leg = _hung(figure, body, points)
    none = np.zeros(len(points))
    coarse = Coarse(len(points), triangles)
    return Surface(figure, points, triangles, weights, none, leg, none, points, coarse)


def _hung(figure: Figure, body: Surface, points: Array) -> tuple[Array, Array]:
    """Weights of cloth around both legs: the hips' at the top, then each leg's on its side."""
    bones = figure.data.bones
    x, y, _ = points.T
    hip, knee = figure.head("upperleg01.L")[1], figure.head("lowerleg01.L")[1]

    def fade(start: float, end: float) -> Array:
        part = np.clip((start - y) / (start - end), 0, 1)
        return part * part * (3 - 2 * part)

    torso = body.arm + body.leg < 0.2
    near = cKDTree(body.points[torso]).query(points)[1]
    weights = body.weights[torso][near]
    leg, shin = fade(hip + 0.9, hip - 0.9), fade(knee + 0.5, knee - 0.7)
    weights *= (1 - leg)[:, None]
    left = 0.5 + 0.5 * np.tanh(x / 0.7)
    for side, share in (("L", left), ("R", 1 - left)):
        weights[:, bones.index(f"upperleg02.{side}")] += leg * (1 - shin) * share
        weights[:, bones.index(f"lowerleg01.{side}")] += leg * shin * share
    return weights, leg
