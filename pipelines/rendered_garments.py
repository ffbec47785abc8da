"""Garments of rendered libraries, cut out by their exact masks and kept in ``runs/``.

A library may still be growing: every call cuts out what is new and keeps it as a further block.
Items are physical garments, so two rows of one item are one garment seen twice, in another pose or
light. Seeds split them: a library rendered for validation is never trained on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import garments
import numpy as np
from numpy.typing import NDArray

from wardrobe import images, truth
from wardrobe.labels import CATEGORIES

LEAST_SHOWN = 0.12  # visible share under which a garment can't be told from others
BLOCK = 128  # rows that are read together by garment_features.py


class Tiles:
    """Rows of several memory-mapped blocks as one."""

    def __init__(self, blocks: list[NDArray[np.uint8]]) -> None:
        self._blocks = blocks
        self._ends = np.cumsum([len(b) for b in blocks])

    def __getitem__(self, row: int) -> NDArray[np.uint8]:
        k = int(np.searchsorted(self._ends, row, side="right"))
        return self._blocks[k][row - (self._ends[k - 1] if k else 0)]


@dataclass(frozen=True)
class Sightings:
    """Garments in rendered frames, one row each, in the order they were cut out.

    Attributes:
        pixels: (SIDE, SIDE, 4) uint8 tile of a row, RGB and mask.
        item: (n,) str, the physical garment.
        category: (n,) int64, index into CATEGORIES.
        types: (n, len(ALL_TYPES)) bool, its finer type; all of them where it has no known one.
        photo: (n,) str, the frame.
        visibility: (n,) float32.
        colour: (n, 3) float32, mean Lab under the mask.
    """

    pixels: Tiles
    item: NDArray[np.str_]
    category: NDArray[np.int64]
    types: NDArray[np.bool_]
    photo: NDArray[np.str_]
    visibility: NDArray[np.float32]
    colour: NDArray[np.float32]


def load(folder: Path, runs: Path) -> Sightings:
    """All garments of a library by now."""
    kept = runs / "rendered" / folder.name
    kept.mkdir(parents=True, exist_ok=True)
    tables = [json.loads(at.read_text()) for at in sorted(kept.glob("*.json"))]
    seen = {photo for table in tables for photo in table["photos"]}
    tiles, new, photos = [], [], []
    for photo, row, tile in _cut(folder, seen):
        if tile is None:
            photos.append(photo)
        else:
            tiles.append(tile)
            new.append(row)
    if tiles:
        at = kept / f"{len(tables):04}"
        np.save(at.with_suffix(".npy"), np.stack(tiles))
        at.with_suffix(".json").write_text(json.dumps({"rows": new, "photos": photos}))
        tables.append({"rows": new})
    blocks = [np.load(kept / f"{k:04}.npy", mmap_mode="r") for k in range(len(tables))]
    rows = [row for table in tables for row in table["rows"]]
    kinds = np.array([[t == r["type"] for t in garments.ALL_TYPES] for r in rows], np.bool_)
    kinds = kinds.reshape(-1, len(garments.ALL_TYPES))
    kinds[~kinds.any(axis=1)] = True  # a type that the taxonomy doesn't know says nothing
    return Sightings(
        Tiles(blocks),
        np.array([r["item"] for r in rows]),
        np.array([CATEGORIES.index(r["category"]) for r in rows], np.int64),
        kinds,
        np.array([r["photo"] for r in rows]),
        np.array([r["visibility"] for r in rows], np.float32),
        np.array([r["colour"] for r in rows], np.float32).reshape(-1, 3),
    )


def _cut(
    folder: Path, seen: set[str]
) -> Iterator[tuple[str, dict[str, Any], NDArray[np.uint8] | None]]:
    """Every garment of the new frames, then the frame itself without a tile."""
    if not (folder / "truth" / "photos.jsonl").exists():
        return
    kinds = {
        item["id"]: item["type"]
        for item in json.loads((folder / "truth" / "items.json").read_text())["items"]
    }
    for line in (folder / "truth" / "photos.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            photo = json.loads(line)
        except ValueError:  # being written just now
            continue
        if photo["file"] in seen or photo.get("copy_of") or not (folder / photo["file"]).exists():
            continue
        if any(g["item"] not in kinds for g in photo["garments"]):
            continue
        image = images.read(
            folder / photo["file"], work_px=max(photo["size"]), max_megapixels=99
        ).pixels
        for g in photo["garments"]:
            mask = truth.decode(g["visible"])
            if mask.shape != image.shape[:2] or mask.sum() < garments.MIN_PX:
                continue
            if g["visibility"] >= LEAST_SHOWN:
                tile = garments.square(image, mask)
                row = {
                    "item": g["item"], "category": g["category"], "type": kinds[g["item"]],
                    "photo": photo["file"], "visibility": g["visibility"],
                    "colour": [float(v) for v in garments.mean_lab(tile)],
                }  # fmt: skip
                yield photo["file"], row, tile
        yield photo["file"], {}, None
