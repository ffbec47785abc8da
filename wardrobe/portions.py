"""Work done in portions that fit a device's memory; the size that fits is found once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Portions:
    """Maps a function over inputs, so many at a time; halved for good when memory runs out.

    Args:
        size: inputs a portion.
        free: called after memory ran out, such as ``torch.cuda.empty_cache``.
    """

    def __init__(self, size: int, free: Callable[[], Any] = lambda: None) -> None:
        self.size, self._free = size, free

    def __call__(
        self, work: Callable[[Sequence[In]], Sequence[Out]], all_: Sequence[In]
    ) -> list[Out]:
        """One output per input, in order.

        Raises:
            Exception: whatever the work raises, but memory that ran out on more than one input.
        """
        out: list[Out] = []
        while len(out) < len(all_):
            part = all_[len(out) : len(out) + self.size]
            try:
                out += work(part)
                continue
            except Exception as e:
                if not out_of_memory(e) or len(part) == 1:
                    raise
            self._free()  # here, where the failed attempt's tensors are gone
            self.size = max(len(part) // 2, 1)
        return out


def out_of_memory(e: BaseException) -> bool:
    """Whether a device's memory ran out; torch's error is known by name, so torch isn't needed."""
    return type(e).__name__ == "OutOfMemoryError"
