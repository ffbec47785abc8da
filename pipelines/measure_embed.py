"""Measure embed-small and classify-small on garments they never saw, with baselines beside.

    python pipelines/measure_embed.py --shared ../shared --sheets runs/sheets

Prints Markdown tables. The sets are told apart in every row: ``people`` (real same-garment pairs
across clips, tops, cut out by segment-small), ``flat`` (validation senders), ``street`` (validation
photos), and ``--rendered`` libraries, by their exact masks. ``--sheets`` also draws queries with
their nearest garments, to look at.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import garments
import numpy as np
import rendered_garments
import street
import torch
from describers import Array, Describe, Tiles, baselines, by_net, unit
from evaluation.labels import calibration_error
from garment_views import plain
from likeness import Held, Likeness, altered, lamp_shift, of_sightings, of_views
from numpy.typing import NDArray
from safetensors.torch import load_file
from train_classify import load_net

from wardrobe import body, geometry
from wardrobe.backends.small import as_tensors, prepare
from wardrobe.backends.yolo import YoloPose, YoloSegment
from wardrobe.labels import CATEGORIES
from wardrobe.nets import ClassifyHead
from wardrobe.types import Crop

FLAT_QUERIES = 500
LAMP_QUERIES = 200


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


def line(x: Likeness) -> str:
    return (f"{x.recall:.3f} | {x.auc:.4f} | {x.same:.3f} | {x.different:.4f} | {x.strict:.3f} | "
            f"{x.above:.3f}")  # fmt: skip


def people_line(describe: Describe, seen: People) -> str:
    """Recall@1 with the query's own clip hidden, for garments that appear in two clips or more."""
    kind = np.zeros(len(seen.top), np.intp)
    return line(of_sightings(describe, seen.tiles, seen.top, seen.clip, kind))


def held(data: garments.Garments, source: str, limit: int | None) -> tuple[NDArray[np.intp], Held]:
    """Validation garments of a source, and their views."""
    rows = data.rows(validation=True, source=source)
    if limit:
        rows = np.sort(np.random.default_rng(11).choice(rows, min(limit, len(rows)), replace=False))
    return rows, altered([data.pixels[r] for r in rows], data.category[rows], rows.tolist())


def rendered_lines(folder: Path, runs: Path, ways: dict[str, Describe]) -> None:
    """Garments of a rendered library in several frames, cut out by their exact masks."""
    seen = rendered_garments.load(folder, runs)
    tiles = np.stack([plain(seen.pixels[r]) for r in range(len(seen.item))])
    for by, describe in ways.items():
        found = of_sightings(describe, tiles, seen.item, seen.photo, seen.category)
        print(f"| {folder.name}, {found.asked} | {by} | {line(found)} |", flush=True)


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


def lamp_line(describe: Describe, tiles: Tiles) -> str:
    told = []
    for share in (1.0, 0.5):
        moved = lamp_shift(describe, tiles, share)
        worst = max(moved, key=lambda k: moved[k])
        told.append(f"{np.mean(list(moved.values())):.3f} | {moved[worst]:.3f} at {worst} K")
    return " | ".join(told)


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
        picked = rng.choice(len(one.plain), min(24, len(one.plain)), replace=False)
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
    parser.add_argument("--rendered", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = garments.load(args.shared, args.runs)
    every = {source: held(data, source, FLAT_QUERIES) for source in ("flat", "street")}
    sets = {source: one for source, (_, one) in every.items()}
    worn = people(args.shared, args.models)
    ours = by_net(load_net(args.models, "cpu"))
    some = data.rows(validation=False)
    some = some[:: max(1, len(some) // 400)]
    known = np.stack([plain(data.pixels[r]) for r in some])
    ways = {"embed-small": ours, **baselines(args.shared, known)}
    print_head("set", "by", "recall@1", "AUC", "same >= 0.85", "different >= 0.85",
               "cosine at 1 in 1000", "same above it")  # fmt: skip
    for by, describe in ways.items():
        for name, one in sets.items():
            found = of_views(describe, one)
            print(f"| {name}, {found.asked} | {by} | {line(found)} |", flush=True)
        if worn:
            seen = f"{len(worn.top)} of {len(worn.top) + worn.missed}"
            print(f"| people, {seen} | {by} | {people_line(describe, worn)} |")
    for folder in args.rendered:
        rendered_lines(folder, args.runs, ways)
    print()
    print_head("lamp 2500 K to 9000 K, flat", "mean", "worst", "half corrected: mean", "worst")
    for by, describe in ways.items():
        print(f"| {by} | {lamp_line(describe, sets['flat'].plain[:LAMP_QUERIES])} |", flush=True)
    print()
    rivals_rows(ours, data)
    for name, one in sets.items():
        print(f"\n{name}:\n\n{histogram(ours, one)}")
    if (args.models / "classify-small" / "weights.safetensors").exists():
        print()
        rows, flat = held(data, "flat", None)
        every["flat"] = rows, flat
        classify_rows(args.models, data, {
            f"{name}, {kind}": (tiles, rows)
            for name, (rows, one) in every.items()
            for kind, tiles in (("plain", one.plain), ("strong views", one.first))
        })  # fmt: skip
    if args.sheets:
        draw_sheets(args.sheets, ours, sets, worn)


if __name__ == "__main__":
    main()
