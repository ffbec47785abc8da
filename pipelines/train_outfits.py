"""Train the gpu profile's matcher: a set transformer over its embedder's vectors.

    python pipelines/train_outfits.py moda-outfits --shared ../shared

The outfits are those of ``train_compat.py``: what was worn together on one street photo, against the
same with one piece swapped for another of its category. Photos whose number ends in 7 are validation,
those ending in 3 choose the epoch. Written to the models folder and pinned.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from fit_projection import keep
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor
from train_compat import Worn, describe

from wardrobe import backends, weights
from wardrobe.nets import OutfitNet

EPOCHS, BATCH, NEGATIVES, LARGEST = 20, 128, 3, 6


def outfits(worn: Worn, rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The rows of each photo with two or more garments."""
    by_photo = [rows[worn.photo[rows] == p][:LARGEST] for p in np.unique(worn.photo[rows])]
    return [one for one in by_photo if len(one) > 1]


def swapped(
    worn: Worn, outfit: NDArray[np.intp], pool: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """The outfit with one garment replaced by another of its category, from another photo."""
    out = outfit.copy()
    for place in rng.permutation(len(out)):
        others = pool[(worn.category[pool] == worn.category[out[place]])]
        others = others[worn.photo[others] != worn.photo[out[place]]]
        if len(others):
            out[place] = rng.choice(others)
            return out
    return out


def batch(worn: Worn, sets: Sequence[NDArray[np.intp]]) -> tuple[Tensor, Tensor]:
    """(n, k, 256) vectors and (n, k) which places are empty."""
    k = max(map(len, sets))
    vectors = np.zeros((len(sets), k, worn.vectors.shape[1]), np.float32)
    absent = np.ones((len(sets), k), np.bool_)
    for i, one in enumerate(sets):
        vectors[i, : len(one)], absent[i, : len(one)] = worn.vectors[one], False
    return torch.from_numpy(vectors), torch.from_numpy(absent)


def auc(net: OutfitNet, worn: Worn, rows: NDArray[np.intp]) -> float:
    """ROC-AUC of worn outfits against ones with a piece swapped, five each."""
    rng = np.random.default_rng(7)
    right = outfits(worn, rows)
    wrong = [swapped(worn, o, rows, rng) for o in right for _ in range(5)]
    net.eval()
    with torch.inference_mode():
        said = net(*batch(worn, [*right, *wrong])).numpy()
    return float(roc_auc_score(np.repeat([1, 0], [len(right), len(wrong)]), said))


def fit(worn: Worn, epochs: int = EPOCHS) -> OutfitNet:
    """Train, keeping the epoch that ranks the held-back photos best."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    rows, held = worn.rows("01245689"), worn.rows("3")
    right, net, best, kept = outfits(worn, rows), OutfitNet(), 0.0, {}
    opt = torch.optim.AdamW(net.parameters(), 5e-4, weight_decay=0.05)
    for epoch in range(epochs):
        net.train()
        wrong = [swapped(worn, o, rows, rng) for o in right for _ in range(NEGATIVES)]
        sets, truth = [*right, *wrong], np.repeat([1.0, 0.0], [len(right), len(wrong)])
        order = rng.permutation(len(sets))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            vectors, absent = batch(worn, [sets[i] for i in part])
            vectors = F.dropout(vectors, 0.2)
            loss = F.binary_cross_entropy_with_logits(
                net(vectors, absent), torch.from_numpy(truth[part]).float(),
                pos_weight=torch.tensor(float(NEGATIVES)),
            )  # fmt: skip
            opt.zero_grad()
            loss.backward()
            opt.step()
        score = auc(net, worn, held)
        if score > best:
            best, kept = score, {k: v.clone() for k, v in net.state_dict().items()}
        print(f"epoch {epoch}: held back {score:.3f}", flush=True)
    net.load_state_dict(kept)
    return net.eval()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--device", default="auto")
    args = parser.parse_args(argv)
    embed = backends.create("embed", weights.find(args.model).needs, args.device)
    worn = describe(args.shared / "data" / "ccp", embed)
    net = fit(worn)
    print(f"validation: AUC {auc(net, worn, worn.rows('7')):.3f}")
    tensors = {k: v.numpy() for k, v in net.state_dict().items()}
    print(keep(args.model, "weights.safetensors", tensors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
