"""What a phone makes of a training frame's light: exposure, tone, shake, noise, and its file.

Everything here leaves each pixel where it is, so that the masks of the truth still fit.
"""

from __future__ import annotations

import io

import numpy as np
from body import Array
from develop import NOISE, shake
from PIL import Image
from scipy import ndimage
from shop import Rng

#: What a phone makes the middle of a frame, linear; and how much of the way it goes there.
MIDDLE, EAGER = 0.2, 0.65


def snap(
    light: Array, mood: str, stops: float, rng: Rng, meter: Array | None = None
) -> Image.Image:
    """Linear light (H, W, 3) as a photo.

    Args:
        meter: the light that a pair's exposure is read off, the same for both of its pictures: else
            what surrounds a lighter garment would be darker. Pairs are neither shaken nor noisy.
    """
    height, width = light.shape[:2]
    y, x = np.mgrid[:height, :width]
    away = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2
    weight = np.exp(-away / 0.12)[..., None]
    read = light if meter is None else meter
    measured = float((read * weight).sum() / weight.sum() / 3)
    gain = (MIDDLE / max(measured, 0.01)) ** EAGER * 2 ** (0.7 * stops)
    glare = float(rng.uniform(0, 0.03 if mood != "backlit" else 0.07))
    fall, knee = float(rng.uniform(0, 0.45)), float(rng.uniform(0.55, 0.85))

    def toned(light: Array) -> Array:
        return 255 * _tone(light * gain * (1 - fall * away[..., None]) + glare, knee)

    picture = toned(light)
    grey = picture.mean(-1, keepdims=True)
    picture = grey + (picture - grey) * float(np.clip(rng.normal(1.03, 0.1), 0.7, 1.35))
    middle = float(picture.mean() if meter is None else toned(meter).mean())
    picture = middle + (picture - middle) * float(np.clip(rng.normal(1.04, 0.08), 0.8, 1.25))
    soft, shaken, angle, length = rng.uniform(size=4)
    if meter is None:
        if soft < 0.35:
            sigma = 0.3 + 2 * float(soft)
            picture = ndimage.gaussian_filter(picture, (sigma, sigma, 0))
        if shaken < 0.14:
            picture = shake(picture, 1.5 + 4.5 * float(length), np.pi * float(angle))
        strength = NOISE[mood] * float(np.exp(rng.normal(0, 0.5)))
        fine = rng.standard_normal((height, width, 1), np.float32)
        colour = rng.standard_normal(picture.shape, np.float32)
        colour = ndimage.gaussian_filter(colour, (1.2, 1.2, 0)) * 1.6
        picture = picture + strength * (fine + colour)
    return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def _tone(light: Array, knee: float) -> Array:
    """Linear to sRGB in 0..1; what is brighter than ``knee`` fades to white slowly."""
    over = np.maximum(light - knee, 0)
    light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))
    light = np.clip(light, 0, 1)
    curve: Array = np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return curve


def jpeg(picture: Image.Image, rng: Rng, clean: bool = False) -> bytes:
    """The file's bytes, of any quality that phones and messengers leave; ``clean`` ones of the best."""
    quality, halved = int(rng.integers(42, 96)), int(rng.random() < 0.75)
    buffer = io.BytesIO()
    picture.save(
        buffer, "JPEG", quality=96 if clean else quality, subsampling=0 if clean else 2 * halved
    )
    return buffer.getvalue()
