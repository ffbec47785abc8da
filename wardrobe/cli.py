"""The verbs. Data on stdout, talk and progress on stderr, ``--json`` on everything that lists."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console

from wardrobe import __version__, batch, closet, config, doctor, export, weights
from wardrobe.bars import Bars
from wardrobe.catalogue import Catalogue, Entry, Funnel
from wardrobe.config import Profile, Settings
from wardrobe.errors import ConfigError, WardrobeError
from wardrobe.pipeline import STAGES, Until
from wardrobe.store import Store

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
models_app = typer.Typer(no_args_is_help=True, help="The models: which there are, fetch, verify.")
app.add_typer(models_app, name="models")
talk = Console(stderr=True, highlight=False, soft_wrap=True)

Out = Annotated[Path, typer.Option("--out", help="The wardrobe's folder (the store).")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; repeat for more.")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]


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


@app.command()
def build(
    photos: Annotated[Path, typer.Argument(help="Folder of photos; only ever read.")],
    out: Out,
    profile: Annotated[
        str | None, typer.Option(help="small (ships with Wardrobe, the default) or gpu.")
    ] = None,
    until: Annotated[
        str, typer.Option(help=f"Stop after this stage: {', '.join(STAGES)}.")
    ] = "thumbnail",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Look at the first N photos only.")
    ] = None,
    sets: Sets = None,
    config_file: ConfigFile = None,
    owner: Annotated[
        list[Path] | None, typer.Option(help="A selfie of the owner; repeat for more.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; compute nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make or continue the wardrobe of a photo folder."""
    settings = _settings(sets, config_file, profile)
    if dry_run:
        _dry_run(batch.plan(photos, out, settings, limit), as_json)
        return
    try:
        with Bars(talk) as watch:
            report = batch.build(
                photos,
                out,
                settings,
                owner=owner or (),
                until=_until(until),
                limit=limit,
                watch=watch,
            )
    except KeyboardInterrupt:
        talk.print(
            f"\nStopped. What was computed is kept; the same command goes on: wardrobe build {photos} --out {out}"
        )
        raise typer.Exit(130) from None
    if as_json:
        _print_json(
            {
                "computed": report.computed,
                "seconds": round(report.seconds, 2),
                **export.items_json(report.catalogue),
            }
        )
    else:
        _funnel(report.catalogue.funnel)
        talk.print(f"{report.computed} answers computed in {report.seconds:.1f} s.")
        talk.print(f"Next: wardrobe export --format html --out {out}")
    if report.catalogue.funnel.failures:
        raise typer.Exit(3)


@app.command()
def status(out: Out, as_json: Json = False) -> None:
    """The last run, the funnel, and every photo that was left out, with its reason."""
    store = Store(out, create=False)
    runs = store.runs()
    photos = store.derived("photo")
    if as_json:
        told = [{k: v for k, v in r.items() if k != "owner"} for r in runs]  # a face is private
        _print_json({"runs": told, "photos": photos})
        return
    if not runs:
        talk.print("No run yet.")
        return
    last = runs[0]
    ended = f"finished {last['ended_at']}" if last["ended_at"] else "not finished"
    _say(f"run {last['id']} of {last['photos']}: {ended}")
    if last["ended_at"]:
        _funnel(closet.load(store, pictures=False).funnel, to=_say)
    for path, facts in photos.items():
        if facts["outcome"] != "kept":
            _say(f"{facts['outcome']:9} {path}: {facts['message']}")


@app.command()
def items(
    out: Out,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    as_json: Json = False,
) -> None:
    """Every item of the wardrobe."""
    loaded = _load(out)
    chosen = [e for e in loaded.entries if category in (None, e.item.category)]
    if as_json:
        _print_json(export.items_json(Catalogue(tuple(chosen), loaded.funnel)))
        return
    for e in chosen:
        seen = f"{e.first_seen or '?'} to {e.last_seen or '?'}"
        _say(f"{e.item.id}  {e.item.category:9}  worn {e.worn_count:>3}  {seen}  {e.item.name}")


@app.command()
def show(
    item: Annotated[str, typer.Argument(help="Id, or the beginning of it.")],
    out: Out,
    as_json: Json = False,
) -> None:
    """One item: its photos, colours, dates."""
    loaded = _load(out)
    entry = _find(loaded, item)
    if as_json:
        _print_json(export.items_json(Catalogue((entry,), loaded.funnel))["items"][0])
        return
    i = entry.item
    _say(
        f"{i.name}  ({i.category}{', ' + i.type if i.type else ''}, confidence {i.confidence:.2f})"
    )
    _say("colours: " + ", ".join(f"{n} {h} {s:.0%}" for n, h, s in i.colours))
    _say(
        f"worn on {entry.worn_count} day(s), {entry.first_seen or '?'} to {entry.last_seen or '?'}"
    )
    if i.flagged:
        _say(f"to review: {i.flagged}")
    if entry.thumbnail_path:
        _say(f"thumbnail: {out / entry.thumbnail_path}")
    for s in entry.sightings:
        box = ", ".join(f"{v:.0f}" for v in s.box)
        _say(f"  {s.photo}  box ({box})  visible {s.visibility:.2f}  score {s.score:.2f}")


@app.command()
def explain(
    photo: Annotated[
        str, typer.Argument(help="Path of the photo, as status writes it or as a file.")
    ],
    out: Out,
    as_json: Json = False,
) -> None:
    """The trace of one photo: what went into every stage, what came out, time, model, why it stopped."""
    sight = closet.explain(photo, Store(out, create=False))
    if as_json:
        _print_json(closet.trace(sight))
        return
    for step in sight.steps:
        model = f"  [{step.model}]" if step.model else ""
        _say(f"{step.stage:9} {step.seconds * 1000:8.1f} ms{model}")
        _say(f"          in:  {step.went_in}")
        _say(f"          out: {step.came_out}")
    _say(f"end: {closet.ending(sight)}")


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
    export.WRITERS[format_](_load(out), path)
    typer.echo(path)


@models_app.command("list")
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
        _print_json(rows)
        return
    for r in rows:
        where = "here" if r["here"] else "to fetch"
        typer.echo(
            f"{r['name']:16} {r['stage']:9} {int(r['bytes'] or 0) / 1e6:6.1f} MB  {where:8}  {r['licence']}"
        )


@models_app.command("fetch")
def models_fetch(name: Annotated[str, typer.Argument(help="As `models list` writes it.")]) -> None:
    """Download one model and what it needs; the only verb that uses the network."""
    model = weights.find(name)
    for one in [model, *([weights.find(model.needs)] if model.needs else [])]:
        talk.print(
            f"{one.name}: {one.bytes / 1e6:.1f} MB, {one.licence}, from {one.url or 'this package'}"
        )
        typer.echo(weights.fetch(one))


@models_app.command("verify")
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


@app.command("config")
def config_(
    explain_key: Annotated[
        str | None, typer.Option("--explain", help="One setting: section.key.")
    ] = None,
    sets: Sets = None,
    config_file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """All settings as they would be used, or what one of them means."""
    if explain_key is None:
        typer.echo(config.dump(_settings(sets, config_file, None)))
        return
    facts = config.explain(explain_key)
    if as_json:
        _print_json(facts)
        return
    for k, v in facts.items():
        typer.echo(f"{k}: {v}")


@app.command("doctor")
def doctor_(as_json: Json = False) -> None:
    """Check this installation: Python, libraries, models, devices."""
    checks = doctor.check()
    if as_json:
        _print_json([{"check": c.name, "good": c.good, "said": c.said} for c in checks])
    else:
        for c in checks:
            typer.echo(f"{'ok ' if c.good else 'BAD'} {c.name}: {c.said}")
    if not all(c.good for c in checks):
        raise typer.Exit(4)


def _settings(sets: list[str] | None, config_file: Path | None, profile: str | None) -> Settings:
    if profile and profile not in get_args(Profile):
        raise ConfigError(f"--profile {profile}: choose one of {', '.join(get_args(Profile))}.")
    pairs = [s.partition("=") for s in sets or ()]
    for key, equals, _ in pairs:
        if not equals:
            raise ConfigError(
                f"--set {key}: write section.key=value, such as cluster.same_cosine=0.9"
            )
    return config.load(config_file, {k: v for k, _, v in pairs}, profile)  # type: ignore[arg-type]


def _until(name: str) -> Until:
    for stage in STAGES:
        if stage == name:
            return stage
    raise ConfigError(f"--until {name}: choose one of {', '.join(STAGES)}.")


def _load(out: Path) -> Catalogue:
    return closet.load(Store(out, create=False))


def _find(loaded: Catalogue, start: str) -> Entry:
    found = [e for e in loaded.entries if e.item.id.startswith(start)]
    if len(found) != 1:
        what = "no item" if not found else f"{len(found)} items"
        raise ConfigError(
            f"{what} with an id that starts with {start!r}. `wardrobe items` lists them."
        )
    return found[0]


def _funnel(f: Funnel, to: Callable[[str], Any] = typer.echo) -> None:
    to(f"photos seen {f.seen}")
    to(f"  kept     {f.kept}")
    for reason, count in sorted(f.left_out.items(), key=lambda r: (-r[1], r[0])):
        to(f"  left out {count}: {reason}")
    if f.failures:
        to(f"  failed   {f.failures}: tried again by the next run")
    to(f"garments {f.garments}")
    to(f"items    {f.items}")


def _dry_run(f: Funnel, as_json: bool) -> None:
    if as_json:
        _print_json({"photos": f.seen, "known": f.kept, "new": f.seen - f.kept})
    else:
        typer.echo(
            f"{f.seen} photos, {f.kept} known and unchanged, {f.seen - f.kept} to look at. Nothing was written."
        )


def _say(line: str) -> None:
    """A line for people: names of files and items can't steer the terminal."""
    typer.echo("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line))


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))


def main() -> None:
    """Entry point: every deliberate error becomes its sentence and its exit code."""
    try:
        app()
    except WardrobeError as e:
        talk.print(f"wardrobe: {e}", markup=False)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
