"""What the tests of the API ask again and again."""

from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import fakes
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image as Pillow

from wardrobe.web.runs import Runs

RED, GREEN, BLUE, OCHRE = (200, 40, 40), (40, 160, 60), (40, 60, 200), (200, 160, 30)


def listed(client: TestClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/items").json()["items"]
    return items


def top(client: TestClient, colour: str) -> dict[str, Any]:
    """The one top of a colour, whole."""
    (found,) = [
        i for i in listed(client) if i["category"] == "tops" and i["colours"][0][0] == colour
    ]
    whole: dict[str, Any] = client.get(f"/api/items/{found['id']}").json()
    return whole


def said(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    facts: dict[str, Any] = answer.json()
    return facts


def idle(client: TestClient, seconds: float = 240) -> dict[str, Any]:
    """Wait until no run goes; the last standing."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state: dict[str, Any] = client.get("/api/runs").json()
        if state["now"]["state"] == "idle":
            return state
        time.sleep(0.02)
    raise AssertionError("the run doesn't end")


def worker(client: TestClient) -> Runs:
    """What builds and groups behind the served pages."""
    assert isinstance(client.app, FastAPI)
    runs = client.app.state.runs
    assert isinstance(runs, Runs)
    return runs


def jpeg(colour: tuple[int, int, int], **options: Any) -> bytes:
    out = BytesIO()
    Pillow.fromarray(fakes.draw(colour, seed=9)).save(out, "JPEG", quality=95, **options)
    return out.getvalue()
