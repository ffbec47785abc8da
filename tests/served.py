"""A served closet of drawn photos, spoken to without a socket."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fakes
import pytest

if TYPE_CHECKING:  # else every test of the suite would wait for the web's libraries
    from fastapi.testclient import TestClient

RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)
BASE = "http://127.0.0.1:8377"


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> fakes.Models:
    from wardrobe import batch

    models = fakes.Models()
    monkeypatch.setitem(batch.regroup.__kwdefaults__, "create", models.create)
    return models


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``photos/`` and the store ``out/`` made of them, once; tests get copies."""
    from wardrobe import batch

    folder = tmp_path_factory.mktemp("drawn")
    fakes.write_photos(folder / "photos", [RED, GREEN, None, RED, BLUE])
    batch.build(folder / "photos", folder / "out", create=fakes.Models().create)
    return folder


@pytest.fixture
def out(tmp_path: Path, models: fakes.Models, drawn: Path) -> Path:
    return moved(drawn, tmp_path)


def moved(built: Path, folder: Path) -> Path:
    """A copy of ``photos/`` and ``out/`` whose runs know the new place; the store's path."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    with closing(sqlite3.connect(folder / "out" / "catalogue.db")) as base, base:
        base.execute("UPDATE run SET photos = ?", [str(folder / "photos")])
    return folder / "out"


def serve(out: Path, models: fakes.Models, rules: Any = None) -> TestClient:
    """A client of a served store, which carries the token of its pages."""
    from fastapi.testclient import TestClient

    from wardrobe.web.app import create_app
    from wardrobe.web.runs import Runs
    from wardrobe.web.security import CSRF

    app = create_app(out, rules, runs=Runs(out, create=models.create))
    client = TestClient(app, base_url=BASE, raise_server_exceptions=False)
    client.headers[CSRF] = app.state.rules.csrf
    return client


@pytest.fixture
def client(out: Path, models: fakes.Models) -> Iterator[TestClient]:
    with serve(out, models) as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path, models: fakes.Models) -> Iterator[TestClient]:
    with serve(tmp_path / "new", models) as client:
        yield client
