"""Measure segment-small on the street photos that training never saw.

    python pipelines/measure_segment.py --shared ../shared [--weights FILE] [--sheet OUT.png]

Mask average precision (COCO, pycocotools) over the thirteen categories, on the full photos and on
fixed waist-up and selfie-like crops of them. Bystanders are unlabelled, so a garment found on one
counts as wrong here. ``--sheet`` draws what was found on the first photos, for the eye.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import street
from numpy.typing import NDArray
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from wardrobe import weights
from wardrobe.backends.yolo import YoloSegment
from wardrobe.labels import CATEGORIES
from wardrobe.types import Detection

View = Callable[[street.StreetPhoto], tuple[slice, slice]]
MIN_PX = 60


def full(p: street.StreetPhoto) -> tuple[slice, slice]:
    return slice(None), slice(None)


def waist_up(p: street.StreetPhoto) -> tuple[slice, slice]:
    """From above the head to 55 % of the way down the labelled person."""
    top, bottom, left, right = _person(p)
    height = bottom - top
    return slice(max(0, top - height // 10), top + int(0.55 * height)), _wide(p, left, right, 0.3)


def selfie(p: street.StreetPhoto) -> tuple[slice, slice]:
    """Head, shoulders and chest, filling the frame."""
    top, bottom, left, right = _person(p)
    height = bottom - top
    return slice(max(0, top - height // 12), top + int(0.36 * height)), _wide(p, left, right, 0.1)


def _person(p: street.StreetPhoto) -> tuple[int, int, int, int]:
    rows, cols = np.flatnonzero(p.ids.any(axis=1)), np.flatnonzero(p.ids.any(axis=0))
    # Hair and skin are not garments: the head begins a seventh of the height above them.
    height = rows[-1] - rows[0]
    return max(0, int(rows[0] - height / 7)), int(rows[-1]), int(cols[0]), int(cols[-1])


def _wide(p: street.StreetPhoto, left: int, right: int, margin: float) -> slice:
    pad = int(margin * (right - left))
    return slice(max(0, left - pad), min(p.ids.shape[1], right + pad))


VIEWS: dict[str, View] = {"full": full, "waist_up": waist_up, "selfie": selfie}


def cropped(
    photos: list[street.StreetPhoto], view: View
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], Any, float]]:
    for p in photos:
        at = view(p)
        yield np.ascontiguousarray(p.image[at]), p.ids[at], p.instances, _torso(p)


def _torso(p: street.StreetPhoto) -> float:
    """Shoulders to hips, px: what the pose stage would say, from the labelled person's height."""
    top, bottom, _, _ = _person(p)
    return 0.27 * (bottom - top)


def measure(photos: list[street.StreetPhoto], model: YoloSegment, view: View) -> dict[str, Any]:
    """mAP50 and mAP50-95 over masks, in all and per category with the number of true garments."""
    images, truth, found = [], [], []
    for n, (image, ids, instances, torso) in enumerate(cropped(photos, view)):
        images.append({"id": n, "height": image.shape[0], "width": image.shape[1]})
        for k, (category, _) in enumerate(instances, start=1):
            mask = ids == k
            if mask.sum() >= MIN_PX:
                truth.append(_row(len(truth) + 1, n, CATEGORIES.index(category), mask))
        for d in model([image], [torso])[0]:
            row = _row(0, n, CATEGORIES.index(d.category), d.mask.array())
            found.append({**row, "score": d.score})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        categories = [{"id": i, "name": c} for i, c in enumerate(CATEGORIES)]
        coco.dataset = {
            "images": images,
            "annotations": truth,
            "categories": categories,
            "info": {},
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]  # thresholds, recalls, categories, areas, detections
    each = {}
    for i, c in enumerate(CATEGORIES):
        count = sum(t["category_id"] == i for t in truth)
        if count:
            p = precision[:, :, i, 0, -1]
            each[c] = {
                "n": count,
                "map50": round(float(p[0].mean()), 3),
                "map": round(float(p.mean()), 3),
            }
    return {
        "photos": len(images),
        "map50": round(float(np.mean([e["map50"] for e in each.values()])), 3),
        "map": round(float(np.mean([e["map"] for e in each.values()])), 3),
        "categories": each,
    }


def _row(number: int, image: int, category: int, mask: NDArray[np.bool_]) -> dict[str, Any]:
    code = rle.encode(np.asfortranarray(mask, np.uint8))
    return {
        "id": number, "image_id": image, "category_id": category, "segmentation": code, "iscrowd": 0,
        "area": float(mask.sum()), "bbox": [float(v) for v in rle.toBbox(code)],
    }  # fmt: skip


def sheet(
    photos: list[street.StreetPhoto], model: YoloSegment, path: Path, *, height: int = 330
) -> None:
    """A contact sheet of the photos with the surer masks drawn on them."""
    pictures = []
    for p in photos:
        drawn = draw(p.image, [d for d in model([p.image], [_torso(p)])[0] if d.score >= 0.35])
        pictures.append(cv2.resize(drawn, (height * p.image.shape[1] // p.image.shape[0], height)))
    width = max(x.shape[1] for x in pictures)
    padded = [np.pad(x, ((0, 0), (0, width - x.shape[1]), (0, 0))) for x in pictures]
    rows = [np.hstack(padded[i : i + 8]) for i in range(0, len(padded) - len(padded) % 8 or 8, 8)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def draw(image: NDArray[np.uint8], found: list[Detection]) -> NDArray[np.uint8]:
    out = image.copy()
    for d in found:
        hue = 180 * CATEGORIES.index(d.category) // len(CATEGORIES)
        colour = cv2.cvtColor(np.array([[[hue, 200, 255]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
        mask = d.mask.array()
        out[mask] = (0.5 * out[mask] + 0.5 * colour).astype(np.uint8)
        at = (int(d.box[0]), int(d.box[1]) + 14)
        cv2.putText(
            out,
            f"{d.category} {d.score:.2f}",
            at,
            cv2.FONT_HERSHEY_SIMPLEX,
            0.5,
            (255, 255, 255),
            2,
        )
        cv2.putText(
            out, f"{d.category} {d.score:.2f}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1
        )
    return out


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument(
        "--weights",
        type=Path,
        default=weights.shipped_folder() / "segment-small/weights.safetensors",
    )
    p.add_argument("--input", type=int, default=640, help="longer side given to the network, px")
    p.add_argument("--sheet", type=Path)
    args = p.parse_args()
    root = args.shared / "data" / "ccp"
    numbers = [n for n in street.numbers(root, labelled=True) if street.is_validation(n)]
    photos = [street.load(root, n) for n in numbers]
    model = YoloSegment(args.weights, input_px=args.input, min_score=0.005)
    print(
        json.dumps({name: measure(photos, model, view) for name, view in VIEWS.items()}, indent=1)
    )
    if args.sheet:
        sheet(photos[:32], YoloSegment(args.weights, input_px=args.input), args.sheet)


if __name__ == "__main__":
    main()
