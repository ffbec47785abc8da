"""The gpu profile's networks at their full size with random weights, as files that its loaders read.

Speed doesn't need trained weights, but it needs answers: random networks find nothing, or everything,
and the stages after them would have nothing to do, or too much. So people's network sees somebody in the
middle of every picture, garments' network a top and trousers on them, and the map of clothes only
background: a photo has two garments, which is fewer than real photos have. What these networks say
means nothing; how long they take is what the real ones take.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from wardrobe import weights
from wardrobe.backends.openclip import NOUNS
from wardrobe.nets import TYPE_NAMES

#: Joints (COCO's order) and box of somebody who stands in the middle of 480 x 640 px.
JOINTS = (
    (240, 80), (248, 72), (232, 72), (258, 78), (222, 78), (280, 150), (200, 150), (300, 230), (180, 230),
    (305, 300), (175, 300), (265, 310), (215, 310), (262, 430), (218, 430), (260, 550), (220, 550),
)  # fmt: skip
PERSON = (140, 40, 340, 620)
FAR = 10.5  # cells of 32 px that a garment reaches from its corner
UPPER, LOWER = (0, 1), (2, 1)  # where a kernel of 3 x 3 looks beyond the upper and the lower edge
SEGFORMER = {  # of a B2
    "depths": [3, 4, 6, 3], "hidden_sizes": [64, 128, 320, 512], "decoder_hidden_size": 768,
    "num_attention_heads": [1, 2, 5, 8],
}  # fmt: skip


def write(folder: Path, *, small: bool = False) -> None:
    """Everything that ``--profile gpu`` loads for a build but the diffusion models, recorded as fetched.

    Args:
        folder: what ``WARDROBE_MODELS`` will name; about 1 GB.
        small: the architectures' smallest kin instead, for trying the benchmark itself.
    """
    torch.manual_seed(0)
    names = {n: weights.find(n) for n in ("yolo26m-pose", "deepfashion2-yolov8s")}
    for model in names.values():
        (folder / model.file).parent.mkdir(parents=True)
    scale = "n" if small else "m"
    people(folder / names["yolo26m-pose"].file, f"yolo26{scale}-pose.yaml")
    clothes(folder / names["deepfashion2-yolov8s"].file, f"yolov8{'n' if small else 's'}-seg.yaml")
    _segformer(folder / "segformer-b2-clothes", small)
    _siglip(folder / "moda-matryoshka", small)
    for model in weights.whole(["yolo26m-pose", "garments-per-person", "moda-zero-shot"]):
        for part in model.all():
            file = folder / part.path
            weights.pin(
                model, part.path, sha=weights.sha256(file), size=file.stat().st_size, url="random"
            )


def people(path: Path, config: str) -> None:
    """A YOLO26 pose network that sees one person, where :data:`JOINTS` are."""
    from ultralytics.nn.tasks import PoseModel

    net = PoseModel(config, nc=1, data_kpt_shape=(17, 3), verbose=False)
    head = net.model[-1]
    for heads in (head.one2many, head.one2one):  # which of them answers is ultralytics' choice
        x0, y0, x1, y1 = (v / 32 for v in PERSON)
        sides = (0.5 - x0, 0.5 - y0, x1 - 0.5, y1 - 0.5)  # from the middle of the first cell
        _only_in_corners(heads["cls_head"], heads["box_head"], {0: UPPER}, sides)
        for level, last in enumerate(heads["kpts_head"]):
            last.weight.data.zero_()
            if level == 2:
                places = [v for x, y in JOINTS for v in (x / 32 - 0.5, y / 32 - 0.5, 3.0)]
                last.bias.data = torch.tensor(places)
    _save(net, path, ["person"], "pose")


def clothes(path: Path, config: str) -> None:
    """A YOLOv8 segmentation network that sees a top and trousers: the left of the picture, above and below."""
    from ultralytics.nn.tasks import SegmentationModel

    labels = weights.find("deepfashion2-yolov8s").options["labels"]
    net = SegmentationModel(config, nc=len(labels), verbose=False)
    head = net.model[-1]
    seen = {labels.index("short_sleeved_shirt"): UPPER, labels.index("trousers"): LOWER}
    _only_in_corners(head.cv3, head.cv2, seen, (0.5, FAR, FAR, FAR))
    last = head.proto.cv3
    last.conv.weight.data[0] = 0
    last.bn.bias.data[0] = 5.0
    for level in head.cv4:
        level[2].weight.data.zero_()
        level[2].bias.data.zero_()
        level[2].bias.data[0] = 1.0
    _save(net, path, labels, "segment")


def _only_in_corners(
    classes: Any, boxes: Any, seen: dict[int, tuple[int, int]], sides: Sequence[float]
) -> None:
    """Class and box branches that answer once for each of ``seen``, a class and a corner on the left, with
    a box that reaches so many cells of the coarsest level to the left, up, right and down from there.

    A convolution knows one place only: the edge, by the zeros beyond it.
    """
    for branch in classes:
        branch[2].weight.data.zero_()
        branch[2].bias.data.fill_(-20.0)
    first, second = ([m for m in part.modules() if hasattr(m, "bn")] for part in classes[2][:2])
    for conv in (*first, *second):
        conv.conv.weight.data.zero_()
        conv.bn.bias.data.fill_(0.0)
    first[-1].bn.bias.data.fill_(10.0)
    for channel, at in enumerate(
        ((1, 0), UPPER, LOWER)
    ):  # to the left, above and below are 10, or 0
        second[0].conv.weight.data[channel, 0, *at] = 1.0
        if len(second) > 1:  # by depth first, then across
            second[1].conv.weight.data[channel, channel] = 1.0
    last = classes[2][2]
    for label, edge in seen.items():
        last.weight.data[label, [0, 1 if edge == UPPER else 2]] = -1.0
        last.bias.data[label] = 5.0
    _reach(boxes[2][2], sides)


def _reach(last: Any, sides: Sequence[float]) -> None:
    """A box branch that always says these four distances, in cells: as they are, or as sixteen chances
    each, which can say none below 0 and none above 15."""
    last.weight.data.zero_()
    bins = last.out_channels // 4
    if bins == 1:
        last.bias.data = torch.tensor(sides)
        return
    said = torch.full((4, bins), -20.0)
    for row, side in zip(said, sides, strict=True):
        near = min(max(side, 0.0), bins - 1.001)
        row[int(near)] = torch.tensor(max(1 - near % 1, 1e-6)).log()
        row[int(near) + 1] = torch.tensor(max(near % 1, 1e-6)).log()
    last.bias.data = said.flatten()


def _save(net: Any, path: Path, names: Sequence[str], task: str) -> None:
    net.names, net.args = dict(enumerate(names)), {"imgsz": 640}
    args = {"imgsz": 640, "task": task}
    torch.save({"epoch": -1, "model": net.half(), "ema": None, "train_args": args}, path)


def _segformer(folder: Path, small: bool) -> None:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    model = weights.find("segformer-b2-clothes").options
    labels = dict(enumerate(model["labels"]))
    size = (
        {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 24, 32], "decoder_hidden_size": 32}
        if small
        else SEGFORMER
    )
    net = SegformerForSemanticSegmentation(
        SegformerConfig(**size, id2label=labels, label2id={v: k for k, v in labels.items()})
    )
    net.decode_head.classifier.bias.data[0] += 30
    net.save_pretrained(folder)
    side = model["input_px"]
    card = {"do_normalize": True, "do_reduce_labels": False, "do_rescale": True, "do_resize": True,
            "image_mean": model["mean"], "image_std": model["std"], "resample": 2, "rescale_factor": 1 / 255,
            "size": {"height": side, "width": side}, "image_processor_type": "SegformerImageProcessor"}  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(card))


def _siglip(folder: Path, small: bool) -> None:
    import open_clip
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder.mkdir()
    architecture: Any = open_clip.get_model_config("ViT-B-16-SigLIP")
    if small:
        architecture["vision_cfg"]["timm_model_name"] = "vit_tiny_patch16_224"
        architecture["vision_cfg"] |= {"timm_pool": "avg", "timm_proj": "linear"}
        architecture["text_cfg"] |= {"width": 64, "heads": 2, "layers": 1}
    options = weights.find("moda-matryoshka").options
    asked = {
        "mean": options["mean"],
        "std": options["std"],
        "interpolation": "bicubic",
        "resize_mode": "squash",
    }
    config = {"model_cfg": architecture, "preprocess_cfg": asked}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    said = "a photo of a " + " ".join([*NOUNS.values(), *TYPE_NAMES]).replace("-", " ")
    words = ["<pad>", "</s>", "<unk>", *dict.fromkeys(said.split())]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    net = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    tensors = {k: v.contiguous() for k, v in net.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
