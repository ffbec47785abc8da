"""Routes of the review: the same garment? Pair by pair, the most useful first."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from wardrobe import review
from wardrobe.doubts import Question
from wardrobe.errors import StoreBusy, StoreError
from wardrobe.store import Store
from wardrobe.web.closet import sightings, whole
from wardrobe.web.runs import OnRuns
from wardrobe.web.shelf import OnShelf, Shelf, Snapshot
from wardrobe.web.trouble import RESPONSES, Changed

router = APIRouter(prefix="/api/review", responses=RESPONSES, tags=["review"])
Garment = Annotated[str, Field(min_length=1, max_length=64)]


class Pair(BaseModel):
    """The two garments that were asked about."""

    a: Garment
    b: Garment


class Answer(Pair):
    same: bool


@router.get("")
def open_questions(shelf: OnShelf) -> dict[str, Any]:
    """The most useful questions with both sides, how many are left, and what answers have done."""
    now = shelf.now()
    with shelf.open() as store:
        left = review.questions(store)
        history = review.history(store)
        skipped = sum(row.kind == "skipped" for row in store.own("event"))
    stand = [h.decision.kind for h in history if h.state in ("stands", "overruled")]
    shown = [q for q in left if q.a in now.garments and q.b in now.garments][:3]
    return {
        "version": now.version,
        "left": len(left),
        "joined": stand.count("same"),
        "apart": stand.count("different"),
        "skipped": skipped,
        "items": len(now.shown.entries),
        "questions": [_asked(q, now) for q in shown],
    }


@router.post("/answer")
def answer(body: Answer, shelf: OnShelf, runs: OnRuns) -> dict[str, Any]:
    """Yes: one garment. No: never."""
    with shelf.acting, shelf.open() as store:
        question = _still_open(shelf, store, body)
        before = len(store.own("decision"))
        try:
            review.answer(store, question, body.same)
            waits = False
        except StoreError as e:
            if len(store.own("decision")) == before:
                raise
            waits = True
            if isinstance(e, StoreBusy):
                runs.regroup_later()
        numbers = [row.id for row in store.own("decision")[before:]]
        return {"number": numbers[0], "waits": waits, "left": len(review.questions(store))}


@router.post("/skip")
def skip(body: Pair, shelf: OnShelf) -> dict[str, Any]:
    """Ask another time."""
    with shelf.acting, shelf.open() as store:
        review.skip(store, _still_open(shelf, store, body))
        return {"left": len(review.questions(store))}


def _still_open(shelf: Shelf, store: Store, pair: Pair) -> Question:
    for question in review.questions(store):
        if {question.a, question.b} == {pair.a, pair.b}:
            return question
    raise Changed(
        "This pair was settled meanwhile, in another tab or by a run.",
        {"version": shelf.version()},
    )


def _asked(q: Question, now: Snapshot) -> dict[str, Any]:
    sides = []
    for garment in (q.a, q.b):
        entry = now.entry(garment)
        views = sightings(entry, now)
        views.sort(key=lambda v: v["id"] != garment)  # the view that is doubtful comes first
        sides.append(whole(entry, now) | {"garments": views[:6], "photos": len(views)})
    return {"a": q.a, "b": q.b, "why": q.why, "sides": sides}
