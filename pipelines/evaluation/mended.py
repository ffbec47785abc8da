"""The thumbnail stage by itself, on what is true: true masks, joints and identities of a library.

What found garments add of their own faults is left out here, so that a figure moves only when the
stage does. Keys are ``thumbnail.truth.*``; the outlines are those that the product estimates.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import mean, median

import numpy as np
from evaluation import pictures
from evaluation.pictures import Distance
from evaluation.report import Section, WorstCase, cases
from evaluation.sources import Case
from evaluation.table import Findings, Row
from numpy.typing import NDArray

from wardrobe import canvas, color, geometry, images, pipeline
from wardrobe.catalogue import Seen, showing
from wardrobe.config import Settings
from wardrobe.painting import BORROWED, GENERATED, NOTHING, SEEN, read_sources
from wardrobe.position import OnBody
from wardrobe.stages import amodal, mend
from wardrobe.stages.mend import Mended, Piece, View
from wardrobe.stages.quality import examine, traits
from wardrobe.stages.thumbnail import cut_out
from wardrobe.truth import Library, TrueGarment, TruePhoto
from wardrobe.types import Crop, Garment, Image, Labels, Mask, Photo, Pose, Worn

OFTEN = 3  # sightings from which an item has photos to borrow from
HIDDEN_FROM = 0.8  # visibility under which a garment counts as partly hidden


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One true garment as the product would have it, had it found all of it rightly."""

    view: View
    true: TrueGarment
    photo: TruePhoto
    showing: float


Extents = Callable[[Sequence[amodal.Dress]], Sequence[Sequence[amodal.Extent]]]


def pieces(
    library: Library, settings: Settings, extents: Extents
) -> list[tuple[str, Piece, list[Told]]]:
    """Every item of the owner: its id, its piece, and its views in order, the cover first."""
    by_item: dict[str, list[Told]] = defaultdict(list)
    for photo in library.photos.values():
        if photo.enters and not photo.copy_of:
            for told in _told(library, photo, settings, extents):
                by_item[told.true.item].append(told)
    out = []
    for item, views in sorted(by_item.items()):
        views.sort(key=lambda t: (-t.showing, t.photo.file))
        category = library.items[item].category
        out.append((item, Piece(category, views[0].view, tuple(t.view for t in views[1:])), views))
    return out


def pixels_of(library: Library, settings: Settings) -> Callable[[Photo], Image]:
    """The working picture of a photo, the last few kept."""

    @lru_cache(maxsize=48)
    def read(path: str) -> Image:
        p = settings.photo
        return images.read(
            library.folder / path, work_px=p.work_px, max_megapixels=p.max_megapixels
        ).pixels

    return lambda photo: read(photo.path)


def _told(library: Library, photo: TruePhoto, settings: Settings, extents: Extents) -> list[Told]:
    owner = next(p for p in photo.people if p.id == library.owner)
    mine = [g for g in photo.garments if g.person == library.owner and g.mask().any()]
    w = photo.size[0]
    work = images.reduced(photo.size, settings.photo.work_px)
    joints = owner.joints.copy()
    joints[:, :2] *= work[0] / w
    joints[:, 2] = np.choose(joints[:, 2].astype(int), [0.0, 0.7, 1.0])
    pose = Pose(joints.astype(np.float32))
    here = Photo(photo.file, photo.file, photo.size, photo.taken)
    found = []
    for g in mine:
        mask = amodal.enlarged(g.mask(), (work[1], work[0]))
        box = geometry.to_frac(geometry.box_of(mask) or (0, 0, 1, 1), mask.shape)
        found.append(Garment(photo.file, box, g.category, 1.0, Mask.of(mask), 1.0))
    (said,) = extents([amodal.Dress(tuple(found), pose)])
    picture = pixels_of(library, settings)(here)
    out = []
    for k, (garment, extent, true) in enumerate(zip(found, said, mine, strict=True)):
        garment = replace(garment, visibility=extent.visibility)
        rest = [o for j, o in enumerate(found) if j != k]
        others = tuple(o.mask for o in rest)
        worn = Worn(here, garment)
        known = examine(picture, OnBody(worn, pose, others), settings.pose.min_joint)
        seen = Seen(garment, Labels(g.category, 1.0, None, 0.0), known.quality, traits(known))
        light = known.quality.light * known.quality.cast
        over, under = mend.sides(garment, rest)
        view = View(worn, pose, over, under, extent.inside, round(light, 3))
        out.append(Told(view, true, photo, showing(seen, settings.cover)))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One thumbnail against what is true, and the raw cut-out beside it.

    Attributes:
        coverage: share of the amodal garment, beyond the frame too, that the thumbnail shows.
        errors: Delta E 2000 of the mean colour to the item's, of seen pixels and of the rest.
        far, far_raw: perceptual distance to the item alone, of the thumbnail and the cut-out.
        neutral: whether every pixel outside the garment is exactly the background.
    """

    item: str
    views: int
    visibility: float
    thumbnail: Image
    raw: Image
    true: Image
    sources: NDArray[np.uint8]
    shares: mend.Shares
    coverage: float
    errors: tuple[float | None, float | None]
    far: float
    far_raw: float
    neutral: bool
    seconds: float


def judged(
    library: Library, settings: Settings, extents: Extents, load: Callable[[], mend.Filler],
    distance: Distance, only: Sequence[str] = (),
) -> list[Judged]:  # fmt: skip
    """Every item's thumbnail that truth has a picture of."""
    pixels, out = pixels_of(library, settings), []
    for item, piece, views in pieces(library, settings, extents):
        picture = library.items[item].picture
        if picture is None or (only and item not in only):
            continue
        at_least = settings.pose.min_joint
        began = time.process_time()
        made = mend.mended(piece, pixels, load, settings.thumbnail, at_least)
        seconds = time.process_time() - began
        true, true_mask = pictures.framed(images.decode(picture.read_bytes()), settings.thumbnail)
        raw = cut_out(
            Crop.of(pixels(piece.cover.worn.photo), piece.cover.worn.garment, 0.1),
            settings.thumbnail,
        )
        out.append(_judge(item, views, made, raw, true, true_mask, settings, distance, seconds))
    return out


def _judge(item, views, made, raw, true, true_mask, settings, distance, seconds) -> Judged:
    thumbnail, sources = images.decode(made.picture), read_sources(made.sources)
    mine = color.to_lab(true[true_mask]).mean(axis=0)
    inner = pictures.foreground(thumbnail, settings.thumbnail)

    def error(which: NDArray[np.bool_]) -> float | None:
        which = which & inner
        if which.sum() < 50:
            return None
        return float(color.delta_e2000(color.to_lab(thumbnail[which]).mean(axis=0), mine))

    behind = color.from_hex(settings.thumbnail.background)
    off = (thumbnail != behind).any(axis=2)
    return Judged(
        item, len(views), views[0].true.visibility, thumbnail, raw, true, sources, made.shares,
        coverage(made, sources, views[0]),
        (error(sources == SEEN), error(np.isin(sources, (BORROWED, GENERATED)))),
        distance(thumbnail, true), distance(raw, true), not (off & (sources == NOTHING)).any(),
        seconds,
    )  # fmt: skip


def coverage(made: Mended, sources: NDArray[np.uint8], cover: Told) -> float:
    """Share of the cover's amodal garment that the thumbnail shows; what lies beyond the frame counts
    by its area alone, since truth knows no more of it."""
    affine = np.array(made.shares.affine).reshape(2, 3)
    side, shown = sources.shape[0], sources > NOTHING
    work = cover.view.worn.garment.mask.size
    whole = amodal.enlarged(cover.true.whole(), work)
    scale = abs(float(np.linalg.det(affine[:, :2]))) * (work[0] / cover.photo.size[1]) ** 2
    full = cover.true.full_px * scale
    amodal_ = canvas.laid_mask(whole, affine, side)
    inside = canvas.laid_mask(np.ones(work, np.bool_), affine, side)
    beyond = min(float((shown & ~inside).sum()), max(full - float(amodal_.sum()), 0.0))
    return min((float((shown & amodal_).sum()) + beyond) / max(full, 1.0), 1.0)


def of_truth(case: Case, squeeze: Path) -> Findings:
    """What the issue of the thumbnails asks for, as rows ``thumbnail.truth.*``."""
    if case.library is None or not squeeze.is_file():
        return Findings()
    recipe = pipeline.recipe(case.settings)
    distance = pictures.SqueezeFeatures(squeeze)
    found = judged(case.library, case.settings, recipe.complete.load(), recipe.mend.load, distance)
    often = [j for j in found if j.views >= OFTEN]
    hidden = [j for j in found if j.visibility < HIDDEN_FROM]
    plain = [j for j in found if j.visibility >= HIDDEN_FROM]
    errors = [[j.errors[k] for j in found if j.errors[k] is not None] for k in (0, 1)]
    generated = [j.shares.generated for j in often]
    without = [j.shares.generated + j.shares.borrowed for j in often]
    rows = [
        _row("coverage", [j.coverage for j in found], ">= 0.97"),
        _row("colour_error_seen", errors[0], "<= 4", median),
        _row("colour_error_filled", errors[1], "<= 7", median),
        _row("nearer_hidden", _nearer(hidden), ">= 0.25"),
        _row("nearer_whole", _nearer(plain)),
        _row("worse_whole", [j.far > j.far_raw for j in plain], "<= 0"),
        _row("generated", generated),
        _row("generated_without_borrowing", without),
        _row(
            "borrowing_cuts", [1 - sum(generated) / sum(without)] if sum(without) else [], ">= 0.5"
        ),
        _row("fallback", [bool(j.shares.fallback) for j in found]),
        _row("neutral", [j.neutral for j in found], ">= 1"),
        _row("seconds", [j.seconds for j in found], "<= 2", median),
    ]
    worst = sorted(found, key=lambda j: j.far_raw - j.far)
    shown = [
        WorstCase(
            f"{j.item}: {j.far_raw:.2f} to {j.far:.2f}, seen {j.shares.seen:.0%}, borrowed"
            f" {j.shares.borrowed:.0%}, generated {j.shares.generated:.0%}",
            (j.raw, j.thumbnail, j.true),
        )
        for j in worst
    ]
    prose = "Cut-out, thumbnail, the item alone; those that the stage helped least first."
    return Findings(tuple(rows), (Section("Thumbnails on true masks", prose, cases(shown)),))


def _nearer(found: Sequence[Judged]) -> list[float]:
    """By how much thumbnails are nearer to the items than cut-outs are: one share for all."""
    raw = sum(j.far_raw for j in found)
    return [1 - sum(j.far for j in found) / raw] if raw else []


def _row(
    figure: str,
    values: Sequence[float | None],
    target: str = "",
    middle: Callable[[Sequence[float]], float] = mean,
) -> Row:
    known = [float(v) for v in values if v is not None]
    value, note = (middle(known), "") if known else (None, "no item to measure it on")
    return Row(f"thumbnail.truth.{figure}", value, len(known), note, target)
