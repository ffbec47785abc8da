"""The store keeps pictures by their content, and what the last run derived in its order."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from wardrobe.errors import StoreError
from wardrobe.store import Store

NONE = {"photo": {}, "garment": {}, "item": {}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "out")


def pictures(store: Store) -> list[Path]:
    return sorted(p for p in (store.root / "pictures").rglob("*") if p.is_file())


def test_a_picture_is_kept_once_under_the_hash_of_its_bytes(store: Store) -> None:
    path = store.put_picture(b"a picture")
    assert path.replace("/", "") == f"pictures{hashlib.sha256(b'a picture').hexdigest()}.webp"
    assert (store.root / path).read_bytes() == b"a picture"
    assert store.put_picture(b"a picture") == path
    assert store.put_picture(b"another") != path
    assert len(pictures(store)) == 2


def test_a_picture_shows_up_whole_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(source: str, target: Path) -> None:
        assert Path(source).read_bytes() == b"a picture"  # complete before it gets its name
        assert not target.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.put_picture(b"a picture")
    assert not [p for p in pictures(store) if p.suffix == ".webp"]


def test_what_a_run_derived_comes_back_in_its_order_and_replaces_the_last(store: Store) -> None:
    run = store.begin("photos", "{}")
    items = {"z": {"name": "Red top"}, "a": {"name": "Grün"}, "m": {"name": None}}
    store.finish(run, NONE | {"item": items}, {"seen": 3})
    assert list(store.derived("item").items()) == list(items.items())
    store.finish(
        store.begin("photos", "{}"), NONE | {"item": {"a": {"name": "Green"}}}, {"seen": 1}
    )
    assert store.derived("item") == {"a": {"name": "Green"}}
    with pytest.raises(ValueError, match="result"):
        store.derived("result")


def test_a_run_that_can_not_be_written_changes_nothing(store: Store) -> None:
    store.finish(store.begin("photos", "{}"), NONE | {"item": {"a": 1}}, {})
    with pytest.raises(TypeError):
        store.finish(store.begin("photos", "{}"), NONE | {"item": {"b": 1, "c": object()}}, {})
    assert store.derived("item") == {"a": 1}
    assert store.runs()[0]["ended_at"] is None


def test_runs_are_listed_newest_first(store: Store) -> None:
    first = store.begin("old photos", '{"profile": "small"}')
    store.finish(first, NONE, {"seen": 7})
    second = store.begin("photos", "{}")
    newest, oldest = store.runs()
    assert (newest["id"], newest["photos"], newest["ended_at"], newest["funnel"]) == (
        second, "photos", None, None,
    )  # fmt: skip
    assert (oldest["id"], oldest["settings"], oldest["funnel"]) == (
        first, {"profile": "small"}, {"seen": 7},
    )  # fmt: skip
    assert oldest["ended_at"]


def test_a_file_is_known_until_its_size_or_time_changes(store: Store) -> None:
    store.note_files([("a.jpg", 10, 5, "id")])
    assert store.known_file("a.jpg", 10, 5) == "id"
    assert store.known_file("a.jpg", 11, 5) is None
    assert store.known_file("a.jpg", 10, 6) is None
    store.note_files([("a.jpg", 11, 6, "new")])
    assert store.known_file("a.jpg", 11, 6) == "new"


def test_a_folder_without_a_store_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="wardrobe build"):
        Store(tmp_path, create=False)
    assert not list(tmp_path.iterdir())
