"""Outfits over a store: saved by place, not by id; suggestions that vary and learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fakes
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from wardrobe import backends, batch, cli, closet, gallery, images, outfits, usage
from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError
from wardrobe.store import Store

TOPS = [(200, 40, 40), (40, 160, 60), (230, 200, 40), (120, 40, 160)]


class ByRedness:
    """A matcher for tests: pairs of vectors that are alike go together."""

    def __call__(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        return (a * b).sum(axis=1).astype(np.float32)


def create(stage: str, name: str, device: str) -> Any:
    return ByRedness() if stage == "outfit" else fakes.Models().create(stage, name, device)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fakes.write_photos(tmp_path / "photos", [*TOPS, TOPS[0]])
    batch.build(tmp_path / "photos", tmp_path / "out", create=create)
    return Store(tmp_path / "out", create=False)


def entries(store: Store) -> list[Entry]:
    return list(closet.load(store, pictures=False).entries)


def pair(store: Store, n: int = 0) -> list[Entry]:
    found = entries(store)
    tops = [e for e in found if e.item.category == "tops"]
    return [tops[n], next(e for e in found if e.item.category == "bottoms")]


def names(store: Store) -> list[str]:
    return [o.name for o in outfits.saved(store)]


def test_save_list_rename_delete(store: Store) -> None:
    first = outfits.save(store, pair(store)[::-1], "Sunday")
    assert first.pieces == tuple(e.item.id for e in pair(store))  # the top comes first
    assert outfits.save(store, pair(store, 1)).name == "Outfit 1"
    assert outfits.save(store, pair(store, 2)).name == "Outfit 2"
    outfits.delete(store, "Outfit 1")
    outfits.rename(store, "Sunday", "Outfit 1")
    assert names(store) == ["Outfit 1", "Outfit 2"]
    assert outfits.save(store, pair(store)).name == "Outfit 3"
    assert len(store.own("outfit")) == 6  # nothing is ever taken back


def test_what_cannot_be_saved_is_refused(store: Store) -> None:
    top, bottom = pair(store)
    outfits.save(store, [top, bottom], "Sunday")
    for items, name, why in (
        ([top], "", "two or more different items"),
        ([top, top], "", "two or more different items"),
        ([top, pair(store, 1)[0]], "", "room for one top only"),
        ([top, bottom], "Sunday", "is taken"),
        ([top, bottom], "  ", "is empty"),
    ):
        with pytest.raises(ConfigError, match=why):
            outfits.save(store, items, name)
    with pytest.raises(ConfigError, match="Saved are: Sunday"):
        outfits.delete(store, "Monday")
    with pytest.raises(ConfigError, match="is taken"):
        outfits.rename(store, "Sunday", "Sunday")
    assert names(store) == ["Sunday"]


def test_an_outfit_outlives_ids_and_misses_what_is_gone(store: Store, tmp_path: Path) -> None:
    made = outfits.save(store, pair(store), "Sunday")
    old = store.derived("garment")

    def regroup(keep: bool) -> None:
        rows = {f"new{g}": row | {"item": f"i{row['item']}"} for g, row in old.items()}
        kept = {g: r for g, r in rows.items() if keep or r["anchor"]["category"] == "bottoms"}
        run = store.begin("photos", "{}")
        store.finish(run, {"photo": {}, "garment": kept, "item": {}}, {})

    regroup(keep=True)
    (again,) = outfits.saved(store)
    assert again.pieces == tuple(f"i{i}" for i in made.pieces)
    regroup(keep=False)
    (left,) = outfits.saved(store)
    assert left.missing == 1
    assert left.pieces == (f"i{made.pieces[1]}",)


def test_suggestions_fit_the_slots_and_hold_what_is_fixed(store: Store) -> None:
    found = entries(store)
    ideas = outfits.suggest(store, found, count=50, seed=1, create=create)
    assert len(ideas) == 4  # four tops, one pair of trousers
    assert all([e.item.category for e in idea.pieces] == ["tops", "bottoms"] for idea in ideas)
    top = pair(store, 2)[0]
    (only,) = outfits.suggest(store, found, [top], count=5, seed=1, create=create)
    assert top in only.pieces
    with pytest.raises(ConfigError, match="room for one top"):
        outfits.suggest(store, found, [top, pair(store, 1)[0]], create=create)
    assert outfits.suggest(store, [top], create=create) == []


def test_an_item_of_which_nothing_is_known_any_more_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, (top, _) = entries(store), pair(store)
    known = closet.vectors(store)
    monkeypatch.setattr(
        outfits.closet, "vectors", lambda _: {i: v for i, v in known.items() if i != top.item.id}
    )
    ideas = outfits.suggest(store, found, count=50, create=create)
    assert ideas
    assert all(top not in idea.pieces for idea in ideas)
    with pytest.raises(ConfigError, match=top.item.name):
        outfits.suggest(store, found, [top], create=create)


def test_equal_seeds_suggest_alike_and_the_score_sorts(store: Store) -> None:
    found = entries(store)
    one, two = (outfits.suggest(store, found, count=9, seed=4, create=create) for _ in range(2))
    assert one == two
    best = max(one, key=lambda s: s.compatibility or 0)
    assert one[0] in sorted(one, key=lambda s: -(s.compatibility or 0))[:2]
    assert best.compatibility is not None
    assert 0 < best.compatibility < 1


def test_a_saved_pair_is_suggested_sooner(store: Store) -> None:
    found = entries(store)

    def place(seed: int, top: Entry) -> int:
        ideas = outfits.suggest(store, found, count=9, seed=seed, create=create)
        return next(n for n, idea in enumerate(ideas) if top in idea.pieces)

    last = outfits.suggest(store, found, count=9, seed=0, create=create)[-1].pieces[0]
    before = sum(place(seed, last) for seed in range(5))
    for n in range(3):
        outfits.save(store, [last, pair(store)[1]], f"again {n}")
    assert sum(place(seed, last) for seed in range(5)) < before


def test_what_was_worn_together_goes_together_the_more_the_oftener(store: Store) -> None:
    """The red top was worn on two days with the trousers, the others on one."""
    found = entries(store)
    red = next(e for e in found if e.worn_count == 2 and e.item.category == "tops")
    green = next(e for e in found if e.worn_count == 1 and e.item.category == "tops")
    legs = next(e for e in found if e.item.category == "bottoms")
    habits = outfits._habits(store, found)
    often, once = (habits[frozenset((e.item.id, legs.item.id))] for e in (red, green))
    assert often > once > 0
    assert frozenset((red.item.id, green.item.id)) not in habits


def test_suggestions_vary_before_they_repeat_a_favourite(store: Store) -> None:
    tops = [e for e in entries(store) if e.item.category == "tops"]
    shoes = ["s1", "s2", "s3"]
    scores = {
        (top.item.id, shoe): (1.0 - 0.1 * t - 0.01 * n, [top])
        for t, top in enumerate(tops[:3])
        for n, shoe in enumerate(shoes)
    }
    shown = [o[0].item.id for o in outfits._varied(scores, set(), 9)]
    assert shown[:3] == [t.item.id for t in tops[:3]]  # the best three would all be one top
    assert len(shown) == 9
    kept = [o[0].item.id for o in outfits._varied(scores, {tops[0].item.id}, 3)]
    assert kept == [tops[0].item.id] * 3  # what is worn anyway is no repetition


run_cli = CliRunner()


def data(*args: object) -> Any:
    done = run_cli.invoke(cli.app, [*map(str, args), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_verbs_and_what_they_note(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "create", create)
    monkeypatch.setattr(outfits.match, "__defaults__", (create,))
    monkeypatch.setitem(outfits.suggest.__kwdefaults__, "create", create)
    out = ("--out", store.root)
    top, bottom = pair(store)
    (made,) = data("outfit", "new", top.item.id[:8], bottom.item.id, *out, "--name", "Sunday")
    assert made["slots"] == {top.item.id: "top", bottom.item.id: "bottom"}
    assert data("outfit", "list", *out) == [made]
    board = run_cli.invoke(cli.app, ["outfit", "board", "Sunday", "--out", str(store.root)])
    picture = images.decode(Path(board.stdout.strip()).read_bytes())
    assert picture.shape == (1350, 1080, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 2
    ideas = data("suggest", *out, "--seed", 1)
    assert set(ideas[0]) == {"pieces", "compatibility"}
    said = run_cli.invoke(cli.app, ["suggest", "--out", str(store.root), "--seed", "1"]).stdout
    assert "0." not in said  # the score stays in --json
    found = data("search", "red", *out, "--category", "tops", "--facets")
    assert ["Red" in i["name"] for i in found["items"]] == [True]
    assert found["facets"]["category"] == {"tops": 1}
    assert run_cli.invoke(
        cli.app, ["search", "--colour", "mauve", "--out", str(store.root)]
    ).exception
    run_cli.invoke(cli.app, ["outfit", "rename", "Sunday", "Monday", "--out", str(store.root)])
    run_cli.invoke(cli.app, ["outfit", "delete", "Monday", "--out", str(store.root)])
    assert data("outfit", "list", *out) == []
    noted = [row.kind for row in store.own("event") if row.kind != gallery.MADE]
    assert noted == ["outfit created", "outfit saved", "outfit shared", "visit", "visit", "search"]
    measures = {m["name"]: m for m in data("metrics", *out)["measures"]}
    assert measures["visits with an outfit action"]["value"] == 1.0
    assert data("metrics", *out, "--off")["noting"] is False
    assert not usage.counting(store)
