"""A served closet of drawn photos, spoken to without a socket."""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.fixture
def out(tmp_path: Path, models: fakes.Models) -> Path:
    from wardrobe import batch

    fakes.write_photos(tmp_path / "photos", [RED, GREEN, None, RED, BLUE])
    batch.build(tmp_path / "photos", tmp_path / "out", create=models.create)
    return tmp_path / "out"


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
