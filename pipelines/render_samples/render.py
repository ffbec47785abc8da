"""Render the sample photos and their truth.

    python pipelines/render_samples/render.py --makehuman DIR --workers 2

A photo that is there and whose shot hasn't changed is left alone, so a run goes on where the last
one stopped. Needs Blender's ``bpy`` wheel, trimesh, embreex, scipy, pillow and pillow-heif in an
environment of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from items import WARDROBE
from paperwork import contact_sheet, sources, write_items, write_photos
from roll import SHOTS
from shots import Shot


def work(job: tuple[Shot, Path, Path, int, float]) -> tuple[str, dict[str, Any] | None, str]:
    """One job of a worker process."""
    import photo  # Blender changes the module path, which must not reach the main process

    shot, folder, out, samples, scale = job
    wall, cpu = time.monotonic(), time.process_time()
    try:
        line = photo.take(photo.makehuman(folder), shot, out, samples, scale)
    except Exception:  # one broken shot costs only itself
        return shot.name, None, traceback.format_exc()
    note = f"{time.monotonic() - wall:.0f} s, cpu {time.process_time() - cpu:.0f} s"
    return shot.name, line, note


def still(job: tuple[str, Path, Path]) -> str:
    """One item alone."""
    import photo

    item, folder, out = job
    photo.portrait(photo.makehuman(folder), item, out / "truth" / "items" / f"{item}.webp")
    return item


def main() -> None:
    """Render what is missing or named, then write the papers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("sample_photos"))
    parser.add_argument("--makehuman", type=Path, default=Path("../shared/data/makehuman"))
    parser.add_argument("--only", nargs="*", help="photo names, or their beginnings")
    parser.add_argument("--force", action="store_true", help="render also what hasn't changed")
    parser.add_argument("--workers", type=int, default=1, help="processes, one thread each")
    parser.add_argument("--samples", type=int, default=4, help="light samples per pixel")
    parser.add_argument("--scale", type=float, default=1.0, help="of the size, for previews")
    parser.add_argument("--items", action="store_true", help="render the items alone, too")
    parser.add_argument("--papers", action="store_true", help="only contact sheet and SOURCES.md")
    parser.add_argument("--route", choices=("cycles", "fast"), default="cycles",
                        help="fast: training frames of random people, see fastroute.py")  # fmt: skip
    parser.add_argument("--count", type=int, default=100, help="frames of the fast route")
    parser.add_argument("--seed", type=int, default=1, help="of the fast route")
    parser.add_argument("--pairs", action="store_true",
                        help="fast route: count pairs that differ in one garment")  # fmt: skip
    parser.add_argument("--shared", type=Path, default=Path("../shared"),
                        help="where data/ccp is, for the fast route's backdrops")  # fmt: skip
    args = parser.parse_args(sys.argv[1:])
    if args.route == "fast":
        import fastroute  # needs embreex, which the library's own route can do without

        fastroute.run(
            args.out, args.shared, args.count, args.seed, args.workers, args.pairs, args.makehuman
        )
        return
    (args.out / "truth" / "items").mkdir(parents=True, exist_ok=True)
    lines = _known(args.out)
    made = _made(args.out)
    chosen = [s for s in SHOTS if not args.only or s.name.startswith(tuple(args.only))]
    due = [] if args.papers else _due(chosen, args, lines, made)
    jobs = [(s, args.makehuman, args.out, args.samples, args.scale) for s in due if not s.copy_of]
    failed: list[str] = []
    revision = _revision()
    with multiprocessing.get_context("spawn").Pool(args.workers, maxtasksperchild=6) as pool:
        for k, (name, line, note) in enumerate(pool.imap_unordered(work, jobs), 1):
            print(f"{k}/{len(jobs)} {name}: {note}", flush=True)
            if line is None:
                failed.append(name)
                continue
            lines[name] = line
            shot = next(s for s in SHOTS if s.name == name)
            made[name] = f"{shot.fingerprint(args.scale)} {revision}"
            _keep(args.out, lines, made)
        if args.items:
            alone = [(item, args.makehuman, args.out) for item in WARDROBE]
            for item in pool.imap_unordered(still, alone):
                print(f"{item} alone", flush=True)
    for shot in (s for s in chosen if s.copy_of and s.copy_of in lines):
        shutil.copyfile(args.out / shot.copy_of, args.out / shot.name)
        lines[shot.name] = lines[shot.copy_of] | {"file": shot.name, "copy_of": shot.copy_of}
    _keep(args.out, lines, made)
    write_items(args.out)
    contact_sheet(args.out, list(lines))
    revisions = sorted({note.split(" ")[1] for note in made.values()})
    (args.out / "SOURCES.md").write_text(sources(list(lines.values()), SHOTS, revisions))
    if failed:
        raise SystemExit(f"not rendered: {', '.join(failed)}")


def _revision() -> str:
    """The commit of these scripts, marked where they were changed since."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def _due(shots: Sequence[Shot], args: argparse.Namespace, lines: dict[str, Any],
         made: dict[str, str]) -> list[Shot]:  # fmt: skip
    return [
        s
        for s in shots
        if args.force
        or s.name not in lines
        or not (args.out / s.name).exists()
        or made.get(s.name, "").split(" ")[0] != s.fingerprint(args.scale)
    ]


def _known(out: Path) -> dict[str, dict[str, Any]]:
    path = out / "truth" / "photos.jsonl"
    rows = path.read_text().splitlines() if path.exists() else []
    names = {s.name for s in SHOTS}
    return {row["file"]: row for row in map(json.loads, rows) if row["file"] in names}


def _made(out: Path) -> dict[str, str]:
    """By photo, the fingerprint of the shot and the revision it was rendered from."""
    path = out / "truth" / "made.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _keep(out: Path, lines: dict[str, Any], made: dict[str, str]) -> None:
    order = {s.name: k for k, s in enumerate(SHOTS)}
    rows = dict(sorted(lines.items(), key=lambda pair: order[pair[0]]))
    lines.clear()
    lines.update(rows)
    write_photos(out, list(rows.values()))
    (out / "truth" / "made.json").write_text(json.dumps(made, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
