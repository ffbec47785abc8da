"""Two segmenters put together, garment by garment: one that knows instances of clothes, and one
that also knows shoes, bags and hats. Pure NumPy; the models are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wardrobe import geometry
from wardrobe.errors import ModelError
from wardrobe.labels import Category
from wardrobe.stages.segment import Segmenter
from wardrobe.types import Detection, Image, Mask, MaskArray

#: What the instance model knows; of these the other's are taken only where it saw nothing.
CLOTHES: frozenset[Category] = frozenset({"tops", "bottoms", "dresses", "outerwear", "skirts"})
SURE = 0.5  # score from which an accessory's pixels are taken out of the garment behind it
COVERED = 0.3  # share of a garment that the first model saw, from which the second's is dropped


class MergedGarments:
    """Clothes by the first part, everything else by the second.

    Args:
        parts: two segmenters by name, the instance model first.
        device: not used; the parts have theirs.

    Raises:
        ModelError: there are not two parts.
    """

    def __init__(self, *, parts: Mapping[str, Segmenter], device: str = "cpu") -> None:
        if len(parts) != 2:
            raise ModelError(f"two segmenters are merged, not {', '.join(parts) or 'none'}.")
        self._clothes, self._others = parts.values()

    def __call__(self, images: Sequence[Image], torsos: Sequence[float]) -> list[list[Detection]]:
        pairs = zip(self._clothes(images, torsos), self._others(images, torsos), strict=True)
        return [merged(clothes, others) for clothes, others in pairs]


def merged(clothes: Sequence[Detection], others: Sequence[Detection]) -> list[Detection]:
    """The detections of one picture, surest first: an accessory lies in front of the clothes, and
    clothes of the second model count where the first saw nothing."""
    seen = [(d, d.mask.array()) for d in clothes if d.category in CLOTHES]
    found = [d for d in others if d.category not in CLOTHES]
    if not seen:
        return sorted(others, key=lambda d: -d.score)
    shape = seen[0][1].shape
    front = geometry.union([d.mask.array() for d in found if d.score >= SURE], shape)
    for d in others:
        if d.category in CLOTHES:
            mask = d.mask.array()
            known = geometry.union([m for _, m in seen], mask.shape)
            if (mask & known).sum() < COVERED * mask.sum():
                found.append(d)
    for d, mask in seen:
        found.append(_without(d, mask, front))
    return sorted(found, key=lambda d: -d.score)


def _without(d: Detection, mask: MaskArray, front: MaskArray) -> Detection:
    """A garment without what lies in front of it; as it was where that would be most of it."""
    rest = mask & ~front
    box = geometry.box_of(rest)
    if box is None or rest.sum() < 0.5 * mask.sum():
        return d
    return Detection(d.category, d.score, box, Mask.of(rest))
