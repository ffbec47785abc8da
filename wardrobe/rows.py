"""Entries of a catalogue <-> the rows that readers of the store see."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from wardrobe.catalogue import Entry, Filled, Sighting
from wardrobe.types import Anchor, Box, Item, Quality


def garments(entries: Iterable[Entry], keys: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Garment id -> its row.

    Args:
        keys: garment id -> where the store remembers its ``preview`` and its ``vector``.
    """
    return {
        g: {
            **_plain(sighting),
            "item": entry.item.id,
            **keys[g],
        }
        for entry in entries
        for g, sighting in zip(entry.item.garment_ids, entry.sightings, strict=True)
    }


def items(entries: Iterable[Entry]) -> dict[str, Any]:
    """Item id -> its row."""
    return {
        e.item.id: {
            **_plain(e.item),
            "first_seen": e.first_seen.isoformat() if e.first_seen else None,
            "last_seen": e.last_seen.isoformat() if e.last_seen else None,
            "worn_count": e.worn_count,
            "thumbnail": e.thumbnail_path,
            "cutout": e.cutout_path,
            "sources": e.sources_path,
            "filled": asdict(e.filled) if e.filled else None,
        }
        for e in entries
    }


def anchor(row: Mapping[str, Any]) -> Anchor:
    """Where a garment's row lies, for decisions to point at."""
    facts = row["anchor"]
    return Anchor(facts["photo_id"], _box(facts["box_frac"]), facts["category"])


def entry(
    row: Mapping[str, Any],
    garments: Mapping[str, Any],
    previews: Mapping[str, bytes | None],
    thumbnail: bytes | None,
    sources: bytes | None = None,
) -> Entry:
    """An item's row and its garments' rows as an entry.

    Args:
        previews: preview key -> picture, as far as they are wanted.
    """
    item = Item(
        row["id"], row["name"], row["category"], row["type"],
        tuple((n, h, s) for n, h, s in row["colours"]), row["confidence"],
        tuple(row["garment_ids"]), row["flagged"], row.get("pattern"), row.get("sleeve"),
        row.get("hidden", False),
    )  # fmt: skip
    return Entry(
        item,
        tuple(_sighting(garments[g], previews) for g in item.garment_ids),
        thumbnail,
        _day(row["first_seen"]),
        _day(row["last_seen"]),
        row["worn_count"],
        row["thumbnail"],
        row.get("cutout"),
        sources,
        row.get("sources"),
        Filled(**row["filled"]) if row.get("filled") else None,
    )


def _sighting(row: Mapping[str, Any], previews: Mapping[str, bytes | None]) -> Sighting:
    taken = datetime.fromisoformat(row["taken_at"]) if row["taken_at"] else None
    return Sighting(
        row["photo"], _box(row["box"]), row["visibility"], row["score"], taken,
        previews.get(row["preview"]), _box(row["outline_frac"]), anchor(row),
        row.get("showing", 0.0), Quality(**row["quality"]) if row.get("quality") else None,
    )  # fmt: skip


def _plain(one: Any) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(json.dumps(asdict(one), default=lambda v: v.isoformat()))
    return facts


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _box(values: Sequence[float]) -> Box:
    return values[0], values[1], values[2], values[3]
