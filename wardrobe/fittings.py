"""Try-on results with the recipe of each: what was tried on whom, so that it can be made again.

They lie below the store, ``tried/<id>/`` with ``recipe.json``, ``before.webp`` and ``after.png``,
and ``tried/people/`` with the photos of the person; nothing of it is ever part of a run.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wardrobe import api, atomic, closet, images, mirror
from wardrobe.api import Watch
from wardrobe.catalogue import Entry
from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError
from wardrobe.stages.outfit import clash
from wardrobe.store import Store

TRIED, PEOPLE = "tried", "people"
PERSON_PX = 1536  # longer side of a person's photo, px: what try-on models take and more
_ID = re.compile(r"[0-9a-f]{16}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a result was made of.

    Attributes:
        person: digest of the person's photo in ``people/``.
        items: (id, name, path of the thumbnail in the store, category) of each garment, as they
            were then.
        steps: of the model, or None for its own number.
        which: of several people in the photo, counted from the left; None where there is one.
        saved: whether the person kept it.
    """

    id: str
    person: str
    items: tuple[tuple[str, str, str, str], ...]
    seed: int
    steps: int | None
    made_at: str
    seconds: float
    saved: bool = False
    which: int | None = None


def keep_person(store: Store, photo: Path, settings: Settings) -> str:
    """Keep a photo of the person; returns the digest it is known by.

    Raises:
        PhotoError: it can't be used.
    """
    picture = images.read(
        photo, work_px=PERSON_PX, max_megapixels=settings.photo.max_megapixels,
        min_side_px=settings.photo.min_side_px,
    )  # fmt: skip
    data = images.encode_webp(picture.pixels, 95)
    digest = hashlib.sha256(data).hexdigest()
    folder = store.root / TRIED / PEOPLE
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(folder / f"{digest}.webp", data)
    return digest


def person(store: Store, digest: str) -> Path:
    """The file of a person's photo.

    Raises:
        ConfigError: there is none of that digest.
    """
    file = store.root / TRIED / PEOPLE / f"{digest}.webp"
    if not _DIGEST.fullmatch(digest) or not file.is_file():
        raise ConfigError("the photo of the person isn't here any more. Choose one again.")
    return file


def make(
    store: Store,
    who: str,
    items: Sequence[Entry],
    *,
    seed: int = 0,
    steps: int | None = None,
    which: int | None = None,
    wear: Callable[..., Any] | None = None,
    watch: Watch = lambda *_: None,
) -> Recipe:
    """Try items on, and keep the result with its recipe.

    Args:
        who: of :func:`keep_person`.
        which: of several people in that photo, counted from the left, 1 first.
        wear: by default :func:`wardrobe.api.try_on`.
        watch: told of every step as it begins.

    Raises:
        ConfigError: no item, items that can't be worn together, or none with a picture.
        PhotoError: the photo can't show these garments; it says why.
        ModelError: the try-on model isn't here.
    """
    why = clash([e.item.category for e in items])
    if why or not items:
        raise ConfigError(f"{why or 'nothing was chosen to try on'}. Change the outfit.")
    worn = tuple((e.item.id, e.item.name, e.thumbnail_path or "", e.item.category) for e in items)
    plan = Recipe("", who, worn, seed, steps, "", 0.0, which=which)
    return _made(store, plan, wear or _try_on, watch)


def again(
    store: Store,
    id: str,
    wear: Callable[..., Any] | None = None,
    watch: Watch = lambda *_: None,
) -> Recipe:
    """Make a result once more, by its recipe; the old one stays."""
    return _made(store, replace(recipe(store, id), saved=False), wear or _try_on, watch)


def _try_on(person: Path, garments: Sequence[Any], **options: Any) -> Any:
    wear: Callable[..., Any] = api.try_on
    return wear(person, garments, **options)


def _made(store: Store, plan: Recipe, wear: Callable[..., Any], watch: Watch) -> Recipe:
    before = person(store, plan.person)
    _, settings = closet.last_run(store)
    began = datetime.now(UTC)
    cut = len(plan.items)  # steps before those that the try-on itself tells of
    garments = _pieces(store, plan, settings, watch)
    pixels = wear(
        before, garments, seed=plan.seed, steps=plan.steps, who=plan.which, settings=settings,
        watch=lambda step, done, total: watch(step, cut + done, cut + total),
    )  # fmt: skip
    ended = datetime.now(UTC)
    made = replace(
        plan, id=secrets.token_hex(8), made_at=ended.isoformat(timespec="milliseconds"),
        seconds=round((ended - began).total_seconds(), 2),
    )  # fmt: skip
    folder = store.root / TRIED / made.id
    folder.mkdir(parents=True)
    atomic.write(folder / "before.webp", before.read_bytes())
    atomic.write(folder / "after.png", images.encode_png(pixels))
    _note(store, made)
    return made


def _pieces(store: Store, plan: Recipe, settings: Settings, watch: Watch) -> list[Any]:
    """The garments: from the photo that shows an item best, or the thumbnail that was kept of it."""
    entries = closet.load(store, pictures=False).entries
    home = {g: e for e in entries for g in e.item.garment_ids}
    pieces = []
    for k, (item, name, path, category) in enumerate(plan.items):
        watch(f"taking {name} from its photo", k, 2 * len(plan.items) + mirror.BEFORE)
        if item in home:
            try:
                pieces.append(mirror.of_item(store, home[item], settings))
                continue
            except PhotoError:
                pass  # its photos are gone; the thumbnail is not
        file = store.root / path
        if not path or not file.is_file():
            raise ConfigError(f"“{name}” has no picture to try on any more. Choose it again.")
        pixels = images.decode(file.read_bytes())
        kind = mirror.category_of(category)
        pieces.append(mirror.piece(pixels, kind, name=name, settings=settings))
    return pieces


def recipe(store: Store, id: str) -> Recipe:
    """The recipe of a result.

    Raises:
        ConfigError: there is none.
    """
    file = store.root / TRIED / id / "recipe.json"
    if not _ID.fullmatch(id) or not file.is_file():
        raise ConfigError("this try-on was dismissed.")
    facts = json.loads(file.read_text("utf-8"))
    facts["items"] = tuple((i, name, path, kind) for i, name, path, kind in facts["items"])
    return Recipe(**facts)


def all_made(store: Store) -> list[Recipe]:
    """Every result that wasn't dismissed, the newest first."""
    folder = store.root / TRIED
    ids = [p.name for p in folder.iterdir() if _ID.fullmatch(p.name)] if folder.is_dir() else []
    found = [recipe(store, i) for i in ids if (folder / i / "recipe.json").is_file()]
    return sorted(found, key=lambda r: r.made_at, reverse=True)


def picture(store: Store, id: str, which: str) -> Path:
    """The file of a result: ``which`` is "before" or "after"."""
    made = recipe(store, id)
    name = {"before": "before.webp", "after": "after.png"}.get(which)
    if name is None:
        raise PhotoError(f"a try-on has a before and an after, no {which}.")
    return store.root / TRIED / made.id / name


def save(store: Store, id: str) -> Recipe:
    """Keep a result."""
    made = replace(recipe(store, id), saved=True)
    _note(store, made)
    return made


def dismiss(store: Store, id: str) -> None:
    """Delete a result with its pictures."""
    shutil.rmtree(store.root / TRIED / recipe(store, id).id)


def _note(store: Store, made: Recipe) -> None:
    data = json.dumps(asdict(made), indent=2).encode()
    atomic.write(store.root / TRIED / made.id / "recipe.json", data)
