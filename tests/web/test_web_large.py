"""Two thousand and five thousand items: the first screen is cheap, the list is never all there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, PATIENCE_S, browser, served, wait_until
from stores import synthetic

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")

#: Seconds of processor for the first screen, page and server together: what two idle cores need.
#: Wall time says more of what else a machine is doing.
FIRST_SCREEN_S = 1.5


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as made:
        yield made


def processor_s(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize("items", [2000, 5000])
def test_the_first_screen_and_the_last(chrome: Any, tmp_path: Path, items: int) -> None:
    out = synthetic(tmp_path / "out", items, pictures=40)
    with served(out) as server:
        context = chrome.new_context(viewport={"width": 1280, "height": 900}, base_url=server.url)
        context.set_default_timeout(1000 * PATIENCE_S)
        page = context.new_page()
        page.add_init_script(CLOCK)
        # The first request reads the store; a person's second visit, and every later page, doesn't.
        page.request.get("/api/items")
        page.request.get("/api/search?sort=recent")
        cost = page.context.new_cdp_session(page)
        cost.send("Performance.enable", {"timeDomain": "threadTicks"})
        assert server.process is not None
        before = processor_s(server.process.pid)
        page.goto("/")
        page.wait_for_selector(".grid li")
        shown_ms = wait_until(lambda: page.evaluate("shown"), what="the first screen")
        spent = processor_s(server.process.pid) - before
        metrics = {m["name"]: m["value"] for m in cost.send("Performance.getMetrics")["metrics"]}
        page_s = metrics["TaskDuration"]
        painted_ms = page.evaluate(PAINTED)
        print(f"{items} items: first paint {painted_ms:.0f} ms, all pictures {shown_ms:.0f} ms; "
              f"processor: server {spent:.2f} s, page {page_s:.2f} s")  # fmt: skip
        assert 0 < painted_ms <= shown_ms
        assert spent + page_s < FIRST_SCREEN_S * (1 if items == 2000 else 1.5)
        assert page.evaluate("document.querySelectorAll('.grid li').length") < 120
        page.focus(".grid li a")
        page.keyboard.press("End")
        last = f".grid li[aria-posinset='{items}']"
        page.wait_for_selector(last)
        assert page.evaluate("document.querySelectorAll('.grid li').length") < 120
        assert page.evaluate(
            f"document.activeElement.closest('li') === document.querySelector(\"{last}\")"
        )
        context.close()


#: Notes when every picture of the first screen has come, in ms since the navigation began.
CLOCK = """
window.shown = 0;
const look = () => {
  const seen = [...document.querySelectorAll('.grid li img')]
    .filter((i) => i.getBoundingClientRect().top < innerHeight);
  if (seen.length && seen.every((i) => i.complete && i.naturalWidth)) shown = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
PAINTED = """performance.getEntriesByType('paint')
  .find((e) => e.name === 'first-contentful-paint').startTime"""
