"""The owner's garments -> how far each reaches where the photo doesn't show it.

*Amodal*: with the parts that the frame cuts off or something else hides. Visibility is visible
pixels / all pixels, and the outline inside the frame is what a thumbnail may be completed to.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from wardrobe import body
from wardrobe.labels import LAYER
from wardrobe.types import Garment, Mask, MaskArray, Pose

TEMPLATE_PX = 192  # longer side at which the template is laid on: shares need no more


@dataclass(frozen=True, slots=True)
class Dress:
    """Everything one person wears in one photo, and how they stand.

    Attributes:
        garments: masks in the frame of the working picture.
        pose: in its pixels.
    """

    garments: tuple[Garment, ...]
    pose: Pose


@dataclass(frozen=True, slots=True)
class Extent:
    """How far one garment reaches.

    Attributes:
        inside: the garment with its hidden parts, clipped to the frame; holds its visible pixels.
        visibility: visible pixels / estimated pixels in all, those outside the frame included.
    """

    inside: Mask
    visibility: float


class Completer(Protocol):
    """Says how far garments reach: one list per dress, one extent per garment, in order.

    ``inside`` lies in the frame of the garment's mask and covers it; ``visibility`` lies in (0, 1].
    A batch equals its singles.
    """

    def __call__(self, dresses: Sequence[Dress]) -> Sequence[Sequence[Extent]]: ...


@dataclass(frozen=True)
class Template:
    """A :class:`Completer` without a model: the category's shape laid on the pose."""

    min_joint: float

    def __call__(self, dresses: Sequence[Dress]) -> list[list[Extent]]:
        return [self._extents(dress) for dress in dresses]

    def _extents(self, dress: Dress) -> list[Extent]:
        masks = [g.mask.array() for g in dress.garments]
        step = max(1, round(max(max(m.shape) for m in masks) / TEMPLATE_PX)) if masks else 1
        joints = dress.pose.joints.copy()
        joints[:, :2] /= step
        small = [m[step // 2 :: step, step // 2 :: step] for m in masks]
        out = []
        for i, (g, visible) in enumerate(zip(dress.garments, small, strict=True)):
            shown = int(visible.sum())
            if not shown:
                out.append(Extent(g.mask, 1.0))
                continue
            over, _ = around(dress.garments, small, i)
            inside, outside = body.whole(g.category, visible, over, Pose(joints), self.min_joint)
            share = shown / (float(inside.sum()) + outside)
            out.append(Extent(Mask.of(masks[i] | enlarged(inside & over, masks[i].shape)), share))
        return out


def around(
    garments: Sequence[Garment], masks: Sequence[MaskArray], i: int
) -> tuple[MaskArray, MaskArray]:
    """(h, w) bool each: what was found over garment ``i`` or as far out, and what under it.

    Args:
        masks: of the garments, at any one size.
    """
    over, under = np.zeros_like(masks[i]), np.zeros_like(masks[i])
    for k, (other, mask) in enumerate(zip(garments, masks, strict=True)):
        if k != i:
            near = LAYER[other.category] >= LAYER[garments[i].category]
            (over if near else under)[mask] = True
    return over & ~masks[i], under & ~masks[i]


def enlarged(mask: MaskArray, size: tuple[int, ...]) -> MaskArray:
    """A mask at another size, each pixel taken from the nearest."""
    rows = np.minimum(np.arange(size[0]) * mask.shape[0] // size[0], mask.shape[0] - 1)
    cols = np.minimum(np.arange(size[1]) * mask.shape[1] // size[1], mask.shape[1] - 1)
    return np.asarray(mask[rows[:, None], cols[None]])


@dataclass(frozen=True)
class Complete:
    """The stage: a completer over what the owner wears in each photo."""

    model: str
    load: Callable[[], Completer]
    min_joint: float
    name: str = "amodal"
    version: int = 2

    def recipe(self) -> dict[str, Any]:
        return {"min_joint": self.min_joint}

    def digest(self, one: Dress) -> str:
        said = hashlib.sha256(one.pose.joints.round(2).tobytes())
        for g in one.garments:
            said.update(g.category.encode())
            said.update(np.array([*g.mask.size, *g.mask.runs], np.int64).tobytes())
        return said.hexdigest()

    def __call__(self, batch: Sequence[Dress]) -> Sequence[list[Extent]]:
        return [list(extents) for extents in self.load()(batch)]

    def encode(self, out: Sequence[Extent]) -> bytes:
        rows = [[e.inside.size, e.inside.runs, round(e.visibility, 4)] for e in out]
        return zlib.compress(json.dumps(rows).encode())

    def decode(self, data: bytes) -> list[Extent]:
        rows = json.loads(zlib.decompress(data))
        return [Extent(Mask((s[0], s[1]), tuple(runs)), v) for s, runs, v in rows]


def scored(garments: Sequence[Garment], extents: Sequence[Extent]) -> tuple[Garment, ...]:
    """The garments with the visibility that their extents say."""
    pairs = zip(garments, extents, strict=True)
    return tuple(replace(g, visibility=e.visibility) for g, e in pairs)
