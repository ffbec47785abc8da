"""An item's garments -> its catalogue picture: true pixels first, honest fill after.

The cover's own pixels, then those that other photos of the same item show of what is hidden in it, then
what a model fills in, inside the garment's outline only. A map beside the picture says which is which.
Where more than a settable share would have to be made up, the plain cut-out stands in, and says so.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from wardrobe import canvas, color, contour, geometry, images, mending
from wardrobe.canvas import Placed
from wardrobe.config import ThumbnailSettings
from wardrobe.labels import LAYER, Category
from wardrobe.painting import Painting
from wardrobe.registration import Affine
from wardrobe.types import Garment, Image, Mask, MaskArray, Photo, Pose, Worn

MOST_VIEWS = 5  # other photos asked for pixels; each costs about 0.05 s of one core
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
        sources: WebP of the same size, where each pixel comes from; see
            :func:`wardrobe.painting.read_sources`.
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
    version: int = 7

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
    views = [_framed(v, pixels, WORK, min_joint) for v in piece.others[:MOST_VIEWS]]
    told = contour.of(piece.category, here)
    outline = told.whole
    lent: list[tuple[View, mending.Lent]] = []
    if mending.wanting(here, outline):
        ground = mending.Ground.of(here)
        for view, placed in zip(piece.others, views, strict=False):
            if placed and (one := mending.registered(piece.category, ground, placed)):
                lent.append((view, one))
        lent.sort(key=lambda pair: pair[1].apart)
        outline = mending.widened(here, [one for _, one in lent], outline)
    zoom = canvas.framing(
        geometry.box_of(outline) or (0, 0, 1, 1), settings.size_px, settings.margin
    )
    affine = np.column_stack([zoom[:, :2] @ rough[:, :2], zoom[:, :2] @ rough[:, 2] + zoom[:, 2]])
    painting = Painting(*_laid(cover, pixels, affine, settings.size_px), outline, zoom, told.inner)
    for view, one in lent:
        painting.borrow(one, partial(_framed, view, pixels, settings.size_px, min_joint))
    if painting.left > settings.max_generated:
        why = f"no photo shows {painting.left:.0%} of it"
        return _plain(cover, pixels, settings, min_joint, why)
    painting.fill(load)
    shown = zip([cover, *piece.others], [here, *views], strict=False)
    painting.balance([(p, v.light) for v, p in shown if p], settings.balance)
    return _done(painting, affine, settings)


def sides(garment: Garment, others: Sequence[Garment]) -> tuple[tuple[Mask, ...], tuple[Mask, ...]]:
    """Masks of the other garments of a photo: those that may be worn over this one, and the rest.

    Of one layer either may be on top: a shirt hangs over its trousers, or is tucked into them.
    """
    over = [o for o in others if LAYER[o.category] >= LAYER[garment.category]]
    return tuple(o.mask for o in over), tuple(o.mask for o in others if o not in over)


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


def _laid(
    view: View, pixels: Callable[[Photo], Image], affine: Affine, side: int
) -> tuple[Image, MaskArray]:
    """The photo and the garment's mask on a canvas, and nothing else of them."""
    mask = view.worn.garment.mask.array()
    return canvas.laid(pixels(view.worn.photo), affine, side), canvas.laid_mask(mask, affine, side)


def _plain(
    cover: View, pixels: Callable[[Photo], Image], settings: ThumbnailSettings, min_joint: float,
    why: str,
) -> Mended:  # fmt: skip
    """The cut-out alone, and why."""
    mask = cover.worn.garment.mask.array()
    tilt = canvas.tilt_of(cover.pose, min_joint)
    box = canvas.turned_box(mask, tilt) or (0.0, 0.0, 1.0, 1.0)
    affine = canvas.framing(box, settings.size_px, settings.margin, tilt)
    image, shown = _laid(cover, pixels, affine, settings.size_px)
    return _done(Painting(image, shown, shown, np.eye(3)[:2]), affine, settings, why)


def _done(
    painting: Painting, affine: Affine, settings: ThumbnailSettings, fallback: str = ""
) -> Mended:
    shares = Shares(*painting.shares(), fallback, tuple(round(float(v), 6) for v in affine.ravel()))
    picture = painting.picture(color.from_hex(settings.background))
    ink = painting.inks()
    return Mended(images.encode_webp(picture, None), images.encode_webp(ink, None), shares)
