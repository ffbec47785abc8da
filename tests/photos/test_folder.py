"""Finding photos: every kind, by the whole path, in any script; what can't be listed ends nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import pictures
from tests.photos.opened import assert_scene, read
from wardrobe import folder
from wardrobe.errors import ConfigError, PhotoError


def test_scan_lists_every_kind_and_nothing_else(tmp_path: Path) -> None:
    made = pictures.zoo(tmp_path)
    found = list(folder.scan(tmp_path))
    assert [f.path for f in found] == sorted(made)
    for f in found:
        exists = f.file.exists()
        assert f.bytes == (f.file.stat().st_size if exists else 0)
        assert f.mtime_ns == f.file.lstat().st_mtime_ns


def test_scan_is_sorted_by_the_whole_path(tmp_path: Path) -> None:
    for name in ("a/z.jpg", "a-b/c.jpg", "a.jpg", "b/x/y.JPG", "B.jpeg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        pictures.jpeg(tmp_path, name)
    paths = [f.path for f in folder.scan(tmp_path)]
    assert paths == ["B.jpeg", "a-b/c.jpg", "a.jpg", "a/z.jpg", "b/x/y.JPG"]


@pytest.mark.parametrize("name", [*pictures.NAMES, os.fsdecode(pictures.UNDECODABLE)], ids=ascii)
def test_names_in_any_script(name: str, tmp_path: Path) -> None:
    try:
        pictures.jpeg(tmp_path, name)
    except OSError:
        pytest.skip("this file system takes no such name")
    (found,) = folder.scan(tmp_path)
    assert found.path.encode("utf-8").decode() == found.path
    assert folder.locate(tmp_path, found.path) == found.file
    assert_scene(read(found.file))
    found.file.write_bytes(b"")
    with pytest.raises(PhotoError) as error:
        read(found.file)
    assert str(error.value).encode("utf-8"), "must be printable"


def test_undecodable_names_stay_apart(tmp_path: Path) -> None:
    """The escape of one name must not be the path of another."""
    for name in (b"\xff.jpg", b"\\udcff.jpg", b"\\\\udcff.jpg", b"\\xff.jpg"):
        pictures.jpeg(tmp_path, os.fsdecode(name))
    found = list(folder.scan(tmp_path))
    assert len({f.path for f in found}) == 4
    assert all(folder.locate(tmp_path, f.path).samefile(f.file) for f in found)


def test_links_are_followed_once(tmp_path: Path) -> None:
    library, elsewhere = tmp_path / "library", tmp_path / "elsewhere"
    (library / "sub").mkdir(parents=True)
    elsewhere.mkdir()
    pictures.jpeg(library / "sub")
    pictures.jpeg(elsewhere, "linked.jpg")
    (library / "sub" / "loop").symlink_to(library)
    for alias in ("alias", "z-alias"):  # listed under its real name instead
        (library / alias).symlink_to(library / "sub")
    (library / "outside").symlink_to(elsewhere)
    (library / "one.jpg").symlink_to(elsewhere / "linked.jpg")
    (library / "self.jpg").symlink_to("self.jpg")
    paths = [f.path for f in folder.scan(library)]
    assert paths == ["one.jpg", "outside/linked.jpg", "self.jpg", "sub/plain.jpg"]


def test_a_folder_that_cannot_be_listed_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.jpeg(tmp_path)
    (tmp_path / "locked").mkdir()
    pictures.jpeg(tmp_path / "locked")
    scandir = os.scandir

    def guarded(folder: Path):
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    assert [f.path for f in folder.scan(tmp_path)] == ["plain.jpg"]


def test_a_folder_marked_nomedia_holds_no_photos_unless_it_is_the_one_named(tmp_path: Path) -> None:
    marked = tmp_path / "truth" / "items"
    marked.mkdir(parents=True)
    pictures.jpeg(tmp_path)
    pictures.jpeg(marked)
    assert [f.path for f in folder.scan(tmp_path)] == ["plain.jpg", "truth/items/plain.jpg"]
    (tmp_path / "truth" / ".nomedia").touch()
    assert [f.path for f in folder.scan(tmp_path)] == ["plain.jpg"]
    assert [f.path for f in folder.scan(tmp_path / "truth")] == ["items/plain.jpg"]


def test_scan_refuses_what_is_no_folder_of_photos(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file.*Name a folder"):
        folder.scan(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="Name a folder"):
        folder.scan(pictures.jpeg(tmp_path))
    (tmp_path / "catalogue.db").touch()
    with pytest.raises(ConfigError, match="is a wardrobe store"):
        folder.scan(tmp_path)
