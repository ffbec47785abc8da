"""A person as posed parts: painted skin, eyes, brows, hair, shoes and clothes."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from accessories import MAKERS, Gear, Wearer
from body import SKIN_VERTICES, Array, Figure, Index, MakeHuman, Posed, fan, to_world, turn
from draping import Cut
from fabrics import Fabric, rng_for
from garments import ROUND, Dressed, clear_of_legs, dress
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from sewing import Cloth, pouch
from surface import boundary, subdivide

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """What a part is made of."""

    kind: str  # skin | hair | eye | cloth | plain
    colour: Colour = (0.5, 0.5, 0.5)
    fabric: Fabric | None = None
    front: Image.Image | None = None
    back: Image.Image | None = None
    roughness: float = 0.6
    trim: Colour = (0.9, 0.9, 0.88)  # buttons


@dataclass(frozen=True)
class Part:
    """A mesh in the world: metres, z up."""

    name: str
    item: str | None  # the garment it belongs to
    points: Array
    triangles: Index
    uv: Array
    look: Look
    tint: Array | None = None  # (N, 3) sRGB
    facing: Array | None = None
    sheet: Array | None = None


@dataclass(frozen=True)
class Garment:
    """One physical garment: a row of the truth, and how to make it."""

    id: str
    category: str
    type: str
    name: str
    cuts: tuple[Cut, ...] = ()
    look: Look = field(default_factory=lambda: Look("plain"))
    pattern: str = "plain"  # plain striped checked dotted floral print denim knit
    sleeve: str | None = None  # short | long | none
    model: str = ""  # the product, where several physical garments are the same one
    person: str = "owner"  # whose it is
    gear: str = ""  # its maker in ``accessories.MAKERS``
    shoe: str = ""  # MakeHuman's shoe mesh, for footwear
    sole: Colour = (0.9, 0.9, 0.88)


@dataclass(frozen=True)
class Person:
    """Someone's body and face."""

    name: str
    shape: Mapping[str, float]
    skin: Colour
    lips: Colour
    hair: str
    hair_colour: Colour
    brow: str = "eyebrow001"


@dataclass(frozen=True)
class Placed:
    """A person in the scene: parts, and joints by bone name, in metres.

    ``parts`` is what is drawn: what lies deep under other clothes is cut away. ``whole`` holds
    every garment uncut in the same pose, for the masks of garments seen alone.
    """

    parts: list[Part]
    whole: list[Part]
    joints: dict[str, Array]


def stand(
    data: MakeHuman,
    person: Person,
    wearing: Sequence[Garment],
    pose: Mapping[str, Array],
    at: tuple[float, float] = (0.0, 0.0),
    yaw: float = 0.0,
) -> Placed:
    """Dress, pose and place a person; ``yaw`` turns them by degrees, 0 faces the camera."""
    figure = _figure(data, tuple(person.shape.items()))
    posed = figure.pose(pose)
    pieces, dressed = outfit(figure, wearing)
    shoes = _shoes(figure, posed, wearing)
    parts = _clothes(posed, dressed, pieces, dressed.cloths) + shoes
    whole = _clothes(posed, dressed, pieces, dressed.whole) + shoes
    gear = _gear(figure, posed, dressed, wearing)
    parts += gear
    whole += gear
    hidden = dressed.hidden.copy()
    if any(g.shoe for g in wearing):
        below = figure.points[:, 1] < figure.head("foot.L")[1] - 0.05
        hidden |= below & (figure.share("foot", "toe") > 0.5)
    parts += [_skin(figure, posed, person, hidden), *_face(figure, posed, person, dressed.cloths)]
    lowest = min(p.points[:, 1].min() for p in parts)
    origin = posed.joint("root") * np.array([1, 0, 1]) + np.array([0, lowest, 0])
    spin = turn(y=yaw)
    shift = np.array([at[0], at[1], 0.0])

    def world(points: Array) -> Array:
        return to_world((points - origin) @ spin.T) + shift

    def moved(pieces: Sequence[Part]) -> list[Part]:
        return [replace(p, points=world(p.points)) for p in pieces]

    joints = {b: world(posed.joint(b)) for b in data.bones}
    return Placed(moved(parts), moved(whole), joints)


Pieces = Sequence[tuple[Garment, Cut]]


def _clothes(posed: Posed, dressed: Dressed, pieces: Pieces, cloths: Sequence[Cloth]) -> list[Part]:
    """Everything cut from the body's surface, posed."""
    parts = []
    for (garment, cut), cloth in zip(pieces, cloths, strict=True):
        name, look = f"{garment.id}-{cut.kind}", garment.look
        points = posed.skin(cloth.points, cloth.weights)
        if cut.kind in ROUND:
            points = clear_of_legs(posed, dressed, points)
        plain = np.array(look.colour if look.kind == "plain" else (1, 1, 1))
        parts.append(
            Part(name, garment.id, points, cloth.triangles, cloth.uv, look,
                 plain * cloth.shade[:, None], cloth.facing, cloth.sheet)
        )  # fmt: skip
        extra = pouch(posed.figure, cloth) if cut.kind == "strap" else cloth.trim
        if extra is not None:
            colour = look.colour if cut.kind == "strap" else look.trim
            parts.append(
                Part(f"{name}-trim", garment.id, posed.skin(extra.points, extra.weights),
                     extra.triangles, extra.uv, Look("plain", colour, roughness=look.roughness),
                     np.array(colour) * extra.shade[:, None])
            )  # fmt: skip
    return parts


def _gear(figure: Figure, posed: Posed, dressed: Dressed, wearing: Sequence[Garment]) -> list[Part]:
    """Hats, glasses, jewellery, bags and scarves, posed."""
    parts = []
    for garment in (g for g in wearing if g.gear):
        look = garment.look
        for piece in _made(figure, dressed, garment.gear):
            if piece.hangs:
                points = piece.points + posed.joint(piece.hangs)
            else:
                points = posed.skin(piece.points, piece.weights)
            uv = np.zeros((len(piece.triangles), 3, 2)) if piece.uv is None else piece.uv
            own = look if piece.tint is None else replace(look, kind="plain", colour=piece.tint)
            tint = np.tile(
                np.array(own.colour if own.kind == "plain" else (1, 1, 1)), (len(points), 1)
            )
            parts.append(Part(garment.id, garment.id, points, piece.triangles, uv, own, tint))
    return parts


@functools.lru_cache(maxsize=64)
def _made(figure: Figure, dressed: Dressed, gear: str) -> list[Gear]:
    """A piece of gear over an outfit, at rest."""
    skin = np.arange(SKIN_VERTICES)
    points = [figure.points[skin], *(c.points for c in dressed.cloths)]
    weights = [figure.data.weights[skin], *(c.weights for c in dressed.cloths)]
    return MAKERS[gear](Wearer(figure, np.concatenate(points), np.concatenate(weights)))


def outfit(figure: Figure, wearing: Sequence[Garment]) -> tuple[list[tuple[Garment, Cut]], Dressed]:
    """The pieces of an outfit, and how they lie at rest."""
    pieces = [(g, cut) for g in wearing for cut in g.cuts]
    seeds = tuple(int(rng_for(f"{g.id}{k}").integers(1 << 30)) for k, (g, _) in enumerate(pieces))
    return pieces, _sewn(figure, tuple(cut for _, cut in pieces), seeds)


@functools.lru_cache(maxsize=8)
def _sewn(figure: Figure, cuts: tuple[Cut, ...], seeds: tuple[int, ...]) -> Dressed:
    """The same outfit in several photos is made once."""
    return dress(figure, cuts, seeds)


@functools.lru_cache(maxsize=4)
def _figure(data: MakeHuman, shape: tuple[tuple[str, float], ...]) -> Figure:
    return Figure(data, dict(shape))


def _shoes(figure: Figure, posed: Posed, wearing: Sequence[Garment]) -> list[Part]:
    """MakeHuman's shoe meshes, painted: upper and sole."""
    parts = []
    for garment in (g for g in wearing if g.shoe):
        folder = figure.data.folder / "clothes" / garment.shoe
        mesh, weights = figure.fit(folder / f"{garment.shoe}.mhclo")
        height = mesh.points[:, 1] - mesh.points[:, 1].min()
        tint = np.tile(np.array(garment.look.colour), (len(height), 1))
        tint[height < 0.3] = garment.sole
        tint[height < 0.06] *= 0.5
        piece = _pieces(mesh.triangles, len(height))
        top = np.zeros(piece.max() + 1)
        np.maximum.at(top, piece, height)
        tint[np.bincount(piece)[piece] < 60] = garment.sole  # laces
        kept = top[piece][mesh.triangles[:, 0]] < 1.5  # the meshes come with socks
        if any(g.category == "bottoms" for g in wearing):  # inside the trousers
            ankle = figure.head("foot.L")[1] - 0.05
            kept &= mesh.points[mesh.triangles, 1].min(1) < ankle
        points = posed.skin(mesh.points, weights)
        shape, uv = mesh.triangles[kept], mesh.uv[kept]
        parts.append(Part(garment.id, garment.id, points, shape, uv, garment.look, tint))
    return parts


def _pieces(triangles: Index, count: int) -> np.ndarray:
    """Per vertex, the number of the connected piece it is in."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def _skin(figure: Figure, posed: Posed, person: Person, hidden: np.ndarray) -> Part:
    """The visible skin, once subdivided, painted from where each point lies at rest."""
    base = figure.data.base
    faces = [
        f
        for f, g in zip(base.faces, base.groups, strict=True)
        if g == "body" and not all(hidden[v] for v in f)
    ]
    triangles = fan(faces)
    used, renumbered = np.unique(triangles, return_inverse=True)
    triangles = renumbered.reshape(-1, 3)
    moved = posed.skin(figure.points[used], figure.data.weights[used])
    values, triangles = subdivide(np.column_stack([moved, figure.points[used]]), triangles)
    return Part(
        "skin", None, values[:, :3], triangles, np.zeros((len(triangles), 3, 2)),
        Look("skin", person.skin), _complexion(figure, person, values[:, 3:], triangles),
    )  # fmt: skip


def _complexion(figure: Figure, person: Person, rest: Array, triangles: Index) -> Array:
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


def _face(figure: Figure, posed: Posed, person: Person, cloths: Sequence[Cloth]) -> list[Part]:
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
    if not cloths or not fall.any():
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
