"""The nouns, in the order a photo meets them: Photo, Person, Garment, Item, Decision.

Conventions everywhere: pixels are (h, w, 3) uint8 sRGB of the upright photo, RGB order; boxes are
``(x0, y0, x1, y1)``, origin top left, half-open, in pixels of the array they came with unless the
name ends in ``_frac`` (fractions of width and height); scores and shares lie in [0, 1].
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wardrobe.labels import Category, Zone

Image = NDArray[np.uint8]
MaskArray = NDArray[np.bool_]
Box = tuple[float, float, float, float]
Vector = NDArray[np.float32]  # (256,), length 1
VECTOR_SIZE = 256
#: Backends answer down to these scores; the settings' thresholds are applied after remembering.
BODY_MIN_SCORE = 0.2
GARMENT_MIN_SCORE = 0.1

#: COCO order, as every pose model here answers.
JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture, identified by the bytes of its file.

    Attributes:
        id: sha256 of the file, hexadecimal.
        path: relative to the photo folder, ``/`` as separator.
        size: (width_px, height_px), upright.
        taken_at: EXIF time without zone, or None; never taken from the file system.
        look: 256-bit difference hash, hexadecimal; a few bits differ when a picture is re-saved.
    """

    id: str
    path: str
    size: tuple[int, int]
    taken_at: datetime | None = None
    look: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where the joints of one person are.

    Attributes:
        joints: (17, 3) float32: x_px, y_px, visibility in [0, 1]; COCO order (:data:`JOINTS`).
    """

    joints: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.joints.shape != (len(JOINTS), 3) or self.joints.dtype != np.float32:
            raise ValueError(
                f"joints must be (17, 3) float32, not {self.joints.shape} {self.joints.dtype}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person in one photo: box in pixels, detection score, pose."""

    box: Box
    score: float
    pose: Pose


@dataclass(frozen=True, slots=True)
class Mask:
    """A binary mask as run lengths, row by row, beginning with a run of zeros (maybe empty).

    Attributes:
        size: (height_px, width_px) of the frame the mask lies in.
        runs: lengths of alternating runs of zeros and ones; they sum to height * width.
    """

    size: tuple[int, int]
    runs: tuple[int, ...]

    @classmethod
    def of(cls, array: MaskArray) -> Mask:
        flat = np.ascontiguousarray(array, dtype=np.bool_).ravel()
        edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        bounds = np.concatenate([[0], edges, [flat.size]])
        runs = np.diff(bounds).tolist()
        if flat.size and flat[0]:
            runs.insert(0, 0)
        return cls((array.shape[0], array.shape[1]), tuple(runs))

    def array(self) -> MaskArray:
        """(height, width) bool."""
        values = np.zeros(len(self.runs), np.bool_)
        values[1::2] = True
        return np.repeat(values, self.runs).reshape(self.size)

    @property
    def area(self) -> int:
        """Number of ones, px."""
        return sum(self.runs[1::2])


@dataclass(frozen=True, slots=True)
class Detection:
    """What a segmenter saw, before any rule of ours; box and mask in its input's frame."""

    category: Category
    score: float
    box: Box
    mask: Mask


@dataclass(frozen=True, slots=True)
class Garment:
    """One garment in one photo.

    Attributes:
        photo_id: the photo it lies in.
        box_frac: fractions of the photo's width and height.
        category: as the segmenter saw it; the classifier's word is kept beside it.
        score: the segmenter's confidence.
        mask: visible pixels, in the frame of the working picture.
        visibility: visible pixels / estimated total pixels.
    """

    photo_id: str
    box_frac: Box
    category: Category
    score: float
    mask: Mask
    visibility: float

    @property
    def id(self) -> str:
        """Stable for the same place in the same photo, whatever model found it."""
        place = ",".join(f"{v:.3f}" for v in self.box_frac)
        key = f"{self.photo_id}:{self.category}:{place}"
        return hashlib.sha256(key.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Worn:
    """A garment together with the photo it lies in: the input of every stage after segmentation."""

    photo: Photo
    garment: Garment

    @property
    def digest(self) -> str:
        """Identity by content: the photo's bytes and the garment's pixels in it."""
        mask = self.garment.mask
        runs = np.array([*mask.size, *mask.runs], np.int64).tobytes()
        return f"{self.photo.id}:{hashlib.sha256(runs).hexdigest()}"


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A garment cut from its photo, as embedders and classifiers take it.

    Attributes:
        image: (h, w, 3) uint8, the tight box with a small margin; any size.
        mask: (h, w) bool, the garment's visible pixels.
        position: where on its wearer it lies, as :func:`wardrobe.position.on_body` says; None where
            nobody wears it. What a crop can't show: a skirt and a dress are one cloth in two places.
    """

    image: Image
    mask: MaskArray
    position: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.image.shape != (*self.mask.shape, 3) or self.image.dtype != np.uint8:
            raise ValueError(
                f"image {self.image.shape} {self.image.dtype} does not fit mask {self.mask.shape}"
            )

    @classmethod
    def of(
        cls,
        picture: Image,
        garment: Garment,
        margin: float = 0.04,
        position: NDArray[np.float32] | None = None,
    ) -> Crop:
        """Cut a garment from the working picture its mask lies in.

        Args:
            margin: share of the box's longer side added all around, inside the picture.
        """
        mask = garment.mask.array()
        h, w = mask.shape
        x0, y0, x1, y1 = garment.box_frac
        pad = margin * max((x1 - x0) * w, (y1 - y0) * h)
        rows = slice(max(int(y0 * h - pad), 0), max(int(np.ceil(y1 * h + pad)), 1))
        cols = slice(max(int(x0 * w - pad), 0), max(int(np.ceil(x1 * w + pad)), 1))
        return cls(picture[rows, cols], mask[rows, cols], position)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a classifier answers, before any rule of ours.

    Attributes:
        category: (13,) float32 probabilities in the order of ``labels.CATEGORIES``.
        types: probability of each finer type given its category.
    """

    category: NDArray[np.float32]
    types: dict[str, float]


@dataclass(frozen=True, slots=True)
class Labels:
    """What a classifier says of one garment.

    Attributes:
        category: the likeliest category.
        confidence: its probability.
        type: a finer name under the category, or None when unsure.
        type_confidence: probability of that name given the category.
        colours: main colours, largest first: (name, "#rrggbb", share of the garment).
    """

    category: Category
    confidence: float
    type: str | None
    type_confidence: float
    colours: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How well one photo shows one garment; each in [0, 1], 1 leaves nothing to wish for.

    Attributes:
        resolution: root of its visible pixels, 1 from a square of 400 px.
        light: exposure: neither dim, nor burnt out, nor drowned.
        cast: how neutral the light is.
        sharpness: freedom from blur.
        frontal: how far the wearer faces the camera.
        unobstructed: how little lies in front of it.
    """

    resolution: float
    light: float
    cast: float
    sharpness: float
    frontal: float
    unobstructed: float


@dataclass(frozen=True, slots=True)
class Traits:
    """What one photo says of a garment's ``pattern`` and ``sleeve``; None when unsure."""

    pattern: str | None = None
    sleeve: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One physical garment: the same piece of clothing across photos. Derived on every run.

    Attributes:
        id: of its first member in id order, so independent of the order of photos.
        garment_ids: members, best representative first.
        category: confidence-weighted vote of the members.
        flagged: why a person should look at it, or None.
        pattern: such as "striped", or None when unsure.
        sleeve: "none", "short" or "long", or None when unsure or where there is nothing to say.
        hidden: a person doesn't want to see it.
    """

    id: str
    name: str
    category: Category
    type: str | None
    colours: tuple[tuple[str, str, float], ...]
    confidence: float
    garment_ids: tuple[str, ...]
    flagged: str | None = None
    pattern: str | None = None
    sleeve: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a photo, which a decision points at: it outlives every model.

    Attributes:
        box_frac: fractions of the photo's width and height.
        category: of the garment there when the decision was made; tells apart what overlaps.
    """

    photo_id: str
    box_frac: Box
    category: Category

    @classmethod
    def of(cls, garment: Garment) -> Anchor:
        return cls(garment.photo_id, garment.box_frac, garment.category)


DecisionKind = Literal["same", "different", "name", "label", "cover", "thumbnail", "hide", "undo"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word, never changed after it was said; the newest wins.

    Attributes:
        number: place in the order said; 0 before the store has numbered it.
        anchors: the garments it is about; of ``different``, one side.
        others: of ``different``, the garments of the other side.
        value: of ``name`` the name, of ``label`` the category, or category and type as
            ``tops/shirt``, of ``undo`` the number of the decision taken back.
        made_at: ISO time, UTC.
    """

    kind: DecisionKind
    anchors: tuple[Anchor, ...] = ()
    others: tuple[Anchor, ...] = ()
    value: str | None = None
    number: int = 0
    made_at: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that didn't get through a stage.

    Attributes:
        stage: where it stopped.
        reason: short machine name, the row of the funnel.
        message: for the person.
        final: a fact about the input (remembered), or a fault that the next run tries again.
    """

    stage: str
    reason: str
    message: str
    final: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a photo's trace: a stage, what went in and came out, by which model, how long."""

    stage: str
    went_in: str
    came_out: str
    model: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the photo stands for its owner: admitted or left out, and by which rule.

    Attributes:
        owner: index into the people found, or None when nobody was.
        rule: how the owner was chosen: ``"face"``, ``"only person"`` or ``"main subject"``.
        share: visible share of the twelve body joints.
        zones: parts of the body in the frame.
        reason: why the photo is left out, or None when it enters.
    """

    owner: int | None
    rule: str
    share: float
    zones: tuple[Zone, ...]
    reason: str | None
