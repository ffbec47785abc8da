"""A real server and a real browser that looks at it.

Everything is waited for by what it shows, never by the clock: a machine busy with other things
answers late, and only what never comes is a fault.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import ROOT

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser")) if p), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
         "--disable-sync", "--disable-background-networking", "--disable-component-update"]  # fmt: skip
PATIENCE_S = 240.0  # before something counts as never coming


class Server:
    """``wardrobe serve`` in a process of its own; can be killed and started again on its port."""

    def __init__(self, out: Path) -> None:
        self.out, self.port = out, _free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wardrobe.cli", "serve", "--out", str(self.out), "--port", str(self.port)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert re.match(rf"{self.url}/", line), line

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def served(out: Path) -> Iterator[Server]:
    server = Server(out)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def hosted(out: Path) -> Iterator[str]:
    """The address of a server in a thread of this process, where models are loaded once for all."""
    import uvicorn

    from wardrobe.web.app import create_app

    config = uvicorn.Config(
        create_app(out), "127.0.0.1", 0, log_level="error", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), what="the server")
        assert server.started
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=1000 * PATIENCE_S)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def looking(chrome: Any, url: str, **how: Any) -> Iterator[Any]:
    """A page of its own, on which nothing may go wrong unseen: no fault of a script, no window of
    the browser's, nothing that the policy had to stop."""
    context = chrome.new_context(base_url=url, **how)
    context.set_default_timeout(1000 * PATIENCE_S)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("dialog", lambda d: (faults.append(f"dialog {d.message}"), d.dismiss()))
    page.on("console", lambda m: faults.append(m.text) if "Content Security" in m.text else None)
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


def drag(page: Any, source: str, target: str, ready: str) -> None:
    """Drag by the pointer, and let go once the page shows ``ready``: that it would take it."""
    one, other = page.locator(source).first, page.locator(target).first
    other.scroll_into_view_if_needed()
    one.scroll_into_view_if_needed()
    one.hover()
    page.mouse.down()
    other.hover(force=True)  # force: what is dragged lies under the pointer
    other.hover(force=True)  # a drag begins with the first move and enters with the second
    page.wait_for_selector(ready)
    page.mouse.up()


def wait_until(check: Callable[[], Any], seconds: float = PATIENCE_S, what: str = "it") -> Any:
    """The first true value of a check, tried ten times a second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = check()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} doesn't happen within {seconds:g} s")
