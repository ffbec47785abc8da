"""Libraries on a local Ray cluster come out as on one machine, though a worker is killed midway."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakes
import pytest
from conftest import ROOT

from wardrobe import batch, closet
from wardrobe.config import Settings
from wardrobe.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # mortal, here as on the workers
distributed = pytest.importorskip("distributed", reason="pipelines/ is not on the path")
RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)
LIBRARIES = {"anna": [RED, GREEN, None, RED, BLUE], "ben": [GREEN, GREEN, RED], "empty": []}


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("libraries")
    for name, tops in LIBRARIES.items():
        fakes.write_photos(root / name, tops)
    (root / "ben" / "torn.jpg").write_bytes(b"\xff\xd8 no more")
    return root


@pytest.fixture(scope="module")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed") / "pid"


@pytest.fixture(scope="module")
def cluster(marker: Path) -> Iterator[Any]:
    ray = pytest.importorskip("ray", reason="needs the extra wardrobe[distributed]")
    paths = [ROOT, ROOT / "tests", ROOT / "pipelines", ROOT / "tests" / "distributed"]
    env = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "MORTAL_MARKER": str(marker)}
    os.environ.setdefault("RAY_worker_niceness", "0")  # else its workers wait for everybody
    ray.init(
        num_cpus=4, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": env}
    )
    yield ray
    ray.shutdown()


def contents(out: Path) -> Any:
    store = Store(out, create=False)
    loaded = closet.load(store)
    return loaded.entries, loaded.funnel, [store.derived(t) for t in ("photo", "garment", "item")]


@pytest.mark.slow  # 40 s and more on two busy cores, most of it Ray's own start
def test_the_same_wardrobes_as_on_one_machine_with_a_worker_killed_midway(
    cluster: Any, libraries: Path, marker: Path, tmp_path: Path
) -> None:
    rows = distributed.run(
        libraries, tmp_path / "many", Settings(), workers=2, size=2, create="mortal:create"
    )
    assert marker.exists()  # a worker did die
    assert [r["library"] for r in rows] == ["anna", "ben", "empty"]
    for row in rows:
        name = row["library"]
        alone = batch.build(libraries / name, tmp_path / "one" / name, create=fakes.Models().create)
        assert row["photos"] == alone.catalogue.funnel.seen
        assert contents(tmp_path / "many" / name) == contents(tmp_path / "one" / name)
        # Only grouping and thumbnails were left to the build; the torn photo is remembered too.
        assert row["computed"] <= 1 + row["items"]
        assert not (tmp_path / "many" / name / distributed.PARTS).exists()
    # Again: nothing is left to look at, and nothing is computed.
    assert not list(distributed.chunks(libraries, tmp_path / "many", Settings(), 2))
    again = batch.build(
        libraries / "anna", tmp_path / "many" / "anna", create=fakes.Models().create
    )
    assert again.computed == 0


def test_a_killed_job_goes_on_with_the_chunks_that_are_missing(
    libraries: Path, tmp_path: Path
) -> None:
    """Without a cluster: the first two chunks' parts are there, as a kill leaves them."""
    settings = Settings()
    left = list(distributed.chunks(libraries, tmp_path, settings, 2))
    assert [(r["library"], len(r["paths"])) for r in left] == [
        ("anna", 2), ("anna", 2), ("anna", 1), ("ben", 2), ("ben", 2),
    ]  # fmt: skip
    said = settings.model_dump_json(exclude_unset=True)
    for row in left[:2]:
        for until in distributed.STAGES:
            row = distributed.Look(said, until, "mortal:create")(row)
        assert row["results"] == b""
        assert Path(row["part"]).is_file()
    assert list(distributed.chunks(libraries, tmp_path, settings, 2)) == left[2:]
    built = distributed.Build(said, "mortal:create", str(libraries), str(tmp_path))
    assert built({"library": "anna"})["items"] == 4  # the missing chunk is computed by the build
    assert contents(tmp_path / "anna")[1].kept == 4
