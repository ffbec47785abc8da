"""Wall and processor seconds, as a whole and function by function."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Clock = tuple[float, float]  # wall and processor seconds
Out = TypeVar("Out")


class Spent:
    """What named functions took. Where several threads are in one at once, their time counts once, and all
    that the process did meanwhile counts."""

    def __init__(self) -> None:
        self._by: dict[str, Clock] = defaultdict(lambda: (0.0, 0.0))
        self._inside: Counter[str] = Counter()  # threads
        self._began: dict[str, Clock] = {}
        self._turn = threading.Lock()

    def timed(self, name: str, function: Callable[..., Out]) -> Callable[..., Out]:
        """The same function, its time noted."""

        def answer(*args: Any) -> Out:
            with self._turn:
                if not self._inside[name]:
                    self._began[name] = time.perf_counter(), time.process_time()
                self._inside[name] += 1
            try:
                return function(*args)
            finally:
                with self._turn:
                    self._inside[name] -= 1
                    if not self._inside[name]:
                        wall, processor = self._began[name]
                        self._by[name] = (
                            self._by[name][0] + time.perf_counter() - wall,
                            self._by[name][1] + time.process_time() - processor,
                        )

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
