"""What a phone makes of the light: vignette, shake, sensor noise; and the file it writes."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pillow_heif
from body import Array
from fabrics import rng_for
from PIL import Image
from scipy import ndimage
from shots import Shot

ORIENTATION, TAKEN, DIGITISED, MAKE, MODEL = 0x0112, 0x9003, 0x9004, 0x010F, 0x0110
UNTURN = {
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
    3: Image.Transpose.ROTATE_180,
}
#: Sensor noise by light, in steps of 255.
NOISE = {"daylight": 1.6, "shade": 2.2, "warm": 3.0, "backlit": 2.4, "dim": 5.5}


def develop(raw: Image.Image, shot: Shot, light: str) -> Image.Image:
    """The picture as a phone would keep it.

    Everything here leaves each pixel where it is, so that the masks of the truth still fit: the
    shake is symmetric around the middle of the exposure.
    """
    rng = rng_for(shot.name)
    picture = np.asarray(raw.convert("RGB")).astype(float)
    height, width = picture.shape[:2]
    if shot.blur:
        length = shot.blur * height / shot.size[1]
        picture = shake(picture, length, float(rng.uniform(0, np.pi)))
    y, x = np.mgrid[:height, :width]
    away = np.hypot((x / width - 0.5), (y / height - 0.5))
    picture *= (1 - 0.2 * away**2)[..., None]
    picture *= 1 + rng.normal(0, 0.02, 3)  # the white balance is never quite right
    strength = NOISE[light] * shot.grain
    fine = rng.normal(0, strength, (height, width, 1))
    colour = ndimage.gaussian_filter(rng.normal(0, 1.6 * strength, picture.shape), (1.2, 1.2, 0))
    return Image.fromarray(np.clip(picture + fine + colour, 0, 255).astype(np.uint8))


def shake(picture: Array, length: float, angle: float) -> Array:
    """Motion blur of ``length`` pixels along ``angle`` radians, in (H, W, 3)."""
    steps = max(int(np.ceil(length)) | 1, 3)
    total = np.zeros_like(picture)
    for t in np.linspace(-0.5, 0.5, steps):
        move = (length * t * np.sin(angle), length * t * np.cos(angle), 0)
        total += ndimage.shift(picture, move, order=1, mode="nearest")
    blurred: Array = total / steps
    return blurred


def save(picture: Image.Image, shot: Shot, path: Path) -> None:
    """Write with the time it was taken; turned as some phones store it."""
    exif = Image.Exif()
    taken = datetime.fromisoformat(shot.taken).strftime("%Y:%m:%d %H:%M:%S")
    exif[MAKE], exif[MODEL], exif[0x0132] = "Rendered", "render_samples", taken
    exif.get_ifd(0x8769).update({TAKEN: taken, DIGITISED: taken})
    if shot.turned != 1:
        exif[ORIENTATION] = shot.turned
        picture = picture.transpose(UNTURN[shot.turned])
    buffer = io.BytesIO()
    if path.suffix == ".png":
        few = picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
        few.save(buffer, "PNG", exif=exif, optimize=True)
    elif path.suffix == ".heic":
        pillow_heif.register_heif_opener()
        picture.save(buffer, "HEIF", quality=shot.quality - 20, exif=exif.tobytes())
    else:
        picture.save(buffer, "JPEG", quality=shot.quality, subsampling=1, exif=exif, optimize=True)
    path.write_bytes(buffer.getvalue())
