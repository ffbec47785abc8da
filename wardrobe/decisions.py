"""What a person said, resolved against the garments there are now.

A decision points at places in photos, so it outlives every model. Nothing said is lost: a decision
stands, is undone, is overruled by a newer one (and shown), or waits for its photos to come back.
The newest word wins: decisions are heard from the newest to the oldest, and what would contradict
a newer one is left out, pair by pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any, get_args

from wardrobe import anchors
from wardrobe.errors import ConfigError
from wardrobe.labels import CATEGORIES, TYPES, Category
from wardrobe.store import Store
from wardrobe.types import Anchor, Box, Decision, DecisionKind, Garment, Item, Labels

KINDS: tuple[DecisionKind, ...] = get_args(DecisionKind)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two decisions that can't both hold of two garments.

    Attributes:
        winner, loser: their numbers; the winner is the newer one.
        garments: the pair of garment ids, sorted.
    """

    winner: int
    loser: int
    garments: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word over the garments at hand, by garment id.

    Attributes:
        same: pairs that are one garment; they hold together without any others.
        different: pairs that are two.
        names, labels, covers, thumbnails, hidden: garment -> the newest decision of that kind naming it.
        waiting: numbers of decisions whose places are empty now.
        contradictions: what was overruled, the newest winner first.
    """

    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, Decision] = field(default_factory=dict)
    labels: Mapping[str, Decision] = field(default_factory=dict)
    covers: Mapping[str, Decision] = field(default_factory=dict)
    thumbnails: Mapping[str, Decision] = field(default_factory=dict)
    hidden: Mapping[str, Decision] = field(default_factory=dict)
    waiting: tuple[int, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


def heard(store: Store) -> list[Decision]:
    """Everything that was ever said, oldest first."""
    return [from_facts(r.id, r.kind, r.facts, r.at) for r in store.own("decision")]


def standing(said: Sequence[Decision]) -> list[Decision]:
    """The decisions that were not undone, undoings left out, oldest first. Undoing an undoing
    brings back what it took."""
    undone: set[int] = set()
    out = []
    for one in sorted(said, key=lambda d: -d.number):
        if one.number in undone:
            continue
        if one.kind == "undo":
            undone.add(int(one.value or 0))
        else:
            out.append(one)
    return out[::-1]


def resolve(said: Sequence[Decision], garments: Mapping[str, Anchor]) -> Word:
    """Decisions over the garments there are.

    Args:
        said: in any order, numbered.
        garments: id -> where it lies.
    """
    find = anchors.finder(garments)
    bonds = _Bonds()
    newest: dict[str, dict[str, Decision]] = {
        k: {} for k in ("name", "label", "cover", "thumbnail", "hide")
    }
    waiting = []
    for one in reversed(standing(said)):
        here = _found(one.anchors, find)
        if one.kind == "same":
            waiting += [one.number] if len(here) < 2 else []
            bonds.join(here, one.number)
        elif one.kind == "different":
            others = _found(one.others, find)
            waiting += [one.number] if not (here and others) else []
            bonds.part(here, others, one.number)
        else:
            waiting += [] if here else [one.number]
            for garment in here:
                newest[one.kind].setdefault(garment, one)
    return Word(
        tuple(sorted(bonds.same)),
        tuple(sorted(bonds.different)),
        newest["name"], newest["label"], newest["cover"], newest["thumbnail"], newest["hide"],
        tuple(sorted(waiting)),
        tuple(bonds.contradictions),
    )  # fmt: skip


def told(word: Word, garments: Sequence[Garment], labels: Sequence[Labels]) -> tuple[Labels, ...]:
    """The classifier's labels, a person's in their place where there are any."""
    out = []
    for garment, said in zip(garments, labels, strict=True):
        if garment.id in word.labels:
            category, type_ = parse_label(word.labels[garment.id].value or "")
            type_ = type_ or (said.type if said.type in TYPES[category] else None)
            said = Labels(category, 1.0, type_, 1.0 if type_ else 0.0, said.colours)
        out.append(said)
    return tuple(out)


def applied(item: Item, word: Word) -> Item:
    """An item as a person wants it: its name, category and cover, and whether it is hidden.

    Of several decisions on its members the newest counts; one hidden member hides it, since new
    photos of what was hidden join it.
    """
    name, label, cover = (
        max((by[g] for g in item.garment_ids if g in by), key=lambda d: d.number, default=None)
        for by in (word.names, word.labels, word.covers)
    )
    if label:
        category, type_ = parse_label(label.value or "")
        item = replace(item, category=category, type=type_, confidence=1.0)
    if cover:
        first = [g for g in item.garment_ids if word.covers.get(g) is cover]
        rest = [g for g in item.garment_ids if g not in first]
        item = replace(item, garment_ids=(*first, *rest))
    flagged = "; ".join(filter(None, [item.flagged, _disputed(item, word)])) or None
    return replace(
        item,
        name=name.value or item.name if name else item.name,
        flagged=flagged,
        hidden=any(g in word.hidden for g in item.garment_ids),
    )


def pictured(item: Item, word: Word) -> str:
    """Id of the garment that an item's thumbnail is made from: the one a person chose for it, else
    the cover."""
    chosen = [g for g in item.garment_ids if g in word.thumbnails]
    return max(chosen, key=lambda g: (word.thumbnails[g].number, g), default=item.garment_ids[0])


def parse_label(text: str) -> tuple[Category, str | None]:
    """``tops`` or ``tops/shirt`` to category and type.

    Raises:
        ConfigError: no such category, or no such type in it.
    """
    category, _, type_ = text.partition("/")
    for known in CATEGORIES:
        if known == category:
            if type_ and type_ not in TYPES[known]:
                raise ConfigError(f"{text}: {known} has the types {', '.join(TYPES[known])}.")
            return known, type_ or None
    raise ConfigError(f"{text}: choose one of {', '.join(CATEGORIES)}.")


def to_facts(one: Decision) -> dict[str, Any]:
    """A decision as JSON: what the store and exports keep of it."""

    def plain(places: Sequence[Anchor]) -> list[list[Any]]:
        return [[a.photo_id, list(a.box_frac), a.category] for a in places]

    facts = {"anchors": plain(one.anchors), "others": plain(one.others), "value": one.value}
    return {k: v for k, v in facts.items() if v}


def from_facts(number: int, kind: str, facts: Mapping[str, Any], at: str) -> Decision:
    """The way back from :func:`to_facts`."""

    def places(rows: Sequence[Any]) -> tuple[Anchor, ...]:
        return tuple(Anchor(p, _box(box), category) for p, box, category in rows)

    known: DecisionKind = next(k for k in KINDS if k == kind)
    return Decision(
        known, places(facts.get("anchors", ())), places(facts.get("others", ())),
        facts.get("value"), number, at,
    )  # fmt: skip


class _Bonds:
    """Which garments are one and which are two, heard from the newest decision to the oldest."""

    def __init__(self) -> None:
        self.same: dict[tuple[str, str], int] = {}  # one pair for every two pieces joined
        self.different: dict[tuple[str, str], int] = {}
        self.contradictions: list[Contradiction] = []
        self._piece: dict[str, set[str]] = {}

    def join(self, garments: Sequence[str], number: int) -> None:
        """All of these are one, unless a newer decision keeps some of them apart."""
        for a, b in combinations(garments, 2):
            one, other = self._of(a), self._of(b)
            if one is other:
                continue
            against = {self.different.get(_pair(x, y), 0) for x, y in product(one, other)} - {0}
            if against:
                self.contradictions.append(Contradiction(max(against), number, _pair(a, b)))
                continue
            self.same[_pair(a, b)] = number
            one |= other
            self._piece |= dict.fromkeys(other, one)

    def part(self, garments: Sequence[str], others: Sequence[str], number: int) -> None:
        """None of these is one of the others, unless a newer decision says so."""
        for a, b in product(garments, others):
            piece = self._of(a)
            if a == b:
                continue  # both places now hold one garment: two boxes became one
            if b not in piece:
                self.different.setdefault(_pair(a, b), number)
            else:
                winner = max(n for (x, _), n in self.same.items() if x in piece)
                self.contradictions.append(Contradiction(winner, number, _pair(a, b)))

    def _of(self, garment: str) -> set[str]:
        return self._piece.setdefault(garment, {garment})


def _found(places: Sequence[Anchor], find: Any) -> list[str]:
    """The garments at places, each once."""
    return [g for g in dict.fromkeys(find(place) for place in places) if g]


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _disputed(item: Item, word: Word) -> str:
    members = set(item.garment_ids)
    numbers = {(c.loser, c.winner) for c in word.contradictions if members & set(c.garments)}
    return "; ".join(f"decision {a} contradicts decision {b}" for a, b in sorted(numbers))


def _box(values: Sequence[float]) -> Box:
    return values[0], values[1], values[2], values[3]
