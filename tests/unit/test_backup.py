"""The way back: an export fills an empty store with the same closet, and refuses everything else."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import fakes
import pytest

from wardrobe import backup, batch, closet, export, review
from wardrobe.errors import ConfigError, StoreError
from wardrobe.store import OWN, Store

NOW = datetime(2026, 5, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fakes.write_photos(tmp_path / "photos", [(200, 40, 40), (40, 160, 60), None, (200, 40, 40)])
    batch.build(tmp_path / "photos", tmp_path / "out", create=fakes.Models().create)
    return Store(tmp_path / "out", create=False)


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    store.add("outfit", [("saved", {"name": "Sunday", "pieces": []})], NOW)
    store.add("event", [("visit", {}), ("search", {"found": 3})], NOW)
    path = tmp_path / "wardrobe.zip"
    export.write_zip(closet.load(store), path, backup.contents(store))
    return path


def test_the_closet_comes_back_whole(store: Store, file: Path, tmp_path: Path) -> None:
    new = Store(tmp_path / "new")
    assert backup.restore(file, new) == len(store.derived("item"))
    assert closet.load(new) == closet.load(store)
    assert {t: new.own(t) for t in OWN} == {t: store.own(t) for t in OWN}
    mine, theirs = closet.vectors(new), closet.vectors(store)
    assert mine.keys() == theirs.keys()
    assert all((mine[i] == theirs[i]).all() for i in mine)
    assert all(
        (new.root / e.thumbnail_path).is_file()
        for e in closet.load(new).entries
        if e.thumbnail_path
    )


def test_a_build_on_the_photos_goes_on_from_there(store: Store, file: Path, tmp_path: Path) -> None:
    new = Store(tmp_path / "new")
    backup.restore(file, new)
    made = batch.build(tmp_path / "photos", tmp_path / "new", create=fakes.Models().create)
    assert [e.item for e in made.catalogue.entries] == [e.item for e in closet.load(store).entries]
    assert new.own("outfit") == store.own("outfit")


def test_a_person_s_word_works_there_without_the_photos(
    store: Store, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(batch.regroup.__kwdefaults__, "create", fakes.Models().create)
    shutil.rmtree(tmp_path / "photos")
    new = Store(tmp_path / "new")
    backup.restore(file, new)
    before = closet.load(new).entries
    review.rename(new, before[0], "Mine")
    after = closet.load(new).entries
    assert [e.item.garment_ids for e in after] == [e.item.garment_ids for e in before]
    assert [e.item.name for e in after] == ["Mine", *(e.item.name for e in before[1:])]
    assert [e.thumbnail for e in after] == [e.thumbnail for e in before]
    assert closet.vectors(new).keys() == closet.vectors(store).keys()
    review.merge(new, after[:2])
    assert len(closet.load(new).entries) == len(before) - 1


def test_the_photo_folder_is_not_given_away(file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        told = b"".join(archive.read(n) for n in archive.namelist())
    assert str(tmp_path).encode() not in told


def test_only_an_empty_store_is_filled(store: Store, file: Path) -> None:
    with pytest.raises(StoreError, match="not empty"):
        backup.restore(file, store)


def edited(file: Path, to: Path, name: str, data: bytes | None) -> Path:
    """A copy of the zip with one member replaced, or left out."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info, old.read(info))
            elif data is not None:
                new.writestr(name, data)
    return to


def test_what_is_no_backup_is_refused_and_nothing_is_written(file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        good = json.loads(archive.read(backup.NAME))
        memo = next(n for n in archive.namelist() if n.startswith("memos/"))
    (tmp_path / "text.zip").write_text("no zip")
    newer = json.dumps(good | {"schema": 2}).encode()
    unknown = json.dumps(good | {"more": 1}).encode()
    bad = [
        tmp_path / "absent.zip",
        tmp_path / "text.zip",
        edited(file, tmp_path / "a.zip", backup.NAME, None),
        edited(file, tmp_path / "b.zip", backup.NAME, b"[]"),
        edited(file, tmp_path / "c.zip", backup.NAME, newer),
        edited(file, tmp_path / "d.zip", backup.NAME, unknown),
        edited(file, tmp_path / "e.zip", memo, None),
    ]
    new = Store(tmp_path / "new")
    for path in bad:
        with pytest.raises(ConfigError, match="can't be imported"):
            backup.restore(path, new)
    assert not new.runs()
    assert not any(new.own(table) for table in OWN)


def test_a_member_that_claims_too_much_is_not_unfolded(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "LARGEST", 100)
    with pytest.raises(ConfigError, match="claims"):
        backup.restore(file, Store(tmp_path / "new"))
