"""Training frames: the same for the same seed, sound truth, and nobody of the sample library."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wardrobe import truth

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
pytest.importorskip("trimesh", reason="needs the `render` extra")
pytest.importorskip("embreex", reason="needs the `render` extra")


@pytest.fixture(scope="module")
def fastroute() -> Iterator[Any]:
    """The renderer's modules, which import each other by plain name."""
    if not (SHARED / "data" / "makehuman" / "base.obj").is_file():
        pytest.skip("no ../shared/data/makehuman here")
    folder = str(ROOT / "pipelines" / "render_samples")
    sys.path.insert(0, folder)
    yield importlib.import_module("fastroute")
    sys.path.remove(folder)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def frames(fastroute: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five frames of one person in two outfits, made by one worker."""
    out = tmp_path_factory.mktemp("frames")
    fastroute.run(out, SHARED, 5, 3, 1, False)
    return out


def test_truth_is_sound(frames: Path) -> None:
    library = truth.load(frames)
    assert truth.problems(library) == []
    assert len(library.photos) == 5
    for photo in library.photos.values():
        assert photo.enters or photo.view in ("feet", "legs")
        shown = [g for g in photo.garments if g.mask().sum() > 300]
        assert shown, f"{photo.file} shows no clothes"


def test_garments_recur(frames: Path) -> None:
    photos = list(truth.load(frames).photos.values())[:4]
    seen = [{g.item for g in photo.garments} for photo in photos]
    assert set.union(*(a & b for a in seen for b in seen if a is not b))


def test_nobody_of_the_sample_library(frames: Path, fastroute: Any) -> None:
    ours, sample = truth.load(frames), truth.load(ROOT / "sample_photos")
    assert not set(ours.items) & set(sample.items)
    assert not set(ours.people) & set(sample.people)
    shop, items = importlib.import_module("shop"), importlib.import_module("items")
    identity = importlib.import_module("identities").identity
    recipes = {shop._recipe(g) for g in items.EVERYTHING.values()}
    for number in range(3):
        assert not recipes & {shop._recipe(g) for g in identity(3, number).wardrobe}


def test_other_seeds_are_other_people(fastroute: Any) -> None:
    identity = importlib.import_module("identities").identity
    one, other = identity(3, 0), identity(4, 0)
    assert one.person.name != other.person.name
    assert not {g.id for g in one.wardrobe} & {g.id for g in other.wardrobe}


def test_two_workers_make_the_same(frames: Path, fastroute: Any, tmp_path: Path) -> None:
    fastroute.run(tmp_path, SHARED, 5, 3, 2, False)
    assert files(tmp_path) == files(frames)


def test_goes_on_where_it_was_cut_off(frames: Path, fastroute: Any, tmp_path: Path) -> None:
    shutil.copytree(frames, tmp_path, dirs_exist_ok=True)
    rows = tmp_path / "truth" / "photos.jsonl"
    rows.write_text(rows.read_text()[:-40])  # while it wrote the last one
    first = min(tmp_path.glob("*.jpg"))
    first.touch()
    before = first.stat().st_mtime_ns
    fastroute.run(tmp_path, SHARED, 5, 3, 1, False)
    assert files(tmp_path) == files(frames)
    assert first.stat().st_mtime_ns == before, "what was there was rendered again"


def test_pairs_differ_in_one_garment(fastroute: Any, tmp_path: Path) -> None:
    fastroute.run(tmp_path, SHARED, 1, 5, 1, True)
    library = truth.load(tmp_path)
    assert truth.problems(library) == []
    a, b = (library.photos[name] for name in sorted(library.photos))
    assert (a.file[:-6], a.file[-6:], b.file[-6:]) == (b.file[:-6], "-a.jpg", "-b.jpg")
    assert (a.view, a.light, a.place, a.size) == (b.view, b.light, b.place, b.size)
    here, there = ({g.item: g for g in photo.garments} for photo in (a, b))
    assert len(set(here) - set(there)) == len(set(there) - set(here)) == 1
    np.testing.assert_allclose(a.people[0].joints[:, :2], b.people[0].joints[:, :2], atol=0.11)
    images = importlib.import_module("PIL.Image")
    one, two = (np.asarray(images.open(tmp_path / p.file)).astype(int) for p in (a, b))
    rows, columns = np.nonzero(~(_worn(a) | _worn(b)))
    far = np.abs(one - two).max(-1)[rows, columns]
    assert np.median(far) <= 2  # only shadows differ there


def _worn(photo: truth.TruePhoto) -> np.ndarray:
    return np.any([g.mask() for g in photo.garments], axis=0)
