"""Models are checked against the registry, and arrive whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import resource
import shutil
import threading
import urllib.request
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest

from wardrobe import weights
from wardrobe.errors import ModelError
from wardrobe.weights import Model, download, entries

DATA = bytes(range(256)) * 8192  # 2 MiB: two chunks


class Handler(BaseHTTPRequestHandler):
    """Paths name what goes wrong."""

    asked: ClassVar[list[tuple[str, str | None]]] = []  # path, Range
    cuts: ClassVar[dict[str, int]] = {}  # connections to cut, by path

    def do_GET(self) -> None:
        span = self.headers.get("Range")
        self.asked.append((self.path, span))
        if self.path in ("/absent", "/mirror/tiny/weights.bin"):
            self.send_error(404)
            return
        if self.path == "/gated":
            self.send_error(403)
            return
        if self.path in ("/moved", "/loop", "/away"):
            to = {"/moved": "/good", "/loop": "/loop", "/away": "file:///etc/passwd"}[self.path]
            self.send_response(302)
            self.send_header("Location", to)
            self.send_header("X-Repo-Commit", "0123abcd")
            self.end_headers()
            return
        if self.path == "/busy" and self.take("/busy"):
            self.send_error(503)
            return
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(DATA)
            return
        if self.path == "/chunked":  # the end of a chunk never comes
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ffff\r\n" + DATA[:1000])
            return
        self.file(span)

    def file(self, span: str | None) -> None:
        """The whole file or the rest of it, cut short as often as asked for."""
        data = {"/wrong": DATA[::-1], "/changed": DATA[::-1]}.get(self.path, DATA)
        start = 0
        tag = f'"{hashlib.sha256(data).hexdigest()[:8]}"'
        if span and self.headers.get("If-Range") == tag and self.path != "/no-ranges":
            start = int(span.removeprefix("bytes=").rstrip("-"))
        if start == len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        cut = self.path in ("/cut", "/no-ranges") or self.take(self.path)
        self.wfile.write(data[start : start + (len(data) // 3 if cut else len(data))])

    def take(self, path: str) -> bool:
        left = self.cuts.get(path, 0)
        self.cuts[path] = left - 1
        return left > 0

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "PAUSE_S", 0.0)
    Handler.asked.clear()
    Handler.cuts.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARDROBE_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture
def model() -> Model:
    return Model(
        name="tiny",
        stage="embed",
        backend="small:SmallEmbedder",
        file="tiny/weights.bin",
        sha256=hashlib.sha256(DATA).hexdigest(),
        bytes=len(DATA),
        licence="MIT",
        commercial=True,
    )


def files(folder: Path) -> list[Path]:
    """All but the lock."""
    return [p for p in folder.rglob("*") if p.is_file() and p.name != ".fetch.lock"]


def test_a_missing_or_damaged_file_is_never_used(folder: Path, model: Model) -> None:
    with pytest.raises(ModelError, match=r"not on this machine.*wardrobe models fetch tiny"):
        weights.verified(model)
    path = weights.location(model)
    path.parent.mkdir()
    path.write_bytes(DATA)
    assert weights.verified(model) == path
    path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(ModelError, match=r"damaged.*wardrobe models fetch tiny"):
        weights.verified(model)


def test_a_fetched_model_is_whole_and_verified(folder: Path, model: Model, address: str) -> None:
    seen: list[tuple[int, int]] = []
    model = replace(model, url=f"{address}/good")
    path = weights.fetch(model, progress=lambda done, total: seen.append((done, total)))
    assert path == folder / "tiny" / "weights.bin" == weights.verified(model)
    assert files(folder) == [path]
    assert seen[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("wrong", "not the published"),
        ("endless", "not the published"),
        ("absent", "404"),
        ("loop", "could not be fetched"),
        ("away", "not allowed"),
    ],
)
def test_a_failed_fetch_leaves_nothing_behind(
    folder: Path, model: Model, address: str, path: str, said: str
) -> None:
    with pytest.raises(ModelError, match=f"tiny.*({said})"):
        weights.fetch(replace(model, url=f"{address}/{path}"))
    assert not files(folder)


def test_a_failed_fetch_leaves_the_old_file_alone(folder: Path, model: Model, address: str) -> None:
    path = weights.fetch(replace(model, url=f"{address}/good"))
    path.write_bytes(b"damaged")
    with pytest.raises(ModelError):
        weights.fetch(replace(model, url=f"{address}/wrong"))
    assert path.read_bytes() == b"damaged"
    assert files(folder) == [path]


def test_nothing_is_asked_for_without_an_address_or_space(
    folder: Path, model: Model, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="no address"):
        weights.fetch(model)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
    with pytest.raises(ModelError, match=r"tiny needs 2 MB in .*full"):
        weights.fetch(replace(model, url=f"{address}/good"))
    assert not files(folder)


def test_a_folder_that_can_not_be_made_is_a_clear_error(
    tmp_path: Path, model: Model, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WARDROBE_MODELS", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="tiny could not be fetched"):
        weights.fetch(replace(model, url=f"{address}/good"))


def test_a_cut_connection_is_gone_on_with_from_where_it_broke(
    folder: Path, model: Model, address: str
) -> None:
    path = weights.fetch(replace(model, url=f"{address}/cut"))
    assert path.read_bytes() == DATA
    third = len(DATA) // 3
    assert Handler.asked == [
        ("/cut", None), ("/cut", f"bytes={third}-"), ("/cut", f"bytes={2 * third}-"),
        ("/cut", f"bytes={3 * third}-"),
    ]  # fmt: skip
    assert files(folder) == [path]


def test_a_connection_that_stays_broken_keeps_what_came_and_the_next_fetch_goes_on(
    folder: Path, model: Model, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{address}/flaky"
    Handler.cuts["/flaky"] = 1
    monkeypatch.setattr(download, "TRIES", 0)
    with pytest.raises(ModelError, match=r"tiny could not be fetched.*cut.*699050 bytes are kept"):
        weights.fetch(replace(model, url=url))
    assert not weights.location(model).exists()
    monkeypatch.setattr(download, "TRIES", 4)
    weights.fetch(replace(model, url=url))
    assert Handler.asked[-1] == ("/flaky", "bytes=699050-")
    assert weights.verified(model).read_bytes() == DATA
    assert files(folder) == [weights.location(model)]


@pytest.mark.parametrize("path", ["no-ranges", "chunked"])
def test_a_server_that_never_gets_further_is_given_up(
    folder: Path, model: Model, address: str, path: str
) -> None:
    with pytest.raises(ModelError, match="could not be fetched"):
        weights.fetch(replace(model, url=f"{address}/{path}"))
    assert len(Handler.asked) in (
        download.TRIES,
        download.TRIES + 1,
    )  # the first may bring something
    assert not weights.location(model).exists()


def test_the_rest_of_another_file_is_never_added_to_a_beginning(
    folder: Path, model: Model, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TRIES", 0)
    Handler.cuts["/good"] = 1
    with pytest.raises(ModelError):
        weights.fetch(replace(model, url=f"{address}/good"))
    monkeypatch.setattr(download, "TRIES", 4)
    unpinned = replace(model, url=f"{address}/changed", sha256="")
    assert weights.fetch(unpinned).read_bytes() == DATA[::-1]


def test_redirects_are_followed_and_a_busy_server_asked_again(
    folder: Path, model: Model, address: str
) -> None:
    assert weights.fetch(replace(model, url=f"{address}/moved")).read_bytes() == DATA
    Handler.cuts["/busy"] = 2
    weights.location(model).unlink()
    assert weights.fetch(replace(model, url=f"{address}/busy")).read_bytes() == DATA
    with pytest.raises(ModelError, match="on request only"):
        weights.fetch(replace(model, file="b", url=f"{address}/gated"))


def test_what_is_here_and_good_is_not_fetched_again(
    folder: Path, model: Model, address: str
) -> None:
    model = replace(model, url=f"{address}/good")
    weights.fetch(model)
    Handler.asked.clear()
    weights.fetch(model)
    assert not Handler.asked
    weights.location(model).write_bytes(b"damaged")
    weights.fetch(model)
    assert weights.verified(model).read_bytes() == DATA


def test_a_disk_that_fills_up_is_left_as_it_was(folder: Path, model: Model, address: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(ModelError, match=r"tiny could not be fetched.*Make room in"):
            weights.fetch(replace(model, url=f"{address}/good"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not files(folder)


def test_an_unpinned_file_is_pinned_by_the_first_bytes_that_come(
    folder: Path, model: Model, address: str
) -> None:
    model = replace(model, url=f"{address}/moved", sha256="", bytes=0)
    assert model.id == "tiny@unfetched"
    weights.fetch(model)
    said = json.loads((folder / "tiny.pins.json").read_text())["files"]["tiny/weights.bin"]
    assert said == {
        "sha256": hashlib.sha256(DATA).hexdigest(), "bytes": len(DATA), "url": f"{address}/moved",
        "revision": "0123abcd",
    }  # fmt: skip
    assert model.id == f"tiny@{said['sha256'][:12]}"
    weights.verified(model).write_bytes(b"other")
    with pytest.raises(ModelError, match="damaged"):
        weights.verified(model)
    with pytest.raises(ModelError, match="not the first fetched ones"):
        weights.fetch(replace(model, url=f"{address}/wrong"))


def test_a_file_that_nobody_recorded_is_not_used(folder: Path, model: Model) -> None:
    model = replace(model, sha256="")
    weights.location(model).parent.mkdir()
    weights.location(model).write_bytes(DATA)
    with pytest.raises(ModelError, match=r"nobody has recorded.*--from"):
        weights.verified(model)


def test_a_model_of_several_files_has_one_identity_and_all_its_hashes_are_checked(
    folder: Path, model: Model, address: str
) -> None:
    sha = hashlib.sha256(DATA).hexdigest()
    model = replace(
        model, file="tiny", sha256="", url="",
        files=({"path": "a.bin", "url": f"{address}/good", "sha256": sha, "bytes": len(DATA)},
               {"path": "sub/b.bin", "url": f"{address}/good"},
               {"path": "mine.bin", "made": "python pipelines/make.py"}),
    )  # fmt: skip
    plan = weights.plan([model])
    assert (plan.bytes, plan.unknown, plan.unpinned) == (len(DATA), 2, 2)
    assert weights.fetch(model) == folder / "tiny"
    assert not weights.here(model)
    with pytest.raises(ModelError, match=r"mine\.bin is not on this machine.*pipelines/make\.py"):
        weights.verified(model)
    (folder / "tiny" / "mine.bin").write_bytes(b"projection")
    weights.pin(
        model, "tiny/mine.bin", sha=entries.sha256(folder / "tiny/mine.bin"), size=10, url=""
    )
    assert weights.verified(model) == folder / "tiny"
    before = model.id
    weights.pin(model, "tiny/mine.bin", sha="0" * 64, size=10, url="")
    assert model.id != before
    with pytest.raises(ModelError, match=r"mine\.bin is damaged"):
        weights.verified(model)


def test_a_folder_or_a_mirror_serves_as_well(
    folder: Path, model: Model, address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shelf = tmp_path_factory.mktemp("shelf")
    hub = replace(
        model, file="tiny", sha256="", repo="them/tiny",
        files=({"path": "weights.bin", "sha256": model.sha256, "bytes": len(DATA)},),
    )  # fmt: skip
    assert hub.all()[0].url == "https://huggingface.co/them/tiny/resolve/main/weights.bin"
    with pytest.raises(ModelError, match="could not be fetched"):
        weights.fetch(hub, source=str(shelf))
    (shelf / "them" / "tiny").mkdir(parents=True)
    (shelf / "them" / "tiny" / "weights.bin").write_bytes(DATA)
    weights.fetch(hub, source=str(shelf))
    shutil.rmtree(folder / "tiny")
    weights.fetch(hub, source=f"{address}/mirror")  # not in our layout, but in the hub's
    assert [p for p, _ in Handler.asked] == [
        "/mirror/tiny/weights.bin", "/mirror/them/tiny/resolve/main/weights.bin",
    ]  # fmt: skip
    assert weights.verified(hub) == folder / "tiny"


def test_a_proxy_can_be_named(folder: Path, model: Model, address: str) -> None:
    weights.fetch(replace(model, url="http://models.invalid/good"), proxy=address)
    assert Handler.asked == [("http://models.invalid/good", None)]


def test_a_licence_is_accepted_before_and_not_after(
    folder: Path, model: Model, address: str
) -> None:
    model = replace(model, commercial=False, licence="CC BY-NC", url=f"{address}/good")
    assert weights.plan([model]).refused == (model,)
    with pytest.raises(ModelError, match=r"CC BY-NC.*--accept-license"):
        weights.fetch(model)
    assert not Handler.asked
    weights.fetch(model, accept=True)
    assert not weights.plan([model]).refused  # it is here already


def test_nothing_leads_from_https_to_http() -> None:
    follow = download._Redirects().redirect_request
    asked = urllib.request.Request("https://hub.invalid/a")
    with pytest.raises(OSError, match="isn't followed"):
        follow(asked, BytesIO(), 302, "Found", {}, "http://hub.invalid/a")
    assert follow(asked, BytesIO(), 302, "Found", {}, "https://cdn.invalid/a") is not None
