"""The cuts that clothes are made in, by name. Heights are landmarks (``Surface.level``)."""

from __future__ import annotations

from garments import Cut

TEE = Cut("top", low=2.03, sleeve=0.3, ease=0.09, flare=0.16, scoop=0.12, rib=0.1, folds=0.055)
POLO = Cut("top", low=2.0, sleeve=0.32, ease=0.09, flare=0.16, collar=0.24, vee=0.5, high=4.08,
           rib=0.09, folds=0.055)  # fmt: skip
JUMPER = Cut("top", low=2.05, sleeve=0.97, ease=0.17, flare=0.08, drape=0.85, rib=0.28,
             folds=0.075, thickness=0.06)  # fmt: skip
SHIRT = Cut("top", low=1.98, sleeve=0.96, ease=0.11, flare=0.18, collar=0.32, folds=0.07,
            high=4.12, vee=0.45)  # fmt: skip
BLOUSE = Cut("top", low=2.02, sleeve=0.9, ease=0.13, flare=0.22, vee=0.7, high=4.0, folds=0.09)
JACKET = Cut("top", low=2.08, sleeve=0.97, ease=0.2, flare=0.14, drape=0.9, gap=0.42,
             collar=0.36, high=4.08, vee=0.3, folds=0.08, thickness=0.06)  # fmt: skip
COAT = Cut("top", low=1.1, sleeve=0.98, ease=0.26, flare=0.3, drape=0.95, collar=0.42, high=4.05,
           vee=0.5, folds=0.06, thickness=0.07)  # fmt: skip
TROUSERS = Cut("bottom", low=-0.04, high=2.21, ease=0.075, flare=0.19, drape=0.35, folds=0.06)
LOOSE = Cut("bottom", low=-0.02, high=2.21, ease=0.1, flare=0.2, drape=0.45, folds=0.07)
SHORTS = Cut("bottom", low=1.2, high=2.21, ease=0.12, flare=0.25, drape=0.5, folds=0.06)
SKIRT = Cut("skirt", low=0.9, high=2.24, ease=0.05, flare=0.5, folds=0.06)
PLEATED = Cut("skirt", low=1.1, high=2.24, ease=0.05, flare=0.5, folds=0.06)
BODICE = Cut("top", low=2.2, sleeve=0.22, ease=0.07, flare=0.0, scoop=0.08, vee=0.3, folds=0.04)
DRESS_SKIRT = Cut("skirt", low=0.95, high=2.26, ease=0.05, flare=0.6, folds=0.07)
WRAP = Cut("top", low=2.2, sleeve=0.95, ease=0.08, flare=0.0, vee=0.8, folds=0.05)
WRAP_SKIRT = Cut("skirt", low=0.7, high=2.26, ease=0.05, flare=0.45, folds=0.06)
STRAP = Cut("strap", low=2.0, thickness=0.03, ease=0.02, folds=0.0, drape=0.9, flare=0.0)
