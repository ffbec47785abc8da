"""A drawn wardrobe from photos to figures: every item right, and what is said when it isn't."""

from __future__ import annotations

from pathlib import Path

import drawn
import numpy as np
import pytest
from evaluation import grouping, naming, showing, sources
from evaluation.table import Findings
from fakes import LEGS, TOP

from wardrobe.config import Settings
from wardrobe.types import Crop, Labels

TOPS = [drawn.RED, drawn.BLUE, drawn.RED, None, drawn.RED]


def case(tmp_path: Path, **cluster: float) -> sources.Case:
    settings = Settings.model_validate({"cluster": cluster, "thumbnail": {"size_px": 128}})
    folder = drawn.library(tmp_path / "photos", TOPS)
    drawn.build(folder, tmp_path / "out", settings)
    return sources.sample(folder, tmp_path / "out", settings)


def values(found: Findings) -> dict[str, float | None]:
    return {r.key: r.value for r in found.rows}


def test_a_wardrobe_grouped_rightly(tmp_path: Path) -> None:
    said = values(grouping.of_case(case(tmp_path)))
    # Red tee three times, blue tee once, jeans four times: three items of eight garments.
    assert said["identity.sample.bcubed_f1"] == 1
    assert said["identity.sample.pairwise_f1"] == 1
    assert said["identity.sample.over_merge_rate"] == 0
    assert said["identity.sample.split_rate"] == 0
    assert said["identity.sample.corrections"] == 0
    assert said["identity.sample.recall_at_1"] == 1
    assert said["identity.sample.auc"] == 1


def test_a_wardrobe_with_both_tees_in_one_item(tmp_path: Path) -> None:
    found = grouping.of_case(case(tmp_path, same_cosine=0.0, max_colour=300.0))
    said = values(found)
    # Items: four tees of two garments, four jeans. Joined: 6 + 6 pairs, 3 + 6 of them right.
    assert said["identity.sample.pairwise_precision"] == pytest.approx(9 / 12)
    assert said["identity.sample.pairwise_recall"] == 1
    assert said["identity.sample.over_merge_rate"] == pytest.approx(1 / 2)
    assert said["identity.sample.corrections"] == pytest.approx(100 / 3)
    (worst,) = [s for s in found.sections if s.title.startswith("Worst")]
    assert "One item: top-200-40 3x, top-40-200 1x" in worst.body
    assert worst.body.count("<img") == 2


def test_answering_the_queue_mends_what_was_in_doubt(tmp_path: Path) -> None:
    """Two reds are a little apart: too little to part them, too much to join them unasked."""
    tops = [(200, 40, 40), (200, 40, 52), (200, 40, 40), drawn.BLUE]
    folder = drawn.library(tmp_path / "photos", tops, one={(200, 40, 52): (200, 40, 40)})
    rules = {"same_cosine": 0.99, "ask_cosine": 0.9, "unclear_strictness": 0}
    settings = Settings.model_validate({"cluster": rules})
    drawn.build(folder, tmp_path / "out", settings)
    one = sources.sample(folder, tmp_path / "out", settings)
    before, after = values(grouping.of_case(one)), values(grouping.answered(one))
    assert before["identity.sample.split_rate"] == pytest.approx(
        1 / 2
    )  # the red tee, not the jeans
    assert before["identity.sample.corrections"] == pytest.approx(100 / 3)
    assert after["identity.sample.questions"] == pytest.approx(100 / 3)
    assert after["identity.sample.answered"] == pytest.approx(100 / 3)
    assert after["identity.sample.after.split_rate"] == 0
    assert after["identity.sample.after.over_merge_rate"] == 0
    assert after["identity.sample.after.corrections"] == 0
    # The store that was measured has heard nothing.
    assert values(grouping.of_case(one)) == before


def test_the_curve_starts_where_the_store_stands(tmp_path: Path) -> None:
    """At the product's own threshold the grouping tried again is the one that was built."""
    one = case(tmp_path)
    regroup = grouping._regroup(grouping._pile(one), one.settings, [*one.item_of()])
    again = regroup(grouping.calibrated(one.settings).same_cosine)
    built = grouping.numbered([*one.item_of().values()])
    assert len(set(zip(again, built, strict=True))) == len(set(again)) == len(set(built))


def test_garments_are_called_what_they_are(tmp_path: Path) -> None:
    said = values(naming.of_case(case(tmp_path)))
    assert said["classify.sample.accuracy"] == 1
    assert said["classify.sample.macro_f1"] == 1
    assert said["classify.sample.ece"] == pytest.approx(1 - 0.88, abs=1e-3)  # the fakes say 0.88
    assert said["classify.sample.type_accuracy"] == 1  # t-shirts; jeans at 0.4 are not told
    assert said["classify.sample.type_told"] == pytest.approx(1 / 2)
    assert said["classify.sample.colour_recall"] == 1
    assert said["classify.sample.colour_error"] is not None
    assert said["classify.sample.colour_error"] < 3  # of JPEG


def test_thumbnails_show_the_whole_garment_in_its_colours(tmp_path: Path) -> None:
    found = showing.thumbnails(case(tmp_path), tmp_path / "no-such-weights.pth")
    said, notes = values(found), {r.key: r.note for r in found.rows}
    assert said["thumbnail.sample.coverage"] == pytest.approx(1, abs=0.01)
    assert said["thumbnail.sample.colour_error"] is not None
    assert said["thumbnail.sample.colour_error"] < 3
    assert said["thumbnail.sample.ssim"] is not None
    assert (
        said["thumbnail.sample.ssim"] > 0.8
    )  # the jeans' 0.71 lowers it: their waist is drawn under the shirt, so they are smaller
    assert said["thumbnail.sample.squeeze_features"] is None
    assert "not at hand" in notes["thumbnail.sample.squeeze_features"]
    assert said["tryon.sample.ssim"] is None
    assert "--pairs" in notes["tryon.sample.ssim"]


def test_covers_are_asked_of_items_seen_three_times(tmp_path: Path) -> None:
    made, known = showing.covers(case(tmp_path)).rows
    assert (made.key, known.key) == ("cover.sample.best_two", "cover.sample.best_two_known")
    assert made.count == known.count == 2  # the red tee and the jeans
    assert made.value == known.value == 1
    assert showing._best_two({"a": 3.0, "b": 2.0, "c": 1.0}, "b")
    assert not showing._best_two({"a": 3.0, "b": 2.0, "c": 1.0}, "c")
    assert not showing._best_two(
        {"a": 3.0, "b": 2.0, "c": 1.0}, "a garment that truth doesn't know"
    )


def test_flat_garments_are_wardrobes_by_sender() -> None:
    """Two senders own the same white tee; one of them also a twin of it."""
    x0, y0, x1, y1 = TOP
    crop = Crop(np.full((y1 - y0, x1 - x0, 3), 230, np.uint8), np.ones((y1 - y0, x1 - x0), bool))
    pieces = [
        sources.Labelled(crop, sender, "tops", frozenset()) for sender in ("anne", "anne", "bob")
    ]
    vectors = np.zeros((3, 256), np.float32)
    vectors[:, 0] = 1
    labels = [Labels("tops", 0.9, None, 0.0, (("white", "#e6e6e6", 1.0),))] * 3
    said = values(grouping.of_flat(naming.Described("flat", pieces, vectors, labels), Settings()))
    # Items: both of anne's in one, bob's. Three garments, one split puts it right.
    assert said["identity.flat.over_merge_rate"] == pytest.approx(1 / 2)
    assert said["identity.flat.corrections"] == pytest.approx(100 / 3)


def test_labelled_crops_are_described_as_the_product_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from fakes import Models

    monkeypatch.setattr(naming.backends, "create", Models().create)
    x0, y0, x1, y1 = LEGS
    crop = Crop(
        np.full((y1 - y0, x1 - x0, 3), drawn.JEANS, np.uint8), np.ones((y1 - y0, x1 - x0), bool)
    )
    pieces = [sources.Labelled(crop, "1", "bottoms", frozenset({"jeans"}))] * 40
    described = naming.describe("street", pieces, Settings())
    assert described.vectors.shape == (40, 256)
    found = naming.of_described(described)
    said = values(found)
    assert said["classify.street.accuracy"] == 1
    assert said["classify.street.type_told"] == 0  # 0.4 is too unsure
    assert said["classify.street.type_accuracy"] is None
