"""sRGB <-> CIELAB, how far two colours are apart, and names of colours. Pure NumPy.

Lab is D65, 2 degrees, as IEC 61966-2-1 (sRGB) and CIE 15 define them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)

#: Names people use for clothes, each with the sRGB values it stands for.
NAMES: dict[str, tuple[str, ...]] = {
    "black": ("#0d0d0f", "#1d1d20", "#2a2a2c"),
    "charcoal": ("#3a3b3f", "#47484c"),
    "grey": ("#6b6c70", "#808185", "#9a9b9e"),
    "light grey": ("#b5b6b9", "#cdced0"),
    "white": ("#e6e6e6", "#f7f7f7"),
    "cream": ("#efe6d2", "#e5d9bd"),
    "beige": ("#d2bd9a", "#bfa987"),
    "brown": ("#7a5a40", "#5c412c", "#94704e"),
    "dark brown": ("#3d2a1f",),
    "red": ("#c1272d", "#a01c22", "#d9453f", "#e31b1b"),
    "burgundy": ("#5e1625", "#73202f"),
    "pink": ("#e7a3b3", "#d97a96", "#f0c6cf"),
    "orange": ("#e0762c", "#c75f1d"),
    "yellow": ("#e8c63c", "#f0d96b"),
    "mustard": ("#b88a24",),
    "olive": ("#5f6034", "#76764a"),
    "green": ("#2f7a45", "#4c9a5f", "#1fa03c"),
    "dark green": ("#1f4030", "#2b4a36"),
    "light green": ("#a9cfa4",),
    "teal": ("#1e6f74", "#2f8a8c"),
    "light blue": ("#a8c4e0", "#86aed6"),
    "blue": ("#2f62b0", "#4677bb", "#1f4f9a", "#283cc8", "#2a55e5"),
    "denim blue": ("#4d6787", "#62799a", "#3c5472"),
    "navy": ("#1b2440", "#232e4f", "#161d30"),
    "purple": ("#5c3a84", "#7a56a0"),
    "lilac": ("#bda6d2",),
}


def linear(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """uint8 sRGB levels to linear light in [0, 1] (IEC 61966-2-1)."""
    return np.asarray(_LINEAR[rgb], np.float64)


def levels(light: NDArray[np.floating]) -> NDArray[np.float64]:
    """Linear light in [0, 1] to sRGB levels in [0, 255], not rounded."""
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(255 * srgb, np.float64)


def to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(..., 3) uint8 sRGB -> (..., 3) float64 L in [0, 100], a, b."""
    t = linear(rgb) @ (_TO_XYZ.T / _WHITE)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])],
        axis=-1,
    )


def from_lab(lab: NDArray[np.floating]) -> NDArray[np.float32]:
    """(..., 3) CIELAB -> (..., 3) float32 sRGB levels in [0, 255]; what no screen shows is clipped."""
    lab = np.asarray(lab, np.float64)
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _WHITE
    return levels(np.clip(xyz @ np.linalg.inv(_TO_XYZ).T, 0, 1)).astype(np.float32)


def delta_e2000(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """How different two colours look: CIEDE2000, its weights kL, kC and kH all 1.

    About 1 is a difference that is just seen side by side; 10 is another colour to anybody.

    Args:
        one, other: (..., 3) CIELAB, of shapes that broadcast.

    Returns:
        (...) float64, symmetric, 0 for equal colours. As Sharma, Wu and Dalal (2005) give it.
    """
    (l1, a1, b1), (l2, a2, b2) = (
        np.moveaxis(np.asarray(c, np.float64), -1, 0) for c in (one, other)
    )
    grey = _toward_grey((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)
    a1, a2 = a1 * (1.5 - grey / 2), a2 * (1.5 - grey / 2)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    coloured = c1 * c2 > 0  # grey has no hue
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0)
    # Mean hue on the shorter way round; of two opposite ones, half their sum.
    far = coloured & (np.abs(h2 - h1) > 180)
    mean_h = np.where(coloured, (h1 + h2) / 2, h1 + h2)
    mean_h = np.where(far, mean_h + np.where(h1 + h2 < 360, 180, -180), mean_h)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2

    def wave(times: int, shift: float) -> NDArray[np.float64]:
        out: NDArray[np.float64] = np.cos(np.radians(times * mean_h + shift))
        return out

    t = 1 - 0.17 * wave(1, -30) + 0.24 * wave(2, 0) + 0.32 * wave(3, 6) - 0.20 * wave(4, -63)
    lightness = (l2 - l1) / (1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2))
    chroma = (c2 - c1) / (1 + 0.045 * mean_c)
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * mean_c * t)
    # Blues: a difference of chroma and one of hue are not seen apart from each other.
    blue = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    both = -2 * _toward_grey(mean_c) * np.sin(blue) * chroma * hue
    out: NDArray[np.float64] = np.sqrt(lightness**2 + chroma**2 + hue**2 + both)
    return out


def _toward_grey(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 for grey, rising to 1 for strong colours."""
    out: NDArray[np.float64] = np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    return out


def from_hex(text: str) -> NDArray[np.uint8]:
    """``"#rrggbb"`` -> (3,) uint8."""
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


_LABS = to_lab(np.stack([from_hex(value) for values in NAMES.values() for value in values]))
_NAMED = np.array([name for name, values in NAMES.items() for _ in values])


def name_of(rgb: NDArray[np.uint8]) -> str:
    """The name in :data:`NAMES` nearest in Lab; ``rgb`` is (3,) uint8."""
    return str(_names_of(rgb[None])[0])


def _names_of(rgb: NDArray[np.uint8]) -> NDArray[np.str_]:
    """(n,) names of (n, 3) colours.

    Lightness counts half: the same cloth is photographed in sun and in shade.
    """
    apart = (to_lab(rgb)[:, None] - _LABS) * np.array([0.5, 1.0, 1.0])
    names: NDArray[np.str_] = _NAMED[(apart**2).sum(axis=2).argmin(axis=1)]
    return names


def main_colours(pixels: NDArray[np.uint8], most: int = 3) -> tuple[tuple[str, str, float], ...]:
    """The colours a garment is made of, largest first.

    Pixels are gathered into cells of RGB, cells into names; a name that covers less than a tenth is
    left out, as highlights, seams and mask edges are.

    Args:
        pixels: (n, 3) uint8 sRGB.
        most: how many at most.

    Returns:
        (name, ``"#rrggbb"`` median of its pixels, share of all pixels in [0, 1]).
    """
    if not len(pixels):
        return ()
    # Every pixel is counted: a sample at even steps would see one stripe of a striped shirt.
    cells = (pixels >> 4).astype(np.int64) @ np.array([256, 16, 1])
    counts = np.bincount(cells, minlength=4096)
    sums = np.stack([np.bincount(cells, channel, 4096) for channel in pixels.T], axis=1)
    used = np.flatnonzero(counts)
    cell_names = _names_of((sums[used] / counts[used, None]).round().astype(np.uint8))
    name_of_cell = np.empty(4096, cell_names.dtype)
    name_of_cell[used] = cell_names
    found = []
    for name in np.unique(cell_names).tolist():
        share = int(counts[name_of_cell == name].sum()) / len(pixels)
        if share >= 0.1:
            mine = pixels[(name_of_cell == name)[cells]]
            r, g, b = np.median(mine, axis=0).round().astype(int)
            found.append((name, f"#{r:02x}{g:02x}{b:02x}", round(share, 3)))
    return tuple(sorted(found, key=lambda f: (-f[2], f[0]))[:most])
