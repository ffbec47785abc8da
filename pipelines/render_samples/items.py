"""The wardrobe in the pictures: every physical garment, and the people who wear them."""

from __future__ import annotations

from fabrics import (
    denim,
    dots,
    fabric,
    floral,
    jacket_back,
    jacket_front,
    knit,
    print_mountain,
    shirt_front,
    solid,
    stripes,
    tartan,
    trouser_back,
    trouser_front,
)
from garments import Cut
from people import Garment, Look, Person

CREAM, NAVY, INK = (0.9, 0.88, 0.83), (0.09, 0.13, 0.3), (0.1, 0.1, 0.12)
GOLD, METAL = (0.78, 0.56, 0.27), (0.6, 0.55, 0.48)

TEE = Cut("top", low=2.03, sleeve=0.3, ease=0.09, flare=0.16, scoop=0.12, rib=0.1, folds=0.055)
JUMPER = Cut("top", low=2.05, sleeve=0.97, ease=0.17, flare=0.08, drape=0.85, rib=0.28,
             folds=0.075, thickness=0.06)  # fmt: skip
SHIRT = Cut("top", low=1.98, sleeve=0.96, ease=0.11, flare=0.18, collar=0.32, folds=0.07,
            high=4.12, vee=0.45)  # fmt: skip
JACKET = Cut("top", low=2.08, sleeve=0.97, ease=0.2, flare=0.14, drape=0.9, gap=0.42,
             collar=0.36, high=4.08, vee=0.3, folds=0.08, thickness=0.06)  # fmt: skip
TROUSERS = Cut("bottom", low=-0.04, high=2.21, ease=0.075, flare=0.19, drape=0.35, folds=0.06)
LOOSE = Cut("bottom", low=-0.02, high=2.21, ease=0.1, flare=0.2, drape=0.45, folds=0.07)
STRAP = Cut("strap", low=2.0, thickness=0.03, ease=0.02, folds=0.0, drape=0.9, flare=0.0)
BODICE = Cut("top", low=2.2, sleeve=0.22, ease=0.07, flare=0.0, scoop=0.08, vee=0.3, folds=0.04)


def _garments() -> list[Garment]:
    ink_stripes = fabric("stripe", stripes, CREAM, NAVY, 7, 0.42)
    white = fabric("white-jersey", solid, (0.88, 0.88, 0.86))
    mustard = fabric("mustard-knit", knit, (0.78, 0.55, 0.14), width=2.4, weave=0.9)
    red_check = fabric(
        "red-tartan", tartan, (0.6, 0.1, 0.1), [(0.07, 0.08, 0.13), CREAM], width=1.8
    )
    blue = fabric("blue-denim", denim, (0.2, 0.27, 0.38))
    khaki = fabric("khaki-twill", solid, (0.62, 0.53, 0.38))
    flowers = fabric("dark-floral", floral, (0.07, 0.09, 0.17),
                     [(0.85, 0.38, 0.4), (0.93, 0.8, 0.72)], width=2.6)  # fmt: skip
    spots = fabric("teal-dots", dots, (0.08, 0.36, 0.37), (0.93, 0.91, 0.86), 4, width=1.8)
    olive = fabric("olive-canvas", solid, (0.31, 0.33, 0.2))
    sky = fabric("sky-oxford", solid, (0.55, 0.68, 0.84))
    return [
        Garment("tee-stripe", "tops", "t-shirt", "navy and cream striped T-shirt", (TEE,),
                Look("cloth", fabric=ink_stripes)),
        Garment("tee-white", "tops", "t-shirt", "white T-shirt with a mountain print", (TEE,),
                Look("cloth", fabric=white,
                     front=print_mountain((0.12, 0.3, 0.4), (0.93, 0.55, 0.2)))),
        Garment("jumper-mustard", "tops", "jumper", "mustard knitted jumper", (JUMPER,),
                Look("cloth", fabric=mustard)),
        Garment("shirt-tartan", "tops", "shirt", "red tartan shirt", (SHIRT,),
                Look("cloth", fabric=red_check, front=shirt_front(CREAM))),
        Garment("shirt-sky", "tops", "shirt", "light blue shirt", (SHIRT,),
                Look("cloth", fabric=sky, front=shirt_front((0.95, 0.95, 0.95)))),
        Garment("jeans-blue", "bottoms", "jeans", "blue jeans", (TROUSERS,),
                Look("cloth", fabric=blue, front=trouser_front(GOLD),
                     back=trouser_back(GOLD, True))),
        Garment("chinos-khaki", "bottoms", "pants", "khaki chinos", (LOOSE,),
                Look("cloth", fabric=khaki, front=trouser_front((0.5, 0.42, 0.3)),
                     back=trouser_back((0.5, 0.42, 0.3), False))),
        Garment("skirt-floral", "skirts", "skirt", "dark floral skirt",
                (Cut("skirt", low=0.9, high=2.24, ease=0.05, flare=0.5, folds=0.06),),
                Look("cloth", fabric=flowers)),
        Garment("dress-dots", "dresses", "dress", "teal dress with dots",
                (BODICE, Cut("skirt", low=0.95, high=2.26, ease=0.05, flare=0.6, folds=0.07)),
                Look("cloth", fabric=spots)),
        Garment("jacket-olive", "outerwear", "jacket", "olive field jacket", (JACKET,),
                Look("cloth", fabric=olive, front=jacket_front((0.42, 0.43, 0.3), METAL),
                     back=jacket_back((0.42, 0.43, 0.3)))),
        Garment("sneakers-white", "footwear", "sneakers", "white sneakers", shoe="shoes02",
                look=Look("plain", (0.84, 0.84, 0.82), roughness=0.5), sole=(0.62, 0.6, 0.56)),
        Garment("shoes-brown", "footwear", "shoes", "brown leather shoes", shoe="shoes03",
                look=Look("plain", (0.33, 0.19, 0.11), roughness=0.35), sole=(0.13, 0.09, 0.07)),
        Garment("bag-tan", "bags", "bag", "tan crossbody bag",
                (STRAP,),
                Look("plain", (0.6, 0.38, 0.2), roughness=0.4)),
    ]  # fmt: skip


def _friends() -> list[Garment]:
    """Clothes of other people: none of them belongs in the wardrobe."""
    grey = fabric("grey-marl", knit, (0.5, 0.5, 0.53), width=2.0, weave=0.6)
    black = fabric("black-denim", denim, (0.1, 0.1, 0.11), 0.05)
    plum = fabric("plum-jersey", solid, (0.4, 0.13, 0.27))
    stone = fabric("stone-twill", solid, (0.68, 0.65, 0.6))
    return [
        Garment("friend-jumper", "tops", "jumper", "grey jumper", (JUMPER,),
                Look("cloth", fabric=grey)),
        Garment("friend-jeans", "bottoms", "jeans", "black jeans", (TROUSERS,),
                Look("cloth", fabric=black, front=trouser_front((0.3, 0.3, 0.3)))),
        Garment("friend-top", "tops", "t-shirt", "plum T-shirt", (TEE,),
                Look("cloth", fabric=plum)),
        Garment("friend-trousers", "bottoms", "pants", "stone trousers", (LOOSE,),
                Look("cloth", fabric=stone, front=trouser_front((0.5, 0.48, 0.44)))),
        Garment("friend-shoes", "footwear", "shoes", "black shoes", shoe="shoes04",
                look=Look("plain", (0.07, 0.07, 0.07), roughness=0.4), sole=(0.1, 0.1, 0.1)),
    ]  # fmt: skip


WARDROBE = {g.id: g for g in _garments()}
OTHERS = {g.id: g for g in _friends()}

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
    {
        "african-male-young": 1.0,
        "universal-male-young-averagemuscle-averageweight": 1.0,
    },
    skin=(0.45, 0.29, 0.2),
    lips=(0.42, 0.23, 0.2),
    hair="short02",
    hair_colour=(0.09, 0.07, 0.06),
)
SISTER = Person(
    "sister",
    {
        "asian-female-young": 1.0,
        "universal-female-young-averagemuscle-averageweight": 1.0,
    },
    skin=(0.86, 0.69, 0.56),
    lips=(0.74, 0.42, 0.4),
    hair="bob02",
    hair_colour=(0.1, 0.075, 0.065),
)
