"""Train tryon-small: how bent clothes lie, fold and are lit, as maps of the region.

    python pipelines/train_tryon.py --pairs PAIRS ... --shared ../shared --runs runs --seconds 1200

Two kinds of examples. Rendered pairs (``render_samples --route fast --pairs``) show one person, pose,
camera and light in two garments: the garment of the other one, seen in another photo of its wearer,
is bent onto the one, and the truth is the other one. Street photos (numbers ending in 7 are never
used) give self-reconstruction: a garment's own light is taken off it and it is bent out of its place.

Maps are kept in ``runs/tryon-small``; training goes on from its checkpoint there. ``--predict``
chooses what the network answers: ``residual`` (the house's), ``shading`` (one brightness for all
colours) or ``image`` (the picture itself); each says beside it where the garment covers more or
less. Pairs whose names match ``--hold`` are never trained on; their error is printed.
"""

from __future__ import annotations

import argparse
import fnmatch
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

from wardrobe import body, fill, physics
from wardrobe.backends.diffusion import STEPS, sample, scheduler, unet
from wardrobe.dressing import Dressed
from wardrobe.stages.tryon import REPLACES
from wardrobe.types import Pose

BATCH, OF_PAIRS, EVERY_S = 8, 6, 60.0
EMA = 0.99
RATE = 6e-4
#: Of a torso: how far a garment is bent out of its place, over what distance, and how far beyond it may be
#: painted.
AMISS, OVER, MORE = 0.05, 0.25, 0.12
COLOURS = 4.0  # how much an error of colour counts beside one of cover
Maps = tuple[NDArray[np.float32], NDArray[np.float32]]
Rows = tuple[Tensor, Tensor, Tensor]


def pair_maps(pair: Pair) -> Maps | None:
    """Conditions and answer of one rendered pair."""
    fitting = put_on(pair)
    if fitting is None:
        return None
    seen = physics.view(fitting.dressed, pair.pose, 0.5)
    return seen.planes, physics.wanted(pair.true, pair.new, seen)


def street_maps(root: Path, number: str, joints: NDArray[np.float32]) -> Iterator[Maps]:
    """Conditions and answer of each large garment of a street photo."""
    photo = street.load(root, number)
    rng = np.random.default_rng(int(number))
    for k, (category, _) in enumerate(photo.instances, start=1):
        mask = photo.ids == k
        if category not in REPLACES or mask.mean() < 0.02:
            continue
        image = photo.image.astype(np.float32)
        torso = body.complete(Pose(joints), joints[:, 2] > 0.5)[1]
        light = _light(image, mask, 0.12 * torso)
        flat = image / light * float(np.median(light[mask])) * np.exp(rng.normal(0, 0.08, 3))
        flat = np.where(mask[..., None], np.clip(flat, 0, 255), 0).astype(np.float32)
        bent, cloth = _bent(flat, mask, torso, rng)
        free = (photo.ids == 0) | mask
        old = _grown(mask, rng.uniform(0, MORE) * torso) & free
        region = _grown(old | ((cloth > 0.05) & free), 2)
        cloth = np.where(region & free, cloth, 0).astype(np.float32)
        behind = fill.spread(image, ~_grown(mask | old, 3), region | mask)
        coarse = behind * (1 - cloth[..., None]) + bent * cloth[..., None]
        coarse = np.where(region[..., None], np.clip(coarse, 0, 255), image).astype(np.uint8)
        zero = np.zeros(mask.shape, np.float32)
        dressed = Dressed(coarse, region, cloth, zero, behind, zero, cloth)
        seen = physics.view(dressed, Pose(joints), 0.5)
        yield seen.planes, physics.wanted(photo.image, mask, seen)


def _bent(
    flat: NDArray[np.float32], mask: NDArray[np.bool_], torso: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A garment smoothly bent out of its place, and the share it has of each pixel."""
    h, w = mask.shape
    sigma = OVER * torso
    coarse = rng.normal(0, 1, (2, max(int(h / sigma), 2), max(int(w / sigma), 2)))
    y, x = np.mgrid[:h, :w].astype(np.float32)
    dx, dy = (
        cv2.resize(c.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC) for c in coarse
    )
    at = x + AMISS * torso * dx, y + AMISS * torso * dy
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)
    share = cv2.remap(soft, *at, cv2.INTER_LINEAR)
    # Premultiplied: beyond its edge there is no colour to carry in.
    ink = cv2.remap(flat * mask[..., None], *at, cv2.INTER_LINEAR)
    whole = cv2.remap(mask.astype(np.float32), *at, cv2.INTER_LINEAR)
    colour = ink / np.maximum(whole, 0.2)[..., None]
    return np.asarray(colour, np.float32), np.where(whole > 0.2, share, 0).astype(np.float32)


def _grown(mask: NDArray[np.bool_], px: float) -> NDArray[np.bool_]:
    side = 2 * int(px) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0, np.bool_)


def _light(
    image: NDArray[np.float32], mask: NDArray[np.bool_], sigma: float
) -> NDArray[np.float32]:
    """(h, w, 1) the brightness of a garment without its texture, by a blur inside its mask, carried on
    beyond it."""
    grey = image.mean(axis=2) + 8
    weight = mask.astype(np.float32)
    blur, share = (cv2.GaussianBlur(p, (0, 0), sigma) for p in (grey * weight, weight))
    wide, far = (cv2.GaussianBlur(p, (0, 0), 3 * sigma) for p in (grey * weight, weight))
    around = (wide + float(grey[mask].mean()) * 1e-3) / (far + 1e-3)
    return np.asarray(((blur + 0.02 * around) / (share + 0.02))[..., None], np.float32)


def gathered(args: argparse.Namespace, folder: Path) -> tuple[Rows, Rows]:
    """What is trained on, and the pairs held out: conditions (n, 13, 64, 48), answers (n, 4, 64, 48),
    and which are of pairs. Kept as they come: a run goes on where the last one stopped."""
    maps = folder / "maps"
    maps.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    pairs = [p for one in args.pairs for p in load(one)]
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
            answers=np.array([a for _, a in found], np.float16).reshape(
                -1, physics.ANSWERS, *physics.SIZE
            ),
        )
    trained, held = [], []
    for file in sorted(maps.glob("*.npz")):
        hold = bool(args.hold) and fnmatch.fnmatch(file.stem, f"pair-{args.hold}")
        with np.load(file) as kept:
            of_pair = np.full(len(kept["answers"]), file.stem.startswith("pair"))
            (held if hold else trained).append((kept["conditions"], kept["answers"], of_pair))
    return _rows(trained), _rows(held)


def _rows(parts: list[tuple[NDArray[np.float16], NDArray[np.float16], NDArray[np.bool_]]]) -> Rows:
    if not parts:
        empty = torch.zeros(0, physics.CHANNELS, *physics.SIZE, dtype=torch.float16)
        return empty, empty[:, : physics.ANSWERS], torch.zeros(0, dtype=torch.bool)
    conditions, answers, of_pairs = (np.concatenate([p[k] for p in parts]) for k in range(3))
    return torch.from_numpy(conditions), torch.from_numpy(answers), torch.from_numpy(of_pairs)


def target(answer: Tensor, condition: Tensor, predict: str) -> Tensor:
    """What the network is asked for."""
    colours, cover = answer[:, :3], answer[:, 3:]
    if predict == "shading":
        colours = colours.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    if predict == "image":
        colours = condition[:, :3] + colours * (physics.REACH / 127.5)
    return torch.cat([colours, cover], dim=1)


def answer_of(said: Tensor, condition: Tensor, predict: str) -> Tensor:
    """What the network said, as an answer."""
    colours, cover = said[:, :3], said[:, 3:]
    if predict == "image":
        colours = (colours - condition[:, :3]) * (127.5 / physics.REACH)
    return torch.cat([colours, cover], dim=1).clamp(-1, 1) * _region(condition)


def _region(condition: Tensor) -> Tensor:
    return condition[:, physics.REGION : physics.REGION + 1] * 0.5 + 0.5


def altered(condition: Tensor, answer: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The same fittings mirrored, turned, nearer or farther, under another light, of another colour."""
    n = len(answer)
    draw = torch.randn(n, 4, generator=generator)
    turn, size = 0.12 * draw[:, 0], torch.exp(0.12 * draw[:, 1])
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    tall = physics.SIZE[0] / physics.SIZE[1]
    cos, sin = torch.cos(turn) / size, torch.sin(turn) / size
    rows = [flip * cos, -sin * tall, 0.08 * draw[:, 2], flip * sin / tall, cos, 0.08 * draw[:, 3]]
    at = F.affine_grid(torch.stack(rows, 1).view(n, 2, 3), [n, 1, *physics.SIZE], False)
    both = F.grid_sample(torch.cat([condition, answer], 1), at, "bilinear", "border", False)
    condition, answer = both[:, : physics.CHANNELS], both[:, physics.CHANNELS :]
    levels = physics.REACH / 127.5  # an answer in the units of the planes
    coarse, others = condition[:, :3] + 1, condition[:, 3:]
    true = coarse + answer[:, :3] * levels
    cloth = condition[:, physics.CLOTH : physics.CLOTH + 1] * 0.5 + 0.5
    covered = cloth + answer[:, 3:]
    lamp, dye = (torch.exp(s * torch.randn(n, 3, 1, 1, generator=generator)) for s in (0.12, 0.25))
    dye = torch.where(torch.rand(n, 1, 1, 1, generator=generator) < 0.7, dye, torch.ones(()))
    # A picture is a mixture of cloth and the rest, so that cloth is dyed by its share.
    coarse, true = (p * (1 + s * (dye - 1)) * lamp for p, s in ((coarse, cloth), (true, covered)))
    coarse, true = coarse.clamp(0, 2), true.clamp(0, 2)
    condition = torch.cat([coarse - 1, others], dim=1)
    colours = ((true - coarse) / levels).clamp(-1, 1) * _region(condition)
    return condition, torch.cat([colours, answer[:, 3:]], dim=1)


def train(args: argparse.Namespace, folder: Path, rows: Rows, held: Rows) -> dict[str, Tensor]:
    conditions, answers, of_pairs = rows
    torch.manual_seed(1)
    net = unet().train()
    for v in net.conv_out.parameters():  # an untrained network changes nothing
        torch.nn.init.zeros_(v)
    average = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-2)
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
        rate = RATE * min(1, (step + 1) / 50)
        for group in optimiser.param_groups:
            group["lr"] = rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * used / args.seconds)))
        picks = []
        for part, count in ((pairs, OF_PAIRS), (photos, BATCH - OF_PAIRS)):
            whole = part if len(part) else torch.arange(len(answers))
            picks.append(whole[torch.randint(len(whole), (count,), generator=generator)])
        pick = torch.cat(picks)
        condition, answer = conditions[pick].float(), answers[pick].float()
        condition, answer = altered(condition, answer, generator)
        wanted = target(answer, condition, args.predict)
        noise = torch.randn(wanted.shape, generator=generator)
        t = torch.randint(0, 1000, (len(pick),), generator=generator)
        noisy = schedule.add_noise(wanted, noise, t)
        with torch.autocast("cpu", torch.bfloat16):
            said = net(torch.cat([noisy, condition], dim=1), t).sample
        weight = (0.02 + _region(condition)) * torch.tensor([COLOURS] * 3 + [1.0])[:, None, None]
        # Not the square: a pair whose bent garment is torn would speak for a hundred others.
        off = F.smooth_l1_loss(said.float(), wanted, reduction="none", beta=0.1)
        loss = (off * weight).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        for k, v in net.state_dict().items():
            average[k].lerp_(v, 1 - min(EMA, (step + 1) / (step + 10)))
        step += 1
        recent.append(float(loss.detach()))
        if step % 100 == 0:
            print(f"{step} {used:.0f} s loss {np.mean(recent[-100:]):.5f}", flush=True)
        if step % 500 == 0:
            measured(average, held, args.predict)
        if time.monotonic() - last > EVERY_S:
            last = time.monotonic()
            state = {"net": net.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "average": average, "step": step, "spent": used}, checkpoint)
    print(f"{step} steps in {spent + time.monotonic() - began:.0f} s", flush=True)
    return average


def measured(average: dict[str, Tensor], held: Rows, predict: str) -> None:
    """Error of the answers to held-out pairs inside the region, beside answering nothing: colour in
    levels of 255, and the share of the region whose cover is wrong."""
    if not len(held[1]):
        return
    net = unet()
    net.load_state_dict(average)
    net.eval()
    condition, answer = held[0].float(), held[1].float()
    inside = _region(condition)
    said = answer_of(sample(net, condition, 0, STEPS), condition, predict)
    for what, off in (("model", said - answer), ("nothing", -answer)):
        colour, cover = (
            float((off.abs()[:, part] * inside).mean(dim=1).sum() / inside.sum())
            for part in (slice(3), slice(3, 4))
        )
        print(
            f"held out, {what}: {colour * physics.REACH:.2f} levels, cover {cover:.4f}", flush=True
        )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--pairs", type=Path, nargs="*", default=[], help="folders of rendered pairs")
    p.add_argument(
        "--hold", default="", help="names of pairs that are only measured on: s22p00004*"
    )
    p.add_argument("--gather-s", type=float, default=600, help="time for making maps")
    p.add_argument("--seconds", type=float, default=1200, help="time for training")
    p.add_argument("--predict", choices=("residual", "shading", "image"), default="residual")
    p.add_argument("--out", type=Path, default=Path("models/tryon-small/weights.safetensors"))
    args = p.parse_args()
    cv2.setNumThreads(0)
    folder = args.runs / "tryon-small"
    rows, held = gathered(args, folder)
    counts = {"maps": len(rows[1]), "of pairs": int(rows[2].sum()), "held out": len(held[1])}
    print(json.dumps(counts), flush=True)
    if args.seconds <= 0:
        return
    average = train(args, folder, rows, held)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in average.items()}, args.out)
    measured(average, held, args.predict)


if __name__ == "__main__":
    main()
