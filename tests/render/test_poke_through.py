"""What lies under other clothes stays under them, whatever the pose."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
MAKEHUMAN = ROOT.parent / "shared" / "data" / "makehuman"
trimesh = pytest.importorskip("trimesh", reason="needs the `render` extra")
spatial = pytest.importorskip("scipy.spatial", reason="needs the `render` extra")

#: The outfits with most layers, and the poses that bend them most.
OUTFITS = (
    ("shirt-tartan", "jeans-blue", "jacket-olive", "boots-black"),
    ("blouse-cream", "skirt-black", "coat-camel", "tights-black"),
    ("dress-dots", "jacket-denim"),
)
POSES = ("walking", "crossed", "seated")
#: Another layer this near outside a point covers it; in a pose cloth may hang off further, metres.
NEAR, FAR = 0.06, 0.3
#: The share of a layer's points that may show: hems slide where a knee or shoulder bends.
MOST = 0.01
STEP = 5


@pytest.fixture(scope="module")
def renderer() -> Iterator[Any]:
    """The renderer's modules, which import each other by plain name."""
    if not (MAKEHUMAN / "base.obj").is_file():
        pytest.skip("no ../shared/data/makehuman here")
    folder = str(ROOT / "pipelines" / "render_samples")
    sys.path.insert(0, folder)
    yield importlib.import_module("items")
    sys.path.remove(folder)


def layers(placed: Any) -> list[Any]:
    """Skin and whole pieces of cloth from the inside out, without trims and what is carried."""
    skin = [p for p in placed.parts if p.look.kind == "skin"]
    cloth = [p for p in placed.whole if p.name != p.item and not p.name.endswith("trim")]
    return skin + [p for p in cloth if not p.name.endswith(("strap", "belt"))]


def covered(inner: Any, over: list[Any], rows: np.ndarray, reach: float) -> np.ndarray:
    """Which points of a layer have a later layer outside them."""
    surface = importlib.import_module("surface")
    points, out = inner.points[rows], surface.normals(inner.points, inner.triangles)[rows]
    starts = np.cumsum([0, *(len(p.points) for p in over)])
    mesh = trimesh.Trimesh(
        np.concatenate([p.points for p in over]),
        np.concatenate([p.triangles + s for p, s in zip(over, starts, strict=False)]),
        process=False,
    )
    places, rays, _ = mesh.ray.intersects_location(points + 1e-4 * out, out, multiple_hits=False)
    found = np.zeros(len(rows), dtype=bool)
    found[rays] = np.linalg.norm(places - points[rays], axis=1) < reach
    return found


def meant_to_hide(placed: Any, k: int) -> np.ndarray:
    """Points of layer ``k`` that are cut away since they lie under others, or just do."""
    layer, *over = layers(placed)[k:]
    rows = np.arange(0, len(layer.points), STEP)
    if layer.item is not None:  # the inside of cloth is painted darker
        rows = rows[layer.tint[rows, 0] > 0.82 * layer.tint[:, 0].max()]
    under = covered(layer, over, rows, NEAR)
    drawn = [p.points for p in placed.parts if p.name == layer.name]
    if layer.item is not None:
        left = np.concatenate(drawn) if drawn else np.full((1, 3), 99.0)
        under |= spatial.cKDTree(left).query(layer.points[rows])[0] > 1e-6
    return rows[under]


@pytest.mark.parametrize("outfit", OUTFITS, ids=lambda o: o[-1])
def test_no_layer_pokes_through_the_next(renderer: Any, outfit: tuple[str, ...]) -> None:
    people, postures, body = (
        importlib.import_module(name) for name in ("people", "postures", "body")
    )
    data, worn = body.MakeHuman(MAKEHUMAN), renderer.garments(outfit)
    rest = people.stand(data, renderer.OWNER, worn, {})
    rows = [meant_to_hide(rest, k) for k in range(len(layers(rest)) - 1)]
    assert sum(len(r) for r in rows) > 1000
    for pose in POSES:
        posed = layers(people.stand(data, renderer.OWNER, worn, postures.bend(data, pose)))
        for k, hiding in enumerate(rows):
            shows = ~covered(posed[k], posed[k + 1 :], hiding, FAR)
            share = shows.sum() / (len(posed[k].points) / STEP)
            assert share <= MOST, f"{pose}: {share:.1%} of {posed[k].name} shows through"
