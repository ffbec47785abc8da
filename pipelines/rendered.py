"""Rendered frames with exact truth (``wardrobe.truth``) as training samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import street
from views import Sample

from wardrobe import truth
from wardrobe.labels import CATEGORIES

LONGEST = 640  # px a frame is kept at


def photos(folder: Path) -> Iterator[truth.TruePhoto]:
    """What is true of each frame that is there; a folder that is still being filled will do."""
    for line in (folder / "truth" / "photos.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not row.get("copy_of") and (folder / row["file"]).is_file():
            yield truth.photo(row)


def samples(folder: Path, *, least_px: int = 60) -> list[Sample]:
    """Every frame with garments: what is seen of each, everybody's."""
    out = []
    for p in photos(folder):
        worn = [g for g in p.garments if g.mask().sum() >= least_px]
        if not worn:
            continue
        image = street.read_rgb(folder / p.file)
        scale = min(1.0, LONGEST / max(p.size))
        size = (round(p.size[0] * scale), round(p.size[1] * scale))
        ids = np.zeros(image.shape[:2], np.uint8)
        for k, g in enumerate(worn[:250], start=1):
            ids[g.mask()] = k
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        ids = cv2.resize(ids, size, interpolation=cv2.INTER_NEAREST)
        classes = np.array([CATEGORIES.index(g.category) for g in worn[:250]], np.int64)
        out.append(Sample(image.astype(np.uint8), ids.astype(np.uint8), classes))
    return out
