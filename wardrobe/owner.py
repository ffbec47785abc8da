"""Selfies -> the vectors that say who in a photo is the owner; and the selfies that a store keeps.

They lie in ``owner/`` below the store. The folder is there once the person said who they are, or
took it back: an empty one means that the main subject of a photo is its owner.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import atomic, geometry, images
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError
from wardrobe.store import Store
from wardrobe.types import Image

OWNER = "owner"
SELFIE_PX = 1024  # longer side of a selfie, px: a face fills much of it
MOST = 12  # selfies kept: a few faces, with and without glasses, say all
_DIGEST = re.compile(r"[0-9a-f]{64}")


def vectors(
    selfies: Sequence[Path],
    settings: Settings,
    create: Callable[[str, str, str], Any],
) -> NDArray[np.float32]:
    """(n, d) float32: the largest face of each selfie, as a unit vector.

    Raises:
        ConfigError: a selfie can't be read or shows no face.
        ModelError: the face models have not been fetched.
    """
    model = create("face", settings.pose.face_model, settings.run.device)
    found = []
    for selfie in selfies:
        try:
            found.append(_face(_read(selfie, settings), model))
        except PhotoError as e:
            raise ConfigError(f"--owner {selfie}: {e}") from e
    return np.stack(found)


def kept(store: Store) -> list[Path]:
    """The selfies that the store keeps."""
    return sorted((store.root / OWNER).glob("*.webp"))


def told(store: Store) -> bool:
    """Whether the person said who they are, or took it back."""
    return (store.root / OWNER).is_dir()


def keep(
    store: Store, photo: Path, settings: Settings, create: Callable[[str, str, str], Any]
) -> str:
    """Keep a selfie of the owner for every run to come; returns the digest it is known by.

    Raises:
        PhotoError: it can't be read or shows no face.
        ConfigError: enough are kept.
        ModelError: the face models have not been fetched.
    """
    if len(kept(store)) >= MOST:
        raise ConfigError(f"{MOST} photos of you are kept. Take one away first.")
    pixels = _read(photo, settings)
    _face(pixels, create("face", settings.pose.face_model, settings.run.device))
    data = images.encode_webp(pixels, 95)
    digest = hashlib.sha256(data).hexdigest()
    atomic.write(store.root / OWNER / f"{digest}.webp", data)
    return digest


def selfie(store: Store, digest: str) -> Path:
    """The file of a selfie.

    Raises:
        ConfigError: there is none of that digest.
    """
    file = store.root / OWNER / f"{digest}.webp"
    if not _DIGEST.fullmatch(digest) or not file.is_file():
        raise ConfigError("this photo of you isn't kept any more.")
    return file


def forget(store: Store, digest: str | None = None) -> None:
    """Take one selfie away, or all and whatever an earlier run knew of the owner's face."""
    for file in [selfie(store, digest)] if digest else kept(store):
        file.unlink(missing_ok=True)
    (store.root / OWNER).mkdir(exist_ok=True)


def _read(photo: Path, settings: Settings) -> Image:
    most = settings.photo.max_megapixels
    return images.read(photo, work_px=SELFIE_PX, max_megapixels=most).pixels


def _face(pixels: Image, model: Callable[[Sequence[Image]], Any]) -> NDArray[np.float32]:
    """(d,) float32: the largest face as a unit vector."""
    (faces,) = model([pixels])
    if not faces:
        raise PhotoError(
            "no face is found in it. Take one that shows the face from the front.", "no face"
        )
    vector: NDArray[np.float32] = max(faces, key=lambda f: geometry.area(f.box)).vector
    return vector
