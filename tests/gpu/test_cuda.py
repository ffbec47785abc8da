"""On a CUDA device the models say what they say on the processor, within stated tolerances.

Run these wherever a GPU is lent: ``pytest -m gpu tests/gpu``. Half precision moves boxes by less than
2 px of 640, scores by less than 0.03, masks by less than 5 % of their area, vectors by less than
0.002 of cosine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import published
import pytest
import torch
from conftest import ROOT

from wardrobe import backends, batch, config, images, weights
from wardrobe.portions import Portions
from wardrobe.types import Crop, Image

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]
SAMPLES = ROOT / "sample_photos"


@pytest.fixture(scope="module")
def photos() -> list[Image]:
    files = sorted(SAMPLES.glob("*.jpg"))[:4]
    return [images.read(f, work_px=960, max_megapixels=150).pixels for f in files]


def both(stage: str, name: str, **options: Any) -> tuple[Any, Any]:
    return tuple(backends.create(stage, name, d, **options) for d in ("cpu", "cuda"))  # type: ignore[return-value]


def test_people_are_the_same(photos: list[Image]) -> None:
    on_cpu, on_cuda = both("pose", "pose-small")
    for a, b in zip(on_cpu(photos), on_cuda(photos), strict=True):
        sure = [p for p in a if p.score >= 0.4]
        assert sure
        for p, q in zip(sure, b, strict=False):
            assert np.allclose(p.box, q.box, atol=2 * 960 / 640)
            assert abs(p.score - q.score) < 0.03
            seen = p.pose.joints[:, 2] > 0.6
            assert np.allclose(p.pose.joints[seen, :2], q.pose.joints[seen, :2], atol=4)


def test_garments_are_the_same_and_a_batch_its_singles(photos: list[Image]) -> None:
    on_cpu, on_cuda = both("segment", "segment-small")
    torsos = [250.0] * len(photos)
    together = on_cuda(photos, torsos)
    for image, a, b in zip(photos, on_cpu(photos, torsos), together, strict=True):
        (alone,) = on_cuda([image], [250.0])
        for other in (b, alone):
            for d in [d for d in a if d.score >= 0.5]:
                near = [e for e in other if e.category == d.category]
                overlap = max(_iou(d.mask.array(), e.mask.array()) for e in near)
                assert overlap > 0.95


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_vectors_are_the_same(tmp_path: Path) -> None:
    from wardrobe.backends.openclip import ClipEmbedder

    folder = published.siglip(tmp_path / "siglip")
    options = dict(weights.find("moda-matryoshka").options)
    rng = np.random.default_rng(0)
    crops = [
        Crop(rng.integers(0, 256, (90, 70, 3), np.uint8), np.ones((90, 70), np.bool_))
        for _ in range(40)
    ]
    on_cpu, on_cuda = (ClipEmbedder(folder, device=d, **options)(crops) for d in ("cpu", "cuda"))
    assert (on_cpu * on_cuda).sum(axis=1).min() > 0.998


def test_the_map_of_clothes_is_the_same(tmp_path: Path, photos: list[Image]) -> None:
    from wardrobe.backends.segformer import SegformerGarments

    folder = published.segformer(tmp_path / "segformer")
    options = dict(weights.find("segformer-b2-clothes").options)
    on_cpu, on_cuda = (SegformerGarments(folder, device=d, **options) for d in ("cpu", "cuda"))
    for a, b in zip(on_cpu._forward(photos), on_cuda._forward(photos), strict=True):
        agree = (a.argmax(1) == b.cpu().argmax(1)).float().mean()
        assert agree > 0.98


def test_a_batch_too_large_for_the_memory_finds_the_size_that_fits() -> None:
    free, whole = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction(min(1.0, (1 << 30) / whole))
    try:
        portions = Portions(64, torch.cuda.empty_cache)

        def work(part: Any) -> list[int]:
            torch.empty(len(part), 64 << 20, dtype=torch.uint8, device="cuda").fill_(1)
            return [1] * len(part)

        assert sum(portions(work, range(64))) == 64
        assert portions.size < 64
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert free


def test_a_closet_built_on_cuda_has_the_same_items(tmp_path: Path) -> None:
    made = []
    for device in ("cpu", "cuda"):
        settings = config.load(overrides={"run.device": device})
        report = batch.build(SAMPLES, tmp_path / device, settings, limit=12)
        made.append(report.catalogue.funnel)
    assert made[0].kept == made[1].kept
    assert abs(made[0].items - made[1].items) <= 1
