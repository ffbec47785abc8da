"""Stores for tests and screenshots: small ones built by fakes, large ones written row by row."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe import images
from wardrobe.config import Settings
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.runner import Result
from wardrobe.store import Store
from wardrobe.types import VECTOR_SIZE

COLOURS = {"black": "#1c1b1a", "white": "#f4f2ee", "navy": "#1f2a4d", "grey": "#8f8f8f", "red": "#b9312c",
           "olive": "#6d6b37", "beige": "#d6c3a2", "light blue": "#a9c9ea", "brown": "#7a5136"}  # fmt: skip
PATTERNS = (None, None, None, "striped", "checked", "dotted")


def _picture(rng: np.random.Generator, ink: str, shape: int, pattern: str | None) -> bytes:
    """A flat garment on the neutral background: enough to judge a page by."""
    side = 512
    y, x = np.mgrid[0:side, 0:side] / side
    body = (np.abs(x - 0.5) < (0.24, 0.17, 0.22, 0.3)[shape]) & (y > 0.14) & (y < 0.86)
    arms = (np.abs(x - 0.5) < 0.4) & (y > 0.14) & (y < (0.4, 0.0, 0.0, 0.66)[shape])
    legs = (shape == 1) & (np.abs(x - 0.5) < 0.02) & (y > 0.35)
    inside = (body | arms) & ~legs
    colour = np.array([int(ink[i : i + 2], 16) for i in (1, 3, 5)], float)
    shade = 1 - 0.18 * np.abs(np.sin(9 * x + rng.uniform(0, 6)) * np.cos(5 * y)) * (y > 0.2)
    cloth = colour * shade[..., None]
    light = {
        "striped": np.sin(70 * y) > 0.3,
        "checked": (np.sin(50 * y) > 0.7) | (np.sin(50 * x) > 0.7),
        "dotted": (np.sin(60 * x) * np.sin(60 * y)) > 0.7,
    }.get(pattern or "", np.zeros_like(x, bool))
    cloth[light] = 0.35 * cloth[light] + 0.65 * 235
    out = np.where(inside[..., None], cloth, np.array([244, 243, 241.0]))
    return images.encode_webp(out.clip(0, 255).astype(np.uint8), 80)


def synthetic(out: Path, items: int, seed: int = 0, pictures: int = 120) -> Path:
    """A finished store of so many items, as a run would have left it, but for the memos of models.

    Args:
        pictures: how many different thumbnails there are; they are shared beyond that.
    """
    rng = np.random.default_rng(seed)
    store = Store(out)
    made: list[
        tuple[str, str, str, str | None]
    ] = []  # path, key of preview and vector, colour, pattern
    for n in range(min(items, pictures)):
        name, pattern = str(rng.choice(list(COLOURS))), PATTERNS[rng.integers(len(PATTERNS))]
        data = _picture(rng, COLOURS[name], int(rng.integers(4)), pattern)
        key = f"{n:064x}"
        vector = rng.normal(size=VECTOR_SIZE).astype("<f4")
        vector /= np.linalg.norm(vector)
        store.remember([
            Result(key, "preview", "", data, None, True, 0.0),
            Result(f"e{n:063x}", "embed", "", vector.tobytes(), None, True, 0.0),
        ])  # fmt: skip
        made.append((store.put_picture(data), key, name, pattern))
    tables: dict[str, dict[str, Any]] = {"photo": {}, "garment": {}, "item": {}, "question": {}}
    today = date.today()
    for n in range(items):
        _item(tables, n, made[n % len(made)], rng, today)
    ids = list(tables["item"])
    for a, b in zip(ids[:40:2], ids[1:40:2], strict=False):
        pair = sorted((tables["item"][a]["garment_ids"][0], tables["item"][b]["garment_ids"][0]))
        tables["question"][":".join(pair)] = {
            "a": pair[0], "b": pair[1], "cosine": 0.9, "why": "they look alike", "gain": 1.0
        }  # fmt: skip
    kept = len(tables["photo"])
    run = store.begin(str(out.parent / "photos"), Settings().model_dump_json())
    funnel = {
        "seen": kept + 3, "kept": kept, "left_out": {"no person": 3}, "garments": len(tables["garment"]),
        "items": items, "failures": 0, "left_out_photos": [], "left_out_garments": {},
    }  # fmt: skip
    store.finish(run, tables, funnel)
    store.close()
    return out


def _item(
    tables: dict[str, dict[str, Any]],
    n: int,
    picture: tuple[str, str, str, str | None],
    rng: np.random.Generator,
    today: date,
) -> None:
    path, preview, colour, pattern = picture
    category = CATEGORIES[int(rng.integers(len(CATEGORIES)))]
    kind = str(rng.choice(TYPES[category]))
    days = sorted(
        today - timedelta(int(rng.integers(5, 700))) for _ in range(int(rng.integers(1, 4)))
    )
    garments = []
    for k, worn in enumerate(days):
        photo_id = f"{n * 10 + k:064x}"
        photo, garment = f"2026/IMG_{n:05}_{k}.jpg", f"{n * 10 + k:016x}"
        taken = datetime(worn.year, worn.month, worn.day, 12).isoformat()
        box = [0.3, 0.2, 0.7, 0.8]
        garments.append(garment)
        tables["photo"][photo] = {
            "id": photo_id, "outcome": "kept", "reason": None, "message": None,
            "size": [900, 1200], "taken_at": taken, "same_as": None,
        }  # fmt: skip
        tables["garment"][garment] = {
            "photo": photo, "box": [270, 240, 630, 960], "visibility": 0.9, "score": 0.9,
            "taken_at": taken, "preview": preview, "outline_frac": [0.1, 0.1, 0.9, 0.9],
            "anchor": {"photo_id": photo_id, "box_frac": box, "category": category},
            "showing": 0.8, "quality": None, "item": garments[0], "vector": f"e{preview[1:]}",
        }  # fmt: skip
    words = [
        {"striped": "striped", "checked": "checked", "dotted": "dotted"}.get(pattern or ""),
        colour,
        kind,
    ]
    name = " ".join(w for w in words if w)
    tables["item"][garments[0]] = {
        "id": garments[0], "name": name[0].upper() + name[1:], "category": category, "type": kind,
        "colours": [[colour, COLOURS[colour], 0.8]], "confidence": 0.9, "garment_ids": garments,
        "flagged": None, "pattern": pattern, "sleeve": None, "hidden": False,
        "first_seen": days[0].isoformat(), "last_seen": days[-1].isoformat(),
        "worn_count": len(set(days)), "thumbnail": path,
    }  # fmt: skip


if __name__ == "__main__":
    import sys

    made_at = synthetic(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({"out": str(made_at)}) + "\n")
