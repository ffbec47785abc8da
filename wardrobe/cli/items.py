"""Verbs of the finished closet: items, show, export, import."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from wardrobe import backup, closet, export
from wardrobe.catalogue import Catalogue
from wardrobe.cli.terminal import Json, Out, find, load, print_json, say, talk
from wardrobe.errors import ConfigError
from wardrobe.search import worn_with
from wardrobe.store import Store

app = typer.Typer()
BESIDE = 8  # items named as worn with one


@app.command()
def items(
    out: Out,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Those that were hidden.")] = False,
    as_json: Json = False,
) -> None:
    """Every item of the wardrobe."""
    loaded = load(out, hidden=hidden)
    chosen = [e for e in loaded.entries if category in (None, e.item.category)]
    if as_json:
        print_json(export.items_json(Catalogue(tuple(chosen), loaded.funnel)))
        return
    for e in chosen:
        seen = f"{e.first_seen or '?'} to {e.last_seen or '?'}"
        say(f"{e.item.id}  {e.item.category:9}  worn {e.worn_count:>3}  {seen}  {e.item.name}")


@app.command()
def show(
    item: Annotated[str, typer.Argument(help="Id, or the beginning of it.")],
    out: Out,
    as_json: Json = False,
) -> None:
    """One item: its colours and dates, and each photo with how well it shows the item."""
    loaded = load(out)
    entry = find(loaded, item)
    if as_json:
        print_json(export.items_json(Catalogue((entry,), loaded.funnel))["items"][0])
        return
    i = entry.item
    say(f"{i.name}  ({i.category}{', ' + i.type if i.type else ''}, confidence {i.confidence:.2f})")
    say("colours: " + ", ".join(f"{n} {h} {s:.0%}" for n, h, s in i.colours))
    say(f"worn on {entry.worn_count} day(s), {entry.first_seen or '?'} to {entry.last_seen or '?'}")
    if i.flagged:
        say(f"to review: {i.flagged}")
    if entry.thumbnail_path:
        say(f"thumbnail: {out / entry.thumbnail_path}")
    if i.pattern or i.sleeve:
        said = [
            i.pattern,
            "sleeveless" if i.sleeve == "none" else i.sleeve and f"{i.sleeve} sleeves",
        ]
        say(", ".join(filter(None, said)))
    for s in entry.sightings:
        box = ", ".join(f"{v:.0f}" for v in s.box)
        say(f"  {s.photo}  box ({box})  visible {s.visibility:.2f}  score {s.score:.2f}")
        if s.quality:
            measures = "  ".join(f"{k} {v:.2f}" for k, v in asdict(s.quality).items())
            say(f"    showing {s.showing:.3f}:  {measures}")
    beside = worn_with(entry, loaded.entries)[:BESIDE]
    if beside:
        say("worn with: " + ", ".join(f"{e.item.name} ({n})" for e, n in beside))


@app.command("export")
def export_(
    out: Out,
    format_: Annotated[str, typer.Option("--format", help="html, json, csv or zip.")] = "html",
    to: Annotated[
        Path | None, typer.Option(help="File to write; by default beside the store's catalogue.")
    ] = None,
) -> None:
    """Write the wardrobe as a self-contained page, JSON, CSV, or a zip of all three with pictures."""
    if format_ not in export.WRITERS:
        raise ConfigError(f"--format {format_}: choose one of {', '.join(export.WRITERS)}.")
    path = to or out / f"wardrobe.{format_}"
    if format_ == "zip":
        store = Store(out, create=False)
        export.write_zip(closet.load(store), path, backup.contents(store))
    else:
        export.WRITERS[format_](load(out), path)
    typer.echo(path)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What `export --format zip` wrote.")], out: Out
) -> None:
    """Bring an exported wardrobe back into an empty store: items, pictures, a person's word."""
    count = backup.restore(file, Store(out))
    talk.print(f"{count} items. `wardrobe build PHOTOS --out {out}` goes on from here.")
