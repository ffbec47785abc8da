"""The pages for everybody: axe-core finds nothing, in both themes, on a phone and on a desk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, browser, served
from stores import synthetic

#: A person's own copy of axe.min.js (npm's axe-core, MPL); nothing of it is in this project.
AXE = Path(os.environ.get("WARDROBE_AXE", "axe.min.js"))
ROOMS = ("/", "/outfits", "/try-on", "/review", "/photos", "/insights", "/said")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.skipif(not AXE.is_file(), reason="WARDROBE_AXE names no axe.min.js"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    out = synthetic(tmp_path_factory.mktemp("closet") / "out", 30)
    with served(out) as server, browser() as chrome:
        context = chrome.new_context(base_url=server.url, reduced_motion="reduce")
        context.set_default_timeout(60_000)
        yield context.new_page()


def violations(page: Any) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document)")["violations"]
    return [f"{v['id']}: {n['html'][:160]}" for v in found for n in v["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_room(page: Any, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    item = page.request.get("/api/items").json()["items"][0]["id"]
    for room in (*ROOMS, f"/item/{item}"):
        page.goto(room)
        page.wait_for_selector(".room h1, .room h2", state="attached")
        assert violations(page) == [], room
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{room} is wider than {width} px"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_windows_over_the_page(page: Any, theme: str) -> None:
    page.set_viewport_size({"width": 1000, "height": 800})
    page.emulate_media(color_scheme=theme)
    item = next(i for i in page.request.get("/api/items").json()["items"] if i["photos"] > 1)
    page.goto(f"/item/{item['id']}")
    for name in ("Rename", "Relabel", "Merge", "Split"):
        page.click(f".acts button:has-text('{name}')")
        page.wait_for_selector("dialog[open]")
        assert violations(page) == [], name
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "Split"  # the focus is back where it was
