"""Thumbnails of drawn garments: what is seen, what is borrowed, what is filled, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import canvas, color, geometry, images, mending, registration
from wardrobe.config import ThumbnailSettings
from wardrobe.painting import BORROWED, GENERATED, NOTHING, SEEN, Painting, read_sources
from wardrobe.stages import mend
from wardrobe.stages.mend import Filler, Mended, Piece, View
from wardrobe.types import Garment, Image, Mask, MaskArray, Photo, Pose, Worn

SIDE = 360
SETTINGS = ThumbnailSettings(size_px=256, balance=0)
BACK = color.from_hex(SETTINGS.background)
JOINTS = np.array(
    [(180, 40), (190, 35), (170, 35), (200, 40), (160, 40), (240, 90), (120, 90), (262, 150), (98, 150),
     (270, 205), (90, 205), (215, 260), (145, 260), (213, 320), (147, 320), (210, 355), (150, 355)],
    np.float32,
)  # fmt: skip
CLOTH = np.array([150, 60, 60])


def shirt() -> MaskArray:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[85:265, 125:235] = True
    mask[85:140, 95:265] = True
    return mask


def strap() -> MaskArray:
    y, x = np.mgrid[:SIDE, :SIDE]
    band: MaskArray = np.abs(y - 0.9 * x) < 22
    return band


def view(name: str, hidden: MaskArray | None = None, light: int = 0, spots: bool = True) -> View:
    """A spotted red shirt before a green wall, partly behind something grey."""
    y, x = np.mgrid[:SIDE, :SIDE]
    image = np.full((SIDE, SIDE, 3), (60, 110, 60), np.int32)
    whole = shirt()
    image[whole] = CLOTH
    if spots:
        spot = whole & ((x // 12 + 2 * (y // 18)) % 5 == 0)
        image[spot] = (230, 200, 60)
    mask = whole if hidden is None else whole & ~hidden
    over = np.zeros_like(whole) if hidden is None else hidden & whole
    image[over] = (90, 90, 95)
    PICTURES[name] = np.clip(image + light, 0, 255).astype(np.uint8)
    box = geometry.to_frac(geometry.box_of(mask) or (0, 0, 1, 1), (SIDE, SIDE))
    garment = Garment(name, box, "tops", 0.9, Mask.of(mask), float(mask.sum() / whole.sum()))
    pose = Pose(np.column_stack([JOINTS, np.ones(17)]).astype(np.float32))
    worn = Worn(Photo(name, f"{name}.jpg", (SIDE, SIDE)), garment)
    return View(worn, pose, (Mask.of(over),) if over.any() else (), (), Mask.of(whole))


PICTURES: dict[str, Image] = {}


def pixels(photo: Photo) -> Image:
    return PICTURES[photo.id]


def flat(
    pictures: Sequence[Image], seen: Sequence[MaskArray], outlines: Sequence[MaskArray]
) -> list[Image | None]:
    """Fills with bright blue, so that nobody mistakes it for cloth."""
    return [
        np.where(known[..., None], p, np.array([20, 20, 250], np.uint8))
        for p, known in zip(pictures, seen, strict=True)
    ]


def nothing(
    pictures: Sequence[Image], seen: Sequence[MaskArray], outlines: Sequence[MaskArray]
) -> list[Image | None]:
    return [None] * len(pictures)


def made(piece: Piece, fill: Filler = flat, settings: ThumbnailSettings = SETTINGS) -> Mended:
    return mend.mended(piece, pixels, lambda: fill, settings, 0.5)


def blue(picture: NDArray[np.uint8]) -> int:
    return int(((picture[..., 2] > 200) & (picture[..., 0] < 90)).sum())


def test_what_a_strap_hides_is_taken_from_the_other_photo() -> None:
    alone = made(Piece("tops", view("a", strap())))
    both = made(Piece("tops", view("a", strap()), (view("b", light=12),)))
    assert alone.shares.generated > 0.1
    assert alone.shares.borrowed == 0
    assert both.shares.borrowed > 0.8 * alone.shares.generated
    assert both.shares.generated < 0.5 * alone.shares.generated
    picture, sources = images.decode(both.picture), read_sources(both.sources)
    cloth = picture[sources == BORROWED].astype(int)
    # In the cover's light: the other photo is brighter by twelve levels.
    red = cloth[np.abs(cloth - CLOTH).max(axis=1) < 40]
    assert len(red) > 0.6 * len(cloth)
    assert np.abs(np.median(red, axis=0) - CLOTH).max() < 6
    assert np.isin(sources, (NOTHING, SEEN, BORROWED, GENERATED)).all()


def test_the_background_is_exactly_neutral_and_shares_sum_to_one() -> None:
    out = made(Piece("tops", view("a", strap()), (view("b"),)))
    picture, sources = images.decode(out.picture), read_sources(out.sources)
    assert (picture[sources == NOTHING] == BACK).all()
    assert (sources == NOTHING).mean() > 0.2
    s = out.shares
    assert s.seen + s.borrowed + s.generated == pytest.approx(1, abs=1e-3)
    assert (sources == SEEN).sum() / (sources > NOTHING).sum() == pytest.approx(s.seen, abs=1e-3)


def test_another_garment_lends_nothing() -> None:
    """A plain shirt that got into the item by mistake, and one of another colour all over."""
    other = view("plain", spots=False)
    PICTURES["plain"] = np.where(shirt()[..., None], PICTURES["plain"][..., ::-1] + 60, 30).astype(
        np.uint8
    )
    out = made(Piece("tops", view("a", strap()), (other,)))
    assert out.shares.borrowed == 0


def test_too_much_to_make_up_falls_back_to_the_cut_out_and_says_so() -> None:
    settings = SETTINGS.model_copy(update={"max_generated": 0.05})
    out = made(Piece("tops", view("a", strap())), settings=settings)
    assert "no photo shows" in out.shares.fallback
    assert out.shares.seen == 1
    assert blue(images.decode(out.picture)) == 0


def test_a_filler_that_declines_leaves_the_hole_out() -> None:
    out = made(Piece("tops", view("a", strap())), fill=nothing)
    picture, sources = images.decode(out.picture), read_sources(out.sources)
    assert out.shares.generated == 0
    assert out.shares.seen == 1
    assert (picture[sources == NOTHING] == BACK).all()
    filled = made(Piece("tops", view("a", strap())))
    assert (sources > NOTHING).sum() < (read_sources(filled.sources) > NOTHING).sum()


def test_only_a_change_of_the_item_changes_its_digest() -> None:
    stage = mend.Mend(SETTINGS, pixels, "m", lambda: flat, 0.5)
    piece = Piece("tops", view("a", strap()), (view("b"),))
    again = Piece("tops", view("a", strap()), (view("b"),))
    assert stage.digest(piece) == stage.digest(again)
    more = replace(piece, others=(*piece.others, view("c")))
    assert stage.digest(more) != stage.digest(piece)
    assert stage.digest(replace(piece, cover=piece.others[0])) != stage.digest(piece)
    many = tuple(view(f"v{i}") for i in range(mend.MOST_VIEWS))
    full = replace(piece, others=many)
    assert stage.digest(replace(full, others=(*many, view("late")))) == stage.digest(full)


def test_an_answer_survives_the_store() -> None:
    stage = mend.Mend(SETTINGS, pixels, "m", lambda: flat, 0.5)
    (out,) = stage([Piece("tops", view("a", strap()))])
    back = stage.decode(stage.encode(out))
    assert (back.picture, back.sources, back.shares) == (out.picture, out.sources, out.shares)


def test_colours_move_to_what_most_photos_say() -> None:
    dim = view("dim", light=-35, spots=False)
    others = tuple(view(f"o{i}", spots=False) for i in range(3))
    plain = images.decode(made(Piece("tops", dim, others)).picture)
    settings = SETTINGS.model_copy(update={"balance": 1.0})
    balanced = images.decode(made(Piece("tops", dim, others), settings=settings).picture)
    centre = slice(100, 150), slice(110, 146)
    before, after = (color.to_lab(p[centre]).reshape(-1, 3).mean(axis=0) for p in (plain, balanced))
    true = color.to_lab(CLOTH.astype(np.uint8))
    assert color.delta_e2000(after, true) < color.delta_e2000(before, true) - 2


def test_a_photo_moved_and_enlarged_is_found_again() -> None:
    """Skinning on the joints brings it within a few pixels, whatever the size."""
    here = registration.Body(JOINTS[:, :2].astype(np.float64), np.ones(17, np.bool_), 170.0)
    moved = registration.Body(here.joints * 1.4 + (20, -15), here.ok, 170.0 * 1.4)
    field = registration.by_body("tops", here, moved, 256)
    assert field is not None
    y, x = np.mgrid[90:200, 120:230]
    wanted = np.stack([x, y], axis=-1) * 1.4 + (20, -15)
    assert np.abs(field[90:200, 120:230] - wanted).max() < 3


def test_from_behind_is_not_from_the_front() -> None:
    ok = np.ones(17, np.bool_)
    front = registration.Body(JOINTS[:, :2].astype(np.float64), ok, 170.0)
    behind = registration.Body(front.joints * (-1, 1) + (SIDE, 0), ok, 170.0)
    assert registration.facing(front, front)
    assert not registration.facing(front, behind)


def test_straps_are_closed_and_the_room_beside_an_arm_is_not() -> None:
    mask = np.zeros((200, 200), np.bool_)
    mask[20:180, 40:160] = True
    cut = mask.copy()
    cut[95:103] = False  # a belt
    assert mending.closed(cut, 0.05).sum() == pytest.approx(mask.sum(), rel=0.02)
    room = mask.copy()
    room[60:140, 120:150] = False  # a window as wide as an arm is away
    assert mending.closed(room, 0.05).sum() < mask.sum() - 1000


def test_a_canvas_shows_the_box_centred_and_lossless_maps_come_back() -> None:
    affine = canvas.framing((100, 50, 300, 150), 200, 0.1)
    corners = np.array([[100, 50], [300, 150]]) @ affine[:, :2].T + affine[:, 2]
    assert np.allclose(corners, [[20, 60], [180, 140]])
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[50:150, 100:300] = 255
    laid = canvas.laid(picture, affine, 200)
    assert (laid[64:136, 24:176] > 250).all()
    assert (laid[:56] < 5).all()


def test_what_goes_on_beyond_the_room_there_is_is_left_out_whole() -> None:
    room = np.zeros((60, 60), np.bool_)
    room[10:50, 10:50] = True
    hole, spill = np.zeros_like(room), np.zeros_like(room)
    hole[20:30, 20:30] = True
    spill[20:30, 40:58] = True
    assert (mending.within(hole | spill, room) == hole).all()
    assert not mending.within(np.zeros_like(room), room).any()


def test_a_shoe_goes_on_under_trousers_and_not_into_the_air() -> None:
    def told(covered: bool) -> float:
        shoe, whole = np.zeros((SIDE, SIDE), np.bool_), np.zeros((SIDE, SIDE), np.bool_)
        whole[200:320, 120:240] = True
        shoe[250:320, 120:240] = True
        over = whole & ~shoe if covered else np.zeros_like(whole)
        one = view("shoe")
        garment = replace(one.worn.garment, category="footwear", mask=Mask.of(shoe))
        lone = View(Worn(one.worn.photo, garment), one.pose, (Mask.of(over),), (), Mask.of(whole))
        return made(Piece("footwear", lone)).shares.generated

    assert told(covered=True) > 0.2
    assert told(covered=False) < 0.02


def test_an_outline_that_ends_at_its_canvas_ends_there() -> None:
    """The canvas has no more to say; what it repeats at its edge is no cloth."""
    outline = np.zeros((64, 64), np.bool_)
    outline[20:, 20:44] = True  # as far down as the canvas goes
    zoom = canvas.framing(geometry.box_of(outline) or (0, 0, 1, 1), 128, 0.1)
    mask = canvas.laid_mask(outline & (np.arange(64)[:, None] < 50), zoom, 128)
    painting = Painting(np.full((128, 128, 3), 90, np.uint8), mask, outline, zoom)
    assert painting.hole[100:114, 50:78].any()
    assert not painting.hole[118:].any()
    assert not painting.alpha[118:].any()
