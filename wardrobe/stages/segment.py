"""The owner's part of a photo -> detections -> garments."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, geometry
from wardrobe.config import PoseSettings, SegmentSettings
from wardrobe.labels import ZONES_OF, Category, Zone
from wardrobe.types import (
    GARMENT_MIN_SCORE,
    Box,
    Detection,
    Garment,
    Image,
    Mask,
    MaskArray,
    Person,
    Photo,
    Standing,
)  # fmt: skip

RULE_PX = 192  # longer side at which the rules compare masks: shares need no more

CRUMB = 0.02  # share of the largest piece of a mask below which a piece is dropped
HOLE = 0.03  # share of a mask's area up to which a hole in it is filled
#: Torsos from the nearest bone beyond which nothing of a garment lies: hems flare, bags swing.
OFF_BODY: dict[Category, float] = {
    "dresses": 0.7, "skirts": 0.7, "outerwear": 0.6, "scarves": 0.6, "headwear": 0.7, "bags": 1.2,
}  # fmt: skip
OFF_BODY_OTHERWISE = 0.45


class Segmenter(Protocol):
    """Finds garments in each picture: category, confidence, box and mask in its pixels.

    ``torsos`` says how large the body is in each picture (shoulders to hips, px): a chest-up selfie
    and a figure across the street call for other input sizes. Detections below
    :data:`~wardrobe.types.GARMENT_MIN_SCORE` need not be returned. One list per picture, in order,
    best first; a pair of shoes is one detection; a batch equals its singles.
    """

    def __call__(
        self, images: Sequence[Image], torsos: Sequence[float]
    ) -> Sequence[Sequence[Detection]]: ...


@dataclass(frozen=True, slots=True)
class View:
    """The part of a working picture to search: the owner with a margin; box and torso in pixels."""

    photo: Photo
    box: tuple[int, int, int, int]
    torso: float


@dataclass(frozen=True)
class FindGarments:
    """The segmentation stage: a model over the owner's part; remembered without thresholds.

    Cutting to the owner gives small figures the model's full resolution and keeps other people's
    clothes out of reach. Answers are in pixels of the whole working picture.
    """

    model: str
    load: Callable[[], Segmenter]
    pixels: Callable[[Photo], Image]
    work_px: int
    name: str = "segment"
    version: int = 1

    def recipe(self) -> dict[str, Any]:
        return {"work_px": self.work_px, "min_score": GARMENT_MIN_SCORE}

    def digest(self, one: View) -> str:
        return f"{one.photo.id}:{','.join(map(str, one.box))}:{one.torso:.0f}"

    def __call__(self, batch: Sequence[View]) -> Sequence[list[Detection]]:
        frames = [self.pixels(view.photo) for view in batch]
        parts = [
            f[v.box[1] : v.box[3], v.box[0] : v.box[2]] for f, v in zip(frames, batch, strict=True)
        ]
        found = self.load()([np.ascontiguousarray(p) for p in parts], [v.torso for v in batch])
        return [
            [moved(d, view.box, (frame.shape[0], frame.shape[1])) for d in one]
            for one, view, frame in zip(found, batch, frames, strict=True)
        ]

    def encode(self, out: Sequence[Detection]) -> bytes:
        rows = [[d.category, round(d.score, 4), d.box, d.mask.size, d.mask.runs] for d in out]
        return zlib.compress(json.dumps(rows).encode())

    def decode(self, data: bytes) -> list[Detection]:
        rows = json.loads(zlib.decompress(data))
        return [
            Detection(c, s, _box(b), Mask((size[0], size[1]), tuple(runs)))
            for c, s, b, size, runs in rows
        ]


def view_of(
    photo: Photo, owner: Person, size: tuple[int, int], segment: SegmentSettings, pose: PoseSettings
) -> View:
    """Where to look for the owner's garments.

    Args:
        size: (height_px, width_px) of the working picture.
    """
    _, torso = body.complete(owner.pose, body.seen(owner.pose, pose.min_joint))
    return View(photo, geometry.grow(owner.box, segment.margin, size), round(torso))


def moved(d: Detection, at: tuple[int, int, int, int], size: tuple[int, int]) -> Detection:
    """A detection in a part of a picture, in the whole picture of ``size`` (height, width)."""
    whole = np.zeros(size, np.bool_)
    whole[at[1] : at[3], at[0] : at[2]] = d.mask.array()
    box = (d.box[0] + at[0], d.box[1] + at[1], d.box[2] + at[0], d.box[3] + at[1])
    return Detection(d.category, d.score, box, Mask.of(whole))


def _box(values: Sequence[float]) -> Box:
    return values[0], values[1], values[2], values[3]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the rules look at: who is in the picture, and what was found on the owner.

    ``key`` names the remembered answers this was put together from.
    """

    photo: Photo
    people: tuple[Person, ...]
    standing: Standing
    detections: tuple[Detection, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """The owner's garments, and what was left out: (category, score, reason)."""

    garments: tuple[Garment, ...]
    left_out: tuple[tuple[Category, float, str], ...]


@dataclass(frozen=True)
class SortGarments:
    """Our rules over one photo's detections. Nobody's model, but remembered like one: comparing
    masks costs more than looking an answer up."""

    settings: SegmentSettings
    pose: PoseSettings
    name: str = "garments"
    version: int = 5
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return {
            "segment": self.settings.model_dump(exclude={"model", "amodal_model"}),
            "min_joint": self.pose.min_joint,
            "min_person": self.pose.min_person,
        }

    def digest(self, one: Scene) -> str:
        return f"{one.key}:{one.standing.owner}:{','.join(one.standing.zones)}"

    def __call__(self, batch: Sequence[Scene]) -> Sequence[Sorted]:
        return [sort_garments(scene, self.settings, self.pose) for scene in batch]

    def encode(self, out: Sorted) -> bytes:
        kept = [
            [
                g.photo_id,
                g.box_frac,
                g.category,
                g.score,
                g.mask.size,
                g.mask.runs,
                round(g.visibility, 4),
            ]
            for g in out.garments
        ]
        return zlib.compress(json.dumps([kept, out.left_out]).encode())

    def decode(self, data: bytes) -> Sorted:
        kept, left_out = json.loads(zlib.decompress(data))
        garments = (
            Garment(p, _box(b), c, s, Mask((size[0], size[1]), tuple(runs)), v)
            for p, b, c, s, size, runs, v in kept
        )
        return Sorted(tuple(garments), tuple((c, s, r) for c, s, r in left_out))


def sort_garments(scene: Scene, settings: SegmentSettings, pose: PoseSettings) -> Sorted:
    """Which detections are the owner's garments, and why the rest is not.

    How visible each is, is for :mod:`wardrobe.stages.amodal` to say; here it is 1.

    A detection is left out, in this order, when it is too unsure, of a zone that is out of the
    frame, too small, somebody else's, mostly off the body, or a weaker sight of a garment already
    kept.
    """
    frame = scene.detections[0].mask.size if scene.detections else (1, 1)
    step = max(1, round(max(frame) / RULE_PX))
    people = [p for p in scene.people if p.score >= pose.min_person]
    owner = scene.people[scene.standing.owner] if scene.standing.owner is not None else None
    off_body = _off_body(owner, frame, step, pose.min_joint) if owner else None
    kept: list[tuple[Detection, MaskArray]] = []  # and every step-th pixel of its mask
    left_out: list[tuple[Category, float, str]] = []
    for d in sorted(scene.detections, key=lambda d: -d.score):
        reason = _reason(d, scene.standing.zones, frame, settings)
        tidy: Detection | None = d
        if reason is None and off_body is not None:
            if _whose(d.mask, people) is not owner:
                reason = "somebody else's"
            elif (tidy := _tidied(d, off_body, step)) is None:
                reason = "off the body"
        small = tidy.mask.array()[step // 2 :: step, step // 2 :: step] if tidy else None
        if reason is None and small is not None:
            if any(_same(small, other, settings.same_mask) for _, other in kept):
                reason = "seen twice"
            elif tidy is not None:
                kept.append((tidy, small))
        if reason is not None:
            left_out.append((d.category, d.score, reason))
    garments = [
        Garment(scene.photo.id, geometry.to_frac(d.box, frame), d.category, d.score, d.mask, 1.0)
        for d, _ in kept
    ]
    return Sorted(tuple(garments), tuple(left_out))


def _reason(
    d: Detection, zones: Sequence[Zone], frame: tuple[int, int], settings: SegmentSettings
) -> str | None:
    if d.score < settings.min_score:
        return "unsure"
    if not set(ZONES_OF[d.category]) & set(zones):
        return "zone out of frame"
    if d.mask.area < settings.min_area * frame[0] * frame[1]:
        return "too small"
    return None


def _tidied(d: Detection, off_body: NDArray[np.float64], step: int) -> Detection | None:
    """The detection without what lies off the body (floor, wall, a chair) and without crumbs; None
    where that was most of it.

    Args:
        off_body: distance from the owner's nearest bone in torsos, every ``step`` px.
    """
    from scipy import ndimage

    mask = d.mask.array()
    near = off_body <= OFF_BODY.get(d.category, OFF_BODY_OTHERWISE)
    near = near.repeat(step, axis=0).repeat(step, axis=1)[: mask.shape[0], : mask.shape[1]]
    whole = mask & near
    found = geometry.box_of(whole)
    if found is None:
        return None
    x0, y0, x1, y1 = (int(v) for v in found)  # most of the picture is of no concern to a garment
    on = whole[y0:y1, x0:x1]
    pieces, count = ndimage.label(on)
    if count > 1:
        sizes = np.bincount(pieces.ravel())[1:]
        on = np.concatenate([[False], sizes >= CRUMB * sizes.max()])[pieces]
    holes, count = ndimage.label(ndimage.binary_fill_holes(on) & ~on)
    if count:  # a print's sun or a button is no hole; the gap of an open jacket is larger
        sizes = np.bincount(holes.ravel())
        on = on | ((holes > 0) & (sizes <= HOLE * on.sum())[holes])
    whole = np.zeros_like(mask)
    whole[y0:y1, x0:x1] = on
    box = geometry.box_of(whole)
    if box is None or on.sum() < 0.5 * mask.sum():
        return None
    return Detection(d.category, d.score, box, Mask.of(whole))


def _off_body(
    owner: Person, frame: tuple[int, int], step: int, min_joint: float
) -> NDArray[np.float64]:
    ys, xs = np.mgrid[0 : frame[0] : step, 0 : frame[1] : step]
    points = np.stack([xs.ravel(), ys.ravel()], axis=1) + step / 2
    off = body.distance(owner.pose, body.seen(owner.pose, min_joint), points)
    return off.reshape(xs.shape)


def _same(a: MaskArray, b: MaskArray, min_iou: float) -> bool:
    both = int((a & b).sum())
    return both > 0 and both / int((a | b).sum()) >= min_iou


def _whose(mask: Mask, people: Sequence[Person]) -> Person | None:
    """The person whose limbs the mask lies nearest to, among those whose box it mostly lies in."""
    if len(people) < 2:
        return people[0] if people else None
    ys, xs = np.nonzero(mask.array())  # every pixel: steps would miss a thin belt
    if not len(xs):
        return None
    points = np.stack([xs, ys], 1)[:: max(1, len(xs) // 200)] + 0.5

    def distance(p: Person) -> float:
        x0, y0, x1, y1 = p.box
        outside = np.maximum.reduce(
            [x0 - points[:, 0], points[:, 0] - x1, y0 - points[:, 1], points[:, 1] - y1]
        )
        joints = p.pose.joints[5:, :2][p.pose.joints[5:, 2] >= 0.3]
        if not len(joints):
            joints = np.array([[(x0 + x1) / 2, (y0 + y1) / 2]])
        reach = np.hypot(*(points[:, None] - joints[None]).transpose(2, 0, 1)).min(axis=1)
        return float((reach + 2 * np.maximum(outside, 0)).mean()) / max(y1 - y0, 1.0)

    return min(people, key=distance)
