"""A garment out of the light of its own picture, into that of another.

Light is told by what stays the same from picture to picture: the wearer's face. It is no perfect
witness (it may lie in a shadow of its own), so how far it is believed was chosen on rendered pairs, whose
truth is known (``pipelines/fit_light.py``; the surroundings on average, grey world, added nothing).
Levels are made linear before anything is multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wardrobe import color
from wardrobe.bare import Bare
from wardrobe.types import Image, MaskArray

Floats = NDArray[np.float32]
Log = NDArray[np.float64]
DARK = 2e-3  # linear level added before a logarithm
FACE = 0.14  # torsos round the nose that are face
LEAST_PX = 24
#: Share of the logarithm of a face's ratio that is believed of brightness, and of tint.
BRIGHT, TINT = 0.95, 0.4
DIM = 0.01  # linear level of a face of which half is believed: a sheen is most of what is seen of a dark one
#: The same where the garment's wearer may be somebody else: skins differ more in brightness than in tint.
TINT_ELSE = 0.25
KNEE = 0.75  # linear level from which highlights are compressed
MOST = 1.4  # natural logarithm of the largest ratio that is believed


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What a picture says of its light.

    Attributes:
        face: (3,) the median of a face, natural logarithms of linear RGB; None where none is seen.
    """

    face: Log | None = None


#: Of a picture that shows nobody.
UNKNOWN = Light()


def seen(
    image: Image, bare: Bare, nose: NDArray[np.floating], torso: float, clothes: MaskArray
) -> Light:
    """The light of a picture of somebody."""
    h, w = clothes.shape
    y, x = np.ogrid[:h, :w]
    near = (x - nose[0]) ** 2 + (y - nose[1]) ** 2 < (FACE * torso) ** 2
    face = near & (bare.skin > 0.5) & ~clothes
    if face.sum() < LEAST_PX:
        return UNKNOWN
    return Light(np.log(np.median(color.linear(image[face]), axis=0) + DARK))


def ratio(of: Light, to: Light, own: bool) -> Log:
    """(3,) what a garment's linear levels are multiplied by from one light to the other.

    Args:
        own: whether both pictures show the same person.
    """
    if of.face is None or to.face is None:
        return np.ones(3)
    off = to.face - of.face
    bright, tint = (BRIGHT, TINT) if own else (0.0, TINT_ELSE)
    level = np.exp(min(float(of.face.mean()), float(to.face.mean())))
    bright *= level / (level + DIM)
    said = np.clip(bright * off.mean() + tint * (off - off.mean()), -MOST, MOST)
    return np.asarray(np.exp(said), np.float64)


def lit(image: Image, by: NDArray[np.floating]) -> Image:
    """The picture with its linear levels multiplied, (3,) or (h, w, 3)."""
    return np.asarray(developed(color.linear(image) * by).round(), np.uint8)


def developed(light: NDArray[np.floating]) -> NDArray[np.float64]:
    """Linear light to sRGB levels of 255; what is too bright fades to white slowly."""
    over = np.maximum(light - KNEE, 0)
    light = np.minimum(light, KNEE) + (1 - KNEE) * (1 - np.exp(-over / (1 - KNEE)))
    return color.levels(np.clip(light, 0, 1))
