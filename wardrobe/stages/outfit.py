"""Garments -> do they go together? Used to sort suggestions, never shown as a verdict.

The measure of a pair is ``sigmoid(W . concat(E_a + E_b, P E_a * P E_b) + b)``: the house's
``sigmoid(W . concat(E_a, E_b) + b)``, symmetric, plus the product of the two projected vectors.
Without the product a pair's measure is a sum of one term for each garment, which says how popular
each is and nothing of how they fit. An outfit of three or more is the mean of its pairs' logits, unless
the matcher judges outfits as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wardrobe.labels import Category

Slot = Literal["top", "dress", "bottom", "outerwear", "footwear", "bag", "accessory"]
SLOTS: tuple[Slot, ...] = get_args(Slot)

#: Where on a person an outfit has room for a category.
SLOT_OF: Mapping[Category, Slot] = {
    "tops": "top", "dresses": "dress", "bottoms": "bottom", "skirts": "bottom",
    "outerwear": "outerwear", "footwear": "footwear", "bags": "bag", "jewellery": "accessory",
    "headwear": "accessory", "eyewear": "accessory", "scarves": "accessory", "belts": "accessory",
    "legwear": "accessory",
}  # fmt: skip

#: What the model was trained on; jewellery, glasses and belts are too small in its photos.
JUDGED: frozenset[Slot] = frozenset(SLOTS) - {"accessory"}


class Matcher(Protocol):
    """How well the rows of two (n, 256) float32 sets of unit vectors go together: (n,) float32
    logits, the same with the sets exchanged."""

    def __call__(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]: ...


@runtime_checkable
class OutfitMatcher(Matcher, Protocol):
    """A matcher that judges outfits as a whole: the logit of (n, 256) float32 unit vectors."""

    def whole(self, vectors: NDArray[np.float32]) -> float: ...


def compatibility(
    vectors: NDArray[np.float32], categories: Sequence[Category], match: Matcher
) -> float | None:
    """How well an outfit's garments go together, in (0, 1); None with fewer than two to judge.

    Args:
        vectors: (n, 256) float32, one unit vector per garment.
        categories: n, of the same garments.
    """
    judged = [i for i, c in enumerate(categories) if SLOT_OF[c] in JUDGED]
    pairs = np.array(list(combinations(judged, 2))).reshape(-1, 2)
    if not len(pairs):
        return None
    if isinstance(match, OutfitMatcher):
        logit = match.whole(vectors[judged])
    else:
        logit = float(match(vectors[pairs[:, 0]], vectors[pairs[:, 1]]).mean())
    return float(1 / (1 + np.exp(-logit)))


def clash(categories: Sequence[Category]) -> str | None:
    """Why these categories can't be worn as one outfit, as a sentence; None when they can.

    Every slot but the accessories holds one garment, an accessory one of its category, and a dress
    leaves no room for a bottom. A top over or under a dress is allowed.
    """
    seen: set[str] = set()
    for category in categories:
        slot = SLOT_OF[category]
        place = category if slot == "accessory" else slot
        if place in seen:
            return f"an outfit has room for one {place} only"
        seen.add(place)
    if {"dress", "bottom"} <= seen:
        return "a dress leaves no room for trousers or a skirt"
    return None
