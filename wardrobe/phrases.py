"""What a person types into the search field -> a query: "striped navy top not worn since May".

Phrases of time and number are taken out; what is left must be found in the item's own words.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from wardrobe.search import Query

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}
_SINCE = r"(?P<since>\d{4}-\d\d-\d\d|\d{4}|(?:last |this )?[a-z]+(?: \d{4})?)"
_FOR = r"(?P<count>a|an|\d{1,3}) (?P<unit>day|week|month|year)s?"
_NUMBER = {"once": 1, "twice": 2}


def understand(text: str, today: date | None = None) -> Query:
    """A query of words and of phrases such as "not worn since May", "not worn for a year",
    "worn since 2025", "worn 3 times", "worn at least twice", "never worn twice".

    A month means the last one that began before today. Words that are no such phrase, and phrases
    of a time that isn't understood, are looked for as they are.
    """
    today = today or date.today()
    query, left = Query(), " ".join(text.casefold().split())
    for pattern, read in _PHRASES:
        found = re.search(pattern, left)
        changed = read(query, found, today) if found else None
        if found and changed is not None:
            query = changed
            left = f"{left[: found.start()]} {left[found.end() :]}"
    return replace(query, text=" ".join(left.split()))


def _not_since(query: Query, found: re.Match[str], today: date) -> Query | None:
    day = _day(found["since"], today)
    return replace(query, not_worn_since=day) if day else None


def _not_for(query: Query, found: re.Match[str], today: date) -> Query:
    count = 1 if found["count"] in ("a", "an") else int(found["count"])
    return replace(query, not_worn_since=today - timedelta(count * _UNITS[found["unit"]]))


def _since(query: Query, found: re.Match[str], today: date) -> Query | None:
    day = _day(found["since"], today)
    return replace(query, seen_since=day) if day else None


def _times(query: Query, found: re.Match[str], today: date) -> Query:
    word = found["number"]
    count = _NUMBER.get(word) or int(re.sub(r"\D", "", word))
    bound = found["bound"] or ""
    if bound.startswith("at least"):
        return replace(query, worn_at_least=count)
    if bound.startswith("more"):
        return replace(query, worn_at_least=count + 1)
    if bound.startswith(("less", "fewer")):
        return replace(query, worn_at_most=count - 1)
    if bound.startswith(("at most", "only")):
        return replace(query, worn_at_most=count)
    return replace(query, worn_at_least=count, worn_at_most=count)


_PHRASES = (
    (rf"\bnot (?:worn|seen) since {_SINCE}\b", _not_since),
    (rf"\bnot (?:worn|seen) (?:for|in) {_FOR}\b", _not_for),
    (rf"\b(?:worn|seen) since {_SINCE}\b", _since),
    (
        r"\bworn (?P<bound>(?:at least|at most|more than|less than|fewer than|only) )?"
        r"(?P<number>once|twice|\d{1,4} (?:times?|days?))\b",
        _times,
    ),
)


def _day(text: str, today: date) -> date | None:
    """The first day of the time named, or None: "2026-05-01", "2025", "may", "may 2025",
    "last month", "this year", "yesterday"."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        if re.fullmatch(r"\d{4}", text):
            return date(max(int(text), 1), 1, 1)
    except ValueError:
        return None
    first = today.replace(day=1)
    last_month = (first - timedelta(1)).replace(day=1)
    known = {
        "today": today, "yesterday": today - timedelta(1), "this month": first,
        "last month": last_month, "this year": date(today.year, 1, 1),
        "last year": date(today.year - 1, 1, 1),
    }  # fmt: skip
    if text in known:
        return known[text]
    word, _, year = text.removeprefix("last ").partition(" ")
    found = [n for n, m in enumerate(_MONTHS, start=1) if len(word) >= 3 and m.startswith(word)]
    if len(found) != 1:
        return None
    if year:
        return date(max(int(year), 1), found[0], 1)
    return date(today.year - (found[0] > today.month), found[0], 1)
