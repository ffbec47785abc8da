"""Random views of one cut-out garment: what may change while it stays the same garment.

Pose and folds, the part of it that is in the frame, what hangs in front of it, the errors of a
segmenter, the lamp, the camera. Each view is drawn by a generator alone, so runs repeat exactly.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from wardrobe.backends.small import prepare
from wardrobe.types import Crop

Pixels = NDArray[np.uint8]
Rng = np.random.Generator

CANVAS = 240  # px; a 192 px tile may be turned and stretched inside it
LEAST = 0.12  # share of the garment that a view must still show
DAYLIGHT_K = 6500.0


def view(tile: Pixels, rng: Rng, *, faithful: bool = False) -> Pixels:
    """(s, s, 4) uint8 tile, RGB and mask, to the network's (160, 160, 4) uint8 of one view."""
    for _ in range(8):
        warped = _warp(tile, rng)
        mask = _seen(warped[..., 3] > 127, rng)
        if mask.sum() >= max(LEAST * (tile[..., 3] > 127).sum(), 60):
            break
    else:
        warped, mask = tile, tile[..., 3] > 127
    image = np.ascontiguousarray(warped[..., :3])
    return prepare(Crop(camera(light(image, rng, faithful=faithful), rng), mask))


def glimpse(tile: Pixels, rng: Rng) -> Pixels:
    """As :func:`view`, for a tile that is a view already: no bending, and most of it as it is.

    What a segmenter gets wrong, what hangs in front, the camera; the pose is the photo's own.
    """
    for _ in range(8):
        mask = _seen(tile[..., 3] > 127, rng)
        if mask.sum() >= max(LEAST * (tile[..., 3] > 127).sum(), 60):
            break
    else:
        mask = tile[..., 3] > 127
    image = np.ascontiguousarray(tile[..., :3])
    if rng.random() < 0.5:
        image = light(image, rng, faithful=True)
    return prepare(Crop(camera(image, rng) if rng.random() < 0.5 else image, mask))


def plain(tile: Pixels) -> Pixels:
    """The tile as it is, in the network's form."""
    return prepare(Crop(np.ascontiguousarray(tile[..., :3]), tile[..., 3] > 127))


def _warp(tile: Pixels, rng: Rng) -> Pixels:
    """Turn, stretch, tilt in depth, and bend as cloth bends; sometimes as in a mirror."""
    size = tile.shape[0]
    angle = math.radians(rng.normal(0, 8) if rng.random() < 0.8 else rng.uniform(-35, 35))
    stretch, shear = math.exp(rng.normal(0, 0.12)), rng.normal(0, 0.08)
    mirror = -1.0 if rng.random() < 0.2 else 1.0
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    bent = turn @ np.array([[stretch * mirror, shear], [0, 1 / stretch]])
    inverse = np.linalg.inv(bent).astype(np.float32)
    tilt = rng.normal(0, 0.12, 2).astype(np.float32)
    axis = np.linspace(-1, 1, CANVAS, dtype=np.float32) * np.float32(CANVAS / size)
    x, y = np.meshgrid(axis, axis)
    depth = 1 + tilt[0] * x + tilt[1] * y
    u = (inverse[0, 0] * x + inverse[0, 1] * y) / depth
    v = (inverse[1, 0] * x + inverse[1, 1] * y) / depth
    if rng.random() < 0.8:
        bend = np.float32(abs(rng.normal(0, 0.05)))
        u += _smooth(rng, int(rng.integers(3, 8))) * bend
        v += _smooth(rng, int(rng.integers(3, 8))) * bend
    to_px = np.float32(size / 2)
    x_px, y_px = (u + 1) * to_px, (v + 1) * to_px
    warped = cv2.remap(tile, x_px, y_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return warped.astype(np.uint8)


def _smooth(rng: Rng, cells: int, width: int = CANVAS, height: int = CANVAS) -> NDArray[np.float32]:
    """Smooth noise of about unit spread, (height, width)."""
    grid = rng.normal(0, 1, (cells, cells)).astype(np.float32)
    field: NDArray[np.float32] = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return field


def _seen(mask: NDArray[np.bool_], rng: Rng) -> NDArray[np.bool_]:
    """The mask a segmenter might draw: cut by the frame, crossed by straps and arms, inexact."""
    m = mask.astype(np.uint8)
    rows, cols = np.flatnonzero(m.any(axis=1)), np.flatnonzero(m.any(axis=0))
    if not len(rows):
        return mask
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1
    if rng.random() < 0.4:  # out of the frame at one side; most often below, as in a selfie
        cut = rng.uniform(0.1, 0.55)
        side = rng.choice(4, p=(0.5, 0.2, 0.15, 0.15))
        if side == 0:
            m[int(y1 - cut * (y1 - y0)) :] = 0
        elif side == 1:
            m[: int(y0 + cut * (y1 - y0))] = 0
        elif side == 2:
            m[:, int(x1 - cut * (x1 - x0)) :] = 0
        else:
            m[:, : int(x0 + cut * (x1 - x0))] = 0
    for _ in range(rng.choice(4, p=(0.5, 0.3, 0.15, 0.05))):
        _strike_out(m, (x0, y0, x1, y1), rng)
    if rng.random() < 0.6:
        radius = int(rng.integers(1, 5))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        change = (cv2.erode, cv2.dilate, cv2.morphologyEx)[rng.integers(3)]
        m = change(m, cv2.MORPH_OPEN, disc) if change is cv2.morphologyEx else change(m, disc)
    if rng.random() < 0.3:
        dy, dx = rng.integers(-4, 5, 2)
        m = np.roll(m, (dy, dx), axis=(0, 1))
    return m.astype(np.bool_)


def _strike_out(m: NDArray[np.uint8], box: tuple[int, int, int, int], rng: Rng) -> None:
    """Something in front: a strap, an arm, hair, a phone."""
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0)
    a, b = ((int(rng.uniform(x0, x1)), int(rng.uniform(y0, y1))) for _ in range(2))
    if rng.random() < 0.65:
        cv2.line(m, a, b, 0, max(2, int(side * rng.uniform(0.02, 0.2))))
    else:
        axes = (int(side * rng.uniform(0.05, 0.22)), int(side * rng.uniform(0.05, 0.22)))
        cv2.ellipse(m, a, axes, float(rng.uniform(0, 180)), 0, 360, 0, -1)


def light(image: Pixels, rng: Rng, *, faithful: bool = False) -> Pixels:
    """Another lamp, another exposure, other shadows, on linear light.

    Args:
        faithful: a camera that takes most of the lamp's colour back, as they do: what hue is left
            over is the garment's own.
    """
    x = _LINEAR[image]
    gain = np.ones(3, np.float32)
    if rng.random() < 0.85:
        # Mired steps look alike; the camera's own white balance takes back a random part.
        kelvin = 1e6 / rng.uniform(1e6 / 10000, 1e6 / 2400)
        left = 1.0 if rng.random() < 0.3 else rng.uniform(0, 0.7)
        tint = rng.normal(0, 0.05, 3)  # off the black-body curve
        if faithful:
            left, tint = 0.35 * left, 0.6 * tint
        gain = lamp(kelvin) ** np.float32(left) * np.exp(tint).astype(np.float32)
    x *= gain * np.float32(math.exp(rng.normal(0, 0.35)))
    if rng.random() < 0.6:  # soft shading, and folds along one direction
        h, w = image.shape[:2]
        shade = _smooth(rng, int(rng.integers(2, 6)), w, h) * np.float32(rng.uniform(0.05, 0.3))
        if rng.random() < 0.5:
            cells = (int(rng.integers(2, 5)), int(rng.integers(6, 16)))
            grid = rng.standard_normal(cells, np.float32)
            folds = cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC)
            shade += (folds if rng.random() < 0.6 else folds.T) * np.float32(rng.uniform(0.03, 0.2))
        x *= cv2.exp(shade)[..., None]
    exponent = math.exp(rng.normal(0, 0.12)) / 2.2
    curve = (np.linspace(0, 1, _STEPS + 1) ** exponent).astype(np.float32)
    y = curve[(np.clip(x, 0, 1, out=x) * np.float32(_STEPS)).astype(np.uint16)]
    if rng.random() < 0.4:
        grey = cv2.transform(y, np.full((1, 3), 1 / 3, np.float32))[..., None]
        y = grey + (y - grey) * np.float32(rng.uniform(0.6, 1.3))
    out: Pixels = np.clip(y * 255 + 0.5, 0, 255).astype(np.uint8)
    return out


_STEPS = 65535  # of linear light; the darkest of them is far below one of 255 after the curve
_LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)


def lamp(kelvin: float) -> NDArray[np.float32]:
    """(3,) gains on linear sRGB of a scene under a black body, for a camera set to daylight.

    Brightness is kept. The black body follows the usual cubic in 1/T, 1667 K to 25000 K.
    """
    gain = _black_body(kelvin) / _black_body(DAYLIGHT_K)
    luminance = gain @ np.array([0.2127, 0.7152, 0.0722])
    return np.maximum(gain / luminance, 0.02).astype(np.float32)


def _black_body(kelvin: float) -> NDArray[np.float64]:
    t = 1e3 / kelvin
    if kelvin < 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
        if kelvin < 2222:
            y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_rgb = np.array(
        [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    )
    return np.maximum(to_rgb @ xyz, 1e-3)


def camera(image: Pixels, rng: Rng) -> Pixels:
    """Far away, out of focus, noisy, compressed."""
    h, w = image.shape[:2]
    if rng.random() < 0.4:
        side = int(math.exp(rng.uniform(math.log(28), math.log(150))))
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 2))).astype(np.uint8)
    if rng.random() < 0.3:
        noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(2, 12))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])
        image = cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.uint8)
    return image
