"""Verbs of outfits: outfit new, list, show, rename, delete, board; suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from wardrobe import closet, moodboard, outfits, usage
from wardrobe.catalogue import Entry
from wardrobe.cli.terminal import Json, Out, find, load, print_json, say
from wardrobe.errors import ConfigError
from wardrobe.stages.outfit import SLOT_OF
from wardrobe.store import Store

app = typer.Typer()
outfit_app = typer.Typer(no_args_is_help=True, help="Outfits: combine items, save, list, show.")
app.add_typer(outfit_app, name="outfit")

Items = Annotated[list[str], typer.Argument(help="Ids, or the beginnings of them.")]
Name = Annotated[str, typer.Argument(help="As `outfit list` writes it.")]


@outfit_app.command("new")
def new(
    items: Items,
    out: Out,
    name: Annotated[str, typer.Option(help='By default the next "Outfit N".')] = "",
    as_json: Json = False,
) -> None:
    """Combine items by slot, and save them under a name."""
    store, loaded = Store(out, create=False), load(out)
    made = outfits.save(store, [find(loaded, i) for i in items], name)
    usage.note(store, "outfit created", pieces=len(made.pieces))
    usage.note(store, "outfit saved", pieces=len(made.pieces))
    _tell([made], loaded.entries, as_json)


@outfit_app.command("list")
def list_(out: Out, as_json: Json = False) -> None:
    """Every saved outfit."""
    _tell(outfits.saved(Store(out, create=False)), load(out).entries, as_json)


@outfit_app.command("rename")
def rename(name: Name, to: Annotated[str, typer.Argument()], out: Out) -> None:
    """Give an outfit another name."""
    outfits.rename(Store(out, create=False), name, to)


@outfit_app.command("delete")
def delete(name: Name, out: Out) -> None:
    """Take an outfit out of the list."""
    outfits.delete(Store(out, create=False), name)


@outfit_app.command("board")
def board(
    name: Name,
    out: Out,
    to: Annotated[Path | None, typer.Option(help="PNG to write; by default in the store.")] = None,
) -> None:
    """Write an outfit as a moodboard picture."""
    store = Store(out, create=False)
    made = next((o for o in outfits.saved(store) if o.name == name), None)
    if made is None:
        raise ConfigError(f"no outfit is called {name!r}. `wardrobe outfit list` lists them.")
    entries = {e.item.id: e for e in closet.load(store).entries}
    path = to or out / "boards" / f"{moodboard.file_name(name)}.png"
    moodboard.write([entries[i] for i in made.pieces if i in entries], path)
    usage.note(store, "outfit shared", pieces=len(made.pieces))
    typer.echo(path)


@app.command()
def suggest(
    out: Out,
    items: Annotated[list[str] | None, typer.Argument(help="What to wear anyway.")] = None,
    count: Annotated[int, typer.Option(min=1, max=50)] = 5,
    outerwear: Annotated[bool, typer.Option("--outerwear", help="With a coat or jacket.")] = False,
    seed: Annotated[int | None, typer.Option(help="Equal seeds suggest alike.")] = None,
    as_json: Json = False,
) -> None:
    """What could be worn together; other ideas every day."""
    store, loaded = Store(out, create=False), load(out)
    fixed = [find(loaded, i) for i in items or ()]
    ideas = outfits.suggest(
        store, loaded.entries, fixed, count=count, outerwear=outerwear, seed=seed
    )
    usage.note(store, "visit")
    if as_json:
        print_json(
            [
                {"pieces": [e.item.id for e in s.pieces], "compatibility": s.compatibility}
                for s in ideas
            ]
        )
        return
    for n, idea in enumerate(ideas, start=1):
        say(f"{n}. " + " + ".join(e.item.name for e in idea.pieces))
        say("   wardrobe outfit new " + " ".join(e.item.id[:8] for e in idea.pieces))
    if not ideas:
        say("Nothing to combine: a top with a bottom, or a dress, is needed.")


def _tell(made: Sequence[outfits.Outfit], entries: Sequence[Entry], as_json: bool) -> None:
    by_id = {e.item.id: e for e in entries}
    if as_json:
        print_json([_plain(o, by_id) for o in made])
        return
    for o in made:
        gone = f"  ({o.missing} no longer in the closet)" if o.missing else ""
        say(f"{o.name}{gone}")
        for i in o.pieces:
            if i in by_id:
                say(f"  {SLOT_OF[by_id[i].item.category]:9} {i}  {by_id[i].item.name}")


def _plain(o: outfits.Outfit, by_id: dict[str, Entry]) -> dict[str, Any]:
    slots = {i: SLOT_OF[by_id[i].item.category] for i in o.pieces if i in by_id}
    return {**asdict(o), "slots": slots}
