"""The folders and dropped photos that one wardrobe is made of, gathered below its store.

``build`` looks at one folder. A wardrobe of several has ``library/`` in its store: a link to each
folder added, and ``dropped/`` with copies of the photos that came through the browser. Folders that
were added are only ever read.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from wardrobe import images
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError, WardrobeError
from wardrobe.store import DATABASE, Store

LIBRARY, DROPPED = "library", "dropped"
#: What a store's folder may hold and :func:`erase` takes away; whatever else lies there stays.
#: Pictures first: no smaller ones are made of them from then on.
OURS = ("pictures", LIBRARY, "sized", "tried", "boards", "owner", "run.lock")
STRAGGLERS_S = 5.0  # how long a wardrobe that is deleted waits for those that still write to it


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of a library: its name in there, and where it is.

    Attributes:
        here: whether it can be reached now.
    """

    name: str
    path: str
    here: bool


def root(store: Store) -> Path:
    """The one folder to build from: ``library/`` once there is one, else the last run's."""
    inside = store.root / LIBRARY
    runs = store.runs()
    return inside if inside.is_dir() or not runs else Path(runs[0]["photos"])


def folders(store: Store) -> list[Folder]:
    """Every folder the wardrobe is made of, the dropped photos aside."""
    inside = store.root / LIBRARY
    if not inside.is_dir():
        runs = store.runs()
        if not runs:
            return []
        old = Path(runs[0]["photos"])
        return [Folder(old.name, str(old), old.is_dir())]
    links = [p for p in sorted(inside.iterdir()) if p.is_symlink()]
    return [Folder(p.name, os.readlink(p), p.is_dir()) for p in links]


def add(store: Store, folder: Path) -> Path:
    """Make a folder part of the wardrobe; returns the folder to build from.

    Raises:
        ConfigError: it is no folder, holds a store, or is part of the wardrobe already.
        WardrobeError: this system can't make the link.
    """
    folder = folder.expanduser()
    if not folder.is_absolute() or not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder. Give its whole path, from / on.")
    target = folder.resolve()
    if (target / DATABASE).exists() or target.is_relative_to(store.root.resolve()):
        raise ConfigError(f"{folder} is a wardrobe's own folder. Name the folder of the photos.")
    if str(target) in {str(Path(f.path).resolve()) for f in folders(store)}:
        raise ConfigError(
            f"{folder} is part of this wardrobe already. Look for new photos instead."
        )
    inside = _made(store)
    _link(inside, target)
    return inside


def remove(store: Store, name: str) -> None:
    """Take a folder out of the wardrobe; the folder itself is left as it is.

    Raises:
        ConfigError: there is none of that name, or it is the only one.
    """
    link = next((f for f in folders(store) if f.name == name), None)
    inside = store.root / LIBRARY
    if link is None or not (inside / link.name).is_symlink():
        raise ConfigError(f"no folder {name!r} was added to this wardrobe.")
    (inside / link.name).unlink()


@contextmanager
def receiving(store: Store) -> Iterator[tuple[IO[bytes], Path]]:
    """An open temporary file for a photo that arrives, and its path; gone after the block."""
    handle, name = tempfile.mkstemp(dir=store.root, prefix=".coming-")
    try:
        with os.fdopen(handle, "wb") as f:
            yield f, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def keep(store: Store, coming: Path, name: str, settings: Settings) -> str:
    """Keep a photo that has arrived, if it can be decoded; returns the name it lies under.

    Args:
        name: as the sender calls it; only its letters are used, never a path in it.

    Raises:
        PhotoError: it is no picture that can be used; said of the name it came with.
    """
    plain = plain_name(name)
    try:
        picture = images.read(
            coming, work_px=256, max_megapixels=settings.photo.max_megapixels,
            min_side_px=settings.photo.min_side_px,
        )  # fmt: skip
    except PhotoError as e:
        said = str(e).replace(str(coming), plain)
        raise PhotoError(said, e.reason, final=e.final) from e
    dropped = _made(store) / DROPPED
    dropped.mkdir(exist_ok=True)
    stem, suffix = os.path.splitext(plain)
    for n in range(1, 10_000):
        there = dropped / (plain if n == 1 else f"{stem} ({n}){suffix}")
        if not there.exists():
            os.replace(coming, there)
            os.chmod(there, 0o644)
            return there.name
        if images.digest(there) == picture.id:  # the same photo dropped twice is one
            return there.name
    raise WardrobeError(f"{plain}: too many photos of that name. Rename it.")


def dropped(store: Store) -> int:
    """How many photos came through the browser."""
    there = store.root / LIBRARY / DROPPED
    return sum(1 for p in there.iterdir() if not p.name.startswith(".")) if there.is_dir() else 0


def plain_name(name: str) -> str:
    """A file name of at most 120 bytes without any path: what a sender may choose."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip().lstrip(".")
    stem, suffix = os.path.splitext(kept or "photo")
    suffix = suffix.encode("utf-8", "ignore")[:16].decode("utf-8", "ignore")
    stem = stem.encode("utf-8", "ignore")[: 120 - len(suffix.encode())].decode("utf-8", "ignore")
    return f"{stem or 'photo'}{suffix}"


def erase(store: Store) -> None:
    """Delete the wardrobe: catalogue, pictures, dropped photos, a person's word. Folders that were
    added, and every photo in them, stay. The store is closed.

    Raises:
        StoreError: a run is writing to it.
    """
    with store.writing():
        store.close()
        for name in OURS:
            there = store.root / name
            if there.is_dir() and not there.is_symlink():
                _emptied(there)
            elif name != "run.lock":
                there.unlink(missing_ok=True)
        for file in store.root.glob(f"{DATABASE}*"):
            file.unlink(missing_ok=True)  # a reader that closes takes its own with it


def _emptied(folder: Path) -> None:
    """Delete a folder into which a picture may still be put: who reduces one of a deleted wardrobe ends
    with it, so that there are few such pictures, and soon none."""
    until = time.monotonic() + STRAGGLERS_S
    while folder.exists():
        try:
            shutil.rmtree(folder)  # doesn't follow links
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _made(store: Store) -> Path:
    """``library/``; the folder that was built from before becomes its first link."""
    inside = store.root / LIBRARY
    if not inside.is_dir():
        before = folders(store)
        inside.mkdir(parents=True)
        for folder in before:
            if folder.here:
                _link(inside, Path(folder.path).resolve())
    return inside


def _link(inside: Path, target: Path) -> None:
    taken = {p.name for p in inside.iterdir()} | {DROPPED}
    name = plain_name(target.name or "photos")
    free = next(
        n for k in range(1, 10_000) if (n := name if k == 1 else f"{name} ({k})") not in taken
    )
    try:
        (inside / free).symlink_to(target, target_is_directory=True)
    except OSError as e:
        raise WardrobeError(
            f"{target} can't be linked: {e.strerror or e}. Build from it instead: wardrobe build."
        ) from e
