"""Train parts-small: skin, hair and clothes of a person, pixel by pixel.

    python pipelines/train_parts.py --shared ../shared --runs runs

The trunk is SqueezeNet as published for ImageNet and stays so; its features are taken once, of
pixels drawn evenly from the parts of the labelled street photos (numbers ending in 7 are
validation), seen whole, closer, mirrored and in other light; the joints are pose-small's own. Then
a small head learns on those pixels. Minutes on one core. Writes
``models/parts-small/weights.safetensors`` (float16).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import street
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from wardrobe import api, body, figure
from wardrobe.labels import CATEGORY_OF_TYPE, Category
from wardrobe.nets import PARTS, PARTS_SIZE, PartsNet
from wardrobe.types import JOINTS, Pose

SIDE = 560  # px, longer side at which photos are kept
MIN_JOINT = 0.5
BATCH = 8
PIXELS = 260  # drawn from each view
VIEWS = 2  # of each photo: whole, and closer or further
IGNORED = 255
PART_OF: dict[Category, str] = {
    "tops": "tops", "outerwear": "outerwear", "bottoms": "bottoms", "skirts": "bottoms",
    "dresses": "dresses", "legwear": "legwear", "footwear": "footwear", "bags": "bags",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One labelled person: (h, w, 3) uint8, (h, w) uint8 parts, and the joints in its pixels."""

    image: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    pose: Pose


def street_people(root: Path, cache: Path, *, validation: bool) -> list[Seen]:
    """The labelled street photos of one side of the split, with pose-small's joints."""
    names: list[str] = json.loads((root / "label_names.json").read_text())
    to_part = np.full(256, PARTS.index("other"), np.uint8)
    for value, name in enumerate(names):
        if name in ("null", "hair", "skin"):
            to_part[value] = PARTS.index("background" if name == "null" else name)
        elif name in CATEGORY_OF_TYPE:
            to_part[value] = PARTS.index(PART_OF.get(CATEGORY_OF_TYPE[name], "other"))
        elif name == "suit":
            to_part[value] = IGNORED  # jacket and trousers in one
    out = []
    cache.mkdir(parents=True, exist_ok=True)
    for number in street.numbers(root, labelled=True):
        if street.is_validation(number) != validation:
            continue
        image = street.read_rgb(root / "photos" / f"{number}.jpg")
        raw = cv2.imread(str(root / "labels" / f"{number}.png"), cv2.IMREAD_UNCHANGED)
        joints = (
            _joints(image, cache / f"{number}.npy") if (cache / f"{number}.npy").is_file() else None
        )
        if (
            joints is not None
            and (to_part[raw] < len(PARTS)).sum() - (to_part[raw] == 0).sum() > 500
        ):
            out.append(_kept(image, to_part[raw], joints))
    return out


def _joints(image: NDArray[np.uint8], cached: Path) -> NDArray[np.float32] | None:
    if not cached.is_file():
        people = api.pose(image)
        best = max(
            people, key=lambda p: (p.box[2] - p.box[0]) * (p.box[3] - p.box[1]), default=None
        )
        np.save(cached, np.zeros((0, 3), np.float32) if best is None else best.pose.joints)
    joints: NDArray[np.float32] = np.load(cached)
    return joints if len(joints) == len(JOINTS) else None


def _kept(image: NDArray[np.uint8], parts: NDArray[np.uint8], joints: NDArray[np.float32]) -> Seen:
    scale = min(1.0, SIDE / max(image.shape[:2]))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    moved = joints * np.array([scale, scale, 1], np.float32)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return Seen(
        np.asarray(small, np.uint8),
        np.asarray(cv2.resize(parts, size, interpolation=cv2.INTER_NEAREST), np.uint8),
        Pose(moved.astype(np.float32)),
    )


def example(seen: Seen, rng: np.random.Generator | None) -> tuple[Tensor, Tensor, Tensor]:
    """Image, pose planes and parts as the network sees them; without ``rng`` the whole person."""
    h, w = PARTS_SIZE
    known = (seen.parts != PARTS.index("background")) & (seen.parts != IGNORED)
    rows, cols = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    joints = seen.pose.joints[seen.pose.joints[:, 2] > MIN_JOINT]
    spots = joints[:, :2] if len(joints) else np.zeros((0, 2), np.float32)
    xs = np.concatenate([cols[[0, -1]], spots[:, 0]])
    ys = np.concatenate([rows[[0, -1]], spots[:, 1]])
    x0, x1, y0, y1 = xs.min(), xs.max(), ys.min(), ys.max()
    scale = 0.86 * min(w / max(x1 - x0, 8), h / max(y1 - y0, 8))
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    image, flip = seen.image, False
    if rng is not None:
        zoom = float(np.exp(rng.uniform(np.log(0.75), np.log(1.25))))
        if rng.random() < 0.45:
            zoom = float(np.exp(rng.uniform(np.log(1.2), np.log(2.8))))
            middle[1] = rng.uniform(y0, y0 + 0.7 * (y1 - y0))
        scale *= zoom
        middle += rng.normal(0, 0.05, 2) * (x1 - x0, y1 - y0)
        flip = bool(rng.random() < 0.5)
        image = _lit(image, rng)
    turn = math.radians(rng.normal(0, 7)) if rng is not None else 0.0
    a = scale * np.array(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]], np.float64
    )
    if flip:
        a[0] *= -1
    matrix = np.column_stack([a, np.array([w / 2, h / 2]) - a @ middle])
    picture = cv2.warpAffine(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderValue=(114,) * 3)
    parts = cv2.warpAffine(
        seen.parts, matrix, (w, h), flags=cv2.INTER_NEAREST, borderValue=(IGNORED,)
    )
    moved = seen.pose.joints.copy()
    moved[:, :2] = moved[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    if rng is not None:
        _, torso = body.complete(Pose(moved), moved[:, 2] > MIN_JOINT)
        moved[:, :2] += rng.normal(0, 0.03 * torso, (17, 2))
        inside = (moved[:, :2] > 0).all(axis=1) & (moved[:, 0] < w) & (moved[:, 1] < h)
        moved[~inside, 2] = 0
    drawn = figure.planes(Pose(moved.astype(np.float32)), MIN_JOINT, (h, w), 1.0, (0.0, 0.0))
    pixels = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 255
    return pixels, torch.from_numpy(drawn), torch.from_numpy(parts.astype(np.int64))


def _lit(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another light, another camera: gain, gamma, cast, blur."""
    x = image.astype(np.float32) / 255
    x = x ** float(np.exp(rng.normal(0, 0.25))) * np.exp(rng.normal(0, [0.1, 0.06, 0.12]))
    grey = x.mean(axis=2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(0.5, 1.4)
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.5, 1.8))
    return np.asarray(np.clip(x * 255, 0, 255), np.uint8)


@torch.inference_mode()
def pixels_of(net: PartsNet, people: Sequence[Seen], budget_s: float) -> list[Tensor]:
    """Features of three depths, colour and pose, and the part, of pixels of random views."""
    net.eval()
    rng = np.random.default_rng(7)
    order = [p for _ in range(VIEWS) for p in rng.permutation(len(people))]
    kept: list[list[Tensor]] = []
    began = time.monotonic()
    for start in range(0, len(order), BATCH):
        if time.monotonic() - began > budget_s:
            print(f"time is up after {start} of {len(order)} views", flush=True)
            break
        rows = [example(people[k], rng) for k in order[start : start + BATCH]]
        image, planes, parts = _batch(rows)
        near = F.avg_pool2d(torch.cat([image - 0.5, planes], dim=1), 2)
        true = parts[:, 1::2, 1::2]
        depths = net.features(image)
        for n in range(len(rows)):
            picked = _drawn(true[n], rng)
            y, x = picked // true.shape[2], picked % true.shape[2]
            grid = torch.stack(
                [(x + 0.5) / true.shape[2] * 2 - 1, (y + 0.5) / true.shape[1] * 2 - 1], dim=-1
            )[None, None].float()
            sampled = [
                F.grid_sample(d[n : n + 1], grid, padding_mode="border", align_corners=False)[
                    0, :, 0
                ].T.half()
                for d in depths
            ]
            kept.append([*sampled, near[n, :, y, x].T.half(), true[n, y, x]])
    return [torch.cat([k[i] for k in kept]) for i in range(5)]


def _drawn(parts: Tensor, rng: np.random.Generator) -> Tensor:
    """Pixels of one view: half of them anywhere, half evenly from the parts there are."""
    flat = parts.flatten().numpy()
    known = np.flatnonzero(flat != IGNORED)
    picked = [rng.choice(known, PIXELS // 2)]
    here = np.unique(flat[known])
    for part in here:
        picked.append(rng.choice(np.flatnonzero(flat == part), PIXELS // 2 // len(here)))
    return torch.from_numpy(np.concatenate(picked))


def learned(net: PartsNet, rows: Sequence[Tensor], seconds: float) -> None:
    """The head learns on pixels; the weights at the end are the average of the last half."""
    head = [v for k, v in net.named_parameters() if not k.startswith("trunk")]
    optimiser = torch.optim.AdamW(head, lr=3e-3, weight_decay=1e-3)
    parts = rows[4].long()
    count = torch.bincount(parts, minlength=len(PARTS)).float()
    weight = (count.sum() / count.clamp(min=1)).pow(0.25)
    weight = weight / weight.mean()
    average = [v.detach().clone() for v in head]
    began, step, generator = time.monotonic(), 0, torch.Generator().manual_seed(1)
    while (used := time.monotonic() - began) < seconds:
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * used / seconds)))
        pick = torch.randint(len(parts), (2048,), generator=generator)
        depths = tuple(F.dropout(r[pick].float(), 0.1) for r in rows[:3])
        logits = net.of_pixels((depths[0], depths[1], depths[2]), rows[3][pick].float())
        loss = F.cross_entropy(logits, parts[pick], weight=weight, label_smoothing=0.03)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        for mean, v in zip(average, head, strict=True):
            mean.lerp_(v.detach(), 1 - min(0.998, (step + 1) / (step + 10)))
        step += 1
        if step % 200 == 0:
            print(f"{step} {used:.0f} s loss {float(loss.detach()):.3f}", flush=True)
    with torch.no_grad():
        for mean, v in zip(average, head, strict=True):
            v.copy_(mean)


@torch.inference_mode()
def iou(net: PartsNet, people: Sequence[Seen]) -> dict[str, float]:
    """Intersection over union of each part, over all pixels of all people."""
    net.eval()
    both, either = np.zeros(len(PARTS)), np.zeros(len(PARTS))
    for start in range(0, len(people), BATCH):
        image, planes, parts = _batch([example(p, None) for p in people[start : start + BATCH]])
        said = F.interpolate(net(image, planes), PARTS_SIZE, mode="bilinear").argmax(1).numpy()
        true = parts.numpy()
        for k in range(len(PARTS)):
            a, b = (said == k) & (true != IGNORED), true == k
            both[k] += (a & b).sum()
            either[k] += (a | b).sum()
    return {p: float(both[k] / max(either[k], 1)) for k, p in enumerate(PARTS)}


def _batch(rows: Sequence[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    return (
        torch.stack([r[0] for r in rows]),
        torch.stack([r[1] for r in rows]),
        torch.stack([r[2] for r in rows]),
    )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--seconds", type=float, default=110, help="for features, and again to learn")
    p.add_argument("--out", type=Path, default=Path("models/parts-small/weights.safetensors"))
    args = p.parse_args()
    cv2.setNumThreads(0)
    torch.manual_seed(1)
    folder = args.runs / "parts-small"
    ccp = args.shared / "data" / "ccp"
    net = PartsNet().to(memory_format=torch.channels_last)
    trunk = torch.load(args.shared / "weights" / "squeezenet1_1_imagenet.pth", weights_only=True)
    net.trunk.load_state_dict({k: v for k, v in trunk.items() if k.startswith("features.")})
    cached = folder / "pixels.pt"
    if cached.is_file():
        rows = torch.load(cached, weights_only=True)
    else:
        people = street_people(ccp, folder / "joints", validation=False)
        print(f"{len(people)} people", flush=True)
        rows = pixels_of(net, people, args.seconds)
        torch.save(rows, cached)
        print(f"{len(rows[4])} pixels; run again to learn from them")
        return
    learned(net, rows, args.seconds)
    _write({k: v.float() for k, v in net.state_dict().items()}, args.out)
    for name, value in iou(net, street_people(ccp, folder / "joints", validation=True)).items():
        print(f"iou {name:12} {value:.3f}")


def _write(tensors: dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in tensors.items()}, path)


if __name__ == "__main__":
    main()
