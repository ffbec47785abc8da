"""A run's workers: threads that share what a stage has to do.

Threads suffice, since NumPy, SciPy, Pillow and torch let others go on while they compute; models are loaded
once and pictures are in memory once. Answers come in the order of the inputs, whoever was first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from threadpoolctl import threadpool_limits

In = TypeVar("In")
Out = TypeVar("Out")

MOST = 8  # workers unless more are asked for: each holds a photo's sums of up to 150 MB


class Crew:
    """So many threads, from entering to leaving; they start with the first work.

    Args:
        workers: 1 works in the thread that asks; 0 for one a processor, :data:`MOST` at most.
        may_share: whether a model may be asked by several threads at once, and gains by it; given
            the :attr:`~wardrobe.runner.Stage.model` of a stage, and not asked about rules.
    """

    def __init__(self, workers: int, may_share: Callable[[str], bool] = lambda _: True) -> None:
        self.workers = workers or min(_processors(), MOST)
        self._may_share = may_share
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="crew")

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def shares(self, model: str) -> bool:
        """Whether a stage with that model is shared."""
        return not model or self._may_share(model)

    def each(self, work: Callable[[In], Out], inputs: Iterable[In]) -> Sequence[Out]:
        """``work`` of every input, in order; BLAS has no threads of its own meanwhile, which would spin.

        Raises:
            Exception: the first, in that order, that an input raised; what wasn't begun by then never is.
        """
        with threadpool_limits(1, "blas"):
            if self.workers == 1:
                return [work(one) for one in inputs]
            coming = [self._pool.submit(work, one) for one in inputs]
            try:
                return [future.result() for future in coming]
            finally:
                for future in coming:
                    future.cancel()


def _processors() -> int:
    """Those this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
