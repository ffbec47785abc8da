"""Masks: average precision of what is found, and how much of a garment is said to be visible."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import street
from evaluation.report import Section, WorstCase, cases
from evaluation.report import table as html_table
from evaluation.sources import Case, Look, in_photo, iou, owned, picture
from evaluation.table import Findings, Row
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.stats import spearmanr

from wardrobe import backends, truth
from wardrobe.config import Settings
from wardrobe.labels import CATEGORIES, Category
from wardrobe.stages.amodal import Dress, Template
from wardrobe.stages.segment import Segmenter
from wardrobe.types import Image, MaskArray

WORST = 12
#: Visible shares by how much of a garment is hidden: above the first, up to the second.
BANDS = {"slight": (0.8, 1.0), "medium": (0.5, 0.8), "heavy": (0.0, 0.5)}
POOLED: Category = "tops"  # stands for any category where they are pooled
#: What mAP50 and mAP are wanted, by source.
TARGETS = {"street": (">= 0.62", ">= 0.38"), "sample": (">= 0.90", "")}
MIN_PX = 60  # street garments cut down to less are not asked for
GREEN, RED = (40, 200, 80), (220, 40, 40)
#: Average precision asks for the unsure answers too, down to this score.
LEAST_SCORE = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """One picture's garments: (category, mask), and for those found a score in [0, 1]."""

    true: list[tuple[Category, MaskArray]]
    found: list[tuple[Category, MaskArray, float]]


@dataclass(frozen=True, slots=True)
class Precision:
    """Average precision over masks as COCO defines it; per category with its true garments."""

    map50: float
    map: float
    each: dict[str, tuple[int, float, float]]  # category: count, AP50, AP


def segmentation(case: Case) -> Findings:
    """Mask AP of the owner's garments in the product: in photos that should enter, after its rules
    but without its thresholds. A photo that was left out has found nothing."""
    pictures = (_masks(look, case) for look in case.looks if look.true and look.true.enters)
    found = average_precision(pictures)
    return Findings(_ap_rows(case.name, found)) + missed(case)


def on_the_street(photos: Sequence[street.StreetPhoto], settings: Settings) -> Findings:
    """Mask AP of the segmenter alone, on whole street photos and on fixed cuts of them.

    Bystanders are unlabelled: a garment found on one counts as wrong.
    """
    model = _unsure_too(settings)
    each = {
        view: average_precision(_answered(p, cut(p), model) for p in photos)
        for view, cut in street.VIEWS.items()
    }
    rows = [row for view, found in each.items() for row in _ap_rows("street", found, view)]
    cells = [{} if found is None else found.each for found in each.values()]
    lines = [
        (c, *(v for one in cells for v in one.get(c, (0, None, None))))
        for c in CATEGORIES
        if any(c in one for one in cells)
    ]
    views = [view.replace("_", "-") or "whole" for view in each]
    head = ("category", *(f"{v}: {f}" for v in views for f in ("garments", "AP50", "AP")))
    prose = "Mask AP of the segmenter alone by category, on whole photos and on fixed cuts of them."
    body = html_table(head, lines)
    return Findings(tuple(rows), (Section("Segmentation on the street", prose, body),))


def missed(case: Case) -> Findings:
    """The largest garments that nothing in the catalogue is, in photos that entered."""
    lost = [
        (int(g.mask().sum()), look, g)
        for look in case.looks
        if look.true and look.true.enters and look.sight.open
        for j, g in enumerate(owned(look.true, case.library))
        if j not in look.matched.values()
    ]
    lost.sort(key=lambda one: -one[0])
    worst = [
        WorstCase(f"{look.file}, {_name(case, g)}", (outlined(picture(case, look), g.mask()),))
        for _, look, g in lost[:WORST]
    ]
    prose = "Garments of the owner that no mask covers, the largest first; outlined where they are."
    return Findings((), (Section(f"Garments not found on {case.name}", prose, cases(worst)),))


def _name(case: Case, true: truth.TrueGarment) -> str:
    return case.library.items[true.item].name if case.library else true.item


def _unsure_too(settings: Settings) -> Segmenter:
    """The segmenter, answering down to LEAST_SCORE where it can."""
    name, device = settings.segment.model, settings.run.device
    try:
        model: Segmenter = backends.create("segment", name, device, min_score=LEAST_SCORE)
    except TypeError:  # a backend whose floor is fixed is measured from there
        model = backends.create("segment", name, device)
    return model


def _answered(p: street.StreetPhoto, at: tuple[slice, slice], model: Segmenter) -> Masks:
    """What a model says of a part of a street photo."""
    true = [(c, p.ids[at] == k) for k, (c, _) in enumerate(p.instances, start=1)]
    (found,) = model([np.ascontiguousarray(p.image[at])], [street.torso(p)])
    return Masks(
        [(c, m) for c, m in true if m.sum() >= MIN_PX],
        [(d.category, d.mask.array(), d.score) for d in found],
    )


def average_precision(pictures: Iterable[Masks]) -> Precision | None:
    """COCO's mask AP (pycocotools), categories that truth holds; None where it holds none."""
    rows, true, found = [], [], []
    for n, one in enumerate(pictures):
        masks = [m for _, m in one.true] + [m for _, m, _ in one.found]
        if not masks:
            continue
        rows.append({"id": n, "height": masks[0].shape[0], "width": masks[0].shape[1]})
        true += [_annotation(len(true) + k + 1, n, c, m) for k, (c, m) in enumerate(one.true)]
        found += [{**_annotation(0, n, c, m), "score": s} for c, m, s in one.found]
    if not true:
        return None
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        names = [{"id": i, "name": c} for i, c in enumerate(CATEGORIES)]
        coco.dataset = {"images": rows, "annotations": true, "categories": names, "info": {}}
        coco.createIndex()
        if found:
            evaluation = COCOeval(coco, coco.loadRes(found), "segm")
            evaluation.evaluate()
            evaluation.accumulate()
    # IoUs, recalls, categories, areas, most detections
    values = evaluation.eval["precision"] if found else np.zeros((10, 101, len(CATEGORIES), 1, 1))
    each = {}
    for i, category in enumerate(CATEGORIES):
        count = sum(t["category_id"] == i for t in true)
        if count:
            p = values[:, :, i, 0, -1]
            each[category] = (count, float(p[0].mean()), float(p.mean()))
    return Precision(
        float(np.mean([a for _, a, _ in each.values()])),
        float(np.mean([a for _, _, a in each.values()])),
        each,
    )


def visibility(case: Case) -> Findings:
    """The visibility score against the true one, and AP by how much is hidden."""
    said, real, laid, worst = [], [], [], []
    known = [k for k in case.looks if k.true and k.true.enters]
    for look in known:
        mine = owned(look.true, case.library)
        by_template = _template(look, case.settings.pose.min_joint)
        for i, j in look.matched.items():
            laid.append(by_template[i])
            got = look.sight.garments[i]
            said.append(got.visibility)
            real.append(mine[j].visibility)
            worst.append((abs(said[-1] - real[-1]), look, got.visibility, mine[j]))
    name, n = case.name, len(said)
    rows = []
    for kind, guesses, wanted in (
        ("", said, ("<= 0.08", ">= 0.90")),
        ("template_", laid, ("", "")),
    ):
        nothing = "" if n else "no garment was found"
        mae = float(np.mean(np.abs(np.subtract(guesses, real)))) if n else None
        both = len(set(guesses)) > 1 and len(set(real)) > 1
        rank = float(spearmanr(guesses, real).statistic) if both else None
        no_rank = "" if both else "nothing to rank"
        rows.append(Row(f"visibility.{name}.{kind}mae", mae, n, nothing, wanted[0]))
        rows.append(Row(f"visibility.{name}.{kind}rank", rank, n, no_rank, wanted[1]))
    for band in BANDS:
        found = average_precision(_banded(look, case, band) for look in known)
        value, count = (found.map50, found.each[POOLED][0]) if found else (None, 0)
        none = "" if found else "no garment is hidden that much"
        rows.append(Row(f"visibility.{name}.ap50_{band}", value, count, none))
    worst.sort(key=lambda w: -w[0])
    pictures_of = [
        WorstCase(f"{look.file}, {_name(case, g)}: said {s:.2f}, true {g.visibility:.2f}",
                  (outlined(picture(case, look), g.mask(), g.whole()),))
        for _, look, s, g in worst[:WORST]
    ]  # fmt: skip
    prose = "Where the score is furthest off. Green: what is seen; red: the garment with its hidden parts."
    return Findings(tuple(rows), (Section(f"Visibility on {name}", prose, cases(pictures_of)),))


def _template(look: Look, min_joint: float) -> list[float]:
    """What the baseline says of each garment's visibility: its category's shape laid on the pose."""
    if look.sight.pose is None:
        return [1.0] * len(look.sight.garments)
    (extents,) = Template(min_joint)([Dress(look.sight.garments, look.sight.pose)])
    return [e.visibility for e in extents]


def outlined(image: Image, seen: MaskArray, whole: MaskArray | None = None) -> Image:
    """A photo with a mask's outline in green, and a second one's in red."""
    out = np.ascontiguousarray(image.copy())
    for mask, ink in ((whole, RED), (seen, GREEN)):
        if mask is not None:
            lines, _ = cv2.findContours(
                mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
            )
            cv2.drawContours(out, lines, -1, ink, max(2, max(out.shape) // 180))
    return out


def _banded(look: Look, case: Case, band: str) -> Masks:
    """The garments of one band, categories pooled; what was found on others is left aside."""
    least, most = BANDS[band]
    both = _masks(look, case)
    mine = owned(look.true, case.library) if look.true else []
    inside = [least < g.visibility <= most for g in mine]
    true = [m for (_, m), now in zip(both.true, inside, strict=True) if now]
    others = [m for (_, m), now in zip(both.true, inside, strict=True) if not now]
    found = [
        (POOLED, mask, score)
        for _, mask, score in both.found
        if max((iou(mask, m) for m in true), default=0.0)
        >= max((iou(mask, m) for m in others), default=0.0)
    ]
    return Masks([(POOLED, m) for m in true], found)


def _masks(look: Look, case: Case) -> Masks:
    if look.true is None:
        return Masks([], [])
    return Masks(
        [(g.category, g.mask()) for g in owned(look.true, case.library)],
        [(d.category, in_photo(d, look.true.size), d.score) for d in look.detections],
    )


def _ap_rows(name: str, found: Precision | None, view: str = "") -> tuple[Row, ...]:
    """The rows of one source; of a view of its photos, the means alone."""
    half, strict = TARGETS.get(name, ("", "")) if not view else ("", "")
    prefix = f"segment.{name}.{view}_" if view else f"segment.{name}."
    if found is None:
        nothing = "truth holds no garment here"
        return tuple(Row(prefix + k, None, 0, nothing) for k in ("map50", "map"))
    n = sum(count for count, _, _ in found.each.values())
    rows = [
        Row(f"{prefix}map50", found.map50, n, "", half),
        Row(f"{prefix}map", found.map, n, "", strict),
    ]
    for category, (count, at_half, mean) in found.each.items() if not view else ():
        rows.append(Row(f"{prefix}ap50.{category}", at_half, count))
        rows.append(Row(f"{prefix}ap.{category}", mean, count))
    return tuple(rows)


def _annotation(number: int, image: int, category: Category, mask: MaskArray) -> dict[str, object]:
    code = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {
        "id": number, "image_id": image, "category_id": CATEGORIES.index(category),
        "segmentation": code, "iscrowd": 0, "area": float(mask.sum()),
        "bbox": [float(v) for v in coco_mask.toBbox(code)],
    }  # fmt: skip
