"""Train tryon-small: how bent clothes fold and are lit, as maps of the region.

    python pipelines/train_tryon.py --pairs PAIRS --shared ../shared --runs runs --seconds 1200

Two kinds of examples. Rendered pairs (``render_samples --route fast --pairs``) show one person, pose,
camera and light in two garments: the garment of the other one, seen in another photo of its wearer,
is bent onto the one, and the truth is the other one. Street photos (numbers ending in 7 are never
used) give self-reconstruction: a garment's own light is taken off it, the light stays in what the
person wore before, dyed another colour.

Maps are kept in ``runs/tryon-small``; training goes on from its checkpoint there. ``--predict``
chooses what the network answers: ``residual`` (the house's), ``shading`` (one brightness for all
colours) or ``image`` (the picture itself); ``--measure`` prints the error on held-out maps.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import street
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from tryon_pairs import Pair, load, put_on

from wardrobe import body, physics
from wardrobe.backends.diffusion import sample, scheduler, unet
from wardrobe.dressing import Dressed
from wardrobe.stages.tryon import REPLACES
from wardrobe.types import Pose

BATCH, EVERY_S = 6, 60.0
EMA = 0.98
Maps = tuple[NDArray[np.float32], NDArray[np.float32]]


def pair_maps(pair: Pair) -> Maps | None:
    """Conditions and answer of one rendered pair."""
    fitting = put_on(pair)
    if fitting is None:
        return None
    seen = physics.view(fitting.before, fitting.dressed, pair.pose, 0.5)
    return seen.planes, physics.wanted(pair.true, seen)


def street_maps(root: Path, number: str, joints: NDArray[np.float32]) -> Iterator[Maps]:
    """Conditions and answer of each large garment of a street photo."""
    photo = street.load(root, number)
    rng = np.random.default_rng(int(number))
    for k, (category, _) in enumerate(photo.instances, start=1):
        mask = photo.ids == k
        if category not in REPLACES or mask.mean() < 0.02:
            continue
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)
        image = photo.image.astype(np.float32)
        torso = body.complete(Pose(joints), joints[:, 2] > 0.5)[1]
        light = _light(image, mask, 0.12 * torso)
        flat = image / light * float(np.median(light[mask])) * np.exp(rng.normal(0, 0.08, 3))
        dyed = np.clip(light * rng.uniform(0.25, 1.3, 3), 0, 255)
        region = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) > 0
        zero = np.zeros(mask.shape, np.float32)
        coarse = np.where(mask[..., None], np.clip(flat, 0, 255), image).astype(np.uint8)
        before = np.where(mask[..., None], dyed, image).astype(np.uint8)
        dressed = Dressed(coarse, region, soft, zero, image, zero, soft)
        seen = physics.view(before, dressed, Pose(joints), 0.5)
        yield seen.planes, physics.wanted(photo.image, seen)


def _light(
    image: NDArray[np.float32], mask: NDArray[np.bool_], sigma: float
) -> NDArray[np.float32]:
    """(h, w, 1) the brightness of a garment without its texture, by a blur inside its mask."""
    grey = image.mean(axis=2) + 8
    weight = mask.astype(np.float32)
    blur = cv2.GaussianBlur(grey * weight, (0, 0), sigma)
    share = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(np.where(mask, blur / np.maximum(share, 1e-3), grey)[..., None], np.float32)


def gathered(args: argparse.Namespace, folder: Path) -> tuple[Tensor, Tensor, Tensor]:
    """Conditions (n, 15, 64, 48), answers (n, 3, 64, 48), and which are of pairs; kept as they come,
    a run goes on where the last one stopped."""
    maps = folder / "maps"
    maps.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    pairs = load(args.pairs) if args.pairs else []
    ccp = args.shared / "data" / "ccp"
    joints = args.runs / "parts-small" / "joints"
    jobs: list[tuple[Path, Pair | str]] = [(maps / f"pair-{p.name}.npz", p) for p in pairs]
    jobs += [
        (maps / f"street-{n}.npz", n)
        for n in street.numbers(ccp, labelled=True)
        if not street.is_validation(n) and (joints / f"{n}.npy").is_file()
    ]
    for file, job in jobs:
        if file.is_file() or time.monotonic() - began > args.gather_s:
            continue
        if isinstance(job, str):
            known = np.load(joints / f"{job}.npy")
            found = list(street_maps(ccp, job, known)) if len(known) == 17 else []
        else:
            one = pair_maps(job)
            found = [one] if one else []
        np.savez_compressed(
            file,
            conditions=np.array([c for c, _ in found], np.float16).reshape(
                -1, physics.CHANNELS, *physics.SIZE
            ),
            answers=np.array([a for _, a in found], np.float16).reshape(-1, 3, *physics.SIZE),
        )
    conditions, answers, kinds = [], [], []
    for file in sorted(maps.glob("*.npz")):
        with np.load(file) as kept:
            conditions.append(kept["conditions"])
            answers.append(kept["answers"])
            kinds += [file.stem.startswith("pair")] * len(kept["answers"])
    return (
        torch.from_numpy(np.concatenate(conditions)),
        torch.from_numpy(np.concatenate(answers)),
        torch.tensor(kinds),
    )


def target(answer: Tensor, condition: Tensor, predict: str) -> Tensor:
    """What the network is asked for."""
    if predict == "shading":
        return answer.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    if predict == "image":
        return condition[:, :3] + answer * (physics.REACH / 127.5)
    return answer


def answer_of(said: Tensor, condition: Tensor, predict: str) -> Tensor:
    """What the network said, as an answer."""
    if predict == "image":
        said = (said - condition[:, :3]) * (127.5 / physics.REACH)
    return said.clamp(-1, 1) * (condition[:, 8:9] * 0.5 + 0.5)


def train(
    args: argparse.Namespace, folder: Path, rows: tuple[Tensor, Tensor, Tensor]
) -> dict[str, Tensor]:
    conditions, answers, of_pairs = rows
    torch.manual_seed(1)
    net = unet()
    for v in net.conv_out.parameters():  # an untrained network changes nothing
        torch.nn.init.zeros_(v)
    average = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    schedule = scheduler()
    checkpoint, step, spent = folder / f"checkpoint-{args.predict}.pt", 0, 0.0
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        average, step, spent = saved["average"], saved["step"], saved["spent"]
    began = last = time.monotonic()
    pairs, photos = torch.where(of_pairs)[0], torch.where(~of_pairs)[0]
    generator = torch.Generator().manual_seed(step)
    recent: list[float] = []
    while (used := spent + time.monotonic() - began) < args.seconds:
        rate = 1e-3 * min(1, (step + 1) / 50)
        for group in optimiser.param_groups:
            group["lr"] = rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * used / args.seconds)))
        picks = []
        for part, count in ((pairs, BATCH // 2), (photos, BATCH - BATCH // 2)):
            whole = part if len(part) else torch.arange(len(answers))
            picks.append(whole[torch.randint(len(whole), (count,), generator=generator)])
        pick = torch.cat(picks)
        condition, answer = conditions[pick].float(), answers[pick].float()
        flip = torch.rand(len(pick), generator=generator) < 0.5
        condition = torch.where(flip[:, None, None, None], condition.flip(3), condition)
        answer = torch.where(flip[:, None, None, None], answer.flip(3), answer)
        wanted = target(answer, condition, args.predict)
        noise = torch.randn(wanted.shape, generator=generator)
        t = torch.randint(0, 1000, (len(pick),), generator=generator)
        noisy = schedule.add_noise(wanted, noise, t)
        with torch.autocast("cpu", torch.bfloat16):
            said = net(torch.cat([noisy, condition], dim=1), t).sample
        weight = 0.05 + (condition[:, 8:9] * 0.5 + 0.5)
        loss = (F.mse_loss(said.float(), wanted, reduction="none") * weight).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        for k, v in net.state_dict().items():
            average[k].lerp_(v, 1 - min(EMA, (step + 1) / (step + 10)))
        step += 1
        recent.append(float(loss.detach()))
        if step % 20 == 0:
            print(f"{step} {used:.0f} s loss {np.mean(recent[-20:]):.5f}", flush=True)
        if time.monotonic() - last > EVERY_S:
            last = time.monotonic()
            state = {"net": net.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "average": average, "step": step, "spent": used}, checkpoint)
    print(f"{step} steps in {spent + time.monotonic() - began:.0f} s", flush=True)
    return average


def measured(average: dict[str, Tensor], rows: tuple[Tensor, Tensor, Tensor], predict: str) -> None:
    """Error of the answer inside the region, in levels of 255, beside answering nothing."""
    net = unet()
    net.load_state_dict(average)
    net.eval()
    for name, part in (("pairs", rows[2]), ("street", ~rows[2])):
        condition, answer = rows[0][part].float()[:40], rows[1][part].float()[:40]
        if not len(answer):
            continue
        region = condition[:, 8:9] > 0
        said = answer_of(sample(net, condition, 0, 12), condition, predict)
        for what, off in (("model", said - answer), ("nothing", -answer)):
            print(
                f"{name} {what}: {float(off.abs()[region.expand_as(off)].mean()) * physics.REACH:.2f}"
            )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--pairs", type=Path, help="a folder of rendered pairs")
    p.add_argument("--held", type=Path, help="pairs of other people, for --measure")
    p.add_argument("--gather-s", type=float, default=600, help="time for making maps")
    p.add_argument("--seconds", type=float, default=1200, help="time for training")
    p.add_argument("--predict", choices=("residual", "shading", "image"), default="residual")
    p.add_argument("--measure", action="store_true")
    p.add_argument("--out", type=Path, default=Path("models/tryon-small/weights.safetensors"))
    args = p.parse_args()
    cv2.setNumThreads(0)
    folder = args.runs / "tryon-small"
    rows = gathered(args, folder)
    print(json.dumps({"maps": len(rows[1]), "of pairs": int(rows[2].sum())}), flush=True)
    if args.seconds <= 0:
        return
    average = train(args, folder, rows)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in average.items()}, args.out)
    if args.measure:
        args.pairs, args.seconds = args.held, 0
        held = gathered(args, args.runs / "tryon-held") if args.held else rows
        measured(average, held, args.predict)


if __name__ == "__main__":
    main()
