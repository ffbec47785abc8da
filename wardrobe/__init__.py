"""Turn a folder of photos into a catalogue of the clothes in them.

    >>> import wardrobe
    >>> report = wardrobe.build("photos", "closet")       # doctest: +SKIP
    >>> people = wardrobe.pose("photos/today.jpg")        # doctest: +SKIP

One function per stage; each loads its model on first use and keeps it. Importing the package loads
no model library.
"""

from wardrobe.api import (
    build,
    classify,
    cluster,
    compatibility,
    embed,
    pose,
    segment,
    thumbnail,
    try_on,
)  # fmt: skip
from wardrobe.errors import WardrobeError

__all__ = [
    "WardrobeError", "build", "classify", "cluster", "compatibility", "embed", "pose", "segment",
    "thumbnail", "try_on",
]  # fmt: skip
__version__ = "0.1.0"
