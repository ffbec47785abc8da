"""Routes of try-on: the person, the outfit, the wait, the result and what becomes of it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from wardrobe import closet, fittings, library, usage
from wardrobe.catalogue import Entry
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, NotBuilt, PhotoError, StoreBusy, WardrobeError
from wardrobe.folder import locate
from wardrobe.store import Store
from wardrobe.web.closet import picture_key
from wardrobe.web.photos import receive
from wardrobe.web.said import checked
from wardrobe.web.shelf import OnShelf, Shelf
from wardrobe.web.trouble import RESPONSES, Gone

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/tryon", responses=RESPONSES, tags=["try on"])
Id = Annotated[str, InPath(pattern="^[0-9a-f]{16}$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Wish(BaseModel):
    """``person`` is the digest that ``/person`` answered; ``which`` of several in it, from the left."""

    person: Digest
    items: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=8)]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    steps: Annotated[int, Field(ge=1, le=100)] | None = None
    which: Annotated[int, Field(ge=1, le=50)] | None = None


class FromCloset(BaseModel):
    photo_id: Digest


class Looked(BaseModel):
    seconds: Annotated[float, Field(ge=0, le=86400)]


@dataclass(frozen=True, slots=True)
class Making:
    """Where the try-on that is being made stands.

    Attributes:
        step: what is done now; of ``total`` steps, ``done`` are behind.
        error: names what went wrong with the last one; ``message`` says it, and ``reason`` in a
            few words why a photo can't be used.
    """

    serial: int = 0
    state: Literal["idle", "making"] = "idle"
    began: float = 0.0
    step: str = ""
    done: int = 0
    total: int = 0
    result: str = ""
    error: str = ""
    reason: str = ""
    message: str = ""


class Fitter:
    """Makes one try-on at a time, in the background."""

    def __init__(self, shelf: Shelf) -> None:
        self.now = Making()
        self._shelf = shelf
        self._lock = threading.Lock()

    def make(self, wish: Wish | str, entries: list[Entry]) -> None:
        """Begin; ``wish`` may be the id of a result to make again.

        Raises:
            StoreBusy: another is being made.
        """
        with self._lock:
            if self.now.state == "making":
                raise StoreBusy("A try-on is being made. Wait for it.")
            self.now = Making(self.now.serial + 1, "making", time.time())
        threading.Thread(target=self._work, args=(wish, entries), daemon=True).start()

    def _work(self, wish: Wish | str, entries: list[Entry]) -> None:
        facts: dict[str, Any]
        try:
            with self._shelf.open() as store:
                if isinstance(wish, str):
                    made = fittings.again(store, wish, watch=self._step)
                else:
                    made = fittings.make(
                        store, wish.person, entries, seed=wish.seed, steps=wish.steps,
                        which=wish.which, watch=self._step,
                    )  # fmt: skip
            facts = {"result": made.id}
        except WardrobeError as e:
            reason = e.reason if isinstance(e, PhotoError) else ""
            facts = {"error": type(e).__name__, "message": str(e), "reason": reason}
        except Exception as e:
            log.exception("a try-on failed")
            said = f"A fault of ours: {type(e).__name__}. Please report it."
            facts = {"error": "Bug", "message": said}
        with self._lock:
            self.now = replace(self.now, serial=self.now.serial + 1, state="idle", **facts)

    def _step(self, step: str, done: int, total: int) -> None:
        with self._lock:
            self.now = replace(
                self.now, serial=self.now.serial + 1, step=step, done=done, total=total
            )


def _fitter(request: Request) -> Fitter:
    fitter = request.app.state.fitter
    if not isinstance(fitter, Fitter):
        raise NotBuilt("the server has no fitter.")
    return fitter


OnFitter = Annotated[Fitter, Depends(_fitter)]


@router.get("")
def results(shelf: OnShelf, fitter: OnFitter) -> dict[str, Any]:
    """Every result with its recipe, the newest first, and what is being made."""
    with shelf.open() as store:
        made = [_plain(r) for r in fittings.all_made(store)]
    return {"now": asdict(fitter.now), "results": made}


@router.post("/person")
async def person(shelf: OnShelf, request: Request) -> dict[str, str]:
    """Keep the photo in the body as the person to try on; answers its digest."""

    def keep(path: Path) -> str:
        with shelf.open() as store:
            return fittings.keep_person(store, path, _settings(store))

    with shelf.open() as store, library.receiving(store) as (file, path):
        await receive(request, file)
        return {"person": await run_in_threadpool(keep, path)}


@router.post("/person/photo")
def person_of_closet(body: FromCloset, shelf: OnShelf) -> dict[str, str]:
    """Take a photo of the closet as the person to try on."""
    path = shelf.now().photo_of.get(body.photo_id)
    if path is None:
        raise Gone("This photo wasn't in the last run.")
    with shelf.open() as store:
        folder, settings = closet.last_run(store)
        return {"person": fittings.keep_person(store, locate(folder, path), settings)}


@router.post("", status_code=202)
def ask(body: Wish, shelf: OnShelf, fitter: OnFitter) -> dict[str, Any]:
    """Begin a try-on; ``/api/live`` and ``GET /api/tryon`` tell how it goes."""
    now = shelf.now()
    entries = [checked(now, i) for i in body.items]
    with shelf.open() as store:
        fittings.person(store, body.person)
        fitter.make(body, entries)
        usage.note(store, "try-on asked", pieces=len(entries))
    return {"now": asdict(fitter.now)}


@router.post("/{result}/again", status_code=202)
def make_again(result: Id, shelf: OnShelf, fitter: OnFitter) -> dict[str, Any]:
    """Make a result once more, by its recipe."""
    with shelf.open() as store:
        _known(store, result)
        fitter.make(result, [])
        usage.note(store, "try-on asked")
    return {"now": asdict(fitter.now)}


@router.post("/{result}/viewed")
def viewed(result: Id, body: Looked, shelf: OnShelf) -> dict[str, bool]:
    """Note for how long a result was looked at."""
    with shelf.open() as store:
        _known(store, result)
        usage.note(store, "try-on viewed", seconds=body.seconds)
    return {"noted": True}


@router.post("/{result}/save")
def save(result: Id, shelf: OnShelf) -> dict[str, Any]:
    """Keep a result."""
    with shelf.open() as store:
        _known(store, result)
        made = fittings.save(store, result)
        usage.note(store, "try-on saved")
    return _plain(made)


@router.post("/{result}/shared")
def shared(result: Id, shelf: OnShelf) -> dict[str, bool]:
    """Note that a result was taken out as a file."""
    with shelf.open() as store:
        _known(store, result)
        usage.note(store, "try-on shared")
    return {"noted": True}


@router.post("/{result}/dismiss")
def dismiss(result: Id, shelf: OnShelf) -> dict[str, bool]:
    """Delete a result with its pictures."""
    with shelf.open() as store:
        _known(store, result)
        fittings.dismiss(store, result)
        usage.note(store, "try-on dismissed")
    return {"dismissed": True}


@router.get("/{result}/{which}", response_class=FileResponse)
def picture(result: Id, which: Literal["before", "after"], shelf: OnShelf) -> Response:
    """The person as they were, or with the outfit on."""
    with shelf.open() as store:
        _known(store, result)
        file = fittings.picture(store, result, which)
    return FileResponse(file, headers={"cache-control": "private, max-age=31536000, immutable"})


def _known(store: Store, result: str) -> None:
    try:
        fittings.recipe(store, result)
    except ConfigError as e:
        raise Gone(str(e)) from e


def _settings(store: Store) -> Settings:
    return closet.last_run(store)[1] if store.runs() else Settings()


def _plain(r: fittings.Recipe) -> dict[str, Any]:
    pieces = [{"id": i, "name": name, "thumb": picture_key(path)} for i, name, path, _ in r.items]
    return {**asdict(r), "items": pieces}
