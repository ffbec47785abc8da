"""Runs in the background of the server: one at a time, watched, cancelled, gone on with."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Request

from wardrobe import backends, batch, closet, library
from wardrobe.batch import Progress
from wardrobe.config import Settings
from wardrobe.errors import StoreBusy, WardrobeError
from wardrobe.store import Store

log = logging.getLogger(__name__)
State = Literal["idle", "waiting", "running", "stopping"]
Outcome = Literal["", "finished", "stopped", "failed"]
RETRY_S = 0.5  # how often a store that another program holds is tried


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the server's runs stand.

    Attributes:
        serial: grows with every change, for those who watch.
        again: another run follows this one, since photos came while it went.
        outcome: of the run before; ``message`` says it in a sentence.
    """

    serial: int = 0
    state: State = "idle"
    stage: str = ""
    done: int = 0
    total: int = 0
    began: float = 0.0
    again: bool = False
    outcome: Outcome = ""
    message: str = ""


class _Stopped(BaseException):
    """The person stopped the run; no stage may take it for a fault of a photo."""


class Runs:
    """The worker that builds and groups.

    Args:
        create: makes models; tests give their own.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings | None = None,
        create: Callable[[str, str, str], Any] = backends.create,
    ) -> None:
        self.root, self._settings, self.create = root, settings, create
        self.now = Standing()
        self._lock = threading.Lock()
        self._wanted = self._regroup = self._stop = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look at the library's photos: now, or after the run that goes."""
        with self._lock:
            self._wanted = True
            if self.now.state != "idle":
                self._tell(again=True)
            self._wake()

    def regroup_later(self) -> None:
        """Group anew once no run holds the store."""
        with self._lock:
            self._regroup = True
            self._wake()

    def stop(self) -> None:
        """End the run after the batch it is in; what was computed is kept."""
        with self._lock:
            if self.now.state != "idle":
                self._stop, self._wanted = True, False
                self._tell(state="stopping", again=False)

    def close(self, timeout: float = 10) -> None:
        """Stop, and wait for it."""
        self.stop()
        if self._thread:
            self._thread.join(timeout)

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._tell(state="waiting")
            self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
            self._thread.start()

    def _tell(self, **facts: Any) -> None:
        self.now = replace(self.now, serial=self.now.serial + 1, **facts)

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._stop:
                    self._stop = self._wanted = False
                wanted, regroup = self._wanted, self._regroup
                self._wanted = self._regroup = False
                if not (wanted or regroup):
                    self._tell(state="idle", stage="", again=False)
                    self._thread = None
                    return
            outcome, message = self._one(self._build if wanted else self._group)
            with self._lock:
                # What was said while a run grouped is grouped after it.
                self._tell(outcome=outcome, message=message, done=0, total=0)

    def _one(self, job: Callable[[], str]) -> tuple[Outcome, str]:
        began = time.time()
        with self._lock:
            self._tell(state="waiting", stage="", done=0, total=0, began=began)
        while not self._stop:
            try:
                return "finished", job()
            except StoreBusy:
                time.sleep(RETRY_S)
            except _Stopped:
                break
            except WardrobeError as e:
                return "failed", str(e)
            except Exception as e:
                log.exception("a run failed")
                return "failed", f"A fault of ours: {type(e).__name__}. Please report it."
        return "stopped", "Stopped. What was computed is kept, and the next run goes on from there."

    def _build(self) -> str:
        store = Store(self.root)
        try:
            folder = library.root(store)
            settings = self._settings
            if settings is None:
                settings = closet.last_run(store)[1] if store.runs() else Settings()
        finally:
            store.close()
        report = batch.build(
            folder, self.root, settings, keep_owner=True, watch=self._watch, create=self.create
        )
        f = report.catalogue.funnel
        return f"{f.seen} photos looked at, {f.kept} kept, {f.items} items."

    def _group(self) -> str:
        report = batch.regroup(self.root, watch=self._watch, create=self.create)
        return f"Grouped anew: {report.catalogue.funnel.items} items."

    def _watch(self, p: Progress) -> None:
        with self._lock:
            if self._stop:
                raise _Stopped
            self._tell(
                state="running", stage=p.stage, done=p.done, total=p.total, again=self._wanted
            )


def plain(now: Standing) -> dict[str, Any]:
    """A standing as JSON."""
    return asdict(now)


def _runs(request: Request) -> Runs:
    runs = request.app.state.runs
    if not isinstance(runs, Runs):
        raise WardrobeError("the server has no worker.")
    return runs


OnRuns = Annotated[Runs, Depends(_runs)]
