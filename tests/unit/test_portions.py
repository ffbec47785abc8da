"""Portions: in order, halved for good when memory runs out, and never less than one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wardrobe.portions import Portions, out_of_memory


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


def test_every_input_is_answered_in_order() -> None:
    asked: list[int] = []

    def work(part: Sequence[int]) -> list[int]:
        asked.append(len(part))
        return [2 * x for x in part]

    assert Portions(3)(work, range(8)) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert asked == [3, 3, 2]
    assert Portions(3)(work, []) == []


def test_the_size_that_fits_is_found_once_and_kept() -> None:
    asked: list[int] = []
    freed: list[bool] = []

    def work(part: Sequence[int]) -> list[int]:
        asked.append(len(part))
        if len(part) > 3:
            raise OutOfMemoryError("CUDA out of memory")
        return list(part)

    portions = Portions(16, lambda: freed.append(True))
    assert portions(work, range(10)) == list(range(10))
    assert asked == [10, 5, 2, 2, 2, 2, 2]
    assert len(freed) == 2
    assert portions.size == 2
    asked.clear()
    portions(work, range(4))
    assert asked == [2, 2]


def test_one_that_does_not_fit_and_any_other_error_are_raised() -> None:
    def never(part: Sequence[int]) -> list[int]:
        raise OutOfMemoryError

    with pytest.raises(OutOfMemoryError):
        Portions(4)(never, range(4))

    def broken(part: Sequence[int]) -> list[int]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Portions(4)(broken, range(4))
    assert out_of_memory(OutOfMemoryError())
    assert not out_of_memory(MemoryError())
