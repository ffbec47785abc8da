"""The cuts that clothes are made in, by name. Heights are landmarks (``Surface.level``)."""

from __future__ import annotations

from draping import Cut


def _row(x: float, first: float, step: float, count: int) -> tuple[tuple[float, float], ...]:
    """Places of ``count`` buttons under each other."""
    return tuple((x, first + step * k) for k in range(count))


TEE = Cut("top", low=2.03, sleeve=0.3, ease=0.07, flare=0.08, scoop=0.12, rib=0.1, folds=0.05)
POLO = Cut("top", low=2.0, sleeve=0.32, ease=0.075, flare=0.08, collar=0.24, vee=0.35, high=4.08,
           rib=0.09, folds=0.05, buttons=_row(0, 0.75, 0.4, 3), button=0.05)  # fmt: skip
JUMPER = Cut("top", low=2.05, sleeve=0.97, ease=0.12, flare=0.04, rib=0.28, folds=0.07,
             thickness=0.06)  # fmt: skip
SHIRT = Cut("top", low=1.98, sleeve=0.96, ease=0.085, flare=0.1, collar=0.3, folds=0.06,
            high=4.12, vee=0.4, buttons=_row(0, 0.6, 0.75, 7), button=0.055)  # fmt: skip
BLOUSE = Cut("top", low=2.05, sleeve=0.9, ease=0.1, flare=0.12, vee=0.75, folds=0.08,
             buttons=_row(0, 0.9, 0.6, 7), button=0.04)  # fmt: skip
JACKET = Cut("top", low=2.08, sleeve=0.97, ease=0.15, flare=0.08, drape=0.8, gap=0.42,
             collar=0.36, high=4.08, vee=0.3, folds=0.07, thickness=0.06,
             buttons=_row(0.52, 1.0, 0.75, 6), button=0.075)  # fmt: skip
TRUCKER = Cut("top", low=2.22, sleeve=0.96, ease=0.13, flare=0.02, drape=0.75, gap=0.36,
              collar=0.36, high=4.08, vee=0.3, folds=0.07, thickness=0.06,
              buttons=_row(0.46, 0.9, 0.7, 5), button=0.075)  # fmt: skip
BLAZER = Cut("top", low=2.0, sleeve=0.97, ease=0.13, flare=0.08, drape=0.8, gap=0.3,
             collar=0.34, high=4.05, vee=0.6, folds=0.05, thickness=0.06,
             buttons=_row(0.42, 2.6, 0.9, 2), button=0.09)  # fmt: skip
COAT = (
    Cut("top", low=2.38, sleeve=0.98, ease=0.17, flare=0.0, drape=0.7, collar=0.5, high=4.05,
        vee=1.1, folds=0.05, thickness=0.07, span=2, buttons=_row(-0.42, 2.25, 0, 1) + _row(0.42, 2.25, 0, 1),
        button=0.14),
    Cut("skirt", low=1.0, high=2.46, ease=0.13, flare=0.32, drape=0, folds=0.035, thickness=0.07,
        edge=4.05, span=2, buttons=_row(-0.42, 4.1, 0.95, 2) + _row(0.42, 4.1, 0.95, 2),
        button=0.14),
    Cut("belt", low=2.39, high=2.5, ease=0.2, flare=0, drape=0, folds=0, thickness=0.06),
)  # fmt: skip
TROUSERS = Cut(
    "bottom",
    low=-0.04,
    high=2.21,
    ease=0.045,
    flare=0.06,
    drape=0.3,
    folds=0.05,
    buttons=((0.0, 0.19),),
    button=0.075,
)
LOOSE = Cut(
    "bottom",
    low=-0.02,
    high=2.21,
    ease=0.06,
    flare=0.1,
    drape=0.45,
    folds=0.06,
    buttons=((0.0, 0.19),),
    button=0.07,
)
SHORTS = Cut(
    "bottom",
    low=1.2,
    high=2.21,
    ease=0.09,
    flare=0.22,
    drape=0.5,
    folds=0.05,
    buttons=((0.0, 0.19),),
    button=0.07,
)
TIGHTS = Cut("bottom", low=-0.2, high=2.2, ease=0.03, flare=0, drape=0, folds=0, thickness=0.02)
SKIRT = Cut("skirt", low=0.9, high=2.24, ease=0.05, flare=0.45, folds=0.05)
PLEATED = Cut("skirt", low=1.12, high=2.24, ease=0.04, flare=0.4, folds=0.0, pleats=26)
BODICE = Cut("top", low=2.36, sleeve=0.22, ease=0.06, flare=0.0, drape=0.3, scoop=0.08, vee=0.3,
             folds=0.04)  # fmt: skip
DRESS_SKIRT = Cut("skirt", low=0.95, high=2.44, ease=0.05, flare=0.5, folds=0.06)
WRAP = Cut(
    "top", low=2.36, sleeve=0.95, ease=0.07, flare=0.0, drape=0.3, vee=1.0, folds=0.05, span=2
)
WRAP_SKIRT = Cut("skirt", low=0.6, high=2.44, ease=0.05, flare=0.28, folds=0.03, edge=4.0, span=2)
SASH = Cut("belt", low=2.38, high=2.48, ease=0.08, flare=0, drape=0, folds=0.02)
STRAP = Cut("strap", low=2.0, thickness=0.03, ease=0.02, folds=0.0, drape=0.6, flare=0.0)
BELT = Cut("belt", low=2.39, high=2.46, ease=0.1, flare=0, drape=0, folds=0, thickness=0.04)
SHAFT = Cut("bottom", low=-0.06, high=0.34, ease=0.05, flare=0, drape=0, folds=0.03, thickness=0.05)
