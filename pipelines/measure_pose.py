"""How well a pose model agrees with the labels on the validation photos.

    python pipelines/measure_pose.py --weights models/pose-small/weights.safetensors
    python pipelines/measure_pose.py --backend mediapipe --weights X.task    # the teacher, no crops

Truth is what ``label_poses.py`` wrote: MediaPipe's joints, so agreement with a teacher and not
with people. Each photo is shown whole, cut at the waist of its main person, and as close as a
selfie: the model must do without what is cut off, and say so by low visibilities.

* PCK@0.2: share of the visible joints found within 0.2 torso lengths; people missed count.
* AUC: whether the visibilities rank seen joints above unseen ones, over people found.
* swaps: share of left-right pairs that come out exchanged, where the two are well apart.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import poses
import street
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from wardrobe.config import Settings
from wardrobe.geometry import box_of, iou
from wardrobe.types import JOINTS, Box, Image, Person

Model = Callable[[Sequence[Image]], Sequence[Sequence[Person]]]

NEAR = 0.2  # torso lengths within which a joint counts as found
APART = 0.1  # torso lengths between left and right, below which a swap can't be told
SAME_PERSON = 0.4  # IoU of boxes
PAIRS = [(i, i + 1) for i in range(1, 17, 2)]
BODY = range(5, 17)


@dataclass(frozen=True)
class Truth:
    """One labelled person of a view: box, (17, 3) joints in px of the view, torso length in px."""

    box: Box
    joints: NDArray[np.float32]
    torso_px: float
    main: bool


@dataclass
class Tally:
    """What is counted over one group of people."""

    people: int = 0
    found: int = 0
    hits: NDArray[np.int64] = field(default_factory=lambda: np.zeros(17, np.int64))
    joints: NDArray[np.int64] = field(default_factory=lambda: np.zeros(17, np.int64))
    swaps: int = 0
    pairs: int = 0
    seen: list[NDArray[np.bool_]] = field(default_factory=list)
    said: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, truth: Truth, person: Person | None) -> None:
        visible = truth.joints[:, 2] > 0
        self.people += 1
        self.joints += visible
        if person is None:
            return
        self.found += 1
        answer = person.pose.joints
        off = np.hypot(*(answer[:, :2] - truth.joints[:, :2]).T)
        self.hits += visible & (off <= NEAR * truth.torso_px)
        self.seen.append(visible)
        self.said.append(answer[:, 2])
        for a, b in PAIRS:
            apart = float(np.hypot(*(truth.joints[a, :2] - truth.joints[b, :2])))
            if visible[a] and visible[b] and apart > APART * truth.torso_px:
                crossed = np.hypot(*(answer[[a, b], :2] - truth.joints[[b, a], :2]).T).sum()
                self.pairs += 1
                self.swaps += bool(crossed < off[a] + off[b])

    def result(self) -> dict[str, Any]:
        share = self.hits / np.maximum(self.joints, 1)
        pck = {name: _round(share[i]) for i, name in enumerate(JOINTS) if self.joints[i]}
        body = [share[i] for i in BODY if self.joints[i]]
        seen = np.concatenate(self.seen) if self.seen else np.zeros(0, np.bool_)
        both = 0 < seen.sum() < seen.size
        return {
            "people": self.people,
            "found": _round(self.found / max(self.people, 1)),
            "pck": _round(np.mean(list(pck.values()))) if pck else None,
            "pck_body": _round(np.mean(body)) if body else None,
            "auc": _round(roc_auc_score(seen, np.concatenate(self.said))) if both else None,
            "unseen": _round(1 - seen.mean()) if seen.size else None,
            "swaps": _round(self.swaps / max(self.pairs, 1)),
            "joints": pck,
        }


def measure(
    model: Model, photos: Iterable[tuple[Image, dict[str, Any]]], *, min_score: float
) -> dict[str, dict[str, Any]]:
    """Numbers per view (``"whole"``, ``"waist-up"``, ``"selfie"``) and group of people.

    Args:
        model: people with joints of each picture, as a pose backend.
        photos: (h, w, 3) uint8 RGB and its line of labels.
        min_score: people the model is less sure of are left out.
    """
    tallies: dict[str, Tally] = {}
    for image, line in photos:
        views = list(views_of(image, line))
        answers = model([picture for _, picture, _ in views])
        for (view, _, truths), people in zip(views, answers, strict=True):
            people = [p for p in people if p.score >= min_score]
            for truth, person in _matched(truths, people):
                group = f"{view}, main person" if truth.main else f"{view}, bystanders"
                tallies.setdefault(group, Tally()).add(truth, person)
    return {group: tally.result() for group, tally in sorted(tallies.items())}


def views_of(image: Image, line: dict[str, Any]) -> Iterator[tuple[str, Image, list[Truth]]]:
    """Name, picture and labelled people: the whole photo and two cuts of its main person.

    The cuts follow the main person's labels, always in the same way; a photo whose main person
    (the tallest) has no labelled torso is shown whole only.
    """
    h, w = image.shape[:2]
    masks = [poses.person_mask(p, (h, w)) for p in line["people"]]
    joints = [poses.joints_of(p, (h, w)) for p in line["people"]]
    if not masks:
        return
    main = int(np.argmax([m.any(axis=1).sum() for m in masks]))
    yield "whole", image, _truths(masks, joints, main, (0, 0, w, h))
    box, j = box_of(masks[main]), joints[main]
    if box is None or not (j[[5, 6, 11, 12], 2] > 0).all():
        return
    shoulder, hip = j[5:7, :2].mean(axis=0), j[11:13, :2].mean(axis=0)
    torso = float(np.hypot(*(hip - shoulder)))
    centre = float(shoulder[0])
    for view, below, beside in (
        ("waist-up", hip[1] + 0.15 * torso, 1.3),
        ("selfie", shoulder[1] + 0.6 * torso, 0.85),
    ):
        x0, x1 = int(max(centre - beside * torso, 0)), int(min(centre + beside * torso, w))
        y0, y1 = int(max(box[1] - 0.15 * torso, 0)), int(min(below, h))
        if min(x1 - x0, y1 - y0) >= 32:
            picture = np.ascontiguousarray(image[y0:y1, x0:x1])
            yield view, picture, _truths(masks, joints, main, (x0, y0, x1, y1))


def _truths(
    masks: list[NDArray[np.bool_]],
    joints: list[NDArray[np.float32]],
    main: int,
    cut: tuple[int, int, int, int],
) -> list[Truth]:
    """The people in a cut whose labelled torso gives a scale; joints outside it are unseen."""
    x0, y0, x1, y1 = cut
    truths = []
    for k, (mask, j) in enumerate(zip(masks, joints, strict=True)):
        inner = mask[y0:y1, x0:x1]
        box = box_of(inner)
        if box is None or inner.sum() < 0.3 * mask.sum() * (k != main):
            continue
        torso = float(np.hypot(*(j[5:7, :2].mean(axis=0) - j[11:13, :2].mean(axis=0))))
        if not j[:, 2].any() or torso < 4:
            continue
        inside = (j[:, 0] >= x0) & (j[:, 0] < x1) & (j[:, 1] >= y0) & (j[:, 1] < y1)
        moved = (j - (x0, y0, 0)).astype(np.float32)
        moved[:, 2] *= inside
        truths.append(Truth(box, moved, torso, k == main))
    return truths


def _matched(
    truths: list[Truth], people: Sequence[Person]
) -> Iterator[tuple[Truth, Person | None]]:
    """Each labelled person with the answer that overlaps it most, each answer used once."""
    overlaps = [
        (iou(t.box, p.box), i, j) for i, t in enumerate(truths) for j, p in enumerate(people)
    ]
    taken: dict[int, int] = {}
    for overlap, i, j in sorted(overlaps, reverse=True):
        if overlap >= SAME_PERSON and i not in taken and j not in taken.values():
            taken[i] = j
    for i, truth in enumerate(truths):
        yield truth, people[taken[i]] if i in taken else None


def _round(value: Any) -> float:
    return round(float(value), 4)


def labelled(
    photos: Path, labels: Path, most: int | None = None
) -> Iterator[tuple[Image, dict[str, Any]]]:
    """The validation photos with their lines of labels."""
    lines = sorted(poses.read_labels(labels).items())
    for number, line in [x for x in lines if street.is_validation(x[0])][:most]:
        yield street.read_rgb(photos / f"{number}.jpg"), line


def _model(args: argparse.Namespace) -> Model:
    if args.backend == "mediapipe":
        from wardrobe.backends.mediapipe import MediaPipePose

        return MediaPipePose(args.weights)
    from wardrobe.backends.yolo import YoloPose

    return YoloPose(args.weights, device=args.device, input_px=args.input_px)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--weights", type=Path, default=Path("models/pose-small/weights.safetensors"))
    p.add_argument("--backend", choices=["yolo", "mediapipe"], default="yolo")
    p.add_argument("--device", default="cpu")
    p.add_argument("--input-px", type=int, default=640)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--labels", type=Path, default=Path("runs/pose_labels.jsonl"))
    p.add_argument("--most", type=int, help="look at the first N photos only")
    p.add_argument("--json", type=Path, help="write the numbers here too")
    args = p.parse_args()
    photos = labelled(args.shared / "data" / "ccp" / "photos", args.labels, args.most)
    results = measure(_model(args), photos, min_score=Settings().pose.min_person)
    columns = ("people", "found", "pck", "pck_body", "auc", "unseen", "swaps")
    print(f"{'':26}" + "".join(f"{c:>10}" for c in columns))
    for group, numbers in results.items():
        print(
            f"{group:26}"
            + "".join(f"{numbers[c] if numbers[c] is not None else '-':>10}" for c in columns)
        )
    for group, numbers in results.items():
        print(f"\n{group}: PCK@0.2 of each joint")
        print("  " + "  ".join(f"{name} {value:.2f}" for name, value in numbers["joints"].items()))
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
