"""Random histories: nothing a person said is ever lost, and the newest word wins."""

from __future__ import annotations

import json
from collections.abc import Set
from itertools import combinations, product
from zlib import crc32

import numpy as np
from hypothesis import settings as tried
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from wardrobe.config import ClusterSettings
from wardrobe.decisions import Word, from_facts, resolve, standing, to_facts
from wardrobe.labels import Category
from wardrobe.pile import Pile
from wardrobe.stages.cluster import group
from wardrobe.types import Anchor, Decision, DecisionKind, Garment, Labels, Mask

PLACES = 7  # garments; two photos hold two of them
PHOTOS = ("p0", "p0", "p1", "p1", "p2", "p3", "p4")
MASK = Mask((1, 1), (0, 1))
some = st.sets(st.integers(0, PLACES - 1), min_size=1, max_size=4)


def place(k: int, shift: float = 0.0, category: Category = "tops") -> Anchor:
    x = 0.1 + 0.5 * (k % 2) + shift
    return Anchor(PHOTOS[k], (x, 0.2, x + 0.3, 0.8), category)


class History(RuleBasedStateMachine):
    """A person says things while photos come and go and models draw boxes a little differently."""

    @initialize()
    def begin(self) -> None:
        self.said: list[Decision] = []
        self.present = set(range(PLACES))
        self.shift = 0.0
        self.category: Category = "tops"
        self.asked_undo: set[int] = set()

    def now(self) -> dict[str, Anchor]:
        """The garments of the current model, under ids that change with it."""
        return {f"{k}@{self.shift}": place(k, self.shift, self.category) for k in self.present}

    def say(
        self, kind: DecisionKind, own: Set[int], others: Set[int] = frozenset(),
        value: str | None = None,
    ) -> None:  # fmt: skip
        self.said.append(
            Decision(
                kind,
                tuple(place(k) for k in sorted(own)),
                tuple(place(k) for k in sorted(others - own)),
                value,
                len(self.said) + 1,
            )
        )

    @rule(own=some)
    def same(self, own: set[int]) -> None:
        self.say("same", own)

    @rule(own=some, others=some)
    def different(self, own: set[int], others: set[int]) -> None:
        self.say("different", own, others)

    @rule(own=some, others=some)
    def split(self, own: set[int], others: set[int]) -> None:
        """What splitting an item says: the two sides differ, and each holds together."""
        if others - own:
            self.say("different", own, others)
            self.say("same", own)
            self.say("same", others - own)

    @rule(own=some, kind=st.sampled_from(["name", "label", "cover", "thumbnail", "hide"]))
    def tell(self, own: set[int], kind: DecisionKind) -> None:
        self.say(kind, own, value="tops" if kind == "label" else f"name {len(self.said)}")

    @rule(back=st.integers(1, 6))
    def undo(self, back: int) -> None:
        if len(self.said) >= back:
            self.say("undo", set(), value=str(len(self.said) + 1 - back))

    @rule(photo=st.sampled_from(sorted(set(PHOTOS))))
    def a_photo_leaves_or_returns(self, photo: str) -> None:
        self.present ^= {k for k in range(PLACES) if PHOTOS[k] == photo}

    @rule(shift=st.floats(-0.03, 0.03), category=st.sampled_from(["tops", "outerwear"]))
    def another_model(self, shift: float, category: Category) -> None:
        self.shift, self.category = shift, category

    @invariant()
    def standing_is_what_a_plain_reading_says(self) -> None:
        active: dict[int, bool] = {d.number: True for d in self.said}
        for d in reversed(
            self.said
        ):  # an undoing that was itself undone by a later one does nothing
            if d.kind == "undo" and active[d.number]:
                active[int(d.value or 0)] = False
        plain = [d.number for d in self.said if active[d.number] and d.kind != "undo"]
        assert [d.number for d in standing(self.said)] == plain

    @invariant()
    def words_come_back_from_the_store_as_they_were_said_in_any_order(self) -> None:
        facts = [(d.number, d.kind, json.loads(json.dumps(to_facts(d))), "") for d in self.said]
        again = [from_facts(*one) for one in reversed(facts)]
        assert sorted(again, key=lambda d: d.number) == self.said
        assert resolve(again, self.now()) == resolve(self.said, self.now())

    @invariant()
    def every_word_is_in_effect_or_waiting_or_shown_as_overruled(self) -> None:
        garments = self.now()
        word = resolve(self.said, garments)
        pieces = joined(word, garments)
        losers = {c.loser for c in word.contradictions}
        for d in standing(self.said):
            here, others = (
                [f"{k}@{self.shift}" for k in sorted(self.present) if place(k) in side]
                for side in (d.anchors, d.others)
            )
            needs = len(here) >= (2 if d.kind == "same" else 1)
            if not needs or (d.kind == "different" and not others):
                assert d.number in word.waiting
                continue
            assert d.number not in word.waiting
            if d.kind == "same":
                whole = all(pieces[a] == pieces[b] for a, b in combinations(here, 2))
                assert whole or d.number in losers
            elif d.kind == "different":
                apart = all(pieces[a] != pieces[b] for a, b in product(here, others))
                assert apart or d.number in losers
            else:
                by = {"name": word.names, "label": word.labels, "cover": word.covers,
                      "thumbnail": word.thumbnails, "hide": word.hidden}[d.kind]  # fmt: skip
                assert all(by[g].number >= d.number for g in here)

    @invariant()
    def the_newest_bond_is_never_overruled_and_winners_are_newer(self) -> None:
        word = resolve(self.said, self.now())
        assert all(c.winner > c.loser for c in word.contradictions)
        bonds = [d.number for d in standing(self.said) if d.kind in ("same", "different")]
        assert not bonds or bonds[-1] not in {c.loser for c in word.contradictions}

    @invariant()
    def grouping_keeps_the_word(self) -> None:
        garments = self.now()
        if not garments:
            return
        word = resolve(self.said, garments)
        angles = np.radians([17.0 * (crc32(g.encode()) % 7) for g in garments])
        vectors = np.zeros((len(garments), 256), np.float32)
        vectors[:, 0], vectors[:, 1] = np.cos(angles), np.sin(angles)
        made = [
            Garment(a.photo_id, a.box_frac, a.category, 0.9, MASK, 1.0) for a in garments.values()
        ]
        ids = dict(zip(garments, (g.id for g in made), strict=True))
        pile = Pile(
            tuple(made), vectors, tuple(Labels(g.category, 0.8, None, 0.0) for g in made),
            same=tuple((ids[a], ids[b]) for a, b in word.same),
            different=tuple((ids[a], ids[b]) for a, b in word.different),
        )  # fmt: skip
        item = {
            g: n
            for n, found in enumerate(group(pile, ClusterSettings()).groups)
            for g in found.garment_ids
        }
        assert all(item[ids[a]] == item[ids[b]] for a, b in word.same)
        assert all(item[ids[a]] != item[ids[b]] for a, b in word.different)


def joined(word: Word, garments: dict[str, Anchor]) -> dict[str, frozenset[str]]:
    """Garment -> everything that is the same one by the person's word."""
    piece = {g: {g} for g in garments}
    for a, b in word.same:
        both = piece[a] | piece[b]
        piece |= dict.fromkeys(both, both)
    return {g: frozenset(p) for g, p in piece.items()}


def test_a_chain_that_can_not_hold_is_shown_and_the_newest_word_wins() -> None:
    """a = b, b = c, a != c."""
    a, b, c = (place(k) for k in (2, 4, 5))
    garments = {"a": a, "b": b, "c": c}
    said = [
        Decision("same", (a, b), number=1),
        Decision("same", (b, c), number=2),
        Decision("different", (a,), (c,), number=3),
    ]
    word = resolve(said, garments)
    assert word.different == (("a", "c"),)
    assert word.same == (("b", "c"),)  # of the two that can't both hold, the newer
    ((winner, loser),) = {(x.winner, x.loser) for x in word.contradictions}
    assert (winner, loser) == (3, 1)
    undone = resolve([*said, Decision("undo", value="3", number=4)], garments)
    assert not undone.contradictions
    assert len(undone.same) == 2
    back = resolve([*said, Decision("undo", value="3", number=4),
                    Decision("undo", value="4", number=5)], garments)  # fmt: skip
    assert back == word


TestHistory = History.TestCase
TestHistory.settings = tried(max_examples=60, stateful_step_count=14, deadline=None)
