"""Routes of a person's word: merge, split, name, label, cover, hide; and undo.

Every act names the marks of the items as the person saw them. Where one has changed since, the act
is refused and the item as it is now comes back: of two tabs the second is told, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from wardrobe import anchors, review, rows
from wardrobe.catalogue import Entry
from wardrobe.errors import StoreBusy, StoreError
from wardrobe.review import Heard
from wardrobe.store import Store
from wardrobe.web.runs import OnRuns, Runs
from wardrobe.web.shelf import OnShelf, Shelf, Snapshot
from wardrobe.web.trouble import RESPONSES, Changed, Gone

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["said"])
Id = Annotated[str, Field(min_length=1, max_length=64)]
Mark = Annotated[str, Field(max_length=64, description="The item's mark as it was seen.")]


class Named(BaseModel):
    mark: Mark
    name: Annotated[str, Field(max_length=120)]


class Labelled(BaseModel):
    mark: Mark
    category: Annotated[str, Field(max_length=60, description="tops, or tops/shirt")]


class Covered(BaseModel):
    mark: Mark
    garment: Id


class Hidden(BaseModel):
    mark: Mark


class Split(BaseModel):
    mark: Mark
    garments: Annotated[list[Id], Field(min_length=1, max_length=500)]


class Several(BaseModel):
    """Items with their marks."""

    items: Annotated[dict[Id, Mark], Field(min_length=2, max_length=50)]


class Undone(BaseModel):
    """``number``: of any decision of the act that is taken back."""

    number: Annotated[int, Field(ge=1, le=2**31)]


@router.post("/items/{item}/name")
def rename(item: str, body: Named, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Give an item a name of one's own."""
    return _act(shelf, runs, {item: body.mark}, lambda s, e: review.rename(s, e[0], body.name))


@router.post("/items/{item}/label")
def label(item: str, body: Labelled, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Say what kind of thing an item is."""
    return _act(shelf, runs, {item: body.mark}, lambda s, e: review.label(s, e[0], body.category))


@router.post("/items/{item}/cover")
def cover(item: str, body: Covered, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Choose the photo that stands for an item."""
    return _act(shelf, runs, {item: body.mark}, lambda s, e: review.cover(s, e[0], body.garment))


@router.post("/items/{item}/hide")
def hide(item: str, body: Hidden, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Leave an item out of every list."""
    return _act(shelf, runs, {item: body.mark}, lambda s, e: review.hide(s, e[0]))


@router.post("/items/{item}/split")
def split(item: str, body: Split, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Take some of an item's photos out, as an item of their own."""
    return _act(shelf, runs, {item: body.mark}, lambda s, e: review.split(s, e[0], body.garments))


@router.post("/merge")
def merge(body: Several, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """These items are one garment."""
    return _act(shelf, runs, body.items, review.merge)


@router.post("/different")
def different(body: Several, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """The first two of these items are never one."""
    return _act(shelf, runs, body.items, lambda s, e: review.differ(s, e[0], e[1]))


@router.post("/undo")
def undo(body: Undone, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Take an act back; an undo can be undone as well."""
    return _act(shelf, runs, {}, lambda s, _: review.undo(s, body.number))


@router.get("/history")
def history(
    shelf: OnShelf, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> list[dict[str, Any]]:
    """What was said, the newest act first."""
    now = shelf.now()
    with shelf.open() as store:
        acts = _acts(review.history(store), now)
    return acts[::-1][:limit]


def _act(
    shelf: Shelf,
    runs: Runs,
    seen: dict[str, str],
    do: Callable[[Store, list[Entry]], Any],
) -> dict[str, Any]:
    """Check that the items are as they were seen, say it, and tell what became of them."""
    with shelf.acting, shelf.open() as store:
        now = shelf.now()
        entries = [_as_seen(now, i, mark) for i, mark in seen.items()]
        before = len(store.own("decision"))
        waits = False
        try:
            do(store, entries)
        except StoreError as e:
            if len(store.own("decision")) == before:
                raise
            waits = True  # it is said, and shows once a run that can group has ended
            if isinstance(e, StoreBusy):
                runs.regroup_later()
        numbers = [row.id for row in store.own("decision")[before:]]
        return {
            "version": store.version(),
            "number": numbers[0] if numbers else None,
            "waits": waits,
            "items": _homes(store, [g for e in entries for g in e.item.garment_ids]),
        }


def _as_seen(now: Snapshot, item: str, mark: str) -> Entry:
    entry = now.entries.get(item)
    if entry is None:
        home = now.entry(item)  # merged away: where its photos are now
        raise Changed(
            f"This item has become part of “{home.item.name}” meanwhile, in another tab or run.",
            {"item": home.item.id, "mark": now.marks[home.item.id], "name": home.item.name},
        )
    if now.marks[item] != mark:
        raise Changed(
            f"“{entry.item.name}” was changed meanwhile, in another tab or run. "
            "Look at it as it is now, and say it again if it still holds.",
            {"item": item, "mark": now.marks[item], "name": entry.item.name},
        )
    return entry


def _homes(store: Store, garments: Iterable[str]) -> list[str]:
    """The items that garments belong to now, each once."""
    known = store.derived("garment")
    return list(dict.fromkeys(known[g]["item"] for g in garments if g in known))


def of_item(history: Sequence[Heard], entry: Entry, now: Snapshot) -> list[dict[str, Any]]:
    """What was said of one item, the newest act first."""
    return [act for act in _acts(history, now)[::-1] if entry.item.id in act["items"]]


def _acts(history: Sequence[Heard], now: Snapshot) -> list[dict[str, Any]]:
    find = anchors.finder({g: rows.anchor(row) for g, row in now.garments.items()})
    by_number = {h.decision.number: h for h in history}
    out = []
    for _, group in groupby(history, key=lambda h: h.decision.made_at):
        act = list(group)
        first = act[0].decision
        about = act
        if first.kind == "undo":
            about = [by_number[n] for h in act if (n := int(h.decision.value or 0)) in by_number]
        places = [a for h in about for a in (*h.decision.anchors, *h.decision.others)]
        found = (find(place) for place in places)
        homes = dict.fromkeys(now.garments[g]["item"] for g in found if g)
        out.append(
            {
                "number": first.number,
                "kind": _kind(act),
                "at": first.made_at,
                "state": act[0].state,
                "by": act[0].by or None,
                "text": _sentence(act, about, now, list(homes)),
                "items": list(homes),
            }
        )
    return out


def _kind(act: Sequence[Heard]) -> str:
    first = act[0].decision.kind
    return "split" if first == "different" and len(act) > 1 else first


def _sentence(
    act: Sequence[Heard], about: Sequence[Heard], now: Snapshot, homes: Sequence[str]
) -> str:
    one = about[0].decision if about else act[0].decision
    name = now.entries[homes[0]].item.name if homes else "an item that isn't here now"
    what = {
        "same": f"{len(one.anchors)} photos are one garment: “{name}”",
        "different": f"Not the same garment: “{name}” and another",
        "split": f"{len(one.anchors)} of the photos taken out of “{name}”",
        "name": f"Named “{one.value}”",
        "label": f"“{name}” is {(one.value or '').replace('/', ', ')}",
        "cover": f"Chose the photo that stands for “{name}”",
        "thumbnail": f"Chose what the picture of “{name}” is made from",
        "hide": f"Hid “{name}”",
    }.get(_kind(about) if about else "", "Something said before")
    return f"Took back: {what}" if act[0].decision.kind == "undo" else what


def checked(now: Snapshot, item: str) -> Entry:
    """An item that is shown.

    Raises:
        Gone: it isn't.
    """
    entry = now.entries.get(item)
    if entry is None or entry.item.hidden:
        raise Gone("One of these items is no longer in the closet.")
    return entry
