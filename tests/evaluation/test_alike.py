"""Figures of vectors alone, against worked examples; garments cut from a growing library."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import describers
import garment_features
import likeness
import numpy as np
import osnet
import pytest
import rendered_garments
import torch
from evaluation import alike
from evaluation.table import meaning
from numpy.typing import NDArray

from wardrobe.nets import GarmentNet

RED, BLUE = (200, 40, 40), (40, 40, 200)


def runs(mask: NDArray[np.bool_]) -> dict[str, object]:
    from pycocotools import mask as coco

    code = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": code["size"], "counts": code["counts"].decode()}


def frame(folder: Path, name: str, *worn: tuple[str, tuple[int, int, int], int]) -> None:
    """A photo with a square garment for each (item, colour, left edge), and its line of truth."""
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    image = np.full((80, 120, 3), 128, np.uint8)
    garments = []
    for item, colour, x in worn:
        mask = np.zeros((80, 120), np.bool_)
        mask[20:60, x : x + 30] = True
        image[mask] = colour
        whole = runs(mask)
        garments.append({"item": item, "person": "p1", "category": "tops", "visible": whole,
                         "amodal": whole, "full_px": 1200, "visibility": 1.0})  # fmt: skip
    cv2.imwrite(str(folder / name), image[..., ::-1])
    row = {"file": name, "size": [120, 80], "garments": garments}
    with (folder / "truth" / "photos.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    items = {"items": [{"id": i, "type": "shirt"} for i in ("p1-red", "p1-blue")]}
    (folder / "truth" / "items.json").write_text(json.dumps(items))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "fast"
    frame(folder, "a.png", ("p1-red", RED, 10), ("p1-blue", BLUE, 70))
    frame(folder, "b.png", ("p1-red", RED, 60))
    return folder


def test_a_growing_library_is_cut_out_once_and_its_rows_stay(library: Path, tmp_path: Path) -> None:
    first = rendered_garments.load(library, tmp_path / "runs")
    assert first.item.tolist() == ["p1-red", "p1-blue", "p1-red"]
    assert first.photo.tolist() == ["a.png", "a.png", "b.png"]
    frame(library, "c.png", ("p1-blue", BLUE, 20))
    with (library / "truth" / "photos.jsonl").open("a") as file:
        file.write('{"file": "d.png", "si')  # being written just now
    second = rendered_garments.load(library, tmp_path / "runs")
    assert second.item.tolist() == ["p1-red", "p1-blue", "p1-red", "p1-blue"]
    for row in range(4):
        tile = second.pixels[row]
        colour = np.median(tile[tile[..., 3] > 127][:, :3], axis=0)
        assert np.allclose(colour, RED if "red" in second.item[row] else BLUE, atol=3)


def test_rendered_garments_are_asked_for_in_other_frames(library: Path, tmp_path: Path) -> None:
    frame(library, "c.png", ("p1-blue", BLUE, 20))
    found = alike.of_rendered(library, tmp_path / "runs", {"": describers.by_histogram})
    values = {r.key: (r.value, r.count) for r in found.rows}
    assert values["identity.rendered.recall_at_1"] == (1.0, 4)
    assert values["identity.rendered.auc"] == (1.0, 4)
    for key in values:
        assert meaning(key)


def test_figures_of_pairs() -> None:
    same, other = np.array([0.95, 0.9, 0.8]), np.array([0.86, 0.2, 0.1, 0.0])
    found = likeness.told(0.5, 7, same, other)
    assert found.auc == pytest.approx(11 / 12)  # of twelve comparisons one is lost
    assert (found.same, found.different) == pytest.approx((2 / 3, 1 / 4))
    assert found.above == pytest.approx(2 / 3)
    assert (found.recall, found.asked) == (0.5, 7)


def test_a_lamp_moves_colours_and_leaves_shapes() -> None:
    tiles = np.zeros((2, 160, 160, 4), np.uint8)
    tiles[:, 40:120, 40:120] = (150, 90, 60, 255)

    def by_outline(x: NDArray[np.uint8]) -> NDArray[np.float32]:
        return describers.unit(x[..., 3].reshape(len(x), -1).astype(np.float32))

    assert max(likeness.lamp_shift(by_outline, tiles).values()) == pytest.approx(0, abs=1e-6)
    moved = likeness.lamp_shift(describers.by_histogram, tiles)
    half = likeness.lamp_shift(describers.by_histogram, tiles, 0.3)
    assert moved[2500] > 0.1 > moved[7500]
    assert half[2500] < moved[2500]


def test_strong_views_are_drawn_by_the_garments_own_seed() -> None:
    rng = np.random.default_rng(1)
    tiles = [np.dstack([rng.integers(0, 255, (192, 192, 3)), np.full((192, 192), 255)]).astype(np.uint8)
             for _ in range(2)]  # fmt: skip
    both = likeness.altered(tiles, [0, 0], [4, 5])
    alone = likeness.altered(tiles[1:], [0], [5])
    assert (both.first[1] == alone.first[0]).all()
    assert (both.first[1] != both.second[1]).any()


def test_osnet_has_its_papers_size_and_looks_at_shape_and_colour() -> None:
    torch.manual_seed(0)
    net = osnet.OSNet().eval()
    size = sum(p.numel() for p in net.parameters())
    assert size == pytest.approx(0.2e6, rel=0.02)  # 0.2 M in the paper's table
    with torch.inference_mode():
        assert net(torch.rand(2, 3, 256, 128)).shape == (2, 512)


def test_readings_go_on_where_they_were_left(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = GarmentNet().eval()
    rng = np.random.default_rng(2)
    tiles = rng.integers(1, 255, (5, 192, 192, 4)).astype(np.uint8)
    tiles[..., 3] = 255
    rows, at = np.array([3, 0, 4]), tmp_path / "features" / "x.npy"

    def read() -> NDArray[np.float16]:
        garment_features.read_pass(net, tiles.__getitem__, rows, garment_features.as_seen, (1,), at)
        out: NDArray[np.float16] = np.load(at)
        return out

    whole = read()
    at.with_suffix(".json").write_text('{"done": 2}')
    again = np.lib.format.open_memmap(at, mode="r+")
    again[2] = 0
    again.flush()
    assert np.allclose(read(), whole, atol=0.05)
    assert np.isfinite(whole).all()
