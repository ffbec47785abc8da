"""Selfies -> the vectors that say who in a photo is the owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import geometry, images
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError


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
            picture = images.read(
                selfie, work_px=1024, max_megapixels=settings.photo.max_megapixels
            )
        except PhotoError as e:
            raise ConfigError(f"--owner {selfie}: {e}") from e
        (faces,) = model([picture.pixels])
        if not faces:
            raise ConfigError(
                f"--owner {selfie}: no face is found in it. Take one that shows the face from the front."
            )
        found.append(max(faces, key=lambda f: geometry.area(f.box)).vector)
    return np.stack(found)
