"""However many work at a build, what comes out is the same."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import fakes
import pytest
from conftest import ROOT

from wardrobe import batch, config
from wardrobe.batch import Progress
from wardrobe.errors import ModelError

RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)


def settings(workers: int) -> config.Settings:
    return config.load(overrides={"run.workers": str(workers), "run.device": "cpu"})


def remembered(out: Path) -> list[Any]:
    """Every answer in a store, as bytes, and every picture's path, which names its bytes."""
    asked = "select key, stage, model, value, failure, final from result order by key"
    db = sqlite3.connect(out / "catalogue.db")
    rows = db.execute(asked).fetchall()
    db.close()
    return [*rows, *sorted(str(p.relative_to(out)) for p in out.rglob("*.webp"))]


def test_answers_pictures_and_progress_are_the_same(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    fakes.write_photos(photos, [RED, GREEN, None, RED, BLUE, GREEN, RED, BLUE, None, GREEN])
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    stores, progress, reports = [], [], []
    for workers in (1, 2, 5):
        out, told = tmp_path / str(workers), list[Progress]()
        made = fakes.Models().create
        reports.append(batch.build(photos, out, settings(workers), watch=told.append, create=made))
        stores.append(remembered(out))
        progress.append([(p.stage, p.done, p.total) for p in told if p.stage != "thumbnails"])
    assert stores[0] == stores[1] == stores[2]
    assert progress[0] == progress[1] == progress[2]
    assert reports[0].catalogue == reports[1].catalogue == reports[2].catalogue
    assert reports[0].computed == reports[2].computed
    (failed,) = [
        why for name, why in reports[2].catalogue.funnel.left_out_photos if "broken" in name
    ]
    assert "broken.jpg" in failed


def test_the_small_models_say_the_same_bytes(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("IMG_0412", "IMG_0423", "IMG_0424", "IMG_0449"):  # of several shapes
        shutil.copy(ROOT / "sample_photos" / f"{name}.jpg", photos)
    stores = []
    for workers in (1, 3):
        batch.build(photos, tmp_path / str(workers), settings(workers))
        stores.append(remembered(tmp_path / str(workers)))
    assert len(stores[0]) > 40
    assert stores[0] == stores[1]


def test_a_model_that_is_gone_stops_all_and_what_was_done_is_kept(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    fakes.write_photos(photos, [RED, GREEN, BLUE, RED])
    models = fakes.Models()
    models.trouble["segment"] = ModelError("segment-small is gone.")
    with pytest.raises(ModelError, match="is gone"):
        batch.build(photos, tmp_path / "out", settings(3), create=models.create)
    models.trouble.clear()
    models.calls.clear()
    report = batch.build(photos, tmp_path / "out", settings(3), create=models.create)
    assert models.calls["pose"] == 0
    assert report.catalogue.funnel.kept == 4
