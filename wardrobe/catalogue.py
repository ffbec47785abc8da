"""Groups of garments -> items a person reads: name, colours, cover, dates, how often worn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np

from wardrobe.labels import TYPES, Category
from wardrobe.stages.cluster import Group, vote
from wardrobe.types import Anchor, Box, Garment, Item, Labels, Photo

#: What one piece of a category is called when no finer type is sure.
ONE: Mapping[Category, str] = {
    "tops": "top", "bottoms": "trousers", "dresses": "dress", "outerwear": "jacket",
    "skirts": "skirt", "jewellery": "jewellery", "footwear": "shoes", "bags": "bag",
    "headwear": "hat", "eyewear": "glasses", "scarves": "scarf", "belts": "belt",
    "legwear": "legwear",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sighting:
    """One garment of an item, in one photo.

    Attributes:
        photo: path relative to the photo folder, ``/`` as separator.
        box: pixels of the full upright photo.
        visibility: visible pixels / estimated total pixels.
        score: the segmenter's confidence.
        preview: small WebP of the photo around the garment.
        outline_frac: the garment's box in fractions of the preview; None draws no outline.
        anchor: where the garment lies, for a person's decisions to point at.
    """

    photo: str
    box: Box
    visibility: float
    score: float
    taken_at: datetime | None = None
    preview: bytes | None = None
    outline_frac: Box | None = None
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item with everything a reader of the catalogue sees of it.

    Attributes:
        sightings: best first; the first is the cover.
        thumbnail: WebP, square, neutral background.
        thumbnail_path: where the store keeps it, relative to the store.
    """

    item: Item
    sightings: tuple[Sighting, ...]
    thumbnail: bytes | None = None
    first_seen: date | None = None
    last_seen: date | None = None
    worn_count: int = 0
    thumbnail_path: str | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of the photos: ``seen = kept + sum(left_out) + failures``.

    Attributes:
        left_out: reason (short machine name) -> number of photos.
        failures: photos that met a fault and are tried again by the next run.
        left_out_photos: (path, the reason as a sentence), failures included.
        left_out_garments: reason -> number of detections on kept photos.
    """

    seen: int = 0
    kept: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    garments: int = 0
    items: int = 0
    failures: int = 0
    left_out_photos: tuple[tuple[str, str], ...] = ()
    left_out_garments: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A whole wardrobe, ready to be shown or written."""

    entries: tuple[Entry, ...] = ()
    funnel: Funnel = field(default_factory=Funnel)

    def __post_init__(self) -> None:
        if len({entry.item.id for entry in self.entries}) < len(self.entries):
            raise ValueError("two entries of a catalogue have the same item id")


def item_of(group: Group, garments: Mapping[str, Garment], labels: Mapping[str, Labels]) -> Item:
    """The item a group of garments is.

    Its id is its first garment's, in id order: independent of the order of photos, and the same
    until a photo joins whose garment's id is smaller.
    """
    members = sorted(group.garment_ids, key=lambda g: (-showing(garments[g]), g))
    said = [labels[g] for g in members]
    category, confidence = vote([garments[g] for g in members], said)
    finer = _type(category, [garments[g] for g in members], said)
    colours = _colours([garments[g] for g in members], said)
    return Item(
        id=min(group.garment_ids),
        name=_name(category, finer, colours),
        category=category,
        type=finer,
        colours=colours,
        confidence=round(confidence, 4),
        garment_ids=tuple(members),
        flagged=group.flagged,
    )


def showing(garment: Garment) -> float:
    """How well a garment's photo shows it: visible share first, then size up to 250 px square,
    then the segmenter's confidence; in [0, 1]."""
    size = min((garment.mask.area / 250**2) ** 0.5, 1.0)
    return float(garment.visibility**1.5 * size**0.5 * garment.score**0.5)


def worn(
    photos: Sequence[Photo], same_picture: Mapping[str, str]
) -> tuple[date | None, date | None, int]:
    """First and last day seen, and on how many days worn.

    A day counts once however many photos it has; a photo without a date counts as a day of its
    own, a picture saved twice as one.

    Args:
        same_picture: photo id -> id of the picture it is another copy of.
    """
    days = {p.taken_at.date() for p in photos if p.taken_at}
    dateless = {same_picture.get(p.id, p.id) for p in photos if not p.taken_at}
    dated = {same_picture.get(p.id, p.id) for p in photos if p.taken_at}
    return (
        min(days) if days else None,
        max(days) if days else None,
        len(days) + len(dateless - dated),
    )


def same_pictures(photos: Iterable[Photo], bits: int) -> dict[str, str]:
    """Photo id -> id of the first photo (by path) it is a re-saved copy of.

    Two photos are one picture when their looks differ by at most ``bits`` of 256, their shapes
    agree within 2 %, and their times don't contradict. A blank picture has no look to compare.
    """
    ordered = sorted(photos, key=lambda p: p.path)
    if not ordered:
        return {}
    looks = np.array([np.frombuffer(bytes.fromhex(p.look), np.uint64) for p in ordered])
    same: dict[str, str] = {}
    for i, photo in enumerate(ordered[1:], start=1):
        differing = np.bitwise_count(looks[:i] ^ looks[i]).sum(axis=1)
        near = np.flatnonzero(differing <= bits)
        if np.bitwise_count(looks[i]).sum() <= 2 * bits:
            continue
        for j in near[np.argsort(differing[near], kind="stable")]:
            other = ordered[j]
            shapes = photo.size[0] * other.size[1] / (photo.size[1] * other.size[0])
            times = {photo.taken_at, other.taken_at} - {None}
            if other.id != photo.id and abs(shapes - 1) < 0.02 and len(times) < 2:
                same[photo.id] = same.get(other.id, other.id)
                break
    return same


def _type(category: Category, garments: Sequence[Garment], labels: Sequence[Labels]) -> str | None:
    votes: Counter[str] = Counter()
    for g, said in zip(garments, labels, strict=True):
        if said.type in TYPES[category]:
            votes[said.type] += said.type_confidence * (0.2 + g.visibility)  # type: ignore[assignment]
    if not votes:
        return None
    return max(votes, key=lambda t: (votes[t], -TYPES[category].index(t)))


def _colours(
    garments: Sequence[Garment], labels: Sequence[Labels]
) -> tuple[tuple[str, str, float], ...]:
    """Colour names by their share over all members, weighted by visibility; the hex value is the
    one of the member that shows the colour most."""
    shares: defaultdict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, str]] = {}
    total = sum(0.05 + g.visibility for g in garments)
    for g, said in zip(garments, labels, strict=True):
        for name, value, share in said.colours:
            weight = share * (0.05 + g.visibility) / total
            shares[name] += weight
            best[name] = max(best.get(name, (0.0, "")), (weight, value))
    ranked = sorted(shares, key=lambda n: (-shares[n], n))[:3]
    return tuple(
        (n, best[n][1], round(min(shares[n], 1.0), 3)) for n in ranked if shares[n] >= 0.08
    )


def _name(category: Category, finer: str | None, colours: Sequence[tuple[str, str, float]]) -> str:
    thing = finer or ONE[category]
    if not colours:
        return thing.capitalize()
    colour = colours[0][0]
    # A second colour of nearly the same weight is part of how a person would call the piece.
    if len(colours) > 1 and colours[1][2] > 0.6 * colours[0][2]:
        colour = f"{colour} and {colours[1][0]}"
    return f"{colour} {thing}".capitalize()
