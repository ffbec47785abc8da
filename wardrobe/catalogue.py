"""Groups of garments -> items a person reads: name, colours, cover, dates, how often worn."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np

from wardrobe import color, geometry, images
from wardrobe.config import CoverSettings
from wardrobe.labels import TYPES, Category
from wardrobe.members import vote
from wardrobe.sleeve import SLEEVED
from wardrobe.stages.cluster import Group
from wardrobe.stages.quality import clearness
from wardrobe.stages.thumbnail import preview_window
from wardrobe.types import Anchor, Box, Garment, Item, Labels, Photo, Quality, Traits, Worn

#: What one piece of a category is called when no finer type is sure.
ONE: Mapping[Category, str] = {
    "tops": "top", "bottoms": "trousers", "dresses": "dress", "outerwear": "jacket",
    "skirts": "skirt", "jewellery": "jewellery", "footwear": "shoes", "bags": "bag",
    "headwear": "hat", "eyewear": "glasses", "scarves": "scarf", "belts": "belt",
    "legwear": "legwear",
}  # fmt: skip

#: Adjectives of patterns, and of sleeves where they are worth a word.
MARKED: Mapping[str, str] = {
    "striped": "striped", "checked": "checked", "dotted": "dotted", "print": "printed",
}  # fmt: skip
SLEEVES: Mapping[str, str] = {"none": "sleeveless", "short": "short-sleeve", "long": "long-sleeve"}
#: The sleeves that a word promises already.
USUAL: Mapping[str, str] = {
    "t-shirt": "short", "polo": "short", "shirt": "long", "sweater": "long", "jumper": "long",
    "sweatshirt": "long", "hoodie": "long", "cardigan": "long", "jacket": "long", "coat": "long",
    "blazer": "long", "cape": "none", "vest": "none", "bra": "none",
}  # fmt: skip
#: CIEDE2000 from which a second colour is a colour of its own and no shade of the first.
OTHER_COLOUR = 22.0


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of one garment in one photo."""

    garment: Garment
    labels: Labels
    quality: Quality
    traits: Traits

    @property
    def clear(self) -> float:
        """How far this view can be trusted, in [0, 1]."""
        return clearness(self.garment, self.quality)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One garment of an item, in one photo.

    Attributes:
        photo: path relative to the photo folder, ``/`` as separator.
        box: pixels of the full upright photo.
        visibility: visible pixels / estimated total pixels.
        score: the segmenter's confidence.
        showing: how well the photo shows the item; the cover is the best unless a person chose.
        quality: what that was made of, beside visibility and score.
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
    showing: float = 0.0
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """Where a thumbnail's pixels come from: shares of the garment as it is shown, summing to 1.

    Attributes:
        seen: from the photo that stands for the item.
        borrowed: from its other photos.
        generated: in no photo; filled in by a model.
        note: why the plain cut-out stands in for the thumbnail, or "".
    """

    seen: float
    borrowed: float
    generated: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item with everything a reader of the catalogue sees of it.

    Attributes:
        sightings: best first; the first is the cover.
        thumbnail: WebP, square, neutral background.
        thumbnail_path: where the store keeps it, relative to the store.
        cutout_path: the plain cut-out, which the thumbnail was made from; there too.
        sources: WebP over the thumbnail: which of its pixels are seen, borrowed and generated.
        sources_path: where the store keeps that.
        filled: the shares of it.
    """

    item: Item
    sightings: tuple[Sighting, ...]
    thumbnail: bytes | None = None
    first_seen: date | None = None
    last_seen: date | None = None
    worn_count: int = 0
    thumbnail_path: str | None = None
    cutout_path: str | None = None
    sources: bytes | None = None
    sources_path: str | None = None
    filled: Filled | None = None


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


def item_of(group: Group, seen: Mapping[str, Seen], cover: CoverSettings) -> Item:
    """The item a group of garments is, still without a name: see :func:`named`.

    Its id is its first garment's, in id order: independent of the order of photos, and the same
    until a photo joins whose garment's id is smaller.
    """
    members = sorted(group.garment_ids, key=lambda g: (-showing(seen[g], cover), g))
    garments, said = [seen[g].garment for g in members], [seen[g].labels for g in members]
    category, confidence = vote(garments, said)
    views = [seen[g] for g in members]
    return Item(
        id=min(group.garment_ids),
        name="",
        category=category,
        type=_type(category, garments, said),
        colours=_colours(garments, said),
        confidence=round(confidence, 4),
        garment_ids=tuple(members),
        flagged=group.flagged,
        pattern=_agreed([(v.traits.pattern, v) for v in views]),
        sleeve=_agreed([(v.traits.sleeve, v) for v in views]) if category in SLEEVED else None,
    )


def showing(seen: Seen, weights: CoverSettings) -> float:
    """How well a photo shows a garment, in [0, 1]: the weighted geometric mean of its measures."""
    q = seen.quality
    measures = (
        (weights.visibility, seen.garment.visibility), (weights.resolution, q.resolution),
        (weights.light, q.light), (weights.cast, q.cast), (weights.sharpness, q.sharpness),
        (weights.frontal, q.frontal), (weights.unobstructed, q.unobstructed),
        (weights.confidence, seen.garment.score),
    )  # fmt: skip
    # The floor keeps the order of photos that all fail in one thing.
    logs = sum(weight * math.log(max(value, 0.02)) for weight, value in measures)
    return math.exp(logs / max(sum(weight for weight, _ in measures), 1e-9))


def named(items: Sequence[Item]) -> list[Item]:
    """The items of a closet, those without a name given one from their attributes.

    Where two would be called the same, their sleeves and then their second colours are said, if
    that tells them apart; two plain black T-shirts stay two black T-shirts.
    """
    given = {item.name for item in items if item.name}
    alike: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        if not item.name:
            alike[_name(item)].append(item)
    names: dict[str, str] = {}
    for same in alike.values():
        ways = [[_name(i, sleeve=s, second=c) for i in same] for s, c in _WAYS]
        # The plainest of the ways that leave the fewest items with one name.
        best = max(ways, key=lambda way: len(set(way) - given))
        names |= {i.id: name for i, name in zip(same, best, strict=True)}
    return [item if item.name else replace(item, name=names[item.id]) for item in items]


def sighting(worn: Worn, seen: Seen, work_px: int, cover: CoverSettings) -> Sighting:
    """What a reader sees of one garment of an item, its preview apart.

    Args:
        work_px: longer side of the working picture, as the previews were cut from it.
    """
    photo, g = worn.photo, worn.garment
    w, h = images.reduced(photo.size, work_px)
    box = geometry.to_px(g.box_frac, (h, w))
    x0, y0, x1, y1 = preview_window(box, (h, w))
    inside = (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0)
    return Sighting(
        photo.path,
        geometry.to_px(g.box_frac, (photo.size[1], photo.size[0])),
        g.visibility,
        g.score,
        photo.taken_at,
        outline_frac=geometry.to_frac(inside, (y1 - y0, x1 - x0)),
        anchor=Anchor.of(g),
        showing=round(showing(seen, cover), 4),
        quality=seen.quality,
    )


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
    votes: defaultdict[str, float] = defaultdict(float)
    for g, said in zip(garments, labels, strict=True):
        if said.type in TYPES[category]:
            votes[said.type] += said.type_confidence * (0.2 + g.visibility)
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


_WAYS = ((False, False), (True, False), (False, True), (True, True))  # sleeve, second colour


def _name(item: Item, *, sleeve: bool = False, second: bool = False) -> str:
    """Pattern, colour, sleeve, thing, as far as they are known and say something.

    Args:
        sleeve: say the sleeve even where the thing promises it.
        second: say the second colour even where it weighs little.
    """
    thing = item.type or ONE[item.category]
    words = [MARKED.get(item.pattern or "", ""), _colour(item.colours, second)]
    if item.sleeve and (sleeve or _tells(item)):
        words.append(SLEEVES[item.sleeve])
    name = " ".join(filter(None, [*words, thing]))
    return name[0].upper() + name[1:]


def _tells(item: Item) -> bool:
    """Whether the sleeve is no matter of course."""
    usual = USUAL.get(item.type or ONE[item.category])
    return item.sleeve != usual


def _colour(colours: Sequence[tuple[str, str, float]], second: bool) -> str:
    """The main colour; two where the second weighs nearly as much and is no shade of the first."""
    if not colours:
        return ""
    name, value, share = colours[0]
    for other, other_value, other_share in colours[1:2]:
        one, two = color.to_lab(np.stack([color.from_hex(value), color.from_hex(other_value)]))
        apart = float(color.delta_e2000(one, two))
        if second or (other_share > 0.6 * share and apart >= OTHER_COLOUR):
            return f"{name} and {other}"
    return name


def _agreed(said: Sequence[tuple[str | None, Seen]]) -> str | None:
    """The word of the clear and large views; None where they don't agree by two to one."""
    votes: defaultdict[str, float] = defaultdict(float)
    for word, view in said:
        if word is not None:
            weight = (0.05 + view.clear) * (0.05 + view.quality.resolution)
            votes[word] += weight
    if not votes:
        return None
    best = max(votes, key=lambda w: (votes[w], w))
    return best if votes[best] >= 2 / 3 * sum(votes.values()) else None
