"""Verbs of the job over a folder: build, status, explain, config, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wardrobe import batch, closet, config, doctor, export
from wardrobe.bars import Bars
from wardrobe.catalogue import Funnel
from wardrobe.cli.terminal import (
    ConfigFile,
    Json,
    Out,
    Sets,
    funnel,
    print_json,
    say,
    settings_of,
    talk,
)
from wardrobe.errors import ConfigError
from wardrobe.pipeline import STAGES, Until
from wardrobe.store import Store

app = typer.Typer()


@app.command()
def build(
    photos: Annotated[Path, typer.Argument(help="Folder of photos; only ever read.")],
    out: Out,
    profile: Annotated[
        str | None, typer.Option(help="small (ships with Wardrobe, the default) or gpu.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N, or cuda:all for every one.")
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
    sets = [*(sets or ()), *([f"run.device={device}"] if device else [])]
    settings = settings_of(sets, config_file, profile)
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
        print_json(
            {
                "computed": report.computed,
                "seconds": round(report.seconds, 2),
                **export.items_json(report.catalogue),
            }
        )
    else:
        funnel(report.catalogue.funnel)
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
        print_json({"runs": told, "photos": photos})
        return
    if not runs:
        talk.print("No run yet.")
        return
    last = runs[0]
    ended = f"finished {last['ended_at']}" if last["ended_at"] else "not finished"
    say(f"run {last['id']} of {last['photos']}: {ended}")
    if last["ended_at"]:
        funnel(closet.load(store, pictures=False).funnel, to=say)
    for path, facts in photos.items():
        if facts["outcome"] != "kept":
            say(f"{facts['outcome']:9} {path}: {facts['message']}")


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
        print_json(closet.trace(sight))
        return
    for step in sight.steps:
        model = f"  [{step.model}]" if step.model else ""
        say(f"{step.stage:9} {step.seconds * 1000:8.1f} ms{model}")
        say(f"          in:  {step.went_in}")
        say(f"          out: {step.came_out}")
    say(f"end: {closet.ending(sight)}")


@app.command("config")
def config_(
    explain_key: Annotated[
        str | None, typer.Option("--explain", help="One setting: section.key.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="small or gpu.")] = None,
    sets: Sets = None,
    config_file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """All settings as they would be used, or what one of them means."""
    if explain_key is None:
        typer.echo(config.dump(settings_of(sets, config_file, profile)))
        return
    facts = config.explain(explain_key)
    if as_json:
        print_json(facts)
        return
    for k, v in facts.items():
        typer.echo(f"{k}: {v}")


@app.command("doctor")
def doctor_(as_json: Json = False) -> None:
    """Check this installation: Python, libraries, models, devices."""
    checks = doctor.check()
    if as_json:
        print_json([{"check": c.name, "good": c.good, "said": c.said} for c in checks])
    else:
        for c in checks:
            typer.echo(f"{'ok ' if c.good else 'BAD'} {c.name}: {c.said}")
    if not all(c.good for c in checks):
        raise typer.Exit(4)


def _until(name: str) -> Until:
    for stage in STAGES:
        if stage == name:
            return stage
    raise ConfigError(f"--until {name}: choose one of {', '.join(STAGES)}.")


def _dry_run(f: Funnel, as_json: bool) -> None:
    if as_json:
        print_json({"photos": f.seen, "known": f.kept, "new": f.seen - f.kept})
    else:
        typer.echo(
            f"{f.seen} photos, {f.kept} known and unchanged, {f.seen - f.kept} to look at. Nothing was written."
        )
