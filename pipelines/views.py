"""Random views of a labelled photo: framing, light and camera faults for training."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: COCO-17 joint order with left and right exchanged.
MIRRORED = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])


@dataclass(frozen=True)
class Sample:
    """A picture and its labels.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        ids: (h, w) uint8; 0 nothing, k the k-th instance (a garment, or a person's box for pose).
        classes: (n,) int64 class of each instance.
        joints: (n, 17, 3) float32 x_px, y_px, visible (2) or unknown (0); None without poses.
    """

    image: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    classes: NDArray[np.int64]
    joints: NDArray[np.float32] | None = None


def place(
    sample: Sample, canvas: tuple[int, int], rng: np.random.Generator, *, near: bool = True
) -> Sample:
    """Draw the sample on a canvas at a random zoom, shift, tilt and side.

    Zooms above 1 cut the frame down to part of the body, as selfies and table shots do; the
    centre then wanders over the labelled part, so that what is cut off varies. Without ``near`` the
    sample is framed already, and is drawn as it is or somewhat smaller.
    """
    h, w = canvas
    ih, iw = sample.image.shape[:2]
    fit = min(w / iw, h / ih)
    if not near:
        zoom = float(np.exp(rng.uniform(np.log(0.75), np.log(1.25))))
    else:
        zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(1.15)) if rng.random() < 0.5
                            else rng.uniform(np.log(1.0), np.log(2.8))))  # fmt: skip
    scale = fit * zoom
    rows, cols = np.nonzero(sample.ids)
    if zoom > 1.15 and len(rows):
        k = rng.integers(len(rows))
        cx, cy = float(cols[k]), float(rows[k])
        # Stay on the picture where the canvas is smaller than it.
        half_w, half_h = w / scale / 2, h / scale / 2
        cx = float(np.clip(cx, min(half_w, iw / 2), max(iw - half_w, iw / 2)))
        cy = float(np.clip(cy, min(half_h, ih / 2), max(ih - half_h, ih / 2)))
    else:
        cx = iw / 2 + rng.uniform(-0.12, 0.12) * iw
        cy = ih / 2 + rng.uniform(-0.12, 0.12) * ih
    angle = rng.normal(0, 5) if rng.random() < 0.8 else rng.uniform(-25, 25)
    m = cv2.getRotationMatrix2D((cx, cy), angle, scale)
    m[:, 2] += (w / 2 - cx, h / 2 - cy)
    mirrored = rng.random() < 0.5
    if mirrored:
        m = np.array([[-1, 0, w], [0, 1, 0]]) @ np.vstack([m, [0, 0, 1]])
    fill = int(rng.integers(90, 140))
    flag = cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR
    image = cv2.warpAffine(sample.image, m, (w, h), flags=flag, borderValue=(fill, fill, fill))
    ids = cv2.warpAffine(sample.ids, m, (w, h), flags=cv2.INTER_NEAREST, borderValue=0)
    joints = None
    if sample.joints is not None:
        joints = sample.joints.copy()
        joints[..., :2] = joints[..., :2] @ m[:, :2].T.astype(np.float32) + m[:, 2].astype(
            np.float32
        )
        x, y = joints[..., 0], joints[..., 1]
        joints[..., 2] *= (x >= 0) & (x < w) & (y >= 0) & (y < h)
        if mirrored:
            joints = joints[:, MIRRORED]
    return Sample(image.astype(np.uint8), ids.astype(np.uint8), sample.classes, joints)


def augment_colour(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light and camera: exposure, white balance, contrast, saturation, blur, noise, JPEG."""
    x = image.astype(np.float32)
    if rng.random() < 0.8:
        gain = np.exp(rng.normal(0, 0.22)) * np.exp(rng.normal(0, 0.08, 3))
        x *= gain.astype(np.float32)
        mean = x.mean()
        x = (x - mean) * np.float32(np.exp(rng.normal(0, 0.15))) + mean
    if rng.random() < 0.5:
        grey = x.mean(axis=2, keepdims=True)
        x = grey + (x - grey) * np.float32(rng.uniform(0.4, 1.4))
    x = np.clip(x, 0, 255)
    if rng.random() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.5, 1.6)))
    if rng.random() < 0.2:
        x += rng.normal(0, rng.uniform(2, 10), x.shape).astype(np.float32)
    out = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 85))])
        out = cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.uint8)
    return out
