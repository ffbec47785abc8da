"""A closet as one file that brings it back: what was found, what a person said, the pictures.

A zip made by ``wardrobe export --format zip`` carries ``closet.json`` (schema 1) beside what people
read: ``{"schema", "settings", "funnel", "rows": {"photo", "garment", "item", "question": [[id, facts]]},
"own": {"decision", "outfit", "event": [[kind, facts, at]]}, "memos": [[key, stage, model]]}``; the
remembered answers lie under ``memos/KEY``, so that a person's acts group anew where the photos never
come back; the thumbnails are those of the zip.
The photo folder's name is left out: an export may be given away.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wardrobe.errors import ConfigError, StoreError
from wardrobe.stages.cluster import Cluster
from wardrobe.store import DERIVED, OWN, OwnTable, Result, Store

SCHEMA = 1
NAME = "closet.json"
#: Pictures of an item that the zip's page and JSON bring, by their folder there.
BROUGHT = {"thumbnail": "thumbnails", "sources": "sources"}
#: No part of an honest export is larger, bytes: guards against a zip that unfolds without end.
LARGEST = 1 << 30


class _Closet(BaseModel):
    """``closet.json``, checked key by key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    schema_: Literal[1] = Field(alias="schema")
    settings: dict[str, Any]
    funnel: dict[str, Any]
    rows: dict[Literal["photo", "garment", "item", "question"], list[tuple[str, dict[str, Any]]]]
    own: dict[OwnTable, list[tuple[str, dict[str, Any], str]]]
    memos: list[tuple[str, str, str]]


def contents(store: Store) -> Iterator[tuple[str, bytes]]:
    """What an export needs beside its pages and thumbnails: (name in the zip, bytes).

    Raises:
        StoreError: no run has finished yet.
    """
    run = next((r for r in store.runs() if r["ended_at"]), None)
    if run is None:
        raise StoreError(f"no run has finished in {store.root}. Run `wardrobe build` again.")
    # What the models made of each photo: without it, an act in the new store would have nothing to
    # group. The grouping itself is made anew in no time.
    memos = [(m.key, m.stage, m.model) for m in store.results() if m.stage != Cluster.name]
    closet = {
        "schema": SCHEMA,
        "settings": run["settings"],
        "funnel": run["funnel"],
        "rows": {table: list(store.derived(table).items()) for table in DERIVED}
        | {"item": [(i, _bundled(i, facts)) for i, facts in store.derived("item").items()]},
        "own": {t: [(r.kind, r.facts, r.at) for r in store.own(t)] for t in OWN},
        "memos": memos,
    }
    yield NAME, json.dumps(closet, indent=1).encode()
    for memo in store.results():
        if memo.stage != Cluster.name:
            yield f"memos/{memo.key}", memo.value or b""
    for item, facts in store.derived("item").items():
        if facts.get("hidden"):  # no page shows it, so no page brings its pictures
            for key, folder in BROUGHT.items():
                if facts.get(key):
                    yield f"{folder}/{item}.webp", (store.root / facts[key]).read_bytes()
        if facts.get("cutout"):
            yield f"cutouts/{item}.webp", (store.root / facts["cutout"]).read_bytes()


def _bundled(item: str, facts: dict[str, Any]) -> dict[str, Any]:
    names = {**BROUGHT, "cutout": "cutouts"}
    return facts | {
        key: f"{folder}/{item}.webp" if facts.get(key) else None for key, folder in names.items()
    }


def restore(file: Path, store: Store) -> int:
    """Fill an empty store from a backup; returns the number of items.

    Everything is checked before anything is written. ``wardrobe build`` on the photos goes on from
    there: decisions point at places in photos and find them again.

    Raises:
        ConfigError: the file is no backup, or damaged.
        StoreError: the store is not empty.
    """
    if store.runs() or any(store.own(table) for table in OWN):
        raise StoreError(f"{store.root} is not empty. Import into a new folder: --out NEW.")
    try:
        with zipfile.ZipFile(file) as archive:
            closet = _Closet.model_validate_json(_read(archive, NAME, file))
            memos = [
                Result(key, stage, model, _read(archive, f"memos/{key}", file), None, True, 0.0)
                for key, stage, model in closet.memos
            ]
            pictures = {
                facts[key]: _read(archive, facts[key], file)
                for _, facts in closet.rows["item"]
                for key in (*BROUGHT, "cutout")
                if facts.get(key)
            }
    except (OSError, zipfile.BadZipFile, ValidationError, KeyError, TypeError) as e:
        _refuse(file, str(e).splitlines()[0])
    _write(store, closet, memos, pictures)
    return len(closet.rows["item"])


def _write(store: Store, closet: _Closet, memos: list[Result], pictures: dict[str, bytes]) -> None:
    with store.writing():
        store.remember(memos)
        # Pictures are named by their content; an own row's number is its place, here as there.
        paths = {name: store.put_picture(data) for name, data in pictures.items()}
        for table in OWN:
            for kind, facts, at in closet.own[table]:
                store.add(table, [(kind, facts)], datetime.fromisoformat(at))
        run = store.begin("", json.dumps(closet.settings))
        rows: dict[str, dict[str, Any]] = {t: dict(closet.rows[t]) for t in closet.rows}
        for item in rows["item"].values():
            for key in (*BROUGHT, "cutout"):
                item[key] = paths.get(item.get(key))
        store.finish(run, rows, closet.funnel)


def _read(archive: zipfile.ZipFile, name: str, file: Path) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        _refuse(file, f"it holds no {name}")
    if info.file_size > LARGEST:
        _refuse(file, f"{name} claims {info.file_size} bytes")
    return archive.read(info)


def _refuse(file: Path, why: str) -> NoReturn:
    raise ConfigError(
        f"{file} can't be imported: {why}. Give a file that `wardrobe export --format zip` wrote."
    )
