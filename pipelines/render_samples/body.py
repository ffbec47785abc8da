"""MakeHuman's CC0 data as NumPy arrays: base mesh, targets, rig, poses, fitted proxies, skinning.

Everything here is in MakeHuman's own frame: decimetres, y up, the face looking along +z, the
left hand at +x. :func:`to_world` turns that into metres with z up and the face along -y.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Rotations = Mapping[str, Array]

#: Vertices from here on are helper geometry (tights, skirt, joints), not skin.
SKIN_VERTICES = 13380


@dataclass(frozen=True)
class Mesh:
    """Triangles with one texture coordinate per corner."""

    points: Array  # (N, 3)
    triangles: Index  # (T, 3)
    uv: Array  # (T, 3, 2)


@dataclass(frozen=True)
class Obj:
    """An OBJ file's polygons, still as lists since quads and triangles mix."""

    points: Array
    uvs: Array
    faces: list[list[int]]
    face_uvs: list[list[int]]
    groups: list[str]

    @functools.cached_property
    def triangles(self) -> Index:
        """(T, 3) of ``points``."""
        return fan(self.faces)

    @functools.cached_property
    def corner_uvs(self) -> Array:
        """(T, 3, 2), of each triangle's corners."""
        corners: Array = self.uvs[fan(self.face_uvs)]
        return corners


def read_obj(path: Path) -> Obj:
    """Read the vertices, texture coordinates, polygons and group names of an OBJ file."""
    points: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: list[list[int]] = []
    face_uvs: list[list[int]] = []
    groups: list[str] = []
    group = ""
    for line in path.read_text(errors="ignore").splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            points.append([float(x) for x in rest[:3]])
        elif word == "vt":
            uvs.append([float(x) for x in rest[:2]])
        elif word == "g":
            group = rest[0] if rest else ""
        elif word == "f":
            corners = [c.split("/") for c in rest]
            faces.append([int(c[0]) - 1 for c in corners])
            face_uvs.append([int(c[1]) - 1 if len(c) > 1 and c[1] else 0 for c in corners])
            groups.append(group)
    return Obj(np.array(points), np.array(uvs or [[0.0, 0.0]]), faces, face_uvs, groups)


def fan(faces: list[list[int]]) -> Index:
    """Polygons as triangles, (T, 3)."""
    return np.array([(f[0], f[k], f[k + 1]) for f in faces for k in range(1, len(f) - 1)])


def turn(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Array:
    """A rotation by degrees about z, then y, then x (fixed axes)."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians([x, y, z])), np.sin(np.radians([x, y, z]))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    rotation: Array = about_x @ about_y @ about_z
    return rotation


def to_world(points: Array) -> Array:
    """Decimetres with y up -> metres with z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1) * 0.1


class MakeHuman:
    """The data folder, read once. ``fine`` clothes have four times the points, for large pictures."""

    def __init__(self, folder: Path, fine: bool = True) -> None:
        if not (folder / "base.obj").is_file():
            raise SystemExit(f"{folder}: no base.obj here; give MakeHuman's data with --makehuman")
        self.folder, self.fine = folder, fine
        self.base = read_obj(folder / "base.obj")
        skeleton = json.loads((folder / "rigs/default.mhskel").read_text())
        bones = skeleton["bones"]
        self.bones: list[str] = []
        while len(self.bones) < len(bones):  # parents before children
            self.bones += [
                b
                for b in bones
                if b not in self.bones and bones[b]["parent"] in (None, *self.bones)
            ]
        place = {b: i for i, b in enumerate(self.bones)}
        self.parents = [place.get(bones[b]["parent"], -1) for b in self.bones]
        cubes = {k: np.array(v) for k, v in skeleton["joints"].items()}
        self.heads = [cubes[bones[b]["head"]] for b in self.bones]
        self.tails = [cubes[bones[b]["tail"]] for b in self.bones]
        self.weights = np.zeros((len(self.base.points), len(self.bones)))
        table = json.loads((folder / "rigs/default_weights.mhw").read_text())["weights"]
        for bone, entries in table.items():
            for vertex, weight in entries:
                self.weights[vertex, place[bone]] += weight
        self.weights[self.weights.sum(1) == 0, place["root"]] = 1.0
        self.weights /= self.weights.sum(1, keepdims=True)

    @functools.cached_property
    def body_quads(self) -> Index:
        """The polygons of the skin, (F, 4); a triangle's last point stands there twice."""
        pairs = zip(self.base.faces, self.base.groups, strict=True)
        return np.array([[*f, f[-1]][:4] for f, g in pairs if g == "body"])

    def share_of(self, weights: Array, stems: tuple[str, ...]) -> Array:
        """Per row of skinning weights, the sum over the bones whose names begin so."""
        columns = [i for i, b in enumerate(self.bones) if b.startswith(stems)]
        total: Array = weights[:, columns].sum(1)
        return total

    @functools.cache  # noqa: B019 - one instance for the program's life
    def target(self, name: str) -> tuple[Index, Array]:
        """A morph target: vertex numbers and their displacements."""
        lines = (self.folder / "targets" / f"{name}.target").read_text().splitlines()
        rows = [line.split() for line in lines if line.strip() and line[0] != "#"]
        moves = np.array([[float(x) for x in r[1:4]] for r in rows]).reshape(-1, 3)
        return np.array([int(r[0]) for r in rows], dtype=np.int64), moves

    def pose(self, name: str) -> dict[str, Array]:
        """One of MakeHuman's BVH poses: bone -> rotation in the rest pose's world axes."""
        joints: list[str | None] = []
        order: list[str] = []
        channels: list[list[str]] = []
        values: list[float] = []
        motion = False
        for line in (self.folder / "poses" / f"{name}.bvh").read_text().splitlines():
            words = line.split()
            if not words:
                continue
            if words[0] in ("ROOT", "JOINT"):
                joints.append(words[1])
                order.append(words[1])
            elif words[0] == "CHANNELS":
                channels.append(words[2:])
            elif words[0] == "Frames:":
                motion = True
            elif motion and words[0] != "Frame":
                values = [float(w) for w in words]
        upright = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0.0]])  # BVH is z-up here
        rotations: dict[str, Array] = {}
        at = iter(values)
        for joint, names in zip(order, channels, strict=True):
            matrix = np.eye(3)
            for channel in names:
                value = next(at)
                if channel.endswith("rotation"):
                    matrix = matrix @ turn(**{channel[0].lower(): value})
            rotations[joint] = upright @ matrix @ upright.T
        return rotations


class Figure:
    """One person's shape in the rest pose."""

    def __init__(self, data: MakeHuman, shape: Mapping[str, float]) -> None:
        self.data = data
        self.points = data.base.points.copy()
        for name, amount in shape.items():
            vertices, moves = data.target(f"macrodetails/{name}")
            self.points[vertices] += amount * moves
        self.heads = np.array([self.points[c].mean(0) for c in data.heads])
        self.tails = np.array([self.points[c].mean(0) for c in data.tails])
        self._fitted: dict[Path, tuple[Mesh, Array]] = {}

    def head(self, bone: str) -> Array:
        """Where a bone begins, at rest."""
        point: Array = self.heads[self.data.bones.index(bone)]
        return point

    def share(self, *stems: str) -> Array:
        """Per base vertex, the skinning weight on the bones whose names begin so."""
        return self.data.share_of(self.data.weights, stems)

    def pose(self, rotations: Rotations) -> Posed:
        """Bend the skeleton."""
        turns: list[Array] = []
        places: list[Array] = []
        for i, bone in enumerate(self.data.bones):
            local = rotations.get(bone, np.eye(3))
            parent = self.data.parents[i]
            if parent < 0:
                turns.append(local)
                places.append(self.heads[i])
            else:
                turns.append(turns[parent] @ local)
                step = self.heads[i] - self.heads[parent]
                places.append(places[parent] + turns[parent] @ step)
        rotation = np.array(turns)
        place = np.array(places)
        return Posed(self, rotation, place - np.einsum("bij,bj->bi", rotation, self.heads), place)

    def fit(self, mhclo: Path) -> tuple[Mesh, Array]:
        """A proxy (hair, shoes, eyes) fitted to this shape, with its skinning weights."""
        if mhclo not in self._fitted:
            self._fitted[mhclo] = self._fit(mhclo)
        return self._fitted[mhclo]

    def _fit(self, mhclo: Path) -> tuple[Mesh, Array]:
        scales, reference, obj = _read_mhclo(mhclo)
        corners = reference[:, :3].astype(int)
        mix, offset = reference[:, 3:6], reference[:, 6:9].copy()
        for axis, (a, b, rest) in scales.items():
            offset[:, axis] *= abs(self.points[a, axis] - self.points[b, axis]) / rest
        points = np.einsum("ni,nij->nj", mix, self.points[corners]) + offset
        share = np.clip(mix, 0, None)
        share /= share.sum(1, keepdims=True)
        weights = np.einsum("ni,nij->nj", share, self.data.weights[corners])
        return Mesh(points, obj.triangles, obj.corner_uvs), weights


@dataclass(frozen=True)
class Posed:
    """A figure with its skeleton bent: rotation, shift and joint position per bone."""

    figure: Figure
    rotations: Array  # (B, 3, 3)
    shifts: Array  # (B, 3)
    joints: Array  # (B, 3)

    def skin(self, points: Array, weights: Array) -> Array:
        """Linear blend skinning of ``points`` (N, 3) by ``weights`` (N, B)."""
        turned = np.einsum("nb,bij->nij", weights, self.rotations, optimize=True)
        moved: Array = np.einsum("nij,nj->ni", turned, points) + weights @ self.shifts
        return moved

    def joint(self, bone: str) -> Array:
        """Where a bone begins, posed."""
        point: Array = self.joints[self.figure.data.bones.index(bone)]
        return point


Scales = dict[int, tuple[int, int, float]]


@functools.cache
def _read_mhclo(path: Path) -> tuple[Scales, Array, Obj]:
    """Axis scales, (N, 9) rows of three base vertices, their mix and an offset, and the mesh."""
    scales: Scales = {}
    rows: list[list[float]] = []
    reading = False
    mesh = ""
    for line in path.read_text(errors="ignore").splitlines():
        words = line.split()
        if not words or words[0] == "#":
            continue
        if re.fullmatch(r"[xyz]_scale", words[0]):
            scales["xyz".index(words[0][0])] = (int(words[1]), int(words[2]), float(words[3]))
        elif words[0] == "obj_file":
            mesh = words[1]
        elif words[0] in ("verts", "delete_verts"):
            reading = words[0] == "verts"
        elif reading and re.fullmatch(r"\d+", words[0]):
            numbers = [float(w) for w in words]
            exact = [numbers[0]] * 3 + [1.0, 0, 0, 0, 0, 0]
            rows.append(exact if len(numbers) == 1 else (numbers + [0.0] * 3)[:9])
    return scales, np.array(rows), read_obj(path.parent / mesh)
