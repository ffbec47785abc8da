"""A person's photo and garments -> the same person, in the same photo, wearing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from wardrobe import body, cut, dressing, neckline, relight, restore
from wardrobe.cut import WEARABLE
from wardrobe.dressing import Dressed, Wearer
from wardrobe.errors import ContractError, PhotoError
from wardrobe.frame import Frame
from wardrobe.labels import Category
from wardrobe.relight import UNKNOWN, Light
from wardrobe.restore import Whole
from wardrobe.types import Image, MaskArray, Pose

#: What is taken off where a garment of each category is put on.
REPLACES: Mapping[Category, tuple[Category, ...]] = {
    "tops": ("tops",),
    "bottoms": ("bottoms", "skirts"),
    "skirts": ("skirts", "bottoms"),
    "dresses": ("dresses", "tops", "bottoms", "skirts"),
    "outerwear": ("outerwear",),
}
#: What stays in front of it.
OVER: Mapping[Category, tuple[Category, ...]] = {
    "tops": ("outerwear", "bags", "scarves", "jewellery", "headwear"),
    "bottoms": ("tops", "outerwear", "bags", "scarves", "footwear", "belts"),
    "skirts": ("tops", "outerwear", "bags", "scarves", "footwear", "belts"),
    "dresses": ("outerwear", "bags", "scarves", "jewellery", "headwear", "footwear"),
    "outerwear": ("bags", "scarves", "headwear", "footwear"),
}
#: In which order garments are put on.
ORDER: tuple[Category, ...] = ("bottoms", "skirts", "tops", "dresses", "outerwear")
#: Which joints must be in the picture for a category to be shown, and what they are called.
NEEDS: Mapping[Category, tuple[tuple[int, ...], str]] = {
    "tops": (body.SHOULDERS, "shoulders"),
    "outerwear": (body.SHOULDERS, "shoulders"),
    "dresses": (body.SHOULDERS + body.HIPS, "shoulders and hips"),
    "bottoms": (body.HIPS, "hips"),
    "skirts": (body.HIPS, "hips"),
}
LEAST_SHOWN = 0.15  # share of a garment that must be seen once it is on
WAIST_OF_DRESS = 0.9  # torsos below the shoulders: where a dress is parted when half of it goes


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A garment to try on.

    Attributes:
        image: (h, w, 3) uint8, its picture.
        mask: (h, w) bool, its pixels there.
        frame: of the body that wears it in its picture, or None where it lies or hangs alone.
        name: for messages.
        others: (h, w) bool, what else its wearer wears there; None where nobody looked.
        light: what its picture says of its light.
        own: whether its wearer there is who tries it on.
        skin: (h, w) bool, its wearer's bare skin there; None where nobody looked.
    """

    image: Image
    mask: MaskArray
    category: Category
    frame: Frame | None = None
    name: str = "the garment"
    others: MaskArray | None = None
    light: Light = UNKNOWN
    own: bool = False
    skin: MaskArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """What a try-on model is shown of one garment on one person.

    Attributes:
        before: (h, w, 3) uint8, the person as they are.
        dressed: the garment bent onto them by geometry alone, and what may change.
        piece: the garment as it is, for models that look at its picture themselves.
        pose: the person's joints in ``before``.
        made_up: share of the garment that its picture doesn't show.
    """

    before: Image
    dressed: Dressed
    piece: Piece
    pose: Pose
    made_up: float = 0.0


class TryOnModel(Protocol):
    """Makes of each fitting the picture of the person wearing the garment, (h, w, 3) uint8.

    Only what lies inside ``fitting.dressed.region`` is taken from the answer. Equal fittings,
    seeds and steps give equal pictures; one picture per fitting, in order. 0 steps are as many as
    the model is best with.
    """

    def __call__(
        self, fittings: Sequence[Fitting], *, seed: int, steps: int
    ) -> Sequence[Image]: ...


class Plain:
    """No model: the bent garment as it is."""

    def __call__(self, fittings: Sequence[Fitting], *, seed: int, steps: int) -> list[Image]:
        return [f.dressed.image for f in fittings]


def outfit(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces in the order in which they are put on.

    Raises:
        PhotoError: two of a kind, or pieces that can't be worn together.
    """
    for p in pieces:
        if p.category not in WEARABLE:
            raise _refused(
                f"{p.name} is of the category {p.category}; tried on can be {_listed(WEARABLE)}.",
                "category",
            )
    kinds = [p.category for p in pieces]
    for c in WEARABLE:
        if kinds.count(c) > 1:
            two = " and ".join(p.name for p in pieces if p.category == c)
            raise _refused(
                f"{two} are both {c}, and nothing says which is worn over the other."
                " Name one of them, or call the outer one outerwear (ITEM:outerwear).",
                "layers",
            )
    below = [p.name for p in pieces if p.category in ("bottoms", "skirts")]
    if len(below) > 1:
        raise _refused(f"{below[0]} and {below[1]} can't both be worn. Name one.", "layers")
    if "dresses" in kinds and ("tops" in kinds or below):
        raise _refused(
            "A dress leaves no place for a top, trousers or a skirt. Name one.", "layers"
        )
    return sorted(pieces, key=lambda p: ORDER.index(p.category))


def check(pose: Pose, category: Category, min_joint: float, who: str = "The photo") -> None:
    """Whether a photo can show a garment of that category on this person.

    Raises:
        PhotoError: the part of the body it is worn on is out of the frame.
    """
    joints, name = NEEDS[category]
    if not body.seen(pose, min_joint)[list(joints)].any():
        verb = "is" if category == "outerwear" else "are"
        raise _refused(
            f"{who} doesn't show the {name}, where {category} {verb} worn.", "out of frame"
        )


def cut_of(piece: Piece) -> Whole:
    """A piece's picture and how it is cut: from its wearer's bones, what is hidden restored, or from its
    silhouette.

    Raises:
        PhotoError: its silhouette is none of a garment of its category.
    """
    if piece.frame is not None:
        return restore.whole(
            piece.image, piece.mask, piece.category, piece.frame, piece.others, piece.skin
        )
    made = cut.flat(piece.mask, piece.category)
    if made is None:
        raise _refused(f"{piece.name}: no garment's outline is to be seen in it.", "no outline")
    inside = neckline.inside(piece.image, made) | neckline.lining(piece.image, made)
    parts = (made.parts[0] & ~inside, made.parts[1], made.parts[2])
    return Whole(piece.image, replace(made, parts=parts), np.zeros_like(piece.mask))


def dress(
    wearer: Wearer, pose: Pose, piece: Piece, model: TryOnModel, *, seed: int, steps: int
) -> tuple[Wearer, Fitting]:
    """Put one piece on.

    Returns:
        The person wearing it, and what the model was shown. Outside the fitting's region every
        pixel of the picture is as it was.

    Raises:
        PhotoError: almost all of the piece would be hidden by what is worn over it.
        ContractError: the model's answer is no picture of this size.
    """
    whole = cut_of(piece)
    picture = relight.lit(whole.image, relight.ratio(piece.light, wearer.light, piece.own))
    goes, over, under = taken_off(wearer, piece.category)
    dressed = dressing.put_on(wearer, picture, whole.cut, goes=goes, over=over, under=under)
    reach = float(dressed.reach.sum())
    if reach < 40 or dressed.cloth.sum() < LEAST_SHOWN * reach:
        raise _refused(
            f"{piece.name}: of {piece.category} hardly anything would be seen in this photo"
            " behind what is worn over it.",
            "hidden",
        )
    fitting = Fitting(wearer.image, dressed, piece, pose, whole.made_up)
    (answer,) = model([fitting], seed=seed, steps=steps)
    if answer.shape != wearer.image.shape or answer.dtype != np.uint8:
        raise ContractError(f"a try-on model answered {answer.shape} {answer.dtype}")
    picture = np.where(dressed.region[..., None], answer, wearer.image)
    return _after(wearer, picture, dressed, piece.category, goes), fitting


def taken_off(wearer: Wearer, category: Category) -> tuple[MaskArray, MaskArray, MaskArray]:
    """(h, w) bool each: what goes, what stays over the new garment, what may come to light."""
    goes, over = wearer.worn(REPLACES[category]), wearer.worn(OVER[category])
    under = wearer.worn(("bottoms", "skirts"))
    gown = wearer.clothes.get("dresses")
    if gown is not None and category in ("tops", "bottoms", "skirts"):
        # Half of a dress goes: what is left of it is a skirt, or a top.
        low = _below_waist(wearer.frame, gown)
        if category == "tops":
            goes, under = goes | (gown & ~low), under | (gown & low)
        else:
            goes, over = goes | (gown & low), over | (gown & ~low)
    return goes & ~over, over, under


def _below_waist(frame: Frame, mask: MaskArray) -> MaskArray:
    along, _ = frame.trunk.everywhere(mask.shape)
    return np.asarray(mask & (along > WAIST_OF_DRESS), np.bool_)


def _after(
    wearer: Wearer, picture: Image, dressed: Dressed, category: Category, goes: MaskArray
) -> Wearer:
    """The person once the piece is on: the next one is put on over it."""
    new = dressed.cloth > 0.5
    clothes = {
        c: m & ~new & ~goes for c, m in wearer.clothes.items() if c not in REPLACES[category]
    }
    clothes[category] = new
    skin = np.where(dressed.region, dressed.skin, wearer.bare.skin)
    skin = np.where(new, 0, skin).astype(np.float32)
    back = np.where(
        dressed.region, 1 - np.maximum(dressed.cloth, dressed.skin), wearer.bare.background
    )
    bare = replace(wearer.bare, skin=skin, background=np.asarray(back, np.float32))
    return replace(wearer, image=picture, clothes=clothes, bare=bare)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _refused(message: str, reason: str) -> PhotoError:
    return PhotoError(message, reason)
