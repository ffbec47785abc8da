"""Rendered frames with exact truth (``wardrobe.truth``) as training samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import street
from numpy.typing import NDArray
from views import Sample

from wardrobe import truth
from wardrobe.labels import CATEGORIES, Category

LONGEST = 640  # px a frame is kept at
JOINT = 0.04  # of a person's height: what of the flesh about a joint counts as the person


def photos(folder: Path) -> Iterator[truth.TruePhoto]:
    """What is true of each frame that is there; a folder that is still being filled will do."""
    for line in (folder / "truth" / "photos.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not row.get("copy_of") and (folder / row["file"]).is_file():
            yield truth.photo(row)


def samples(folder: Path) -> list[Sample]:
    """Every frame with garments: what is seen of each, everybody's."""
    found = (sample(folder, p) for p in photos(folder))
    return [one for one in found if one is not None]


def sample(folder: Path, p: truth.TruePhoto, *, least_px: int = 60) -> Sample | None:
    """One frame; None where nothing worn is seen."""
    worn = [g for g in p.garments if g.mask().sum() >= least_px][:250]
    if not worn:
        return None
    image = street.read_rgb(folder / p.file)
    scale = min(1.0, LONGEST / max(p.size))
    size = (round(p.size[0] * scale), round(p.size[1] * scale))
    ids = np.zeros(image.shape[:2], np.uint8)
    for k, g in enumerate(worn, start=1):
        ids[g.mask()] = k
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ids = cv2.resize(ids, size, interpolation=cv2.INTER_NEAREST)
    classes = np.array([CATEGORIES.index(g.category) for g in worn], np.int64)
    return Sample(image.astype(np.uint8), ids.astype(np.uint8), classes)


def people(folder: Path) -> list[Sample]:
    """Every frame with somebody in it: of each what is seen of clothes and limbs, and the joints."""
    out = []
    for p in photos(folder):
        seen = [q for q in p.people if q.box is not None]
        if not seen:
            continue
        scale = min(1.0, LONGEST / max(p.size))
        size = (round(p.size[0] * scale), round(p.size[1] * scale))
        image = cv2.resize(street.read_rgb(folder / p.file), size, interpolation=cv2.INTER_AREA)
        ids = np.zeros((size[1], size[0]), np.uint8)
        # The smaller is drawn last, as poses.to_sample does.
        for q in sorted(seen, key=lambda q: -_area(q)):
            k = seen.index(q) + 1
            for g in (g for g in p.garments if g.person == q.id):
                small = cv2.resize(g.mask().astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
                ids[small > 0] = k
            for x, y, state in q.joints * (scale, scale, 1):
                if state == truth.VISIBLE:
                    radius = max(2, round(JOINT * scale * (q.box[3] - q.box[1])))
                    cv2.circle(ids, (round(float(x)), round(float(y))), radius, k, -1)
        joints = np.stack([q.joints for q in seen]) * np.float32([scale, scale, 1])
        joints[..., 2] = np.where(joints[..., 2] == truth.VISIBLE, 2, 0)
        classes = np.zeros(len(seen), np.int64)
        out.append(Sample(image.astype(np.uint8), ids, classes, joints.astype(np.float32)))
    return out


def _area(person: truth.TruePerson) -> float:
    x0, y0, x1, y1 = person.box or (0.0, 0.0, 0.0, 0.0)
    return (x1 - x0) * (y1 - y0)


@dataclass(frozen=True, eq=False)
class Outline:
    """What one person in one frame wears, as masks alone.

    Attributes:
        visible: (h, w) uint8: 0 nothing, k the k-th garment, 255 somebody or something else.
        whole: n masks (h, w) bool, garments alone; what lies beyond the frame is not known.
        categories: n.
        full_px: (n,) px of each garment alone, those beyond the frame included.
        joints: (17, 3) float32 x, y, state as in :mod:`wardrobe.truth`.
    """

    visible: NDArray[np.uint8]
    whole: tuple[NDArray[np.bool_], ...]
    categories: tuple[Category, ...]
    full_px: NDArray[np.int64]
    joints: NDArray[np.float32]


def outlines(folder: Path) -> Iterator[Outline]:
    """Every person of every frame who wears something that shows."""
    for p in photos(folder):
        others = np.zeros((p.size[1], p.size[0]), np.bool_)
        masks = [g.mask() for g in p.garments]
        for m in masks:
            others |= m
        for person in p.people:
            mine = [k for k, g in enumerate(p.garments) if g.person == person.id]
            visible = np.where(others, 255, 0).astype(np.uint8)
            for k, number in enumerate(mine, start=1):
                visible[masks[number]] = k
            if mine:
                yield Outline(
                    visible,
                    tuple(p.garments[k].whole() for k in mine),
                    tuple(p.garments[k].category for k in mine),
                    np.array([p.garments[k].full_px for k in mine]),
                    person.joints,
                )
