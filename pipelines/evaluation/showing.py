"""The pictures of the catalogue, measured: thumbnails, covers, and people in what they try on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from evaluation import pictures
from evaluation.pictures import Distance
from evaluation.report import Section, WorstCase, cases
from evaluation.report import table as html_table
from evaluation.sources import Case, Sighting, in_photo, owned, sightings
from evaluation.table import Findings, Row

from wardrobe import images
from wardrobe.truth import TrueGarment
from wardrobe.types import Image, MaskArray

WORST = 12
KNOWN = 8  # items whose distortions calibrate the distances
FIGURES = ("coverage", "colour_error", "ssim")
TARGETS = {"coverage": ">= 0.97", "colour_error": "<= 4"}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """An item's thumbnail beside the true item rendered alone, and the scores by figure."""

    name: str
    thumbnail: Image
    true: Image
    scores: Mapping[str, float | None]


def distances(squeeze: Path) -> tuple[dict[str, Distance], dict[str, str]]:
    """The perceptual distances at hand by name, and why the others aren't.

    Args:
        squeeze: ``squeezenet1_1_imagenet.pth``.
    """
    have: dict[str, Distance] = {}
    missing: dict[str, str] = {}
    if squeeze.is_file():
        have["squeeze_features"] = pictures.SqueezeFeatures(squeeze)
    else:
        missing["squeeze_features"] = f"{squeeze.name} is not at hand"
    lpips = pictures.lpips()
    if isinstance(lpips, str):
        missing["lpips"] = lpips
    else:
        have["lpips"] = lpips
    return have, missing


def thumbnails(case: Case, squeeze: Path) -> Findings:
    """Each item's thumbnail against the item that its cover's garment really is, in a library."""
    have, missing = distances(squeeze)
    shown = _shown(case, have)
    prefix = f"thumbnail.{case.name}"
    nothing = "no thumbnail shows an item that truth has a picture of"
    rows = []
    for figure in (*FIGURES, *have):
        values = [v for s in shown if (v := s.scores[figure]) is not None]
        middle = median if figure == "colour_error" else mean
        rows.append(
            Row(f"{prefix}.{figure}", middle(values) if values else None, len(values),
                "" if values else nothing, TARGETS.get(figure, ""))
        )  # fmt: skip
    rows += [Row(f"{prefix}.{figure}", None, note=why) for figure, why in missing.items()]
    rows += _tryon(case.name, missing)
    return Findings(tuple(rows), (_worst(case, shown, have), _calibrated(case, have)))


def covers(case: Case) -> Findings:
    """Whether an item's cover is among its two best photos by the truth of a library.

    By truth a photo is the better, the larger visible share times visible pixels. Only items seen
    three times or more are asked: of two photos both are among the best two. Over the items as they
    were made, and over the garments as truth groups them: where grouping splits, few items are left
    to ask, and which photo shows a garment best doesn't hang on that.
    """
    item_of = case.item_of()
    showing = {
        garment: shown.showing
        for entry in case.made.entries
        for garment, shown in zip(entry.item.garment_ids, entry.sightings, strict=True)
    }
    made, known = defaultdict(list), defaultdict(list)
    for s in sightings(case):
        made[item_of.get(s.garment.id)].append(s)
        if s.garment.id in showing:
            known[s.true].append(s)
    of_items = []
    for entry in case.made.entries:
        merit = {s.garment.id: _merit(case, s) for s in made[entry.item.id]}
        if len(merit) >= 3:
            of_items.append(_best_two(merit, entry.item.garment_ids[0]))
    of_known = []
    for seen in known.values():
        merit = {s.garment.id: _merit(case, s) for s in seen}
        if len(merit) >= 3:
            of_known.append(_best_two(merit, max(merit, key=lambda g: (showing[g], g))))
    return Findings(
        tuple(
            Row(f"cover.{case.name}.{key}", mean(right) if right else None, len(right),
                "" if right else "nothing is seen three times", ">= 0.90")
            for key, right in (("best_two", of_items), ("best_two_known", of_known))
        )
    )  # fmt: skip


def _best_two(merit: Mapping[str, float], cover: str) -> bool:
    return merit.get(cover, 0.0) >= sorted(merit.values())[-2]


def _merit(case: Case, seen: Sighting) -> float:
    true = _true(case, seen)
    return true.visibility * true.visibility * true.full_px


def _true(case: Case, seen: Sighting) -> TrueGarment:
    photo = seen.look.true
    assert photo is not None  # a sighting of a library comes from its truth
    return owned(photo, case.library)[seen.look.matched[seen.number]]


def _shown(case: Case, have: Mapping[str, Distance]) -> list[Shown]:
    if case.library is None:
        return []
    by_id = {s.garment.id: s for s in sightings(case)}
    settings = case.settings.thumbnail
    out = []
    for entry in case.made.entries:
        cover = by_id.get(entry.item.garment_ids[0])
        picture = case.library.items[cover.true].picture if cover else None
        if cover is None or picture is None or entry.thumbnail_path is None:
            continue
        thumbnail = images.decode((case.store / entry.thumbnail_path).read_bytes())
        true, true_mask = pictures.framed(images.decode(picture.read_bytes()), settings)
        mask, garment = pictures.foreground(thumbnail, settings), _true(case, cover)
        w, h = cover.look.true.size if cover.look.true else (0, 0)
        scores = {
            "coverage": pictures.coverage(
                in_photo(cover.garment, (w, h)), garment.whole(), garment.full_px
            ),
            "colour_error": pictures.colour_error(thumbnail, mask, true, true_mask),
            "ssim": pictures.ssim(thumbnail, true),
            **{name: distance(thumbnail, true) for name, distance in have.items()},
        }
        out.append(Shown(case.library.items[cover.true].name, thumbnail, true, scores))
    return out


def _worst(case: Case, shown: Sequence[Shown], have: Mapping[str, Distance]) -> Section:
    by = "squeeze_features" if have else "colour_error"
    order = sorted(shown, key=lambda s: -(s.scores[by] or 0.0))
    found = [
        WorstCase(
            f"{s.name}: " + ", ".join(f"{k} {v:.2f}" for k, v in s.scores.items() if v is not None),
            (s.thumbnail, s.true),
        )
        for s in order[:WORST]
    ]
    prose = f"Thumbnail, then the item rendered alone; the farthest by {by} first."
    return Section(f"Worst thumbnails on {case.name}", prose, cases(found))


def _calibrated(case: Case, have: Mapping[str, Distance]) -> Section:
    known = _known(case)
    prose = (
        "What known distortions of the items rendered alone score, to read the figures of "
        f"thumbnails by: means over {len(known)} items."
    )
    if len(known) < 2:
        return Section("Distances calibrated", "Too few items are rendered alone.", "")
    rows = pictures.calibration(known, have)
    return Section(
        "Distances calibrated", prose, html_table([*rows[0]], [[*r.values()] for r in rows])
    )


def _known(case: Case) -> list[tuple[Image, MaskArray]]:
    if case.library is None:
        return []
    there = [i.picture for i in case.library.items.values() if i.picture]
    step = max(1, len(there) // KNOWN)
    return [
        pictures.framed(images.decode(p.read_bytes()), case.settings.thumbnail)
        for p in there[::step][:KNOWN]
    ]


def _tryon(source: str, missing: Mapping[str, str]) -> list[Row]:
    figures = ("ssim", "squeeze_features", "lpips", "colour_error", "changed_outside")
    return [
        Row(
            f"tryon.{source}.{f}",
            None,
            note=missing.get(f, "nobody is seen in two garments, all else equal: --pairs"),
        )
        for f in figures
    ]
