"""Photos, people, joints and masks against figures worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluation import cascade, masks, seeing
from evaluation.masks import Masks, average_precision
from evaluation.sources import Case, Look, iou, match
from pycocotools import mask as coco

from wardrobe import truth
from wardrobe.catalogue import Catalogue, Entry
from wardrobe.config import Settings
from wardrobe.folder import Found
from wardrobe.pipeline import Sight
from wardrobe.types import Detection, Garment, Image, Item, Mask, MaskArray, Person, Pose, Standing

W, H = 40, 40
MINE, OTHER = (0.0, 0.0, 20.0, 40.0), (20.0, 0.0, 40.0, 40.0)


def rows(first: int, last: int) -> MaskArray:
    """(40, 40) with the rows from first to last set: 40 px each."""
    out = np.zeros((H, W), np.bool_)
    out[first:last] = True
    return out


# --- masks ---


def test_masks_are_paired_one_to_one_for_the_largest_overlap() -> None:
    true = [rows(0, 10), rows(8, 20)]
    # Found 0 overlaps true 0 by 8/12 and true 1 by 4/18; found 1 true 1 by 10/12; found 2 neither.
    found = [rows(2, 12), rows(10, 20), rows(30, 40)]
    assert iou(found[0], true[0]) == pytest.approx(8 / 12)
    assert match(found, true) == {0: 0, 1: 1}
    assert match([rows(4, 14)], [rows(0, 10)]) == {}  # 6/14: less than half is another garment
    assert match([rows(0, 10), rows(0, 9)], [rows(0, 10)]) == {0: 0}  # a double finds nothing new


def test_average_precision_is_coco_s() -> None:
    """Two tops and a bag. The surest top is exact, a wrong one comes second, the other top third
    with an IoU of 0.75; the bag is called a belt.

    Tops at IoU 0.50: precision 1 up to recall 1/2, then 2/3 up to 1. Of COCO's 101 recalls 0 to 0.5
    are 51: (51 + 50 * 2/3) / 101. From IoU 0.80 on only the first counts: 51 / 101, in four of the
    ten IoUs 0.50, 0.55 ... 0.95. Bags: nothing.
    """
    picture = Masks(
        [("tops", rows(0, 8)), ("tops", rows(10, 18)), ("bags", rows(30, 40))],
        [
            ("tops", rows(0, 8), 0.9), ("tops", rows(20, 28), 0.8), ("tops", rows(12, 18), 0.7),
            ("belts", rows(30, 40), 0.95),
        ],
    )  # fmt: skip
    half, least = (51 + 50 * 2 / 3) / 101, 51 / 101
    found = average_precision([picture])
    assert found is not None
    assert set(found.each) == {"tops", "bags"}  # what truth holds, not what was said
    count, at_half, mean = found.each["tops"]
    assert (count, at_half) == (2, pytest.approx(half))
    assert mean == pytest.approx((6 * half + 4 * least) / 10)
    assert found.each["bags"] == (1, 0.0, 0.0)
    assert found.map50 == pytest.approx(half / 2)


def test_average_precision_without_truth_or_without_an_answer() -> None:
    assert average_precision([Masks([], [("tops", rows(0, 8), 0.9)])]) is None
    silent = average_precision([Masks([("tops", rows(0, 8))], [])])
    assert silent is not None
    assert (silent.map50, silent.map) == (0.0, 0.0)
    assert silent.each == {"tops": (1, 0.0, 0.0)}


# --- photos ---


def code(mask: MaskArray) -> dict[str, Any]:
    out = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(out["size"]), "counts": out["counts"].decode()}


def worn(item: str, visible: MaskArray, share: float = 1.0, category: Any = "tops") -> Any:
    full = round(int(visible.sum()) / share)
    return truth.TrueGarment(item, "me", category, code(visible), code(visible), full, share)


def kept(mask: MaskArray, visibility: float = 1.0, photo: str = "", category: Any = "tops") -> Any:
    ys, xs = np.nonzero(mask)
    box = (xs.min() / W, ys.min() / H, (xs.max() + 1) / W, (ys.max() + 1) / H)
    return Garment(photo, box, category, 0.9, Mask.of(mask), visibility)


def body(box: tuple[float, float, float, float], state: int = 2) -> truth.TruePerson:
    """Every joint in the box's middle column, a pixel apart; shoulders to hips are 10 px."""
    joints = np.array([[(box[0] + box[2]) / 2, 2.0 + k, state] for k in range(17)], np.float32)
    joints[5:7, 1], joints[11:13, 1] = 10, 20
    return truth.TruePerson("me" if box == MINE else "friend", box, joints)


def seen_as(person: truth.TruePerson, off_px: float = 0.0, visible: float = 0.9) -> Person:
    assert person.box is not None
    joints = person.joints.copy()
    joints[:, 0] += off_px
    joints[:, 2] = visible
    return Person(person.box, 0.9, Pose(joints))


def look(
    file: str,
    *,
    enters: bool = True,
    reason: str | None = None,
    there: Sequence[truth.TruePerson] = (),
    people: Sequence[Person] = (),
    owner: int | None = None,
    true: Sequence[Any] = (),
    garments: Sequence[Garment] = (),
    left_out: Sequence[Garment] = (),
) -> Look:
    standing = Standing(owner, "main subject", 1.0, (), reason)
    found = Found(file, Path(file), 1, 1)
    sight = Sight(found, standing=standing, garments=tuple(garments), reason=reason)
    photo = truth.TruePhoto(
        file, (W, H), None, "", "", "", enters, tuple(there), tuple(true)
    )  # fmt: skip
    pairs = match([g.mask.array() for g in garments], [g.mask() for g in true])
    raw = tuple(
        Detection(g.category, g.score, (0, 0, 1, 1), g.mask) for g in (*garments, *left_out)
    )
    return Look(file, sight, tuple(people), raw, tuple(garments), photo, pairs)


def case(*looks: Look, items: dict[str, Sequence[Garment]] | None = None) -> Case:
    entries = tuple(
        Entry(Item(name, name, g[0].category, None, (), 1.0, tuple(one.id for one in g)), ())
        for name, g in (items or {}).items()
    )
    photos = {k.file: k.true for k in looks if k.true}
    known = {
        g.item: truth.TrueItem(g.item, "me", g.category, "", g.item, (), "")
        for p in photos.values()
        for g in p.garments
    }
    library = truth.Library(Path(), "me", ("me", "friend"), known, photos)
    return Case("sample", Path(), Path(), Settings(), Catalogue(entries), looks, library)


def figures(found: Any) -> dict[str, float | None]:
    return {r.key: r.value for r in found.rows}


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    blank: Image = np.zeros((H, W, 3), np.uint8)
    for room in (seeing, masks):
        monkeypatch.setattr(room, "picture", lambda *_: blank)


def test_photo_filter_counts_photos_let_in_and_left_out() -> None:
    """Let in: two that should be, one that should not. Left out: one of each; and one in which
    nobody finds a garment was let in all the same. Precision 3/4, recall 3/4."""
    found = figures(
        seeing.photo_filter(
            case(
                look("a"), look("b"), look("c", enters=False), look("d", reason="no person"),
                look("e", enters=False, reason="no person"), look("f", reason="no garment found"),
            )
        )
    )  # fmt: skip
    assert found["filter.sample.precision"] == found["filter.sample.recall"] == 3 / 4
    assert found["filter.sample.f1"] == pytest.approx(3 / 4)
    assert found["filter.sample.owner"] is None  # nobody beside the owner anywhere


def test_the_owner_is_right_where_the_picked_box_is_the_owner_s() -> None:
    me, friend = body(MINE), body(OTHER)
    people = [seen_as(friend), seen_as(me)]
    photos = [
        look("right", there=[me, friend], people=people, owner=1),
        look("friend", there=[me, friend], people=people, owner=0),
        look("nobody", there=[me, friend], people=people, reason="no main subject"),
        look("alone", there=[me], people=people[1:], owner=0),  # no group: not asked
    ]
    found = figures(seeing.photo_filter(case(*photos)))
    assert found["filter.sample.owner"] == pytest.approx(1 / 3)


def test_pck_counts_visible_joints_within_a_fifth_of_the_torso() -> None:
    """The torso is 10 px: 2 px off is near, 3 px off is not; nobody found is 17 joints missed."""
    me = body(MINE)
    near, far = ([seen_as(me, px)] for px in (2.0, 3.0))
    hidden = body(MINE, state=truth.HIDDEN)
    behind = body(MINE)
    behind.joints[11] = 0  # a hip behind the camera: the torso's length isn't known
    found = seeing.pose(
        case(
            look("behind", there=[behind], people=near),
            look("near", there=[me], people=near),
            look("far", there=[me], people=far),
            look("missed", there=[me]),
            look("hidden", there=[hidden], people=[seen_as(hidden, 30.0, visible=0.1)]),
        )
    )
    assert figures(found)["pose.sample.pck"] == pytest.approx(1 / 3)
    assert figures(found)["pose.sample.visibility_auc"] == 1.0  # 0.9 where seen, 0.1 where hidden
    assert found.rows[0].count == 3 * 17


def test_visibility_error_is_over_the_garments_found() -> None:
    """Said 0.9, 0.5, 0.2 for 1.0, 0.5, 0.4: off by 0.1, 0 and 0.2, in the right order."""
    shown = [rows(0, 10), rows(12, 22), rows(24, 34), rows(36, 40)]
    true = [
        worn(str(k), m, s) for k, (m, s) in enumerate(zip(shown, (1, 0.5, 0.4, 1), strict=True))
    ]
    said = [kept(m, s) for m, s in zip(shown[:3], (0.9, 0.5, 0.2), strict=True)]
    found = masks.visibility(case(look("a", true=true, garments=said)))
    assert figures(found)["visibility.sample.mae"] == pytest.approx(0.1)
    assert figures(found)["visibility.sample.rank"] == pytest.approx(1.0)
    assert found.rows[0].count == 3


def test_precision_by_visible_share_asks_each_band_for_its_own() -> None:
    """The heavily hidden garment alone is missed; what is found of the others isn't held against
    its band, nor its absence against theirs."""
    true = [worn("a", rows(0, 10), 1.0), worn("b", rows(12, 22), 0.6), worn("c", rows(24, 34), 0.1)]
    garments = [kept(rows(0, 10)), kept(rows(12, 22))]
    found = figures(masks.visibility(case(look("a", true=true, garments=garments))))
    bands = [found[f"visibility.sample.ap50_{b}"] for b in ("slight", "medium", "heavy")]
    assert bands == [pytest.approx(1.0), pytest.approx(1.0), 0.0]


# --- the cascade ---


def test_every_garment_is_lost_once_at_the_first_stage_that_fails_it() -> None:
    a, b, c, d = (rows(k, k + 8) for k in (0, 10, 20, 30))
    me, friend = body(MINE), body(OTHER)
    people = [seen_as(me), seen_as(friend)]
    of = {f"p{k}": kept(a, 0.01 if k == 7 else 1.0, photo=f"p{k}") for k in range(1, 9)}
    stranger = kept(c, photo="p1")
    photos = [
        look("left out", reason="too far away", true=[worn("tee", a), worn("coat", b)]),
        look("crowd", reason="no main subject", true=[worn("tee", a)]),
        look("friend", there=[me, friend], people=people, owner=1, true=[worn("tee", a)]),
        look("p1", true=[worn("tee", a), worn("belt", d)], garments=[of["p1"], stranger]),
        look("p2", true=[worn("tee", a)], garments=[of["p2"]]),
        look("p3", true=[worn("shirt", a)], garments=[of["p3"]]),  # in the tee's item
        look("p4", true=[worn("tee", a)], garments=[of["p4"]]),  # in a duplicate
        look("p5", true=[worn("skirt", a, category="skirts")], garments=[of["p5"]]),
        look("p6", true=[worn("cap", a), worn("bag", c)], garments=[of["p6"]], left_out=[kept(c)]),
        look("p7", true=[worn("tee", a)], garments=[of["p7"]]),  # hardly visible, so by itself
        look("not wanted", enters=False, true=[worn("tee", a)], garments=[of["p8"]]),
    ]  # fmt: skip
    of_items = ["p1 p2 p3", "p4", "p5", "p6", "p7", "p8"]
    items = {f"i{k}": [of[p] for p in names.split()] for k, names in enumerate(of_items)}
    found = figures(cascade.cascade(case(*photos, items={**items, "i9": [stranger]})))
    assert {key.rsplit(".", 1)[1]: value for key, value in found.items()} == {
        "garments": 13, "lost_at_filter": 2, "lost_at_owner": 2, "lost_at_segmentation": 1,
        "lost_at_rules": 1, "lost_at_category": 1, "lost_at_merge": 1, "lost_at_visibility": 1,
        "lost_at_split": 1, "kept": 3, "foreign": 2,
    }  # fmt: skip


def test_a_lone_hidden_garment_is_where_it_belongs() -> None:
    """Too little visible to be joined with anything is no loss where there is nothing to join."""
    hidden = kept(rows(0, 8), 0.01, photo="a")
    found = cascade.cascade(
        case(look("a", true=[worn("tee", rows(0, 8))], garments=[hidden]), items={"i": [hidden]})
    )
    assert figures(found)["cascade.sample.kept"] == 1
