"""What is behind people in training frames, as pictures: street photos without people, and paint."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from body import Array
from fabrics import SIZE, cloud
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from shop import Rng, any_paint
from textures import to_light

#: Photos whose number ends so are what models are measured on; nothing is trained on them.
HELD_OUT = "7"


@functools.cache
def street(folder: Path | None) -> tuple[Path, ...]:
    """Labelled street photos' label maps, none of those held out; nothing where there are none."""
    if folder is None or not (folder / "labels").is_dir():
        return ()
    maps = sorted((folder / "labels").glob("*.png"))
    return tuple(m for m in maps if not m.stem.endswith(HELD_OUT))


@functools.lru_cache(maxsize=256)
def emptied(labels: Path) -> NDArray[np.uint8]:
    """A street photo at half its size, its person painted over by what is round them, sRGB."""
    with Image.open(labels) as drawn:
        size = (drawn.width // 2, drawn.height // 2)
        person = np.asarray(drawn.resize(size, Image.Resampling.NEAREST)) > 0
    with Image.open(labels.parents[1] / "photos" / f"{labels.stem}.jpg") as taken:
        small = taken.convert("RGB").resize(size, Image.Resampling.BOX)
    picture = np.asarray(small).astype(np.float32)
    known = ~ndimage.binary_dilation(person, iterations=5)
    held = np.dstack([picture * known[..., None], known]).astype(np.float32)
    filled = np.zeros_like(picture)
    filled[:] = picture[known].mean(0)
    # What is near counts before what is further away, which is looked at from further off, too.
    for every, sigma in ((8, 60), (4, 24), (2, 10), (1, 3)):
        few = np.stack(
            [ndimage.zoom(layer, 1 / every, order=1) for layer in np.rollaxis(held, 2)], -1
        )
        soft = ndimage.gaussian_filter(few, (sigma / every, sigma / every, 0), truncate=2.5)
        tall, wide = known.shape[0] / len(soft), known.shape[1] / soft.shape[1]
        soft = ndimage.zoom(soft, (tall, wide, 1), order=1)
        share = np.clip(soft[..., 3:] * 8 - 0.1, 0, 1)
        filled = filled * (1 - share) + share * soft[..., :3] / np.maximum(soft[..., 3:], 1e-3)
    return np.clip(np.where(known[..., None], picture, filled), 0, 255).astype(np.uint8)


def photo(rng: Rng, labels: Path, size: tuple[int, int]) -> Array:
    """Part of a street photo, its person cut away and the rest blurred, linear (H, W, 3)."""
    # Bystanders have no labels: blur until nobody could be told from a wall.
    blur = float(rng.uniform(1.8, 4.5))
    picture = ndimage.gaussian_filter(emptied(labels).astype(np.float32), (blur, blur, 0))
    return to_light(_crop(rng, picture / 255, size))


def _crop(rng: Rng, picture: Array, size: tuple[int, int]) -> Array:
    """A random window of the frame's shape, scaled to it, either way round."""
    height, width = picture.shape[:2]
    tall = min(height, width * size[1] / size[0]) * float(rng.uniform(0.55, 1))
    wide = tall * size[0] / size[1]
    x, y = rng.uniform(0, width - wide), rng.uniform(0, height - tall)
    whole = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    part = whole.resize(size, Image.Resampling.BILINEAR, (x, y, x + wide, y + tall))
    if rng.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    made: Array = np.asarray(part) / 255.0
    return made


def gradient(rng: Rng, size: tuple[int, int]) -> Array:
    """A studio's paper or a sky: two tones along any direction, brightest somewhere."""
    y, x = np.mgrid[: size[1], : size[0]] / max(size)
    turn = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(turn) + y * np.sin(turn)
    along = ((along - along.min()) / np.ptp(along))[..., None]
    tone = rng.uniform(0.1, 0.95)
    ends = np.clip(tone + rng.normal(0, 0.15, (2, 1)) + rng.normal(0, 0.06, (2, 3)), 0.03, 1)
    glow = np.exp(-(((x - rng.uniform(0, 1)) ** 2 + (y - rng.uniform(0, 1)) ** 2) / 0.3))
    return to_light(np.clip(ends[0] * (1 - along) + ends[1] * along, 0, 1)) * (
        0.7 + 0.5 * glow[..., None]
    )


def clouds(rng: Rng, size: tuple[int, int]) -> Array:
    """Out-of-focus colours: foliage, lights, anything."""
    tones = np.clip(rng.uniform(0.1, 0.8) + rng.normal(0, 0.16, (3, 3)), 0.02, 1)
    picture = np.ones((SIZE, SIZE, 3)) * tones[0]
    for tone in tones[1:]:
        share = np.clip(0.5 + cloud(rng, float(rng.uniform(8, 50))), 0, 1)[..., None]
        picture = picture * (1 - share) + tone * share
    return to_light(_crop(rng, picture, size))


def pattern(rng: Rng, size: tuple[int, int]) -> Array:
    """Wallpaper or curtain: a pattern that nobody wears."""
    paint = any_paint(rng)
    tile = np.clip(paint.painter(rng, *paint.colours), 0, 1)
    wide = np.tile(tile, (2, 2, 1))
    soft = ndimage.gaussian_filter(wide, (*(float(rng.uniform(0.5, 4)),) * 2, 0))
    return to_light(_crop(rng, soft, size))


def paint(rng: Rng, size: tuple[int, int], folder: Path | None) -> tuple[str, Array]:
    """Any backdrop, linear (H, W, 3), and the truth's word for the place."""
    maps = street(folder)
    if maps and rng.random() < 0.62:
        word, made = "street", photo(rng, maps[int(rng.integers(len(maps)))], size)
    else:
        kinds = {"paper": gradient, "blur": clouds, "pattern": pattern}
        word = str(rng.choice(list(kinds), p=[0.4, 0.4, 0.2]))
        made = kinds[word](rng, size)
    return word, made * float(np.exp(rng.normal(0, 0.25)))
