"""One function per stage, for people: pictures in, plain objects out, nothing written.

A *picture* is a path, a Pillow image, or an (h, w, 3) uint8 RGB array. Every function takes
``settings`` (:class:`wardrobe.config.Settings`); results are in pixels of the picture as given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from wardrobe import backends, batch, closet, geometry, images, position
from wardrobe.color import main_colours
from wardrobe.config import Settings
from wardrobe.labels import Category
from wardrobe.pile import Pile
from wardrobe.stages import amodal as amodal_stage
from wardrobe.stages import classify as classify_stage
from wardrobe.stages import cluster as cluster_stage
from wardrobe.stages import embed as embed_stage
from wardrobe.stages import outfit as outfit_stage
from wardrobe.stages import pose as pose_stage
from wardrobe.stages import segment as segment_stage
from wardrobe.stages import thumbnail as thumbnail_stage
from wardrobe.store import Store
from wardrobe.types import Crop, Garment, Image, Labels, Person, Photo, Pose, Standing

Picture = str | Path | PIL.Image.Image | NDArray[np.uint8]
#: Told of a step that begins: what it is, how many are done, and of how many.
Watch = Callable[[str, int, int], None]
DEFAULTS = Settings()


@cache
def _model(stage: str, name: str, device: str) -> Any:
    return backends.create(stage, name, device)


def pose(picture: Picture, *, settings: Settings = DEFAULTS) -> list[Person]:
    """Everybody in a picture: box, score and 17 joints (COCO order) with visibility.

    Raises:
        PhotoError: the picture can't be read.
        ModelError, DeviceError: the model or the device isn't there.
    """
    model = _model("pose", settings.pose.model, settings.run.device)
    (people,) = model([images.to_array(picture)])
    return [p for p in people if p.score >= settings.pose.min_person]


def standing(
    people: Sequence[Person], size: tuple[int, int], *, settings: Settings = DEFAULTS
) -> Standing:
    """Whether a picture with these people enters a wardrobe, and who of them is its owner.

    Args:
        size: (height_px, width_px) of the picture.
    """
    return pose_stage.stand(people, size, settings.pose)


def segment(
    picture: Picture, people: Sequence[Person] | None = None, *, settings: Settings = DEFAULTS
) -> list[Garment]:
    """The garments of the picture's main subject, surest first: box, mask, visibility score.

    Args:
        people: from :func:`pose`; found here when None.

    Returns:
        Nothing when nobody is found, or too little of them: :func:`standing` says why.
    """
    image = images.to_array(picture)
    size = (image.shape[0], image.shape[1])
    people = pose(image, settings=settings) if people is None else list(people)
    stand = standing(people, size, settings=settings)
    if stand.owner is None or stand.reason:
        return []
    photo = Photo("", "", (size[1], size[0]))
    view = segment_stage.view_of(photo, people[stand.owner], size, settings.segment, settings.pose)
    x0, y0, x1, y1 = view.box
    model = _model("segment", settings.segment.model, settings.run.device)
    (found,) = model([np.ascontiguousarray(image[y0:y1, x0:x1])], [view.torso])
    detections = tuple(segment_stage.moved(d, view.box, size) for d in found)
    scene = segment_stage.Scene(photo, tuple(people), stand, detections, "")
    worn = segment_stage.sort_garments(scene, settings.segment, settings.pose).garments
    dress = amodal_stage.Dress(worn, people[stand.owner].pose)
    return list(amodal_stage.scored(worn, _completer(settings)([dress])[0]))


def _completer(settings: Settings) -> amodal_stage.Completer:
    if not settings.segment.amodal_model:
        return amodal_stage.Template(settings.pose.min_joint)
    model: amodal_stage.Completer = _model(
        "amodal", settings.segment.amodal_model, settings.run.device
    )
    return model


def embed(
    picture: Picture, garments: Sequence[Garment], *, settings: Settings = DEFAULTS
) -> NDArray[np.float32]:
    """(n, 256) float32, one unit vector per garment; cosine says how alike two garments are."""
    image = images.to_array(picture)
    model = _model("embed", settings.embed.model, settings.run.device)
    return embed_stage.checked(
        model([Crop.of(image, g) for g in garments]), len(garments), settings.embed.model
    )


def classify(
    picture: Picture,
    garments: Sequence[Garment],
    pose: Pose | None = None,
    *,
    settings: Settings = DEFAULTS,
) -> list[Labels]:
    """Category, finer type, confidence and main colours of each garment.

    Args:
        pose: of who wears them, in pixels of the picture: where on the body a garment lies tells a
            skirt from a dress. None for garments that lie or hang.
    """
    image = images.to_array(picture)
    at = settings.pose.min_joint
    crops = [
        Crop.of(image, g, position=position.on_body(g.mask.array(), pose, at) if pose else None)
        for g in garments
    ]
    model = _model("classify", settings.classify.model, settings.run.device)
    return [
        classify_stage.labels(
            classify_stage.Described(s, main_colours(c.image[c.mask])), settings.classify
        )
        for s, c in zip(model(crops), crops, strict=True)
    ]


def cluster(
    vectors: NDArray[np.float32],
    garments: Sequence[Garment],
    labels: Sequence[Labels],
    *,
    settings: Settings = DEFAULTS,
) -> list[list[int]]:
    """Which garments are one item: lists of row numbers, each row in exactly one.

    Args:
        vectors: (n, 256) float32 of length 1, from :func:`embed`.
        garments, labels: n each, of the same rows. Garments of one picture must have that
            picture's ``photo_id``; those of :func:`segment` have none until you set it with
            ``dataclasses.replace``.
    """
    pile = Pile(tuple(garments), vectors, tuple(labels))
    rows = {g.id: i for i, g in enumerate(garments)}
    found = cluster_stage.group(pile, batch.calibrated(settings), settings.embed.min_visibility)
    return [[rows[g] for g in group.garment_ids] for group in found.groups]


def thumbnail(picture: Picture, garment: Garment, *, settings: Settings = DEFAULTS) -> Image:
    """The garment cut out on a neutral background: (512, 512, 3) uint8 RGB."""
    crop = Crop.of(images.to_array(picture), garment, 0.1)
    return thumbnail_stage.cut_out(crop, settings.thumbnail)


def build(
    folder: str | Path, out: str | Path, *, settings: Settings = DEFAULTS, **options: Any
) -> batch.Report:
    """Make or continue the wardrobe of a photo folder; see :func:`wardrobe.batch.build`."""
    return batch.build(Path(folder), Path(out), settings, **options)


def find(picture: Picture, out: str | Path, *, settings: Settings = DEFAULTS) -> dict[str, float]:
    """ "Find this in my wardrobe": how alike each item of a store is to a garment in a picture.

    Looks at what the picture's main subject wears, or, where nobody is in it, at garments lying or
    hanging in it. Only items of a category that was found are compared.

    Returns:
        Item id -> cosine of the item and the likest garment of its category in the picture.
    """
    image = images.to_array(picture)
    garments = segment(image, settings=settings) or _unworn(image, settings)
    store = Store(Path(out), create=False)
    known = closet.vectors(store)
    likeness: dict[str, float] = {}
    vectors = embed(image, garments, settings=settings) if garments else ()
    for entry in closet.load(store, pictures=False).entries:
        for garment, vector in zip(garments, vectors, strict=True):
            if garment.category == entry.item.category and entry.item.id in known:
                cosine = float(known[entry.item.id] @ vector)
                likeness[entry.item.id] = max(cosine, likeness.get(entry.item.id, -1.0))
    return likeness


def _unworn(image: Image, settings: Settings) -> list[Garment]:
    """Garments in a picture without a person: the surest of each category."""
    size = (image.shape[0], image.shape[1])
    model = _model("segment", settings.segment.model, settings.run.device)
    (found,) = model([image], [0.5 * max(size)])
    best: dict[str, Garment] = {}
    for d in sorted(found, key=lambda d: d.score):
        if d.score >= settings.segment.min_score:
            box = geometry.to_frac(d.box, size)
            best[d.category] = Garment("", box, d.category, d.score, d.mask, 1.0)
    return list(best.values())


def compatibility(
    vectors: NDArray[np.float32], categories: Sequence[Category], *, settings: Settings = DEFAULTS
) -> float | None:
    """How well two or more garments go together, in (0, 1): for sorting, not for judging.

    Args:
        vectors: (n, 256) float32 of length 1, from :func:`embed`.
        categories: n, of the same garments.

    Returns:
        None when fewer than two are of a kind that is judged; accessories are not.
    """
    model = _model("outfit", settings.outfit.model, settings.run.device)
    return outfit_stage.compatibility(vectors, categories, model)


def try_on(
    person: Picture,
    garments: Sequence[Any],
    *,
    seed: int = 0,
    steps: int | None = None,
    who: int | None = None,
    settings: Settings = DEFAULTS,
    watch: Watch = lambda *_: None,
) -> Image:
    """A person's photo with other garments on; where nothing of them lies, not one pixel changes.

    Args:
        garments: pictures, each of one garment: lying or hanging alone, cut out, or worn by
            somebody; or pieces of :mod:`wardrobe.mirror`. Worn together they must make an outfit.
        seed: equal seeds make equal pictures.
        steps: of the model; by default ``tryon.steps``.
        who: of several people, counted from the left, 1 first.
        watch: told of every step as it begins.

    Returns:
        (h, w, 3) uint8 RGB, as large as the photo, or ``tryon.work_px`` on its longer side.

    Raises:
        PhotoError: a picture can't be used, or the photo can't show these garments; it says why.
        ConfigError: there is no such person.
    """
    from wardrobe import mirror

    return mirror.try_on(
        person, garments, seed=seed, steps=steps, who=who, settings=settings, watch=watch
    )
