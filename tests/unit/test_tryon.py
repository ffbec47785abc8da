"""A drawn person and drawn garments: what must hold of a try-on whatever model finishes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import bare, body, cut, drape, fill, geometry, images, mesh, mirror, neckline
from wardrobe.config import Settings
from wardrobe.dressing import Wearer
from wardrobe.errors import ConfigError, ContractError, PhotoError
from wardrobe.frame import Frame
from wardrobe.labels import Category
from wardrobe.stages import tryon
from wardrobe.types import Image, MaskArray, Person, Pose

SIZE = (320, 240)
SKIN, CLOTH, WALL = (205, 160, 140), (40, 60, 150), (120, 150, 120)
TORSO = 70.0


def standing_pose(spread: float = 0.35) -> Pose:
    """Facing us, arms a little away from the body."""
    joints = np.ones((17, 3), np.float32)
    middle, top = 120.0, 90.0
    joints[0, :2] = middle, top - 0.45 * TORSO
    joints[1:5, :2] = [(middle + d, top - 0.5 * TORSO) for d in (5, -5, 10, -10)]
    for side, sign in ((0, 1), (1, -1)):  # COCO's left is the picture's right
        shoulder = np.array([middle + sign * 0.36 * TORSO, top])
        arm = np.array([sign * spread, 1.0]) / np.hypot(spread, 1)
        joints[5 + side, :2] = shoulder
        joints[7 + side, :2] = shoulder + 0.56 * TORSO * arm
        joints[9 + side, :2] = shoulder + 1.06 * TORSO * arm
        hip = np.array([middle + sign * 0.2 * TORSO, top + TORSO])
        joints[11 + side, :2] = hip
        joints[13 + side, :2] = hip + np.array([0, 0.82 * TORSO])
        joints[15 + side, :2] = hip + np.array([0, 1.62 * TORSO])
    return Pose(joints)


def wearer_in(sleeves: float) -> tuple[Wearer, Pose]:
    """A person in a blue top with sleeves that reach so many bones, on a plain wall."""
    pose = standing_pose()
    frame = Frame.of(pose, 0.5)
    image = np.empty((*SIZE, 3), np.uint8)
    image[:] = WALL
    skin = geometry.capsule_mask(pose.joints[0, :2], np.array([120.0, 90.0]), 14, SIZE)
    top = geometry.polygon_mask(np.array([[92.0, 82], [148, 82], [142, 165], [98, 165]]), SIZE)
    for side in (0, 1):
        at = frame.arm(side).place(np.linspace(0, 2.4, 25), np.zeros(25))
        for k in range(24):
            part = geometry.capsule_mask(at[k], at[k + 1], 6.5, SIZE)
            if 0.1 * k < sleeves:
                top |= part
            else:
                skin |= part
    legs = geometry.polygon_mask(np.array([[99.0, 160], [141, 160], [138, 285], [102, 285]]), SIZE)
    skin &= ~top
    legs &= ~top
    image[skin], image[legs], image[top] = SKIN, (60, 60, 60), CLOTH
    zero = np.zeros(SIZE, np.float32)
    shares = bare.Bare(zero, skin.astype(np.float32), (~(skin | top | legs)).astype(np.float32))
    clothes: dict[Category, MaskArray] = {"tops": top, "bottoms": legs}
    return Wearer(image, frame, pose.joints[:5, :2], shares, clothes), pose


def drawn_top(sleeve: float, colour: tuple[int, int, int] = (200, 40, 40)) -> tryon.Piece:
    """A top lying flat, its sleeves so long, of the trunk's height."""
    image = np.full((240, 260, 3), 244, np.uint8)
    mask = geometry.polygon_mask(
        np.array([[80.0, 40], [180, 40], [176, 210], [84, 210]]), (240, 260)
    )
    for sign in (-1, 1):
        a = np.array([130 + sign * 42.0, 60])
        ahead = np.array([sign * 0.5, 0.86])
        mask |= geometry.capsule_mask(a, a + ahead * 170 * sleeve, 17, (240, 260))
    image[mask] = colour
    return tryon.Piece(image, mask, "tops", None, "the top")


def put(sleeves_before: float, sleeve: float) -> tuple[Wearer, Wearer, tryon.Fitting]:
    before, pose = wearer_in(sleeves_before)
    after, fitting = tryon.dress(before, pose, drawn_top(sleeve), tryon.Plain(), seed=0, steps=1)
    return before, after, fitting


def forearm_pixel(wearer: Wearer, side: int, along: float = 1.6) -> NDArray[np.uint8]:
    x, y = wearer.frame.arm(side).place(np.array([along]), np.zeros(1))[0].astype(int)
    return np.asarray(wearer.image[y, x])


def test_places_on_a_body_are_found_again() -> None:
    frame = Frame.of(standing_pose(), 0.5)
    for curve, reach in ((frame.trunk, 1.4), (frame.arm(0), 1.9), (frame.leg(1), 1.9)):
        along = np.linspace(0.05, reach, 40)
        across = np.tile([-0.08, 0.08], 20)
        found = curve.locate(curve.place(along, across))
        assert np.allclose(found[0], along, atol=0.02)
        assert np.allclose(found[1], across, atol=0.02)
        whole = (slice(0, SIZE[0]), slice(0, SIZE[1]))
        t, r = curve.field(whole)
        x, y = curve.place(np.array([0.7]), np.array([0.05]))[0]
        assert t[int(y), int(x)] == pytest.approx(0.7, abs=0.05)
        assert r[int(y), int(x)] == pytest.approx(0.05, abs=0.03)


def test_sides_are_those_of_the_picture_also_from_behind() -> None:
    pose = standing_pose()
    turned = pose.joints.copy()
    turned[5::2], turned[6::2] = pose.joints[6::2], pose.joints[5::2]
    turned[5:17:2], turned[6:18:2] = pose.joints[6:18:2].copy(), pose.joints[5:17:2].copy()
    facing, behind = Frame.of(pose, 0.5), Frame.of(Pose(turned), 0.5)
    assert not facing.back
    assert behind.back
    assert facing.joints[0, 0, 0] < facing.joints[0, 1, 0]
    assert np.allclose(facing.joints, behind.joints)


@pytest.mark.parametrize("sleeve", [0.35, 0.8])
def test_a_flat_tops_sleeves_are_parted_from_its_trunk(sleeve: float) -> None:
    piece = drawn_top(sleeve)
    made = cut.flat(piece.mask, "tops")
    assert made is not None
    whole = made.parts[0] | made.parts[1] | made.parts[2]
    assert (whole == piece.mask).mean() > 0.99
    for side, sign in ((1, -1), (2, 1)):
        xs = np.nonzero(made.parts[side])[1]
        assert len(xs) > 300
        assert (sign * (xs - 130) > 25).all()
    mirrored = cut.flat(piece.mask[:, ::-1], "tops")
    assert mirrored is not None
    assert abs(mirrored.parts[2][:, ::-1].sum() - made.parts[1].sum()) < 0.1 * made.parts[1].sum()


def test_a_speck_is_no_garment() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[50:54, 50:54] = True
    assert cut.flat(mask, "tops") is None
    with pytest.raises(PhotoError, match="outline"):
        tryon.cut_of(tryon.Piece(np.zeros((100, 100, 3), np.uint8), mask, "tops"))


def test_the_inside_of_the_back_is_taken_out_of_the_neck() -> None:
    piece = drawn_top(0.4)
    image = piece.image.copy()
    hole = geometry.polygon_mask(
        np.array([[110.0, 38], [150, 38], [142, 56], [118, 56]]), (240, 260)
    )
    image[hole & piece.mask] = (110, 20, 20)
    made = cut.flat(piece.mask, "tops")
    assert made is not None
    found = neckline.inside(image, made)
    assert (found & hole).sum() > 0.7 * (hole & piece.mask).sum()
    assert (found & ~hole).sum() < 0.3 * found.sum()
    assert not neckline.inside(piece.image, made).any()


def test_a_mesh_bends_without_folding_and_maps_back() -> None:
    mask = np.zeros((120, 80), np.bool_)
    mask[10:110, 15:65] = True
    made = mesh.grid([mask], 8, np.zeros_like(mask))
    shear = made.points * 2
    shear[:, 0] += 0.3 * shear[:, 1]
    points = mesh.bent(made, shear, np.full(len(shear), 50.0), np.array([2.0, 2.0]))
    assert np.abs(points - shear).max() < 3
    assert not mesh.folded(made, points).any()
    places, covered = mesh.drawn(made, points, 0, (260, 260))
    x, y = 60.5, 100.5  # a pixel's centre
    assert covered[100, 60]
    assert places[100, 60] == pytest.approx([(x - 0.3 * y) / 2, y / 2], abs=1.5)


@pytest.mark.parametrize(("before", "after"), [(0.6, 0.35), (2.0, 0.35), (0.6, 0.9), (2.0, 0.9)])
def test_sleeves_are_as_long_as_the_new_garments(before: float, after: float) -> None:
    old, new, fitting = put(before, after)
    del old
    for side in (0, 1):
        pixel = forearm_pixel(new, side).astype(int)
        shows_cloth = np.abs(pixel - (200, 40, 40)).sum() < 90
        shows_skin = np.abs(pixel - SKIN).sum() < 150
        assert shows_cloth if after > 0.5 else shows_skin
    assert fitting.dressed.cloth.max() == pytest.approx(1, abs=0.01)


def test_outside_the_region_not_one_pixel_changes() -> None:
    before, after, fitting = put(2.0, 0.35)
    changed = (before.image != after.image).any(axis=2)
    assert changed.any()
    assert not (changed & ~fitting.dressed.region).any()
    face = geometry.capsule_mask(before.head[0], before.head[0] + 1, 8, SIZE)
    assert not (changed & face).any()


def test_a_model_is_believed_inside_the_region_only() -> None:
    class Painter:
        def __call__(
            self, fittings: Sequence[tryon.Fitting], *, seed: int, steps: int
        ) -> list[Image]:
            return [np.full_like(f.before, 7) for f in fittings]

    before, pose = wearer_in(0.6)
    after, fitting = tryon.dress(before, pose, drawn_top(0.4), Painter(), seed=0, steps=1)
    region = fitting.dressed.region
    assert (after.image[region] == 7).all()
    assert (after.image[~region] == before.image[~region]).all()


def test_a_model_that_answers_another_size_is_our_bug() -> None:
    class Wrong:
        def __call__(
            self, fittings: Sequence[tryon.Fitting], *, seed: int, steps: int
        ) -> list[Image]:
            return [f.before[:-1] for f in fittings]

    before, pose = wearer_in(0.6)
    with pytest.raises(ContractError):
        tryon.dress(before, pose, drawn_top(0.4), Wrong(), seed=0, steps=1)


def test_the_colour_of_the_garment_is_its_own() -> None:
    _, after, fitting = put(0.6, 0.4)
    sure = fitting.dressed.cloth > 0.999
    assert np.abs(after.image[sure].astype(int) - (200, 40, 40)).max() <= 2
    assert after.clothes["tops"].sum() > 0.8 * sure.sum()


def test_what_is_worn_over_it_stays_in_front() -> None:
    before, pose = wearer_in(0.6)
    bag = np.zeros(SIZE, np.bool_)
    bag[120:150, 100:120] = True
    clothes = {**before.clothes, "bags": bag}
    after, _ = tryon.dress(
        replace(before, clothes=clothes), pose, drawn_top(0.4), tryon.Plain(), seed=0, steps=1
    )
    assert (after.image[bag] == before.image[bag]).all()


def test_a_top_below_a_closed_coat_is_refused() -> None:
    before, pose = wearer_in(0.6)
    coat = before.clothes["tops"] | before.clothes["bottoms"]
    coat = np.asarray(fill_out(coat), np.bool_)
    with pytest.raises(PhotoError, match="hardly anything would be seen"):
        tryon.dress(
            replace(before, clothes={"outerwear": coat}), pose, drawn_top(0.4), tryon.Plain(),
            seed=0, steps=1,
        )  # fmt: skip


def fill_out(mask: MaskArray) -> MaskArray:
    from scipy.ndimage import binary_dilation

    return np.asarray(binary_dilation(mask, iterations=22), np.bool_)


def a_piece(category: Category, name: str) -> tryon.Piece:
    return replace(drawn_top(0.4), category=category, name=name)


def test_an_outfit_is_put_on_from_the_inside_out() -> None:
    kinds: tuple[Category, ...] = ("outerwear", "tops", "bottoms")
    pieces = [a_piece(c, c) for c in kinds]
    assert [p.category for p in tryon.outfit(pieces)] == ["bottoms", "tops", "outerwear"]


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        (("tops", "tops"), "worn over the other"),
        (("bottoms", "skirts"), "can't both be worn"),
        (("dresses", "tops"), "no place"),
        (("footwear",), "category footwear"),
        (("jewellery",), "category jewellery"),
    ],
)
def test_outfits_nobody_could_wear_are_refused(kinds: tuple[Category, ...], says: str) -> None:
    with pytest.raises(PhotoError, match=says):
        tryon.outfit([a_piece(k, f"item {n}") for n, k in enumerate(kinds)])


def test_a_part_of_the_body_out_of_the_frame_is_refused() -> None:
    joints = standing_pose().joints.copy()
    joints[list(body.HIPS + body.KNEES + body.ANKLES), 2] = 0
    with pytest.raises(PhotoError, match="doesn't show the hips"):
        tryon.check(Pose(joints), "bottoms", 0.5)
    tryon.check(Pose(joints), "tops", 0.5)


def people(*at: tuple[float, float]) -> list[Person]:
    """Somebody at each x, of each height."""
    return [Person((x - 20, 300 - h, x + 20, 300), 0.9, standing_pose()) for x, h in at]


def test_who_is_dressed() -> None:
    settings = Settings()
    with pytest.raises(PhotoError, match="Nobody"):
        mirror.chosen([], None, settings)
    assert mirror.chosen(people((50, 200), (200, 40)), None, settings) == 0
    both = people((200, 200), (50, 180))
    with pytest.raises(PhotoError, match="--who 1"):
        mirror.chosen(both, None, settings)
    assert mirror.chosen(both, 1, settings) == 1
    assert mirror.chosen(both, 2, settings) == 0
    with pytest.raises(ConfigError, match="2 are to be seen"):
        mirror.chosen(both, 3, settings)


def test_a_garment_with_transparency_or_on_a_plain_ground_is_its_own_mask(tmp_path: Path) -> None:
    piece = drawn_top(0.4)
    rgba = np.dstack([piece.image, piece.mask.astype(np.uint8) * 255])
    rgba[~piece.mask, :3] = 0
    file = tmp_path / "top.png"
    file.write_bytes(images.encode_png(rgba))
    clear = mirror.piece(file, "tops")
    assert (clear.mask == piece.mask).all()
    plain = mirror.piece(piece.image, "tops")
    assert (plain.mask == piece.mask).mean() > 0.99


def test_fill_takes_from_what_is_known_only() -> None:
    image = np.zeros((60, 60, 3), np.float32)
    image[:, :30], image[:, 30:] = 100, 200
    known = np.zeros((60, 60), np.bool_)
    known[:, :20] = True
    wanted = ~known
    wanted[:, 40:] = False
    out = fill.spread(image, known, wanted)
    assert np.allclose(out[wanted], 100, atol=1)
    assert (out[:, 40:] == image[:, 40:]).all()
    assert (fill.spread(image, np.zeros_like(known), wanted) == image).all()


def test_a_worn_garment_goes_back_onto_its_wearer() -> None:
    wearer, _ = wearer_in(0.6)
    mask = wearer.clothes["tops"]
    made = cut.worn(mask, "tops", wearer.frame)
    draped = drape.onto(wearer.image, made, wearer.frame, SIZE)
    again = draped.alpha > 0.5
    assert (again & mask).sum() / (again | mask).sum() > 0.75


def test_skin_and_background_are_told_by_the_pictures_colours() -> None:
    wearer, pose = wearer_in(0.6)
    clothes = wearer.clothes["tops"] | wearer.clothes["bottoms"]
    found = bare.find(wearer.image, wearer.frame, pose.joints[:5, :2], clothes)
    x, y = wearer.frame.arm(0).place(np.array([1.5]), np.zeros(1))[0].astype(int)
    assert found.skin[y, x] > 0.5
    assert found.background[20, 20] > 0.5
    assert found.skin[20, 20] < 0.2


def test_a_person_seen_from_behind_is_said_to_get_the_front() -> None:
    wearer, pose = wearer_in(1.0)
    turned = pose.joints.copy()
    turned[[5, 6, 11, 12], 0] = turned[[6, 5, 12, 11], 0]
    piece = tryon.Piece(wearer.image, wearer.clothes["tops"], "tops", None, "tee.png")
    fitting = tryon.dress(
        wearer, pose, replace(piece, frame=wearer.frame), tryon.Plain(), seed=0, steps=1
    )[1]
    assert mirror.remarks([fitting]) == []
    (remark,) = mirror.remarks([replace(fitting, pose=Pose(turned))])
    assert remark.startswith("tee.png: the person is seen from behind")


def test_under_a_coat_no_sleeve_comes_out_beside_it() -> None:
    wearer, pose = wearer_in(1.8)
    shirt = wearer.clothes["tops"]
    coat = geometry.polygon_mask(np.array([[92.0, 82], [148, 82], [148, 165], [92, 165]]), SIZE)
    coat &= (np.abs(np.arange(SIZE[1]) - 120) > 8)[None]  # open in the middle
    middle = shirt & ~coat & (np.abs(np.arange(SIZE[1]) - 120) <= 8)[None]
    layered = replace(wearer, clothes={"outerwear": coat, "tops": middle})
    piece = tryon.Piece(wearer.image, shirt, "tops", wearer.frame)
    alone = tryon.dress(wearer, pose, piece, tryon.Plain(), seed=0, steps=1)[1].dressed
    under = tryon.dress(layered, pose, piece, tryon.Plain(), seed=0, steps=1)[1].dressed
    columns = np.flatnonzero(coat.any(axis=0))
    beside = np.ones(SIZE, np.bool_)
    beside[:, columns[0] : columns[-1] + 1] = False
    assert alone.reach[beside].sum() > 20
    assert under.reach[beside].sum() == 0
    assert under.cloth.sum() > 100, "it shows between the fronts"
