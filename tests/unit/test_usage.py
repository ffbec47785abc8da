"""The product's measures against histories counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wardrobe import usage
from wardrobe.store import OwnRow, Store

DAY_0 = datetime(2026, 3, 1, 9, tzinfo=UTC)
Line = tuple[float, str] | tuple[float, str, dict[str, Any]]


def history(*lines: Line) -> list[OwnRow]:
    """(days after DAY_0, event[, facts]) as rows."""
    rows = []
    for n, (days, kind, *facts) in enumerate(lines):
        at = (DAY_0 + timedelta(days=days)).isoformat()
        rows.append(OwnRow(n, kind, facts[0] if facts else {}, at))
    return rows


def measured(*people: list[OwnRow], day: float = 60) -> dict[str, tuple[float | None, int]]:
    return {m.name: (m.value, m.of) for m in usage.measures(people, DAY_0 + timedelta(days=day))}


MINUTE = 1 / 24 / 60


def test_an_empty_store_has_nothing_to_say() -> None:
    assert all(value == (None, 0) for value in measured([]).values())


def test_retention_counts_only_people_who_are_old_enough() -> None:
    stayed = history((0, "visit"), (7.5, "visit"), (31, "search"))
    left = history((0, "visit"), (6.9, "visit"))
    new = history((58, "visit"))
    got = measured(stayed, left, new)
    assert got["retention at day 7"] == (1 / 2, 2)
    assert got["retention at day 30"] == (1 / 2, 2)
    assert measured(stayed, left, new, day=20)["retention at day 30"] == (None, 0)


def test_visits_end_after_half_an_hour_of_nothing() -> None:
    one = history(
        (0, "visit"), (20 * MINUTE, "search"), (45 * MINUTE, "outfit created"),  # one visit
        (80 * MINUTE, "visit"),  # 35 minutes later: another
        (2, "visit"), (2, "outfit shared"),
    )  # fmt: skip
    assert measured(one)["visits with an outfit action"] == (2 / 3, 3)


def test_creators_who_try_on() -> None:
    both = history((0, "outfit saved"), (1, "try-on asked"))
    only_outfits = history((0, "outfit created"))
    only_try_on = history((0, "try-on asked"))
    got = measured(both, only_outfits, only_try_on)
    assert got["outfit creators who try on"] == (1 / 2, 2)


def test_completion_belongs_to_the_try_on_asked_last() -> None:
    one = history(
        (0, "try-on asked"), (0, "try-on viewed", {"seconds": 3.0}),  # not over 3 s
        (1, "try-on asked"), (1, "try-on viewed", {"seconds": 3.1}), (1, "try-on saved"),  # once
        (2, "try-on asked"), (2, "try-on dismissed"),
        (3, "try-on asked"), (3, "try-on shared"),
    )  # fmt: skip
    got = measured(one)
    assert got["try-ons completed"] == (2 / 4, 4)
    assert got["try-on repeated on a later day"] == (1.0, 1)
    assert measured(history((0, "try-on asked"), (0.1, "try-on asked")))[
        "try-on repeated on a later day"
    ] == (0.0, 1)


def test_targets_are_the_products() -> None:
    targets = {m.name: m.target for m in usage.measures([], DAY_0)}
    assert targets["visits with an outfit action"] == 0.30
    assert targets["outfit creators who try on"] == 0.40


def test_off_keeps_nothing_and_on_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path)
    usage.note(store, "visit", DAY_0)
    usage.switch(store, False, DAY_0)
    usage.switch(store, False, DAY_0)
    usage.note(store, "search", DAY_0)
    assert [r.kind for r in store.own("event")] == ["visit", "off"]
    usage.switch(store, True, DAY_0)
    usage.note(store, "try-on viewed", DAY_0, seconds=4.0)
    assert [(r.kind, r.facts) for r in store.own("event")[2:]] == [
        ("on", {}),
        ("try-on viewed", {"seconds": 4.0}),
    ]


@pytest.mark.parametrize("event", usage.EVENTS)
def test_every_event_is_kept_with_its_time(tmp_path: Path, event: usage.Event) -> None:
    store = Store(tmp_path)
    usage.note(store, event, DAY_0)
    (row,) = store.own("event")
    assert datetime.fromisoformat(row.at) == DAY_0
