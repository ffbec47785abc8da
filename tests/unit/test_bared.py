"""A garment without sleeves in place of one with sleeves: whole arms come to light."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from test_restore import H, W, picture, standing, tee
from test_tryon import CLOTH, SIZE, SKIN, standing_pose, wearer_in

from wardrobe import bare, bared, drape, dressing, geometry, mesh, mirror, relight, restore
from wardrobe.dressing import Wearer
from wardrobe.frame import Frame
from wardrobe.relight import Light
from wardrobe.stages import tryon
from wardrobe.types import Image, MaskArray, Pose


def strapless(frame: Frame, size: tuple[int, int]) -> MaskArray:
    """From under the arms to the hips, flared below, with shreds of straps on the shoulders."""
    along, across = frame.trunk.field((slice(0, size[0]), slice(0, size[1])))
    mask = (along > 0.2) & (along < 1.05) & (np.abs(across) < 0.32 + 0.12 * along)
    for side in (0, 1):
        t, r = frame.arm(side).field((slice(0, size[0]), slice(0, size[1])))
        mask |= (np.abs(r - 0.03) < 0.02) & (t > -0.2) & (t < 0.3) & (along < 0.3)
    return mask


def long_sleeved(frame: Frame) -> MaskArray:
    mask = tee()
    for side in (0, 1):
        t, r = frame.arm(side).field((slice(0, H), slice(0, W)))
        mask |= (t > 0) & (t < 1.8) & (np.abs(r) < 0.11)
    return mask


def test_straps_and_the_trunk_beside_an_arm_are_no_sleeves() -> None:
    frame = standing()
    mask = strapless(frame, (H, W))
    done = restore.whole(picture(mask), mask, "tops", frame)
    assert not done.cut.parts[1].any()
    assert not done.cut.parts[2].any()
    assert done.cut.parts[0].sum() > 0.9 * mask.sum()


def test_bared_arms_are_skin_from_shoulder_to_hand() -> None:
    before, pose = wearer_in(2.0)
    mask = strapless(before.frame, SIZE)
    image = np.full((*SIZE, 3), 230, np.uint8)
    image[mask] = (200, 40, 40)
    piece = tryon.Piece(image, mask, "tops", before.frame, "the top")
    after, _ = tryon.dress(before, pose, piece, tryon.Plain(), seed=0, steps=1)
    for side in (0, 1):
        at = after.frame.arm(side).place(np.linspace(0.02, 2.1, 30), np.zeros(30)).astype(int)
        off = np.abs(after.image[at[:, 1], at[:, 0]].astype(int) - SKIN).sum(axis=1)
        assert (off < 150).all(), f"side {side}: {off}"


def test_an_arm_that_is_seen_bare_says_that_there_is_no_sleeve() -> None:
    frame = standing()
    shirt = tee()
    shirt[74:120, 202:228] = False  # no sleeve to the right, and an arm hanging there
    joints = frame.joints.copy()
    joints[1, 0], joints[2, 0] = (126, 145), (126, 200)  # the left arm, before the trunk
    frame = Frame(joints, 120.0)
    shirt[74:120, 92:118] = False
    t, r = frame.arm(1).field((slice(0, H), slice(0, W)))
    skin = (t > 0) & (t < 2.2) & (np.abs(r) < 0.1) & ~shirt
    told = restore.whole(picture(shirt), shirt, "tops", frame, skin=skin)
    untold = restore.whole(picture(shirt), shirt, "tops", frame)
    assert untold.cut.parts[2].any(), "hidden, as far as anybody knows"
    assert not told.cut.parts[2].any()


def test_a_sleeve_in_which_a_hand_hides_a_piece_has_no_hole() -> None:
    frame = standing()
    mask = long_sleeved(frame)
    hand = geometry.capsule_mask(frame.joints[1, 0], frame.joints[1, 0] + 1, 9, (H, W))
    image = picture(mask)
    image[hand] = (205, 160, 140)
    done = restore.whole(image, mask & ~hand, "tops", frame, skin=hand)
    whole = done.cut.parts[0] | done.cut.parts[1] | done.cut.parts[2]
    assert (done.made & whole).sum() > 0.9 * (hand & mask).sum()


def test_cloth_that_folds_over_shows_no_wall_through_it() -> None:
    mask = np.ones((80, 40), np.bool_)
    made = mesh.grid([mask], 8, np.zeros_like(mask))
    turned = np.column_stack([40 - made.points[:, 0], made.points[:, 1]])
    _, covered = mesh.drawn(made, turned, 0, (80, 40))
    assert mesh.folded(made, turned).all()
    assert covered[1:-1, 1:-1].all()


def test_a_folded_sleeve_is_laid_out_like_the_straight_one() -> None:
    frame = standing()
    joints = frame.joints.copy()
    joints[2, 0] = joints[1, 0] + (-12, -50)  # the forearm raised, its hand before the shoulder
    folded = Frame(joints, frame.torso)
    shirt = long_sleeved(folded)
    image = picture(shirt)
    t, _ = folded.arm(1).field((slice(0, H), slice(0, W)))
    image[shirt & (np.arange(W) > 205) & (t > 0.9) & (t < 1.2)] = (
        20,
        40,
        160,
    )  # a band at the elbow
    done = restore.whole(image, shirt, "tops", folded)
    left, right = (int(done.cut.parts[k].sum()) for k in (1, 2))
    assert 0.8 < left / right < 1.25
    elbow = done.cut.frame.arm(0).place(np.array([1.05]), np.zeros(1))[0].astype(int)
    upper = done.cut.frame.arm(0).place(np.array([0.6]), np.zeros(1))[0].astype(int)
    assert done.image[elbow[1], elbow[0], 2] > done.image[elbow[1], elbow[0], 0], "its band as well"
    assert done.image[upper[1], upper[0], 0] > done.image[upper[1], upper[0], 2]


def test_a_strap_on_the_shoulder_hides_cloth_but_a_neck_stays_open() -> None:
    frame = standing()
    shirt = tee()
    shirt[62:76, 118:202] = True  # shoulders above their joints
    shirt[62:88, 145:175] = False
    strap = np.zeros_like(shirt)
    for k in range(60):
        strap[62 + k, 122 + k // 2 : 134 + k // 2] = True
    hidden = strap & shirt
    done = restore.whole(picture(shirt), shirt & ~strap, "tops", frame, strap)
    whole = done.cut.parts[0] | done.cut.parts[1] | done.cut.parts[2]
    above = np.zeros_like(hidden)
    above[:80] = hidden[:80]
    ys, xs = np.nonzero(above) + (done.cut.frame.joints[0, 0] - frame.joints[0, 0])[::-1, None]
    assert len(ys) > 80
    assert whole[ys.astype(int), xs.astype(int)].mean() > 0.75
    shift = done.cut.frame.joints[0, 0] - frame.joints[0, 0]
    x, y = (np.array([160, 70]) + shift).astype(int)
    assert not whole[y, x], "the neck"


def test_what_comes_apart_where_cloth_was_is_closed() -> None:
    image = np.full((*SIZE, 3), 200, np.float32)
    trunk, sleeve = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    trunk[60:160, 60:118] = 1
    sleeve[60:160, 124:150] = 1
    none = np.zeros(SIZE, np.float32)
    layers = tuple(drape.Layer(image, a) for a in (trunk, none, sleeve))
    torn = drape.Draped((layers[0], layers[1], layers[2]), (1.0, 1.0), 1.0)
    cloth, scene = np.ones(SIZE, np.bool_), np.zeros(SIZE, np.bool_)
    mended = drape.closed(torn, cloth, 70.0)
    assert (mended.alpha[70:150, 60:150] == 1).all()
    assert (mended.image[100, 121] == 200).all()
    assert mended.alpha[100, 155] == 0, "no wider than it was"
    assert (drape.closed(torn, scene, 70.0).alpha == torn.alpha).all(), "a gap that showed the wall"


def test_a_very_dark_face_is_believed_less() -> None:
    dark = relight.ratio(Light(np.log(np.full(3, 0.01))), Light(np.log(np.full(3, 0.02))), own=True)
    fair = relight.ratio(Light(np.log(np.full(3, 0.3))), Light(np.log(np.full(3, 0.6))), own=True)
    assert 1 < dark[0] < 0.8 * fair[0] < 2


def put(wearer: Wearer, pose: Pose, piece: tryon.Piece) -> Image:
    return tryon.dress(wearer, pose, piece, tryon.Plain(), seed=0, steps=1)[0].image


def test_trousers_reach_up_to_the_shirt_that_met_the_old_ones() -> None:
    wearer, pose = wearer_in(1.0)
    top = wearer.clothes["tops"].copy()
    top[142:] = False  # ends above the waist; the old trousers reach up to it
    legs = wearer.clothes["bottoms"].copy()
    legs[142:170, 97:144] = True
    image = wearer.image.copy()
    image[legs] = (60, 60, 60)
    wearer = replace(wearer, image=image, clothes={"tops": top, "bottoms": legs})
    mask = geometry.polygon_mask(
        np.array([[85.0, 40], [175, 40], [180, 120], [135, 120], [130, 90], [125, 120], [80, 120]]),
        (160, 260),
    )
    picture_ = np.full((160, 260, 3), 244, np.uint8)
    picture_[mask] = (40, 120, 40)
    after = put(wearer, pose, tryon.Piece(picture_, mask, "bottoms", None, "the shorts"))
    column = after[143:180, 120].astype(int)
    assert (np.abs(column - (40, 120, 40)).sum(axis=1) < 90).all()


def test_beside_a_skirt_no_leg_is_drawn_above_its_hem() -> None:
    wearer, pose = wearer_in(1.0)
    joints = wearer.frame.joints.copy()
    joints[4:, :, 0] += np.array([-30, 30])  # feet apart
    wearer = replace(wearer, frame=replace(wearer.frame, joints=joints))
    legs = wearer.clothes["bottoms"].copy()
    for side in (0, 1):
        at = wearer.frame.leg(side).place(np.linspace(0, 2, 12), np.zeros(12))
        for p, q in pairwise(at):
            legs |= geometry.capsule_mask(p, q, 12, SIZE)
    image = wearer.image.copy()
    image[legs] = (60, 60, 60)
    wearer = replace(wearer, image=image, clothes={**wearer.clothes, "bottoms": legs})
    mask = np.zeros((320, 240), np.bool_)
    mask[150:270, 112:128] = True  # a skirt as narrow as a stick
    skirt = np.full((320, 240, 3), 244, np.uint8)
    skirt[mask] = (40, 120, 40)
    fitting = tryon.dress(
        wearer, pose, tryon.Piece(skirt, mask, "skirts", Frame.of(pose, 0.5), "the skirt"),
        tryon.Plain(), seed=0, steps=1,
    )[1]  # fmt: skip
    along, _ = wearer.frame.trunk.field((slice(0, SIZE[0]), slice(0, SIZE[1])))
    skin = fitting.dressed.skin > 0.5
    assert not skin[(along > 1.25) & (along < 1.9)].any()


def test_under_a_coat_that_goes_are_trousers_not_legs() -> None:
    wearer, pose = wearer_in(1.0)
    coat = geometry.polygon_mask(np.array([[88.0, 82], [152, 82], [160, 260], [80, 260]]), SIZE)
    coat[:, 112:128] = False  # open
    image = wearer.image.copy()
    image[coat] = (150, 120, 40)
    clothes = {c: m & ~coat for c, m in wearer.clothes.items()}
    clothes["outerwear"] = coat
    wearer = replace(wearer, image=image, clothes=clothes)
    short = coat.copy()
    short[170:] = False
    jacket = np.full((*SIZE, 3), 244, np.uint8)
    jacket[short] = (200, 40, 40)
    after = put(wearer, pose, tryon.Piece(jacket, short, "outerwear", wearer.frame, "the jacket"))
    thigh = wearer.frame.leg(0).place(np.array([0.9]), np.zeros(1))[0].astype(int)
    assert np.abs(after[thigh[1], thigh[0]].astype(int) - (60, 60, 60)).sum() < 60


def test_dark_glasses_make_no_dark_arms() -> None:
    image = np.full((*SIZE, 3), 120, np.float32)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    face = (x - 120) ** 2 + (y - 60) ** 2 < 8**2
    image[face] = SKIN
    image[face & (y < 61)] = np.array(SKIN) * 0.45
    tone = bared.tone(
        image, face, np.array([120.0, 60.0]), 80.0, face.astype(np.float32),
        np.zeros(SIZE, np.float32),
    )  # fmt: skip
    assert np.abs(tone[200, 120] - SKIN).max() < 30


def test_a_bare_thigh_beside_a_hand_is_no_hand() -> None:
    wearer, _ = wearer_in(1.0)
    legs = wearer.clothes["bottoms"]
    skin = np.where(legs, 1, wearer.bare.skin).astype(np.float32)
    bare_legs = replace(wearer, bare=replace(wearer.bare, skin=skin))
    near = (slice(0, SIZE[0]), slice(0, SIZE[1]))
    beyond = np.full(SIZE, 2.5, np.float32)
    thigh = wearer.frame.leg(0).place(np.array([0.4]), np.zeros(1))[0].astype(int)
    assert dressing._thigh(bare_legs, near, beyond)[thigh[1], thigh[0]]
    assert not dressing._thigh(bare_legs, near, beyond - 0.5).any(), "the hand itself"
    assert not dressing._thigh(wearer, near, beyond).any(), "before trousers it is one"


def test_it_is_said_how_much_of_a_garment_was_made_up() -> None:
    before, pose = wearer_in(1.0)
    mask = before.clothes["tops"].copy()
    mask[:, 118:] = False
    piece = tryon.Piece(before.image, mask, "tops", before.frame, "half a tee")
    fitting = tryon.dress(before, pose, piece, tryon.Plain(), seed=0, steps=1)[1]
    (remark,) = mirror.remarks([fitting])
    assert remark.startswith("half a tee: its picture shows only")
    whole = replace(piece, mask=before.clothes["tops"])
    assert (
        mirror.remarks([tryon.dress(before, pose, whole, tryon.Plain(), seed=0, steps=1)[1]]) == []
    )


def test_a_wall_where_an_arm_was_guessed_is_no_skin() -> None:
    wearer, pose = wearer_in(0.6)
    joints = pose.joints.copy()
    joints[[7, 9], 0] += (30, 60)  # an elbow and a wrist beside the true ones, on the wall
    frame = Frame.of(Pose(joints), 0.5)
    clothes = wearer.clothes["tops"] | wearer.clothes["bottoms"]
    found = bare.find(wearer.image, frame, joints[:5, :2], clothes)
    wrong = frame.arm(1).place(np.linspace(1.2, 2.2, 12), np.zeros(12)).astype(int)
    right = wearer.frame.arm(0).place(np.linspace(1.2, 1.9, 12), np.zeros(12)).astype(int)
    assert found.skin[wrong[:, 1], wrong[:, 0]].max() < 0.3
    assert found.skin[right[:, 1], right[:, 0]].min() > 0.5


def test_above_a_low_waist_hangs_the_shirt() -> None:
    wearer, pose = wearer_in(1.0)
    mask = np.zeros(SIZE, np.bool_)
    mask[190:285, 99:141] = True  # begins far below the waist, and isn't drawn up so far
    mask[230:285, 117:123] = False
    image = np.full((*SIZE, 3), 244, np.uint8)
    image[mask] = (40, 120, 40)
    top = wearer.clothes["tops"].copy()
    top[150:] = False
    legs = wearer.clothes["bottoms"] | (wearer.clothes["tops"] & ~top & (np.arange(SIZE[1]) > 98))
    legs[:, 142:] = False
    photo = wearer.image.copy()
    photo[legs] = (60, 60, 60)
    wearer = replace(wearer, image=photo, clothes={"tops": top, "bottoms": legs})
    fitting = tryon.dress(
        wearer, pose, tryon.Piece(image, mask, "bottoms", wearer.frame, "the jeans"),
        tryon.Plain(), seed=0, steps=1,
    )[1]  # fmt: skip
    bare_of_cloth = (fitting.dressed.cloth[:, 120] < 0.02) & fitting.dressed.region[:, 120]
    rows = np.flatnonzero(bare_of_cloth)
    rows = rows[(rows > 150) & (rows < 185)]
    assert len(rows) > 4
    assert (np.abs(fitting.dressed.image[rows, 120].astype(int) - CLOTH).sum(axis=1) < 60).all()


def test_beside_an_arm_that_is_bare_already_no_second_one_is_drawn() -> None:
    wearer, _ = wearer_in(0.5)
    joints = wearer.frame.joints.copy()
    joints[1:3, :, 0] += np.array([7, -7])  # told a little inside the true arms
    frame = Frame(joints, wearer.frame.torso)
    found = bared.shown(frame, wearer.bare.skin)
    at = frame.arm(0).place(np.array([0.2, 1.2, 1.7]), np.zeros(3)).astype(int)
    assert found[at[:, 1], at[:, 0]].tolist() == [False, True, True]
    goes = np.ones(SIZE, np.bool_)
    before = replace(wearer, frame=frame, clothes={"tops": wearer.clothes["tops"]})
    wide = wearer.clothes["tops"] | geometry.capsule_mask(joints[1, 0], joints[2, 0], 3, SIZE)
    wide &= ~(wearer.bare.skin > 0.5)
    before = replace(before, clothes={"tops": wide & goes})
    mask = strapless(frame, SIZE)
    image = np.full((*SIZE, 3), 230, np.uint8)
    piece = tryon.Piece(image, mask, "tops", frame, "the top")
    pose = standing_pose()
    skin = tryon.dress(before, pose, piece, tryon.Plain(), seed=0, steps=1)[1].dressed.skin
    assert skin[at[2, 1], at[2, 0]] == 0
    assert skin[at[0, 1], at[0, 0]] > 0.5


def flared(frame: Frame) -> MaskArray:
    """A dress with short sleeves whose skirt is wide enough for the hands to hang before it."""
    along, across = frame.trunk.everywhere((H, W))
    mask = (along > 0) & (along < 2.2) & (np.abs(across) < 0.33 + 0.3 * np.clip(along - 0.7, 0, 2))
    for side in (0, 1):
        t, r = frame.arm(side).everywhere((H, W))
        mask |= (t > -0.1) & (t < 0.6) & (np.abs(r) < 0.12)
    return np.asarray(mask, np.bool_)


def test_a_skirt_behind_the_hands_is_no_sleeve() -> None:
    frame = standing()
    mask = flared(frame)
    arms = np.zeros_like(mask)
    for side in (0, 1):
        t, r = frame.arm(side).everywhere((H, W))
        arms |= (t > 0.6) & (t < 1.1) & (np.abs(r) < 0.08)
    done = restore.whole(picture(mask), mask & ~arms, "dresses", frame, arms, arms)
    for side in (0, 1):
        ys, xs = np.nonzero(done.cut.parts[1 + side])
        t, _ = done.cut.frame.arm(side).locate(np.column_stack([xs, ys]) + 0.5)
        assert len(t) > 200
        assert np.percentile(t, 99) < 1.0
    along, across = done.cut.frame.trunk.everywhere(done.cut.parts[0].shape)
    hem = done.cut.parts[0] & (along > 1.5) & (along < 1.7)
    assert np.abs(across[hem]).max() > 0.5  # the skirt's sides are the trunk's
