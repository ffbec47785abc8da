"""The wardrobe as files for people and other programs: a page, JSON, CSV, or all of it in a zip.

The same catalogue always gives the same bytes; a file appears whole or not at all; nothing a file
name or an item name contains can act as markup, script or a spreadsheet formula.

``items_json`` documents schema 1, which ``wardrobe items --json`` and ``show --json`` share.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import secrets
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import IO, Any

from wardrobe.catalogue import Catalogue, Entry
from wardrobe.errors import ContractError, WardrobeError
from wardrobe.labels import CATEGORIES

SCHEMA = 1
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; a real one would change the bytes


def items_json(catalogue: Catalogue) -> dict[str, Any]:
    """The catalogue as plain JSON values, schema 1::

        {"schema": 1,
         "items": [{"id", "name", "category", "type": str | null,
                    "colours": [{"name", "hex": "#rrggbb", "share"}], # largest first
                    "confidence",                                     # of the category
                    "garments": [{"photo", "box": [x0, y0, x1, y1], "visibility", "score",
                                  "showing", "quality": {measure: share} | null}],
                    "cover": {"photo", "box"} | null,                 # the best garment
                    "thumbnail": path | null,                         # WebP
                    "cutout": path | null,        # the plain cut-out it was made from
                    "sources": path | null,       # WebP over it: seen, borrowed, generated
                    "filled": {"seen", "borrowed", "generated", "note"} | null,
                    "first_seen": "YYYY-MM-DD" | null, "last_seen": "YYYY-MM-DD" | null,
                    "worn_count", "flagged": str | null}],
         "funnel": {"seen", "kept", "left_out": {reason: count}, "garments", "items", "failures",
                    "left_out_garments": {reason: count},              # detections on kept photos
                    "left_out_photos": [{"photo", "reason"}]}}

    ``photo`` is relative to the photo folder, ``thumbnail`` to the store (in a zip, to the zip),
    ``box`` in pixels of the full upright photo, scores and shares in [0, 1]. Bytes of a file name
    that are not text are written as ``\\udcXX``.
    """
    funnel = catalogue.funnel
    return {
        "schema": SCHEMA,
        "items": [_item(entry) for entry in catalogue.entries],
        "funnel": {
            "seen": funnel.seen,
            "kept": funnel.kept,
            "left_out": _counts(funnel.left_out),
            "garments": funnel.garments,
            "items": funnel.items,
            "failures": funnel.failures,
            "left_out_garments": _counts(funnel.left_out_garments),
            "left_out_photos": [
                {"photo": _text(photo), "reason": _text(reason)}
                for photo, reason in funnel.left_out_photos
            ],
        },
    }


def write_json(catalogue: Catalogue, path: Path) -> None:
    """Write :func:`items_json` as UTF-8. Raises ``WardrobeError`` where it can't be written."""
    with _whole_file(path) as file:
        file.write(_json_bytes(catalogue))


def write_csv(catalogue: Catalogue, path: Path) -> None:
    """Write one row per item, UTF-8 with the mark that spreadsheets look for.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.

    Raises:
        WardrobeError: the file can't be written.
    """
    with _whole_file(path) as file:
        file.write(_csv_bytes(catalogue))


def write_html(catalogue: Catalogue, path: Path) -> None:
    """Write one page that opens from disk and loads nothing from anywhere.

    Raises:
        WardrobeError: the file can't be written.
    """
    with _whole_file(path) as file:
        file.writelines(_html_parts(catalogue))


def write_zip(catalogue: Catalogue, path: Path, more: Iterable[tuple[str, bytes]] = ()) -> None:
    """Write ``catalogue.html``, ``items.json``, ``items.csv``, ``thumbnails/<id>.webp`` and
    ``sources/<id>.webp``.

    Args:
        more: further files, (name in the zip, bytes): what makes it a backup.

    Raises:
        WardrobeError: the file can't be written.
    """
    catalogue = _bundled(catalogue)
    with _whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:

        def add(name: str, parts: Iterable[bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = method
            info.create_system, info.external_attr = 3, 0o100644 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                member.writelines(parts)

        add("catalogue.html", _html_parts(catalogue))
        add("items.json", [_json_bytes(catalogue)])
        add("items.csv", [_csv_bytes(catalogue)])
        for entry in catalogue.entries:
            if entry.thumbnail and entry.thumbnail_path:
                add(entry.thumbnail_path, [entry.thumbnail], zipfile.ZIP_STORED)
            if entry.sources and entry.sources_path:
                add(entry.sources_path, [entry.sources], zipfile.ZIP_STORED)
        for name, data in more:
            add(name, [data])


#: What ``wardrobe export --format`` chooses from.
WRITERS: dict[str, Callable[[Catalogue, Path], None]] = {
    "html": write_html,
    "json": write_json,
    "csv": write_csv,
    "zip": write_zip,
}


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place under ``path`` only when the block ends well."""
    temporary = path.with_name(f".wardrobe-{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as e:
        raise WardrobeError(
            f"{path} can't be written: {e.strerror or e}. "
            "Free some space or choose another place; an older file there is untouched."
        ) from e


def _bundled(catalogue: Catalogue) -> Catalogue:
    """The same catalogue with its thumbnails where the zip has them."""
    entries = []
    for entry in catalogue.entries:
        _check_id(entry)
        path = f"thumbnails/{entry.item.id}.webp" if entry.thumbnail else None
        sources = f"sources/{entry.item.id}.webp" if entry.sources else None
        entries.append(replace(entry, thumbnail_path=path, sources_path=sources, cutout_path=None))
    return replace(catalogue, entries=tuple(entries))


def _check_id(entry: Entry) -> None:
    """Ids become a file name in the zip and an attribute in the page."""
    if not _ID.fullmatch(entry.item.id):
        raise ContractError(
            f"item id {entry.item.id!r} is not 1 to 64 of A-Z a-z 0-9 _ -. "
            "That is a bug of this program: please report it."
        )


def _item(entry: Entry) -> dict[str, Any]:
    item = entry.item
    garments = [
        {
            "photo": _text(s.photo),
            "box": [round(float(v), 1) for v in s.box],
            "visibility": _share(s.visibility),
            "score": _share(s.score),
            "showing": _share(s.showing),
            "quality": {k: _share(v) for k, v in asdict(s.quality).items()} if s.quality else None,
        }
        for s in entry.sightings
    ]
    return {
        "id": item.id,
        "name": _text(item.name),
        "category": item.category,
        "type": _text(item.type) if item.type else None,
        "colours": [
            {"name": _text(name), "hex": _text(hex_), "share": _share(share)}
            for name, hex_, share in item.colours
        ],
        "confidence": _share(item.confidence),
        "garments": garments,
        "cover": {key: garments[0][key] for key in ("photo", "box")} if garments else None,
        "thumbnail": entry.thumbnail_path,
        "cutout": entry.cutout_path,
        "sources": entry.sources_path,
        "filled": _filled(entry),
        "first_seen": entry.first_seen.isoformat() if entry.first_seen else None,
        "last_seen": entry.last_seen.isoformat() if entry.last_seen else None,
        "worn_count": entry.worn_count,
        "flagged": _text(item.flagged) if item.flagged else None,
        "pattern": item.pattern,
        "sleeve": item.sleeve,
    }


def _filled(entry: Entry) -> dict[str, Any] | None:
    if entry.filled is None:
        return None
    shares = asdict(entry.filled)
    return {k: _text(v) if isinstance(v, str) else _share(v) for k, v in shares.items()}


def _json_bytes(catalogue: Catalogue) -> bytes:
    text = json.dumps(items_json(catalogue), ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def _csv_bytes(catalogue: Catalogue) -> bytes:
    columns = (
        "id", "name", "category", "type", "colours", "confidence", "worn_count", "first_seen",
        "last_seen", "cover", "photos", "thumbnail", "flagged",
    )  # fmt: skip
    out = io.StringIO()
    # Quoting every text keeps a separator of another locale inside it from opening a new cell.
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    for item in items_json(catalogue)["items"]:
        photos = dict.fromkeys(garment["photo"] for garment in item["garments"])
        shares = (f"{c['name']} {c['share']:.0%}" for c in item["colours"])
        row = item | {
            "colours": ", ".join(shares),
            "cover": item["cover"]["photo"] if item["cover"] else None,
            "photos": "; ".join(photos),
        }
        writer.writerow(_cell(row[column]) for column in columns)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: str | float | None) -> str | float:
    """Disarm what Excel, LibreOffice or Sheets would read as a formula."""
    if not isinstance(value, str):
        return "" if value is None else value
    risky = value[:1] in "\t\r\n" or value.lstrip()[:1] in tuple("=+-@＝＋－＠")
    return f"'{value}" if value and risky else value


def _html_parts(catalogue: Catalogue) -> Iterator[bytes]:
    """The page in pieces, so that thousands of pictures never stand in memory as one string."""
    template = resources.files("wardrobe").joinpath("web/catalogue.html").read_text("utf-8")
    hashes = {
        tag: base64.b64encode(hashlib.sha256(_inline(template, tag).encode()).digest()).decode()
        for tag in ("style", "script")
    }
    # One pass over the template: a name that looks like a slot is text by the time it is in.
    for piece in re.split(r"(\{\{[a-z]+\}\})", template):
        if piece == "{{catalogue}}":
            yield _embedded(_page(catalogue))
        elif piece == "{{previews}}":
            for entry in catalogue.entries:
                _check_id(entry)
                previews = _embedded([_base64(s.preview) for s in entry.sightings])
                opening = f'<script type="application/json" id="previews-{entry.item.id}">'
                yield opening.encode() + previews + b"</script>\n"
        elif piece.strip("{}") in hashes and piece.startswith("{{"):
            yield hashes[piece.strip("{}")].encode()
        else:
            yield piece.encode()


def _inline(template: str, tag: str) -> str:
    """The text of the first attribute-free ``<tag>``, as a browser hashes it for the policy."""
    return template.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


def _page(catalogue: Catalogue) -> dict[str, Any]:
    """Schema 1 plus what only the page shows: pictures, dates of photos, outlines."""
    page = items_json(catalogue)
    for entry, item in zip(catalogue.entries, page["items"], strict=True):
        for path in ("thumbnail", "cutout", "sources"):
            del item[path]  # the page carries the pictures themselves
        item["picture"], item["sources"] = _base64(entry.thumbnail), _base64(entry.sources)
        for sighting, garment in zip(entry.sightings, item["garments"], strict=True):
            garment["taken"] = sighting.taken_at.date().isoformat() if sighting.taken_at else None
            outline = sighting.outline_frac
            garment["outline"] = [_share(v) for v in outline] if outline else None
    return page | {"categories": CATEGORIES}


def _embedded(value: Any) -> bytes:
    """JSON that is safe inside a script element, whatever its strings contain."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def _text(value: str) -> str:
    """The same text without lone surrogates, which stand for undecodable bytes of a file name."""
    return value.encode("utf-8", "backslashreplace").decode()


def _share(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), 4)


def _base64(data: bytes | None) -> str | None:
    return base64.b64encode(data).decode("ascii") if data else None


def _counts(reasons: Mapping[str, int]) -> dict[str, int]:
    """Most frequent first."""
    return dict(sorted(reasons.items(), key=lambda row: (-row[1], row[0])))
