"""Every model of the gpu profile, tiny, in one folder laid out as the models folder or as the hub.

Random networks see nothing, or everything. So that a build has something to do, two of them answer
what can be known without training: the people's network, random from seed 0, has its heads set by
hand (`benches/untrained.py`) and sees somebody standing in the middle of every picture; the garments' file holds the
shipped segmenter's weights, its classes under DeepFashion2's names, read by the loader of published
files like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import published
import published_diffusers
import torch
from benches import untrained
from safetensors.torch import load_file, save_file

from wardrobe import weights
from wardrobe.labels import CATEGORIES
from wardrobe.nets import OutfitNet

#: DeepFashion2's name for what the shipped segmenter knows by category.
NAMED = {"short_sleeved_shirt": "tops", "long_sleeved_outwear": "outerwear", "trousers": "bottoms",
         "skirt": "skirts", "long_sleeved_dress": "dresses"}  # fmt: skip


def profile(folder: Path) -> Path:
    """All that ``wardrobe models fetch --profile gpu --from FOLDER`` asks for."""
    hub = {name: weights.find(name).repo for name in ("segformer-b2-clothes", "moda-matryoshka")}
    (folder / "yolo26m-pose").mkdir(parents=True)
    torch.manual_seed(0)
    untrained.people(folder / "yolo26m-pose" / "yolo26m-pose.pt", "yolo26n-pose.yaml")
    (folder / "deepfashion2-yolov8s").mkdir()
    clothes(folder / "deepfashion2-yolov8s" / "deepfashion2_yolov8s-seg.pt")
    published.segformer(folder / hub["segformer-b2-clothes"], sure=4.0)
    published.siglip(folder / hub["moda-matryoshka"])
    published_diffusers.stable(folder / "sd15-inpaint")
    for file in (folder / "sd15-inpaint").rglob("*.safetensors"):
        file.rename(file.with_suffix(".fp16.safetensors"))  # as the registry names them
    published_diffusers.catvton(folder / "catvton")
    for name in ("face-yunet", "face-sface"):  # asked only for --owner
        file = folder / weights.find(name).file
        file.parent.mkdir()
        file.write_bytes(name.encode())
    return folder


def outfits(file: Path) -> Path:
    """A matcher of random weights, where training would have put it."""
    torch.manual_seed(0)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(OutfitNet().state_dict(), file)
    return file


def clothes(path: Path) -> Path:
    """The shipped segmenter as a checkpoint of ultralytics', with DeepFashion2's classes."""
    state = load_file(weights.location(weights.find("segment-small")))
    rows = [CATEGORIES.index(NAMED[n]) if n in NAMED else None for n in published.DEEPFASHION2]

    def tuned(net: Any) -> None:
        ours = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
        for level in range(3):
            key = f"model.23.cv3.{level}.2"
            said = {f"{key}.weight": 0.0, f"{key}.bias": -20.0}
            for name, unseen in said.items():
                was = ours[name]
                ours[name] = torch.stack(
                    [torch.full_like(was[0], unseen) if r is None else was[r] for r in rows]
                )
        net.load_state_dict(ours, strict=True)

    return published.yolo(path, "yolo11n-seg.yaml", published.DEEPFASHION2, coco=True, tuned=tuned)
