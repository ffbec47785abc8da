"""An item's garments -> its catalogue picture: true pixels first, honest fill after.

The cover's own pixels, then those that other photos of the same item show of what is hidden in it, then
what a model fills in, inside the garment's outline only. A map beside the picture says which is which.
Where more than a settable share would have to be made up, the plain cut-out stands in, and says so.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wardrobe import canvas, color, geometry, images, matte, mending, registration
from wardrobe.canvas import Placed
from wardrobe.config import ThumbnailSettings
from wardrobe.labels import LAYER, Category
from wardrobe.registration import Affine, Floats
from wardrobe.types import Garment, Image, Mask, MaskArray, Photo, Pose, Worn

#: What the map beside a picture says of each pixel.
NOTHING, SEEN, BORROWED, GENERATED = 0, 1, 2, 3
MOST_VIEWS = 5  # other photos asked for pixels; each costs about a quarter of a second
MOST_MOVED = 12.0  # Lab distance by which the balance may move colours
#: How :class:`Mended` shows a pixel's source: clear where there is nothing to say.
INKS = {
    NOTHING: (0, 0, 0, 0),
    SEEN: (0, 0, 0, 1),
    BORROWED: (30, 110, 220, 170),
    GENERATED: (230, 110, 20, 170),
}
#: Bites and gaps that are somebody's arm or strap, not the garment's shape: shares of its side.
CLOSE: Mapping[Category, float] = {
    "tops": 0.05, "outerwear": 0.03, "dresses": 0.04, "skirts": 0.04, "bottoms": 0.015, "legwear": 0.015,
}  # fmt: skip
WORK = 256  # px, side of the canvas on which photos are registered
ROOM = 0.24  # of that canvas, left free around the garment for what is hidden beyond


class Filler(Protocol):
    """Fills what no photo shows.

    Takes (h, w, 3) uint8 pictures, of each the (h, w) bool pixels that show the garment, and the (h, w)
    bool whole garment. Answers as many pictures of the same sizes: the seen pixels as they were, and
    colours for those of the outline that aren't seen; what it says of others doesn't matter. None
    where it would rather leave them out. A batch equals its singles.
    """

    def __call__(
        self, pictures: Sequence[Image], seen: Sequence[MaskArray], outlines: Sequence[MaskArray]
    ) -> Sequence[Image | None]: ...


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One garment of the item, on its wearer.

    Attributes:
        pose: the wearer's, in pixels of the working picture; None where unknown.
        over: masks of the garments found in the photo that can hide this one.
        under: masks of those that can't: where they show, this one isn't.
        outline: the garment with its hidden parts, or None where nobody said.
        light: how far the photo's light can be trusted for colour, in [0, 1].
    """

    worn: Worn
    pose: Pose | None = None
    over: tuple[Mask, ...] = ()
    under: tuple[Mask, ...] = ()
    outline: Mask | None = None
    light: float = 1.0

    @property
    def digest(self) -> str:
        about = hashlib.sha256(b"" if self.pose is None else self.pose.joints.round(1).tobytes())
        for mask in (*self.over, *self.under, *([self.outline] if self.outline else [])):
            about.update(np.array([*mask.size, *mask.runs], np.int64).tobytes())
        return f"{self.worn.digest}:{about.hexdigest()}:{self.light:.2f}"


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """An item to be shown: the view that stands for it, and its others, the best first."""

    category: Category
    cover: View
    others: tuple[View, ...] = ()


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the pixels of a thumbnail come from; shares of the garment as shown.

    Attributes:
        fallback: why the plain cut-out stands in, or "".
        affine: photo (working picture) px to thumbnail px, six numbers by rows.
    """

    seen: float
    borrowed: float
    generated: float
    fallback: str = ""
    affine: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """A thumbnail.

    Attributes:
        picture: WebP, square, the background exactly neutral.
        sources: WebP of the same size: :data:`NOTHING`, :data:`SEEN`, :data:`BORROWED` or
            :data:`GENERATED` in every pixel; see :func:`read_sources`.
    """

    picture: bytes
    sources: bytes
    shares: Shares


@dataclass(frozen=True)
class Mend:
    """The stage."""

    settings: ThumbnailSettings
    pixels: Callable[[Photo], Image]
    model: str
    load: Callable[[], Filler]
    min_joint: float
    name: str = "thumbnail"
    version: int = 3

    def recipe(self) -> dict[str, Any]:
        return {**self.settings.model_dump(), "min_joint": self.min_joint}

    def digest(self, one: Piece) -> str:
        views = [one.cover, *one.others[:MOST_VIEWS]]
        return hashlib.sha256(
            json.dumps([one.category, *(v.digest for v in views)]).encode()
        ).hexdigest()

    def __call__(self, batch: Sequence[Piece]) -> Sequence[Mended]:
        return [mended(one, self.pixels, self.load, self.settings, self.min_joint) for one in batch]

    def encode(self, out: Mended) -> bytes:
        head = json.dumps(asdict(out.shares)).encode()
        return struct.pack("<II", len(head), len(out.picture)) + head + out.picture + out.sources

    def decode(self, data: bytes) -> Mended:
        head, picture = struct.unpack_from("<II", data)
        facts: dict[str, Any] = json.loads(data[8 : 8 + head])
        facts["affine"] = tuple(facts["affine"])
        shares = Shares(**facts)
        end = 8 + head + picture
        return Mended(data[8 + head : end], data[end:], shares)


def mended(
    piece: Piece,
    pixels: Callable[[Photo], Image],
    load: Callable[[], Filler],
    settings: ThumbnailSettings,
    min_joint: float,
) -> Mended:
    """One item's thumbnail; see the head of this file.

    Args:
        pixels: the working picture of a photo.
        load: the model that fills; asked for only when something is left to fill.
    """
    cover, tilt = piece.cover, canvas.tilt_of(piece.cover.pose, min_joint)
    start = canvas.turned_box(cover.worn.garment.mask.array(), tilt)
    if start is None:
        return _plain(cover, pixels, settings, min_joint, "nothing of it is seen")
    rough = canvas.framing(start, WORK, ROOM, tilt)
    here = _placed(cover, pixels, rough, WORK, min_joint)
    views = [_framed(v, pixels, settings.size_px, min_joint) for v in piece.others[:MOST_VIEWS]]
    found = [mending.registered(piece.category, here, v) for v in views if v is not None]
    lent = sorted((one for one in found if one), key=lambda one: one.apart)
    outline = _outline(piece.category, here, lent)
    zoom = canvas.framing(
        geometry.box_of(outline) or (0, 0, 1, 1), settings.size_px, settings.margin
    )
    affine = np.column_stack([zoom[:, :2] @ rough[:, :2], zoom[:, :2] @ rough[:, 2] + zoom[:, 2]])
    painting = _Painting(_placed(cover, pixels, affine, settings.size_px, min_joint), outline, zoom)
    back = np.linalg.inv(np.vstack([zoom, [0, 0, 1]]))[:2]
    painting.borrow(
        [(one.view, mending.composed(one.field, back, settings.size_px)) for one in lent]
    )
    if painting.left > settings.max_generated:
        why = f"no photo shows {painting.left:.0%} of it"
        return _plain(cover, pixels, settings, min_joint, why)
    painting.fill(load)
    painting.balance(
        [(v, p) for v, p in zip([cover, *piece.others], [here, *views], strict=False) if p],
        settings.balance,
    )
    return painting.done(cover, settings)


def sides(garment: Garment, others: Sequence[Garment]) -> tuple[tuple[Mask, ...], tuple[Mask, ...]]:
    """Masks of the other garments of a photo: those worn over this one, and the rest."""
    over = [o for o in others if LAYER[o.category] > LAYER[garment.category]]
    return tuple(o.mask for o in over), tuple(o.mask for o in others if o not in over)


def read_sources(data: bytes) -> NDArray[np.uint8]:
    """(side, side) uint8 of :data:`NOTHING`, :data:`SEEN`, :data:`BORROWED`, :data:`GENERATED`."""
    shown = images.decode(data)
    out = np.zeros(shown.shape[:2], np.uint8)
    for value, ink in INKS.items():
        out[(shown == ink).all(axis=2)] = value
    return out


def _outline(category: Category, here: Placed, lent: Sequence[mending.Lent]) -> MaskArray:
    outline = here.mask
    if share := CLOSE.get(category, 0.0):
        outline = mending.closed(outline, share)
    told = here.outline & ~here.under & ~outline
    if category in registration.UPPER:  # a hem that shows is a hem: no shape on a pose moves it
        told &= _about(here.mask)
    return mending.widened(here, lent, outline | mending.worthwhile(told, outline))


def _about(mask: MaskArray) -> MaskArray:
    """The box of a mask, a little larger."""
    size = (mask.shape[0], mask.shape[1])
    x0, y0, x1, y1 = geometry.grow(geometry.box_of(mask) or (0, 0, 0, 0), 0.06, size)
    out = np.zeros(size, np.bool_)
    out[y0:y1, x0:x1] = True
    return out


def _placed(
    view: View, pixels: Callable[[Photo], Image], affine: Affine, side: int, min_joint: float
) -> Placed:
    garment = view.worn.garment
    return canvas.place(
        pixels(view.worn.photo), garment.mask.array(), affine, side,
        over=[m.array() for m in view.over], under=[m.array() for m in view.under],
        outline=view.outline.array() if view.outline else None,
        pose=view.pose, min_joint=min_joint,
    )  # fmt: skip


def _framed(
    view: View, pixels: Callable[[Photo], Image], side: int, min_joint: float
) -> Placed | None:
    """A view on a canvas of its own, its visible part filling it; None for an empty mask."""
    box = geometry.box_of(view.worn.garment.mask.array())
    if box is None:
        return None
    return _placed(view, pixels, canvas.framing(box, side, 0.04), side, min_joint)


def _plain(
    cover: View, pixels: Callable[[Photo], Image], settings: ThumbnailSettings, min_joint: float,
    why: str,
) -> Mended:  # fmt: skip
    """The cut-out alone, and why."""
    mask = cover.worn.garment.mask.array()
    tilt = canvas.tilt_of(cover.pose, min_joint)
    box = canvas.turned_box(mask, tilt) or (0.0, 0.0, 1.0, 1.0)
    affine = canvas.framing(box, settings.size_px, settings.margin, tilt)
    here = _placed(replace(cover, outline=None), pixels, affine, settings.size_px, min_joint)
    painting = _Painting(here, here.mask, np.eye(3)[:2])
    return painting.done(cover, settings, why)


class _Painting:
    """A thumbnail while it is made; arrays are (side, side).

    Attributes:
        lab: (side, side, 3) float32 colours.
        alpha: how much of each pixel is garment.
        hole: what of the outline is not painted yet.
        sources: where painted pixels come from.
    """

    def __init__(self, here: Placed, outline: MaskArray, zoom: Affine) -> None:
        """``outline`` lies on a canvas that ``zoom`` maps onto this one."""
        from scipy.ndimage import binary_dilation, binary_opening, gaussian_filter

        self.here, side = here, here.mask.shape[0]
        cut = matte.refined(here.image, here.mask)
        self.lab = color.to_lab(
            np.clip(matte.own_colour(here.image, cut), 0, 255).round().astype(np.uint8)
        ).astype(np.float32)
        soft = canvas.laid(outline.astype(np.uint8) * 255, zoom, side)
        whole = gaussian_filter(soft.astype(np.float32) / 255, side / 400)
        # Bites of a pixel or two are the mask's ragged edge, and nothing to fill.
        hole = binary_opening((whole > 0.5) & (cut < 0.5), np.ones((5, 5)))
        near = binary_dilation(hole, iterations=3)
        self.alpha = np.where(near, np.maximum(cut, np.clip(2 * whole - 0.5, 0, 1)), cut)
        # What hides a garment also tints its edge: the rim along a hole is not the garment's.
        rim = binary_dilation(hole, iterations=2) & (whole > 0.5)
        self.seen = (cut > 0.5) & ~rim
        self.hole = (self.alpha > 0.02) & ~self.seen & near
        self.alpha = np.where(self.alpha < 0.02, 0, self.alpha)
        self.sources = np.where(self.alpha > 0, np.where(self.hole, GENERATED, SEEN), NOTHING)

    @property
    def left(self) -> float:
        """Share of the garment that is still to be painted."""
        body_px = max(int((self.sources > NOTHING).sum()), 1)
        return float((self.sources == GENERATED).sum() / body_px)

    def borrow(self, lent: Sequence[tuple[Placed, Floats]]) -> None:
        """Take from other photos what they show of the hole."""
        from scipy.ndimage import binary_erosion

        if not self.hole.any():
            return
        sheets = []
        for view, field in lent:
            solid = binary_erosion(view.mask, iterations=3).astype(np.float32)
            shown = registration.sampled(solid, field) > 0.5
            if (shown & self.hole).any():
                sheets.append((registration.sampled(mending.lab(view.image), field), shown))
        self.lab, got = mending.borrowed(self.lab, self.seen, self.hole, sheets)
        self.sources[got & (self.sources > NOTHING)] = BORROWED
        self.hole &= ~got

    def fill(self, load: Callable[[], Filler]) -> None:
        """Have a model continue the cloth into what is left; what it leaves out stays neutral."""
        if not self.hole.any():
            return
        known = (self.alpha > 0.5) & ~self.hole
        picture = np.clip(color.from_lab(self.lab), 0, 255).round().astype(np.uint8)
        (filled,) = load()([picture], [known], [known | self.hole])
        if filled is None:
            self.alpha = np.where(self.hole, 0, self.alpha)
            self.sources[self.hole] = NOTHING
        else:
            self.lab[self.hole] = color.to_lab(filled[self.hole]).astype(np.float32)

    def balance(self, views: Sequence[tuple[View, Placed]], share: float) -> None:
        """Move the colours a part of the way to what all photos say, those in good light most."""
        means = [(mending.mean_colour(p), v.light) for v, p in views]
        known = [(m, w) for m, w in means if m is not None]
        if len(known) > 1 and means[0][0] is not None:
            middle = mending.agreed_colour([m for m, _ in known], [w + 0.05 for _, w in known])
            move = share * (middle - means[0][0])
            most = float(np.linalg.norm(move)) / MOST_MOVED
            self.lab += (move / max(most, 1.0)).astype(np.float32)

    def done(self, cover: View, settings: ThumbnailSettings, fallback: str = "") -> Mended:
        background = color.from_hex(settings.background).astype(np.float32)
        alpha = self.alpha[..., None]
        blend = np.clip(color.from_lab(self.lab), 0, 255) * alpha + background * (1 - alpha)
        picture = blend.round().astype(np.uint8)
        ink = np.zeros((*self.sources.shape, 4), np.uint8)
        for value, colour in INKS.items():
            ink[self.sources == value] = colour
        total = max(int((self.sources > NOTHING).sum()), 1)
        seen, borrowed, generated = (
            round(float((self.sources == s).sum() / total), 4) for s in (SEEN, BORROWED, GENERATED)
        )
        affine = tuple(round(float(v), 6) for v in self.here.affine.ravel())
        shares = Shares(seen, borrowed, generated, fallback, affine)
        return Mended(images.encode_webp(picture, None), images.encode_webp(ink, None), shares)
