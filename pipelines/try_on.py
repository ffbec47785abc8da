"""Dress people: one photo as ``wardrobe try-on`` does, or a folder of them in a list of outfits.

    python pipelines/try_on.py PERSON.jpg ITEM [ITEM ...] -o OUT.png [any option of `wardrobe try-on`]
    python pipelines/try_on.py PEOPLE/ --outfits LIST.txt -o FOLDER/ [--out CLOSET] [--seed N] [--steps N]

``LIST.txt`` has one outfit a line, its items (pictures, or ids of the closet) divided by spaces.
Every person is dressed in every outfit; what can't be done is said and doesn't end the rest.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path

from wardrobe import cli, config, images, mirror
from wardrobe.cli.trying import piece_of
from wardrobe.errors import WardrobeError

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp"}


def main() -> int:
    if "--outfits" not in sys.argv:
        if len(sys.argv) > 1 and not {"-h", "--help"} & set(sys.argv):
            sys.argv.insert(1, "try-on")
            cli.main()
            return 0
        print(__doc__)
        return 0
    args = _arguments()
    settings = config.load(None, dict(s.partition("=")[::2] for s in args.set or ()), args.profile)
    people = sorted(p for p in args.people.iterdir() if p.suffix.lower() in PICTURES)
    lines = [line for line in args.outfits.read_text(encoding="utf-8").splitlines() if line.strip()]
    args.output.mkdir(parents=True, exist_ok=True)
    failed = 0
    for number, line in enumerate(lines, start=1):
        try:
            pieces = [piece_of(word, args.out, settings) for word in shlex.split(line)]
        except WardrobeError as e:
            print(f"outfit {number}: {e}", file=sys.stderr)
            failed += 1
            continue
        for person in people:
            began = time.monotonic()
            try:
                pixels, fittings = mirror.fitted(
                    person, pieces, seed=args.seed, steps=args.steps, settings=settings
                )
            except WardrobeError as e:
                print(f"{person.name}, outfit {number}: {e}", file=sys.stderr)
                failed += 1
                continue
            for remark in mirror.remarks(fittings, settings):
                print(f"{person.name}, {remark}", file=sys.stderr)
            target = args.output / f"{person.stem}-{number}.png"
            target.write_bytes(images.encode_png(pixels))
            print(f"{target} {time.monotonic() - began:.1f} s", flush=True)
    return 3 if failed else 0


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("people", type=Path)
    p.add_argument("--outfits", type=Path, required=True)
    p.add_argument("-o", "--output", type=Path, required=True)
    p.add_argument("--out", type=Path)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--steps", type=int)
    p.add_argument("--profile")
    p.add_argument("--set", action="append", metavar="section.key=value")
    return p.parse_args()


if __name__ == "__main__":
    sys.exit(main())
