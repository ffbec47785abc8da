"""What garments are called, measured: on a library's photos, on labelled crops, on worn outfits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from evaluation import outfits
from evaluation.labels import Classification, classification, colours, types
from evaluation.report import Section, WorstCase, cases, confusion, dimmed
from evaluation.sources import Case, Labelled, crop, sightings
from evaluation.table import Findings, Row
from numpy.typing import NDArray

from wardrobe import backends, color
from wardrobe.config import Settings
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.stages import classify
from wardrobe.types import Labels

WORST = 12
BATCH = 32
#: Wanted of the category, by source.
ACCURACY = {"flat": ">= 0.93", "street": ">= 0.88", "sample": ">= 0.88"}


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Labelled garments with the models' answers.

    Attributes:
        vectors: (n, 256) float32 of length 1.
    """

    source: str
    pieces: Sequence[Labelled]
    vectors: NDArray[np.float32]
    labels: Sequence[Labels]


def describe(source: str, pieces: Sequence[Labelled], settings: Settings) -> Described:
    """Embed and classify labelled crops as the product does."""
    device = settings.run.device
    embed = backends.create("embed", settings.embed.model, device)
    name = backends.create("classify", settings.classify.model, device)
    vectors, labels = [], []
    for start in range(0, len(pieces), BATCH):
        crops = [p.crop for p in pieces[start : start + BATCH]]
        vectors.append(embed(crops))
        for scores, cut in zip(name(crops), crops, strict=True):
            told = classify.Described(scores, color.main_colours(cut.image[cut.mask]))
            labels.append(classify.labels(told, settings.classify))
    return Described(source, pieces, np.concatenate(vectors), labels)


def of_described(d: Described) -> Findings:
    """Categories and types of labelled crops."""
    found = classification(
        [x.category for x in d.labels],
        [x.confidence for x in d.labels],
        [p.category for p in d.pieces],
    )
    kinds = types([x.type for x in d.labels], [p.types for p in d.pieces])
    wrong = sorted(
        (i for i, p in enumerate(d.pieces) if d.labels[i].category != p.category),
        key=lambda i: -d.labels[i].confidence,
    )
    worst = [
        WorstCase(_told(d.pieces[i].category, d.labels[i]), (dimmed(d.pieces[i].crop),))
        for i in wrong[:WORST]
    ]
    return Findings(_rows(d.source, found, kinds), _sections(d.source, found, worst))


def by_crop_alone(d: Described, settings: Settings) -> Findings:
    """The same garments without their wearers' poses: what the position adds."""
    name = backends.create("classify", settings.classify.model, settings.run.device)
    crops = [replace(p.crop, position=None) for p in d.pieces]
    said = [s for k in range(0, len(crops), BATCH) for s in name(crops[k : k + BATCH])]
    right = [
        CATEGORIES[int(s.category.argmax())] == p.category
        for s, p in zip(said, d.pieces, strict=True)
    ]
    return Findings((Row(f"classify.{d.source}.crop_accuracy", float(np.mean(right)), len(right)),))


def of_case(case: Case) -> Findings:
    """Categories, types and colours of a library's garments as its photos show them."""
    seen = sightings(case) if case.library else []
    if not seen or case.library is None:
        return Findings()
    labels = [s.look.sight.labels[s.number] for s in seen]
    items = [case.library.items[s.true] for s in seen]
    found = classification(
        [x.category for x in labels], [x.confidence for x in labels], [i.category for i in items]
    )
    allowed = [frozenset({i.type} & {*TYPES[i.category]}) for i in items]
    kinds = types([x.type for x in labels], allowed)
    tints = colours([x.colours for x in labels], [i.colours for i in items])
    rows = _rows(case.name, found, kinds)
    if tints:
        prefix = f"classify.{case.name}"
        rows += (
            Row(f"{prefix}.colour_error", tints.main_error, len(seen)),
            Row(f"{prefix}.colour_recall", tints.recall, len(seen)),
            Row(f"{prefix}.colour_precision", tints.precision, len(seen)),
        )
    wrong = sorted(
        (k for k, i in enumerate(items) if labels[k].category != i.category),
        key=lambda k: -labels[k].confidence,
    )
    worst = [
        WorstCase(
            f"{items[k].name}, {seen[k].look.file}: {_told(items[k].category, labels[k])}",
            (dimmed(crop(case, seen[k].look, seen[k].garment)),),
        )
        for k in wrong[:WORST]
    ]
    return Findings(rows, _sections(case.name, found, worst))


def of_outfits(folder: Path, numbers: Sequence[str], settings: Settings) -> Findings:
    """Whether the matcher knows what was worn together on held-out street photos."""
    device = settings.run.device
    worn = outfits.worn_on_the_street(
        folder, numbers, backends.create("embed", settings.embed.model, device)
    )
    match = backends.create("outfit", settings.outfit.model, device)
    scorers = {
        "": outfits.by_model(match),
        "popularity_": outfits.by_popularity(worn),
        "colour_": outfits.by_colour,
    }
    rows: list[Row] = []
    for name, scorer in scorers.items():
        found = outfits.compatible(worn, scorer)
        wanted = ("", "") if name else (">= 0.72", "")
        if found is None:
            note = "too few outfits to put others together"
            rows += [Row(f"compat.street.{name}{f}", None, note=note) for f in ("auc", "fitb")]
            continue
        rows += [
            Row(f"compat.street.{name}auc", found.auc, found.outfits, target=wanted[0]),
            Row(f"compat.street.{name}fitb", found.fill_in_the_blank, found.questions),
        ]
    return Findings(tuple(rows))


def _rows(
    source: str, found: Classification, kinds: tuple[float | None, float | None]
) -> tuple[Row, ...]:
    prefix, n, wanted = f"classify.{source}", found.garments, ACCURACY.get(source, "")
    unknown = "no label says the type"
    return (
        Row(f"{prefix}.accuracy", found.accuracy, n, target=wanted),
        Row(f"{prefix}.macro_f1", found.macro_f1, n),
        Row(f"{prefix}.ece", found.calibration_error, n, target="<= 0.04"),
        Row(f"{prefix}.type_accuracy", kinds[0], n, "" if kinds[0] is not None else unknown),
        Row(f"{prefix}.type_told", kinds[1], n, "" if kinds[1] is not None else unknown),
    )


def _sections(
    source: str, found: Classification, worst: Sequence[WorstCase]
) -> tuple[Section, ...]:
    prose = "Categories: how often each true one (row) was called what (column). Then the surest mistakes."
    return (Section(f"Classification on {source}", prose, confusion(found) + cases(worst)),)


def _told(true: str, said: Labels) -> str:
    return f"{true} called {said.category} ({said.confidence:.2f})"
