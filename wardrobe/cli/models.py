"""Verbs of the models: list, fetch, verify."""

from __future__ import annotations

from typing import Annotated

import typer

from wardrobe import weights
from wardrobe.cli.terminal import Json, print_json, talk
from wardrobe.errors import WardrobeError

app = typer.Typer(no_args_is_help=True, help="The models: which there are, fetch, verify.")


@app.command("list")
def models_list(as_json: Json = False) -> None:
    """Every known model: stage, size, licence, and whether it is on this machine."""
    rows = [
        {
            "name": m.name, "stage": m.stage, "bytes": m.bytes, "licence": m.licence, "commercial": m.commercial,
            "here": weights.location(m).is_file(), "id": m.id, "url": m.url or None,
        }
        for m in weights.registry().values()
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for r in rows:
        where = "here" if r["here"] else "to fetch"
        typer.echo(
            f"{r['name']:16} {r['stage']:9} {int(r['bytes'] or 0) / 1e6:6.1f} MB  {where:8}  {r['licence']}"
        )


@app.command("fetch")
def models_fetch(name: Annotated[str, typer.Argument(help="As `models list` writes it.")]) -> None:
    """Download one model and what it needs; the only verb that uses the network."""
    model = weights.find(name)
    for one in [model, *([weights.find(model.needs)] if model.needs else [])]:
        talk.print(
            f"{one.name}: {one.bytes / 1e6:.1f} MB, {one.licence}, from {one.url or 'this package'}"
        )
        typer.echo(weights.fetch(one))


@app.command("verify")
def models_verify() -> None:
    """Check the hash of every model that is on this machine."""
    bad = 0
    for m in weights.registry().values():
        if not weights.location(m).is_file() and not m.shipped:
            typer.echo(f"{m.name}: not fetched")
            continue
        try:
            weights.verified(m)
            typer.echo(f"{m.name}: good")
        except WardrobeError as e:
            bad += 1
            typer.echo(str(e))
    if bad:
        raise typer.Exit(4)
