"""Train the part of classify-small that knows where garments are worn.

    python pipelines/train_position.py --shared ../shared --rendered runs/fast runs/eyes-fast

Teaches a small network the category from a garment's position on its wearer alone (true masks, the
poses that pose-small finds; whole photos and cuts of them), then fits how much its word counts beside
the head's, and one temperature for both, on the photos and people kept back from either. Minutes on
one core. Reads the head from ``models/classify-small`` and writes both there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rendered
import street
import torch
from mixes import body_cut
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from train_classify import is_kept_back, load_net
from train_trunk import export
from views import Sample

from wardrobe import backends, position
from wardrobe.backends.small import as_tensors, prepare
from wardrobe.config import Settings
from wardrobe.labels import CATEGORIES
from wardrobe.nets import ClassifyHead, GarmentNet
from wardrobe.types import Crop

STEPS, BATCH = 4000, 256
CUTS = 2  # of each photo, beside the whole
LEAST_PX = 60
NOISE = 0.05  # of a standardised number: masks that are found lie a little otherwise


@dataclass(frozen=True)
class Worn:
    """Garments on their wearers: (n, SIZE) positions, (n,) categories, crops of those kept back."""

    positions: NDArray[np.float32]
    truth: NDArray[np.int64]
    crops: list[Crop]


def pictures(shared: Path, folders: list[Path]) -> Iterator[tuple[str, str, Sample]]:
    """(source, who decides whether it is kept back, picture with its garments of one person)."""
    root = shared / "data" / "ccp"
    for n in street.numbers(root, labelled=True):
        if not street.is_validation(n):
            p = street.load(root, n)
            classes = np.array([CATEGORIES.index(c) for c, _ in p.instances], np.int64)
            yield "street", n, Sample(p.image, p.ids, classes)
    for folder in folders:
        for photo in rendered.photos(folder):
            if (sample := rendered.sample(folder, photo)) is not None:
                yield folder.name, photo.file.split("-")[0], sample


def gather(args: argparse.Namespace) -> tuple[Worn, dict[str, Worn]]:
    """What teaches, and what is kept back, by source."""
    settings = Settings()
    pose = backends.create("pose", settings.pose.model, "cpu")
    rng = np.random.default_rng(4)
    # By source; what teaches is one heap, under no source, and needs no crops.
    heaps: dict[str, tuple[list[NDArray[np.float32]], list[int], list[Crop]]] = {"": ([], [], [])}
    for count, (source, group, whole) in enumerate(pictures(args.shared, args.rendered)):
        back = is_kept_back(group)
        views = [whole]
        if source == "street" and not back:
            views += [body_cut(whole, rng) for _ in range(CUTS)]
        for sample, people in zip(views, pose([v.image for v in views]), strict=True):
            for k, category in enumerate(sample.classes.tolist(), start=1):
                mask = sample.ids == k
                if mask.sum() < LEAST_PX:
                    continue
                on = street.wearer(people, mask, settings.pose.min_joint)
                if on is None:
                    continue
                where = position.on_body(mask, on, settings.pose.min_joint)
                if np.isnan(where).any():
                    continue
                places, truth, crops = heaps.setdefault(source if back else "", ([], [], []))
                places.append(where)
                truth.append(category)
                if back:
                    crops.append(Crop(sample.image, mask, where))
        if count % 200 == 0:
            print(f"{count} pictures, {len(heaps[''][1])} garments", flush=True)
    found = {s: Worn(np.stack(p), np.array(t), c) for s, (p, t, c) in heaps.items()}
    return found.pop(""), found


def fit(head: ClassifyHead, worn: Worn) -> None:
    """Teach ``head.position``; rare categories count more, by the root of their rarity."""
    torch.manual_seed(0)
    x, truth = torch.from_numpy(worn.positions), torch.from_numpy(worn.truth)
    net = head.position
    net.mean.copy_(x.mean(dim=0))
    net.spread.copy_(x.std(dim=0).clamp(min=0.05))
    count = torch.bincount(truth, minlength=len(CATEGORIES)).clamp(min=1).float()
    weight = (count.mean() / count).sqrt().clamp(0.3, 4)
    net.prior.copy_((count * weight / (count * weight).sum()).log())
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=STEPS)
    net.train()
    for _ in range(STEPS):
        at = torch.randint(len(x), (BATCH,))
        noise = NOISE * net.spread * torch.randn(BATCH, x.shape[1])
        loss = torch.nn.functional.cross_entropy(net(x[at] + noise), truth[at], weight=weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    net.eval()


def read(net: GarmentNet, crops: Sequence[Crop]) -> Tensor:
    """(n, feature_size) what the embedder's body reads of crops, standardised."""
    out = []
    with torch.inference_mode():
        for k in range(0, len(crops), 32):
            image, mask = as_tensors(np.stack([prepare(c) for c in crops[k : k + 32]]), "cpu")
            out.append(net(image, mask)[1])
    return torch.cat(out)


def weigh(head: ClassifyHead, kept: dict[str, Worn], features: dict[str, Tensor]) -> None:
    """Set what the position counts, and the temperature of both, so that what was kept back is
    likeliest; each source counts alike."""
    best = (np.inf, 0.0, 1.0)
    cold = float(head.temperature[0])
    with torch.inference_mode():
        for weight in np.linspace(0, 1.2, 13):
            for t in cold * np.exp(np.linspace(-0.5, 0.9, 15)):
                head.position.weight.fill_(float(weight))
                head.temperature[0] = float(t)
                losses = []
                for source, worn in kept.items():
                    said, _ = head(features[source], torch.from_numpy(worn.positions))
                    truth = torch.from_numpy(worn.truth)
                    losses.append(float(-said.gather(1, truth[:, None]).mean()))
                best = min(best, (float(np.mean(losses)), float(weight), float(t)))
        head.position.weight.fill_(best[1])
        # Crops without a wearer keep the temperature that was fitted for them.
        head.position.temperature.fill_(best[2] / cold)
        head.temperature[0] = cold


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--shared", type=Path, default=Path("../shared"))
    p.add_argument("--models", type=Path, default=Path("models"))
    p.add_argument("--rendered", type=Path, nargs="*", default=[])
    args = p.parse_args()
    torch.set_num_threads(1)
    learn, kept = gather(args)
    net = load_net(args.models, "cpu")
    at = args.models / "classify-small" / "weights.safetensors"
    head = ClassifyHead(net.feature_size)
    tensors = {k: v.float() if v.is_floating_point() else v for k, v in load_file(at).items()}
    head.load_state_dict(
        {**{k: v for k, v in head.state_dict().items() if k.startswith("position.")}, **tensors}
    )
    head.eval()
    fit(head, learn)
    features = {s: read(net, w.crops) for s, w in kept.items()}
    weigh(head, kept, features)
    with torch.inference_mode():
        for source, worn in kept.items():
            where, truth = torch.from_numpy(worn.positions), torch.from_numpy(worn.truth)
            ways = {
                "position": head.position(where),
                "crop": head(features[source])[0],
                "both": head(features[source], where)[0],
            }
            hits = {k: float((v.argmax(dim=1) == truth).float().mean()) for k, v in ways.items()}
            print(source, len(truth), {k: round(v, 3) for k, v in hits.items()}, flush=True)
    print(f"weight {float(head.position.weight):.2f}, "
          f"temperature {float(head.position.temperature):.2f}")  # fmt: skip
    export(head, at)


if __name__ == "__main__":
    main()
