"""The small profile's own networks with weights from ``models/``: embedder, classifier, completer."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TypeVar
from weakref import WeakValueDictionary

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from wardrobe import position, reach
from wardrobe.bodynets import ReachNet
from wardrobe.errors import ContractError, ModelError
from wardrobe.geometry import box_of
from wardrobe.nets import INPUT_SIDE, TYPE_NAMES, ClassifyHead, GarmentNet
from wardrobe.stages.amodal import Dress, Extent, around
from wardrobe.types import VECTOR_SIZE, Crop, Mask, Scores

MARGIN = 0.04  # share of the garment's longer side left around it
ON_CUDA = 32  # crops per forward pass there; on the CPU one, which is twice as fast
REMEMBERED = 512  # crops whose features a trunk keeps: 10 MB
Net = TypeVar("Net", bound=nn.Module)


class SmallEmbedder:
    """Garment crops to unit vectors.

    Args:
        path: ``models/embed-small/weights.safetensors``.
        device: a torch device, such as ``"cpu"`` or ``"cuda:0"``.

    Raises:
        ModelError: the weights can't be read or aren't this network's.
    """

    def __init__(self, path: Path, *, device: str) -> None:
        self._trunk = _trunk(path, device)

    def __call__(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """(n, 256) float32, length 1 each, in the order of ``crops``; (0, 256) for none.

        Raises:
            ContractError: a crop's mask is empty.
        """
        out = np.empty((len(crops), VECTOR_SIZE), np.float32)
        with torch.inference_mode():
            for rows, features in self._trunk(crops):
                out[rows] = self._trunk.net.vector(features).cpu().numpy()
        return out


class SmallClassifier:
    """Garment crops to categories and finer types, on the embedder's features.

    Args:
        path: ``models/classify-small/weights.safetensors``, the head alone.
        device: a torch device.
        trunk: weights of the :class:`SmallEmbedder` that the head was trained on.

    Raises:
        ModelError: weights can't be read or aren't these networks'.
    """

    def __init__(self, path: Path, *, device: str, trunk: Path) -> None:
        self._trunk = _trunk(trunk, device)
        self._head = _loaded(ClassifyHead(self._trunk.net.feature_size), path, device)
        self._device = device

    def __call__(self, crops: Sequence[Crop]) -> list[Scores]:
        """Calibrated probabilities, in the order of ``crops``.

        Raises:
            ContractError: a crop's mask is empty.
        """
        out: list[Scores] = []
        with torch.inference_mode():
            for rows, features in self._trunk(crops):
                where = np.full((len(features), position.SIZE), np.nan, np.float32)
                for row, crop in zip(where, crops[rows], strict=True):
                    if crop.position is not None:
                        row[:] = crop.position
                worn = torch.from_numpy(where).to(self._device)
                category, types = self._head(features, worn)
                for c, t in zip(category.exp().cpu().numpy(), types.exp().tolist(), strict=True):
                    out.append(Scores(c.astype(np.float32), dict(zip(TYPE_NAMES, t, strict=True))))
        return out


class SmallCompleter:
    """Garments as far as they reach, by the body under them and what lies round them.

    Args:
        path: ``models/amodal-small/weights.safetensors``.
        device: a torch device.

    Raises:
        ModelError: the weights can't be read or aren't this network's.
    """

    def __init__(self, path: Path, *, device: str) -> None:
        self._net = _loaded(ReachNet(), path, device)
        self._device = device

    def __call__(self, dresses: Sequence[Dress]) -> list[list[Extent]]:
        return [self._extents(dress) for dress in dresses]

    def _extents(self, dress: Dress) -> list[Extent]:
        masks = [g.mask.array() for g in dress.garments]
        out = [Extent(g.mask, 1.0) for g in dress.garments]
        seen = [i for i, mask in enumerate(masks) if mask.any()]
        if not seen:
            return out
        looks = [
            reach.look(
                dress.garments[i].category, masks[i], *around(dress.garments, masks, i), dress.pose
            )
            for i in seen
        ]
        planes = torch.from_numpy(np.stack([p for _, p, _ in looks])).to(self._device)
        facts = torch.from_numpy(np.stack([f for _, _, f in looks])).to(self._device)
        with torch.inference_mode():
            cells = self._net(planes, facts)[0].sigmoid().cpu().numpy()
        for i, (square, shown, _), whole in zip(seen, looks, cells, strict=True):
            inside = masks[i] | reach.hidden(whole, shown[0], square, masks[i].shape)
            visible = reach.visible_share(int(masks[i].sum()), whole, shown[0], square)
            out[i] = Extent(Mask.of(inside), visible)
        return out


def prepare(crop: Crop) -> NDArray[np.uint8]:
    """The network's view of a crop: (160, 160, 4) uint8, RGB and the mask's share of each pixel.

    Cut to the mask's own box plus a margin, so that how generously a caller cropped changes
    nothing; centred on a square; shrunk by area, enlarged linearly. Colours are averaged over
    garment pixels only, so that no background seeps in along the edge.

    Raises:
        ContractError: the mask is empty.
    """
    box = box_of(crop.mask)
    if box is None:
        raise ContractError("a crop without a single garment pixel reached the embedder")
    x0, y0, x1, y1 = (int(v) for v in box)
    side = max(x1 - x0, y1 - y0)
    side += 2 * max(1, round(MARGIN * side))
    left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    square = np.zeros((side, side, 4), np.uint8)
    inside = square[y0 - top : y1 - top, x0 - left : x1 - left]
    mask = crop.mask[y0:y1, x0:x1]
    np.multiply(crop.image[y0:y1, x0:x1], mask[..., None], out=inside[..., :3])
    np.multiply(mask, np.uint8(255), out=inside[..., 3])
    how = cv2.INTER_AREA if side > INPUT_SIDE else cv2.INTER_LINEAR
    small = cv2.resize(square, (INPUT_SIDE, INPUT_SIDE), interpolation=how)
    share = small[..., 3:].astype(np.float32) / 255
    colours = small[..., :3] / np.maximum(share, 1 / 255)
    out: NDArray[np.uint8] = small.astype(np.uint8)
    out[..., :3] = np.clip(colours + 0.5, 0, 255).astype(np.uint8)
    return out


def as_tensors(prepared: NDArray[np.uint8], device: str) -> tuple[Tensor, Tensor]:
    """(n, 160, 160, 4) uint8 to (n, 3, 160, 160) and (n, 1, 160, 160) float32 in [0, 1]."""
    both = torch.from_numpy(prepared).to(device).permute(0, 3, 1, 2).float() / 255
    return both[:, :3], both[:, 3:]


class _Trunk:
    """The garment network on one device, for all who ask it: a garment that was embedded is classified
    for nothing, since what was read of the last crops is remembered. Several threads may ask at once. On
    the CPU crops go through one by one, so that a batch's bytes are its singles'."""

    def __init__(self, path: Path, device: str) -> None:
        self.net = _loaded(GarmentNet(), path, device)
        self._device, self._batch = device, ON_CUDA if device.startswith("cuda") else 1
        self._known: OrderedDict[bytes, Tensor] = OrderedDict()
        self._turn = Lock()  # to look at what is known

    def __call__(self, crops: Sequence[Crop]) -> Iterator[tuple[slice, Tensor]]:
        """(rows, features) of a batch of the crops after the other; features as of
        :meth:`GarmentNet.standardised`, on the device."""
        for start in range(0, len(crops), self._batch):
            tiles = [prepare(c) for c in crops[start : start + self._batch]]
            keys = [hashlib.sha256(tile.tobytes()).digest() for tile in tiles]
            with self._turn:
                known = {k: self._known[k] for k in keys if k in self._known}
            new = {k: tile for k, tile in zip(keys, tiles, strict=True) if k not in known}
            if new:
                read = self.net.readings(*as_tensors(np.stack(list(new.values())), self._device))
                known |= dict(zip(new, self.net.standardised(read), strict=True))
            with self._turn:
                self._known |= known
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            yield slice(start, start + len(tiles)), torch.stack([known[k] for k in keys])


_trunks: WeakValueDictionary[tuple[Path, int, str], _Trunk] = WeakValueDictionary()


def _trunk(path: Path, device: str) -> _Trunk:
    """The trunk of a file, loaded once a device and gone with the last who asks it."""
    key = path, path.stat().st_mtime_ns if path.exists() else 0, device
    found = _trunks.get(key)
    if found is None:
        found = _trunks[key] = _Trunk(path, device)
    return found


def _loaded(net: Net, path: Path, device: str) -> Net:
    """The network with exactly the tensors of ``path``, on ``device``, ready to answer."""
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as e:
        raise ModelError(f"{path}: {e}. Run `wardrobe models verify`.") from e
    _check(net.state_dict(), tensors, path)
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    return net.to(device).eval()


def _check(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    missing = sorted(wanted.keys() - found.keys())
    unknown = sorted(found.keys() - wanted.keys())
    misshapen = sorted(k for k in wanted.keys() & found.keys() if wanted[k].shape != found[k].shape)
    faults = [
        f"{what}: {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}"
        for what, names in (
            ("missing", missing),
            ("unknown", unknown),
            ("of another shape", misshapen),
        )
        if names
    ]
    if faults:
        raise ModelError(
            f"{path} is not this network's: {'; '.join(faults)}."
            " Run `wardrobe models verify`, or train the weights again."
        )
