"""What grouping promises whatever the garments look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from numpy.typing import NDArray

from wardrobe.config import ClusterSettings
from wardrobe.labels import Category
from wardrobe.pile import Pile
from wardrobe.stages.cluster import Group
from wardrobe.stages.cluster import group as grouping
from wardrobe.types import Garment, Labels, Mask

CATEGORIES: tuple[Category, ...] = ("tops", "outerwear", "skirts")
MASK = Mask((1, 1), (0, 1))


@dataclass(frozen=True)
class Seen:
    """One garment: where, what, and in which direction its vector points, in degrees of a plane."""

    photo: str
    place: int
    category: Category
    angle: float
    visibility: float = 1.0


def pile(seen: list[Seen]) -> Pile:
    vectors = np.zeros((len(seen), 256), np.float32)
    radians = np.radians([s.angle for s in seen])
    vectors[:, 0], vectors[:, 1] = np.cos(radians), np.sin(radians)
    garments = tuple(
        Garment(s.photo, (s.place / 10, 0.0, 1.0, 1.0), s.category, 0.9, MASK, s.visibility)
        for s in seen
    )
    return Pile(garments, vectors, tuple(Labels(s.category, 0.8, None, 0.0) for s in seen))


def group(pile: Pile, settings: ClusterSettings, min_visibility: float = 0.0) -> tuple[Group, ...]:
    return grouping(pile, settings, min_visibility).groups


def cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


def joined(groups: Sequence[Group]) -> set[tuple[str, str]]:
    """Pairs of garments that are one item."""
    return {pair for g in groups for pair in combinations(g.garment_ids, 2)}


def piles(photos: int = 4, *, alone: bool = False) -> st.SearchStrategy[list[Seen]]:
    """Up to ten garments; ``alone``: each in a photo of its own."""
    one = st.tuples(
        st.integers(0, photos - 1),
        st.sampled_from(CATEGORIES),
        st.integers(0, 120),
        st.sampled_from([1.0, 0.5]),
    )
    return st.lists(one, max_size=10).map(
        lambda rows: [
            Seen(f"photo {i if alone else photo}", i, category, angle, visibility)
            for i, (photo, category, angle, visibility) in enumerate(rows)
        ]
    )


def options(same: float = 0.85, cross: float = 0.95) -> ClusterSettings:
    return ClusterSettings(same_cosine=same, cross_category_cosine=cross)


SAME = st.sampled_from([0.7, 0.8, 0.85, 0.9, 0.95, 0.99])


@given(piles(), SAME)
@tried(max_examples=40, deadline=None)
def test_every_garment_is_in_exactly_one_group(seen: list[Seen], same: float) -> None:
    p = pile(seen)
    members = Counter(g for found in group(p, options(same)) for g in found.garment_ids)
    assert members == Counter(g.id for g in p.garments)


@given(piles(), SAME, st.randoms(use_true_random=False))
@tried(max_examples=40, deadline=None)
def test_the_order_of_garments_changes_nothing(
    seen: list[Seen], same: float, random: Random
) -> None:
    shuffled = list(seen)
    random.shuffle(shuffled)
    assert group(pile(seen), options(same)) == group(pile(shuffled), options(same))


@given(piles(photos=2), SAME)
@tried(max_examples=40, deadline=None)
def test_two_of_a_category_in_one_photo_are_two_things(seen: list[Seen], same: float) -> None:
    p = pile(seen)
    place = {g.id: (g.photo_id, g.category) for g in p.garments}
    for found in group(p, options(same)):
        places = [place[g] for g in found.garment_ids]
        assert len(places) == len(set(places))


@given(piles(), SAME)
@tried(max_examples=40, deadline=None)
def test_what_is_joined_hangs_together_by_links_that_are_alike_enough(
    seen: list[Seen], same: float
) -> None:
    p = pile(seen)
    at = {g.id: i for i, g in enumerate(p.garments)}
    for found in group(p, options(same)):
        members = [at[g] for g in found.garment_ids]
        reached, waiting = set(members[:1]), members[:1]
        while waiting:
            i = waiting.pop()
            near = {j for j in members if j not in reached and linked(p, i, j, same)}
            reached |= near
            waiting += near
        assert reached == set(members)


def linked(p: Pile, i: int, j: int, same: float) -> bool:
    alike = p.garments[i].category == p.garments[j].category
    return float(p.vectors[i] @ p.vectors[j]) >= (same if alike else max(same, 0.95)) - 1e-6


@given(piles(), st.tuples(SAME, SAME).map(sorted))
@tried(max_examples=40, deadline=None)
def test_a_higher_threshold_never_joins_more(seen: list[Seen], same: list[float]) -> None:
    p = pile(seen)
    assert joined(group(p, options(same[1]))) <= joined(group(p, options(same[0])))


@given(piles(), SAME)
@tried(max_examples=40, deadline=None)
def test_barely_visible_garments_stay_by_themselves(seen: list[Seen], same: float) -> None:
    p = pile(seen)
    barely = {g.id for g in p.garments if g.visibility < 0.6}
    for found in group(p, options(same), min_visibility=0.6):
        assert len(found.garment_ids) == 1 or not barely & set(found.garment_ids)


def tops(*angles: float) -> list[Seen]:
    """Tops in photos of their own."""
    return [Seen(f"photo {i}", 0, "tops", angle) for i, angle in enumerate(angles)]


def sizes(seen: list[Seen], settings: ClusterSettings) -> list[int]:
    return sorted(len(g.garment_ids) for g in group(pile(seen), settings))


@pytest.mark.parametrize("same", [0.5, 0.85, 0.99])
def test_the_same_vector_in_other_photos_is_the_same_item(same: float) -> None:
    assert sizes(tops(20, 20, 20), options(same)) == [3]


def test_two_are_joined_from_the_threshold_on() -> None:
    for angle in (5, 20, 31):
        assert sizes(tops(0, angle), options(cosine(angle) - 1e-4)) == [2]
        assert sizes(tops(0, angle), options(cosine(angle) + 1e-4)) == [1, 1]


def test_chains_end_where_their_ends_are_too_far_apart() -> None:
    assert cosine(60) < 0.70 < cosine(45) < 0.85 < cosine(30)
    assert sizes(tops(0, 45), options()) == [1, 1]
    assert sizes(tops(0, 22, 45), options()) == [3]
    assert sizes(tops(0, 30, 60), options()) == [1, 2]


def test_another_category_needs_the_higher_cosine_and_is_flagged() -> None:
    def both(angle: float, settings: ClusterSettings) -> tuple[Group, ...]:
        return group(pile([Seen("a", 0, "tops", 0), Seen("b", 0, "outerwear", angle)]), settings)

    assert cosine(10) > 0.95 > cosine(25) > 0.85
    (one,) = both(10, options())
    assert one.flagged == "seen as outerwear and as tops"
    assert [g.flagged for g in both(25, options())] == [None, None]
    assert len(both(25, options(same=0.99, cross=0.8))) == 2  # never easier than within a category
    assert group(pile(tops(0, 10)), options())[0].flagged is None


def test_the_likest_stay_together_where_one_photo_shows_two() -> None:
    seen = [Seen("a", 0, "tops", 0), Seen("a", 1, "tops", 24), Seen("b", 0, "tops", 2)]
    groups = group(pile(seen), options())
    left, right, other = (g.id for g in pile(seen).garments)
    assert {g.garment_ids for g in groups} == {tuple(sorted((left, other))), (right,)}


def test_the_surer_word_decides_what_counts_as_one_category() -> None:
    p = pile(tops(0, 25))
    sure = Labels("outerwear", 0.95, None, 0.0)  # surer than the segmenter's 0.9
    assert len(group(p, options())) == 1
    assert len(group(Pile(p.garments, p.vectors, (sure, p.labels[1])), options())) == 2


def test_an_empty_pile_has_no_groups() -> None:
    nothing: NDArray[np.float32] = np.zeros((0, 256), np.float32)
    assert group(Pile((), nothing, ()), options()) == ()


def test_one_photo_with_two_does_not_break_what_the_others_have_together() -> None:
    seen = [*tops(0, 10, 20, 30, 40), Seen("photo 0", 5, "tops", 1)]
    assert sizes(seen, options()) == [1, 5]
