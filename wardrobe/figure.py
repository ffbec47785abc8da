"""A pose as planes of a picture: what networks are shown of where a body is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe import body
from wardrobe.types import Pose

#: One plane each; arms and legs of both sides share theirs.
PLANES = ("head", "trunk", "upper arms", "forearms", "thighs", "shins")
HAND, FOOT = 0.35, 0.3  # how far hands and feet reach on beyond wrist and ankle, of the last bone
_BONES: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    (1, ((5, 6), (11, 12), (5, 11), (6, 12), (5, 12), (6, 11))),
    (2, ((5, 7), (6, 8))),
    (3, ((7, 9), (8, 10))),
    (4, ((11, 13), (12, 14))),
    (5, ((13, 15), (14, 16))),
)
#: Half widths of the planes' blur, torsos.
WIDTH = (0.17, 0.16, 0.09, 0.08, 0.12, 0.10)


def planes(
    pose: Pose, min_joint: float, size: tuple[int, int], scale: float, at: tuple[float, float]
) -> NDArray[np.float32]:
    """(6, h, w) float32 in [0, 1]: 1 on the bones, falling off with the distance from them.

    Args:
        min_joint: visibility from which a joint is trusted; the others are laid out.
        size: (height_px, width_px) of the planes.
        scale, at: a point (x, y) of the photo lies at ``(point - at) * scale`` on the planes.
    """
    joints, torso = body.complete(pose, body.seen(pose, min_joint))
    joints, torso = (joints - np.asarray(at)) * scale, torso * scale
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32) + 0.5
    out = np.zeros((len(PLANES), *size), np.float32)
    middle = (joints[5] + joints[6]) / 2
    head = joints[0] + 0.15 * (joints[0] - middle)
    out[0] = _near(x, y, head, (joints[0] + middle) / 2, WIDTH[0] * torso)
    for plane, bones in _BONES:
        reach = {3: HAND, 5: FOOT}.get(plane, 0.0)
        for i, j in bones:
            end = joints[j] + reach * (joints[j] - joints[i])
            near = _near(x, y, joints[i], end, WIDTH[plane] * torso)
            np.maximum(out[plane], near, out=out[plane])
    return out


def _near(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    width: float,
) -> NDArray[np.float32]:
    dx, dy = float(b[0] - a[0]), float(b[1] - a[1])
    t = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / max(dx * dx + dy * dy, 1e-6), 0, 1)
    off = (x - a[0] - t * dx) ** 2 + (y - a[1] - t * dy) ** 2
    return np.asarray(np.exp(-off / (2 * max(width, 0.5) ** 2)), np.float32)
