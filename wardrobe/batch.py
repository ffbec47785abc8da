"""The batch job: a folder in, a wardrobe out. Remembered maps first, then the one reduce."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe import backends, catalogue, geometry, images, pipeline, rows, weights
from wardrobe.catalogue import Catalogue, Entry, Funnel, Sighting
from wardrobe.config import ClusterSettings, Settings
from wardrobe.errors import ConfigError, PhotoError, StoreError
from wardrobe.folder import Found, scan
from wardrobe.pipeline import STAGES, Sight, Until
from wardrobe.runner import Answer, remembered
from wardrobe.stages.cluster import Cluster, Grouping, Pile
from wardrobe.stages.thumbnail import preview_window
from wardrobe.store import Store
from wardrobe.types import VECTOR_SIZE, Anchor, Failure, Item, Worn

NOTE_EVERY = 200  # files whose hashes a kill can lose

#: What a person is told about a photo that was left out, by reason.
COPY = "exact copy"
SENTENCES = {
    COPY: "The same file as {other}, byte by byte.",
    "no person": "Nobody was found in it.",
    "not the owner": "None of the faces in it is the owner's.",
    "no main subject": "Several people are equally prominent; say who you are with --owner SELFIE.",
    "too far away": "The person in it is too small to tell the clothes.",
    "too little of the body visible": "Too few of the body's joints are in sight.",
    "no garment found": "A person was found, but no garment that is sure enough.",
}


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
        owner: selfies that say who the owner is; needs the face models.
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
    files = list(scan(photos))[:limit]
    store = Store(out)
    try:
        with store.writing():
            job = _Job(settings, store, until, watch, create, owner)
            face = job.recipe.owner
            who = None if face is None else json.dumps(face.tolist())
            run = store.begin(str(photos), settings.model_dump_json(), who)
            made = job.run(files)
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

    def __init__(
        self,
        settings: Settings,
        store: Store,
        until: Until,
        watch: Watch,
        create: Callable[[str, str, str], Any],
        owner: Sequence[Path],
    ) -> None:
        self.settings, self.store, self.until, self.watch = settings, store, until, watch
        self.computed = 0
        self.ids: dict[str, str] = {}  # path -> photo id
        self.files: dict[str, Path] = {}  # photo id -> file
        vectors = owner_vectors(owner, settings, create) if owner else None
        self.recipe = pipeline.recipe(settings, owner=vectors, create=create)

    def run(self, files: Sequence[Found]) -> Catalogue:
        self.sights = self._identify(files)
        self._look()
        self.worn = {
            g.id: Worn(s.photo, g) for s in self.sights if s.open and s.photo for g in s.garments
        }
        self.items = self._group()
        self.thumbnails = self._thumbnails()
        self.same_picture = catalogue.same_pictures(
            [s.photo for s in self.sights if s.photo], self.settings.photo.duplicate_bits
        )
        return Catalogue(tuple(self._entries()), self._funnel())

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
                sight.reason, sight.copy_of = COPY, first[photo_id]
            first.setdefault(photo_id, f.path)
        self.store.note_files(notes)
        return sights

    def _look(self) -> None:
        """The per-photo stages, batch by batch."""
        todo = [i for i, s in enumerate(self.sights) if s.open]
        size = self.settings.run.batch
        for start in range(0, len(todo), size):
            part = todo[start : start + size]
            self.watch(Progress("photos", start, len(todo)))
            found = [(self.sights[i].found, self.ids[self.sights[i].found.path]) for i in part]
            for i, sight in zip(
                part, pipeline.look(found, self.recipe, self.store, until=self.until), strict=True
            ):
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
        found: Grouping = self._one(stage, Pile(tuple(garments), vectors, tuple(labels)))
        by_id = {g.id: g for g in garments}
        said = {g.id: label for g, label in zip(garments, labels, strict=True)}
        return [catalogue.item_of(group, by_id, said) for group in found.groups]

    def _one(self, stage: Any, one: Any) -> Any:
        (answer,) = remembered(stage, [one], self.store)
        self.computed += answer.fresh
        if answer.failure:
            raise StoreError(f"{stage.name} failed: {answer.failure.message}. Please report it.")
        return answer.value

    def _thumbnails(self) -> dict[str, str]:
        """Item id -> path of its cover's cut-out in the store."""
        if self.until != "thumbnail":
            return {}
        covers = [(item.id, self.worn[item.garment_ids[0]]) for item in self.items]
        made: dict[str, str] = {}
        size = self.settings.run.batch
        for start in range(0, len(covers), size):
            part = covers[start : start + size]
            self.watch(Progress("thumbnails", start, len(covers)))
            self.recipe.pictures.expect({w.photo.id: self.files[w.photo.id] for _, w in part})
            answers: list[Answer[bytes]] = remembered(
                self.recipe.cut_out, [w for _, w in part], self.store
            )
            for (item_id, _), a in zip(part, answers, strict=True):
                self.computed += a.fresh
                if a.value is not None:
                    made[item_id] = self.store.put_picture(a.value)
        return made

    def _entries(self) -> Iterator[Entry]:
        for item in self.items:
            worn = [self.worn[g] for g in item.garment_ids]
            first, last, count = catalogue.worn([w.photo for w in worn], self.same_picture)
            path = self.thumbnails.get(item.id)
            sightings = tuple(_sighting(w, self.settings) for w in worn)
            yield Entry(item, sightings, None, first, last, count, path)

    def _funnel(self) -> Funnel:
        return Funnel(
            seen=len(self.sights),
            kept=sum(s.open for s in self.sights),
            left_out=dict(
                Counter(_reason(s) for s in self.sights if not s.open and not _passing(s))
            ),
            garments=len(self.worn),
            items=len(self.items),
            failures=sum(_passing(s) for s in self.sights),
            left_out_photos=tuple((s.found.path, _sentence(s)) for s in self.sights if not s.open),
            left_out_garments=dict(
                Counter(
                    why
                    for s in self.sights
                    if s.open or s.reason == "no garment found"
                    for _, _, why in s.left_out
                )
            ),
        )

    def tables(self, made: Catalogue) -> dict[str, dict[str, Any]]:
        """The rows that readers of the store see."""
        photos = {}
        for s in self.sights:
            outcome = "kept" if s.open else "failed" if _passing(s) else "left out"
            photos[s.found.path] = {
                "id": self.ids.get(s.found.path),
                "outcome": outcome,
                "reason": None if s.open else _reason(s),
                "message": None if s.open else _sentence(s),
                "size": s.photo.size if s.photo else None,
                "taken_at": s.photo.taken_at.isoformat() if s.photo and s.photo.taken_at else None,
                "same_as": self.same_picture.get(self.ids.get(s.found.path, "")),
            }
        keys = {g: pipeline.memo_keys(self.recipe, w) for g, w in self.worn.items()}
        return {
            "photo": photos,
            "garment": rows.garments(made.entries, keys),
            "item": rows.items(made.entries),
        }


def calibrated(settings: Settings) -> ClusterSettings:
    """The grouping's settings, with the embedder's calibrated ``same_cosine`` unless one was set;
    the bounds that hang on it move along."""
    own = weights.find(settings.embed.model).same_cosine
    if own is None or "same_cosine" in settings.cluster.model_fields_set:
        return settings.cluster
    shift = own - ClusterSettings().same_cosine
    moved = {
        key: getattr(settings.cluster, key) + shift
        for key in ("ask_cosine", "far_cosine")
        if key not in settings.cluster.model_fields_set
    }
    return settings.cluster.model_copy(update={"same_cosine": own, **moved})


def owner_vectors(
    selfies: Sequence[Path],
    settings: Settings,
    create: Callable[[str, str, str], Any],
) -> NDArray[np.float32]:
    """(n, d) float32: the largest face of each selfie, as a unit vector.

    Raises:
        ConfigError: a selfie can't be read or shows no face.
        ModelError: the face models have not been fetched.
    """
    model = create("face", settings.pose.face_model, settings.run.device)
    vectors = []
    for selfie in selfies:
        try:
            picture = images.read(
                selfie, work_px=1024, max_megapixels=settings.photo.max_megapixels
            )
        except PhotoError as e:
            raise ConfigError(f"--owner {selfie}: {e}") from e
        (faces,) = model([picture.pixels])
        if not faces:
            raise ConfigError(
                f"--owner {selfie}: no face is found in it. Take one that shows the face from the front."
            )
        vectors.append(max(faces, key=lambda f: geometry.area(f.box)).vector)
    return np.stack(vectors)


def _check_folders(photos: Path, out: Path) -> None:
    if not photos.is_dir():
        raise ConfigError(f"{photos} is not a folder. Name the folder that holds the photos.")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file. Name a folder; it is made when it isn't there.")
    if out.resolve() == photos.resolve():
        raise ConfigError(
            f"--out {out} is the photo folder itself. Name another, so that photos stay untouched."
        )


def _passing(s: Sight) -> bool:
    """Stopped by a fault that the next run tries again."""
    return s.failure is not None and not s.failure.final


def _reason(s: Sight) -> str:
    return s.failure.reason if s.failure else s.reason or ""


def _sentence(s: Sight) -> str:
    if s.failure:
        return s.failure.message
    return SENTENCES[s.reason or ""].format(other=s.copy_of)


def _sighting(worn: Worn, settings: Settings) -> Sighting:
    g, photo = worn.garment, worn.photo
    w, h = images.reduced(photo.size, settings.photo.work_px)
    box = geometry.to_px(g.box_frac, (h, w))
    x0, y0, x1, y1 = preview_window(box, (h, w))
    inside = (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0)
    return Sighting(
        photo.path, geometry.to_px(g.box_frac, (photo.size[1], photo.size[0])), g.visibility, g.score,
        photo.taken_at, None, geometry.to_frac(inside, (y1 - y0, x1 - x0)), Anchor.of(g),
    )  # fmt: skip
