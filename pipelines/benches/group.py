"""Garments to items: time, memory, and the joins near the threshold against brute force.

The piles are drawn (:func:`pile`): many small items, styles that several items share, views of all
qualities, three garments a photo. Beside the house's grouping, scikit-learn's plain
``DBSCAN(metric="cosine")`` over the same vectors, up to ``--plain`` garments: its cost grows with
the square. Recall is over the pairs of ``--asked`` garments with all others whose cosine lies within
0.02 of ``same_cosine``. Seconds are of processor time, so that a busy machine measures the same; set
``OMP_NUM_THREADS=1`` to have them of one core. The last row is the exponent that fits them best.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import numpy as np
from benches.alone import alone, peak_mb
from numpy.typing import NDArray

from wardrobe import neighbours
from wardrobe.config import ClusterSettings
from wardrobe.labels import CATEGORIES
from wardrobe.pile import Pile
from wardrobe.stages.cluster import group
from wardrobe.types import VECTOR_SIZE, Garment, Labels, Mask

#: Sightings of an item and how many items in a hundred have them: most are seen once to three times.
SEEN = {1: 45, 2: 22, 3: 13, 5: 9, 8: 6, 15: 3, 30: 1.5, 60: 0.5}
A_PHOTO = 3  # garments
NEAR = 0.02  # cosine to either side of the threshold that counts as near
SETTINGS = ClusterSettings()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--plain", type=int, default=100_000, help="largest for plain DBSCAN")
    parser.add_argument("--asked", type=int, default=5_000, help="garments whose pairs are checked")


def rows(args: argparse.Namespace) -> Iterator[Mapping[str, object]]:
    """One row a size, then the fitted exponents."""
    seconds: dict[str, dict[int, float]] = {"s": {}, "neighbours s": {}, "plain s": {}}
    row: dict[str, object] = {}
    for n in args.sizes:
        ours = alone(grouping, n, args.asked)
        plain = alone(plain_dbscan, n) if n <= args.plain else None
        row = {"garments": n, **dict.fromkeys(("items", "s", "neighbours s"), ours.died)}
        row |= {"peak MB": None, "near pairs": None, "recall": None, **(ours.value or {})}
        row |= {"plain s": plain and (plain.died or plain.value["s"])}
        row |= {"plain MB": plain and (plain.died or round(plain.peak_mb or 0))}
        for key, kept in seconds.items():
            if isinstance(row[key], float):
                kept[n] = row[key]
        yield row
    yield {"garments": "exponent"} | {
        key: _exponent(seconds[key]) if key in seconds else None for key in list(row)[1:]
    }


def grouping(n: int, asked: int) -> dict[str, object]:
    """The house's grouping of a drawn pile, the whole of it; then the pairs it stood on, checked."""
    drawn = pile(n)
    group(pile(50), SETTINGS, 0.05)  # loads the libraries
    look, kept = neighbours.pairs, []

    def noted(*args: Any) -> neighbours.Pairs:
        began = time.process_time()
        found = look(*args)
        kept.append((time.process_time() - began, found[0], found[1]))
        return found

    with mock.patch.object(neighbours, "pairs", noted):
        began = time.process_time()
        found = group(drawn, SETTINGS, 0.05)
        took = time.process_time() - began
    peak = peak_mb()
    ((near_took, i, j),) = kept
    # The grouping's rows are in the order of ids.
    order = np.argsort([g.id for g in drawn.garments])
    near, recall = _recall(drawn.vectors[order], i, j, asked)
    return {
        "items": len(found.groups), "s": took, "neighbours s": near_took, "peak MB": round(peak),
        "near pairs": near, "recall": recall,
    }  # fmt: skip


def plain_dbscan(n: int) -> dict[str, float]:
    """scikit-learn's, over the same vectors at the same threshold."""
    from sklearn.cluster import DBSCAN

    vectors = pile(n).vectors
    plain = DBSCAN(eps=1 - SETTINGS.same_cosine, min_samples=1, metric="cosine")
    plain.fit_predict(vectors[:50])
    began = time.process_time()
    plain.fit_predict(vectors)
    return {"s": time.process_time() - began}


def _recall(
    vectors: NDArray[np.float32], i: NDArray[np.intp], j: NDArray[np.intp], asked: int
) -> tuple[int, float | None]:
    """How many pairs near the threshold some garments have with all others, and which share of
    them is among the pairs (i, j)."""
    n = len(vectors)
    there = i.astype(np.int64) * n + j
    some = np.random.default_rng(1).permutation(n)[:asked]
    near = found = 0
    for start in range(0, len(some), 100):
        rows = some[start : start + 100]
        cosines = vectors[rows] @ vectors.T
        a, b = np.nonzero(np.abs(cosines - SETTINGS.same_cosine) <= NEAR)
        a = rows[a]
        a, b = a[a != b], b[a != b]
        keys = np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b)
        near += len(keys)
        if len(there):
            at = np.searchsorted(there, keys).clip(max=len(there) - 1)
            found += int((there[at] == keys).sum())
    return near, found / near if near else None


def pile(n: int, seed: int = 0) -> Pile:
    """A pile of n garments of a realistic mix, the same every time."""
    rng = np.random.default_rng(seed)
    item = _items(n, rng)
    count = int(item.max()) + 1
    style = np.sort(rng.integers(0, max(count // 4, 1), count))
    kind = rng.choice(len(CATEGORIES), style.max() + 1, p=_shares())[style]
    colour = rng.integers(0, len(COLOURS), style.max() + 1)[style]
    order = rng.permutation(n)
    item = item[order]
    taken = _times(n, rng)
    quality = rng.beta(5, 2, n)
    surely = rng.uniform(0.4, 0.98, (n, 2))
    wrong = rng.random(n) < 0.04
    kinds = np.where(wrong, rng.integers(0, len(CATEGORIES), n), kind[item])
    mask = Mask((1, 1), (0, 1))
    boxes = [(k / 4, 0.1, k / 4 + 0.2, 0.9) for k in range(A_PHOTO)]
    garments = tuple(
        Garment(
            f"{k // A_PHOTO:08x}", boxes[k % A_PHOTO], CATEGORIES[kinds[k]],
            float(surely[k, 0]), mask, float(quality[k]),
        )
        for k in range(n)
    )  # fmt: skip
    labels = tuple(
        Labels(CATEGORIES[kind[item[k]]], float(surely[k, 1]), None, 0.0, COLOURS[colour[item[k]]])
        for k in range(n)
    )
    vectors = _vectors(item, style, rng)
    return Pile(garments, vectors, labels, tuple(map(float, quality)), taken)


COLOURS = tuple(
    ((name, value, 0.8), ("white", "#f7f7f7", 0.2))
    for name, value in (("navy", "#1b2440"), ("black", "#111111"), ("red", "#b0202a"),
                        ("olive", "#5b5f3a"), ("light blue", "#a8c4e0"))
)  # fmt: skip


def _items(n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The item of each garment."""
    sizes = np.array(list(SEEN))
    shares = np.array(list(SEEN.values())) / sum(SEEN.values())
    drawn = rng.choice(sizes, n, p=shares)
    return np.repeat(np.arange(n), drawn)[:n]


def _shares() -> NDArray[np.float64]:
    shares = np.array([30, 22, 4, 12, 4, 2, 14, 4, 2, 2, 1, 1, 2], float)
    return shares / shares.sum()


def _vectors(
    item: NDArray[np.intp], style: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Unit vectors: views scatter round their item, items round their style. How far differs, so
    that some items of one style are nearly alike and some views are barely their item's."""
    styles = _unit(rng.standard_normal((style.max() + 1, VECTOR_SIZE), np.float32))
    wide = rng.uniform(0.3, 1.2, style.max() + 1).astype(np.float32)[style, None]
    items = _unit(
        styles[style]
        + wide * _unit(rng.standard_normal((len(style), VECTOR_SIZE), np.float32))
    )  # fmt: skip
    out = np.empty((len(item), VECTOR_SIZE), np.float32)
    for start in range(0, len(item), 50_000):
        part = item[start : start + 50_000]
        far = rng.lognormal(-1.1, 0.45, len(part)).astype(np.float32)[:, None]
        scatter = _unit(rng.standard_normal((len(part), VECTOR_SIZE), np.float32))
        out[start : start + 50_000] = _unit(items[part] + far * scatter)
    return out


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _times(n: int, rng: np.random.Generator) -> tuple[datetime, ...]:
    """Of each garment's photo; bursts of a few photos within minutes."""
    photos = n // A_PHOTO + 1
    bursts = np.sort(rng.uniform(0, 5 * 365 * 24 * 60, photos // 3 + 1))
    minutes = bursts[np.arange(photos) // 3] + rng.uniform(0, 8, photos)
    first = datetime(2021, 1, 1)
    stamps = [first + timedelta(minutes=float(m)) for m in minutes]
    return tuple(stamps[k // A_PHOTO] for k in range(n))


def _exponent(seconds: Mapping[int, float]) -> float | None:
    """The power of n that fits the seconds best."""
    if len(seconds) < 2:
        return None
    slope = np.polyfit(np.log(list(seconds)), np.log(list(seconds.values())), 1)[0]
    return float(slope)
