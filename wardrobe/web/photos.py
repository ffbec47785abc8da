"""Routes of photos and runs: add a folder, drop files, watch, stop, and what became of each photo."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from wardrobe import closet, library
from wardrobe.config import Settings
from wardrobe.errors import ConfigError
from wardrobe.store import Store
from wardrobe.web.runs import OnRuns, Runs, plain
from wardrobe.web.security import PHOTO_BYTES
from wardrobe.web.shelf import OnShelf, Shelf
from wardrobe.web.trouble import RESPONSES, Gone, TooMuch

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["photos"])
#: Photos that may lie in ``dropped/``: more than a phone holds, less than fills a disk by mistake.
MAX_DROPPED = 20_000
TICK_S, KEEP_ALIVE_S = 0.25, 15.0


class NewFolder(BaseModel):
    path: Annotated[str, Field(min_length=1, max_length=1000, description="Whole path.")]


@router.get("/runs")
def standing(shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """The run that goes, the last ones, and where the photos come from."""
    # Before the store: a run that ends while it is read is still said to go, so that whoever sees
    # "idle" also sees what that run wrote.
    now = runs.now
    with shelf.open() as store:
        past = store.runs()
        photos = store.derived("photo")
        places = [asdict(f) for f in library.folders(store)]
        dropped = library.dropped(store)
    finished = next((r for r in past if r["ended_at"]), None)
    return {
        "now": plain(now),
        # One that began while the store was read isn't an interrupted one.
        "interrupted": bool(past)
        and not past[0]["ended_at"]
        and now.state == runs.now.state == "idle",
        "finished_at": finished["ended_at"] if finished else None,
        "funnel": _funnel(finished["funnel"]) if finished else None,
        "folders": places,
        "dropped": dropped,
        "photos": len(photos),
        "failed": [
            {"photo": path, "message": row["message"], "photo_id": row["id"]}
            for path, row in photos.items()
            if row["outcome"] == "failed"
        ][:200],
    }


def _funnel(funnel: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in funnel.items() if k != "left_out_photos"}


@router.get("/photos")
def photos(
    shelf: OnShelf,
    outcome: Annotated[str, Query(pattern="^(kept|left out|failed)?$")] = "",
    reason: Annotated[str, Query(max_length=80)] = "",
    start: Annotated[int, Query(ge=0, le=2**31)] = 0,
    count: Annotated[int, Query(ge=1, le=200)] = 60,
) -> dict[str, Any]:
    """Photos of the last run by what became of them, with the reason in a sentence."""
    found = [
        {"photo": path, "photo_id": row["id"], "outcome": row["outcome"],
         "reason": row["reason"], "message": row["message"], "taken_at": row["taken_at"]}
        for path, row in shelf.now().photos.items()
        if outcome in ("", row["outcome"]) and reason in ("", row["reason"])
    ]  # fmt: skip
    return {"total": len(found), "photos": found[start : start + count]}


@router.get("/photos/trace")
def trace(photo: Annotated[str, Query(max_length=2000)], shelf: OnShelf) -> dict[str, Any]:
    """What went into every stage for one photo, what came out, how long, and why it stopped."""
    if photo not in shelf.now().photos:
        raise Gone("This photo wasn't in the last run.")
    with shelf.open() as store:
        return closet.trace(closet.explain(photo, store))


@router.post("/photos")
async def drop(
    shelf: OnShelf, request: Request, name: Annotated[str, Query(max_length=300)] = "photo"
) -> dict[str, Any]:
    """Keep the photo in the body. It is looked at by the next run: ``POST /api/runs``."""
    with shelf.open() as store:
        if await run_in_threadpool(library.dropped, store) >= MAX_DROPPED:
            raise TooMuch(f"{MAX_DROPPED} photos were dropped already. Add their folder instead.")
        with library.receiving(store) as (file, path):
            await receive(request, file)
            kept = await run_in_threadpool(_keep, shelf, path, name)
    return {"kept": kept}


def _keep(shelf: Shelf, path: Path, name: str) -> str:
    with shelf.open() as store:  # a connection belongs to the thread that made it
        return library.keep(store, path, name, _settings(store))


def _settings(store: Store) -> Settings:
    return closet.last_run(store)[1] if store.runs() else Settings()


async def receive(request: Request, file: IO[bytes]) -> None:
    """Write a request's body to a file.

    Raises:
        TooMuch: it is larger than a photo may be, or broke off.
    """
    got = 0
    try:
        async for chunk in request.stream():
            got += len(chunk)
            if got > PHOTO_BYTES:
                break
            file.write(chunk)
    except ClientDisconnect:
        got = PHOTO_BYTES + 1
    if got > PHOTO_BYTES:
        raise TooMuch(f"A photo may have {PHOTO_BYTES // 2**20} MB at most.")
    file.flush()


@router.post("/folders")
def add_folder(body: NewFolder, shelf: OnShelf, runs: OnRuns, request: Request) -> dict[str, Any]:
    """Make a folder of this machine part of the wardrobe, and look at its photos."""
    if request.app.state.rules.token:
        raise ConfigError(
            "folders are added on the machine itself: wardrobe serve without --host. "
            "Drop the photos here instead."
        )
    with shelf.open() as store:
        library.add(store, Path(body.path))
    runs.start()
    return {"added": body.path}


@router.delete("/folders/{name}")
def remove_folder(name: str, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Take a folder out of the wardrobe; the folder itself stays as it is."""
    with shelf.open() as store:
        library.remove(store, name)
    runs.start()
    return {"removed": name}


@router.post("/runs", status_code=202)
def start(shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Begin a run, or go on with the one that was stopped; where one goes, another follows it."""
    with shelf.open() as store:
        if not library.folders(store) and not library.dropped(store):
            raise ConfigError("there are no photos yet. Drop some, or add a folder.")
    runs.start()
    return {"now": plain(runs.now)}


@router.post("/runs/stop", status_code=202)
def stop(runs: OnRuns) -> dict[str, Any]:
    """Stop the run after the batch it is in."""
    runs.stop()
    return {"now": plain(runs.now)}


@router.get("/live", response_class=StreamingResponse)
async def live(shelf: OnShelf, runs: OnRuns, request: Request) -> StreamingResponse:
    """Server-sent events: ``run`` with every step of a run, ``version`` when the wardrobe changed."""
    return StreamingResponse(
        _events(shelf, runs, request),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(shelf: Shelf, runs: Runs, request: Request) -> AsyncIterator[bytes]:
    fitter = request.app.state.fitter
    serial = version = made = -1
    quiet = 0.0
    while not await request.is_disconnected():
        standing, newest = runs.now, await run_in_threadpool(shelf.version)
        if standing.serial != serial:
            serial, quiet = standing.serial, 0.0
            yield _event("run", plain(standing))
        if fitter.now.serial != made:
            made = fitter.now.serial
            yield _event("tryon", asdict(fitter.now))
        if newest != version:
            version, quiet = newest, 0.0
            yield _event("version", {"version": newest})
        if quiet >= KEEP_ALIVE_S:
            quiet = 0.0
            yield b": still here\n\n"
        if getattr(request.app.state, "closing", False):
            return
        await asyncio.sleep(TICK_S)
        quiet += TICK_S


def _event(kind: str, facts: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(facts)}\n\n".encode()
