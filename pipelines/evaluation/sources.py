"""Labelled folders as the product saw them: each photo's answers beside what is true of it.

``sample`` (a labelled library), ``people`` and ``street`` are photos and go through the whole
batch; the labelled garments of ``street`` and ``flat`` are also given to the models one by one.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import garments as flat_garments
import numpy as np
import street
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from scipy.optimize import linear_sum_assignment

from wardrobe import backends, batch, images, pipeline, position, truth
from wardrobe.catalogue import Catalogue
from wardrobe.config import Settings
from wardrobe.errors import ConfigError
from wardrobe.folder import Found, scan
from wardrobe.labels import TYPES, Category
from wardrobe.pipeline import Recipe, Sight
from wardrobe.runner import remembered
from wardrobe.stages.segment import Scene, sort_garments, view_of
from wardrobe.store import Store
from wardrobe.types import (
    GARMENT_MIN_SCORE,
    VECTOR_SIZE,
    Crop,
    Detection,
    Garment,
    Image,
    MaskArray,
    Person,
)

#: Overlap from which a found mask is the true garment's.
SAME = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One photo as the product saw it.

    Attributes:
        file: relative to the folder.
        sight: what became of it; ``sight.garments`` are those kept, ``sight.vectors`` and
            ``sight.labels`` theirs.
        people: everybody found, in pixels of the photo.
        raw: everything the segmenter found on the owner, before any rule.
        detections: garments by the product's rules but without its score and size thresholds.
        true: what is known of the photo, or None.
        matched: kept garment (number) -> true garment of the owner (number).
    """

    file: str
    sight: Sight
    people: tuple[Person, ...]
    raw: tuple[Detection, ...]
    detections: tuple[Garment, ...]
    true: truth.TruePhoto | None
    matched: dict[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A folder that went through the batch.

    Attributes:
        name: of the source: ``"sample"``, ``"street"`` or ``"people"``.
        store: the folder with the store that was built.
        looks: one per photo, exact copies left out.
        library: the truth of the photos; None for ``people``.
    """

    name: str
    folder: Path
    store: Path
    settings: Settings
    made: Catalogue
    looks: tuple[Look, ...]
    library: truth.Library | None

    def item_of(self) -> dict[str, str]:
        """Garment id -> id of the item it lies in."""
        return {g: e.item.id for e in self.made.entries for g in e.item.garment_ids}


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A kept garment that is a known one: where, which, and what the models said."""

    look: Look
    number: int  # among look.sight.garments
    true: str  # id of the physical garment
    view: str  # photo or clip: its own never answers for it

    @property
    def garment(self) -> Garment:
        return self.look.sight.garments[self.number]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One labelled garment: its crop, the photo or sender it comes from, and its names."""

    crop: Crop
    group: str
    category: Category
    types: frozenset[str]  # that its label leaves open; empty where it says nothing of the type


def sample(folder: Path, out: Path, settings: Settings) -> Case:
    """A labelled library through the batch."""
    library = truth.load(folder)
    return _case("sample", folder, out, settings, library)


def people(folder: Path, out: Path, settings: Settings) -> Case:
    """Frames of people filmed several times in one outfit each (``photos/``, ``labels.csv``)."""
    return _case("people", folder / "photos", out, settings, None)


def on_the_street(
    folder: Path, photos: Sequence[street.StreetPhoto], out: Path, settings: Settings
) -> Case:
    """Labelled street photos through the batch, as the wardrobe of one owner.

    No label says who is who: garments of different photos count as different ones, and a bystander
    taken for the owner costs the owner's garments where they aren't found.
    """
    links = out.with_name(f"{out.name}-photos")
    shutil.rmtree(links, ignore_errors=True)
    links.mkdir(parents=True)
    for p in photos:
        (links / f"{p.number}.jpg").symlink_to((folder / "photos" / f"{p.number}.jpg").resolve())
    known = [_labelled(p) for p in photos]
    items = {
        g.item: truth.TrueItem(g.item, "owner", g.category, kind, kind, (), "")
        for photo, p in zip(known, photos, strict=True)
        for g, (_, kind) in zip(photo.garments, p.instances, strict=True)
    }
    library = truth.Library(links, "owner", ("owner",), items, {p.file: p for p in known})
    return _case("street", links, out, settings, library)


def _labelled(p: street.StreetPhoto) -> truth.TruePhoto:
    garments = []
    for k, (category, _) in enumerate(p.instances, start=1):
        mask = p.ids == k
        code = coco_mask.encode(np.asfortranarray(mask, np.uint8))
        runs = {"size": code["size"], "counts": code["counts"].decode()}
        # What is hidden isn't labelled: nothing here may ask for it.
        garments.append(
            truth.TrueGarment(
                f"{p.number}:{k}", "owner", category, runs, runs, int(mask.sum()), 1.0
            )
        )
    size = (p.ids.shape[1], p.ids.shape[0])
    return truth.TruePhoto(f"{p.number}.jpg", size, None, "", "", "", True, (), tuple(garments))


def sightings(case: Case) -> list[Sighting]:
    """The kept garments whose physical garment is known.

    In a sample library by their masks. Of ``people``, the largest garment on the upper body of the
    frame's main subject is its labelled top.
    """
    out = []
    tops = _tops(case.folder.parent) if case.library is None else {}
    for look in case.looks:
        if look.true is not None:
            mine = owned(look.true, case.library)
            out += [Sighting(look, i, mine[j].item, look.file) for i, j in look.matched.items()]
            continue
        worn = [
            (g.mask.area, i)
            for i, g in enumerate(look.sight.garments)
            if g.category in ("tops", "outerwear", "dresses")
        ]
        if worn and look.file in tops:
            top, clip = tops[look.file]
            out.append(Sighting(look, max(worn)[1], top, clip))
    return out


def owned(photo: truth.TruePhoto, library: truth.Library | None) -> list[truth.TrueGarment]:
    """The owner's garments in a photo."""
    return [g for g in photo.garments if library and g.person == library.owner]


def picture(case: Case, look: Look) -> Image:
    """(h, w, 3) uint8 RGB, upright, at the photo's own size, as truth's masks lie."""
    side = max(look.sight.photo.size) if look.sight.photo else 1
    megapixels = case.settings.photo.max_megapixels
    return images.read(case.folder / look.file, work_px=side, max_megapixels=megapixels).pixels


def crop(case: Case, look: Look, garment: Garment) -> Crop:
    """A garment with some of what is round it, at the size the product worked at."""
    photo = case.settings.photo
    picture = images.read(
        case.folder / look.file, work_px=photo.work_px, max_megapixels=photo.max_megapixels
    )
    return Crop.of(picture.pixels, garment, 0.1)


def street_photos(folder: Path, only: Sequence[str] = ()) -> list[street.StreetPhoto]:
    """The labelled photos named, by default those kept for validation (their number ends in 7).

    Raises:
        ConfigError: there is none, or one that was named isn't there.
    """
    there = street.numbers(folder, labelled=True)
    chosen = list(only) or [n for n in there if street.is_validation(n)]
    if not chosen or (missing := sorted({*chosen} - {*there})):
        which = f"no labelled photo {', '.join(missing)}" if chosen else "no labelled photos"
        raise ConfigError(f"{folder} holds {which}; labels/ holds one map per photo.")
    return [street.load(folder, n) for n in chosen]


def street_garments(
    photos: Sequence[street.StreetPhoto], settings: Settings | None = None
) -> list[Labelled]:
    """Every garment of the photos, cut out by its true mask.

    Args:
        settings: name the pose model that says where on its wearer each lies; None leaves that open.
    """
    model = settings and backends.create("pose", settings.pose.model, settings.run.device)
    out = []
    for p in photos:
        people = model([p.image])[0] if model else []
        for k, (category, name) in enumerate(p.instances, start=1):
            mask = p.ids == k
            if mask.sum() >= flat_garments.MIN_PX:
                types = frozenset({name} if name in TYPES[category] else ())
                where = None
                if settings and (pose := street.wearer(people, mask, settings.pose.min_joint)):
                    where = position.on_body(mask, pose, settings.pose.min_joint)
                out.append(Labelled(Crop(p.image, mask, where), p.number, category, types))
    return out


def flat_pieces(folder: Path) -> list[Labelled]:
    """Flat or hung garments of the senders kept for validation, grown-ups' only, cut out by
    GrabCut as the training data was."""
    out = []
    rows = csv.DictReader((folder / "images.csv").read_text(encoding="utf-8").splitlines())
    for row in rows:
        known = flat_garments.FLAT_LABELS.get(row["label"])
        path = folder / "images" / f"{row['image']}.jpg"
        if known is None or not flat_garments.is_validation_sender(row["sender_id"]):
            continue
        if not path.exists():
            continue
        image = street.read_rgb(path)
        mask = flat_garments.foreground(image)
        if mask.sum() >= flat_garments.MIN_PX:
            category, types = known
            open_ = frozenset(types) if len(types) < len(TYPES[category]) else frozenset()
            out.append(Labelled(Crop(image, mask), row["sender_id"], category, open_))
    return out


def match(found: Sequence[MaskArray], true: Sequence[MaskArray]) -> dict[int, int]:
    """Found mask -> true mask, one to one, for the largest total overlap of pairs that overlap by
    :data:`SAME` or more."""
    if not found or not true:
        return {}
    overlap = np.array([[iou(a, b) for b in true] for a in found])
    pairs = zip(*linear_sum_assignment(np.where(overlap >= SAME, overlap, 0), True), strict=True)
    return {int(i): int(j) for i, j in pairs if overlap[i, j] >= SAME}


def iou(a: MaskArray, b: MaskArray) -> float:
    """Intersection over union of two masks of one size."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 0.0


def in_photo(found: Garment | Detection, size: tuple[int, int]) -> MaskArray:
    """The mask at the photo's own (width, height)."""
    mask = found.mask.array()
    if mask.shape == (size[1], size[0]):
        return mask
    scaled = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(scaled, np.bool_)


def _case(
    name: str, folder: Path, out: Path, settings: Settings, library: truth.Library | None
) -> Case:
    made = batch.build(folder, out, settings).catalogue
    store = Store(out, create=False)
    recipe = pipeline.recipe(settings)
    looks = []
    for found in scan(folder):
        copy = library and library.photos.get(found.path)
        if copy and copy.copy_of:
            continue
        looks.append(_look(found, recipe, store, library))
    store.close()
    return Case(name, folder, out, settings, made, tuple(looks), library)


def _look(found: Found, recipe: Recipe, store: Store, library: truth.Library | None) -> Look:
    file = found.path
    digest = images.digest(found.file)
    (sight,) = pipeline.look([(found, digest)], recipe, store, compute=False)
    true = library.photos.get(file) if library else None
    if sight.photo is None:
        return Look(file, sight, (), (), (), true, {})
    w, h = sight.photo.size
    working = images.reduced(sight.photo.size, recipe.settings.photo.work_px)
    (answer,) = remembered(recipe.people, [sight.photo], store, compute=False)
    persons = tuple(answer.value or ())
    raw, detections = _detections(sight, persons, working, recipe, store)
    matched = {}
    if true:
        masks = [in_photo(g, (w, h)) for g in sight.garments]
        matched = match(masks, [g.mask() for g in owned(true, library)])
    scale = w / working[0]
    people = tuple(_scaled(p, scale) for p in persons)
    return Look(file, sight, people, raw, detections, true, matched)


def _detections(
    sight: Sight, persons: tuple[Person, ...], working: tuple[int, int], r: Recipe, store: Store
) -> tuple[tuple[Detection, ...], tuple[Garment, ...]]:
    s = sight.standing
    if s is None or s.owner is None or s.reason or sight.photo is None:
        return (), ()
    settings, pose = r.settings.segment, r.settings.pose
    view = view_of(sight.photo, persons[s.owner], (working[1], working[0]), settings, pose)
    (answer,) = remembered(r.garments, [view], store, compute=False)
    if answer.value is None:
        return (), ()
    raw = tuple(answer.value)
    open_ = settings.model_copy(update={"min_score": GARMENT_MIN_SCORE, "min_area": 0.0})
    return raw, sort_garments(Scene(sight.photo, persons, s, raw, ""), open_, pose).garments


def _scaled(person: Person, scale: float) -> Person:
    joints = person.pose.joints * np.array([scale, scale, 1], np.float32)
    x0, y0, x1, y1 = (v * scale for v in person.box)
    return replace(person, box=(x0, y0, x1, y1), pose=replace(person.pose, joints=joints))


def _tops(folder: Path) -> dict[str, tuple[str, str]]:
    """Frame -> its labelled top, and the clip it is of."""
    rows = csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines())
    return {row["file"]: (row["top_id"], row["clip"]) for row in rows}


def vectors(found: Sequence[Sighting]) -> NDArray[np.float32]:
    """(n, 256) float32 of length 1."""
    each = [s.look.sight.vectors[s.number] for s in found]
    return np.stack(each) if each else np.zeros((0, VECTOR_SIZE), np.float32)
