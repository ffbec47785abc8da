"""Pairs that are alike: every one where all are looked at, nearly every one through cells; and the
pieces that links make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from wardrobe import links, neighbours
from wardrobe.links import Links


def clustered(n: int, seed: int = 0) -> np.ndarray:
    """Unit vectors scattered round items of a few each; many pairs lie near 0.85."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n // 4, 256))
    far = rng.uniform(0.1, 0.7, (n, 1))
    views = rng.standard_normal((n, 256)) / 16
    points = centres[rng.integers(0, len(centres), n)] / 16 + far * views
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def plainly(vectors: np.ndarray, least: float) -> dict[tuple[int, int], float]:
    cosines = vectors @ vectors.T
    i, j = np.nonzero(np.triu(cosines >= least, k=1))
    return {(int(a), int(b)): float(cosines[a, b]) for a, b in zip(i, j, strict=True)}


def found(vectors: np.ndarray, least: float, exact: int) -> dict[tuple[int, int], float]:
    i, j, cosines = neighbours.pairs(vectors, least, exact=exact)
    out = dict(zip(zip(i.tolist(), j.tolist(), strict=True), cosines.tolist(), strict=True))
    assert len(out) == len(i)
    assert list(out) == sorted(out)
    assert all(a < b for a, b in out)
    return out


def test_every_pair_is_found_where_all_are_looked_at() -> None:
    vectors = clustered(1300)
    wanted = plainly(vectors, 0.8)
    got = found(vectors, 0.8, exact=2000)
    assert len(wanted) > 500
    # A product in blocks rounds otherwise in the last digit.
    assert {p for p, c in wanted.items() if c > 0.80001} <= got.keys()
    assert all(got[p] == pytest.approx(c, abs=1e-5) for p, c in wanted.items() if p in got)


def test_through_cells_hardly_one_in_a_thousand_is_missed_and_none_made_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours, "PROBES", 12)  # of 40 cells: as many are skipped as of 250
    vectors = clustered(16_000)
    wanted = plainly(vectors, 0.83)
    got = found(vectors, 0.83, exact=0)
    near = {p for p, c in wanted.items() if 0.83001 < c < 0.87}
    assert len(near) > 4000
    assert len(near & got.keys()) / len(near) >= 0.999
    assert all(wanted.get(p, 0.83) == pytest.approx(c, abs=1e-4) for p, c in got.items())


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("exact", [0, 100])
def test_few_vectors_are_no_special_case(n: int, exact: int) -> None:
    if n == 0 and exact == 0:
        exact = 1  # nothing is always looked at whole
    vectors = np.tile(clustered(8)[:1], (n, 1))
    assert len(found(vectors, 0.9, exact)) == n * (n - 1) // 2


def test_links_join_until_something_forbids_it_and_what_forbids_once_is_not_asked_again() -> None:
    asked: list[tuple[Sequence[int], Sequence[int]]] = []

    def may(k: int, one: Sequence[int], other: Sequence[int]) -> bool:
        asked.append((tuple(one), tuple(other)))
        return not ({0, 5} <= {*one, *other})  # 0 and 5 are two things

    chain = Links.of([(0, 1), (4, 5), (2, 3), (1, 2), (3, 4), (2, 4), (0, 5)])
    pieces, refused = links.within(range(6), chain, may)
    assert sorted(pieces) == [[0, 1, 2, 3], [4, 5]]
    assert refused.tolist() == [4, 5, 6]
    assert len(asked) == 5


def test_a_grown_piece_keeps_what_it_can_not_be_joined_with() -> None:
    def may(k: int, one: Sequence[int], other: Sequence[int]) -> bool:
        return not ({1, 3} <= {*one, *other})

    pairs = Links.of([(1, 3), (0, 1), (2, 3), (0, 2)])
    pieces, refused = links.within(range(4), pairs, may)
    assert sorted(pieces) == [[0, 1], [2, 3]]
    assert refused.tolist() == [0, 3]
