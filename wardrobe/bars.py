"""Progress of a run, for the person who waits for it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wardrobe import batch


class Bars:
    """Progress for people: bars on a terminal, a plain line every tenth elsewhere."""

    def __init__(self, talk: Console) -> None:
        self._talk = talk
        columns = (
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=talk) if talk.is_terminal else None
        self._tasks: dict[str, Any] = {}
        self._said: dict[str, int] = {}

    def __enter__(self) -> Bars:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, p: batch.Progress) -> None:
        if self._bars:
            if p.stage not in self._tasks:
                self._tasks[p.stage] = self._bars.add_task(p.stage, total=p.total)
            self._bars.update(self._tasks[p.stage], completed=p.done, total=p.total)
            return
        tenth = 10 * p.done // p.total if p.total else 10
        if self._said.get(p.stage, -1) < tenth:
            self._said[p.stage] = tenth
            self._talk.print(f"{p.stage}: {p.done} of {p.total}")
