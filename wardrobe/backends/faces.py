"""Faces by OpenCV: YuNet finds them (Wu et al. 2023), SFace describes them (Zhong et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from wardrobe.stages.pose import Face
from wardrobe.types import Image

MIN_SCORE = 0.8


class OpenCvFaces:
    """Faces with their vectors.

    Args:
        path: the SFace recogniser (ONNX).
        trunk: the YuNet detector (ONNX).
        device: ignored; both are small and run on the CPU.
    """

    def __init__(self, path: Path, *, trunk: Path, device: str = "cpu") -> None:
        self._detector = cv2.FaceDetectorYN.create(str(trunk), "", (320, 320), MIN_SCORE)
        self._recogniser = cv2.FaceRecognizerSF.create(str(path), "")

    def __call__(self, images: Sequence[Image]) -> list[list[Face]]:
        return [self._faces(image) for image in images]

    def _faces(self, image: Image) -> list[Face]:
        bgr = np.ascontiguousarray(image[..., ::-1])  # both networks were trained on BGR
        self._detector.setInputSize((bgr.shape[1], bgr.shape[0]))
        _, rows = self._detector.detect(bgr)
        faces = []
        for row in rows if rows is not None else ():
            vector = self._recogniser.feature(self._recogniser.alignCrop(bgr, row)).ravel()
            unit = (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
            x, y, w, h = (float(v) for v in row[:4])
            faces.append(Face((x, y, x + w, y + h), unit))
        return faces
