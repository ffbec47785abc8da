"""Pairs of rows that belong together or might, and the parts that they connect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Pairs of rows ``i < j``, their cosines, and what makes them doubtful; (n,) each."""

    i: Numbers
    j: Numbers
    cosine: NDArray[np.float64]
    why: Numbers

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]], cosine: float = 0.0, why: int = 0) -> Links:
        i, j = np.array(pairs, np.intp).reshape(-1, 2).T
        return cls(i, j, np.full(len(i), cosine), np.full(len(i), why))

    @classmethod
    def all(cls, several: Sequence[Links]) -> Links:
        columns = ([getattr(one, name) for one in several] for name in ("i", "j", "cosine", "why"))
        return cls(*(np.concatenate(column) for column in columns))

    def some(self, which: NDArray[Any]) -> Links:
        return Links(self.i[which], self.j[which], self.cosine[which], self.why[which])

    def of_parts(self, home: Numbers) -> Callable[[int], Links]:
        """The links within each part, the likest first, given each row's part."""
        order = np.lexsort((self.j, self.i, -self.cosine, home[self.i]))
        starts = np.searchsorted(home[self.i][order], np.arange(home.max(initial=-1) + 2))
        return lambda label: self.some(order[starts[label] : starts[label + 1]])


def components(n: int, links: Links, min_samples: int) -> Numbers:
    """DBSCAN's cluster of each row over the links, numbered from 0; noise is a cluster each."""
    from scipy.sparse import csr_matrix
    from sklearn.cluster import DBSCAN

    if not n:
        return np.empty(0, np.intp)
    own = np.arange(n)
    ends, others = np.concatenate([links.i, links.j, own]), np.concatenate([links.j, links.i, own])
    # Every stored entry within eps is a neighbour; a stored 0 would be none. Doubled ones add up.
    near = csr_matrix((np.full(len(ends), 0.1), (ends, others)), shape=(n, n))
    found = DBSCAN(eps=1.0, min_samples=min_samples, metric="precomputed").fit_predict(near)
    noise = found < 0
    found[noise] = found.max(initial=-1) + 1 + np.arange(noise.sum())
    return np.asarray(found, np.intp)


def spanning(n: int, i: Numbers, j: Numbers, cosine: NDArray[np.float64]) -> Numbers:
    """Numbers of the fewest links between ``n`` rows that connect the same ones, the likest that can
    be had: a maximum spanning forest. What holds a part together is its weakest link in there.

    Args:
        i, j, cosine: (m,) the links; a pair may be named more than once, and in either order.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    low, high = np.minimum(i, j), np.maximum(i, j)
    order = np.lexsort((-cosine, high, low))  # of a pair named twice the likest counts
    one = order[np.unique(low[order] * n + high[order], return_index=True)[1]]
    cost = csr_matrix((4.0 - cosine[one], (low[one], high[one])), shape=(n, n))  # 0 is no link
    number = csr_matrix((one + 1, (low[one], high[one])), shape=(n, n))
    ends = minimum_spanning_tree(cost).nonzero()
    return np.asarray(np.sort(np.asarray(number[ends]).ravel() - 1), np.intp)


def components_of(n: int, links: Links) -> Numbers:
    """Number of the connected part each row lies in."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    near = csr_matrix((np.ones(len(links.i)), (links.i, links.j)), shape=(n, n))
    return np.asarray(connected_components(near, directed=False)[1], np.intp)


def parts_of(home: Numbers) -> list[list[int]]:
    """The rows of each cluster, in order."""
    order = np.argsort(home, kind="stable")
    ends: Numbers = np.cumsum(np.bincount(home))
    return [part.tolist() for part in np.split(order, ends)[:-1]]


def within(
    part: Sequence[int], links: Links, may: Callable[[int, Sequence[int], Sequence[int]], bool]
) -> tuple[list[list[int]], Numbers]:
    """A part joined link by link, in the order given, and never where ``may`` forbids.

    Args:
        links: those within the part.
        may: whether link k may join two pieces. What forbids two pieces once forbids them however
            they grow; a person's word, which is above that, comes first in the order.

    Returns:
        The pieces, and the numbers of the links that were refused.
    """
    piece = {i: [i] for i in part}
    refused: list[int] = []
    barred: dict[
        int, set[int]
    ] = {}  # first row of a piece -> of the pieces it can't be joined with
    for k, (i, j) in enumerate(zip(links.i.tolist(), links.j.tolist(), strict=True)):
        a, b = piece[i], piece[j]
        if a is b:
            continue
        if b[0] in barred.get(a[0], ()) or not may(k, a, b):
            barred.setdefault(a[0], set()).add(b[0])
            barred.setdefault(b[0], set()).add(a[0])
            refused.append(k)
            continue
        for other in barred.pop(b[0], ()):
            barred[other].discard(b[0])
            barred[other].add(a[0])
            barred.setdefault(a[0], set()).add(other)
        a += b
        piece |= dict.fromkeys(b, a)
    pieces = [sorted(p) for i, p in piece.items() if i == min(p)]
    return pieces, np.array(refused, np.intp)
