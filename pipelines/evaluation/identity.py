"""Are an item's garments one physical garment, and are a garment's sightings one item?

A *predicted* grouping and the *true* one are compared over the same garments: (n,) integer arrays,
equal numbers within an array meaning one item (predicted) or one physical garment (true). What no
prediction met and what no truth met are left out here; the cascade counts them.

Never NMI or purity: with many items of one or two garments both read 90 where half the pairs are
wrong. Figures that don't exist (recall where nothing is seen twice) are None, never 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import bmat
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import roc_auc_score
from sklearn.metrics.cluster import contingency_matrix, pair_confusion_matrix

#: Cosines at which the grouping is tried again, for the curve.
THRESHOLDS = tuple(round(0.70 + 0.01 * k, 2) for k in range(28))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and their harmonic mean; each in [0, 1] or None where it doesn't exist."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        if self.precision is None or self.recall is None:
            return None
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Identity:
    """How well a grouping says which garments are one.

    Attributes:
        garments: how many are compared.
        items: predicted ones that hold any of them.
        true_items: physical garments among them; ``seen_twice`` of them twice or more.
        pairwise: over pairs of garments that are, and that are said to be, one.
        bcubed: over garments (Bagga and Baldwin 1998): how much of a garment's item is that
            garment, and how much of it lies there.
        over_merge_rate: items holding two physical garments or more / items.
        split_rate: of those seen twice, the share lying in two items or more; None where none is.
        merges, splits: the fewest corrections, see :func:`corrections`.
    """

    garments: int
    items: int
    true_items: int
    seen_twice: int
    pairwise: Agreement
    bcubed: Agreement
    over_merge_rate: float
    split_rate: float | None
    merges: int
    splits: int

    @property
    def corrections_per_100(self) -> float:
        """Corrections for a closet of 100 physical garments: a denominator no threshold moves."""
        return 100 * (self.merges + self.splits) / self.true_items


def identity(predicted: ArrayLike, true: ArrayLike) -> Identity:
    """Compare two groupings of the same garments, at least one."""
    table = contingency_matrix(np.asarray(true), np.asarray(predicted), sparse=True)
    cells = (table > 0).astype(int)
    per_item = np.asarray(cells.sum(axis=0)).ravel()
    per_true = np.asarray(cells.sum(axis=1)).ravel()
    sightings = np.asarray(table.sum(axis=1)).ravel()
    merges, splits = corrections(predicted, true)
    seen_twice = sightings >= 2
    return Identity(
        garments=int(table.sum()),
        items=len(per_item),
        true_items=len(per_true),
        seen_twice=int(seen_twice.sum()),
        pairwise=pairwise(predicted, true),
        bcubed=bcubed(predicted, true),
        over_merge_rate=float((per_item >= 2).mean()),
        split_rate=float((per_true[seen_twice] >= 2).mean()) if seen_twice.any() else None,
        merges=merges,
        splits=splits,
    )


def pairwise(predicted: ArrayLike, true: ArrayLike) -> Agreement:
    """Over pairs: of those joined, how many are one garment; of those that are, how many joined."""
    (_, joined_wrongly), (parted_wrongly, right) = pair_confusion_matrix(true, predicted)
    return Agreement(_ratio(right, right + joined_wrongly), _ratio(right, right + parted_wrongly))


def bcubed(predicted: ArrayLike, true: ArrayLike) -> Agreement:
    """Over garments; every garment counts alike, however large its item is."""
    table = contingency_matrix(np.asarray(true), np.asarray(predicted)).astype(float)
    both = table**2
    n = table.sum()
    return Agreement(
        float((both / table.sum(axis=0, keepdims=True)).sum() / n),
        float((both / table.sum(axis=1, keepdims=True)).sum() / n),
    )


def corrections(predicted: ArrayLike, true: ArrayLike) -> tuple[int, int]:
    """The fewest (merges, splits) that turn the predicted grouping into the true one.

    A merge makes two items one; a split takes any part of an item out as an item of its own. The
    fewest there can be is the distance of two partitions in the partition lattice, which is upper
    semimodular, so a shortest way leads through the join (Barthelemy and Leclerc 1995): link every
    item with every physical garment it holds a sighting of; a connected part of that graph with p
    items and q garments needs p - 1 merges and q - 1 splits.
    """
    table = contingency_matrix(np.asarray(true), np.asarray(predicted), sparse=True)
    parts, _ = connected_components(bmat([[None, table], [table.T, None]]), directed=False)
    true_items, items = table.shape
    return items - parts, true_items - parts


def roc_auc(
    vectors: NDArray[np.float32], true: ArrayLike, open_pairs: NDArray[np.bool_] | None = None
) -> float | None:
    """Probability that a pair of one garment is more alike than a pair of two; None without both.

    Args:
        vectors: (n, d) of length 1.
        true: (n,) physical garment of each row.
        open_pairs: (n, n) symmetric, the pairs that count; all of them by default.
    """
    first, second = np.triu_indices(len(vectors), k=1)
    if open_pairs is not None:
        first, second = (side[open_pairs[first, second]] for side in (first, second))
    labels = np.asarray(true)
    same = labels[first] == labels[second]
    if same.all() or not same.any():
        return None
    return float(roc_auc_score(same, (vectors @ vectors.T)[first, second]))


def recall_at_1(
    vectors: NDArray[np.float32], true: ArrayLike, view: ArrayLike
) -> tuple[float | None, int]:
    """Share of garments whose likest garment elsewhere is the same, and how many were asked for.

    Args:
        vectors: (n, d) of length 1.
        true: (n,) physical garment of each row.
        view: (n,) the photo or clip of each row: a garment's own is never its answer, since two
            frames of a second prove nothing. Asked for are the garments also seen elsewhere.
    """
    labels, views = np.asarray(true), np.asarray(view)
    same = labels[:, None] == labels[None]
    elsewhere = views[:, None] != views[None]
    asked = (same & elsewhere).any(axis=1)
    if not asked.any():
        return None, 0
    # Of the query's own view other garments may still answer, wrongly.
    nearest = np.where(elsewhere | ~same, vectors @ vectors.T, -2).argmax(axis=1)
    return float((labels[nearest] == labels)[asked].mean()), int(asked.sum())


def curve(
    regroup: Callable[[float], ArrayLike],
    true: ArrayLike,
    thresholds: Sequence[float] = THRESHOLDS,
) -> list[tuple[float, Identity]]:
    """The comparison at every threshold; ``regroup`` answers the predicted grouping there."""
    return [(t, identity(regroup(t), true)) for t in thresholds]


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
