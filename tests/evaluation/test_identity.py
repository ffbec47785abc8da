"""Grouping metrics against examples worked by hand, and against search where there is a minimum."""

from __future__ import annotations

from collections import deque
from itertools import combinations

import numpy as np
import pytest
from evaluation.identity import bcubed, corrections, curve, identity, pairwise, recall_at_1, roc_auc
from hypothesis import given
from hypothesis import strategies as st

# Seven sightings of three garments: A A A B B C C. Items: {A A B} {A} {B C C}.
TRUE = [0, 0, 0, 1, 1, 2, 2]
ITEMS = [10, 10, 11, 10, 12, 12, 12]


def test_pairwise_by_hand() -> None:
    # Joined: AA AB AB | BC BC CC = 6 pairs, 2 of them right. True pairs: 3 of A, 1 of B, 1 of C.
    found = pairwise(ITEMS, TRUE)
    assert found.precision == pytest.approx(2 / 6)
    assert found.recall == pytest.approx(2 / 5)
    assert found.f1 == pytest.approx(2 * (1 / 3) * (2 / 5) / (1 / 3 + 2 / 5))


def test_bcubed_by_hand() -> None:
    # Precision of each garment: A 2/3, A 2/3, A 1, B 1/3, B 1/3, C 2/3, C 2/3.
    # Recall: A 2/3, A 2/3, A 1/3, B 1/2, B 1/2, C 1, C 1.
    found = bcubed(ITEMS, TRUE)
    assert found.precision == pytest.approx((2 / 3 + 2 / 3 + 1 + 1 / 3 + 1 / 3 + 2 / 3 + 2 / 3) / 7)
    assert found.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1 + 1) / 7)


def test_rates_and_corrections_by_hand() -> None:
    found = identity(ITEMS, TRUE)
    assert (found.garments, found.items, found.true_items) == (7, 3, 3)
    assert found.over_merge_rate == pytest.approx(2 / 3)  # {A A B} and {B C C}
    assert found.split_rate == pytest.approx(2 / 3)  # A and B lie in two items
    # All hang together: two merges and two splits, as many as taking B out of both items,
    # putting the two B together, and joining the lone A.
    assert (found.merges, found.splits) == (2, 2)
    assert found.corrections_per_100 == pytest.approx(400 / 3)


def test_a_perfect_grouping_needs_nothing() -> None:
    found = identity([5, 5, 9], [0, 0, 1])
    assert (found.over_merge_rate, found.split_rate, found.corrections_per_100) == (0, 0, 0)
    assert found.pairwise.f1 == found.bcubed.f1 == 1


def test_garments_seen_once_have_no_recall_and_no_split() -> None:
    found = identity([0, 0, 1], [0, 1, 2])
    assert found.pairwise.precision == 0
    assert found.pairwise.recall is None
    assert found.pairwise.f1 is None
    assert found.split_rate is None
    assert found.over_merge_rate == 0.5


def _merged_or_split(partition: frozenset[frozenset[int]]) -> set[frozenset[frozenset[int]]]:
    out = set()
    for a, b in combinations(partition, 2):
        out.add(partition - {a, b} | {a | b})
    for block in partition:
        for size in range(1, len(block) // 2 + 1):
            for part in combinations(sorted(block), size):
                out.add(partition - {block} | {frozenset(part), block - frozenset(part)})
    return out


def _shortest(start: list[int], goal: list[int]) -> int:
    """Breadth first over all partitions: slow, and sure."""
    first, last = (
        frozenset(frozenset(i for i, x in enumerate(p) if x == label) for label in set(p))
        for p in (start, goal)
    )
    queue, far = deque([first]), {first: 0}
    while queue:
        now = queue.popleft()
        if now == last:
            return far[now]
        for other in _merged_or_split(now) - set(far):
            far[other] = far[now] + 1
            queue.append(other)
    raise AssertionError("every partition leads to every other")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5))
def test_corrections_are_the_fewest_there_are(labels: list[tuple[int, int]]) -> None:
    predicted, true = [a for a, _ in labels], [b for _, b in labels]
    assert sum(corrections(predicted, true)) == _shortest(predicted, true)


def test_two_pairs_crossed_need_two_corrections() -> None:
    # {a b} {c d} to {a c} {b d}: merged to one, then {a c} taken out. Taking both apart first
    # would need four.
    assert corrections([0, 0, 1, 1], [0, 1, 0, 1]) == (1, 1)


def test_roc_auc_by_hand() -> None:
    angles = np.deg2rad([0, 10, 5, 60])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    true = [0, 0, 1, 1]
    # One garment: 10 and 55 degrees apart. Two: 5, 60, 5, 50. Of 8 comparisons 10 wins over 60
    # and 50, 55 wins over 60.
    assert roc_auc(vectors, true) == pytest.approx(3 / 8)
    # Without the pair of rows 0 and 3 (60 degrees): 10 wins over 50 alone, 55 over none.
    open_pairs = np.ones((4, 4), bool)
    open_pairs[0, 3] = open_pairs[3, 0] = False
    assert roc_auc(vectors, true, open_pairs) == pytest.approx(1 / 6)
    assert roc_auc(vectors, [0, 1, 2, 3]) is None


def test_recall_at_1_by_hand() -> None:
    angles = np.deg2rad([0, 1, 30, 34, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    true, clip = [0, 0, 0, 1, 1], ["a", "a", "b", "c", "d"]
    # Row 0: its twin in clip a may not answer, row 2 (30) is the likest elsewhere: right. Row 1:
    # row 2 (29): right. Row 2: row 3 (4 degrees): wrong. Row 3: row 2: wrong. Row 4: row 3: right.
    assert recall_at_1(vectors, true, clip) == (pytest.approx(3 / 5), 5)
    assert recall_at_1(vectors, [0, 1, 2, 3, 4], clip) == (None, 0)


def test_the_curve_asks_for_the_grouping_at_every_threshold() -> None:
    points = curve(lambda t: [0, 0] if t < 0.9 else [0, 1], [0, 1], (0.8, 0.9))
    assert [(t, p.over_merge_rate) for t, p in points] == [(0.8, 1.0), (0.9, 0.0)]
