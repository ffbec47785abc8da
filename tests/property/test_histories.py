"""Random histories through the real store: what a person does to the closet, photos and settings that
come and go, and everything taken back in the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import fakes
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as tried
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from wardrobe import batch, closet, config, decisions, review
from wardrobe.catalogue import Entry, Sighting
from wardrobe.store import Store
from wardrobe.types import Decision

RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)
LOOSE = {"cluster.same_cosine": "0.3", "cluster.max_colour": "300", "cluster.far_cosine": "-1"}
#: A garment as a person sees it: the photo, and what lies where in it. Ids may change, this doesn't.
Shown = tuple[str, tuple[int, ...]]
number = st.integers(0, 99)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    fakes.write_photos(folder / "photos", [RED, GREEN, RED, BLUE])
    made = config.load(overrides={"thumbnail.size_px": "64"})
    batch.build(folder / "photos", folder / "out", made, create=fakes.Models().create)
    return folder


@dataclass(frozen=True)
class Act:
    """Numbers of its decisions, and the bond it made if any."""

    numbers: tuple[int, ...]
    one: Set[Shown]
    other: Set[Shown]


class History(RuleBasedStateMachine):
    """Acts upon a closet; beside it the plain list of what was said and what it must have done."""

    origin: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.origin, self.folder, dirs_exist_ok=True)
        self.store = Store(self.folder / "out", create=False)
        # The copy lies elsewhere: the run must know its photos there.
        self.rebuild({})
        self.first = self.groups()
        self.kept: list[Decision] = []
        self.acts: list[Act] = []  # those that stand
        self.away: dict[str, bytes] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.undoing_everything_restores_the_beginning()
            self.store.close()
            shutil.rmtree(self.folder)

    def rebuild(self, overrides: dict[str, str]) -> None:
        self.overrides = overrides
        made = config.load(overrides={"thumbnail.size_px": "64", **overrides})
        batch.build(self.folder / "photos", self.folder / "out", made, create=fakes.Models().create)

    def items(self) -> list[Entry]:
        found = [
            e for h in (False, True)
            for e in closet.load(self.store, pictures=False, hidden=h).entries
        ]  # fmt: skip
        return sorted(found, key=lambda e: e.item.id)

    def groups(self) -> set[frozenset[Shown]]:
        return {frozenset(map(shown, e.sightings)) for e in self.items()}

    def some(self, k: int) -> Entry:
        items = self.items()
        return items[k % len(items)]

    def said(self, one: Set[Shown] = frozenset(), other: Set[Shown] = frozenset()) -> None:
        """Note the act that was just done: that ``one`` is one garment, or other than ``other``."""
        now = decisions.heard(self.store)
        self.acts.append(Act(tuple(d.number for d in now[len(self.kept) :]), one, other))

    @rule(a=number, b=number)
    def merge(self, a: int, b: int) -> None:
        one, other = self.some(a), self.some(b)
        if one.item.id == other.item.id:
            return
        both = {*map(shown, one.sightings), *map(shown, other.sightings)}
        review.merge(self.store, [one, other])
        self.said(both)

    @rule(a=number, k=number)
    def split(self, a: int, k: int) -> None:
        several = [e for e in self.items() if len(e.sightings) > 1]
        if not several:
            return
        one = several[a % len(several)]
        out = k % len(one.sightings)
        review.split(self.store, one, [one.item.garment_ids[out]])
        left = {shown(s) for i, s in enumerate(one.sightings) if i != out}
        self.said({shown(one.sightings[out])}, left)

    @rule(a=number, b=number)
    def differ(self, a: int, b: int) -> None:
        one, other = self.some(a), self.some(b)
        if one.item.id == other.item.id:
            return
        review.differ(self.store, one, other)
        self.said(set(map(shown, one.sightings)), set(map(shown, other.sightings)))

    @rule(a=number, name=st.sampled_from(["My best one", "x" * 80, "<b>Ω</b>"]))
    def rename(self, a: int, name: str) -> None:
        one = self.some(a)
        review.rename(self.store, one, name)
        self.said()
        (again,) = [e for e in self.items() if e.item.id == one.item.id]
        assert again.item.name == name

    @rule(a=number)
    def hide(self, a: int) -> None:
        one = self.some(a)
        review.hide(self.store, one)
        self.said()
        open_ = closet.load(self.store, pictures=False).entries
        assert one.item.id not in {e.item.id for e in open_}

    @rule(k=number, yes=st.booleans())
    def answer(self, k: int, yes: bool) -> None:
        open_ = review.questions(self.store)
        if not open_:
            return
        question = open_[k % len(open_)]
        at = {
            g: shown(s) for e in self.items()
            for g, s in zip(e.item.garment_ids, e.sightings, strict=True)
        }  # fmt: skip
        review.answer(self.store, question, yes)
        a, b = at[question.a], at[question.b]
        self.said({a, b}) if yes else self.said({a}, {b})
        still = {(q.a, q.b) for q in review.questions(self.store)}
        assert (question.a, question.b) not in still

    @precondition(lambda self: self.acts)
    @rule()
    def undo(self) -> None:
        review.undo(self.store)
        stand = {h.decision.number for h in review.history(self.store) if h.state != "undone"}
        assert not stand & set(self.acts.pop().numbers)

    @rule(loose=st.booleans())
    def other_settings(self, loose: bool) -> None:
        self.rebuild(LOOSE if loose else {})

    @rule(k=st.integers(0, 3))
    def a_photo_leaves_or_returns(self, k: int) -> None:
        path = self.folder / "photos" / f"{k:03}.jpg"
        if path.is_file():
            if len(list(path.parent.glob("*.jpg"))) == 1:
                return
            self.away[path.name] = path.read_bytes()
            path.unlink()
        else:
            path.write_bytes(self.away.pop(path.name))
        self.rebuild(self.overrides)

    @invariant()
    def nothing_said_is_lost_or_changed(self) -> None:
        now = decisions.heard(self.store)
        assert now[: len(self.kept)] == self.kept
        self.kept = now
        states = {h.decision.number: h.state for h in review.history(self.store)}
        assert states.keys() == {d.number for d in now}
        for act in self.acts:
            assert all(states[n] != "undone" for n in act.numbers)

    @invariant()
    def the_newest_word_on_who_is_who_holds_under_any_settings(self) -> None:
        bonds = [act for act in self.acts if act.one]
        if bonds:
            one, other, groups = bonds[-1].one, bonds[-1].other, self.groups()
            if other:
                assert not any(g & one and g & other for g in groups)
            else:
                here = one & set().union(*groups)
                assert not here or any(here <= g for g in groups)

    def undoing_everything_restores_the_beginning(self) -> None:
        for name, data in self.away.items():
            (self.folder / "photos" / name).write_bytes(data)
        self.rebuild({})
        for _ in self.acts:
            review.undo(self.store)
        assert self.groups() == self.first


def shown(sighting: Sighting) -> Shown:
    return (sighting.photo, tuple(round(v) for v in sighting.box))


def test_random_histories(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(batch.regroup.__kwdefaults__, "create", fakes.Models().create)
    monkeypatch.setattr(History, "origin", built, raising=False)
    run(
        History,
        settings=tried(
            max_examples=8, stateful_step_count=10, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
