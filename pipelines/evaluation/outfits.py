"""Do garments go together: a scorer against outfits that were really worn, beside plain baselines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean

import numpy as np
import street
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from wardrobe import color
from wardrobe.labels import Category
from wardrobe.stages.embed import Embedder
from wardrobe.stages.outfit import JUDGED, SLOT_OF, Matcher, compatibility
from wardrobe.types import Crop

CHOICES = 4  # of fill-in-the-blank, as Han et al. 2017 ask it: chance is a quarter


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


def worn_on_the_street(root: Path, numbers: Sequence[str], embed: Embedder) -> list[list[Piece]]:
    """The outfits of labelled street photos, cut out by their maps.

    Args:
        root: photos/, labels/ and label_names.json.
        numbers: of the photos, none of which the scorer was trained on.
    """
    outfits = []
    for number in numbers:
        photo = street.load(root, number)
        kinds = [
            (k, category)
            for k, (category, _) in enumerate(photo.instances, start=1)
            if SLOT_OF[category] in JUDGED
        ]
        if kinds:
            masks = [photo.ids == k for k, _ in kinds]
            vectors = embed([Crop(photo.image, mask) for mask in masks])
            outfits.append([
                Piece(category, vector, color.to_lab(photo.image[mask]).mean(axis=0))
                for (_, category), vector, mask in zip(kinds, vectors, masks, strict=True)
            ])  # fmt: skip
    return outfits
