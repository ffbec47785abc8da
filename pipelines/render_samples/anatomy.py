"""A person's own surface: skin, eyes, brows and hair, painted by code."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from body import Array, Figure, Index, MakeHuman, Posed
from fabrics import Colour
from parts import Look, Part
from scipy.spatial import cKDTree
from sewing import Cloth
from surface import boundary, subdivide


@dataclass(frozen=True, eq=False)
class Person:
    """Someone's body and face."""

    name: str
    shape: Mapping[str, float]
    skin: Colour
    lips: Colour
    hair: str
    hair_colour: Colour
    brow: str = "eyebrow001"
    smile: float = 1.0


def figure_of(data: MakeHuman, person: Person) -> Figure:
    """Someone's shape at rest, smiling a little."""
    figure = Figure(data, person.shape)
    smile(figure, person.smile)
    return figure


def smile(figure: Figure, amount: float) -> None:
    """Lift the corners of the mouth, one more than the other, and the cheeks with them."""
    points = figure.points
    mouth = (figure.head("oris05") + figure.head("oris01")) / 2
    for side, share in ((1.0, 1.0), (-1.0, 0.75)):
        for place, radius, move in (
            ((0.25 * side, mouth[1] - 0.01, mouth[2] - 0.12), 0.12, (0.035 * side, 0.06, -0.03)),
            ((0.42 * side, mouth[1] + 0.3, mouth[2] - 0.2), 0.2, (0.0, 0.035, 0.03)),
            ((0.3 * side, figure.head("eye.L")[1] - 0.09, mouth[2] - 0.2), 0.1, (0, 0.012, 0)),
        ):
            near = np.exp(-(((points - np.array(place)) / radius) ** 2).sum(1))
            points += amount * share * near[:, None] * np.array(move)


def skin(figure: Figure, posed: Posed, person: Person, hidden: np.ndarray) -> Part:
    """The visible skin, once subdivided, painted from where each point lies at rest."""
    used, triangles, tint = _bare(figure, person, hidden.tobytes())
    moved = posed.skin(figure.points[used], figure.data.weights[used])
    points, fine = subdivide(moved, triangles)
    return Part("skin", None, points, fine, np.zeros((len(fine), 3, 2)),
                Look("skin", person.skin), tint)  # fmt: skip


@functools.lru_cache(maxsize=4)
def _bare(figure: Figure, person: Person, hidden: bytes) -> tuple[Index, Index, Array]:
    """The skin that shows at rest: base vertices, triangles of these, and the subdivided points' colours."""
    quads = figure.data.body_quads
    quads = quads[~np.frombuffer(hidden, bool)[quads].all(1)]
    triangles = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], 1).reshape(-1, 3)
    triangles = triangles[triangles[:, 1] != triangles[:, 2]]
    used, renumbered = np.unique(triangles, return_inverse=True)
    triangles = renumbered.reshape(-1, 3)
    rest, _ = subdivide(figure.points[used], triangles)
    return used, triangles, _complexion(figure, person, rest)


def _complexion(figure: Figure, person: Person, rest: Array) -> Array:
    """sRGB per skin point: blood near the surface of cheeks, nose, lips, knuckles and knees."""
    tint = np.tile(np.array(person.skin), (len(rest), 1))

    def blend(colour: Array, amount: Array) -> None:
        nonlocal tint
        tint = tint * (1 - amount[:, None]) + colour * amount[:, None]

    def near(place: Array, radii: Sequence[float]) -> Array:
        mirrored = np.abs(rest[:, 0])
        away = np.stack([mirrored - abs(place[0]), rest[:, 1] - place[1], rest[:, 2] - place[2]], 1)
        close: Array = np.exp(-((away / radii) ** 2).sum(1))
        return close

    flush = np.array(person.skin) * [1.0, 0.74, 0.7]
    eye, upper, lower = (figure.head(b) for b in ("eye.L", "oris05", "oris01"))
    mouth = (upper + lower) / 2
    blend(flush, 0.45 * near(np.array([0.42, eye[1] - 0.38, eye[2]]), (0.22, 0.2, 0.5)))
    blend(
        flush, 0.35 * near(np.array([0.0, (eye[1] + upper[1]) / 2 - 0.1, 1.6]), (0.14, 0.15, 0.4))
    )
    blend(
        np.array(person.skin) * 0.72, 0.4 * near(eye + np.array([0, 0.02, 0.3]), (0.2, 0.13, 0.4))
    )
    for bone, radius in (("lowerarm01.L", 0.4), ("lowerleg01.L", 0.5), ("foot.L", 0.4)):
        blend(flush, 0.25 * near(figure.head(bone), (radius,) * 3))
    for finger in range(1, 6):
        for joint in (1, 2, 3):
            blend(flush, 0.3 * near(figure.head(f"finger{finger}-{joint}.L"), (0.12,) * 3))
    wide, tall = 0.27, max((upper[1] - lower[1]) * 0.62, 0.12)
    away = np.hypot(
        rest[:, 0] / wide, (rest[:, 1] - mouth[1]) / (tall * (1 - 0.35 * (rest[:, 0] / wide) ** 2))
    )
    lips = np.clip((1.0 - away) * 6, 0, 1) * (rest[:, 2] > mouth[2] - 0.25)
    blend(np.array(person.lips), 0.85 * lips)
    return np.clip(tint, 0, 1)


def face(figure: Figure, posed: Posed, person: Person, cloths: Sequence[Cloth]) -> list[Part]:
    """Eyes, brows and hair, fitted and posed with the head."""
    folder = figure.data.folder
    parts = []
    for name, path in (
        ("eyes", folder / "eyes/high-poly/high-poly.mhclo"),
        ("brows", folder / f"eyebrows/{person.brow}/{person.brow}.mhclo"),
        ("hair", folder / f"hair/{person.hair}/{person.hair}.mhclo"),
    ):
        mesh, weights = figure.fit(path)
        rest = mesh.points
        if name == "hair":
            rest = _over_clothes(figure, rest, cloths)
        elif name == "brows":  # MakeHuman's resting brow frowns: lift its inner end
            rest = rest.copy()
            rest[:, 1] += 0.02 + 0.09 * np.clip(1 - np.abs(rest[:, 0]) / 0.5, 0, 1)
        points = posed.skin(rest, weights)
        if name == "eyes":
            parts.append(Part(name, None, points, mesh.triangles, mesh.uv, Look("eye")))
            continue
        tip = _fringe(mesh.points, mesh.triangles, 0.6 if name == "hair" else 0.05)
        strand = _strands(figure, mesh.points, mesh.triangles) if name == "hair" else mesh.uv
        thin = 0.0 if name == "hair" else 0.3  # skin shows between the hairs of a brow
        mixed = np.array(person.hair_colour) * (1 - thin) + np.array(person.skin) * thin
        colour = (float(mixed[0]), float(mixed[1]), float(mixed[2]))
        look = Look("hair" if name == "hair" else "brow", colour)
        parts.append(
            Part(name, None, points, mesh.triangles, strand, look, np.tile(tip[:, None], 3))
        )
    return parts


def _over_clothes(figure: Figure, hair: Array, cloths: Sequence[Cloth]) -> Array:
    """Lift falling hair off collars and shoulders, outwards from the spine."""
    fall = hair[:, 1] < figure.head("head")[1]
    if not cloths or fall.mean() < 0.15:  # a short cut only touches the collar
        return hair

    def round_spine(points: Array) -> tuple[Array, Array]:
        away = np.hypot(points[:, 0], points[:, 2])
        angle = np.arctan2(points[:, 0], points[:, 2])
        return np.stack([np.cos(angle) * 1.3, np.sin(angle) * 1.3, points[:, 1]], 1), away

    cloth = np.concatenate([c.points for c in cloths])
    cloth = cloth[(cloth[:, 1] > figure.head("spine03")[1]) & (np.abs(cloth[:, 0]) < 1.6)]
    if not len(cloth):
        return hair
    place, reach = round_spine(cloth)
    mine, away = round_spine(hair)
    gap, near = cKDTree(place).query(mine, k=6)
    wanted = reach[near].max(1) + 0.1
    push = np.where(fall & (gap[:, 0] < 0.2), np.clip(wanted - away, 0, 0.8), 0.0)
    out = hair * np.array([1, 0, 1]) / np.maximum(away, 1e-6)[:, None]
    return hair + out * push[:, None]


def _fringe(points: Array, triangles: Index, reach: float) -> Array:
    """How far hair has thinned out: 1 on open edges, 0 from ``reach`` decimetres in.

    Only the falling tips thin out; a hairline keeps a narrow fringe.
    """
    # Vertices are doubled along texture seams: an edge is open only if no twin lies on it.
    _, twin = np.unique(points.round(3), axis=0, return_inverse=True)
    rim = np.unique(boundary(twin.reshape(-1)[triangles]))
    edge = np.isin(twin.reshape(-1), rim)
    if not edge.any():
        return np.zeros(len(points))
    away = cKDTree(points[edge]).query(points)[0]
    top, bottom = points[:, 1].max(), points[:, 1].min()
    tip = np.clip((top - points[:, 1]) / (top - bottom) * 3 - 1.6, 0.0, 1)
    fringe: Array = np.clip(1 - away / reach, 0, 1) * (0.35 + 0.65 * tip)
    return fringe


def _strands(figure: Figure, points: Array, triangles: Index) -> Array:
    """Coordinates across (0) and along (1) the hair as it falls from the crown, (T, 3, 2)."""
    crown = figure.head("head") + np.array([0, 0.9, -0.15])
    corners = points[triangles] - crown
    across = np.arctan2(corners[..., 0], corners[..., 2])
    across = across[:, :1] + (across - across[:, :1] + np.pi) % (2 * np.pi) - np.pi
    along = np.linalg.norm(corners, axis=-1)
    return np.stack([across, along], -1)
