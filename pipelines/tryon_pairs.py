"""Rendered pairs as try-ons whose truth is known.

The garment of one picture of a pair comes from another pair of the same session, where its wearer
stands otherwise: the product's own case, a worn photo's cut-out. Where there is no other, the pair
gives nothing: a garment is never taken from the picture that is the truth.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wardrobe import bare, body, images, relight, truth
from wardrobe.bare import Bare
from wardrobe.dressing import Wearer
from wardrobe.errors import WardrobeError
from wardrobe.frame import Frame
from wardrobe.labels import Category
from wardrobe.relight import Light
from wardrobe.stages import tryon
from wardrobe.stages.tryon import Fitting, Piece, Plain, TryOnModel
from wardrobe.truth import TruePhoto
from wardrobe.types import Box, Image, MaskArray, Pose

MIN_SHOWN = 0.35  # share of the source garment that its photo shows, at least


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One direction of one pair.

    Attributes:
        before, true: the person in the old and in the new garment; (h, w, 3) uint8.
        clothes: true masks of what is worn before, by category.
        old, new: true masks of the garment that goes and of the one that comes.
        sleeves: of the old and the new garment.
        pattern: of the new one.
    """

    name: str
    before: Image
    true: Image
    pose: Pose
    box: Box
    clothes: Mapping[Category, MaskArray]
    old: MaskArray
    new: MaskArray
    piece: Piece
    sleeves: tuple[str | None, str | None]
    pattern: str


def load(folder: Path, limit: int | None = None) -> list[Pair]:
    """Every direction of every pair whose garment is seen in another pair."""
    library = truth.load(folder)
    partner: dict[str, tuple[str, str]] = {}
    for line in (folder / "truth" / "photos.jsonl").read_text().splitlines():
        row = json.loads(line)
        if "pair" in row:
            partner[row["file"]] = (row["pair"]["file"], row["pair"]["item"])
    seen: dict[str, list[TruePhoto]] = defaultdict(list)
    for photo in library.photos.values():
        for g in photo.garments:
            if g.visibility >= MIN_SHOWN:
                seen[g.item].append(photo)
    out = []
    for file, (other, item) in partner.items():
        if other not in library.photos or file not in library.photos:
            continue
        sources = [p for p in seen[item] if p.file not in (file, other)]
        if sources:
            # As the product does: from the photo that shows most of it.
            best = max(
                sources, key=lambda p: max(g.visibility for g in p.garments if g.item == item)
            )
            made = _pair(folder, library.photos[other], library.photos[file], item, best, library)
            if made is not None:
                out.append(made)
        if limit and len(out) >= limit:
            break
    return out


def _pair(
    folder: Path,
    before: TruePhoto,
    after: TruePhoto,
    item: str,
    source: TruePhoto,
    library: truth.Library,
) -> Pair | None:
    worn = {g.item: g for g in before.garments}
    fresh = {g.item: g for g in after.garments}
    gone = [i for i in worn if i not in fresh]
    if item not in fresh or len(gone) != 1 or fresh[item].category not in tryon.REPLACES:
        return None
    person = before.people[0]
    if person.box is None:
        return None
    clothes: dict[Category, MaskArray] = {}
    for g in worn.values():
        mask = g.mask()
        clothes[g.category] = clothes.get(g.category, np.zeros_like(mask)) | mask
    from_garment = next(g for g in source.garments if g.item == item)
    picture = _read(folder / source.file)
    frame = Frame.of(_pose(source), 0.5)
    rest = np.zeros(picture.shape[:2], np.bool_)
    for g in source.garments:
        if g.item != item:
            rest |= g.mask()
    every = from_garment.mask() | rest
    found, light = _seen(picture, _pose(source), every)
    piece = Piece(
        picture, from_garment.mask(), fresh[item].category, frame, item, rest, light, True,
        found.surely_skin(every),
    )  # fmt: skip
    sleeves = library.items[gone[0]].sleeve, library.items[item].sleeve
    return Pair(
        Path(after.file).stem, _read(folder / before.file), _read(folder / after.file), _pose(before),
        person.box, clothes, worn[gone[0]].mask(), fresh[item].mask(), piece, sleeves,
        library.items[item].pattern,
    )  # fmt: skip


def _pose(photo: TruePhoto) -> Pose:
    joints = photo.people[0].joints.astype(np.float32).copy()
    joints[:, 2] = np.where(joints[:, 2] >= truth.HIDDEN, 1.0, 0.0)
    return Pose(joints)


def _read(file: Path) -> Image:
    return images.read(file, work_px=None, max_megapixels=100).pixels


def wearer_of(pair: Pair) -> Wearer:
    """The person before, with the true clothes."""
    frame = Frame.of(pair.pose, 0.5)
    joints, _ = body.complete(pair.pose, body.seen(pair.pose, 0.5))
    every = np.zeros(pair.before.shape[:2], np.bool_)
    for category, mask in pair.clothes.items():
        if category not in ("eyewear", "jewellery"):
            every |= mask
    found, light = _seen(pair.before, pair.pose, every)
    return Wearer(pair.before, frame, joints[:5], found, pair.clothes, light)


def _seen(image: Image, pose: Pose, clothes: MaskArray) -> tuple[Bare, Light]:
    frame = Frame.of(pose, 0.5)
    joints, _ = body.complete(pose, body.seen(pose, 0.5))
    found = bare.find(image, frame, joints[:5], clothes)
    return found, relight.seen(image, found, joints[0], frame.torso, clothes)


def put_on(pair: Pair, model: TryOnModel | None = None) -> Fitting | None:
    """The fitting of a pair; None where the product would refuse it."""
    made = finished(pair, model or Plain())
    return made[1] if made else None


def finished(
    pair: Pair, model: TryOnModel, seed: int = 0, steps: int = 0
) -> tuple[Image, Fitting] | None:
    """The picture a model makes of a pair, and what it was shown."""
    try:
        after, fitting = tryon.dress(
            wearer_of(pair), pair.pose, pair.piece, model, seed=seed, steps=steps
        )
    except WardrobeError:
        return None
    return after.image, fitting
