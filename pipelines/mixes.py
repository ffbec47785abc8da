"""What a training picture is put together from: photos of several sources, cut as people frame
themselves, with garments of one photo laid onto the body in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from views import Sample

from wardrobe.labels import CATEGORIES

HEAD = 1 / 7  # of a standing figure's labelled height lies above it: hair and skin are no garments
#: What is pasted, and how willingly: what street photos show least, and what crops confuse.
PASTED: dict[str, float] = {
    "scarves": 4, "belts": 3, "jewellery": 3, "bags": 2, "eyewear": 1, "headwear": 1.5, "legwear": 0,
}  # fmt: skip
DYED = 0.3  # of garments, where garments are dyed at all
OFTEN = 6.0  # photos with rarer categories come at most this much more often than others


@dataclass(frozen=True)
class Source:
    """Photos of one kind.

    Attributes:
        share: of all pictures drawn.
        standing: one labelled person, upright and whole: such can be cut and dressed.
    """

    name: str
    samples: Sequence[Sample]
    share: float
    standing: bool
    odds: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "odds", _odds(self.samples))


def _odds(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """How often each photo is drawn: by the root of the rarity of its rarest category."""
    has = np.zeros((len(samples), len(CATEGORIES)))
    for row, s in zip(has, samples, strict=True):
        row[np.unique(s.classes)] = 1
    share = has.mean(axis=0).clip(1e-6)
    rarest = np.array([min(share[r > 0], default=1.0) for r in has])
    odds = np.clip((0.25 / rarest) ** 0.5, 1.0, OFTEN)
    return np.asarray(odds / odds.sum())


class Mix:
    """Draws samples from sources.

    Args:
        cut: share of standing figures that are cut to part of the body.
        paste: share of standing figures that get garments of another.
        dye: share of pictures with garments in other colours.
    """

    def __init__(
        self, sources: Sequence[Source], *, cut: float, paste: float, dye: float = 0.0
    ) -> None:
        self.sources, self.cut, self.paste, self.dye = sources, cut, paste, dye
        shares = np.array([s.share for s in sources])
        self._shares = shares / shares.sum()
        standing = [x for s in sources if s.standing for x in s.samples]
        self._donors = {
            CATEGORIES.index(c): [x for x in standing if CATEGORIES.index(c) in x.classes]
            for c in PASTED
        }

    def __len__(self) -> int:
        return sum(len(s.samples) for s in self.sources)

    def draw(self, rng: np.random.Generator) -> tuple[Sample, bool]:
        """A sample, and whether it was cut already."""
        source = self.sources[rng.choice(len(self.sources), p=self._shares)]
        sample = source.samples[rng.choice(len(source.samples), p=source.odds)]
        if rng.random() < self.dye:
            sample = dyed(sample, rng)
        if not source.standing:
            return sample, False
        if rng.random() < self.paste:
            sample = self._dressed(sample, rng)
        if rng.random() < self.cut:
            return body_cut(sample, rng), True
        return sample, False

    def _dressed(self, sample: Sample, rng: np.random.Generator) -> Sample:
        there = set(sample.classes.tolist())
        chances = {
            c: PASTED[CATEGORIES[c]] for c, d in self._donors.items() if d and c not in there
        }
        for _ in range(int(rng.integers(1, 3))):
            if not chances:
                break
            p = np.array(list(chances.values()), np.float64)
            if p.sum() == 0:
                break
            c = list(chances)[rng.choice(len(p), p=p / p.sum())]
            del chances[c]
            donors = self._donors[c]
            sample = paste(sample, donors[rng.integers(len(donors))], c, rng)
        return sample


def figure(ids: NDArray[np.uint8], head: float = HEAD) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) px of a standing person whose clothes are labelled, head included.

    Args:
        head: share of the labelled height that lies above it; 0 where the head is labelled, too.
    """
    rows, cols = np.flatnonzero(ids.any(axis=1)), np.flatnonzero(ids.any(axis=0))
    if len(rows) < 24:
        return None
    height = int(rows[-1] - rows[0])
    return int(rows[0] - head * height), int(rows[-1]), int(cols[0]), int(cols[-1])


def body_cut(sample: Sample, rng: np.random.Generator) -> Sample:
    """The part of a standing figure that a selfie, a table shot or a mirror cuts out.

    The frame ends anywhere from the chest to the knees, sometimes begins at the chin, the waist or
    the hips, and leaves little or much room beside the body. Where joints are known, people are
    labelled whole, and the largest of them is cut.
    """
    if sample.joints is None:
        at = figure(sample.ids)
    else:
        largest = int(np.bincount(sample.ids.ravel(), minlength=2)[1:].argmax()) + 1
        at = figure(np.where(sample.ids == largest, sample.ids, 0), head=0.0)
    if at is None:
        return sample
    top, bottom, left, right = at
    h, w = sample.ids.shape
    tall = bottom - top
    kind = rng.random()
    if kind < 0.7:  # from the head: chest (0.34) to knees (0.75)
        first, last = rng.uniform(-0.14, 0.02), rng.uniform(0.30, 0.72)
    elif kind < 0.85:  # no head
        first = rng.uniform(0.08, 0.2)
        last = first + rng.uniform(0.28, 0.6)
    else:  # the lower body
        first, last = rng.uniform(0.35, 0.6), rng.uniform(0.85, 1.08)
    y0, y1 = max(0, int(top + first * tall)), min(h, int(top + last * tall))
    wide = right - left
    x0 = max(0, int(left - rng.uniform(-0.12, 0.5) * wide))
    x1 = min(w, int(right + rng.uniform(-0.12, 0.5) * wide))
    if y1 - y0 < 48 or x1 - x0 < 48:
        return sample
    joints = sample.joints
    if joints is not None:
        joints = (joints - np.float32([x0, y0, 0])).astype(np.float32)
        x, y = joints[..., 0], joints[..., 1]
        joints[..., 2] *= (x >= 0) & (x < x1 - x0) & (y >= 0) & (y < y1 - y0)
    return Sample(
        np.ascontiguousarray(sample.image[y0:y1, x0:x1]),
        np.ascontiguousarray(sample.ids[y0:y1, x0:x1]),
        sample.classes,
        joints,
    )


def dyed(sample: Sample, rng: np.random.Generator) -> Sample:
    """Some garments in other colours: any, those of skin, or none (white, grey, black).

    Their light and their pattern stay: what differs from the mean colour goes on differing.
    """
    image = sample.image.astype(np.float32)
    for k in range(1, len(sample.classes) + 1):
        mask = sample.ids == k
        if rng.random() > DYED or mask.sum() < 100:
            continue
        inside = cv2.cvtColor(image[mask][None] / 255, cv2.COLOR_RGB2LAB)[0]
        kind = rng.random()
        if kind < 0.5:
            hue, chroma = rng.uniform(0, 2 * np.pi), rng.uniform(5, 60)
            to = (rng.uniform(15, 90), chroma * np.cos(hue), chroma * np.sin(hue))
        elif kind < 0.75:
            to = (rng.uniform(45, 85), rng.uniform(3, 20), rng.uniform(10, 32))
        else:
            to = (rng.uniform(8, 95), rng.normal(0, 2), rng.normal(0, 3))
        contrast = np.float32([rng.uniform(0.6, 1.1), *[rng.uniform(0.3, 1.0)] * 2])
        inside = (inside - inside.mean(axis=0)) * contrast + np.float32(to)
        inside[:, 0] = inside[:, 0].clip(0, 100)
        new = cv2.cvtColor(inside[None], cv2.COLOR_LAB2RGB)[0].clip(0, 1) * 255
        soft = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0)[mask][:, None]
        image[mask] = image[mask] * (1 - soft) + new * soft
    return Sample(image.astype(np.uint8), sample.ids, sample.classes, sample.joints)


def paste(onto: Sample, donor: Sample, category: int, rng: np.random.Generator) -> Sample:
    """Lay the donor's garments of one category onto the same place of another standing body."""
    a, b = figure(onto.ids), figure(donor.ids)
    free = len(onto.classes) + 1
    if a is None or b is None or free > 250:
        return onto
    scale = (a[1] - a[0]) / (b[1] - b[0]) * float(np.exp(rng.normal(0, 0.05)))
    flip = rng.random() < 0.5
    sx = -scale if flip else scale
    cx, cy = (b[2] + b[3]) / 2, (b[0] + b[1]) / 2
    tall = a[1] - a[0]
    m = np.array(
        [
            [sx, 0, (a[2] + a[3]) / 2 - sx * cx + rng.normal(0, 0.015) * tall],
            [0, scale, (a[0] + a[1]) / 2 - scale * cy + rng.normal(0, 0.01) * tall],
        ]
    )
    mask = np.isin(donor.ids, np.flatnonzero(donor.classes == category) + 1).astype(np.float32)
    h, w = onto.ids.shape
    mask = cv2.warpAffine(mask, m, (w, h), flags=cv2.INTER_LINEAR)
    if (mask > 0.5).sum() < 24:
        return onto
    image = cv2.warpAffine(donor.image, m, (w, h), flags=cv2.INTER_LINEAR).astype(np.float32)
    image *= np.float32(np.exp(rng.normal(0, 0.1)))
    soft = cv2.GaussianBlur(mask, (3, 3), 0)[..., None]
    mixed = onto.image * (1 - soft) + np.clip(image, 0, 255) * soft
    ids = onto.ids.copy()
    ids[mask > 0.5] = free
    return Sample(
        mixed.astype(np.uint8), ids, np.append(onto.classes, category).astype(np.int64), onto.joints
    )
