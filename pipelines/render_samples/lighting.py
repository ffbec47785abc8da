"""Light on what rays have met: a lamp with soft shadows, sky and ground with occlusion.

Radiance is diffuse reflection plus a Blinn-Phong highlight (J. Blinn, SIGGRAPH 1977). Occlusion is
the share of a few cosine-weighted rays that leave freely (S. Zhukov et al., EGWR 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body import Array, Index
from rays import grid
from scipy import ndimage
from shop import Rng
from takes import Light
from textures import Paint, Spots, Textures, paint_all
from truth import Bitmap, View

#: Every so many pixels across and down occlusion is looked at, by so many rays of this length.
SPARSE, RAYS, NEAR = 3, 6, 1.2
#: Rays start this far off the surface, metres.
OFF = 0.004
#: Samples in a pixel that lies on an edge.
INNER = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))


@dataclass(frozen=True)
class Lit:
    """Shadow and occlusion of a picture, (H, W), 1 in full light."""

    lamp: Array
    sky: Array


def render(view: View, textures: Textures, light: Light, backdrop: Array, rng: Rng) -> Array:
    """The picture in linear light, (H, W, 3), over a backdrop of the same shape."""
    width, height = view.size
    columns, rows = grid((0, 0, width, height))
    seen = view.part.ravel() >= 0
    here = _Samples(
        columns[seen], rows[seen], view.part.ravel()[seen], view.triangle.ravel()[seen],
        view.weights.reshape(-1, 2)[seen], view.depth.ravel()[seen],
    )  # fmt: skip
    paint = here.paint(view, textures)
    lit = _lit(view, here, paint, light, rng)
    picture = backdrop.copy()
    picture[view.part >= 0] = _shade(view, here, paint, light, lit)
    _soften_edges(picture, backdrop, view, textures, light, lit)
    return picture


@dataclass(frozen=True)
class _Samples:
    columns: Array  # pixel coordinates
    rows: Array
    part: Index
    triangle: Index
    weights: Array
    depth: Array

    def paint(self, view: View, textures: Textures) -> Paint:
        wide = 2 * np.tan(np.radians(view.camera.fov) / 2) / view.size[1]
        corner = np.column_stack([1 - self.weights.sum(1), self.weights])
        spots = Spots(self.triangle, corner, self.depth * wide)
        parts = {int(k): view.parts[k][1] for k in np.unique(self.part)}
        paint = paint_all(textures, parts, self.part, spots)
        back = (paint.normal * self.ways(view)).sum(1) > 0  # the inside of cloth faces us, too
        paint.normal[back] *= -1
        return paint

    def ways(self, view: View) -> Array:
        return view.camera.rays(self.columns, self.rows, view.size)

    def places(self, view: View) -> Array:
        points: Array = view.camera.eye + self.ways(view) * self.depth[:, None]
        return points

    def pixels(self, values: Array) -> Array:
        """A picture's values where the samples lie."""
        picked: Array = values[self.rows.astype(int), self.columns.astype(int)]
        return picked


def _lit(view: View, here: _Samples, paint: Paint, light: Light, rng: Rng) -> Lit:
    places = here.places(view) + OFF * paint.normal
    seen = view.part >= 0
    # Drawn for every pixel, so that a picture of other clothes has the same noise elsewhere.
    toward = light.toward + light.soft * rng.normal(size=(*seen.shape, 3))[seen]
    faces = np.flatnonzero((paint.normal * light.toward).sum(1) > -0.15)
    shade = np.zeros(len(places))
    shade[faces] = view.caster.free(places[faces], toward[faces])
    lamp = np.zeros(seen.shape)
    lamp[seen] = shade
    few = np.flatnonzero((here.columns % SPARSE < 1) & (here.rows % SPARSE < 1))
    sparse = [-(-n // SPARSE) for n in seen.shape]
    cell = (here.rows[few] // SPARSE).astype(int), (here.columns[few] // SPARSE).astype(int)
    way = rng.normal(size=(RAYS, *sparse, 3))[:, *cell]
    way /= np.linalg.norm(way, axis=2, keepdims=True)
    way += 1.001 * paint.normal[few]
    starts = np.tile(places[few], (RAYS, 1))
    open_ = view.caster.free(starts, way.reshape(-1, 3), NEAR).reshape(RAYS, -1).mean(0)
    spots = np.zeros(seen.shape, bool)
    spots[here.rows[few].astype(int), here.columns[few].astype(int)] = True
    sky = np.zeros(seen.shape)
    sky[spots] = open_
    return Lit(_spread(lamp, seen, 0.9 + 6 * light.soft), _spread(sky, spots, 2.2))


def _spread(values: Array, known: Bitmap, sigma: float) -> Array:
    """Known values smoothed, and carried on to where nothing is known."""
    weight = ndimage.gaussian_filter(known.astype(float), sigma)
    total = ndimage.gaussian_filter(np.where(known, values, 0.0), sigma)
    return np.where(weight > 1e-4, total / np.maximum(weight, 1e-4), 1.0)


def _shade(view: View, here: _Samples, paint: Paint, light: Light, lit: Lit) -> Array:
    lamp, sky = here.pixels(lit.lamp)[:, None], here.pixels(lit.sky)[:, None]
    skin = np.array([view.parts[k][1].look.kind == "skin" for k in range(len(view.parts))])
    wrap = np.where(skin[here.part], 0.25, 0.06)[:, None]  # light creeps round skin and cloth
    facing = (paint.normal @ light.toward)[:, None]
    direct = np.clip((facing + wrap) / (1 + wrap), 0, 1) * lamp
    up = (0.5 + 0.5 * paint.normal[:, 2])[:, None]
    around = (light.sky * up + light.ground * (1 - up)) * (0.25 + 0.75 * sky)
    away = -here.ways(view)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    half = away + light.toward
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    shine = paint.shine[:, None]
    gloss = shine**1.5 * np.clip((paint.normal * half).sum(1), 0, 1)[:, None] ** (8 + 60 * shine)
    rim = 0.25 * shine * (1 - np.clip((paint.normal * away).sum(1), 0, 1))[:, None] ** 4
    colour: Array = paint.colour * (direct * light.key + around) + gloss * lamp * light.key
    return colour + rim * around


def _soften_edges(
    picture: Array, backdrop: Array, view: View, textures: Textures, light: Light, lit: Lit
) -> None:
    """Look four times into each pixel that lies on an edge."""
    deep = np.where(np.isfinite(view.depth), view.depth, 99.0)
    low, high = (f(deep, 2) for f in (ndimage.minimum_filter, ndimage.maximum_filter))
    parts = view.part
    mixed = ndimage.minimum_filter(parts, 2) != ndimage.maximum_filter(parts, 2)
    edge = ndimage.binary_dilation(mixed | (high - low > 0.03), np.ones((2, 2)), origin=-1)
    rows, columns = np.nonzero(edge)
    if not len(rows):
        return
    total = np.zeros((len(rows), 3))
    for dx, dy in INNER:
        x, y = columns + 0.5 + dx, rows + 0.5 + dy
        hits = view.caster.cast(view.camera.eye, view.camera.rays(x, y, view.size))
        met = (hits.mesh >= 0) & (hits.mesh < len(view.parts))
        colour = backdrop[rows, columns]
        if met.any():
            here = _Samples(x[met], y[met], hits.mesh[met], hits.triangle[met],
                            hits.weights[met], hits.depth[met])  # fmt: skip
            colour[met] = _shade(view, here, here.paint(view, textures), light, lit)
        total += colour
    picture[rows, columns] = total / len(INNER)


def cast_on_ground(picture: Array, view: View, light: Light, rng: Rng) -> Array:
    """A backdrop with the shadow that people throw on the ground, which it holds no mesh of."""
    columns, rows = grid((0, 0, *view.size))
    ways = view.camera.rays(columns, rows, view.size)
    down = ways[:, 2] < -1e-3
    reach = np.where(down, -view.camera.eye[2] / np.where(down, ways[:, 2], -1), 0)
    near = np.flatnonzero(down & (view.part.ravel() < 0) & (reach < 12))
    if not len(near):
        return picture
    spots = view.camera.eye + ways[near] * reach[near, None] + np.array([0, 0, 0.002])
    noise = rng.normal(size=(2, view.part.size, 3))[:, near]
    lamp = view.caster.free(spots, light.toward + light.soft * noise[0])
    dome = noise[1]
    dome /= np.linalg.norm(dome, axis=1, keepdims=True)
    sky = view.caster.free(spots, dome + np.array([0, 0, 1.05]), NEAR)
    key, room = light.key.mean() * max(light.toward[2], 0.05), light.sky.mean()
    share = np.ones(view.part.size)
    share[near] = (key * lamp + room * sky) / (key + room)
    free = (view.part < 0).astype(float)
    soft = _spread(share.reshape(view.part.shape), free > 0, 1.2 + 5 * light.soft)
    shaded: Array = picture * soft[..., None]
    return shaded
