"""Put the embedder's parting of same and different at 0.85, on wardrobes that are none of the samples.

    python pipelines/calibrate_identity.py --shared ../shared --rendered runs/fast --write

Two kinds of wardrobes, all of the tenth that training kept back: rendered people, every garment
seen in several frames, and flat photos of one sender, every garment seen once. Tries every raw
cosine, prints what would be joined, chooses the least one from which on rendered wardrobes hold
next to no wrong merge and senders' few, and (with ``--write``) sets ``lift`` so that the chosen
cosine becomes 0.85. The registry's ``same_cosine`` then says 0.85, or what is printed where it
can't be lifted there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import garments
import numpy as np
import rendered_garments
import torch
from describers import Describe, by_net
from evaluation.identity import Identity, identity
from garment_views import plain
from numpy.typing import NDArray
from train_classify import is_kept_back, load_net
from train_trunk import export

from wardrobe.config import ClusterSettings
from wardrobe.labels import CATEGORIES
from wardrobe.pile import Pile
from wardrobe.stages.cluster import group
from wardrobe.types import Garment, Labels, Mask

PARTING = 0.85
TRIED = tuple(round(0.30 + 0.02 * k, 2) for k in range(34))
MOST_WRONG = 0.0075  # items of rendered people that may hold two garments
MOST_ALONE = 0.25  # the same of flat photos of a sender: piles of plain T-shirts, some there twice


@dataclass(frozen=True, eq=False)
class Wardrobe:
    """Garments of one owner: vectors before the lift, what they are, and where they were seen."""

    vectors: NDArray[np.float32]
    item: Sequence[str]
    photo: Sequence[str]
    category: NDArray[np.int64]


def wardrobes_of_people(folders: Sequence[Path], runs: Path, raw: Describe) -> list[Wardrobe]:
    """Rendered people that training kept back."""
    out = []
    for folder in folders:
        seen = rendered_garments.load(folder, runs)
        person = np.array([i.split("-")[0] for i in seen.item])
        for who in filter(is_kept_back, np.unique(person).tolist()):
            rows = np.flatnonzero(person == who)
            tiles = np.stack([plain(seen.pixels[int(r)]) for r in rows])
            out.append(Wardrobe(raw(tiles), seen.item[rows].tolist(), seen.photo[rows].tolist(),
                                seen.category[rows]))  # fmt: skip
    return out


def wardrobes_of_senders(data: garments.Garments, raw: Describe) -> list[Wardrobe]:
    """Senders of the kept back tenth of training, ten garments or more."""
    out = []
    for sender in np.unique(data.group[data.rows(validation=False, source="flat")]):
        rows = np.flatnonzero((data.group == sender) & (data.source == "flat"))
        if is_kept_back(sender) and len(rows) >= 10:
            tiles = np.stack([plain(data.pixels[r]) for r in rows])
            names = data.name[rows].tolist()
            out.append(Wardrobe(raw(tiles), names, names, data.category[rows]))
    return out


def grouped(w: Wardrobe, at: float) -> Identity:
    """The product's grouping of a wardrobe at a threshold, by the vectors and categories alone."""
    settings = ClusterSettings()
    shift = at - settings.same_cosine
    moved = {"same_cosine": at, "ask_cosine": settings.ask_cosine + shift,
             "far_cosine": settings.far_cosine + shift, "minutes": 0.0}  # fmt: skip
    mask = Mask.of(np.ones((2, 2), np.bool_))
    worn = [
        Garment(p, (0.0, 0.0, 1.0, 1.0 - k / 1e4), CATEGORIES[c], 1.0, mask, 1.0)
        for k, (p, c) in enumerate(zip(w.photo, w.category, strict=True))
    ]
    said = tuple(Labels(g.category, 1.0, None, 0.0) for g in worn)
    pile = Pile(tuple(worn), w.vectors, said)
    groups = group(pile, settings.model_copy(update=moved)).groups
    item = {g: k for k, one in enumerate(groups) for g in one.garment_ids}
    return identity([item[g.id] for g in worn], np.unique(w.item, return_inverse=True)[1])


def curve(people: Sequence[Wardrobe], senders: Sequence[Wardrobe]) -> float | None:
    """Print what each threshold joins; the least safe one."""
    print("| raw cosine | people: BCubed F1 | over-merge | split | senders: over-merge |\n"
          "|---|---|---|---|---|")  # fmt: skip
    safe: float | None = None
    for at in TRIED:
        theirs, alone = ([grouped(w, at) for w in ws] for ws in (people, senders))
        f1 = np.average([x.bcubed.f1 or 0 for x in theirs], weights=[x.garments for x in theirs])
        over, lone = (
            sum(x.over_merge_rate * x.items for x in xs) / max(1, sum(x.items for x in xs))
            for xs in (theirs, alone)
        )
        split = np.mean([x.split_rate for x in theirs if x.split_rate is not None])
        print(f"| {at:.2f} | {f1:.3f} | {over:.4f} | {split:.3f} | {lone:.4f} |", flush=True)
        if over <= MOST_WRONG and lone <= MOST_ALONE:
            safe = at if safe is None else safe
        else:
            safe = None  # a safe threshold is one from which on all are
    return safe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--rendered", type=Path, nargs="*", default=[Path("runs/fast")])
    parser.add_argument("--write", action="store_true", help="set the lift in the weights")
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = load_net(args.models, "cpu")
    net.lift.zero_()
    raw = by_net(net)
    people = wardrobes_of_people(args.rendered, args.runs, raw)
    senders = wardrobes_of_senders(garments.load(args.shared, args.runs), raw)
    print(f"{len(people)} rendered people, {len(senders)} senders", flush=True)
    safe = curve(people, senders)
    if safe is None:
        raise SystemExit("no threshold is safe: train on")
    lift = max(0.0, (PARTING - safe) / (1 - PARTING)) ** 0.5
    print(f"safe from {safe:.2f} on; lift {lift:.4f}; same_cosine = {max(PARTING, safe):.2f}")
    if args.write:
        net.lift.fill_(lift)
        export(net, args.models / "embed-small" / "weights.safetensors")


if __name__ == "__main__":
    main()
