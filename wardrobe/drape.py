"""A garment from its picture onto a body: bent along the limbs, as wide as the body under it.

Each part (trunk, sleeves, legs) is drawn by itself and laid over the one before, so that a sleeve
in front of the trunk hides it and never pulls it along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import PIL.Image as Pillow
from numpy.typing import NDArray

from wardrobe import fill, geometry, mesh
from wardrobe.cut import CROTCH, SLEEVED, Cut
from wardrobe.frame import Curve, Frame
from wardrobe.types import Image, MaskArray

Numbers = NDArray[np.float64]
Floats = NDArray[np.float32]
CELLS = 44  # of the mesh, along the longer side of the garment
BLEND = 0.14  # torsos around a seam in which trunk and limb share their movement
HOLD = 0.35  # how strongly the mesh is held where the body wants it, against its stiffness
#: Half widths of arms and legs along their bones (0 shoulder or hip, 1, 2 wrist or ankle), torsos.
ARM_AT, ARM_WIDE = (-0.3, 0.0, 0.5, 1.0, 1.5, 2.0), (0.10, 0.115, 0.095, 0.08, 0.075, 0.055)
LEG_AT, LEG_WIDE = (0.0, 0.3, 1.0, 1.4, 2.0), (0.19, 0.165, 0.115, 0.105, 0.07)
#: Half widths of a slim trunk seen from the front, torsos below the shoulders.
TRUNK_AT, TRUNK_WIDE = (0.0, 0.3, 0.7, 1.05, 1.3), (0.36, 0.31, 0.25, 0.31, 0.31)
DRAWN_OUT = 0.4  # torsos by which a hem may be drawn down
DRAWN_UP = 2.0  # how many times longer a seat may become by it
TEAR = 0.07  # torsos; half of how far parts of a garment that belong together may come apart
LOOSE = 0.02  # torsos of air between a body and what it wears
STOUT = 1.4  # of a usual limb's width: the most that is believed of what is seen


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One part of a garment on the body.

    Attributes:
        image: (h, w, 3) float32, 0 to 255, anything where ``alpha`` is 0.
        alpha: (h, w) float32 in [0, 1].
    """

    image: Floats
    alpha: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Draped:
    """A garment on a body, in the pixels of the person's photo.

    Attributes:
        layers: trunk, then the limbs of the picture's left and right.
        ends: how far down the arms or legs the limbs reach, bones (2 is the wrist or ankle).
        hem: how far down the trunk's curve the garment reaches, torsos.
    """

    layers: tuple[Layer, Layer, Layer]
    ends: tuple[float, float]
    hem: float

    @property
    def alpha(self) -> Floats:
        """(h, w) float32: how much of each pixel is garment."""
        out = self.layers[0].alpha
        for layer in self.layers[1:]:
            out = out + layer.alpha * (1 - out)
        return out

    @property
    def image(self) -> Floats:
        """(h, w, 3) float32 of the layers over each other."""
        out = self.layers[0].image
        for layer in self.layers[1:]:
            a = layer.alpha[..., None]
            out = out * (1 - a) + layer.image * a
        return out


def onto(
    image: Image,
    cut: Cut,
    to: Frame,
    size: tuple[int, int],
    silhouette: MaskArray | None = None,
    least_hem: float = 0.0,
    waist: float = CROTCH,
    bare: MaskArray | None = None,
) -> Draped:
    """Drape a garment.

    Args:
        image: (h, w, 3) uint8, the garment's picture; ``cut`` was made of its mask.
        to: the body.
        size: (height_px, width_px) of the person's photo.
        silhouette: (h, w) bool, the person's pixels without arms and hands; cloth is made to
            reach its sides.
        least_hem: torsos down the trunk that the garment is drawn out to, if it nearly reaches there:
            a body seen from another side is shorter, and no shirt ends a hand above the waistband.
        waist: torsos down the trunk that trousers or a skirt are drawn up to, if they begin below: no belly
            shows between them and the shirt that met the old ones.
        bare: (h, w) bool, the person's skin: a sleeve or leg is made as wide as what it goes over.
    """
    image = _own_colours(image, cut.parts[0] | cut.parts[1] | cut.parts[2])
    image, cut = _scaled(image, cut, to.torso / cut.frame.torso)
    whole = cut.parts[0] | cut.parts[1] | cut.parts[2]
    extent = max(np.ptp(np.flatnonzero(whole.any(axis=k))) for k in (0, 1))
    cell = max(float(extent) / CELLS, 4.0)
    far = _seam_distances(cut, whole.shape)
    sewn = np.minimum(far[0], far[1]) < 1.2 * cell
    made = mesh.grid(cut.parts, cell, sewn)
    ends, hem = _lengths(cut)
    longer = least_hem / max(hem, 1e-6) if hem < least_hem < hem + DRAWN_OUT else 1.0
    wanted = _wanted(made, cut, to, silhouette, bare, longer, waist)
    hold = np.full(len(wanted), HOLD)
    down = to.torso / cut.frame.torso
    scale = np.array([down * float(np.clip(to.half_span / cut.frame.half_span, 0.5, 1.3)), down])
    points = mesh.bent(made, wanted, hold, scale)
    layers = []
    planes = np.concatenate(
        [image.astype(np.float32), np.zeros((*whole.shape, 1), np.float32)], axis=2
    )
    order = 3 if to.torso > 1.2 * cut.frame.torso else 1
    for k, part in enumerate(cut.parts):
        reach = part | (whole & sewn)
        planes[..., 3] = _soft(reach)
        places, covered = mesh.drawn(made, points, k, size)
        values = np.zeros((*size, 4), np.float32)
        if covered.any():
            values[covered] = mesh.sampled(planes, places[covered], order)
        layers.append(Layer(np.clip(values[..., :3], 0, 255), np.clip(values[..., 3], 0, 1)))
    return Draped((layers[0], layers[1], layers[2]), ends, hem * longer)


def inside(draped: Draped, span: MaskArray) -> Draped:
    """A garment under a coat: without sleeves, and only where ``span`` (h, w) bool allows."""
    trunk = Layer(draped.layers[0].image, draped.layers[0].alpha * span)
    gone = [Layer(one.image, np.zeros_like(one.alpha)) for one in draped.layers[1:]]
    return Draped((trunk, gone[0], gone[1]), (2.0, 2.0), draped.hem)


def closed(draped: Draped, within: MaskArray, torso: float) -> Draped:
    """A garment without tears: where limbs bend otherwise than in its picture, parts come apart at their
    seams, though there is cloth on both sides.

    Args:
        within: (h, w) bool, where cloth was seen before: nothing else is closed.
        torso: px.
    """
    alpha = draped.alpha
    tear = geometry.shut(alpha > 0.5, TEAR * torso) & within & (alpha < 0.98)
    if not tear.any():
        return draped
    made = fill.spread(draped.image, alpha > 0.9, tear)
    trunk = draped.layers[0]
    image = np.where(tear[..., None], made, trunk.image).astype(np.float32)
    mended = Layer(image, np.where(tear, 1, trunk.alpha).astype(np.float32))
    return Draped((mended, *draped.layers[1:]), draped.ends, draped.hem)


def _scaled(image: Image, cut: Cut, scale: float) -> tuple[Image, Cut]:
    """The picture no more than a little larger than it will be drawn: what it would lose between
    pixels is averaged away first."""
    if scale >= 0.8:
        return image, cut
    h, w = image.shape[:2]
    size = (max(round(w * scale), 8), max(round(h * scale), 8))
    ratio = np.array([size[0] / w, size[1] / h])
    small = np.asarray(Pillow.fromarray(image).resize(size, Pillow.Resampling.LANCZOS))
    parts = []
    for part in cut.parts:
        grey = Pillow.fromarray(part.astype(np.uint8) * 255).resize(size, Pillow.Resampling.BOX)
        parts.append(np.asarray(grey) > 127)
    frame = Frame(cut.frame.joints * ratio, cut.frame.torso * float(ratio.mean()), cut.frame.back)
    return small, Cut(cut.category, frame, (parts[0], parts[1], parts[2]), cut.seams * ratio)


def _soft(mask: MaskArray) -> Floats:
    """The mask's edge over two pixels, drawn in by half of one: a rim of background is worse."""
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(mask.astype(np.float32), 0.8) * 2 - 1
    return np.asarray(np.clip(soft, 0, 1), np.float32)


def _own_colours(image: Image, mask: MaskArray) -> Image:
    """The picture with the garment's colours carried on beyond its edge, and over its rim, where
    pixels show some of what was behind."""
    from scipy.ndimage import distance_transform_edt

    inner = geometry.worn_down(mask, 2)
    if inner.sum() < 0.5 * mask.sum():
        inner = mask
    away, (y, x) = distance_transform_edt(~inner, return_indices=True)
    near = away <= max(8, mask.shape[0] // 40)
    out = image.copy()
    out[near] = image[y[near], x[near]]
    return out


def _seam_distances(cut: Cut, size: tuple[int, int]) -> tuple[Floats, Floats]:
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32) + 0.5
    out = []
    for side in (0, 1):
        if not cut.parts[1 + side].any():
            out.append(np.full(size, np.inf, np.float32))
            continue
        a, b = cut.seams[side]
        d = b - a
        t = np.clip(((x - a[0]) * d[0] + (y - a[1]) * d[1]) / max(float(d @ d), 1e-6), 0, 1)
        out.append(np.hypot(x - a[0] - t * d[0], y - a[1] - t * d[1]).astype(np.float32))
    return out[0], out[1]


def _wanted(
    made: mesh.Mesh,
    cut: Cut,
    to: Frame,
    silhouette: MaskArray | None,
    bare: MaskArray | None,
    longer: float,
    waist: float,
) -> Numbers:
    """(n, 2) where each point of the mesh should lie on the body."""
    points = made.points
    along, across = cut.frame.trunk.locate(points)
    along = np.where(along > 0, along * longer, along)
    if cut.category not in SLEEVED:
        along = _drawn_up(along, cut, waist)
    along_to, across_to = _on_trunk(along, across, cut, to, silhouette)
    out = to.trunk.place(along_to, across_to)
    part = np.zeros(len(points), np.intp)
    part[made.triangles.ravel()] = np.repeat(made.part, 3)
    size = cut.parts[0].shape
    far = _seam_distances(cut, size)
    at = (
        np.clip(points[:, 1].astype(int), 0, size[0] - 1),
        np.clip(points[:, 0].astype(int), 0, size[1] - 1),
    )
    upper = cut.category in SLEEVED
    for side in (0, 1):
        if not cut.parts[1 + side].any():
            continue
        near = np.clip(far[side][at] / (BLEND * cut.frame.torso), 0, 1).astype(np.float64)
        weight = np.where(part == 1 + side, 0.5 + 0.5 * near, 0.5 - 0.5 * near)
        weight = weight * weight * (3 - 2 * weight)
        weight[part == 2 - side] = 0
        here = weight > 0
        curves = [f.arm(side) if upper else f.leg(side) for f in (cut.frame, to)]
        t, r = curves[0].locate(points[here])
        wide = (ARM_AT, ARM_WIDE) if upper else (LEG_AT, LEG_WIDE)
        r = r * _wider(cut.parts[1 + side], curves[0], curves[1], (t, r), wide, bare)
        limb = curves[1].place(t, r)
        out[here] += weight[here, None] * (limb - out[here])
    return out


def _drawn_up(along: Numbers, cut: Cut, waist: float) -> Numbers:
    """Places down the trunk with those above the crotch drawn up to a waist."""
    ys, xs = np.nonzero(cut.parts[0])
    if not len(xs):
        return along
    step = max(len(xs) // 3000, 1)
    seat, _ = cut.frame.trunk.locate(np.column_stack([xs, ys])[::step] + 0.5)
    top = float(np.percentile(seat, 3))
    if not waist < top < CROTCH - 0.1:
        return along
    up = min((CROTCH - waist) / (CROTCH - top), DRAWN_UP)
    return np.where(along < CROTCH, CROTCH - (CROTCH - along) * up, along)


def _on_trunk(
    along: Numbers, across: Numbers, cut: Cut, to: Frame, silhouette: MaskArray | None
) -> tuple[Numbers, Numbers]:
    """Places along and across the body's trunk for places along and across the garment's."""
    out = across.copy()
    stops = np.arange(-0.4, 3.6, 0.05)
    for sign in (-1, 1):
        mine = sign * across >= 0
        # An open front is no edge.
        garment = _half_widths(geometry.between(cut.parts[0]), cut.frame.trunk, stops, sign)
        ratio = np.full(len(stops), to.turn)
        ratio[stops > 0.4] = max(to.turn, 0.75)
        shoulder = cut.frame.half_span, to.half_span
        if cut.category in SLEEVED:
            ratio[stops <= 0.25] = shoulder[1] / max(shoulder[0], 1e-6)
        least = np.interp(stops, TRUNK_AT, TRUNK_WIDE) * max(to.turn, 0.6)
        if silhouette is not None:
            seen = _half_widths(silhouette, to.trunk, stops, sign)
            most = np.interp(stops, (0.0, 1.3, 2.0), (0.46, 0.52, 0.6))
            least = np.where(seen > 0, np.clip(seen + LOOSE, least, most), least)
        short = (garment > 0.05) & (stops > 0.2) & (garment * ratio < least)
        ratio[short] = least[short] / garment[short]
        ratio = _smooth(_middling(np.clip(ratio, 0.3, 2.2)), 4)
        out[mine] *= np.interp(along[mine], stops, ratio)
    return along, out


def _half_widths(mask: MaskArray, curve: Curve, stops: Numbers, sign: int) -> Numbers:
    """How far to one side of a curve a mask reaches without a gap, torsos; 0 where it doesn't."""
    steps = np.arange(0, 1.2, 0.015)
    places = curve.place(np.repeat(stops, len(steps)), sign * np.tile(steps, len(stops)))
    hit = geometry.at(mask, places)
    rows = hit.reshape(len(stops), len(steps))
    rows[:, :4] |= rows[:, 4:8].any(axis=1, keepdims=True)  # a bone may lie a little aside
    first = np.argmin(np.column_stack([rows, np.zeros(len(rows), np.bool_)]), axis=1)
    return np.asarray(first * 0.015, np.float64)


def _wider(
    part: MaskArray,
    curve: Curve,
    to: Curve,
    places: tuple[Numbers, Numbers],
    wide: tuple[tuple[float, ...], tuple[float, ...]],
    bare: MaskArray | None,
) -> Numbers:
    """(n,) by how much a sleeve or leg must be widened at ``places`` along and across, to go around its limb."""
    stops = np.arange(-0.4, 2.4, 0.08)
    ys, xs = np.nonzero(part)
    step = max(len(xs) // 4000, 1)
    along, across = curve.locate(np.column_stack([xs, ys])[::step] + 0.5)
    half = np.zeros(len(stops))
    for k, stop in enumerate(stops):
        near = np.abs(along - stop) < 0.08
        if near.sum() > 4:
            half[k] = np.percentile(np.abs(across[near]), 96)
    slim = np.interp(stops, *wide)
    out = np.ones(len(places[0]))
    for sign in (-1, 1):
        need = slim
        if bare is not None:  # a shoulder or hip is more than its limb
            seen = np.where(stops > 0.3, _half_widths(bare, to, stops, sign), 0)
            need = np.clip(seen, slim, STOUT * slim)
        ratio = np.clip((need + LOOSE) / np.maximum(half, 0.02), 1.0, 1.6)
        ratio = _smooth(_middling(np.where(half > 0.02, ratio, 1.0), 2))
        mine = sign * places[1] >= 0
        out[mine] = np.interp(places[0][mine], stops, ratio)
    return out


def _smooth(values: Numbers, k: int = 3) -> Numbers:
    padded = np.pad(values, k, mode="edge")
    return np.convolve(padded, np.ones(2 * k + 1) / (2 * k + 1), "valid")


def _middling(values: Numbers, k: int = 4) -> Numbers:
    """Running median: a hand beside the hip doesn't widen it."""
    padded = np.pad(values, k, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * k + 1)
    return np.asarray(np.median(windows, axis=1), np.float64)


def _lengths(cut: Cut) -> tuple[tuple[float, float], float]:
    upper = cut.category in SLEEVED
    ends = []
    for side in (0, 1):
        part = cut.parts[1 + side]
        if not part.any():
            ends.append(0.0)
            continue
        curve = cut.frame.arm(side) if upper else cut.frame.leg(side)
        ys, xs = np.nonzero(part)
        step = max(len(xs) // 3000, 1)
        along, _ = curve.locate(np.column_stack([xs, ys])[::step] + 0.5)
        ends.append(float(np.percentile(along, 98)))
    ys, xs = np.nonzero(cut.parts[0])
    step = max(len(xs) // 3000, 1)
    along, _ = cut.frame.trunk.locate(np.column_stack([xs, ys])[::step] + 0.5)
    hem = float(np.percentile(along, 98)) if len(xs) else CROTCH
    return (ends[0], ends[1]), hem
