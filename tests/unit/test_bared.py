"""A garment without sleeves in place of one with sleeves: whole arms come to light."""

from __future__ import annotations

import numpy as np
from test_restore import H, W, picture, standing, tee
from test_tryon import SIZE, SKIN, wearer_in

from wardrobe import geometry, mesh, restore
from wardrobe.frame import Frame
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
    mask = tee()
    for side in (0, 1):
        t, r = frame.arm(side).field((slice(0, H), slice(0, W)))
        mask |= (t > 0) & (t < 1.8) & (np.abs(r) < 0.11)
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
