"""The street photos of ``ccp`` as the training and measuring programs see them.

One labelled person per photo; the label map is semantic, and one map value is one garment of that
kind. Photos whose number ends in 7 are the validation split and are never trained on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wardrobe import body
from wardrobe.labels import CATEGORIES, CATEGORY_OF_TYPE, Category
from wardrobe.types import Person, Pose

MIN_INSTANCE_PX = 60  # smaller blots in the maps are noise of the annotation
TALL_SUIT = 0.55  # share of the person's height above which a "suit" includes the trousers


@dataclass(frozen=True)
class StreetPhoto:
    """One labelled photo.

    Attributes:
        number: the four digits of its file name.
        image: (h, w, 3) uint8 RGB.
        ids: (h, w) uint8, 0 for nothing, k for ``instances[k - 1]``.
        instances: category and finer type of each garment.
    """

    number: str
    image: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    instances: tuple[tuple[Category, str], ...]


def is_validation(number: str) -> bool:
    return number.endswith("7")


def numbers(root: Path, *, labelled: bool) -> list[str]:
    """Photo numbers in order; ``labelled`` keeps those with a map."""
    folder, ext = (root / "labels", "png") if labelled else (root / "photos", "jpg")
    return sorted(p.stem for p in folder.glob(f"*.{ext}"))


def read_rgb(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{path}: can't be read; is ../shared/data complete?")
    return np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)


def load(root: Path, number: str) -> StreetPhoto:
    """Read one photo and turn its semantic map into garments."""
    names: list[str] = json.loads((root / "label_names.json").read_text())
    image = read_rgb(root / "photos" / f"{number}.jpg")
    raw = cv2.imread(str(root / "labels" / f"{number}.png"), cv2.IMREAD_UNCHANGED)
    person_rows = np.flatnonzero((raw != names.index("null")).any(axis=1))
    ids = np.zeros(raw.shape, np.uint8)
    instances: list[tuple[Category, str]] = []
    for value in np.unique(raw):
        for type_name, mask in _garments(names[value], raw == value, len(person_rows)):
            if mask.sum() < MIN_INSTANCE_PX:
                continue
            instances.append((CATEGORY_OF_TYPE[type_name], type_name))
            ids[mask] = len(instances)
    return StreetPhoto(number, image, ids, tuple(instances))


def _garments(
    name: str, mask: NDArray[np.bool_], person_px: int
) -> list[tuple[str, NDArray[np.bool_]]]:
    """The garments behind one map value: usually one; a tall suit is a jacket and trousers."""
    if name in CATEGORY_OF_TYPE:
        return [(name, mask)]
    if name != "suit":
        return []
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) < TALL_SUIT * person_px:
        return [("blazer", mask)]
    upper = np.zeros_like(mask)
    upper[: (rows[0] + rows[-1]) // 2] = True
    return [("blazer", mask & upper), ("pants", mask & ~upper)]


def category_index(category: Category) -> int:
    return CATEGORIES.index(category)


View = Callable[[StreetPhoto], tuple[slice, slice]]


def whole(p: StreetPhoto) -> tuple[slice, slice]:
    """All of it."""
    return slice(None), slice(None)


def waist_up(p: StreetPhoto) -> tuple[slice, slice]:
    """From above the head to 55 % of the way down the labelled person."""
    top, bottom, left, right = _person(p)
    height = bottom - top
    return slice(max(0, top - height // 10), top + int(0.55 * height)), _wide(p, left, right, 0.3)


def chest_up(p: StreetPhoto) -> tuple[slice, slice]:
    """Head, shoulders and chest, filling the frame as a selfie does."""
    top, bottom, left, right = _person(p)
    height = bottom - top
    return slice(max(0, top - height // 12), top + int(0.36 * height)), _wide(p, left, right, 0.1)


#: Fixed cuts by what they are called in the table; the whole photo needs no name.
VIEWS: dict[str, View] = {"": whole, "waist_up": waist_up, "chest_up": chest_up}


def cuts(p: StreetPhoto) -> Iterator[tuple[bool, tuple[slice, slice]]]:
    """Parts of the photo, and whether each shows enough of a person for a photo to enter: the
    views do; the face, the feet and the larger strip beside the person don't."""
    for view in VIEWS.values():
        yield True, view(p)
    rows, cols = np.flatnonzero(p.ids.any(axis=1)), np.flatnonzero(p.ids.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]), int(cols[0]), int(cols[-1])
    height, middle = bottom - top, (left + right) // 2
    wide = slice(max(0, middle - height // 8), middle + height // 8)
    yield False, (slice(max(0, top - height // 7), max(24, top)), wide)
    yield False, (slice(bottom - height // 10, bottom + height // 20), slice(left, right))
    beside = slice(0, left) if left > p.ids.shape[1] - right else slice(right, None)
    yield False, (slice(None), beside)


def torso(p: StreetPhoto) -> float:
    """Shoulders to hips, px: what the pose stage would say, from the labelled person's height."""
    top, bottom, _, _ = _person(p)
    return 0.27 * (bottom - top)


def _person(p: StreetPhoto) -> tuple[int, int, int, int]:
    rows, cols = np.flatnonzero(p.ids.any(axis=1)), np.flatnonzero(p.ids.any(axis=0))
    # Hair and skin are not garments: the head begins a seventh of the height above them.
    height = rows[-1] - rows[0]
    return max(0, int(rows[0] - height / 7)), int(rows[-1]), int(cols[0]), int(cols[-1])


def _wide(p: StreetPhoto, left: int, right: int, margin: float) -> slice:
    pad = int(margin * (right - left))
    return slice(max(0, left - pad), min(p.ids.shape[1], right + pad))


def wearer(people: Sequence[Person], mask: NDArray[np.bool_], min_joint: float) -> Pose | None:
    """The pose of whose limbs a garment lies nearest to; None where nobody's box holds most of it."""
    ys, xs = np.nonzero(mask)
    points = np.stack([xs, ys], axis=1)[:: max(1, len(xs) // 100)] + 0.5

    def share(p: Person) -> float:
        x0, y0, x1, y1 = p.box
        return float(((xs >= x0) & (xs < x1) & (ys >= y0) & (ys < y1)).mean())

    near = [
        p.pose for p in people
        if share(p) >= 0.6 and body.seen(p.pose, min_joint)[body.BODY].any()
    ]  # fmt: skip
    return min(
        near,
        key=lambda p: float(body.distance(p, body.seen(p, min_joint), points).mean()),
        default=None,
    )
