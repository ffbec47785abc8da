"""How long a garment's sleeves are: which part of the arms its mask covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry
from wardrobe.labels import Category
from wardrobe.types import MaskArray, Pose

Sleeve = Literal["none", "short", "long"]
SLEEVED: tuple[Category, ...] = ("tops", "dresses", "outerwear")

RADIUS = 0.05  # torsos: how far around the bone the mask is asked
#: Stretches of the arm as shares of a bone: clear of the shoulder, above the elbow, below it, and
#: short of the wrist.
STRETCHES = ((0.3, 0.55), (0.7, 0.95), (0.1, 0.5), (0.5, 0.85))


@dataclass(frozen=True, slots=True)
class Cover:
    """Share of the arm that lies under the garment, without bounds; None where it can't be told.

    Attributes:
        upper, above_elbow, below_elbow, fore: of four stretches from shoulder to wrist, of the arm
            that is covered more: segmenters lose a whole sleeve sooner than they make one up.
        both: whether all stretches but ``above_elbow`` were seen on both arms.
    """

    upper: float | None
    above_elbow: float | None
    below_elbow: float | None
    fore: float | None
    both: bool


def measure(visible: MaskArray, others: MaskArray, pose: Pose, min_joint: float) -> Cover:
    """How much of the wearer's arms a garment covers.

    An arm counts where its joints are seen, in the frame, and not behind another garment. Where it
    crosses the trunk, being covered says nothing: the garment is behind it as well.

    Args:
        visible: (h, w) bool, the garment.
        others: (h, w) bool, every other garment in the picture.
    """
    ok = body.seen(pose, min_joint)
    joints, torso = body.complete(pose, ok)
    corners = [*body.SHOULDERS, *body.HIPS[::-1]]
    trunk = geometry.polygon_mask(joints[corners], visible.shape)
    arms = np.full((2, 4), np.nan)
    for k in (0, 1):
        chain = (body.SHOULDERS[k], body.ELBOWS[k], body.WRISTS[k])
        for s, (start, end) in enumerate(STRETCHES):
            a, b = chain[s // 2], chain[s // 2 + 1]
            if ok[a] and ok[b]:
                points = joints[a] + np.linspace(start, end, 6)[:, None] * (joints[b] - joints[a])
                arms[k, s] = _covered(points, RADIUS * torso, visible, others & ~visible, trunk)
    upper, above, below, fore = (
        None if np.isnan(arm).all() else float(np.nanmax(arm)) for arm in arms.T
    )
    both = not np.isnan(arms[:, [0, 2, 3]]).any()
    return Cover(upper, above, below, fore, both)


def _covered(
    points: NDArray[np.float64],
    radius: float,
    visible: MaskArray,
    others: MaskArray,
    trunk: MaskArray,
) -> float:
    """Mean cover of discs around the points; NaN where fewer than half can be judged."""
    y, x = np.mgrid[-1:1:5j, -1:1:5j]
    disc = np.stack([x, y], axis=-1)[x * x + y * y <= 1] * max(radius, 1.5)
    h, w = visible.shape
    judged = []
    for point in points:
        at = np.round(point + disc).astype(int)
        at = at[((at >= 0) & (at < (w, h))).all(axis=1)]
        if 2 * len(at) < len(disc):
            continue
        on, hidden, front = (m[at[:, 1], at[:, 0]].mean() for m in (visible, others, trunk))
        if hidden <= 0.5 and (on <= 0.5 or front <= 0.5):
            judged.append(on)
    return float(np.mean(judged)) if 2 * len(judged) >= len(points) else float("nan")


def name_of(cover: Cover) -> Sleeve | None:
    """The sleeve's length, or None when unsure, as of one pushed up or ending at the elbow."""
    upper, above, below, fore = (
        np.nan if v is None else v
        for v in (cover.upper, cover.above_elbow, cover.below_elbow, cover.fore)
    )
    if below > 0.6 and fore > 0.42:
        return "long"
    if cover.both and below < 0.3 and fore < 0.15 and upper > 0.6:
        return "short"
    if cover.both and below < 0.15 and above < 0.15 and upper < 0.35:
        return "none"
    return None
