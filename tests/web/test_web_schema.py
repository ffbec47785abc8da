"""The API keeps what its own OpenAPI document promises, whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakes
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from wardrobe import batch, fittings
from wardrobe.errors import NotBuilt
from wardrobe.web.app import create_app
from wardrobe.web.runs import Runs
from wardrobe.web.security import CSRF, Rules

#: Streams without an end, and what would pull the store from under the others.
APART = ("/api/live", "/api/insights/erase")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder, models = tmp_path_factory.mktemp("schema"), fakes.Models()
    patch = pytest.MonkeyPatch()
    patch.setitem(batch.regroup.__kwdefaults__, "create", models.create)
    patch.setattr(fittings.api, "try_on", _refuse)
    patch.setattr(fittings.mirror, "of_item", lambda *_: None)
    fakes.write_photos(folder / "photos", [(200, 40, 40), (40, 160, 60), None])
    batch.build(folder / "photos", folder / "out", create=models.create)
    app = create_app(folder / "out", Rules(), runs=Runs(folder / "out", create=models.create))
    yield schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=_headers(app))
    app.state.runs.close()
    patch.undo()


def _refuse(*_: Any, **__: Any) -> Any:
    raise NotBuilt("not in this test")


def _headers(app: Any) -> dict[str, str]:
    return {"host": "127.0.0.1", CSRF: app.state.rules.csrf}


CHECKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
           "response_schema_conformance")  # fmt: skip


def test_every_answer_is_one_that_the_document_names(document: Any) -> None:
    """Each operation by itself: schemathesis' own pytest fixture doesn't know this pytest."""
    load_all_checks()
    checks = CHECKS.get_by_names(list(CHECKED))
    asked = 0
    for operation in document.get_all_operations():
        one = operation.ok()
        if one.path not in APART:
            asked += _hold(one, checks)
    assert asked > 100


def _hold(operation: Any, checks: Any) -> int:
    """Ask one operation a few things; how many there were."""
    headers, asked = _headers(operation.app), []

    @settings(
        max_examples=6, deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        response = case.call(headers={**(case.headers or {}), **headers}, timeout=240)
        case.validate_response(response, checks=checks)
        asked.append(response.status_code)

    holds()
    return len(asked)


def test_the_document_names_every_route_and_no_page(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "out"), base_url="http://localhost") as client:
        paths = set(client.get("/api/openapi.json").json()["paths"])
        assert client.get("/docs").status_code == 404  # its page would load from elsewhere
    assert {
        "/api/items",
        "/api/merge",
        "/api/undo",
        "/api/photos",
        "/api/live",
        "/api/tryon",
    } <= paths
    assert all(p.startswith(("/api/", "/pictures/")) for p in paths)
