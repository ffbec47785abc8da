"""Models come from the registry, are checked against it, and arrive whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import threading
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wardrobe import weights
from wardrobe.errors import ModelError
from wardrobe.weights import Model

DATA = bytes(range(256)) * 8192  # 2 MiB: two chunks


class Handler(BaseHTTPRequestHandler):
    """Paths name what goes wrong."""

    def do_GET(self) -> None:
        if self.path == "/absent":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path == "/endless":
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(DATA)
            return
        if self.path == "/chunked":  # the end of a chunk never comes
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ffff\r\n" + DATA[:1000])
            return
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write({"/cut": DATA[: 3 << 19], "/wrong": DATA[::-1]}.get(self.path, DATA))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
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
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_registry_loads_and_lies_beside_the_shipped_models() -> None:
    known = weights.registry()
    assert (weights.shipped_folder() / "registry.toml").is_file()
    assert {"pose-small", "segment-small", "embed-small", "classify-small"} <= set(known)
    for name, model in known.items():
        assert model.name == name
        assert ":" in model.backend
        assert model.licence
        assert model.shipped or model.url.startswith("https://")
        assert not model.needs or model.needs in known


def test_a_registry_that_is_no_registry_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "shipped_folder", lambda: tmp_path)
    for text in (None, "[tiny", '[tiny]\nstage = "embed"\n', "tiny = 3\n"):
        if text:
            (tmp_path / "registry.toml").write_text(text)
        with pytest.raises(ModelError, match=r"registry\.toml"):
            weights.registry()


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'pose-smal'.*pose-small"):
        weights.find("pose-smal")


def test_where_fetched_models_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("WARDROBE_MODELS", raising=False)
    assert weights.fetched_folder() == tmp_path / "wardrobe" / "models"
    monkeypatch.setenv("WARDROBE_MODELS", str(tmp_path / "mine"))
    assert weights.fetched_folder() == tmp_path / "mine"


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
        ("cut", "could not be fetched|not the published"),
        ("chunked", "could not be fetched"),
        ("absent", "404"),
    ],
)
def test_a_failed_fetch_leaves_nothing_behind(
    folder: Path, model: Model, address: str, path: str, said: str
) -> None:
    with pytest.raises(ModelError, match=f"tiny.*({said})"):
        weights.fetch(replace(model, url=f"{address}/{path}"))
    assert not files(folder)


def test_a_failed_fetch_leaves_the_old_file_alone(folder: Path, model: Model, address: str) -> None:
    weights.fetch(replace(model, url=f"{address}/good"))
    with pytest.raises(ModelError):
        weights.fetch(replace(model, url=f"{address}/wrong"))
    assert weights.verified(model).read_bytes() == DATA


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
