"""Where each true garment was lost on its way to the catalogue: which stage to work on next."""

from __future__ import annotations

from collections import Counter, defaultdict

from evaluation.report import Section, bars
from evaluation.seeing import owner_is_right
from evaluation.sources import SAME, Case, Look, in_photo, iou, owned
from evaluation.table import Findings, Row

#: In the order a garment passes them.
STAGES = ("filter", "owner", "segmentation", "rules", "category", "merge", "split")


def cascade(case: Case) -> Findings:
    """Every sighting of the owner's garments, in photos that should enter, by where it was lost.

    A sighting is lost once, at the first stage that fails it. In a *merge* its item is mostly
    another garment; in a *split* it lies in a duplicate and not in the item that holds most of its
    garment.
    """
    lost: Counter[str] = Counter()
    kept: list[tuple[str, str, str]] = []  # item, its category, true garment
    items = case.item_of()
    categories = {e.item.id: e.item.category for e in case.made.entries}
    total = 0
    for look in case.looks:
        if look.true is None or not look.true.enters:
            continue
        mine = owned(look.true, case.library)
        total += len(mine)
        found = {j: i for i, j in look.matched.items()}
        for j, garment in enumerate(mine):
            at = _lost(look, case, j, found)
            if at:
                lost[at] += 1
                continue
            item = items[look.sight.garments[found[j]].id]
            if categories[item] != garment.category:
                lost["category"] += 1
            else:
                kept.append((item, categories[item], garment.item))
    lost.update(_grouping(kept))
    rows = [Row(f"cascade.{case.name}.garments", float(total), total)]
    rows += [Row(f"cascade.{case.name}.lost_at_{s}", float(lost[s]), total) for s in STAGES]
    rows.append(Row(f"cascade.{case.name}.kept", float(total - lost.total()), total))
    left, steps = total, [("garments in the photos", total)]
    for stage in STAGES:
        left -= lost[stage]
        steps.append((f"after {stage}", left))
    prose = "Sightings of the owner's garments that are still on their way to the right item."
    return Findings(tuple(rows), (Section("The cascade", prose, bars(steps)),))


def _lost(look: Look, case: Case, number: int, found: dict[int, int]) -> str | None:
    """The first stage up to the rules that lost the photo's garment of that number."""
    if not look.sight.open and look.sight.reason != "no garment found":
        return "filter"
    if look.true and len(look.true.people) > 1 and not owner_is_right(look, case):
        return "owner"
    if number in found:
        return None
    if look.true is None:
        return "segmentation"
    mask = owned(look.true, case.library)[number].mask()
    seen = any(iou(in_photo(d, look.true.size), mask) >= SAME for d in look.detections)
    return "rules" if seen else "segmentation"


def _grouping(kept: list[tuple[str, str, str]]) -> Counter[str]:
    """How many sightings lie in an item that is mostly another garment, or in a duplicate."""
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, _, true in kept:
        held[item][true] += 1
    main = {item: _most(counts) for item, counts in held.items()}
    lying: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, _, true in kept:
        if main[item] == true:
            lying[true][item] += 1
    home = {true: _most(counts) for true, counts in lying.items()}
    lost: Counter[str] = Counter()
    for item, _, true in kept:
        if main[item] != true:
            lost["merge"] += 1
        elif home[true] != item:
            lost["split"] += 1
    return lost


def _most(counts: Counter[str]) -> str:
    """The commonest; of equals the first by name, so that a run says what the last one said."""
    return min(counts, key=lambda name: (-counts[name], name))
