"""A person in the scene: their body and everything they wear, posed."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from accessories import MAKERS, Gear, Wearer
from anatomy import Person, face, figure_of, skin
from body import SKIN_VERTICES, Array, Figure, Index, MakeHuman, Posed, to_world, turn
from draping import Cut
from dressing import Dressed, dress, rest_on_legs
from fabrics import Colour, rng_for
from parts import Look, Part
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sewing import Cloth, pouch


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
    figure = _figure(data, person)
    posed = figure.pose(pose)
    pieces, dressed = outfit(figure, wearing)
    shown = [c for c in dressed.cloths if c is not None]
    shoes = _shoes(figure, posed, wearing)
    drawn = [_clothes(posed, dressed, *piece) for piece in zip(pieces, dressed.cloths, strict=True)]
    uncut = [
        same if cloth is left else _clothes(posed, dressed, piece, cloth)
        for piece, cloth, left, same in zip(
            pieces, dressed.whole, dressed.cloths, drawn, strict=True
        )
    ]
    parts = [part for piece in drawn for part in piece] + shoes
    whole = [part for piece in uncut for part in piece] + shoes
    gear = _gear(figure, posed, dressed, wearing)
    parts += gear
    whole += gear
    hidden = dressed.hidden.copy()
    if any(g.shoe for g in wearing):
        below = figure.points[:, 1] < figure.head("foot.L")[1] - 0.05
        hidden |= below & (figure.share("foot", "toe") > 0.5)
    parts += [skin(figure, posed, person, hidden), *face(figure, posed, person, shown)]
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


def _clothes(
    posed: Posed, dressed: Dressed, piece: tuple[Garment, Cut], cloth: Cloth | None
) -> list[Part]:
    """A piece cut from the body's surface, posed, and its buttons or bag."""
    if cloth is None:
        return []
    (garment, cut), parts = piece, []
    name, look = f"{garment.id}-{cut.kind}", garment.look
    points = posed.skin(cloth.points, cloth.weights)
    if cut.kind == "skirt":
        points = rest_on_legs(posed, dressed, points, cloth.weights)
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
    bare, shown = slice(SKIN_VERTICES), [c for c in dressed.cloths if c is not None]
    points = [figure.points[bare], *(c.points for c in shown)]
    weights = [figure.data.weights[bare], *(c.weights for c in shown)]
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
def _figure(data: MakeHuman, person: Person) -> Figure:
    return figure_of(data, person)


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
