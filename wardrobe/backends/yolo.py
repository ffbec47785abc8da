"""YOLO models (ultralytics): people with joints, and garment instances.

Ultralytics would install packages, send events and write settings by itself; all three are
switched off before it is imported, and its settings go to a folder of ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_OFFLINE"] = "true"
os.environ.setdefault("YOLO_VERBOSE", "false")
os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(tempfile.gettempdir()) / "wardrobe-yolo"))

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from ultralytics.nn.tasks import PoseModel, SegmentationModel
from ultralytics.utils import SETTINGS
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.ops import process_mask_native

from wardrobe import geometry
from wardrobe.errors import ModelError
from wardrobe.labels import CATEGORIES, map_labels
from wardrobe.types import BODY_MIN_SCORE, GARMENT_MIN_SCORE, Detection, Image, Mask, Person, Pose

SETTINGS.update(sync=False)

STRIDE = 32
GREY = 114  # what ultralytics pads with; the models were trained on padding near it
SMALLEST_INPUT = 256
MOST_PEOPLE, MOST_GARMENTS = 30, 40


class YoloPose:
    """People with 17 joints, by a YOLO11n-pose network of ours.

    Args:
        path: safetensors of the network's state, float16 or float32.
        device: torch device.
        input_px: longer side that pictures are resized to.
    """

    def __init__(self, path: Path, *, device: str = "cpu", input_px: int = 640) -> None:
        net = PoseModel("yolo11n-pose.yaml", nc=1, data_kpt_shape=(17, 3), verbose=False)
        coco = PoseModel("yolo11n-pose.yaml", nc=80, data_kpt_shape=(17, 3), verbose=False)
        net.load(coco, verbose=False)  # gives the class branch the width it was trained with
        self._net = _loaded(net, path, device)
        self._device, self._input_px = device, input_px

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image]) -> list[list[Person]]:
        return [self._people(image) for image in images]

    def _people(self, image: Image) -> list[Person]:
        tensor, scale, left, top = _letterbox(image, self._input_px, self._device)
        raw = self._net(tensor)[0]
        (rows,) = non_max_suppression(raw, BODY_MIN_SCORE, 0.6, max_det=MOST_PEOPLE, nc=1)
        people = []
        for row in rows.float().cpu().numpy():
            joints = row[6:].reshape(17, 3).astype(np.float32)
            joints[:, :2] = (joints[:, :2] - (left, top)) / scale
            box = _inside((row[:4] - (left, top, left, top)) / scale, image)
            people.append(Person(box, float(row[4]), Pose(joints)))
        return people


class YoloSegment:
    """Garment instances in the house's thirteen categories, by a YOLO11n-seg network of ours.

    Args:
        path: safetensors of the network's state, float16 or float32.
        device: torch device.
        input_px: longer side that pictures are resized to, at most.
        torso_px: largest torso at the network's input; nearer bodies are reduced to it.
        labels: the network's classes, in its order.
        min_score: weaker detections are not answered; measuring average precision needs them.

    Raises:
        ModelError: a label that isn't a category, or tensors that are not the network's.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str = "cpu",
        input_px: int = 640,
        torso_px: int = 200,
        labels: Sequence[str] = CATEGORIES,
        min_score: float = GARMENT_MIN_SCORE,
    ) -> None:
        self._labels = map_labels(labels, {c: c for c in CATEGORIES}, model=path.name)
        net = SegmentationModel("yolo11n-seg.yaml", nc=len(labels), verbose=False)
        coco = SegmentationModel("yolo11n-seg.yaml", nc=80, verbose=False)
        net.load(coco, verbose=False)  # gives the class branch the width it was trained with
        self._net = _loaded(net, path, device)
        self._device, self._min_score = device, min_score
        self._input_px, self._torso_px = input_px, torso_px

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image], torsos: Sequence[float]) -> list[list[Detection]]:
        return [self._garments(i, t) for i, t in zip(images, torsos, strict=True)]

    def _garments(self, image: Image, torso: float) -> list[Detection]:
        longest = max(image.shape[:2]) * self._torso_px / max(torso, 1.0)
        longest = min(max(round(longest), SMALLEST_INPUT), self._input_px)
        tensor, scale, left, top = _letterbox(image, longest, self._device)
        raw, proto = self._net(tensor)[0]
        (rows,) = non_max_suppression(
            raw, self._min_score, 0.6, max_det=MOST_GARMENTS, nc=len(self._labels)
        )
        rows[:, :4] = (
            rows[:, :4] - torch.tensor([left, top, left, top], device=rows.device)
        ) / scale
        masks = process_mask_native(proto[0], rows[:, 6:], rows[:, :4], image.shape[:2])
        found = []
        for row, mask in zip(rows.float().cpu().numpy(), masks.bool().cpu().numpy(), strict=True):
            box = geometry.box_of(mask)
            if box is not None:
                category = self._labels[int(row[5])]
                found.append(Detection(category, float(row[4]), box, Mask.of(mask)))
        return found


def _loaded(net: Any, path: Path, device: str) -> Any:
    """The network with exactly the tensors of the file; batch norms folded in."""
    state = {k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()}
    wanted = net.state_dict()
    missing = sorted(set(wanted) - set(state))
    foreign = sorted(set(state) - set(wanted))
    wrong = sorted(k for k in set(wanted) & set(state) if wanted[k].shape != state[k].shape)
    for names, what in (
        (missing, "lacks"),
        (foreign, "has unknown"),
        (wrong, "has other shapes of"),
    ):
        if names:
            some = ", ".join(names[:3])
            raise ModelError(
                f"{path.name} {what} {len(names)} tensors, such as {some}. Install Wardrobe again."
            )
    net.load_state_dict(state, strict=True)
    return net.eval().fuse(verbose=False).to(device)


def _letterbox(image: Image, longest: int, device: str) -> tuple[torch.Tensor, float, int, int]:
    """(1, 3, h, w) float32 in [0, 1], sides multiples of 32; scale, and the padding left and above.

    The padding is even, as :func:`process_mask_native` expects.
    """
    h, w = image.shape[:2]
    scale = longest / max(h, w)
    small = (max(round(w * scale), 1), max(round(h * scale), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(image, small, interpolation=how)
    pad_w, pad_h = -small[0] % STRIDE, -small[1] % STRIDE
    left, top = pad_w // 2, pad_h // 2
    padded = cv2.copyMakeBorder(
        resized, top, pad_h - top, left, pad_w - left, cv2.BORDER_CONSTANT, value=(GREY,) * 3
    )
    tensor = torch.from_numpy(padded).to(device).permute(2, 0, 1)[None].float() / 255
    return tensor.contiguous(), scale, left, top


def _inside(box: Any, image: Image) -> tuple[float, float, float, float]:
    h, w = image.shape[:2]
    x0, x1 = np.clip(box[[0, 2]], 0, w)
    y0, y1 = np.clip(box[[1, 3]], 0, h)
    return float(x0), float(y0), float(x1), float(y1)
