"""Garments and their vectors -> groups that are one item each, and questions for a person.

DBSCAN (Ester et al. 1996, scikit-learn) over the graph of pairs that are alike enough. What counts
as enough depends on the pair: ``same_cosine`` within a category, ``cross_category_cosine`` across
(and the group is flagged); more where a view is unclear, less where the photos are minutes apart.
Clearly other colours never join, and neither do two garments of one photo: a suit's jacket and
trousers are cut from one cloth.

DBSCAN chains; garments must not. A group whose members disagree (two of one photo, two colours,
ends too far apart) is joined again link by link, the likest first, and never so that it disagrees.
What was alike enough and yet kept apart, and what was nearly alike enough, becomes a question.

A person's word stands above every rule. The result depends on the whole pile and on nothing else,
so that adding photos one by one or all at once ends in the same groups.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import color, neighbours
from wardrobe.config import ClusterSettings, EmbedSettings
from wardrobe.labels import CATEGORIES, Category
from wardrobe.links import Links, Numbers, components, parts_of
from wardrobe.types import Garment, Labels

WORD = 2.0  # the "cosine" of a pair that a person said is one garment: above every other


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """Everything to be grouped, in any order; the rows of all belong together.

    Attributes:
        vectors: (n, 256) float32 of length 1.
        quality: how clear each view is, in [0, 1]; empty where nothing is known.
        taken: when each photo was taken, or None; empty where nothing is known.
        same, different: pairs of garment ids that a person said are, or aren't, one garment.
    """

    garments: tuple[Garment, ...]
    vectors: NDArray[np.float32]
    labels: tuple[Labels, ...]
    quality: tuple[float, ...] = ()
    taken: tuple[datetime | None, ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Garment ids of one item, sorted; ``flagged`` says why a person should look."""

    garment_ids: tuple[str, ...]
    flagged: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """Are these two one garment? Asked of the likest pair of two groups.

    Attributes:
        a, b: garment ids, the smaller first.
        why: what makes it doubtful, as the end of a sentence.
        gain: how useful an answer is; larger first.
    """

    a: str
    b: str
    cosine: float
    why: str
    gain: float


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups, sorted by their ids, and the questions, the most useful first."""

    groups: tuple[Group, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Cluster:
    """The clustering stage: one input, the whole pile."""

    settings: ClusterSettings
    embed: EmbedSettings
    name: str = "cluster"
    version: int = 3
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return {**self.settings.model_dump(), "min_visibility": self.embed.min_visibility}

    def digest(self, one: Pile) -> str:
        """Independent of the order of rows and of the order in which pairs are named."""
        n = len(one.garments)
        taken = [t and t.isoformat() for t in one.taken or (None,) * n]
        rows = [
            (g.id, hashlib.sha256(v.tobytes()).hexdigest(), repr(said), g.score, g.visibility, q, t)
            for g, v, said, q, t in zip(
                one.garments, one.vectors, one.labels, one.quality or (1.0,) * n, taken, strict=True
            )
        ]
        words = [sorted({tuple(sorted(p)) for p in pairs}) for pairs in (one.same, one.different)]
        said = json.dumps([sorted(rows, key=lambda r: r[0]), words])
        return hashlib.sha256(said.encode()).hexdigest()

    def __call__(self, batch: Sequence[Pile]) -> Sequence[Grouping]:
        return [group(pile, self.settings, self.embed.min_visibility) for pile in batch]

    def encode(self, out: Grouping) -> bytes:
        return json.dumps(asdict(out)).encode()

    def decode(self, data: bytes) -> Grouping:
        read = json.loads(data)
        return Grouping(
            tuple(Group(tuple(g["garment_ids"]), g["flagged"]) for g in read["groups"]),
            tuple(Question(**q) for q in read["questions"]),
        )


def group(pile: Pile, settings: ClusterSettings, min_visibility: float = 0.0) -> Grouping:
    """Group a pile; the same pile in another order gives the same groups.

    Garments less visible than ``min_visibility`` stay by themselves unless a person says
    otherwise: there is too little of them to tell them from others.
    """
    rows = _Rows.of(pile, min_visibility)
    links, doubts = _pairs(rows, settings)
    parts: list[list[int]] = []
    refused: list[Links] = [doubts]
    home = components(len(rows.ids), links, settings.min_samples)
    inside = links.of_parts(home)
    for label, part in enumerate(parts_of(home)):
        if _agree(part, rows, settings):
            parts.append(part)
        else:
            pieces, kept_apart = _apart(part, inside(label), rows, settings)
            parts += pieces
            refused.append(kept_apart)
    groups = sorted(
        (Group(tuple(rows.ids[i] for i in part), _flag(part, rows)) for part in parts),
        key=lambda g: g.garment_ids,
    )
    return Grouping(tuple(groups), _questions(parts, Links.all(refused), rows, settings))


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


#: What makes a pair doubtful, by number.
WHY = (
    "",
    "they look nearly the same",
    "the photos are minutes apart",
    "one of the views is unclear",
    "they look alike, but one is taken for another kind of garment",
    "they look alike, but their groups disagree",
)
NEARLY, SOON, UNCLEAR, OTHER_KIND, DISAGREE = range(1, len(WHY))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The pile in the order of ids, and what the rules look at."""

    ids: tuple[str, ...]
    photos: Numbers
    kinds: Numbers  # category numbers
    vectors: NDArray[np.float32]
    tints: NDArray[np.float64]
    quality: NDArray[np.float64]
    taken: NDArray[np.float64]  # seconds, NaN where unknown
    clear: NDArray[np.bool_]
    same: Numbers  # pairs that a person said are one: i * n + j, sorted
    different: Numbers

    @classmethod
    def of(cls, pile: Pile, min_visibility: float) -> _Rows:
        n = len(pile.garments)
        order = sorted(range(n), key=lambda i: pile.garments[i].id)
        garments = [pile.garments[i] for i in order]
        labels = [pile.labels[i] for i in order]
        at = {g.id: k for k, g in enumerate(garments)}
        kinds = [CATEGORIES.index(category_of(g, s)) for g, s in zip(garments, labels, strict=True)]
        taken = [pile.taken[i] if pile.taken else None for i in order]

        def said(pairs: Sequence[tuple[str, str]]) -> Numbers:
            both = [(at[a], at[b]) for a, b in pairs if a in at and b in at and a != b]
            return np.unique(np.array([min(p) * n + max(p) for p in both], np.intp))

        different = said(pile.different)
        return cls(
            tuple(g.id for g in garments),
            np.unique([g.photo_id for g in garments], return_inverse=True)[1],
            np.array(kinds, np.intp),
            pile.vectors[order],
            np.array([tint(s) for s in labels]).reshape(-1, 2),
            np.array([pile.quality[i] if pile.quality else 1.0 for i in order], np.float64),
            np.array([t.timestamp() if t else np.nan for t in taken], np.float64),
            np.array([g.visibility >= min_visibility for g in garments], np.bool_),
            np.setdiff1d(said(pile.same), different),
            different,
        )

    def word(self, said: Numbers, i: Numbers, j: Numbers) -> NDArray[np.bool_]:
        """Which of the pairs i < j a person named."""
        return np.isin(i * len(self.ids) + j, said)


def _pairs(rows: _Rows, settings: ClusterSettings) -> tuple[Links, Links]:
    """The links, and the pairs that fall short of one by so little that a person is asked."""
    same, cross = settings.same_cosine, max(settings.same_cosine, settings.cross_category_cosine)
    least = min(settings.ask_cosine, same - settings.minutes_bonus)
    some = np.flatnonzero(rows.clear)
    i, j, cosine = neighbours.pairs(rows.vectors[some], least)
    i, j = some[i], some[j]
    open_ = _may(i, j, rows, settings)
    i, j, cosine = i[open_], j[open_], cosine[open_]
    alike = rows.kinds[i] == rows.kinds[j]
    bar = np.where(alike, same, cross)
    soon = alike & (np.abs(rows.taken[i] - rows.taken[j]) <= 60 * settings.minutes)
    bar -= np.where(soon, settings.minutes_bonus, 0.0)
    # Of the way that is left to 1, a share is added for the less clear view of the two.
    unclear = 1 - np.minimum(rows.quality[i], rows.quality[j])
    strict = bar + (1 - bar) * settings.unclear_strictness * unclear
    why = np.select([~alike, cosine >= bar, soon], [OTHER_KIND, UNCLEAR, SOON], NEARLY)
    found = Links(i, j, cosine.astype(np.float64), why)
    ask = (cosine < strict) & (cosine >= settings.ask_cosine) & (alike | (cosine >= same))
    word = np.stack(np.divmod(rows.same, max(len(rows.ids), 1)), 1)
    links = Links.all([found.some(cosine >= strict), Links.of(word.tolist(), WORD)])
    return links, found.some(ask)


def _may(i: Numbers, j: Numbers, rows: _Rows, settings: ClusterSettings) -> NDArray[np.bool_]:
    """Pairs i < j that nothing speaks against but their likeness: (n,) bool."""
    apart = np.hypot(*(rows.tints[i] - rows.tints[j]).T)
    # An unknown tint (NaN) clashes with nothing.
    open_ = ~(apart > settings.max_colour) & (rows.photos[i] != rows.photos[j])
    return np.asarray(open_ & ~rows.word(rows.different, i, j), np.bool_)


def _agree(part: Sequence[int], rows: _Rows, settings: ClusterSettings) -> bool:
    """Whether every pair of a group could be one garment; the two of a linked pair can."""
    if len(part) < 3:
        return True
    i, j = (np.array(part)[side] for side in np.triu_indices(len(part), k=1))
    return _fit(i, j, rows, settings)


def _fit(i: Numbers, j: Numbers, rows: _Rows, settings: ClusterSettings) -> bool:
    """Whether all pairs i < j could be one garment, those aside that a person said are."""
    open_ = ~rows.word(rows.same, i, j)
    i, j = i[open_], j[open_]
    near = np.einsum("nd,nd->n", rows.vectors[i], rows.vectors[j]) >= min(
        settings.far_cosine, settings.same_cosine
    )
    return bool((near & _may(i, j, rows, settings)).all())


def _apart(
    part: Sequence[int], links: Links, rows: _Rows, settings: ClusterSettings
) -> tuple[list[list[int]], Links]:
    """The pieces of a part that disagrees, and the links that were refused.

    Joined link by link, the likest first, a person's word before all; a link is refused when the
    pieces it would join disagree.
    """
    piece = {i: [i] for i in part}
    refused = []
    for k, (i, j, cosine) in enumerate(zip(links.i, links.j, links.cosine, strict=True)):
        a, b = piece[int(i)], piece[int(j)]
        if a is b:
            continue
        ends: Numbers = np.stack([m.ravel() for m in np.meshgrid(a, b)])
        if cosine == WORD or _fit(ends.min(0), ends.max(0), rows, settings):
            a += b
            piece |= dict.fromkeys(b, a)
        else:
            refused.append(k)
    pieces = [sorted(p) for i, p in piece.items() if i == min(p)]
    doubtful = links.some(np.array(refused, np.intp))
    return pieces, Links(doubtful.i, doubtful.j, doubtful.cosine, np.full(len(refused), DISAGREE))


def _questions(
    parts: Sequence[Sequence[int]], doubts: Links, rows: _Rows, settings: ClusterSettings
) -> tuple[Question, ...]:
    """One question for two groups that could be one, about their likest doubtful pair."""
    n = len(rows.ids)
    home = np.empty(n, np.intp)
    for label, part in enumerate(parts):
        home[list(part)] = label
    sizes = np.array([len(part) for part in parts], float)

    def between(i: Numbers, j: Numbers) -> Numbers:
        ends: Numbers = np.stack([home[i], home[j]])
        return np.asarray(ends.min(0) * n + ends.max(0), np.intp)

    apart = between(*np.divmod(rows.different, max(n, 1)))
    open_ = (home[doubts.i] != home[doubts.j]) & ~np.isin(between(doubts.i, doubts.j), apart)
    doubts = doubts.some(open_)
    doubts = doubts.some(np.lexsort((doubts.j, doubts.i, -doubts.cosine)))
    doubts = doubts.some(np.sort(np.unique(between(doubts.i, doubts.j), return_index=True)[1]))
    sure = (doubts.cosine - settings.ask_cosine) / max(1 - settings.ask_cosine, 1e-6)
    smaller = np.minimum(sizes[home[doubts.i]], sizes[home[doubts.j]])
    gain = (0.2 + sure) * np.log2(1 + smaller)
    asked: list[Question] = []
    for k in np.argsort(-gain, kind="stable"):
        i, j = int(doubts.i[k]), int(doubts.j[k])
        if len(asked) == settings.max_questions:
            break
        if not {*rows.photos[parts[home[i]]]} & {*rows.photos[parts[home[j]]]}:
            likeness, use = round(float(doubts.cosine[k]), 4), round(float(gain[k]), 4)
            asked.append(Question(rows.ids[i], rows.ids[j], likeness, WHY[doubts.why[k]], use))
    return tuple(asked)


def _flag(part: Sequence[int], rows: _Rows) -> str | None:
    kinds = sorted({CATEGORIES[rows.kinds[i]] for i in part})
    return f"seen as {' and as '.join(kinds)}" if len(kinds) > 1 else None
