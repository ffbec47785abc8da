"""The numbers behind ``pose.min_share``: which photos enter at which share of visible joints.

    python pipelines/measure_filter.py --shared ../shared

Cuts of the street validation photos with a known answer: whole people, waist-up and chest-up views
show garments and must enter; faces, feet and pieces of background must not. Prints precision,
recall and F1 of "enters" for every threshold, and what each kind of cut scores at the default.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import street
from measure_segment import full, selfie, waist_up
from numpy.typing import NDArray

from wardrobe import backends, geometry
from wardrobe.config import PoseSettings
from wardrobe.stages.pose import stand

SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def cuts(p: street.StreetPhoto) -> Iterator[tuple[str, bool, NDArray[np.uint8]]]:
    """(kind, whether it must enter, picture) of one photo."""
    for kind, view in (("whole", full), ("waist up", waist_up), ("chest up", selfie)):
        yield kind, True, p.image[view(p)]
    rows, cols = np.flatnonzero(p.ids.any(axis=1)), np.flatnonzero(p.ids.any(axis=0))
    top, bottom = rows[0], rows[-1]
    height = bottom - top
    middle = (cols[0] + cols[-1]) // 2
    wide = slice(max(0, middle - height // 8), middle + height // 8)
    yield "face", False, p.image[max(0, top - height // 7) : max(24, top), wide]
    yield "feet", False, p.image[bottom - height // 10 : bottom + height // 20, cols[0] : cols[-1]]
    left, right = p.image[:, : cols[0]], p.image[:, cols[-1] :]
    yield "background", False, left if left.shape[1] > right.shape[1] else right


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    args = parser.parse_args()
    root = args.shared / "data" / "ccp"
    numbers = [n for n in street.numbers(root, labelled=True) if street.is_validation(n)]
    model = backends.create("pose", PoseSettings().model, "auto")
    seen = []
    for number in numbers:
        for kind, must, picture in cuts(street.load(root, number)):
            if min(picture.shape[:2]) < 48:
                continue
            (people,) = model([np.ascontiguousarray(picture)])
            seen.append((kind, must, people, (picture.shape[0], picture.shape[1])))
    print(f"{len(seen)} cuts of {len(numbers)} photos\nmin_share precision recall F1")
    for share in SHARES:
        settings = PoseSettings(min_share=share)
        got = np.array(
            [stand(people, size, settings).reason is None for _, _, people, size in seen]
        )
        want = np.array([must for _, must, _, _ in seen])
        hit = int((got & want).sum())
        precision, recall = hit / max(int(got.sum()), 1), hit / int(want.sum())
        print(
            f"{share:9.2f} {precision:9.3f} {recall:6.3f} {2 * hit / (got.sum() + want.sum()):.3f}"
        )
    print("\nat the default, share that enters:")
    for kind in dict.fromkeys(k for k, _, _, _ in seen):
        mine = [
            stand(people, size, PoseSettings()).reason is None
            for k, _, people, size in seen
            if k == kind
        ]
        areas = [geometry.area(p[0].box) / (s[0] * s[1]) for k, _, p, s in seen if k == kind and p]
        print(
            f"  {kind:10} {np.mean(mine):.3f} of {len(mine)}; person fills {np.median(areas or [0]):.2f}"
        )


if __name__ == "__main__":
    main()
