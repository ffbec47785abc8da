"""Models for tests: plain rules over the drawn people of ``pictures.py``-like photos, counted.

A drawn person is two flat rectangles on a grey wall, a top and trousers (:func:`draw`). The fakes
find them by colour, so the whole pipeline can be checked without a weight file.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wardrobe.labels import CATEGORIES
from wardrobe.stages.amodal import Dress, Extent, Template
from wardrobe.stages.pose import Face
from wardrobe.types import VECTOR_SIZE, Crop, Detection, Image, Mask, Person, Pose, Scores

WALL = (128, 128, 128)
W, H = 240, 320
TOP = (80, 60, 160, 160)  # x0, y0, x1, y1
LEGS = (85, 160, 155, 300)

# Shares of the drawing at which the joints lie, COCO order: head, shoulders, elbows, ... The arms
# are held in front of the trunk, where nothing can be said of sleeves.
_JOINTS = np.array(
    [(120, 40), (124, 36), (116, 36), (128, 38), (112, 38), (150, 70), (90, 70), (138, 110), (102, 110),
     (134, 150), (106, 150), (140, 160), (100, 160), (140, 225), (100, 225), (140, 290), (100, 290)],
    np.float32,
) / (W, H)  # fmt: skip


def draw(
    top: tuple[int, int, int] | None, legs: tuple[int, int, int] = (30, 40, 90), seed: int = 0
) -> Image:
    """A (320, 240, 3) picture of a person, or of an empty room when ``top`` is None."""
    rng = np.random.default_rng(seed)
    image = np.full((H, W, 3), WALL, np.uint8)
    image[:, : 1 + rng.integers(60)] = rng.integers(118, 139)  # another place, another wall
    image[int(rng.integers(H - 20)) :, 200:] = rng.integers(118, 139)
    for colour, (x0, y0, x1, y1) in ((top, TOP), (legs, LEGS)):
        if top is not None and colour is not None:
            image[y0:y1, x0:x1] = colour
    return image


def write_photos(folder: Path, tops: Sequence[tuple[int, int, int] | None]) -> list[Path]:
    """One dated JPEG each, a day apart, named 000.jpg ..."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i, top in enumerate(tops):
        exif = Pillow.Exif()
        taken = datetime(2026, 5, 1, 12) + timedelta(days=i)
        exif[0x0132] = taken.strftime("%Y:%m:%d %H:%M:%S")
        paths.append(folder / f"{i:03}.jpg")
        Pillow.fromarray(draw(top, seed=i)).save(paths[-1], quality=95, exif=exif)
    return paths


def _is_garment(image: Image) -> NDArray[np.bool_]:
    return np.ptp(image.astype(int), axis=2) > 24


class Models:
    """A stand-in for ``backends.create`` that counts how many inputs each stage's model was given.

    Attributes:
        calls: stage -> inputs.
        loaded: stages whose model was made.
        trouble: stage -> exception raised instead of an answer.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.loaded: list[str] = []
        self.trouble: dict[str, Exception] = {}
        self._turn = threading.Lock()

    def create(self, stage: str, name: str, device: str) -> Any:
        self.loaded.append(stage)
        answer = {
            "pose": _pose,
            "segment": _segment,
            "amodal": _amodal,
            "embed": _embed,
            "classify": _classify,
            "face": _face,
            "inpaint": _inpaint,
        }[stage]

        def model(batch: Sequence[Any], *_: Any) -> Any:
            if stage != "inpaint":  # asked as holes come, of which drawn people have few
                with self._turn:  # a crew's threads ask side by side
                    self.calls[stage] += len(batch)
            if stage in self.trouble:
                raise self.trouble[stage]
            found = [answer(one) for one in batch]
            return np.stack(found) if stage == "embed" else found

        return model


def _pose(image: Image) -> list[Person]:
    if not _is_garment(image).any():
        return []
    h, w = image.shape[:2]
    joints = np.concatenate([_JOINTS * (w, h), np.full((17, 1), 0.95)], axis=1).astype(np.float32)
    return [Person((0.3 * w, 0.08 * h, 0.7 * w, 0.97 * h), 0.9, Pose(joints))]


def _inpaint(image: Image) -> Image:
    """Every hole in the colour that is commonest."""
    colours, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    return np.broadcast_to(colours[counts.argmax()], image.shape).copy()


def _face(image: Image) -> list[Face]:
    """One face at the drawn head; whoever wears red is one person, everybody else another."""
    h, w = image.shape[:2]
    r, g, b = (int(v) for v in image[int(0.3 * h), w // 2])
    vector = np.array([1, 0] if r > g + 60 and r > b + 60 else [0, 1], np.float32)
    return [Face((0.46 * w, 0.09 * h, 0.54 * w, 0.15 * h), vector)]


def _segment(image: Image) -> list[Detection]:
    colour = image.astype(int)
    found = []
    worn = _is_garment(image)
    middle = worn[:, worn.shape[1] // 2]
    start = int(np.flatnonzero(middle)[0]) if middle.any() else 0
    first = colour[start + 3, worn.shape[1] // 2]
    top = worn & (np.abs(colour - first).sum(axis=2) < 60)
    for category, mask in (("tops", top), ("bottoms", worn & ~top)):
        rows, cols = np.nonzero(mask)
        if len(rows) > 200:
            box = (
                float(cols.min()),
                float(rows.min()),
                float(cols.max() + 1),
                float(rows.max() + 1),
            )
            found.append(Detection(category, 0.9, box, Mask.of(mask)))
    return found


def _amodal(dress: Dress) -> list[Extent]:
    return Template(0.5)([dress])[0]


def _embed(crop: Crop) -> NDArray[np.float32]:
    colour = crop.image[crop.mask].mean(axis=0) / 255
    grid = np.linspace(0, 1, 85)
    bumps = [np.exp(-(((grid - c) / 0.06) ** 2)) for c in colour]
    vector = np.concatenate([*bumps, [0.0]])
    assert len(vector) == VECTOR_SIZE
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _classify(crop: Crop) -> Scores:
    h, w = crop.mask.shape
    category = np.full(len(CATEGORIES), 0.01, np.float32)
    category[CATEGORIES.index("bottoms" if h > 1.5 * w else "tops")] = 0.88
    return Scores(category, {"t-shirt": 0.7, "jeans": 0.4})
