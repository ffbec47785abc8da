"""Only pages of this server change anything, only this machine gets in, no path leads out."""

from __future__ import annotations

from pathlib import Path

import fakes
import pytest
from conftest import ROOT
from fastapi.testclient import TestClient
from served import serve

from wardrobe.web.security import CSRF, JSON_BYTES, Rules, is_loopback

OTHER = {"host": "evil.example:8377"}


def test_a_name_that_was_bent_to_this_machine_gets_nothing(client: TestClient) -> None:
    for path in ("/", "/api/items", "/api/session", "/static/main.js"):
        assert client.get(path, headers=OTHER).status_code == 403
    assert client.get("/api/items", headers={"host": ""}).status_code == 403
    for host in ("localhost:8377", "127.0.0.1:8377", "[::1]:8377"):
        assert client.get("/api/items", headers={"host": host}).status_code == 200


def test_a_change_needs_the_page_s_token(client: TestClient) -> None:
    del client.headers[CSRF]
    refused = client.post("/api/undo", json={"number": 1})
    assert (refused.status_code, refused.json()["error"]) == (403, "Csrf")
    wrong = client.post("/api/undo", json={"number": 1}, headers={CSRF: "0" * 64})
    assert wrong.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
     {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)  # fmt: skip
def test_another_site_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/insights/visit", headers=headers).status_code == 403
    assert client.get("/api/insights").json()["events"] == {}
    mine = {"origin": "http://127.0.0.1:8377", "sec-fetch-site": "same-origin"}
    assert client.post("/api/insights/visit", headers=mine).status_code == 200


def test_another_site_shows_no_picture_of_it_but_may_link_to_it(client: TestClient) -> None:
    site = {"sec-fetch-site": "cross-site"}
    assert (
        client.get("/api/items", headers={**site, "sec-fetch-mode": "no-cors"}).status_code == 403
    )
    assert client.get("/", headers={**site, "sec-fetch-mode": "navigate"}).status_code == 200


def test_every_answer_has_the_policy(client: TestClient) -> None:
    for path in ("/", "/api/items", "/static/main.js", "/nowhere", "/api/items/nothing"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "no-store" in client.get("/api/history").headers["cache-control"]


def test_pages_have_nothing_inline_and_nothing_from_elsewhere() -> None:
    for file in (ROOT / "wardrobe" / "web" / "static").iterdir():
        text = file.read_text("utf-8")
        assert not any(
            f"{scheme}://" in text.replace("http://www.w3.org", "") for scheme in ("http", "https")
        ), file
        assert "innerHTML" not in text, file
        assert "insertAdjacentHTML" not in text, file
        if file.suffix == ".html":
            assert "<style" not in text
            assert "style=" not in text
            assert "onclick" not in text
            assert text.count("<script") == text.count("<script src=") + text.count(
                '<script type="module" src='
            )


@pytest.mark.parametrize(
    "path",
    ["/static/..%2Fapp.py", "/static/%2e%2e/app.py", "/static/app.py", "/static/../app.py",
     "/pictures/thumb/../../catalogue.db", "/pictures/thumb/..%2f..%2fcatalogue.db",
     "/pictures/photo/..%2f..%2fetc%2fpasswd", "/api/tryon/../../after", "/catalogue.db"],
)  # fmt: skip
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405, 422)


def test_a_trace_is_of_photos_of_the_last_run_only(client: TestClient, tmp_path: Path) -> None:
    for photo in (
        "../secret.jpg",
        "/etc/passwd",
        str(tmp_path / "photos" / "000.jpg"),
        "000.jpg\0",
    ):
        assert client.get("/api/photos/trace", params={"photo": photo}).status_code == 404
    assert client.get("/api/photos/trace", params={"photo": "000.jpg"}).status_code == 200


def test_too_much_is_refused_by_its_length_and_by_its_bytes(client: TestClient) -> None:
    assert client.post("/api/undo", content=b"x" * (JSON_BYTES + 1)).status_code == 413
    parts = (b"x" * 65536 for _ in range(JSON_BYTES // 65536 + 2))
    assert client.post("/api/undo", content=parts).status_code in (400, 413, 422)


def test_another_address_asks_for_the_token_and_keeps_it_in_a_cookie(
    out: Path, models: fakes.Models
) -> None:
    with serve(out, models, Rules("0.0.0.0", "open sesame")) as client:
        assert client.get("/api/items").status_code == 401
        assert client.get("/?token=wrong").status_code == 401
        into = client.get("/", params={"token": "open sesame"}, follow_redirects=False)
        assert (into.status_code, into.headers["location"]) == (303, "/")
        cookie = into.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "sesame" not in cookie
        assert client.get("/api/items").status_code == 200
        assert client.get("/api/items", headers={"host": "192.168.1.7:8377"}).status_code == 200
        assert client.get("/api/items", headers=OTHER).status_code == 403
        added = client.post("/api/folders", json={"path": str(out.parent)})
        assert added.status_code == 400


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.2", "localhost.evil.example", "")))
