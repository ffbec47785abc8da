"""Every garment the small embedder and classifier learn from, cut out once and kept in ``runs/``.

Two sources, each with a split that is fixed here and nowhere else:

* ``street``: the labelled garments of ``ccp``; photos whose number ends in 7 are validation.
* ``flat``: ``clothing``, one flat or hung garment per photo. It has no masks, so the foreground is
  estimated (GrabCut, see :func:`foreground`). Split by sender, because a sender's photos share
  floor, light and camera: every fifth sender, by sha256 of its id, is validation
  (:func:`is_validation_sender`: 54 senders, 858 garments).

``data/people`` is never read here: it is for evaluation only.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import street
from numpy.typing import NDArray

from wardrobe.labels import CATEGORIES, TYPES, Category

SIDE = 192  # px; the network looks at 160, the rest is room for crops and warps
MARGIN = 0.08  # share of the garment's longer side kept around it, for masks drawn too wide
MIN_PX = 150  # street garments with fewer pixels tell nothing about themselves
CACHE = "garments-v1"

ALL_TYPES: tuple[str, ...] = tuple(t for c in CATEGORIES for t in TYPES[c])

#: What a label of ``clothing`` says: a category, and the finer types that it leaves open.
FLAT_LABELS: dict[str, tuple[Category, tuple[str, ...]]] = {
    "T-Shirt": ("tops", ("t-shirt",)),
    "Longsleeve": ("tops", ("top", "sweater", "sweatshirt", "jumper", "cardigan")),
    "Shirt": ("tops", ("shirt",)),
    "Polo": ("tops", ("polo",)),
    "Top": ("tops", ("top",)),
    "Blouse": ("tops", ("blouse",)),
    "Undershirt": ("tops", ("top", "vest")),
    "Body": ("tops", ("bodysuit",)),
    "Hoodie": ("tops", ("hoodie",)),
    "Pants": ("bottoms", ("pants", "jeans", "leggings")),
    "Shorts": ("bottoms", ("shorts",)),
    "Dress": ("dresses", ("dress",)),
    "Skirt": ("skirts", ("skirt",)),
    "Outwear": ("outerwear", ("jacket", "coat")),
    "Blazer": ("outerwear", ("blazer",)),
    "Shoes": ("footwear", TYPES["footwear"]),
    "Hat": ("headwear", ("hat",)),
}


@dataclass(frozen=True)
class Garments:
    """Cut-out garments, one row each.

    Attributes:
        pixels: (n, SIDE, SIDE, 4) uint8, RGB and mask (0 or 255); a memory map.
        category: (n,) int64, index into CATEGORIES.
        types: (n, len(ALL_TYPES)) bool, the types its label allows.
        source: (n,) str, ``"street"`` or ``"flat"``.
        group: (n,) str, the photo number or the sender.
        name: (n,) str, file name and place, for people.
        validation: (n,) bool.
        colour: (n, 3) float32, mean Lab under the mask (OpenCV's float scale).
    """

    pixels: NDArray[np.uint8]
    category: NDArray[np.int64]
    types: NDArray[np.bool_]
    source: NDArray[np.str_]
    group: NDArray[np.str_]
    name: NDArray[np.str_]
    validation: NDArray[np.bool_]
    colour: NDArray[np.float32]

    def rows(self, *, validation: bool, source: str | None = None) -> NDArray[np.intp]:
        keep = self.validation == validation
        return np.flatnonzero(keep if source is None else keep & (self.source == source))


def is_validation_sender(sender: str) -> bool:
    return hashlib.sha256(sender.encode()).digest()[0] % 5 == 1


def load(shared: Path, runs: Path) -> Garments:
    """All garments; cut out on the first call (about eight minutes on one core), then read."""
    pixels_at, table_at = runs / f"{CACHE}.npy", runs / f"{CACHE}.npz"
    if not table_at.exists():
        runs.mkdir(parents=True, exist_ok=True)
        _build(shared, pixels_at, table_at)
    table = np.load(table_at)
    return Garments(np.load(pixels_at, mmap_mode="r"), **{k: table[k] for k in table.files})


def _build(shared: Path, pixels_at: Path, table_at: Path) -> None:
    rows = []
    pixels = []
    for row, image, mask in _cut(shared):
        tile = square(image, mask)
        rows.append((*row, mean_lab(tile)))
        pixels.append(tile)
        if len(rows) % 500 == 0:
            print(f"cut out {len(rows)} garments", flush=True)
    category, types, source, group, name, validation, colour = zip(*rows, strict=True)
    np.save(pixels_at, np.stack(pixels))
    np.savez(
        table_at,
        category=np.array(category), types=np.array(types), source=np.array(source),
        group=np.array(group), name=np.array(name), validation=np.array(validation),
        colour=np.array(colour, np.float32),
    )  # fmt: skip


Row = tuple[int, NDArray[np.bool_], str, str, str, bool]


def _cut(shared: Path) -> Iterator[tuple[Row, NDArray[np.uint8], NDArray[np.bool_]]]:
    root = shared / "data" / "ccp"
    for number in street.numbers(root, labelled=True):
        photo = street.load(root, number)
        for k, (category, type_name) in enumerate(photo.instances, start=1):
            mask = photo.ids == k
            if mask.sum() < MIN_PX:
                continue
            row = (
                CATEGORIES.index(category), _allowed((type_name,)), "street", number,
                f"{number}:{type_name}", street.is_validation(number),
            )  # fmt: skip
            yield row, photo.image, mask
    root = shared / "data" / "clothing"
    for entry in csv.DictReader((root / "images.csv").read_text().splitlines()):
        path = root / "images" / f"{entry['image']}.jpg"
        if entry["label"] not in FLAT_LABELS or not path.exists():
            continue
        label, allowed = FLAT_LABELS[entry["label"]]
        image = street.read_rgb(path)
        sender = entry["sender_id"]
        flat = (
            CATEGORIES.index(label), _allowed(allowed), "flat", sender,
            f"{entry['image']}:{entry['label']}", is_validation_sender(sender),
        )  # fmt: skip
        yield flat, image, foreground(image)


def _allowed(types: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([t in types for t in ALL_TYPES])


def square(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The garment with MARGIN around it, centred on a (SIDE, SIDE, 4) tile; never enlarged past it.

    Beyond the picture's edge the tile repeats the last pixel, with mask 0.
    """
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    side = max(ys[-1] - ys[0], xs[-1] - xs[0]) + 1
    side *= 1 + 2 * MARGIN
    cy, cx = (ys[0] + ys[-1] + 1) / 2, (xs[0] + xs[-1] + 1) / 2
    scale = SIDE / side
    m = np.array([[scale, 0, SIDE / 2 - scale * cx], [0, scale, SIDE / 2 - scale * cy]])
    if scale < 0.6:  # INTER_LINEAR skips pixels when shrinking this far: shrink by area first
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        soft = cv2.resize(mask * np.uint8(255), None, fx=scale, fy=scale,
                          interpolation=cv2.INTER_AREA)  # fmt: skip
        m[:, :2] = np.eye(2)
    else:
        soft = mask * np.uint8(255)
    rgb = cv2.warpAffine(image, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    alpha = cv2.warpAffine(soft, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    tile: NDArray[np.uint8] = np.dstack([rgb, np.where(alpha > 127, 255, 0)]).astype(np.uint8)
    if not (tile[..., 3] > 0).any():
        raise SystemExit("a garment's mask vanished when it was resized; raise MIN_PX")
    return tile


def mean_lab(tile: NDArray[np.uint8]) -> NDArray[np.float32]:
    lab = cv2.cvtColor(tile[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    mean: NDArray[np.float32] = lab[tile[..., 3] > 0].mean(axis=0)
    return mean


def foreground(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the one garment of a flat photo lies, (h, w) bool.

    GrabCut at 112 px. Started from "unlike the colours along the border"; where that finds less
    than a tenth or more than nine tenths of the picture, from a central ellipse; where that fails
    too, the picture less a margin of a twelfth is the honest guess.
    """
    h, w = image.shape[:2]
    scale = 112 / min(h, w)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, cols = small.shape[:2]
    y, x = np.mgrid[:rows, :cols]
    radius = np.hypot((x - cols / 2) / (cols / 2), (y - rows / 2) / (rows / 2))
    unlike_border = _unlike_border(small) & (radius < 1) | (radius < 0.25)
    for start in (unlike_border, radius < 0.8):
        found = _whole(_grab_cut(small, start))
        if 0.1 < found.mean() < 0.9:
            mask = cv2.resize(found.astype(np.uint8) * 255, (w, h)) > 127
            return mask.astype(np.bool_)
    fallback = np.zeros((h, w), np.bool_)
    fallback[h // 12 : h - h // 12, w // 12 : w - w // 12] = True
    return fallback


def _unlike_border(small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    border = np.ones(lab.shape[:2], np.bool_)
    width = max(3, lab.shape[0] // 24)
    border[width:-width, width:-width] = False
    cv2.setRNGSeed(0)
    _, nearest, centres = cv2.kmeans(
        lab[border], 4, None, (3, 10, 1.0), 1, cv2.KMEANS_PP_CENTERS
    )  # fmt: skip
    share = np.bincount(nearest.ravel(), minlength=4) / border.sum()
    weight = np.array([0.6, 1, 1], np.float32)  # shadows change lightness more than colour
    off = np.linalg.norm((lab[:, :, None] - centres[share > 0.08]) * weight, axis=-1).min(axis=-1)
    far: NDArray[np.bool_] = off > max(12.0, float(np.percentile(off[border], 80)))
    return far


def _grab_cut(small: NDArray[np.uint8], start: NDArray[np.bool_]) -> NDArray[np.uint8]:
    state = np.where(start, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    edge = max(2, small.shape[0] // 50)
    for strip in (state[:edge], state[-edge:], state[:, :edge], state[:, -edge:]):
        strip[...] = cv2.GC_BGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(small, state, None, *models, 3, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # one side of the start is empty: nothing to model
        return np.zeros_like(state)
    return np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def _whole(found: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Smooth, without crumbs (pieces under 30 % of the largest) and without small holes."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, disc)
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, disc)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(found)
    sizes = stats[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0
    solid = (sizes >= 0.3 * sizes.max())[pieces] & (pieces > 0)
    _, gaps = cv2.connectedComponents((~np.pad(solid, 1)).astype(np.uint8))
    small_gap = np.bincount(gaps.ravel()) < 0.02 * solid.size
    small_gap[0] = False
    whole: NDArray[np.bool_] = solid | small_gap[gaps][1:-1, 1:-1]
    return whole
