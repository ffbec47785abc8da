"""What a person does to the closet: merge, split, name, hide, answer; and undo any of it.

Every act appends decisions and groups anew at once; no model is asked. An act is what is undone as
a whole: splitting an item says that two sides differ and that each side holds together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wardrobe import batch, decisions, rows
from wardrobe.catalogue import Entry
from wardrobe.decisions import Word
from wardrobe.doubts import Question
from wardrobe.errors import ConfigError
from wardrobe.store import Store
from wardrobe.types import Anchor, Decision


@dataclass(frozen=True, slots=True)
class Heard:
    """A decision as it stands.

    Attributes:
        state: ``"stands"``, ``"undone"``, ``"waiting"`` (its photos are not here) or
            ``"overruled"`` (at least for one pair, by a newer one).
        by: number of the decision that overrules it, or 0.
    """

    decision: Decision
    state: str
    by: int = 0


def merge(store: Store, items: Sequence[Entry]) -> batch.Report:
    """These items are one. Every photo of theirs is said to show one garment: that is what was on
    the screen, and what must hold when another model groups them otherwise.

    Raises:
        ConfigError: fewer than two different items.
    """
    if len({e.item.id for e in items}) < max(2, len(items)):
        raise ConfigError("merging takes two or more different items. `wardrobe items` lists them.")
    members = [a for e in items for a in _anchors(e)]
    return _say(store, [Decision("same", tuple(members))])


def split(store: Store, item: Entry, garments: Sequence[str]) -> batch.Report:
    """Take these garments out of an item, as one item of their own.

    Args:
        garments: ids of some of its garments, not all.

    Raises:
        ConfigError: an id is not the item's, or nothing would stay.
    """
    out = [_member(item, g) for g in garments]
    moved = tuple(dict.fromkeys(out))
    stays = tuple(a for a in _anchors(item) if a not in moved)
    if not moved or not stays:
        raise ConfigError(
            "a split takes some of an item's garments out and leaves some. `show` lists them."
        )
    return _say(
        store,
        [
            Decision("different", moved, stays),
            *(Decision("same", side) for side in (moved, stays) if len(side) > 1),
        ],
    )


def differ(store: Store, one: Entry, other: Entry) -> batch.Report:
    """These two items are never one.

    Raises:
        ConfigError: they are the same item.
    """
    if one.item.id == other.item.id:
        raise ConfigError("that is one item twice; `wardrobe split` takes it apart.")
    return _say(store, [Decision("different", _anchors(one), _anchors(other))])


def rename(store: Store, item: Entry, name: str) -> batch.Report:
    """Give an item a name of one's own.

    Raises:
        ConfigError: the name is empty.
    """
    if not name.strip():
        raise ConfigError("the name is empty. `wardrobe undo` takes a name back.")
    return _say(store, [Decision("name", _anchors(item), value=name.strip())])


def label(store: Store, item: Entry, category: str) -> batch.Report:
    """Say what kind of thing an item is: ``tops``, or ``tops/shirt``.

    Raises:
        ConfigError: no such category or type.
    """
    decisions.parse_label(category)
    return _say(store, [Decision("label", _anchors(item), value=category)])


def cover(store: Store, item: Entry, garment: str) -> batch.Report:
    """Choose the garment that stands for an item.

    Raises:
        ConfigError: it is not one of the item's.
    """
    return _say(store, [Decision("cover", (_member(item, garment),))])


def thumbnail(store: Store, item: Entry, garment: str) -> batch.Report:
    """Make an item's thumbnail from this garment rather than from its cover; earlier thumbnails stay
    in the store, and ``undo`` brings the last one back.

    Raises:
        ConfigError: it is not one of the item's.
    """
    return _say(store, [Decision("thumbnail", (_member(item, garment),))])


def next_best(store: Store, item: Entry) -> str:
    """Id of the garment that a thumbnail would be made from next: the best one, by how it shows the
    item, that isn't what the thumbnail is made from now.

    Raises:
        ConfigError: there is no other.
    """
    now = decisions.pictured(item.item, _word(store))
    others = [g for g in item.item.garment_ids if g != now]
    if not others:
        raise ConfigError(f"{item.item.name!r} has one photo: there is no other to make it from.")
    return others[0]


def chosen(store: Store, item: Entry) -> int:
    """Number of the decision that says what an item's thumbnail is made from.

    Raises:
        ConfigError: nobody said so.
    """
    word = _word(store)
    said = [word.thumbnails[g].number for g in item.item.garment_ids if g in word.thumbnails]
    if not said:
        raise ConfigError(f"nobody chose what {item.item.name!r} is made from: nothing to undo.")
    return max(said)


def hide(store: Store, item: Entry) -> batch.Report:
    """Leave an item out of every list; ``undo`` brings it back."""
    return _say(store, [Decision("hide", _anchors(item))])


def undo(store: Store, number: int | None = None) -> batch.Report:
    """Take back the last act that stands, or the one that a decision of that number belongs to.

    Raises:
        ConfigError: nothing stands, or no decision of that number does.
    """
    heard = decisions.heard(store)
    undone = {h.decision.number for h in history(store) if h.state == "undone"}
    open_ = [d for d in heard if d.number not in undone and (d.kind != "undo" or number)]
    if number is not None:
        open_ = [d for d in open_ if d.number == number]
    if not open_:
        what = f"decision {number} doesn't stand" if number else "nothing to undo"
        raise ConfigError(f"{what}. `wardrobe decisions` lists what was said.")
    act = [d for d in heard if d.made_at == open_[-1].made_at and d.number not in undone]
    return _say(store, [Decision("undo", value=str(d.number)) for d in act])


def history(store: Store) -> list[Heard]:
    """Everything that was ever said, oldest first, and what became of it."""
    heard = decisions.heard(store)
    stand = {d.number for d in decisions.standing(heard)}
    word = _word(store)
    overruled = {c.loser: c.winner for c in word.contradictions}
    out = []
    for one in heard:
        if one.kind == "undo":
            undone = any(d.kind == "undo" and d.value == str(one.number) for d in heard)
            out.append(Heard(one, "undone" if undone else "stands"))
        elif one.number not in stand:
            out.append(Heard(one, "undone"))
        elif one.number in word.waiting:
            out.append(Heard(one, "waiting"))
        elif one.number in overruled:
            out.append(Heard(one, "overruled", overruled[one.number]))
        else:
            out.append(Heard(one, "stands"))
    return out


def questions(store: Store) -> list[Question]:
    """The open questions, the most useful first; those skipped before come last, and about an item
    that was hidden nobody is asked."""
    skipped = [tuple(row.facts["pair"]) for row in store.own("event") if row.kind == "skipped"]
    garments, items = store.derived("garment"), store.derived("item")
    asked = [
        question
        for question in (Question(**facts) for facts in store.derived("question").values())
        if not any(items[garments[g]["item"]].get("hidden") for g in (question.a, question.b))
    ]
    return sorted(asked, key=lambda q: (skipped.count((q.a, q.b)), -q.gain))


def answer(store: Store, question: Question, same: bool) -> batch.Report:
    """Whether the two garments that were shown are one.

    Only that is kept. A yes joins their groups, a no keeps them apart or takes a group apart, and
    whatever else these groups hold is still judged by its own likeness: it was not looked at.
    """
    garments = store.derived("garment")
    one, other = (rows.anchor(garments[g]) for g in (question.a, question.b))
    if same:
        return _say(store, [Decision("same", (one, other))])
    return _say(store, [Decision("different", (one,), (other,))])


def skip(store: Store, question: Question) -> None:
    """Ask another time."""
    store.add("event", [("skipped", {"pair": [question.a, question.b]})], datetime.now(UTC))


def _say(store: Store, said: Sequence[Decision]) -> batch.Report:
    """Append the decisions of one act, which their time holds together, and group anew."""
    before = [d.made_at for d in decisions.heard(store)]
    now = datetime.now(UTC)
    if before:  # two acts of one moment are still two, whatever the clock says
        now = max(now, datetime.fromisoformat(before[-1]) + timedelta(milliseconds=1))
    store.add("decision", [(d.kind, decisions.to_facts(d)) for d in said], now)
    return batch.regroup(store.root)


def _word(store: Store) -> Word:
    places = {g: rows.anchor(row) for g, row in store.derived("garment").items()}
    return decisions.resolve(decisions.heard(store), places)


def _anchors(item: Entry) -> tuple[Anchor, ...]:
    return tuple(s.anchor for s in item.sightings if s.anchor)


def _member(item: Entry, garment: str) -> Anchor:
    """One of an item's garments, by the beginning of its id or by the name of its photo."""
    found = [
        s.anchor
        for g, s in zip(item.item.garment_ids, item.sightings, strict=True)
        if s.anchor and (g.startswith(garment) or s.photo == garment)
    ]
    if len(found) != 1:
        what = "no garment" if not found else f"{len(found)} garments"
        raise ConfigError(
            f"{what} of {item.item.name!r} is {garment!r}. `wardrobe show` lists them."
        )
    return found[0]
