"""What ``bodynets.ReachNet`` looks at: a garment, what is round it and the body, drawn on a small square.

The square holds the garment as far as it may reach on this body, outside the frame too; so its place
and size come from the pose and the category as much as from what is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry
from wardrobe.labels import CATEGORIES, Category
from wardrobe.types import Box, MaskArray, Pose

GRID = 48  # cells a side
TRUST = 0.5  # visibility from which a joint is believed; the others are laid out
PLANES = 13  # visible, over, under, frame; bones, body; seven pairs of joints
FACTS = len(CATEGORIES) + 2

Floats = NDArray[np.float32]
_HEAD, _SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES = (
    (0,), body.SHOULDERS, body.ELBOWS, body.WRISTS, body.HIPS, body.KNEES, body.ANKLES,
)  # fmt: skip
_PAIRS = (_HEAD, _SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES)
_ARMS = (*_SHOULDERS, *_ELBOWS, *_WRISTS)
_LEGS = (*_HIPS, *_KNEES, *_ANKLES)
#: Joints between which a garment may lie; of the others only its visible part says where it is.
_SPAN: dict[Category, tuple[int, ...]] = {
    "tops": (*_ARMS, *_HIPS), "outerwear": (*_ARMS, *_HIPS, *_KNEES), "dresses": (*_ARMS, *_LEGS),
    "bottoms": _LEGS, "legwear": _LEGS, "skirts": _LEGS, "footwear": _ANKLES, "headwear": _HEAD,
    "eyewear": _HEAD, "scarves": (*_HEAD, *_SHOULDERS), "belts": _HIPS,
}  # fmt: skip
#: Torsos left free round those joints.
_ROOM: dict[Category, float] = {"footwear": 0.35, "headwear": 0.5, "eyewear": 0.3, "belts": 0.3}
_ROOM_OTHERWISE = 0.25
LARGEST = 5.0  # torsos: side of the square, at most


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the picture, maybe beyond its frame: left, top and side in px."""

    x0: float
    y0: float
    side: float

    @property
    def cell_px(self) -> float:
        """Pixels of the picture in one cell of the grid."""
        return (self.side / GRID) ** 2


def square_of(category: Category, box: Box, joints: NDArray[np.float64], torso: float) -> Square:
    """Where to look for all of a garment.

    Args:
        box: of its visible part, px.
        joints: (17, 2) x, y in px, unseen ones laid out.
    """
    grown = 0.2 * max(box[2] - box[0], box[3] - box[1]) + 2
    if category in ("bags", "jewellery"):
        grown *= 3
    low, high = np.array(box[:2]) - grown, np.array(box[2:]) + grown
    if category in _SPAN:
        spots = joints[list(_SPAN[category])]
        room = _ROOM.get(category, _ROOM_OTHERWISE) * torso
        low = np.minimum(low, spots.min(axis=0) - room)
        high = np.maximum(high, spots.max(axis=0) + room)
    seen = (np.array(box[:2]) + np.array(box[2:])) / 2
    side = float(
        min((high - low).max(), max(LARGEST * torso, 1.5 * max(box[2] - box[0], box[3] - box[1])))
    )
    middle = np.clip((low + high) / 2, seen - side / 2, seen + side / 2)
    return Square(float(middle[0] - side / 2), float(middle[1] - side / 2), side)


def sampled(mask: MaskArray, square: Square, offset: tuple[float, float] = (0, 0)) -> Floats:
    """(GRID, GRID) share of each cell that is in the mask; nothing lies outside the picture.

    Args:
        offset: x, y of the mask's first pixel in the picture.
    """
    at = (np.arange(2 * GRID) + 0.5) * square.side / (2 * GRID)
    cols = np.floor(square.x0 + at - offset[0]).astype(np.int64)
    rows = np.floor(square.y0 + at - offset[1]).astype(np.int64)
    h, w = mask.shape
    inside = ((rows >= 0) & (rows < h))[:, None] & ((cols >= 0) & (cols < w))[None]
    fine = mask[rows.clip(0, h - 1)[:, None], cols.clip(0, w - 1)[None]] & inside
    share: Floats = fine.reshape(GRID, 2, GRID, 2).mean(axis=(1, 3), dtype=np.float32)
    return share


def look(
    category: Category, visible: MaskArray, over: MaskArray, under: MaskArray, pose: Pose
) -> tuple[Square, Floats, Floats]:
    """What the network is given of one garment.

    Args:
        visible: (h, w) bool, not empty.
        over, under: (h, w) bool, what else was found on the person: before it, behind it.

    Returns:
        The square, (PLANES, GRID, GRID) float32 in [0, 1], and (FACTS,) float32.
    """
    box = geometry.box_of(visible)
    assert box is not None
    ok = body.seen(pose, TRUST)
    if not ok.any():  # then none is better than another
        ok = np.ones_like(ok)
    joints, torso = body.complete(pose, ok)
    square = square_of(category, box, joints, torso)
    planes = np.zeros((PLANES, GRID, GRID), np.float32)
    for k, mask in enumerate((visible, over, under, np.ones(visible.shape, np.bool_))):
        planes[k] = sampled(mask, square)
    spots = (joints - (square.x0, square.y0)) * (GRID / square.side)
    unit = torso * GRID / square.side
    planes[4:6] = _bones(spots, unit, ok)
    for k, pair in enumerate(_PAIRS):
        planes[6 + k] = _dots(spots, pair, ok, max(0.12 * unit, 0.8))
    facts = np.zeros(FACTS, np.float32)
    facts[CATEGORIES.index(category)] = 1
    facts[-2:] = float(np.log(square.side / torso)), float(ok[body.BODY].mean())
    return square, planes, facts


def hidden(whole: Floats, shown: Floats, square: Square, size: tuple[int, ...]) -> MaskArray:
    """(h, w) bool of ``size``: what the network adds to a garment inside the frame.

    Args:
        whole: (GRID, GRID) in [0, 1], the network's answer; the visible part is in it.
        shown: (GRID, GRID) share of each cell that is visible.

    Slivers a cell wide are the grid's, not the garment's, and are left out. Between the cells' middles the
    answer is interpolated, so that the edge isn't made of steps.
    """
    more = (whole > 0.5) & (shown < 0.5)
    thick = _spread(~_spread(~more)) & more
    out = np.zeros((size[0], size[1]), np.bool_)
    box = geometry.box_of(_spread(thick))
    if box is None:
        return out
    cell = square.side / GRID
    x0, x1 = (int(np.clip(square.x0 + v * cell, 0, size[1])) for v in (box[0], box[2]))
    y0, y1 = (int(np.clip(square.y0 + v * cell, 0, size[0])) for v in (box[1], box[3]))
    across = _between((np.arange(x0, x1) + 0.5 - square.x0) / cell)
    down = _between((np.arange(y0, y1) + 0.5 - square.y0) / cell)
    free = _spread(thick) & (shown < 1) & ~(more & ~thick)
    allowed = free[down.round().astype(np.int64)[:, None], across.round().astype(np.int64)[None]]
    out[y0:y1, x0:x1] = allowed & (_looked_up(whole, down, across) > 0.5)
    return out


def _between(at: NDArray[np.floating]) -> NDArray[np.float64]:
    """Places on the grid, in cells from its edge, as places between the middles of its cells."""
    return np.asarray(np.clip(at - 0.5, 0, GRID - 1), np.float64)


def _looked_up(
    cells: Floats, down: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[np.floating]:
    """(GRID, GRID) read at every pair of a row and a column, linearly."""
    i, j = (np.minimum(at.astype(np.int64), GRID - 2) for at in (down, across))
    fi, fj = (down - i)[:, None].astype(np.float32), (across - j)[None].astype(np.float32)
    rows = cells[i] * (1 - fi) + cells[i + 1] * fi
    return np.asarray(rows[:, j] * (1 - fj) + rows[:, j + 1] * fj)


def visible_share(shown_px: float, whole: Floats, shown: Floats, square: Square) -> float:
    """Visible pixels / estimated pixels in all, in (0, 1].

    Args:
        shown_px: visible px.
        whole, shown: as in :func:`hidden`.
    """
    more = float(np.maximum(whole - shown, 0).sum()) * square.cell_px
    return min(1.0, max(shown_px / max(shown_px + more, 1.0), 1e-3))


def _spread(mask: MaskArray) -> MaskArray:
    """Every cell beside a cell of the mask too, corners included."""
    rows = np.pad(mask, ((1, 1), (0, 0)))
    tall = np.pad(rows[:-2] | rows[1:-1] | rows[2:], ((0, 0), (1, 1)))
    return np.asarray(tall[:, :-2] | tall[:, 1:-1] | tall[:, 2:])


def _bones(spots: NDArray[np.float64], unit: float, ok: NDArray[np.bool_]) -> Floats:
    """(2, GRID, GRID): how near each cell is to a bone, and to one whose joints are both seen."""
    at = np.arange(GRID) + 0.5
    x, y = at[None, :], at[:, None]
    out = np.zeros((2, GRID, GRID), np.float32)
    for i, j in body.BONES:
        a, along = spots[i], spots[j] - spots[i]
        t = np.clip(
            ((x - a[0]) * along[0] + (y - a[1]) * along[1]) / max(along @ along, 1e-9), 0, 1
        )
        far = (x - a[0] - t * along[0]) ** 2 + (y - a[1] - t * along[1]) ** 2
        near = np.exp(-far / (2 * max(0.15 * unit, 0.8) ** 2))
        out[0] = np.maximum(out[0], near)
        if ok[i] and ok[j]:
            out[1] = np.maximum(out[1], near)
    return out


def _dots(
    spots: NDArray[np.float64], pair: Sequence[int], ok: NDArray[np.bool_], sigma: float
) -> Floats:
    """(GRID, GRID): a dot at each joint, paler where it was laid out."""
    at = np.arange(GRID) + 0.5
    out = np.zeros((GRID, GRID), np.float32)
    for i in pair:
        x = np.exp(-((at - spots[i, 0]) ** 2) / (2 * sigma**2))
        y = np.exp(-((at - spots[i, 1]) ** 2) / (2 * sigma**2))
        out = np.maximum(out, (1.0 if ok[i] else 0.4) * y[:, None] * x[None]).astype(np.float32)
    return out
