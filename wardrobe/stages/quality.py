"""Garment -> how well its photo shows it, and what its pixels say of cloth and sleeves.

Nobody's model: measures of the picture and of the wearer's pose, remembered without bounds. Which
photo becomes an item's cover is decided from them, and how much alike two garments must be.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import body, color, geometry, pattern, sleeve
from wardrobe.position import OnBody
from wardrobe.types import (
    Crop,
    Garment,
    Image,
    MaskArray,
    Photo,
    Pose,
    Quality,
    Traits,
)  # fmt: skip

FULL_PX = 400  # root of the visible pixels from which a cut-out needs no enlarging
SHARP_PX = 200  # root of the visible pixels at which blur is measured
NARROW, BROAD = 1.0, 2.5  # px, sigmas of the two derivatives that are compared
HAND = 0.16  # torsos: radius of a hand around a point a little beyond the wrist

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examined:
    """What is remembered of one garment in one photo."""

    quality: Quality
    marks: pattern.Marks | None
    cover: sleeve.Cover | None


@dataclass(frozen=True)
class Examine:
    """The stage; its answers hold no threshold but that of a joint."""

    pixels: Callable[[Photo], Image]
    min_joint: float
    name: str = "quality"
    version: int = 1
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return {"min_joint": self.min_joint}

    def digest(self, one: OnBody) -> str:
        about = hashlib.sha256(one.pose.joints.tobytes())
        for mask in one.others:
            about.update(np.array([*mask.size, *mask.runs], np.int64).tobytes())
        return f"{one.worn.digest}:{about.hexdigest()}"

    def __call__(self, batch: Sequence[OnBody]) -> Sequence[Examined]:
        photos = {d.worn.photo.id: d.worn.photo for d in batch}
        casts = {i: cast(self.pixels(photo)) for i, photo in photos.items()}
        return [
            examine(self.pixels(d.worn.photo), d, self.min_joint, casts[d.worn.photo.id])
            for d in batch
        ]

    def encode(self, out: Examined) -> bytes:
        return json.dumps(asdict(out)).encode()

    def decode(self, data: bytes) -> Examined:
        facts = json.loads(data)
        marks, cover = facts["marks"], facts["cover"]
        return Examined(
            Quality(**facts["quality"]),
            pattern.Marks(**marks) if marks else None,
            sleeve.Cover(**cover) if cover else None,
        )


def examine(
    picture: Image, dressed: OnBody, min_joint: float, tint: float | None = None
) -> Examined:
    """Measure one garment.

    Args:
        picture: (h, w, 3) uint8, the working picture its mask lies in.
        min_joint: visibility from which a joint counts as seen.
        tint: the picture's :func:`cast`, where it is known already.
    """
    garment, pose = dressed.worn.garment, dressed.pose
    visible, crop = garment.mask.array(), Crop.of(picture, garment)
    quality = Quality(
        resolution=min(garment.mask.area**0.5 / FULL_PX, 1.0),
        light=light(picture, garment),
        cast=cast(picture) if tint is None else tint,
        sharpness=sharpness(crop),
        frontal=frontal(pose, min_joint),
        unobstructed=unobstructed(visible, pose, min_joint),
    )
    cover = None
    if garment.category in sleeve.SLEEVED:
        others = geometry.union([mask.array() for mask in dressed.others], visible.shape)
        cover = sleeve.measure(visible, others, pose, min_joint)
    return Examined(quality, pattern.measure(crop.image, crop.mask), cover)


def traits(examined: Examined) -> Traits:
    """The words for a garment's cloth and sleeves, each None when unsure."""
    marks, cover = examined.marks, examined.cover
    return Traits(
        pattern.name_of(marks) if marks else None, sleeve.name_of(cover) if cover else None
    )


def clearness(garment: Garment, quality: Quality) -> float:
    """How far a garment's view can be trusted to tell it from others; 1 is a clear view.

    As good as the worst of: half of it visible, 120 px square of it, light, sharpness.
    """
    return min(
        _ramp(garment.visibility, 0.05, 0.5),
        _ramp(quality.resolution, 0.05, 0.3),
        quality.light,
        quality.sharpness,
    )


def light(picture: Image, garment: Garment) -> float:
    """Exposure, in [0, 1]: low in a dim picture, and where the garment is burnt out or drowned.

    A black garment in good light is dark and no worse for it, so brightness is that of the
    brighter quarter of its surroundings.
    """
    size = (picture.shape[0], picture.shape[1])
    x0, y0, x1, y1 = geometry.grow(geometry.to_px(garment.box_frac, size), 0.3, size)
    step = max(1, round(max(x1 - x0, y1 - y0) / 200))
    around = color.to_lab(picture[y0:y1:step, x0:x1:step])[..., 0]
    own = picture[y0:y1:step, x0:x1:step][garment.mask.array()[y0:y1:step, x0:x1:step]]
    bright = _ramp(float(np.percentile(around, 75)), 15, 50)
    if not len(own):
        return bright
    burnt = float((own >= 253).all(axis=1).mean())
    drowned = float((own <= 4).all(axis=1).mean())
    return bright * (1 - _ramp(burnt, 0.05, 0.6)) * (1 - _ramp(drowned, 0.2, 0.9))


def cast(picture: Image) -> float:
    """Freedom from colour cast, in [0, 1]: how neutral the light of the picture is guessed to be.

    The light is the Minkowski mean of the colours, p = 6 (shades of grey, Finlayson and Trezzi
    2004), between the grey world and the white patch; the measure is its distance from grey in a, b.
    One picture can't tell a red light from a red room.
    """
    step = max(1, round(max(picture.shape[:2]) / 200))
    pixels = picture[::step, ::step].reshape(-1, 3)
    pixels = pixels[(pixels < 250).all(axis=1)]
    if not len(pixels):
        return 1.0
    lit = ((pixels / 255.0) ** 6).mean(axis=0) ** (1 / 6)
    tint = color.to_lab(np.round(200 * lit / max(float(lit.max()), 1e-6)).astype(np.uint8))[1:]
    return 1 - _ramp(float(np.hypot(*tint)), 6, 40)


def sharpness(crop: Crop) -> float:
    """Freedom from blur, in [0, 1], on the garment and its outline, at one scale for all garments.

    An edge blurred by sigma b answers to derivatives of sigma s in proportion to
    1 / sqrt(s^2 + b^2), so two of them give b whatever the edge's contrast (Zhuo and Sim 2011): a
    plain garment isn't taken for a blurred one. The sharper ones of the strongest edges speak, since
    folds are soft in any photo; across and down apart, and the worse counts: a moving hand blurs one
    way. On 154 real and rendered garments a blur of 2 px is told from none in all pairs, of 1 px in 93 %.
    """
    from scipy.ndimage import gaussian_filter

    grey = crop.image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    grey, mask = _at_scale(grey, crop.mask)
    near = geometry.grown(mask, 3)
    blurs = []
    for order in ((0, 1), (1, 0)):
        narrow, broad = (
            np.abs(gaussian_filter(grey, s, order=order))[near] for s in (NARROW, BROAD)
        )
        strong = np.percentile(broad, 98) if len(broad) else 0.0
        if strong < 0.8:
            continue  # nothing in this direction to be sharp or blurred
        edges = broad >= strong
        ratio = float(np.percentile(narrow[edges] / broad[edges], 75))
        blurs.append(max(BROAD**2 - (ratio * NARROW) ** 2, 0.0) / max(ratio**2 - 1, 1e-3))
    return 1 - _ramp(max(blurs, default=4.0) ** 0.5, 0.9, 3.0)


def frontal(pose: Pose, min_joint: float) -> float:
    """How far the wearer faces the camera, in [0, 1]: width of the shoulders for the trunk's
    length, and the face; a quarter from behind, a half where neither is seen."""
    ok = body.seen(pose, min_joint)
    left, right = body.SHOULDERS
    if not (ok[left] and ok[right]):
        return 0.5 if not ok[0] else 0.7
    joints, torso = body.complete(pose, ok)
    across = float(joints[left, 0] - joints[right, 0]) / torso
    if across < 0:  # the left shoulder on the left of the picture
        return 0.25
    return min(across / (1.6 * body.HALF_SHOULDERS), 1.0) * (1.0 if ok[0] else 0.7)


def unobstructed(visible: MaskArray, pose: Pose, min_joint: float) -> float:
    """How little lies in front, in [0, 1]: the mask's share of its outline with bites and holes
    filled, less the wearer's hands where they lie on it.

    What the frame cuts off, or a garment that was found hides, is in the visibility already.
    """
    from scipy import ndimage

    box = geometry.box_of(visible)
    if box is None:
        return 0.0
    step = max(1, round(max(box[2] - box[0], box[3] - box[1]) / 160))
    pad = 24
    small = np.pad(visible[int(box[1]) : int(box[3]) : step, int(box[0]) : int(box[2]) : step], pad)
    radius = max(2, round(0.08 * float(small.sum()) ** 0.5))
    outside = ndimage.distance_transform_edt(~small)
    closed = ndimage.distance_transform_edt(outside <= radius) > radius
    whole = ndimage.binary_fill_holes(closed | small)
    shown = small.copy()
    ok = body.seen(pose, min_joint)
    joints, torso = body.complete(pose, ok)
    for elbow, wrist in zip(body.ELBOWS, body.WRISTS, strict=True):
        if ok[wrist]:
            palm = joints[wrist] + 0.25 * (joints[wrist] - joints[elbow])
            at = (palm - np.array(box[:2])) / step + pad
            hand = geometry.capsule_mask(at, at, HAND * torso / step, small.shape)
            # A hand wholly on the garment: at a sleeve's end it reaches past the outline.
            if (hand & whole).sum() > 0.9 * hand.sum():
                shown &= ~hand
    return float(shown.sum() / max(int(whole.sum()), 1))


def _at_scale(grey: Floats, mask: MaskArray) -> tuple[Floats, MaskArray]:
    """Shrunk so that the root of the garment's area is SHARP_PX; never enlarged."""
    from PIL import Image as Pillow

    scale = SHARP_PX / max(float(mask.sum()), 1.0) ** 0.5
    if scale >= 1:
        return grey, mask
    size = (max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1))
    box = Pillow.Resampling.BOX
    soft = Pillow.fromarray(mask.astype(np.uint8) * 255).resize(size, box)
    small = Pillow.fromarray(grey.astype(np.float32)).resize(size, box)
    return np.asarray(small, np.float64), np.asarray(soft) > 127


def _ramp(value: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high``, straight between."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
