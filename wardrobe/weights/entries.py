"""The registry's entries, where their files lie, and whether those are the right ones."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from wardrobe import atomic
from wardrobe.errors import ModelError

HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a model.

    Attributes:
        path: below the models folder.
        url: where it is fetched, or "" for one that is made here.
        sha256: of the published file, or "" where nobody could read it before this version was
            made: then what the first fetch brings is recorded, and held to from then on.
        bytes: its size, or 0 where that isn't known; for an unpinned file an estimate.
        made: the command that makes it, for a file that depends on one's own photos.
    """

    path: str
    url: str
    sha256: str
    bytes: int
    made: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One table of the registry.

    Attributes:
        name: the table's name, as settings give it.
        stage: which stage it serves.
        backend: ``module:Class`` under :mod:`wardrobe.backends`.
        file: path below the models folder; of a model of several files, their folder, which is
            what its backend is given. "" for one that only puts others together.
        sha256: of the file; "" when it has several, or isn't pinned (see :class:`Part`).
        bytes: size of the file, or of all of them.
        licence: SPDX name or a short phrase.
        commercial: whether the licence allows commercial use; others are fetched only with
            ``--accept-license``.
        shipped: comes with the library; otherwise it is fetched on request.
        url: of the single file.
        repo, revision: on the model hub, for a model of several files; a revision that is no
            commit, such as "main", is not pinned, and the commit that came is recorded.
        files: of several files each ``{path, bytes, sha256, url, made}``, all but the path optional.
        needs: name of a model whose weights this one builds on, or "".
        parts: names of the models that this one puts together.
        parallel: several threads may ask its backend at once; on the CPU it answers input by input, and
            gains more by that than by threads of its own.
        same_cosine: an embedder's own value for the setting of that name, by calibration.
        options: passed to the backend: input size, labels, thresholds.
    """

    name: str
    stage: str
    backend: str
    licence: str
    commercial: bool
    file: str = ""
    sha256: str = ""
    bytes: int = 0
    shipped: bool = False
    url: str = ""
    repo: str = ""
    revision: str = "main"
    files: tuple[Mapping[str, Any], ...] = ()
    needs: str = ""
    parts: tuple[str, ...] = ()
    card: str = ""
    parallel: bool = False
    same_cosine: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Names the exact weights of this model's own files, or where it has none the options that
        make it; an unpinned one that isn't here yet is ``name@unfetched``."""
        if not self.all():
            made_by = json.dumps([dict(self.options), self.parts], sort_keys=True)
            return f"{self.name}@{hashlib.sha256(made_by.encode()).hexdigest()[:12]}"
        known = pins(self)
        hashes = [one.sha256 or known.get(one.path, {}).get("sha256", "") for one in self.all()]
        if not all(hashes):
            return f"{self.name}@unfetched"
        if len(hashes) == 1:
            return f"{self.name}@{hashes[0][:12]}"
        return f"{self.name}@{hashlib.sha256(' '.join(hashes).encode()).hexdigest()[:12]}"

    def all(self) -> list[Part]:
        """Every file of the model; none for one that only puts others together."""
        if not self.files:
            one = Part(self.file, self.url, self.sha256, self.bytes)
            return [one] if self.file else []
        return [
            Part(
                f"{self.file}/{f['path']}",
                f.get("url", "") or ("" if "made" in f else self._hub(f["path"])),
                f.get("sha256", ""),
                f.get("bytes", 0),
                f.get("made", ""),
            )
            for f in self.files
        ]

    def _hub(self, path: str) -> str:
        return f"{HUB}/{self.repo}/resolve/{self.revision}/{path}" if self.repo else ""


def shipped_folder() -> Path:
    """Where the models that come with the library lie: in the wheel, or in the checkout."""
    package = Path(__file__).parents[1]
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
        tables = _tables(path.read_text(encoding="utf-8"))
        return {name: Model(name=name, **table) for name, table in tables.items()}
    except (OSError, tomllib.TOMLDecodeError, TypeError) as e:
        raise ModelError(f"{path.name} can't be used: {e}. Install Wardrobe again.") from e


@lru_cache(maxsize=2)
def _tables(text: str) -> dict[str, dict[str, Any]]:
    """The registry's tables; reading them takes 20 ms, and every stage asks."""
    return tomllib.loads(text)


def find(name: str) -> Model:
    """The registry's entry of that name.

    Raises:
        ModelError: there is none; the message lists those there are.
    """
    known = registry()
    if name not in known:
        raise ModelError(f"no model is called {name!r}; known are {', '.join(sorted(known))}.")
    return known[name]


def whole(names: Iterable[str]) -> list[Model]:
    """The models of those names and all that they need or put together, each once."""
    found: dict[str, Model] = {}
    for name in names:
        if name not in found:
            found[name] = find(name)
            below = [*found[name].parts, *([found[name].needs] if found[name].needs else [])]
            found |= {m.name: m for m in whole(below) if m.name not in found}
    return list(found.values())


def identity(model: Model) -> str:
    """The id of the model and of every model it builds on: what its answers are remembered by."""
    below = [*model.parts, *([model.needs] if model.needs else [])]
    return "+".join([model.id, *(identity(find(name)) for name in below)])


def location(model: Model) -> Path:
    """Where the model's file, or the folder of its files, is or would be once fetched."""
    return home(model) / model.file


def home(model: Model) -> Path:
    """The models folder that the model's files lie below."""
    return shipped_folder() if model.shipped else fetched_folder()


def here(model: Model) -> bool:
    """Whether every file of the model is on this machine; their bytes are not looked at."""
    return all((home(model) / one.path).is_file() for one in model.all())


def verified(model: Model) -> Path:
    """The local file, or the folder of the files, every hash checked.

    Raises:
        ModelError: a file is absent or its bytes are not those of the registry or, where the
            registry names none, those that were fetched first.
    """
    known = pins(model)
    for one in model.all():
        path = home(model) / one.path
        step = _step(model, one)
        if not path.is_file():
            raise ModelError(f"{model.name}: {one.path} is not on this machine. {step}.")
        wanted = one.sha256 or known.get(one.path, {}).get("sha256")
        if wanted is None:
            raise ModelError(
                f"{model.name}: nobody has recorded where {one.path} came from. {step}; a folder"
                " that has it can be named with --from."
            )
        if sha256(path) != wanted:
            raise ModelError(
                f"{model.name}: {one.path} is damaged (its hash differs). Delete it and"
                f" {step[0].lower()}{step[1:]}."
            )
    return location(model)


def _step(model: Model, one: Part) -> str:
    if model.shipped:
        return "Install Wardrobe again"
    return f"Run `{one.made or f'wardrobe models fetch {model.name}'}`"


def pins(model: Model) -> dict[str, dict[str, Any]]:
    """What was recorded when unpinned files first came: path -> sha256, bytes, url, revision."""
    path = _pin_file(model)
    try:
        said: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ModelError(f"{path} can't be read: {e}. Delete it and fetch {model.name}.") from e
    return said


def pin(model: Model, path: str, *, sha: str, size: int, url: str, revision: str = "") -> None:
    """Record the first bytes of a file that the registry does not pin; they are held to."""
    known = pins(model)
    known[path] = {"sha256": sha, "bytes": size, "url": url, "revision": revision}
    said = json.dumps({"model": model.name, "files": known}, indent=1, sort_keys=True)
    atomic.write(_pin_file(model), said.encode())


def _pin_file(model: Model) -> Path:
    return fetched_folder() / f"{model.name}.pins.json"


def sha256(path: Path) -> str:
    """Of a file's bytes, hexadecimal."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
