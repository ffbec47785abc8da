"""The store as requests see it: opened per request, its catalogue read once per finished run."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from wardrobe import closet
from wardrobe.catalogue import Catalogue, Entry
from wardrobe.errors import WardrobeError
from wardrobe.search import Index
from wardrobe.store import Store
from wardrobe.web.trouble import Gone

LIKENESSES = 8  # searches by picture that are kept for paging and sorting


@dataclass
class Snapshot:
    """The wardrobe after one finished run; never changed, but for what is made of it on demand.

    Attributes:
        version: number of that run; 0 before the first.
        garments: garment id -> its row in the store.
        photos: path -> its row in the store.
        listing: the items as the grid gets them, once they were asked for.
    """

    version: int = 0
    shown: Catalogue = field(default_factory=Catalogue)
    hidden: Catalogue = field(default_factory=Catalogue)
    garments: Mapping[str, Any] = field(default_factory=dict)
    photos: Mapping[str, Any] = field(default_factory=dict)
    indices: dict[tuple[date, bool], Index] = field(default_factory=dict)
    listing: bytes | None = None

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every item by id, hidden ones too."""
        return {e.item.id: e for e in (*self.shown.entries, *self.hidden.entries)}

    def index(self, hidden: bool = False) -> Index:
        """The items to search in, read once a day: "a month ago" moves on."""
        key = (date.today(), hidden)
        if key not in self.indices:
            self.indices[key] = Index((self.hidden if hidden else self.shown).entries, key[0])
        return self.indices[key]

    @cached_property
    def photo_of(self) -> dict[str, str]:
        """Photo id -> the first path it has."""
        found: dict[str, str] = {}
        for path, row in self.photos.items():
            if row["id"]:
                found.setdefault(row["id"], path)
        return found

    @cached_property
    def marks(self) -> dict[str, str]:
        """Item id -> a short text that changes whenever anything shown of the item does."""
        return {i: _mark(e) for i, e in self.entries.items()}

    def entry(self, item: str) -> Entry:
        """An item, by its id or that of a garment of it: an id outlives a merge that way.

        Raises:
            Gone: there is none.
        """
        row = self.garments.get(item)
        found = self.entries.get(item) or (self.entries.get(row["item"]) if row else None)
        if found is None:
            raise Gone("This item is no longer in the closet. Its photos may have been moved away.")
        return found


def _mark(e: Entry) -> str:
    told = (e.item, e.thumbnail_path, e.worn_count, e.last_seen)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


class Shelf:
    """Where one served wardrobe lies, and what was read of it last.

    Attributes:
        acting: held while a person's word is checked against what they saw, and written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.acting = threading.Lock()
        self._reading = threading.Lock()
        self._last = Snapshot()
        self._likenesses: OrderedDict[str, dict[str, float]] = OrderedDict()

    @contextmanager
    def open(self) -> Iterator[Store]:
        """The store, for one thread and one request."""
        store = Store(self.root)
        try:
            yield store
        finally:
            store.close()

    def version(self) -> int:
        """Number of the newest finished run."""
        with self.open() as store:
            return store.version()

    def now(self) -> Snapshot:
        """The wardrobe as it is."""
        with self.open() as store:
            if store.version() == self._last.version:
                return self._last
            with self._reading:  # one reads, the others wait for what it read
                if store.version() != self._last.version:
                    self._last = self._read(store)
                return self._last

    def forget(self) -> None:
        """Read anew whatever the version says: the store was deleted."""
        self._last = Snapshot(-1)

    def _read(self, store: Store) -> Snapshot:
        while True:
            version = store.version()
            if not version:
                return Snapshot()
            garments, items = store.derived("garment"), store.derived("item")
            shown, hidden = (
                closet.load(store, pictures=False, hidden=h, garments=garments, items=items)
                for h in (False, True)
            )
            snapshot = Snapshot(version, shown, hidden, garments, store.derived("photo"))
            if store.version() == version:  # else a run finished between two of these
                return snapshot

    def keep_likeness(self, key: str, likeness: dict[str, float]) -> None:
        """Remember what a picture was found to be like, for a while."""
        self._likenesses[key] = likeness
        while len(self._likenesses) > LIKENESSES:
            self._likenesses.popitem(last=False)

    def likeness(self, key: str) -> dict[str, float]:
        """What :meth:`keep_likeness` kept.

        Raises:
            Gone: it is forgotten.
        """
        if key not in self._likenesses:
            raise Gone("That search by picture is forgotten. Choose the picture again.")
        return self._likenesses[key]


def _shelf(request: Request) -> Shelf:
    shelf = request.app.state.shelf
    if not isinstance(shelf, Shelf):
        raise WardrobeError("the server has no store.")
    return shelf


OnShelf = Annotated[Shelf, Depends(_shelf)]
