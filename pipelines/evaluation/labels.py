"""What garments are called: category, finer type, colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from wardrobe import color

CALIBRATION_BINS = 15
#: A colour is found when one of the said ones is no further from it (Delta E 2000): past the
#: difference of cloth in shade and in sun, short of the next name.
SAME_COLOUR = 12.0
MINOR_COLOUR = 0.15  # share of the garment below which nobody is asked to name a colour


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """A classifier's words against the true ones.

    Attributes:
        macro_f1: mean over the classes that truth holds, each counting alike.
        calibration_error: see :func:`calibration_error`.
        names: of the confusion's rows (true) and columns (said), in order.
        confusion: (k, k) counts.
    """

    garments: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    names: tuple[str, ...]
    confusion: NDArray[np.int64]


def classification(
    said: Sequence[str], confidence: ArrayLike, true: Sequence[str]
) -> Classification:
    """Compare n words, at least one, with the true ones.

    Args:
        confidence: (n,) in [0, 1], that the word is right.
    """
    asked = sorted(set(true))
    names = [*asked, *sorted(set(said) - set(true))]
    return Classification(
        garments=len(true),
        accuracy=float(accuracy_score(true, said)),
        macro_f1=float(f1_score(true, said, labels=asked, average="macro", zero_division=0)),
        calibration_error=calibration_error(
            confidence, [a == b for a, b in zip(said, true, strict=True)]
        ),
        names=tuple(names),
        confusion=confusion_matrix(true, said, labels=names),
    )


def calibration_error(confidence: ArrayLike, right: ArrayLike) -> float:
    """Expected gap between confidence and being right, over 15 bins of equal width (Guo et al.
    2017); in [0, 1].

    Args:
        confidence: (n,) in [0, 1].
        right: (n,) bool.
    """
    from torchmetrics.functional.classification import binary_calibration_error

    sure = torch.from_numpy(np.asarray(confidence, np.float32))
    hit = torch.from_numpy(np.asarray(right, np.int64))
    return float(binary_calibration_error(sure, hit, n_bins=CALIBRATION_BINS))


def types(
    said: Sequence[str | None], allowed: Sequence[frozenset[str]]
) -> tuple[float | None, float | None]:
    """Accuracy of finer types where one was told, and the share of garments where one was.

    Args:
        allowed: the types that a garment's true label leaves open; empty where none is known.
    """
    asked = [(s, a) for s, a in zip(said, allowed, strict=True) if a]
    told = [s in a for s, a in asked if s is not None]
    return mean(told) if told else None, len(told) / len(asked) if asked else None


Colours = Sequence[tuple[str, str, float]]  # name, "#rrggbb", share of the garment; largest first


@dataclass(frozen=True, slots=True)
class ColourScore:
    """Said colours against those of the fabric.

    Attributes:
        main_error: mean Delta E 2000 of the largest said colour to the largest true one.
        recall: of the true colours that cover MINOR_COLOUR or more, the share that a said one comes
            within SAME_COLOUR of.
        precision: the same of the said colours.
    """

    main_error: float
    recall: float
    precision: float


def colours(said: Sequence[Colours], true: Sequence[Colours]) -> ColourScore | None:
    """Compare the colours of n garments; None where no garment has both.

    By distance and not by name: truth calls its fabrics as the person who drew them did.
    """
    errors, found, meant = [], [], []
    for told, fabric in zip(said, true, strict=True):
        fabric = [c for c in fabric if c[2] >= MINOR_COLOUR]
        if not told or not fabric:
            continue
        a, b = (
            color.to_lab(np.stack([color.from_hex(h) for _, h, _ in c])) for c in (told, fabric)
        )
        apart = color.delta_e2000(a[:, None], b[None])
        errors.append(float(apart[0, 0]))
        found += (apart.min(axis=0) <= SAME_COLOUR).tolist()
        meant += (apart.min(axis=1) <= SAME_COLOUR).tolist()
    return ColourScore(mean(errors), mean(found), mean(meant)) if errors else None
