"""Folders and dropped photos of one wardrobe: names are only names, folders are only read."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import fakes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardrobe import atomic, batch, library
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError
from wardrobe.store import Store


@given(st.text(max_size=300))
def test_a_plain_name_is_one_visible_name_and_never_a_path(name: str) -> None:
    plain = library.plain_name(name)
    assert plain
    assert plain.isprintable()
    assert not set("/\\\0") & set(plain)
    assert not plain.startswith(".")
    assert len(plain.encode("utf-8", "replace")) <= 140


def arrived(store: Store, data: bytes, name: str) -> str:
    with library.receiving(store) as (file, path):
        file.write(data)
        file.flush()
        return library.keep(store, path, name, Settings())


def test_one_photo_dropped_twice_is_kept_once_and_two_of_one_name_both(tmp_path: Path) -> None:
    red, green = fakes.write_photos(tmp_path / "p", [(200, 40, 40), (40, 160, 60)])
    store = Store(tmp_path / "out")
    assert arrived(store, red.read_bytes(), "../../a.jpg") == "a.jpg"
    assert arrived(store, red.read_bytes(), "a.jpg") == "a.jpg"
    assert arrived(store, green.read_bytes(), "C:\\x\\a.jpg") == "a (2).jpg"
    assert library.dropped(store) == 2
    with pytest.raises(PhotoError, match=r"^evil\.jpg isn't a picture"):
        arrived(store, b"#!/bin/sh", "evil.jpg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "p"]


def test_a_library_gathers_folders_and_leaves_them_alone(tmp_path: Path) -> None:
    models = fakes.Models()
    for name, colour in (("one", (200, 40, 40)), ("two", (40, 160, 60))):
        fakes.write_photos(tmp_path / name / "photos", [colour])
    store = Store(tmp_path / "out")
    batch.build(tmp_path / "one" / "photos", store.root, create=models.create)
    assert [f.path for f in library.folders(store)] == [str(tmp_path / "one" / "photos")]
    root = library.add(store, tmp_path / "two" / "photos")
    report = batch.build(root, store.root, create=models.create)
    assert report.catalogue.funnel.seen == 2
    assert [f.name for f in library.folders(store)] == ["photos", "photos (2)"]
    for wrong in (tmp_path / "two" / "photos", store.root, Path("photos")):
        with pytest.raises(ConfigError):
            library.add(store, wrong)
    library.remove(store, "photos (2)")
    assert (
        batch.build(library.root(store), store.root, create=models.create).catalogue.funnel.seen
        == 1
    )
    library.erase(store)
    assert [p.name for p in store.root.iterdir()] in ([], ["run.lock"])
    assert all((tmp_path / n / "photos" / "000.jpg").is_file() for n in ("one", "two"))


def test_a_wardrobe_is_deleted_while_a_page_still_has_its_pictures_reduced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "out")
    late = store.root / "sized" / "96" / "late.webp"
    atomic.write(late, b"one")
    plain, turns = shutil.rmtree, []

    def disturbed(folder: Path) -> None:
        if folder.name == "sized" and not turns:
            turns.append(folder)
            raise OSError(errno.ENOTEMPTY, "a picture came")
        plain(folder)

    monkeypatch.setattr(shutil, "rmtree", disturbed)
    library.erase(store)
    assert turns
    assert not late.parent.parent.exists()
