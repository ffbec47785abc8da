"""What a run leaves behind: one SQLite file for facts, content-addressed files for
the pictures people open.

Three kinds of rows. ``result`` and ``file`` are memos: they may be deleted at will and are then
computed again. ``photo``, ``garment``, ``item``, ``question`` and ``run`` are derived: rewritten by every run in
one transaction. ``decision``, ``outfit`` and ``event`` are a person's own: only ever added to.
Nothing about where a photo was taken is ever written.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock, Timeout

from wardrobe import atomic
from wardrobe.errors import StoreBusy, StoreError

DATABASE = "catalogue.db"
DERIVED = ("photo", "garment", "item", "question")
OwnTable = Literal["decision", "outfit", "event"]
OWN: tuple[OwnTable, ...] = get_args(OwnTable)
MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = []


def _migration(step: Callable[[sqlite3.Connection], None]) -> Callable[[sqlite3.Connection], None]:
    MIGRATIONS.append(step)
    return step


@_migration
def _m001_first(db: sqlite3.Connection) -> None:
    db.execute(
        "create table result (key text primary key, stage text not null, model text not null,"
        " value blob, failure text, final integer not null, seconds real not null,"
        " made_at text not null default current_timestamp,"
        " check ((value is null) <> (failure is null))) strict, without rowid"
    )
    db.execute(
        "create table file (path text primary key, bytes integer not null, mtime_ns integer not null,"
        " photo text not null) strict, without rowid"
    )
    for table in ("photo", "garment", "item"):
        db.execute(
            f"create table {table} (id text primary key, place integer not null, facts text not null) strict"
        )
    db.execute(
        "create table run (id integer primary key, photos text not null, settings text not null,"
        " began_at text not null default current_timestamp, ended_at text, funnel text) strict"
    )


@_migration
def _m002_owner(db: sqlite3.Connection) -> None:
    db.execute("alter table run add column owner text")  # face vectors of --owner, as JSON


@_migration
def _m003_own_rows(db: sqlite3.Connection) -> None:
    """What a person says and does. An outfit's rows share its name; the newest counts."""
    for table in ("decision", "outfit", "event"):
        db.execute(
            f"create table {table} (id integer primary key autoincrement, kind text not null,"
            " facts text not null, at text not null) strict"
        )


@_migration
def _m004_question(db: sqlite3.Connection) -> None:
    db.execute(
        "create table question (id text primary key, place integer not null, facts text not null) strict"
    )


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A decision, outfit or event as it lies in the store; ``at`` is ISO time, UTC."""

    id: int
    kind: str
    facts: dict[str, Any]
    at: str


@dataclass(frozen=True, slots=True)
class Result:
    """A remembered answer: ``value`` bytes, or ``failure`` (a JSON object) in its place."""

    key: str
    stage: str
    model: str
    value: bytes | None
    failure: str | None
    final: bool
    seconds: float


class Store:
    """A folder with ``catalogue.db`` and ``pictures/``.

    Args:
        root: made when it is absent, unless ``create`` is false.

    Raises:
        StoreError: the folder holds no store, a damaged one, or one of a newer version.
    """

    def __init__(self, root: Path, *, create: bool = True) -> None:
        self.root = root
        if not create and not (root / DATABASE).is_file():
            raise StoreError(
                f"{root} holds no wardrobe. Build one: wardrobe build PHOTOS --out {root}"
            )
        try:
            (root / "pictures").mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(root / DATABASE, isolation_level=None, timeout=30)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._migrate()
        except (OSError, sqlite3.DatabaseError) as e:
            raise StoreError(
                f"{root}: {e}. Move the folder away or name another with --out."
            ) from e

    def _migrate(self) -> None:
        (done,) = self._db.execute("pragma user_version").fetchone()
        if done > len(MIGRATIONS):
            raise StoreError(
                f"{self.root} was written by a newer Wardrobe. Upgrade, or use another --out."
            )
        for number, step in enumerate(MIGRATIONS[done:], start=done + 1):
            with self._transaction():
                (now,) = self._db.execute("pragma user_version").fetchone()
                if now < number:  # another process may have been first
                    step(self._db)
                    self._db.execute(f"pragma user_version = {number}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The one writer at a time; readers are never kept out.

        Raises:
            StoreBusy: another run holds the store.
        """
        lock = FileLock(self.root / "run.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StoreBusy(
                f"{self.root} is busy: another run is writing to it. Wait for it, or use another --out."
            ) from None
        try:
            yield
        finally:
            lock.release()

    # memos
    def recall(self, keys: Sequence[str]) -> dict[str, Result]:
        """What is remembered of these keys; failures that are not final are not remembered."""
        found: dict[str, Result] = {}
        for i in range(0, len(keys), 500):
            part = keys[i : i + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                "select key, stage, model, value, failure, final, seconds from result"
                f" where key in ({marks})",
                part,
            )
            found |= {r[0]: Result(r[0], r[1], r[2], r[3], r[4], bool(r[5]), r[6]) for r in rows}
        return found

    def results(self) -> Iterator[Result]:
        """Everything that is remembered and didn't fail, by key."""
        rows = self._db.execute(
            "select key, stage, model, value, failure, final, seconds from result"
            " where value is not null order by key"
        )
        for r in rows:
            yield Result(r[0], r[1], r[2], r[3], r[4], bool(r[5]), r[6])

    def remember(self, results: Iterable[Result]) -> None:
        """Write a batch in one transaction."""
        with self._transaction():
            self._db.executemany(
                "insert or replace into result (key, stage, model, value, failure, final, seconds)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [
                    (r.key, r.stage, r.model, r.value, r.failure, int(r.final), r.seconds)
                    for r in results
                ],
            )

    def known_file(self, path: str, size: int, mtime_ns: int) -> str | None:
        """The photo id of a file that has not changed since it was last read."""
        row = self._db.execute(
            "select photo from file where path = ? and bytes = ? and mtime_ns = ?",
            [path, size, mtime_ns],
        ).fetchone()
        return row[0] if row else None

    def note_files(self, rows: Iterable[tuple[str, int, int, str]]) -> None:
        """Remember (path, bytes, mtime_ns, photo id)."""
        with self._transaction():
            self._db.executemany("insert or replace into file values (?, ?, ?, ?)", rows)

    # pictures
    def put_picture(self, data: bytes) -> str:
        """Keep a WebP; returns its path relative to the store. Never leaves half a file behind."""
        digest = hashlib.sha256(data).hexdigest()
        relative = f"pictures/{digest[:2]}/{digest[2:]}.webp"
        path = self.root / relative
        if not path.exists():
            atomic.write(path, data)
        return relative

    # a person's own rows
    def add(
        self, table: OwnTable, rows: Iterable[tuple[str, Mapping[str, Any]]], at: datetime
    ) -> list[int]:
        """Append rows of (kind, facts that JSON can hold) in one transaction; returns their ids."""
        if table not in OWN:
            raise ValueError(table)
        when = at.astimezone(UTC).isoformat(timespec="milliseconds")
        with self._transaction():
            return [
                int(
                    self._db.execute(
                        f"insert into {table} (kind, facts, at) values (?, ?, ?)",
                        [kind, json.dumps(facts), when],
                    ).lastrowid
                    or 0
                )
                for kind, facts in rows
            ]

    def own(self, table: OwnTable) -> list[OwnRow]:
        """All rows of a person's table, in the order added."""
        if table not in OWN:
            raise ValueError(table)
        rows = self._db.execute(f"select id, kind, facts, at from {table} order by id")
        return [OwnRow(i, kind, json.loads(facts), at) for i, kind, facts, at in rows]

    # runs and what they derive
    def begin(self, photos: str, settings: str, owner: str | None = None) -> int:
        """Open a run; returns its number."""
        with self._transaction():
            cursor = self._db.execute(
                "insert into run (photos, settings, owner) values (?, ?, ?)",
                [photos, settings, owner],
            )
        return int(cursor.lastrowid or 0)

    def finish(
        self, run: int, tables: Mapping[str, Mapping[str, Any]], funnel: Mapping[str, Any]
    ) -> None:
        """Replace what is derived and close the run, in one transaction.

        Args:
            tables: for each of :data:`DERIVED`: id -> facts that JSON can hold, in order; one left
                out ends up empty.
        """
        with self._transaction():
            for table in DERIVED:
                rows = tables.get(table, {}).items()
                self._db.execute(f"delete from {table}")
                self._db.executemany(
                    f"insert into {table} values (?, ?, ?)",
                    [(k, i, json.dumps(v)) for i, (k, v) in enumerate(rows)],
                )
            self._db.execute(
                "update run set ended_at = current_timestamp, funnel = ? where id = ?",
                [json.dumps(funnel), run],
            )

    def derived(self, table: str) -> dict[str, Any]:
        """Facts of one of :data:`DERIVED` by id, in the order the run gave them."""
        if table not in DERIVED:
            raise ValueError(table)
        rows = self._db.execute(f"select id, facts from {table} order by place")
        return {k: json.loads(v) for k, v in rows}

    def version(self) -> int:
        """Number of the newest finished run, 0 before the first: what is derived is of this run."""
        (newest,) = self._db.execute(
            "select max(id) from run where ended_at is not null"
        ).fetchone()
        return int(newest or 0)

    def forget_events(self, kinds: Sequence[str]) -> int:
        """Delete every event of some kinds for good, at the person's wish; returns how many."""
        self._db.execute("pragma secure_delete = on")
        with self._transaction():
            marks = ", ".join("?" * len(kinds))
            count = self._db.execute(
                f"delete from event where kind in ({marks})", tuple(kinds)
            ).rowcount
        self._db.execute("pragma wal_checkpoint(truncate)")
        return int(count)

    def runs(self) -> list[dict[str, Any]]:
        """Every run, the newest first."""
        rows = self._db.execute(
            "select id, photos, settings, began_at, ended_at, funnel, owner from run order by id desc"
        )
        names = ("id", "photos", "settings", "began_at", "ended_at", "funnel", "owner")
        out = [dict(zip(names, row, strict=True)) for row in rows]
        for run in out:
            run["settings"] = json.loads(run["settings"])
            run["funnel"] = json.loads(run["funnel"]) if run["funnel"] else None
        return out
