"""What a small try-on network sees of a fitting, and what its answer does to the picture.

It works on a small map of the region; the texture stays that of the bent garment at full size. Its
answer is the picture drawn small, as the difference from the bent garment's, and where the garment
covers more or less than its bent picture does. On cloth the difference is laid on by multiplying
(folds, shade, the scene's light), so that a print stays a print; beside it by adding (skin).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import PIL.Image as Pillow
from numpy.typing import NDArray

from wardrobe import figure, geometry
from wardrobe.dressing import Dressed
from wardrobe.types import Box, Image, MaskArray, Pose

Floats = NDArray[np.float32]
SIZE = (64, 48)  # px, height and width of the maps
#: Coarse picture, cloth, skin, region, what stays in front, pose. What was worn before isn't shown: a
#: network that saw it drew its ghost.
CHANNELS = 3 + 4 + len(figure.PLANES)
CLOTH, REGION = 3, 5  # of these, the planes of the bent garment and of what may change
#: Redder, greener, bluer; more cloth.
ANSWERS = 4
REACH = 128.0  # levels of 255 that an answer of 1 stands for
DARK = 10.0  # levels added before dividing: black has no ratio
GAIN = (0.45, 1.9)  # no fold is darker, no light brighter
AROUND = 0.2  # share of the region's longer side shown around it
MOVED = 0.25  # more or less cloth than this is meant: below it the bent garment's crisp edge stays
CRISP = 5.0  # how much sharper than a map's pixel a moved edge is drawn
EDGES = 1.5 / 64  # of the maps' height, how far an edge is moved
BESIDE = 0.4  # of a difference that is believed beside cloth: more draws a haze round people, and is no nearer
SHADE = 2.0  # px of the maps over which shade is even
WHOLE = 0.95  # cloth from which a pixel has the garment's colour alone


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A fitting as maps.

    Attributes:
        planes: (13, 64, 48) float32, in [-1, 1].
        coarse: (64, 48, 3) float32, 0 to 255: the bent garment on the person.
        window: (x0, y0, x1, y1) px of the photo that the maps show; may reach beyond it.
    """

    planes: Floats
    coarse: Floats
    window: Box


def view(dressed: Dressed, pose: Pose, min_joint: float) -> View:
    """The maps of a fitting: its region with some of what is around it."""
    window = _window(dressed)
    scale = SIZE[0] / (window[3] - window[1])
    coarse = cut(dressed.image, window)
    parts = [
        coarse.transpose(2, 0, 1) / 127.5 - 1,
        *(
            cut(p.astype(np.float32)[..., None], window).transpose(2, 0, 1) * 2 - 1
            for p in (dressed.cloth, dressed.skin, dressed.region, dressed.front)
        ),
        figure.planes(pose, min_joint, SIZE, scale, (window[0], window[1])) * 2 - 1,
    ]
    return View(np.concatenate(parts).astype(np.float32), coarse, window)


def wanted(true: Image, cloth: NDArray[np.bool_], seen: View) -> Floats:
    """(4, 64, 48) float32 in [-1, 1]: the answer that would make the true picture of the coarse.

    Args:
        true: (h, w, 3) uint8.
        cloth: (h, w) bool, the garment's pixels in it.
    """
    shown = seen.planes * 0.5 + 0.5
    share = cut(cloth.astype(np.float32)[..., None], seen.window)[..., 0]
    off = (cut(true, seen.window) - seen.coarse).transpose(2, 0, 1) / REACH
    off = levelled(off, np.minimum(share, shown[CLOTH]))
    more = share - shown[CLOTH]
    return np.asarray(np.clip(np.stack([*off, more]), -1, 1) * shown[REGION], np.float32)


def levelled(off: Floats, cloth: Floats) -> Floats:
    """Differences (3, 64, 48) without what they are on all the cloth together: how bright a garment is
    as a whole follows from its photo and the wearer's (:mod:`wardrobe.relight`), and a network that was
    asked for it learned to guess."""
    weight = np.maximum(cloth, 0)
    mean = (off * weight).sum(axis=(1, 2)) / max(float(weight.sum()), 1.0)
    return np.asarray(off - mean[:, None, None] * weight, np.float32)


def applied(dressed: Dressed, seen: View, answer: Floats) -> Image:
    """The picture that an answer makes.

    Args:
        answer: (4, 64, 48) float32 in [-1, 1].
    """
    h, w = dressed.region.shape
    x0, y0, x1, y1 = seen.window
    box = (max(int(x0), 0), max(int(y0), 0), min(int(np.ceil(x1)), w), min(int(np.ceil(y1)), h))
    at = np.s_[box[1] : box[3], box[0] : box[2]]
    inside, front = dressed.region[at], dressed.front[at]
    cloth = _edged(dressed.cloth[at], dressed.skin[at], seen, answer[3], box)
    laid = _laid(dressed, at, cloth)
    out = dressed.image.copy()
    out[at][inside] = np.clip(laid, 0, 255).round()[inside]
    coarse = cut(out, seen.window)
    drawn = seen.coarse + REACH * answer[:3].transpose(1, 2, 0)
    gain = _large(np.clip(_shade(drawn, seen) / _shade(coarse, seen), *GAIN), seen, box)
    off = _large(drawn - coarse, seen, box)
    share = np.clip(cloth / np.maximum(1 - front, 1e-3), 0, 1)[..., None]  # of what isn't in front
    off = off * BESIDE
    lit = laid + (laid * (np.clip(gain, *GAIN) - 1) * share + off * (1 - share)) * (
        1 - front[..., None]
    )
    out[at][inside] = np.clip(lit, 0, 255).round()[inside]
    return out


def _shade(picture: Floats, seen: View) -> Floats:
    """(64, 48, 3) levels of a small picture's cloth without its print: stripes as fine as the maps are
    would shine if each had a shade of its own."""
    from scipy.ndimage import gaussian_filter

    weight = np.maximum(seen.planes[CLOTH] * 0.5 + 0.5, 1e-3)[..., None]
    sigma = (SHADE, SHADE, 0)
    ink = gaussian_filter((picture + DARK) * weight, sigma)
    return np.asarray(ink / gaussian_filter(weight, sigma), np.float32)


def _edged(
    cloth: Floats, skin: Floats, seen: View, more: Floats, box: tuple[int, int, int, int]
) -> Floats:
    """The garment's share of each pixel of a box, once it covers more here and less there.

    How long its sleeves are is its picture's to say: limbs that it leaves bare stay bare.
    """
    from scipy.ndimage import maximum_filter

    meant = maximum_filter((np.abs(more) > MOVED).astype(np.float32), 3)
    if not meant.any():
        return cloth
    small = np.clip(seen.planes[CLOTH] * 0.5 + 0.5 + more, 0, 1)
    both = _large(np.stack([small, meant], axis=-1), seen, box)
    soft = np.clip((both[..., 0] - 0.5) * CRISP + 0.5, 0, 1)
    moved = np.clip(both[..., 1], 0, 1) * (1 - skin)
    moved = moved * _about(cloth, EDGES * (seen.window[3] - seen.window[1]))
    return np.asarray(cloth * (1 - moved) + soft * moved, np.float32)


def _about(cloth: Floats, far: float) -> MaskArray:
    """(h, w) bool: within ``far`` px of the garment's edge. Farther off nothing is known to draw on: its
    colours would be drawn out into streaks."""
    from scipy.ndimage import distance_transform_edt

    inner = cloth > 0.5
    away = distance_transform_edt(inner) + distance_transform_edt(~inner)
    return np.asarray(away <= far, np.bool_)


def _laid(dressed: Dressed, at: tuple[slice, slice], cloth: Floats) -> Floats:
    """A box of the picture with as much of the garment as ``cloth`` says, its colours carried on to
    where it wasn't."""
    old, picture = dressed.cloth[at], dressed.image[at].astype(np.float32)
    changed = np.abs(cloth - old) > 0.004
    known = old > WHOLE
    if not changed.any() or not known.any():
        return picture
    from scipy.ndimage import distance_transform_edt

    y, x = distance_transform_edt(~known, return_distances=False, return_indices=True)
    share, front = cloth[..., None], dressed.front[at][..., None]
    fresh = dressed.behind[at] * (1 - share) + picture[y, x] * share
    fresh = fresh * (1 - front) + picture * front
    return np.asarray(np.where(changed[..., None], fresh, picture), np.float32)


def _large(maps: Floats, seen: View, box: tuple[int, int, int, int]) -> Floats:
    """(h, w, c) of a box of the photo, from maps (64, 48, c)."""
    x0, y0, x1, _ = seen.window
    ratio = SIZE[1] / (x1 - x0)
    place = tuple((v - o) * ratio for v, o in zip(box, (x0, y0, x0, y0), strict=True))
    size = (box[2] - box[0], box[3] - box[1])
    return np.stack(
        [
            np.asarray(
                Pillow.fromarray(np.ascontiguousarray(maps[..., c], np.float32)).transform(
                    size, Pillow.Transform.EXTENT, place, Pillow.Resampling.BICUBIC
                )
            )
            for c in range(maps.shape[2])
        ],
        axis=-1,
    )


def cut(image: NDArray[np.generic], window: Box) -> Floats:
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


def _window(dressed: Dressed) -> Box:
    box = geometry.box_of(dressed.region) or (0.0, 0.0, 8.0, 8.0)
    pad = AROUND * max(box[2] - box[0], box[3] - box[1])
    wide, high = box[2] - box[0] + 2 * pad, box[3] - box[1] + 2 * pad
    high = max(high, wide * SIZE[0] / SIZE[1])
    wide = high * SIZE[1] / SIZE[0]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2
