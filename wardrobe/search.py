"""Finding items in a closet: filters that combine, facets with counts, sorts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError

_Read = Callable[[Entry], Sequence[str]]
Sort = Literal["name", "worn", "recent", "forgotten", "category"]
SORTS: tuple[Sort, ...] = get_args(Sort)

#: A colour that people name by a wider word: "blue" finds navy, "navy" doesn't find blue.
WIDER: Mapping[str, tuple[str, ...]] = {
    "blue": ("navy", "light blue", "denim blue"),
    "green": ("dark green", "light green", "olive"),
    "red": ("burgundy",),
    "brown": ("dark brown",),
    "grey": ("light grey", "charcoal"),
    "yellow": ("mustard",),
    "purple": ("lilac",),
    "white": ("cream",),
}
SEASONS = ("winter", "spring", "summer", "autumn")
AGO = ("within a month", "1 to 6 months ago", "6 to 12 months ago", "over a year ago", "no date")
#: Below this share a colour is a seam or a button, not what the piece is searched by.
MAIN_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Query:
    """What is wanted; every condition must hold, an empty one holds for all.

    Attributes:
        text: words; each must begin a word of the item's name or attributes.
        category, type, colour, pattern, sleeve, season, seen: any of the given values.
        worn_at_least, worn_at_most: days worn.
        seen_since: worn on that day or later.
        not_worn_since: last seen before that day, or never with a date.
    """

    text: str = ""
    category: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    colour: tuple[str, ...] = ()
    pattern: tuple[str, ...] = ()
    sleeve: tuple[str, ...] = ()
    worn_at_least: int | None = None
    worn_at_most: int | None = None
    seen_since: date | None = None
    not_worn_since: date | None = None
    season: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


class Index:
    """The words and facets of a closet's items, read once for many queries.

    Args:
        today: the day that "last seen" is counted from.
    """

    def __init__(self, entries: Sequence[Entry], today: date | None = None) -> None:
        today = today or date.today()
        self.entries = list(entries)
        seen: _Read = lambda e: [last_seen(e, today)]  # noqa: E731
        read: dict[str, _Read] = {**_FACETS, "seen": seen}
        self._told = [{facet: frozenset(f(e)) for facet, f in read.items()} for e in self.entries]
        self._words = [
            _words(" ".join([e.item.name, *(v for f in told if f != "seen" for v in told[f])]))
            for e, told in zip(self.entries, self._told, strict=True)
        ]

    def find(
        self, query: Query, sort: Sort = "category", likeness: Mapping[str, float] | None = None
    ) -> list[Entry]:
        """See :func:`search`."""
        self._check(query)
        fits = [e for e, _, against in self._judged(query) if not against]
        if likeness is not None:
            fits = [e for e in fits if e.item.id in likeness]
            return sorted(fits, key=lambda e: (-likeness[e.item.id], e.item.id))
        return sorted(fits, key=_ORDER[sort])

    def narrowing(self, query: Query) -> dict[str, dict[str, int]]:
        """Facets of what a query finds, each counted as if nothing were chosen in it: what choosing
        another of its values would find. Only values that some item has are counted."""
        counts: dict[str, Counter[str]] = {facet: Counter() for facet in _FACETS}
        for _, told, against in self._judged(query):
            if len(against) < 2:
                for facet in against or _FACETS:
                    counts[facet].update(told[facet])
        return {f: dict(sorted(c.items(), key=lambda v: (-v[1], v[0]))) for f, c in counts.items()}

    def _judged(self, q: Query) -> Iterator[tuple[Entry, dict[str, frozenset[str]], list[str]]]:
        """The items that fit but for facets, what they tell, and the facets that are against them."""
        chosen = {facet: set(getattr(q, facet)) for facet in _FACETS if getattr(q, facet)}
        wanted = _words(q.text)
        for e, told, words in zip(self.entries, self._told, self._words, strict=True):
            if _worn_so(e, q) and all(any(w.startswith(one) for w in words) for one in wanted):
                yield e, told, [facet for facet, any_ in chosen.items() if not any_ & told[facet]]

    def _check(self, q: Query) -> None:
        for facet in _FACETS:
            wanted = getattr(q, facet)
            known = {v for told in self._told for v in told[facet]} if wanted else set()
            for one in wanted:
                if one not in known:
                    has = ", ".join(sorted(known)) or "none"
                    raise ConfigError(f"{facet} {one!r}: no item has it. This closet has: {has}.")


def search(
    entries: Sequence[Entry],
    query: Query,
    sort: Sort = "category",
    likeness: Mapping[str, float] | None = None,
) -> list[Entry]:
    """The entries that fit, in order.

    Args:
        likeness: item id -> how alike it is to a picture; when given, only these are looked
            through, and the likest come first whatever ``sort`` says.

    Raises:
        ConfigError: a category, colour or other value that no item of this closet has.
    """
    return Index(entries).find(query, sort, likeness)


def facets(entries: Sequence[Entry]) -> dict[str, dict[str, int]]:
    """Facet -> value -> number of items, most frequent first."""
    out = {}
    for facet, read in _FACETS.items():
        counts = Counter(value for e in entries for value in dict.fromkeys(read(e)))
        out[facet] = dict(sorted(counts.items(), key=lambda c: (-c[1], c[0])))
    return out


def worn_with(entry: Entry, entries: Sequence[Entry]) -> list[tuple[Entry, int]]:
    """What else was worn in this item's photos, and in how many of them, most often first."""
    mine = {s.photo for s in entry.sightings}
    shared = [(e, len(mine & {s.photo for s in e.sightings})) for e in entries if e is not entry]
    return sorted(((e, n) for e, n in shared if n), key=lambda pair: (-pair[1], pair[0].item.name))


def colours(entry: Entry) -> list[str]:
    """The names of an item's main colours, largest first, and the wider words for them."""
    names = [n for n, _, share in entry.item.colours if share >= MAIN_SHARE]
    names = names or [n for n, _, _ in entry.item.colours[:1]]
    return names + [wide for wide, own in WIDER.items() if set(own) & set(names)]


def seasons(entry: Entry) -> list[str]:
    """The seasons an item was worn in, by the months of the northern half of the earth."""
    months = {s.taken_at.month for s in entry.sightings if s.taken_at}
    return [season for n, season in enumerate(SEASONS) if any(m % 12 // 3 == n for m in months)]


def last_seen(entry: Entry, today: date | None = None) -> str:
    """How long ago an item was last seen, one of :data:`AGO`."""
    if entry.last_seen is None:
        return AGO[-1]
    days = ((today or date.today()) - entry.last_seen).days
    return AGO[sum(days > limit for limit in (31, 183, 365))]


_FACETS: Mapping[str, _Read] = {
    "category": lambda e: [e.item.category],
    "type": lambda e: [e.item.type] if e.item.type else [],
    "colour": colours,
    "pattern": lambda e: [e.item.pattern] if e.item.pattern else [],
    "sleeve": lambda e: [e.item.sleeve] if e.item.sleeve else [],
    "season": seasons,
    "seen": lambda e: [last_seen(e)],
}

_NEVER = date.min
_ORDER: Mapping[Sort, Callable[[Entry], tuple[str | int, ...]]] = {
    "name": lambda e: (e.item.name.casefold(), e.item.id),
    "worn": lambda e: (-e.worn_count, e.item.name, e.item.id),
    "recent": lambda e: (-(e.last_seen or _NEVER).toordinal(), e.item.id),
    "forgotten": lambda e: ((e.last_seen or _NEVER).toordinal(), e.item.id),
    "category": lambda e: (e.item.category, e.item.name.casefold(), e.item.id),
}


def _worn_so(e: Entry, q: Query) -> bool:
    """Whether an item was worn as often and as lately as is asked."""
    last = e.last_seen or _NEVER
    return not (
        (q.worn_at_least is not None and e.worn_count < q.worn_at_least)
        or (q.worn_at_most is not None and e.worn_count > q.worn_at_most)
        or (q.seen_since is not None and last < q.seen_since)
        or (q.not_worn_since is not None and last >= q.not_worn_since)
    )


def _words(text: str) -> set[str]:
    """Lower-case words; a plural counts as its singular, so that "shirts" finds a shirt."""
    words = re.findall(r"[^\W_]+", text.casefold().replace("-", ""))
    return {w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words}
