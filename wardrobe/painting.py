"""A thumbnail while it is made: the cover's own pixels, then other photos', then a model's.

Every pixel remembers where it comes from. Pure NumPy and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from wardrobe import canvas, color, geometry, images, matte, mending, registration
from wardrobe.canvas import Placed
from wardrobe.registration import Affine
from wardrobe.types import Image, MaskArray

#: What the map beside a picture says of each pixel.
NOTHING, SEEN, BORROWED, GENERATED = 0, 1, 2, 3
#: How the map shows it: clear where there is nothing to say.
INKS = {
    NOTHING: (0, 0, 0, 0),
    SEEN: (0, 0, 0, 1),
    BORROWED: (30, 110, 220, 170),
    GENERATED: (230, 110, 20, 170),
}
MOST_MOVED = 12.0  # Lab distance by which the balance may move colours
#: Shares of the side. What hides a garment tints its edge, and shades it farther in: the one is painted
#: anew, from the other nothing is taken.
TINTED, SHADED = 0.008, 0.03
LEFT = 0.5  # of what is seen must lie beyond the shade, else all of it is taken from
INSIDE = np.array([0.6, 0.75, 0.75], np.float32)  # of L, a, b of cloth seen from its inside, unlit

Fill = Callable[[Sequence[Image], Sequence[MaskArray], Sequence[MaskArray]], Sequence[Image | None]]


class Painting:
    """A thumbnail while it is made; arrays are (side, side).

    Attributes:
        lab: (side, side, 3) float32 colours, where the garment is.
        alpha: how much of each pixel is garment.
        hole: what of the outline is not painted yet.
        sources: where painted pixels come from.
    """

    def __init__(
        self,
        image: Image,
        mask: MaskArray,
        outline: MaskArray,
        zoom: Affine,
        inner: MaskArray | None = None,
    ) -> None:
        """
        Args:
            image, mask: the cover on the canvas.
            outline: the whole garment, on a canvas of its own that ``zoom`` maps onto this one.
            inner: what of it would show the garment's inside, on the same canvas.
        """
        from scipy.ndimage import gaussian_filter

        side = mask.shape[0]
        self.zoom, cut = zoom, matte.refined(image, mask)
        soft = canvas.laid_share(outline, zoom, side)
        whole = gaussian_filter(soft.astype(np.float32) / 255, side / 400)
        # Bites of a pixel or two are the mask's ragged edge, and nothing to fill.
        hole = geometry.opened((whole > 0.5) & (cut < 0.5), 5)
        near = geometry.grown(hole, 3)
        self.alpha = np.where(near, np.maximum(cut, np.clip(2 * whole - 0.5, 0, 1)), cut)
        # What hides a garment also tints its edge: the rim along a hole is not the garment's.
        rim = geometry.grown(hole, max(2, round(TINTED * side))) & (whole > 0.5)
        self.seen = (cut > 0.5) & ~rim
        self.hole = (self.alpha > 0.02) & ~self.seen & near
        self.alpha = np.where(self.alpha < 0.02, 0, self.alpha)
        none = np.zeros_like(hole)
        self.inner = none if inner is None else canvas.laid_mask(inner, zoom, side)
        self.sources = np.where(self.alpha > 0, np.where(self.hole, GENERATED, SEEN), NOTHING)
        self.lab, painted = np.zeros((side, side, 3), np.float32), self.alpha > 0
        own = matte.own_colour(image, cut)[painted]
        self.lab[painted] = color.to_lab(np.clip(own, 0, 255).round().astype(np.uint8))

    @property
    def left(self) -> float:
        """Share of the garment that is still to be painted."""
        return self.shares()[2]

    def shares(self) -> tuple[float, float, float]:
        """How much of the garment is seen, borrowed and generated (or still to be)."""
        counts = np.bincount(self.sources.ravel(), minlength=4)
        total = max(int(counts[SEEN:].sum()), 1)
        seen, borrowed, generated = (
            round(int(counts[s]) / total, 4) for s in (SEEN, BORROWED, GENERATED)
        )
        return seen, borrowed, generated

    def borrow(self, lent: mending.Lent, at: Callable[[], Placed | None]) -> None:
        """Take from another photo what it shows of the hole.

        Args:
            lent: how it lies on the outline's canvas.
            at: the same view, on a canvas of its own as large as this one.
        """
        if not self.hole.any():
            return
        side = self.hole.shape[0]
        back = np.linalg.inv(np.vstack([self.zoom, [0, 0, 1]]))[:2]
        may = canvas.laid_mask(lent.shown, self.zoom, side)
        if not (may & self.hole).any():
            return
        view = at()
        if view is None:
            return
        ratio = side / lent.view.mask.shape[0]
        field = mending.composed(lent.field, back, side) * ratio + (ratio - 1) / 2
        solid = geometry.worn_down(view.mask, 3).astype(np.float32)
        shown = (registration.sampled(solid, field) > 0.5) & may
        if not (shown & self.hole).any():
            return
        moved = np.zeros_like(self.lab)
        inks = registration.sampled(view.image, field)[shown]
        moved[shown] = color.to_lab(inks.round().astype(np.uint8))
        self.lab, got = mending.borrowed(self.lab, self.seen, self.hole, moved, shown)
        got &= self.sources > NOTHING
        self.sources[got] = BORROWED
        self.seen |= got
        self.hole &= ~got

    def fill(self, load: Callable[[], Fill]) -> None:
        """Have a model continue the cloth into what is left; what it leaves out stays neutral."""
        if not self.hole.any():
            return
        known = self._lit()
        picture = np.zeros(self.lab.shape, np.uint8)
        picture[known] = color.from_lab(self.lab[known]).clip(0, 255).round()
        whole = (self.alpha > 0.5) | self.hole
        (filled,) = load()([picture], [known], [whole])
        if filled is None:
            self.alpha = np.where(self.hole, 0, self.alpha)
            self.sources[self.hole] = NOTHING
        else:
            self.lab[self.hole] = color.to_lab(filled[self.hole])
            self.lab[self.hole & self.inner] *= INSIDE

    def _lit(self) -> MaskArray:
        """The painted pixels that a model may take from: not the shade along the edge of a hole."""
        from scipy.ndimage import distance_transform_edt

        known = (self.alpha > 0.5) & ~self.hole
        lit, shade = known.copy(), SHADED * known.shape[0]
        if near := geometry.window(self.hole, int(shade) + 1):
            lit[near] &= distance_transform_edt(~self.hole[near]) > shade
        return np.asarray(lit if lit.sum() > LEFT * known.sum() else known, np.bool_)

    def balance(self, views: Sequence[tuple[Placed, float]], share: float) -> None:
        """Move the colours a part of the way to what all photos say, those in good light most.

        Args:
            views: the cover and the others, and how far the light of each can be trusted.
        """
        means = [(mending.mean_colour(p), light) for p, light in views]
        known = [(m, w) for m, w in means if m is not None]
        if len(known) > 1 and means[0][0] is not None:
            middle = mending.agreed_colour([m for m, _ in known], [w + 0.05 for _, w in known])
            move = share * (middle - means[0][0])
            most = float(np.linalg.norm(move)) / MOST_MOVED
            self.lab += (move / max(most, 1.0)).astype(np.float32)

    def picture(self, background: NDArray[np.uint8]) -> Image:
        """The garment before a background of one (3,) colour."""
        out = np.empty(self.lab.shape, np.uint8)
        out[:] = background
        painted = self.alpha > 0
        alpha = self.alpha[painted][:, None]
        ink = np.clip(color.from_lab(self.lab[painted]), 0, 255) * alpha
        out[painted] = (ink + background.astype(np.float32) * (1 - alpha)).round()
        return out

    def inks(self) -> NDArray[np.uint8]:
        """(side, side, 4) uint8, :data:`INKS` of every pixel's source; see :func:`read_sources`."""
        return np.array([INKS[s] for s in range(4)], np.uint8)[self.sources]


def read_sources(data: bytes) -> NDArray[np.uint8]:
    """(side, side) uint8 of :data:`NOTHING`, :data:`SEEN`, :data:`BORROWED`, :data:`GENERATED`, from the
    WebP of a map."""
    shown = images.decode(data)
    out = np.zeros(shown.shape[:2], np.uint8)
    for value, ink in INKS.items():
        out[(shown == ink).all(axis=2)] = value
    return out
