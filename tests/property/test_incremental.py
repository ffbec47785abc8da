"""Photos may come one by one, in any order, or all at once: the wardrobe is the same."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import fakes
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from wardrobe import batch, config, review
from wardrobe.store import DERIVED, Store

# Reds so near each other that some join, some are asked about and one bridges two others; others far.
TOPS = [(200, 40, 40), (200, 70, 40), (200, 95, 45), (200, 120, 50), (40, 160, 60), (40, 60, 200)]
SETTINGS = config.load(
    overrides={
        "cluster.same_cosine": "0.7", "cluster.ask_cosine": "0.5", "cluster.far_cosine": "0.5",
        "cluster.unclear_strictness": "0", "cluster.max_colour": "300",
    }
)  # fmt: skip


def build(photos: Path, out: Path) -> Store:
    batch.build(photos, out, SETTINGS, create=fakes.Models().create)
    return Store(out, create=False)


def derived(store: Store) -> dict[str, Any]:
    return {table: store.derived(table) for table in DERIVED}


@given(
    st.lists(st.sampled_from(range(len(TOPS))), min_size=2, max_size=5),
    st.randoms(use_true_random=False),
    st.booleans(),
)
@tried(max_examples=8, deadline=None)
def test_step_by_step_is_all_at_once(tops: list[int], random: Any, merged: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        paths = fakes.write_photos(work / "all", [TOPS[k] for k in tops])
        whole = build(work / "all", work / "whole")
        arriving = list(paths)
        random.shuffle(arriving)
        (work / "photos").mkdir()
        for path in arriving:
            shutil.copy2(path, work / "photos" / path.name)
            grown = build(work / "photos", work / "out")
        assert derived(grown) == derived(whole)
        # And a person's word does to one what it does to the other.
        questions = review.questions(whole)
        assert review.questions(grown) == questions
        for store in (whole, grown):
            if questions:
                _say(store, questions[0], same=merged)
        assert derived(grown) == derived(whole)


def _say(store: Store, question: Any, *, same: bool) -> None:
    kwargs = batch.regroup.__kwdefaults__
    before = dict(kwargs)
    kwargs["create"] = fakes.Models().create
    try:
        review.answer(store, question, same)
    finally:
        kwargs.update(before)


def test_the_examples_do_join_ask_and_bridge(tmp_path: Path) -> None:
    """Else the property above would hold of nothing."""
    fakes.write_photos(tmp_path / "photos", [TOPS[0], TOPS[2]])
    store = build(tmp_path / "photos", tmp_path / "out")
    tops = [i for i in store.derived("item").values() if i["category"] == "tops"]
    assert len(tops) == 2
    assert store.derived("question")
    fakes.write_photos(tmp_path / "photos", [TOPS[0], TOPS[2], TOPS[1]])
    store = build(tmp_path / "photos", tmp_path / "out")
    tops = [i for i in store.derived("item").values() if i["category"] == "tops"]
    assert len(tops) == 1
