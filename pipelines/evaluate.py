"""Measure Wardrobe on labelled folders: a table, ``evaluate.json``, and ``report.html``.

    python pipelines/evaluate.py --sample sample_photos --street ../shared/data/ccp \\
        --people ../shared/data/people --flat ../shared/data/clothing --out out/evaluate

Any subset of the sources; a folder that isn't there is said and skipped. What can't be measured is
null with its reason, never a made-up figure. ``--keys`` explains every key. The report may show
photos that must not be published: it stays where it is written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from evaluation import cascade, grouping, naming, report, seeing, showing, sources, table
from evaluation.table import Findings

from wardrobe import backends, config
from wardrobe.config import Settings
from wardrobe.errors import WardrobeError


def measured(args: argparse.Namespace, settings: Settings, work: Path) -> Iterator[Findings]:
    """The findings of one source after the other, as they come."""
    device = settings.run.device
    if args.sample:
        case = sources.sample(args.sample, work / "sample", settings)
        for measure in (
            seeing.photo_filter, seeing.pose, seeing.segmentation, seeing.visibility,
            grouping.of_case, naming.of_case, showing.covers, cascade.cascade,
        ):  # fmt: skip
            yield measure(case)
        yield showing.thumbnails(case, args.squeeze)
    if args.people:
        yield grouping.of_case(sources.people(args.people, work / "people", settings))
    if args.street:
        photos = sources.street_photos(args.street, args.only or ())
        model = backends.create("segment", settings.segment.model, device)
        yield seeing.street_segmentation(photos, model)
        street = naming.describe("street", sources.street_garments(photos), settings)
        yield naming.of_described(street)
        yield naming.of_outfits(args.street, [p.number for p in photos], settings)
    if args.flat:
        flat = naming.describe("flat", sources.flat_pieces(args.flat), settings)
        yield naming.of_described(flat)
        yield grouping.of_flat(flat, settings)


def main() -> int:
    args = _arguments()
    if args.keys:
        for key, meaning in table.KEYS.items():
            print(f"{key:36} {meaning}")
        return 0
    for name in ("sample", "street", "people", "flat"):
        folder = getattr(args, name)
        if folder and not folder.is_dir():
            print(f"--{name} {folder}: no such folder; left out", file=sys.stderr)
            setattr(args, name, None)
    began = time.monotonic()
    found = Findings()
    try:
        settings = config.load(None, dict(s.split("=", 1) for s in args.set or ()), args.profile)
        with tempfile.TemporaryDirectory() as work:
            for part in measured(args, settings, args.work or Path(work)):
                print(table.text(part.rows), flush=True)
                found += part
    except WardrobeError as e:
        print(f"evaluate: {e}", file=sys.stderr)
        return e.exit_code
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "evaluate.json").write_text(table.as_json(found.rows), encoding="utf-8")
    about = f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, profile {settings.profile}"
    report.write(args.out / "report.html", _report(found, about))
    print(f"{time.monotonic() - began:.0f} s; {args.out / 'report.html'}", file=sys.stderr)
    return 0


def _report(found: Findings, about: str) -> str:
    rows = [
        (r.key, r.value, str(r.count or ""), r.target,
         {True: "met", False: "missed", None: ""}[r.met], r.note)
        for r in found.rows
    ]  # fmt: skip
    head = ("key", "value", "over", "target", "", "note")
    whole = report.Section("All figures", "", report.table(head, rows))
    return report.page("Wardrobe, measured", about, [whole, *found.sections])


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--sample", type=Path, help="a labelled library (truth/ beside the photos)")
    p.add_argument("--street", type=Path, help="photos/, labels/*.png, label_names.json")
    p.add_argument(
        "--only", nargs="*", help="street photos by number; by default those ending in 7"
    )
    p.add_argument("--people", type=Path, help="photos/, labels.csv")
    p.add_argument("--flat", type=Path, help="images/, images.csv")
    p.add_argument(
        "--squeeze", type=Path, default=Path("../shared/weights/squeezenet1_1_imagenet.pth"),
        help="SqueezeNet 1.1 as published, for squeeze_features",
    )  # fmt: skip
    p.add_argument("--out", type=Path, default=Path("out/evaluate"))
    p.add_argument("--work", type=Path, help="keep the stores here, to go on from another time")
    p.add_argument("--profile", default=None)
    p.add_argument("--set", action="append", metavar="section.key=value")
    p.add_argument("--keys", action="store_true", help="explain every key, and stop")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(main())
