"""Trying on over the API: the recipe that is kept, and what it says when nothing comes of it."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import RED, jpeg, said, top
from fastapi.testclient import TestClient
from PIL import Image as Pillow

from wardrobe import fittings
from wardrobe.errors import NotBuilt, PhotoError


def test_a_try_on_keeps_its_recipe_and_can_be_made_again(
    client: TestClient, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def wear(person: Any, garments: Any, **options: Any) -> Any:
        asked.append({"garments": garments} | {k: options[k] for k in ("seed", "steps", "who")})
        return np.full((40, 30, 3), options["seed"], np.uint8)

    monkeypatch.setattr(fittings.api, "try_on", wear)
    monkeypatch.setattr(fittings.mirror, "of_item", lambda _, entry, *__: entry.item.name)
    red = top(client, "red")
    photo = red["garments"][0]["photo_id"]
    person = said(client.post("/api/tryon/person/photo", json={"photo_id": photo}))["person"]
    uploaded = said(client.post("/api/tryon/person", content=jpeg(RED)))["person"]
    assert uploaded != person
    wish = {"person": person, "items": [red["id"]], "seed": 7, "steps": 4, "which": 2}
    assert client.post("/api/tryon", json=wish).status_code == 202
    (made,) = _made(client, 1)
    assert (made["seed"], made["steps"], made["items"][0]["name"]) == (7, 4, red["name"])
    after = client.get(f"/api/tryon/{made['id']}/after")
    assert np.asarray(Pillow.open(BytesIO(after.content))).max() == 7
    assert client.get(f"/api/tryon/{made['id']}/before").headers["content-type"] == "image/webp"
    client.post(f"/api/tryon/{made['id']}/again")
    again, _ = _made(client, 2)
    assert asked[0] == asked[1] == {"garments": [red["name"]], "seed": 7, "steps": 4, "who": 2}
    said(client.post(f"/api/tryon/{again['id']}/viewed", json={"seconds": 4.5}))
    said(client.post(f"/api/tryon/{again['id']}/shared"))
    assert said(client.post(f"/api/tryon/{again['id']}/save"))["saved"] is True
    said(client.post(f"/api/tryon/{made['id']}/dismiss"))
    assert [r["id"] for r in client.get("/api/tryon").json()["results"]] == [again["id"]]
    assert client.get(f"/api/tryon/{made['id']}/after").status_code == 404
    completed = next(
        m for m in said(client.get("/api/insights"))["measures"] if m["name"] == "try-ons completed"
    )
    assert (completed["value"], completed["of"]) == (0.5, 2)


def _made(client: TestClient, count: int) -> list[dict[str, Any]]:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        state = client.get("/api/tryon").json()
        if state["now"]["state"] == "idle":
            assert len(state["results"]) == count, state["now"]
            results: list[dict[str, Any]] = state["results"]
            return results
        time.sleep(0.02)
    raise AssertionError("it isn't made")


def _failed(client: TestClient) -> dict[str, Any]:
    """How it stands after a try-on that comes to nothing."""
    red = top(client, "red")
    person = said(client.post("/api/tryon/person", content=jpeg(RED)))["person"]
    client.post("/api/tryon", json={"person": person, "items": [red["id"]]})
    _made(client, 0)
    now: dict[str, Any] = client.get("/api/tryon").json()["now"]
    return now


def test_a_stage_that_is_not_built_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NotBuilt("try-on is not built in this version.")

    monkeypatch.setattr(fittings.api, "try_on", refuse)
    monkeypatch.setattr(fittings.mirror, "of_item", lambda *_: None)
    assert _failed(client)["error"] == "NotBuilt"


def test_a_photo_of_several_people_asks_which_of_them(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowd(*_: Any, **options: Any) -> Any:
        options["watch"]("finding you in the photo", 0, 3)
        raise PhotoError("3 people are to be seen.", "several people")

    monkeypatch.setattr(fittings.api, "try_on", crowd)
    monkeypatch.setattr(fittings.mirror, "of_item", lambda *_: None)
    now = _failed(client)
    assert (now["error"], now["reason"]) == ("PhotoError", "several people")
    # One garment cut out was a step of its own before.
    assert (now["step"], now["done"], now["total"]) == ("finding you in the photo", 1, 4)
