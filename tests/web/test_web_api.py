"""The API over a built store: what pages read, what they say, and two of them at once."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import fakes
import numpy as np
import pytest
from asking import BLUE, GREEN, OCHRE, RED, idle, jpeg, listed, said, top, worker
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image as Pillow

from wardrobe import atomic, library, usage
from wardrobe.store import Store
from wardrobe.web.runs import State


def test_the_grid_lists_every_item_once_and_is_not_sent_twice(client: TestClient) -> None:
    answer = client.get("/api/items")
    assert len(answer.json()["items"]) == 4  # three tops, one pair of trousers
    again = client.get("/api/items", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_search_in_words_with_facets_that_count_what_another_choice_would_find(
    client: TestClient,
) -> None:
    found = said(client.get("/api/search", params={"text": "red tshirts", "category": "tops"}))
    assert found["ids"] == [top(client, "red")["id"]]
    both = said(client.get("/api/search", params={"category": "tops"}))
    assert both["facets"]["category"] == {"tops": 3, "bottoms": 1}  # its own choice lifted
    assert "black" not in both["facets"]["colour"]
    assert said(client.get("/api/search", params={"text": "not worn since 2026-05-04"}))["ids"]
    none = said(client.get("/api/search", params={"text": "worn 9 times"}))
    assert none["ids"] == []
    assert none["understood"]["worn_at_least"] == 9
    assert client.get("/api/search", params={"colour": "plaid"}).status_code == 400


def test_an_item_says_all_there_is(client: TestClient) -> None:
    item = top(client, "red")
    assert item["days"] == ["2026-05-01", "2026-05-04"]
    assert [o["photos"] for o in item["worn_with"]] == [2]
    assert {g["photo"] for g in item["garments"]} == {"000.jpg", "003.jpg"}
    g = item["garments"][0]
    for path in (f"/pictures/preview/{g['preview']}", f"/pictures/photo/{g['photo_id']}?px=200",
                 f"/pictures/thumb/{item['thumb']}?px=150", f"/pictures/thumb/{item['thumb']}"):  # fmt: skip
        picture = client.get(path)
        assert picture.status_code == 200
        assert picture.headers["content-type"] == "image/webp"
        assert "immutable" in picture.headers["cache-control"]
    small = Pillow.open(BytesIO(client.get(f"/pictures/thumb/{item['thumb']}?px=150").content))
    assert small.size == (192, 192)


def test_the_mask_lies_where_the_garment_is(client: TestClient) -> None:
    item = top(client, "green")
    picture = client.get(f"/pictures/mask/{item['garments'][0]['id']}")
    alpha = np.asarray(Pillow.open(BytesIO(picture.content)))[..., 3]
    assert alpha.shape == (fakes.H, fakes.W)
    x0, y0, x1, y1 = fakes.TOP
    assert (alpha[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4] > 0).all()
    alpha = alpha.copy()
    alpha[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3] = 0
    assert not alpha.any()


def test_merge_finds_its_way_after_and_undo_takes_it_back(client: TestClient) -> None:
    red, green = top(client, "red"), top(client, "green")
    done = said(
        client.post(
            "/api/merge", json={"items": {red["id"]: red["mark"], green["id"]: green["mark"]}}
        )
    )
    assert len(done["items"]) == 1
    assert len(listed(client)) == 3
    for old in (red, green):  # both addresses lead to the one
        assert client.get(f"/api/items/{old['id']}").json()["id"] == done["items"][0]
    (act,) = client.get("/api/history").json()
    assert (act["kind"], act["state"]) == ("same", "stands")
    said(client.post("/api/undo", json={"number": act["number"]}))
    assert len(listed(client)) == 4
    undo, before = client.get("/api/history").json()
    assert before["state"] == "undone"
    said(client.post("/api/undo", json={"number": undo["number"]}))
    assert len(listed(client)) == 3


def test_name_label_cover_split_hide(client: TestClient) -> None:
    item = top(client, "red")
    path = f"/api/items/{item['id']}"

    def mark() -> str:
        return str(client.get(path).json()["mark"])

    said(client.post(f"{path}/name", json={"mark": mark(), "name": "<b>Rouge</b>"}))
    said(client.post(f"{path}/label", json={"mark": mark(), "category": "dresses/dress"}))
    other = client.get(path).json()["garments"][1]
    said(client.post(f"{path}/cover", json={"mark": mark(), "garment": other["id"]}))
    now = client.get(path).json()
    assert (now["name"], now["category"], now["type"]) == ("<b>Rouge</b>", "dresses", "dress")
    assert now["garments"][0]["id"] == other["id"]
    assert [a["kind"] for a in now["said"]] == ["cover", "label", "name"]
    said(client.post(f"{path}/split", json={"mark": mark(), "garments": [other["id"]]}))
    assert len(listed(client)) == 5
    said(client.post(f"{path}/hide", json={"mark": mark()}))
    assert sum(i["hidden"] for i in listed(client)) == 1
    assert said(client.get("/api/search"))["hidden"] == 1
    assert client.get(path).json()["hidden"] is True
    bad = client.post(f"{path}/label", json={"mark": mark(), "category": "hats"})
    assert (bad.status_code, bad.json()["error"]) == (400, "ConfigError")


def test_of_two_tabs_the_second_is_told_and_nothing_is_lost(client: TestClient) -> None:
    first, second = top(client, "red"), top(client, "red")
    path = f"/api/items/{first['id']}"
    said(client.post(f"{path}/name", json={"mark": first["mark"], "name": "Mine"}))
    late = client.post(f"{path}/name", json={"mark": second["mark"], "name": "No, mine"})
    assert late.status_code == 412
    assert late.json()["more"]["name"] == "Mine"
    assert client.get(path).json()["name"] == "Mine"
    again = {"mark": late.json()["more"]["mark"], "name": "Ours"}
    said(client.post(f"{path}/name", json=again))
    assert [a["text"] for a in client.get("/api/history").json()] == [
        "Named “Ours”",
        "Named “Mine”",
    ]


def test_an_item_merged_away_in_another_tab_says_where_it_is(client: TestClient) -> None:
    items = [top(client, c) for c in ("red", "green", "blue")]
    marks = {i["id"]: i["mark"] for i in items}
    pair = dict(list(marks.items())[:2])
    (home,) = said(client.post("/api/merge", json={"items": pair}))["items"]
    (gone,) = [i for i in pair if i != home]
    late = client.post(f"/api/items/{gone}/hide", json={"mark": marks[gone]})
    assert late.status_code == 412
    assert late.json()["more"]["item"] == home


def test_a_word_said_while_a_run_holds_the_store_is_kept_and_grouped_after(
    client: TestClient, out: Path
) -> None:
    red, green = top(client, "red"), top(client, "green")
    store = Store(out)
    with store.writing():
        done = said(
            client.post(
                "/api/merge", json={"items": {red["id"]: red["mark"], green["id"]: green["mark"]}}
            )
        )
        assert done["waits"] is True
        assert len(listed(client)) == 4
    idle(client)
    assert len(listed(client)) == 3


def test_review_asks_the_most_useful_and_counts(client: TestClient, out: Path) -> None:
    store = Store(out)
    red, green = top(client, "blue")["garments"][0]["id"], top(client, "green")["garments"][0]["id"]
    a, b = sorted((red, green))
    facts = {"a": a, "b": b, "cosine": 0.9, "why": "they look alike", "gain": 1.0}
    store._db.execute("delete from question")
    store._db.execute(
        "insert into question values (?, 0, ?)", [f"{a}:{b}", __import__("json").dumps(facts)]
    )
    asked = said(client.get("/api/review"))
    assert (asked["left"], asked["questions"][0]["why"]) == (1, "they look alike")
    assert [s["garments"][0]["id"] for s in asked["questions"][0]["sides"]] == [a, b]
    said(client.post("/api/review/skip", json={"a": a, "b": b}))
    answer = said(client.post("/api/review/answer", json={"a": b, "b": a, "same": True}))
    assert answer["number"] == 1
    late = client.post("/api/review/answer", json={"a": a, "b": b, "same": False})
    assert late.status_code == 412
    now = said(client.get("/api/review"))
    assert (now["joined"], now["apart"], now["items"]) == (1, 0, 3)


def test_outfits(client: TestClient, out: Path) -> None:
    ids = [
        top(client, "red")["id"],
        next(i["id"] for i in listed(client) if i["category"] == "bottoms"),
    ]
    made = client.post("/api/outfits", json={"items": ids, "name": "Sunday / <i>"})
    assert made.status_code == 201
    assert (
        client.post("/api/outfits", json={"items": ids, "name": "Sunday / <i>"}).status_code == 400
    )
    board = client.get("/api/outfits/board", params={"name": "Sunday / <i>"})
    assert Pillow.open(BytesIO(board.content)).size == (1080, 1350)
    assert client.get("/api/outfits/draft", params={"item": ids}).content == board.content
    said(client.post("/api/outfits/shared", json={"name": "Sunday / <i>"}))
    said(client.post("/api/outfits/rename", json={"name": "Sunday / <i>", "to": "Monday"}))
    (one,) = client.get("/api/outfits").json()
    assert (one["name"], len(one["pieces"])) == ("Monday", 2)
    said(client.post("/api/outfits/delete", json={"name": "Monday"}))
    assert client.get("/api/outfits").json() == []
    two = [top(client, "red")["id"], top(client, "green")["id"]]
    assert "one top only" in client.post("/api/outfits", json={"items": two}).json()["message"]
    kinds = {row.kind for row in Store(out).own("event")}
    assert {"outfit created", "outfit saved", "outfit shared"} <= kinds


def test_an_empty_closet_begins_in_the_browser(empty: TestClient) -> None:
    assert listed(empty) == []
    assert said(empty.get("/api/search"))["ids"] == []
    assert empty.post("/api/runs").status_code == 400
    hostile = "../../<img src=x onerror=alert(1)>.jpg"
    exif = Pillow.Exif()
    exif[0x010E] = "<script>alert(2)</script>"
    kept = said(empty.post("/api/photos", params={"name": hostile}, content=jpeg(RED, exif=exif)))
    assert kept["kept"] == "<img src=x onerror=alert(1)>.jpg"
    said(empty.post("/api/photos", params={"name": "b.jpg"}, content=jpeg(GREEN)))
    assert empty.post("/api/runs").status_code == 202
    state = idle(empty)
    assert (state["now"]["outcome"], state["dropped"]) == ("finished", 2)
    assert len(listed(empty)) == 3
    texts = [empty.get(p).text for p in ("/api/photos", "/api/items", "/api/runs")]
    assert not any("<script>" in text for text in texts)


def test_what_is_no_picture_is_refused_and_leaves_nothing(
    empty: TestClient, tmp_path: Path
) -> None:
    for data in (b"", b"GIF89a", b"<svg onload=alert(1)>", jpeg(RED)[:2000]):
        bad = empty.post("/api/photos", params={"name": "x.jpg"}, content=data)
        assert (bad.status_code, bad.json()["error"]) == (422, "PhotoError")
        assert str(tmp_path) not in bad.text
    assert not list((tmp_path / "new").glob(".coming-*"))
    assert empty.get("/api/runs").json()["dropped"] == 0


def test_dropped_photos_join_the_folder_that_was_built(
    client: TestClient, models: fakes.Models
) -> None:
    seen = models.calls["pose"]
    said(client.post("/api/photos", params={"name": "new.jpg"}, content=jpeg(OCHRE)))
    client.post("/api/runs")
    state = idle(client)
    assert state["funnel"]["seen"] == 6
    assert [f["name"] for f in state["folders"]] == ["photos"]
    assert models.calls["pose"] == seen + 1  # what was known is not computed again
    assert len(listed(client)) == 5


def test_a_folder_is_added_once_and_can_be_taken_out(client: TestClient, tmp_path: Path) -> None:
    fakes.write_photos(tmp_path / "more", [OCHRE])
    added = client.post("/api/folders", json={"path": str(tmp_path / "more")})
    assert added.status_code == 200
    assert idle(client)["funnel"]["seen"] == 6
    assert client.post("/api/folders", json={"path": str(tmp_path / "more")}).status_code == 400
    for bad in ("more", str(tmp_path / "out"), str(tmp_path / "nowhere")):
        assert client.post("/api/folders", json={"path": bad}).status_code == 400
    said(client.delete("/api/folders/more"))
    assert idle(client)["funnel"]["seen"] == 5
    assert (tmp_path / "more" / "000.jpg").is_file()


def test_a_run_is_stopped_and_gone_on_with(
    client: TestClient, tmp_path: Path, models: fakes.Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes.write_photos(tmp_path / "photos", [RED, GREEN, None, RED, BLUE, *[OCHRE] * 20])
    runs = worker(client)
    plain = runs._watch

    def slow(progress: Any) -> None:
        if progress.stage == "photos" and progress.done:
            time.sleep(0.15)
        plain(progress)

    monkeypatch.setattr(runs, "_watch", slow)
    client.post("/api/runs")
    until = time.monotonic() + 240
    while client.get("/api/runs").json()["now"]["stage"] != "photos" and time.monotonic() < until:
        time.sleep(0.02)
    assert client.post("/api/runs/stop").status_code == 202
    state = idle(client)
    if state["now"]["outcome"] == "stopped":  # else it was faster than the stop
        assert state["interrupted"] is True
        assert len(listed(client)) == 4  # the closet of the run before is still there
    monkeypatch.setattr(runs, "_watch", plain)
    client.post("/api/runs")
    assert idle(client)["funnel"]["seen"] == 25


@pytest.mark.parametrize("ends", [True, False])
def test_a_run_that_ends_or_begins_while_the_store_is_read(
    client: TestClient, out: Path, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """ "Idle" always comes with what the last run wrote, and a run that just began isn't one that
    was interrupted."""
    runs = worker(client)
    before: State = "running" if ends else "idle"
    after: State = "idle" if ends else "running"
    rows = Store.runs
    if not ends:
        monkeypatch.setattr(Store, "runs", lambda s: [{**rows(s)[0], "ended_at": None}, *rows(s)])

    def turning(store: Store) -> int:
        runs.now = replace(runs.now, state=after)
        return 0

    runs.now = replace(runs.now, state=before)
    monkeypatch.setattr(library, "dropped", turning)
    state = said(client.get("/api/runs"))
    assert state["now"]["state"] == before
    assert state["interrupted"] is False
    runs.now = replace(runs.now, state="idle")


def test_photos_by_what_became_of_them(client: TestClient) -> None:
    found = said(client.get("/api/photos", params={"outcome": "left out"}))
    assert [(p["photo"], p["message"]) for p in found["photos"]] == [
        ("002.jpg", "Nobody was found in it.")
    ]
    trace = said(client.get("/api/photos/trace", params={"photo": "002.jpg"}))
    assert trace["end"] == "left out: no person"


def test_insights_can_be_turned_off_and_deleted(client: TestClient, out: Path) -> None:
    said(client.post("/api/insights/visit"))
    assert said(client.get("/api/insights"))["events"] == {"visit": 1}
    assert said(client.post("/api/insights/switch", json={"on": False})) == {"counting": False}
    said(client.post("/api/insights/visit"))
    assert said(client.get("/api/insights"))["events"] == {"visit": 1}
    assert (
        client.post("/api/insights/erase", json={"what": "events", "sure": "yes"}).status_code
        == 422
    )
    assert (
        said(client.post("/api/insights/erase", json={"what": "events", "sure": "delete"}))[
            "deleted"
        ]
        == 1
    )
    assert said(client.get("/api/insights"))["events"] == {}
    assert not usage.counting(Store(out))  # what was said of counting is no count


def test_nothing_of_a_picture_stays_that_was_deleted_while_it_was_reduced(
    client: TestClient, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = top(client, "red")["thumb"]
    original = out / "pictures" / digest[:2] / f"{digest[2:]}.webp"
    plain = atomic.write

    def erased(path: Path, data: bytes) -> None:
        plain(path, data)
        if path.parent.name == "96":  # the server warms other sizes meanwhile
            original.unlink()

    monkeypatch.setattr(atomic, "write", erased)
    assert client.get(f"/pictures/thumb/{digest}?px=90").status_code == 404
    assert not (out / "sized" / "96" / f"{digest}.webp").exists()


def test_no_wardrobe_is_deleted_while_a_try_on_is_made(client: TestClient, out: Path) -> None:
    assert isinstance(client.app, FastAPI)
    fitter = client.app.state.fitter
    fitter.now = replace(fitter.now, state="making")
    said = client.post("/api/insights/erase", json={"what": "wardrobe", "sure": "delete"})
    assert said.status_code == 409
    assert "try-on" in said.json()["message"]
    assert list(out.glob("pictures/*/*"))
    fitter.now = replace(fitter.now, state="idle")


def test_the_wardrobe_is_deleted_and_the_photos_are_not(client: TestClient, out: Path) -> None:
    listed(client)
    (out / "mine.txt").write_text("not ours")
    said(client.post("/api/insights/erase", json={"what": "wardrobe", "sure": "delete"}))
    assert listed(client) == []
    assert len(list((out.parent / "photos").iterdir())) == 5
    assert (out / "mine.txt").is_file()
    assert not list(out.glob("pictures/*/*"))
