"""Routes of outfits: suggestions, saved combinations, the moodboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from wardrobe import images, moodboard, outfits, usage
from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError
from wardrobe.outfits import Outfit
from wardrobe.stages.outfit import clash
from wardrobe.store import Store
from wardrobe.web.closet import picture_key
from wardrobe.web.said import checked
from wardrobe.web.shelf import OnShelf, Snapshot
from wardrobe.web.trouble import RESPONSES, Gone

router = APIRouter(prefix="/api/outfits", responses=RESPONSES, tags=["outfits"])
Id = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(max_length=80)]
InName = Annotated[str, Query(max_length=80)]


class New(BaseModel):
    items: Annotated[list[Id], Field(min_length=1, max_length=20)]
    name: Name = ""


class Renamed(BaseModel):
    name: Name
    to: Name


class Called(BaseModel):
    name: Name


@router.get("")
def saved(shelf: OnShelf) -> list[dict[str, Any]]:
    """The saved outfits, the newest first."""
    now = shelf.now()
    with shelf.open() as store:
        return [_plain(o, now) for o in outfits.saved(store)[::-1]]


@router.post("", status_code=201)
def save(body: New, shelf: OnShelf) -> dict[str, Any]:
    """Save a combination under a name, by default the next "Outfit N"."""
    now = shelf.now()
    entries = [checked(now, i) for i in body.items]
    with shelf.acting, shelf.open() as store:
        made = outfits.save(store, entries, body.name.strip())
        usage.note(store, "outfit created", pieces=len(entries))
        usage.note(store, "outfit saved", pieces=len(entries))
    return _plain(made, now)


@router.post("/rename")
def rename(body: Renamed, shelf: OnShelf) -> dict[str, Any]:
    """Another name."""
    with shelf.acting, shelf.open() as store:
        outfits.rename(store, body.name, body.to.strip())
    return {"name": body.to.strip()}


@router.post("/delete")
def delete(body: Called, shelf: OnShelf) -> dict[str, Any]:
    """Take one out of the list."""
    with shelf.acting, shelf.open() as store:
        outfits.delete(store, body.name)
    return {"deleted": body.name}


@router.get("/suggest")
def suggest(
    shelf: OnShelf,
    item: Annotated[list[str] | None, Query(max_length=12)] = None,
    outerwear: bool = False,
    seed: Annotated[int | None, Query(ge=0, le=2**31)] = None,
    count: Annotated[int, Query(ge=1, le=12)] = 6,
) -> list[list[str]]:
    """Outfits round the given items, in compatible order: ids, and no score."""
    now = shelf.now()
    fixed = [checked(now, i) for i in item or ()]
    with shelf.open() as store:
        if not store.version():
            return []
        found = outfits.suggest(
            store, now.shown.entries, fixed, count=count, outerwear=outerwear, seed=seed
        )
    return [[e.item.id for e in s.pieces] for s in found]


@router.get("/clash")
def clashes(shelf: OnShelf, item: Annotated[list[str], Query(max_length=20)]) -> dict[str, Any]:
    """Why items can't be worn as one outfit, or null."""
    now = shelf.now()
    return {"clash": clash([checked(now, i).item.category for i in item])}


@router.get("/board")
def board(shelf: OnShelf, name: InName) -> Response:
    """A saved outfit as a moodboard picture, PNG."""
    now = shelf.now()
    with shelf.open() as store:
        made = _called(store, name)
    return _board([now.entries[i] for i in made.pieces if i in now.entries], shelf, name)


@router.get("/draft")
def draft(shelf: OnShelf, item: Annotated[list[str], Query(max_length=20)]) -> Response:
    """Items as a moodboard picture, before they are saved."""
    now = shelf.now()
    return _board([checked(now, i) for i in item], shelf, "outfit")


@router.post("/shared")
def shared(body: Called, shelf: OnShelf) -> dict[str, Any]:
    """Note that an outfit's picture was taken out as a file."""
    with shelf.open() as store:
        usage.note(store, "outfit shared", pieces=len(_called(store, body.name).pieces))
    return {"noted": True}


def _called(store: Store, name: str) -> Outfit:
    found = next((o for o in outfits.saved(store) if o.name == name), None)
    if found is None:
        raise Gone(f"No outfit is called “{name}” any more.")
    return found


def _board(entries: Sequence[Entry], shelf: OnShelf, name: str) -> Response:
    pictures = [_with_thumbnail(e, shelf) for e in entries]
    if not pictures:
        raise ConfigError("nothing of this outfit is left in the closet.")
    file = moodboard.file_name(name).encode("ascii", "ignore").decode() or "outfit"
    return Response(
        images.encode_png(moodboard.board(pictures)),
        media_type="image/png",
        headers={"content-disposition": f'inline; filename="{file}.png"'},
    )


def _with_thumbnail(entry: Entry, shelf: OnShelf) -> Entry:
    from dataclasses import replace

    path = shelf.root / entry.thumbnail_path if entry.thumbnail_path else None
    return replace(entry, thumbnail=path.read_bytes()) if path and path.is_file() else entry


def _plain(o: Outfit, now: Snapshot) -> dict[str, Any]:
    pieces = [now.entries[i] for i in o.pieces if i in now.entries]
    return {
        "name": o.name,
        "made_at": o.made_at,
        "missing": o.missing,
        "pieces": [
            {"id": e.item.id, "name": e.item.name, "thumb": picture_key(e.thumbnail_path)}
            for e in pieces
        ],
    }
