"""One garment's hidden parts from its other photos: what lies where, in which light, from whom.

Pure NumPy and SciPy. Nothing is invented here: a pixel is seen, or borrowed from another photo of the
same garment that was registered and agrees, or left for whoever fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import color, geometry, registration
from wardrobe.canvas import Placed
from wardrobe.labels import Category
from wardrobe.registration import Affine, Floats
from wardrobe.types import Image, MaskArray

#: A registered photo is left out unless it agrees so well with the canvas: Lab distance, correlation
#: of texture, overlap of masks.
MOST_APART, LEAST_TEXTURE, LEAST_OVERLAP = 9.0, 0.35, 0.72
#: Share of the garment's side that a borrowed patch must reach to widen its outline.
SLIVER = 0.02
#: Shares of the garment, and of its edge, under which nothing of it is taken to be hidden.
LEAST_HIDDEN, LEAST_EDGE = 0.01, 0.02
SEAM = 0.015  # of the side, at most, between what is seen and what an outline adds
LEAST_WITHIN = 0.8  # of a piece: else it is none of this garment's
CRUMB = 0.015  # of the garment's area: smaller pieces are where a registration frays


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The canvas that other photos are laid over.

    Attributes:
        view: the cover on it.
        lab: its colours.
        bare: where it surely doesn't have the garment, not even hidden.
    """

    view: Placed
    lab: Floats
    bare: MaskArray

    @classmethod
    def of(cls, view: Placed) -> Ground:
        return cls(view, lab(view.image), bare(view))


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """Another photo of the garment, registered to the canvas and found to agree.

    Attributes:
        field: (side, side, 2) where each canvas pixel lies in ``view``.
        shown: (side, side) where it shows the garment, as far as the field is to be trusted.
        view: the other photo on a canvas of its own.
        apart: median colour distance on what both show, after the light was matched.
    """

    view: Placed
    field: Floats
    shown: MaskArray
    apart: float


def lab(image: Image) -> Floats:
    """(h, w, 3) float32 CIELAB."""
    return color.to_lab(image).astype(np.float32)


def bare(view: Placed) -> MaskArray:
    """Where a photo surely doesn't have the garment, not even hidden: inside its frame, under no other
    garment, beyond the outline and what is near to it."""
    side = view.mask.shape[0]
    near = geometry.grown(closed(view.mask, 0.05) | view.outline, max(2, side // 64))
    return np.asarray(view.under | (view.inside & ~view.over & ~near), np.bool_)


def closed(mask: MaskArray, share: float) -> MaskArray:
    """The mask with cuts and bites of up to twice ``share`` of its side filled: what a strap or a hand
    took out of it. Larger gaps may be the room between an arm and the body."""
    part = geometry.window(mask, 0)
    if part is None:
        return mask
    return geometry.shut(mask, share * (max(mask[part].shape) - 1) + 1)


def wanting(here: Placed, outline: MaskArray) -> bool:
    """Whether the canvas may hide some of the garment: a part of its outline isn't seen, or its edge lies
    at the frame's or at that of something worn over it."""
    if (outline & ~here.mask).sum() > LEAST_HIDDEN * outline.sum():
        return True
    rim = geometry.grown(here.mask, 2) & ~here.mask
    return bool((rim & (here.over | ~here.inside)).sum() > LEAST_EDGE * rim.sum())


def registered(
    category: Category, ground: Ground, there: Placed, strict: float = 1.0
) -> Lent | None:
    """Lay another photo of a garment over the canvas; None where they can't be brought together, don't
    agree once they are, or the other shows nothing that the canvas hides.

    Args:
        strict: factor on how far apart the colours may be.
    """
    here = ground.view
    side = here.mask.shape[0]
    field = None
    if here.body is not None and there.body is not None:
        if not registration.facing(here.body, there.body):
            return None
        field = registration.by_body(category, here.body, there.body, side)
    if field is None:
        if category in registration.UPPER + registration.LOWER:
            return None
        field = registration.by_box(here.mask, there.mask)
    if field is None:
        return None
    solid = there.mask.astype(np.float32)
    more = registration.sampled(solid, field[::2, ::2]) > 0.5
    more &= ~(here.mask | ground.bare)[::2, ::2]
    if 4 * more.sum() < LEAST_HIDDEN * here.mask.sum():
        return None
    a, b = ground.lab, lab(there.image)
    field = registration.matched(a, here.mask, ground.bare, b, solid, field)
    shown = registration.sampled(solid, field) > 0.5
    shown &= registration.trusted(field, shown & here.mask)
    both = here.mask & shown
    if both.sum() < 0.1 * min(here.mask.sum(), shown.sum()) or both.sum() < 60:
        return None
    relit = in_the_light_of(registration.sampled(b, field), shown, a, here.mask)
    apart, texture, overlap = registration.agreement(a, here.mask, ground.bare, relit, shown)
    if apart > strict * MOST_APART or texture < LEAST_TEXTURE or overlap < LEAST_OVERLAP:
        return None
    return Lent(there, field, shown, apart)


def in_the_light_of(moved: Floats, shown: MaskArray, here: Floats, seen: MaskArray) -> Floats:
    """Lab of a registered photo as the canvas's light would show it.

    Lightness by gain and offset, colour by offset, from medians over what both show; then what is left
    of the difference, spread softly from there over the rest, so that no seam is left.
    """
    both = shown & seen
    if not both.any():
        return moved
    out = moved.copy()
    for c in range(3):
        p, q = moved[..., c][both], here[..., c][both]
        gain = 1.0
        if c == 0:
            spread = np.median(np.abs(p - np.median(p))), np.median(np.abs(q - np.median(q)))
            gain = float(np.clip((spread[1] + 2) / (spread[0] + 2), 0.7, 1.4))
        out[..., c] = (moved[..., c] - np.median(p)) * gain + np.median(q)
    rest = here - out
    # Where they differ by much they show different things, a print that slid, and not the light.
    alike = both & (np.linalg.norm(rest, axis=-1) < 15)
    return np.asarray(out + spread_softly(rest, alike) if alike.any() else out, np.float32)


def spread_softly(values: Floats, known: MaskArray) -> Floats:
    """(h, w, c) values of the known pixels averaged over all pixels, the nearer the more."""
    from scipy.ndimage import gaussian_filter

    step = max(1, known.shape[0] // 64)
    weight = known.astype(np.float32)
    h, w = known.shape[0] // step * step, known.shape[1] // step * step

    def small(x: Floats) -> Floats:
        cells = x[:h, :w].reshape(h // step, step, w // step, step)
        return np.asarray(cells.mean(axis=(1, 3)), np.float32)

    share = small(weight)
    inks = [small(values[..., c] * weight) for c in range(values.shape[2])]
    total, sums = np.full_like(share, 1e-9), [np.zeros_like(share) for _ in inks]
    for sigma, trust in ((2.0, 1.0), (6.0, 0.03), (18.0, 1e-3)):
        total += trust * gaussian_filter(share, sigma)
        sums = [s + trust * gaussian_filter(i, sigma) for s, i in zip(sums, inks, strict=True)]
    full = np.stack([registration.enlarged(s / total, (w, h)) for s in sums], axis=-1)
    if full.shape[:2] == known.shape:
        return full
    return np.pad(full, ((0, known.shape[0] - h), (0, known.shape[1] - w), (0, 0)), mode="edge")


def widened(here: Placed, lent: Sequence[Lent], outline: MaskArray) -> MaskArray:
    """The outline with what registered photos show beyond it, where the canvas can't contradict: under
    another garment, beyond its frame, or where two photos say so."""
    votes = np.zeros(outline.shape, np.int32)
    for one in lent:
        votes += one.shown
    hideable = here.over | ~here.inside
    more = ((votes >= 1) & hideable) | (votes >= 2)
    rows, cols = np.nonzero(outline)
    size = max(int(SLIVER * max(np.ptp(rows), np.ptp(cols))), 1) if len(rows) else 1
    more = geometry.opened(more & ~outline & ~here.under, 2 * size + 1)
    return outline | worthwhile(more, outline)


def within(more: MaskArray, room: MaskArray) -> MaskArray:
    """The pieces of ``more`` inside ``room``, without those that go on beyond it: cut off there, they would
    end in a straight line."""
    from scipy.ndimage import label

    pieces, count = label(more)
    if not count:
        return more
    total = np.bincount(pieces.ravel(), minlength=count + 1)
    kept = np.bincount(pieces[room], minlength=count + 1) >= LEAST_WITHIN * total
    kept[0] = False
    return np.asarray(kept[pieces] & room, np.bool_)


def joined(outline: MaskArray, more: MaskArray) -> MaskArray:
    """Both, without the seam that two masks drawn apart leave between them."""
    if not more.any():
        return outline
    near = geometry.grown(more, max(3, outline.shape[0] // 32))
    return np.asarray(outline | more | (closed(outline | more, SEAM) & near), np.bool_)


def worthwhile(more: MaskArray, outline: MaskArray) -> MaskArray:
    """The pieces of ``more`` that touch the outline and are no crumbs."""
    from scipy.ndimage import label

    pieces, count = label(more)
    if not count:
        return more
    touching = np.unique(pieces[geometry.grown(outline, 2) & more])
    large = np.flatnonzero(np.bincount(pieces.ravel()) >= CRUMB * outline.sum())
    kept = np.intersect1d(touching, large)
    return np.asarray(np.isin(pieces, kept[kept > 0]), np.bool_)


def borrowed(
    image: Floats, seen: MaskArray, hole: MaskArray, moved: Floats, shown: MaskArray
) -> tuple[Floats, MaskArray]:
    """Fill a hole from a registered photo, in the canvas's light.

    Args:
        image: (h, w, 3) Lab of the canvas.
        seen: (h, w) what of it is known to be the garment.
        hole: (h, w) what isn't.
        moved, shown: the photo's Lab on the canvas, and where it surely shows the garment.

    Returns:
        Lab, and which pixels were borrowed.
    """
    take = hole & ~seen & shown
    take = geometry.opened(take, 3)
    out = image.copy()
    if take.any():
        out[take] = in_the_light_of(moved, shown, image, seen)[take]
    return out, take


def composed(field: Floats, affine: Affine, side: int) -> Floats:
    """A field found on one canvas, for another of ``side`` px whose pixels ``affine`` maps onto it."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    at = np.stack([x + 0.5, y + 0.5], axis=-1) @ affine[:, :2].T + affine[:, 2] - 0.5
    return registration.sampled(field, at.astype(np.float32), beyond="nearest")


def mean_colour(view: Placed) -> NDArray[np.float64] | None:
    """(3,) mean Lab of the garment's inner pixels, the darkest and brightest twentieth left out; None
    where hardly any are seen."""
    step = max(1, view.mask.shape[0] // 256)
    mask = geometry.worn_down(view.mask[::step, ::step], 2)
    if mask.sum() < 40:
        return None
    inner = color.to_lab(view.image[::step, ::step][mask])
    low, high = np.percentile(inner[:, 0], (5, 95))
    kept: NDArray[np.float64] = inner[(inner[:, 0] >= low) & (inner[:, 0] <= high)]
    return np.asarray(kept.mean(axis=0))


def agreed_colour(
    means: Sequence[NDArray[np.float64]], weights: Sequence[float]
) -> NDArray[np.float64]:
    """(3,) the colour nearest to all, each counting by its weight (geometric median): one photo under a
    red lamp doesn't move it."""
    points, w = np.stack(means), np.asarray(weights, np.float64)
    at = np.average(points, axis=0, weights=w)
    for _ in range(20):
        pull = w / np.maximum(np.linalg.norm(points - at, axis=1), 0.5)
        at = np.average(points, axis=0, weights=pull)
    return np.asarray(at)
