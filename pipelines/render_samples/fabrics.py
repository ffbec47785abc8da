"""Cloth and the marks on it, painted by code: tiles for fabrics, see-through sheets for details.

Tiles are (512, 512, 3) float sRGB in 0..1 that repeat without a seam. Details (placket, pockets,
prints) are (1024, 1024, 4) sheets of 5.12 dm a side, thrown straight onto a garment's front or
back; their origin is the middle of the garment's top edge.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

Array = NDArray[np.float64]
Colour = tuple[float, float, float]

SIZE = 512
SHEET = 1024
SHEET_DM = 5.12


@dataclass(frozen=True)
class Fabric:
    """A painted tile and how it takes light. The name seeds its noise."""

    name: str
    painter: Callable[..., Array]
    colours: tuple[Any, ...]
    width: float  # of one tile, decimetres
    roughness: float = 0.85
    weave: float = 0.2  # depth of the fine relief, 0..1

    @functools.cached_property
    def tile(self) -> Array:
        """(512, 512, 3) sRGB in 0..1, painted when first asked for."""
        tile: Array = np.clip(self.painter(rng_for(self.name), *self.colours), 0, 1)
        return tile


def rng_for(name: str) -> np.random.Generator:
    """The random numbers of a thing, the same on every machine and in every order."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def cloud(rng: np.random.Generator, across: float, down: float | None = None) -> Array:
    """Seamless noise of unit variance, smoothed by these many pixels."""
    noise = rng.normal(size=(SIZE, SIZE))
    smooth: Array = ndimage.gaussian_filter(noise, (down or across, across), mode="wrap")
    return smooth / smooth.std()


def solid(rng: np.random.Generator, colour: Colour) -> Array:
    """Plain cotton: a hint of yarn and uneven dye."""
    yarn = 0.012 * cloud(rng, 0.6, 2.5) + 0.012 * cloud(rng, 2.5, 0.6) + 0.012 * cloud(rng, 40)
    return np.array(colour) * (1 + yarn[..., None])


def knit(rng: np.random.Generator, colour: Colour) -> Array:
    """Columns of V-shaped stitches in a heathered yarn."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    column = np.abs((x * 32) % 1 - 0.5) * 2
    stitch = np.sin(2 * np.pi * (y * 40 + column * 0.5))
    shade = 0.07 * stitch - 0.16 * (column > 0.85) + 0.05 * cloud(rng, 1.2)
    return np.array(colour) * (1 + shade[..., None])


def denim(rng: np.random.Generator, colour: Colour, wash: float = 0.1) -> Array:
    """A diagonal twill of dyed warp over white weft, slubby along the warp, unevenly washed."""
    y, x = np.mgrid[:SIZE, :SIZE]
    twill = 0.5 + 0.5 * np.sin(2 * np.pi * (x - y) * 80 / SIZE)
    slub = 0.06 * cloud(rng, 0.7, 9) + 0.04 * cloud(rng, 1.5, 30)
    weft = np.clip(
        0.1 + 0.16 * twill**3 + 0.05 * cloud(rng, 0.8) + wash * 0.3 * cloud(rng, 24), 0, 1
    )
    warp = np.array(colour) * (1 + slub[..., None])
    return warp * (1 - weft[..., None]) + 0.86 * weft[..., None]


def stripes(
    rng: np.random.Generator, ground: Colour, stripe: Colour, count: int, share: float
) -> Array:
    """Horizontal stripes, ``count`` to the tile."""
    mask = ((np.arange(SIZE) * count / SIZE) % 1 < share).astype(float)
    mask = ndimage.gaussian_filter1d(mask, 0.7, mode="wrap")[:, None, None]
    return solid(rng, (1, 1, 1)) * (mask * np.array(stripe) + (1 - mask) * np.array(ground))


def tartan(rng: np.random.Generator, ground: Colour, bands: Sequence[Colour]) -> Array:
    """Crossed bands over a ground, two setts to the tile."""
    place = (np.arange(SIZE) * 2 / SIZE) % 1
    cloth = np.ones((SIZE, SIZE, 3)) * np.array(ground)
    layout = ((0.08, 0.36, 0.55), (0.46, 0.50, 0.7), (0.60, 0.64, 0.7), (0.74, 0.92, 0.4))
    for k, (low, high, depth) in enumerate(layout):
        band = depth * ((place > low) & (place < high)).astype(float)
        colour = np.array(bands[k % len(bands)])
        for mask in (band[:, None, None], band[None, :, None]):
            cloth = cloth * (1 - mask) + colour * mask
    return cloth * solid(rng, (1, 1, 1))


def dots(rng: np.random.Generator, ground: Colour, dot: Colour, count: int) -> Array:
    """Round dots in a quincunx."""
    y, x = np.mgrid[:SIZE, :SIZE] * count / SIZE
    near = np.minimum(
        np.hypot((x % 1) - 0.5, (y % 1) - 0.5),
        np.hypot((x + 0.5) % 1 - 0.5, (y + 0.5) % 1 - 0.5),
    )
    mask = np.clip((0.17 - near) * SIZE / count / 2 + 0.5, 0, 1)[..., None]
    return solid(rng, (1, 1, 1)) * (mask * np.array(dot) + (1 - mask) * np.array(ground))


def floral(rng: np.random.Generator, ground: Colour, blooms: Sequence[Colour]) -> Array:
    """Scattered five-petalled flowers with leaves."""
    scale = 2
    cloth = Image.new("RGB", (SIZE * scale, SIZE * scale), _bytes(ground))
    draw = ImageDraw.Draw(cloth)
    for k in range(46):
        x, y = rng.uniform(0, SIZE, 2)
        size, spin = rng.uniform(13, 26), rng.uniform(0, 6.3)
        bloom = np.array(blooms[k % len(blooms)]) * rng.uniform(0.85, 1.1)
        for dx in (-SIZE, 0, SIZE):
            for dy in (-SIZE, 0, SIZE):
                for leaf in (spin + 0.6, spin + 2.9):
                    _blob(draw, x + dx, y + dy, 1.5 * size, leaf, 0.55 * size, (0.25, 0.4, 0.22))
                for petal in range(5):
                    _blob(
                        draw, x + dx, y + dy, 0.62 * size, spin + petal * 1.2566, 0.48 * size, bloom
                    )
                _blob(draw, x + dx, y + dy, 0, 0, 0.26 * size, (0.9, 0.75, 0.3))
    tile = np.asarray(cloth.resize((SIZE, SIZE), Image.Resampling.LANCZOS)) / 255.0
    return tile * solid(rng, (1, 1, 1))


def _bytes(colour: Sequence[float] | Array) -> tuple[int, ...]:
    return tuple(int(255 * min(max(c, 0.0), 1.0)) for c in colour)


def _blob(
    draw: ImageDraw.ImageDraw,
    x: float,
    y: float,
    away: float,
    angle: float,
    radius: float,
    colour: Sequence[float] | Array,
) -> None:
    cx, cy = 2 * (x + away * np.cos(angle)), 2 * (y + away * np.sin(angle))
    box = (cx - 2 * radius, cy - 2 * radius, cx + 2 * radius, cy + 2 * radius)
    draw.ellipse(box, fill=_bytes(colour))


class Sheet:
    """A see-through drawing in decimetres: x to the wearer's left, y down from the top edge."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SHEET, SHEET), (0, 0, 0, 0))
        self.draw = ImageDraw.Draw(self.image)

    def _at(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        unit = SHEET / SHEET_DM
        return [(SHEET / 2 + x * unit, SHEET / 4 + y * unit) for x, y in points]

    def line(
        self, points: Sequence[tuple[float, float]], colour: Colour, width: float, alpha: float = 1
    ) -> None:
        """A drawn line, ``width`` in decimetres."""
        ink = (*_bytes(colour), int(255 * alpha))
        self.draw.line(self._at(points), ink, max(1, round(width * SHEET / SHEET_DM)), "curve")

    def area(self, points: Sequence[tuple[float, float]], colour: Colour, alpha: float = 1) -> None:
        """A filled polygon."""
        self.draw.polygon(self._at(points), (*_bytes(colour), int(255 * alpha)))

    def disk(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        (a, b), (c, d) = self._at([(x - radius, y - radius), (x + radius, y + radius)])
        self.draw.ellipse((a, b, c, d), (*_bytes(colour), 255))

    def fade(self, x: float, y: float, wide: float, tall: float, alpha: float) -> None:
        """A soft paler ellipse, as of worn denim; for before anything is drawn."""
        if not alpha:
            return
        mark = Image.new("L", self.image.size)
        unit = SHEET / SHEET_DM
        ImageDraw.Draw(mark).ellipse(
            [
                c
                for corner in self._at([(x - wide, y - tall), (x + wide, y + tall)])
                for c in corner
            ],
            fill=int(255 * alpha),
        )
        mark = mark.filter(ImageFilter.GaussianBlur(0.5 * unit * min(wide, tall) + 2))
        both = np.maximum(np.asarray(self.image.getchannel("A")), np.asarray(mark))
        self.image.paste(
            (226, 232, 240), (0, 0), Image.fromarray((both > 0).astype(np.uint8) * 255)
        )
        self.image.putalpha(Image.fromarray(both))
        self.draw = ImageDraw.Draw(self.image)

    def loop(self, x: float, stitch: Colour) -> None:
        """A belt loop across the waistband."""
        edge = [(x - 0.06, -0.02), (x + 0.06, -0.02), (x + 0.06, 0.44), (x - 0.06, 0.44)]
        self.area(edge, (0, 0, 0), 0.25)
        for side in (-0.045, 0.045):
            self.line([(x + side, 0), (x + side, 0.42)], stitch, 0.015, 0.7)

    def pocket(self, x: float, y: float, wide: float, tall: float, colour: Colour) -> None:
        """The stitched outline of a patch pocket whose top edge is centred on (x, y)."""
        w = wide / 2
        edge = [(x - w, y), (x - w, y + tall * 0.8), (x, y + tall)]
        edge += [(x + w, y + tall * 0.8), (x + w, y), (x - w, y)]
        self.line(edge, (0, 0, 0), 0.05, 0.35)
        self.line([(a * 0.96 + x * 0.04, b + 0.03) for a, b in edge], colour, 0.018, 0.8)


def shirt_front() -> Image.Image:
    """The edges of a button placket, and one chest pocket."""
    sheet = Sheet()
    for x in (-0.17, 0.17):
        sheet.line([(x, -1.0), (x, 8)], (0, 0, 0), 0.03, 0.35)
    sheet.pocket(0.75, 1.35, 0.95, 1.05, (1, 1, 1))
    return sheet.image


def polo_front() -> Image.Image:
    """A short placket, sewn down under the last button."""
    sheet = Sheet()
    edge = [(-0.16, -1.0), (-0.16, 1.75), (0.16, 1.75), (0.16, -1.0)]
    sheet.line(edge, (0, 0, 0), 0.035, 0.6)
    sheet.line([(-0.16, 1.62), (0.16, 1.62)], (0, 0, 0), 0.025, 0.5)
    return sheet.image


def coat_front() -> Image.Image:
    """The overlapping edge of a double-breasted front, and two welt pockets; twice the span."""
    sheet = Sheet()
    sheet.line([(0.33, 0.5), (0.33, 5)], (0, 0, 0), 0.03, 0.55)
    for side in (-1, 1):
        sheet.line([(side * 0.5, 2.35), (side * 0.66, 2.85)], (0, 0, 0), 0.06, 0.45)
    return sheet.image


def blouse_front() -> Image.Image:
    """A narrow placket and two tucks beside it."""
    sheet = Sheet()
    for x, depth in ((-0.1, 0.3), (0.1, 0.3), (-0.45, 0.2), (0.45, 0.2)):
        sheet.line([(x, -1.0), (x, 8)], (0.3, 0.2, 0.1), 0.025, depth)
    return sheet.image


def wrap_front() -> Image.Image:
    """The edge of a wrapped skirt; twice the span."""
    sheet = Sheet()
    sheet.line([(0.3, 1.2), (0.36, 2.6), (0.22, 5)], (0, 0, 0), 0.03, 0.5)
    return sheet.image


def trouser_front(stitch: Colour, seam: float = 0.5, fade: float = 0.0) -> Image.Image:
    """Waistband, button, fly and the curved mouths of two pockets; worn thighs paler."""
    sheet = Sheet()
    for side in (-1, 1):
        sheet.fade(side * 1.0, 2.3, 0.4, 0.9, fade)
        for k in range(4):  # creases from the crotch
            sheet.fade(side * 0.75, 1.35 + 0.16 * k, 0.5, 0.03, 0.6 * fade)
    sheet.line([(-3, 0.38), (3, 0.38)], (0, 0, 0), 0.04, seam)
    sheet.line([(-3, 0.34), (3, 0.34)], stitch, 0.018, 0.8)
    sheet.line([(-3, 0.04), (3, 0.04)], stitch, 0.018, 0.8)
    sheet.line([(0, 0.38), (0, 2.0)], (0, 0, 0), 0.04, seam)
    sheet.line([(0.25, 0.4), (0.25, 1.4), (0.17, 1.7), (0, 1.85)], stitch, 0.02, 0.8)
    for side in (-1, 1):
        mouth = [(side * 0.72, 0.4), (side * 0.8, 0.75), (side * 1.1, 1.05), (side * 1.7, 1.2)]
        sheet.line(mouth, (0, 0, 0), 0.05, seam)
        sheet.line([(x, y + 0.05) for x, y in mouth], stitch, 0.02, 0.8)
        sheet.loop(side * 0.66, stitch)
    return sheet.image


def trouser_back(stitch: Colour, patch: bool, fade: float = 0.0) -> Image.Image:
    """Waistband, yoke, seam and two pockets: patches on jeans, welts on chinos."""
    sheet = Sheet()
    for side in (-1, 1):
        sheet.fade(side * 0.8, 1.6, 0.45, 0.6, fade)
    sheet.line([(-3, 0.38), (3, 0.38)], (0, 0, 0), 0.04, 0.5)
    sheet.line([(0, 0.38), (0, 3)], (0, 0, 0), 0.03, 0.4)
    for side in (-1, 1):
        sheet.loop(side * 0.8, stitch)
        if patch:
            sheet.line([(side * 1.8, 0.6), (0, 0.95)], stitch, 0.025, 0.8)
            sheet.pocket(side * 0.78, 1.0, 1.1, 1.25, stitch)
        else:
            sheet.line([(side * 0.35, 1.0), (side * 1.25, 0.95)], (0, 0, 0), 0.07, 0.6)
    sheet.loop(0, stitch)
    if patch:
        sheet.area([(0.45, 0.08), (1.0, 0.08), (1.0, 0.36), (0.45, 0.36)], (0.45, 0.28, 0.15))
    return sheet.image


def jacket_front(stitch: Colour, metal: Colour) -> Image.Image:
    """Button strips along both edges, flapped chest pockets, slanted hand pockets."""
    sheet = Sheet()
    for side in (-1, 1):
        sheet.line([(side * 0.66, -1), (side * 0.66, 8)], stitch, 0.025, 0.8)
        sheet.line([(side * 0.68, 1.25), (side * 1.9, 1.25)], (0, 0, 0), 0.05, 0.4)
        flap = [(side * 0.8, 1.28), (side * 0.8, 1.5), (side * 1.15, 1.68)]
        flap += [(side * 1.5, 1.5), (side * 1.5, 1.28)]
        sheet.line(flap, (0, 0, 0), 0.05, 0.4)
        sheet.line([(x, y - 0.05) for x, y in flap], stitch, 0.022, 0.8)
        sheet.disk(side * 1.15, 1.55, 0.05, metal)
        sheet.line([(side * 0.95, 3.3), (side * 1.2, 4.2)], (0, 0, 0), 0.07, 0.5)
    return sheet.image


def blazer_front() -> Image.Image:
    """A breast pocket and two flapped pockets."""
    sheet = Sheet()
    sheet.line([(0.75, 1.6), (1.3, 1.5)], (0, 0, 0), 0.09, 0.45)
    for side in (-1, 1):
        sheet.line([(side * 0.7, 3.6), (side * 1.5, 3.6)], (0, 0, 0), 0.05, 0.5)
        sheet.line([(side * 0.7, 3.95), (side * 1.5, 3.95)], (0, 0, 0), 0.03, 0.4)
    return sheet.image


def jacket_back(stitch: Colour) -> Image.Image:
    """A yoke and two seams running down from it."""
    sheet = Sheet()
    sheet.line([(-3, 1.3), (3, 1.3)], stitch, 0.03, 0.8)
    for side in (-1, 1):
        sheet.line([(side * 1.2, 1.3), (side * 0.8, 6)], stitch, 0.03, 0.8)
    return sheet.image


def print_mountain(ink: Colour, sun: Colour) -> Image.Image:
    """A chest print: a sun behind two peaks over three lines."""
    sheet = Sheet()
    sheet.disk(0.25, 1.55, 0.36, sun)
    sheet.area([(-1.0, 2.6), (-0.3, 1.55), (0.1, 2.05), (0.4, 1.7), (1.0, 2.6)], ink)
    sheet.area([(-0.42, 1.73), (-0.3, 1.55), (-0.17, 1.71), (-0.26, 1.8), (-0.33, 1.72)],
               (0.95, 0.95, 0.95))  # fmt: skip
    for k in range(3):
        sheet.line([(-0.8 + 0.2 * k, 2.75 + 0.14 * k), (0.8 - 0.2 * k, 2.75 + 0.14 * k)], ink, 0.06)
    return sheet.image


def fabric(
    name: str,
    painter: Callable[..., Array],
    *colours: Any,
    width: float = 2.0,
    roughness: float = 0.85,
    weave: float = 0.2,
) -> Fabric:
    """A named fabric of a painter and what it asks for."""
    return Fabric(name, painter, colours, width, roughness, weave)
