"""Pairs of vectors that are alike enough, never more than a block of the n x n matrix at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Up to here every pair is looked at: seconds, and exact. A closet is rarely larger.
EXACT = 20_000
BLOCK = 512
#: Beyond, an inverted file (Jegou et al. 2011; faiss) over cells, of which this many are searched.
#: Pairs at a cosine of 0.9 are missed once in several thousand: ``pipelines/bench.py group``.
PROBES = 24
QUERIES = 20_000

Pairs = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]


def pairs(vectors: NDArray[np.float32], least: float, *, exact: int = EXACT) -> Pairs:
    """Rows i < j whose cosine is ``least`` or more, sorted, and their cosines.

    Args:
        vectors: (n, d) float32 of length 1.
        exact: number of vectors up to which every pair is looked at.
    """
    found = _every(vectors, least) if len(vectors) <= exact else _by_cells(vectors, least)
    rows, columns, cosines = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((columns, rows))
    return rows[order], columns[order], cosines[order]


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
    import faiss

    n, d = vectors.shape
    cells = min(int(4 * np.sqrt(n)), n // 40)
    quantizer = faiss.IndexFlatIP(d)
    index = faiss.IndexIVFFlat(quantizer, d, cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = 6
    some = np.random.default_rng(0).permutation(n)[: 40 * cells]
    index.train(vectors[np.sort(some)])
    index.add(vectors)
    index.nprobe = PROBES
    out = [_none()]
    for start in range(0, n, QUERIES):
        limits, cosines, columns = index.range_search(vectors[start : start + QUERIES], least)
        counts = limits[1:].astype(np.int64) - limits[:-1].astype(np.int64)
        rows = np.repeat(np.arange(start, start + len(counts)), counts)
        # Both ends of a pair look for each other and may see each other through other cells.
        low, high = np.minimum(rows, columns), np.maximum(rows, columns)
        other = low != high
        out.append((low[other], high[other], cosines[other]))
    return [_once(out)]


def _once(found: list[Pairs]) -> Pairs:
    rows, columns, cosines = (np.concatenate(part) for part in zip(*found, strict=True))
    _, first = np.unique(
        rows.astype(np.int64) * (columns.max(initial=0) + 1) + columns, return_index=True
    )
    return rows[first], columns[first], cosines[first]


def _none() -> Pairs:
    return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32)
