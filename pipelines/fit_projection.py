"""Fit the 256 directions that an encoder's vectors are projected to, on the garments of a closet.

    python pipelines/fit_projection.py marqo-fashionsiglip --out CLOSET

For encoders whose first 256 numbers don't stand alone. Projecting to random directions loses more
than to those in which one's own garments differ. The garments are those of the closet's last run, of
whatever profile: build it with ``--profile small`` first. Principal components without taking the
mean off, so that cosines stay what they were as nearly as 256 numbers allow. Writes
``projection.safetensors`` beside the model's weights and pins it; vectors made with another one are
not mixed with its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from wardrobe import backends, closet, pipeline, weights
from wardrobe.config import Settings
from wardrobe.folder import Found
from wardrobe.store import Store
from wardrobe.types import VECTOR_SIZE, Crop

A_BATCH = 32  # photos


def crops(out: Path) -> Iterator[list[Crop]]:
    """The garments of the last run's photos, a batch of photos at a time."""
    store = Store(out, create=False)
    photos, settings = closet.last_run(store)
    recipe = pipeline.recipe(settings)
    known = [
        (p, row["id"]) for p, row in store.derived("photo").items() if row["outcome"] == "kept"
    ]
    for start in range(0, len(known), A_BATCH):
        found = [(Found(p, photos / p, 0, 0), i) for p, i in known[start : start + A_BATCH]]
        sights = pipeline.look(found, recipe, store, until="segment", compute=False)
        yield [Crop.of(recipe.pictures(s.photo), g) for s in sights if s.photo for g in s.garments]


def projection(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """(d, 256) float32 with columns of length 1 at right angles, and the share of the vectors'
    squared length that they hold.

    Raises:
        SystemExit: fewer vectors than directions: what is left over would be chance.
    """
    if len(vectors) < VECTOR_SIZE:
        raise SystemExit(f"{len(vectors)} garments are too few for {VECTOR_SIZE} directions.")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    size, directions = np.linalg.eigh(unit.T.astype(np.float64) @ unit)
    held = float(size[-VECTOR_SIZE:].sum() / size.sum())
    return np.ascontiguousarray(directions[:, ::-1][:, :VECTOR_SIZE], np.float32), held


def keep(name: str, file: str, tensors: dict[str, NDArray[np.float32]]) -> Path:
    """Write a file that belongs to a model but depends on one's own photos, and pin it."""
    model = weights.find(name)
    folder = weights.location(model)
    folder.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=folder)
    os.close(handle)
    save_file(tensors, part)
    path = folder / file
    os.replace(part, path)
    weights.pin(
        model, f"{model.file}/{file}", sha=weights.sha256(path), size=path.stat().st_size, url=""
    )
    return path


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--out", type=Path, required=True, help="the closet's folder")
    parser.add_argument("--device", default=Settings().run.device)
    args = parser.parse_args(argv)
    model = weights.find(args.model)
    (device,) = backends.resolve(args.device).split(",")[:1]
    from wardrobe.backends.openclip import ClipEmbedder

    # Not backends.create: it would ask for the file that is made here.
    options = {**model.options, "reduce": "none"}
    encoder = ClipEmbedder(weights.location(model), device=device, **options)
    found = [encoder(part) for part in crops(args.out) if part]
    matrix, held = projection(np.concatenate(found) if found else np.zeros((0, 1), np.float32))
    path = keep(args.model, "projection.safetensors", {"projection": matrix})
    print(f"{path}: {sum(map(len, found))} garments, {held:.1%} of their vectors held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
