"""Garments and their vectors -> groups that are one item each, and questions for a person.

DBSCAN (Ester et al. 1996, scikit-learn) over the graph of pairs that are alike enough. What counts
as enough depends on the pair: ``same_cosine`` within a category, ``cross_category_cosine`` across
(and the group is flagged); more where a view is unclear, less where the photos are minutes apart.
Clearly other colours never join, and neither do two garments of one photo: a suit's jacket and
trousers are cut from one cloth.

DBSCAN chains; garments must not. A group whose members disagree (two of one photo, two colours,
ends too far apart), or that is not alike throughout, is joined again link by link, the likest first, and
never so that it disagrees or that a few links hold two piles together.
What was alike enough and yet kept apart, and what was nearly alike enough, becomes a question; so
does a group that looks like two (seen as two kinds of thing, in two colours, with two patterns), or
that one weak likeness holds together.

A person's word stands above every rule. The result depends on the whole pile and on nothing else,
so that adding photos one by one or all at once ends in the same groups.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wardrobe import doubts, neighbours
from wardrobe.config import ClusterSettings, EmbedSettings
from wardrobe.doubts import Question
from wardrobe.links import Links, components, parts_of, within
from wardrobe.pile import Pile, Rows

LARGE = 4  # views of a pile that one chance likeness doesn't join to another such pile
#: Share of alike pairs in a group from which there can't be two such piles in it.
THROUGHOUT = 0.95
WORD = 2.0  # the "cosine" of a pair that a person said is one garment: above every other


@dataclass(frozen=True, slots=True)
class Group:
    """Garment ids of one item, sorted; ``flagged`` says why a person should look."""

    garment_ids: tuple[str, ...]
    flagged: str | None


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
    version: int = 6
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
    rows = Rows.of(pile, min_visibility)
    links, nearly = _pairs(rows, settings)
    parts: list[list[int]] = []
    refused: list[Links] = [nearly]
    home = components(len(rows.ids), links, settings.min_samples)
    inside = links.of_parts(home)
    for label, part in enumerate(parts_of(home)):
        if _agree(part, rows, settings):
            parts.append(part)
        else:
            pieces, kept_apart = _apart(part, inside(label), rows, settings)
            parts += pieces
            refused.append(kept_apart)
    home = np.empty(len(rows.ids), np.intp)
    for label, part in enumerate(parts):
        home[part] = label
    looks_like_two = [doubts.two(part, rows, settings) for part in parts]
    groups = sorted(
        (
            Group(tuple(rows.ids[i] for i in part), "; ".join(t.flag for t in two) or None)
            for part, two in zip(parts, looks_like_two, strict=True)
        ),
        key=lambda g: g.garment_ids,
    )
    asked = {
        (q.a, q.b): q
        for q in (
            *doubts.thin(home, links, rows, settings),
            *(t.question for two in looks_like_two for t in two if t.question),
            *doubts.between(home, Links.all(refused), rows, settings),
        )
    }
    useful = sorted(asked.values(), key=lambda q: (-q.gain, q.a, q.b))
    return Grouping(tuple(groups), tuple(useful[: settings.max_questions]))


def _pairs(rows: Rows, settings: ClusterSettings) -> tuple[Links, Links]:
    """The links, and the pairs that fall short of one by so little that a person is asked."""
    same, cross = settings.same_cosine, max(settings.same_cosine, settings.cross_category_cosine)
    least = min(settings.ask_cosine, same - settings.minutes_bonus)
    i, j, cosine = neighbours.pairs(rows.vectors, least)
    open_ = rows.clear[i] & rows.clear[j] & rows.may(i, j, settings.max_colour)
    i, j, cosine = i[open_], j[open_], cosine[open_]
    alike = rows.kinds[i] == rows.kinds[j]
    bar = np.where(alike, same, cross)
    soon = alike & (np.abs(rows.taken[i] - rows.taken[j]) <= 60 * settings.minutes)
    bar -= np.where(soon, settings.minutes_bonus, 0.0)
    # Of the way that is left to 1, a share is added for the less clear view of the two.
    unclear = 1 - np.minimum(rows.quality[i], rows.quality[j])
    strict = bar + (1 - bar) * settings.unclear_strictness * unclear
    why = np.select(
        [~alike, cosine >= bar, soon],
        [doubts.OTHER_KIND, doubts.UNCLEAR, doubts.SOON],
        doubts.NEARLY,
    )
    found = Links(i, j, cosine.astype(np.float64), why)
    ask = (cosine < strict) & (cosine >= settings.ask_cosine) & (alike | (cosine >= same))
    word = np.stack(np.divmod(rows.same, max(len(rows.ids), 1)), 1)
    links = Links.all([found.some(cosine >= strict), Links.of(word.tolist(), WORD)])
    return links, found.some(ask)


def _agree(part: Sequence[int], rows: Rows, settings: ClusterSettings) -> bool:
    """Whether every pair of a group could be one garment, and no two piles in it are held together by
    little; the two of a linked pair can."""
    if len(part) < 3:
        return True
    if not rows.fit(part, part, settings):
        return False
    return len(part) < 2 * LARGE or _alike(part, part, rows, settings) >= THROUGHOUT


def _alike(
    one: Sequence[int], other: Sequence[int], rows: Rows, settings: ClusterSettings
) -> float:
    """Share of the pairs across two piles that reach ``same_cosine``."""
    cosine = rows.vectors[list(one)] @ rows.vectors[list(other)].T
    return float((cosine >= settings.same_cosine).mean())


def _apart(
    part: Sequence[int], links: Links, rows: Rows, settings: ClusterSettings
) -> tuple[list[list[int]], Links]:
    """The pieces of a part that disagrees, and the links that were refused."""

    def may(k: int, one: Sequence[int], other: Sequence[int]) -> bool:
        if links.cosine[k] == WORD:
            return True
        piles = min(len(one), len(other)) >= LARGE
        if piles and _alike(one, other, rows, settings) < settings.least_across:
            return False
        return rows.fit(one, other, settings)

    pieces, refused = within(part, links, may)
    doubtful = links.some(refused)
    return pieces, Links(
        doubtful.i, doubtful.j, doubtful.cosine, np.full(len(refused), doubts.DISAGREE)
    )
