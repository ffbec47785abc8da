"""The body's outer surface that clothes are cut from, and the mesh arithmetic they need."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from body import Array, Figure, Index, fan
from scipy.sparse import coo_matrix


def subdivide(values: Array, triangles: Index) -> tuple[Array, Index]:
    """Split each triangle in four; ``values`` (N, K) are halved along the edges."""
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    middles = (values[unique[:, 0]] + values[unique[:, 1]]) / 2
    a, b, c = triangles.T
    ab, bc, ca = inverse.reshape(-1, 3).T + len(values)
    quarters = [np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.concatenate([values, middles]), np.concatenate(quarters)


def normals(points: Array, triangles: Index) -> Array:
    """Unit vertex normals, (N, 3)."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, triangles[:, k], face)
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
    cuts: dict[tuple[int, int], int] = {}
    extra: list[Array] = []

    def cut(i: int, j: int) -> int:
        key = (min(i, j), max(i, j))
        if key not in cuts:
            share = field[key[0]] / (field[key[0]] - field[key[1]])
            cuts[key] = len(values) + len(extra)
            extra.append(values[key[0]] * (1 - share) + values[key[1]] * share)
        return cuts[key]

    added: list[tuple[int, int, int]] = []
    partial = (count == 1) | (count == 2)
    for corners, keep in zip(triangles[partial], inside[partial], strict=True):
        lone = int(np.argmax(keep)) if keep.sum() == 1 else int(np.argmin(keep))
        a, b, c = (int(corners[(lone + k) % 3]) for k in range(3))
        p, q = cut(a, b), cut(a, c)
        added += [(a, p, q)] if keep.sum() == 1 else [(p, b, c), (p, c, q)]
    values = np.concatenate([values, np.array(extra)]) if extra else values
    kept = triangles[count == 3]
    kept = np.concatenate([kept, np.array(added)]) if added else kept
    used, renumbered = np.unique(kept, return_inverse=True)
    return values[used], renumbered.reshape(-1, 3)


def boundary(triangles: Index) -> Index:
    """The edges that belong to one triangle only, (E, 2), in the triangle's direction."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    _, inverse, count = np.unique(
        np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True
    )
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
class Surface:
    """A closed-fitting sheet around a figure at rest, with the coordinates tailors cut by."""

    figure: Figure
    points: Array  # (N, 3) decimetres
    triangles: Index
    weights: Array  # (N, B)
    arm: Array  # share of the weight on arm bones
    leg: Array
    sleeve: Array  # 0 at the shoulder .. 1 at the wrist, meaningful on arms

    @functools.cached_property
    def normals(self) -> Array:
        return normals(self.points, self.triangles)

    @functools.cached_property
    def hanging(self) -> Array:
        """The surface as cloth would hang across its hollows."""
        return smooth(self.points, self.triangles, 60)

    def level(self, mark: float) -> float:
        """The height of a landmark in decimetres: 0 ankle, 1 knee, 2 hip, 3 shoulder, 4 neck,
        5 the head's joint; below zero towards the ground.
        """
        bones = ("foot.L", "lowerleg01.L", "upperleg01.L", "upperarm01.L", "neck01", "head")
        heights = [self.figure.head(b)[1] for b in bones]
        return float(np.interp(mark, range(6), heights) + min(mark, 0.0) * 4)


ARM = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
LEG = ("upperleg", "lowerleg", "foot", "toe")


def surface(figure: Figure, helper: str, splits: int = 2) -> Surface:
    """A figure's ``helper-tights`` or ``helper-skirt`` as a :class:`Surface`."""
    base = figure.data.base
    faces = fan([f for f, g in zip(base.faces, base.groups, strict=True) if g == helper])
    used, renumbered = np.unique(faces, return_inverse=True)
    shares = [figure.share(*ARM), figure.share(*LEG)]
    values = np.column_stack([figure.points, *shares, figure.data.weights])[used]
    triangles = renumbered.reshape(-1, 3)
    for _ in range(splits):
        values, triangles = subdivide(values, triangles)
    points = smooth(values[:, :3], triangles, 4)
    along = _along(figure, points, ("upperarm01", "lowerarm01", "wrist"))
    return Surface(figure, points, triangles, values[:, 5:], values[:, 3], values[:, 4], along)


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
