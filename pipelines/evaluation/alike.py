"""What the vectors know before any grouping, with baselines beside: strong views, lamps, rendered
garments by their exact masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import describers
import garments
import numpy as np
from describers import Describe, Tiles
from evaluation.sources import Labelled, street_garments, street_photos
from evaluation.table import Findings, Row
from garment_views import plain
from likeness import Likeness, altered, lamp_shift, of_sightings, of_views
from numpy.typing import NDArray

from wardrobe import backends
from wardrobe.config import Settings
from wardrobe.types import Crop

VIEWED, LIT, KNOWN = 500, 120, 200  # garments: queries, under lamps, to standardise baselines on
#: Wanted of ours, by source and figure.
TARGETS = {
    ("flat", "views_recall_at_1"): ">= 0.90",
    ("flat", "lamp_shift"): "<= 0.05",
    ("rendered", "recall_at_1"): ">= 0.97",
    ("rendered", "auc"): ">= 0.995",
}


def ours(settings: Settings) -> Describe:
    """The product's embedder; every tile becomes the crop that it was made of."""
    embed = backends.create("embed", settings.embed.model, settings.run.device)

    def describe(tiles: Tiles) -> NDArray[np.float32]:
        parts = [
            embed(
                [Crop(np.ascontiguousarray(t[..., :3]), t[..., 3] > 127) for t in tiles[k : k + 32]]
            )
            for k in range(0, len(tiles), 32)
        ]
        return np.concatenate(parts)

    return describe


def ways(street: Path | None, shared: Path, settings: Settings) -> dict[str, Describe]:
    """Ours under "", then the baselines; they are standardised on street garments that no figure
    is of (photos whose number ends in 3)."""
    every = sorted(p.stem for p in (street / "labels").glob("*3.png")) if street else []
    known = street_garments(street_photos(street, every[:60]))[:KNOWN] if every else []
    found = {"": ours(settings)}
    if known:
        tiles = np.stack([plain(garments.square(p.crop.image, p.crop.mask)) for p in known])
        found |= describers.baselines(shared, tiles)
    else:
        found |= {"histogram": describers.by_histogram, "pixels": describers.by_pixels}
    return found


def of_altered(source: str, pieces: Sequence[Labelled], by: dict[str, Describe]) -> Findings:
    """Garments photographed once: do strong views of them find them, and how far do lamps move them?"""
    every = np.random.default_rng(11).permutation(len(pieces))[:VIEWED]
    chosen = [pieces[i] for i in np.sort(every)]
    tiles = [garments.square(p.crop.image, p.crop.mask) for p in chosen]
    kinds = np.unique([p.category for p in chosen], return_inverse=True)[1]
    held = altered(tiles, kinds, range(len(tiles)))
    rows: list[Row] = []
    for name, describe in by.items():
        prefix = _prefix(source, name)
        found = of_views(describe, held)
        moved = lamp_shift(describe, held.plain[:LIT])
        rows += [
            _row(prefix, "views_recall_at_1", found.recall, found.asked),
            _row(prefix, "views_auc", found.auc, found.asked),
            _row(prefix, "lamp_shift", float(np.mean(list(moved.values()))), LIT),
        ]
    return Findings(tuple(rows))


def of_rendered(folder: Path, runs: Path, by: dict[str, Describe]) -> Findings:
    """Rendered garments in several frames, cut out by their exact masks, each looking for itself
    in another frame."""
    import rendered_garments

    seen = rendered_garments.load(folder, runs)
    if not len(seen.item):
        return Findings((Row("identity.rendered.auc", None, note="no frame is there yet"),))
    tiles = np.stack([plain(seen.pixels[r]) for r in range(len(seen.item))])
    rows: list[Row] = []
    for name, describe in by.items():
        found = of_sightings(describe, tiles, seen.item, seen.photo, seen.category)
        rows += [*_of(_prefix("rendered", name), found, len(tiles))]
    return Findings(tuple(rows))


def _of(prefix: str, found: Likeness, n: int) -> tuple[Row, Row]:
    return (
        _row(prefix, "recall_at_1", found.recall, found.asked),
        _row(prefix, "auc", found.auc, n),
    )


def _prefix(source: str, name: str) -> str:
    return f"identity.{source}.by_{name}" if name else f"identity.{source}"


def _row(prefix: str, figure: str, value: float, count: int) -> Row:
    target = TARGETS.get((prefix.removeprefix("identity."), figure), "")
    return Row(f"{prefix}.{figure}", value, count, target=target)
