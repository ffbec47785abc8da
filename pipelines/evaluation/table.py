"""What an evaluation says: flat keys with values, and what the report shows beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from html import escape

from evaluation.report import Section


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        key: ``what.source.figure``, such as ``segment.street.map50``; documented in ``KEYS``.
        value: None where it can't be measured; ``note`` then says why.
        count: over how many photos, garments or pairs.
        target: what is wanted, such as ``">= 0.62"``; "" where nothing was set.
    """

    key: str
    value: float | None
    count: int = 0
    note: str = ""
    target: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a value or a target."""
        if self.value is None or not self.target:
            return None
        sign, bound = self.target.split()
        return self.value >= float(bound) if sign == ">=" else self.value <= float(bound)


@dataclass(frozen=True, slots=True)
class Findings:
    """What one measurement found: rows of the table, sections of the report."""

    rows: tuple[Row, ...] = ()
    sections: tuple[Section, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.rows + other.rows, self.sections + other.sections)


#: Every key there can be, with ``*`` for a source or category, and what it says.
KEYS: dict[str, str] = {
    "about.*": "date, commit, profile and changed settings that the figures are of",
    "filter.*.precision": "of the photos let in, the share that should be",
    "filter.*.recall": "of the photos that should enter, the share let in",
    "filter.*.f1": "harmonic mean of the two",
    "filter.*.owner": "of the photos with several people, the share where the owner was picked",
    "pose.*.pck": "PCK@0.2: visible joints found within a fifth of the torso (shoulders to hips)",
    "pose.*.mediapipe_pck": "pck of MediaPipe's pose landmarker lite, the baseline, on whole photos",
    "pose.*.behind": "of people filmed from behind, the share whose left lies on the left",
    "pose.*.swaps": "of left-right pairs that lie apart, the share that came out exchanged",
    "pose.*.*_pck": "pck on cuts of the same photos: waist_up, chest_up",
    "pose.*.*_visibility_auc": "visibility_auc on those cuts",
    "pose.*.*_swaps": "swaps on those cuts",
    "pose.*.visibility_auc": "a joint in sight is scored more visible than one that isn't: probability",
    "segment.*.map50": "mask AP at IoU 0.50, mean over categories (COCO)",
    "segment.*.map": "mask AP, mean over IoU 0.50 to 0.95 and categories (COCO)",
    "segment.*.*_map50": "map50 on cuts of the same photos: waist_up, chest_up",
    "segment.*.*_map": "map on those cuts",
    "segment.*.ap50.*": "mask AP at IoU 0.50 of one category",
    "segment.*.ap.*": "mask AP over IoU 0.50 to 0.95 of one category",
    "visibility.*.mae": "mean absolute error of the visibility score",
    "visibility.*.rank": "Spearman's rank correlation of said and true visibility",
    "visibility.*.template_mae": "mean absolute error of a baseline: the category's shape on the pose",
    "visibility.*.template_rank": "its rank correlation",
    "visibility.*.ap50_slight": "mask AP50, categories pooled, of garments over 80 % visible",
    "visibility.*.ap50_medium": "the same, from 50 to 80 % visible",
    "visibility.*.ap50_heavy": "the same, half visible or less",
    "identity.*.after.*": "as without .after, once the questions in the queue are answered from truth",
    "identity.*.by_*.*": "the same figure of a baseline: histogram (Lab), pixels (16 px), osnet (x0.25,"
    " MSMT17), squeezenet (ImageNet), coco (YOLO11n's backbone)",
    "identity.*.views_recall_at_1": "a strongly altered view finds its unaltered picture among all",
    "identity.*.views_auc": "two such views of one garment are more alike than of two of a category",
    "identity.*.lamp_shift": "1 - cosine to itself under lamps of 2500 to 9000 K, uncorrected, mean",
    "identity.*.auc": "a pair of one garment is more alike than a pair of two of its category",
    "identity.*.recall_at_1": "the likest garment in another photo is the same one",
    "identity.*.pairwise_precision": "of the pairs joined, the share that is one garment",
    "identity.*.pairwise_recall": "of the pairs that are one garment, the share joined",
    "identity.*.pairwise_f1": "harmonic mean of the two",
    "identity.*.bcubed_precision": "BCubed precision, over garments",
    "identity.*.bcubed_recall": "BCubed recall, over garments",
    "identity.*.bcubed_f1": "harmonic mean of the two",
    "identity.*.over_merge_rate": "items that hold two true garments or more / items",
    "identity.*.split_rate": "garments lying in two items or more / garments seen twice or more",
    "identity.*.corrections": "merges and splits a person needs for 100 true garments",
    "identity.*.questions": "questions in the queue at first, for 100 true garments",
    "identity.*.answered": "answers given for 100 true garments until the queue was empty",
    "classify.*.accuracy": "category accuracy",
    "classify.*.crop_accuracy": "category accuracy without the wearer's pose",
    "classify.*.macro_f1": "category F1, each category counting alike",
    "classify.*.ece": "expected calibration error of the category's confidence",
    "classify.*.type_accuracy": "accuracy of the finer type where one is told",
    "classify.*.type_told": "share of garments where a finer type is told",
    "classify.*.colour_error": "Delta E 2000 of the main colour to the fabric's",
    "classify.*.colour_recall": "of the fabrics' main colours, the share that is told",
    "classify.*.colour_precision": "of the colours told, the share that the fabric has",
    "compat.*.auc": "a worn outfit scores above one put together within its categories",
    "compat.*.fitb": "the piece that was worn is chosen of four (chance 0.25)",
    "compat.*.popularity_auc": "AUC of a baseline: how usual each piece is in its category",
    "compat.*.popularity_fitb": "its choice of four",
    "compat.*.colour_auc": "AUC of a baseline: the nearer in colour, the better",
    "compat.*.colour_fitb": "its choice of four",
    "cover.*.best_two": "items whose cover is among the two best photos by truth",
    "cover.*.best_two_known": "the same over the garments as truth groups them",
    "thumbnail.truth.colour_error_seen": "Delta E 2000 of seen pixels to the item alone, on true masks, median",
    "thumbnail.truth.colour_error_filled": "the same of borrowed and generated pixels",
    "thumbnail.truth.nearer_hidden": "of items under 80 % visible: how much nearer than the cut-out (squeeze_features)",
    "thumbnail.truth.nearer_whole": "the same of the others",
    "thumbnail.truth.worse_whole": "of the others, the share that is farther than the cut-out",
    "thumbnail.truth.generated": "share of generated pixels, items seen three times or more, mean",
    "thumbnail.truth.generated_without_borrowing": "what it would be without the item's other photos",
    "thumbnail.truth.borrowing_cuts": "share of the pixels to be generated that borrowing spares",
    "thumbnail.truth.fallback": "share of items that fell back to the cut-out",
    "thumbnail.truth.neutral": "share of thumbnails whose background is exactly neutral",
    "thumbnail.truth.seconds": "processor seconds a thumbnail takes, median",
    "thumbnail.*.coverage": "share of the amodal garment that its thumbnail shows, mean",
    "thumbnail.*.colour_error": "Delta E 2000 to the item rendered alone, median",
    "thumbnail.*.ssim": "SSIM to the item rendered alone, mean",
    "thumbnail.*.squeeze_features": "distance over SqueezeNet's layers to the item alone, mean",
    "thumbnail.*.lpips": "LPIPS to the item alone",
    "tryon.*.ssim": "SSIM inside the person box",
    "tryon.*.squeeze_features": "distance over SqueezeNet's layers inside the garment",
    "tryon.*.lpips": "LPIPS inside the garment",
    "tryon.*.colour_error": "Delta E 2000 inside the garment, median",
    "tryon.*.changed_outside": "share of pixels changed outside the region that may change",
    "tryon.*.texture": "correlation of the garment's fine brightness with the truth's, patch by patch, each"
    " at its best shift within 0.06 torsos; printed, striped and checked cloth only",
    "tryon.*.texture_of_the_old": "the same of what was worn before: what chance makes of it",
    "tryon.*.sleeves": "sleeves as long as the new garment's where the old ones were of another length",
    "tryon.*.bent_ssim": "SSIM of the bent garment alone, no model",
    "tryon.*.bent_squeeze_features": "its distance inside the garment",
    "tryon.*.filled_ssim": "SSIM of the region filled from around it, no garment",
    "tryon.*.filled_squeeze_features": "its distance inside the garment",
    "cascade.*.garments": "true sightings of the owner's garments in photos that should enter",
    "cascade.*.lost_at_filter": "of them, lost because the photo was left out, or failed",
    "cascade.*.lost_at_owner": "lost because somebody else, or nobody, was taken for the owner",
    "cascade.*.lost_at_segmentation": "lost because no detection covers them (IoU 0.5)",
    "cascade.*.lost_at_rules": "lost because a rule left the detection out: unsure, too small ...",
    "cascade.*.lost_at_category": "in an item of the wrong category",
    "cascade.*.lost_at_merge": "in an item that is mostly another garment",
    "cascade.*.lost_at_visibility": "by themselves: scored too little visible to be joined",
    "cascade.*.lost_at_split": "in a duplicate of an item, not in its main one",
    "cascade.*.kept": "in the item they belong to",
    "cascade.*.foreign": "garments in the catalogue that are none of the owner's, or no garment",
}


def meaning(key: str) -> str:
    """What a key says.

    Raises:
        ValueError: it stands in no line of :data:`KEYS`.
    """
    for pattern, said in KEYS.items():
        if fnmatchcase(key, pattern):
            return said
    raise ValueError(f"{key} is not documented: add it to KEYS in {__file__}")


def text(rows: Iterable[Row]) -> str:
    """The table for a terminal."""
    lines = []
    for r in rows:
        wanted = f"{r.target} {_MARK[r.met]}".strip()
        line = f"{r.key:44} {_figure(r, '-'):>8} {r.count or '':>6}  {wanted:18} {r.note}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def html(rows: Sequence[Row]) -> str:
    """The table for the report: every figure with what it says, grouped by what is measured."""
    lines, group = [], ""
    for r in rows:
        if (now := r.key.split(".")[0]) != group:
            group = now
            lines.append(f'<tr class="group"><th colspan="5">{escape(group)}</th></tr>')
        wanted = f'<td class="{_MARK[r.met]}">{escape(r.target)}</td>'
        said = escape(meaning(r.key) + (f" ({r.note})" if r.note else ""))
        lines.append(
            f'<tr><td>{escape(r.key)}</td><td class="n">{_figure(r, "&ndash;")}</td>'
            f'<td class="n">{r.count or ""}</td>{wanted}<td class="why">{said}</td></tr>'
        )
    head = "".join(f"<th>{h}</th>" for h in ("key", "value", "over", "wanted", "what it says"))
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def as_json(rows: Sequence[Row], about: Mapping[str, str]) -> str:
    """``{key: value}``, flat; what can't be measured is null.

    Args:
        about: what the figures are of, under keys of their own (``about.*``).

    Raises:
        ValueError: a key is there twice, isn't documented, or has neither a value nor a reason.
    """
    values: dict[str, float | str | None] = {f"about.{k}": v for k, v in about.items()}
    for r in rows:
        meaning(r.key)
        if r.key in values:
            raise ValueError(f"{r.key} is measured twice")
        if r.value is None and not r.note:
            raise ValueError(f"{r.key} has no value and does not say why")
        values[r.key] = r.value
    return json.dumps(values, indent=1, allow_nan=False) + "\n"


_MARK = {True: "met", False: "missed", None: ""}


def _figure(row: Row, nothing: str) -> str:
    """Shares with three places, garments in a cascade as the counts they are."""
    if row.value is None:
        return nothing
    return f"{row.value:.0f}" if row.key.startswith("cascade.") else f"{row.value:.3f}"
