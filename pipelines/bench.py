"""How long things take and how much memory they need, on this machine.

    python pipelines/bench.py group      # garments -> items, ten thousand to a million
    python pipelines/bench.py photo      # one photo of 12 megapixels through the models
    python pipelines/bench.py throughput # photos a second, stage by stage, beside a plain script
    python pipelines/bench.py tryon      # one person into one garment: time and memory

Every benchmark is a module of ``benches/`` with ``arguments(parser)``, which adds its options, and
``rows(args)``, which yields what was measured: a mapping of column to value each, all with the same
columns. They are printed as they come, as a Markdown table; ``--json FILE`` keeps them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benches import group, photo, throughput, trying

BENCHES = {"group": group, "photo": photo, "throughput": throughput, "tryon": trying}


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    found = []
    for row in BENCHES[args.bench].rows(args):
        if not found:
            print(_line(list(row)) + "\n" + _line(["---"] * len(row)), flush=True)
        print(_line([_text(v) for v in row.values()]), flush=True)
        found.append(dict(row))
        if args.json:
            args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    whats = p.add_subparsers(dest="bench", required=True, metavar="WHAT")
    for name, module in BENCHES.items():
        about = (module.__doc__ or "").strip()
        what = whats.add_parser(
            name, help=about.splitlines()[0], description=about,
            formatter_class=argparse.RawTextHelpFormatter,
        )  # fmt: skip
        module.arguments(what)
        what.add_argument("--json", type=Path, metavar="FILE", help="keep the rows here as well")
    return p.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
