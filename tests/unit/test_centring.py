"""Limbs where they are seen: joints in their middle, new cloth round them, and nothing of them beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_tryon import CLOTH, SIZE, SKIN, TORSO, drawn_top, standing_pose, wearer_in

from wardrobe import bare, centring, cut, drape, dressing, geometry
from wardrobe.dressing import Wearer
from wardrobe.frame import Frame
from wardrobe.stages import tryon
from wardrobe.types import MaskArray, Pose


def legs(frame: Frame, half: float = 0.13) -> MaskArray:
    """Both legs of a person, so wide to either side of their bones (torsos), with air between."""
    out = np.zeros(SIZE, np.bool_)
    for side in (0, 1):
        t, r = frame.leg(side).everywhere(SIZE)
        out |= (np.abs(r) < half) & (t > 0.1) & (t < 2.1)
    return out


def aside(pose: Pose, torsos: float) -> Pose:
    """Knees and ankles told so much nearer to each other than they are."""
    joints = pose.joints.copy()
    for left, right in ((13, 14), (15, 16)):
        sign = np.sign(joints[left, 0] - joints[right, 0])
        joints[left, 0] -= sign * torsos * TORSO
        joints[right, 0] += sign * torsos * TORSO
    return Pose(joints)


def test_knees_and_ankles_move_to_the_middle_of_the_leg_that_is_seen() -> None:
    true = Frame.of(standing_pose(), 0.5)
    told = Frame.of(aside(standing_pose(), 0.1), 0.5)
    found = centring.centred(told, legs(true))
    off = np.abs(found.joints[4:] - true.joints[4:])[..., 0] / TORSO
    assert (np.abs(told.joints[4:] - true.joints[4:])[..., 0] / TORSO > 0.09).all()
    assert (off < 0.025).all()
    assert np.array_equal(found.joints[:4], told.joints[:4])


@pytest.mark.parametrize("half", [0.23, 0.03])
def test_where_legs_are_one_in_a_skirt_or_a_strap_is_seen_nothing_moves(half: float) -> None:
    told = Frame.of(aside(standing_pose(), 0.1), 0.5)
    found = centring.centred(told, legs(Frame.of(standing_pose(), 0.5), half))
    assert np.array_equal(found.joints, told.joints)


def bare_legged() -> tuple[Wearer, Pose]:
    """In shorts, with stout legs."""
    before, pose = wearer_in(0.5)
    skin = legs(before.frame, 0.15) & ~before.clothes["tops"]
    image = before.image.copy()
    image[before.clothes["bottoms"] & ~before.clothes["tops"]] = (120, 150, 120)
    shorts = before.clothes["bottoms"] & (np.arange(SIZE[0]) < 185)[:, None]
    skin &= ~shorts
    image[skin], image[shorts] = SKIN, (60, 60, 60)
    shares = bare.Bare(
        before.bare.hair,
        np.maximum(before.bare.skin, skin).astype(np.float32),
        np.where(skin | shorts, 0, np.maximum(before.bare.background, before.clothes["bottoms"])),
    )
    clothes = {"tops": before.clothes["tops"], "bottoms": shorts}
    return replace(before, image=image, bare=shares, clothes=clothes), pose


def trousers() -> tryon.Piece:
    """Slim ones, lying."""
    mask = geometry.polygon_mask(np.array([[80.0, 20], [140, 20], [144, 70], [76, 70]]), (240, 220))
    for x in (88, 132):
        mask |= geometry.capsule_mask(np.array([x, 60.0]), np.array([x, 215.0]), 9, (240, 220))
    image = np.full((240, 220, 3), 244, np.uint8)
    image[mask] = (30, 40, 120)
    return tryon.Piece(image, mask, "bottoms", None, "the trousers")


def test_trousers_over_bare_legs_leave_no_leg_beside_them() -> None:
    before, pose = bare_legged()
    after, fitting = tryon.dress(before, pose, trousers(), tryon.Plain(), seed=0, steps=1)
    leg = np.zeros(SIZE, np.bool_)
    for side in (0, 1):
        t, r = before.frame.leg(side).everywhere(SIZE)
        leg |= (np.abs(r) < 0.15) & (t > 0.5) & (t < 1.7)
    is_skin = np.abs(after.image.astype(int) - SKIN).sum(axis=2) < 60
    assert (leg & (np.abs(before.image.astype(int) - SKIN).sum(axis=2) < 60)).sum() > 500
    assert (leg & is_skin).sum() < 10
    assert fitting.dressed.cloth[leg].mean() > 0.74  # made wider, not the leg thinner


def open_jacket() -> cut.Cut:
    """Its fronts stand open; the lining between them is cut out, as ``tryon.cut_of`` does."""
    size = (240, 260)
    mask = geometry.polygon_mask(np.array([[80.0, 40], [180, 40], [176, 200], [84, 200]]), size)
    for sign in (-1, 1):
        a = np.array([130 + sign * 42.0, 60])
        mask |= geometry.capsule_mask(a, a + np.array([sign * 55.0, 95]), 17, size)
    made = cut.flat(mask, "outerwear")
    assert made is not None
    gap = geometry.polygon_mask(np.array([[119.0, 30], [141, 30], [141, 210], [119, 210]]), size)
    return replace(made, parts=(made.parts[0] & ~gap, made.parts[1], made.parts[2]))


def test_an_open_jackets_fronts_hang_down_at_its_sides() -> None:
    before, _ = wearer_in(2.0)
    image = np.full((240, 260, 3), 90, np.uint8)
    put = drape.onto(image, open_jacket(), before.frame, SIZE, dressing.silhouette(before))
    along, across = before.frame.trunk.everywhere(SIZE)
    trunk = put.layers[0].alpha > 0.5
    assert trunk.sum() > 1000
    assert np.abs(across[trunk & (along > 0.3)]).max() < 0.5
    assert not trunk[(np.abs(across) < 0.04) & (along > 0.1) & (along < 0.5)].any()


def test_a_shirt_under_a_jacket_of_its_colour_stays_when_the_jacket_goes() -> None:
    before, _ = wearer_in(2.0)
    top = before.clothes["tops"]
    _, across = before.frame.trunk.everywhere(SIZE)
    shirt = top & (np.abs(across) < 0.12)
    both = replace(before, clothes={**before.clothes, "tops": shirt, "outerwear": top & ~shirt})
    goes, over, _ = tryon.taken_off(both, "outerwear")
    assert not (dressing._to_its_edge(both, goes, over) & geometry.worn_down(shirt, 1)).any()


def test_scraps_of_a_dress_seen_through_gaps_of_a_coat_are_left_out() -> None:
    before, _ = wearer_in(2.0)
    alpha = np.zeros(SIZE, np.float32)
    alpha[100:220, 100:140] = 1
    alpha[96:104, 60:66] = 1  # beside the collar
    blank = np.zeros((*SIZE, 3), np.float32)
    empty = drape.Layer(blank, np.zeros(SIZE, np.float32))
    put = drape.Draped((drape.Layer(blank, alpha), empty, empty), (0.0, 0.0), 1.5)
    found = dressing._glimpses(put, np.zeros(SIZE, np.float32), before.frame.torso)
    assert found[100, 62]
    assert not found[150, 120]


def test_legs_under_a_long_coat_are_as_they_are_seen_below_it() -> None:
    before, pose = wearer_in(2.0)
    tights = (90, 40, 60)
    leg = legs(before.frame, 0.13)
    coat = before.clothes["tops"] | geometry.polygon_mask(
        np.array([[96.0, 150], [144, 150], [150, 225], [90, 225]]), SIZE
    )
    image = before.image.copy()
    image[before.clothes["bottoms"]] = (120, 150, 120)
    image[leg], image[coat] = tights, CLOTH
    shares = bare.Bare(
        before.bare.hair,
        before.bare.skin,
        np.where(leg | coat | (before.bare.skin > 0.5), 0, 1).astype(np.float32),
    )
    wearer = replace(before, image=image, bare=shares, clothes={"outerwear": coat})
    short = replace(drawn_top(0.8), category="outerwear")
    after, _ = tryon.dress(wearer, pose, short, tryon.Plain(), seed=0, steps=1)
    for side in (0, 1):
        x, y = before.frame.leg(side).place(np.array([0.75]), np.zeros(1))[0].astype(int)
        assert coat[y, x]
        assert np.abs(after.image[y, x].astype(int) - tights).sum() < 90
        assert np.abs(after.image[y, x].astype(int) - SKIN).sum() > 150


def test_no_shirt_sticks_out_beside_the_coat_over_it() -> None:
    before, pose = wearer_in(0.6)
    puffed = before.clothes["tops"].copy()  # stands off the shoulders, wider than any coat
    for side in (0, 1):
        t, r = before.frame.arm(side).everywhere(SIZE)
        puffed |= (np.abs(r) < 0.17) & (t > -0.1) & (t < 0.6)
    image = before.image.copy()
    image[puffed] = CLOTH
    wearer = replace(before, image=image, clothes={**before.clothes, "tops": puffed})
    coat = replace(drawn_top(0.8), category="outerwear")
    after, fitting = tryon.dress(wearer, pose, coat, tryon.Plain(), seed=0, steps=1)
    blue = np.abs(after.image.astype(int) - CLOTH).sum(axis=2) < 40
    outside = ~geometry.between(fitting.dressed.cloth > 0.5)
    outside[: int(before.frame.joints[0, :, 1].mean())] = False
    assert (puffed & outside).sum() > 100
    assert (blue & outside).sum() < 0.1 * (puffed & outside).sum()


def test_under_an_open_coat_nobody_is_bare_where_no_shirt_was_seen() -> None:
    before, _ = wearer_in(2.0)
    clothes = {"outerwear": before.clothes["tops"], "bottoms": before.clothes["bottoms"]}
    wearer = replace(before, clothes=clothes)
    goes, over, under = tryon.taken_off(wearer, "outerwear")
    image = np.full((240, 260, 3), 200, np.uint8)
    put = dressing.put_on(wearer, image, open_jacket(), goes=goes, over=over, under=under)
    along, across = before.frame.trunk.everywhere(SIZE)
    chest = (along > 0.2) & (along < 0.6) & (np.abs(across) < 0.06) & (put.cloth < 0.05)
    assert chest.sum() > 50
    assert (np.abs(put.image[chest].astype(int) - SKIN).sum(axis=1) > 120).all()
