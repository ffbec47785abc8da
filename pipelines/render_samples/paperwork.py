"""What lies beside the photos: the truth's files, the items alone, contact sheet, SOURCES.md."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pillow_heif
from items import WARDROBE, truth
from PIL import Image, ImageOps
from shots import Shot

#: A folder that holds this file is none of photos (scanners of pictures pass it over).
MARK = ".nomedia"

SOURCES = """
# Where these pictures come from

Nobody was photographed. Every picture is rendered by `pipelines/render_samples/render.py` with
Blender's Cycles (the `bpy` wheel, 4.5) and is part of this project, under its licence
(AGPL-3.0-or-later); there is no other claim on them.

* Bodies, hair, eyes (with the picture of the iris), hat and shoes are meshes of MakeHuman, released
  as CC0 in September 2020. They are read, never copied into this repository.
* Clothes are cut from the body's surface by `dressing.py` and `tailoring.py`; fabrics, prints,
  skin, hair and the places are painted by code. No foreign texture. The two screenshots are drawn.
* All noise is seeded from names, so a second run gives the same scene; Cycles' own seed is 1.
  4 to 6 samples a pixel and a denoiser. Rendered by the revisions {revisions}.
* One owner; a friend, a sister and a colleague stand beside her in some photos, in clothes of
  their own. The friend's plum T-shirt is the same product as hers.
* Turned in EXIF: {turned}. PNG besides the screenshots: {png}. HEIC: {heic}. Exact copy: {copies}.
  Times taken are in EXIF; there is no place.

The truth beside them is described in `truth/README.md`. Everything again:

    python pipelines/render_samples/render.py --out sample_photos --makehuman DIR --items --force

What looks least real: cloth without weight (folds are noise, not drape), faces without expression,
hands that hold nothing, hair as one sheet.
"""


def write_photos(out: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """``truth/photos.jsonl``."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (out / "truth" / "photos.jsonl").write_text(text)


def write_items(out: Path) -> None:
    """``truth/items.json``, which names the pictures of items alone that are there."""
    (out / "truth" / MARK).touch()
    rows = []
    for row in truth():
        picture = f"items/{row['id']}.webp"
        rows.append(row | ({"picture": picture} if (out / "truth" / picture).exists() else {}))
    people = [{"id": person} for person in dict.fromkeys(row["person"] for row in rows)]
    table = {"schema": 1, "owner": "owner", "people": people, "items": rows}
    (out / "truth" / "items.json").write_text(json.dumps(table, indent=1) + "\n")


def contact_sheet(out: Path, names: Sequence[str], columns: int = 12) -> None:
    """All photos, small, in one picture: ``truth/contact-sheet.jpg``."""
    pillow_heif.register_heif_opener()
    wide, tall = 120, 160
    shown = [name for name in names if (out / name).exists()]
    rows = math.ceil(len(shown) / columns)
    sheet = Image.new("RGB", (columns * wide, rows * tall), (24, 24, 26))
    for k, name in enumerate(shown):
        with Image.open(out / name) as picture:
            small = ImageOps.contain(
                ImageOps.exif_transpose(picture).convert("RGB"), (wide - 4, tall - 4)
            )
        left, top = k % columns * wide, k // columns * tall
        sheet.paste(small, (left + (wide - small.width) // 2, top + (tall - small.height) // 2))
    sheet.save(out / "truth" / "contact-sheet.jpg", quality=84)


def sources(
    lines: Sequence[Mapping[str, Any]], shots: Sequence[Shot], revisions: Sequence[str]
) -> str:
    """``SOURCES.md``: how the pictures were made, by which revisions, and which shows what."""

    def names(chosen: Sequence[Shot]) -> str:
        return ", ".join(s.name for s in chosen) or "none"

    head = SOURCES.strip().format(
        revisions=", ".join(revisions),
        turned=", ".join(f"{s.name} ({s.turned})" for s in shots if s.turned != 1) or "none",
        png=names([s for s in shots if s.name.endswith(".png") and s.frame != "screen"]),
        heic=names([s for s in shots if s.name.endswith(".heic")]),
        copies=", ".join(f"{s.name} of {s.copy_of}" for s in shots if s.copy_of),
    )
    seen: Counter[str] = Counter()
    where: dict[str, list[str]] = {}
    for line in lines:
        if not line.get("copy_of"):
            for worn in line["garments"]:
                seen[worn["item"]] += 1
                where.setdefault(worn["item"], []).append(Path(line["file"]).stem)
    rows = ["", "| item | category | what | photos |", "| --- | --- | --- | --- |"]
    for garment in WARDROBE.values():
        if garment.id in where:
            cells = (garment.id, f"{garment.category}, {garment.type}", garment.name)
            rows.append(
                f"| {' | '.join(cells)} | {seen[garment.id]}: {', '.join(where[garment.id])} |"
            )
    nothing = [line["file"] for line in lines if not line["enters"]]
    rows += ["", f"Photos that should not enter the wardrobe: {', '.join(nothing)}."]
    return "\n".join([head, *rows]) + "\n"
