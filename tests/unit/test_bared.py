"""A garment without sleeves in place of one with sleeves: whole arms come to light."""

from __future__ import annotations

import numpy as np
from test_restore import H, W, picture, standing, tee
from test_tryon import SIZE, SKIN, wearer_in

from wardrobe import drape, geometry, mesh, relight, restore
from wardrobe.frame import Frame
from wardrobe.relight import Light
from wardrobe.stages import tryon
from wardrobe.types import MaskArray


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
    assert (done.made & whole).sum() > 0.85 * hidden.sum()
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
    assert 1 < dark[0] < fair[0] < 2
