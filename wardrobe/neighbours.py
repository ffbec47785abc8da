"""Pairs of vectors that are alike enough, never more than a block of the n x n matrix at a time.

Up to ``EXACT`` vectors every pair is looked at. Beyond, vectors are sorted into cells of about
``CELL`` (an inverted file, Jegou et al. 2011; k-means by faiss), and each is
compared with the members of the ``PROBES`` cells nearest to it, cell by cell in one product. Cells
don't grow with n; what does is the number of centres to choose the nearest from, 1/400 of n. Two
vectors meet when either finds the other. How many pairs are missed is measured by
``pipelines/bench.py group``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Up to here every pair is looked at: seconds, and exact. A closet is rarely larger.
EXACT = 20_000
BLOCK = 512
CELL = 400
PROBES = 24
ROUNDS, TAUGHT = 5, 64  # of k-means, and vectors a cell that it looks at
QUERIES = 50_000

Pairs = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]


def pairs(vectors: NDArray[np.float32], least: float, *, exact: int = EXACT) -> Pairs:
    """Rows i < j whose cosine is ``least`` or more, sorted, and their cosines.

    Args:
        vectors: (n, d) float32 of length 1.
        exact: number of vectors up to which every pair is looked at.
    """
    found = _every(vectors, least) if len(vectors) <= exact else _by_cells(vectors, least)
    rows, columns, cosines = (np.concatenate(part) for part in zip(*found, strict=True))
    # A pair that met in two cells is kept once.
    _, first = np.unique(rows.astype(np.int64) * len(vectors) + columns, return_index=True)
    return rows[first], columns[first], cosines[first]


def _every(vectors: NDArray[np.float32], least: float) -> list[Pairs]:
    out = [_none()]
    for start in range(0, len(vectors), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors[start:].T
        rows, columns = np.nonzero(cosines >= least)
        later = columns > rows
        rows, columns = rows[later], columns[later]
        out.append((rows + start, columns + start, cosines[rows, columns]))
    return out


def _by_cells(vectors: NDArray[np.float32], least: float) -> list[Pairs]:
    near = _nearest_cells(vectors)
    cells = int(near.max()) + 1
    members, member_ends = _by_value(near[:, 0], cells)
    askers, asker_ends = _by_value(near.ravel(), cells)
    askers //= near.shape[1]
    out = [_none()]
    for cell in range(cells):
        own = members[member_ends[cell] : member_ends[cell + 1]]
        asking = askers[asker_ends[cell] : asker_ends[cell + 1]]
        if not len(own):
            continue
        theirs = vectors[own].T
        for start in range(0, len(asking), BLOCK * 8):
            some = asking[start : start + BLOCK * 8]
            cosines = vectors[some] @ theirs
            rows, columns = np.nonzero(cosines >= least)
            a, b = some[rows], own[columns]
            other = a != b
            low, high = np.minimum(a, b)[other], np.maximum(a, b)[other]
            out.append((low, high, cosines[rows[other], columns[other]]))
    return out


def _nearest_cells(vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """(n, PROBES) numbers of the cells nearest to each vector, the nearest first."""
    import faiss

    n, d = vectors.shape
    cells = max(n // CELL, 1)
    some = np.sort(np.random.default_rng(0).permutation(n)[: TAUGHT * cells])
    means = faiss.Kmeans(
        d, cells, niter=ROUNDS, spherical=True, seed=0, min_points_per_centroid=1,
        max_points_per_centroid=TAUGHT,
    )  # fmt: skip
    means.train(vectors[some])
    near = np.empty((n, min(PROBES, cells)), np.int32)
    for start in range(0, n, QUERIES):
        part = vectors[start : start + QUERIES]
        near[start : start + QUERIES] = means.index.search(part, near.shape[1])[1]
    return near


def _by_value(values: NDArray[np.int32], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of each value 0 ... count - 1, one value after the other, and where each begins."""
    order = np.argsort(values, kind="stable")
    return order, np.searchsorted(values[order], np.arange(count + 1))


def _none() -> Pairs:
    return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32)
