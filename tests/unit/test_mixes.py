"""Training pictures: drawn from sources, cut as people frame themselves, dressed with others' things."""

from __future__ import annotations

import numpy as np
import pytest
from mixes import Mix, Source, body_cut, dyed, figure, paste
from views import Sample, place

from wardrobe.labels import CATEGORIES

TOPS, SCARVES, SHOES = (CATEGORIES.index(c) for c in ("tops", "scarves", "footwear"))


def person(colour: int, *, scarf: bool = False, at: int = 60) -> Sample:
    """A figure 140 px tall below the head: top, shoes, and maybe a scarf at the neck."""
    image = np.full((200, 120, 3), 90, np.uint8)
    ids = np.zeros((200, 120), np.uint8)
    ids[40:110, at - 20 : at + 20] = 1
    ids[170:181, at - 20 : at + 20] = 2
    classes = [TOPS, SHOES]
    if scarf:
        ids[40:55, at - 10 : at + 10] = 3
        classes.append(SCARVES)
    image[ids > 0] = colour
    return Sample(image, ids, np.array(classes, np.int64))


def test_a_figure_reaches_above_its_clothes() -> None:
    assert figure(person(200).ids) == (20, 180, 40, 79)
    assert figure(np.zeros((50, 50), np.uint8)) is None


def test_cuts_are_parts_of_the_picture_with_their_labels() -> None:
    whole = person(200)
    sizes = set()
    for seed in range(30):
        part = body_cut(whole, np.random.default_rng(seed))
        assert part.image.shape[:2] == part.ids.shape
        assert (part.image[part.ids > 0] == 200).all()
        assert (part.image[part.ids == 0] == 90).all()
        sizes.add(part.ids.shape)
    assert len(sizes) > 12
    assert min(h for h, _ in sizes) < 120


def test_a_pasted_scarf_lies_at_the_other_neck_with_its_own_label() -> None:
    onto, donor = person(200), person(20, scarf=True, at=40)
    out = paste(onto, donor, SCARVES, np.random.default_rng(0))
    assert out.classes.tolist() == [TOPS, SHOES, SCARVES]
    rows, cols = np.nonzero(out.ids == 3)
    assert 30 < rows.mean() < 65
    assert 50 < cols.mean() < 70
    assert out.image[out.ids == 3].mean() < 60
    assert (onto.ids <= 2).all()  # what was given is as it was
    assert paste(onto, person(20), SCARVES, np.random.default_rng(0)) is onto  # nothing to paste


def test_sources_are_drawn_by_their_share_and_rare_things_more_often() -> None:
    street = Source(
        "street",
        [person(200), *[person(100 + k) for k in range(30)], person(20, scarf=True)],
        0.75,
        True,
    )
    rendered = Source("rendered", [person(250)], 0.25, False)
    assert street.odds[-1] > 1.5 * street.odds[0]
    assert street.odds.sum() == pytest.approx(1)
    mix = Mix([street, rendered], cut=0.5, paste=0.5)
    assert len(mix) == 33
    drawn = [mix.draw(np.random.default_rng(k)) for k in range(300)]
    assert 0.25 < np.mean([cut for _, cut in drawn]) < 0.5
    assert 45 < sum(s is rendered.samples[0] for s, _ in drawn) < 105
    assert sum(SCARVES in s.classes for s, _ in drawn) > 50


def test_a_framed_sample_is_not_framed_again() -> None:
    sample = person(200)
    shares = {
        near: [
            (place(sample, (160, 96), np.random.default_rng(k), near=near).ids > 0).mean()
            for k in range(60)
        ]
        for near in (True, False)
    }
    assert max(shares[False]) < max(shares[True])


def test_people_are_cut_with_their_joints() -> None:
    """The largest person's box is cut; joints move along, those cut off are unknown."""
    image = np.zeros((200, 120, 3), np.uint8)
    ids = np.zeros((200, 120), np.uint8)
    ids[20:181, 40:80] = 1
    ids[60:90, 0:12] = 2
    joints = np.zeros((2, 17, 3), np.float32)
    joints[0, 0], joints[0, 15] = (60, 30, 2), (60, 175, 2)
    image[30, 60], image[175, 60] = 255, 255
    whole = Sample(image, ids, np.zeros(2, np.int64), joints)
    states = set()
    for seed in range(40):
        part = body_cut(whole, np.random.default_rng(seed))
        assert part.joints is not None
        head, ankle = part.joints[0, 0], part.joints[0, 15]
        for x, y, seen in (head, ankle):
            assert seen == 0 or part.image[int(y), int(x)].max() == 255
        states.add((bool(head[2]), bool(ankle[2])))
    assert states >= {(True, False), (False, True)}
    assert joints[0, 15].tolist() == [60, 175, 2]  # what was given is as it was


def test_dyed_garments_keep_their_place_and_their_pattern() -> None:
    whole = person(200)
    whole.image[40:110:10, 40:80] = 60  # stripes
    changed = 0
    for seed in range(12):
        out = dyed(whole, np.random.default_rng(seed))
        assert (out.ids == whole.ids).all()
        assert (out.image[whole.ids == 0] == whole.image[whole.ids == 0]).all()
        inner = out.image[42:108, 42:78].astype(float)
        if np.abs(inner - whole.image[42:108, 42:78]).mean() > 10:
            changed += 1
            rows = inner.mean(axis=(1, 2))
            assert rows[8::10].max() < np.delete(rows, np.s_[8::10]).min() + 1
    assert 0 < changed < 12
