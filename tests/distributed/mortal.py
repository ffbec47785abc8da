"""Models for actors on a cluster: the drawn people's, of which one kills its process once."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import fakes


def create(stage: str, name: str, device: str) -> Any:
    model = fakes.Models().create(stage, name, device)
    marker = os.environ.get("MORTAL_MARKER")

    def answer(batch: Any, *more: Any) -> Any:
        if marker and stage == "segment" and not Path(marker).exists():
            Path(marker).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return model(batch, *more)

    return answer
