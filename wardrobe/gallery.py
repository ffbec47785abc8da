"""Items -> their pictures in the store: the cut-out, the thumbnail, and where its pixels come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wardrobe import decisions
from wardrobe.catalogue import Filled, Seen
from wardrobe.decisions import Word
from wardrobe.pipeline import Recipe, Sight
from wardrobe.runner import Answer, remembered
from wardrobe.stages import mend
from wardrobe.stages.amodal import Extent
from wardrobe.stages.mend import Mended, Piece, View
from wardrobe.store import Store
from wardrobe.types import Item, Worn

MADE = "thumbnail"  # kind of the events that remember every thumbnail there ever was


@dataclass(frozen=True, slots=True)
class Pictures:
    """Of one item; paths relative to the store."""

    cutout: str | None = None
    thumbnail: str | None = None
    sources: str | None = None
    filled: Filled | None = None


def views(
    sights: Sequence[Sight], seen: Mapping[str, Seen], worn: Mapping[str, Worn]
) -> dict[str, View]:
    """Garment id -> all that its photo says for a thumbnail."""
    out = {}
    for s in sights:
        if not s.open:
            continue
        extents: Sequence[Extent | None] = s.extents or [None] * len(s.garments)
        for g, extent in zip(s.garments, extents, strict=True):
            over, under = mend.sides(g, [o for o in s.garments if o is not g])
            q = seen[g.id].quality
            outline = extent.inside if extent else None
            out[g.id] = View(worn[g.id], s.pose, over, under, outline, round(q.light * q.cast, 2))
    return out


def pictures(
    items: Sequence[Item],
    known: Mapping[str, View],
    word: Word,
    recipe: Recipe,
    store: Store,
    files: Mapping[str, Path],
    watch: Callable[[int, int], None],
) -> tuple[dict[str, Pictures], int]:
    """Item id -> its pictures, made or remembered; and how many answers were computed.

    Only an item whose garments changed is made anew.

    Args:
        known: from :func:`views`.
        files: photo id -> file.
        watch: told how many items of how many are done.
    """
    made: dict[str, Pictures] = {}
    computed = 0
    # Items in memory, each with up to six photos; enough of them that all of the crew have work.
    size = max(recipe.settings.run.batch, 2 * recipe.crew.workers if recipe.crew else 1)
    # What was worn together is shown by the same photos: side by side they are read once.
    in_turn = sorted(items, key=lambda item: known[item.garment_ids[0]].worn.photo.path)
    for start in range(0, len(items), size):
        watch(start, len(items))
        part = in_turn[start : start + size]
        pieces = [_piece(item, known, word) for item in part]
        shown = [p.cover.worn for p in pieces]
        recipe.pictures.expect(
            {
                v.worn.photo.id: files[v.worn.photo.id]
                for p in pieces
                for v in (p.cover, *p.others[: mend.MOST_VIEWS])
            }
        )
        thumbnails: list[Answer[Mended]] = remembered(recipe.mend, pieces, store, crew=recipe.crew)
        cutouts: list[Answer[bytes]] = remembered(recipe.cut_out, shown, store, crew=recipe.crew)
        for item, thumbnail, cutout in zip(part, thumbnails, cutouts, strict=True):
            computed += thumbnail.fresh + cutout.fresh
            made[item.id] = _kept(thumbnail.value, cutout.value, store)
    return made, computed


def note(
    items: Sequence[Item], made: Mapping[str, Pictures], known: Mapping[str, View], word: Word, store: Store
) -> None:  # fmt: skip
    """Remember every thumbnail that is new, so that earlier ones can be found again: they are never
    taken out of the store."""
    last = {row.facts["garments"][0]: row.facts for row in _noted(store)}
    new: list[tuple[str, dict[str, Any]]] = []
    for item in items:
        one, source = made.get(item.id), decisions.pictured(item, word)
        if one is None or one.thumbnail is None:
            continue
        if last.get(min(item.garment_ids), {}).get("thumbnail") != one.thumbnail:
            facts = {"garments": sorted(item.garment_ids), **asdict(one)}
            new.append((MADE, facts | {"photo": known[source].worn.photo.path}))
    if new:
        store.add("event", new, datetime.now(UTC))


def history(item: Item, store: Store) -> list[dict[str, Any]]:
    """Every thumbnail that an item had, oldest first: ``thumbnail``, ``sources`` and ``cutout`` (paths in
    the store), ``filled``, ``photo`` it was made from, ``at``. One that joined it brings its own."""
    mine = set(item.garment_ids)
    return [
        {k: v for k, v in row.facts.items() if k != "garments"} | {"at": row.at}
        for row in _noted(store)
        if mine & set(row.facts["garments"])
    ]


def _noted(store: Store) -> list[Any]:
    return [row for row in store.own("event") if row.kind == MADE]


def _piece(item: Item, known: Mapping[str, View], word: Word) -> Piece:
    cover = decisions.pictured(item, word)
    return Piece(
        item.category, known[cover], tuple(known[g] for g in item.garment_ids if g != cover)
    )


def _kept(thumbnail: Mended | None, cutout: bytes | None, store: Store) -> Pictures:
    """The pictures put into the store; where no thumbnail could be made, the cut-out is it."""
    plain = store.put_picture(cutout) if cutout is not None else None
    if thumbnail is None:
        return Pictures(plain, plain)
    s = thumbnail.shares
    return Pictures(
        plain,
        store.put_picture(thumbnail.picture),
        store.put_picture(thumbnail.sources),
        Filled(s.seen, s.borrowed, s.generated, s.fallback),
    )
