"""Wardrobes of many libraries on many machines, with Ray Data.

    python pipelines/distributed.py LIBRARIES --out CLOSETS --profile gpu --workers 4 --gpus 1
    python pipelines/distributed.py LIBRARIES --out CLOSETS --address ray://head:10001

LIBRARIES has one folder of photos for each library; CLOSETS gets one store for each, the same that
``wardrobe build`` would write, and every machine sees both at the same path. Needs the extra
``wardrobe[distributed]``.

A row is a chunk of one library's photos. Rows go through a pool of actors for each stage, each
holding one model; what they answer travels with the row and is put down in a file when the chunk is
done. Then each library is built: everything is remembered by then, so that only grouping and
thumbnails are left. A killed actor's chunk is computed again by another; a killed job goes on with
the chunks that are missing, and a library that is finished costs a look at its file list.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from wardrobe import backends, batch, config, images, pipeline
from wardrobe.config import Settings
from wardrobe.errors import PhotoError
from wardrobe.folder import Found, scan
from wardrobe.pipeline import Until
from wardrobe.store import Result, Store

#: Where the photo's way is cut: an actor looks until here, so that its one new model is the last.
STAGES: tuple[Until, ...] = ("pose", "segment", "classify")
PARTS = "parts"  # below a store, until its library is built

Row = dict[str, Any]


class Memory:
    """What a chunk's stages have answered so far: the part of a store that they need."""

    def __init__(self, results: Iterable[Result] = ()) -> None:
        self.results = {r.key: r for r in results}

    def recall(self, keys: Sequence[str]) -> dict[str, Result]:
        return {k: self.results[k] for k in keys if k in self.results}

    def remember(self, results: Iterable[Result]) -> None:
        self.results |= {r.key: r for r in results}


class Look:
    """An actor: the photos of a chunk up to one stage."""

    def __init__(self, settings: str, until: Until, create: str) -> None:
        read = Settings.model_validate_json(settings)
        self._recipe = pipeline.recipe(read, create=_named(create))
        self._until: Until = until

    def __call__(self, row: Row) -> Row:
        memory = Memory(pickle.loads(row["results"]) if row["results"] else ())
        found: dict[str, Found] = {}
        for path, file in zip(row["paths"], row["files"], strict=True):
            try:
                found.setdefault(images.digest(Path(file)), Found(path, Path(file), 0, 0))
            except PhotoError:
                continue  # said by the build at the end, as it is on one machine
        chunk = [(f, photo_id) for photo_id, f in found.items()]
        pipeline.look(chunk, self._recipe, memory, until=self._until)
        if self._until == STAGES[-1]:
            _put_down(Path(row["part"]), memory.results.values())
            return {**row, "results": b""}
        return {**row, "results": pickle.dumps(list(memory.results.values()))}


class Build:
    """A task: one library, everything of whose photos is known."""

    def __init__(self, settings: str, create: str, libraries: str, out: str) -> None:
        self._settings = Settings.model_validate_json(settings)
        self._create, self._libraries, self._out = _named(create), Path(libraries), Path(out)

    def __call__(self, row: Row) -> Row:
        target = self._out / row["library"]
        store = Store(target)
        for part in sorted((target / PARTS).glob("*.jsonl")):
            store.remember(_picked_up(part))
        store.close()
        made = batch.build(
            self._libraries / row["library"], target, self._settings, create=self._create
        )
        shutil.rmtree(target / PARTS, ignore_errors=True)
        f = made.catalogue.funnel
        return {"library": row["library"], "photos": f.seen, "kept": f.kept, "items": f.items,
                "failures": f.failures, "computed": made.computed}  # fmt: skip


def chunks(libraries: Path, out: Path, settings: Settings, size: int) -> Iterator[Row]:
    """What is left to look at: the photos that no store and no part knows."""
    recipe = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:12]
    for library in names(libraries):
        target = out / library
        store = Store(target)
        files = [
            f for f in scan(libraries / library)
            if store.known_file(f.path, f.bytes, f.mtime_ns) is None
        ]  # fmt: skip
        store.close()
        for start in range(0, len(files), size):
            some = files[start : start + size]
            content = json.dumps([[f.path, f.bytes, f.mtime_ns] for f in some])
            name = hashlib.sha256(content.encode()).hexdigest()[:20]
            part = target / PARTS / f"{recipe}-{name}.jsonl"
            if not part.is_file():
                yield {"library": library, "paths": [f.path for f in some],
                       "files": [str(f.file) for f in some], "part": str(part), "results": b""}  # fmt: skip


def names(libraries: Path) -> list[str]:
    """The libraries: every folder below, by name."""
    return sorted(p.name for p in libraries.iterdir() if p.is_dir())


def run(
    libraries: Path,
    out: Path,
    settings: Settings,
    *,
    workers: int = 2,
    gpus: float = 0.0,
    size: int = 16,
    create: str = "wardrobe.backends:create",
) -> list[Row]:
    """Every library's wardrobe; Ray must have been started.

    Args:
        workers: actors of each stage.
        gpus: share of a GPU for each of them.
        size: photos a chunk: what a killed actor can lose.
        create: ``module:function`` that makes models, importable where the actors run.

    Returns:
        One row a library: photos, kept, items, failures, and answers computed by the last step.
    """
    import ray.data

    said = settings.model_dump_json(exclude_unset=True)
    left = list(chunks(libraries, out, settings, size))
    if left:
        rows = ray.data.from_items(left, override_num_blocks=len(left))
        for until in STAGES:
            rows = rows.map(
                Look, fn_constructor_args=(said, until, create), num_cpus=0.5, num_gpus=gpus or None,
                compute=ray.data.ActorPoolStrategy(size=workers),
            )  # fmt: skip
        # One row a library is what a group comes to: its photos' answers lie in its parts already.
        parts = max(1, min(len({r["library"] for r in left}), 8 * workers))
        light = rows.select_columns(["library", "part"])
        done = light.groupby("library", num_partitions=parts).count().take_all()
        assert {r["library"] for r in done} == {r["library"] for r in left}
    built = ray.data.from_items([{"library": n} for n in names(libraries)]).map(
        Build, fn_constructor_args=(said, create, str(libraries), str(out)), num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )  # fmt: skip
    return sorted(built.take_all(), key=lambda r: r["library"])


def _put_down(part: Path, results: Iterable[Result]) -> None:
    """In one step: a part is whole or not there."""
    part.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=part.parent)
    with os.fdopen(handle, "w", encoding="ascii") as f:
        for r in results:
            value = None if r.value is None else base64.b64encode(r.value).decode()
            f.write(json.dumps({**asdict(r), "value": value}) + "\n")
    os.replace(name, part)


def _picked_up(part: Path) -> Iterator[Result]:
    for line in part.read_text(encoding="ascii").splitlines():
        row = json.loads(line)
        value = None if row["value"] is None else base64.b64decode(row["value"])
        yield Result(**{**row, "value": value})


def _named(create: str) -> Any:
    module, _, function = create.partition(":")
    return getattr(import_module(module), function)


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    p.add_argument("libraries", type=Path)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--profile", choices=["small", "gpu"], default="small")
    p.add_argument("--device")
    p.add_argument("--set", dest="sets", action="append", default=[], metavar="section.key=value")
    p.add_argument("--workers", type=int, default=2, help="actors of each stage")
    p.add_argument("--gpus", type=float, default=0.0, help="share of a GPU for each actor")
    p.add_argument("--chunk", type=int, default=16, help="photos a chunk")
    p.add_argument("--address", help="of a Ray cluster; by default one is started here")
    args = p.parse_args(argv)
    import ray

    pairs = dict(s.split("=", 1) for s in args.sets)
    if args.device:
        pairs["run.device"] = args.device
    settings = config.load(overrides=pairs, profile=args.profile)
    if not args.address and settings.run.device != "auto":
        backends.resolve(settings.run.device)
    ray.init(address=args.address, ignore_reinit_error=True, log_to_driver=False)
    rows = run(
        args.libraries.resolve(), args.out.resolve(), settings, workers=args.workers, gpus=args.gpus,
        size=args.chunk,
    )  # fmt: skip
    for row in rows:
        print(json.dumps(row))
    return 3 if any(r["failures"] for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
