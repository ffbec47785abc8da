"""Garment -> category and finer type with confidence, and its main colours.

Computed beside the embedding and never a gate before grouping: each can mend the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from wardrobe import color, position
from wardrobe.config import ClassifySettings
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.position import OnBody
from wardrobe.types import Crop, Image, Labels, Photo, Scores


class Classifier(Protocol):
    """Labels garment crops, one answer each, in order; a batch equals its singles."""

    def __call__(self, crops: Sequence[Crop]) -> Sequence[Scores]: ...


@dataclass(frozen=True, slots=True)
class Described:
    """What is remembered of one garment: the model's scores and the colours of its pixels."""

    scores: Scores
    colours: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Classify:
    """The classification stage; remembered without thresholds but that of a joint."""

    model: str
    load: Callable[[], Classifier]
    pixels: Callable[[Photo], Image]
    min_joint: float
    name: str = "classify"
    version: int = 3

    def recipe(self) -> dict[str, Any]:
        return {"min_joint": self.min_joint}

    def digest(self, one: OnBody) -> str:
        return f"{one.worn.digest}:{hashlib.sha256(one.pose.joints.tobytes()).hexdigest()}"

    def __call__(self, batch: Sequence[OnBody]) -> Sequence[Described]:
        crops = [
            Crop.of(
                self.pixels(d.worn.photo), d.worn.garment,
                position=position.on_body(d.worn.garment.mask.array(), d.pose, self.min_joint),
            )
            for d in batch
        ]  # fmt: skip
        scores = self.load()(crops)
        return [
            Described(s, color.main_colours(c.image[c.mask]))
            for s, c in zip(scores, crops, strict=True)
        ]

    def encode(self, out: Described) -> bytes:
        category = [round(float(p), 5) for p in out.scores.category]
        types = {t: round(p, 5) for t, p in out.scores.types.items()}
        return json.dumps([category, types, out.colours]).encode()

    def decode(self, data: bytes) -> Described:
        category, types, colours = json.loads(data)
        scores = Scores(np.array(category, np.float32), types)
        return Described(scores, tuple((n, h, s) for n, h, s in colours))


def labels(described: Described, settings: ClassifySettings) -> Labels:
    """The likeliest category, and a finer type where the model is sure enough of it."""
    scores = described.scores
    best = int(scores.category.argmax())
    category = CATEGORIES[best]
    finer = max(TYPES[category], key=lambda t: scores.types.get(t, 0.0))
    sure = scores.types.get(finer, 0.0)
    return Labels(
        category,
        float(scores.category[best]),
        finer if sure >= settings.min_type else None,
        float(sure),
        described.colours,
    )
