"""Verbs that look for things: search, metrics."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from wardrobe import api, closet, export, usage
from wardrobe import search as searching
from wardrobe.catalogue import Catalogue
from wardrobe.cli.terminal import Json, Out, print_json, say
from wardrobe.errors import ConfigError
from wardrobe.store import Store

app = typer.Typer()
Values = list[str] | None
Day = datetime | None
LIKEST = 10  # items shown when a picture is asked for


@app.command()
def search(
    out: Out,
    words: Annotated[Values, typer.Argument(help="Words of its name, type, colour.")] = None,
    category: Annotated[Values, typer.Option(help="tops, bottoms ...; repeat for more.")] = None,
    type_: Annotated[Values, typer.Option("--type", help="jeans, coat ...")] = None,
    colour: Annotated[Values, typer.Option(help='navy, "light blue" ...; blue finds both.')] = None,
    pattern: Annotated[Values, typer.Option(help="striped, checked ...")] = None,
    sleeve: Annotated[Values, typer.Option(help="none, short or long.")] = None,
    worn_at_least: Annotated[int | None, typer.Option(min=0, help="Days worn.")] = None,
    worn_at_most: Annotated[int | None, typer.Option(min=0, help="Days worn.")] = None,
    seen_since: Annotated[Day, typer.Option(formats=["%Y-%m-%d"])] = None,
    not_worn_since: Annotated[Day, typer.Option(formats=["%Y-%m-%d"])] = None,
    like: Annotated[Path | None, typer.Option(help="A picture: find this in my wardrobe.")] = None,
    sort: Annotated[str, typer.Option(help=", ".join(searching.SORTS))] = "category",
    facets: Annotated[bool, typer.Option("--facets", help="Count what was found.")] = False,
    as_json: Json = False,
) -> None:
    """Items that fit all the conditions."""
    query = searching.Query(
        " ".join(words or ()), tuple(category or ()), tuple(type_ or ()), tuple(colour or ()),
        tuple(pattern or ()), tuple(sleeve or ()), worn_at_least, worn_at_most,
        seen_since.date() if seen_since else None,
        not_worn_since.date() if not_worn_since else None,
    )  # fmt: skip
    order = next((s for s in searching.SORTS if s == sort), None)
    if order is None:
        raise ConfigError(f"--sort {sort}: choose one of {', '.join(searching.SORTS)}.")
    store = Store(out, create=False)
    loaded = closet.load(store, pictures=False)
    likeness = None
    if like:
        _, settings = closet.last_run(store)
        likeness = api.find(like, out, settings=settings)
    found = searching.search(loaded.entries, query, order, likeness)
    usage.note(store, "search", found=len(found))
    counts = searching.facets(found) if facets else None
    if as_json:
        listed = export.items_json(Catalogue(tuple(found), loaded.funnel))["items"]
        for item in listed if likeness else ():
            item["likeness"] = round(likeness[item["id"]], 4) if likeness else None
        print_json({"items": listed, **({"facets": counts} if counts else {})})
        return
    for e in found[: LIKEST if likeness else None]:
        last = e.last_seen or "?"
        say(f"{e.item.id}  {e.item.category:9}  worn {e.worn_count:>3}  last {last}  {e.item.name}")
    for facet, values in ((f, v) for f, v in (counts or {}).items() if v):
        say(f"{facet}: " + ", ".join(f"{value} {n}" for value, n in values.items()))


@app.command()
def metrics(
    out: Annotated[list[Path], typer.Option("--out", help="A store; repeat for a household.")],
    off: Annotated[bool, typer.Option("--off", help="Note nothing from now on.")] = False,
    on: Annotated[bool, typer.Option("--on", help="Note again.")] = False,
    as_json: Json = False,
) -> None:
    """The product's measures with their targets, from what this store noted; nothing leaves it."""
    if on and off:
        raise ConfigError("--on and --off contradict each other; give one of them.")
    stores = [Store(o, create=False) for o in out]
    for store in stores:
        if on or off:
            usage.switch(store, on)
    found = usage.measures([store.own("event") for store in stores], datetime.now(UTC))
    noting = [usage.counting(store) for store in stores]
    if as_json:
        print_json({"noting": all(noting), "measures": [asdict(m) for m in found]})
        return
    for m in found:
        value = "nothing to count yet" if m.value is None else f"{m.value:.0%} of {m.of}"
        say(f"{m.name:30} {value}" + (f"  (target {m.target:.0%})" if m.target else ""))
    if not all(noting):
        say("Nothing is noted at the moment; --on goes on.")
