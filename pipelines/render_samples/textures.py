"""What colour a part is where a ray meets it: fabric, details sewn on, skin, hair, eyes.

The same ingredients as Blender's materials (``blender.material``), read from arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from body import Array, Index
from fabrics import SHEET, SHEET_DM, SIZE, rng_for
from numpy.typing import NDArray
from parts import Part
from PIL import Image
from scipy import ndimage

#: Side of the noise that folds and hair are drawn with, and how many decimetres it spans.
NOISE, NOISE_DM = 256, 6.0


@dataclass(frozen=True)
class Spots:
    """Places on a part: triangle, weights of its three corners, and the size of a pixel there."""

    triangle: Index  # (N,)
    corner: Array  # (N, 3)
    pixel: Array  # (N,) metres

    def mix(self, part: Part, values: Array) -> Array:
        """Values (V, K) of the part's points at the spots, (N, K)."""
        mixed: Array = np.einsum("nk,nkc->nc", self.corner, values[part.triangles[self.triangle]])
        return mixed


@dataclass(frozen=True)
class Paint:
    """Linear colours (N, 3), unit normals (N, 3), and how much they shine (N,) 0..1."""

    colour: Array
    normal: Array
    shine: Array


class Textures:
    """Pictures of fabrics and details in halving sizes, kept while one cast of people is used."""

    def __init__(self, iris: Path) -> None:
        self._levels: dict[str, list[Array]] = {}
        with Image.open(iris) as picture:
            self._iris = _halved(_light(np.asarray(picture.convert("RGBA"))))
        rng = rng_for("relief")
        soft = [
            ndimage.gaussian_filter(rng.normal(size=(NOISE, NOISE)), s, mode="wrap")
            for s in (3, 7, 14)
        ]
        self._noise = sum(n / n.std() * w for n, w in zip(soft, (0.25, 0.5, 1.0), strict=True))
        self._slopes = np.stack(np.gradient(self._noise), -1) * (NOISE / NOISE_DM)
        streaks = ndimage.gaussian_filter(rng.normal(size=(NOISE, NOISE)), (30, 0.8), mode="wrap")
        self._streaks = (streaks - streaks.min()) / np.ptp(streaks)

    def forget(self) -> None:
        """Let go of what the last people wore; rooms' materials are used again."""
        for name in [n for n in self._levels if not n.startswith("material-")]:
            del self._levels[name]

    def paint(self, part: Part, spots: Spots) -> Paint:
        """The look of a part at some places on it."""
        normal = spots.mix(part, part.normals)
        uv = np.einsum("nk,nkc->nc", spots.corner, part.uv[spots.triangle])
        ones = np.ones((len(uv), 3))
        tint = ones if part.tint is None else spots.mix(part, part.tint)
        kind, shine = part.look.kind, 1 - part.look.roughness
        if kind == "cloth":
            colour, normal = self._cloth(part, spots, uv, tint, normal)
            shine = 0.06
        elif kind in ("hair", "brow"):
            colour = self._hair(part, uv)
            shine = 0.35
        elif kind == "eye":
            seen = _look_up(self._iris, uv[:, 0], uv[:, 1], np.zeros(len(uv)))
            colour = seen[:, :3] + (1 - seen[:, 3:]) * 0.03
            shine = 0.6
        else:
            colour = to_light(tint)
            if kind == "skin":
                shine = 0.18
            else:
                normal = normal + 0.04 * self._slope(uv)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        return Paint(colour, normal, np.full(len(uv), shine))

    def _slope(self, uv: Array) -> Array:
        """Folds too small for the mesh, as a push of the normal, (N, 3)."""
        place = np.floor(uv * (NOISE / NOISE_DM)).astype(int) % NOISE
        gx, gy = self._slopes[place[:, 1], place[:, 0]].T
        return np.stack([gx, 0.4 * (gx - gy), gy], 1)

    def _cloth(
        self, part: Part, spots: Spots, uv: Array, tint: Array, normal: Array
    ) -> tuple[Array, Array]:
        look = part.look
        if look.fabric is None:
            raise ValueError(f"{part.name}: cloth needs a fabric")
        width = look.fabric.width
        if look.fabric.name not in self._levels:
            self._levels[look.fabric.name] = _halved(_light(np.rint(look.fabric.tile * 255)))
        fine = np.log2(np.maximum(spots.pixel * 10 / (width / SIZE), 1))
        colour = _look_up(self._levels[look.fabric.name], *(uv / width).T, fine) * tint
        if part.sheet is not None and part.facing is not None:
            flat = spots.mix(part, part.sheet) / SHEET_DM
            facing = spots.mix(part, part.facing[:, None])[:, 0]
            u, v = flat[:, 0] + 0.5, 0.75 - flat[:, 1]
            inside = (np.abs(u - 0.5) < 0.5) & (np.abs(v - 0.5) < 0.5)
            for sheet, side in ((look.front, 1), (look.back, -1)):
                if sheet is None:
                    continue
                key = f"{look.fabric.name} {side}"
                if key not in self._levels:
                    half = sheet.resize((SHEET // 2, SHEET // 2), Image.Resampling.BOX)
                    self._levels[key] = _halved(_light(np.asarray(half)))
                on = np.flatnonzero(inside & (side * facing > 0.02))
                detail = np.log2(np.maximum(spots.pixel[on] * 10 / (SHEET_DM / SHEET * 2), 1))
                seen = _look_up(self._levels[key], u[on], v[on], detail)
                share = np.clip(side * facing[on], 0, 1)[:, None]
                colour[on] = colour[on] * (1 - seen[:, 3:] * share) + seen[:, :3] * share
        return colour, normal + (0.03 if part.item else 0.015) * self._slope(uv)

    def _hair(self, part: Part, uv: Array) -> Array:
        across, along = (34.0, 0.5) if part.look.kind == "hair" else (60.0, 4.0)
        column = np.floor(uv[:, 0] * across).astype(int) % NOISE
        row = np.floor(uv[:, 1] * along * 8).astype(int) % NOISE
        streak = np.clip(3 * self._streaks[row, column] - 1, 0, 1)[:, None]
        base = to_light(np.array(part.look.colour))
        return base * 0.35 * (1 - streak) + np.minimum(base * 1.7, 1) * streak


def to_light(picture: Array) -> Array:
    """sRGB (..., 3 or 4) in 0..1 to linear; a fourth channel is coverage, which the colours are multiplied by."""
    c = picture[..., :3]
    linear: Array = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    if picture.shape[-1] == 4:
        cover = picture[..., 3:]
        return np.concatenate([linear * cover, cover], -1)
    return linear


_TABLE = to_light(np.repeat(np.linspace(0, 1, 256)[:, None], 3, 1))[:, 0].astype(np.float32)


def _light(picture: Array) -> NDArray[np.float32]:
    """The same from whole numbers up to 255, by a table."""
    whole = picture.astype(np.uint8)
    linear = _TABLE[whole[..., :3]]
    if whole.shape[-1] == 4:
        cover = whole[..., 3:] / np.float32(255)
        return np.concatenate([linear * cover, cover], -1)
    return linear


def _halved(picture: Array) -> list[Array]:
    """A square picture (float32) at sides of n, n/2, n/4 ... 4 pixels."""
    levels = [picture.astype(np.float32)]
    while (side := len(levels[-1]) // 2) >= 4:
        levels.append(levels[-1].reshape(side, 2, side, 2, -1).mean((1, 3)))
    return levels


def _look_up(levels: list[Array], u: Array, v: Array, fine: Array) -> Array:
    """Bilinear, from the level whose pixels are about as large as the picture's; v goes up."""
    out = np.empty((len(u), levels[0].shape[-1]))
    which = np.clip(np.rint(fine), 0, len(levels) - 1).astype(int)
    for k in np.unique(which):
        rows = np.flatnonzero(which == k)
        level, side = levels[k], len(levels[k])
        x, y = (u[rows] % 1) * side - 0.5, ((1 - v[rows]) % 1) * side - 0.5
        i, j = np.floor(x).astype(int), np.floor(y).astype(int)
        a, b = (x - i)[:, None], (y - j)[:, None]
        i0, i1, j0, j1 = i % side, (i + 1) % side, j % side, (j + 1) % side
        top = level[j0, i0] * (1 - a) + level[j0, i1] * a
        out[rows] = top * (1 - b) + (level[j1, i0] * (1 - a) + level[j1, i1] * a) * b
    return out


def paint_all(textures: Textures, parts: Mapping[int, Part], mesh: Index, spots: Spots) -> Paint:
    """Colours, normals and shine where rays met parts ``mesh`` (N,), part by part."""
    n = len(mesh)
    whole = Paint(np.zeros((n, 3)), np.zeros((n, 3)), np.zeros(n))
    for k in np.unique(mesh):
        rows = np.flatnonzero(mesh == k)
        here = Spots(spots.triangle[rows], spots.corner[rows], spots.pixel[rows])
        piece = textures.paint(parts[k], here)
        whole.colour[rows], whole.normal[rows] = piece.colour, piece.normal
        whole.shine[rows] = piece.shine
    return whole
