"""What the models see: photos let in, people, joints, masks, and how much of a garment is visible."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import street
from evaluation.report import Section, WorstCase, cases
from evaluation.report import table as html_table
from evaluation.sources import Case, Look, in_photo, iou, owned
from evaluation.table import Findings, Row
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.stats import spearmanr
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from wardrobe import geometry, images, truth
from wardrobe.labels import CATEGORIES, Category
from wardrobe.stages.segment import Segmenter
from wardrobe.types import JOINTS, Image, MaskArray, Person

WORST = 12
#: Of the torso (shoulders' middle to hips' middle): how far off a found joint may lie (PCK@0.2).
NEAR = 0.2
#: Two people are one when their boxes overlap so much.
SAME_PERSON = 0.3
#: Visible shares that part garments as DeepFashion2 parts them: slightly, medium, heavily hidden.
SLIGHT, MEDIUM = 0.75, 0.40
#: What mAP50 and mAP are wanted, by source.
TARGETS = {"street": (">= 0.62", ">= 0.38"), "sample": (">= 0.90", "")}
MIN_PX = 60  # true masks smaller than that are not asked for


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


# --- photos and people ---


def photo_filter(case: Case) -> Findings:
    """Which photos enter, and whose clothes are taken."""
    known = [look for look in case.looks if look.true]
    wanted = [bool(look.true and look.true.enters) for look in known]
    # Garments are another stage's business: a photo without any has passed the filter.
    entered = [look.sight.open or look.sight.reason == "no garment found" for look in known]
    precision, recall, f1, _ = precision_recall_fscore_support(
        wanted, entered, average="binary", zero_division=0
    )
    groups = [k for k in known if k.true and k.true.enters and len(k.true.people) > 1]
    picked = [owner_is_right(look, case) for look in groups]
    n, name = len(known), case.name
    rows = (
        Row(f"filter.{name}.precision", float(precision), n),
        Row(f"filter.{name}.recall", float(recall), n),
        Row(f"filter.{name}.f1", float(f1), n),
        Row(f"filter.{name}.owner", float(np.mean(picked)) if picked else None, len(picked)),
    )
    wrong = [
        WorstCase(
            f"{look.file}: {'let in' if got else 'left out'}"
            f"{'' if got else f' ({look.sight.reason or look.sight.failure})'}",
            (_picture(case, look),),
        )
        for look, got, want in zip(known, entered, wanted, strict=True)
        if got != want
    ]
    wrong += [
        WorstCase(f"{look.file}: not the owner", (_picture(case, look),))
        for look, right in zip(groups, picked, strict=True)
        if not right
    ]
    prose = "Photos let in or left out wrongly, and group photos where the owner was not picked."
    return Findings(rows, (Section("Photo filter", prose, cases(wrong)),))


def owner_is_right(look: Look, case: Case) -> bool:
    """Whether the person taken for the owner is: by the boxes of those who are there."""
    standing = look.sight.standing
    if standing is None or standing.owner is None or look.true is None or case.library is None:
        return False
    boxes = {p.id: p.box for p in look.true.people if p.box}
    mine = look.people[standing.owner].box
    likest = max(boxes, key=lambda who: geometry.iou(boxes[who], mine), default=None)
    return likest == case.library.owner


def pose(case: Case) -> Findings:
    """PCK@0.2 of visible joints, and whether visibility knows the hidden ones."""
    near: list[bool] = []
    said: list[float] = []
    seen: list[bool] = []
    each: list[list[bool]] = [[] for _ in JOINTS]
    for look in case.looks:
        for person in look.true.people if look.true else ():
            found = _likest(person, look.people)
            torso = _torso(person.joints)
            if person.box is None or torso is None:
                continue
            for k, (x, y, state) in enumerate(person.joints):
                if state == truth.VISIBLE:
                    close = found is not None and bool(
                        np.hypot(*(found.pose.joints[k, :2] - (x, y))) <= NEAR * torso
                    )
                    near.append(close)
                    each[k].append(close)
                if found is not None and state != truth.OUTSIDE:
                    seen.append(state == truth.VISIBLE)
                    said.append(float(found.pose.joints[k, 2]))
    auc = float(roc_auc_score(seen, said)) if len(set(seen)) == 2 else None
    name = case.name
    rows = (
        Row(f"pose.{name}.pck", float(np.mean(near)) if near else None, len(near), "", ">= 0.93"),
        Row(f"pose.{name}.visibility_auc", auc, len(seen), "hidden inside the frame", ">= 0.95"),
    )
    body = html_table(
        ("joint", "PCK@0.2", "joints"),
        [(j, float(np.mean(e)) if e else None, len(e)) for j, e in zip(JOINTS, each, strict=True)],
    )
    prose = "Joints that can be seen; a person who was not found counts as missed."
    return Findings(rows, (Section("Pose", prose, body),))


def _likest(person: truth.TruePerson, found: Sequence[Person]) -> Person | None:
    box = person.box
    if box is None:
        return None
    best = max(found, key=lambda p: geometry.iou(p.box, box), default=None)
    return best if best and geometry.iou(best.box, box) >= SAME_PERSON else None


def _torso(joints: NDArray[np.float32]) -> float | None:
    """Middle of the shoulders to middle of the hips, px; None where they coincide, or where one of
    them lies behind the camera (0, 0)."""
    if (joints[[5, 6, 11, 12], :2] == 0).all(axis=1).any():
        return None
    length = float(np.linalg.norm(joints[5:7, :2].mean(0) - joints[11:13, :2].mean(0)))
    return length if length > 1 else None


# --- masks ---


def segmentation(case: Case) -> Findings:
    """Mask AP of the owner's garments on the photos that should enter."""
    pictures = [_masks(look, case) for look in case.looks if look.true and look.true.enters]
    found = average_precision(pictures)
    if found is None:
        return Findings((Row(f"segment.{case.name}.map50", None, 0, "no true garment"),))
    prose = "Garments of the owner that no mask covers, the largest first; outlined where they are."
    section = Section("Garments not found", prose, cases(_missed(case)))
    return _ap_rows(case.name, found) + Findings((), (section,))


def street_segmentation(photos: Sequence[street.StreetPhoto], model: Segmenter) -> Findings:
    """Mask AP on street photos. Bystanders are unlabelled: a garment found on one is wrong here."""
    pictures = []
    for p in photos:
        true = [(c, p.ids == k) for k, (c, _) in enumerate(p.instances, start=1)]
        (found,) = model([p.image], [_street_torso(p)])
        pictures.append(
            Masks(
                [(c, m) for c, m in true if m.sum() >= MIN_PX],
                [(d.category, d.mask.array(), d.score) for d in found],
            )
        )
    precision = average_precision(pictures)
    if precision is None:
        return Findings((Row("segment.street.map50", None, 0, "no labelled garment"),))
    return _ap_rows("street", precision)


def average_precision(pictures: Sequence[Masks]) -> Precision | None:
    """COCO's mask AP (pycocotools), categories that truth holds; None where it holds none."""
    rows, true, found = [], [], []
    for n, picture in enumerate(pictures):
        masks = [m for _, m in picture.true] + [m for _, m, _ in picture.found]
        if not masks:
            continue
        rows.append({"id": n, "height": masks[0].shape[0], "width": masks[0].shape[1]})
        true += [_annotation(len(true) + k + 1, n, c, m) for k, (c, m) in enumerate(picture.true)]
        found += [{**_annotation(0, n, c, m), "score": s} for c, m, s in picture.found]
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
    said, real, worst = [], [], []
    bands: dict[str, list[Masks]] = {"slight": [], "medium": [], "heavy": []}
    for look in case.looks:
        if not look.true or not look.true.enters:
            continue
        mine = owned(look.true, case.library)
        for i, j in look.matched.items():
            got = look.sight.garments[i]
            said.append(got.visibility)
            real.append(mine[j].visibility)
            worst.append((abs(said[-1] - real[-1]), look, got.visibility, mine[j]))
        for band, pictures in bands.items():
            pictures.append(_banded(look, mine, band))
    name, n = case.name, len(said)
    mae = float(np.mean(np.abs(np.subtract(said, real)))) if said else None
    rank = float(spearmanr(said, real).statistic) if len(set(said)) > 1 and n > 2 else None
    rows = [
        Row(f"visibility.{name}.mae", mae, n, "of the garments found", "<= 0.08"),
        Row(f"visibility.{name}.rank", rank, n, "", ">= 0.90"),
    ]
    for band, pictures in bands.items():
        found = average_precision(pictures)
        count = sum(len(p.true) for p in pictures)
        value = found.map50 if found else None
        rows.append(Row(f"visibility.{name}.ap50_{band}", value, count, "categories pooled"))
    worst.sort(key=lambda w: -w[0])
    pictures_of = [
        WorstCase(f"{look.file}, {g.item}: said {s:.2f}, true {g.visibility:.2f}",
                  (outlined(_picture(case, look), g.mask(), g.whole()),))
        for _, look, s, g in worst[:WORST]
    ]  # fmt: skip
    prose = "Where the score is furthest off. Green: what is seen; red: the garment with its hidden parts."
    return Findings(tuple(rows), (Section("Visibility", prose, cases(pictures_of)),))


def outlined(image: Image, seen: MaskArray, whole: MaskArray | None = None) -> Image:
    """A photo with a mask's outline in green, and a second one's in red."""
    out = image.copy()
    for mask, ink in ((whole, (220, 40, 40)), (seen, (40, 200, 80))):
        if mask is not None:
            inner = mask.copy()
            for axis in (0, 1):
                for step in (2, -2):
                    inner &= np.roll(mask, step, axis)
            out[mask & ~inner] = ink
    return out


def _banded(look: Look, mine: Sequence[truth.TrueGarment], band: str) -> Masks:
    """The garments of one band, categories pooled; what was found on others is left aside."""
    inside = {
        "slight": lambda v: v > SLIGHT,
        "medium": lambda v: MEDIUM < v <= SLIGHT,
        "heavy": lambda v: v <= MEDIUM,
    }[band]
    size = look.true.size if look.true else (0, 0)
    true = [("tops", g.mask()) for g in mine if inside(g.visibility) and g.mask().sum() >= MIN_PX]
    others = [g.mask() for g in mine if not inside(g.visibility)]
    found = []
    for d in look.detections:
        mask = in_photo(d, size)
        best = max((iou(mask, m) for _, m in true), default=0.0)
        if not others or best >= max(iou(mask, m) for m in others):
            found.append(("tops", mask, d.score))
    return Masks(true, found)  # type: ignore[arg-type]


def _masks(look: Look, case: Case) -> Masks:
    if look.true is None:
        return Masks([], [])
    true = [(g.category, g.mask()) for g in owned(look.true, case.library)]
    return Masks(
        [(c, m) for c, m in true if m.sum() >= MIN_PX],
        [(d.category, in_photo(d, look.true.size), d.score) for d in look.detections],
    )


def _missed(case: Case) -> list[WorstCase]:
    lost = []
    for look in case.looks:
        if look.true and look.true.enters and look.sight.open:
            for j, g in enumerate(owned(look.true, case.library)):
                if j not in look.matched.values():
                    lost.append((int(g.mask().sum()), look, g))
    lost.sort(key=lambda one: -one[0])
    return [
        WorstCase(f"{look.file}, {g.item}", (outlined(_picture(case, look), g.mask()),))
        for _, look, g in lost[:WORST]
    ]


def _ap_rows(name: str, found: Precision) -> Findings:
    n = sum(count for count, _, _ in found.each.values())
    half, strict = TARGETS.get(name, ("", ""))
    rows = [
        Row(f"segment.{name}.map50", found.map50, n, "", half),
        Row(f"segment.{name}.map", found.map, n, "", strict),
    ]
    for category, (count, at_half, mean) in found.each.items():
        rows.append(Row(f"segment.{name}.ap50.{category}", at_half, count))
        rows.append(Row(f"segment.{name}.ap.{category}", mean, count))
    return Findings(tuple(rows))


def _annotation(number: int, image: int, category: Category, mask: MaskArray) -> dict[str, object]:
    code = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {
        "id": number, "image_id": image, "category_id": CATEGORIES.index(category),
        "segmentation": code, "iscrowd": 0, "area": float(mask.sum()),
        "bbox": [float(v) for v in coco_mask.toBbox(code)],
    }  # fmt: skip


def _street_torso(p: street.StreetPhoto) -> float:
    """Shoulders to hips, px: what the pose stage would say, from the labelled person's height."""
    rows = np.flatnonzero(p.ids.any(axis=1))
    height = float(rows[-1] - rows[0])
    return 0.27 * (height + min(height / 7, rows[0]))


def _picture(case: Case, look: Look) -> Image:
    return images.read(case.folder / look.file, work_px=4096, max_megapixels=200).pixels
