"""The pose labels of ``label_poses.py`` as training samples, and pictures of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import street
from numpy.typing import NDArray
from views import Sample

MIN_VISIBILITY = 0.5  # MediaPipe's, from which a joint counts as seen
TURNED_AWAY = 0.3  # share of the torso's length by which the shoulders are exchanged

BONES = (
    (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10),
    (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
LEFT, RIGHT, MIDDLE = (255, 60, 60), (60, 120, 255), (255, 220, 0)


def read_labels(path: Path) -> dict[str, dict[str, Any]]:
    """Photo number -> its line: ``size`` (h, w) and ``people`` (box, score, outline, joints)."""
    if not path.exists():
        raise SystemExit(f"{path}: no pose labels; run `python pipelines/label_poses.py` first.")
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["number"]: line for line in lines}


def person_mask(person: dict[str, Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """(h, w) bool, the inside of a person's outline."""
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.array(p, np.int32) for p in person["outline"]], 1)
    return mask.astype(np.bool_)


def joints_of(person: dict[str, Any], size: tuple[int, int]) -> NDArray[np.float32]:
    """(17, 3) x_px, y_px, 2 where MediaPipe sees the joint inside the photo, else 0.

    MediaPipe calls nose and eyes visible on the back of a head too; on people turned away, which
    their shoulders tell, they are unseen here.
    """
    joints = np.array(person["joints"], np.float32)
    x, y, seen = joints.T
    h, w = size
    inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
    joints[:, 2] = 2.0 * ((seen >= MIN_VISIBILITY) & inside)
    torso = np.hypot(*(joints[5:7, :2].mean(axis=0) - joints[11:13, :2].mean(axis=0)))
    if joints[6, 0] - joints[5, 0] > TURNED_AWAY * torso:
        joints[:3, 2] = 0
    return joints


def to_sample(image: NDArray[np.uint8], line: dict[str, Any]) -> Sample:
    """A photo and its people.

    The smaller of two overlapping people is drawn last: who stands in front is unknown, and this
    way nobody vanishes behind another.
    """
    size = image.shape[0], image.shape[1]
    people = line["people"]
    masks = [person_mask(p, size) for p in people]
    ids = np.zeros(size, np.uint8)
    for k in sorted(range(len(people)), key=lambda k: -int(masks[k].sum())):
        ids[masks[k]] = k + 1
    joints = np.array([joints_of(p, size) for p in people], np.float32).reshape(-1, 17, 3)
    return Sample(image, ids, np.zeros(len(people), np.int64), joints)


def pose_samples(shared: Path, runs: Path) -> list[Sample]:
    """The labelled people of the training split."""
    labels = read_labels(runs / "pose_labels.jsonl")
    photos = shared / "data" / "ccp" / "photos"
    return [
        to_sample(street.read_rgb(photos / f"{n}.jpg"), line)
        for n, line in sorted(labels.items())
        if not street.is_validation(n)
    ]


def draw(sample: Sample, height_px: int, width_px: int) -> NDArray[np.uint8]:
    """The sample with outlines and joints (left red, right blue), letterboxed to the size."""
    h, w = sample.image.shape[:2]
    scale = min(height_px / h, width_px / w)
    image = cv2.resize(sample.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ids = cv2.resize(sample.ids, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
    for k in range(1, len(sample.classes) + 1):
        contours, _ = cv2.findContours(
            (ids == k).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(image, contours, -1, (0, 220, 0), 1)
    for joints in sample.joints if sample.joints is not None else ():
        points = [(int(x * scale), int(y * scale)) for x, y, _ in joints]
        for a, b in BONES:
            if joints[a, 2] and joints[b, 2]:
                cv2.line(image, points[a], points[b], (255, 255, 255), 1, cv2.LINE_AA)
        for j, point in enumerate(points):
            if joints[j, 2]:
                colour = MIDDLE if j == 0 else LEFT if j % 2 else RIGHT
                cv2.circle(image, point, 3, colour, -1, cv2.LINE_AA)
    out = np.full((height_px, width_px, 3), 255, np.uint8)
    out[: image.shape[0], : image.shape[1]] = image
    return out


def save_sheet(tiles: list[NDArray[np.uint8]], path: Path, *, columns: int) -> None:
    """Tiles of one size as a contact sheet; the last row is filled with white."""
    blank = np.full_like(tiles[0], 255)
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    rows[-1] += [blank] * (columns - len(rows[-1]))
    picture = np.concatenate([np.concatenate(row, axis=1) for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.ascontiguousarray(picture[..., ::-1]))
