"""YOLO models (ultralytics): people with joints, and garment instances; ours and published ones.

Ultralytics would install packages, send events and write settings by itself; all three are
switched off before it is imported, and its settings go to a folder of ours.
"""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import tempfile
import threading
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
from numpy.typing import NDArray
from safetensors.torch import load_file
from ultralytics.nn import modules, tasks
from ultralytics.nn.tasks import PoseModel, SegmentationModel
from ultralytics.utils import SETTINGS
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.ops import process_mask_native

from wardrobe import geometry, limbs
from wardrobe.bodynets import JointMaps
from wardrobe.errors import ModelError
from wardrobe.labels import CATEGORIES, DEEPFASHION2, Category, map_labels
from wardrobe.portions import Portions
from wardrobe.types import BODY_MIN_SCORE, GARMENT_MIN_SCORE, Detection, Image, Mask, Person, Pose

SETTINGS.update(sync=False)

STRIDE = 32
GREY = 114  # what ultralytics pads with; the models were trained on padding near it
SMALLEST_INPUT = 256
MOST_PEOPLE, MOST_GARMENTS = 30, 40
FEATURES = 16  # the layer of YOLO11 whose answer, stride 8, the joint maps look at
MAPS = "maps."  # what their tensors' names begin with
SHORT_TORSO, LONG_TORSO = 0.15, 0.7  # of the longer side of a person's box
ON_CUDA = 32  # pictures of one shape in a forward pass there; on the CPU one, which is as fast


class YoloPose:
    """People with 17 joints, by a YOLO11n-pose network of ours and joint maps on its features.

    Args:
        path: safetensors of the state of both, the maps' as ``maps.*``; float16 or float32.
        device: torch device.
        input_px: longer side that pictures are resized to.

    Raises:
        ModelError: the tensors are not these networks'.
    """

    _trust: NDArray[np.float32] | None = None

    def __init__(self, path: Path, *, device: str = "cpu", input_px: int = 640) -> None:
        net = PoseModel("yolo11n-pose.yaml", nc=1, data_kpt_shape=(17, 3), verbose=False)
        coco = PoseModel("yolo11n-pose.yaml", nc=80, data_kpt_shape=(17, 3), verbose=False)
        net.load(coco, verbose=False)  # gives the class branch the width it was trained with
        state, maps = _state(path), JointMaps()
        told = {k.removeprefix(MAPS): state.pop(k) for k in list(state) if k.startswith(MAPS)}
        _fill(net, state, path)
        _fill(maps, told, path, MAPS)
        self._trust = maps.trust.numpy()
        self._net = _Network(net, device, maps)
        self._input_px: int = input_px

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image]) -> list[list[Person]]:
        boxed = [_letterbox(image, self._input_px) for image in images]
        raws = self._net([tensor for tensor, *_ in boxed])
        return [
            self._people(image, raw, scale, left, top)
            for image, raw, (_, scale, left, top) in zip(images, raws, boxed, strict=True)
        ]

    def _people(self, image: Image, raw: Any, scale: float, left: int, top: int) -> list[Person]:
        maps = None
        if self._trust is not None:
            raw, drawn = raw
            maps = drawn[0].cpu().numpy()
        (rows,) = non_max_suppression(raw, BODY_MIN_SCORE, 0.6, max_det=MOST_PEOPLE, nc=1)
        people = []
        for row in rows.float().cpu().numpy():
            joints = row[6:].reshape(17, 3).astype(np.float32)
            if maps is not None and self._trust is not None:
                joints = _precise(joints, maps, float(max(row[2:4] - row[:2])), self._trust)
            joints[:, :2] = (joints[:, :2] - (left, top)) / scale
            box = _inside((row[:4] - (left, top, left, top)) / scale, image)
            people.append(Person(box, float(row[4]), Pose(joints)))
        return people


def _precise(
    joints: NDArray[np.float32],
    maps: NDArray[np.float32],
    longest: float,
    trust: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Joints where their maps have them, seen as both networks say; ``longest``: side of the box, px."""
    torso = float(np.hypot(*(joints[5:7, :2].mean(axis=0) - joints[11:13, :2].mean(axis=0))))
    torso = float(np.clip(torso, SHORT_TORSO * longest, LONG_TORSO * longest))
    out, chances = limbs.drawn_near(joints, maps, JointMaps.STRIDE, torso)
    known = np.stack([joints[:, 2], chances]).clip(1e-4, 1 - 1e-4)
    said, drawn = np.log(known / (1 - known))
    out[:, 2] = 1 / (1 + np.exp(-(trust[0] * said + trust[1] * drawn + trust[2])))
    return out


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
        self._net, self._min_score = _Network(_loaded(net, path), device), min_score
        self._input_px: int = input_px
        self._torso_px = torso_px

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image], torsos: Sequence[float]) -> list[list[Detection]]:
        boxed = [
            _letterbox(image, self._longest(image, torso))
            for image, torso in zip(images, torsos, strict=True)
        ]
        raws = self._net([tensor for tensor, *_ in boxed])
        return [
            self._garments(image, raw, scale, left, top)
            for image, raw, (_, scale, left, top) in zip(images, raws, boxed, strict=True)
        ]

    def _longest(self, image: Image, torso: float) -> int:
        """Longer side at the network's input, px."""
        longest = max(image.shape[:2]) * self._torso_px / max(torso, 1.0)
        return int(min(max(round(longest), SMALLEST_INPUT), self._input_px))

    def _garments(
        self, image: Image, answer: Any, scale: float, left: int, top: int
    ) -> list[Detection]:
        raw, proto = answer
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


class PublishedPose(YoloPose):
    """People with 17 joints, by a published YOLO11 or YOLO26 pose network.

    Args:
        path: the ``.pt`` file; its pickle may name layers and nothing else (see :func:`_published`).

    Raises:
        ModelError: not such a file, not a pose network of 17 joints, or tensors that don't fit it.
    """

    def __init__(self, path: Path, *, device: str = "cpu", input_px: int = 640) -> None:
        net, names = _published(path, PoseModel)
        if names != ["person"] or tuple(net.kpt_shape) != (17, 3):
            raise ModelError(
                f"{path.name} finds {names[:3]} with {net.kpt_shape} joints, not people with (17, 3)."
            )
        self._net, self._input_px = _Network(net, device), input_px


class PublishedGarments(YoloSegment):
    """Garment instances by a published YOLO segmentation network.

    Args:
        path: the ``.pt`` file.
        labels: its classes in its order, as the registry has them; those in the file must agree.

    Raises:
        ModelError: other labels, not a segmentation network, or tensors that don't fit it.
    """

    def __init__(
        self,
        path: Path,
        *,
        labels: Sequence[str],
        device: str = "cpu",
        input_px: int = 640,
        min_score: float = GARMENT_MIN_SCORE,
    ) -> None:
        net, names = _published(path, SegmentationModel)
        self._labels: tuple[Category, ...] = map_labels(names, DEEPFASHION2, model=path.name)
        if names != list(labels):
            raise ModelError(f"{path.name} names its classes {names}, the registry {list(labels)}.")
        self._net, self._min_score = _Network(net, device), min_score
        self._input_px = input_px

    def _longest(self, image: Image, torso: float) -> int:
        return self._input_px  # it was trained on whole pictures, not on torsos of one size


class _Network:
    """A network on its device. On the CPU pictures go through one by one, so that a batch's bytes
    are its singles'; on CUDA those of one shape go together, in half precision. Channels last on both:
    a sixth faster on the CPU, too, and coordinates move by less than 0.001 px. A head keeps what it made for
    the last picture's shape, so each thread that asks has modules of its own, over the same weights."""

    def __init__(self, net: Any, device: str, maps: JointMaps | None = None) -> None:
        self._cuda = device.startswith("cuda")
        self._device = device
        self._net = net.eval().fuse(verbose=False).to(device)
        if maps is not None:
            self._net = _Mapped(self._net, maps.to(device).eval())
        self._net = self._net.to(memory_format=torch.channels_last)
        self._mine = threading.local()
        self._portions = Portions(ON_CUDA if self._cuda else 1, torch.cuda.empty_cache)

    def __call__(self, tensors: Sequence[torch.Tensor]) -> list[Any]:
        """One answer per (1, 3, h, w) float32 CPU tensor, as the network gives it for one alone."""
        answers: list[Any] = [None] * len(tensors)
        by_shape: dict[torch.Size, list[int]] = {}
        for i, tensor in enumerate(tensors):
            by_shape.setdefault(tensor.shape, []).append(i)
        for at in by_shape.values():
            for i, one in zip(
                at, self._portions(self._forward, [tensors[i] for i in at]), strict=True
            ):
                answers[i] = one
        return answers

    def _forward(self, tensors: Sequence[torch.Tensor]) -> list[Any]:
        together = torch.cat(list(tensors)).contiguous(memory_format=torch.channels_last)
        if not self._cuda:
            return [self._own()(together)[0]]
        together = together.pin_memory().to(self._device, non_blocking=True)
        # float16: its 11 bits keep coordinates of 640 px to half a pixel, bfloat16's 8 don't.
        with torch.autocast("cuda", torch.float16):
            raw = self._net(together)[0]
        if isinstance(raw, torch.Tensor):
            return list(raw.float().split(1))
        return list(zip(*(part.float().split(1) for part in raw), strict=True))

    def _own(self) -> Any:
        if not hasattr(self._mine, "net"):
            weights = [*self._net.parameters(), *self._net.buffers()]
            self._mine.net = copy.deepcopy(self._net, {id(w): w for w in weights})
        return self._mine.net


class _Mapped(torch.nn.Module):
    """A pose network that answers its raw rows together with joint maps of the same picture."""

    def __init__(self, net: Any, maps: JointMaps) -> None:
        super().__init__()
        self.net, self.maps = net, maps
        self._seen: torch.Tensor | None = None
        net.model[FEATURES].register_forward_hook(self._keep)

    def _keep(self, _: Any, __: Any, answer: torch.Tensor) -> None:
        self._seen = answer

    def forward(self, image: torch.Tensor) -> tuple[tuple[torch.Tensor, torch.Tensor]]:
        raw = self.net(image)[0]
        assert self._seen is not None
        return ((raw, self.maps(self._seen)),)


def _published(path: Path, kind: Any) -> tuple[Any, list[str]]:
    """A network of ultralytics' own class with the tensors of a published checkpoint, and its
    class names.

    Such files are pickles, which can run anything. Only layers may be named in this one; the methods
    that some files name come back as nothing. Structure and tensors are then taken from it and put
    into a network built here, strictly.
    """
    rooms = [torch.nn, tasks, *(m for _, m in inspect.getmembers(modules, inspect.ismodule))]
    layers = {
        c for room in rooms for _, c in inspect.getmembers(room, inspect.isclass)
        if issubclass(c, torch.nn.Module)
    }  # fmt: skip
    nothing = [(_no_method, f"{room}.getattr") for room in ("builtins", "__builtin__")]
    try:
        with torch.serialization.safe_globals([*layers, *nothing]):
            said = torch.load(path, map_location="cpu", weights_only=True)
        saved = said.get("ema") or said["model"]
        config, names = dict(saved.yaml), [str(saved.names[i]) for i in range(len(saved.names))]
    except (OSError, EOFError, RuntimeError, KeyError, AttributeError, pickle.UnpicklingError) as e:
        raise ModelError(
            f"{path.name} is no checkpoint of a YOLO network that may be read: {str(e)[:300]}"
        ) from e
    if type(saved) is not kind:
        raise ModelError(f"{path.name} holds a {type(saved).__name__}, not a {kind.__name__}.")
    joints = {"data_kpt_shape": tuple(config["kpt_shape"])} if "kpt_shape" in config else {}
    net = kind(config, nc=len(names), verbose=False, **joints)
    try:
        # Fine-tuned from more classes, the class branch kept their width, which the config doesn't say.
        net.load(saved.float(), verbose=False)
    except (AttributeError, IndexError, RuntimeError) as e:
        raise ModelError(f"{path.name} has other layers than its config says: {e}") from e
    _fill(net, saved.state_dict(), path)
    return net, names


def _no_method(*_: Any) -> None:
    """Stands in for ``getattr`` while a pickle is read."""


def _state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, in float32."""
    return {k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()}


def _loaded(net: Any, path: Path) -> Any:
    """The network with exactly the tensors of the file."""
    _fill(net, _state(path), path)
    return net


def _fill(net: Any, state: dict[str, torch.Tensor], path: Path, prefix: str = "") -> None:
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
            some = ", ".join(prefix + name for name in names[:3])
            raise ModelError(
                f"{path.name} {what} {len(names)} tensors, such as {some}. Run `wardrobe models verify`."
            )
    net.load_state_dict(state, strict=True)


def _letterbox(image: Image, longest: int) -> tuple[torch.Tensor, float, int, int]:
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
    tensor = torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255
    return tensor.contiguous(), scale, left, top


def _inside(box: Any, image: Image) -> tuple[float, float, float, float]:
    h, w = image.shape[:2]
    x0, x1 = np.clip(box[[0, 2]], 0, w)
    y0, y1 = np.clip(box[[1, 3]], 0, h)
    return float(x0), float(y0), float(x1), float(y1)
