"""The square that a thumbnail is painted on, and how a photo is laid onto it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wardrobe import body, geometry
from wardrobe.registration import Affine, Body
from wardrobe.types import Box, Image, MaskArray, Pose

#: Degrees from which a leaning picture is set upright, and up to which.
LEAST_TILT, MOST_TILT = 12.0, 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A photo laid on a canvas; arrays are (side, side).

    Attributes:
        image: uint8 RGB; what lies beyond the photo repeats its edge.
        mask: the garment's visible pixels.
        over: other garments that can hide this one.
        under: other garments that can't.
        outline: the garment with its hidden parts, as far as somebody said.
        inside: where the canvas shows the photo.
        body: the wearer, or None.
        affine: photo px to canvas px.
    """

    image: Image
    mask: MaskArray
    over: MaskArray
    under: MaskArray
    outline: MaskArray
    inside: MaskArray
    body: Body | None
    affine: Affine


def framing(box: Box, side: int, margin: float, tilt: float = 0.0) -> Affine:
    """Photo px to canvas px: the box centred and upright, its longer side leaving ``margin`` (a share
    of the side) at both ends; the same for every garment of every category.

    Args:
        box: of what is to be shown, in photo px turned by ``tilt`` about the origin.
        tilt: degrees by which the photo is to be turned.
    """
    turn = np.radians(tilt)
    m = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = side * (1 - 2 * margin) / max(box[2] - box[0], box[3] - box[1], 1.0)
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    return np.column_stack([scale * m, side / 2 - scale * middle])


def turned_box(mask: MaskArray, tilt: float) -> Box | None:
    """Box of a mask's pixels in coordinates turned by ``tilt`` degrees; None where it is empty."""
    if abs(tilt) < 1e-6:
        return geometry.box_of(mask)
    rows, cols = np.nonzero(mask)
    if not len(rows):
        return None
    turn = np.radians(tilt)
    x, y = cols + 0.5, rows + 0.5
    u, v = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    return float(u.min()), float(v.min()), float(u.max()), float(v.max())


def tilt_of(pose: Pose | None, min_joint: float) -> float:
    """Degrees by which a picture must be turned for its wearer's trunk to stand upright; 0 where
    shoulders or hips aren't seen, or it leans so far that it bends or lies."""
    if pose is None:
        return 0.0
    ok = body.seen(pose, min_joint)
    if not ok[[*body.SHOULDERS, *body.HIPS]].all():
        return 0.0
    joints = pose.joints[:, :2]
    down = joints[list(body.HIPS)].mean(axis=0) - joints[list(body.SHOULDERS)].mean(axis=0)
    lean = float(np.degrees(np.arctan2(down[0], down[1])))
    # A few degrees are how people stand; more than a camera is held askew, they bend.
    return lean if LEAST_TILT <= abs(lean) <= MOST_TILT else 0.0


def place(
    picture: Image,
    mask: MaskArray,
    affine: Affine,
    side: int,
    *,
    over: Sequence[MaskArray] = (),
    under: Sequence[MaskArray] = (),
    outline: MaskArray | None = None,
    pose: Pose | None = None,
    min_joint: float = 0.5,
) -> Placed:
    """Lay a photo on a canvas.

    Args:
        picture: (h, w, 3) uint8, the working picture.
        mask, over, under, outline: (h, w) bool.
        pose: of the wearer, in px of the picture.
    """
    wearer = None
    if pose is not None:
        ok = body.seen(pose, min_joint)
        if ok.any():
            joints, torso = body.complete(pose, ok)
            scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
            wearer = Body(joints @ affine[:, :2].T + affine[:, 2], ok, torso * scale)
    mine, none = laid_mask(mask, affine, side), np.zeros((side, side), np.bool_)
    size = (mask.shape[0], mask.shape[1])
    return Placed(
        laid(picture, affine, side),
        mine,
        laid_mask(geometry.union(list(over), size), affine, side) if over else none,
        laid_mask(geometry.union(list(under), size), affine, side) if under else none,
        mine if outline is None else mine | laid_mask(outline, affine, side),
        _inside(size, affine, side),
        wearer,
        affine,
    )


def laid(picture: NDArray[np.uint8], affine: Affine, side: int) -> NDArray[np.uint8]:
    """(h, w) or (h, w, 3) uint8 looked at through the affine map; averaged where it shrinks."""
    if affine[0, 1] == 0 == affine[1, 0]:
        return _upright(picture, affine, side)
    h, w = picture.shape[:2]
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    back = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))
    corners = back @ np.array([[0, side, 0, side], [0, 0, side, side], [1, 1, 1, 1]], np.float64)
    pad = 4 / min(scale, 1)
    x0, x1 = int(max(corners[0].min() - pad, 0)), int(min(corners[0].max() + pad, w)) + 1
    y0, y1 = int(max(corners[1].min() - pad, 0)), int(min(corners[1].max() + pad, h)) + 1
    part = picture[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    if not part.size:
        part, x0, y0 = picture[:1, :1], 0, 0
    # The edge goes on, so that a garment cut by the frame doesn't end in a dark rim.
    spare = 8
    edges = ((spare, spare), (spare, spare)) + ((0, 0),) * (picture.ndim - 2)
    view = Pillow.fromarray(np.pad(part, edges, mode="edge"))
    # Averaged to the canvas's scale first: what looks pixels up would skip some.
    w, h = (max(round(v * scale), 1) if scale < 1 else v for v in view.size)
    fx, fy = w / view.size[0], h / view.size[1]
    if scale < 1:
        view = view.resize((w, h), Pillow.Resampling.BICUBIC)
    to = np.array([[fx, 0, (spare - x0) * fx], [0, fy, (spare - y0) * fy]])
    m = to[:, :2] @ back[:2]
    m[:, 2] += to[:, 2]
    out = view.transform(
        (side, side), Pillow.Transform.AFFINE, m.ravel().tolist(), Pillow.Resampling.BICUBIC
    )
    return np.asarray(out, np.uint8)


def laid_mask(mask: MaskArray, affine: Affine, side: int) -> MaskArray:
    """(h, w) bool on the canvas; nothing beyond the picture."""
    return np.asarray(laid_share(mask, affine, side) > 127, np.bool_)


def laid_share(mask: MaskArray, affine: Affine, side: int) -> NDArray[np.uint8]:
    """(side, side) uint8, the mask's share of each pixel of 255; nothing beyond the picture."""
    solid = np.pad(mask.astype(np.uint8) * 255, 1)
    moved = affine.copy()
    moved[:, 2] -= affine[:, :2] @ (1, 1)
    return laid(solid, moved, side)


def _upright(picture: NDArray[np.uint8], affine: Affine, side: int) -> NDArray[np.uint8]:
    """As :func:`laid`, for maps that don't turn: one resampling."""
    (h, w), scale = picture.shape[:2], affine[[0, 1], [0, 1]]
    start, end = (
        -affine[:, 2] / scale,
        (side - affine[:, 2]) / scale,
    )  # of the canvas, in the picture
    spare = np.ceil(3 / np.minimum(scale, 1)).astype(int)
    (x0, y0), (x1, y1) = np.floor(start).astype(int) - spare, np.ceil(end).astype(int) + spare
    rows = np.clip(np.arange(y0, y1), 0, h - 1)
    cols = np.clip(np.arange(x0, x1), 0, w - 1)
    top, left, bottom, right = rows[0], cols[0], rows[-1] + 1, cols[-1] + 1
    part = picture[top:bottom, left:right]
    if len(rows) > len(part) or len(cols) > part.shape[1]:  # the edge goes on
        part = part[rows - top][:, cols - left]
    box = (*(start - (x0, y0)), *(end - (x0, y0)))
    view = Pillow.fromarray(np.ascontiguousarray(part))
    return np.asarray(view.resize((side, side), Pillow.Resampling.BICUBIC, box), np.uint8)


def _inside(size: tuple[int, int], affine: Affine, side: int) -> MaskArray:
    """Where a canvas shows a picture of (height_px, width_px)."""
    at = np.arange(side) + 0.5
    back = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))
    x = back[0, 0] * at + back[0, 1] * at[:, None] + back[0, 2]
    y = back[1, 0] * at + back[1, 1] * at[:, None] + back[1, 2]
    return np.asarray((x > 0) & (x < size[1]) & (y > 0) & (y < size[0]), np.bool_)
