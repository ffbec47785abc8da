"""The verb that dresses a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from wardrobe import closet, images, mirror, usage
from wardrobe.cli.terminal import ConfigFile, Sets, find, settings_of
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, StoreError
from wardrobe.stages.tryon import Piece
from wardrobe.store import Store

app = typer.Typer()


@app.command("try-on")
def try_on(
    person: Annotated[Path, typer.Argument(help="A photo of the person.")],
    items: Annotated[
        list[str],
        typer.Argument(
            help="Pictures of garments, or ids of items of the closet --out; PICTURE:outerwear says"
            " what a picture shows."
        ),
    ],
    to: Annotated[Path, typer.Option("-o", "--output", help="PNG to write.")],
    out: Annotated[Path | None, typer.Option("--out", help="The closet that ids are of.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds make equal pictures.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, max=200)] = None,
    who: Annotated[int | None, typer.Option(help="Of several people, from the left.")] = None,
    profile: Annotated[str | None, typer.Option(help="small or gpu.")] = None,
    sets: Sets = None,
    config_file: ConfigFile = None,
) -> None:
    """A person's photo, in the garments named."""
    settings = settings_of(sets, config_file, profile)
    if to.suffix.lower() != ".png":
        raise ConfigError(f"-o {to}: the result is a PNG; give it a name that ends in .png.")
    pieces = [piece_of(name, out, settings) for name in items]
    pixels, fittings = mirror.fitted(
        person, pieces, seed=seed, steps=steps, who=who, settings=settings
    )
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(images.encode_png(pixels))
    except OSError as e:
        raise StoreError(f"{to} can't be written: {e.strerror}. Choose another place.") from e
    for remark in mirror.remarks(fittings, settings):
        typer.echo(remark, err=True)
    if out is not None:
        usage.note(Store(out, create=False), "try-on asked", pieces=len(pieces))
    typer.echo(to)


def piece_of(name: str, out: Path | None, settings: Settings) -> Piece:
    """What a word on the command line stands for: a picture's path, or an item's id.

    Raises:
        ConfigError: neither is there.
    """
    path, colon, kind = name.rpartition(":")
    if colon and not Path(name).exists():
        category = mirror.category_of(kind)
    else:
        path, category = name, None
    if Path(path).is_file():
        return mirror.piece(Path(path), category, name=Path(path).name, settings=settings)
    if out is None:
        raise ConfigError(
            f"{path}: no such picture. For the id of an item, say the closet: --out DIR."
        )
    store = Store(out, create=False)
    entry = find(closet.load(store, pictures=False), path)
    found = mirror.of_item(store, entry, settings)
    return replace(found, category=category or found.category)
