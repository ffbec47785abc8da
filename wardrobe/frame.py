"""Coordinates on a body: along its trunk, arms and legs, and across them.

What lies on one body at some place along a limb lies on another at the same place. Lengths across
are in torsos (shoulders to hips); along the trunk as well, 0 at the shoulders and 1 at the hips;
along a limb in bones, 1 at the elbow or knee and 2 at the wrist or ankle.

Sides are those of the picture: 0 is its left, whichever of the body's that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wardrobe import body
from wardrobe.types import Pose

Points = NDArray[np.float64]
Numbers = NDArray[np.float64]
Floats = NDArray[np.float32]
STEP = 0.02  # of a curve's parameter
ROUND = 0.16  # how far around a joint a limb's bend is rounded, bones or torsos
_PAIRS = (body.SHOULDERS, body.ELBOWS, body.WRISTS, body.HIPS, body.KNEES, body.ANKLES)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line along a limb, and what is across it.

    Attributes:
        at: (n,) parameter, evenly spaced.
        points: (n, 2) px.
        across: (n, 2) unit vectors, to the right of the picture where the limb points down.
        torso: px.
    """

    at: Numbers
    points: Points
    across: Points
    torso: float

    def place(self, along: Numbers, across: Numbers) -> Points:
        """(n, 2) px of places given by how far along (parameter) and across (torsos)."""
        return self._middle(along) + self._side(along) * (across * self.torso)[:, None]

    def locate(self, points: NDArray[np.floating]) -> tuple[Numbers, Numbers]:
        """How far along and across each of (n, 2) points lies: the inverse of :meth:`place`."""
        nodes = self.points[::3]
        far = (nodes**2).sum(axis=1) - 2 * points @ nodes.T  # squared distance but for a constant
        along = self.at[::3][np.argmin(far, axis=1)].astype(np.float64)
        across = np.zeros(len(points))
        for _ in range(5):
            middle, side = self._middle(along), self._side(along)
            ahead = (self._middle(along + STEP) - self._middle(along - STEP)) / (2 * STEP)
            off = points - middle
            det = ahead[:, 0] * side[:, 1] - ahead[:, 1] * side[:, 0]
            det = np.where(np.abs(det) < 1e-6, 1e-6, det)
            step = (off[:, 0] * side[:, 1] - off[:, 1] * side[:, 0]) / det
            across = (ahead[:, 0] * off[:, 1] - ahead[:, 1] * off[:, 0]) / det / self.torso
            along = np.clip(along + np.clip(step, -0.3, 0.3), self.at[0], self.at[-1])
        return along, across

    def field(self, window: tuple[slice, slice]) -> tuple[Floats, Floats]:
        """:meth:`locate` of every pixel in a window of a picture, (h, w) float32 each.

        Computed every few pixels and interpolated: it changes slowly.
        """
        rows, cols = window
        step = max(self.torso / 30, 1.0)
        high, wide = rows.stop - rows.start, cols.stop - cols.start
        ny, nx = int(np.ceil(high / step)) + 2, int(np.ceil(wide / step)) + 2
        ys, xs = rows.start + 0.5 + np.arange(ny) * step, cols.start + 0.5 + np.arange(nx) * step
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        maps = [m.reshape(ny, nx) for m in self.locate(grid)]
        y, x = np.arange(high) / step, np.arange(wide) / step
        i, j = y.astype(int), x.astype(int)
        v, u = (y - i)[:, None], (x - j)[None]
        out = []
        for m in maps:
            top = m[i][:, j] * (1 - u) + m[i][:, j + 1] * u
            low = m[i + 1][:, j] * (1 - u) + m[i + 1][:, j + 1] * u
            out.append((top * (1 - v) + low * v).astype(np.float32))
        return out[0], out[1]

    def everywhere(self, size: tuple[int, ...]) -> tuple[Floats, Floats]:
        """:meth:`field` of a whole picture of ``size`` (height, width)."""
        return self.field((slice(0, size[0]), slice(0, size[1])))

    def window(self, size: tuple[int, int], margin: float) -> tuple[slice, slice]:
        """The part of a picture of ``size`` (height, width) within ``margin`` torsos of the curve."""
        near = self.points[(self.at > -0.5) & (self.at < 2.6)]
        x0, y0 = np.clip(np.floor(near.min(axis=0) - margin * self.torso), 0, None).astype(int)
        x1, y1 = np.ceil(near.max(axis=0) + margin * self.torso).astype(int)
        y0, x0 = min(y0, size[0] - 1), min(x0, size[1] - 1)
        return slice(y0, max(min(y1, size[0]), y0 + 1)), slice(x0, max(min(x1, size[1]), x0 + 1))

    def _middle(self, along: Numbers) -> Points:
        return _interp(along, self.at, self.points)

    def _side(self, along: Numbers) -> Points:
        return _interp(along, self.at, self.across)


@dataclass(frozen=True, eq=False)
class Frame:
    """A body's limbs in a picture.

    Attributes:
        joints: (6, 2, 2) px: shoulders, elbows, wrists, hips, knees, ankles; side; x, y.
        torso: px.
        back: whether the body is seen from behind.
    """

    joints: Points
    torso: float
    back: bool = False

    @classmethod
    def of(cls, pose: Pose, min_joint: float) -> Frame:
        """Of a pose; joints out of sight are laid out."""
        joints, torso = body.complete(pose, body.seen(pose, min_joint))
        out = np.array([[joints[a], joints[b]] for a, b in _PAIRS])
        # COCO's left is the picture's right of a body that faces us.
        facing = (out[0, 0, 0] - out[0, 1, 0]) + 0.5 * (out[3, 0, 0] - out[3, 1, 0]) >= 0
        return cls(out[:, ::-1].copy() if facing else out, torso, not bool(facing))

    @property
    def turn(self) -> float:
        """How wide the shoulders are seen, of what a frontal body of this torso would show."""
        return float(np.clip(self.half_span / body.HALF_SHOULDERS, 0.35, 1.15))

    @property
    def half_span(self) -> float:
        """Half of what is seen between the shoulders, torsos."""
        return float(np.hypot(*(self.joints[0, 1] - self.joints[0, 0]))) / 2 / self.torso

    @cached_property
    def trunk(self) -> Curve:
        """From above the shoulders to below the feet, down the middle."""
        j = self.joints
        nodes = j[[0, 3, 4, 5]].mean(axis=1)
        lengths = np.hypot(*np.diff(nodes, axis=0).T) / self.torso
        lengths[0] = 1.0
        # A thigh towards the camera is short, but the cloth on it is not.
        lengths[1:] = np.maximum(lengths[1:], (0.35, 0.35))
        stops = np.concatenate([[0.0], lengths.cumsum()])
        curve = _curve(stops, nodes, self.torso, (-1.0, stops[-1] + 0.8))
        spans = [j[k, 1] - j[k, 0] for k in (0, 3)]
        trust = [
            min(float(np.hypot(*s)) / (w * self.torso), 1.0)
            for s, w in zip(spans, (0.6, 0.35), strict=True)
        ]
        t = np.clip(curve.at, 0, 1)[:, None]
        lean = (1 - t) * spans[0] * trust[0] / self.torso + t * 1.8 * spans[1] * trust[
            1
        ] / self.torso
        fade = np.clip((1.5 - curve.at) / 0.5, 0, 1)[:, None]
        across = _unit((1 - 0.7 * fade) * curve.across + fade * lean)
        return Curve(curve.at, curve.points, across, self.torso)

    def arm(self, side: int) -> Curve:
        """From above the shoulder to beyond the hand."""
        return _limb(self.joints[[0, 1, 2], side], self.torso)

    def leg(self, side: int) -> Curve:
        """From above the hip to beyond the foot."""
        return _limb(self.joints[[3, 4, 5], side], self.torso)


def _limb(nodes: Points, torso: float) -> Curve:
    return _curve(np.array([0.0, 1.0, 2.0]), nodes, torso, (-0.8, 2.8))


def _curve(stops: Numbers, nodes: Points, torso: float, reach: tuple[float, float]) -> Curve:
    """A rounded line through nodes, going straight on at both ends."""
    at = np.arange(reach[0], reach[1] + STEP, STEP)
    first = (nodes[1] - nodes[0]) / (stops[1] - stops[0])
    last = (nodes[-1] - nodes[-2]) / (stops[-1] - stops[-2])
    points = _interp(at, stops, nodes)
    points += np.minimum(at - stops[0], 0)[:, None] * first
    points += np.maximum(at - stops[-1], 0)[:, None] * last
    k = max(int(ROUND / STEP), 1)
    window = np.hanning(2 * k + 1)
    window /= window.sum()
    padded = np.concatenate(
        [
            points[:1] + np.arange(-k, 0)[:, None] * STEP * first,
            points,
            points[-1:] + np.arange(1, k + 1)[:, None] * STEP * last,
        ]
    )
    points = np.column_stack([np.convolve(padded[:, c], window, "valid") for c in (0, 1)])
    ahead = _unit(np.gradient(points, axis=0))
    # Normals are smoothed once more: where a short bone meets a long one they would swing.
    across = np.column_stack([ahead[:, 1], -ahead[:, 0]])
    return Curve(at, points, across, torso)


def _interp(along: Numbers, at: Numbers, values: Points) -> Points:
    return np.column_stack([np.interp(along, at, values[:, c]) for c in (0, 1)])


def _unit(v: Points) -> Points:
    return np.asarray(v / np.maximum(np.hypot(v[:, 0], v[:, 1]), 1e-9)[:, None])
