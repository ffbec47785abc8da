"""The recipe: which stage after which. The batch is a few remembered maps and one reduce.

    folder -> photos -> people -> the owner -> garments -> vectors and labels
                                                              \\-> items -> thumbnails -> catalogue

Per-photo stages run fused over a batch while its pixels are in memory; a photo is decoded once, and
only if some stage has not seen it before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wardrobe import backends, images, weights
from wardrobe.config import Settings
from wardrobe.crew import Crew
from wardrobe.folder import Found
from wardrobe.position import OnBody
from wardrobe.runner import Answer, Lazy, Memory, Shelf, Stage, key_of, remembered
from wardrobe.stages.amodal import Complete, Dress, Extent, Template, scored
from wardrobe.stages.classify import Classify, labels
from wardrobe.stages.embed import Embed
from wardrobe.stages.mend import Mend
from wardrobe.stages.photo import Pictures, ReadPhoto
from wardrobe.stages.pose import FindFaces, FindPeople, stand
from wardrobe.stages.quality import Examine, Examined, clearness, traits
from wardrobe.stages.segment import FindGarments, Scene, SortGarments, view_of
from wardrobe.stages.thumbnail import CutOut, Preview
from wardrobe.types import (
    Failure,
    Garment,
    Labels,
    Photo,
    Pose,
    Standing,
    Step,
    Vector,
    Worn,
)  # fmt: skip

Until = Literal["photo", "pose", "segment", "embed", "classify", "cluster", "thumbnail"]
STAGES: tuple[Until, ...] = get_args(Until)


@dataclass(frozen=True)
class Recipe:
    """Every stage of a run. Building one loads nothing.

    Attributes:
        crew: shares the stages' work; None for the thread that asks alone.
        owner: (n, d) vectors of the owner's face, or None where the main subject is the owner.
    """

    settings: Settings
    crew: Crew | None
    pictures: Pictures
    read: ReadPhoto
    people: FindPeople
    faces: FindFaces | None
    owner: NDArray[np.float32] | None
    garments: FindGarments
    sort: SortGarments
    complete: Complete
    embed: Embed
    classify: Classify
    examine: Examine
    preview: Preview
    cut_out: CutOut
    mend: Mend


def recipe(
    settings: Settings,
    *,
    owner: NDArray[np.float32] | None = None,
    create: Callable[[str, str, str], Any] = backends.create,
    crew: Crew | None = None,
) -> Recipe:
    """Put the stages together.

    Args:
        create: makes a model from (stage, name, device); tests give their own.

    Raises:
        ModelError: a model in the settings is unknown or of another stage.
    """
    pictures, s, device = Pictures(settings), settings, settings.run.device
    shelf = Shelf(backends.free)

    def model(stage: str, name: str) -> dict[str, Any]:
        known = weights.identity(backends.entry(stage, name))
        return {
            "model": known,
            "load": shelf.place(lambda: create(stage, name, device)),
            "pixels": pictures,
        }

    return Recipe(
        settings=s,
        crew=crew,
        pictures=pictures,
        read=ReadPhoto(s, pictures),
        people=FindPeople(**model("pose", s.pose.model), work_px=s.photo.work_px),
        faces=None
        if owner is None
        else FindFaces(**model("face", s.pose.face_model), work_px=s.photo.work_px),
        owner=owner,
        garments=FindGarments(**model("segment", s.segment.model), work_px=s.photo.work_px),
        sort=SortGarments(s.segment, s.pose),
        complete=_complete(s, create),
        embed=Embed(**model("embed", s.embed.model)),
        classify=Classify(**model("classify", s.classify.model), min_joint=s.pose.min_joint),
        examine=Examine(pictures, s.pose.min_joint),
        preview=Preview(pictures),
        cut_out=CutOut(s.thumbnail, pictures),
        mend=Mend(s.thumbnail, min_joint=s.pose.min_joint, **model("inpaint", s.thumbnail.model)),
    )


@contextmanager
def at_work(
    settings: Settings,
    owner: NDArray[np.float32] | None = None,
    create: Callable[[str, str, str], Any] = backends.create,
) -> Iterator[Recipe]:
    """The :func:`recipe` of a run, whose crew goes home afterwards."""
    share = partial(backends.parallel, device=settings.run.device)
    with backends.Calm() as calm, Crew(settings.run.workers, share) as crew:
        yield recipe(settings, owner=owner, create=calm.of(create), crew=crew)


def _complete(s: Settings, create: Callable[[str, str, str], Any]) -> Complete:
    """How far garments reach: a model's word, or the template's where none is named."""
    name, at_least = s.segment.amodal_model, s.pose.min_joint
    if not name:
        return Complete("", lambda: Template(at_least), at_least)
    known = weights.identity(backends.entry("amodal", name))
    return Complete(known, Lazy(lambda: create("amodal", name, s.run.device)), at_least)


@dataclass
class Sight:
    """All that is known of one photo: what each stage made of it, and where it stopped.

    Attributes:
        pose: the owner's, once garments were looked for.
        extents: of each garment, how far it reaches.
        reason: why it was left out, or None while it is in.
        copy_of: path of the file it is an exact copy of, or "".
        steps: the trace, one line a stage.
        fresh: how many stages were computed rather than remembered.
    """

    found: Found
    photo: Photo | None = None
    standing: Standing | None = None
    pose: Pose | None = None
    garments: tuple[Garment, ...] = ()
    extents: list[Extent] = field(default_factory=list)
    left_out: tuple[tuple[str, float, str], ...] = ()
    vectors: list[Vector] = field(default_factory=list)
    labels: list[Labels] = field(default_factory=list)
    examined: list[Examined] = field(default_factory=list)
    previews: list[str] = field(default_factory=list)
    failure: Failure | None = None
    reason: str | None = None
    copy_of: str = ""
    steps: list[Step] = field(default_factory=list)
    fresh: int = 0

    @property
    def open(self) -> bool:
        """Still in: nothing has stopped it so far."""
        return self.failure is None and self.reason is None


def look(
    found: Sequence[tuple[Found, str]],
    r: Recipe,
    store: Memory,
    *,
    until: Until = "thumbnail",
    compute: bool = True,
    then: Sequence[tuple[Found, str]] = (),
) -> list[Sight]:
    """The per-photo stages over one batch.

    Args:
        found: files with their content hashes, each hash once.
        compute: when false, nothing is computed: what the store doesn't know fails with the
            reason ``"not computed"``.
        then: the batch that comes next: those of its pictures that were never read are decoded
            while this one's go through the models.
    """
    r.pictures.expect({photo_id: f.file for f, photo_id in found})
    sights = [Sight(f) for f, _ in found]
    last = STAGES.index(until)

    def run(stage: Stage[Any, Any], at: list[tuple[Sight, Any]]) -> list[Answer[Any]]:
        inputs = [one for _, one in at]
        answers = remembered(stage, inputs, store, compute=compute, crew=r.crew)
        for (sight, _), answer in zip(at, answers, strict=True):
            sight.fresh += answer.fresh
            sight.failure = sight.failure or answer.failure
        return answers

    at: list[tuple[Sight, Any]] = [
        (s, (i, f.path)) for s, (f, i) in zip(sights, found, strict=True)
    ]
    for (s, (photo_id, path)), a in zip(at, run(r.read, at), strict=True):
        if a.value is not None:
            s.photo = Photo(photo_id, path, a.value.size, a.value.taken_at, a.value.look)
        s.steps.append(
            _step(a, "photo", path, f"{s.photo.size[0]} x {s.photo.size[1]}" if s.photo else "")
        )
    if then:
        keys = {key_of(r.read, (i, f.path)): (i, f.file) for f, i in then}
        known = store.recall(list(keys))
        r.pictures.ahead(dict(one for key, one in keys.items() if key not in known))
    if last >= STAGES.index("pose"):
        scenes = _people(sights, r, run)
        if last >= STAGES.index("segment"):
            _garments(scenes, r, run)
            _describe(sights, r, run, until)
    return sights


Runner = Callable[[Stage[Any, Any], list[tuple[Sight, Any]]], list[Answer[Any]]]


def _people(sights: Sequence[Sight], r: Recipe, run: Runner) -> list[tuple[Sight, Answer[Any]]]:
    """Pose, and who the owner is; answers the photos that go on, with their people."""
    at = [(s, s.photo) for s in sights if s.open]
    answers = run(r.people, at)
    faces = run(r.faces, at) if r.faces else [None] * len(at)
    on: list[tuple[Sight, Answer[Any]]] = []
    for (s, photo), a, f in zip(at, answers, faces, strict=True):
        if a.value is None or photo is None or not s.open:
            s.steps.append(_step(a, "pose", "", ""))
            continue
        size = _working_size(photo, r.settings.photo.work_px)
        s.standing = stand(
            a.value, size, r.settings.pose, faces=(f.value or ()) if f else (), owner=r.owner
        )
        s.reason = s.standing.reason
        s.steps.append(
            _step(a, "pose", f"{size[1]} x {size[0]} px", _standing_said(s.standing, len(a.value)))
        )
        if s.open:
            on.append((s, a))
    return on


def _garments(scenes: Sequence[tuple[Sight, Answer[Any]]], r: Recipe, run: Runner) -> None:
    """Segmentation of the owner's part, and our rules over what was found."""
    at = []
    for s, people in scenes:
        assert s.photo is not None  # an open sight has passed _people
        assert s.standing is not None
        assert s.standing.owner is not None
        owner = _value(people)[s.standing.owner]
        s.pose = owner.pose
        size = _working_size(s.photo, r.settings.photo.work_px)
        at.append((s, view_of(s.photo, owner, size, r.settings.segment, r.settings.pose)))
    answers = run(r.garments, at)
    ruled = []
    for (s, people), (_, view), a in zip(scenes, at, answers, strict=True):
        said = f"{len(a.value)} detections" if a.value is not None else ""
        s.steps.append(_step(a, "segment", f"owner at {view.box}", said))
        if a.value is not None and s.photo and s.standing:
            key = f"{people.key}:{a.key}"
            ruled.append(
                (s, Scene(s.photo, tuple(_value(people)), s.standing, tuple(a.value), key))
            )
    sorted_ = run(r.sort, ruled)
    for (s, _), a in zip(ruled, sorted_, strict=True):
        if a.value is not None:
            s.garments, s.left_out = a.value.garments, a.value.left_out
            if not s.garments:
                s.reason = "no garment found"
    _extents([s for s, _ in ruled if s.open and s.garments], r, run)
    for (s, scene), a in zip(ruled, sorted_, strict=True):
        kept = ", ".join(
            f"{g.category} {g.score:.2f} visible {g.visibility:.2f}" for g in s.garments
        )
        out = "; ".join(f"{c} {score:.2f}: {why}" for c, score, why in s.left_out)
        went_in = f"{len(scene.detections)} detections"
        s.steps.append(
            _step(a, "garments", went_in, f"kept {kept or 'none'}. Left out {out or 'none'}")
        )


def _extents(sights: Sequence[Sight], r: Recipe, run: Runner) -> None:
    """How far each garment reaches, and with it how much of it is visible."""
    at = [(s, Dress(s.garments, s.pose)) for s in sights if s.pose is not None]
    for (s, dress), a in zip(at, run(r.complete, at), strict=True):
        if a.value is not None:
            s.extents, s.garments = list(a.value), scored(dress.garments, a.value)


def _describe(sights: Sequence[Sight], r: Recipe, run: Runner, until: Until) -> None:
    """What is known of every garment beside where it lies; no stage waits for another."""
    at = [(s, Worn(s.photo, g)) for s in sights if s.open and s.photo for g in s.garments]
    dressed = [(s, _dressed(s, worn)) for s, worn in at]
    last = STAGES.index(until)
    stages: list[tuple[Stage[Any, Any], Until, Any]] = [
        (r.embed, "embed", at), (r.classify, "classify", dressed), (r.examine, "classify", dressed),
        (r.preview, "classify", at),
    ]  # fmt: skip
    for stage, name, inputs in stages:
        if last < STAGES.index(name):
            continue
        for (s, one), a in zip(at, run(stage, inputs), strict=True):
            if stage is r.preview:
                s.previews.append(a.key)
                continue
            garment = (one.worn if isinstance(one, OnBody) else one).garment
            said = "" if a.value is None else _noted(s, stage, garment, a.value, r)
            s.steps.append(_step(a, stage.name, f"{garment.category} {garment.id}", said))


def _dressed(s: Sight, worn: Worn) -> OnBody:
    assert s.pose is not None  # garments are looked for on somebody
    return OnBody(worn, s.pose, tuple(g.mask for g in s.garments if g is not worn.garment))


def _noted(s: Sight, stage: Stage[Any, Any], garment: Garment, value: Any, r: Recipe) -> str:
    """Keep one stage's answer about one garment; the words for the trace."""
    if stage is r.embed:
        s.vectors.append(value)
        return "256-d vector"
    if stage is r.classify:
        s.labels.append(labels(value, r.settings.classify))
        return f"{s.labels[-1].category} {s.labels[-1].confidence:.2f} {s.labels[-1].type or ''}"
    s.examined.append(value)
    said = traits(value)
    sleeve = f", sleeve {said.sleeve}" if said.sleeve else ""
    clear = clearness(garment, value.quality)
    return f"clearness {clear:.2f}, pattern {said.pattern or 'unsure'}{sleeve}"


def _value(a: Answer[Any]) -> Any:
    return a.value


def memo_keys(r: Recipe, worn: Worn) -> dict[str, str]:
    """Where the store remembers a garment's ``preview`` and ``vector``."""
    return {"preview": key_of(r.preview, worn), "vector": key_of(r.embed, worn)}


def _working_size(photo: Photo, work_px: int) -> tuple[int, int]:
    """(height, width) of the working picture, as :func:`wardrobe.images.read` makes it."""
    w, h = images.reduced(photo.size, work_px)
    return h, w


def _step(a: Answer[Any], stage: str, went_in: str, came_out: str) -> Step:
    said = came_out if a.failure is None else a.failure.message
    return Step(stage, went_in, said, a.model, a.seconds, a.failure)


def _standing_said(standing: Standing, people: int) -> str:
    if standing.owner is not None:
        who = f"person {standing.owner + 1} of {people} ({standing.rule})"
    else:
        who = "nobody" if standing.rule == "nobody" else f"nobody of {people} ({standing.rule})"
    zones = " ".join(standing.zones) or "none"
    end = f"; left out: {standing.reason}" if standing.reason else ""
    return f"{who}; {standing.share:.0%} of the joints seen; zones {zones}{end}"
