"""models/registry.toml -> a verified local file. The only place with a network.

Nothing here loads a model: a model's identity is its name and the hash in the registry, so that a
run in which everything is remembered never opens a weight file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import tomllib
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from wardrobe.errors import ModelError

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Model:
    """One table of the registry.

    Attributes:
        name: the table's name, as settings give it.
        stage: which stage it serves.
        backend: ``module:Class`` under :mod:`wardrobe.backends`.
        file: path below the models folder.
        sha256: of the file; every use is checked against it.
        bytes: size of the file.
        licence: SPDX name or a short phrase.
        commercial: whether the licence allows commercial use.
        shipped: comes with the library; otherwise ``url`` is fetched on request.
        needs: name of a model whose weights this one builds on, or "".
        same_cosine: an embedder's own value for the setting of that name, by calibration.
        options: passed to the backend: input size, labels, thresholds.
    """

    name: str
    stage: str
    backend: str
    file: str
    sha256: str
    bytes: int
    licence: str
    commercial: bool
    shipped: bool = False
    url: str = ""
    needs: str = ""
    card: str = ""
    same_cosine: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Names the exact weights of this file."""
        return f"{self.name}@{self.sha256[:12]}"


def shipped_folder() -> Path:
    """Where the models that come with the library lie: in the wheel, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"


def fetched_folder() -> Path:
    """Where fetched models are kept: the user's cache folder, or ``WARDROBE_MODELS``."""
    named = os.environ.get("WARDROBE_MODELS")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "wardrobe" / "models"


def registry() -> dict[str, Model]:
    """Every model that is known, by name.

    Raises:
        ModelError: the registry is missing or a table is wrong.
    """
    path = shipped_folder() / "registry.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: Model(name=name, **table) for name, table in tables.items()}
    except (OSError, tomllib.TOMLDecodeError, TypeError) as e:
        raise ModelError(f"{path.name} can't be used: {e}. Install Wardrobe again.") from e


def find(name: str) -> Model:
    """The registry's entry of that name.

    Raises:
        ModelError: there is none; the message lists those there are.
    """
    known = registry()
    if name not in known:
        raise ModelError(f"no model is called {name!r}; known are {', '.join(sorted(known))}.")
    return known[name]


def identity(model: Model) -> str:
    """The id of the model and of every model it builds on: what its answers are remembered by."""
    return f"{model.id}+{identity(find(model.needs))}" if model.needs else model.id


def location(model: Model) -> Path:
    """Where the model's file is, or would be once fetched."""
    return (shipped_folder() if model.shipped else fetched_folder()) / model.file


def verified(model: Model) -> Path:
    """The local file, its hash checked.

    Raises:
        ModelError: the file is absent or its bytes are not those of the registry.
    """
    path = location(model)
    if not path.is_file():
        step = (
            "Install Wardrobe again"
            if model.shipped
            else f"Run `wardrobe models fetch {model.name}`"
        )
        raise ModelError(f"{model.name}: {model.file} is not on this machine. {step}.")
    if _sha256(path) != model.sha256:
        step = (
            "install Wardrobe again"
            if model.shipped
            else f"run `wardrobe models fetch {model.name}`"
        )
        raise ModelError(
            f"{model.name}: {model.file} is damaged (its hash differs). Delete it and {step}."
        )
    return path


def fetch(model: Model, progress: Callable[[int, int], None] | None = None) -> Path:
    """Download one model: to a temporary file, hashed on the way, put in place in one step.

    Args:
        progress: called with (bytes so far, bytes in all).

    Raises:
        ModelError: no address, no space, a broken connection, or bytes that are not the registry's.
    """
    if model.shipped:
        return verified(model)
    if not model.url:
        raise ModelError(
            f"{model.name} has no address to fetch from; see {model.card or 'its card'}."
        )
    target = location(model)
    try:
        _download(model, target, progress)
    except (OSError, HTTPException) as e:
        raise ModelError(
            f"{model.name} could not be fetched: {e}. Check the connection and try again."
        ) from e
    return target


def _download(model: Model, target: Path, progress: Callable[[int, int], None] | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(target.parent).free < model.bytes + (64 << 20):
        raise ModelError(
            f"{model.name} needs {model.bytes >> 20} MB in {target.parent}, which is full."
        )
    digest, done = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(name)
    try:
        with (
            os.fdopen(handle, "wb") as out,
            urllib.request.urlopen(model.url, timeout=60) as source,
        ):
            # More than the registry announces is wrong already and need not be waited for.
            while done <= model.bytes and (chunk := source.read(CHUNK)):
                digest.update(chunk)
                out.write(chunk)
                done += len(chunk)
                if progress:
                    progress(done, model.bytes)
        if digest.hexdigest() != model.sha256:
            raise ModelError(
                f"{model.name}: the bytes that came are not the published ones. Try again later."
            )
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
