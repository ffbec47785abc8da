"""Finding items in a closet: filters that combine, facets with counts, sorts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError

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
#: Below this share a colour is a seam or a button, not what the piece is searched by.
MAIN_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Query:
    """What is wanted; every condition must hold, an empty one holds for all.

    Attributes:
        text: words; each must begin a word of the item's name or attributes.
        category, type, colour, pattern, sleeve: any of the given values.
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
    _check(entries, query)
    found = [e for e in entries if _fits(e, query) and (likeness is None or e.item.id in likeness)]
    if likeness is not None:
        return sorted(found, key=lambda e: (-likeness[e.item.id], e.item.id))
    return sorted(found, key=_ORDER[sort])


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


_FACETS: Mapping[str, Callable[[Entry], Sequence[str]]] = {
    "category": lambda e: [e.item.category],
    "type": lambda e: [e.item.type] if e.item.type else [],
    "colour": colours,
    "pattern": lambda e: [e.item.pattern] if e.item.pattern else [],
    "sleeve": lambda e: [e.item.sleeve] if e.item.sleeve else [],
}

_NEVER = date.min
_ORDER: Mapping[Sort, Callable[[Entry], tuple[str | int, ...]]] = {
    "name": lambda e: (e.item.name.casefold(), e.item.id),
    "worn": lambda e: (-e.worn_count, e.item.name, e.item.id),
    "recent": lambda e: (-(e.last_seen or _NEVER).toordinal(), e.item.id),
    "forgotten": lambda e: ((e.last_seen or _NEVER).toordinal(), e.item.id),
    "category": lambda e: (e.item.category, e.item.name.casefold(), e.item.id),
}


def _fits(e: Entry, q: Query) -> bool:
    for facet, read in _FACETS.items():
        wanted = getattr(q, facet)
        if wanted and not set(wanted) & set(read(e)):
            return False
    if q.worn_at_least is not None and e.worn_count < q.worn_at_least:
        return False
    if q.worn_at_most is not None and e.worn_count > q.worn_at_most:
        return False
    last = e.last_seen or _NEVER
    if q.seen_since and last < q.seen_since:
        return False
    if q.not_worn_since and last >= q.not_worn_since:
        return False
    words = _words(" ".join([e.item.name, *(v for read in _FACETS.values() for v in read(e))]))
    return all(any(w.startswith(wanted) for w in words) for wanted in _words(q.text))


def _words(text: str) -> set[str]:
    """Lower-case words; a plural counts as its singular, so that "shirts" finds a shirt."""
    words = re.findall(r"[^\W_]+", text.casefold().replace("-", ""))
    return {w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words}


def _check(entries: Sequence[Entry], q: Query) -> None:
    for facet, read in _FACETS.items():
        known = {value for e in entries for value in read(e)}
        for wanted in getattr(q, facet):
            if wanted not in known:
                has = ", ".join(sorted(known)) or "none"
                raise ConfigError(f"{facet} {wanted!r}: no item has it. This closet has: {has}.")
