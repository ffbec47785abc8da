"""Sides: whether what is said to be one garment looks like two, and which member is on which side.

Only clear views have a say, and a side needs two of them: light and blur make one view look like
anything. What is found is a question for a person, never a split.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Least members of a side.
SIDE = 2
#: Least distance between the nearest members of two colour modes, CIELAB with L halved: lamps and
#: shade move lightness more than hue.
GAP = 12.0
LIGHTNESS = 0.5

Sides = NDArray[np.int8]  # (n,) 0 or 1 for a member's side, -1 for one that has no say


def of_colours(lab: NDArray[np.float64], clear: NDArray[np.bool_]) -> Sides | None:
    """Two clear colour modes: along the direction in which the colours differ most, a gap wider
    than either side. None where there is one mode.

    Args:
        lab: (n, 3) mean colour of each member, NaN where it is unknown.
        clear: (n,) whose views are clear.
    """
    says = np.flatnonzero(clear & ~np.isnan(lab).any(axis=1))
    if len(says) < 2 * SIDE:
        return None
    points = lab[says] * (LIGHTNESS, 1, 1)
    points = points - points.mean(axis=0)
    along = points @ np.linalg.svd(points, full_matrices=False)[2][0]
    order = np.argsort(along, kind="stable")
    gaps = np.diff(along[order])
    cut = int(np.argmax(gaps)) + 1
    low, high = along[order[:cut]], along[order[cut:]]
    gap = float(gaps[cut - 1])
    if min(len(low), len(high)) < SIDE or gap < max(GAP, np.ptp(low), np.ptp(high)):
        return None
    sides = np.full(len(lab), -1, np.int8)
    sides[says[order[:cut]]], sides[says[order[cut:]]] = 0, 1
    return sides


def of_words(words: Sequence[str | None], clear: NDArray[np.bool_]) -> Sides | None:
    """Two different words (patterns), each of two clear views or more; None where one prevails."""
    said = [w if c else None for w, c in zip(words, clear, strict=True)]
    counts = {w: said.count(w) for w in set(said) if w is not None}
    first, second, *_ = [*sorted(counts, key=lambda w: (-counts[w], w)), "", ""]
    if counts.get(second, 0) < SIDE:
        return None
    return np.array([0 if w == first else 1 if w == second else -1 for w in said], np.int8)
