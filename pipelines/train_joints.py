"""Train the joint maps of pose-small: where each joint is, on the finest features of a network that stands.

    python pipelines/train_joints.py --shared ../shared --runs runs --rendered DIR [DIR ...]

Three quarters of an hour on one CPU core, after ``train_yolo.py pose``, on the same pictures. The network's
tensors stay as they are; the maps are put beside them in ``models/pose-small/weights.safetensors``
(``maps.*``). The loss is CornerNet's focal loss (Law, Deng 2018) on Gaussians of a tenth of a torso;
people of whom no joint is labelled are left out of it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.utils.data import DataLoader
from train_yolo import FINE_CANVASES, Batches, average, build, mix, schedule

from wardrobe import geometry
from wardrobe.backends.yolo import FEATURES, MAPS, YoloPose
from wardrobe.bodynets import JointMaps

SPREAD = 0.1  # torsos
LEAST, MOST = 0.8, 2.5  # cells, of a Gaussian's spread
TORSO_OF_BOX = 0.28  # a torso's share of its person's longer side, where it isn't seen
FITTED_ON = 240  # pictures that the visibility is fitted on
SAME = 0.5  # overlap of boxes from which a person found is the one labelled
EVERY_S = 120.0


def features(net: nn.Module, images: Tensor) -> Tensor:
    """(n, 64, h / 8, w / 8): what layer FEATURES answers."""
    x, kept = images, []
    for k, layer in enumerate(net.model):
        if layer.f != -1:
            x = (
                kept[layer.f]
                if isinstance(layer.f, int)
                else [x if j == -1 else kept[j] for j in layer.f]
            )
        x = layer(x)
        if k == FEATURES:
            return x
        kept.append(x)
    raise AssertionError("the network has no such layer")


def targets(batch: dict[str, Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Maps (n, 17, h, w) with a Gaussian at each visible joint, and (n, 1, h, w) what counts."""
    n, (h, w) = len(batch["img"]), size
    maps, counts = np.zeros((n, 17, h, w), np.float32), np.ones((n, 1, h, w), np.float32)
    if "keypoints" not in batch:
        return torch.from_numpy(maps), torch.from_numpy(counts)
    joints = batch["keypoints"].numpy() * np.float32([w, h, 1])
    boxes = batch["bboxes"].numpy() * np.float32([w, h, w, h])
    for i, body, box in zip(batch["batch_idx"].long().tolist(), joints, boxes, strict=True):
        if not body[:, 2].any():
            x0, y0 = np.floor(box[:2] - box[2:] / 2).astype(int).clip(0)
            x1, y1 = np.ceil(box[:2] + box[2:] / 2).astype(int)
            counts[i, :, y0:y1, x0:x1] = 0
            continue
        spread = float(np.clip(SPREAD * _torso(body, box), LEAST, MOST))
        for j in np.flatnonzero(body[:, 2] > 0):
            _draw(maps[i, j], body[j, 0], body[j, 1], spread)
    return torch.from_numpy(maps), torch.from_numpy(counts)


def _torso(body: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    """Cells from shoulders to hips."""
    if (body[[5, 6, 11, 12], 2] > 0).all():
        return float(np.hypot(*(body[5:7, :2].mean(axis=0) - body[11:13, :2].mean(axis=0))))
    return TORSO_OF_BOX * float(box[2:].max())


def _draw(plane: NDArray[np.float32], x: float, y: float, spread: float) -> None:
    h, w = plane.shape
    cx, cy = min(int(x), w - 1), min(int(y), h - 1)
    reach = int(3 * spread) + 1
    rows = np.arange(max(cy - reach, 0), min(cy + reach + 1, h))
    cols = np.arange(max(cx - reach, 0), min(cx + reach + 1, w))
    bump = np.exp(-((rows[:, None] - cy) ** 2 + (cols - cx) ** 2) / (2 * spread**2))
    part = plane[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    np.maximum(part, bump, out=part)


def focal(said: Tensor, maps: Tensor, counts: Tensor) -> Tensor:
    """CornerNet's loss per joint drawn."""
    said = said.float().clamp(1e-4, 1 - 1e-4)
    peak = (maps == 1).float()
    hit = (1 - said).square() * said.log() * peak
    miss = (1 - maps) ** 4 * said.square() * (1 - said).log() * (1 - peak)
    return -((hit + miss) * counts).sum() / peak.sum().clamp(min=1)


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    weights = args.models / "pose-small" / "weights.safetensors"
    tensors = {k: v for k, v in load_file(weights).items() if not k.startswith(MAPS)}
    run = args.runs / "pose-maps"
    run.mkdir(parents=True, exist_ok=True)
    plain = run / "network.safetensors"
    save_file(tensors, plain)
    net = build("pose", plain).eval().to(memory_format=torch.channels_last)
    maps, ema = JointMaps(), JointMaps()
    nn.init.constant_(maps.said[-1].bias, -4.6)  # rare as joints are, CornerNet's start
    ema.load_state_dict(maps.state_dict())
    optimizer = torch.optim.AdamW(maps.parameters(), lr=args.lr, weight_decay=0.01)
    step, checkpoint = 0, run / "last.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        maps.load_state_dict(state["maps"])
        ema.load_state_dict(state["ema"])
        optimizer.load_state_dict(state["optimizer"])
        step = int(state["step"])
    drawn = mix(args)
    batches = Batches(drawn, start=step, steps=args.steps, batch=args.batch, seed=args.seed)
    saved, mean = time.monotonic(), 0.0
    for batch in DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=4):
        image = batch["img"].to(memory_format=torch.channels_last).float() / 255
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            seen = features(net, image).float()
        with torch.autocast("cpu", torch.bfloat16):
            said = maps(seen)
        wanted, counts = targets(batch, (said.shape[2], said.shape[3]))
        loss = focal(said, wanted, counts)
        for group in optimizer.param_groups:
            group["lr"] = args.lr * schedule(step, args.steps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        average(ema, maps, min(0.995, step / (step + 20)))
        value = float(loss.detach())
        mean = value if step == 1 else 0.98 * mean + 0.02 * value
        if step % 50 == 0:
            print(f"{time.strftime('%H:%M:%S')} {step}/{args.steps} loss {mean:.3f}", flush=True)
        if time.monotonic() - saved > EVERY_S or step == args.steps:
            parts = {"maps": maps, "ema": ema, "optimizer": optimizer}
            torch.save({**{k: p.state_dict() for k, p in parts.items()}, "step": step}, checkpoint)
            saved = time.monotonic()
    named = {MAPS + k: v.half().contiguous() for k, v in ema.state_dict().items()}
    trust = fitted_trust(tensors | named, batches, run)
    save_file(tensors | named | {MAPS + "trust": trust}, weights)
    print(f"wrote {weights}; visibility {np.round(trust.numpy(), 3)}", flush=True)


def fitted_trust(tensors: dict[str, Tensor], batches: Batches, run: Path) -> Tensor:
    """What makes visibilities of the network's and the maps' word, on pictures drawn anew: (3,)."""
    said = []
    for k, trust in enumerate(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))):
        path = run / f"trust-{k}.safetensors"
        save_file(tensors | {MAPS + "trust": torch.tensor(trust)}, path)
        model, rng = YoloPose(path), np.random.default_rng(77)
        told, truth = [], []
        for _ in range(FITTED_ON):
            sample = batches.one(rng, FINE_CANVASES[0])
            people = model([np.ascontiguousarray(sample.image)])[0]
            for n, joints in enumerate(sample.joints if sample.joints is not None else ()):
                box = geometry.box_of(sample.ids == n + 1)
                same = [p for p in people if box and geometry.iou(p.box, box) > SAME]
                if same and joints[:, 2].any():
                    told.append(same[0].pose.joints[:, 2])
                    truth.append(joints[:, 2] > 0)
        said.append(np.concatenate(told).clip(1e-4, 1 - 1e-4))
    x = np.stack([np.log(v / (1 - v)) for v in said], axis=1)
    y = np.concatenate(truth)
    fit = LogisticRegression(C=100.0).fit(x, y)
    for name, v in zip(("network", "maps", "both"), (*said, fit.decision_function(x)), strict=True):
        print(f"visibility by {name}: AUC {roc_auc_score(y, v):.3f} of {len(y)} joints", flush=True)
    return torch.tensor([*fit.coef_[0], fit.intercept_[0]], dtype=torch.float32)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--models", type=Path, default=Path("models"))
    p.add_argument("--rendered", type=Path, nargs="*", default=[], help="labelled frames")
    p.add_argument("--share", type=float, default=0.35, help="of pictures that are rendered")
    p.add_argument("--cut", type=float, default=0.5, help="of figures cut to part of the body")
    p.add_argument("--steps", type=int, default=3400)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=5)
    args = p.parse_args()
    args.task, args.dye = "pose", 0.0
    torch.set_num_threads(1)
    train(args)


if __name__ == "__main__":
    main()
