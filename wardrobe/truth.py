"""A labelled library: photos whose people, garments and items are known exactly.

``truth/items.json`` and ``truth/photos.jsonl`` beside the photos, as ``sample_photos/truth/README.md``
documents them (schema 1). Masks are COCO's compressed run lengths.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe.errors import ConfigError
from wardrobe.labels import CATEGORIES, Category
from wardrobe.types import JOINTS, Box, MaskArray

SCHEMA = 1
VISIBLE, HIDDEN, OUTSIDE = 2, 1, 0


@dataclass(frozen=True, slots=True)
class TrueItem:
    """One physical garment.

    Attributes:
        person: id of whose it is.
        colours: of its fabric, largest first: (name, "#rrggbb", share).
        pattern: such as "striped".
        sleeve: "short", "long", "none", or None where it has no sleeves to speak of.
        model: the product; two items may share it and are two items still.
        picture: rendered alone on a transparent background; None where there is none.
    """

    id: str
    person: str
    category: Category
    type: str
    name: str
    colours: tuple[tuple[str, str, float], ...]
    pattern: str
    sleeve: str | None = None
    model: str = ""
    picture: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TruePerson:
    """One person in one photo.

    Attributes:
        box: px of the upright photo, or None when nothing of them is seen.
        joints: (17, 3) float32: x_px, y_px, state (:data:`VISIBLE`, :data:`HIDDEN`,
            :data:`OUTSIDE`); COCO order, left and right as the picture shows them.
    """

    id: str
    box: Box | None
    joints: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrueGarment:
    """One garment in one photo.

    Attributes:
        visible, amodal: run lengths as the file has them; see :meth:`mask` and :meth:`whole`.
        full_px: pixels of the garment alone, not clipped to the frame.
        visibility: visible pixels / full_px.
    """

    item: str
    person: str
    category: Category
    visible: Mapping[str, Any]
    amodal: Mapping[str, Any]
    full_px: int
    visibility: float

    def mask(self) -> MaskArray:
        """(h, w) bool, the visible pixels."""
        return decode(self.visible)

    def whole(self) -> MaskArray:
        """(h, w) bool, the garment alone with its hidden parts, clipped to the frame."""
        return decode(self.amodal)


@dataclass(frozen=True, slots=True)
class TruePhoto:
    """One photo.

    Attributes:
        file: name in the library's folder.
        size: (width_px, height_px), upright.
        enters: whether the pipeline should let it in.
        copy_of: file that this one is an exact copy of, or "".
    """

    file: str
    size: tuple[int, int]
    taken: datetime | None
    place: str
    light: str
    view: str
    enters: bool
    people: tuple[TruePerson, ...]
    garments: tuple[TrueGarment, ...]
    copy_of: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that is true of a folder of photos."""

    folder: Path
    owner: str
    people: tuple[str, ...]
    items: Mapping[str, TrueItem]
    photos: Mapping[str, TruePhoto]


def load(folder: Path) -> Library:
    """Read a library's truth.

    Raises:
        ConfigError: there is none, it is damaged, or of another schema.
    """
    at = folder / "truth"
    try:
        facts = json.loads((at / "items.json").read_text(encoding="utf-8"))
        lines = (at / "photos.jsonl").read_text(encoding="utf-8").splitlines()
        if facts["schema"] != SCHEMA:
            raise ConfigError(f"{at}: schema {facts['schema']}; this version reads {SCHEMA}.")
        photos = [photo(json.loads(line)) for line in lines]
        return Library(
            folder,
            facts["owner"],
            tuple(person["id"] for person in facts["people"]),
            {row["id"]: _item(row, at) for row in facts["items"]},
            {photo.file: photo for photo in photos},
        )
    except FileNotFoundError as e:
        raise ConfigError(f"{folder} is not a labelled library: it has no {e.filename}.") from e
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ConfigError(f"{at}: {type(e).__name__}: {e}. Render the library again.") from e


def problems(library: Library) -> list[str]:
    """What contradicts itself in a library's truth, as sentences; nothing when it is sound."""
    found = []
    owners = {item.id: item.person for item in library.items.values()}
    for item in library.items.values():
        if item.category not in CATEGORIES:
            found.append(f"{item.id}: category {item.category}")
        if item.person not in library.people:
            found.append(f"{item.id} belongs to {item.person}, who is not among the people")
        if item.picture and not item.picture.is_file():
            found.append(f"{item.id}: {item.picture.name} is missing")
    for photo in library.photos.values():
        found += [f"{photo.file}: {what}" for what in _doubts(photo, library, owners)]
    return found


def decode(code: Mapping[str, Any]) -> MaskArray:
    """COCO's compressed run lengths (column by column, the zeros first) to (h, w) bool.

    The format is pycocotools': six bits a character, each run but the first three as the
    difference to the one two before.
    """
    h, w = code["size"]
    runs: list[int] = []
    value, shift = 0, 0
    for character in code["counts"]:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value, shift = 0, 0
    ones = np.zeros(len(runs), np.bool_)
    ones[1::2] = True
    return np.ascontiguousarray(np.repeat(ones, runs).reshape(w, h).T)


def _doubts(photo: TruePhoto, library: Library, owners: Mapping[str, str]) -> list[str]:
    w, h = photo.size
    out = []
    if not (library.folder / photo.file).is_file():
        out.append("no such file")
    if photo.copy_of and photo.copy_of not in library.photos:
        out.append(f"a copy of {photo.copy_of}, which is not there")
    here = {person.id for person in photo.people}
    for person in photo.people:
        if person.joints.shape != (len(JOINTS), 3):
            out.append(f"{person.joints.shape} joints of {person.id}")
        elif _off(person.joints, photo.size).any():
            out.append(f"joints of {person.id} that contradict the frame")
        if person.box and not (
            0 <= person.box[0] < person.box[2] <= w and 0 <= person.box[1] < person.box[3] <= h
        ):
            out.append(f"a box of {person.id} beyond the frame")
    twice = Counter((g.item, g.person) for g in photo.garments)
    out += [f"{item} twice on {who}" for (item, who), n in twice.items() if n > 1]
    for g in photo.garments:
        try:
            visible, whole = g.mask(), g.whole()
        except (ValueError, KeyError, TypeError):
            out.append(f"{g.item}: masks whose run lengths don't fill their frame")
            continue
        if visible.shape != (h, w) or whole.shape != (h, w):
            out.append(f"{g.item}: masks of another size than the photo")
        elif (visible & ~whole).any():
            out.append(f"{g.item}: visible beyond its amodal mask")
        elif g.full_px < int(whole.sum()):
            out.append(f"{g.item}: fewer pixels in full than in the frame")
        elif abs(int(visible.sum()) / g.full_px - g.visibility) > 1e-4:
            out.append(f"{g.item}: visibility {g.visibility} is not what its masks say")
        if owners.get(g.item) != g.person or g.person not in here:
            out.append(f"{g.item} on {g.person}, whose it is not or who is not here")
        elif library.items[g.item].category != g.category:
            out.append(f"{g.item}: {g.category} here, {library.items[g.item].category} there")
    return out


def _off(joints: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Joints that lie in the frame and should not, or the other way round; (n,) bool.

    Within a pixel of the edge rounding may have moved them; (0, 0) stands for behind the camera.
    """
    x, y, state = joints.T
    (w, h), outside = size, state == OUTSIDE
    far = (x < -1) | (y < -1) | (x > w + 1) | (y > h + 1)
    deep = (x > 1) & (y > 1) & (x < w - 1) & (y < h - 1)
    wrong: NDArray[np.bool_] = np.where(outside, deep, far)
    return wrong


def _item(row: Mapping[str, Any], at: Path) -> TrueItem:
    return TrueItem(
        row["id"], row["person"], row["category"], row["type"], row["name"],
        tuple((n, h, float(s)) for n, h, s in row["colours"]), row["pattern"], row.get("sleeve"),
        row.get("model") or "", at / row["picture"] if row.get("picture") else None,
    )  # fmt: skip


def photo(row: Mapping[str, Any]) -> TruePhoto:
    """One line of ``photos.jsonl``."""
    people = tuple(
        TruePerson(
            p["id"],
            (p["box"][0], p["box"][1], p["box"][2], p["box"][3]) if p["box"] else None,
            np.array(p["joints"], np.float32),
        )
        for p in row["people"]
    )
    garments = tuple(
        TrueGarment(
            g["item"], g["person"], g["category"], g["visible"], g["amodal"], g["full_px"],
            g["visibility"],
        )
        for g in row["garments"]
    )  # fmt: skip
    taken = datetime.fromisoformat(row["taken"]) if row.get("taken") else None
    return TruePhoto(
        row["file"], (row["size"][0], row["size"][1]), taken, row["place"], row["light"],
        row["view"], row["enters"], people, garments, row.get("copy_of") or "",
    )  # fmt: skip
