"""What the views of an item say together: its category, and the colours of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wardrobe import color
from wardrobe.labels import CATEGORIES, Category
from wardrobe.types import Garment, Labels


def certainty(score: float) -> float:
    """How likely the segmenter's category is right, by its score, in [0, 1].

    A detector's score also doubts that there is anything at all. Of the powers tried, the root gives
    the garments of rendered pairs (seed 21, never trained on) the likeliest categories; so read, it
    stands beside the classifier's calibrated confidence.
    """
    return float(score**0.5)


def category_of(garment: Garment, labels: Labels) -> Category:
    """The surer word of segmenter and classifier."""
    return labels.category if labels.confidence > certainty(garment.score) else garment.category


def vote(garments: Sequence[Garment], labels: Sequence[Labels]) -> tuple[Category, float]:
    """An item's category by the members' confidence, and the winner's share of all votes.

    Both models vote for each member, weighted by confidence and visible share: a clear view
    outvotes a sleeve behind a table.
    """
    votes: defaultdict[Category, float] = defaultdict(float)
    for g, said in zip(garments, labels, strict=True):
        weight = 0.2 + g.visibility
        votes[g.category] += certainty(g.score) * weight
        votes[said.category] += said.confidence * weight
    best = max(votes, key=lambda c: (votes[c], -CATEGORIES.index(c)))
    return best, float(votes[best]) / float(sum(votes.values()))


def shades(labels: Sequence[Labels]) -> NDArray[np.float64]:
    """(n, 3) mean CIELAB of each garment's main colours, weighted by their shares; NaN without any."""
    n = len(labels)
    owners = np.array([k for k, said in enumerate(labels) for _ in said.colours], np.intp)
    weights = np.array([share for said in labels for _, _, share in said.colours], np.float64)
    known, which = np.unique(
        [h for said in labels for _, h, _ in said.colours], return_inverse=True
    )
    if not len(known):
        return np.full((n, 3), np.nan)
    lab = color.to_lab(np.array([color.from_hex(str(h)) for h in known]))[which] * weights[:, None]
    sums = np.stack([np.bincount(owners, channel, n) for channel in lab.T], axis=1)
    totals = np.bincount(owners, weights, n)[:, None]
    return np.where(totals > 0, sums / np.where(totals > 0, totals, 1), np.nan)
