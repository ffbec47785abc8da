"""A closet's thumbnails on sheets, to look at: what the photo shows, the cut-out, the thumbnail, its map.

    python pipelines/thumbnail_sheet.py CLOSET -o SHEETS/ [--most 60]

One row an item: the garment in its photo, its raw cut-out, the thumbnail before this one where there was
another, the thumbnail, and where its pixels come from (blue borrowed, orange generated). The sheets show
the photos of whoever the closet belongs to: keep them where the closet is.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from poses import save_sheet

from wardrobe import closet, gallery, images
from wardrobe.catalogue import Entry
from wardrobe.painting import BORROWED, GENERATED, SEEN, read_sources
from wardrobe.store import Store

TILE = 200  # px
ROWS = 12  # of items on a sheet, in two columns
INKS = {SEEN: (60, 60, 60), BORROWED: (30, 110, 220), GENERATED: (230, 110, 20)}


def tiles(entry: Entry, store: Store) -> list[NDArray[np.uint8]]:
    """An item's row, five tiles."""
    past = gallery.history(entry.item, store)
    cutout = (store.root / past[-1]["cutout"]).read_bytes() if past else None
    before = (store.root / past[-2]["thumbnail"]).read_bytes() if len(past) > 1 else None
    shown = [
        images.decode(data) if data else None
        for data in (entry.sightings[0].preview, cutout, before, entry.thumbnail)
    ]
    told = None
    if entry.sources:
        sources = read_sources(entry.sources)
        told = np.full((*sources.shape, 3), 244, np.uint8)
        for value, ink in INKS.items():
            told[sources == value] = ink
    row = [_fitted(picture) for picture in (*shown, told)]
    cv2.putText(
        row[0], entry.item.name[:26], (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (200, 0, 0), 1
    )
    return row


def _fitted(picture: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """A tile of TILE px with the whole picture in it; empty where there is none."""
    out = np.full((TILE, TILE, 3), 255, np.uint8)
    if picture is None:
        return out
    scale = TILE / max(picture.shape[:2])
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    small = cv2.resize(picture[..., :3], size, interpolation=cv2.INTER_AREA)
    out[: size[1], : size[0]] = small
    return out


def sheets(entries: Sequence[Entry], store: Store, folder: Path) -> list[Path]:
    """Sheets of twenty-four items, the first items first."""
    made = []
    for start in range(0, len(entries), 2 * ROWS):
        part = entries[start : start + 2 * ROWS]
        path = folder / f"thumbnails-{start // (2 * ROWS) + 1}.png"
        save_sheet([t for e in part for t in tiles(e, store)], path, columns=10)
        made.append(path)
    return made


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("closet", type=Path)
    p.add_argument("-o", "--out", type=Path, required=True)
    p.add_argument("--most", type=int, default=60)
    args = p.parse_args()
    with contextlib.closing(Store(args.closet, create=False)) as store:
        entries = closet.load(store).entries[: args.most]
        for path in sheets(entries, store, args.out):
            print(path)


if __name__ == "__main__":
    main()
