"""What of a person is not clothes: skin and hair, pixel by pixel.

A prior says where they may be: from the pose and the garments that were found, or from a network
that knows hands and hair. The picture's own colours decide: what each kind looks like in this
picture is learned from where the prior is sure, and asked of every pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import PIL.Image as Pillow
from numpy.typing import NDArray

from wardrobe import color, geometry
from wardrobe.frame import Frame
from wardrobe.types import Image, MaskArray

Floats = NDArray[np.float32]
Points2 = NDArray[np.floating]
KINDS = ("background", "hair", "skin", "clothes")
SIDE = 384  # px, longer side at which colours are learned
BINS = (16, 24, 24)  # of L*, a*, b*
FACE = 0.12  # torsos round the nose that are face
HUE = 0.07  # by which the shares of red, green and blue of skin differ from a face's, summed
UNLIKE = 0.04  # what is left of the expectation of skin where the hue is another
SURE = 0.6  # share from which a pixel is skin
ROUNDS = 3
"""How often colours and places are learned from each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Bare:
    """Shares of each pixel, (h, w) float32 in [0, 1]."""

    hair: Floats
    skin: Floats
    background: Floats

    def surely_skin(self, clothes: MaskArray) -> MaskArray:
        """(h, w) bool: skin, as far as it isn't under these clothes."""
        return np.asarray((self.skin > SURE) & ~clothes, np.bool_)


def find(
    image: Image, frame: Frame, head: Points2, clothes: MaskArray, prior: Floats | None = None
) -> Bare:
    """Skin and hair of the person whose frame this is.

    Args:
        head: (5, 2) px: nose, eyes, ears.
        clothes: (h, w) bool, all garments that were found on the person.
        prior: (4, h', w') float32 a network's shares of :data:`KINDS`, over the whole picture;
            None goes by the pose alone.
    """
    h, w = image.shape[:2]
    scale = min(1.0, SIDE / max(h, w))
    size = (max(round(w * scale), 8), max(round(h * scale), 8))
    small = np.asarray(Pillow.fromarray(image).resize(size, Pillow.Resampling.BOX))
    cloth = np.asarray(
        Pillow.fromarray(clothes.astype(np.uint8) * 255).resize(size, Pillow.Resampling.BOX)
    ) / np.float32(255)
    places = _by_pose(frame, head, cloth.astype(np.float32), scale)
    unlike = places[2] * (1 - _like_face(small, frame, head, cloth.astype(np.float32), scale))
    # What is no skin there is a wall or cloth nobody found, and no more hair than it was.
    places = places + np.stack([unlike / 2, 0 * unlike, -unlike, unlike / 2])
    if prior is not None:
        said = np.stack(
            [
                np.asarray(Pillow.fromarray(p).resize(size, Pillow.Resampling.BILINEAR))
                for p in prior
            ]
        )
        places = _unit(np.sqrt(np.clip(places, 0.02, 1)) * np.clip(said, 0.01, 1))
    bins = _binned(small)
    shares = places
    for _ in range(ROUNDS):
        likely = _likelihood(bins, shares)
        shares = _unit(places * _box(likely[:, bins], 1))
    full = _unit(
        np.stack(
            [
                np.asarray(Pillow.fromarray(p).resize((w, h), Pillow.Resampling.BILINEAR))
                for p in places
            ]
        )
        * np.sqrt(_box(likely[:, _binned(image)], max(round(0.5 / scale), 1)))
        * np.sqrt(
            np.stack(
                [
                    np.asarray(Pillow.fromarray(s).resize((w, h), Pillow.Resampling.BILINEAR))
                    for s in shares
                ]
            )
            + 1e-3
        )
    )
    return Bare(full[1], full[2], full[0])


def _by_pose(frame: Frame, head: Points2, cloth: Floats, scale: float) -> Floats:
    """(4, h, w) where the body leads one to expect each kind."""
    h, w = cloth.shape
    torso = frame.torso * scale
    joints, spots = frame.joints * scale, head * scale
    y, x = np.mgrid[:h, :w].astype(np.float32) + 0.5
    middle = joints[0].mean(axis=0)
    face = spots[:3].mean(axis=0) * 0.7 + spots[0] * 0.3
    up = face - middle
    size = max(float(np.hypot(*up)), 0.3 * torso)
    up = up / max(float(np.hypot(*up)), 1e-6)
    side = np.array([-up[1], up[0]])
    a = ((x - face[0]) * side[0] + (y - face[1]) * side[1]) / (0.17 * torso)
    b = ((x - face[0]) * up[0] + (y - face[1]) * up[1]) / (0.24 * torso)
    inner = np.exp(-np.maximum(a * a + b * b - 0.5, 0) * 2)
    high = ((x - face[0]) * up[0] + (y - face[1]) * up[1]) / torso
    wide = np.abs((x - face[0]) * side[0] + (y - face[1]) * side[1]) / torso
    crown = np.exp(-np.maximum(np.hypot(wide / 0.24, (high - 0.12) / 0.27) - 1, 0) * 5)
    crown *= (high > 0.08) | (wide > 0.13)
    falls = (
        np.exp(-np.maximum(wide - 0.36, 0) * 10)
        * (high < 0.1)
        * np.clip(1 + (high + 1.0) / 0.4, 0, 1)
    )
    neck = geometry.capsule_mask(face, middle + 0.08 * (middle - face), 0.12 * torso, (h, w))
    skin = np.maximum(inner, 0.6 * neck)
    for s in (0, 1):
        for curve, stops, radius in (
            (frame.arm(s), np.array([-0.1, 0.5, 1.0, 1.5, 2.0, 2.45]), 0.11),
            (frame.leg(s), np.array([0.1, 0.5, 1.0, 1.5, 2.0, 2.2]), 0.14),
        ):
            at = curve.place(stops, np.zeros(len(stops))) * scale
            for p, q in pairwise(at):
                skin = np.maximum(skin, 0.7 * geometry.capsule_mask(p, q, radius * torso, (h, w)))
    body = np.exp(-np.maximum(_off_body(frame, scale, x, y) - 0.25, 0) * 8)
    free = 1 - np.clip(cloth, 0, 1)
    out = np.stack(
        [
            (0.08 + 0.9 * (1 - body)) * free,
            np.maximum(0.75 * crown, 0.22 * falls) * (1 - 0.85 * inner) * (0.12 + 0.88 * free)
            + 1e-3,
            skin * (0.06 + 0.94 * free) * (1 - 0.6 * crown * (1 - inner)) + 1e-3,
            0.9 * cloth + 0.04 * body * free,
        ]
    ).astype(np.float32)
    del size
    return _unit(out)


def _like_face(image: Image, frame: Frame, head: Points2, cloth: Floats, scale: float) -> Floats:
    """(h, w) how far each pixel may be the skin that the face is of: where arms and legs are is guessed
    from joints, and colours learned at a wrong guess would be those of a wall.

    By its share of red, green and blue, however much light falls on it.
    """
    h, w = cloth.shape
    y, x = np.mgrid[:h, :w].astype(np.float32) + 0.5
    nose = head[0] * scale
    away = np.hypot(x - nose[0], y - nose[1]) / (frame.torso * scale)
    face = (away < FACE) & (cloth < 0.5)
    if face.sum() < 12:
        return np.ones((h, w), np.float32)
    levels = image.astype(np.float32) + 4
    hue = levels / levels.sum(axis=2, keepdims=True)
    off = np.abs(hue - np.median(hue[face], axis=0)).sum(axis=2)
    like = np.clip(1 - (off - HUE) / HUE, UNLIKE, 1)
    return np.where(away < 2 * FACE, 1.0, like).astype(np.float32)


def _off_body(frame: Frame, scale: float, x: Floats, y: Floats) -> Floats:
    """(h, w) distance from the nearest bone, torsos."""
    torso = frame.torso * scale
    lines = []
    for s in (0, 1):
        lines += [frame.arm(s).place(np.linspace(0, 2.4, 8), np.zeros(8))]
        lines += [frame.leg(s).place(np.linspace(0, 2.2, 8), np.zeros(8))]
    lines.append(frame.trunk.place(np.linspace(-0.6, 1, 6), np.zeros(6)))
    lines.append(frame.joints[0])
    best = np.full(x.shape, np.inf, np.float32)
    for line in lines:
        line = line * scale
        for p, q in pairwise(line):
            d = q - p
            t = np.clip(((x - p[0]) * d[0] + (y - p[1]) * d[1]) / max(float(d @ d), 1e-6), 0, 1)
            best = np.minimum(best, np.hypot(x - p[0] - t * d[0], y - p[1] - t * d[1]))
    return (best / torso).astype(np.float32)


def _binned(image: Image) -> NDArray[np.intp]:
    lab = color.to_lab(image)
    light = np.clip(lab[..., 0] / 100 * BINS[0], 0, BINS[0] - 1).astype(np.intp)
    a, b = (
        np.clip((lab[..., k] + 60) / 120 * BINS[k], 0, BINS[k] - 1).astype(np.intp) for k in (1, 2)
    )
    return np.asarray((light * BINS[1] + a) * BINS[2] + b)


def _likelihood(bins: NDArray[np.intp], shares: Floats) -> Floats:
    """(4, bins) how usual each colour is in each kind, by where the kinds are thought to be."""
    from scipy.ndimage import gaussian_filter

    out = []
    for share in shares:
        sure = np.where(share > 0.5, share, 0.05 * share)
        hist = np.bincount(bins.ravel(), sure.ravel(), int(np.prod(BINS))).reshape(BINS)
        hist = gaussian_filter(hist, (1.2, 0.8, 0.8))
        out.append((hist / max(hist.sum(), 1e-6)).ravel() + 1e-6)
    return np.asarray(out, np.float32)


def _unit(shares: Floats) -> Floats:
    return np.asarray(shares / np.maximum(shares.sum(axis=0), 1e-9), np.float32)


def _box(planes: Floats, radius: int) -> Floats:
    from scipy.ndimage import uniform_filter

    k = 2 * radius + 1
    return np.stack([uniform_filter(p, k, mode="nearest") for p in planes]).astype(np.float32)
