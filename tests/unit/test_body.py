"""What a pose says: where joints out of sight must be, what is in the frame, what is hidden."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from wardrobe import body
from wardrobe.labels import Category
from wardrobe.types import JOINTS, Box, MaskArray, Pose

T = 100.0  # the torso of the figure, px
SIZE = (460, 300)  # height, width of a picture that holds all of it
MIN_JOINT = 0.5

#: A person who stands facing the camera: the person's left is on the right of the picture.
FRONT = {
    "nose": (150, 55), "left_eye": (155, 48), "right_eye": (145, 48), "left_ear": (162, 52), "right_ear": (138, 52),
    "left_shoulder": (186, 100), "right_shoulder": (114, 100), "left_elbow": (188, 156), "right_elbow": (112, 156),
    "left_wrist": (190, 206), "right_wrist": (110, 206), "left_hip": (170, 200), "right_hip": (130, 200),
    "left_knee": (170, 282), "right_knee": (130, 282), "left_ankle": (170, 362), "right_ankle": (130, 362),
}  # fmt: skip
#: The same person from behind: left and right change sides.
BACK = {n: (300 - x, y) for n, (x, y) in FRONT.items()}

HEAD, ARMS = JOINTS[:5], JOINTS[7:11]
SHOULDERS, HIPS, KNEES, ANKLES = JOINTS[5:7], JOINTS[11:13], JOINTS[13:15], JOINTS[15:17]


def pose(figure: dict[str, tuple[int, int]] = FRONT, *, unseen: Iterable[str] = ()) -> Pose:
    """The figure with some joints unseen; a model still puts them somewhere, here at (0, 0)."""
    hidden = set(unseen)
    rows = [(0, 0, 0.1) if n in hidden else (*figure[n], 0.9) for n in JOINTS]
    return Pose(np.array(rows, np.float32))


def only(*seen: str, figure: dict[str, tuple[int, int]] = FRONT) -> Pose:
    return pose(figure, unseen=set(JOINTS) - set(seen))


def laid_out(p: Pose) -> tuple[dict[str, NDArray[np.float64]], float]:
    points, torso = body.complete(p, body.seen(p, MIN_JOINT))
    return dict(zip(JOINTS, points, strict=True)), torso


def test_legs_out_of_sight_go_where_proportions_say() -> None:
    points, torso = laid_out(pose(unseen=[*KNEES, *ANKLES]))
    assert torso == pytest.approx(T, rel=0.01)
    for name in (*KNEES, *ANKLES):
        assert points[name] == pytest.approx(FRONT[name], abs=2)


@pytest.mark.parametrize("figure", [FRONT, BACK], ids=["front", "back"])
@pytest.mark.parametrize("unseen", [HIPS, SHOULDERS], ids=str)
def test_joints_out_of_sight_go_to_their_own_side(
    figure: dict[str, tuple[int, int]], unseen: Iterable[str]
) -> None:
    points, _ = laid_out(pose(figure, unseen=unseen))
    for name in unseen:
        assert points[name] == pytest.approx(figure[name], abs=3)


def test_arms_out_of_sight_go_on_as_they_began() -> None:
    bent = FRONT | {"left_elbow": (242, 100)}  # stretched out sideways
    points, _ = laid_out(pose(bent, unseen=["left_wrist", "right_elbow", "right_wrist"]))
    assert points["left_wrist"] == pytest.approx((292, 100), abs=3)
    assert points["right_wrist"] == pytest.approx((114, 206), abs=3)


def test_a_body_that_lies_down_is_laid_out_lying() -> None:
    lying = {n: (y, 300 - x) for n, (x, y) in FRONT.items()}  # feet to the right of the picture
    points, _ = laid_out(pose(lying, unseen=[*KNEES, *ANKLES]))
    for name in ANKLES:
        assert points[name] == pytest.approx(lying[name], abs=3)


def test_a_body_seen_from_the_knees_down_rises_above_them() -> None:
    points, _ = laid_out(only(*KNEES, *ANKLES))
    for name in (*HIPS, *SHOULDERS):
        assert points[name][1] == pytest.approx(FRONT[name][1], abs=5)
    points, _ = laid_out(only(*ANKLES))  # no length to go by, but the order is known
    assert points["left_hip"][1] < points["left_knee"][1] < points["left_ankle"][1]


def test_joints_that_are_seen_stay_where_they_are() -> None:
    points, _ = laid_out(pose(unseen=["left_wrist"]))
    assert all(tuple(points[n]) == FRONT[n] for n in JOINTS if n != "left_wrist")


def test_the_visible_share_counts_shoulders_to_ankles() -> None:
    assert body.visible_share(pose(), MIN_JOINT) == 1
    assert body.visible_share(pose(unseen=HEAD), MIN_JOINT) == 1
    assert body.visible_share(only(*SHOULDERS, "nose"), MIN_JOINT) == pytest.approx(2 / 12)
    assert body.visible_share(pose(), 0.95) == 0


@pytest.mark.parametrize(
    ("seen", "height", "zones"),
    [
        (JOINTS, 460, {"head", "top", "bottom", "feet", "wrists_neck"}),
        ((*HEAD, *SHOULDERS), 140, {"head", "top", "wrists_neck"}),
        ((*HEAD, *SHOULDERS, *ARMS, *HIPS), 215, {"head", "top", "wrists_neck"}),  # waist up
        ((*HEAD, *SHOULDERS, *ARMS, *HIPS), 250, {"head", "top", "bottom", "wrists_neck"}),
        ((*KNEES, *ANKLES), 460, {"bottom", "feet"}),
        (ANKLES, 460, {"bottom", "feet"}),
        (HEAD, 90, {"head"}),
        ((), 460, set()),
    ],
    ids=[
        "full",
        "head and shoulders",
        "waist up",
        "to the thighs",
        "legs",
        "feet",
        "face",
        "nothing",
    ],
)
def test_zones_are_the_parts_in_the_frame(
    seen: tuple[str, ...], height: int, zones: set[str]
) -> None:
    assert set(body.zones(only(*seen), (height, 300), MIN_JOINT)) == zones


def filled(*boxes: Box, size: tuple[int, int] = SIZE) -> MaskArray:
    mask = np.zeros(size, np.bool_)
    for x0, y0, x1, y1 in boxes:
        mask[int(y0) : int(y1), int(x0) : int(x1)] = True
    return mask


NOTHING = filled()
SHIRT = filled((104, 94, 196, 214))
TROUSERS = filled((113, 190, 187, 300), (119, 290, 148, 370), (152, 290, 181, 370))


def hidden_px(category: Category, worn: MaskArray, others: MaskArray, on: Pose) -> float:
    inside, outside = body.whole(category, worn, others, on, MIN_JOINT)
    assert (inside | ~worn).all()
    return int(inside.sum()) - int(worn.sum()) + outside


@pytest.mark.parametrize(
    ("category", "worn"),
    [
        ("tops", SHIRT),
        ("bottoms", TROUSERS),
        ("outerwear", SHIRT),
        ("bags", filled((20, 200, 60, 260))),
    ],
)
def test_nothing_of_a_framed_and_uncovered_garment_is_hidden(
    category: Category, worn: MaskArray
) -> None:
    assert hidden_px(category, worn, NOTHING, pose()) == 0


def test_pixels_that_two_masks_claim_are_not_hidden() -> None:
    assert hidden_px("tops", SHIRT, SHIRT, pose()) == 0


def test_trousers_cut_at_the_knee_hide_the_shins() -> None:
    size = (282, 300)
    cut = pose(unseen=[*KNEES, *ANKLES])
    hidden = hidden_px("bottoms", TROUSERS[:282], filled(size=size), cut)
    assert hidden == pytest.approx(TROUSERS[282:].sum(), rel=0.4)


def test_shorts_that_end_above_the_frame_hide_nothing() -> None:
    shorts = TROUSERS & filled((0, 0, 300, 265))
    assert hidden_px("bottoms", shorts, NOTHING, pose()) == 0


def test_the_more_lies_over_a_garment_the_more_of_it_is_hidden() -> None:
    hidden = []
    for right in (104, 130, 160, 190):
        over = filled((104, 94, right, 214))
        hidden.append(hidden_px("tops", SHIRT & ~over, over, pose()))
    assert hidden[0] == 0
    assert hidden == sorted(set(hidden))
    half = filled((104, 94, 150, 214))
    covered = hidden_px("tops", SHIRT & ~half, half, pose())
    assert covered == pytest.approx((SHIRT & half).sum(), rel=0.25)


def test_one_shoe_in_the_frame_hides_the_other() -> None:
    shoe = filled((155, 355, 185, 380))
    assert hidden_px("footwear", shoe, NOTHING, pose()) == 0
    one = pose(unseen=["right_ankle"])
    assert hidden_px("footwear", shoe, NOTHING, one) == shoe.sum()


def test_a_bag_cut_by_the_frame_is_partly_hidden() -> None:
    inside, at_edge = filled((20, 200, 60, 260)), filled((0, 200, 40, 260))
    assert hidden_px("bags", inside, NOTHING, pose()) == 0
    assert 0 < hidden_px("bags", at_edge, NOTHING, pose()) <= at_edge.sum()
