"""The one taxonomy, and the maps from foreign label sets into it.

A *category* is what grouping and search rely on; there are thirteen, the seven of the product
first. A *type* is a finer name under a category and is only ever a suggestion. A *zone* is the
part of the body a category is worn on, and decides whether it is searched for in a photo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from wardrobe.errors import ModelError

Category = Literal[
    "tops",
    "bottoms",
    "dresses",
    "outerwear",
    "skirts",
    "jewellery",
    "footwear",
    "bags",
    "headwear",
    "eyewear",
    "scarves",
    "belts",
    "legwear",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)

Zone = Literal["head", "top", "bottom", "feet", "wrists_neck"]
ZONES: tuple[Zone, ...] = get_args(Zone)

#: Types per category; the first is the category's plainest member.
TYPES: Mapping[Category, tuple[str, ...]] = {
    "tops": (
        "top", "t-shirt", "shirt", "blouse", "sweater", "sweatshirt", "hoodie", "cardigan",
        "jumper", "vest", "bodysuit", "polo", "bra", "intimate", "swimwear",
    ),
    "bottoms": ("pants", "jeans", "shorts", "leggings", "tights", "panties"),
    "dresses": ("dress", "romper"),
    "outerwear": ("jacket", "coat", "blazer", "cape"),
    "skirts": ("skirt",),
    "jewellery": ("necklace", "bracelet", "earrings", "ring", "watch"),
    "footwear": (
        "shoes", "boots", "sneakers", "sandals", "heels", "pumps", "flats", "loafers", "clogs",
        "wedges",
    ),
    "bags": ("bag", "purse", "wallet"),
    "headwear": ("hat",),
    "eyewear": ("glasses", "sunglasses"),
    "scarves": ("scarf",),
    "belts": ("belt",),
    "legwear": ("socks", "stockings"),
}  # fmt: skip

CATEGORY_OF_TYPE: Mapping[str, Category] = {t: c for c, types in TYPES.items() for t in types}

#: A category is searched for where any of its zones is in the frame.
ZONES_OF: Mapping[Category, tuple[Zone, ...]] = {
    "tops": ("top",),
    "bottoms": ("bottom",),
    "dresses": ("top", "bottom"),
    "outerwear": ("top",),
    "skirts": ("bottom",),
    "jewellery": ("wrists_neck", "head"),
    "footwear": ("feet",),
    "bags": ("top", "bottom"),
    "headwear": ("head",),
    "eyewear": ("head",),
    "scarves": ("wrists_neck", "top"),
    "belts": ("top", "bottom"),
    "legwear": ("bottom", "feet"),
}

#: From skin outwards. What lies further out, or as far, can hide a garment.
LAYER: Mapping[Category, int] = {
    "legwear": 0, "tops": 1, "bottoms": 1, "dresses": 1, "skirts": 1, "footwear": 1, "belts": 2,
    "outerwear": 3, "scarves": 4, "headwear": 4, "eyewear": 4, "jewellery": 4, "bags": 5,
}  # fmt: skip

#: DeepFashion2 as exported for YOLO: ids are 0-based (the annotation files are 1-based).
DEEPFASHION2: Mapping[str, Category] = {
    "short_sleeved_shirt": "tops",
    "long_sleeved_shirt": "tops",
    "short_sleeved_outwear": "outerwear",
    "long_sleeved_outwear": "outerwear",
    "vest": "tops",
    "sling": "tops",
    "shorts": "bottoms",
    "trousers": "bottoms",
    "skirt": "skirts",
    "short_sleeved_dress": "dresses",
    "long_sleeved_dress": "dresses",
    "vest_dress": "dresses",
    "sling_dress": "dresses",
}

#: ATR, as SegFormer clothes and SCHP are trained on it; None is no garment. It has no outerwear:
#: a jacket and the shirt under it are both "Upper-clothes".
ATR: Mapping[str, Category | None] = {
    "Background": None, "Hat": "headwear", "Hair": None, "Sunglasses": "eyewear", "Upper-clothes": "tops",
    "Skirt": "skirts", "Pants": "bottoms", "Dress": "dresses", "Belt": "belts", "Left-shoe": "footwear",
    "Right-shoe": "footwear", "Face": None, "Left-leg": None, "Right-leg": None, "Left-arm": None,
    "Right-arm": None, "Bag": "bags", "Scarf": "scarves",
}  # fmt: skip


def map_labels(
    foreign: Sequence[str], table: Mapping[str, Category], *, model: str
) -> tuple[Category, ...]:
    """Translate a model's label list, in its order, into categories.

    Called when a model loads, so that an unknown label fails then and not at the 900th photo.

    Raises:
        ModelError: a label is not in ``table``; the message names it and the model.
    """
    unknown = [name for name in foreign if name not in table]
    if unknown:
        raise ModelError(
            f"{model} answers with labels this version does not know: {', '.join(unknown)}. "
            "Use the model file named in models/registry.toml, or add the labels to wardrobe/labels.py."
        )
    return tuple(table[name] for name in foreign)
