"""Rows as people and programs read them."""

from __future__ import annotations

import json

import pytest
from evaluation.table import Row, as_json, html, meaning, text


def test_a_target_is_met_or_missed_or_open() -> None:
    assert Row("segment.street.map50", 0.62, target=">= 0.62").met is True
    assert Row("segment.street.map50", 0.61, target=">= 0.62").met is False
    assert Row("visibility.sample.mae", 0.09, target="<= 0.08").met is False
    assert Row("identity.sample.over_merge_rate", 0.0, target="<= 0").met is True
    assert Row("segment.street.map50", None, note="none", target=">= 0.62").met is None
    assert Row("segment.street.map50", 0.61).met is None


def test_json_is_flat_and_null_where_nothing_could_be_measured() -> None:
    rows = [Row("segment.street.map50", 0.5, 3), Row("tryon.sample.ssim", None, note="not built")]
    assert json.loads(as_json(rows, {"commit": "abc"})) == {
        "about.commit": "abc",
        "segment.street.map50": 0.5,
        "tryon.sample.ssim": None,
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([Row("segment.street.nonsense", 1.0)], "not documented"),
        ([Row("segment.street.map50", 1.0)] * 2, "measured twice"),
        ([Row("segment.street.map50", None)], "does not say why"),
        ([Row("segment.street.map50", float("nan"))], "JSON"),
    ],
)
def test_what_nobody_could_read_is_refused(rows: list[Row], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_json(rows, {})


def test_the_nearest_line_explains_a_key() -> None:
    assert "one category" in meaning("segment.street.ap50.tops")
    assert "cuts" in meaning("segment.street.waist_up_map50")
    assert meaning("segment.street.map50") == meaning("segment.sample.map50")


def test_tables_say_values_counts_targets_and_reasons() -> None:
    rows = [
        Row("cascade.sample.garments", 240.0, 240),
        Row("segment.street.map50", 0.6123, 388, target=">= 0.62"),
        Row("tryon.sample.ssim", None, note="try-on isn't built <yet>"),
    ]
    counted, measured, reason = text(rows).splitlines()
    assert counted.split() == ["cascade.sample.garments", "240", "240"]
    assert measured.split() == ["segment.street.map50", "0.612", "388", ">=", "0.62", "missed"]
    assert reason.split()[:2] == ["tryon.sample.ssim", "-"]
    page = html(rows)
    assert '<td class="missed">&gt;= 0.62</td>' in page
    assert "try-on isn&#x27;t built &lt;yet&gt;" in page
    assert page.count('class="group"') == 3
