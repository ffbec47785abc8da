"""Work in a process of its own, so that its memory is its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work answered and took.

    Attributes:
        value: what it returned; None when it died.
        seconds: wall time of the whole process, interpreter and imports included.
        peak_mb: largest resident memory, MB (10**6 bytes).
        died: how it ended when not well, such as "killed by signal 9".
    """

    value: Any
    seconds: float
    peak_mb: float | None
    died: str | None = None


def alone(work: Callable[..., Any], *args: Any) -> Cost:
    """Run ``work(*args)`` in a fresh process.

    Args:
        work: a function at the top of a module; its answer must be picklable.
    """
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(far, work, args))
    began = time.perf_counter()
    process.start()
    far.close()
    try:
        value, peak = near.recv()
    except EOFError:
        value, peak = None, None
    process.join()
    code = process.exitcode or 0
    died = f"killed by signal {-code}" if code < 0 else f"ended with {code}" if code else None
    return Cost(value, time.perf_counter() - began, peak, died)


def peak_mb() -> float:
    """The largest resident memory this process has had, MB."""
    status = Path("/proc/self/status")
    if status.exists():  # a process that was forked off also counts its parent's in ru_maxrss
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _do(far: Any, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    value = work(*args)
    far.send((value, peak_mb()))
