"""The rules of grouping, one by one: what raises and lowers the bar, what is asked, what is flagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from wardrobe.config import ClusterSettings
from wardrobe.labels import Category
from wardrobe.pile import Pile
from wardrobe.stages.cluster import Cluster, Grouping, group
from wardrobe.types import Garment, Labels, Mask

MASK = Mask((1, 1), (0, 1))
NOON = datetime(2026, 5, 1, 12)
SETTINGS = ClusterSettings(same_cosine=0.85, ask_cosine=0.8, far_cosine=0.7)
WHITE = (("white", "#f7f7f7", 1.0),)
RED = (("red", "#c1272d", 1.0),)


def pile(
    angles: Sequence[float],
    *,
    kinds: Sequence[Category] = (),
    quality: Sequence[float] = (),
    minutes: Sequence[float | None] = (),
    colours: Sequence[tuple[tuple[str, str, float], ...]] = (),
    patterns: Sequence[str | None] = (),
    photos: Sequence[str] = (),
) -> Pile:
    """Garments whose vectors lie at these angles of a plane, in degrees; each in its own photo
    unless ``photos`` says otherwise, named so that ids and rows keep one order."""
    n = len(angles)
    radians = np.radians(np.array(angles, float))
    vectors = np.zeros((n, 256), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(radians), np.sin(radians)
    plain: Category = "tops"
    kinds = kinds or [plain] * n
    garments = [
        Garment(
            photos[k] if photos else f"p{k}", (k / 100, 0.0, 1.0, 1.0), kinds[k], 0.9, MASK, 1.0
        )
        for k in range(n)
    ]
    labels = [Labels(kinds[k], 0.8, None, 0.0, colours[k] if colours else ()) for k in range(n)]
    taken = tuple(None if m is None else NOON + timedelta(minutes=m) for m in minutes)
    return Pile(
        tuple(garments), vectors, tuple(labels), tuple(quality), taken, patterns=tuple(patterns)
    )


def parts(p: Pile, found: Grouping) -> set[frozenset[int]]:
    at = {g.id: k for k, g in enumerate(p.garments)}
    return {frozenset(at[g] for g in one.garment_ids) for one in found.groups}


def asked(p: Pile, found: Grouping) -> list[tuple[int, int, str]]:
    at = {g.id: k for k, g in enumerate(p.garments)}
    return [(min(at[q.a], at[q.b]), max(at[q.a], at[q.b]), q.why) for q in found.questions]


def said(p: Pile, a: int, b: int, *, same: bool) -> Pile:
    pair = (p.garments[a].id, p.garments[b].id)
    if same:
        return replace(p, same=(*p.same, pair))
    return replace(p, different=(*p.different, pair))


def test_between_the_two_bars_a_person_is_asked_and_nothing_joined() -> None:
    near = pile([0, 34])  # cosine 0.829
    found = group(near, SETTINGS)
    assert parts(near, found) == {frozenset({0}), frozenset({1})}
    assert asked(near, found) == [(0, 1, "they look nearly the same")]
    far = pile([0, 38])  # cosine 0.788
    assert not group(far, SETTINGS).questions


def test_minutes_apart_the_bar_is_lower_and_only_within_a_category() -> None:
    apart = 32.5  # cosine 0.843, between 0.83 and 0.85
    soon = pile([0, apart], minutes=[0, 9])
    assert parts(soon, group(soon, SETTINGS)) == {frozenset({0, 1})}
    for minutes in ([0, 11], [0, None], []):
        later = pile([0, apart], minutes=minutes)
        assert len(group(later, SETTINGS).groups) == 2
    other = pile([0, apart], minutes=[0, 1], kinds=["tops", "outerwear"])
    assert (
        len(group(other, ClusterSettings(same_cosine=0.85, cross_category_cosine=0.85)).groups) == 2
    )


@pytest.mark.parametrize("unclear", [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_an_unclear_view_must_be_more_alike(unclear: tuple[float, float]) -> None:
    """0.3 of the way from 0.85 to 1 is added: 0.895."""
    between = pile([0, 28], quality=unclear)  # cosine 0.883
    found = group(between, SETTINGS)
    assert len(found.groups) == 2
    assert asked(between, found) == [(0, 1, "one of the views is unclear")]
    assert len(group(pile([0, 26], quality=unclear), SETTINGS).groups) == 1  # cosine 0.899
    assert len(group(replace(between, quality=(1.0, 1.0)), SETTINGS).groups) == 1


def test_two_of_one_photo_are_two_whatever_they_are_and_whoever_wears_them() -> None:
    """One person's two garments, or two people's: a photo shows a thing once."""
    other: tuple[Category, ...] = ("tops", "outerwear")
    for kinds in (other[:1] * 2, other):
        both = pile([0, 0], photos=["p", "p"], kinds=kinds)
        found = group(both, SETTINGS)
        assert len(found.groups) == 2
        assert not found.questions  # nobody needs to be asked


def test_a_third_view_does_not_bring_two_of_one_photo_together() -> None:
    p = pile([0, 20, 9], photos=["p", "p", "q"])
    found = group(p, SETTINGS)
    assert parts(p, found) == {frozenset({0, 2}), frozenset({1})}


def test_clearly_other_colours_never_join_and_nobody_is_asked() -> None:
    p = pile([0, 0], colours=[RED, WHITE])
    assert len(group(p, SETTINGS).groups) == 2
    assert not group(p, SETTINGS).questions


def test_a_join_across_categories_is_flagged_and_asked_about_until_a_person_says() -> None:
    p = pile([0, 5, 8], kinds=["tops", "tops", "outerwear"], quality=[1, 0.9, 1])
    found = group(p, SETTINGS)
    assert [g.flagged for g in found.groups] == ["seen as outerwear and as tops"]
    assert asked(p, found) == [(0, 2, "they are one item, seen as two kinds of thing")]
    yes = group(said(p, 0, 2, same=True), SETTINGS)
    assert [g.flagged for g in yes.groups] == [None]
    assert not yes.questions
    no = said(p, 0, 2, same=False)
    assert frozenset({0, 1, 2}) not in parts(no, group(no, SETTINGS))


def test_two_colour_modes_are_asked_about_and_a_no_takes_them_apart() -> None:
    """White and black have one hue; the vectors were fooled."""
    black = (("black", "#111111", 1.0),)
    grey = (("light grey", "#e0e0e0", 1.0),)
    p = pile([0, 2, 20, 22], colours=[WHITE, grey, black, black], quality=[1, 0.9, 1, 0.9])
    found = group(p, SETTINGS)
    (one,) = found.groups
    assert one.flagged == "in two colours"
    assert asked(p, found) == [(0, 2, "they are one item, in two colours")]
    assert group(said(p, 1, 3, same=True), SETTINGS).groups[0].flagged is None
    no = said(p, 0, 2, same=False)
    assert parts(no, group(no, SETTINGS)) == {frozenset({0, 1}), frozenset({2, 3})}
    dim = replace(p, quality=(1.0, 0.4, 1.0, 0.4))  # an unclear view has no say
    assert group(dim, ClusterSettings(unclear_strictness=0)).groups[0].flagged is None


def test_two_patterns_are_asked_about() -> None:
    patterns = ["striped", "striped", "dotted", "dotted", None]
    p = pile([0, 2, 4, 6, 8], patterns=patterns, quality=[1, 0.9, 1, 0.9, 1])
    found = group(p, SETTINGS)
    assert [g.flagged for g in found.groups] == ["with two patterns"]
    assert asked(p, found) == [(0, 2, "they are one item, with two patterns")]
    once = replace(p, patterns=("striped", "striped", "striped", "dotted", None))
    assert group(once, SETTINGS).groups[0].flagged is None


def test_the_surest_question_about_a_wrong_join_comes_before_one_about_a_duplicate() -> None:
    p = pile([0, 5, 200, 234], kinds=["tops", "outerwear", "tops", "tops"])
    whys = [why for _, _, why in asked(p, group(p, SETTINGS))]
    assert whys == ["they are one item, seen as two kinds of thing", "they look nearly the same"]


def test_no_more_questions_than_wanted() -> None:
    p = pile([0, 34, 100, 134, 200, 234])
    assert len(group(p, SETTINGS).questions) == 3
    few = group(p, SETTINGS.model_copy(update={"max_questions": 2}))
    assert len(few.questions) == 2


def test_a_large_item_that_agrees_stays_whole_and_a_larger_chain_does_not() -> None:
    item = pile(list(np.linspace(0, 20, 1500)))
    assert len(group(item, SETTINGS).groups) == 1
    chain = pile(list(np.linspace(0, 170, 1500)))
    sizes = [len(g.garment_ids) for g in group(chain, SETTINGS).groups]
    assert sum(sizes) == 1500
    assert 4 <= len(sizes) <= 9  # 45.6 degrees is as far as 0.70 reaches


def test_everything_that_can_change_the_result_is_in_the_digest() -> None:
    from wardrobe.config import EmbedSettings

    stage = Cluster(SETTINGS, EmbedSettings())
    p = pile([0, 10], patterns=["striped", None], quality=[1, 1], minutes=[0, 1])
    others = [
        replace(p, patterns=("dotted", None)), replace(p, quality=(1.0, 0.5)),
        replace(p, taken=(NOON, None)), said(p, 0, 1, same=True), said(p, 0, 1, same=False),
        replace(p, vectors=p.vectors[::-1].copy()),
    ]  # fmt: skip
    digests = {stage.digest(one) for one in (p, *others)}
    assert len(digests) == len(others) + 1
    assert stage.decode(stage.encode(group(p, SETTINGS))) == group(p, SETTINGS)


def test_an_item_held_together_by_one_weak_link_is_asked_about_at_that_link() -> None:
    p = pile([0, 5, 33, 38], quality=[0.6, 1.0, 1.0, 0.7])  # 5 to 33: cosine 0.883
    found = group(p, SETTINGS)
    assert parts(p, found) == {frozenset({0, 1, 2, 3})}
    # The clearest view of each side is shown, here also the ends of the weak link.
    assert asked(p, found) == [(1, 2, "they are one item, held together by little")]
    agreed = said(p, 1, 2, same=True)
    assert not group(agreed, SETTINGS).questions
    apart = said(p, 1, 2, same=False)
    assert all(not {1, 2} <= part for part in parts(apart, group(apart, SETTINGS)))


def test_an_item_whose_views_are_all_alike_is_no_question() -> None:
    p = pile([0, 10, 20])  # neighbours at 0.985, ends at 0.94
    assert not group(p, SETTINGS).questions
    strict = SETTINGS.model_copy(update={"check_cosine": 0.99})
    (first,) = group(p, strict).questions
    answered = replace(p, same=((first.a, first.b),))
    (second,) = group(answered, strict).questions  # the next weakest comes up
    assert {first.a, first.b} != {second.a, second.b}
    done = replace(p, same=((first.a, first.b), (second.a, second.b)))
    assert not group(done, strict).questions


def test_one_chance_likeness_does_not_join_two_piles() -> None:
    near = SETTINGS.model_copy(update={"far_cosine": 0.5})
    p = pile([0, 1, 2, 3, 12, 36, 45, 46, 47, 48])  # of 25 pairs across only 12 and 36 are alike
    left, right = frozenset(range(5)), frozenset(range(5, 10))
    found = group(p, near)
    assert parts(p, found) == {left, right}
    assert (4, 5, "they look alike, but their groups disagree") in asked(p, found)
    assert parts(p, group(said(p, 4, 5, same=True), near)) == {left | right}
    loose = near.model_copy(update={"least_across": 0.04})
    assert parts(p, group(p, loose)) == {left | right}
    few = pile([0, 1, 12, 36, 45, 46])  # so few say nothing
    assert parts(few, group(few, near)) == {frozenset(range(6))}
