"""What a small try-on network sees of a fitting, and what its answer does to the picture.

It works on a small map of the region; the texture stays that of the bent garment at full size. Its
answer is how much redder, greener, bluer each place should be (folds, shade, the scene's light),
laid on by multiplying, so that a print stays a print.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import PIL.Image as Pillow
from numpy.typing import NDArray

from wardrobe import figure, geometry
from wardrobe.dressing import Dressed
from wardrobe.types import Image, Pose

Floats = NDArray[np.float32]
SIZE = (64, 48)  # px, height and width of the maps
#: Coarse picture, before, cloth, skin, region, pose.
CHANNELS = 3 + 3 + 3 + len(figure.PLANES)
REACH = 96.0  # levels of 255 that an answer of 1 stands for
DARK = 10.0  # levels added before dividing: black has no ratio
GAIN = (0.45, 1.9)  # no fold is darker, no light brighter
AROUND = 0.2  # share of the region's longer side shown around it


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A fitting as maps.

    Attributes:
        planes: (15, 64, 48) float32, in [-1, 1].
        coarse: (64, 48, 3) float32, 0 to 255: the bent garment on the person.
        window: (x0, y0, x1, y1) px of the photo that the maps show; may reach beyond it.
    """

    planes: Floats
    coarse: Floats
    window: tuple[float, float, float, float]


def view(before: Image, dressed: Dressed, pose: Pose, min_joint: float) -> View:
    """The maps of a fitting: its region with some of what is around it."""
    window = _window(dressed)
    scale = SIZE[0] / (window[3] - window[1])
    coarse = cut(dressed.image, window)
    parts = [
        coarse.transpose(2, 0, 1) / 127.5 - 1,
        cut(before, window).transpose(2, 0, 1) / 127.5 - 1,
        *(
            cut(p.astype(np.float32)[..., None], window).transpose(2, 0, 1) * 2 - 1
            for p in (dressed.cloth, dressed.skin, dressed.region)
        ),
        figure.planes(pose, min_joint, SIZE, scale, (window[0], window[1])) * 2 - 1,
    ]
    return View(np.concatenate(parts).astype(np.float32), coarse, window)


def wanted(true: Image, seen: View) -> Floats:
    """(3, 64, 48) float32 in [-1, 1]: the answer that would make the true picture of the coarse."""
    off = (cut(true, seen.window) - seen.coarse) / REACH
    region = seen.planes[8] * 0.5 + 0.5
    return np.asarray(np.clip(off.transpose(2, 0, 1), -1, 1) * region, np.float32)


def applied(dressed: Dressed, seen: View, answer: Floats) -> Image:
    """The picture that an answer makes.

    Args:
        answer: (3, 64, 48) float32 in [-1, 1].
    """
    made = seen.coarse + REACH * answer.transpose(1, 2, 0)
    gain = np.clip((made + DARK) / (seen.coarse + DARK), *GAIN)
    h, w = dressed.region.shape
    x0, y0, x1, y1 = seen.window
    box = (max(int(x0), 0), max(int(y0), 0), min(int(np.ceil(x1)), w), min(int(np.ceil(y1)), h))
    ratio = SIZE[1] / (x1 - x0)
    place = tuple((v - o) * ratio for v, o in zip(box, (x0, y0, x0, y0), strict=True))
    size = (box[2] - box[0], box[3] - box[1])
    out = dressed.image.copy()
    part = out[box[1] : box[3], box[0] : box[2]].astype(np.float32)
    for c in range(3):
        plane = Pillow.fromarray(np.ascontiguousarray(gain[..., c], np.float32))
        large = plane.transform(size, Pillow.Transform.EXTENT, place, Pillow.Resampling.BICUBIC)
        part[..., c] *= np.clip(np.asarray(large), *GAIN)
    inside = dressed.region[box[1] : box[3], box[0] : box[2]]
    part = part * (1 - dressed.front[box[1] : box[3], box[0] : box[2], None]) + (
        dressed.front[box[1] : box[3], box[0] : box[2], None]
        * dressed.image[box[1] : box[3], box[0] : box[2]]
    )
    out[box[1] : box[3], box[0] : box[2]][inside] = np.clip(part, 0, 255).round()[inside]
    return out


def cut(image: NDArray[np.generic], window: tuple[float, float, float, float]) -> Floats:
    """(64, 48, c) float32 of a window of a picture; beyond its edge the edge."""
    h, w = image.shape[:2]
    x0, y0, x1, y1 = window
    pad = int(max(-x0, -y0, x1 - w, y1 - h, 0)) + 2
    planes = np.pad(image.astype(np.float32), ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    box = (x0 + pad, y0 + pad, x1 + pad, y1 + pad)
    out = [
        np.asarray(
            Pillow.fromarray(np.ascontiguousarray(planes[..., c])).resize(
                SIZE[::-1], Pillow.Resampling.BOX, box=box
            )
        )
        for c in range(planes.shape[2])
    ]
    return np.stack(out, axis=-1).astype(np.float32)


def _window(dressed: Dressed) -> tuple[float, float, float, float]:
    box = geometry.box_of(dressed.region) or (0.0, 0.0, 8.0, 8.0)
    pad = AROUND * max(box[2] - box[0], box[3] - box[1])
    wide, high = box[2] - box[0] + 2 * pad, box[3] - box[1] + 2 * pad
    high = max(high, wide * SIZE[0] / SIZE[1])
    wide = high * SIZE[1] / SIZE[0]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2
