"""How well a way of describing garments tells one from another: figures, nothing printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from describers import Array, Describe, Tiles
from evaluation.identity import recall_at_1
from garment_views import lamp, plain, view
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_auc_score

BOUNDARY = 0.85  # cosine at which the product joins two garments
LAMPS_K = (2500, 3000, 3500, 4000, 5000, 7500, 9000)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Figures of one way on one set.

    Attributes:
        recall: share of queries whose likest answer is the same garment.
        auc: a pair of one garment is more alike than a pair of two of one category.
        same, different: shares of such pairs that reach BOUNDARY.
        strict, above: the cosine that one different pair in a thousand passes, and the share of
            same pairs that pass it.
        asked: how many queries.
    """

    recall: float
    auc: float
    same: float
    different: float
    strict: float
    above: float
    asked: int


@dataclass(frozen=True)
class Held:
    """Garments photographed once: unaltered, and in two strong views of each."""

    plain: Tiles
    first: Tiles
    second: Tiles
    category: NDArray[np.int64]


def altered(tiles: Sequence[NDArray[np.uint8]], category: ArrayLike, seeds: Sequence[int]) -> Held:
    """Two strong views of each tile, drawn by the garment's own seed."""
    views = [
        [
            view(t, np.random.default_rng((17, turn, int(r))))
            for t, r in zip(tiles, seeds, strict=True)
        ]
        for turn in (0, 1)
    ]
    still = np.stack([plain(t) for t in tiles])
    return Held(still, np.stack(views[0]), np.stack(views[1]), np.asarray(category))


def of_views(describe: Describe, held: Held) -> Likeness:
    """A strong view looks for its unaltered picture among all; pairs are of two strong views."""
    a, b, c = describe(held.plain), describe(held.first), describe(held.second)
    recall = float(((b @ a.T).argmax(axis=1) == np.arange(len(a))).mean())
    views = b @ c.T
    rival = (held.category[:, None] == held.category[None]) & ~np.eye(len(a), dtype=bool)
    return told(recall, len(a), np.diag(views), views[rival])


def of_sightings(
    describe: Describe, tiles: Tiles, item: ArrayLike, photo: ArrayLike, category: ArrayLike
) -> Likeness:
    """Garments seen in several photos: each looks for itself in another photo."""
    v, items, photos = describe(tiles), np.asarray(item), np.asarray(photo)
    kinds = np.asarray(category)
    recall, asked = recall_at_1(v, items, photos)
    cosine = v @ v.T
    upper = np.triu(np.ones(cosine.shape, np.bool_), 1)
    same, apart = items[:, None] == items[None], photos[:, None] != photos[None]
    rival = (kinds[:, None] == kinds[None]) & ~same
    return told(recall or 0.0, asked, cosine[same & apart & upper], cosine[rival & upper])


def told(recall: float, asked: int, positive: Array, negative: Array) -> Likeness:
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    strict = float(np.quantile(negative, 0.999))
    return Likeness(
        recall, float(roc_auc_score(truth, np.r_[positive, negative])),
        float((positive >= BOUNDARY).mean()), float((negative >= BOUNDARY).mean()),
        strict, float((positive >= strict).mean()), asked,
    )  # fmt: skip


def lamp_shift(describe: Describe, tiles: Tiles, share: float = 1.0) -> dict[int, float]:
    """1 - cosine to the unaltered tile under each black-body lamp, mean over tiles.

    Args:
        share: of the lamp's colour that the camera leaves in the picture.
    """
    still, moved = describe(tiles), {}
    for kelvin in LAMPS_K:
        lit = tiles.copy()
        linear = (lit[..., :3].astype(np.float32) / 255) ** 2.2 * lamp(kelvin) ** share
        level = np.clip(linear, 0, 1) ** (1 / 2.2) * 255 + 0.5
        lit[..., :3] = np.clip(level, 0, 255).astype(np.uint8)
        moved[kelvin] = float((1 - (still * describe(lit)).sum(axis=1)).mean())
    return moved
