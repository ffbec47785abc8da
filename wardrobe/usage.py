"""What a person does with the closet, kept in its own store only, and the product's measures.

Nothing here leaves the machine. ``wardrobe metrics --off`` stops the noting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from wardrobe.store import OwnRow, Store

Event = Literal[
    "visit", "search", "outfit created", "outfit saved", "outfit shared",
    "try-on asked", "try-on viewed", "try-on saved", "try-on shared", "try-on dismissed",
]  # fmt: skip
EVENTS: tuple[Event, ...] = get_args(Event)
OUTFIT_ACTIONS = {"outfit created", "outfit saved", "outfit shared"}
#: A pause after which the next event begins another visit, as web analytics count sessions.
VISIT_GAP = timedelta(minutes=30)
#: A try-on looked at for longer than this counts as completed, seconds.
LOOKED_S = 3.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the product's measures.

    Attributes:
        value: a share in [0, 1], or None when nobody could be counted yet.
        of: how many were counted.
        target: the share wanted, or None where none is set.
    """

    name: str
    value: float | None
    of: int
    target: float | None = None


def note(store: Store, event: Event, now: datetime | None = None, **facts: Any) -> None:
    """Keep an event, unless the person turned that off.

    Args:
        facts: ids and numbers, such as ``seconds`` of a try-on viewed; never text typed.
    """
    if counting(store):
        store.add("event", [(event, facts)], now or datetime.now(UTC))


def counting(store: Store) -> bool:
    """Whether events are kept; they are until turned off."""
    switches = [row.kind for row in store.own("event") if row.kind in ("on", "off")]
    return not switches or switches[-1] == "on"


def switch(store: Store, on: bool, now: datetime | None = None) -> None:
    """Turn the noting on or off; what was noted stays."""
    if counting(store) != on:
        store.add("event", [("on" if on else "off", {})], now or datetime.now(UTC))


def measures(histories: Sequence[Sequence[OwnRow]], now: datetime) -> list[Measure]:
    """The product's measures over one history of events a person (or store), oldest first.

    * retention at day N: of the people whose first event is at least N days old, those with an
      event N days after it or later;
    * visits with an outfit action: of all visits, those with an outfit created, saved or shared;
    * creators who try on: of the people who created or saved an outfit, those who asked a try-on;
    * completion: of the try-ons asked, those looked at for over 3 s, saved or shared. A look, a
      saving or a sharing belongs to the try-on asked last before it;
    * repeat: of the people who asked a try-on, those who asked another on a later day.
    """
    people = [
        [(row.kind, _when(row), row.facts) for row in h if row.kind in EVENTS] for h in histories
    ]
    people = [p for p in people if p]
    visits = [v for p in people for v in _visits(p)]
    creators = [p for p in people if OUTFIT_ACTIONS & {k for k, _, _ in p}]
    asked = [[t for k, t, _ in p if k == "try-on asked"] for p in people]
    askers = [times for times in asked if times]
    completed = sum(_completed(p) for p in people)
    total = sum(map(len, asked))
    return [
        _retention(people, 7, now),
        _retention(people, 30, now),
        _share("visits with an outfit action", sum(map(_acts, visits)), len(visits), 0.30),
        _share(
            "outfit creators who try on",
            sum("try-on asked" in {k for k, _, _ in p} for p in creators), len(creators), 0.40,
        ),
        _share("try-ons completed", completed, total),
        _share(
            "try-on repeated on a later day",
            sum(times[-1].date() > times[0].date() for times in askers), len(askers),
        ),
    ]  # fmt: skip


_Happening = tuple[str, datetime, dict[str, Any]]


def _when(row: OwnRow) -> datetime:
    return datetime.fromisoformat(row.at)


def _visits(history: Sequence[_Happening]) -> list[list[_Happening]]:
    visits: list[list[_Happening]] = []
    for one in history:
        if not visits or one[1] - visits[-1][-1][1] > VISIT_GAP:
            visits.append([])
        visits[-1].append(one)
    return visits


def _acts(visit: Sequence[_Happening]) -> bool:
    return bool(OUTFIT_ACTIONS & {kind for kind, _, _ in visit})


def _completed(history: Sequence[_Happening]) -> int:
    done, open_ = 0, False
    for kind, _, facts in history:
        if kind == "try-on asked":
            open_ = True
        elif open_ and (
            kind in ("try-on saved", "try-on shared")
            or (kind == "try-on viewed" and facts.get("seconds", 0) > LOOKED_S)
        ):
            done, open_ = done + 1, False
    return done


def _retention(people: Sequence[Sequence[_Happening]], days: int, now: datetime) -> Measure:
    wait = timedelta(days=days)
    old = [p for p in people if now - p[0][1] >= wait]
    back = sum(p[-1][1] - p[0][1] >= wait for p in old)
    return _share(f"retention at day {days}", back, len(old))


def _share(name: str, part: int, whole: int, target: float | None = None) -> Measure:
    return Measure(name, part / whole if whole else None, whole, target)
