"""File -> photo: its working picture, decoded once a batch, and what kind of picture it is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from wardrobe import images
from wardrobe.config import Settings
from wardrobe.errors import PhotoError
from wardrobe.types import Image, Photo


class Pictures:
    """Decoded working pictures of the batch at hand: each decoded once, and only when asked for.

    Pictures that a stage may want are announced with :meth:`expect`; the first question decodes
    the rest of the batch in the background.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files: dict[str, Path] = {}
        self._read: dict[str, images.Picture | PhotoError] = {}

    def expect(self, files: dict[str, Path]) -> None:
        """Forget the last batch; ``files`` maps photo ids to files."""
        self._files, self._read = files, {}

    def read(self, ids: Sequence[str]) -> list[images.Picture | PhotoError]:
        """The pictures, or why they can't be read."""
        missing = [i for i in dict.fromkeys(ids) if i not in self._read]
        if len(missing) > 1:
            with ThreadPoolExecutor(2) as pool:
                self._read |= dict(zip(missing, pool.map(self._decode, missing), strict=True))
        elif missing:
            self._read[missing[0]] = self._decode(missing[0])
        return [self._read[i] for i in ids]

    def __call__(self, photo: Photo) -> Image:
        """(h, w, 3) uint8 of one photo; raises its PhotoError."""
        (picture,) = self.read([photo.id])
        if isinstance(picture, PhotoError):
            raise picture
        return picture.pixels

    def _decode(self, photo_id: str) -> images.Picture | PhotoError:
        s = self._settings.photo
        try:
            return images.read(
                self._files[photo_id],
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
