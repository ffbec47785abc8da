"""The verbs. Data on stdout, talk and progress on stderr, ``--json`` on everything that lists."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from wardrobe import __version__
from wardrobe.cli import building, decide, items, models, outfits, search, serve, trying
from wardrobe.cli.terminal import talk
from wardrobe.errors import WardrobeError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
for part in (building, items, search, decide, outfits, serve, trying):
    app.add_typer(part.app)
app.add_typer(models.app, name="models")


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log to stderr; ids only, no names.")
    ] = False,
) -> None:
    """Turn a folder of photos into a clean, searchable closet."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO if verbose else logging.ERROR)
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point: every deliberate error becomes its sentence and its exit code."""
    try:
        app()
    except WardrobeError as e:
        talk.print(f"wardrobe: {e}", markup=False)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
