"""What garments are called: category, finer type, colours; and whether garments go together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score
from torchmetrics.functional.classification import binary_calibration_error

from wardrobe import color
from wardrobe.labels import Category
from wardrobe.stages.outfit import Matcher, compatibility

CALIBRATION_BINS = 15
CHOICES = 4  # of fill-in-the-blank, as Han et al. 2017 ask it: chance is a quarter
#: A colour is found when one of the said ones is no further from it (Delta E 2000): past the
#: difference of cloth in shade and in sun, short of the next name.
SAME_COLOUR = 12.0
MINOR_COLOUR = 0.15  # share of the garment below which nobody is asked to name a colour


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """A classifier's words against the true ones.

    Attributes:
        macro_f1: mean over the classes that truth holds, each counting alike.
        calibration_error: expected gap between confidence and being right, over 15 bins of equal
            width (Guo et al. 2017); in [0, 1].
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
    right = torch.tensor([a == b for a, b in zip(said, true, strict=True)], dtype=torch.int64)
    sure = torch.from_numpy(np.asarray(confidence, np.float32))
    return Classification(
        garments=len(true),
        accuracy=float(accuracy_score(true, said)),
        macro_f1=float(f1_score(true, said, labels=asked, average="macro", zero_division=0)),
        calibration_error=float(binary_calibration_error(sure, right, n_bins=CALIBRATION_BINS)),
        names=tuple(names),
        confusion=confusion_matrix(true, said, labels=names),
    )


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


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One garment of an outfit: vector (256,) of length 1, mean colour (3,) in CIELAB."""

    category: Category
    vector: NDArray[np.float32]
    lab: NDArray[np.float64]


Outfit = Sequence[Piece]
Scorer = Callable[[Outfit], float]


@dataclass(frozen=True, slots=True)
class Compatibility:
    """How well a scorer knows worn outfits from made-up ones.

    Attributes:
        auc: probability that a worn outfit scores higher than one of the same categories put
            together from other photos.
        fill_in_the_blank: how often the piece that was worn is chosen among four of its category;
            a tie counts as a guess.
        outfits, questions: how many were judged.
    """

    auc: float
    fill_in_the_blank: float
    outfits: int
    questions: int


def compatible(
    outfits: Sequence[Outfit], score: Scorer, *, fakes: int = 5, seed: int = 7
) -> Compatibility | None:
    """Judge a scorer on held-out outfits; None where they are too few to put others together.

    Only outfits of two pieces or more are judged. Every wrong piece has the right one's category,
    else the categories alone would give it away. Equal seeds ask the same questions.
    """
    rng = np.random.default_rng(seed)
    pool: defaultdict[Category, list[tuple[int, Piece]]] = defaultdict(list)
    for k, outfit in enumerate(outfits):
        for piece in outfit:
            pool[piece.category].append((k, piece))
    worn, made_up, answers = [], [], []
    for k, outfit in enumerate(outfits):
        drawn = [_drawn(outfit, k, pool, rng) for _ in range(fakes)]
        if len(outfit) < 2 or None in drawn:
            continue
        right = score(outfit)
        worn.append(right)
        made_up += [score(other) for other in drawn if other]
        for place, piece in enumerate(outfit):
            others = [p for j, p in pool[piece.category] if j != k]
            if len(others) >= CHOICES - 1:
                picked = rng.choice(len(others), CHOICES - 1, replace=False)
                wrong = [score([*outfit[:place], others[i], *outfit[place + 1 :]]) for i in picked]
                answers.append(_chosen(right, wrong))
    if not answers:
        return None
    truth = [1] * len(worn) + [0] * len(made_up)
    auc = float(roc_auc_score(truth, worn + made_up))
    return Compatibility(auc, mean(answers), len(worn), len(answers))


def _drawn(
    outfit: Outfit,
    at: int,
    pool: Mapping[Category, Sequence[tuple[int, Piece]]],
    rng: np.random.Generator,
) -> list[Piece] | None:
    """Pieces of the same categories, every one from another photo; None where there are too few.

    Two of one photo may well have been worn together.
    """
    used, out = {at}, []
    for piece in outfit:
        open_to = [(j, p) for j, p in pool[piece.category] if j not in used]
        if not open_to:
            return None
        photo, other = open_to[rng.integers(len(open_to))]
        used.add(photo)
        out.append(other)
    return out


def _chosen(right: float, wrong: Sequence[float]) -> float:
    """Chance that the right one is picked of those that score highest."""
    best = max(right, *wrong)
    return 0.0 if right < best else 1 / (1 + sum(w == best for w in wrong))


def by_model(match: Matcher) -> Scorer:
    """The house's measure of an outfit."""

    def score(outfit: Outfit) -> float:
        vectors = np.stack([p.vector for p in outfit])
        return compatibility(vectors, [p.category for p in outfit], match) or 0.0

    return score


def by_popularity(outfits: Sequence[Outfit]) -> Scorer:
    """Baseline: how usual each piece is among all of its category, whatever it is worn with."""
    usual: dict[Category, NDArray[np.float32]] = {}
    for category in {p.category for o in outfits for p in o}:
        usual[category] = np.mean(
            [p.vector for o in outfits for p in o if p.category == category], axis=0
        )
    return lambda outfit: mean(float(p.vector @ usual[p.category]) for p in outfit)


def by_colour(outfit: Outfit) -> float:
    """Baseline: the nearer the pieces' colours, the better they go together."""
    return -mean(float(color.delta_e2000(a.lab, b.lab)) for a, b in combinations(outfit, 2))
