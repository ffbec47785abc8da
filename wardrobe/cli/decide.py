"""Verbs of a person's word: merge, split, different, rename, label, cover, hide, undo, ask."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from wardrobe import closet, gallery, review
from wardrobe.batch import Report
from wardrobe.catalogue import Entry
from wardrobe.cli.terminal import Json, Out, find, load, print_json, say, talk
from wardrobe.doubts import Question
from wardrobe.errors import ConfigError
from wardrobe.review import Heard
from wardrobe.store import Store

app = typer.Typer()
Item = Annotated[str, typer.Argument(help="Id, or the beginning of it.")]
Items = Annotated[list[str], typer.Argument(help="Ids, or the beginnings of them.")]
Garments = Annotated[
    list[str], typer.Argument(help="Photos of the item as `show` writes them, or garment ids.")
]


@app.command()
def merge(items: Items, out: Out) -> None:
    """These items are one garment, for ever."""
    loaded = load(out)
    _done(review.merge(_store(out), [find(loaded, i) for i in items]), out)


@app.command()
def split(item: Item, garments: Garments, out: Out) -> None:
    """Take some of an item's photos out, as an item of their own."""
    _done(review.split(_store(out), find(load(out), item), garments), out)


@app.command()
def different(item: Item, other: Item, out: Out) -> None:
    """These two items are never one."""
    loaded = load(out)
    _done(review.differ(_store(out), find(loaded, item), find(loaded, other)), out)


@app.command()
def rename(item: Item, name: Annotated[str, typer.Argument()], out: Out) -> None:
    """Give an item a name of your own."""
    _done(review.rename(_store(out), find(load(out), item), name), out)


@app.command()
def label(
    item: Item,
    category: Annotated[str, typer.Argument(help="tops, or with a type: tops/shirt.")],
    out: Out,
) -> None:
    """Say what kind of thing an item is."""
    _done(review.label(_store(out), find(load(out), item), category), out)


@app.command()
def cover(
    item: Item, photo: Annotated[str, typer.Argument(help="One of the item's photos.")], out: Out
) -> None:
    """Choose the photo that stands for an item."""
    _done(review.cover(_store(out), find(load(out), item), photo), out)


@app.command()
def thumbnail(
    item: Item,
    out: Out,
    redo: Annotated[bool, typer.Option("--redo", help="Make it anew.")] = False,
    source: Annotated[
        str | None,
        typer.Option("--from", help="With --redo: the photo or garment to make it from."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Back to the one before --redo.")] = False,
    json: Json = False,
) -> None:
    """An item's thumbnail: which of its pixels were seen, borrowed or made up, and earlier ones."""
    entry, store = find(load(out), item), _store(out)
    if redo:
        _done(review.thumbnail(store, entry, source or review.next_best(store, entry)), out)
    elif undo:
        _done(review.undo(store, review.chosen(store, entry)), out)
    if redo or undo:
        return
    earlier = gallery.history(entry.item, store)[:-1]
    said = {
        "thumbnail": entry.thumbnail_path, "cutout": entry.cutout_path,
        "sources": entry.sources_path, "filled": asdict(entry.filled) if entry.filled else None,
        "earlier": earlier,
    }  # fmt: skip
    if json:
        print_json(said)
        return
    say(f"{entry.item.name}: {out / entry.thumbnail_path if entry.thumbnail_path else 'none'}")
    if entry.filled:
        f = entry.filled
        say(f"  seen {f.seen:.0%}, from other photos {f.borrowed:.0%}, filled in {f.generated:.0%}")
        say(f"  the plain cut-out: {f.note}" if f.note else "")
    for one in earlier:
        say(f"  earlier, from {one['photo']}: {out / one['thumbnail']}")


@app.command()
def hide(item: Item, out: Out) -> None:
    """Leave an item out of every list; `items --hidden` shows them."""
    _done(review.hide(_store(out), find(load(out), item)), out)


@app.command()
def undo(
    out: Out,
    number: Annotated[
        int | None, typer.Argument(help="Of a decision; by default the last act.")
    ] = None,
) -> None:
    """Take back what was said last, or the decision of that number; can be undone as well."""
    _done(review.undo(_store(out), number), out)


@app.command()
def decisions(out: Out, as_json: Json = False) -> None:
    """Everything that was ever said, and whether it stands, waits, or was undone or overruled."""
    history = review.history(_store(out))
    if as_json:
        print_json([_plain(h) for h in history])
        return
    for h in history:
        d = h.decision
        state = f"overruled by {h.by}" if h.by else h.state
        what = " ".join(filter(None, [d.kind, d.value]))
        places = f"{len(d.anchors)}" + (f" / {len(d.others)}" if d.others else "")
        say(f"{d.number:>4}  {d.made_at[:19]}  {what:30}  photos {places:9}  {state}")


@app.command()
def ask(
    out: Out,
    answer: Annotated[
        tuple[int, str] | None, typer.Option(help="Question N (as --json lists them), yes or no.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Go through the open questions, the most useful first."""
    store = _store(out)
    if as_json:
        print_json([asdict(q) for q in review.questions(store)])
    elif answer:
        number, word = answer
        open_ = review.questions(store)
        if not 0 <= number < len(open_) or word not in ("yes", "no"):
            raise ConfigError(
                f"--answer {number} {word}: give 0 to {len(open_) - 1}, and yes or no."
            )
        _done(review.answer(store, open_[number], word == "yes"), out)
    else:
        _go_through(store, out)


def _go_through(store: Store, out: Path) -> None:
    """One question after the other, until they end or the person does."""
    acts = 0
    seen: set[tuple[str, str]] = set()
    while open_ := [q for q in review.questions(store) if (q.a, q.b) not in seen]:
        question = open_[0]
        _show(question, store, len(open_))
        key = typer.prompt("same garment? [y]es [n]o [s]kip [u]ndo [q]uit", default="s", err=True)
        match key[:1].lower():
            case "y" | "n":
                review.answer(store, question, key[:1].lower() == "y")
                acts += 1
            case "u" if acts:
                review.undo(store)
                acts -= 1
            case "q":
                return
            case _:
                seen.add((question.a, question.b))
                review.skip(store, question)
    talk.print("No open question.")


def _show(question: Question, store: Store, left: int) -> None:
    """The two garments that are asked about, and what they are part of."""
    garments = store.derived("garment")
    loaded = closet.load(store, pictures=False)
    by_id = {e.item.id: e for e in loaded.entries}
    say("")
    say(f"{left} left: are these one garment? Asked because {question.why}.")
    for side, garment in zip("AB", (question.a, question.b), strict=True):
        row = garments[garment]
        entry = by_id[row["item"]]
        box = ", ".join(f"{v:.0f}" for v in row["box"])
        say(f"  {side}  {row['photo']}  box ({box})")
        say(f"     of {entry.item.name}, {entry.item.category}, {_dates(entry)}")
        if entry.thumbnail_path:
            say(f"     {store.root / entry.thumbnail_path}")


def _dates(entry: Entry) -> str:
    first, last = entry.first_seen, entry.last_seen
    if first is None:
        return f"{len(entry.sightings)} photo(s) without a date"
    return f"{first}" if first == last else f"{first} to {last}"


def _store(out: Path) -> Store:
    return Store(out, create=False)


def _done(report: Report, out: Path) -> None:
    history = review.history(_store(out))
    number = history[-1].decision.number
    overruled = [h for h in history if h.by == number]
    talk.print(
        f"Decision {number}. {report.catalogue.funnel.items} items now. `wardrobe undo` takes it back."
    )
    for h in overruled:
        talk.print(f"It overrules decision {h.decision.number} ({h.decision.kind}).")


def _plain(h: Heard) -> dict[str, Any]:
    d = h.decision
    return {
        "number": d.number, "kind": d.kind, "value": d.value, "made_at": d.made_at,
        "photos": len(d.anchors), "others": len(d.others), "state": h.state, "by": h.by or None,
    }  # fmt: skip
