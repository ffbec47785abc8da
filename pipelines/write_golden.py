"""Write down what the shipped models say of a few drawn pictures, for tests to compare with.

    python pipelines/write_golden.py

Reads ``tests/golden/*.png`` (a garment on nothing; the alpha channel is its mask) and writes
``tests/golden/expected.json``. Run it when weights were replaced on purpose, and look at what
changed: a test then says when anything else changes what the models answer.
"""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from wardrobe import weights
from wardrobe.backends.pairs import SmallMatcher
from wardrobe.backends.small import SmallClassifier, SmallEmbedder
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.types import Crop

FOLDER = Path("tests/golden")


def crop(path: Path) -> Crop:
    """The garment of a picture with an alpha channel."""
    image = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    return Crop(np.ascontiguousarray(image[..., :3], np.uint8), image[..., 3] > 127)


def said(crops: list[Crop]) -> list[dict[str, object]]:
    """Vector, category with its probability, and likeliest finer type, of each."""
    files = {
        name: weights.verified(weights.find(name)) for name in ("embed-small", "classify-small")
    }
    embed = SmallEmbedder(files["embed-small"], device="cpu")
    name = SmallClassifier(files["classify-small"], device="cpu", trunk=files["embed-small"])
    out: list[dict[str, object]] = []
    for vector, scores in zip(embed(crops), name(crops), strict=True):
        best = int(scores.category.argmax())
        kind = max(TYPES[CATEGORIES[best]], key=lambda t: scores.types[t])
        out.append({
            "category": CATEGORIES[best], "probability": round(float(scores.category[best]), 3),
            "type": kind, "vector": [round(float(v), 4) for v in vector],
        })  # fmt: skip
    return out


def matched(vectors: np.ndarray) -> list[float]:
    """The matcher's logit of every pair, in order."""
    match = SmallMatcher(weights.verified(weights.find("compat-small")), device="cpu")
    pairs = np.array(list(combinations(range(len(vectors)), 2)))
    return [round(float(v), 3) for v in match(vectors[pairs[:, 0]], vectors[pairs[:, 1]])]


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    files = sorted(FOLDER.glob("*.png"))
    told = said([crop(f) for f in files])
    vectors = np.array([t["vector"] for t in told], np.float32)
    expected = {
        "garments": {f.name: t for f, t in zip(files, told, strict=True)},
        "pairs": matched(vectors),
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n", encoding="utf-8")
    for f, t in zip(files, told, strict=True):
        print(f"{f.name}: {t['category']} {t['probability']}, {t['type']}")
    print("cosines:\n", (vectors @ vectors.T).round(3))


if __name__ == "__main__":
    main()
