"""What goes wrong, as an answer: a status, a short name, and a sentence that a page can show."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from wardrobe.errors import (
    ConfigError,
    ContractError,
    ModelError,
    NotBuilt,
    PhotoError,
    StoreError,
    WardrobeError,
)

log = logging.getLogger(__name__)


class Problem(BaseModel):
    """Why a request was not done."""

    error: str
    message: str
    more: dict[str, Any] = {}


class Gone(WardrobeError):
    """What the request names isn't here, or no longer."""


class Changed(WardrobeError):
    """The item isn't what the person saw when they decided: another tab was first.

    Args:
        more: what it is now.
    """

    def __init__(self, message: str, more: dict[str, Any]) -> None:
        super().__init__(message)
        self.more = more


class Refused(WardrobeError):
    """The request didn't come from a page of this server."""


class TooMuch(WardrobeError):
    """More bytes than a request may bring."""


STATUS: tuple[tuple[type[WardrobeError], int], ...] = (
    (Gone, 404), (Changed, 412), (Refused, 403), (TooMuch, 413), (NotBuilt, 409),
    (ConfigError, 400), (PhotoError, 422), (StoreError, 409), (ModelError, 409),
    (ContractError, 500), (WardrobeError, 400),
)  # fmt: skip

#: What any route may answer beside its own; for the OpenAPI document.
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": said}
    for code, said in (
        (400, "Something in the request can't be used."),
        (401, "The token is missing."),
        (403, "Not from a page of this server."),
        (404, "Not here, or no longer."),
        (409, "Not now: the store is busy, or the stage isn't built."),
        (412, "It has changed since it was looked at."),
        (413, "Too large."),
        (422, "Not in the form that is asked for."),
    )
}


def answer(
    status: int, error: str, message: str, more: dict[str, Any] | None = None
) -> JSONResponse:
    """A :class:`Problem` as response."""
    return JSONResponse({"error": error, "message": message, "more": more or {}}, status)


def of_error(e: WardrobeError) -> JSONResponse:
    """A deliberate error as response."""
    status = next(code for kind, code in STATUS if isinstance(e, kind))
    return answer(status, type(e).__name__, str(e), e.more if isinstance(e, Changed) else None)


def install(app: FastAPI) -> None:
    """Every error of this app becomes a :class:`Problem`; unexpected ones say nothing of inside."""

    @app.exception_handler(WardrobeError)
    def _ours(_: Request, e: WardrobeError) -> JSONResponse:
        return of_error(e)

    @app.exception_handler(RequestValidationError)
    def _form(_: Request, e: RequestValidationError) -> JSONResponse:
        first = e.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
        return answer(422, "Form", f"{where}: {first['msg']}.")

    @app.exception_handler(HTTPException)
    def _http(_: Request, e: HTTPException) -> JSONResponse:
        known = {
            404: "There is nothing at this address.",
            405: "This address takes another method.",
        }
        said = answer(e.status_code, "Http", known.get(e.status_code, str(e.detail)))
        said.headers.update(e.headers or {})
        return said

    @app.exception_handler(Exception)
    def _bug(request: Request, e: Exception) -> JSONResponse:
        log.error("%s %s: %s", request.method, request.url.path, type(e).__name__)
        return answer(500, "Bug", "The server met a fault of its own. Please report it.")
