"""Where each true garment was lost on its way to the catalogue: which stage to work on next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.report import Section, bars
from evaluation.seeing import owner_is_right
from evaluation.sources import SAME, Case, Look, in_photo, iou, owned
from evaluation.table import Findings, Row

from wardrobe.truth import TrueGarment

#: In the order a garment passes them.
STAGES = ("filter", "owner", "segmentation", "rules", "category", "merge", "visibility", "split")
#: Why a photo is left out when its people were seen and none of them was picked.
UNDECIDED = ("no main subject", "not the owner")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A sighting that came as far as an item of the right category."""

    item: str
    true: str
    grouped: bool  # visible enough to be joined with others


def cascade(case: Case) -> Findings:
    """Every sighting of the owner's garments, in photos that should enter, by where it was lost.

    A sighting is lost once, at the first stage that fails it. In a *merge* its item is mostly
    another garment; in a *split* it lies in a duplicate and not in the item that holds most of its
    garment, which is *visibility*'s doing where it was scored too little visible to be joined.
    """
    lost: Counter[str] = Counter()
    placed: list[_Placed] = []
    items, categories = case.item_of(), {e.item.id: e.item.category for e in case.made.entries}
    total = catalogued = 0
    for look in case.looks:
        garments = look.sight.garments if look.sight.open else ()
        catalogued += len(garments)
        if look.true is None or not look.true.enters:
            continue
        mine = owned(look.true, case.library)
        total += len(mine)
        found = {j: garments[i] for i, j in look.matched.items() if i < len(garments)}
        for j, true in enumerate(mine):
            if at := _lost(look, case, true, j in found):
                lost[at] += 1
            elif categories[items[found[j].id]] != true.category:
                lost["category"] += 1
            else:
                clear = found[j].visibility >= case.settings.embed.min_visibility
                placed.append(_Placed(items[found[j].id], true.item, clear))
    lost.update(_grouping(placed))
    right = sum(len(k.matched) for k in case.looks if k.true and k.true.enters and k.sight.open)
    kept = total - lost.total()
    rows = [Row(f"cascade.{case.name}.garments", float(total), total)]
    rows += [Row(f"cascade.{case.name}.lost_at_{s}", float(lost[s]), total) for s in STAGES]
    rows.append(Row(f"cascade.{case.name}.kept", float(kept), total))
    rows.append(Row(f"cascade.{case.name}.foreign", float(catalogued - right), catalogued))
    return Findings(tuple(rows), (_section(case.name, total, lost),))


def _section(name: str, total: int, lost: Counter[str]) -> Section:
    left, steps = total, [("garments in the photos", total)]
    for stage in STAGES:
        left -= lost[stage]
        steps.append((f"after {stage}", left))
    worst = max(STAGES, key=lambda s: lost[s])
    most = f" Most are lost at {worst}: {lost[worst]} of {total}." if lost[worst] else ""
    prose = (
        f"Sightings of the owner's garments that are still on their way to the right item.{most}"
    )
    return Section(f"The cascade on {name}", prose, bars(steps))


def _lost(look: Look, case: Case, true: TrueGarment, found: bool) -> str | None:
    """The first stage up to the rules that lost a garment of the photo."""
    standing = look.sight.standing
    if look.sight.failure or standing is None:
        return "filter"
    if standing.reason:
        return "owner" if standing.reason in UNDECIDED else "filter"
    if look.true and len(look.true.people) > 1 and not owner_is_right(look, case):
        return "owner"
    if found or look.true is None:
        return None
    mask, size = true.mask(), look.true.size
    seen = any(iou(in_photo(d, size), mask) >= SAME for d in look.raw)
    return "rules" if seen else "segmentation"


def _grouping(placed: Sequence[_Placed]) -> Counter[str]:
    """How many sightings lie in an item that is mostly another garment, or in a duplicate."""
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in placed:
        held[one.item][one.true] += 1
    main = {item: _most(counts) for item, counts in held.items()}
    lying: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in placed:
        if main[one.item] == one.true:
            lying[one.true][one.item] += 1
    home = {true: _most(counts) for true, counts in lying.items()}
    lost: Counter[str] = Counter()
    for one in placed:
        if main[one.item] != one.true:
            lost["merge"] += 1
        elif home[one.true] != one.item:
            lost["split" if one.grouped else "visibility"] += 1
    return lost


def _most(counts: Counter[str]) -> str:
    """The commonest; of equals the first by name, so that a run says what the last one said."""
    return min(counts, key=lambda name: (-counts[name], name))
