"""The server put together: the API's rooms, the pages, and the guard before all of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp

from wardrobe import __version__, search
from wardrobe.store import Store
from wardrobe.web import (
    closet,
    insights,
    outfits,
    owner,
    photos,
    pictures,
    review,
    said,
    trouble,
    tryon,
)
from wardrobe.web.runs import Runs
from wardrobe.web.security import Guard, Rules
from wardrobe.web.shelf import Shelf
from wardrobe.web.tryon import Fitter

log = logging.getLogger(__name__)
#: Addresses of pages; each is the one document, which shows what its address says.
PAGES = ("/", "/item/{id}", "/review", "/outfits", "/try-on", "/photos", "/insights", "/said")
#: Pictures of the first screen, and the size a desk shows them in.
FIRST, FIRST_PX = 40, 192
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
         ".webmanifest": "application/manifest+json"}  # fmt: skip


def create_app(
    out: Path,
    rules: Rules | None = None,
    *,
    runs: Runs | None = None,
) -> FastAPI:
    """The closet of a store as an ASGI application.

    Args:
        out: the store; made when absent, for a wardrobe that begins in the browser.
        runs: the worker; tests give one with their own models.

    Raises:
        StoreError: the folder can't hold a store.
    """
    Store(out).close()
    rules = rules or Rules()
    shelf = Shelf(out)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=_warm, args=(shelf,), name="warm", daemon=True).start()
        yield
        app.state.closing = True
        app.state.runs.close()

    app = _Guarded(
        title="Wardrobe", version=__version__, lifespan=life,
        openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.rules = rules
    app.state.rules, app.state.shelf = rules, shelf
    app.state.runs, app.state.fitter = runs or Runs(out), Fitter(shelf)
    trouble.install(app)
    for room in (closet, said, review, outfits, tryon, photos, owner, insights, pictures):
        app.include_router(room.router)
    app.add_api_route("/api/session", _session, methods=["GET"], tags=["server"])
    for page in PAGES:
        app.add_api_route(page, _page, include_in_schema=False, response_class=HTMLResponse)
    app.add_api_route("/static/{name}", _static, include_in_schema=False)
    return app


class _Guarded(FastAPI):
    """An application whose outermost layer is the guard: even its own faults pass it."""

    rules: Rules

    def build_middleware_stack(self) -> ASGIApp:
        return Guard(super().build_middleware_stack(), self.rules)


def _warm(shelf: Shelf) -> None:
    """Have ready what the first page asks for: the store read, and its first pictures sized."""
    try:
        now = shelf.now()
        closet.listing(now)
        for entry in now.index().find(search.Query(), "recent")[:FIRST]:
            digest = closet.picture_key(entry.thumbnail_path)
            if digest:
                pictures.sized(shelf.root, digest, FIRST_PX)
    except Exception:  # whoever asks for it gets the same trouble, and is told
        log.info("the first page could not be made ready", exc_info=True)


def _session(request: Request) -> dict[str, str | bool]:
    """What a page needs to make changes; only pages of this server can read it."""
    rules: Rules = request.app.state.rules
    return {"csrf": rules.csrf, "version": __version__, "local": not rules.token}


def _page() -> Response:
    return HTMLResponse(_file("index.html"), headers={"cache-control": "no-cache"})


def _static(name: str) -> Response:
    """A file of the pages, by its plain name."""
    kind = KINDS.get(Path(name).suffix)
    files = {f.name for f in resources.files("wardrobe.web").joinpath("static").iterdir()}
    if kind is None or name not in files:
        raise trouble.Gone("There is nothing at this address.")
    return Response(_file(name), media_type=kind, headers={"cache-control": "no-cache"})


def _file(name: str) -> bytes:
    return resources.files("wardrobe.web").joinpath("static", name).read_bytes()
