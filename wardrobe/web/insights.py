"""Routes of the product's measures: what is counted, on and off, and deleting it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from wardrobe import library, usage
from wardrobe.errors import StoreBusy
from wardrobe.web.runs import OnRuns
from wardrobe.web.shelf import OnShelf
from wardrobe.web.trouble import RESPONSES
from wardrobe.web.tryon import OnFitter

router = APIRouter(prefix="/api/insights", responses=RESPONSES, tags=["insights"])


class Switch(BaseModel):
    on: bool


class Erase(BaseModel):
    """``what``: the events, or the whole wardrobe; ``sure``: the word "delete", typed by hand."""

    what: Literal["events", "wardrobe"]
    sure: Annotated[str, Field(pattern="^delete$")]


@router.get("")
def measures(shelf: OnShelf) -> dict[str, Any]:
    """The measures with their targets, from the events of this store."""
    with shelf.open() as store:
        events = store.own("event")
        found = usage.measures([events], datetime.now(UTC))
        counts = Counter(row.kind for row in events if row.kind in usage.EVENTS)
        return {
            "counting": usage.counting(store),
            "measures": [asdict(m) for m in found],
            "events": dict(counts),
            "since": next((row.at for row in events if row.kind in usage.EVENTS), None),
        }


@router.post("/visit")
def visit(shelf: OnShelf) -> dict[str, bool]:
    """The closet was opened."""
    with shelf.open() as store:
        usage.note(store, "visit")
    return {"noted": True}


@router.post("/switch")
def switch(body: Switch, shelf: OnShelf) -> dict[str, bool]:
    """Note events from now on, or stop; what was noted stays."""
    with shelf.open() as store:
        usage.switch(store, body.on)
        return {"counting": usage.counting(store)}


@router.post("/erase")
def erase(body: Erase, shelf: OnShelf, runs: OnRuns, fitter: OnFitter) -> dict[str, Any]:
    """Delete the events, or the wardrobe with everything in it; photos in added folders stay."""
    with shelf.acting:
        if body.what == "events":
            with shelf.open() as store:
                return {"deleted": store.forget_events(usage.EVENTS)}
        if runs.now.state != "idle":
            raise StoreBusy("A run is going. Stop it first, then delete.")
        if fitter.now.state != "idle":
            raise StoreBusy("A try-on is being made. Wait for it, then delete.")
        with shelf.open() as store:
            library.erase(store)
        shelf.forget()
        return {"deleted": "wardrobe"}
