"""A person before the mirror: pictures and items to garments, photos to wearers, and the try-on.

A garment comes as an item of a closet (its best photo, with the pose it was worn in), as a picture
of it alone (with transparency, on a plain ground, or found by the segmenter), or as a photo of
somebody wearing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wardrobe import api, backends, bare, body, centring, closet, color, geometry, images, relight
from wardrobe.api import DEFAULTS, Picture, Watch
from wardrobe.bare import Bare
from wardrobe.catalogue import Entry
from wardrobe.config import Settings
from wardrobe.cut import WEARABLE
from wardrobe.dressing import Wearer
from wardrobe.errors import ConfigError, PhotoError
from wardrobe.folder import locate
from wardrobe.frame import Frame
from wardrobe.labels import CATEGORIES, Category
from wardrobe.relight import Light
from wardrobe.stages import tryon
from wardrobe.stages.tryon import Fitting, Piece, Plain, TryOnModel
from wardrobe.store import Store
from wardrobe.types import Garment, Image, Mask, MaskArray, Person

PLAIN = "plain"  # the model's name where there is to be none
EVEN = 7.0  # Lab units by which the rim of a plain ground differs from its own colour, at most
GROUND = 6.0  # Lab units from which a pixel on a plain ground is garment
BEFORE = 2  # steps of a try-on before the first garment is put on
GUESSED = 0.18  # share of a garment from which it is said that it was made up
CROWD = 0.45  # share of the largest person's height from which another one counts


def try_on(
    person: Picture,
    garments: Sequence[Picture | Piece],
    *,
    seed: int = 0,
    steps: int | None = None,
    who: int | None = None,
    settings: Settings = DEFAULTS,
    watch: Watch = lambda *_: None,
) -> Image:
    """A person's photo with other garments on; see :func:`wardrobe.try_on`."""
    pieces = [
        g if isinstance(g, Piece) else piece(g, name=f"garment {k}", settings=settings)
        for k, g in enumerate(garments, start=1)
    ]
    return fitted(person, pieces, seed=seed, steps=steps, who=who, settings=settings, watch=watch)[
        0
    ]


def fitted(
    person: Picture,
    pieces: Sequence[Piece],
    *,
    seed: int = 0,
    steps: int | None = None,
    who: int | None = None,
    settings: Settings = DEFAULTS,
    model: TryOnModel | None = None,
    watch: Watch = lambda *_: None,
) -> tuple[Image, list[Fitting]]:
    """The picture, and what the model was shown of each piece, in the order they were put on."""
    ordered = tryon.outfit(pieces)
    if not ordered:
        raise ConfigError("nothing was named to try on. Name an item or a picture of a garment.")
    total = BEFORE + len(ordered)
    watch("finding you in the photo", 0, total)
    image = images.to_array(person, settings.tryon.work_px)
    people = api.pose(image, settings=settings)
    one = people[chosen(people, who, settings)]
    for p in ordered:
        tryon.check(one.pose, p.category, settings.pose.min_joint)
    model = model or load(settings)
    watch("seeing what you wear", 1, total)
    wearer = wearer_of(image, one, settings)
    fittings = []
    for k, p in enumerate(ordered):
        watch(f"putting on {p.name}", BEFORE + k, total)
        wearer, fitting = tryon.dress(
            wearer, one.pose, p, model, seed=seed, steps=steps or settings.tryon.steps
        )
        fittings.append(fitting)
    return wearer.image, fittings


def remarks(fittings: Sequence[Fitting], settings: Settings = DEFAULTS) -> list[str]:
    """What of the picture isn't the garment's own, in sentences."""
    out = []
    for f in fittings:
        away = Frame.of(f.pose, settings.pose.min_joint).back
        known = f.piece.frame is not None and f.piece.frame.back
        if f.made_up > GUESSED:
            out.append(
                f"{f.piece.name}: its picture shows only {1 - f.made_up:.0%} of it; the rest was made up"
                " from what is seen."
            )
        if away != known:
            seen, shown = ("behind", "front") if away else ("the front", "back")
            out.append(
                f"{f.piece.name}: the person is seen from {seen}, but its picture shows the"
                f" {shown}, which was put on as it is."
            )
    return out


def load(settings: Settings) -> TryOnModel:
    """The try-on model that the settings name."""
    if settings.tryon.model == PLAIN:
        return Plain()
    made: TryOnModel = _cached(settings.tryon.model, settings.run.device)
    return made


_models: dict[tuple[str, str], TryOnModel] = {}


def _cached(name: str, device: str) -> TryOnModel:
    if (name, device) not in _models:
        _models[name, device] = backends.create("tryon", name, device)
    return _models[name, device]


def chosen(people: Sequence[Person], who: int | None, settings: Settings) -> int:
    """Which of the people is dressed.

    Args:
        who: 1 for the one furthest left in the picture, 2 for the next; None where it is plain.

    Raises:
        PhotoError: nobody is there, or several and nobody was named.
        ConfigError: there is nobody of that number.
    """
    if not people:
        raise PhotoError("Nobody is to be seen in the photo. Take one of a person.", "no person")
    tallest = max(p.box[3] - p.box[1] for p in people)
    near = [k for k, p in enumerate(people) if p.box[3] - p.box[1] >= CROWD * tallest]
    near.sort(key=lambda k: people[k].box[0] + people[k].box[2])
    if who is not None:
        if not 1 <= who <= len(near):
            raise ConfigError(
                f"there is no person {who} (--who): {len(near)} are to be seen; count from the left."
            )
        return near[who - 1]
    if len(near) > 1:
        raise PhotoError(
            f"{len(near)} people are to be seen in the photo. Say who is dressed:"
            f" --who 1 is the one on the left, --who {len(near)} the one on the right.",
            "several people",
        )
    return near[0]


def wearer_of(image: Image, person: Person, settings: Settings = DEFAULTS) -> Wearer:
    """The person with what they wear, as the small or large models see it."""
    clothes: dict[Category, MaskArray] = {}
    every = np.zeros(image.shape[:2], np.bool_)
    for g in api.segment(image, [person], settings=settings):
        mask = g.mask.array()
        clothes[g.category] = clothes.get(g.category, np.zeros_like(every)) | mask
        if g.category not in ("eyewear", "jewellery"):
            every |= mask
    frame, head, found, light = _body(image, person, every, settings)
    return Wearer(image, frame, head, found, clothes, light)


def _body(
    image: Image, person: Person, clothes: MaskArray, settings: Settings
) -> tuple[Frame, NDArray[np.floating], Bare, Light]:
    """Somebody's frame, head, bare skin and hair, and the light they are seen in."""
    frame = Frame.of(person.pose, settings.pose.min_joint)
    joints, _ = body.complete(person.pose, body.seen(person.pose, settings.pose.min_joint))
    found = bare.find(image, frame, joints[:5], clothes)
    light = relight.seen(image, found, joints[0], frame.torso, clothes)
    frame = centring.centred(frame, clothes | found.surely_skin(clothes))
    return frame, joints[:5], found, light


def _worn(
    image: Image,
    mask: MaskArray,
    category: Category,
    name: str,
    wearer: Person,
    clothes: Sequence[MaskArray],
    settings: Settings,
    own: bool = False,
) -> Piece:
    """A garment somebody wears in a picture, with what hides it there and the light it is seen in."""
    every = mask.copy()
    for other in clothes:
        every |= other
    frame, _, found, light = _body(image, wearer, every, settings)
    skin = found.surely_skin(every)
    return Piece(image, mask, category, frame, name, every & ~mask, light, own, skin)


def piece(
    picture: Picture,
    category: Category | None = None,
    *,
    name: str = "the garment",
    settings: Settings = DEFAULTS,
) -> Piece:
    """The garment in a picture.

    Args:
        category: what it is; told by the classifier, or the segmenter, when None.

    Raises:
        PhotoError: the picture can't be read, or no garment is found in it.
    """
    image = images.to_array(picture, settings.tryon.work_px)
    mask = _transparent(picture, image.shape[:2])
    if mask is None:
        mask = _on_plain_ground(image)
    if mask is not None:
        return Piece(image, mask, category or _told(image, mask, settings), None, name)
    people = sorted(api.pose(image, settings=settings), key=lambda p: p.box[1] - p.box[3])
    worn = api.segment(image, people[:1], settings=settings) if people else []
    found = [g for g in worn if _fits(g, category)]
    if found:
        best = max(found, key=lambda g: g.mask.area)
        clothes = [g.mask.array() for g in worn if g.category not in ("eyewear", "jewellery")]
        return _worn(
            image, best.mask.array(), category or best.category, name, people[0], clothes, settings
        )
    lying = [g for g in api._unworn(image, settings) if _fits(g, category)]
    if not lying:
        what = category or "garment"
        raise PhotoError(f"{name}: no {what} is found in its picture.", "no garment")
    best = max(lying, key=lambda g: g.mask.area)
    return Piece(image, best.mask.array(), category or best.category, None, name)


def of_item(store: Store, entry: Entry, settings: Settings = DEFAULTS) -> Piece:
    """An item of a closet, from the photo that shows it best, with the pose it was worn in there.

    Raises:
        PhotoError: none of its photos can be read any more.
    """
    photos, _ = closet.last_run(store)
    category = entry.item.category
    for seen in entry.sightings:
        try:
            file = locate(photos, seen.photo)
            sight = closet.explain(seen.photo, store)
            image = images.read(
                file, work_px=settings.photo.work_px, max_megapixels=settings.photo.max_megapixels
            ).pixels
        except (ConfigError, PhotoError):
            continue
        size = (image.shape[0], image.shape[1])
        full = sight.photo.size if sight.photo else (size[1], size[0])
        ratio = np.array([size[1] / full[0], size[0] / full[1]] * 2)
        box = np.array(seen.box) * ratio
        own = [
            (geometry.iou(geometry.to_px(g.box_frac, size), tuple(box)), g) for g in sight.garments
        ]
        overlap, garment = max(own, key=lambda pair: pair[0], default=(0.0, None))
        if garment is None or overlap < 0.5:
            continue
        mask = _sized(garment.mask, size)
        people = api.pose(image, settings=settings)
        inside = [p for p in people if geometry.iou(p.box, tuple(box)) > 0]
        if not inside:
            return Piece(image, mask, category, None, entry.item.name)
        best = max(inside, key=lambda p: geometry.area(geometry.intersect(p.box, tuple(box))))
        clothes = [_sized(g.mask, size) for g in sight.garments]
        return _worn(image, mask, category, entry.item.name, best, clothes, settings, own=True)
    raise PhotoError(
        f"“{entry.item.name}”: none of its photos can be read any more. Build again.", "vanished"
    )


def category_of(name: str) -> Category:
    """A category by its name.

    Raises:
        ConfigError: there is none of that name.
    """
    for c in CATEGORIES:
        if c == name:
            return c
    raise ConfigError(f"{name!r} is no category; write one of {', '.join(WEARABLE)}.")


def _fits(garment: Garment, category: Category | None) -> bool:
    return garment.category == category if category else garment.category in WEARABLE


def _sized(mask: Mask, size: tuple[int, int]) -> MaskArray:
    array = mask.array()
    if array.shape == size:
        return array
    rows = np.minimum(
        (np.arange(size[0]) * array.shape[0] / size[0]).astype(int), array.shape[0] - 1
    )
    cols = np.minimum(
        (np.arange(size[1]) * array.shape[1] / size[1]).astype(int), array.shape[1] - 1
    )
    return np.asarray(array[rows][:, cols], np.bool_)


def _told(image: Image, mask: MaskArray, settings: Settings) -> Category:
    box = geometry.box_of(mask)
    assert box is not None
    whole = Garment("", geometry.to_frac(box, mask.shape), "tops", 1.0, Mask.of(mask), 1.0)
    return api.classify(image, [whole], settings=settings)[0].category


def _transparent(picture: Picture, size: tuple[int, ...]) -> MaskArray | None:
    """(h, w) bool of a file with transparency, None of any other picture."""
    if not isinstance(picture, str | Path) or Path(picture).suffix.lower() not in (".png", ".webp"):
        return None
    pixels = images.decode(Path(picture).read_bytes())
    if pixels.ndim != 3 or pixels.shape[2] != 4 or (pixels[..., 3] > 127).all():
        return None
    return _sized(Mask.of(pixels[..., 3] > 127), (size[0], size[1]))


def _on_plain_ground(image: Image) -> MaskArray | None:
    """(h, w) bool: what lies on a ground of one colour; None where there is no such ground."""
    from scipy import ndimage

    rim = max(min(image.shape[:2]) // 40, 2)
    lab = color.to_lab(image)
    edge = np.concatenate(
        [
            lab[:rim].reshape(-1, 3),
            lab[-rim:].reshape(-1, 3),
            lab[:, :rim].reshape(-1, 3),
            lab[:, -rim:].reshape(-1, 3),
        ]
    )
    ground = np.median(edge, axis=0)
    off: NDArray[np.float64] = np.sqrt(((edge - ground) ** 2).sum(axis=1))
    if np.percentile(off, 90) > EVEN:
        return None
    differs = np.sqrt(((lab - ground) ** 2).sum(axis=2)) > max(
        GROUND, 1.5 * float(np.percentile(off, 90))
    )
    pieces, count = ndimage.label(ndimage.binary_opening(differs, iterations=1))
    if not count:
        return None
    sizes = np.bincount(pieces.ravel())[1:]
    kept = np.concatenate([[False], sizes > 0.15 * sizes.max()])[pieces]
    whole: MaskArray = ndimage.binary_fill_holes(kept)
    share = float(whole.mean())
    return whole if 0.04 < share < 0.9 else None
