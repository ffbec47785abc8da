"""Rays from a camera that sees what Blender's does: which part lies in each pixel, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from body import Array, Index
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

Mesh = tuple[Array, Index]  # points (N, 3) in metres, triangles (T, 3)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera. ``mirrored`` pictures are flipped left to right once taken."""

    eye: Array
    target: Array
    fov: float  # vertical field of view, degrees
    roll: float = 0.0  # degrees
    mirrored: bool = False

    def axes(self) -> tuple[Array, Array, Array]:
        """Unit vectors to the right, up and ahead, before any mirroring."""
        ahead = (self.target - self.eye) / np.linalg.norm(self.target - self.eye)
        right = np.cross(ahead, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, ahead)
        c, s = np.cos(np.radians(self.roll)), np.sin(np.radians(self.roll))
        return right * c + up * s, up * c - right * s, ahead

    def project(self, points: Array, size: tuple[int, int]) -> tuple[Array, Array]:
        """Pixel coordinates (N, 2) in a picture of ``size`` (width, height), and depths (N,).

        Coordinates of points behind the camera mean nothing; their depth is not above zero.
        """
        right, up, ahead = self.axes()
        away = points - self.eye
        depth = away @ ahead
        scale = size[1] / 2 / np.tan(np.radians(self.fov) / 2) / np.where(depth > 0, depth, np.nan)
        x, y = size[0] / 2 + (away @ right) * scale, size[1] / 2 - (away @ up) * scale
        if self.mirrored:
            x = size[0] - x
        return np.stack([x, y], -1), depth

    def rays(self, columns: Array, rows: Array, size: tuple[int, int]) -> Array:
        """Directions (N, 3) through pixel coordinates, of depth one."""
        right, up, ahead = self.axes()
        columns = size[0] - columns if self.mirrored else columns
        pixel = np.tan(np.radians(self.fov) / 2) / (size[1] / 2)
        across, tall = (columns - size[0] / 2) * pixel, (size[1] / 2 - rows) * pixel
        return ahead + across[:, None] * right + tall[:, None] * up


@dataclass(frozen=True)
class Hits:
    """What rays meet first: mesh and triangle within it (-1 for nothing), weights of the
    triangle's second and third corner, and depth along the camera's axis (infinite for nothing)."""

    mesh: Index
    triangle: Index
    weights: Array  # (N, 2)
    depth: Array


class Caster:
    """Meshes that rays can be cast at."""

    def __init__(self, meshes: Sequence[Mesh]) -> None:
        self._counts = np.array([len(triangles) for _, triangles in meshes], int)
        self._starts = np.concatenate([[0], np.cumsum(self._counts)])
        self._scene = EmbreeScene()
        soups = [points[triangles] for points, triangles in meshes if len(triangles)]
        if soups:
            TriangleMesh(self._scene, np.concatenate(soups).astype(np.float32))
        self._empty = not soups

    def cast(self, eye: Array, directions: Array) -> Hits:
        """First hits of rays from one eye."""
        n = len(directions)
        if self._empty or not n:
            nothing = np.full(n, -1)
            return Hits(nothing, nothing, np.zeros((n, 2)), np.full(n, np.inf))
        origins = np.tile(eye.astype(np.float32), (n, 1))
        found = self._scene.run(origins, directions.astype(np.float32), output=1)
        triangle = found["primID"].astype(int)
        hit = triangle >= 0
        mesh = np.where(hit, np.searchsorted(self._starts, triangle, "right") - 1, -1)
        within = np.where(hit, triangle - self._starts[np.maximum(mesh, 0)], -1)
        weights = np.stack([found["u"], found["v"]], -1).astype(float)
        return Hits(mesh, within, weights, np.where(hit, found["tfar"], np.inf).astype(float))

    def free(self, starts: Array, directions: Array, reach: float = np.inf) -> Array:
        """1 where a ray meets nothing within ``reach`` metres, 0 where it does, (N,)."""
        if self._empty or not len(starts):
            return np.ones(len(starts))
        away = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        rays = starts.astype(np.float32), away.astype(np.float32)
        if np.isfinite(reach):
            limits = np.full(len(starts), reach, np.float32)
            return (self._scene.run(*rays, dists=limits, query="OCCLUDED") < 0).astype(float)
        return (self._scene.run(*rays, query="OCCLUDED") < 0).astype(float)


def grid(box: tuple[int, int, int, int]) -> tuple[Array, Array]:
    """Columns and rows of the pixel centres of a half-open box (x0, y0, x1, y1), row by row."""
    rows, columns = np.mgrid[box[1] : box[3], box[0] : box[2]]
    return columns.ravel() + 0.5, rows.ravel() + 0.5
