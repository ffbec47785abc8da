"""Verbs of the models: list, fetch, verify."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from wardrobe import config, weights
from wardrobe.cli.terminal import Json, print_json, profile_of, talk
from wardrobe.errors import ConfigError, WardrobeError

app = typer.Typer(no_args_is_help=True, help="The models: which there are, fetch, verify.")


@app.command("list")
def models_list(as_json: Json = False) -> None:
    """Every known model: stage, size, licence, and whether it is on this machine."""
    rows = [_facts(m) for m in weights.registry().values()]
    if as_json:
        print_json(rows)
        return
    for r in rows:
        where = "here" if r["here"] else "to fetch"
        typer.echo(f"{r['name']:24} {r['stage']:13} {_size(r['bytes'])}  {where:8}  {_terms(r)}")


@app.command("fetch")
def models_fetch(
    names: Annotated[list[str] | None, typer.Argument(help="As `models list` writes them.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Everything that this profile names: gpu.")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept-license", help="Your use is allowed by the licences shown.")
    ] = False,
    source: Annotated[
        str, typer.Option("--from", help="A folder, or a mirror's address, that has the files.")
    ] = "",
    proxy: Annotated[
        str, typer.Option(help="Address of a proxy; else that of the environment.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be fetched; ask nobody.")
    ] = False,
) -> None:
    """Download models and what they need; the only verb that uses the network."""
    wanted = weights.whole([*(names or ()), *_of_profile(profile)])
    if not wanted:
        raise ConfigError("name a model, or a profile with --profile. `wardrobe models list`.")
    made = weights.plan(wanted, accept=accept)
    _say(made)
    if made.refused and not dry_run:
        raise ConfigError(
            f"{', '.join(m.name for m in made.refused)}: not for commercial use. Read the licences;"
            " add --accept-license if your use is allowed. Nothing was fetched."
        )
    for one in () if dry_run else wanted:
        with _Bar(one.name) as bar:
            path = weights.fetch(one, bar, source=source, proxy=proxy, accept=accept)
        for part in one.all():
            if part.made and not (path / part.path.removeprefix(f"{one.file}/")).is_file():
                talk.print(f"{one.name}: still to be made from your photos: `{part.made}`")
        if one.all():
            typer.echo(path)


@app.command("verify")
def models_verify() -> None:
    """Check the hash of every model that is on this machine."""
    bad = 0
    for m in weights.registry().values():
        if not m.all():
            continue
        if not m.shipped and not weights.here(m):
            typer.echo(f"{m.name}: not fetched")
            continue
        try:
            weights.verified(m)
            first = "" if all(p.sha256 for p in m.all()) else " (the bytes that came first)"
            typer.echo(f"{m.name}: good{first}")
        except WardrobeError as e:
            bad += 1
            typer.echo(str(e))
    if bad:
        raise typer.Exit(4)


def _facts(m: weights.Model) -> dict[str, Any]:
    return {
        "name": m.name, "stage": m.stage, "bytes": sum(p.bytes for p in m.all()), "licence": m.licence,
        "commercial": m.commercial, "here": weights.here(m), "id": m.id,
        "url": m.url or (f"{m.repo}@{m.revision}" if m.repo else None),
        "pinned": all(p.sha256 for p in m.all() if not p.made), "parts": list(m.parts),
    }  # fmt: skip


def _of_profile(profile: str | None) -> list[str]:
    if profile is None:
        return []
    return config.models_of(config.load(profile=profile_of(profile)))


def _say(made: weights.Plan) -> None:
    """Sizes and licences, before anything is fetched."""
    for m in made.models:
        if not m.all():
            continue
        r = _facts(m)
        pinned = "" if r["pinned"] else ", not pinned: the first bytes that come are recorded"
        where = "here" if r["here"] else f"from {r['url'] or 'this package'}"
        talk.print(f"{m.name:24} {_size(r['bytes'])}  {where}, {_terms(r)}{pinned}", markup=False)
    unknown = f" and {made.unknown} file(s) of unknown size" if made.unknown else ""
    talk.print(f"to fetch: {made.bytes / 1e6:.1f} MB{unknown}")


def _terms(r: dict[str, Any]) -> str:
    return f"{r['licence']}{'' if r['commercial'] else ' (not for commercial use)'}"


def _size(size: int) -> str:
    return f"{size / 1e6:7.1f} MB" if size else "      ? MB"


class _Bar:
    """Progress of a model's files on a terminal."""

    def __init__(self, name: str) -> None:
        columns = TextColumn("{task.description:>24}"), BarColumn(), DownloadColumn()
        self._bars = Progress(
            *columns, TimeRemainingColumn(), console=talk, disable=not talk.is_terminal
        )
        self._task = self._bars.add_task(name, total=None)

    def __enter__(self) -> _Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, done: int, total: int) -> None:
        self._bars.update(self._task, completed=done, total=total or None)
