"""Train compat-small: do two garments go together?

    python pipelines/train_compat.py --shared ../shared

Garments worn together on one street photo are pairs; a pair with one side swapped for a garment of
the same category from another photo is none. Photos whose number ends in 7 are validation and never
read here except for the printed figures; those ending in 3 choose the epoch and fit the calibration.
Three minutes on one CPU core. Writes ``models/compat-small/weights.safetensors``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import street
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from wardrobe import weights
from wardrobe.backends.small import SmallEmbedder
from wardrobe.labels import CATEGORIES
from wardrobe.stages.embed import Embedder
from wardrobe.types import Crop

RANK, EPOCHS, BATCH, NEGATIVES = 16, 24, 512, 3
#: What an outfit is judged by; jewellery, belts, socks and glasses are too small on these photos.
JUDGED = ("tops", "bottoms", "dresses", "outerwear", "skirts", "footwear", "bags")


@dataclass(frozen=True)
class Worn:
    """Garments of the street photos: vectors (n, 256), category numbers and photo numbers (n,)."""

    vectors: NDArray[np.float32]
    category: NDArray[np.intp]
    photo: NDArray[np.str_]

    def rows(self, endings: str) -> NDArray[np.intp]:
        return np.flatnonzero([p[-1] in endings for p in self.photo])


def describe(root: Path, net: Embedder | None = None) -> Worn:
    """Embed every judged garment of the labelled photos, cut out by its label map; with embed-small
    unless another embedder is given."""
    net = net or SmallEmbedder(weights.verified(weights.find("embed-small")), device="cpu")
    vectors, category, photos = [], [], []
    for number in street.numbers(root, labelled=True):
        photo = street.load(root, number)
        crops = []
        for k, (name, _) in enumerate(photo.instances, start=1):
            if name in JUDGED:
                crops.append(Crop(photo.image, photo.ids == k))
                category.append(CATEGORIES.index(name))
                photos.append(number)
        if crops:
            vectors.append(net(crops))
    return Worn(np.concatenate(vectors), np.array(category), np.array(photos))


def together(worn: Worn, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """(n, 2) rows of garments of two categories on one photo."""
    out = []
    for photo in np.unique(worn.photo[rows]):
        on = rows[worn.photo[rows] == photo]
        out += [(a, b) for a in on for b in on if worn.category[a] < worn.category[b]]
    return np.array(out)


def swapped(
    worn: Worn, pairs: NDArray[np.intp], rows: NDArray[np.intp], rng: np.random.Generator, k: int
) -> NDArray[np.intp]:
    """(n * k, 2): each pair k times, one side replaced by its category's on another photo."""
    out = np.repeat(pairs, k, axis=0)
    side = rng.integers(0, 2, len(out))
    for c in np.unique(worn.category):
        pool = rows[worn.category[rows] == c]
        todo = np.flatnonzero(worn.category[out[np.arange(len(out)), side]] == c)
        while len(todo):
            out[todo, side[todo]] = rng.choice(pool, len(todo))
            todo = todo[worn.photo[out[todo, 0]] == worn.photo[out[todo, 1]]]
    return out


class PairNet(nn.Module):
    """sigmoid(W . concat(E_a + E_b, P E_a * P E_b) + b), symmetric in a and b.

    The sum alone, which is W . concat(E_a, E_b) with one W for both sides, can't tell whether two
    garments fit each other; the product of their projections can.
    """

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(256, RANK, bias=False)
        self.weigh = nn.Linear(256 + RANK, 1)
        nn.init.normal_(self.project.weight, std=0.06)
        nn.init.ones_(self.weigh.weight[:, 256:])

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Logits (n,) of two (n, 256) sets of unit vectors."""
        pa, pb = (self.project(F.dropout(x, 0.3, self.training)) * 2 for x in (a, b))
        out: Tensor = self.weigh(torch.cat([a + b, pa * pb], 1))[:, 0]
        return out


def logits(net: PairNet, worn: Worn, pairs: NDArray[np.intp]) -> NDArray[np.float32]:
    net.eval()
    with torch.inference_mode():
        a, b = (torch.from_numpy(worn.vectors[pairs[:, k]]) for k in (0, 1))
        out: NDArray[np.float32] = net(a, b).numpy()
    return out


def fit(worn: Worn, seed: int) -> PairNet:
    """Train, keeping the epoch that ranks the held-back photos best."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    rows, held = worn.rows("01245689"), worn.rows("3")
    pairs = together(worn, rows)
    net, best, kept = PairNet(), 0.0, {}
    opt = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.02)
    for epoch in range(EPOCHS):
        net.train()
        wrong = swapped(worn, pairs, rows, rng, NEGATIVES)
        both = np.concatenate([pairs, wrong])
        truth = torch.from_numpy(np.repeat([1.0, 0.0], [len(pairs), len(wrong)])).float()
        order = rng.permutation(len(both))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            a, b = (torch.from_numpy(worn.vectors[both[part, k]]) for k in (0, 1))
            a, b = (F.normalize(x + 0.02 * torch.randn_like(x)) for x in (a, b))
            weight = torch.tensor(float(NEGATIVES))
            loss = F.binary_cross_entropy_with_logits(net(a, b), truth[part], pos_weight=weight)
            opt.zero_grad()
            loss.backward()
            opt.step()
        score = auc(net, worn, held)
        if score > best:
            best, kept = score, {k: v.clone() for k, v in net.state_dict().items()}
        print(
            f"epoch {epoch}: held back {score:.3f}, training {auc(net, worn, rows):.3f}", flush=True
        )
    net.load_state_dict(kept)
    return net


def auc(net: PairNet, worn: Worn, rows: NDArray[np.intp]) -> float:
    """ROC-AUC of worn together against one side swapped, five swaps a pair."""
    truth, said = judged(net, worn, rows)
    return float(roc_auc_score(truth, said))


def judged(
    net: PairNet, worn: Worn, rows: NDArray[np.intp], k: int = 5
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    pairs = together(worn, rows)
    wrong = swapped(worn, pairs, rows, np.random.default_rng(7), k)
    truth = np.repeat([1.0, 0.0], [len(pairs), len(wrong)])
    return truth, logits(net, worn, np.concatenate([pairs, wrong]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path("models/compat-small/weights.safetensors"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    worn = describe(args.shared / "data" / "ccp")
    net = fit(worn, seed=0)
    # Platt (1999): as many right as wrong pairs mean 0.5 in the middle.
    truth, said = judged(net, worn, worn.rows("3"), k=1)
    platt = LogisticRegression(C=1e6).fit(said[:, None], truth)
    slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    with torch.no_grad():
        net.weigh.weight *= slope
        net.weigh.bias.copy_(net.weigh.bias * slope + shift)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        "project": net.project.weight * 2,
        "weight": net.weigh.weight[0],
        "bias": net.weigh.bias,
    }
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, args.out)
    truth, said = judged(net, worn, worn.rows("7"))
    print(f"validation: AUC {roc_auc_score(truth, said):.3f} on {int(truth.sum())} pairs")
    truth, said = judged(net, worn, worn.rows("7"), k=1)
    chance = 1 / (1 + np.exp(-said))
    for low in np.arange(0, 1, 0.1):
        inside = (chance >= low) & (chance < low + 0.1)
        if inside.any():
            print(
                f"  said {chance[inside].mean():.2f}, true {truth[inside].mean():.2f}, {inside.sum()}"
            )


if __name__ == "__main__":
    main()
