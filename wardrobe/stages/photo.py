"""File -> photo: its working picture, decoded once a batch, and what kind of picture it is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from wardrobe import images
from wardrobe.config import Settings
from wardrobe.errors import PhotoError
from wardrobe.types import Image, Photo

DECODERS = 4  # threads; decoding gives other threads their turn
KEPT_MB = 96  # of pictures of earlier batches: an outfit's photos are asked for again by its items


class Pictures:
    """Decoded working pictures of the batch at hand: each decoded once, and only when asked for. The last
    :data:`KEPT_MB` of earlier batches stay.

    Pictures that a stage may want are announced with :meth:`expect`; the first question decodes
    the rest of the batch side by side. Those of the batch that comes next can be decoded meanwhile,
    off the main thread (:meth:`ahead`). Several threads may ask at once; a batch is announced by one, when
    nobody asks.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files: dict[str, Path] = {}
        self._read: dict[str, images.Picture | PhotoError] = {}
        self._coming: dict[str, Future[images.Picture | PhotoError]] = {}
        self._turn = Lock()  # to change these two
        self._pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")

    def expect(self, files: dict[str, Path]) -> None:
        """Another batch; ``files`` maps photo ids to files. What couldn't be read is tried again."""
        self._files, room = files, KEPT_MB * 1e6
        old, self._read = self._read, {}
        for photo_id, picture in reversed(old.items()):  # the last read first
            if isinstance(picture, PhotoError):
                continue
            if photo_id not in files:
                room -= picture.pixels.nbytes
            if photo_id in files or room >= 0:
                self._read[photo_id] = picture
        self._read = dict(reversed(self._read.items()))
        for photo_id in [i for i in self._coming if i not in files]:
            self._coming.pop(photo_id).cancel()

    def ahead(self, files: dict[str, Path]) -> None:
        """Begin to decode pictures that :meth:`expect` will announce next."""
        with self._turn:
            self._begin(files)

    def _begin(self, files: dict[str, Path]) -> None:
        for photo_id, file in files.items():
            if photo_id not in self._coming and photo_id not in self._read:
                self._coming[photo_id] = self._pool.submit(self._decode, photo_id, file)

    def read(self, ids: Sequence[str]) -> list[images.Picture | PhotoError]:
        """The pictures, or why they can't be read."""
        with self._turn:
            self._begin({i: self._files[i] for i in ids if i not in self._read})
            coming = {i: self._coming[i] for i in ids if i in self._coming}
        came = {i: future.result() for i, future in coming.items()}
        with self._turn:
            for photo_id, picture in came.items():
                self._coming.pop(photo_id, None)
                self._read[photo_id] = picture
            for photo_id in ids:  # those last asked for are last
                self._read[photo_id] = self._read.pop(photo_id)
            return [self._read[i] for i in ids]

    def __call__(self, photo: Photo) -> Image:
        """(h, w, 3) uint8 of one photo; raises its PhotoError."""
        (picture,) = self.read([photo.id])
        if isinstance(picture, PhotoError):
            raise picture
        return picture.pixels

    def _decode(self, photo_id: str, file: Path) -> images.Picture | PhotoError:
        s = self._settings.photo
        try:
            return images.read(
                file,
                work_px=s.work_px,
                max_megapixels=s.max_megapixels,
                min_side_px=s.min_side_px,
                expect=photo_id,
            )
        except PhotoError as e:
            return e


@dataclass(frozen=True)
class ReadPhoto:
    """The first stage: a file's bytes -> what kind of picture it is. Its input is (id, path)."""

    settings: Settings
    pictures: Pictures
    name: str = "photo"
    version: int = 1
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return self.settings.photo.model_dump(exclude={"duplicate_bits"})

    def digest(self, one: tuple[str, str]) -> str:
        return one[0]

    def __call__(self, batch: Sequence[tuple[str, str]]) -> Sequence[Photo]:
        read = self.pictures.read([photo_id for photo_id, _ in batch])
        for picture in read:
            if isinstance(picture, PhotoError):
                raise picture  # the runner halves the batch until only this photo is left
        return [
            Photo(p.id, path, p.size, p.taken_at, p.look)
            for p, (_, path) in zip(read, batch, strict=True)
            if isinstance(p, images.Picture)
        ]

    def encode(self, out: Photo) -> bytes:
        taken = out.taken_at.isoformat() if out.taken_at else ""
        return "\n".join([f"{out.size[0]} {out.size[1]}", taken, out.look]).encode()

    def decode(self, data: bytes) -> Photo:
        size, taken, look = data.decode().split("\n")
        w, h = size.split()
        return Photo(
            "", "", (int(w), int(h)), datetime.fromisoformat(taken) if taken else None, look
        )
