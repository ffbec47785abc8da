"""CLIP and SigLIP encoders (open_clip): garment vectors, and labels by prompts or trained heads.

Every class asks the same encoder, which is loaded once a device and remembers what it said last: a
garment that was embedded is classified for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image as Pillow
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wardrobe.errors import ContractError, ModelError
from wardrobe.geometry import box_of
from wardrobe.labels import CATEGORIES, TYPES, Category
from wardrobe.nets import TYPE_NAMES, ClassifyHead
from wardrobe.portions import Portions
from wardrobe.types import VECTOR_SIZE, Crop, Image, Scores

WEIGHTS, CONFIG = "open_clip_model.safetensors", "open_clip_config.json"
ON_CPU, ON_CUDA = 8, 128  # crops in a forward pass
REMEMBERED = 4096  # crops whose features an encoder keeps: 12 MB
GREY = 128  # what lies around a garment: 0 after normalisation
SHARPNESS = 100.0  # of a softmax over cosines, as the models were trained

Reduce = Literal["prefix", "projection", "none"]

#: A category as a prompt has it, beside its types.
NOUNS: dict[Category, str] = {
    "tops": "top", "bottoms": "pair of trousers", "dresses": "dress", "outerwear": "coat or jacket", "skirts": "skirt",
    "jewellery": "piece of jewellery", "footwear": "pair of shoes", "bags": "bag", "headwear": "hat",
    "eyewear": "pair of glasses", "scarves": "scarf", "belts": "belt", "legwear": "pair of socks",
}  # fmt: skip


class ClipEmbedder:
    """Garment crops to unit vectors of 256.

    Args:
        path: folder with open_clip_config.json and open_clip_model.safetensors; for ``projection``
            also projection.safetensors, fitted by ``pipelines/fit_projection.py``.
        reduce: ``"prefix"`` takes the first 256 numbers, of a model trained so that they stand alone;
            ``"projection"`` multiplies by a fitted matrix; ``"none"`` keeps all, for fitting one.
        input_px, mean, std: of the input; the folder's config must agree.
        background: ``"neutral"`` greys out what isn't the garment, ``"raw"`` leaves it.

    Raises:
        ModelError: files of another model or preprocessing, missing or foreign tensors.
    """

    def __init__(
        self,
        path: Path,
        *,
        input_px: int,
        mean: Sequence[float],
        std: Sequence[float],
        reduce: Reduce = "prefix",
        background: str = "neutral",
        device: str = "cpu",
    ) -> None:
        self._encoder = encoder(path, device, input_px, tuple(mean), tuple(std))
        self._reduce, self._neutral = reduce, background == "neutral"
        self._matrix = _projection(path).to(device) if reduce == "projection" else None

    def __call__(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """(n, 256) float32, length 1 each; of ``reduce="none"`` the encoder's own size."""
        full = self._encoder.features([prepare(c, self._neutral) for c in crops])
        if self._reduce == "prefix":
            full = full[:, :VECTOR_SIZE]  # before normalising: a slice of a unit vector isn't one
        elif self._matrix is not None:
            full = _times(F.normalize(full, dim=1), self._matrix.to(full.device))
        out: NDArray[np.float32] = F.normalize(full, dim=1).numpy()
        return out


class ZeroShotClassifier:
    """Labels garments by what their picture and a prompt have in common, training nothing.

    Args:
        trunk: the encoder's folder, with its tokenizer's files.
        prompt: with {} for the name of a garment.
    """

    def __init__(
        self,
        *,
        trunk: Path,
        input_px: int,
        mean: Sequence[float],
        std: Sequence[float],
        prompt: str = "a photo of a {}",
        device: str = "cpu",
    ) -> None:
        self._encoder = encoder(trunk, device, input_px, tuple(mean), tuple(std))
        words = [*NOUNS.values(), *TYPE_NAMES]
        said = self._encoder.prompts([prompt.format(w) for w in words])
        self._nouns, self._types = said[: len(NOUNS)], said[len(NOUNS) :]

    def __call__(self, crops: Sequence[Crop]) -> list[Scores]:
        pictures = F.normalize(self._encoder.features([prepare(c) for c in crops]), dim=1)
        nouns, types = _times(pictures, self._nouns.T), _times(pictures, self._types.T)
        out = []
        for noun, kind in zip(nouns, types, strict=True):
            of: dict[str, float] = {}
            best: list[Tensor] = []
            for i, c in enumerate(CATEGORIES):
                at = [TYPE_NAMES.index(t) for t in TYPES[c]]
                of |= dict(zip(TYPES[c], (SHARPNESS * kind[at]).softmax(0).tolist(), strict=True))
                best.append(
                    torch.maximum(noun[i], kind[at].max())
                )  # a category is any of its names
            chance = (SHARPNESS * torch.stack(best)).softmax(0)
            out.append(Scores(chance.numpy().astype(np.float32), of))
        return out


class HeadClassifier:
    """Labels garments by a head trained on the encoder's vectors (``pipelines/train_heads.py``).

    Args:
        path: folder with the head's weights.safetensors.
        trunk: the encoder's folder.
    """

    def __init__(
        self,
        path: Path,
        *,
        trunk: Path,
        input_px: int,
        mean: Sequence[float],
        std: Sequence[float],
        device: str = "cpu",
    ) -> None:
        self._encoder = encoder(trunk, device, input_px, tuple(mean), tuple(std))
        self._head = ClassifyHead(VECTOR_SIZE)
        _fill(self._head, path / "weights.safetensors")
        self._head.eval()

    @torch.inference_mode()
    def __call__(self, crops: Sequence[Crop]) -> list[Scores]:
        full = self._encoder.features([prepare(c) for c in crops])
        out = []
        for one in F.normalize(full[:, :VECTOR_SIZE], dim=1):
            category, types = self._head(one[None])
            of = dict(zip(TYPE_NAMES, types[0].exp().tolist(), strict=True))
            out.append(Scores(category[0].exp().numpy().astype(np.float32), of))
        return out


def _times(rows: Tensor, matrix: Tensor) -> Tensor:
    """The product, row by row: one of another height is summed in another order, and what is remembered
    must not differ for having had company."""
    return torch.stack([row @ matrix for row in rows]) if len(rows) else rows @ matrix


def prepare(crop: Crop, neutral: bool = True) -> Image:
    """The tight box of a garment, what lies around it greyed out.

    Raises:
        ContractError: the mask is empty.
    """
    box = box_of(crop.mask)
    if box is None:
        raise ContractError("a crop without a single garment pixel reached the encoder")
    x0, y0, x1, y1 = (int(v) for v in box)
    image, mask = crop.image[y0:y1, x0:x1], crop.mask[y0:y1, x0:x1]
    if not neutral:
        return np.ascontiguousarray(image)
    return np.where(mask[..., None], image, np.uint8(GREY)).astype(np.uint8)


class Encoder:
    """One loaded model on one device; see :func:`encoder`."""

    def __init__(
        self,
        path: Path,
        device: str,
        input_px: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
    ) -> None:
        self._path, self._device, self._cuda = path, device, device.startswith("cuda")
        self._net = _net(path).eval().to(device)
        self._transform = _transform(path, self._net, input_px, mean, std)
        if self._cuda:
            self._net = self._net.to(memory_format=torch.channels_last)
        self._portions = Portions(ON_CUDA if self._cuda else ON_CPU, torch.cuda.empty_cache)
        self._known: OrderedDict[bytes, Tensor] = OrderedDict()

    @torch.inference_mode()
    def features(self, pictures: Sequence[Image]) -> Tensor:
        """(n, d) float32 on the CPU, as the image tower says it, not normalised."""
        keys = [hashlib.sha256(repr(p.shape).encode() + p.tobytes()).digest() for p in pictures]
        known = {k: self._known[k] for k in keys if k in self._known}
        new = {k: p for k, p in zip(keys, pictures, strict=True) if k not in known}
        said = self._portions(self._forward, list(new.values()))
        known |= dict(zip(new, said, strict=True))
        self._known |= known
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        if not keys:
            return torch.zeros(0, self.size)
        return torch.stack([known[k] for k in keys])

    @property
    def size(self) -> int:
        """Numbers in a vector of the image tower."""
        return int(json.loads((self._path / CONFIG).read_text())["model_cfg"]["embed_dim"])

    def _forward(self, pictures: Sequence[Image]) -> list[Tensor]:
        batch = torch.stack([self._transform(Pillow.fromarray(p)) for p in pictures])
        if not self._cuda:
            # One by one: see _times.
            return [self._net.encode_image(one[None])[0].float() for one in batch]
        batch = batch.pin_memory().to(self._device, non_blocking=True)
        with torch.autocast("cuda", torch.bfloat16):
            said = self._net.encode_image(batch.contiguous(memory_format=torch.channels_last))
        return list(said.float().cpu())

    @torch.inference_mode()
    def prompts(self, sentences: Sequence[str]) -> Tensor:
        """(n, d) float32 unit vectors of sentences, on the CPU.

        Raises:
            ModelError: the tokenizer's files are not in the folder.
        """
        try:
            tokens = open_clip.get_tokenizer(f"local-dir:{self._path}")(list(sentences))
        except (OSError, ValueError, TypeError, AttributeError) as e:
            raise ModelError(f"{self._path.name}: its tokenizer can't be read: {e}") from e
        return F.normalize(self._net.encode_text(tokens.to(self._device)).float(), dim=1).cpu()


_encoders: WeakValueDictionary[tuple[Any, ...], Encoder] = WeakValueDictionary()


def encoder(
    path: Path, device: str, input_px: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> Encoder:
    """The encoder of a folder, loaded once a device; gone with the last who asks it, so that its memory
    is free for another model."""
    key = path, device, input_px, mean, std
    found = _encoders.get(key)
    if found is None:
        found = _encoders[key] = Encoder(path, device, input_px, mean, std)
    return found


def _net(path: Path) -> Any:
    """The folder's model with exactly its tensors. open_clip, asked for a folder without weights,
    warns and answers with random ones; here they are filled in strictly, by name."""
    try:
        net = open_clip.create_model(f"local-dir:{path}", load_weights=False, pretrained_text=False)
    except (OSError, ValueError, RuntimeError, TypeError, KeyError) as e:
        raise ModelError(f"{path} holds no model of open_clip's that can be read: {e}") from e
    _fill(net, path / WEIGHTS)
    return net


def _transform(
    path: Path, net: Any, input_px: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> Any:
    """open_clip's own preprocessing, if it is what the registry says.

    A SigLIP made from a name and a weight file would be given CLIP's: the shorter side to 224, the
    middle cut out, other means. That is seen only in worse vectors.
    """
    said = PreprocessCfg(**net.visual.preprocess_cfg)
    size = (said.size, said.size) if isinstance(said.size, int) else tuple(said.size)
    there = (size, tuple(said.mean), tuple(said.std), said.interpolation, said.resize_mode)
    wanted = ((input_px, input_px), mean, std, "bicubic", "squash")
    if there != wanted:
        raise ModelError(f"{path.name} was made for {there}, the registry says {wanted}.")
    return image_transform_v2(said, is_train=False)


def _projection(path: Path) -> Tensor:
    """(d, 256) float32, columns of length 1."""
    try:
        matrix: Tensor = load_file(path / "projection.safetensors")["projection"].float()
    except (OSError, SafetensorError, KeyError) as e:
        raise ModelError(
            f"{path.name}: no projection to 256 numbers: {e}. Fit one on your own photos:"
            f" python pipelines/fit_projection.py {path.name} --out CLOSET"
        ) from e
    if matrix.ndim != 2 or matrix.shape[1] != VECTOR_SIZE:
        raise ModelError(f"{path.name}: a projection to {tuple(matrix.shape)}, not to 256 numbers.")
    return matrix


def _fill(net: torch.nn.Module, path: Path) -> None:
    try:
        tensors = {k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()}
    except (OSError, SafetensorError) as e:
        raise ModelError(f"{path}: {e}. Run `wardrobe models verify`.") from e
    wanted = net.state_dict()
    wrong = {
        "lacks": wanted.keys() - tensors.keys(),
        "has unknown": tensors.keys() - wanted.keys(),
        "has other shapes of": {
            k for k in wanted.keys() & tensors.keys() if wanted[k].shape != tensors[k].shape
        },
    }
    for what, names in wrong.items():
        if names:
            raise ModelError(
                f"{path.name} {what} {len(names)} tensors, such as {', '.join(sorted(names)[:3])}."
                " Run `wardrobe models verify`."
            )
    net.load_state_dict(tensors, strict=True)
