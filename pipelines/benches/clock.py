"""Wall and processor seconds, as a whole and function by function."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Clock = tuple[float, float]  # wall and processor seconds
Out = TypeVar("Out")


class Spent:
    """What named functions took."""

    def __init__(self) -> None:
        self._by: dict[str, Clock] = defaultdict(lambda: (0.0, 0.0))

    def timed(self, name: str, function: Callable[..., Out]) -> Callable[..., Out]:
        """The same function, its time noted."""

        def answer(*args: Any) -> Out:
            clock, said = self.clock(lambda: function(*args))
            self._by[name] = (self._by[name][0] + clock[0], self._by[name][1] + clock[1])
            return said

        return answer

    def forget(self) -> None:
        """Begin anew, once everything is warm."""
        self._by.clear()

    def rest(self, total: Clock, name: str) -> dict[str, Clock]:
        """What every function took, and under ``name`` what is left of the total."""
        wall, processor = (sum(c[k] for c in self._by.values()) for k in (0, 1))
        return {**self._by, name: (total[0] - wall, total[1] - processor)}

    @staticmethod
    def clock(work: Callable[[], Out]) -> tuple[Clock, Out]:
        wall, processor = time.perf_counter(), time.process_time()
        value = work()
        return (time.perf_counter() - wall, time.process_time() - processor), value
