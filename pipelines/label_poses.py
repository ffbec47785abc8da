"""Label the people in the street photos: outline by YOLO11n-seg, 17 joints by MediaPipe.

    python pipelines/label_poses.py --shared ../shared --out runs/pose_labels.jsonl
    python pipelines/label_poses.py --sheet runs/pose_sheet.png      # look at what it found

One JSON line per photo, appended as it is done; started again, it goes on after the last line.
Photos of the validation split are labelled too (to measure on); ``poses.py`` keeps them apart.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
from pathlib import Path
from typing import Any

os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true")

import cv2
import mediapipe as mp
import numpy as np
import poses
import street
import torch
from numpy.typing import NDArray
from ultralytics import YOLO

from wardrobe.backends.mediapipe import COCO_FROM_LANDMARKS
from wardrobe.geometry import grow

PERSON = 0  # COCO class
MIN_SCORE = 0.4
MIN_HEIGHT = 0.12  # share of the photo's height, as PoseSettings.min_height
MARGIN = 0.25  # share of the longer side around a person that MediaPipe sees
MIN_VISIBILITY = 0.5
MIN_INSIDE = 0.6  # share of the visible joints that must lie on the person they are given to
HANG_S = 180  # MediaPipe can hang for ever; then the program stops and says where


def find_people(yolo: YOLO, image: NDArray[np.uint8]) -> list[dict[str, Any]]:
    """Box, score and outline polygons of each person large enough to label, best first."""
    h, w = image.shape[:2]
    bgr = np.ascontiguousarray(image[..., ::-1])
    found = yolo.predict(
        bgr, classes=[PERSON], conf=MIN_SCORE, imgsz=640, retina_masks=True, verbose=False
    )[0]
    if found.masks is None:
        return []
    people = []
    rows = zip(found.boxes.xyxy.numpy(), found.boxes.conf.numpy(), found.masks.data, strict=True)
    for box, score, mask in rows:
        outline = _outline(mask.numpy().astype(np.uint8))
        if box[3] - box[1] >= MIN_HEIGHT * h and outline:
            box = np.clip(box, 0, [w, h, w, h])
            people.append(
                {
                    "box": np.round(box, 1).tolist(),
                    "score": round(float(score), 3),
                    "outline": outline,
                }
            )
    return people


def _outline(mask: NDArray[np.uint8]) -> list[list[list[int]]]:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [c for c in contours if cv2.contourArea(c) >= 64]
    return [cv2.approxPolyDP(c, 1.2, True)[:, 0].tolist() for c in large]


def find_joints(
    landmarker: Any, image: NDArray[np.uint8], people: list[dict[str, Any]], k: int
) -> NDArray[np.float32]:
    """(17, 3) x_px, y_px, MediaPipe's visibility of person ``k``; zeros where it sees no pose.

    The others are painted over: MediaPipe answers with one person, and in a crop that shows two
    it would otherwise often be the wrong one.
    """
    h, w = image.shape[:2]
    x0, y0, x1, y1 = grow(tuple(people[k]["box"]), MARGIN, (h, w))
    own = poses.person_mask(people[k], (h, w))
    others = np.zeros((h, w), np.bool_)
    for j, other in enumerate(people):
        if j != k:
            others |= poses.person_mask(other, (h, w))
    seen = image.copy()
    seen[others & ~own] = 127
    crop = np.ascontiguousarray(seen[y0:y1, x0:x1])
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    answer = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=crop))
    faulthandler.cancel_dump_traceback_later()
    if not answer.pose_landmarks:
        return np.zeros((17, 3), np.float32)
    marks = answer.pose_landmarks[0]
    joints = np.array(
        [(marks[i].x, marks[i].y, marks[i].visibility) for i in COCO_FROM_LANDMARKS], np.float32
    )
    joints[:, :2] = joints[:, :2] * (x1 - x0, y1 - y0) + (x0, y0)
    return joints if _belongs(joints, own) else np.zeros((17, 3), np.float32)


def _belongs(joints: NDArray[np.float32], mask: NDArray[np.bool_]) -> bool:
    """Whether most visible joints lie on the person (its outline, a little widened)."""
    h, w = mask.shape
    reach = 2 * (int(mask.any(axis=1).sum()) // 30) + 3
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((reach, reach), np.uint8))
    x, y, seen = joints.T
    seen = (seen >= MIN_VISIBILITY) & (x >= 0) & (x < w) & (y >= 0) & (y < h)
    if seen.sum() < 3:
        return False
    return bool(wide[y[seen].astype(int), x[seen].astype(int)].mean() >= MIN_INSIDE)


def label(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    root = args.shared / "data" / "ccp"
    done = set(poses.read_labels(args.out)) if args.out.exists() else set()
    wanted = [
        n
        for n in street.numbers(root, labelled=False)
        if street.is_validation(n) or not args.validation
    ]
    todo = [n for n in wanted if n not in done]
    yolo = YOLO(args.shared / "weights" / "yolo11n-seg.pt")
    vision = mp.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(
            model_asset_path=str(args.shared / "weights" / "pose_landmarker_lite.task")
        ),
        running_mode=vision.RunningMode.IMAGE,
        num_poses=1,
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with (
        vision.PoseLandmarker.create_from_options(options) as landmarker,
        args.out.open("a", encoding="utf-8") as file,
    ):
        for i, number in enumerate(todo, start=1):
            image = street.read_rgb(root / "photos" / f"{number}.jpg")
            people = find_people(yolo, image)
            for k in range(len(people)):
                joints = find_joints(landmarker, image, people, k)
                people[k]["joints"] = np.round(joints, 3).tolist()
            line = {"number": number, "size": list(image.shape[:2]), "people": people}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
            file.flush()
            if i % 50 == 0 or i == len(todo):
                print(f"{i}/{len(todo)} photos", flush=True)


def sheet(args: argparse.Namespace) -> None:
    """Draw 24 photos with their labels, among them those with several people."""
    labels = poses.read_labels(args.out)
    rng = np.random.default_rng(args.seed)
    names = sorted(labels)
    several = [n for n in names if len(labels[n]["people"]) > 1]
    chosen = [*rng.choice(names, 12, replace=False), *rng.choice(several, 12, replace=False)]
    tiles = []
    for number in chosen:
        image = street.read_rgb(args.shared / "data" / "ccp" / "photos" / f"{number}.jpg")
        tile = poses.draw(poses.to_sample(image, labels[number]), 420, 280)
        tiles.append(cv2.putText(tile, number, (4, 16), 0, 0.5, (255, 0, 0), 1))
    poses.save_sheet(tiles, args.sheet, columns=8)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--out", type=Path, default=Path("runs/pose_labels.jsonl"))
    p.add_argument("--validation", action="store_true", help="label the validation split alone")
    p.add_argument("--sheet", type=Path, help="draw 24 labelled photos instead of labelling")
    p.add_argument("--seed", type=int, default=0, help="which photos the sheet shows")
    args = p.parse_args()
    if args.sheet:
        sheet(args)
    else:
        label(args)


if __name__ == "__main__":
    main()
