"""Triangle meshes over masks: made, bent as rigidly as they can be, drawn.

Points are (n, 2) float64 x, y in px; pictures are sampled between pixel centres, which lie at
half pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe.types import MaskArray

Points = NDArray[np.float64]
Ints = NDArray[np.intp]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles over the parts of a picture.

    Attributes:
        points: (n, 2) where they lie in the picture.
        triangles: (m, 3) rows of ``points``, all of one turn.
        part: (m,) which part each triangle belongs to.
    """

    points: Points
    triangles: Ints
    part: Ints


def grid(parts: Sequence[MaskArray], cell: float, shared: MaskArray) -> Mesh:
    """A regular mesh over the parts of a mask, cut open where parts don't touch.

    Args:
        parts: (h, w) each; a cell is made for every part that has a pixel in it.
        cell: px, side of a cell.
        shared: where neighbouring parts are sewn together: corners there are one point for both.
    """
    h, w = shared.shape
    rows, cols = int(np.ceil(h / cell)) + 1, int(np.ceil(w / cell)) + 1
    ys, xs = np.minimum(np.arange(rows) * cell, h), np.minimum(np.arange(cols) * cell, w)
    at = np.clip(ys.astype(int), 0, h - 1)[:, None], np.clip(xs.astype(int), 0, w - 1)[None]
    sewn = shared[at]
    numbers: dict[tuple[int, int], int] = {}
    points: list[tuple[float, float]] = []
    triangles: list[tuple[int, int, int]] = []
    owner: list[int] = []

    def number(i: int, j: int, part: int) -> int:
        key = (i * cols + j, -1 if sewn[i, j] else part)
        if key not in numbers:
            numbers[key] = len(points)
            points.append((float(xs[j]), float(ys[i])))
        return numbers[key]

    for part, mask in enumerate(parts):
        padded = np.zeros((int(rows * cell) + 2, int(cols * cell) + 2), np.int64)
        padded[1 : h + 1, 1 : w + 1] = mask
        sums = padded.cumsum(0).cumsum(1)
        y, x = (
            np.minimum((np.arange(rows) * cell).astype(int), h),
            np.minimum((np.arange(cols) * cell).astype(int), w),
        )
        count = sums[y[1:]][:, x[1:]] - sums[y[:-1]][:, x[1:]] - sums[y[1:]][:, x[:-1]]
        count = count + sums[y[:-1]][:, x[:-1]]
        for i, j in zip(*np.nonzero(count), strict=True):
            a, b = number(i, j, part), number(i, j + 1, part)
            c, d = number(i + 1, j, part), number(i + 1, j + 1, part)
            triangles += [(a, b, d), (a, d, c)]
            owner += [part, part]
    return Mesh(
        np.array(points, np.float64).reshape(-1, 2),
        np.array(triangles, np.intp).reshape(-1, 3),
        np.array(owner, np.intp),
    )


def bent(
    mesh: Mesh, wanted: Points, hold: NDArray[np.float64], scale: Points, rounds: int = 4
) -> Points:
    """Where the points go: near ``wanted``, each triangle as rigid as it can be.

    As-rigid-as-possible (Sorkine and Alexa 2007) over triangles: in turn the best rotation of each,
    and the points that fit the rotated triangles and the wanted places best.

    Args:
        wanted: (n, 2) where the points should go.
        hold: (n,) how strongly each is held there; 1 is as strong as a triangle's edge.
        scale: (2,) of the picture across and down, from source to target.
    """
    from scipy import sparse
    from scipy.sparse.linalg import splu

    n, tris = len(mesh.points), mesh.triangles
    heads, tails = tris[:, (0, 1, 2)].ravel(), tris[:, (1, 2, 0)].ravel()
    count = len(heads)
    rows = np.arange(count)
    signs = np.concatenate([np.ones(count), -np.ones(count)])
    edge = sparse.csr_matrix(
        (signs, (np.tile(rows, 2), np.concatenate([heads, tails]))), shape=(count, n)
    )
    solve = splu((edge.T @ edge + sparse.diags(hold)).tocsc())
    rest = (mesh.points[heads] - mesh.points[tails]) * scale
    out = wanted.copy()
    for _ in range(rounds):
        now = out[heads] - out[tails]
        turn = _rotations(rest.reshape(-1, 3, 2), now.reshape(-1, 3, 2))
        spun = np.einsum("mij,mkj->mki", turn, rest.reshape(-1, 3, 2)).reshape(-1, 2)
        right = edge.T @ spun + hold[:, None] * wanted
        out = np.column_stack([solve.solve(right[:, 0]), solve.solve(right[:, 1])])
    return out


def _rotations(rest: Points, now: Points) -> NDArray[np.float64]:
    """(m, 2, 2) the rotation that turns each triangle's edges nearest to what they are now."""
    dot = (rest * now).sum(axis=(1, 2))
    cross = (rest[..., 0] * now[..., 1] - rest[..., 1] * now[..., 0]).sum(axis=1)
    norm = np.maximum(np.hypot(dot, cross), 1e-9)
    c, s = dot / norm, cross / norm
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)


def folded(mesh: Mesh, points: Points) -> NDArray[np.bool_]:
    """(m,) triangles that have turned over."""
    return np.asarray(_areas(points, mesh.triangles) * _areas(mesh.points, mesh.triangles) <= 0)


def _areas(points: Points, triangles: Ints) -> NDArray[np.float64]:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    u, v = b - a, c - a
    return np.asarray((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2)


def drawn(
    mesh: Mesh, points: Points, part: int, size: tuple[int, int]
) -> tuple[NDArray[np.float32], MaskArray]:
    """From which place of the source each pixel of the target takes its colour.

    Args:
        points: (n, 2) the mesh's points in the target.
        part: only triangles of this part.
        size: (height_px, width_px) of the target.

    Returns:
        (h, w, 2) float32 x, y in the source, and (h, w) bool, where there is any.
    """
    out = np.zeros((*size, 2), np.float32)
    covered = np.zeros(size, np.bool_)
    rows = np.flatnonzero(mesh.part == part)
    over = folded(mesh, points)[rows]
    # What has turned over lies under what has not: cloth with a fold in it has no hole.
    for k in np.concatenate([rows[over], rows[~over]]):
        corners, source = points[mesh.triangles[k]], mesh.points[mesh.triangles[k]]
        x0, y0 = np.maximum(np.floor(corners.min(axis=0) - 0.5).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=0) + 0.5).astype(int), size[::-1])
        if x1 <= x0 or y1 <= y0:
            continue
        u, v = corners[1] - corners[0], corners[2] - corners[0]
        area = u[0] * v[1] - u[1] * v[0]
        if abs(area) < 1e-9:
            continue
        x = np.arange(x0, x1) + 0.5 - corners[0, 0]
        y = (np.arange(y0, y1) + 0.5 - corners[0, 1])[:, None]
        b, c = (x * v[1] - y * v[0]) / area, (y * u[0] - x * u[1]) / area
        inside = (b >= -1e-6) & (c >= -1e-6) & (b + c <= 1 + 1e-6)
        if not inside.any():
            continue
        b, c = b[inside], c[inside]
        place = (
            source[0] + b[:, None] * (source[1] - source[0]) + c[:, None] * (source[2] - source[0])
        )
        out[y0:y1, x0:x1][inside] = place
        covered[y0:y1, x0:x1] |= inside
    return out, covered


def sampled(planes: Floats, places: Floats, order: int = 1) -> Floats:
    """(n, c) values of (h, w, c) planes at (n, 2) places x, y; edges repeated.

    Args:
        order: 1 between four pixels, 3 cubic, sharper where the source is enlarged.
    """
    from scipy.ndimage import map_coordinates

    at = [places[:, 1] - 0.5, places[:, 0] - 0.5]
    channels = [
        map_coordinates(planes[..., c], at, order=order, mode="nearest", output=np.float32)
        for c in range(planes.shape[2])
    ]
    return np.stack(channels, axis=1)
