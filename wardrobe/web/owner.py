"""Routes of the owner: who of the people in the photos the wardrobe belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from wardrobe import closet, library, owner, weights
from wardrobe.config import Settings
from wardrobe.errors import ConfigError
from wardrobe.folder import locate
from wardrobe.store import Store
from wardrobe.web.photos import receive
from wardrobe.web.runs import OnRuns, Runs
from wardrobe.web.shelf import OnShelf, Shelf
from wardrobe.web.trouble import RESPONSES, Gone

router = APIRouter(prefix="/api/owner", responses=RESPONSES, tags=["photos"])
Digest = Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]


class Shown(BaseModel):
    photo_id: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@router.get("")
def standing(shelf: OnShelf) -> dict[str, Any]:
    """The photos of the owner that are kept, whether runs go by a face, and what that needs."""
    with shelf.open() as store:
        past = store.runs()
        selfies = [p.stem for p in owner.kept(store)]
        known = bool(selfies) or (not owner.told(store) and bool(past) and bool(past[0]["owner"]))
        model = _settings(store).pose.face_model
    needed = [m for m in weights.whole([model]) if not weights.here(m)]
    size = sum(part.bytes for m in needed for part in m.all())
    return {"selfies": selfies, "known": known, "fetch": model if needed else "", "bytes": size}


@router.post("")
async def tell(shelf: OnShelf, runs: OnRuns, request: Request) -> dict[str, str]:
    """Keep the photo in the body as one of the owner; the photos are looked at anew with it."""
    with shelf.open() as store, library.receiving(store) as (file, path):
        await receive(request, file)
        return {"selfie": await run_in_threadpool(_keep, shelf, runs, path)}


@router.post("/photo")
def tell_by_photo(body: Shown, shelf: OnShelf, runs: OnRuns) -> dict[str, str]:
    """Take a photo of the closet, in which the owner's face is the largest."""
    path = shelf.now().photo_of.get(body.photo_id)
    if path is None:
        raise Gone("This photo wasn't in the last run.")
    with shelf.open() as store:
        folder, _ = closet.last_run(store)
    return {"selfie": _keep(shelf, runs, locate(folder, path))}


@router.delete("")
def forget_all(shelf: OnShelf, runs: OnRuns) -> dict[str, bool]:
    """From the next run on, the main subject of a photo is its owner."""
    with shelf.open() as store:
        owner.forget(store)
        _again(store, runs)
    return {"forgotten": True}


@router.delete("/{digest}")
def forget(digest: Digest, shelf: OnShelf, runs: OnRuns) -> dict[str, bool]:
    """Take one photo of the owner away."""
    with shelf.open() as store:
        _kept(store, digest)
        owner.forget(store, digest)
        _again(store, runs)
    return {"forgotten": True}


@router.get("/{digest}", response_class=FileResponse)
def picture(digest: Digest, shelf: OnShelf) -> Response:
    """A photo of the owner."""
    with shelf.open() as store:
        file = _kept(store, digest)
    return FileResponse(file, headers={"cache-control": "private, max-age=31536000, immutable"})


def _keep(shelf: Shelf, runs: Runs, photo: Path) -> str:
    with shelf.open() as store:
        digest = owner.keep(store, photo, _settings(store), runs.create)
        _again(store, runs)
    return digest


def _again(store: Store, runs: Runs) -> None:
    if library.folders(store) or library.dropped(store):
        runs.start()


def _kept(store: Store, digest: str) -> Path:
    try:
        return owner.selfie(store, digest)
    except ConfigError as e:
        raise Gone(str(e)) from e


def _settings(store: Store) -> Settings:
    return closet.last_run(store)[1] if store.runs() else Settings()
