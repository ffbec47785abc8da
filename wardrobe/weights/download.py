"""Fetching models: what it would take, then file by file, resumed, hashed and put in place whole."""

from __future__ import annotations

import errno
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

from wardrobe.errors import ModelError
from wardrobe.weights.entries import (
    HUB,
    Model,
    Part,
    fetched_folder,
    home,
    location,
    pin,
    pins,
    sha256,
    verified,
)

CHUNK = 1 << 20
SPARE = 64 << 20  # bytes left free beside what is fetched
TRIES = 4  # connections in a row that bring nothing new
PAUSE_S = 0.5  # before the second of them, doubled each time
TIMEOUT_S = 60.0

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What fetching some models would take.

    Attributes:
        models: in the order asked for, each with what it needs.
        bytes: still to come, as far as sizes are known.
        unknown: files whose size nobody knows before asking.
        unpinned: files without a published hash: the first bytes that come are recorded.
        refused: models whose licence must be accepted first.
    """

    models: tuple[Model, ...]
    bytes: int
    unknown: int
    unpinned: int
    refused: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class _Came:
    """One file, as it lies beside its place: its hash, and the commit that the hub said."""

    sha: str
    bytes: int
    revision: str


def plan(models: Sequence[Model], *, accept: bool = False) -> Plan:
    """Sizes and licences, before anything is asked of a network."""
    wanted = [(m, one) for m in models for one in _missing(m)]
    return Plan(
        tuple(models),
        sum(one.bytes for _, one in wanted),
        sum(not one.bytes for _, one in wanted),
        sum(not one.sha256 for _, one in wanted),
        tuple(m for m in models if not (m.commercial or accept) and _missing(m)),
    )


def fetch(
    model: Model,
    progress: Watch | None = None,
    *,
    source: str = "",
    proxy: str = "",
    accept: bool = False,
) -> Path:
    """Bring one model's files: to a partial file that a later call continues, hashed, and put in
    place in one step. Files that are here and good are left alone.

    Args:
        progress: called with (bytes so far, bytes in all or 0) of the file that is coming.
        source: a folder or an http(s) address with the files, in the layout of the models folder or
            of the hub; by default each file's own address.
        proxy: address of a proxy; by default that of the environment.
        accept: the licence of a model that isn't for commercial use is accepted.

    Raises:
        ModelError: no address, no space, a licence not accepted, a connection that stays broken,
            or bytes that are not the registry's.
    """
    if model.shipped:
        return verified(model)
    missing = _missing(model)
    if missing and not (model.commercial or accept):
        raise ModelError(
            f"{model.name} is not for commercial use ({model.licence}). Read its licence, and fetch it"
            " with --accept-license if your use is allowed."
        )
    try:
        fetched_folder().mkdir(parents=True, exist_ok=True)
        with FileLock(fetched_folder() / ".fetch.lock"):
            for one in missing:
                if not one.made:
                    _bring(model, one, source, proxy, progress or (lambda *_: None))
    except (OSError, HTTPException) as e:
        full = isinstance(e, OSError) and e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        step = f"Make room in {fetched_folder()}" if full else "Check the connection"
        raise ModelError(f"{model.name} could not be fetched: {e}. {step} and try again.") from e
    return location(model)


def _missing(model: Model) -> list[Part]:
    """Files that are absent, or aren't what they should be."""
    known, out = pins(model), []
    for one in model.all():
        path = home(model) / one.path
        wanted = one.sha256 or known.get(one.path, {}).get("sha256")
        if not model.shipped and not (path.is_file() and wanted and sha256(path) == wanted):
            out.append(one)
    return out


def _bring(model: Model, one: Part, source: str, proxy: str, progress: Watch) -> None:
    target = home(model) / one.path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    urls = _addresses(model, one, source)
    if not urls:
        raise ModelError(
            f"{model.name} has no address to fetch from; see {model.card or 'its card'}."
        )
    _check_space(model, one.bytes - (part.stat().st_size if part.is_file() else 0), target.parent)
    try:
        came, url = _first(model, one, urls, part, proxy, progress)
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _forget(part)  # a disk that is full is left as it was
        raise
    wanted = one.sha256 or pins(model).get(one.path, {}).get("sha256", came.sha)
    if came.sha != wanted:
        _forget(part)
        which = "published" if one.sha256 else "first fetched"
        raise ModelError(
            f"{model.name}: the bytes of {one.path} that came are not the {which} ones."
            " Try again later, or name another source with --from."
        )
    os.replace(part, target)
    _forget(part)
    if not one.sha256:
        pin(model, one.path, sha=came.sha, size=came.bytes, url=url, revision=came.revision)


def _addresses(model: Model, one: Part, source: str) -> list[str]:
    """Where to look for a file, in order: paths and addresses."""
    if not source:
        return [one.url] if one.url else []
    inner = one.path.removeprefix(f"{model.file}/")
    hub = one.url.removeprefix(f"{HUB}/") if one.url.startswith(HUB) else ""
    if source.startswith(("http://", "https://")):
        root = source.rstrip("/")
        return [f"{root}/{one.path}", *([f"{root}/{hub}"] if hub else [])]
    folder = Path(source)
    places = [one.path, f"{model.name}/{inner}", *([f"{model.repo}/{inner}"] if hub else []), inner]
    return [str(folder / p) for p in places if (folder / p).is_file()] or [str(folder / one.path)]


def _first(
    model: Model, one: Part, urls: Sequence[str], part: Path, proxy: str, progress: Watch
) -> tuple[_Came, str]:
    """The file from the first address that has it."""
    for i, url in enumerate(urls):
        try:
            if url.startswith(("http://", "https://")):
                return _download(url, one, part, proxy, progress), url
            return _copied(Path(url), part, progress), url
        except urllib.error.HTTPError as e:
            if e.code != 404 or i + 1 == len(urls):
                hint = ": its owner gives it on request only" if e.code in (401, 403) else ""
                raise ModelError(
                    f"{model.name} could not be fetched: {url} answers {e.code} {e.reason}{hint}."
                    " Another source can be named with --from."
                ) from e
    raise AssertionError("the last address raises")


def _copied(source: Path, part: Path, progress: Watch) -> _Came:
    size = source.stat().st_size
    _forget(part)
    done = 0
    with source.open("rb") as data, part.open("wb") as out:
        while chunk := data.read(CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(done, size)
    return _Came(sha256(part), size, "")


def _download(url: str, one: Part, part: Path, proxy: str, progress: Watch) -> _Came:
    """To the partial file, going on where it ends, over as many connections as it takes."""
    failed, revision = 0, ""
    while True:
        before = part.stat().st_size if part.is_file() else 0
        try:
            done, revision = _connection(url, one, part, proxy, progress)
            if done:
                break
            trouble: Exception = ConnectionError("the connection was cut")
        except urllib.error.HTTPError as e:
            if e.code < 500 and e.code != 429:
                raise
            trouble = e
        except (HTTPException, ConnectionError, TimeoutError, urllib.error.URLError) as e:
            trouble = e
        after = part.stat().st_size if part.is_file() else 0
        failed = 0 if after > before else failed + 1
        if failed >= TRIES:
            raise OSError(f"{url}: {trouble}; {after} bytes are kept for the next try") from trouble
        if failed:
            time.sleep(PAUSE_S * 2 ** (failed - 1))
    return _Came(sha256(part), part.stat().st_size, revision)


def _connection(url: str, one: Part, part: Path, proxy: str, progress: Watch) -> tuple[bool, str]:
    """One connection's worth; whether the file is complete, and the commit that the hub said."""
    have = part.stat().st_size if part.is_file() else 0
    mark = _mark(part)
    headers = {"User-Agent": "wardrobe", "Accept-Encoding": "identity"}
    if have and mark.is_file():  # without the mark the server can't say that the file changed
        headers |= {"Range": f"bytes={have}-", "If-Range": mark.read_text()}
    redirects = _Redirects()
    handlers: list[Any] = [redirects]
    if proxy:
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    opener = urllib.request.build_opener(*handlers)
    try:
        source = opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as e:
        if e.code != 416:
            raise
        total = e.headers.get("Content-Range", "").rpartition("/")[2]
        if total == str(have):
            return True, redirects.said("X-Repo-Commit")
        _forget(part)  # the file there is another one now
        return False, ""
    with source:
        return _received(source, one, part, have, progress), redirects.said(
            "X-Repo-Commit", source.headers
        )


def _received(source: HTTPResponse, one: Part, part: Path, have: int, progress: Watch) -> bool:
    going_on = source.status == 206 and source.headers.get("Content-Range", "").startswith(
        f"bytes {have}-"
    )
    done = have if going_on else 0
    length = source.headers.get("Content-Length")
    total = done + int(length) if length and length.isdigit() else 0
    if not one.sha256 and not going_on:
        _check_space(None, total, part.parent)
    tag = source.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):  # a weak one doesn't promise the same bytes
        _mark(part).write_text(tag)
    else:
        _mark(part).unlink(missing_ok=True)
    limit = one.bytes if one.sha256 and one.bytes else 0
    with part.open("ab" if going_on else "wb") as out:
        # More than the registry announces is wrong already and need not be waited for.
        while not (limit and done > limit) and (chunk := source.read(CHUNK)):
            out.write(chunk)
            done += len(chunk)
            progress(done, total or limit)
    return not total or done >= total or bool(limit and done > limit)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, never from https to anything else; keeps what they said on the way."""

    def __init__(self) -> None:
        self._said: list[Message] = []

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        self._said.append(headers)
        safe = ("https://",) if req.full_url.startswith("https://") else ("https://", "http://")
        if not newurl.startswith(safe):
            raise OSError(f"{req.full_url} leads to {newurl}, which isn't followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def said(self, name: str, last: Message | None = None) -> str:
        """A header of the first answer that carries it, or ""."""
        answers = [*self._said, *([last] if last is not None else [])]
        return next((str(h[name]) for h in answers if h.get(name)), "")


def _check_space(model: Model | None, size: int, folder: Path) -> None:
    if size > 0 and shutil.disk_usage(folder).free < size + SPARE:
        what = f"{model.name} needs" if model else "it needs"
        raise ModelError(f"{what} {size >> 20} MB in {folder}, which is full.")


def _mark(part: Path) -> Path:
    """Beside a partial file: which version of the file it is the beginning of."""
    return part.with_name(f"{part.name}.etag")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark(part).unlink(missing_ok=True)
