"""Outfits over a store: combine items by slot, save, name, list, delete; and suggestions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import anchors, backends, closet, rows
from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError
from wardrobe.stages.outfit import SLOT_OF, SLOTS, Matcher, clash, compatibility
from wardrobe.store import Store
from wardrobe.types import Anchor

#: Views of a piece that an outfit remembers: one of them outlives a lost photo or another model.
VIEWS = 5
#: Pieces of a slot that suggestions look at: those that go best with what is fixed, at most.
LOOKED_AT = 12
#: What a day of being worn together, and being in one saved outfit, add to a pair's logit.
WORN_TOGETHER, SAVED_TOGETHER = 0.15, 0.4
#: What each earlier suggestion that holds an item takes from the next one's logit.
SEEN_ALREADY = 0.25


@dataclass(frozen=True, slots=True)
class Outfit:
    """A saved combination.

    Attributes:
        pieces: item ids, by slot; those of items that are still in the closet.
        missing: how many pieces are not: their photos or garments are gone.
        made_at: ISO time, UTC.
    """

    name: str
    pieces: tuple[str, ...]
    missing: int
    made_at: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Items that could be worn together; the compatibility is for sorting, not for showing."""

    pieces: tuple[Entry, ...]
    compatibility: float | None


def save(
    store: Store, items: Sequence[Entry], name: str = "", now: datetime | None = None
) -> Outfit:
    """Save a combination of two or more items.

    Args:
        name: one that is free; by default the next "Outfit N".

    Raises:
        ConfigError: the items can't be worn as one outfit, or the name is taken.
    """
    if len({e.item.id for e in items}) < max(2, len(items)):
        raise ConfigError("an outfit is two or more different items. `wardrobe items` lists them.")
    why = clash([e.item.category for e in items])
    if why:
        raise ConfigError(f"{why}. Leave one of them out.")
    taken = {o.name for o in saved(store)}
    name = name or next(
        f"Outfit {n}" for n in range(1, len(taken) + 2) if f"Outfit {n}" not in taken
    )
    _check_free(name, taken)
    ordered = by_slot(items)
    garments = store.derived("garment")
    views = [
        [asdict(rows.anchor(garments[g])) for g in e.item.garment_ids[:VIEWS]] for e in ordered
    ]
    now = now or datetime.now(UTC)
    store.add("outfit", [("saved", {"name": name, "pieces": views})], now)
    return next(o for o in saved(store) if o.name == name)


def saved(store: Store) -> list[Outfit]:
    """The outfits as they stand, oldest first."""
    standing: dict[str, tuple[list[list[dict[str, Any]]], str]] = {}
    for row in store.own("outfit"):
        name = row.facts["name"]
        if row.kind == "saved":
            standing[name] = (row.facts["pieces"], row.at)
        elif row.kind == "renamed":
            standing = {row.facts["to"] if n == name else n: o for n, o in standing.items()}
        else:
            standing.pop(name, None)
    garments = store.derived("garment")
    place = anchors.finder({g: rows.anchor(row) for g, row in garments.items()})
    out = []
    for name, (pieces, at) in standing.items():
        found = [_item(piece, place, garments) for piece in pieces]
        here = tuple(dict.fromkeys(i for i in found if i))
        out.append(Outfit(name, here, len(pieces) - len(here), at))
    return out


def rename(store: Store, name: str, to: str, now: datetime | None = None) -> None:
    """Give an outfit another name.

    Raises:
        ConfigError: there is no such outfit, or the new name is taken or empty.
    """
    taken = {o.name for o in saved(store)}
    _check_known(name, taken)
    _check_free(to, taken)
    store.add("outfit", [("renamed", {"name": name, "to": to})], now or datetime.now(UTC))


def delete(store: Store, name: str, now: datetime | None = None) -> None:
    """Take an outfit out of the list; its row stays in the store.

    Raises:
        ConfigError: there is no such outfit.
    """
    _check_known(name, {o.name for o in saved(store)})
    store.add("outfit", [("deleted", {"name": name})], now or datetime.now(UTC))


def by_slot(items: Iterable[Entry]) -> list[Entry]:
    """Items from the top of an outfit to its accessories."""
    return sorted(items, key=lambda e: (SLOTS.index(SLOT_OF[e.item.category]), e.item.id))


def match(store: Store, create: Callable[[str, str, str], Any] = backends.create) -> Matcher:
    """The matcher that the last run's settings name."""
    _, settings = closet.last_run(store)
    matcher: Matcher = create("outfit", settings.outfit.model, settings.run.device)
    return matcher


def suggest(
    store: Store,
    entries: Sequence[Entry],
    fixed: Sequence[Entry] = (),
    *,
    count: int = 5,
    outerwear: bool = False,
    seed: int | None = None,
    create: Callable[[str, str, str], Any] = backends.create,
) -> list[Suggestion]:
    """Outfits round the fixed items, the likest to be worn first.

    A top and a bottom or a dress, and shoes where the closet has any. What was worn together and
    what was saved counts beside the model; a suggestion that repeats an earlier one's pieces comes
    later. Equal seeds give equal suggestions; by default they change from day to day.

    Raises:
        ConfigError: the fixed items can't be worn as one outfit, or nothing is known of one.
    """
    why = clash([e.item.category for e in fixed])
    if why:
        raise ConfigError(f"{why}. Leave one of them out.")
    vectors = closet.vectors(store)
    blind = next((e.item.name for e in fixed if e.item.id not in vectors), None)
    if blind:
        raise ConfigError(f"“{blind}” can't be compared until its photos are looked at again.")
    known = [e for e in entries if e.item.id in vectors]
    fit = _Fit(known, vectors, match(store, create), _habits(store, known))
    rng = np.random.default_rng(date.today().toordinal() if seed is None else seed)
    pools = _pools(known, fixed, outerwear, fit, rng)
    outfits = [by_slot([*fixed, *combo]) for pool in pools for combo in product(*pool)]
    scores = {tuple(e.item.id for e in o): (fit.logit(o) + rng.normal(0, 0.05), o) for o in outfits}
    return [
        Suggestion(
            tuple(o),
            compatibility(
                np.stack([vectors[e.item.id] for e in o]), [e.item.category for e in o], fit.match
            ),
        )
        for o in _varied(scores, {e.item.id for e in fixed}, count)
    ]


def _varied(
    scores: Mapping[tuple[str, ...], tuple[float, list[Entry]]], fixed: set[str], count: int
) -> list[list[Entry]]:
    """The best, then each time the best after what was already shown has lost some of its charm
    (maximal marginal relevance, Carbonell and Goldstein 1998)."""
    left, shown = dict(scores), Counter[str]()
    out: list[list[Entry]] = []
    while left and len(out) < count:
        best = max(left, key=lambda k: (left[k][0] - SEEN_ALREADY * sum(shown[i] for i in k), k))
        out.append(left.pop(best)[1])
        shown.update(set(best) - fixed)
    return out


class _Fit:
    """Logits of outfits: the model's for each pair, plus what the person's habits add."""

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: Mapping[str, NDArray[np.float32]],
        match: Matcher,
        habits: Mapping[frozenset[str], float],
    ) -> None:
        self.match, self._vectors, self._habits = match, vectors, habits
        self._pairs: dict[frozenset[str], float] = {}
        self._judged = {e.item.id for e in entries if SLOT_OF[e.item.category] != "accessory"}

    def logit(self, outfit: Sequence[Entry]) -> float:
        """Mean over the pairs that can be judged; 0 where there is none."""
        ids = [e.item.id for e in outfit if e.item.id in self._judged]
        pairs = [self._pair(a, b) for a, b in combinations(ids, 2)]
        return sum(pairs) / len(pairs) if pairs else 0.0

    def _pair(self, a: str, b: str) -> float:
        key = frozenset((a, b))
        if key not in self._pairs:
            logit = self.match(self._vectors[a][None], self._vectors[b][None])
            self._pairs[key] = float(logit[0]) + self._habits.get(key, 0.0)
        return self._pairs[key]


def _pools(
    entries: Sequence[Entry],
    fixed: Sequence[Entry],
    outerwear: bool,
    fit: _Fit,
    rng: np.random.Generator,
) -> list[list[list[Entry]]]:
    """The pieces to combine: for each way of dressing that the fixed items allow, one list a slot."""
    have = {SLOT_OF[e.item.category] for e in fixed}
    slots: dict[str, list[Entry]] = {}
    for e in entries:
        slots.setdefault(SLOT_OF[e.item.category], []).append(e)
    chosen = {
        slot: sorted(pool, key=lambda e: -fit.logit([*fixed, e]) - rng.normal(0, 0.2))[:LOOKED_AT]
        for slot, pool in slots.items()
    }
    ways = [["top", "bottom"], ["dress"]]
    if have & {"top", "bottom"}:
        ways = ways[:1]
    elif "dress" in have:
        ways = ways[1:]
    out = []
    for way in ways:
        needed = [s for s in way if s not in have]
        if all(chosen.get(s) for s in needed):
            more = ["footwear", *(["outerwear"] if outerwear else [])]
            wanted = [*needed, *(s for s in more if s not in have and chosen.get(s))]
            out.append([chosen[s] for s in wanted])
    return out


def _habits(store: Store, entries: Sequence[Entry]) -> dict[frozenset[str], float]:
    """What pairs were worn together (by day, with less and less effect) and saved together."""
    days: dict[str, set[str]] = {
        e.item.id: {s.taken_at.date().isoformat() if s.taken_at else s.photo for s in e.sightings}
        for e in entries
    }
    photos = {e.item.id: {s.photo for s in e.sightings} for e in entries}
    habits: defaultdict[frozenset[str], float] = defaultdict(float)
    for a, b in combinations(days, 2):
        if photos[a] & photos[b]:
            habits[frozenset((a, b))] += WORN_TOGETHER * math.log2(1 + len(days[a] & days[b]))
    for outfit in saved(store):
        for a, b in combinations(outfit.pieces, 2):
            habits[frozenset((a, b))] += SAVED_TOGETHER
    return habits


def _item(
    piece: Sequence[Mapping[str, Any]],
    place: Callable[[Anchor], str | None],
    garments: Mapping[str, Any],
) -> str | None:
    """The item that most of a piece's views lie on now."""
    found = [place(rows.anchor({"anchor": view})) for view in piece]
    items = Counter(garments[g]["item"] for g in found if g)
    return items.most_common(1)[0][0] if items else None


def _check_known(name: str, names: set[str]) -> None:
    if name not in names:
        has = ", ".join(sorted(names)) or "none"
        raise ConfigError(f"no outfit is called {name!r}. Saved are: {has}.")


def _check_free(name: str, names: set[str]) -> None:
    if not name.strip() or name in names:
        what = "is taken" if name in names else "is empty"
        raise ConfigError(f"the name {name!r} {what}. Choose another with --name.")
