"""Garments and their vectors -> groups that are one item each, and questions for a person.

DBSCAN (Ester et al. 1996, scikit-learn) over the graph of pairs that are alike enough. What counts
as enough depends on the pair: ``same_cosine`` within a category, ``cross_category_cosine`` across
(and the group is flagged); more where a view is unclear, less where the photos are minutes apart.
Clearly other colours never join, and neither do two garments of one photo: a suit's jacket and
trousers are cut from one cloth.

DBSCAN chains; garments must not. A group whose members disagree (two of one photo, two colours,
ends too far apart) is joined again link by link, the likest first, and never so that it disagrees.
What was alike enough and yet kept apart, and what was nearly alike enough, becomes a question; so
does a group that looks like two (seen as two kinds of thing, in two colours, with two patterns).

A person's word stands above every rule. The result depends on the whole pile and on nothing else,
so that adding photos one by one or all at once ends in the same groups.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import modes, neighbours
from wardrobe.config import ClusterSettings, EmbedSettings
from wardrobe.labels import CATEGORIES
from wardrobe.links import Links, Numbers, components, parts_of, within
from wardrobe.members import category_of, shades
from wardrobe.types import Garment, Labels

BLOCK = 1 << 20  # pairs looked at at once
WORD = 2.0  # the "cosine" of a pair that a person said is one garment: above every other


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """Everything to be grouped, in any order; the rows of all belong together.

    Attributes:
        vectors: (n, 256) float32 of length 1.
        quality: how clear each view is, in [0, 1]; empty where nothing is known.
        taken: when each photo was taken, or None; empty where nothing is known.
        patterns: what each view says is on the cloth, or None; empty where nothing is known.
        same, different: pairs of garment ids that a person said are, or aren't, one garment.
    """

    garments: tuple[Garment, ...]
    vectors: NDArray[np.float32]
    labels: tuple[Labels, ...]
    quality: tuple[float, ...] = ()
    taken: tuple[datetime | None, ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()
    patterns: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Garment ids of one item, sorted; ``flagged`` says why a person should look."""

    garment_ids: tuple[str, ...]
    flagged: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """Are these two one garment? Asked of the likest pair of two groups, or of two members of a
    group that looks like two.

    Attributes:
        a, b: garment ids, the smaller first; they may lie in one group.
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
    version: int = 4
    model: str = ""

    def recipe(self) -> dict[str, Any]:
        return {**self.settings.model_dump(), "min_visibility": self.embed.min_visibility}

    def digest(self, one: Pile) -> str:
        """Independent of the order of rows and of the order in which pairs are named."""
        n = len(one.garments)
        taken = [t and t.isoformat() for t in one.taken or (None,) * n]
        quality, patterns = one.quality or (1.0,) * n, one.patterns or (None,) * n
        rows = [
            (
                g.id,
                hashlib.sha256(v.tobytes()).hexdigest(),
                repr(said),
                g.score,
                g.visibility,
                *more,
            )
            for g, v, said, *more in zip(
                one.garments, one.vectors, one.labels, quality, taken, patterns, strict=True
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
    looks_like_two = [_two(part, rows, settings) for part in parts]
    groups = sorted(
        (
            Group(tuple(rows.ids[i] for i in part), "; ".join(t.flag for t in two) or None)
            for part, two in zip(parts, looks_like_two, strict=True)
        ),
        key=lambda g: g.garment_ids,
    )
    inside_ = [t.question for two in looks_like_two for t in two if t.question]
    between = _questions(parts, Links.all(refused), rows, settings)
    asked = sorted([*inside_, *between], key=lambda q: (-q.gain, q.a, q.b))
    return Grouping(tuple(groups), tuple(asked[: settings.max_questions]))


#: What makes a pair doubtful, by number.
WHY = (
    "",
    "they look nearly the same",
    "the photos are minutes apart",
    "one of the views is unclear",
    "they look alike, but one is taken for another kind of garment",
    "they look alike, but their groups disagree",
    "they are one item, seen as two kinds of thing",
    "they are one item, in two colours",
    "they are one item, with two patterns",
)
NEARLY, SOON, UNCLEAR, OTHER_KIND, DISAGREE, TWO_KINDS, TWO_COLOURS, TWO_PATTERNS = range(
    1, len(WHY)
)
#: Clearness from which a view has a say in whether its group looks like two.
CLEAR = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The pile in the order of ids, and what the rules look at."""

    ids: tuple[str, ...]
    photos: Numbers
    kinds: Numbers  # category numbers
    vectors: NDArray[np.float32]
    shades: NDArray[np.float64]  # (n, 3) CIELAB, NaN where unknown
    patterns: tuple[str | None, ...]
    quality: NDArray[np.float64]
    taken: NDArray[np.float64]  # seconds, NaN where unknown
    clear: NDArray[np.bool_]
    same: Numbers  # pairs that a person said are one: i * n + j, sorted
    different: Numbers

    @classmethod
    def of(cls, pile: Pile, min_visibility: float) -> _Rows:
        n = len(pile.garments)
        names = [g.id for g in pile.garments]
        order = sorted(range(n), key=names.__getitem__)
        garments = [pile.garments[i] for i in order]
        labels = [pile.labels[i] for i in order]
        at = {names[i]: k for k, i in enumerate(order)}
        kinds = [CATEGORIES.index(category_of(g, s)) for g, s in zip(garments, labels, strict=True)]
        taken = [pile.taken[i] if pile.taken else None for i in order]
        photos: dict[str, int] = {}

        def said(pairs: Sequence[tuple[str, str]]) -> Numbers:
            both = [(at[a], at[b]) for a, b in pairs if a in at and b in at and a != b]
            return np.unique(np.array([min(p) * n + max(p) for p in both], np.intp))

        different = said(pile.different)
        return cls(
            tuple(at),
            np.array([photos.setdefault(g.photo_id, len(photos)) for g in garments], np.intp),
            np.array(kinds, np.intp),
            pile.vectors[order],
            shades(labels),
            tuple(pile.patterns[i] if pile.patterns else None for i in order),
            np.array([pile.quality[i] if pile.quality else 1.0 for i in order], np.float64),
            np.array([t.timestamp() if t else np.nan for t in taken], np.float64),
            np.array([g.visibility >= min_visibility for g in garments], np.bool_),
            np.setdiff1d(said(pile.same), different),
            different,
        )

    def word(self, said: Numbers, i: Numbers, j: Numbers) -> NDArray[np.bool_]:
        """Which of the pairs a person named, given (m,) rows ``i`` and ``j`` that broadcast."""
        key = np.minimum(i, j) * len(self.ids) + np.maximum(i, j)
        if not len(said):
            return np.zeros(key.shape, np.bool_)
        return np.asarray(said[np.searchsorted(said, key).clip(max=len(said) - 1)] == key)


def _pairs(rows: _Rows, settings: ClusterSettings) -> tuple[Links, Links]:
    """The links, and the pairs that fall short of one by so little that a person is asked."""
    same, cross = settings.same_cosine, max(settings.same_cosine, settings.cross_category_cosine)
    least = min(settings.ask_cosine, same - settings.minutes_bonus)
    i, j, cosine = neighbours.pairs(rows.vectors, least)
    open_ = rows.clear[i] & rows.clear[j] & _may(i, j, rows, settings)
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
    """Pairs of rows that nothing speaks against but their likeness; ``i`` and ``j`` broadcast."""
    a, b = (rows.shades[side, 1:] for side in (i, j))
    apart = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1])
    # An unknown colour (NaN) clashes with nothing.
    open_ = ~(apart > settings.max_colour) & (rows.photos[i] != rows.photos[j])
    return np.asarray(open_ & ~rows.word(rows.different, i, j), np.bool_)


def _agree(part: Sequence[int], rows: _Rows, settings: ClusterSettings) -> bool:
    """Whether every pair of a group could be one garment; the two of a linked pair can."""
    return len(part) < 3 or _fit(part, part, rows, settings)


def _fit(one: Sequence[int], other: Sequence[int], rows: _Rows, settings: ClusterSettings) -> bool:
    """Whether each of one and each of the other could be one garment, those pairs aside that a
    person said are. Looks at a block at a time, and stops at the first pair that could not."""
    least = min(settings.far_cosine, settings.same_cosine)
    j = np.array(other)[None]
    step = max(BLOCK // len(other), 1)
    for start in range(0, len(one), step):
        i = np.array(one[start : start + step])[:, None]
        near = rows.vectors[i[:, 0]] @ rows.vectors[j[0]].T >= least
        good = (near & _may(i, j, rows, settings)) | rows.word(rows.same, i, j) | (i == j)
        if not good.all():
            return False
    return True


def _apart(
    part: Sequence[int], links: Links, rows: _Rows, settings: ClusterSettings
) -> tuple[list[list[int]], Links]:
    """The pieces of a part that disagrees, and the links that were refused."""

    def may(k: int, one: Sequence[int], other: Sequence[int]) -> bool:
        return links.cosine[k] == WORD or _fit(one, other, rows, settings)

    pieces, refused = within(part, links, may)
    doubtful = links.some(refused)
    return pieces, Links(doubtful.i, doubtful.j, doubtful.cosine, np.full(len(refused), DISAGREE))


@dataclass(frozen=True, slots=True)
class _Two:
    """How a group looks like two, and what to ask a person about it."""

    flag: str
    question: Question | None


def _two(part: Sequence[int], rows: _Rows, settings: ClusterSettings) -> list[_Two]:
    """The ways in which a group looks like two garments; none where a person said that a member of
    one side and one of the other are one."""
    if len(part) < 2:
        return []
    members = np.array(part)
    clear = rows.quality[members] >= CLEAR
    kinds = rows.kinds[members]
    several = sorted({CATEGORIES[k] for k in kinds})
    ways: list[tuple[int, str, modes.Sides | None]] = []
    if len(several) > 1:
        usual = np.argmax(np.bincount(kinds))
        sides = (kinds != usual).astype(np.int8)
        ways.append((TWO_KINDS, f"seen as {' and as '.join(several)}", sides))
    if len(part) >= 2 * modes.SIDE:
        ways.append((TWO_COLOURS, "in two colours", modes.of_colours(rows.shades[members], clear)))
        words = [rows.patterns[i] for i in part]
        ways.append((TWO_PATTERNS, "with two patterns", modes.of_words(words, clear)))
    out = []
    for why, flag, sides in ways:
        if sides is not None:
            one, other = members[sides == 0], members[sides == 1]
            if not rows.word(rows.same, one[:, None], other[None]).any():
                out.append(_Two(flag, _inside(why, one, other, rows)))
    return out


def _inside(why: int, one: Numbers, other: Numbers, rows: _Rows) -> Question:
    """Whether the clearest of one side and the clearest of the other are one garment. As useful as
    the surest question between groups: a wrong join loses a garment."""
    a, b = sorted(
        max((int(i) for i in side), key=lambda i: (rows.quality[i], -i)) for side in (one, other)
    )
    likeness = round(float(rows.vectors[a] @ rows.vectors[b]), 4)
    gain = round(float(1.2 * np.log2(1 + min(len(one), len(other)))), 4)
    return Question(rows.ids[a], rows.ids[b], likeness, WHY[why], gain)


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
