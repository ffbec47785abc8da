"""What the fixed part of the embedder reads of random views of every garment, kept in ``runs/``.

    python pipelines/garment_features.py --shared ../shared --runs runs --rendered DIR

The trunk learned once (``train_trunk.py``); what stands above it learns from its readings, a
hundred times cheaper than from pictures. A pass reads one view of every garment: the garment as it
is in pass 0, then views under any lamp and views by a faithful camera in turns. Rendered libraries
(``--rendered``) are read again whenever they have grown. Stops and goes on anywhere.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import garments
import numpy as np
import rendered_garments
import torch
from garment_views import glimpse, plain, view
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from wardrobe.backends.small import as_tensors
from wardrobe.nets import GarmentNet

CHUNK = 64  # garments a step
KEEP_S = 120.0
LEARNED = ("trunk.", "layout.", "weave_shallow.", "weave_middle.", "place.")
Views = Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.uint8]]


@dataclass(frozen=True)
class Readings:
    """(n, feature_size) float16 readings, not standardised, and the garment's row of each."""

    values: NDArray[np.float16]
    rows: NDArray[np.intp]


def reader(models: Path, runs: Path, data: garments.Garments) -> GarmentNet:
    """The network whose fixed part stands: as shipped, else from the trunk and 400 garments.

    The projections of the weave and of the places are the principal axes of what the trunk says
    under the masks of training garments, each brought to unit spread.
    """
    kept = runs / "embed-small" / "reader.safetensors"
    net = GarmentNet()
    if not kept.exists():
        shipped = load_file(models / "embed-small" / "weights.safetensors")
        tensors = {k: v.float() for k, v in shipped.items() if k.startswith(LEARNED)}
        net.load_state_dict(tensors, strict=False)
        if not any(k.startswith("weave") for k in tensors):
            train = data.rows(validation=False)
            some = train[:: max(1, len(train) // 400)]
            _axes(net.eval(), np.stack([plain(data.pixels[r]) for r in some]))
        kept.parent.mkdir(parents=True, exist_ok=True)
        save_file({k: v for k, v in net.state_dict().items() if k.startswith(LEARNED)}, kept)
    net.load_state_dict(load_file(kept), strict=False)
    return net.eval().to(memory_format=torch.channels_last)


def _axes(net: GarmentNet, tiles: NDArray[np.uint8]) -> None:
    sums: dict[str, list[Tensor]] = {"shallow": [], "middle": []}
    with torch.inference_mode():
        for k in range(0, len(tiles), 32):
            image, mask = as_tensors(tiles[k : k + 32], "cpu")
            _, shallow, middle, _ = net.trunk(image, mask)
            for name, x in (("shallow", shallow), ("middle", middle)):
                inside = torch.nn.functional.adaptive_avg_pool2d(mask, x.shape[2:]) > 0.5
                sums[name].append(x.permute(0, 2, 3, 1)[inside.squeeze(1)][::7])
    for name, layers in (
        ("shallow", (net.weave_shallow,)),
        ("middle", (net.weave_middle, net.place)),
    ):
        x = torch.cat(sums[name]).clone()
        mean = x.mean(dim=0)
        spread, axes = torch.linalg.eigh(torch.cov(x.T))
        for layer in layers:
            n = layer.out_channels
            rows = (axes[:, -n:] / spread[-n:].clamp(min=1e-4).sqrt()).T
            with torch.no_grad():
                layer.weight.copy_(rows[:, :, None, None])
                layer.bias.copy_(-rows @ mean)


def read_pass(
    net: GarmentNet,
    tile: Callable[[int], NDArray[np.uint8]],
    rows: NDArray[np.intp],
    make: Views,
    seed: tuple[int, ...],
    at: Path,
) -> None:
    """Read one view of every row into ``at`` (a .npy), going on where it was left."""
    told = at.with_suffix(".json")
    done = json.loads(told.read_text())["done"] if told.exists() else 0
    if done >= len(rows):
        return
    at.parent.mkdir(parents=True, exist_ok=True)
    shape = (len(rows), net.feature_size)
    mode = "r+" if done else "w+"
    out = np.lib.format.open_memmap(at, mode=mode, dtype=np.float16, shape=shape)
    saved = time.monotonic()
    while done < len(rows):
        part = rows[done : done + CHUNK]
        views = np.stack([make(tile(r), np.random.default_rng((*seed, int(r)))) for r in part])
        image, mask = as_tensors(views, "cpu")
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            seen = net.readings(image.contiguous(memory_format=torch.channels_last), mask)
        out[done : done + len(part)] = seen.numpy()
        done += len(part)
        if time.monotonic() - saved > KEEP_S or done == len(rows):
            out.flush()
            told.write_text(json.dumps({"done": done}))
            saved = time.monotonic()
            print(f"{time.strftime('%H:%M:%S')} {at.name}: {done} of {len(rows)}", flush=True)


def order(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """The order in which passes go through the rows: any beginning of it is a fair sample."""
    return np.random.default_rng(3).permutation(rows)


def training(runs: Path, data: garments.Garments) -> list[Readings]:
    """What has been read of the training garments so far, pass by pass."""
    rows = order(data.rows(validation=False))
    return [_read(at, rows) for at in sorted((runs / "features").glob("garments-*.npy"))]


def rendered_readings(runs: Path, library: str, n: int) -> list[Readings]:
    """What has been read of a rendered library's ``n`` garments so far; plain first."""
    found = []
    for at in sorted((runs / "features").glob(f"{library}-[0-9]*-[0-9].npy")):
        start = int(at.stem.split("-")[-2])
        found.append(_read(at, np.arange(start, min(start + rendered_garments.BLOCK, n))))
    return found


def _read(at: Path, rows: NDArray[np.intp]) -> Readings:
    told = at.with_suffix(".json")
    done = json.loads(told.read_text())["done"] if told.exists() else 0
    return Readings(np.load(at, mmap_mode="r")[:done], rows[:done])


def as_seen(tile: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    return plain(tile)


def faithful(tile: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    return view(tile, rng, faithful=True)


def read_rendered(net: GarmentNet, folders: Sequence[Path], runs: Path) -> None:
    """Read whole blocks of the garments that rendered libraries hold by now: as they are, and two
    glimpses of each."""
    for folder in folders:
        known = rendered_garments.load(folder, runs)
        n = len(known.item)
        for start in range(
            0, n // rendered_garments.BLOCK * rendered_garments.BLOCK, rendered_garments.BLOCK
        ):
            rows = np.arange(start, start + rendered_garments.BLOCK)
            for k, make in enumerate((as_seen, glimpse, glimpse)):
                at = runs / "features" / f"{folder.name}-{start:06}-{k}.npy"
                read_pass(net, known.pixels.__getitem__, rows, make, (23, k), at)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--passes", type=int, nargs="*", default=[*range(8)], help="which ones")
    parser.add_argument("--most", type=int, help="garments in a pass, of all")
    parser.add_argument("--rendered", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    data = garments.load(args.shared, args.runs)
    net = reader(args.models, args.runs, data)
    rows = order(data.rows(validation=False))[: args.most]
    for k in args.passes:
        read_rendered(net, args.rendered, args.runs)
        make = as_seen if k == 0 else (view if k % 2 else faithful)
        at = args.runs / "features" / f"garments-{k}.npy"
        read_pass(net, lambda r: data.pixels[r], rows, make, (21, k), at)
    read_rendered(net, args.rendered, args.runs)


if __name__ == "__main__":
    main()
