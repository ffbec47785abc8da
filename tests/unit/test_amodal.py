"""How far garments reach where the photo doesn't show it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from fakes import LEGS, TOP, H, Models, W, draw

from wardrobe import geometry
from wardrobe.labels import Category
from wardrobe.stages.amodal import Complete, Dress, Extent, Template, around, enlarged, scored
from wardrobe.types import JOINTS, Box, Garment, Mask, MaskArray, Pose

MIN_JOINT = 0.5
KNEES_DOWN = JOINTS[13:]


def standing(*, unseen: Iterable[str] = ()) -> Pose:
    """The drawn person's joints, some unseen."""
    (found,) = Models().create("pose", "", "")([draw((200, 40, 40))])[0]
    joints = found.pose.joints.copy()
    joints[[n in set(unseen) for n in JOINTS], 2] = 0.1
    return Pose(joints)


def garment(mask: MaskArray, category: Category = "tops") -> Garment:
    box = geometry.box_of(mask)
    assert box is not None
    size = (mask.shape[0], mask.shape[1])
    return Garment("p", geometry.to_frac(box, size), category, 0.9, Mask.of(mask), 1.0)


def filled(box: Box, frame: tuple[int, int] = (H, W)) -> MaskArray:
    mask = np.zeros(frame, np.bool_)
    x0, y0, x1, y1 = map(int, geometry.intersect(box, (0, 0, frame[1], frame[0])))
    mask[y0:y1, x0:x1] = True
    return mask


def extents(*garments: Garment, pose: Pose | None = None) -> list[Extent]:
    (found,) = Template(MIN_JOINT)([Dress(garments, pose or standing())])
    for g, e in zip(garments, found, strict=True):
        assert e.inside.size == g.mask.size
        assert not (g.mask.array() & ~e.inside.array()).any()
        assert 0 < e.visibility <= 1
    return found


SHIRT, TROUSERS = garment(filled(TOP)), garment(filled(LEGS), "bottoms")


def test_a_framed_and_uncovered_garment_is_all_visible() -> None:
    assert extents(SHIRT)[0].visibility == pytest.approx(1, abs=0.02)
    assert extents(TROUSERS)[0].visibility == pytest.approx(1, abs=0.02)
    assert extents(SHIRT, TROUSERS)[0].visibility > 0.75  # its hem may be tucked in


def test_trousers_cut_by_the_frame_show_about_the_part_in_it() -> None:
    cut = garment(filled(LEGS, (225, W)), "bottoms")  # at the knees: 65 of 140 px
    (found,) = extents(cut, pose=standing(unseen=KNEES_DOWN))
    assert found.visibility == pytest.approx(65 / 140, abs=0.15)


def test_an_open_jacket_hides_the_shirt_and_not_the_other_way_round() -> None:
    x0, y0, x1, y1 = TOP
    inner = filled((105, y0, 135, y1))
    jacket = garment(filled((x0, y0, x1, y1)) & ~inner, "outerwear")
    shirt, outer = extents(garment(inner), jacket)
    assert shirt.visibility < 0.6
    assert outer.visibility > 0.9
    hidden = shirt.inside.array() & ~inner
    assert hidden.any()
    assert not (hidden & ~jacket.mask.array()).any()


def test_what_lies_over_and_under() -> None:
    belt = garment(filled((80, 150, 160, 160)), "belts")
    worn = [SHIRT, TROUSERS, belt]
    masks = [g.mask.array() for g in worn]
    over, under = around(worn, masks, 0)
    assert (over == masks[1] & ~masks[0]).all()  # what the shirt's own mask holds isn't over it
    assert not under.any()
    over, under = around(worn, masks, 2)
    assert not over.any()
    assert (under == (masks[0] | masks[1]) & ~masks[2]).all()


def test_a_mask_enlarged_stays_where_it_is() -> None:
    small = filled((2, 1, 5, 4), (6, 8))
    assert (enlarged(small, (12, 16)) == filled((4, 2, 10, 8), (12, 16))).all()
    assert enlarged(small, (13, 17)).shape == (13, 17)


def test_extents_come_back_as_they_were_and_score_the_garments() -> None:
    stage = Complete("", lambda: Template(MIN_JOINT), MIN_JOINT)
    dress = Dress((SHIRT, TROUSERS), standing())
    (found,) = stage([dress])
    back = stage.decode(stage.encode(found))
    assert [e.inside for e in back] == [e.inside for e in found]
    assert [g.visibility for g in scored(dress.garments, back)] == [e.visibility for e in back]
    assert stage.decode(stage.encode([])) == []
    turned = Dress((TROUSERS, SHIRT), standing())
    assert stage.digest(dress) != stage.digest(turned)
    assert stage.digest(dress) != stage.digest(Dress(dress.garments, standing(unseen=KNEES_DOWN)))
