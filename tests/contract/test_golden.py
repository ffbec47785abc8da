"""The shipped weights answer what they answered when they were committed (``pipelines/golden.py``)."""

from __future__ import annotations

import json
from typing import Any

import golden
import pytest

SAID = json.loads(golden.FILE.read_text(encoding="utf-8"))


def test_the_answers_are_those_of_the_weights_in_the_registry() -> None:
    assert SAID["models"] == golden.models(), "run pipelines/golden.py --write, and look at it"


@pytest.mark.parametrize("photo", golden.PHOTOS)
def test_people_and_garments_are_seen_as_before(photo: str) -> None:
    then: dict[str, Any] = SAID["photos"][photo]
    now = golden.answers(photo)
    assert len(now["people"]) == len(then["people"]) > 0
    for a, b in zip(now["people"], then["people"], strict=True):
        assert a["box"] == pytest.approx(b["box"], abs=6)
        assert a["score"] == pytest.approx(b["score"], abs=0.03)
        for (x, y, seen), (x0, y0, seen0) in zip(a["joints"], b["joints"], strict=True):
            assert seen == pytest.approx(seen0, abs=0.05)
            if seen0 > 0.5:
                assert (x, y) == pytest.approx((x0, y0), abs=8)
    assert [g["category"] for g in now["garments"]] == [g["category"] for g in then["garments"]]
    assert then["garments"]
    for a, b in zip(now["garments"], then["garments"], strict=True):
        assert a["box"] == pytest.approx(b["box"], abs=0.01)
        assert a["score"] == pytest.approx(b["score"], abs=0.03)
        assert a["px"] == pytest.approx(b["px"], rel=0.03)
        assert a["visibility"] == pytest.approx(b["visibility"], abs=0.03)
