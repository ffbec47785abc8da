"""Pairs of vectors that are alike enough, never more than a block of the n x n matrix at a time.

Up to ``EXACT`` vectors every pair is looked at. Beyond, vectors are sorted into cells of about
``CELL`` (an inverted file, Jegou et al. 2011; k-means by faiss), and each is compared with the
members of the ``PROBES`` cells nearest to it, cell by cell in one product: of sketches first, then
of the vectors themselves where the sketches are alike. Cells don't grow with n; what does is the
number of centres to choose the nearest from, a 400th of n. Two vectors meet when either finds the
other. How many pairs are missed is measured by ``pipelines/bench.py group``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Up to here every pair is looked at: seconds, and exact. A closet is rarely larger.
EXACT = 20_000
BLOCK = 512
CELL = 400
PROBES = 64
ROUNDS, TAUGHT = 5, 64  # of k-means, and vectors a cell that it looks at
QUERIES = 50_000
#: Directions of a sketch. Two sketches' cosine differs from the vectors' own by a standard error of 0.03
#: near 0.85, so that SLACK is five of them.
SKETCH, SLACK = 64, 0.16

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
    near, sketches = _nearest_cells(vectors), _sketches(vectors)
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
        theirs = sketches[own].T
        for start in range(0, len(asking), BLOCK * 8):
            some = asking[start : start + BLOCK * 8]
            alike = np.flatnonzero(sketches[some] @ theirs >= least - SLACK)
            rows, columns = np.divmod(alike, len(own))
            a, b = some[rows], own[columns]
            low, high = np.minimum(a, b), np.maximum(a, b)
            cosines = np.einsum("nd,nd->n", vectors[low], vectors[high])
            good = (cosines >= least) & (low != high)
            out.append((low[good], high[good], cosines[good]))
    return out


def _sketches(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, SKETCH) float32 of length 1: the vectors seen along random directions."""
    d = vectors.shape[1]
    turned = np.linalg.qr(np.random.default_rng(0).standard_normal((d, d)))[0]
    seen = vectors @ turned[:, :SKETCH].astype(np.float32)
    norms = np.linalg.norm(seen, axis=1, keepdims=True)
    return np.asarray(seen / np.maximum(norms, 1e-9), np.float32)


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
