"""Garments for training: random cuts in random fabrics, none of them from the sample library."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import fabrics as f
import numpy as np
import tailoring as cut
from body import Array
from draping import Cut
from fabrics import Colour
from items import EVERYTHING
from parts import Look
from people import Garment
from PIL import Image

Rng = np.random.Generator

#: What most clothes are: black, whites, greys, navy, denim, beiges, browns, olive, wine.
NEUTRALS: Sequence[Colour] = (
    (0.07, 0.07, 0.08), (0.9, 0.9, 0.89), (0.88, 0.85, 0.78), (0.5, 0.5, 0.52), (0.27, 0.28, 0.3),
    (0.1, 0.13, 0.25), (0.25, 0.36, 0.53), (0.7, 0.6, 0.46), (0.4, 0.28, 0.2), (0.35, 0.36, 0.24),
    (0.38, 0.12, 0.16),
)  # fmt: skip
LEATHER: Sequence[Colour] = (
    (0.06, 0.06, 0.06), (0.3, 0.17, 0.09), (0.55, 0.35, 0.2), (0.85, 0.84, 0.81), (0.45, 0.1, 0.1),
    (0.2, 0.22, 0.26),
)  # fmt: skip


def colour(rng: Rng) -> Colour:
    """A colour that clothes are dyed in."""
    if rng.random() < 0.5:
        return _near(rng, NEUTRALS, 0.03)
    return colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.15, 0.9), rng.uniform(0.2, 0.92))


def _near(rng: Rng, choice: Sequence[Colour], spread: float) -> Colour:
    one = np.array(choice[rng.integers(len(choice))])
    r, g, b = np.clip(one * np.exp(rng.normal(0, 0.12)) + rng.normal(0, spread, 3), 0.03, 0.95)
    return float(r), float(g), float(b)


def contrast(rng: Rng, ground: Colour, least: float = 0.35) -> Colour:
    """A colour that is told apart from another."""
    for _ in range(20):
        other = colour(rng)
        if np.linalg.norm(np.subtract(other, ground)) > least:
            return other
    return (0.92, 0.91, 0.88) if sum(ground) < 1.5 else (0.08, 0.08, 0.1)


def upright(rng: Rng, painter: Callable[..., Array], *colours: Any) -> Array:
    """Another painter's tile, turned by a quarter."""
    return np.ascontiguousarray(np.rot90(painter(rng, *colours)))


def marl(rng: Rng, colour: Colour, depth: float) -> Array:
    """Yarn of two shades."""
    return f.solid(rng, colour) * (1 + depth * f.cloud(rng, 5, 0.8)[..., None])


def blots(rng: Rng, colours: Sequence[Colour], size: float, stretch: float) -> Array:
    """Blots over each other, as in camouflage, animal and abstract prints."""
    tile = np.ones((f.SIZE, f.SIZE, 3)) * np.array(colours[0])
    for ink in colours[1:]:
        shape = f.cloud(rng, size, size * stretch)
        mask = np.clip((shape - 0.55) * size * 0.8 + 0.5, 0, 1)[..., None]
        tile = tile * (1 - mask) + np.array(ink) * mask
    return tile * f.solid(rng, (1, 1, 1))


def gingham(rng: Rng, ground: Colour, band: Colour, count: int) -> Array:
    """Even checks of one colour."""
    on = ((np.arange(f.SIZE) * count / f.SIZE) % 1 < 0.5).astype(float)
    depth = (on[:, None, None] + on[None, :, None]) / 2
    return (depth * np.array(band) + (1 - depth) * np.array(ground)) * f.solid(rng, (1, 1, 1))


@dataclass(frozen=True)
class Paint:
    """A fabric's painter and colours, and what the truth calls its pattern."""

    pattern: str
    painter: Callable[..., Array]
    colours: tuple[Any, ...]
    weave: float = 0.2


def plain(rng: Rng) -> Paint:
    """One colour."""
    if rng.random() < 0.25:
        return Paint("plain", marl, (colour(rng), float(rng.uniform(0.03, 0.1))))
    return Paint("plain", f.solid, (colour(rng),))


def denim(rng: Rng) -> Paint:
    """From raw to bleached, sometimes black or white."""
    blue = (
        np.array([0.08, 0.11, 0.2]) * (1 - (t := rng.random())) + np.array([0.55, 0.65, 0.78]) * t
    )
    if rng.random() < 0.2:
        blue = np.full(3, rng.choice([0.08, 0.3, 0.8])) + rng.normal(0, 0.015, 3)
    blue = np.clip(blue * np.exp(rng.normal(0, 0.08, 3)), 0.03, 0.9)
    return Paint("denim", f.denim, (tuple(map(float, blue)), float(rng.uniform(0.02, 0.22))), 0.5)


def knit(rng: Rng) -> Paint:
    """A coarse knit."""
    return Paint("knit", f.knit, (colour(rng),), 0.9)


def figured(rng: Rng) -> Paint:
    """Any pattern."""
    ground = colour(rng)
    ink = contrast(rng, ground)
    kind = rng.choice(["striped", "upright", "tartan", "gingham", "dotted", "floral", "print"],
                      p=[0.28, 0.1, 0.13, 0.1, 0.12, 0.14, 0.13])  # fmt: skip
    if kind in ("striped", "upright"):
        paint = (
            ground,
            ink,
            int(rng.choice([2, 3, 5, 7, 10, 14, 20])),
            float(rng.uniform(0.15, 0.6)),
        )
        if kind == "striped":
            return Paint("striped", f.stripes, paint)
        return Paint("striped", upright, (f.stripes, *paint))
    if kind == "tartan":
        bands = (ink, contrast(rng, ground, 0.25))
        return Paint("checked", f.tartan, (ground, bands))
    if kind == "gingham":
        return Paint("checked", gingham, (ground, ink, int(rng.choice([3, 5, 8, 12]))))
    if kind == "dotted":
        return Paint("dotted", f.dots, (ground, ink, int(rng.choice([2, 3, 4, 6, 9]))))
    if kind == "floral":
        return Paint("floral", f.floral, (ground, (ink, contrast(rng, ground))))
    shades = (ground, ink, contrast(rng, ink, 0.2))[: int(rng.integers(2, 4))]
    return Paint(
        "print", blots, (shades, float(rng.uniform(9, 40)), float(rng.choice([0.4, 1, 1, 2])))
    )


def any_paint(rng: Rng) -> Paint:
    """Plain more often than not."""
    return plain(rng) if rng.random() < 0.5 else figured(rng)


def chest_print(rng: Rng, ground: Colour) -> Image.Image:
    """A drawing on the chest: shapes over lines of what might be words."""
    sheet, inks = f.Sheet(), [contrast(rng, ground) for _ in range(3)]
    y = float(rng.uniform(1.2, 1.7))
    for ink in inks[: int(rng.integers(1, 4))]:
        x, size = float(rng.normal(0, 0.3)), float(rng.uniform(0.25, 0.7))
        if rng.random() < 0.4:
            sheet.disk(x, y + size, size, ink)
        else:
            turns = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
            far = size * rng.uniform(0.5, 1.2, len(turns))
            edge = zip(x + far * np.cos(turns), y + size + far * np.sin(turns), strict=True)
            sheet.area([(float(a), float(b)) for a, b in edge], ink)
    for k in range(int(rng.integers(0, 4))):
        words = np.cumsum(rng.uniform(0.08, 0.3, 6)) - 0.6
        for a, b in zip(words[:-1:2], words[1::2], strict=False):
            sheet.line([(a, y + 1.5 + 0.17 * k), (b, y + 1.5 + 0.17 * k)], inks[0], 0.09)
    return sheet.image


@dataclass(frozen=True)
class Style:
    """What can be bought: a category, a finer type, cuts, and what they may be made of."""

    category: str
    type: str
    cuts: tuple[Cut, ...]
    paint: Callable[[Rng], Paint] = any_paint
    sleeve: str | None = None
    sheets: str = ""  # which details are sewn on, see ``_sheets``
    leather: float = 0.0  # how often it is of that
    shoe: str = ""
    gear: str = ""


_LONG = replace(cut.TEE, sleeve=0.95)
_TANK = replace(cut.TEE, sleeve=0.06, scoop=0.1, vee=0.5, rib=0.05)
_LEGGINGS = replace(cut.TIGHTS, low=0.1, ease=0.035, thickness=0.03)
_SOCKS = replace(cut.TIGHTS, low=-0.2, high=0.4, rib=0.1)
_CARDIGAN = replace(cut.JACKET, ease=0.13, collar=0.0, vee=0.9, thickness=0.06, gap=0.3)

STYLES: Mapping[str, Sequence[Style]] = {
    "tops": (
        Style("tops", "t-shirt", (cut.TEE,), sleeve="short", sheets="print"),
        Style("tops", "top", (_LONG,), sleeve="long", sheets="print"),
        Style("tops", "top", (_TANK,), sleeve="none"),
        Style("tops", "polo", (cut.POLO,), sleeve="short", sheets="polo"),
        Style("tops", "shirt", (cut.SHIRT,), sleeve="long", sheets="shirt"),
        Style("tops", "shirt", (replace(cut.SHIRT, sleeve=0.34),), sleeve="short", sheets="shirt"),
        Style("tops", "blouse", (cut.BLOUSE,), sleeve="long", sheets="blouse"),
        Style("tops", "jumper", (cut.JUMPER,), knit, "long"),
        Style("tops", "jumper", (replace(cut.JUMPER, vee=0.7),), knit, "long"),
        Style("tops", "sweatshirt", (cut.JUMPER,), any_paint, "long", "print"),
        Style("tops", "cardigan", (_CARDIGAN,), knit, "long"),
    ),
    "bottoms": (
        Style("bottoms", "jeans", (cut.TROUSERS,), denim, sheets="jeans"),
        Style("bottoms", "jeans", (cut.LOOSE,), denim, sheets="jeans"),
        Style("bottoms", "pants", (cut.LOOSE,), sheets="trousers", leather=0.05),
        Style("bottoms", "pants", (cut.TROUSERS,), plain, sheets="trousers"),
        Style("bottoms", "shorts", (cut.SHORTS,), sheets="trousers"),
        Style("bottoms", "shorts", (cut.SHORTS,), denim, sheets="jeans"),
        Style("bottoms", "leggings", (_LEGGINGS,)),
    ),
    "skirts": (
        Style("skirts", "skirt", (cut.SKIRT,)),
        Style("skirts", "skirt", (cut.PLEATED,), plain),
        Style("skirts", "skirt", (replace(cut.SKIRT, flare=0.05),), denim),
    ),
    "dresses": (
        Style("dresses", "dress", (cut.BODICE, cut.DRESS_SKIRT), sleeve="short"),
        Style("dresses", "dress", (replace(cut.BODICE, sleeve=0.06), cut.DRESS_SKIRT), sleeve="none"),
        Style("dresses", "dress", (cut.WRAP, cut.WRAP_SKIRT, cut.SASH), sleeve="long", sheets="wrap"),
    ),
    "outerwear": (
        Style("outerwear", "jacket", (cut.JACKET,), plain, "long", "jacket", 0.2),
        Style("outerwear", "jacket", (cut.TRUCKER,), denim, "long", "jacket"),
        Style("outerwear", "jacket", (cut.TRUCKER,), any_paint, "long", "jacket", 0.3),
        Style("outerwear", "blazer", (cut.BLAZER,), any_paint, "long", "blazer"),
        Style("outerwear", "coat", cut.COAT, plain, "long", "coat"),
    ),
    "footwear": (
        *(
            Style("footwear", kind, (), leather=1.0, shoe=shoe)
            for shoe, kind in (("shoes01", "shoes"), ("shoes02", "sneakers"),
                               ("shoes02", "sneakers"), ("shoes03", "shoes"),
                               ("shoes04", "shoes"), ("shoes06", "shoes"))
        ),
        Style("footwear", "boots", (cut.SHAFT,), leather=1.0, shoe="shoes05"),
    ),
    "legwear": (Style("legwear", "stockings", (cut.TIGHTS,), plain),
                Style("legwear", "socks", (_SOCKS,))),
    "belts": (Style("belts", "belt", (cut.BELT,), leather=1.0),),
    "bags": (Style("bags", "bag", (cut.STRAP,), leather=1.0), Style("bags", "bag", (), gear="tote")),
    "headwear": (Style("headwear", "hat", (), gear="fedora", leather=1.0),
                 Style("headwear", "hat", (), knit, gear="beanie")),
    "scarves": (Style("scarves", "scarf", (), gear="scarf"),),
    "eyewear": (Style("eyewear", "glasses", (), gear="glasses", leather=1.0),
                Style("eyewear", "sunglasses", (), gear="sunglasses", leather=1.0)),
    "jewellery": (Style("jewellery", "necklace", (), gear="necklace", leather=1.0),
                  Style("jewellery", "watch", (), gear="watch", leather=1.0)),
}  # fmt: skip
METALS: Sequence[Colour] = ((0.85, 0.62, 0.25), (0.75, 0.75, 0.77), (0.8, 0.5, 0.4))


def buy(rng: Rng, name: str, person: str, category: str) -> Garment:
    """One garment of a category, like no other.

    Raises:
        ValueError: it came out like one of the sample library.
    """
    choice = STYLES[category]
    style = choice[int(rng.integers(len(choice)))]
    paint = style.paint(rng)
    made = Garment(
        name, category, style.type, "", _resized(rng, style), _look(rng, name, style, paint),
        "plain", style.sleeve, person=person, gear=style.gear, shoe=style.shoe,
        sole=_near(rng, LEATHER, 0.02) if rng.random() < 0.5 else (0.88, 0.87, 0.84),
    )  # fmt: skip
    if made.look.fabric is not None:
        printed = made.look.front is not None and style.sheets == "print"
        made = replace(made, pattern="print" if printed else paint.pattern)
    for other in EVERYTHING.values():
        if _recipe(other) == _recipe(made):
            raise ValueError(f"{name} is {other.id} of the sample library; take another seed")
    return made


def _recipe(garment: Garment) -> tuple[object, ...]:
    look = garment.look
    paint = (look.fabric.painter, look.fabric.colours) if look.fabric else look.colour
    return garment.type, garment.shoe, garment.gear, repr(paint)


def _resized(rng: Rng, style: Style) -> tuple[Cut, ...]:
    """A style's cuts in one of many sizes; pieces that are sewn together stay so."""
    if len(style.cuts) > 1:
        hem = float(rng.uniform(-0.35, 0.5))
        return tuple(
            replace(c, low=c.low + hem, flare=c.flare * float(rng.uniform(0.6, 1.3)))
            if c.kind == "skirt" else c
            for c in style.cuts
        )  # fmt: skip
    made = []
    for c in style.cuts:
        loose = float(np.exp(rng.normal(0, 0.25)))
        c = replace(c, ease=c.ease * loose, flare=c.flare * loose,
                    folds=c.folds * float(rng.uniform(0.6, 1.5)))  # fmt: skip
        if c.kind == "top":
            c = replace(c, low=c.low + float(rng.uniform(-0.2, 0.22)),
                        scoop=c.scoop + float(rng.choice([0, 0, 0.2])))  # fmt: skip
            if style.sleeve == "short":
                c = replace(c, sleeve=float(rng.uniform(0.2, 0.45)))
        elif c.kind == "skirt":
            c = replace(c, low=float(rng.uniform(0.35, 1.45)))
        elif style.type == "shorts":
            c = replace(c, low=float(rng.uniform(0.95, 1.65)))
        elif style.type in ("pants", "jeans") and rng.random() < 0.25:
            c = replace(c, low=float(rng.uniform(0.1, 0.35)))
        made.append(c)
    return tuple(made)


def _look(rng: Rng, name: str, style: Style, paint: Paint) -> Look:
    if rng.random() < style.leather:
        choice = METALS if style.category == "jewellery" else LEATHER
        tone = _near(rng, choice, 0.02) if rng.random() < 0.8 else colour(rng)
        return Look("plain", tone, roughness=float(rng.uniform(0.3, 0.7)))
    cloth = f.fabric(name, paint.painter, *paint.colours, width=float(rng.uniform(1.3, 3.0)),
                     roughness=float(rng.uniform(0.65, 0.95)), weave=paint.weave)  # fmt: skip
    ground = paint.colours[0] if isinstance(paint.colours[0], tuple) else (0.5, 0.5, 0.5)
    front, back = _sheets(rng, style.sheets, ground)
    return Look("cloth", fabric=cloth, front=front, back=back, trim=contrast(rng, (0.5,) * 3, 0.2))


def _sheets(rng: Rng, kind: str, ground: Any) -> tuple[Image.Image | None, Image.Image | None]:
    """The details on front and back."""
    stitch = contrast(rng, (0.4, 0.4, 0.4), 0.2)
    if kind == "print" and rng.random() < 0.35:
        tone = ground if isinstance(ground[0], float) else ground[0]
        return chest_print(rng, tone), None
    if kind == "jeans":
        fade = float(rng.choice([0, 0.3, 0.5]))
        return f.trouser_front(stitch, fade=fade), f.trouser_back(stitch, True, fade * 0.8)
    if kind == "trousers":
        return f.trouser_front(stitch), f.trouser_back(stitch, False)
    if kind == "jacket":
        return f.jacket_front(stitch, METALS[1]), f.jacket_back(stitch)
    front = {"polo": f.polo_front, "shirt": f.shirt_front, "blouse": f.blouse_front,
             "wrap": f.wrap_front, "blazer": f.blazer_front, "coat": f.coat_front}.get(kind)  # fmt: skip
    return (front() if front else None), None
