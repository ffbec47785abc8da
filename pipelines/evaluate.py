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

from evaluation import (
    alike,
    cascade,
    dressed,
    grouping,
    masks,
    mended,
    naming,
    report,
    seeing,
    showing,
    sources,
    table,
)
from evaluation.table import Findings

from wardrobe import config
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, WardrobeError


def of_sample(args: argparse.Namespace, settings: Settings, work: Path) -> Iterator[Findings]:
    """A library through the whole product, every stage against its truth."""
    case = sources.sample(args.sample, work / "sample", settings)
    for measure in (
        seeing.photo_filter, seeing.pose, masks.segmentation, masks.visibility,
        grouping.of_case, grouping.answered, naming.of_case, showing.covers, cascade.cascade,
    ):  # fmt: skip
        yield measure(case)
    yield seeing.teacher(case, _shared(args) / "weights" / "pose_landmarker_lite.task")
    yield showing.thumbnails(case, args.squeeze)
    yield mended.of_truth(case, args.squeeze)


def of_people(args: argparse.Namespace, settings: Settings, work: Path) -> Iterator[Findings]:
    """Real people in several clips each: are their tops told apart?"""
    case = sources.people(args.people, work / "people", settings)
    yield seeing.from_behind(case)
    yield grouping.of_case(case)
    yield grouping.answered(case)


def of_street(args: argparse.Namespace, settings: Settings, work: Path) -> Iterator[Findings]:
    """Real labelled photos: the models on them, and the product."""
    photos = sources.street_photos(args.street, args.only or ())
    yield seeing.of_the_street(args.street, work / "pose_labels.jsonl", settings)
    yield seeing.cuts_of_the_street(photos, settings)
    yield masks.on_the_street(photos, settings)
    street = naming.describe("street", sources.street_garments(photos, settings), settings)
    yield naming.of_described(street)
    yield naming.by_crop_alone(street, settings)
    yield naming.of_outfits(args.street, [p.number for p in photos], settings)
    case = sources.on_the_street(args.street, photos, work / "street", settings)
    yield cascade.cascade(case)
    yield masks.missed(case)


def of_flat(args: argparse.Namespace, settings: Settings, work: Path) -> Iterator[Findings]:
    """Garments lying or hanging alone, of senders that no model was trained on."""
    flat = naming.describe("flat", sources.flat_pieces(args.flat), settings)
    yield naming.of_described(flat)
    yield grouping.of_flat(flat, settings)
    yield alike.of_altered("flat", flat.pieces, alike.ways(args.street, _shared(args), settings))


def of_rendered_pairs(
    args: argparse.Namespace, settings: Settings, work: Path
) -> Iterator[Findings]:
    """One person in two garments, all else equal: try-ons with a truth."""
    yield dressed.of_pairs(args.pairs, args.squeeze, settings)


def of_rendered(args: argparse.Namespace, settings: Settings, work: Path) -> Iterator[Findings]:
    """Rendered people, bought and dressed by a seed that no model was trained on."""
    yield alike.of_rendered(args.rendered, work, alike.ways(args.street, _shared(args), settings))


SOURCES = {
    "sample": of_sample, "rendered": of_rendered, "people": of_people, "street": of_street,
    "flat": of_flat, "pairs": of_rendered_pairs,
}  # fmt: skip


def _shared(args: argparse.Namespace) -> Path:
    """Where the baselines' weights lie."""
    return Path(args.squeeze).parent.parent


def main() -> int:
    args = _arguments()
    if args.keys:
        for key, meaning in table.KEYS.items():
            print(f"{key:36} {meaning}")
        return 0
    began = time.monotonic()
    try:
        overrides = dict(s.partition("=")[::2] for s in args.set or ())
        settings = config.load(None, overrides, args.profile)
        with tempfile.TemporaryDirectory() as work:
            found = measured(args, settings, args.work or Path(work))
    except WardrobeError as e:
        print(f"evaluate: {e}", file=sys.stderr)
        return e.exit_code
    if not found.rows:
        print("evaluate: nothing to measure. Name a labelled folder; see --help.", file=sys.stderr)
        return 2
    about = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": _commit(), "profile": settings.profile,
        "settings": " ".join(args.set or ()),
    }  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    said = table.as_json(found.rows, about)
    (args.out / "evaluate.json").write_text(said, encoding="utf-8")
    whole = report.Section("All figures", "", table.html(found.rows))
    line = ", ".join(f"{k} {v}" for k, v in about.items() if v)
    page = report.page("Wardrobe, measured", line, [whole, *found.sections])
    report.write(args.out / "report.html", page)
    print(f"{time.monotonic() - began:.0f} s; {args.out / 'report.html'}", file=sys.stderr)
    return 0


def measured(args: argparse.Namespace, settings: Settings, work: Path) -> Findings:
    """Everything that can be found in the sources given, printed as it comes; a source that isn't
    there or isn't labelled is said and left out."""
    found = Findings()
    for name, measure in SOURCES.items():
        folder = getattr(args, name)
        if folder and not folder.is_dir():
            print(f"--{name} {folder}: no such folder; left out", file=sys.stderr)
        elif folder:
            try:
                for part in measure(args, settings, work):
                    if part.rows:
                        print(table.text(part.rows), flush=True)
                    found += part
            except ConfigError as e:
                print(f"--{name}: {e} Left out.", file=sys.stderr)
    return found


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
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
    p.add_argument("--rendered", type=Path, help="a labelled library rendered for validation")
    p.add_argument("--flat", type=Path, help="images/, images.csv")
    p.add_argument("--pairs", type=Path, help="render_samples --route fast --pairs")
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
