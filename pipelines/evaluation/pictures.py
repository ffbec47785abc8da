"""How near a picture comes to the true one: thumbnails, and people in a garment they try on.

Pictures are (h, w, 3) uint8 RGB, masks (h, w) bool. SSIM and LPIPS are torchmetrics', Delta E is
CIEDE2000. LPIPS needs a backbone whose weights can't be had everywhere; ``squeeze_features`` is a
distance of its own over the layers of the SqueezeNet at hand, and is never called LPIPS. What its
figures mean is shown by :func:`calibration`: what known distortions score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, binary_opening
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from wardrobe import color, geometry
from wardrobe.config import ThumbnailSettings
from wardrobe.stages.thumbnail import cut_out
from wardrobe.types import Box, Crop, Image, MaskArray

Distance = Callable[[Image, Image], float]
#: Outputs of the first layer and of the fires, before each pooling and at the end.
LAYERS = (1, 4, 7, 9, 10, 11, 12)
SIDE = 256  # px, longer side at which SqueezeNet looks
NEUTRAL = 244


def coverage(shown: MaskArray, amodal: MaskArray, full_px: int) -> float:
    """Share of a garment that its thumbnail shows.

    Args:
        shown: pixels of the photo that the thumbnail was made of.
        amodal: the garment alone in the same photo, hidden parts included.
        full_px: its pixels with those beyond the frame.
    """
    return float((shown & amodal).sum() / full_px)


def colour_error(one: Image, mask: MaskArray, other: Image, other_mask: MaskArray) -> float | None:
    """Delta E 2000 of the mean colours (CIELAB) under the masks; None where one is empty."""
    if not mask.any() or not other_mask.any():
        return None
    means = [color.to_lab(p[m]).mean(axis=0) for p, m in ((one, mask), (other, other_mask))]
    return float(color.delta_e2000(*means))


def ssim(one: Image, other: Image) -> float:
    """Structural similarity (Wang et al. 2004: Gaussian window, sigma 1.5), 1 for equal pictures.

    In float32, which leaves flat pictures exact to 0.001; float64 takes fourteen times as long.
    """
    pair = _tensor(one), _tensor(other)
    return float(structural_similarity_index_measure(*pair, data_range=255.0))


class SqueezeFeatures:
    """Distance over the layers of SqueezeNet 1.1 as published for ImageNet, nothing learned on top.

    At every place of every layer in :data:`LAYERS` the features of both pictures are brought to
    length 1; the distance is their squared difference, averaged over places, then over layers: 0
    for equal pictures, 2 where no feature is shared.

    Args:
        weights: ``squeezenet1_1_imagenet.pth``; its input is BGR minus (104, 117, 123).
    """

    def __init__(self, weights: Path) -> None:
        from torchvision.models import squeezenet1_1

        net = squeezenet1_1(weights=None)
        net.load_state_dict(torch.load(weights, weights_only=True), strict=True)
        self._net = net.features.eval()

    def __call__(self, one: Image, other: Image) -> float:
        return layer_distance(self._layers(one), self._layers(other))

    def _layers(self, image: Image) -> list[Tensor]:
        scale = SIDE / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        bgr = small[..., ::-1].astype(np.float32) - np.array([104, 117, 123], np.float32)
        x = torch.from_numpy(np.ascontiguousarray(bgr.transpose(2, 0, 1)))[None]
        out = []
        with torch.inference_mode():
            for k, layer in enumerate(self._net):
                x = layer(x)
                if k in LAYERS:
                    out.append(x[0])
        return out


def layer_distance(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """Mean over layers (c, h, w) of the mean squared difference of unit features."""
    each = [
        (torch.nn.functional.normalize(a, dim=0) - torch.nn.functional.normalize(b, dim=0))
        .square()
        .sum(dim=0)
        .mean()
        for a, b in zip(one, other, strict=True)
    ]
    return float(torch.stack(each).mean())


def lpips() -> Distance | str:
    """LPIPS (Zhang et al. 2018, AlexNet), or why there is none: nothing is ever fetched for it."""
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    if not any(cache.glob("alexnet-*.pth")):
        return "the AlexNet weights that LPIPS is defined on are not at hand"
    from torchmetrics.functional.image import learned_perceptual_image_patch_similarity

    def distance(one: Image, other: Image) -> float:
        pair = [_tensor(p) / 127.5 - 1 for p in (one, other)]
        with torch.inference_mode():
            return float(learned_perceptual_image_patch_similarity(*pair, net_type="alex"))

    return distance


def framed(rgba: NDArray[np.uint8], settings: ThumbnailSettings) -> tuple[Image, MaskArray]:
    """An item rendered alone, framed and coloured behind as a thumbnail is, and its mask there.

    Args:
        rgba: (h, w, 4) uint8.
    """
    image, alpha = rgba[..., :3], rgba[..., 3] > 127
    picture = cut_out(Crop(np.ascontiguousarray(image), alpha), settings)
    return picture, foreground(picture, settings)


def foreground(thumbnail: Image, settings: ThumbnailSettings) -> MaskArray:
    """Pixels of a thumbnail that are not its background, without the rim where both blend.

    The background is exact but for what compression does near edges. White cloth may come within
    its colour here and there; holes are therefore filled.
    """
    behind = color.from_hex(settings.background).astype(int)
    differs = np.abs(thumbnail.astype(int) - behind).max(axis=2) > 3
    whole = binary_fill_holes(binary_opening(differs, np.ones((3, 3))))
    inner = geometry.worn_down(whole, 2)
    # A chain is all rim.
    return np.asarray(inner if inner.sum() >= whole.sum() / 2 else whole, np.bool_)


@dataclass(frozen=True, slots=True)
class TryOn:
    """A person in a garment, against the true render of that person in that garment.

    Attributes:
        ssim: inside the person's box.
        distance, colour_error: inside the garment.
        changed_outside: share of the pixels outside it that are not as in the person's photo.
        largest_change: of them, in levels of 255.
    """

    ssim: float
    distance: float
    colour_error: float | None
    changed_outside: float
    largest_change: int


def try_on(
    made: Image, true: Image, before: Image, person: Box, garment: MaskArray, distance: Distance
) -> TryOn:
    """Compare a try-on with the truth; all pictures of one size.

    Args:
        before: the photo that the garment was put onto.
        person: px.
        garment: where the garment may be: the true render's garment and, as it has to go, the one
            that was worn before.
        distance: a perceptual one; it sees both pictures with all but the garment made neutral.
    """
    x0, y0, x1, y1 = (round(v) for v in person)
    whole = ssim(made[y0:y1, x0:x1], true[y0:y1, x0:x1])
    x0, y0, x1, y1 = (int(v) for v in geometry.box_of(garment) or (0, 0, 1, 1))
    inside = [
        np.where(garment[..., None], p, np.uint8(NEUTRAL))[y0:y1, x0:x1] for p in (made, true)
    ]
    change = np.abs(made.astype(int) - before.astype(int)).max(axis=2)[~garment]
    return TryOn(
        whole,
        distance(inside[0], inside[1]),
        colour_error(made, garment, true, garment),
        float((change > 0).mean()) if change.size else 0.0,
        int(change.max()) if change.size else 0,
    )


def calibration(
    pictures: Sequence[tuple[Image, MaskArray]], distances: Mapping[str, Distance]
) -> list[dict[str, str | float]]:
    """What known distortions of pictures like these score, as rows for a table.

    Args:
        pictures: garments on a neutral background with their masks, two at least.
        distances: name -> perceptual distance.

    Returns:
        per distortion its name and the mean ``ssim``, ``colour_error`` and each distance.
    """
    rows: list[dict[str, str | float]] = []
    for name, distort in _DISTORTIONS.items():
        scores: list[list[float]] = []
        for k, (image, mask) in enumerate(pictures):
            bad, bad_mask = distort(image, mask, k)
            scores.append(_scores(image, mask, bad, bad_mask, distances))
        rows.append(_row(name, scores, distances))
    others = []
    for (image, mask), (other, other_mask) in zip(
        pictures, [*pictures[1:], pictures[0]], strict=True
    ):
        others.append(_scores(image, mask, other, other_mask, distances))
    return [*rows, _row("another garment", others, distances)]


def _scores(
    image: Image,
    mask: MaskArray,
    bad: Image,
    bad_mask: MaskArray,
    distances: Mapping[str, Distance],
) -> list[float]:
    error = colour_error(image, mask, bad, bad_mask)
    return [ssim(image, bad), error or 0.0, *(d(image, bad) for d in distances.values())]


def _row(
    name: str, scores: list[list[float]], distances: Mapping[str, Distance]
) -> dict[str, str | float]:
    means = np.mean(scores, axis=0)
    keys = ("ssim", "colour_error", *distances)
    return {"distortion": name, **dict(zip(keys, means.tolist(), strict=True))}


Distortion = Callable[[Image, MaskArray, int], tuple[Image, MaskArray]]


def _blur(sigma: float) -> Distortion:
    return lambda p, m, _: (np.asarray(cv2.GaussianBlur(p, (0, 0), sigma), np.uint8), m)


def _shift(px: int) -> Distortion:
    return lambda p, m, _: (np.roll(p, px, axis=1), np.roll(m, px, axis=1))


def _hue(degrees: int) -> Distortion:
    def turn(p: Image, m: MaskArray, _: int) -> tuple[Image, MaskArray]:
        hsv = cv2.cvtColor(p, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + degrees // 2) % 180  # OpenCV counts in two degrees
        turned = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)
        return np.where(m[..., None], turned, p), m

    return turn


def _noise(sigma: float) -> Distortion:
    def add(p: Image, m: MaskArray, k: int) -> tuple[Image, MaskArray]:
        noisy = p + np.random.default_rng(k).normal(0, sigma, p.shape)
        return np.clip(noisy, 0, 255).round().astype(np.uint8), m

    return add


#: Levels, pixels of 512 and degrees.
_DISTORTIONS: dict[str, Distortion] = {
    "blur, sigma 1 px": _blur(1),
    "blur, sigma 4 px": _blur(4),
    "moved by 2 px": _shift(2),
    "moved by 16 px": _shift(16),
    "hue turned by 10 degrees": _hue(10),
    "hue turned by 60 degrees": _hue(60),
    "noise, sigma 5 levels": _noise(5),
    "noise, sigma 25 levels": _noise(25),
}


def _tensor(image: Image) -> Tensor:
    """(1, 3, h, w) float32 in [0, 255]."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].float()
