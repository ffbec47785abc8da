"""The straightforward script that a capable user would write, beside which the product is timed.

Pillow opens each photo; ultralytics' ``predict`` is asked for people and garments photo by photo (of
the gpu profile also transformers for the map of clothes); each crop is embedded and named by itself;
scikit-learn's DBSCAN groups them and Pillow saves a cut-out of each group. It has the weights that the
product has.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benches.clock import Spent
from numpy.typing import NDArray
from PIL import Image as Pillow

from wardrobe import backends, weights
from wardrobe.folder import scan
from wardrobe.types import Crop

Masks = list[NDArray[np.bool_]]


@dataclass(frozen=True)
class Tools:
    """What the script asks of its models, one picture or crop a call."""

    people: Callable[[Any], int]
    garments: Callable[[Any], Masks]
    vector: Callable[[Crop], NDArray[np.float32]]
    name: Callable[[Crop, NDArray[np.float32]], Any]


def plain(photos: Path, limit: int, profile: str, device: str) -> dict[str, Any]:
    """Run it; its models are loaded, and asked once, before the clock starts."""
    from sklearn.cluster import DBSCAN

    spent = Spent()
    with tempfile.TemporaryDirectory() as folder:
        make = of_small if profile == "small" else of_gpu
        tools = make(Path(folder), device)
        files = [f.file for f in scan(photos)][:limit]
        people = spent.timed("  script: pose", tools.people)
        garments = spent.timed("  script: segment", tools.garments)
        vector = spent.timed("  script: embed", tools.vector)
        name = spent.timed("  script: classify", tools.name)

        def run(files: Sequence[Path]) -> str:
            vectors, crops, seen = [], [], 0
            for file in files:
                picture = Pillow.open(file).convert("RGB")
                if not people(picture):
                    continue
                seen += 1
                pixels = np.asarray(picture)
                for mask in garments(picture):
                    if mask.any():
                        ys, xs = np.nonzero(mask)
                        box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
                        crop = Crop(pixels[box], mask[box])
                        vectors.append(vector(crop))
                        crops.append((crop, name(crop, vectors[-1])))
            if not vectors:
                return f"{seen} photos with people, nothing found"
            groups = DBSCAN(eps=0.07, min_samples=1, metric="cosine").fit_predict(np.stack(vectors))
            for group in np.unique(groups):
                crop = crops[int(np.flatnonzero(groups == group)[0])][0]
                cut = np.where(crop.mask[..., None], crop.image, np.uint8(244))
                Pillow.fromarray(cut).resize((512, 512)).save(Path(folder) / f"{group}.webp")
            return f"{seen} photos with people, {len(vectors)} garments, {len(np.unique(groups))} groups"

        run(files[:1])
        spent.forget()
        total, done = spent.clock(lambda: run(files))
    return {
        "photos": len(files),
        "total": total,
        "stages": spent.rest(total, "  script: all else"),
        "done": done,
    }


def of_small(folder: Path, device: str) -> Tools:
    """The shipped weights, the YOLO ones put into files that ultralytics opens itself."""
    embed = backends.create("embed", "embed-small", device)
    name = backends.create("classify", "classify-small", device)
    pose, segment = (_ultralytics(n, folder) for n in ("pose-small", "segment-small"))
    return Tools(
        lambda p: len(pose.predict(p, verbose=False, device=device)[0].boxes),
        lambda p: _masks(segment, p, device),
        lambda crop: np.asarray(embed([crop])[0]),
        lambda crop, _: name([crop])[0],
    )


def of_gpu(folder: Path, device: str) -> Tools:
    """The profile's published files by their own libraries, as their cards say."""
    import open_clip
    import torch
    import torch.nn.functional as F
    from transformers import AutoModelForSemanticSegmentation, SegformerImageProcessor
    from ultralytics import YOLO

    from wardrobe.backends.openclip import NOUNS, prepare
    from wardrobe.labels import ATR
    from wardrobe.nets import TYPE_NAMES

    at = {n: weights.verified(weights.find(n)) for n in
          ("yolo26m-pose", "deepfashion2-yolov8s", "segformer-b2-clothes", "moda-matryoshka")}  # fmt: skip
    pose, clothes = YOLO(at["yolo26m-pose"]), YOLO(at["deepfashion2-yolov8s"])
    process = SegformerImageProcessor.from_pretrained(at["segformer-b2-clothes"])
    parser: Any = AutoModelForSemanticSegmentation.from_pretrained(at["segformer-b2-clothes"])
    parser = parser.eval().to(device)
    where = f"local-dir:{at['moda-matryoshka']}"
    clip, _, prepared = open_clip.create_model_and_transforms(where)
    clip = clip.eval().to(device)
    tokens = open_clip.get_tokenizer(where)(
        [f"a photo of a {w}" for w in (*NOUNS.values(), *TYPE_NAMES)]
    )
    with torch.inference_mode():
        words = F.normalize(clip.encode_text(tokens.to(device)), dim=1)
    others = [
        i
        for i, c in enumerate(ATR.values())
        if c in ("footwear", "bags", "headwear", "scarves", "belts")
    ]

    @torch.inference_mode()
    def garments(picture: Any) -> Masks:
        said = parser(**process(images=picture, return_tensors="pt").to(device)).logits
        whole = F.interpolate(said, picture.size[::-1], mode="bilinear", align_corners=False)
        labels = whole.argmax(1)[0].cpu().numpy()
        return [*_masks(clothes, picture, device), *(labels == i for i in others)]

    @torch.inference_mode()
    def vector(crop: Crop) -> NDArray[np.float32]:
        picture = prepared(Pillow.fromarray(prepare(crop)))[None].to(device)
        return F.normalize(clip.encode_image(picture), dim=1)[0].cpu().numpy()

    def name(_: Crop, v: NDArray[np.float32]) -> int:
        return int((torch.from_numpy(v).to(device) @ words.T).argmax())

    return Tools(
        lambda p: len(pose.predict(p, verbose=False, device=device)[0].boxes),
        garments,
        vector,
        name,
    )


def _masks(model: Any, picture: Any, device: str) -> Masks:
    (found,) = model.predict(picture, verbose=False, device=device, retina_masks=True)
    return [] if found.masks is None else list(found.masks.data.cpu().numpy() > 0.5)


def _ultralytics(name: str, folder: Path) -> Any:
    """The small model ``name`` as ultralytics' own YOLO object, from a checkpoint of its own kind."""
    import torch
    from ultralytics import YOLO
    from ultralytics.nn.tasks import PoseModel, SegmentationModel

    from wardrobe.backends import yolo
    from wardrobe.labels import CATEGORIES

    if name == "pose-small":
        net = PoseModel("yolo11n-pose.yaml", nc=1, data_kpt_shape=(17, 3), verbose=False)
        coco = PoseModel("yolo11n-pose.yaml", nc=80, data_kpt_shape=(17, 3), verbose=False)
        names, task = ["person"], "pose"
    else:
        net = SegmentationModel("yolo11n-seg.yaml", nc=len(CATEGORIES), verbose=False)
        coco = SegmentationModel("yolo11n-seg.yaml", nc=80, verbose=False)
        names, task = list(CATEGORIES), "segment"
    net.load(coco, verbose=False)
    path = weights.verified(weights.find(name))
    # The script takes YOLO's joints as they come: the maps beside it are none of ultralytics'.
    state = {k: v for k, v in yolo._state(path).items() if not k.startswith(yolo.MAPS)}
    yolo._fill(net, state, path)
    net.names, net.args = dict(enumerate(names)), {"imgsz": 640, "task": task}
    file = folder / f"{name}.pt"
    torch.save({"model": net, "train_args": {"imgsz": 640, "task": task}}, file)
    return YOLO(file)
