"""A person's joints, told from afar, drawn to where joint maps have them. Pure NumPy.

A network that says from one cell where all of somebody's joints are knows which limb is meant and misses
its end; a map of where joints are knows the end and not whose it is (Zhou, Wang, Krahenbuhl, "Objects as
Points", 2019). Not the nearest peak, as there, but a mean of the map near by that counts its peaks most: a hip is
under cloth, and its map is broad.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
NEAR = 0.8  # torsos within which a map is looked at
WIDE = 0.5  # of that, the spread of what a joint's first place counts
PEAKED = 4  # power of a chance that its place is weighed by: left knee or right, not between
SURE = 0.1  # chance from which the map alone says where a joint is


def drawn_near(
    joints: Floats, maps: Floats, stride: int, torso: float
) -> tuple[Floats, NDArray[np.float32]]:
    """Joints moved towards what the maps say near by, the farther the surer those are.

    Args:
        joints: (17, 2 or more) x, y, ... in px of the network's input.
        maps: (17, h, w) chances.
        stride: px of a cell of the maps.
        torso: the person's, px.

    Returns:
        The joints, and (17,) the largest chance near each, those farther off counting less.
    """
    out, chances = joints.copy(), np.zeros(len(joints), np.float32)
    h, w = maps.shape[1:]
    reach = max(NEAR * torso / stride, 1.5)
    for j, (x, y) in enumerate(joints[:, :2] / stride):
        x0, x1 = max(int(x - reach), 0), min(int(x + reach) + 2, w)
        y0, y1 = max(int(y - reach), 0), min(int(y + reach) + 2, h)
        if x0 >= x1 or y0 >= y1:
            continue
        rows, cols = np.arange(y0, y1)[:, None] + 0.5, np.arange(x0, x1) + 0.5
        away = ((rows - y) ** 2 + (cols - x) ** 2) / (2 * (WIDE * reach) ** 2)
        worth = maps[j, y0:y1, x0:x1] * np.exp(-away)
        chances[j] = worth.max()
        mass = worth**PEAKED
        total = float(mass.sum())
        if total > 0:
            share = min(float(chances[j]) / SURE, 1.0)
            at = float((mass * cols).sum()) / total, float((mass * rows).sum()) / total
            out[j, 0] += share * (stride * at[0] - out[j, 0])
            out[j, 1] += share * (stride * at[1] - out[j, 1])
    return out, chances
