"""The batch job: a folder in, a wardrobe out. Remembered maps first, then the one reduce."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe import (
    backends,
    catalogue,
    decisions,
    endings,
    gallery,
    images,
    pipeline,
    rows,
    weights,
)
from wardrobe import owner as owner_faces
from wardrobe.catalogue import Catalogue, Entry, Funnel, Seen
from wardrobe.config import ClusterSettings, Settings
from wardrobe.doubts import Question
from wardrobe.errors import ConfigError, PhotoError, StoreError
from wardrobe.folder import Found, scan
from wardrobe.pile import Pile
from wardrobe.pipeline import STAGES, Recipe, Sight, Until
from wardrobe.runner import remembered
from wardrobe.stages.cluster import Cluster, Grouping
from wardrobe.stages.quality import traits
from wardrobe.store import Store
from wardrobe.types import VECTOR_SIZE, Anchor, Failure, Item, Worn

NOTE_EVERY = 200  # files whose hashes a kill can lose


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: stage, how many of how many are done."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    Attributes:
        computed: answers that were computed; the rest was remembered.
        seconds: wall time.
    """

    catalogue: Catalogue
    computed: int
    seconds: float


Watch = Callable[[Progress], None]


def build(
    photos: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    owner: Sequence[Path] = (),
    keep_owner: bool = False,
    until: Until = "thumbnail",
    limit: int | None = None,
    watch: Watch = lambda _: None,
    create: Callable[[str, str, str], Any] = backends.create,
) -> Report:
    """Make or continue the wardrobe of a photo folder.

    What an earlier run computed is not computed again; a killed run loses at most the batch it was
    in. Photos are only ever read.

    Args:
        photos: folder, searched with its subfolders.
        out: the store; made when absent.
        owner: selfies that say who the owner is, by default those the store keeps; needs the face
            models.
        keep_owner: without selfies, the owner is who they were in the run before.
        until: stop after this stage.
        limit: look at the first so many photos only.
        watch: told about progress.
        create: makes models; tests give their own.

    Raises:
        ConfigError: the folder or a setting can't be used.
        ModelError, DeviceError: a model or the device isn't there.
        StoreError: the store is busy or damaged.
    """
    began = time.monotonic()
    settings = settings or Settings()
    _check_folders(photos, out)
    if settings.run.device.startswith("cuda"):
        backends.resolve(settings.run.device)  # said before an hour of reading, not after
    files = list(scan(photos))[:limit]
    store = Store(out)
    try:
        with store.writing():
            selfies = owner or owner_faces.kept(store)
            faces = owner_faces.vectors(selfies, settings, create) if selfies else None
            before = keep_owner and not selfies and not owner_faces.told(store)
            if before and (runs := store.runs()) and runs[0]["owner"]:
                faces = np.array(json.loads(runs[0]["owner"]), np.float32)
            who = None if faces is None else json.dumps(faces.tolist())
            # Calibrated, as a later regrouping can't tell what was set from what was a default.
            used = settings.model_copy(update={"cluster": calibrated(settings)})
            with pipeline.at_work(settings, faces, create) as recipe:
                job = _Job(recipe, store, until, watch)
                run = store.begin(str(photos.absolute()), used.model_dump_json(), who)
                made = job.run(files)
                store.finish(run, job.tables(made), asdict(made.funnel))
            return Report(made, job.computed, time.monotonic() - began)
    finally:
        store.close()


def regroup(
    out: Path,
    *,
    watch: Watch = lambda _: None,
    create: Callable[[str, str, str], Any] = backends.create,
) -> Report:
    """Group the last run's garments anew, after a person said something: no model is asked, and no
    photo is read but for the thumbnail of a cover that was none before.

    Raises:
        StoreError: no run yet, or the store is busy or damaged.
    """
    began = time.monotonic()
    store = Store(out, create=False)
    try:
        with store.writing():
            last = next((r for r in store.runs() if r["ended_at"]), None)
            if last is None:
                raise StoreError(f"no run has finished in {out}. Run `wardrobe build` again.")
            settings = Settings.model_validate(last["settings"])
            faces = np.array(json.loads(last["owner"]), np.float32) if last["owner"] else None
            with pipeline.at_work(settings, faces, create) as recipe:
                job = _Job(recipe, store, "thumbnail", watch)
                run = store.begin(last["photos"], settings.model_dump_json(), last["owner"])
                made = job.again(Path(last["photos"]))
                store.finish(run, job.tables(made), asdict(made.funnel))
            return Report(made, job.computed, time.monotonic() - began)
    finally:
        store.close()


def plan(
    photos: Path, out: Path, settings: Settings | None = None, limit: int | None = None
) -> Funnel:
    """What a run would find, without computing or writing anything: photos there are, and how many
    of them the store already knows (``kept`` known, ``failures`` 0, ``seen`` all)."""
    settings = settings or Settings()
    _check_folders(photos, out)
    files = list(scan(photos))[:limit]
    known = 0
    if (out / "catalogue.db").is_file():
        store = Store(out, create=False)
        known = sum(store.known_file(f.path, f.bytes, f.mtime_ns) is not None for f in files)
        store.close()
    return Funnel(seen=len(files), kept=known)


class _Job:
    """One run's state: what was looked at, and what became of it."""

    def __init__(self, recipe: Recipe, store: Store, until: Until, watch: Watch) -> None:
        self.recipe, self.store, self.until, self.watch = recipe, store, until, watch
        self.settings = recipe.settings
        self.computed = 0
        self.questions: tuple[Question, ...] = ()
        self.ids: dict[str, str] = {}  # path -> photo id
        self.files: dict[str, Path] = {}  # photo id -> file

    def run(self, files: Sequence[Found]) -> Catalogue:
        self.sights = self._identify(files)
        self._look()
        return self._reduce()

    def again(self, folder: Path) -> Catalogue:
        """The last run's photos as the store remembers them, grouped anew. The photos may be gone."""
        known = self.store.derived("photo")
        self.ids = {path: row["id"] for path, row in known.items() if row["id"]}
        self.files = {photo_id: folder / path for path, photo_id in self.ids.items()}
        found = {path: Found(path, folder / path, 0, 0) for path in known}
        open_ = [p for p in self.ids if known[p]["reason"] != endings.COPY]
        looked = pipeline.look(
            [(found[p], self.ids[p]) for p in open_], self.recipe, self.store, compute=False
        )
        sights = dict(zip(open_, looked, strict=True))
        if any(s.failure and s.failure.reason == "not computed" for s in looked if _kept(s, known)):
            raise StoreError(
                "the models or their settings have changed since the last run, so there is nothing to group"
                " anew. What you said is kept and counts from the next `wardrobe build PHOTOS --out"
                f" {self.store.root}`."
            )
        for path, row in known.items():
            sight = sights.setdefault(path, Sight(found[path]))
            if row["outcome"] != "kept" and (sight.open or sight.failure):
                final = row["outcome"] != "failed"
                sight.failure = Failure("photo", row["reason"], row["message"], final)
        self.sights = [sights[path] for path in known]
        return self._reduce()

    def _reduce(self) -> Catalogue:
        self.worn = {
            g.id: Worn(s.photo, g) for s in self.sights if s.open and s.photo for g in s.garments
        }
        self.items = self._group()
        self.pictures = self._pictures()
        self.same_picture = catalogue.same_pictures(
            [s.photo for s in self.sights if s.photo], self.settings.photo.duplicate_bits
        )
        return Catalogue(
            tuple(self._entries()), endings.funnel(self.sights, len(self.worn), len(self.items))
        )

    def _identify(self, files: Sequence[Found]) -> list[Sight]:
        """Every file's content hash; exact copies and unreadable files stop here."""
        sights: list[Sight] = []
        first: dict[str, str] = {}
        notes: list[tuple[str, int, int, str]] = []
        for n, f in enumerate(files):
            if n % NOTE_EVERY == 0:
                self.store.note_files(notes)
                notes.clear()
                self.watch(Progress("files", n, len(files)))
            sight = Sight(f)
            sights.append(sight)
            try:
                known = self.store.known_file(f.path, f.bytes, f.mtime_ns)
                photo_id = known or images.digest(f.file)
            except PhotoError as e:
                sight.failure = Failure("photo", e.reason, str(e), e.final)
                continue
            if not known:
                notes.append((f.path, f.bytes, f.mtime_ns, photo_id))
            self.ids[f.path] = photo_id
            self.files.setdefault(photo_id, f.file)
            if photo_id in first:
                sight.reason, sight.copy_of = endings.COPY, first[photo_id]
            first.setdefault(photo_id, f.path)
        self.store.note_files(notes)
        return sights

    def _look(self) -> None:
        """The per-photo stages, batch by batch."""
        todo = [i for i, s in enumerate(self.sights) if s.open]
        size = self.settings.run.batch
        found = [(self.sights[i].found, self.ids[self.sights[i].found.path]) for i in todo]
        for start in range(0, len(todo), size):
            self.watch(Progress("photos", start, len(todo)))
            part, then = found[start : start + size], found[start + size : start + 2 * size]
            looked = pipeline.look(part, self.recipe, self.store, until=self.until, then=then)
            for i, sight in zip(todo[start : start + size], looked, strict=True):
                self.sights[i] = sight
                self.computed += sight.fresh
        self.watch(Progress("photos", len(todo), len(todo)))

    def _group(self) -> list[Item]:
        """Garments -> items."""
        if STAGES.index(self.until) < STAGES.index("cluster") or not self.worn:
            return []
        on = [s for s in self.sights if s.open]
        garments = [g for s in on for g in s.garments]
        labels = [said for s in on for said in s.labels]
        vectors = np.stack([v for s in on for v in s.vectors]).reshape(-1, VECTOR_SIZE)
        self.watch(Progress("grouping", 0, len(garments)))
        stage = Cluster(calibrated(self.settings), self.settings.embed)
        places = {g.id: Anchor.of(g) for g in garments}
        self.word = decisions.resolve(decisions.heard(self.store), places)
        told = decisions.told(self.word, garments, labels)
        taken = tuple(w.photo.taken_at for w in self.worn.values())
        self.seen = {
            g.id: Seen(g, said, e.quality, traits(e))
            for g, said, e in zip(garments, told, [e for s in on for e in s.examined], strict=True)
        }
        clear = tuple(view.clear for view in self.seen.values())
        patterns = tuple(view.traits.pattern for view in self.seen.values())
        pile = Pile(
            tuple(garments), vectors, told, clear, taken, self.word.same, self.word.different,
            patterns,
        )  # fmt: skip
        found: Grouping = self._one(stage, pile)
        self.questions = found.questions
        items = [catalogue.item_of(g, self.seen, self.settings.cover) for g in found.groups]
        return catalogue.named([decisions.applied(item, self.word) for item in items])

    def _one(self, stage: Any, one: Any) -> Any:
        (answer,) = remembered(stage, [one], self.store)
        self.computed += answer.fresh
        if answer.failure:
            raise StoreError(f"{stage.name} failed: {answer.failure.message}. Please report it.")
        return answer.value

    def _pictures(self) -> dict[str, gallery.Pictures]:
        """Item id -> its pictures in the store."""
        if self.until != "thumbnail" or not self.items:
            return {}
        known = gallery.views(self.sights, self.seen, self.worn)
        made, computed = gallery.pictures(
            self.items, known, self.word, self.recipe, self.store, self.files,
            lambda done, total: self.watch(Progress("thumbnails", done, total)),
        )  # fmt: skip
        gallery.note(self.items, made, known, self.word, self.store)
        self.computed += computed
        return made

    def _entries(self) -> Iterator[Entry]:
        for item in self.items:
            worn = [self.worn[g] for g in item.garment_ids]
            first, last, count = catalogue.worn([w.photo for w in worn], self.same_picture)
            shown = self.pictures.get(item.id, gallery.Pictures())
            sightings = tuple(
                catalogue.sighting(
                    w, self.seen[w.garment.id], self.settings.photo.work_px, self.settings.cover
                )
                for w in worn
            )
            yield Entry(
                item, sightings, None, first, last, count, shown.thumbnail, shown.cutout,
                sources_path=shown.sources, filled=shown.filled,
            )  # fmt: skip

    def tables(self, made: Catalogue) -> dict[str, dict[str, Any]]:
        """The rows that readers of the store see."""
        photos = {}
        for s in self.sights:
            outcome = "kept" if s.open else "failed" if endings.passing(s) else "left out"
            photos[s.found.path] = {
                "id": self.ids.get(s.found.path),
                "outcome": outcome,
                "reason": None if s.open else endings.reason(s),
                "message": None if s.open else endings.sentence(s),
                "size": s.photo.size if s.photo else None,
                "taken_at": s.photo.taken_at.isoformat() if s.photo and s.photo.taken_at else None,
                "same_as": self.same_picture.get(self.ids.get(s.found.path, "")),
            }
        keys = {g: pipeline.memo_keys(self.recipe, w) for g, w in self.worn.items()}
        return {
            "photo": photos,
            "garment": rows.garments(made.entries, keys),
            "item": rows.items(made.entries),
            "question": {f"{q.a}:{q.b}": asdict(q) for q in self.questions},
        }


def _kept(sight: Sight, known: Mapping[str, Any]) -> bool:
    """Whether the last run kept the photo."""
    return bool(known[sight.found.path]["outcome"] == "kept")


def calibrated(settings: Settings) -> ClusterSettings:
    """The grouping's settings, with the embedder's calibrated ``same_cosine`` unless one was set;
    the bounds that hang on it move along."""
    own = weights.find(settings.embed.model).same_cosine
    if own is None or "same_cosine" in settings.cluster.model_fields_set:
        return settings.cluster
    shift = own - ClusterSettings().same_cosine
    moved = {
        key: min(getattr(settings.cluster, key) + shift, 1.0)
        for key in ("ask_cosine", "far_cosine", "check_cosine")
        if key not in settings.cluster.model_fields_set
    }
    return settings.cluster.model_copy(update={"same_cosine": own, **moved})


def _check_folders(photos: Path, out: Path) -> None:
    if not photos.is_dir():
        raise ConfigError(f"{photos} is not a folder. Name the folder that holds the photos.")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file. Name a folder; it is made when it isn't there.")
    if out.resolve() == photos.resolve():
        raise ConfigError(
            f"--out {out} is the photo folder itself. Name another, so that photos stay untouched."
        )
