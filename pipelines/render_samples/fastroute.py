"""Render training frames: many people, quickly, with the same truth as the sample photos.

    python pipelines/render_samples --route fast --count 2000 --seed 11 --out DIR --workers 2

Deterministic by seed, whatever the number of workers. What is there is left alone, so a run goes on
where the last one stopped, or further with a higher count; frames can be used as they come.
"""

from __future__ import annotations

import json
import multiprocessing
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from identities import OUTFITS
from sessions import Session, Studio, Taken, take

#: Frames, or pairs of frames, of a person in one outfit.
FRAMES, PAIRS = 4, 2

Row = dict[str, Any]
_studio: Studio


def run(out: Path, shared: Path, count: int, seed: int, workers: int, pairs: bool,
        makehuman: Path | None = None) -> None:  # fmt: skip
    """Render what is missing of ``count`` frames, or pairs, into ``out``.

    Raises:
        SystemExit: sessions failed; the others are there.
    """
    (out / "truth").mkdir(parents=True, exist_ok=True)
    (out / "truth" / ".nomedia").touch()
    shelf = Shelf(out)
    due = [s for s in sessions(seed, count, pairs) if not shelf.holds(s)]
    began, done, failed = time.monotonic(), 0, []
    together = OUTFITS if len(due) >= OUTFITS * workers else 1  # a person's outfits share much
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _start, (shared, makehuman), maxtasksperchild=60) as pool:
        for session, taken, note in pool.imap(_work, due, chunksize=together):
            if taken is None:
                failed.append(session.names()[0])
                print(f"{session}\n{note}", flush=True)
                continue
            shelf.add(taken)
            done += session.frames
            pace = (time.monotonic() - began) / done
            print(f"{session.names()[-1]}: {note}; {pace:.2f} s each", flush=True)
    shelf.sort()
    if failed:
        raise SystemExit(f"not rendered: {', '.join(failed)}")


def sessions(seed: int, count: int, pairs: bool) -> Iterator[Session]:
    """As many as make ``count`` frames or pairs, each person's outfits after each other."""
    each = PAIRS if pairs else FRAMES
    for k, first in enumerate(range(0, count, each)):
        yield Session(seed, k // OUTFITS, k % OUTFITS, min(each, count - first), pairs)


def _start(shared: Path, makehuman: Path | None) -> None:
    global _studio
    _studio = Studio.at(shared, makehuman)


def _work(session: Session) -> tuple[Session, Taken | None, str]:
    """One session of a worker process."""
    began = time.process_time()
    try:
        taken = take(_studio, session)
    except Exception:  # one broken session costs only itself
        return session, None, traceback.format_exc()
    return session, taken, f"cpu {(time.process_time() - began) / session.frames:.2f} s each"


class Shelf:
    """A folder of frames that grows, its truth always sound: items, then pictures, then rows."""

    def __init__(self, out: Path) -> None:
        self._out, self._truth = out, out / "truth"
        self._rows: dict[str, Row] = {}
        self._items: dict[str, Row] = {}
        if (self._truth / "items.json").exists():
            table = json.loads((self._truth / "items.json").read_text())
            self._items = {row["id"]: row for row in table["items"]}
        if (self._truth / "photos.jsonl").exists():
            for line in (self._truth / "photos.jsonl").read_text().splitlines():
                try:
                    row = json.loads(line)
                except ValueError:  # a run was cut off while it wrote this
                    continue
                if (out / row["file"]).is_file():
                    self._rows[row["file"]] = row
        self.sort()

    def holds(self, session: Session) -> bool:
        """Whether all of a session is there."""
        return all(name in self._rows for name in session.names())

    def add(self, taken: Taken) -> None:
        """Put a session's frames here."""
        new = {row["id"]: row for row in taken.items if row["id"] not in self._items}
        if new:
            self._items |= new
            self._keep_items()
        for name, picture in taken.files.items():
            (self._out / name).write_bytes(picture)
        rows = {row["file"]: row for row in taken.rows if row["file"] not in self._rows}
        self._rows |= rows
        with (self._truth / "photos.jsonl").open("a") as file:
            file.write(_lines(rows))

    def sort(self) -> None:
        """Write everything anew in the order of names."""
        self._rows = dict(sorted(self._rows.items()))
        self._items = dict(sorted(self._items.items()))
        self._keep_items()
        self._replace("photos.jsonl", _lines(self._rows))

    def _keep_items(self) -> None:
        people = [{"id": p} for p in sorted({row["person"] for row in self._items.values()})]
        table = {"schema": 1, "owner": "", "people": people, "items": list(self._items.values())}
        self._replace("items.json", json.dumps(table) + "\n")

    def _replace(self, name: str, text: str) -> None:
        new = self._truth / f".{name}.new"
        new.write_text(text)
        new.replace(self._truth / name)


def _lines(rows: dict[str, Row]) -> str:
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows.values())
