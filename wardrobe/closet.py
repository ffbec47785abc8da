"""The wardrobe as a store holds it: the catalogue of the last run, and the trace of any photo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import endings, images, pipeline, rows
from wardrobe.catalogue import Catalogue, Funnel
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError, StoreError
from wardrobe.folder import Found, locate
from wardrobe.pipeline import Sight
from wardrobe.store import Store
from wardrobe.types import VECTOR_SIZE, Mask, Step


def load(
    store: Store,
    *,
    pictures: bool = True,
    hidden: bool = False,
    garments: Mapping[str, Any] | None = None,
    items: Mapping[str, Any] | None = None,
) -> Catalogue:
    """The catalogue as the last finished run left it.

    Args:
        pictures: also read thumbnails and previews.
        hidden: the items that a person hid, instead of all the others.
        garments: their rows, and ``items`` theirs, for who has read them already.

    Raises:
        StoreError: no run has finished yet.
    """
    done = next((r for r in store.runs() if r["ended_at"]), None)
    if done is None:
        raise StoreError(
            f"no run has finished in {store.root}. Run `wardrobe build` again; it goes on."
        )
    garments = store.derived("garment") if garments is None else garments
    items = store.derived("item") if items is None else items
    kept = store.recall([g["preview"] for g in garments.values()]) if pictures else {}
    previews = {key: result.value for key, result in kept.items()}
    entries = []
    for facts in items.values():
        if facts.get("hidden", False) != hidden:
            continue
        shown = {
            key: (store.root / facts[key]).read_bytes()
            for key in ("thumbnail", "sources")
            if pictures and facts.get(key)
        }
        entries.append(
            rows.entry(facts, garments, previews, shown.get("thumbnail"), shown.get("sources"))
        )
    funnel = dict(done["funnel"])
    funnel["left_out_photos"] = tuple((p, why) for p, why in funnel["left_out_photos"])
    return Catalogue(tuple(entries), Funnel(**funnel))


def vectors(store: Store) -> dict[str, NDArray[np.float32]]:
    """Item id -> (256,) float32 of length 1: the mean of its garments' vectors, weighted by how
    much of each is visible. An item whose vectors were forgotten is left out."""
    garments = store.derived("garment")
    known = store.recall([g["vector"] for g in garments.values()])
    sums: dict[str, NDArray[np.float32]] = {}
    for row in garments.values():
        result = known.get(row["vector"])
        if result and result.value is not None:
            one = np.frombuffer(result.value, "<f4") * (0.05 + row["visibility"])
            sums[row["item"]] = sums.get(row["item"], np.zeros(VECTOR_SIZE, np.float32)) + one
    return {i: (v / np.linalg.norm(v)).astype(np.float32) for i, v in sums.items()}


def last_run(store: Store) -> tuple[Path, Settings]:
    """The photo folder and the settings of the newest run.

    Raises:
        StoreError: there was none.
    """
    runs = store.runs()
    if not runs:
        raise StoreError(
            f"no run yet in {store.root}. Run `wardrobe build PHOTOS --out {store.root}`."
        )
    return Path(runs[0]["photos"]), Settings.model_validate(runs[0]["settings"])


def explain(photo: str, store: Store) -> Sight:
    """Everything the store remembers of one photo of the last run; computes nothing.

    Args:
        photo: as ``status`` and exports write it, or the path of the file.

    Raises:
        ConfigError: no such photo in the folder.
    """
    photos, settings = last_run(store)
    path = photo
    if Path(photo).is_file() and Path(photo).resolve().is_relative_to(photos.resolve()):
        path = Path(photo).resolve().relative_to(photos.resolve()).as_posix()
    file = locate(photos, path)
    try:
        stat = file.stat()
        photo_id = images.digest(file)
    except (OSError, PhotoError) as e:
        raise ConfigError(
            f"{path}: no such photo in {photos}. `wardrobe status` lists what was seen."
        ) from e
    who = store.runs()[0]["owner"]
    owner = np.array(json.loads(who), np.float32) if who else None
    recipe = pipeline.recipe(settings, owner=owner)
    found = Found(path, file, stat.st_size, stat.st_mtime_ns)
    (sight,) = pipeline.look([(found, photo_id)], recipe, store, compute=False)
    row = store.derived("photo").get(path)
    if row and row["reason"] == endings.COPY:  # its bytes were looked at under the other name
        sight.reason, sight.garments = row["reason"], ()
        sight.steps.append(Step("photo", path, row["message"]))
    return sight


def masks(photo: str, store: Store) -> dict[str, Mask]:
    """Garment id -> its visible pixels, in the frame of the working picture, for the garments of
    one photo of the last run; those that the store no longer remembers are left out.

    Args:
        photo: path as ``status`` writes it.
    """
    row = store.derived("photo").get(photo)
    if not row or not row["id"]:
        return {}
    folder, settings = last_run(store)
    who = store.runs()[0]["owner"]
    recipe = pipeline.recipe(settings, owner=np.array(json.loads(who), np.float32) if who else None)
    found = Found(photo, locate(folder, photo), 0, 0)
    (sight,) = pipeline.look([(found, row["id"])], recipe, store, until="segment", compute=False)
    return {g.id: g.mask for g in sight.garments}


def trace(sight: Sight) -> dict[str, Any]:
    """A photo's trace as plain JSON values: ``{"photo", "steps": [{"stage", "went_in",
    "came_out", "model", "seconds", "failure"}], "end"}``."""
    steps = [asdict(step) for step in sight.steps]
    return {"photo": sight.found.path, "steps": steps, "end": ending(sight)}


def ending(sight: Sight) -> str:
    """Where the photo stopped and why, or that it is in."""
    if sight.failure:
        return f"stopped at {sight.failure.stage}: {sight.failure.message}"
    if sight.reason:
        return f"left out: {sight.reason}"
    return f"kept, {len(sight.garments)} garment(s)"
