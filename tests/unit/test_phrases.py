"""What is typed becomes a query; what isn't understood is looked for as it is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardrobe.phrases import understand
from wardrobe.search import Query

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Striped  Navy top", Query("striped navy top")),
        ("not worn since May", Query(not_worn_since=date(2026, 5, 1))),
        ("coat not worn since december", Query("coat", not_worn_since=date(2025, 12, 1))),
        ("not worn since dec 2024", Query(not_worn_since=date(2024, 12, 1))),
        ("not worn for a year", Query(not_worn_since=date(2025, 11, 25))),
        ("not seen in 3 months red", Query("red", not_worn_since=date(2026, 8, 27))),
        ("worn since 2025", Query(seen_since=date(2025, 1, 1))),
        ("worn since last month", Query(seen_since=date(2026, 10, 1))),
        ("worn since 2026-02-29", Query("worn since 2026-02-29")),
        ("not worn since maybe", Query("not worn since maybe")),
        ("worn twice", Query(worn_at_least=2, worn_at_most=2)),
        ("jeans worn at least 3 times", Query("jeans", worn_at_least=3)),
        ("worn more than once", Query(worn_at_least=2)),
        ("worn less than 5 days", Query(worn_at_most=4)),
        ("worn only once since may", Query("since may", worn_at_most=1)),
        ("worn out jeans", Query("worn out jeans")),
        ("", Query()),
    ],
)
def test_phrases(text: str, query: Query) -> None:
    assert understand(text, TODAY) == query


@given(
    st.text(max_size=60) | st.from_regex(r"(not )?worn (since|for|in) \w+ ?\d{0,4}", fullmatch=True)
)
def test_nothing_typed_is_an_error(text: str) -> None:
    assert isinstance(understand(text, TODAY), Query)
