"""A person's acts over a store: they hold across runs, settings, lost photos and undoing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import fakes
import pytest
from typer.testing import CliRunner

from wardrobe import batch, cli, closet, config, review
from wardrobe.catalogue import Entry
from wardrobe.errors import ConfigError, StoreError
from wardrobe.store import Store

RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)
run_cli = CliRunner()


@pytest.fixture(autouse=True)
def _fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(batch.regroup.__kwdefaults__, "create", fakes.Models().create)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fakes.write_photos(tmp_path / "photos", [RED, GREEN, None, RED, BLUE])
    return rebuilt(tmp_path)


def rebuilt(folder: Path, **settings: str) -> Store:
    made = config.load(overrides={k.replace("__", "."): v for k, v in settings.items()})
    batch.build(folder / "photos", folder / "out", made, create=fakes.Models().create)
    return Store(folder / "out", create=False)


def item(store: Store, photo: str, category: str = "tops") -> Entry:
    """The item that the photo's garment of that category lies in."""
    (found,) = [
        e
        for e in closet.load(store, pictures=False).entries
        if e.item.category == category and photo in {s.photo for s in e.sightings}
    ]
    return found


def photos(store: Store, photo: str) -> set[str]:
    return {s.photo for s in item(store, photo).sightings}


def test_a_merge_holds_across_runs_and_settings(store: Store, tmp_path: Path) -> None:
    report = review.merge(store, [item(store, "000.jpg"), item(store, "001.jpg")])
    assert report.computed <= 3  # the grouping, the thumbnail, a cut-out of a new cover
    together = {"000.jpg", "001.jpg", "003.jpg"}
    assert photos(store, "001.jpg") == together
    assert photos(rebuilt(tmp_path, cluster__same_cosine="0.99"), "001.jpg") == together
    review.undo(store)
    assert photos(store, "001.jpg") == {"001.jpg"}


def test_an_act_changes_nothing_but_what_was_said(store: Store, tmp_path: Path) -> None:
    """Above all not the threshold: the calibrated one counts until somebody sets another."""
    before = {e.item.garment_ids for e in closet.load(store, pictures=False).entries}
    review.rename(store, item(store, "001.jpg"), "Green")
    assert {e.item.garment_ids for e in closet.load(store, pictures=False).entries} == before
    _, settings = closet.last_run(store)
    assert batch.calibrated(settings) == batch.calibrated(config.load())
    set_ = rebuilt(tmp_path, cluster__same_cosine="0.5", cluster__max_colour="300")
    review.undo(set_)
    _, settings = closet.last_run(set_)
    assert settings.cluster.same_cosine == 0.5


def test_a_split_takes_photos_out_and_both_sides_hold(store: Store, tmp_path: Path) -> None:
    review.split(store, item(store, "000.jpg"), ["003.jpg"])
    assert photos(store, "000.jpg") == {"000.jpg"}
    loose = rebuilt(tmp_path, cluster__same_cosine="0.5", cluster__max_colour="300")
    assert "003.jpg" not in photos(loose, "000.jpg")
    review.undo(loose)
    assert "003.jpg" in photos(loose, "000.jpg")


def test_different_is_never_joined(store: Store, tmp_path: Path) -> None:
    review.differ(store, item(store, "000.jpg"), item(store, "001.jpg"))
    loose = rebuilt(tmp_path, cluster__same_cosine="0.01", cluster__max_colour="300",
                    cluster__far_cosine="-1")  # fmt: skip
    assert "001.jpg" not in photos(loose, "000.jpg")
    assert photos(loose, "004.jpg") & {"000.jpg", "001.jpg"}  # what nobody spoke of does join


def test_names_labels_covers_and_hiding(store: Store, tmp_path: Path) -> None:
    review.rename(store, item(store, "000.jpg"), " My red one ")
    review.label(store, item(store, "000.jpg"), "outerwear/coat")
    review.cover(store, item(store, "000.jpg", "outerwear"), "003.jpg")
    again = rebuilt(tmp_path)
    coat = item(again, "000.jpg", "outerwear")
    assert (coat.item.name, coat.item.type) == ("My red one", "coat")
    assert coat.sightings[0].photo == "003.jpg"
    review.hide(again, coat)
    shown = closet.load(again, pictures=False).entries
    assert all(e.item.id != coat.item.id for e in shown)
    (hidden,) = closet.load(again, pictures=False, hidden=True).entries
    assert hidden.item.id == coat.item.id
    review.undo(again)
    assert item(again, "000.jpg", "outerwear").item.name == "My red one"


def test_what_is_said_of_a_lost_photo_waits_for_it(store: Store, tmp_path: Path) -> None:
    review.rename(store, item(store, "001.jpg"), "Green")
    shutil.move(tmp_path / "photos/001.jpg", tmp_path / "001.jpg")
    gone = rebuilt(tmp_path)
    assert [h.state for h in review.history(gone)] == ["waiting"]
    shutil.move(tmp_path / "001.jpg", tmp_path / "photos/001.jpg")
    back = rebuilt(tmp_path)
    assert [h.state for h in review.history(back)] == ["stands"]
    assert item(back, "001.jpg").item.name == "Green"


def test_the_newest_word_wins_and_the_other_is_shown(store: Store) -> None:
    red, green = item(store, "000.jpg"), item(store, "001.jpg")
    review.merge(store, [red, green])
    review.split(store, item(store, "000.jpg"), ["001.jpg"])
    first, *_ = review.history(store)
    assert (first.state, first.by) == ("overruled", 2)
    flagged = [e.item.flagged for e in closet.load(store, pictures=False).entries]
    assert any(f and "decision 1 contradicts decision 2" in f for f in flagged)
    review.undo(store)
    assert review.history(store)[0].state == "stands"
    assert "001.jpg" in photos(store, "000.jpg")
    review.undo(store, 4)  # the undoing itself
    assert review.history(store)[0].state == "overruled"


def test_acts_work_when_the_photos_are_gone(store: Store, tmp_path: Path) -> None:
    before = closet.load(store, pictures=False)
    shutil.rmtree(tmp_path / "photos")
    review.merge(store, [item(store, "000.jpg"), item(store, "001.jpg")])
    after = closet.load(store, pictures=False)
    assert after.funnel.items == before.funnel.items - 1
    assert after.funnel.left_out == before.funnel.left_out
    assert after.funnel.left_out_photos == before.funnel.left_out_photos


def test_an_act_after_the_models_changed_waits_for_the_next_build(
    store: Store, tmp_path: Path
) -> None:
    before = closet.load(store, pictures=False)
    store._db.execute("delete from result where stage = 'segment'")  # as if of another model
    with pytest.raises(StoreError, match="counts from the next `wardrobe build"):
        review.merge(store, [item(store, "000.jpg"), item(store, "001.jpg")])
    assert closet.load(store, pictures=False) == before
    assert photos(rebuilt(tmp_path), "001.jpg") == {"000.jpg", "001.jpg", "003.jpg"}


def test_nobody_is_asked_about_what_is_hidden(store: Store, tmp_path: Path) -> None:
    loose = rebuilt(tmp_path, cluster__same_cosine="0.999", cluster__ask_cosine="0.3",
                    cluster__max_colour="300")  # fmt: skip
    question = review.questions(loose)[0]
    garments = loose.derived("garment")
    (one,) = [e for e in closet.load(loose).entries if e.item.id == garments[question.a]["item"]]
    review.hide(loose, one)
    assert loose.derived("question")
    assert all(question.a not in (q.a, q.b) for q in review.questions(loose))


def test_an_answer_is_about_the_two_that_were_shown(store: Store, tmp_path: Path) -> None:
    loose = rebuilt(tmp_path, cluster__same_cosine="0.999", cluster__ask_cosine="0.3",
                    cluster__max_colour="300")  # fmt: skip
    first = review.questions(loose)[0]
    for same in (True, False):
        review.answer(loose, first, same=same)
        said = review.history(loose)[-1].decision
        assert (said.kind, len(said.anchors), len(said.others)) == (
            ("same", 2, 0) if same else ("different", 1, 1)
        )
        review.undo(loose)


def test_questions_are_answered_and_skipped(store: Store, tmp_path: Path) -> None:
    loose = rebuilt(tmp_path, cluster__same_cosine="0.999", cluster__ask_cosine="0.3",
                    cluster__max_colour="300")  # fmt: skip
    open_ = review.questions(loose)
    assert open_
    assert [q.gain for q in open_] == sorted((q.gain for q in open_), reverse=True)
    review.skip(loose, open_[0])
    assert review.questions(loose)[-1] == open_[0]
    first = review.questions(loose)[0]
    review.answer(loose, first, same=False)
    assert first not in review.questions(loose)
    second = review.questions(loose)[0]
    garments = loose.derived("garment")
    review.answer(loose, second, same=True)
    garments = loose.derived("garment")
    assert garments[second.a]["item"] == garments[second.b]["item"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["merge", "{a}", "{a}"], "two or more different items"),
        (["merge", "{a}", "zzz"], "no item with an id"),
        (["split", "{a}", "000.jpg", "003.jpg"], "leaves some"),
        (["split", "{a}", "001.jpg"], "no garment of"),
        (["different", "{a}", "{a}"], "one item twice"),
        (["rename", "{a}", " "], "name is empty"),
        (["label", "{a}", "hats"], "choose one of tops"),
        (["label", "{a}", "tops/jeans"], "tops has the types"),
        (["cover", "{a}", "001.jpg"], "no garment of"),
        (["undo"], "nothing to undo"),
        (["undo", "7"], "decision 7 doesn't stand"),
        (["ask", "--answer", "99", "yes"], "yes or no"),
    ],
)
def test_wrong_words_are_said_and_nothing_is_kept(store: Store, args: list[str], why: str) -> None:
    own = item(store, "000.jpg").item.id
    done = run_cli.invoke(cli.app, [a.format(a=own) for a in args] + ["--out", str(store.root)])
    assert isinstance(done.exception, ConfigError)
    assert why in str(done.exception)
    assert store.own("decision") == []


def test_the_verbs(store: Store) -> None:
    out = ["--out", str(store.root)]

    def run(*args: str) -> str:
        done = run_cli.invoke(cli.app, [*args, *out])
        assert done.exit_code == 0, done.output
        return done.stdout

    def data(*args: str) -> Any:
        return json.loads(run(*args, "--json"))

    red, green = item(store, "000.jpg").item.id, item(store, "001.jpg").item.id
    run("merge", red[:6], green)
    one = item(store, "000.jpg").item.id
    run("split", one, "001.jpg")
    run("rename", item(store, "000.jpg").item.id, "Red")
    run("hide", item(store, "004.jpg").item.id)
    assert len(data("items", "--hidden")["items"]) == 1
    run("undo")
    assert data("items", "--hidden")["items"] == []
    listed = data("decisions")
    assert [d["kind"] for d in listed] == ["same", "different", "same", "name", "hide", "undo"]
    assert [d["state"] for d in listed] == [
        "overruled", "stands", "stands", "stands", "undone", "stands",
    ]  # fmt: skip
    assert "overruled by 2" in run("decisions")
    assert isinstance(data("ask"), list)


def test_ask_goes_through_the_questions(store: Store, tmp_path: Path) -> None:
    loose = rebuilt(tmp_path, cluster__same_cosine="0.999", cluster__ask_cosine="0.3",
                    cluster__max_colour="300")  # fmt: skip
    count = len(review.questions(loose))
    done = run_cli.invoke(cli.app, ["ask", "--out", str(loose.root)], input="n\nu\ns\nq\n")
    assert done.exit_code == 0, done.output
    assert len(review.questions(loose)) == count
    kinds = [d.decision.kind for d in review.history(loose)]
    assert kinds == ["different", "undo"]
    assert f"{count} left: are these one garment?" in done.stdout
