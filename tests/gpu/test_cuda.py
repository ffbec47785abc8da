"""On a CUDA device the models say what they say on the processor, within stated tolerances.

Run these wherever a GPU is lent: ``pytest -m gpu tests/gpu``, or ``make gpu-check``. Half precision moves
boxes by less than 2 px of 640, scores by less than 0.03, masks by less than 5 % of their area, vectors by
less than 0.002 of cosine, what diffusion paints by less than 12 of 255 levels in the mean.

``WARDROBE_GPU_TESTS=cpu`` runs them with the processor in the GPU's place, so that they don't fail of a
slip on the day there is one; what only CUDA has is skipped then.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import published
import published_diffusers
import published_profile
import pytest
import torch
from benches import throughput, untrained
from conftest import ROOT

from wardrobe import backends, batch, config, images, weights
from wardrobe.portions import Portions
from wardrobe.types import Crop, Image

DEVICE = os.environ.get("WARDROBE_GPU_TESTS", "cuda")
THERE = DEVICE == "cpu" or torch.cuda.is_available()
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not THERE, reason="no CUDA device on this machine"),
]
cuda_only = pytest.mark.skipif(DEVICE == "cpu", reason="only CUDA has this")
SAMPLES = ROOT / "sample_photos"


@pytest.fixture(scope="module")
def photos() -> list[Image]:
    files = sorted(SAMPLES.glob("*.jpg"))[:4]
    return [images.read(f, work_px=960, max_megapixels=150).pixels for f in files]


def crops(n: int) -> list[Crop]:
    """Noise, the same at every call."""
    rng = np.random.default_rng(0)
    return [
        Crop(rng.integers(0, 256, (90, 70, 3), np.uint8), np.ones((90, 70), np.bool_))
        for _ in range(n)
    ]


def both(stage: str, name: str, **options: Any) -> tuple[Any, Any]:
    on_cpu, on_cuda = (backends.create(stage, name, d, **options) for d in ("cpu", DEVICE))
    return on_cpu, on_cuda


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
    on_cpu, on_cuda = (
        ClipEmbedder(folder, device=d, **options)(crops(40)) for d in ("cpu", DEVICE)
    )
    assert (on_cpu * on_cuda).sum(axis=1).min() > 0.998


def test_the_map_of_clothes_is_the_same(tmp_path: Path, photos: list[Image]) -> None:
    from wardrobe.backends.segformer import SegformerGarments

    folder = published.segformer(tmp_path / "segformer")
    options = dict(weights.find("segformer-b2-clothes").options)
    on_cpu, on_cuda = (SegformerGarments(folder, device=d, **options) for d in ("cpu", DEVICE))
    for a, b in zip(on_cpu._forward(photos), on_cuda._forward(photos), strict=True):
        agree = (a.argmax(1) == b.cpu().argmax(1)).float().mean()
        assert agree > 0.98


@cuda_only
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
    for name, device in (("a", "cpu"), ("b", DEVICE)):
        settings = config.load(overrides={"run.device": device})
        report = batch.build(SAMPLES, tmp_path / name, settings, limit=12)
        made.append(report.catalogue.funnel)
    assert made[0].kept == made[1].kept
    assert abs(made[0].items - made[1].items) <= 1


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The YOLO files of the gpu profile, narrow: people in the middle, and our segmenter's garments."""
    folder = tmp_path_factory.mktemp("yolo")
    torch.manual_seed(0)
    untrained.people(folder / "people.pt", "yolo26n-pose.yaml")
    published_profile.clothes(folder / "clothes.pt")
    return folder


def test_published_people_and_garments_are_the_same(files: Path, photos: list[Image]) -> None:
    from wardrobe.backends.yolo import PublishedGarments, PublishedPose

    a, b = (PublishedPose(files / "people.pt", device=d)(photos) for d in ("cpu", DEVICE))
    for (one,), (other,) in zip(a, b, strict=True):
        assert np.allclose(one.box, other.box, atol=2 * 960 / 640)
        assert np.allclose(one.pose.joints[:, :2], other.pose.joints[:, :2], atol=4)
    labels = published.DEEPFASHION2
    c, d = (
        PublishedGarments(files / "clothes.pt", labels=labels, device=x)(photos, [250.0] * 4)
        for x in ("cpu", DEVICE)
    )
    compared = 0
    for on_cpu, on_cuda in zip(c, d, strict=True):
        for g in [g for g in on_cpu if g.score >= 0.5]:
            near = [
                _iou(g.mask.array(), h.mask.array()) for h in on_cuda if h.category == g.category
            ]
            assert max(near) > 0.95
            compared += 1
    assert compared >= 4


def test_what_diffusion_paints_is_the_same(tmp_path: Path) -> None:
    from wardrobe.backends.diffusion_inpaint import StableFiller

    rng = np.random.default_rng(0)
    image = np.full((64, 64, 3), (180, 60, 60), np.uint8)
    outline = np.zeros((64, 64), np.bool_)
    outline[8:56, 8:56] = True
    seen = outline.copy()
    seen[24:40] = False
    image[seen] = np.clip(image[seen] + rng.normal(0, 8, (int(seen.sum()), 3)), 0, 255)
    for make in (published_diffusers.stable, published_diffusers.stable_xl):
        folder = make(tmp_path / make.__name__)
        a, b = (
            StableFiller(folder, device=d, input_px=64, steps=3)([image], [seen], [outline])[0]
            for d in ("cpu", DEVICE)
        )
        assert a is not None
        assert b is not None
        assert (a[seen] == b[seen]).all()
        apart = np.abs(a[outline & ~seen].astype(int) - b[outline & ~seen]).mean()
        assert DEVICE != "cpu" or apart == 0
        print(f"{make.__name__}: {apart:.2f} levels apart")  # its noise is drawn on its own device


def test_somebody_dressed_by_catvton_is_the_same(tmp_path: Path) -> None:
    from wardrobe.backends.catvton import CatVton

    folder = published_diffusers.catvton(tmp_path / "catvton")
    generator = torch.Generator().manual_seed(3)
    person, garment = (torch.rand((1, 3, 64, 48), generator=generator) * 2 - 1 for _ in range(2))
    mask = torch.zeros((1, 1, 64, 48))
    mask[:, :, 16:40, 8:40] = 1
    a, b = (
        CatVton(folder, device=d, height=64, width=48).made(person, mask, garment, seed=0, steps=3)
        for d in ("cpu", DEVICE)
    )
    assert a.shape == b.shape == (1, 3, 64, 48)
    assert float((a - b.cpu()).abs().mean()) * 127.5 < 12


def test_labels_by_prompts_are_the_same(tmp_path: Path) -> None:
    from wardrobe.backends.openclip import ZeroShotClassifier

    folder = published.siglip(tmp_path / "siglip")
    options = dict(weights.find("moda-zero-shot").options)
    a, b = (
        ZeroShotClassifier(trunk=folder, device=d, **options)(crops(9)) for d in ("cpu", DEVICE)
    )
    for one, other in zip(a, b, strict=True):
        assert np.allclose(one.category, other.category, atol=0.05)


@cuda_only
def test_a_real_network_short_of_memory_halves_its_batch_and_answers_the_same(
    photos: list[Image],
) -> None:
    from wardrobe.backends import yolo

    model = backends.create("pose", "pose-small", DEVICE)
    many = photos * 16
    at_ease = model(many)
    gc.collect()
    torch.cuda.empty_cache()
    _, whole = torch.cuda.mem_get_info()
    room = torch.cuda.memory_reserved() + (700 << 20)
    torch.cuda.set_per_process_memory_fraction(min(1.0, room / whole))
    try:
        model._net._portions.size = 64
        short = model(many)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    print(f"pictures at once with 700 MB to spare: {model._net._portions.size} of {yolo.ON_CUDA}")
    for a, b in zip(at_ease, short, strict=True):
        assert [round(p.score, 1) for p in a] == [round(p.score, 1) for p in b]


def test_a_batch_shared_by_two_devices_is_answered_in_order(photos: list[Image]) -> None:
    count = torch.cuda.device_count() if DEVICE != "cpu" else 0
    two = "cuda:0,cuda:1" if count > 1 else f"{DEVICE},{DEVICE}"
    shared = backends.create("pose", "pose-small", two)
    alone = backends.create("pose", "pose-small", DEVICE)
    for a, b in zip(shared(photos), alone(photos), strict=True):
        assert len(a) == len(b)
        for p, q in zip(a, b, strict=True):
            assert np.allclose(p.box, q.box, atol=2)


@cuda_only
def test_what_is_put_away_gives_its_memory_back(tmp_path: Path) -> None:
    from wardrobe.backends.openclip import ClipEmbedder
    from wardrobe.runner import Shelf

    folder = published.siglip(tmp_path / "siglip")
    options = dict(weights.find("moda-matryoshka").options)
    before = torch.cuda.memory_allocated()
    asked = []

    class Hungry:
        def __call__(self, _: object) -> str:
            asked.append(torch.cuda.memory_allocated())
            if len(asked) == 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return "answered"

    shelf = Shelf(backends.free)
    embed = shelf.place(lambda: ClipEmbedder(folder, device=DEVICE, **options))()
    crop = Crop(np.full((40, 40, 3), 90, np.uint8), np.ones((40, 40), np.bool_))
    embed([crop])
    assert torch.cuda.memory_allocated() > before
    assert shelf.place(Hungry)()("x") == "answered"
    assert asked[0] > asked[1] == before


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with throughput.models("tiny"):
        yield


def test_the_profile_is_built_whole_and_alike(shop: None, tmp_path: Path) -> None:
    made = []
    for name, device in (("a", "cpu"), ("b", DEVICE)):
        overrides = {"run.device": device, "thumbnail.model": "inpaint-cloth"}
        settings = config.load(overrides=overrides, profile="gpu")
        made.append(batch.build(SAMPLES, tmp_path / name, settings, limit=4).catalogue.funnel)
    assert made[0].kept == made[1].kept > 0
    assert made[0].garments == made[1].garments > 0
    assert made[0].failures == made[1].failures == 0
