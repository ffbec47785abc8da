"""What the weights that see people and masks answered on three sample photos when they were committed.

    python pipelines/golden.py --write     # after a change of weights, once the pictures were looked at

``tests/golden/seeing.json`` holds the answers, and the hashes of the weights that gave them; a test
asks again. Another machine's arithmetic may differ in the last digits, never in what is seen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wardrobe import api, images, weights
from wardrobe.config import Settings

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tests" / "golden" / "seeing.json"
PHOTOS = ("IMG_0412.jpg", "IMG_0423.jpg", "IMG_0418.jpg")
SETTINGS = Settings()


def models() -> dict[str, str]:
    """Every model asked, by what its answers are remembered by."""
    names = (SETTINGS.pose.model, SETTINGS.segment.model, SETTINGS.segment.amodal_model)
    return {name: weights.find(name).id for name in names if name}


def answers(name: str) -> dict[str, Any]:
    """What is seen on one sample photo: people, and what the main subject wears."""
    photo = SETTINGS.photo
    picture = images.read(
        ROOT / "sample_photos" / name, work_px=photo.work_px, max_megapixels=photo.max_megapixels
    ).pixels
    people = api.pose(picture)
    return {
        "people": [
            {"box": [round(v) for v in p.box], "score": round(p.score, 3),
             "joints": [[round(float(x)), round(float(y)), round(float(v), 2)] for x, y, v in p.pose.joints]}
            for p in people
        ],
        "garments": [
            {"category": g.category, "score": round(g.score, 3), "px": g.mask.area,
             "visibility": round(g.visibility, 3), "box": [round(v, 3) for v in g.box_frac]}
            for g in api.segment(picture, people)
        ],
    }  # fmt: skip


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--write", action="store_true", help="take today's answers as right")
    said = {"models": models(), "photos": {name: answers(name) for name in PHOTOS}}
    if p.parse_args().write:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
