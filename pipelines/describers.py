"""Ways to describe a garment as a vector: ours, and the baselines that stand beside it.

Every way takes the embedder's own input, (n, 160, 160, 4) uint8 tiles of RGB and mask, and answers
(n, d) float32 rows of length 1, so that all of them see exactly the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import osnet
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from train_trunk import start_net

from wardrobe.backends.small import as_tensors
from wardrobe.nets import GarmentNet
from wardrobe.readings import ColourReading, masked_statistics

Array = NDArray[np.float32]
Tiles = NDArray[np.uint8]
Describe = Callable[[Tiles], Array]
BATCH = 32


def unit(x: Array) -> Array:
    return (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def in_batches(read: Callable[[Tensor, Tensor], Tensor], tiles: Tiles) -> Array:
    """What ``read`` says of (n, 3, 160, 160) RGB in [0, 1] and (n, 1, 160, 160) masks."""
    with torch.inference_mode():
        parts = [
            read(*as_tensors(tiles[k : k + BATCH], "cpu")) for k in range(0, len(tiles), BATCH)
        ]
    out: Array = torch.cat(parts).float().numpy()
    return out


def by_net(net: GarmentNet, which: int = 0) -> Describe:
    """Vectors (0) or standardised features (1) of a network."""
    return lambda tiles: unit(in_batches(lambda image, mask: net(image, mask)[which], tiles))


def by_histogram(tiles: Tiles) -> Array:
    """The Lab histogram alone: chroma and lightness as photographed."""
    bins = ColourReading.AB_BINS**2 + ColourReading.L_BINS
    return unit(in_batches(ColourReading(), tiles)[:, 6 : 6 + bins])


def by_pixels(tiles: Tiles) -> Array:
    """A 16 px masked thumbnail."""
    masked = tiles[..., :3].astype(np.float32) / 255 - 0.5
    masked *= tiles[..., 3:] > 127
    return unit(
        np.stack([cv2.resize(t, (16, 16), interpolation=cv2.INTER_AREA).ravel() for t in masked])
    )


def squeezenet(shared: Path, known: Tiles) -> Describe:
    """SqueezeNet as published, three depths pooled under the mask."""
    trunk = start_net(shared).eval().trunk

    def read(image: Tensor, mask: Tensor) -> Tensor:
        depths = trunk(image, mask)[1:]
        return torch.cat([masked_statistics(x, mask) for x in depths], dim=1)

    return standardised(read, known)


def coco(shared: Path, known: Tiles) -> Describe:
    """The backbone of YOLO11n trained on COCO, three depths pooled under the mask."""
    from ultralytics import YOLO

    layers = YOLO(shared / "weights" / "yolo11n-seg.pt").model.model[:9].eval()

    def read(image: Tensor, mask: Tensor) -> Tensor:
        x, depths = image * mask + 0.45 * (1 - mask), []
        for k, layer in enumerate(layers):
            x = layer(x)
            if k in (4, 6, 8):
                depths.append(masked_statistics(x, mask))
        return torch.cat(depths, dim=1)

    return standardised(read, known)


def person_search(shared: Path) -> Describe:
    """OSNet x0.25 as published, what is not garment painted in its mean colour."""
    net = osnet.load(shared / "weights" / "osnet_x0_25_msmt17.pt")

    def read(image: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = net(F.interpolate(image * mask + net.mean * (1 - mask), size=(192, 192)))
        return out

    return lambda tiles: unit(in_batches(read, tiles))


def standardised(read: Callable[[Tensor, Tensor], Tensor], known: Tiles) -> Describe:
    """Features brought to mean 0 and spread 1 on known garments, the fair way to compare them."""
    first = in_batches(read, known)
    mean, spread = first.mean(axis=0), first.std(axis=0) + 1e-6
    return lambda tiles: unit((in_batches(read, tiles) - mean) / spread)


def baselines(shared: Path, known: Tiles) -> dict[str, Describe]:
    """By name; those whose weights aren't in ``shared`` are left out.

    Args:
        known: tiles of some training garments.
    """
    ways: dict[str, Describe] = {"histogram": by_histogram, "pixels": by_pixels}
    weights = shared / "weights"
    if (weights / "osnet_x0_25_msmt17.pt").exists():
        ways["osnet"] = person_search(shared)
    if (weights / "squeezenet1_1_imagenet.pth").exists():
        ways["squeezenet"] = squeezenet(shared, known)
    if (weights / "yolo11n-seg.pt").exists():
        ways["coco"] = coco(shared, known)
    return ways
