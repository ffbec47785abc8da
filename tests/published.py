"""Published models built tiny: the libraries' real classes, random from seed 0, saved in the layout
in which their hubs have them. What loads these loads the real ones, if their cards say the truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from wardrobe.weights import find

ATR = find("segformer-b2-clothes").options["labels"]
DEEPFASHION2 = find("deepfashion2-yolov8s").options["labels"]
TEXT_WORDS = 400


def yolo(
    path: Path,
    config: str,
    names: list[str],
    *,
    coco: bool = False,
    tuned: Callable[[Any], None] | None = None,
    **changes: Any,
) -> Path:
    """A checkpoint as ultralytics saves one: a pickle of the network in half precision.

    Args:
        coco: training went on from COCO's 80 classes: the class branch keeps their width.
        tuned: changes the random network before it is saved.
        changes: of the checkpoint's own keys.
    """
    from ultralytics.nn.tasks import PoseModel, SegmentationModel

    torch.manual_seed(0)
    task = "pose" if "pose" in config else "segment"
    joints = {"data_kpt_shape": (17, 3)} if "pose" in config else {}
    kind = PoseModel if "pose" in config else SegmentationModel
    net = kind(config, nc=len(names), verbose=False, **joints)
    if coco:
        net.load(kind(config, nc=80, verbose=False, **joints), verbose=False)
    for module in net.modules():  # fresh batch norms would let no signal through to tell nets apart
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 1.5)
            module.running_mean.normal_(0, 0.1)
    if tuned is not None:
        tuned(net)
    net.names = dict(enumerate(names))
    net.args = {"imgsz": 640}
    saved = {
        "epoch": -1,
        "model": net.half(),
        "ema": None,
        "train_args": {"imgsz": 640, "task": task},
        "date": "",
        "version": "8.4.0",
    }
    torch.save(saved | changes, path)
    return path


def segformer(folder: Path, labels: list[str] = ATR, *, sure: float = 0.0) -> Path:
    """config.json, preprocessor_config.json, model.safetensors of a SegFormer of 20,000 weights.

    Args:
        sure: how far its logits lie apart, every class somewhere and most of it background; by default
            it isn't sure of anything.
    """
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    torch.manual_seed(0)
    config = SegformerConfig(
        depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], decoder_hidden_size=32, num_attention_heads=[1, 1, 2, 4],
        id2label=dict(enumerate(labels)), label2id={name: i for i, name in enumerate(labels)},
    )  # fmt: skip
    net = SegformerForSemanticSegmentation(config)
    last = net.decode_head.classifier
    last.weight.data *= 20  # random logits are otherwise all alike
    if sure:
        noise = torch.randn(4, 3, 128, 128)
        with torch.inference_mode():
            last.weight.data *= sure / net.eval()(noise).logits.std(dim=(0, 2, 3)).mean()
            last.bias.data -= net(noise).logits.mean(dim=(0, 2, 3))
        last.bias.data[0] += 3 * sure
    net.save_pretrained(folder)
    card = {"do_normalize": True, "do_reduce_labels": False, "do_rescale": True, "do_resize": True,
            "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 2,
            "rescale_factor": 1 / 255, "size": {"height": 512, "width": 512},
            "image_processor_type": "SegformerFeatureExtractor"}  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(card))
    return folder


def siglip(folder: Path, *, embed_dim: int = 320, weights: bool = True) -> Path:
    """open_clip_config.json, open_clip_model.safetensors and a tokenizer of a small SigLIP."""
    import open_clip
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    vision = {"image_size": 224, "layers": 1, "width": 64, "head_width": 32, "patch_size": 32,
              "attentional_pool": False, "no_ln_pre": True}  # fmt: skip
    text = {"context_length": 16, "vocab_size": TEXT_WORDS, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
            "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 32, "heads": 2, "layers": 1,
            "no_causal_mask": True, "proj_bias": True, "pool_type": "last"}  # fmt: skip
    config = {
        "model_cfg": {"embed_dim": embed_dim, "init_logit_bias": -10, "custom_text": True, "vision_cfg": vision,
                      "text_cfg": text},
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic",
                           "resize_mode": "squash"},
    }  # fmt: skip
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    words = {w: i for i, w in enumerate(["<pad>", "</s>", "<unk>", *_words()])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    if weights:
        torch.manual_seed(0)
        net = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
        save_file(
            {k: v.contiguous() for k, v in net.state_dict().items()},
            folder / "open_clip_model.safetensors",
        )
    return folder


def _words() -> list[str]:
    from wardrobe.backends.openclip import NOUNS
    from wardrobe.nets import TYPE_NAMES

    said = "a photo of a " + " ".join([*NOUNS.values(), *TYPE_NAMES]).replace("-", " ")
    return list(dict.fromkeys(said.split()))
