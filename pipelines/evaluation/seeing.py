"""Photos and people: what enters, whose clothes are taken, where the joints are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import street
from evaluation.report import Section, WorstCase, cases
from evaluation.report import table as html_table
from evaluation.sources import Case, Look, picture
from evaluation.table import Findings, Row
from measure_pose import labelled, measure
from numpy.typing import NDArray
from sklearn.metrics import f1_score, roc_auc_score

from wardrobe import backends, geometry, truth
from wardrobe.backends.mediapipe import MediaPipePose
from wardrobe.config import Settings
from wardrobe.errors import ModelError
from wardrobe.stages.pose import stand
from wardrobe.types import JOINTS, Image, Person

WORST = 12
#: Of the torso (shoulders' middle to hips' middle): how far off a found joint may lie (PCK@0.2).
NEAR = 0.2
#: Two people are one when their boxes overlap so much.
SAME_PERSON = 0.3
TEACHERS = ("yolo11n-seg.pt", "pose_landmarker_lite.task")
BEHIND = "obo_"  # clips of the people set
LABEL_S = 900  # label_poses.py takes a minute or two
CUT_PX = 48  # a cut with a shorter side shows nothing
GREEN, RED = (40, 200, 80), (220, 40, 40)


def photo_filter(case: Case) -> Findings:
    """Which photos enter, and whose clothes are taken."""
    known = [look for look in case.looks if look.true]
    wanted = [bool(look.true and look.true.enters) for look in known]
    # Garments are another stage's business: a photo without any has passed the filter.
    entered = [look.sight.open or look.sight.reason == "no garment found" for look in known]
    groups = [k for k in known if k.true and k.true.enters and len(k.true.people) > 1]
    picked = [owner_is_right(look, case) for look in groups]
    alone = "no photo is labelled with several people"
    rows = (
        *_filter_rows(case.name, wanted, entered),
        _share(f"filter.{case.name}.owner", sum(picked), len(picked), alone),
    )
    wrong = [
        WorstCase(f"{look.file}: {_said(look) if want else 'let in'}", _pictures(case, look))
        for look, got, want in zip(known, entered, wanted, strict=True)
        if got != want
    ]
    wrong += [
        WorstCase(f"{look.file}: not the owner", _pictures(case, look))
        for look, right in zip(groups, picked, strict=True)
        if not right and look.sight.open
    ]
    prose = "Photos let in or left out wrongly, and group photos where the owner was not picked."
    return Findings(rows, (Section(f"Photo filter on {case.name}", prose, cases(wrong)),))


def cuts_of_the_street(photos: Sequence[street.StreetPhoto], settings: Settings) -> Findings:
    """The filter on cuts of street photos whose answer is known.

    Whole people, waist-up and chest-up must enter; faces, feet and a strip of the background must
    not. Nobody has labelled the background: a bystander in it counts as wrong.
    """
    model = backends.create("pose", settings.pose.model, settings.run.device)
    wanted, entered = [], []
    for p in photos:
        cut = [(must, p.image[at]) for must, at in street.cuts(p)]
        cut = [(must, np.ascontiguousarray(x)) for must, x in cut if min(x.shape[:2]) >= CUT_PX]
        for (must, x), people in zip(cut, model([x for _, x in cut]), strict=True):
            wanted.append(must)
            entered.append(stand(people, (x.shape[0], x.shape[1]), settings.pose).reason is None)
    return Findings(_filter_rows("street", wanted, entered))


def owner_is_right(look: Look, case: Case) -> bool:
    """Whether the person taken for the owner is: by the boxes of those who are there."""
    standing = look.sight.standing
    if standing is None or standing.owner is None or look.true is None or case.library is None:
        return False
    boxes = {p.id: p.box for p in look.true.people if p.box}
    mine = look.people[standing.owner].box
    likest = max(boxes, key=lambda who: geometry.iou(boxes[who], mine), default=None)
    return likest == case.library.owner


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One true person: which of the (17,) joints can be seen, which of them were found."""

    look: Look
    true: truth.TruePerson
    found: Person | None
    visible: NDArray[np.bool_]
    near: NDArray[np.bool_]


def pose(case: Case) -> Findings:
    """PCK@0.2 of visible joints in photos that should enter, and whether visibility knows them."""
    judged = _all_judged(case.looks)
    n = sum(int(j.visible.sum()) for j in judged)
    hits = sum(int(j.near.sum()) for j in judged)
    state = [s == truth.VISIBLE for j in judged if j.found for s in j.true.joints[:, 2]]
    said = [float(v) for j in judged if j.found for v in j.found.pose.joints[:, 2]]
    both = len(set(state)) == 2
    name, nothing = case.name, "no joint of anybody is known"
    rows = (
        Row(f"pose.{name}.pck", hits / n if n else None, n, "" if n else nothing, ">= 0.93"),
        Row(f"pose.{name}.visibility_auc", float(roc_auc_score(state, said)) if both else None,
            len(state), "" if both else nothing, ">= 0.95"),
    )  # fmt: skip
    each = [
        (joint, float(np.mean(hit)) if (hit := [j.near[k] for j in judged if j.visible[k]]) else None,
         len(hit))
        for k, joint in enumerate(JOINTS)
    ]  # fmt: skip
    missed = [(int((j.visible & ~j.near).sum()), j) for j in judged]
    missed.sort(key=lambda one: -one[0])
    worst = [
        WorstCase(
            f"{j.look.file}, {j.true.id}: {k} joints off", (_drawn(picture(case, j.look), j),)
        )
        for k, j in missed[:WORST]
        if k
    ]
    prose = (
        "Joints that can be seen; a person who was not found counts as missed. In the pictures green "
        "is where a joint is, red where it was found."
    )
    body = html_table(("joint", "PCK@0.2", "joints"), each) + cases(worst)
    return Findings(rows, (Section(f"Pose on {name}", prose, body),))


def teacher(case: Case, landmarker: Path) -> Findings:
    """The baseline: MediaPipe's pose landmarker lite on the same joints.

    Args:
        landmarker: ``pose_landmarker_lite.task``.
    """
    key = f"pose.{case.name}.mediapipe_pck"
    try:
        with MediaPipePose(landmarker) as model:
            looks = [
                replace(look, people=tuple(model([picture(case, look)])[0]))
                for look in case.looks
                if look.true and look.true.enters
            ]
    except ModelError as e:
        return Findings((Row(key, None, note=str(e)),))
    judged = _all_judged(looks)
    n = sum(int(j.visible.sum()) for j in judged)
    hits = sum(int(j.near.sum()) for j in judged)
    return Findings((Row(key, hits / n if n else None, n),))


def of_the_street(root: Path, labels: Path, settings: Settings) -> Findings:
    """Agreement with MediaPipe on street photos: whole, cut at the waist, and chest-up as a selfie.

    Nobody labelled the joints of street photos. ``label_poses.py`` has MediaPipe do it, on cuts of single
    people, which takes a minute for the validation photos.

    Args:
        labels: what it wrote; made when it isn't there.
    """
    if not labels.is_file():
        missing = [n for n in TEACHERS if not (root.parents[1] / "weights" / n).is_file()]
        if missing:
            why = f"nobody has labelled the joints, and {missing[0]}, which would, isn't there"
            return Findings((Row("pose.street.pck", None, note=why),))
        tool = Path(__file__).parents[1] / "label_poses.py"
        command = [sys.executable, str(tool), "--validation", "--out", str(labels)]
        command += ["--shared", str(root.parents[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LABEL_S)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            return Findings((Row("pose.street.pck", None, note=f"label_poses.py failed: {why}"),))
    model = backends.create("pose", settings.pose.model, settings.run.device)
    photos = labelled(root / "photos", labels)
    found = measure(model, photos, min_score=settings.pose.min_person)
    rows = []
    for view, prefix in (("whole", ""), ("waist-up", "waist_up_"), ("selfie", "chest_up_")):
        said = found.get(f"{view}, main person", {})
        n = said.get("people", 0)
        for key, name, target in (("pck", "pck", ">= 0.90"), ("auc", "visibility_auc", ">= 0.95")):
            rows.append(Row(f"pose.street.{prefix}{name}", said.get(key), n, "", target))
        rows.append(Row(f"pose.street.{prefix}swaps", said.get("swaps"), n))
    return Findings(tuple(rows))


def from_behind(case: Case) -> Findings:
    """Whether left and right are right of people filmed from behind: the clips ``obo_*`` of the people set."""
    right = []
    for look in case.looks:
        standing = look.sight.standing
        if not look.file.startswith(BEHIND) or standing is None or standing.owner is None:
            continue
        left, other = look.people[standing.owner].pose.joints[5:7]
        if min(left[2], other[2]) >= case.settings.pose.min_joint:
            right.append(bool(left[0] < other[0]))
    nothing = "nobody is filmed from behind"
    key = f"pose.{case.name}.behind"
    value = float(np.mean(right)) if right else None
    return Findings((Row(key, value, len(right), "" if right else nothing, ">= 0.95"),))


def _all_judged(looks: Sequence[Look]) -> list[_Judged]:
    return [
        one
        for look in looks
        if look.true and look.true.enters
        for person in look.true.people
        if (one := _judged(look, person))
    ]


def _judged(look: Look, person: truth.TruePerson) -> _Judged | None:
    """None where nobody of the person is in the picture, or how large they are isn't known."""
    torso = _torso(person.joints)
    if person.box is None or torso is None:
        return None
    found = _likest(person.box, look.people)
    visible = person.joints[:, 2] == truth.VISIBLE
    near = np.zeros(len(JOINTS), np.bool_)
    if found:
        off = np.hypot(*(found.pose.joints[:, :2] - person.joints[:, :2]).T)
        near = visible & (off <= NEAR * torso)
    return _Judged(look, person, found, visible, near)


def _likest(box: tuple[float, float, float, float], found: Sequence[Person]) -> Person | None:
    best = max(found, key=lambda p: geometry.iou(p.box, box), default=None)
    return best if best and geometry.iou(best.box, box) >= SAME_PERSON else None


def _torso(joints: NDArray[np.float32]) -> float | None:
    """Middle of the shoulders to middle of the hips, px; None where they coincide, or where one of
    them lies behind the camera (0, 0)."""
    if (joints[[5, 6, 11, 12], :2] == 0).all(axis=1).any():
        return None
    length = float(np.linalg.norm(joints[5:7, :2].mean(0) - joints[11:13, :2].mean(0)))
    return length if length > 1 else None


def _drawn(image: Image, judged: _Judged) -> Image:
    """The person with each missed joint, and a line to where it was found."""
    out = np.ascontiguousarray(image)
    size = max(2, max(out.shape) // 200)
    for k in np.flatnonzero(judged.visible & ~judged.near):
        true = (int(judged.true.joints[k, 0]), int(judged.true.joints[k, 1]))
        if judged.found:
            x, y = judged.found.pose.joints[k, :2]
            cv2.line(out, true, (int(x), int(y)), RED, max(1, size // 2))
            cv2.circle(out, (int(x), int(y)), size, RED, -1)
        cv2.circle(out, true, size, GREEN, -1)
    return out


def _filter_rows(name: str, wanted: Sequence[bool], entered: Sequence[bool]) -> tuple[Row, ...]:
    hit = int(np.logical_and(wanted, entered).sum())
    recall = _share(f"filter.{name}.recall", hit, sum(wanted), "no photo should enter")
    precision = _share(f"filter.{name}.precision", hit, sum(entered), "no photo entered")
    both = any(wanted) and any(entered)
    f1 = float(f1_score(wanted, entered)) if both else None
    nothing = "" if both else "neither precision nor recall"
    return precision, recall, Row(f"filter.{name}.f1", f1, len(wanted), nothing)


def _share(key: str, part: int, whole: int, nothing: str) -> Row:
    """A share of a count, or why there is none."""
    return Row(key, part / whole, whole) if whole else Row(key, None, 0, nothing)


def _said(look: Look) -> str:
    failure = look.sight.failure
    return f"left out, {failure.message if failure else look.sight.reason}"


def _pictures(case: Case, look: Look) -> tuple[Image, ...]:
    """The photo, unless it is the one that can't be read."""
    return (picture(case, look),) if look.sight.photo else ()
