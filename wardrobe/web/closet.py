"""Routes of the closet: the grid, search in words and by picture, one item."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from wardrobe import api, closet, library, phrases, review, search, usage
from wardrobe.catalogue import Entry, Sighting
from wardrobe.errors import ConfigError
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.search import Sort
from wardrobe.stages.outfit import SLOT_OF, SLOTS
from wardrobe.web import said
from wardrobe.web.shelf import OnShelf, Snapshot
from wardrobe.web.trouble import RESPONSES

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["closet"])
Values = Annotated[list[str] | None, Query(max_length=40)]


@router.get("/words")
def words() -> dict[str, Any]:
    """The words there are: categories with their types, slots of an outfit, sorts."""
    return {
        "categories": {c: list(TYPES[c]) for c in CATEGORIES},
        "slots": list(SLOTS),
        "slot_of": dict(SLOT_OF),
        "sorts": list(search.SORTS),
    }


@router.get("/items")
def items(shelf: OnShelf, request: Request) -> Response:
    """Every item, hidden ones too, with what the grid shows of it; ``ETag`` is the version."""
    now = shelf.now()
    tag = f'"{now.version}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304)
    headers = {"etag": tag, "cache-control": "no-cache"}
    return Response(listing(now), media_type="application/json", headers=headers)


@router.get("/search")
def find(
    shelf: OnShelf,
    text: Annotated[str, Query(max_length=200)] = "",
    category: Values = None,
    type: Values = None,
    colour: Values = None,
    pattern: Values = None,
    sleeve: Values = None,
    season: Values = None,
    seen: Values = None,
    sort: Sort = "recent",
    like: Annotated[str, Query(max_length=40)] = "",
    hidden: bool = False,
) -> Response:
    """Ids of the items that fit, in order, and what each facet would find."""
    now = shelf.now()
    query = phrases.understand(text)
    chosen = {
        "category": category, "type": type, "colour": colour, "pattern": pattern,
        "sleeve": sleeve, "season": season, "seen": seen,
    }  # fmt: skip
    query = search.Query(
        text=query.text, worn_at_least=query.worn_at_least, worn_at_most=query.worn_at_most,
        seen_since=query.seen_since, not_worn_since=query.not_worn_since,
        **{k: tuple(v) for k, v in chosen.items() if v},
    )  # fmt: skip
    index = now.index(hidden)
    found = index.find(query, sort, shelf.likeness(like) if like else None)
    told = {
        "version": now.version,
        "ids": [e.item.id for e in found],
        "of": len(index.entries),
        "hidden": len(now.hidden.entries),
        "facets": index.narrowing(query),
        "understood": {
            "text": query.text,
            "not_worn_since": query.not_worn_since,
            "seen_since": query.seen_since,
            "worn_at_least": query.worn_at_least,
            "worn_at_most": query.worn_at_most,
        },
    }
    return Response(_json(told), media_type="application/json")


@router.post("/search/noted")
def noted(shelf: OnShelf) -> dict[str, bool]:
    """A search was made: one event, however many letters were typed."""
    with shelf.open() as store:
        usage.note(store, "search")
    return {"noted": True}


@router.post("/search/picture")
async def find_picture(shelf: OnShelf, request: Request) -> dict[str, Any]:
    """Search by the picture in the body; the answer's ``like`` goes into ``/api/search``."""
    from starlette.concurrency import run_in_threadpool

    from wardrobe.web.photos import receive

    def look(path: Any) -> dict[str, float]:
        with shelf.open() as store:
            if not store.version():
                raise ConfigError("the closet is empty. Add photos first.")
            _, settings = closet.last_run(store)
            found = api.find(path, shelf.root, settings=settings)
            usage.note(store, "search", found=len(found))
        return found

    with shelf.open() as store, library.receiving(store) as (file, path):
        await receive(request, file)
        likeness = await run_in_threadpool(look, path)
    key = secrets.token_hex(8)
    shelf.keep_likeness(key, likeness)
    return {"like": key, "found": len(likeness)}


@router.get("/items/{item}")
def item(item: str, shelf: OnShelf) -> dict[str, Any]:
    """One item with its photos, days, and what was said of it. The id of any of its garments finds
    it, so an address outlives a merge."""
    now = shelf.now()
    entry = now.entry(item)
    with shelf.open() as store:
        heard = said.of_item(review.history(store), entry, now)
    return whole(entry, now) | {"said": heard}


def listing(now: Snapshot) -> bytes:
    """Every item as the grid gets it, JSON."""
    if now.listing is None:
        hidden = {e.item.id for e in now.hidden.entries}
        shorts = [short(e, now) | {"hidden": e.item.id in hidden} for e in now.entries.values()]
        now.listing = _json({"version": now.version, "items": shorts})
    return now.listing


def short(e: Entry, now: Snapshot) -> dict[str, Any]:
    """What the grid shows of an item."""
    return {
        "id": e.item.id,
        "mark": now.marks[e.item.id],
        "name": e.item.name,
        "category": e.item.category,
        "type": e.item.type,
        "slot": SLOT_OF[e.item.category],
        "colours": [[name, value] for name, value, _ in e.item.colours],
        "worn": e.worn_count,
        "last": e.last_seen,
        "photos": len(e.sightings),
        "thumb": picture_key(e.thumbnail_path),
        "flagged": e.item.flagged is not None,
    }


def whole(e: Entry, now: Snapshot) -> dict[str, Any]:
    """All there is to see of an item, but what was said of it."""
    days = sorted({s.taken_at.date() for s in e.sightings if s.taken_at})
    beside = [o for o in search.worn_with(e, now.shown.entries) if o[0].item.id != e.item.id]
    return short(e, now) | {
        "hidden": e.item.hidden,
        "version": now.version,
        "colours": [{"name": n, "hex": h, "share": s} for n, h, s in e.item.colours],
        "pattern": e.item.pattern,
        "sleeve": e.item.sleeve,
        "confidence": e.item.confidence,
        "why_flagged": e.item.flagged,
        "sources": picture_key(e.sources_path),
        "filled": asdict(e.filled) if e.filled else None,
        "first": e.first_seen,
        "days": days,
        "seasons": search.seasons(e),
        "garments": sightings(e, now),
        "worn_with": [{"id": o.item.id, "name": o.item.name, "photos": n,
                       "thumb": picture_key(o.thumbnail_path)} for o, n in beside[:12]],
    }  # fmt: skip


def sightings(e: Entry, now: Snapshot) -> list[dict[str, Any]]:
    """An item's photos, best first."""
    return [_sighting(g, s, now) for g, s in zip(e.item.garment_ids, e.sightings, strict=True)]


def _sighting(garment: str, s: Sighting, now: Snapshot) -> dict[str, Any]:
    return {
        "id": garment,
        "photo": s.photo,
        "photo_id": s.anchor.photo_id if s.anchor else None,
        "box": _fractions(s.anchor.box_frac if s.anchor else None),
        "outline": _fractions(s.outline_frac),
        "preview": now.garments[garment]["preview"],
        "taken": s.taken_at.date() if s.taken_at else None,
        "visibility": round(s.visibility, 3),
        "showing": round(s.showing, 3),
    }


def _fractions(box: Sequence[float] | None) -> list[float] | None:
    return [round(float(v), 4) for v in box] if box else None


def _json(told: dict[str, Any]) -> bytes:
    """Written at once: what goes through FastAPI's own encoder takes five times as long."""
    return json.dumps(told, default=lambda day: day.isoformat(), separators=(",", ":")).encode()


def picture_key(path: str | None) -> str | None:
    """The digest that a picture of the store is asked for by."""
    return path.removeprefix("pictures/").removesuffix(".webp").replace("/", "") if path else None
