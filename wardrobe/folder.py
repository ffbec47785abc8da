"""Which files below a folder may be photos, and under which names they are remembered.

Judged by name or by first bytes; nothing is decoded here.
"""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wardrobe.errors import ConfigError

Kind = Literal["jpeg", "png", "webp", "gif", "tiff", "bmp", "heif", "avif"]

#: Files with these extensions are candidates whatever they hold: their owner calls them pictures.
_PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".webp", ".tif", ".tiff"}
    | {".bmp", ".dib", ".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif"}
)
#: Pictures that can't be opened here. Their owner should hear of it; and a raw file begins like a
#: TIFF whose first page is a thumbnail, which must not pass for the photo.
FOREIGN = frozenset(
    {".dng", ".nef", ".nrw", ".cr2", ".cr3", ".arw", ".sr2", ".orf", ".rw2", ".raf", ".pef"}
    | {".srw", ".jxl", ".jp2", ".j2k", ".psd"}
)
#: How many of its first bytes tell a picture from anything else.
HEAD_BYTES = 64
_STORE_MARK = "catalogue.db"
#: Folders that hold a file of this name are passed over, as Android's gallery has it.
_NO_MEDIA = ".nomedia"


@dataclass(frozen=True, slots=True)
class Found:
    """One candidate below the photo folder.

    Attributes:
        path: relative to the folder, ``/`` as separator, always valid UTF-8 (:func:`locate` turns
            it back into a file name).
        file: opens it.
        bytes: length as listed; 0 for a link to nothing.
        mtime_ns: time of the last change, nanoseconds since 1970.
    """

    path: str
    file: Path
    bytes: int
    mtime_ns: int


def scan(folder: Path) -> Iterator[Found]:
    """Every candidate photo below a folder, sorted by path.

    A candidate has the extension of a picture or begins like one, whatever its name. Links are
    followed, each folder once. Hidden names, folders that can't be listed, and folders below it
    that hold a wardrobe store or a file ``.nomedia`` are passed over.

    Raises:
        ConfigError: the folder isn't there, can't be listed, or is itself a wardrobe store.
    """
    try:
        names = os.listdir(folder)
    except OSError as e:
        where = f"{shown(folder)}: {e.strerror}"
        raise ConfigError(f"{where}. Name a folder that can be listed.") from e
    if _STORE_MARK in names:
        raise ConfigError(f"{shown(folder)} is a wardrobe store. Name the folder of the photos.")
    return iter(sorted(_walk(folder), key=lambda found: found.path))


def locate(folder: Path, path: str) -> Path:
    """The file that :func:`scan` listed under this path."""
    return folder / re.sub(
        r"\\(\\|u[0-9a-f]{4})",
        lambda m: "\\" if m[1] == "\\" else chr(int(m[1][1:], 16)),
        path,
    )


def _storable(name: str) -> str:
    """The name as valid UTF-8: bytes that no script explains, and backslashes, are escaped."""
    return name.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode()


def shown(file: Path) -> str:
    """A file name that can be printed and stored, whatever bytes it has."""
    return _storable(str(file))


def _walk(folder: Path) -> Iterator[Found]:
    seen: set[tuple[int, int]] = set()
    todo = deque([(folder, "")])
    while todo:
        here, prefix = todo.popleft()
        try:
            now = os.stat(here)
            entries = sorted(os.scandir(here), key=lambda e: e.name)
        except OSError:
            continue
        if (now.st_dev, now.st_ino) in seen or any(e.name == _STORE_MARK for e in entries):
            continue
        if prefix and any(e.name == _NO_MEDIA for e in entries):  # the folder named is meant
            continue
        seen.add((now.st_dev, now.st_ino))
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path, file = prefix + _storable(entry.name), Path(entry.path)
            if not _is_folder(entry):
                if found := _candidate(path, file):
                    yield found
            elif entry.is_symlink():  # last, so that a folder is listed under its real name
                todo.append((file, path + "/"))
            else:
                todo.appendleft((file, path + "/"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _candidate(path: str, file: Path) -> Found | None:
    named = file.suffix.lower() in _PICTURES | FOREIGN
    try:
        info = file.stat()
    except OSError:
        info = None
    try:
        if info is None:  # a link to nothing gets its row, a file deleted since the listing none
            return Found(path, file, 0, file.lstat().st_mtime_ns) if named else None
        if not stat.S_ISREG(info.st_mode):
            return None
        if not named:
            with open(file, "rb") as f:
                named = kind(f.read(HEAD_BYTES)) is not None
    except OSError:
        return None
    return Found(path, file, info.st_size, info.st_mtime_ns) if named else None


def kind(head: bytes) -> Kind | None:
    """Which kind of picture begins with these bytes (:data:`HEAD_BYTES` of them), if any."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 108, 124):
        return "bmp"
    return _kind_of_container(head) if head[4:8] == b"ftyp" else None


def _kind_of_container(head: bytes) -> Kind | None:
    """HEIC and AVIF share a container with MP4; the brands tell them apart."""
    end = min(int.from_bytes(head[:4]), len(head))
    major, others = head[8:12], {head[i : i + 4] for i in range(16, end - 3, 4)}
    if major in (b"mif1", b"msf1"):
        return "avif" if others & {b"avif", b"avis"} else "heif"
    if major in (b"avif", b"avis"):
        return "avif"
    heic = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
    return "heif" if major in heic else None
