"""Measure embed-small and classify-small on garments they never saw, with baselines beside.

    python pipelines/measure_embed.py --shared ../shared --sheets runs/sheets

Prints Markdown tables. Three sets, told apart in every row: ``people`` (real same-garment pairs
across clips, tops, cut out by segment-small), ``flat`` (validation senders) and ``street``
(validation photos). ``--sheets`` also draws queries with their nearest garments, to look at.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import garments
import numpy as np
import street
import torch
from evaluation.identity import recall_at_1
from evaluation.labels import calibration_error
from garment_views import lamp, plain, view
from numpy.typing import NDArray
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score
from train_classify import load_net
from train_embed import start_net

from wardrobe import body, geometry
from wardrobe.backends.small import as_tensors, prepare
from wardrobe.backends.yolo import YoloPose, YoloSegment
from wardrobe.labels import CATEGORIES
from wardrobe.nets import ClassifyHead, ColourReading, GarmentNet
from wardrobe.types import Crop

Array = NDArray[np.float32]
Tiles = NDArray[np.uint8]  # (n, 160, 160, 4), the network's input
Describe = Callable[[Tiles], Array]  # rows of length 1
FLAT_QUERIES = 500
LAMPS_K = (2500, 3000, 3500, 4000, 5000, 7500, 9000)
BOUNDARY = 0.85


def unit(x: Array) -> Array:
    return (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def by_net(net: GarmentNet, which: int) -> Describe:
    """Vectors (0) or standardised features (1) of a network."""

    def describe(tiles: Tiles) -> Array:
        with torch.inference_mode():
            parts = [
                net(*as_tensors(tiles[k : k + 32], "cpu"))[which] for k in range(0, len(tiles), 32)
            ]
        return unit(torch.cat(parts).numpy())

    return describe


def by_histogram(tiles: Tiles) -> Array:
    """The Lab histogram alone: chroma and lightness as photographed."""
    reading = ColourReading()
    with torch.inference_mode():
        seen = torch.cat(
            [reading(*as_tensors(tiles[k : k + 32], "cpu")) for k in range(0, len(tiles), 32)]
        )
    bins = ColourReading.AB_BINS**2 + ColourReading.L_BINS
    return unit(seen[:, 6 : 6 + bins].numpy())


def by_pixels(tiles: Tiles) -> Array:
    """A 16 px masked thumbnail."""
    masked = tiles[..., :3].astype(np.float32) / 255 - 0.5
    masked *= tiles[..., 3:] > 127
    return unit(
        np.stack([cv2.resize(t, (16, 16), interpolation=cv2.INTER_AREA).ravel() for t in masked])
    )


def imagenet(shared: Path, data: garments.Garments) -> Describe:
    """SqueezeNet as published, pooled under the mask, standardised on 400 training garments."""
    net = start_net(shared).eval()
    keep = 2 * (128 + 256 + 512)
    raw = by_net_raw(net, keep)
    some = data.rows(validation=False)[:: max(1, len(data.rows(validation=False)) // 400)]
    known = raw(np.stack([plain(data.pixels[r]) for r in some]))
    mean, spread = known.mean(axis=0), known.std(axis=0) + 1e-6
    return lambda tiles: unit((raw(tiles) - mean) / spread)


def by_net_raw(net: GarmentNet, keep: int) -> Describe:
    def describe(tiles: Tiles) -> Array:
        with torch.inference_mode():
            parts = [
                net(*as_tensors(tiles[k : k + 32], "cpu"))[1][:, :keep]
                for k in range(0, len(tiles), 32)
            ]
        return torch.cat(parts).numpy()

    return describe


@dataclass(frozen=True)
class People:
    tiles: Tiles
    top: NDArray[np.str_]
    clip: NDArray[np.str_]
    name: NDArray[np.str_]
    missed: int


def people(shared: Path, models: Path) -> People | None:
    """The top of the labelled person in every frame, as pose-small and segment-small cut it out."""
    weights = [models / name / "weights.safetensors" for name in ("pose-small", "segment-small")]
    if not all(w.exists() for w in weights):
        return None
    bodies, segment = YoloPose(weights[0]), YoloSegment(weights[1])
    root = shared / "data" / "people"
    rows = list(csv.DictReader((root / "labels.csv").read_text().splitlines()))
    tiles, kept = [], []
    for row in rows:
        image = street.read_rgb(root / "photos" / row["file"])
        found = max(bodies([image])[0], key=lambda p: geometry.area(p.box), default=None)
        if found is None:
            continue
        torso = body.complete(found.pose, body.seen(found.pose, 0.5))[1]
        x0, y0, x1, y1 = geometry.grow(found.box, 0.15, image.shape[:2])
        image = np.ascontiguousarray(image[y0:y1, x0:x1])
        garments_seen = segment([image], [torso])[0]
        worn = [d for d in garments_seen if d.category in ("tops", "outerwear", "dresses")]
        if worn:
            best = max(worn, key=lambda d: d.score * d.mask.area**0.5)
            tiles.append(prepare(Crop(image, best.mask.array())))
            kept.append(row)
    top, clip, name = (np.array([r[k] for r in kept]) for k in ("top_id", "clip", "file"))
    return People(np.stack(tiles), top, clip, name, len(rows) - len(kept))


def people_row(describe: Describe, seen: People) -> str:
    """Recall@1 with the query's own clip hidden, for garments that appear in two clips or more."""
    v = describe(seen.tiles)
    cosine = v @ v.T
    across = seen.clip[:, None] != seen.clip[None]
    same = seen.top[:, None] == seen.top[None]
    recall, _ = recall_at_1(v, seen.top, seen.clip)
    positive, negative = cosine[same & across], cosine[~same]
    return f"{recall:.3f} | {auc(positive, negative):.3f} | {operating(positive, negative)}"


def auc(positive: Array, negative: Array) -> float:
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    return float(roc_auc_score(truth, np.r_[positive, negative]))


def operating(positive: Array, negative: Array) -> str:
    """Shares above BOUNDARY, and the cosine at which one different pair in a thousand passes."""
    strict = float(np.quantile(negative, 0.999))
    return (f"{(positive >= BOUNDARY).mean():.3f} | {(negative >= BOUNDARY).mean():.4f} | "
            f"{strict:.3f} | {(positive >= strict).mean():.3f}")  # fmt: skip


@dataclass(frozen=True)
class Held:
    """Validation garments: plain tiles and two strong views of each."""

    rows: NDArray[np.intp]
    plain: Tiles
    first: Tiles
    second: Tiles
    category: NDArray[np.int64]


def held(data: garments.Garments, source: str, limit: int | None) -> Held:
    rows = data.rows(validation=True, source=source)
    if limit:
        rows = np.sort(np.random.default_rng(11).choice(rows, min(limit, len(rows)), replace=False))
    views = [
        [view(data.pixels[r], np.random.default_rng((17, turn, r))) for r in rows]
        for turn in (0, 1)
    ]
    still = np.stack([plain(data.pixels[r]) for r in rows])
    return Held(rows, still, np.stack(views[0]), np.stack(views[1]), data.category[rows])


def held_row(describe: Describe, seen: Held) -> str:
    a, b, c = describe(seen.plain), describe(seen.first), describe(seen.second)
    recall = ((b @ a.T).argmax(axis=1) == np.arange(len(a))).mean()
    views = b @ c.T
    positive = np.diag(views)
    rival = (seen.category[:, None] == seen.category[None]) & ~np.eye(len(a), dtype=bool)
    negative = views[rival]
    return f"{recall:.3f} | {auc(positive, negative):.4f} | {operating(positive, negative)}"


def rivals_rows(describe: Describe, data: garments.Garments) -> None:
    """Same-category pairs inside one wardrobe, each garment photographed once, unaltered.

    All count as different; a few are one garment photographed twice, so these are upper bounds.
    """
    rows = data.rows(validation=True, source="flat")
    vectors = describe(np.stack([plain(data.pixels[r]) for r in rows]))
    cosine = vectors @ vectors.T
    category, sender = data.category[rows], data.group[rows]
    rival = (category[:, None] == category[None]) & (sender[:, None] == sender[None])
    np.fill_diagonal(rival, False)
    print_head("one sender's garments, flat", "pairs that pass", "garments with a false neighbour")
    for least in (0.85, 0.90, 0.93, 0.95):
        passing = rival & (cosine >= least)
        print(f"| cosine >= {least} | {passing.sum() / rival.sum():.4f} | "
              f"{passing.any(axis=1).mean():.3f} |")  # fmt: skip


def lamp_row(describe: Describe, seen: Held, share: float) -> str:
    """1 - cosine to the plain tile under black-body lamps: mean over LAMPS_K, and the worst."""
    still = describe(seen.plain)
    moved = []
    for kelvin in LAMPS_K:
        lit = seen.plain.copy()
        linear = (lit[..., :3].astype(np.float32) / 255) ** 2.2 * lamp(kelvin) ** share
        lit[..., :3] = np.clip(np.clip(linear, 0, 1) ** (1 / 2.2) * 255 + 0.5, 0, 255).astype(
            np.uint8
        )
        moved.append(float((1 - (still * describe(lit)).sum(axis=1)).mean()))
    worst = int(np.argmax(moved))
    return f"{np.mean(moved):.3f} | {moved[worst]:.3f} at {LAMPS_K[worst]} K"


def histogram(describe: Describe, seen: Held) -> str:
    """Cosines of two views of one garment, and of two garments of one category."""
    b, c = describe(seen.first), describe(seen.second)
    views = b @ c.T
    rival = (seen.category[:, None] == seen.category[None]) & ~np.eye(len(b), dtype=bool)
    edges = np.array([-1, 0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.001])
    lines = ["| cosine | same garment | other garment, same category |\n|---|---|---|"]
    same, other = (np.histogram(v, edges)[0] / len(v) for v in (np.diag(views), views[rival]))
    for k in range(len(edges) - 1):
        lines.append(f"| {edges[k]:.2f} to {edges[k + 1]:.2f} | {same[k]:.3f} | {other[k]:.4f} |")
    return "\n".join(lines)


def classify_rows(
    models: Path, data: garments.Garments, sets: dict[str, tuple[Tiles, NDArray[np.intp]]]
) -> None:
    net = load_net(models, "cpu")
    head = ClassifyHead(net.feature_size)
    tensors = load_file(models / "classify-small" / "weights.safetensors")
    head.load_state_dict({k: v.float() for k, v in tensors.items()})
    head.eval()
    features = by_net(net, 1)
    train = data.rows(validation=False)
    train = train[:: max(1, len(train) // 2500)]
    known = features(np.stack([plain(data.pixels[r]) for r in train]))
    present = np.unique(data.category[train])
    centroids = unit(np.stack([known[data.category[train] == c].mean(axis=0) for c in present]))
    print_head("set", "garments", "category accuracy", "nearest centroid", "ECE", "type accuracy",
               "types told")  # fmt: skip
    for name, (tiles, rows) in sets.items():
        truth, allowed = data.category[rows], data.types[rows]
        raw = []
        with torch.inference_mode():
            for k in range(0, len(tiles), 32):
                raw.append(net(*as_tensors(tiles[k : k + 32], "cpu"))[1])
            category, types = (x.exp().numpy() for x in head(torch.cat(raw)))
        right = category.argmax(axis=1) == truth
        nearest = present[(unit(torch.cat(raw).numpy()) @ centroids.T).argmax(axis=1)]
        mine = head.of_category.numpy()[truth]
        finer = np.where(mine, types, -1).argmax(axis=1)
        # A type counts where its label leaves something open to be wrong about.
        asked = (allowed & mine).sum(axis=1) < mine.sum(axis=1)
        sure = asked & (types[np.arange(len(types)), finer] >= 0.5)
        hit = allowed[np.arange(len(finer)), finer]
        print(f"| {name} | {len(rows)} | {right.mean():.3f} | {(nearest == truth).mean():.3f} | "
              f"{calibration_error(category.max(axis=1), right):.3f} | {hit[sure].mean():.3f} | "
              f"{sure.sum() / max(asked.sum(), 1):.2f} |")  # fmt: skip
        if name.endswith("plain"):
            confusions(truth, category.argmax(axis=1), name)


def confusions(truth: NDArray[np.int64], told: NDArray[np.int64], name: str) -> None:
    each = [
        f"{CATEGORIES[c]} {(told[truth == c] == c).mean():.2f} of {(truth == c).sum()}"
        for c in np.unique(truth)
    ]
    wrong = [(int(((truth == a) & (told == b)).sum()), f"{CATEGORIES[a]} called {CATEGORIES[b]}")
             for a in range(13) for b in range(13) if a != b]  # fmt: skip
    worst = ", ".join(f"{what} {n}x" for n, what in sorted(wrong, reverse=True)[:5])
    print(f"<!-- {name}: {'; '.join(each)}. Most often: {worst} -->")


def sheet(tiles: Tiles, vectors: Array, queries: NDArray[np.intp], path: Path) -> None:
    """Each query with its five nearest others and their cosines, one row each."""
    lines = []
    for q in queries:
        cosine = vectors @ vectors[q]
        cosine[q] = -2
        near = np.argsort(-cosine)[:5]
        cells = []
        for r, told in [(q, "query"), *((n, f"{cosine[n]:.2f}") for n in near)]:
            share = tiles[r][..., 3:] / 255.0
            cell = (tiles[r][..., :3] * share + 244 * (1 - share)).astype(np.uint8)[::2, ::2].copy()
            cv2.putText(cell, told, (2, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (200, 0, 0), 1)
            cells.append(cell)
        lines.append(np.hstack(cells))
    if len(lines) < 2:
        return
    half = len(lines) // 2
    both = np.hstack([np.vstack(lines[:half]), np.vstack(lines[half : 2 * half])])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), both[..., ::-1])


def draw_sheets(
    folder: Path, describe: Describe, seen: dict[str, Held], worn: People | None
) -> None:
    rng = np.random.default_rng(2)
    for name, one in seen.items():
        picked = rng.choice(len(one.rows), min(24, len(one.rows)), replace=False)
        sheet(one.plain, describe(one.plain), picked, folder / f"{name}.png")
        a, b = describe(one.plain), describe(one.first)
        missed = np.flatnonzero((b @ a.T).argmax(axis=1) != np.arange(len(a)))[:24]
        both = np.concatenate([one.first[missed], one.plain])
        sheet(
            both,
            np.concatenate([b[missed], a]),
            np.arange(len(missed)),
            folder / f"{name}-missed.png",
        )
    if worn:
        v = describe(worn.tiles)
        sheet(worn.tiles, v, rng.choice(len(v), 24, replace=False), folder / "people.png")


def print_head(*columns: str) -> None:
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--sheets", type=Path)
    args = parser.parse_args()
    data = garments.load(args.shared, args.runs)
    sets = {"flat": held(data, "flat", FLAT_QUERIES), "street": held(data, "street", FLAT_QUERIES)}
    worn = people(args.shared, args.models)
    ours = by_net(load_net(args.models, "cpu"), 0)
    ways: dict[str, Describe] = {
        "embed-small": ours,
        "Lab histogram": by_histogram,
        "raw pixels": by_pixels,
        "SqueezeNet features as published": imagenet(args.shared, data),
    }
    print_head("set", "by", "recall@1", "AUC", "same >= 0.85", "different >= 0.85",
               "cosine at 1 in 1000", "same above it")  # fmt: skip
    for by, describe in ways.items():
        for name, one in sets.items():
            print(f"| {name}, {len(one.rows)} | {by} | {held_row(describe, one)} |", flush=True)
        if worn:
            found = f"{len(worn.top)} of {len(worn.top) + worn.missed}"
            print(f"| people, {found} | {by} | {people_row(describe, worn)} |")
    print()
    print_head("lamp 2500 K to 9000 K, flat", "mean", "worst", "half corrected: mean", "worst")
    for by, describe in ways.items():
        full, half = (lamp_row(describe, sets["flat"], share) for share in (1.0, 0.5))
        print(f"| {by} | {full} | {half} |", flush=True)
    print()
    rivals_rows(ours, data)
    for name, one in sets.items():
        print(f"\n{name}:\n\n{histogram(ours, one)}")
    if (args.models / "classify-small" / "weights.safetensors").exists():
        print()
        every = {name: held(data, name, None) for name in ("flat", "street")}
        classify_rows(args.models, data, {
            f"{name}, {kind}": (tiles, one.rows)
            for name, one in every.items()
            for kind, tiles in (("plain", one.plain), ("strong views", one.first))
        })  # fmt: skip
    if args.sheets:
        draw_sheets(args.sheets, ours, sets, worn)


if __name__ == "__main__":
    main()
