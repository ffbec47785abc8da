"""Who may talk to the server: pages it served itself, in a browser of the person it serves.

Another site can make a browser send requests here. Those are told by their Host (a name that
rebinds to this machine), their Origin, and the token of the page that a change must carry. On any
but the loopback address a person shows a token first, which a cookie then keeps.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import platform
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import QueryParams
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wardrobe.web.trouble import answer

COOKIE, CSRF = "wardrobe-token", "x-wardrobe-csrf"
SAFE = {"GET", "HEAD", "OPTIONS"}
#: Bytes a request may bring: JSON, and a photo.
JSON_BYTES, PHOTO_BYTES = 256 * 1024, 80 * 1024 * 1024
PHOTO_PATHS = {"/api/photos", "/api/search/picture", "/api/tryon/person"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-frame-options": "DENY",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Rules:
    """What a server allows.

    Attributes:
        host: the address it is bound to.
        token: what a person must show, or "" on loopback.
    """

    host: str = "127.0.0.1"
    token: str = ""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def csrf(self) -> str:
        """What a page of this server sends with every change."""
        return hmac.new(self.secret, b"csrf", hashlib.sha256).hexdigest()

    @property
    def key(self) -> str:
        """What the cookie holds in place of the token itself."""
        return hashlib.sha256(f"cookie:{self.token}".encode()).hexdigest()

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server, and no name that was bent to point here."""
        name = _host_of(header)
        if name == "localhost" or name == self.host or is_loopback(name):
            return True
        if is_loopback(self.host):
            return False
        try:
            ipaddress.ip_address(name)  # an address can't be bent
        except ValueError:
            own = platform.node().casefold()
            return name in {own, f"{own}.local"}
        return True


class Guard:
    """The middleware that holds every request to the :class:`Rules`."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        refusal = self._refuse(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        limit = PHOTO_BYTES if scope["path"] in PHOTO_PATHS else JSON_BYTES
        await self.app(scope, _limited(receive, limit), _with_headers(send))

    def _refuse(self, scope: Scope) -> Response | None:
        headers = _headers(scope["headers"])
        if not self.rules.knows_host(headers.get("host", "")):
            return answer(403, "Refused", "This server isn't known under that name.")
        if self.rules.token:
            entry = self._entry(scope, headers)
            if entry is not None:
                return entry
        safe = scope["method"] in SAFE
        site = headers.get("sec-fetch-site", "same-origin")
        navigates = safe and headers.get("sec-fetch-mode") == "navigate"
        if site in ("cross-site", "same-site") and not navigates:
            return answer(403, "Refused", "Another site asked for this.")
        if not safe:
            origin = headers.get("origin")
            if origin is not None and not _same(origin, headers.get("host", "")):
                return answer(403, "Refused", "Another site asked for this.")
            if not hmac.compare_digest(headers.get(CSRF, "").encode(), self.rules.csrf.encode()):
                return answer(
                    403, "Csrf", "The page is of an earlier start of the server. Reload it."
                )
        size = headers.get("content-length", "0")
        limit = PHOTO_BYTES if scope["path"] in PHOTO_PATHS else JSON_BYTES
        if not size.isdecimal() or int(size) > limit:
            return answer(413, "TooMuch", f"More than {limit // 1024} KB in one request.")
        return None

    def _entry(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        """None for a browser that has shown the token; else the way in, or no."""
        shown = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if hmac.compare_digest(shown.encode(), self.rules.key.encode()):
            return None
        said = QueryParams(scope.get("query_string", b"")).get("token", "")
        if scope["method"] == "GET" and hmac.compare_digest(
            said.encode(), self.rules.token.encode()
        ):
            into = RedirectResponse("/", 303)
            into.set_cookie(COOKIE, self.rules.key, httponly=True, samesite="strict", path="/")
            return into
        return answer(
            401, "Token", "Open the address that `wardrobe serve` printed, token and all."
        )


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in raw}


def _host_of(header: str) -> str:
    header = header.strip().casefold()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _same(origin: str, host: str) -> bool:
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.casefold() == host.strip().casefold()


def _with_headers(send: Send) -> Send:
    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {k.lower() for k, _ in message["headers"]}
            more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in have]
            if b"cache-control" not in have:
                more.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return send_more


def _limited(receive: Receive, limit: int) -> Receive:
    """A body without a length can't be longer either: past the limit the line counts as cut."""
    got = 0

    async def receive_some() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return message if got <= limit else {"type": "http.disconnect"}

    return receive_some
