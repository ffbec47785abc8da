"""The batch job with drawn people and counted models: resuming, isolation, the funnel."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import fakes
import pytest
from PIL import Image as Pillow

from wardrobe import batch, closet, config, images, weights
from wardrobe.errors import ConfigError, ModelError, StoreError
from wardrobe.store import Store

RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    fakes.write_photos(tmp_path / "photos", [RED, GREEN, None, RED, BLUE, GREEN, RED])
    return tmp_path / "photos"


def build(photos: Path, models: fakes.Models, **options: Any) -> batch.Report:
    return batch.build(photos, photos.parent / "out", create=models.create, **options)


def worn(report: batch.Report) -> dict[str, set[str]]:
    """Item name -> its photos."""
    return {e.item.name: {s.photo for s in e.sightings} for e in report.catalogue.entries}


def test_same_garments_become_one_item_and_the_funnel_adds_up(photos: Path) -> None:
    report = build(photos, fakes.Models())
    found = worn(report)
    assert found["Red t-shirt"] == {"000.jpg", "003.jpg", "006.jpg"}
    assert found["Green t-shirt"] == {"001.jpg", "005.jpg"}
    assert found["Blue t-shirt"] == {"004.jpg"}
    f = report.catalogue.funnel
    assert (f.seen, f.kept, f.left_out, f.failures) == (7, 6, {"no person": 1}, 0)
    assert f.seen == f.kept + sum(f.left_out.values()) + f.failures
    assert f.items == len(report.catalogue.entries) == 4
    red = next(e for e in report.catalogue.entries if e.item.name == "Red t-shirt")
    assert (red.first_seen, red.last_seen, red.worn_count) == (
        date(2026, 5, 1),
        date(2026, 5, 7),
        3,
    )


def test_a_second_run_computes_nothing_and_loads_no_model(photos: Path) -> None:
    first = build(photos, fakes.Models())
    again = fakes.Models()
    second = build(photos, again)
    assert not again.calls
    assert not again.loaded
    assert second.computed == 0
    assert second.catalogue == first.catalogue


def test_a_new_photo_costs_one_photo(photos: Path) -> None:
    build(photos, fakes.Models())
    Pillow.fromarray(fakes.draw(GREEN, seed=99)).save(photos / "new.jpg", quality=95)
    models = fakes.Models()
    report = build(photos, models)
    assert models.calls == {"pose": 1, "segment": 1, "embed": 2, "classify": 2}
    assert "new.jpg" in worn(report)["Green t-shirt"]


def test_what_readers_load_is_what_the_run_made(photos: Path) -> None:
    report = build(photos, fakes.Models())
    store = Store(photos.parent / "out", create=False)
    loaded = closet.load(store, pictures=False)
    assert loaded == report.catalogue
    with_pictures = closet.load(store)
    assert all(e.thumbnail for e in with_pictures.entries)
    assert all(s.preview for e in with_pictures.entries for s in e.sightings)


def test_the_order_of_photos_does_not_matter(photos: Path) -> None:
    first = worn(build(photos, fakes.Models()))
    for i, name in enumerate(["005", "003", "000", "006", "001", "004", "002"]):
        (photos / f"{name}.jpg").rename(photos / f"{chr(97 + i)}-{name}.jpg")
    shutil.rmtree(photos.parent / "out")
    renamed = worn(build(photos, fakes.Models()))
    assert {n: {p[2:] for p in ps} for n, ps in renamed.items()} == first


def test_moving_a_slider_asks_no_model(photos: Path) -> None:
    build(photos, fakes.Models())
    models = fakes.Models()
    settings = config.load(overrides={"segment.min_score": "0.95"})
    report = build(photos, models, settings=settings)
    assert not models.calls
    assert report.catalogue.funnel.left_out == {"no person": 1, "no garment found": 6}
    assert report.catalogue.funnel.left_out_garments == {"unsure": 12}


def test_a_copy_counts_once_and_a_resaved_picture_is_not_another_wearing(photos: Path) -> None:
    shutil.copy(photos / "004.jpg", photos / "copy.jpg")
    for name, quality in (("undated.jpg", 95), ("resaved.jpg", 40)):
        Pillow.open(photos / "004.jpg").save(photos / name, quality=quality)  # no EXIF: no date
    report = build(photos, fakes.Models())
    assert report.catalogue.funnel.left_out["exact copy"] == 1
    blue = next(e for e in report.catalogue.entries if e.item.name == "Blue t-shirt")
    assert {s.photo for s in blue.sightings} == {"004.jpg", "undated.jpg", "resaved.jpg"}
    assert blue.worn_count == 1
    assert (
        "copy.jpg",
        "The same file as 004.jpg, byte by byte.",
    ) in report.catalogue.funnel.left_out_photos


def test_bad_files_get_a_row_and_end_nothing(photos: Path) -> None:
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "text.jpg").write_text("not a picture")
    (photos / "torn.jpg").write_bytes((photos / "000.jpg").read_bytes()[:1500])
    os.symlink(photos / "nowhere.jpg", photos / "dangling.jpg")
    report = build(photos, fakes.Models())
    f = report.catalogue.funnel
    assert (f.left_out["empty"], f.left_out["not an image"], f.left_out["truncated"]) == (1, 1, 1)
    assert f.failures == 1
    assert f.seen == f.kept + sum(f.left_out.values()) + f.failures == 11
    rows = Store(photos.parent / "out").derived("photo")
    assert rows["dangling.jpg"]["outcome"] == "failed"
    assert all(rows[p]["message"] for p in ("empty.jpg", "text.jpg", "torn.jpg", "dangling.jpg"))
    assert f.items == 4


def test_a_photo_that_changes_between_runs_is_looked_at_again(photos: Path) -> None:
    build(photos, fakes.Models())
    Pillow.fromarray(fakes.draw(GREEN, seed=7)).save(photos / "004.jpg", quality=95)
    os.utime(photos / "004.jpg", ns=(1, 1))
    report = build(photos, fakes.Models())
    assert "Blue t-shirt" not in worn(report)
    assert "004.jpg" in worn(report)["Green t-shirt"]


def test_a_photo_taken_away_takes_its_garments_along(photos: Path) -> None:
    build(photos, fakes.Models())
    (photos / "004.jpg").unlink()
    models = fakes.Models()
    assert "Blue t-shirt" not in worn(build(photos, models))
    assert not models.calls


def test_photos_are_never_touched(photos: Path) -> None:
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in photos.iterdir()}
    build(photos, fakes.Models())
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in photos.iterdir()} == before


def test_a_fault_of_a_model_is_tried_again_and_loses_nothing(photos: Path) -> None:
    models = fakes.Models()
    models.trouble["embed"] = RuntimeError("flaky driver")
    report = build(photos, models)
    assert report.catalogue.funnel.failures == 6
    assert report.catalogue.funnel.items == 0
    healed = fakes.Models()
    assert build(photos, healed).catalogue.funnel.items == 4
    assert set(healed.calls) == {"embed"}


def test_a_missing_model_stops_the_run_with_its_sentence(photos: Path) -> None:
    models = fakes.Models()
    models.trouble["segment"] = ModelError("segment-small is not on this machine.")
    with pytest.raises(ModelError, match="segment-small"):
        build(photos, models)
    assert build(photos, fakes.Models()).catalogue.funnel.items == 4


@pytest.mark.parametrize("stage", ["photo", "pose", "segment", "embed", "classify", "cluster"])
def test_until_stops_there_and_a_full_run_goes_on(photos: Path, stage: str) -> None:
    models = fakes.Models()
    report = build(photos, models, until=stage)
    reached = {"photo": 0, "pose": 1, "segment": 2, "embed": 3, "classify": 4, "cluster": 4}[stage]
    asked = [{"pose"}, {"segment", "amodal"}, {"embed"}, {"classify"}]
    assert set(models.calls) == set().union(*asked[:reached])
    assert bool(report.catalogue.entries) == (stage == "cluster")
    assert build(photos, fakes.Models()).catalogue.funnel.items == 4


def test_limit_looks_at_the_first_photos_only(photos: Path) -> None:
    models = fakes.Models()
    assert build(photos, models, limit=2).catalogue.funnel.seen == 2
    assert models.calls["pose"] == 2


def test_a_plan_writes_nothing(photos: Path) -> None:
    planned = batch.plan(photos, photos.parent / "out")
    assert (planned.seen, planned.kept) == (7, 0)
    assert not (photos.parent / "out").exists()
    build(photos, fakes.Models())
    assert batch.plan(photos, photos.parent / "out").kept == 7


def test_two_runs_at_once_the_second_is_told(photos: Path) -> None:
    with Store(photos.parent / "out").writing(), pytest.raises(StoreError, match="busy"):
        build(photos, fakes.Models())


def test_the_photo_folder_is_never_the_store(photos: Path) -> None:
    with pytest.raises(ConfigError, match="untouched"):
        batch.build(photos, photos, create=fakes.Models().create)
    with pytest.raises(ConfigError, match="not a folder"):
        batch.build(photos / "000.jpg", photos.parent / "out", create=fakes.Models().create)


def test_a_store_inside_the_photo_folder_is_not_searched(photos: Path) -> None:
    batch.build(photos, photos / "closet", create=fakes.Models().create)
    again = batch.build(photos, photos / "closet", create=fakes.Models().create)
    assert again.catalogue.funnel.seen == 7


def test_explain_tells_every_stage_and_where_it_stopped(photos: Path) -> None:
    build(photos, fakes.Models())
    store = Store(photos.parent / "out")
    kept = closet.trace(closet.explain("000.jpg", store))
    stages = [s["stage"] for s in kept["steps"]]
    assert stages[:4] == ["photo", "pose", "segment", "garments"]
    assert stages.count("embed") == stages.count("classify") == 2
    assert kept["end"] == "kept, 2 garment(s)"
    assert all(
        s["model"] for s in kept["steps"] if s["stage"] in ("pose", "segment", "embed", "classify")
    )
    empty = closet.trace(closet.explain(str(photos / "002.jpg"), store))
    assert empty["end"] == "left out: no person"
    assert "nobody" in empty["steps"][1]["came_out"]
    with pytest.raises(ConfigError, match="no such photo"):
        closet.explain("900.jpg", store)


def test_where_a_photo_was_taken_reaches_no_output(photos: Path) -> None:
    exif = Pillow.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 29.123), 3: "E", 4: (2.0, 17.0, 40.2)}
    Pillow.fromarray(fakes.draw(BLUE, seed=50)).save(photos / "gps.jpg", quality=95, exif=exif)
    assert b"29.123" not in (photos / "000.jpg").read_bytes()
    report = build(photos, fakes.Models())
    assert any("gps.jpg" in ps for ps in worn(report).values())
    written = b"".join(p.read_bytes() for p in (photos.parent / "out").rglob("*") if p.is_file())
    assert b"29.123" not in written
    assert b"GPS" not in written
    text = json.dumps(closet.trace(closet.explain("gps.jpg", Store(photos.parent / "out"))))
    assert "gps" not in text.replace("gps.jpg", "").lower()


def test_other_settings_make_another_wardrobe_in_the_same_store(photos: Path) -> None:
    loose = config.load(overrides={"cluster.same_cosine": "0.1", "cluster.max_colour": "300"})
    assert build(photos, fakes.Models(), settings=loose).catalogue.funnel.items < 4
    assert build(photos, fakes.Models()).catalogue.funnel.items == 4


def test_a_garment_too_hidden_stays_by_itself(photos: Path) -> None:
    strict = config.load(overrides={"embed.min_visibility": "0.99"})
    assert build(photos, fakes.Models(), settings=strict).catalogue.funnel.items == 12


def test_settings_survive_the_store(photos: Path) -> None:
    settings = replace_batch(config.load(), 3)
    build(photos, fakes.Models(), settings=settings)
    used = settings.model_copy(update={"cluster": batch.calibrated(settings)})
    assert closet.last_run(Store(photos.parent / "out"))[1] == used


def replace_batch(settings: config.Settings, size: int) -> config.Settings:
    return settings.model_copy(update={"run": settings.run.model_copy(update={"batch": size})})


def test_sightings_lie_in_the_full_photo(photos: Path) -> None:
    big = Pillow.fromarray(fakes.draw((250, 160, 20), seed=3)).resize(
        (2400, 3200), Pillow.Resampling.NEAREST
    )
    big.save(photos / "big.jpg", quality=90)
    report = build(photos, fakes.Models())
    top = next(
        s
        for e in report.catalogue.entries
        if e.item.category == "tops"
        for s in e.sightings
        if s.photo == "big.jpg"
    )
    assert top.box == pytest.approx([10 * v for v in fakes.TOP], abs=25)
    assert replace(top).outline_frac is not None


def test_selfies_say_whose_photos_enter(photos: Path, tmp_path: Path) -> None:
    (selfie,) = fakes.write_photos(tmp_path / "selfies", [RED])
    report = build(photos, fakes.Models(), owner=[selfie])
    assert report.catalogue.funnel.left_out == {"no person": 1, "not the owner": 3}
    assert "Green t-shirt" not in worn(report)
    assert "(face)" in str(closet.trace(closet.explain("001.jpg", Store(photos.parent / "out"))))


def test_grouping_anew_keeps_the_bar_that_the_embedder_was_calibrated_for(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, embedder = weights.find, config.Settings().embed.model
    stricter = replace(find(embedder), same_cosine=0.91)
    monkeypatch.setattr(weights, "find", lambda name: stricter if name == embedder else find(name))
    build(photos, fakes.Models())
    (run,) = Store(photos.parent / "out", create=False).runs()
    recorded = config.Settings.model_validate(run["settings"])
    assert batch.calibrated(recorded) == batch.calibrated(config.Settings())
    assert batch.calibrated(recorded).same_cosine == 0.91


def test_the_next_batch_is_decoded_meanwhile_and_nothing_twice(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "torn.jpg").write_bytes((photos / "000.jpg").read_bytes()[:900])
    read: list[tuple[str, str]] = []
    plain = images.read

    def noted(file: Path, **options: Any) -> images.Picture:
        read.append((file.name, threading.current_thread().name))
        return plain(file, **options)

    monkeypatch.setattr(images, "read", noted)
    small = build(
        photos, fakes.Models(), settings=replace_batch(config.load(), 2), until="classify"
    )
    assert sorted(name for name, _ in read) == sorted(p.name for p in photos.iterdir())
    assert all(thread.startswith("decode") for _, thread in read)
    read.clear()
    shutil.rmtree(photos.parent / "out")
    whole = build(
        photos, fakes.Models(), settings=replace_batch(config.load(), 64), until="classify"
    )
    assert whole.catalogue == small.catalogue
    read.clear()
    build(photos, fakes.Models(), settings=replace_batch(config.load(), 2), until="classify")
    assert not read  # what is known is not decoded for nothing


def test_answers_are_the_same_bytes_whatever_the_batch(photos: Path) -> None:
    """Alone, together, and with the next batch decoded meanwhile."""
    kept = []
    for size in (1, 3, 64):
        out = photos.parent / f"out{size}"
        settings = replace_batch(config.load(), size)
        batch.build(photos, out, settings, create=fakes.Models().create)
        with sqlite3.connect(out / "catalogue.db") as db:
            kept.append(
                db.execute("select key, value, failure from result order by key").fetchall()
            )
    assert kept[0] == kept[1] == kept[2]
    assert len(kept[0]) > 20
