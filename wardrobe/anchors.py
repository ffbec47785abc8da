"""Anchors -> the garments that lie there now, whatever model found them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from wardrobe import geometry
from wardrobe.types import Anchor

#: Overlap of boxes (IoU) from which a garment is the one that was meant: another model draws the
#: same garment with 0.6 and more, and calls it something else now and then. Where the category has
#: stayed, less will do: a garment cut off by a bag keeps half of its box.
SAME_CATEGORY, ANY_CATEGORY = 0.3, 0.5
#: A jacket and the shirt under it fill one box: the one of the category meant is preferred.
PREFERENCE = 0.25


def finder(garments: Mapping[str, Anchor]) -> Callable[[Anchor], str | None]:
    """A function from an anchor to the id of the garment that lies there, or None.

    Args:
        garments: id -> where it lies; several may lie in one photo.
    """
    by_photo: defaultdict[str, list[tuple[str, Anchor]]] = defaultdict(list)
    for garment, place in sorted(garments.items()):
        by_photo[place.photo_id].append((garment, place))

    def find(anchor: Anchor) -> str | None:
        best, found = 0.0, None
        for garment, place in by_photo.get(anchor.photo_id, ()):
            overlap = geometry.iou(anchor.box_frac, place.box_frac)
            same = anchor.category == place.category
            if overlap >= (SAME_CATEGORY if same else ANY_CATEGORY):
                fit = overlap + PREFERENCE * same
                if fit > best:
                    best, found = fit, garment
        return found

    return find
