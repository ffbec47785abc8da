"""Choose how far a face is believed about the light on a garment (``wardrobe/relight.py``).

    python pipelines/fit_light.py PAIRS

On rendered pairs (``render_samples --route fast --pairs``, never those that figures are reported on) the
same garment is seen in two photos. Prints the Delta E 2000 between its medians there, after the one was
brought into the other's light by each pair of weights.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import tryon_pairs
from numpy.typing import NDArray

from wardrobe import color, relight

BRIGHT, TINT = (0.0, 0.5, 0.7, 0.85, 0.95, 1.1), (0.0, 0.25, 0.4, 0.7, 1.0)
DIM = (0.0, 0.005, 0.01, 0.02, 0.04)


def main() -> None:
    rows = []
    for pair in tryon_pairs.load(Path(sys.argv[1])):
        of, to = pair.piece.light.face, tryon_pairs.wearer_of(pair).light.face
        if of is not None and to is not None:
            here, there = pair.piece.image[pair.piece.mask], pair.true[pair.new]
            level = float(np.exp(min(of.mean(), to.mean())))
            rows.append((_median(here), _median(there), to - of, level))
    print("brightness tint dim: median and mean Delta E 2000,", len(rows), "pairs")
    for bright, tint, dim in itertools.product(BRIGHT, TINT, DIM):
        errors = []
        for here, there, off, level in rows:
            said = bright * level / (level + dim)
            by = np.exp(said * off.mean() + tint * (off - off.mean()))
            errors.append(float(color.delta_e2000(_lab(here * by), _lab(there))))
        print(f"{bright:.2f} {tint:.2f} {dim:.3f}: {np.median(errors):.2f} {np.mean(errors):.2f}")


def _median(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(np.median(color.linear(pixels), axis=0))


def _lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return color.to_lab(relight.developed(light).round().astype(np.uint8)[None])[0]


if __name__ == "__main__":
    main()
