"""What a picture is built from: meshes in the world, and what they are made of."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from body import Array, Index
from fabrics import Colour, Fabric
from PIL import Image
from surface import normals


@dataclass(frozen=True)
class Look:
    """What a part is made of."""

    kind: str  # skin | hair | eye | cloth | plain
    colour: Colour = (0.5, 0.5, 0.5)
    fabric: Fabric | None = None
    front: Image.Image | None = None
    back: Image.Image | None = None
    roughness: float = 0.6
    trim: Colour = (0.9, 0.9, 0.88)  # buttons


@dataclass(frozen=True)
class Part:
    """A mesh in the world: metres, z up."""

    name: str
    item: str | None  # the garment it belongs to
    points: Array
    triangles: Index
    uv: Array
    look: Look
    tint: Array | None = None  # (N, 3) sRGB
    facing: Array | None = None
    sheet: Array | None = None

    @functools.cached_property
    def normals(self) -> Array:
        """Unit normals of the points, (N, 3)."""
        return normals(self.points, self.triangles)
