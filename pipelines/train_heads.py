"""Train the gpu profile's classifier: category and type heads on the frozen encoder's vectors.

    python pipelines/train_heads.py moda-heads --shared ../shared

The same garments, loss and calibration as ``train_classify.py``, described by the encoder that the
head's registry entry needs. Written to the models folder and pinned. Use it with
``--set classify.model=moda-heads``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import garments
import numpy as np
import torch
from fit_projection import keep
from numpy.typing import NDArray
from torch import Tensor
from train_classify import Lesson, calibrate, fit, is_kept_back

from wardrobe import backends, weights
from wardrobe.types import Crop

A_BATCH = 256


def described(embed: Any, data: garments.Garments, rows: NDArray[np.intp]) -> Tensor:
    """(n, 256) vectors of the rows' garments."""
    out = []
    for start in range(0, len(rows), A_BATCH):
        tiles = [data.pixels[r] for r in rows[start : start + A_BATCH]]
        out.append(embed([Crop(np.ascontiguousarray(t[..., :3]), t[..., 3] > 127) for t in tiles]))
    return torch.from_numpy(np.concatenate(out))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--device", default="auto")
    args = parser.parse_args(argv)
    data = garments.load(args.shared, args.runs)
    embed = backends.create("embed", weights.find(args.model).needs, args.device)
    rows = data.rows(validation=False)
    rows = rows[data.pixels[rows][..., 3].any(axis=(1, 2))]
    features = described(embed, data, rows)
    truth, allowed = torch.from_numpy(data.category[rows]), torch.from_numpy(data.types[rows])
    back = torch.tensor([is_kept_back(g) for g in data.group[rows]])
    lesson = Lesson(features, truth, allowed, torch.ones(len(truth)), back)
    head = fit(lesson)
    calibrate(head, lesson)
    tensors = {k: v.numpy() for k, v in head.state_dict().items()}
    print(keep(args.model, "weights.safetensors", tensors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
