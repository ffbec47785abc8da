"""Hidden cloth comes back before a garment is put on, and takes the light of where it goes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from wardrobe import color, cut, dressing, neckline, relight, restore
from wardrobe.bare import Bare
from wardrobe.dressing import Wearer
from wardrobe.frame import Frame
from wardrobe.relight import UNKNOWN, Light
from wardrobe.types import Image, MaskArray

H, W, TORSO = 420, 320, 120.0
RED = (180, 40, 40)


def standing() -> Frame:
    """Facing us, arms a little away from the trunk."""
    x = np.array([-1.0, 1.0])
    rows = ((43, 80), (62, 145), (70, 205), (24, 200), (24, 300), (24, 400))
    joints = np.array([[[160 + s * dx, y] for s in x] for dx, y in rows], np.float64)
    return Frame(joints, TORSO)


def tee() -> MaskArray:
    mask = np.zeros((H, W), np.bool_)
    mask[76:214, 118:202] = True
    mask[74:120, 92:228] = True
    mask[70:86, 145:175] = False  # the neck
    return mask


def picture(mask: MaskArray) -> Image:
    image = np.full((H, W, 3), 230, np.uint8)
    image[mask] = RED
    return image


def test_a_box_before_a_shirt_leaves_no_hole_in_it() -> None:
    shirt = tee()
    box = np.zeros_like(shirt)
    box[140:190, 135:185] = True
    image = picture(shirt)
    image[box] = (20, 90, 20)
    done = restore.whole(image, shirt & ~box, "tops", standing())
    made = done.made & (done.cut.parts[0] | done.cut.parts[1] | done.cut.parts[2])
    assert made.sum() > 0.9 * box.sum()
    assert np.abs(done.image[made].astype(int).mean(axis=0) - RED).max() < 12, "cloth of the box"


def test_a_hem_that_the_frame_cuts_off_is_drawn_as_far_as_hems_hang() -> None:
    shirt = tee()[:170]
    done = restore.whole(picture(tee())[:170], shirt, "tops", standing())
    along, _ = done.cut.frame.trunk.locate(
        np.column_stack(np.nonzero(done.cut.parts[0])[::-1]) + 0.5
    )
    assert np.percentile(along, 98) == pytest.approx(restore.HEM, abs=0.08)


def test_a_hem_over_trousers_is_where_the_garment_ends() -> None:
    shirt = tee()
    shirt[190:] = False  # cropped, the trousers right below it
    trousers = np.zeros_like(shirt)
    trousers[190:400, 120:200] = True
    done = restore.whole(picture(shirt), shirt, "tops", standing(), trousers)
    along, _ = done.cut.frame.trunk.locate(
        np.column_stack(np.nonzero(done.cut.parts[0])[::-1]) + 0.5
    )
    assert np.percentile(along, 98) < 0.98


def test_a_sleeve_out_of_the_frame_is_as_long_as_the_other() -> None:
    shirt, frame = tee(), standing()
    for side in (0, 1):
        curve = frame.arm(side)
        t, r = curve.field((slice(0, H), slice(0, W)))
        shirt |= (t > 0) & (t < 1.8) & (np.abs(r) < 0.09)
    seen = shirt.copy()
    seen[:, 205:] = False
    done = restore.whole(picture(shirt), seen, "tops", frame)
    left, right = (int(done.cut.parts[k].sum()) for k in (1, 2))
    assert 0.6 < right / left < 1.5


def test_what_nothing_hides_stays_as_it_was() -> None:
    image = picture(tee())
    done = restore.whole(image, tee(), "tops", standing(), ~tee())
    kept = ~done.made & (done.cut.parts[0] | done.cut.parts[1] | done.cut.parts[2])
    assert (done.image[kept] == RED).all()


def test_a_garment_takes_the_light_of_the_other_picture() -> None:
    dim, bright = Light(np.log(np.full(3, 0.1))), Light(np.log(np.full(3, 0.3)))
    by = relight.ratio(dim, bright, own=True)
    assert (by > 2).all()
    assert (by < 3).all()
    cloth = np.full((2, 2, 3), 90, np.uint8)
    assert relight.lit(cloth, by).mean() > 125
    assert np.allclose(relight.ratio(bright, dim, own=True) * by, 1)


def test_somebody_elses_skin_says_nothing_of_brightness() -> None:
    dark, fair = Light(np.log(np.full(3, 0.05))), Light(np.log(np.full(3, 0.4)))
    assert np.allclose(relight.ratio(dark, fair, own=False), 1)
    warm = Light(np.log(np.array([0.5, 0.3, 0.15])))
    by = relight.ratio(fair, warm, own=False)
    assert by[0] > 1 > by[2]


def test_without_a_face_the_light_is_left_alone() -> None:
    assert (relight.ratio(UNKNOWN, Light(np.zeros(3)), own=True) == 1).all()


def test_levels_of_linear_light_come_back() -> None:
    levels = np.arange(0, 220, 5, dtype=np.uint8)
    assert np.abs(relight.developed(color.linear(levels)) - levels).max() < 0.5


def jacket(lining: tuple[int, int, int]) -> tuple[Image, MaskArray]:
    """Lying flat; its middle of another colour from the collar to just above the hem."""
    mask = np.zeros((400, 400), np.bool_)
    mask[60:360, 120:280] = True
    mask[60:320, 60:110] = mask[60:130, 60:340] = mask[60:320, 290:340] = True
    image = np.full((400, 400, 3), 255, np.uint8)
    image[mask] = (110, 130, 90)
    image[62:340, 175:225] = lining
    return image, mask


def test_the_lining_of_an_open_jacket_is_no_part_of_it() -> None:
    image, mask = jacket((50, 60, 40))
    made = cut.flat(mask, "outerwear")
    assert made is not None
    lining = neckline.lining(image, made)
    assert lining[100:330, 180:220].mean() > 0.95
    assert lining[:, 120:165].sum() + lining[:, 235:280].sum() == 0


def test_a_closed_jacket_and_a_shirt_have_no_lining() -> None:
    image, mask = jacket((112, 131, 92))
    closed, shirt = cut.flat(mask, "outerwear"), cut.flat(mask, "tops")
    assert closed is not None
    assert shirt is not None
    assert not neckline.lining(image, closed).any()
    assert not neckline.lining(jacket((50, 60, 40))[0], shirt).any()


def test_cloth_that_its_mask_missed_at_its_edge_goes_as_well() -> None:
    true = tee()
    image = picture(true)
    image[200:, 118:202] = (60, 60, 70)  # trousers, of another colour
    zero = np.zeros((H, W), np.float32)
    found = binary_erosion(true, iterations=6)
    found[200:] = False
    wearer = Wearer(
        image, standing(), np.full((5, 2), 40.0), Bare(zero, zero, zero), {"tops": found}
    )
    goes = dressing._to_its_edge(wearer, found, np.zeros((H, W), np.bool_))
    shirt = true.copy()
    shirt[200:] = False
    assert (goes & shirt).sum() > 0.99 * shirt.sum()
    assert not (goes & ~shirt).any(), "neither wall nor trousers"
