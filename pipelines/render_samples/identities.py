"""People for training: random bodies, each with a wardrobe and the outfits made of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from anatomy import Person
from fabrics import Colour
from items import PUT_ON, colours
from people import Garment
from shop import Rng, buy, colour

#: Outfits of each person; garments recur in several of them.
OUTFITS = 3
#: Skin from dark to fair, and hair from black over browns and reds to blond, grey and white.
SKINS = ((0.22, 0.13, 0.09), (0.4, 0.26, 0.18), (0.58, 0.4, 0.29), (0.76, 0.57, 0.44),
         (0.86, 0.68, 0.57), (0.93, 0.78, 0.7))  # fmt: skip
HAIRS = ((0.06, 0.05, 0.05), (0.12, 0.08, 0.06), (0.27, 0.16, 0.1), (0.4, 0.26, 0.15),
         (0.5, 0.22, 0.1), (0.68, 0.52, 0.32), (0.5, 0.5, 0.5), (0.82, 0.8, 0.77))  # fmt: skip
CUTS = {
    "female": ("long01", "bob01", "bob02", "ponytail01", "braid01", "afro01", "short03"),
    "male": ("short01", "short02", "short03", "short04", "afro01", "ponytail01"),
}
#: How often an outfit has one of these, where the person owns one.
EXTRAS: Mapping[str, float] = {
    "footwear": 0.93, "outerwear": 0.42, "bags": 0.4, "headwear": 0.25, "scarves": 0.2,
    "eyewear": 0.25, "jewellery": 0.35, "belts": 0.3, "legwear": 0.6,
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Somebody, what they own, and in what they go out, in the order put on."""

    person: Person
    wardrobe: tuple[Garment, ...]
    outfits: tuple[tuple[Garment, ...], ...]


@functools.lru_cache(maxsize=4)
def identity(seed: int, number: int) -> Identity:
    """The person of a number, the same for the same seed wherever and whenever asked for."""
    rng = np.random.default_rng([seed, number, 0])
    name = f"s{seed}p{number:06d}"
    sex = "female" if rng.random() < 0.6 else "male"
    owned = _shopping(rng, name, sex)
    outfits = [_outfit(rng, owned) for _ in range(OUTFITS)]
    worn = {g.id: _named(g) for outfit in outfits for g in outfit}
    dressed = tuple(tuple(worn[g.id] for g in outfit) for outfit in outfits)
    return Identity(somebody(rng, name, sex), tuple(worn.values()), dressed)


def swapped(rng: Rng, who: Identity, number: int) -> tuple[Garment, ...]:
    """One of a person's outfits with one garment for the upper or lower body exchanged."""
    outfit = who.outfits[number]
    old = [g for g in outfit if g.category in ("tops", "bottoms", "skirts", "dresses")]
    out = old[int(rng.integers(len(old)))]
    choice = [out.category]
    if out.category in ("bottoms", "skirts") and any(
        g.category in ("skirts", "dresses") for g in who.wardrobe
    ):
        choice = ["bottoms", "skirts"]
    while True:
        category = choice[int(rng.integers(len(choice)))]
        new = buy(rng, f"{out.id}-for-{number}", who.person.name, category)
        # As many pieces, so that the folds of what is worn over it stay the same.
        if len(new.cuts) == len(out.cuts) and new.type != "cardigan":
            break
    worn = [_named(new) if g is out else g for g in outfit]
    return tuple(sorted(worn, key=lambda g: PUT_ON.index(g.category)))


def somebody(rng: Rng, name: str, sex: str) -> Person:
    """A body, a skin and a head of hair."""
    races = rng.dirichlet((0.5, 0.5, 0.5))
    shape = {
        f"{race}-{sex}-young": float(share)
        for race, share in zip(("african", "asian", "caucasian"), races, strict=True)
    }
    weight, muscle = float(np.clip(rng.normal(0.1, 0.5), -1, 1)), float(rng.uniform(0, 0.4))
    build = f"universal-{sex}-young"
    extreme = "maxweight" if weight > 0 else "minweight"
    shape[f"{build}-averagemuscle-{extreme}"] = abs(weight) * (1 - muscle)
    shape[f"{build}-averagemuscle-averageweight"] = (1 - abs(weight)) * (1 - muscle)
    shape[f"{build}-maxmuscle-averageweight"] = muscle
    tone = np.clip(5 - 5 * races[0] + rng.normal(0, 0.7) - 1.2 * races[1], 0, 4.99)
    skin = _blend(SKINS, float(tone), rng)
    hair = _blend(
        HAIRS, float(rng.uniform(0, 6.99) if races[2] > 0.5 else rng.uniform(0, 1.8)), rng
    )
    if rng.random() < 0.05:
        hair = colour(rng)
    lips = np.clip(np.array(skin) * [0.95, 0.63, 0.64] + rng.normal(0, 0.03, 3), 0.05, 0.95)
    cut = CUTS[sex]
    return Person(
        name, shape, skin, (float(lips[0]), float(lips[1]), float(lips[2])),
        cut[int(rng.integers(len(cut)))], hair, f"eyebrow{int(rng.integers(1, 13)):03d}",
        float(rng.uniform(-0.2, 1.4)),
    )  # fmt: skip


def _blend(row: Sequence[Colour], at: float, rng: Rng) -> Colour:
    k = int(at)
    tone = np.array(row[k]) * (1 - at + k) + np.array(row[k + 1]) * (at - k)
    r, g, b = np.clip(tone * np.exp(rng.normal(0, 0.06)) + rng.normal(0, 0.012, 3), 0.03, 0.97)
    return float(r), float(g), float(b)


def _shopping(rng: Rng, name: str, sex: str) -> list[Garment]:
    counts = {"tops": 3, "bottoms": 2, "outerwear": 2, "footwear": 2, "bags": 1, "headwear": 1,
              "scarves": 1, "eyewear": 1, "jewellery": 2, "belts": 1}  # fmt: skip
    if sex == "female":
        counts |= {"skirts": 1, "dresses": 1, "legwear": 2}
    else:
        counts |= {"legwear": 1}
    return [
        buy(rng, f"{name}-{category}-{k}", name, category)
        for category, count in counts.items()
        for k in range(count)
    ]


def _named(garment: Garment) -> Garment:
    """By its colour and type; this paints the fabric."""
    return replace(garment, name=f"{colours(garment)[0][0]} {garment.type}")


def _outfit(rng: Rng, wardrobe: Sequence[Garment]) -> tuple[Garment, ...]:
    """Something for the whole body, and now and then what goes with it."""

    def one(category: str) -> list[Garment]:
        own = [g for g in wardrobe if g.category == category]
        return [own[int(rng.integers(len(own)))]] if own else []

    below = "bottoms" if rng.random() < 0.65 else "skirts"
    if rng.random() < 0.3 and one("dresses"):
        worn = one("dresses")
    else:
        worn = one("tops") + (one(below) or one("bottoms"))
        second = one("tops")
        if second[0].type == "cardigan" and worn[0].type not in ("cardigan", "jumper"):
            worn.insert(1, second[0])  # stays over the first: sorting keeps the order
    bare = any(g.category in ("skirts", "dresses") or g.type == "shorts" for g in worn)
    for category, often in EXTRAS.items():
        wanted = rng.random() < often and (category != "legwear" or bare)
        if wanted and not (category == "belts" and any(g.category == "skirts" for g in worn)):
            worn += one(category)
    return tuple(sorted(worn, key=lambda g: PUT_ON.index(g.category)))
