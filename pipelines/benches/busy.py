"""How busy a GPU is while something runs, and how much of its memory that takes."""

from __future__ import annotations

import shutil
import subprocess
from types import TracebackType

EVERY_MS = 100
ASKED = ("utilization.gpu", "memory.used")


class Busy:
    """Asks ``nvidia-smi`` ten times a second between entering and leaving.

    Attributes:
        share: mean of the shares of time in which a kernel ran, 0 to 1; None where nobody answered.
        peak_mb: most memory in use on the device, whoever used it, MB; None likewise.

    Args:
        device: as torch names it; ``cuda:1`` is the second. Anything but CUDA is never asked about.
    """

    share: float | None = None
    peak_mb: float | None = None

    def __init__(self, device: str) -> None:
        self._asked: subprocess.Popen[str] | None = None
        self._index = device.partition(":")[2] or "0"
        self._cuda = device.startswith("cuda") and self._index.isdigit()

    def __enter__(self) -> Busy:
        if self._cuda and shutil.which("nvidia-smi"):
            query = f"--query-gpu={','.join(ASKED)}"
            command = ["nvidia-smi", query, "--format=csv,noheader,nounits", "-i", self._index]
            self._asked = subprocess.Popen(
                [*command, f"-lms={EVERY_MS}"], stdout=subprocess.PIPE, text=True
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._asked is None:
            return
        self._asked.terminate()
        said, _ = self._asked.communicate()
        self.share, self.peak_mb = read(said)


def read(said: str) -> tuple[float | None, float | None]:
    """Mean share and largest memory (MB) of lines "percent, MiB"; lines that say neither are left out."""
    rows = []
    for line in said.splitlines():
        words = [w.strip() for w in line.split(",")]
        if len(words) == len(ASKED) and all(w.isdigit() for w in words):
            rows.append([int(w) for w in words])
    if not rows:
        return None, None
    shares, memory = zip(*rows, strict=True)
    return sum(shares) / len(shares) / 100, max(memory) * 2**20 / 1e6
