"""The exact truth of a rendered photo: joints, visible and amodal masks, visibility.

Schema: ``sample_photos/truth/README.md``. Everything comes from rays through pixel centres, cast at
the very meshes that were rendered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from body import Array, Index
from coverage import covered
from items import OTHERS, WARDROBE
from people import Garment, Part, Placed
from rays import Camera, Caster, Mesh, grid

#: Fewer visible pixels are no garment to be found.
LEAST_PX = 64
#: A garment that leaves the frame is counted this many frames further on each side, at most.
BEYOND = 1.5
#: Where hair has thinned out more than this (``Part.tint``), one sees through it.
THIN = 0.8
VISIBLE, HIDDEN, OUTSIDE = 2, 1, 0

#: COCO's joints from the shoulders down: bone, and how far inside the body it lies, metres.
LIMBS = (
    ("upperarm01", 0.11), ("lowerarm01", 0.08), ("wrist", 0.07), ("upperleg01", 0.18),
    ("lowerleg01", 0.11), ("foot", 0.1),
)  # fmt: skip
FACE_DEPTH = 0.06
#: Nose, eye and ear off the middle between the eyes: aside, up and ahead, in eye distances.
FACE = ((0.0, -0.6, 0.85), (0.5, 0.0, 0.2), (1.15, -0.35, -1.3))

Bitmap = np.ndarray[Any, np.dtype[np.bool_]]


def measure(
    people: Mapping[str, Placed],
    blockers: Sequence[Mesh],
    camera: Camera,
    size: tuple[int, int],
    wardrobe: Mapping[str, Garment] | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The people and garments of a photo of ``size`` (width, height), as rows of the truth.

    Args:
        blockers: what else may stand before people.
        wardrobe: garments by id; by default those of the sample library.
    """
    known = wardrobe if wardrobe is not None else {**WARDROBE, **OTHERS}
    return describe(look(people, blockers, camera, size), people, known)


def describe(
    view: View, people: Mapping[str, Placed], known: Mapping[str, Garment]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The same from first hits at hand; ``known`` are the garments by id."""
    worn = [
        row
        for who, person in people.items()
        for item in dict.fromkeys(p.item for p in person.parts if p.item)
        if (row := _garment(view, known[item], who, person))
    ]
    return [_person(view, who, person) for who, person in people.items()], worn


@dataclass(frozen=True)
class View:
    """First hits over a whole picture. ``part`` (H, W) numbers ``parts``, -1 for anything else."""

    camera: Camera
    size: tuple[int, int]
    parts: tuple[tuple[str, Part], ...]  # whose ("" for things), what
    caster: Caster
    part: Index
    triangle: Index
    weights: Array  # (H, W, 2)
    depth: Array  # (H, W)

    def mask(self, who: str, item: str | None = None) -> Bitmap:
        """Where a person is seen, or one garment of theirs."""
        mine = [k for k, (w, p) in enumerate(self.parts) if w == who and item in (None, p.item)]
        return np.isin(self.part, mine)


def look(
    people: Mapping[str, Placed],
    blockers: Sequence[Mesh],
    camera: Camera,
    size: tuple[int, int],
    things: Sequence[Part] = (),
) -> View:
    """Cast a ray through every pixel; ``things`` block like ``blockers`` but are numbered."""
    parts = tuple((who, part) for who, person in people.items() for part in person.parts)
    parts += tuple(("", thing) for thing in things)
    caster = Caster([*((p.points, _opaque(p)) for _, p in parts), *blockers])
    columns, rows = grid((0, 0, *size))
    hits = caster.cast(camera.eye, camera.rays(columns, rows, size))
    shape = (size[1], size[0])
    part = np.where(hits.mesh < len(parts), hits.mesh, -1)
    return View(camera, size, parts, caster, part.reshape(shape), hits.triangle.reshape(shape),
                hits.weights.reshape(*shape, 2), hits.depth.reshape(shape))  # fmt: skip


def _opaque(part: Part) -> Index:
    """A part's triangles, thinned-out hair moved out of the way (their numbers stay)."""
    if part.look.kind not in ("hair", "brow") or part.tint is None:
        return part.triangles
    thin = part.tint[part.triangles, 0].mean(1) > THIN
    return np.where(thin[:, None], 0, part.triangles)  # three times one point is never hit


def _garment(view: View, garment: Garment, who: str, person: Placed) -> dict[str, Any] | None:
    visible = view.mask(who, garment.id)
    if visible.sum() < LEAST_PX:
        return None
    whole = [(p.points, p.triangles) for p in person.whole if p.item == garment.id]
    amodal, full = silhouette(whole, view.camera, view.size)
    full += int((visible & ~amodal).sum())  # a grazing ray may miss by a hair
    amodal |= visible
    return {
        "item": garment.id,
        "person": who,
        "category": garment.category,
        "visible": rle(visible),
        "amodal": rle(amodal),
        "full_px": full,
        "visibility": round(int(visible.sum()) / full, 4),
    }


def silhouette(meshes: Sequence[Mesh], camera: Camera, size: tuple[int, int]) -> tuple[Bitmap, int]:
    """Where meshes would be seen alone, (H, W), and in how many pixels beyond the frame too."""
    width, height = size
    spots, depths = camera.project(np.concatenate([points for points, _ in meshes]), size)
    ahead = spots[depths > 0.02]
    frame = np.zeros((height, width), bool)
    if not len(ahead):
        return frame, 0
    reach = np.array(size) * BEYOND
    low = np.clip(np.floor(ahead.min(0)), -reach, size).astype(int)
    high = np.clip(np.ceil(ahead.max(0)), 0, size + reach).astype(int)
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    if box[2] <= box[0] or box[3] <= box[1]:
        return frame, 0
    starts = np.cumsum([0, *(len(points) for points, _ in meshes)])
    triangles = np.concatenate([t + s for (_, t), s in zip(meshes, starts, strict=False)])
    alone = covered(spots, triangles, box) if len(ahead) == len(spots) else None
    if alone is None:
        columns, rows = grid(box)
        hits = Caster(meshes).cast(camera.eye, camera.rays(columns, rows, size))
        alone = (hits.mesh >= 0).reshape(box[3] - box[1], box[2] - box[0])
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
    if x1 > x0 and y1 > y0:
        frame[y0:y1, x0:x1] = alone[y0 - box[1] : y1 - box[1], x0 - box[0] : x1 - box[0]]
    return frame, int(alone.sum())


def _person(view: View, who: str, person: Placed) -> dict[str, Any]:
    seen = view.mask(who)
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    box = None
    if len(rows):
        box = [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
    points, inside = joints(person)
    if view.camera.mirrored:  # a flipped left hand looks like a right one
        order = [0] + [k + 1 if k % 2 else k - 1 for k in range(1, 17)]
        points, inside = points[order], inside[order]
    spots, depths = view.camera.project(points, view.size)
    rows_of = []
    for (x, y), depth, room in zip(spots, depths, inside, strict=True):
        state = OUTSIDE
        if depth > 0 and 0 <= x < view.size[0] and 0 <= y < view.size[1]:
            nearest = view.depth[int(y), int(x)]
            state = HIDDEN if nearest < depth - room else VISIBLE
        spot = [round(float(x), 1), round(float(y), 1)] if depth > 0 else [0.0, 0.0]
        rows_of.append([*spot, state])
    return {"id": who, "box": box, "joints": rows_of}


def joints(person: Placed) -> tuple[Array, Array]:
    """COCO's 17 joints in the world (17, 3), and how deep inside the body each lies (17,)."""
    at = person.joints
    left, right = at["eye.L"], at["eye.R"]
    unit = np.linalg.norm(left - right)
    aside = (left - right) / unit
    up = at["head"] - at["neck01"]
    up -= aside * (up @ aside)
    up /= np.linalg.norm(up)
    axes = np.stack([aside, up, np.cross(aside, up)])
    middle = (left + right) / 2
    points, inside = [middle + unit * (np.array(FACE[0]) @ axes)], [FACE_DEPTH]
    for x, y, z in FACE[1:]:
        points += [middle + unit * (np.array([side * x, y, z]) @ axes) for side in (1, -1)]
        inside += [FACE_DEPTH, FACE_DEPTH]
    for bone, room in LIMBS:
        points += [at[f"{bone}.L"], at[f"{bone}.R"]]
        inside += [room, room]
    return np.array(points), np.array(inside)


def rle(mask: Bitmap) -> dict[str, Any]:
    """COCO's compressed run lengths, column by column, as pycocotools writes them."""
    flat = mask.T.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    if flat[0]:
        runs.insert(0, 0)
    text = []
    for k, run in enumerate(runs):
        value = run - runs[k - 2] if k > 2 else run
        while True:
            bits, value = value & 31, value >> 5
            last = value == (-1 if bits & 16 else 0)
            text.append(chr(48 + (bits if last else bits | 32)))
            if last:
                break
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": "".join(text)}
