"""A labelled library in miniature: drawn people in known garments, with their truth in schema 1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fakes import LEGS, TOP, H, Models, W, write_photos
from numpy.typing import NDArray
from PIL import Image as Pillow
from pycocotools import mask as coco

from wardrobe import batch
from wardrobe.config import Settings

Colour = tuple[int, int, int]
RED, BLUE = (200, 40, 40), (40, 60, 200)
JEANS: Colour = (30, 40, 90)


def library(
    folder: Path, tops: Sequence[Colour | None], *, one: Mapping[Colour, Colour] | None = None
) -> Path:
    """Photos of one owner in these tops and always the same jeans, and all that is true of them.

    Args:
        one: colours that are another garment's in other light.
    """
    write_photos(folder, list(tops))
    real = {c: (one or {}).get(c, c) for c in tops if c}
    names = {c: f"top-{r[0]}-{r[2]}" for c, r in real.items()}
    items = [
        _item(folder, names[c], "tops", "t-shirt", c, TOP) for c in dict.fromkeys(real.values())
    ]
    items.append(_item(folder, "jeans", "bottoms", "jeans", JEANS, LEGS))
    lines = [_photo(f"{k:03}.jpg", names[c] if c else None) for k, c in enumerate(tops)]
    facts = {"schema": 1, "owner": "owner", "people": [{"id": "owner"}], "items": items}
    (folder / "truth" / "items.json").write_text(json.dumps(facts))
    (folder / "truth" / "photos.jsonl").write_text("\n".join(json.dumps(x) for x in lines))
    return folder


def build(folder: Path, out: Path, settings: Settings) -> Path:
    """The wardrobe of a library by the fakes' rules; later runs find everything remembered."""
    batch.build(folder, out, settings, create=Models().create)
    return out


def _item(
    folder: Path, name: str, category: str, kind: str, colour: Colour, box: Sequence[int]
) -> dict[str, Any]:
    x0, y0, x1, y1 = box
    alone = np.zeros((H, W, 4), np.uint8)
    alone[y0:y1, x0:x1] = (*colour, 255)
    (folder / "truth" / "items").mkdir(parents=True, exist_ok=True)
    (folder / "truth" / ".nomedia").touch()  # what lies there is no photo
    picture = f"items/{name}.png"
    Pillow.fromarray(alone).save(folder / "truth" / picture)
    code = "#{:02x}{:02x}{:02x}".format(*colour)
    return {
        "id": name, "person": "owner", "category": category, "type": kind, "name": name,
        "colours": [["its colour", code, 1.0]], "pattern": "plain", "picture": picture,
    }  # fmt: skip


def _photo(file: str, top: str | None) -> dict[str, Any]:
    worn = [(top, "tops", TOP), ("jeans", "bottoms", LEGS)] if top else []
    joints = [[120, 40, 2]] * 17
    return {
        "file": file, "size": [W, H], "place": "wall", "light": "daylight", "view": "full",
        "enters": bool(top),
        "people": [{"id": "owner", "box": [80, 30, 160, 310], "joints": joints}] if top else [],
        "garments": [_garment(name, kind, box) for name, kind, box in worn],
    }  # fmt: skip


def _garment(name: str | None, category: str, box: Sequence[int]) -> dict[str, Any]:
    x0, y0, x1, y1 = box
    mask: NDArray[np.uint8] = np.zeros((H, W), np.uint8, order="F")
    mask[y0:y1, x0:x1] = 1
    code = coco.encode(mask)
    code = {"size": list(code["size"]), "counts": code["counts"].decode()}
    return {
        "item": name, "person": "owner", "category": category, "visible": code, "amodal": code,
        "full_px": int(mask.sum()), "visibility": 1.0,
    }  # fmt: skip
