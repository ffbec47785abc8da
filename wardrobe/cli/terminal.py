"""What every verb shares: its options, and how it talks. Data on stdout, talk on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console

from wardrobe import closet, config
from wardrobe.catalogue import Catalogue, Entry, Funnel
from wardrobe.config import Profile, Settings
from wardrobe.errors import ConfigError
from wardrobe.store import Store

talk = Console(stderr=True, highlight=False, soft_wrap=True)

Out = Annotated[Path, typer.Option("--out", help="The wardrobe's folder (the store).")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; repeat for more.")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]


def profile_of(name: str | None) -> Profile | None:
    """The profile that ``--profile`` names; None where it names none.

    Raises:
        ConfigError: there is no such profile.
    """
    known: tuple[Profile, ...] = get_args(Profile)
    for profile in known:
        if profile == name:
            return profile
    if name:
        raise ConfigError(f"--profile {name}: choose one of {', '.join(known)}.")
    return None


def settings_of(sets: list[str] | None, config_file: Path | None, profile: str | None) -> Settings:
    chosen = profile_of(profile)
    pairs = [s.partition("=") for s in sets or ()]
    for key, equals, _ in pairs:
        if not equals:
            raise ConfigError(
                f"--set {key}: write section.key=value, such as cluster.same_cosine=0.9"
            )
    return config.load(config_file, {k: v for k, _, v in pairs}, chosen)


def load(out: Path, *, hidden: bool = False) -> Catalogue:
    return closet.load(Store(out, create=False), hidden=hidden)


def find(loaded: Catalogue, start: str) -> Entry:
    found = [e for e in loaded.entries if e.item.id.startswith(start)]
    if len(found) != 1:
        what = "no item" if not found else f"{len(found)} items"
        raise ConfigError(
            f"{what} with an id that starts with {start!r}. `wardrobe items` lists them."
        )
    return found[0]


def funnel(f: Funnel, to: Callable[[str], Any] = typer.echo) -> None:
    to(f"photos seen {f.seen}")
    to(f"  kept     {f.kept}")
    for reason, count in sorted(f.left_out.items(), key=lambda r: (-r[1], r[0])):
        to(f"  left out {count}: {reason}")
    if f.failures:
        to(f"  failed   {f.failures}: tried again by the next run")
    to(f"garments {f.garments}")
    to(f"items    {f.items}")


def say(line: str) -> None:
    """A line for people: names of files and items can't steer the terminal."""
    typer.echo("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line))


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))
