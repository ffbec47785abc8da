"""Where on its wearer a garment lies: what a crop alone can't say, as numbers for a classifier.

A skirt and a dress are one cloth in two places. Along the bones of head, trunk, arms and legs lie
stations; the numbers say which of them the mask covers and which are in the frame, and how high,
low, wide and large the mask is, in the body's own directions and torsos.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import body
from wardrobe.types import Mask, MaskArray, Pose, Worn

MOST_POINTS = 1500  # of the mask that are looked at
#: Shares of the mask's points that lie no farther along a direction.
QUANTILES = (0.02, 0.1, 0.5, 0.9, 0.98)
_LIMBS = (
    (body.SHOULDERS, body.ELBOWS, 3), (body.ELBOWS, body.WRISTS, 3), (body.HIPS, body.KNEES, 4),
    (body.KNEES, body.ANKLES, 4),
)  # fmt: skip
_TRUNK = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_HEAD = (-0.35, -0.15, 0.1)  # torsos below the nose; a hat lies above it
_BESIDE = 0.75  # of the way from the middle to a shoulder's or hip's joint
STATIONS = len(_HEAD) + 2 * len(_TRUNK) + 2 * sum(n for *_, n in _LIMBS) + 2
SIZE = 2 * STATIONS + 2 * len(QUANTILES) + 6


@dataclass(frozen=True, slots=True, eq=False)
class OnBody:
    """A garment on its wearer.

    Attributes:
        pose: the wearer's, in pixels of the working picture.
        others: masks of the other garments found in the photo.
    """

    worn: Worn
    pose: Pose
    others: tuple[Mask, ...] = ()


def on_body(mask: MaskArray, pose: Pose, min_joint: float) -> NDArray[np.float32]:
    """(SIZE,) the numbers; see the head of this file. NaN where no joint of the body is seen.

    Args:
        mask: (h, w) bool, the garment's visible pixels in the picture that ``pose`` lies in.
        min_joint: visibility from which a joint counts as seen; the others are laid out.

    Raises:
        ValueError: the mask is empty.
    """
    ys, xs = np.nonzero(mask)
    if not len(xs):
        raise ValueError("the mask is empty: nothing of the garment is visible")
    ok = body.seen(pose, min_joint)
    if not ok[body.BODY].any():
        return np.full(SIZE, np.nan, np.float32)
    joints, torso = body.complete(pose, ok)
    at, inside = _covered(mask, _stations(joints, torso))
    shoulders, hips = (
        joints[list(body.SHOULDERS)].mean(axis=0),
        joints[list(body.HIPS)].mean(axis=0),
    )
    down = hips - shoulders
    down = down / max(float(np.hypot(*down)), 1e-6)
    step = max(1, len(xs) // MOST_POINTS)
    points = np.stack([xs[::step], ys[::step]], axis=1).astype(np.float64) + 0.5
    along = (points - shoulders) @ down / torso
    across = np.abs((points - shoulders) @ np.array([down[1], -down[0]])) / torso
    off = np.minimum(body.distance(pose, ok, points), 2.0)
    box = np.ptp(points, axis=0) + 1
    rest = [
        np.log(len(xs) / torso**2 + 1e-4), off.mean(), np.quantile(off, 0.9),
        np.log(box[1] / box[0]), len(xs) / float(box[0] * box[1]), float(ok.mean()),
    ]  # fmt: skip
    return np.concatenate(
        [at, inside, np.quantile(along, QUANTILES).clip(-3, 5),
         np.quantile(across, QUANTILES).clip(0, 4), rest]
    ).astype(np.float32)  # fmt: skip


def _stations(joints: body.Points, torso: float) -> body.Points:
    """(STATIONS, 2) x, y in px."""
    shoulders, hips = joints[list(body.SHOULDERS)], joints[list(body.HIPS)]
    out = [joints[0] + np.array([0.0, t * torso]) for t in _HEAD]
    for t in _TRUNK:
        middle = shoulders.mean(axis=0) * (1 - t) + hips.mean(axis=0) * t
        side = (shoulders[0] * (1 - t) + hips[0] * t - middle) * _BESIDE
        # Between the sides and at them: an open jacket covers the sides alone.
        out += [middle, middle + side]
    for starts, ends, n in _LIMBS:
        for a, b in zip(starts, ends, strict=True):
            out += [joints[a] + (joints[b] - joints[a]) * (k + 0.5) / n for k in range(n)]
    for knee, ankle in zip(body.KNEES, body.ANKLES, strict=True):
        out.append(joints[ankle] + (joints[ankle] - joints[knee]) * 0.12)
    return np.array(out)


def _covered(
    mask: MaskArray, stations: body.Points
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(STATIONS,) 1 where the mask covers a station, and 1 where it lies in the frame."""
    h, w = mask.shape
    x, y = np.floor(stations).astype(np.intp).T
    inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
    covered = np.zeros(len(stations))
    covered[inside] = mask[y[inside], x[inside]]
    return covered, inside.astype(np.float64)
