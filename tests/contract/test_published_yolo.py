"""Published YOLO networks: read without running their pickle, checked, and answering as ultralytics
itself would."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import published
import pytest
import torch
from conftest import SHARED

from wardrobe.backends import yolo
from wardrobe.errors import ModelError
from wardrobe.labels import DEEPFASHION2
from wardrobe.types import Image

POSES = ["yolo26n-pose.yaml", "yolo11n-pose.yaml"]


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    rng = np.random.default_rng(0)
    noise = [
        rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in [(320, 256), (97, 200), (320, 256)]
    ]
    return [*noise, np.full((300, 200, 3), 127, np.uint8)]


@pytest.fixture(scope="module", params=POSES)
def pose_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.yolo(tmp_path_factory.mktemp("pose") / "pose.pt", request.param, ["person"])


@pytest.fixture(scope="module")
def garment_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seg") / "deepfashion2.pt"
    return published.yolo(path, "yolov8n-seg.yaml", published.DEEPFASHION2)


@pytest.fixture(scope="module")
def garments(garment_file: Path) -> yolo.PublishedGarments:
    return yolo.PublishedGarments(
        garment_file, labels=published.DEEPFASHION2, min_score=1e-6, input_px=320
    )


def test_a_batch_equals_its_singles_and_keeps_its_order(
    pose_file: Path, garments: yolo.PublishedGarments, pictures: list[Image],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(yolo, "BODY_MIN_SCORE", 0.0)  # so that random networks see people
    pose = yolo.PublishedPose(pose_file, input_px=320)
    together, apart = pose(pictures), [pose([p])[0] for p in pictures]
    assert any(together)
    for a, b in zip(together, apart, strict=True):
        assert [(p.box, p.score) for p in a] == [(p.box, p.score) for p in b]
        assert all((p.pose.joints == q.pose.joints).all() for p, q in zip(a, b, strict=True))
    found = garments(pictures, [100.0] * 4)
    assert any(found)
    assert found == [garments([p], [100.0])[0] for p in pictures]
    assert garments([], []) == []


@pytest.mark.parametrize("config", POSES)
def test_it_answers_what_ultralytics_answers_for_the_file(
    tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RGB in ours, BGR in theirs; the same scaling; the same joints."""
    from ultralytics import YOLO

    path = published.yolo(tmp_path / "pose.pt", config, ["person"])
    rgb = np.random.default_rng(3).integers(0, 256, (256, 320, 3), np.uint8)
    rgb[..., 0] //= 3  # so that red and blue can't be exchanged unseen
    monkeypatch.setattr(yolo, "BODY_MIN_SCORE", 0.0)
    ours = yolo.PublishedPose(path, input_px=320)([rgb])[0]
    (theirs,) = YOLO(path).predict(
        np.ascontiguousarray(rgb[..., ::-1]), imgsz=320, conf=0.0, iou=0.6, max_det=30, verbose=False,
        device="cpu",
    )  # fmt: skip
    assert len(ours) == len(theirs.boxes) > 0
    scores = theirs.boxes.conf.numpy()
    # Of a random network's thousand boxes in one place, the surest; then overlaps decide by a hair.
    assert np.allclose([p.score for p in ours[:5]], scores[:5], atol=1e-4)
    assert np.allclose(ours[0].box, theirs.boxes.xyxy[0].numpy(), atol=1)
    assert np.allclose(ours[0].pose.joints[:, :2], theirs.keypoints.xy[0].numpy(), atol=1)


def test_labels_are_mapped_when_it_loads(garment_file: Path, tmp_path: Path) -> None:
    model = yolo.PublishedGarments(garment_file, labels=published.DEEPFASHION2)
    assert model._labels == tuple(DEEPFASHION2.values())
    # The annotation files count from 1: a list that starts with a background is another model's.
    with pytest.raises(ModelError, match="registry"):
        yolo.PublishedGarments(garment_file, labels=["background", *published.DEEPFASHION2[:-1]])
    foreign = published.yolo(tmp_path / "x.pt", "yolov8n-seg.yaml", ["trousers", "spoon"])
    with pytest.raises(ModelError, match="spoon"):
        yolo.PublishedGarments(foreign, labels=["trousers", "spoon"])


def test_a_network_fine_tuned_from_more_classes_keeps_its_wider_branch(tmp_path: Path) -> None:
    path = published.yolo(tmp_path / "x.pt", "yolov8n-seg.yaml", published.DEEPFASHION2, coco=True)
    model = yolo.PublishedGarments(path, labels=published.DEEPFASHION2)
    wide = torch.load(path, weights_only=False)["model"].state_dict()
    assert wide["model.22.cv3.0.2.weight"].shape[1] == 80  # 64 by its config of 13 classes
    last = model._net._net.model[-1].cv3[0][2].weight
    assert torch.equal(last, wide["model.22.cv3.0.2.weight"].float())


def test_the_registry_s_labels_are_deepfashion2_s_counted_from_0() -> None:
    assert list(DEEPFASHION2) == published.DEEPFASHION2
    assert published.DEEPFASHION2[0] == "short_sleeved_shirt"
    assert published.DEEPFASHION2[12] == "sling_dress"
    assert len(published.DEEPFASHION2) == 13


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (Path("/tmp/wardrobe-was-here"),)


def test_a_pickle_that_names_anything_but_layers_is_refused_and_runs_nothing(
    tmp_path: Path, garment_file: Path
) -> None:
    marker = Path("/tmp/wardrobe-was-here")
    marker.unlink(missing_ok=True)
    published.yolo(tmp_path / "evil.pt", "yolov8n-seg.yaml", ["a"], train_results=_Evil())
    plain = tmp_path / "plain.pt"
    plain.write_bytes(pickle.dumps(_Evil()))
    torn = tmp_path / "torn.pt"
    torn.write_bytes(garment_file.read_bytes()[:5000])
    for path in (tmp_path / "evil.pt", plain, torn, tmp_path / "absent.pt"):
        with pytest.raises(ModelError, match=path.name):
            yolo.PublishedGarments(path, labels=["a"])
    assert not marker.exists()


def test_missing_and_foreign_tensors_and_other_networks_fail_by_name(
    tmp_path: Path, garment_file: Path
) -> None:
    with pytest.raises(ModelError, match=r"SegmentationModel, not a PoseModel"):
        yolo.PublishedPose(garment_file)
    saved = torch.load(garment_file, weights_only=False)
    del saved["model"].model[0].conv._parameters["weight"]
    torch.save(saved, tmp_path / "lacking.pt")
    with pytest.raises(ModelError, match=r"lacking\.pt lacks 1 tensors.*model\.0\.conv\.weight"):
        yolo.PublishedGarments(tmp_path / "lacking.pt", labels=published.DEEPFASHION2)


@pytest.mark.skipif(not (SHARED / "weights").is_dir(), reason="needs ../shared: a published file")
def test_a_file_that_was_really_published_loads_and_sees() -> None:
    """COCO instances: not garments, but the same kind of file from the same place."""
    net, names = yolo._published(SHARED / "weights" / "yolo11n-seg.pt", yolo.SegmentationModel)
    assert names[0] == "person"
    assert len(names) == 80
    street = SHARED / "data" / "ccp" / "photos" / "0095.jpg"
    image = np.ascontiguousarray(cv2.imread(str(street))[..., ::-1])
    network = yolo._Network(net, "cpu")
    with torch.inference_mode():
        (raw,) = network([yolo._letterbox(image, 640)[0]])
    (rows,) = yolo.non_max_suppression(raw[0], 0.5, 0.6, nc=80)
    assert 0 in rows[:, 5].tolist()  # a person, surely
