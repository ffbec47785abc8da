"""Garments and their vectors -> groups that are one item each.

DBSCAN (Ester et al. 1996, scikit-learn) over the graph of pairs that are alike enough. What counts
as enough depends on the categories: the same one, ``same_cosine``; another one,
``cross_category_cosine``, and the group is flagged. Clearly other colours never join. Two garments
in one photo are two things (a suit's jacket and trousers are cut from one cloth), so a group that
holds such a pair is joined again by itself, the likest first, and never so that both come
together.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import color
from wardrobe.config import ClusterSettings, EmbedSettings
from wardrobe.labels import CATEGORIES, Category
from wardrobe.types import Garment, Labels


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """Everything to be grouped, in any order; the rows of all four belong together."""

    garments: tuple[Garment, ...]
    vectors: NDArray[np.float32]  # (n, 256), length 1
    labels: tuple[Labels, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Garment ids of one item, sorted; ``flagged`` says why a person should look."""

    garment_ids: tuple[str, ...]
    flagged: str | None


@dataclass(frozen=True)
class Cluster:
    """The clustering stage: one input, the whole pile."""

    settings: ClusterSettings
    embed: EmbedSettings
    name: str = "cluster"
    version: int = 2
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return {**self.settings.model_dump(), "min_visibility": self.embed.min_visibility}

    def digest(self, one: Pile) -> str:
        rows = [
            (g.id, hashlib.sha256(v.tobytes()).hexdigest(), repr(label), g.visibility)
            for g, v, label in zip(one.garments, one.vectors, one.labels, strict=True)
        ]
        return hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()

    def __call__(self, batch: Sequence[Pile]) -> Sequence[list[Group]]:
        return [group(pile, self.settings, self.embed.min_visibility) for pile in batch]

    def encode(self, out: Sequence[Group]) -> bytes:
        return json.dumps([[g.garment_ids, g.flagged] for g in out]).encode()

    def decode(self, data: bytes) -> list[Group]:
        return [Group(tuple(ids), flagged) for ids, flagged in json.loads(data)]


def group(pile: Pile, settings: ClusterSettings, min_visibility: float = 0.0) -> list[Group]:
    """Group a pile; the same pile in another order gives the same groups.

    Garments less visible than ``min_visibility`` stay by themselves: there is too little of them to
    tell them from others.
    """
    order = sorted(range(len(pile.garments)), key=lambda i: pile.garments[i].id)
    garments = [pile.garments[i] for i in order]
    vectors = pile.vectors[order]
    categories = [category_of(pile.garments[i], pile.labels[i]) for i in order]
    clear = [i for i, g in enumerate(garments) if g.visibility >= min_visibility]
    parts = [[i] for i in range(len(garments)) if garments[i].visibility < min_visibility]
    if clear:
        tints = np.array([tint(pile.labels[order[i]]) for i in clear])
        near = _near(vectors[clear], [categories[i] for i in clear], tints, settings)
        for part in _components(near, settings.min_samples):
            apart = _apart(part, near, [garments[i].photo_id for i in clear])
            parts += [[clear[k] for k in piece] for piece in apart]
    groups = [
        Group(tuple(garments[i].id for i in part), _flag({categories[i] for i in part}))
        for part in parts
    ]
    return sorted(groups, key=lambda g: g.garment_ids)


def category_of(garment: Garment, labels: Labels) -> Category:
    """The surer word of segmenter and classifier."""
    return labels.category if labels.confidence > garment.score else garment.category


def vote(garments: Sequence[Garment], labels: Sequence[Labels]) -> tuple[Category, float]:
    """An item's category by the members' confidence, and the winner's share of all votes.

    Both models vote for each member, weighted by confidence and visible share: a clear view
    outvotes a sleeve behind a table.
    """
    votes: Counter[Category] = Counter()
    for g, said in zip(garments, labels, strict=True):
        weight = 0.2 + g.visibility
        votes[g.category] += g.score * weight  # type: ignore[assignment]
        votes[said.category] += said.confidence * weight  # type: ignore[assignment]
    best = max(votes, key=lambda c: (votes[c], -CATEGORIES.index(c)))
    return best, float(votes[best]) / float(sum(votes.values()))


def tint(labels: Labels) -> tuple[float, float]:
    """Mean a, b (CIELAB) of a garment's main colours, weighted by their shares; NaN without any."""
    if not labels.colours:
        return float("nan"), float("nan")
    lab = color.to_lab(np.array([color.from_hex(h) for _, h, _ in labels.colours]))
    mean = np.average(lab[:, 1:], axis=0, weights=[s for _, _, s in labels.colours])
    return float(mean[0]), float(mean[1])


def _near(
    vectors: NDArray[np.float32],
    categories: Sequence[Category],
    tints: NDArray[np.float64],
    settings: ClusterSettings,
) -> Any:
    """The sparse graph of the pairs that may be joined: (n, n) CSR of cosine distances."""
    from scipy.sparse import csr_matrix
    from sklearn.neighbors import NearestNeighbors

    # Never easier across categories than within one, whatever the settings say.
    same = settings.same_cosine
    cross = max(same, settings.cross_category_cosine)
    search = NearestNeighbors(metric="cosine", algorithm="brute").fit(vectors)
    graph = search.radius_neighbors_graph(vectors, radius=1 - same, mode="distance").tocoo()
    kind = np.array([CATEGORIES.index(c) for c in categories])
    limit = np.where(kind[graph.row] == kind[graph.col], 1 - same, 1 - cross)
    apart = np.hypot(*(tints[graph.row] - tints[graph.col]).T)
    clash = apart > settings.max_colour  # an unknown tint (NaN) clashes with nothing
    keep = (graph.data <= limit) & (graph.row != graph.col) & ~clash
    # DBSCAN reads every stored entry as a neighbour, so a distance of exactly 0 must be stored too.
    links = (graph.data[keep] + 1e-12, (graph.row[keep], graph.col[keep]))
    return csr_matrix(links, shape=graph.shape)


def _components(near: Any, min_samples: int) -> list[list[int]]:
    from sklearn.cluster import DBSCAN

    found = DBSCAN(eps=1.0, min_samples=min_samples, metric="precomputed").fit_predict(near)
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for i, label in enumerate(found):
        parts[int(label) if label >= 0 else -1 - i].append(i)  # noise stays by itself
    return list(parts.values())


def _apart(part: list[int], near: Any, photos: Sequence[str]) -> list[list[int]]:
    """The part, or its pieces where it holds two garments of one photo.

    Joined link by link, the likest first, a link that would bring two of one photo together left
    out. A higher threshold ends the same sequence earlier, so it never joins more.
    """
    if len({photos[i] for i in part}) == len(part):
        return [part]
    links = near[part][:, part].tocoo()
    piece = {i: [i] for i in part}
    for k in np.lexsort((links.col, links.row, links.data)):
        a, b = piece[part[links.row[k]]], piece[part[links.col[k]]]
        if a is not b and not {photos[i] for i in a} & {photos[i] for i in b}:
            a += b
            piece |= dict.fromkeys(b, a)
    return [sorted(p) for i, p in piece.items() if i == min(p)]


def _flag(categories: set[Category]) -> str | None:
    if len(categories) == 1:
        return None
    return f"seen as {' and as '.join(sorted(categories))}"
