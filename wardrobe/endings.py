"""Where photos stop and why: for the funnel, and in sentences for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wardrobe.catalogue import Funnel
from wardrobe.pipeline import Sight

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


def passing(s: Sight) -> bool:
    """Stopped by a fault that the next run tries again."""
    return s.failure is not None and not s.failure.final


def reason(s: Sight) -> str:
    """Short machine name of why a photo is not in."""
    return s.failure.reason if s.failure else s.reason or ""


def sentence(s: Sight) -> str:
    """The same for a person."""
    if s.failure:
        return s.failure.message
    return SENTENCES[s.reason or ""].format(other=s.copy_of)


def funnel(sights: Sequence[Sight], garments: int, items: int) -> Funnel:
    """What became of all photos: ``seen = kept + sum(left_out) + failures``."""
    out = [s for s in sights if not s.open]
    looked = [s for s in sights if s.open or s.reason == "no garment found"]
    return Funnel(
        seen=len(sights),
        kept=len(sights) - len(out),
        left_out=dict(Counter(reason(s) for s in out if not passing(s))),
        garments=garments,
        items=items,
        failures=sum(map(passing, sights)),
        left_out_photos=tuple((s.found.path, sentence(s)) for s in out),
        left_out_garments=dict(Counter(why for s in looked for _, _, why in s.left_out)),
    )
