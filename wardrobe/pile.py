"""Everything that is to be grouped, and what the rules of grouping look at, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from wardrobe.config import ClusterSettings
from wardrobe.labels import CATEGORIES
from wardrobe.links import Numbers
from wardrobe.members import category_of, shades
from wardrobe.types import Garment, Labels

BLOCK = 1 << 20  # pairs looked at at once


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """Everything to be grouped, in any order; the rows of all belong together.

    Attributes:
        vectors: (n, 256) float32 of length 1.
        quality: how clear each view is, in [0, 1]; empty where nothing is known.
        taken: when each photo was taken, or None; empty where nothing is known.
        patterns: what each view says is on the cloth, or None; empty where nothing is known.
        same, different: pairs of garment ids that a person said are, or aren't, one garment.
    """

    garments: tuple[Garment, ...]
    vectors: NDArray[np.float32]
    labels: tuple[Labels, ...]
    quality: tuple[float, ...] = ()
    taken: tuple[datetime | None, ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()
    patterns: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The pile in the order of ids, and what the rules look at."""

    ids: tuple[str, ...]
    photos: Numbers
    kinds: Numbers  # category numbers
    vectors: NDArray[np.float32]
    shades: NDArray[np.float64]  # (n, 3) CIELAB, NaN where unknown
    patterns: tuple[str | None, ...]
    quality: NDArray[np.float64]
    taken: NDArray[np.float64]  # seconds, NaN where unknown
    clear: NDArray[np.bool_]
    same: Numbers  # pairs that a person said are one: i * n + j, sorted
    different: Numbers

    @classmethod
    def of(cls, pile: Pile, min_visibility: float) -> Rows:
        n = len(pile.garments)
        names = [g.id for g in pile.garments]
        order = sorted(range(n), key=names.__getitem__)
        garments = [pile.garments[i] for i in order]
        labels = [pile.labels[i] for i in order]
        at = {names[i]: k for k, i in enumerate(order)}
        kinds = [CATEGORIES.index(category_of(g, s)) for g, s in zip(garments, labels, strict=True)]
        taken = [pile.taken[i] if pile.taken else None for i in order]
        photos: dict[str, int] = {}

        def said(pairs: Sequence[tuple[str, str]]) -> Numbers:
            both = [(at[a], at[b]) for a, b in pairs if a in at and b in at and a != b]
            return np.unique(np.array([min(p) * n + max(p) for p in both], np.intp))

        different = said(pile.different)
        return cls(
            tuple(at),
            np.array([photos.setdefault(g.photo_id, len(photos)) for g in garments], np.intp),
            np.array(kinds, np.intp),
            pile.vectors[order],
            shades(labels),
            tuple(pile.patterns[i] if pile.patterns else None for i in order),
            np.array([pile.quality[i] if pile.quality else 1.0 for i in order], np.float64),
            np.array([t.timestamp() if t else np.nan for t in taken], np.float64),
            np.array([g.visibility >= min_visibility for g in garments], np.bool_),
            np.setdiff1d(said(pile.same), different),
            different,
        )

    def word(self, said: Numbers, i: Numbers, j: Numbers) -> NDArray[np.bool_]:
        """Which of the pairs a person named, given (m,) rows ``i`` and ``j`` that broadcast."""
        key = np.minimum(i, j) * len(self.ids) + np.maximum(i, j)
        if not len(said):
            return np.zeros(key.shape, np.bool_)
        return np.asarray(said[np.searchsorted(said, key).clip(max=len(said) - 1)] == key)

    def may(self, i: Numbers, j: Numbers, max_colour: float) -> NDArray[np.bool_]:
        """Pairs of rows that nothing speaks against but their likeness; ``i`` and ``j`` broadcast.

        Args:
            max_colour: CIELAB a,b distance beyond which two garments are never one.
        """
        a, b = (self.shades[side, 1:] for side in (i, j))
        apart = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1])
        # An unknown colour (NaN) clashes with nothing.
        open_ = ~(apart > max_colour) & (self.photos[i] != self.photos[j])
        return np.asarray(open_ & ~self.word(self.different, i, j), np.bool_)

    def fit(self, one: Sequence[int], other: Sequence[int], settings: ClusterSettings) -> bool:
        """Whether each of one and each of the other could be one garment, those pairs aside that a
        person said are. Looks at a block at a time, and stops at the first pair that could not."""
        least = min(settings.far_cosine, settings.same_cosine)
        j = np.array(other)[None]
        step = max(BLOCK // len(other), 1)
        for start in range(0, len(one), step):
            i = np.array(one[start : start + step])[:, None]
            near = self.vectors[i[:, 0]] @ self.vectors[j[0]].T >= least
            fits = near & self.may(i, j, settings.max_colour)
            if not (fits | self.word(self.same, i, j) | (i == j)).all():
                return False
        return True
