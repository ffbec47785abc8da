"""Are items one garment each? The product's own grouping, the whole curve, and what went wrong."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from evaluation.identity import THRESHOLDS, Identity, curve, identity, recall_at_1, roc_auc
from evaluation.naming import Described
from evaluation.report import Section, WorstCase, cases, curve_plot, dimmed
from evaluation.report import table as html_table
from evaluation.sources import Case, Sighting, crop, sightings, vectors
from evaluation.table import Findings, Row
from numpy.typing import NDArray

from wardrobe import review
from wardrobe.batch import calibrated
from wardrobe.config import Settings
from wardrobe.doubts import Question
from wardrobe.pile import Pile
from wardrobe.stages.cluster import group
from wardrobe.stages.quality import clearness
from wardrobe.store import Store
from wardrobe.types import Garment, Mask

WORST = 8
MOST_ANSWERS = 2000  # a queue that doesn't end is a fault of the product
#: Wanted on these sources, by figure.
TARGETS = {
    ("sample", "auc"): ">= 0.995",
    ("sample", "recall_at_1"): ">= 0.97",
    ("people", "recall_at_1"): ">= 0.97",
    ("sample", "over_merge_rate"): "<= 0",
    ("sample", "bcubed_f1"): ">= 0.92",
}
Labels = NDArray[np.intp]


def of_case(case: Case) -> Findings:
    """The items of a built wardrobe against the garments they are of."""
    seen = sightings(case)
    if not seen:
        note = "no garment that was found is a known one"
        return Findings((Row(f"identity.{case.name}.auc", None, note=note),))
    item_of = case.item_of()
    true = numbered([s.true for s in seen])
    said = numbered([item_of.get(s.garment.id, s.garment.id) for s in seen])
    regroup = _regroup(_pile(case), case.settings, [s.garment.id for s in seen])
    points = curve(regroup, true)
    found = identity(said, true)
    rows = (*alikeness_rows(case, seen), *identity_rows(f"identity.{case.name}", found))
    return Findings(rows, (_curve_section(case.name, case.settings, points), _worst(case, seen)))


def answered(case: Case) -> Findings:
    """The same after somebody who knows the truth answered every question in the queue.

    The answers go through the product's own way, into a copy of the store, each followed by its
    regrouping and by the questions that this leaves. A question about a garment that truth doesn't
    know is skipped.
    """
    seen = sightings(case)
    true = {s.garment.id: s.true for s in seen}
    out = case.store.with_name(f"{case.store.name}-answered")
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(case.store, out)
    store = Store(out, create=False)
    try:
        asked, waiting = answer_all(store, true)
        item_of = {g: i for i, e in store.derived("item").items() for g in e["garment_ids"]}
    finally:
        store.close()
    prefix = f"identity.{case.name}"
    if not seen:
        return Findings((Row(f"{prefix}.questions", None, note="no garment is a known one"),))
    known = numbered([s.true for s in seen])
    after = identity(numbered([item_of.get(s.garment.id, s.garment.id) for s in seen]), known)
    hundred = 100 / after.true_items
    return Findings(
        (
            Row(f"{prefix}.questions", waiting * hundred, waiting),
            Row(f"{prefix}.answered", asked * hundred, asked),
            *identity_rows(f"{prefix}.after", after),
        )
    )


def answer_all(store: Store, true: Mapping[str, str]) -> tuple[int, int]:
    """Answer the open questions of a built wardrobe until none is left that truth can answer.

    Args:
        true: garment id -> the physical garment.

    Returns:
        how many were answered, and how many of those truth can answer were in the queue at first.
    """

    def open_() -> list[Question]:
        return [q for q in review.questions(store) if q.a in true and q.b in true]

    waiting, asked = len(open_()), 0
    while queue := open_():
        review.answer(store, queue[0], true[queue[0].a] == true[queue[0].b])
        asked += 1
        if asked > MOST_ANSWERS:
            raise RuntimeError(f"still {len(queue)} questions after {asked} answers")
    return asked, waiting


def of_flat(described: Described, settings: Settings) -> Findings:
    """Each sender's garments as one wardrobe, every garment photographed once.

    Nothing is there twice but for a few garments that somebody photographed again, so every join
    counts as wrong: an upper bound of what a wardrobe of many like garments loses.
    """
    source = described.source
    garments = [_as_garment(i, described) for i in range(len(described.labels))]
    wardrobes = defaultdict(list)
    for i, piece in enumerate(described.pieces):
        wardrobes[piece.group].append(i)

    def regroup(threshold: float) -> Labels:
        said: list[str] = [""] * len(garments)
        for rows in wardrobes.values():
            pile = Pile(
                tuple(garments[i] for i in rows),
                described.vectors[rows],
                tuple(described.labels[i] for i in rows),
            )
            ids = [garments[i].id for i in rows]
            for i, k in zip(rows, _regroup(pile, settings, ids)(threshold), strict=True):
                said[i] = f"{described.pieces[i].group} {k}"
        return numbered(said)

    operating = calibrated(settings).same_cosine
    true = np.arange(len(garments))
    found = identity(regroup(operating), true)
    n, note = found.garments, f"upper bound, over {len(wardrobes)} senders' wardrobes"
    rows = (
        Row(f"identity.{source}.over_merge_rate", found.over_merge_rate, found.items, note),
        Row(f"identity.{source}.corrections", found.corrections_per_100, n, note),
    )
    points = curve(regroup, true, THRESHOLDS[::3])
    return Findings(rows, (_curve_section(source, settings, points),))


def alikeness_rows(case: Case, seen: Sequence[Sighting]) -> tuple[Row, ...]:
    """What the vectors alone know, before any grouping."""
    true, view = numbered([s.true for s in seen]), numbered([s.view for s in seen])
    items = case.library.items if case.library else {}
    kind = numbered([items[s.true].category if items else "tops" for s in seen])
    v, prefix = vectors(seen), f"identity.{case.name}"
    # Frames of one clip are one picture twice, and nobody takes a shoe for a shirt.
    again = (true[:, None] == true[None]) & (view[:, None] == view[None])
    rival = (kind[:, None] == kind[None]) | (true[:, None] == true[None])
    recall, asked = recall_at_1(v, true, view)
    auc = roc_auc(v, true, rival & ~again)
    return (
        _row(prefix, "auc", auc, len(seen), "no garment is seen in two views"),
        _row(prefix, "recall_at_1", recall, asked, "no garment is seen in two views"),
    )


def identity_rows(prefix: str, found: Identity) -> tuple[Row, ...]:
    """The rows of one comparison."""
    once = "" if found.split_rate is not None else "no garment is seen twice"
    return (
        _row(prefix, "pairwise_precision", found.pairwise.precision, found.garments, once),
        _row(prefix, "pairwise_recall", found.pairwise.recall, found.garments, once),
        _row(prefix, "pairwise_f1", found.pairwise.f1, found.garments, once),
        _row(prefix, "bcubed_precision", found.bcubed.precision, found.garments),
        _row(prefix, "bcubed_recall", found.bcubed.recall, found.garments),
        _row(prefix, "bcubed_f1", found.bcubed.f1, found.garments),
        _row(prefix, "over_merge_rate", found.over_merge_rate, found.items),
        _row(prefix, "split_rate", found.split_rate, found.seen_twice, once),
        _row(prefix, "corrections", found.corrections_per_100, found.true_items),
    )


def numbered(names: Sequence[str]) -> Labels:
    """Equal numbers for equal names."""
    return np.unique(np.array(names), return_inverse=True)[1]


def _row(prefix: str, figure: str, value: float | None, count: int, note: str = "") -> Row:
    target = TARGETS.get((prefix.removeprefix("identity."), figure), "")
    return Row(f"{prefix}.{figure}", value, count, "" if value is not None else note, target)


def _pile(case: Case) -> Pile:
    """What the batch grouped, before anybody said anything."""
    on = [look.sight for look in case.looks if look.sight.open]
    return Pile(
        tuple(g for s in on for g in s.garments),
        np.stack([v for s in on for v in s.vectors]),
        tuple(said for s in on for said in s.labels),
        tuple(
            clearness(g, e.quality) for s in on for g, e in zip(s.garments, s.examined, strict=True)
        ),
        tuple(s.photo.taken_at if s.photo else None for s in on for _ in s.garments),
    )


def _regroup(pile: Pile, settings: Settings, ids: Sequence[str]) -> Callable[[float], Labels]:
    """Threshold -> the item each of the garments then lies in.

    The bounds that hang on the threshold move along, as they do where a model brings its own.
    """
    cluster = calibrated(settings)

    def at(threshold: float) -> Labels:
        shift = threshold - cluster.same_cosine
        now = cluster.model_copy(
            update={
                "same_cosine": threshold,
                "ask_cosine": cluster.ask_cosine + shift,
                "far_cosine": cluster.far_cosine + shift,
                "check_cosine": min(cluster.check_cosine + shift, 1.0),
            }
        )
        groups = group(pile, now, settings.embed.min_visibility).groups
        item = {g: k for k, one in enumerate(groups) for g in one.garment_ids}
        return np.array([item[g] for g in ids])

    return at


def _as_garment(i: int, described: Described) -> Garment:
    """A labelled crop as the grouping takes garments: each in a photo of its own."""
    said, mask = described.labels[i], Mask.of(described.pieces[i].crop.mask)
    return Garment(f"{i:06}", (0.0, 0.0, 1.0, 1.0), said.category, said.confidence, mask, 1.0)


def _curve_section(
    name: str, settings: Settings, points: Sequence[tuple[float, Identity]]
) -> Section:
    operating = calibrated(settings).same_cosine
    best = max(points, key=lambda p: p[1].bcubed.f1 or 0)[0]
    fewest = min(points, key=lambda p: (p[1].corrections_per_100, -p[0]))[0]
    clean = next((t for t, p in points if p.over_merge_rate == 0), None)
    safe = f"from {clean:.2f} on no item holds two garments" if clean else "every threshold merges"
    prose = (
        f"Grouped again at every threshold; the product joins at {operating:.2f} (dotted). BCubed F1 "
        f"is best at {best:.2f}, corrections are fewest at {fewest:.2f}, {safe}."
    )
    body = html_table(
        ("cosine", "pairwise P", "R", "F1", "BCubed F1", "over-merge", "split", "corrections"),
        [
            (t, p.pairwise.precision, p.pairwise.recall, p.pairwise.f1, p.bcubed.f1,
             p.over_merge_rate, p.split_rate, p.corrections_per_100)
            for t, p in points
            if t in THRESHOLDS[::3]
        ],
    )  # fmt: skip
    return Section(f"Grouping on {name}", prose, curve_plot(points, operating) + body)


@dataclass(frozen=True, slots=True)
class _Mistake:
    """An item that holds several garments, or a garment that lies in several items."""

    told: str
    wrong: int
    shown: list[Sighting]


def _worst(case: Case, seen: Sequence[Sighting]) -> Section:
    """The largest wrong merges, then the largest splits."""
    item_of = case.item_of()
    names = {i: item.name for i, item in case.library.items.items()} if case.library else {}
    items, garments = defaultdict(list), defaultdict(list)
    for s in seen:
        items[item_of.get(s.garment.id, s.garment.id)].append(s)
        garments[names.get(s.true, s.true)].append(s)
    merged = [
        _mistake("One item: ", i, [names.get(s.true, s.true) for s in i]) for i in items.values()
    ]
    split = [
        _mistake(f"{true} in items of ", g, [item_of.get(s.garment.id, "") for s in g], names=False)
        for true, g in garments.items()
    ]
    chosen = []
    for mistakes in (merged, split):
        real = sorted((m for m in mistakes if m.wrong), key=lambda m: -m.wrong)
        chosen += real[:WORST]
    found = [
        WorstCase(m.told, tuple(dimmed(crop(case, s.look, s.garment)) for s in m.shown))
        for m in chosen
    ]
    prose = "Items that hold several garments, then garments that lie in several items; one picture each."
    return Section(f"Worst merges and splits on {case.name}", prose, cases(found))


def _mistake(
    told: str, members: Sequence[Sighting], apart: Sequence[str], *, names: bool = True
) -> _Mistake:
    counts = Counter(apart)
    first = {a: s for s, a in zip(members, apart, strict=True)}
    parts = [f"{a} {n}x" if names else f"{n}" for a, n in counts.most_common()]
    wrong = len(members) - counts.most_common(1)[0][1]
    return _Mistake(told + ", ".join(parts), wrong, [first[a] for a, _ in counts.most_common(6)])
