"""The wardrobe in the pictures: every physical garment, and the people who wear them."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tailoring as cut
from body import MakeHuman
from fabrics import (
    blazer_front,
    blouse_front,
    coat_front,
    denim,
    dots,
    fabric,
    floral,
    jacket_back,
    jacket_front,
    knit,
    polo_front,
    print_mountain,
    shirt_front,
    solid,
    stripes,
    tartan,
    trouser_back,
    trouser_front,
    wrap_front,
)
from people import Garment, Look, Part, Person, stand
from postures import bend

CREAM, NAVY, INK = (0.9, 0.88, 0.83), (0.09, 0.13, 0.3), (0.1, 0.1, 0.12)
GOLD, METAL = (0.78, 0.56, 0.27), (0.6, 0.55, 0.48)
#: Trousers go under an untucked top, a skirt over a tucked one.
PUT_ON = (
    "legwear", "footwear", "bottoms", "tops", "skirts", "dresses", "belts", "outerwear", "scarves",
    "bags", "jewellery", "eyewear", "headwear",
)  # fmt: skip


def _cloth(name: str, *paint: Any, **how: Any) -> Look:
    look = {k: how.pop(k) for k in ("front", "back", "trim") if k in how}
    return Look("cloth", fabric=fabric(name, *paint, **how), **look)


def _tops() -> list[Garment]:
    def tee(name: str, words: str, look: Look, pattern: str = "plain", model: str = "") -> Garment:
        return Garment(name, "tops", "t-shirt", words, (cut.TEE,), look, pattern, "short", model)

    def shirt(name: str, words: str, look: Look, pattern: str = "plain") -> Garment:
        return Garment(name, "tops", "shirt", words, (cut.SHIRT,), look, pattern, "long")

    return [
        tee("tee-stripe", "navy and cream striped T-shirt",
            _cloth("ink-stripe", stripes, CREAM, NAVY, 6, 0.42), "striped"),
        tee("tee-pinstripe", "navy and cream narrow-striped T-shirt",
            _cloth("ink-pinstripe", stripes, CREAM, NAVY, 13, 0.42), "striped"),
        tee("tee-white", "white T-shirt with a mountain print",
            _cloth("white-jersey", solid, (0.88, 0.88, 0.86),
                   front=print_mountain((0.12, 0.3, 0.4), (0.93, 0.55, 0.2))), "print"),
        tee("tee-plum", "plum T-shirt", _cloth("plum-jersey", solid, (0.4, 0.13, 0.27)),
            model="tee-plum-model"),
        Garment("polo-navy", "tops", "polo", "navy polo shirt", (cut.POLO,),
                _cloth("navy-pique", solid, NAVY, front=polo_front(), trim=(0.2, 0.24, 0.36)), "plain", "short"),
        tee("crew-navy", "navy T-shirt", _cloth("navy-jersey", solid, NAVY)),
        shirt("shirt-sky", "light blue shirt",
              _cloth("sky-oxford", solid, (0.55, 0.68, 0.84), front=shirt_front())),
        shirt("shirt-rose", "rose shirt",
              _cloth("rose-oxford", solid, (0.85, 0.62, 0.66), front=shirt_front())),
        shirt("shirt-tartan", "red tartan shirt",
              _cloth("red-tartan", tartan, (0.6, 0.1, 0.1), [(0.07, 0.08, 0.13), CREAM],
                     width=1.8, front=shirt_front()), "checked"),
        Garment("jumper-mustard", "tops", "jumper", "mustard knitted jumper", (cut.JUMPER,),
                _cloth("mustard-knit", knit, (0.78, 0.55, 0.14), width=2.4, weave=0.9),
                "knit", "long"),
        Garment("blouse-cream", "tops", "blouse", "cream blouse", (cut.BLOUSE,),
                _cloth("cream-crepe", solid, (0.9, 0.86, 0.76), front=blouse_front()), "plain", "long"),
    ]  # fmt: skip


def _below() -> list[Garment]:
    """Bottoms, skirts and dresses."""

    def jeans(name: str, words: str, look: Look) -> Garment:
        return Garment(name, "bottoms", "jeans", words, (cut.TROUSERS,), look, "denim")

    stitch = (0.5, 0.42, 0.3)
    return [
        jeans("jeans-blue", "blue jeans",
              _cloth("blue-denim", denim, (0.24, 0.37, 0.56), 0.2,
                     front=trouser_front(GOLD, fade=0.5), back=trouser_back(GOLD, True, 0.4),
                     trim=METAL)),
        jeans("jeans-dark", "dark blue jeans",
              _cloth("dark-denim", denim, (0.08, 0.12, 0.23), 0.03,
                     front=trouser_front(GOLD), back=trouser_back(GOLD, True), trim=METAL)),
        Garment("chinos-khaki", "bottoms", "pants", "khaki chinos", (cut.LOOSE,),
                _cloth("khaki-twill", solid, (0.62, 0.53, 0.38), front=trouser_front(stitch),
                       back=trouser_back(stitch, False))),
        Garment("shorts-olive", "bottoms", "shorts", "olive shorts", (cut.SHORTS,),
                _cloth("olive-twill", solid, (0.38, 0.39, 0.24), front=trouser_front(stitch),
                       back=trouser_back(stitch, False))),
        Garment("skirt-floral", "skirts", "skirt", "dark floral skirt", (cut.SKIRT,),
                _cloth("dark-floral", floral, (0.07, 0.09, 0.17),
                       [(0.85, 0.38, 0.4), (0.93, 0.8, 0.72)], width=2.6), "floral"),
        Garment("skirt-black", "skirts", "skirt", "black pleated skirt", (cut.PLEATED,),
                _cloth("black-crepe", solid, (0.09, 0.09, 0.1))),
        Garment("dress-dots", "dresses", "dress", "teal dress with dots",
                (cut.BODICE, cut.DRESS_SKIRT),
                _cloth("teal-dots", dots, (0.08, 0.36, 0.37), (0.93, 0.91, 0.86), 4, width=1.8),
                "dotted", "short"),
        Garment("dress-red", "dresses", "dress", "red wrap dress", (cut.WRAP, cut.WRAP_SKIRT, cut.SASH),
                _cloth("red-viscose", solid, (0.62, 0.1, 0.12), front=wrap_front()), "plain", "long"),
        Garment("tights-black", "legwear", "tights", "black tights", (cut.TIGHTS,),
                _cloth("black-tights", solid, (0.06, 0.06, 0.07))),
    ]  # fmt: skip


def _over() -> list[Garment]:
    """Outerwear, footwear and bags."""
    stitch = (0.42, 0.43, 0.3)
    return [
        Garment("jacket-olive", "outerwear", "jacket", "olive field jacket", (cut.JACKET,),
                _cloth("olive-canvas", solid, (0.31, 0.33, 0.2),
                       front=jacket_front(stitch, METAL), back=jacket_back(stitch), trim=METAL),
                "plain", "long"),
        Garment("coat-camel", "outerwear", "coat", "camel coat", cut.COAT,
                _cloth("camel-wool", solid, (0.66, 0.49, 0.31), front=coat_front(),
                       trim=(0.2, 0.12, 0.07)), "plain", "long"),
        Garment("jacket-denim", "outerwear", "jacket", "blue denim jacket", (cut.TRUCKER,),
                _cloth("jacket-denim", denim, (0.27, 0.39, 0.57), 0.15,
                       front=jacket_front(GOLD, METAL), back=jacket_back(GOLD), trim=METAL), "denim", "long"),
        Garment("sneakers-white", "footwear", "sneakers", "white sneakers", shoe="shoes02",
                look=Look("plain", (0.84, 0.84, 0.82), roughness=0.5), sole=(0.62, 0.6, 0.56)),
        Garment("shoes-brown", "footwear", "shoes", "brown leather shoes", shoe="shoes03",
                look=Look("plain", (0.33, 0.19, 0.11), roughness=0.35), sole=(0.13, 0.09, 0.07)),
        Garment("boots-black", "footwear", "boots", "black ankle boots", (cut.SHAFT,), shoe="shoes05",
                look=Look("plain", (0.06, 0.06, 0.065), roughness=0.35), sole=(0.05, 0.05, 0.05)),
        Garment("bag-tan", "bags", "bag", "tan crossbody bag", (cut.STRAP,),
                Look("plain", (0.6, 0.38, 0.2), roughness=0.4)),
    ]  # fmt: skip


def _accessories() -> list[Garment]:
    def plain(*colour: float, rough: float = 0.5) -> Look:
        return Look("plain", (colour[0], colour[1], colour[2]), roughness=rough)

    green = _cloth("green-knit", knit, (0.12, 0.27, 0.2), width=1.2, weave=0.9)
    check = _cloth("scarf-check", tartan, (0.74, 0.62, 0.45),
                   [(0.13, 0.13, 0.15), (0.6, 0.14, 0.12)], width=1.3)  # fmt: skip
    return [
        Garment("bag-tote", "bags", "bag", "natural canvas tote bag",
                look=_cloth("canvas", solid, (0.8, 0.75, 0.63)), gear="tote"),
        Garment("hat-fedora", "headwear", "hat", "grey felt hat", look=plain(0.33, 0.32, 0.33, rough=0.9),
                gear="fedora"),
        Garment("beanie-green", "headwear", "hat", "green knitted beanie", look=green,
                pattern="knit", gear="beanie"),
        Garment("scarf-check", "scarves", "scarf", "camel checked scarf", look=check,
                pattern="checked", gear="scarf"),
        Garment("glasses-black", "eyewear", "glasses", "black glasses", look=plain(0.04, 0.04, 0.045, rough=0.3),
                gear="glasses"),
        Garment("sunglasses-brown", "eyewear", "sunglasses", "brown sunglasses",
                look=plain(0.23, 0.13, 0.07, rough=0.25), gear="sunglasses"),
        Garment("necklace-gold", "jewellery", "necklace", "gold necklace with a pendant",
                look=plain(0.85, 0.62, 0.25, rough=0.25), gear="necklace"),
        Garment("watch-silver", "jewellery", "watch", "silver watch", look=plain(0.75, 0.75, 0.77, rough=0.25),
                gear="watch"),
        Garment("belt-brown", "belts", "belt", "brown leather belt", (cut.BELT,),
                plain(0.3, 0.17, 0.09)),
    ]  # fmt: skip


def _others() -> list[Garment]:
    """Clothes of other people: none of them belongs in the wardrobe."""
    grey_stitch = (0.3, 0.3, 0.3)
    return [
        Garment("friend-jumper", "tops", "jumper", "grey jumper", (cut.JUMPER,),
                _cloth("grey-marl", knit, (0.5, 0.5, 0.53), width=2.0, weave=0.6),
                "knit", "long", person="friend"),
        Garment("friend-jeans", "bottoms", "jeans", "black jeans", (cut.TROUSERS,),
                _cloth("black-denim", denim, (0.1, 0.1, 0.11), 0.05,
                       front=trouser_front(grey_stitch)), "denim", person="friend"),
        Garment("friend-top", "tops", "t-shirt", "plum T-shirt", (cut.TEE,),
                _cloth("plum-jersey", solid, (0.4, 0.13, 0.27)), "plain", "short",
                "tee-plum-model", person="friend"),
        Garment("friend-trousers", "bottoms", "pants", "stone trousers", (cut.LOOSE,),
                _cloth("stone-twill", solid, (0.68, 0.65, 0.6),
                       front=trouser_front((0.5, 0.48, 0.44))), person="friend"),
        Garment("friend-shoes", "footwear", "shoes", "black shoes", shoe="shoes04",
                look=Look("plain", (0.07, 0.07, 0.07), roughness=0.4), sole=(0.1, 0.1, 0.1),
                person="friend"),
        Garment("sister-dress", "dresses", "dress", "green dress", (cut.BODICE, cut.DRESS_SKIRT),
                _cloth("green-viscose", solid, (0.13, 0.34, 0.22)), "plain", "short",
                person="sister"),
        Garment("sister-top", "tops", "jumper", "lilac jumper", (cut.JUMPER,),
                _cloth("lilac-knit", knit, (0.72, 0.63, 0.8), width=2.0, weave=0.6),
                "knit", "long", person="sister"),
        Garment("sister-jeans", "bottoms", "jeans", "light blue jeans", (cut.TROUSERS,),
                _cloth("light-denim", denim, (0.52, 0.62, 0.74), front=trouser_front(GOLD),
                       back=trouser_back(GOLD, True)), "denim", person="sister"),
        Garment("sister-shoes", "footwear", "sneakers", "black sneakers", shoe="shoes02",
                look=Look("plain", (0.1, 0.1, 0.11), roughness=0.5), sole=(0.8, 0.8, 0.78),
                person="sister"),
        Garment("colleague-shirt", "tops", "shirt", "white shirt", (cut.SHIRT,),
                _cloth("white-poplin", solid, (0.9, 0.9, 0.91),
                       front=shirt_front()), "plain", "long", person="colleague"),
        Garment("colleague-trousers", "bottoms", "pants", "charcoal trousers", (cut.LOOSE,),
                _cloth("charcoal-wool", solid, (0.2, 0.21, 0.22),
                       front=trouser_front((0.15, 0.15, 0.15))), person="colleague"),
        Garment("colleague-jacket", "outerwear", "blazer", "blue blazer", (cut.BLAZER,),
                _cloth("blue-hopsack", solid, (0.16, 0.22, 0.38), front=blazer_front(),
                       trim=(0.1, 0.1, 0.12)), "plain", "long",
                person="colleague"),
        Garment("colleague-shoes", "footwear", "shoes", "dark brown shoes", shoe="shoes03",
                look=Look("plain", (0.18, 0.1, 0.07), roughness=0.35), sole=(0.08, 0.06, 0.05),
                person="colleague"),
    ]  # fmt: skip


WARDROBE = {g.id: g for g in (*_tops(), *_below(), *_over(), *_accessories())}
OTHERS = {g.id: g for g in _others()}
EVERYTHING = {**WARDROBE, **OTHERS}

OWNER = Person(
    "owner",
    {
        "caucasian-female-young": 1.0,
        "universal-female-young-averagemuscle-averageweight": 0.6,
        "universal-female-young-averagemuscle-minweight": 0.4,
    },
    skin=(0.83, 0.64, 0.53),
    lips=(0.72, 0.38, 0.36),
    hair="long01",
    hair_colour=(0.27, 0.16, 0.1),
)
FRIEND = Person(
    "friend",
    {"african-male-young": 1.0, "universal-male-young-averagemuscle-averageweight": 1.0},
    skin=(0.45, 0.29, 0.2),
    lips=(0.42, 0.23, 0.2),
    hair="short02",
    hair_colour=(0.09, 0.07, 0.06),
)
SISTER = Person(
    "sister",
    {"asian-female-young": 1.0, "universal-female-young-averagemuscle-averageweight": 1.0},
    skin=(0.86, 0.69, 0.56),
    lips=(0.74, 0.42, 0.4),
    hair="bob02",
    hair_colour=(0.1, 0.075, 0.065),
)
COLLEAGUE = Person(
    "colleague",
    {
        "caucasian-male-young": 1.0,
        "universal-male-young-averagemuscle-averageweight": 0.6,
        "universal-male-young-averagemuscle-maxweight": 0.4,
    },
    skin=(0.85, 0.67, 0.57),
    lips=(0.7, 0.42, 0.39),
    hair="short01",
    hair_colour=(0.36, 0.24, 0.14),
)
PEOPLE = {p.name: p for p in (OWNER, FRIEND, SISTER, COLLEAGUE)}


def garments(names: Sequence[str]) -> list[Garment]:
    """Garments by id, in the order they are put on."""
    return sorted((EVERYTHING[n] for n in names), key=lambda g: PUT_ON.index(g.category))


def truth() -> list[dict[str, Any]]:
    """Every item as a row of ``truth/items.json``, without its picture."""
    return [facts(g) for g in EVERYTHING.values()]


def facts(garment: Garment) -> dict[str, Any]:
    """A garment as a row of ``truth/items.json``."""
    row: dict[str, Any] = {
        "id": garment.id,
        "person": garment.person,
        "category": garment.category,
        "type": garment.type,
        "name": garment.name,
        "colours": colours(garment),
        "pattern": garment.pattern,
        "sleeve": garment.sleeve,
    }
    return row | ({"model": garment.model} if garment.model else {})


def colours(garment: Garment) -> list[tuple[str, str, float]]:
    """Colour names, values and shares of what the garment is made of, largest first."""
    look = garment.look
    tile = look.fabric.tile if look.fabric else np.array(look.colour).reshape(1, 1, 3)
    pixels = (tile.reshape(-1, 3) * 255).round().astype(np.uint8)
    return [(name, value, share) for name, value, share in _color().main_colours(pixels)]


@functools.cache
def _color() -> ModuleType:
    """``wardrobe.color``, from its file: it needs NumPy alone, the package needs far more."""
    path = Path(__file__).parents[2] / "wardrobe" / "color.py"
    spec = importlib.util.spec_from_file_location("wardrobe_color", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: missing; the renderer names colours by it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def alone(data: MakeHuman, garment: Garment) -> list[Part]:
    """The garment by itself, arms a little out, facing the camera."""
    wearer = PEOPLE[garment.person]
    return stand(data, wearer, [garment], bend(data, "relaxed")).whole
