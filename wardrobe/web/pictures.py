"""Routes of pictures: thumbnails in the sizes that pages show, photos, and masks to lay on them.

Every address holds a digest of what it shows, so a browser may keep the answer for ever; none holds
a path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from numpy.typing import NDArray
from PIL import Image as Pillow

from wardrobe import atomic, closet, images
from wardrobe.errors import PhotoError
from wardrobe.folder import locate
from wardrobe.types import MaskArray
from wardrobe.web.shelf import OnShelf
from wardrobe.web.trouble import RESPONSES, Gone

PICTURES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/webp": {}, "image/png": {}}}}
router = APIRouter(
    prefix="/pictures", responses={**RESPONSES, **PICTURES}, tags=["pictures"]
)  # fmt: skip
FOREVER = "private, max-age=31536000, immutable"
Digest = Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]
SIZES = (96, 192, 320, 512)
QUALITY = 82
#: How a mask is drawn: the accent colour, its surface thin enough to see the cloth.
INK, SURFACE, EDGE = (31, 102, 83), 92, 255


@router.get("/thumb/{digest}")
def thumb(
    digest: Digest, shelf: OnShelf, px: Annotated[int, Query(ge=32, le=1024)] = 512
) -> Response:
    """A picture of the store, square, at the least of the sizes that holds ``px``."""
    original = shelf.root / "pictures" / digest[:2] / f"{digest[2:]}.webp"
    if not original.is_file():
        raise Gone("This picture was made anew meanwhile. Reload the page.")
    side = next((s for s in SIZES if s >= px), SIZES[-1])
    if side == SIZES[-1]:
        return _picture(original.read_bytes())
    return _picture(sized(shelf.root, digest, side).read_bytes())


def sized(root: Path, digest: str, side: int) -> Path:
    """The file of a picture of the store, reduced to ``side`` px; made when it isn't there.

    Raises:
        Gone: the picture was deleted while it was reduced.
    """
    original = root / "pictures" / digest[:2] / f"{digest[2:]}.webp"
    small = root / "sized" / str(side) / f"{digest}.webp"
    if not small.is_file():
        pixels = Pillow.fromarray(images.decode(original.read_bytes()))
        pixels.thumbnail((side, side), Pillow.Resampling.LANCZOS)
        atomic.write(small, images.encode_webp(np.asarray(pixels, np.uint8), QUALITY))
        if not original.is_file():  # deleted meanwhile: nothing of it may stay
            small.unlink(missing_ok=True)
            raise Gone("This picture was deleted meanwhile. Reload the page.")
    return small


@router.get("/preview/{key}")
def preview(key: Digest, shelf: OnShelf) -> Response:
    """A photo around one garment, small."""
    with shelf.open() as store:
        known = store.recall([key]).get(key)
    if known is None or known.stage != "preview" or known.value is None:
        raise Gone("This preview was forgotten. The next run makes it anew.")
    return _picture(known.value)


@router.get("/photo/{photo_id}")
def photo(
    photo_id: Digest, shelf: OnShelf, px: Annotated[int, Query(ge=64, le=2048)] = 1280
) -> Response:
    """A photo of the last run, upright, without its EXIF, reduced to ``px`` at its longer side."""
    path = shelf.now().photo_of.get(photo_id)
    if path is None:
        raise Gone("This photo wasn't in the last run.")
    with shelf.open() as store:
        folder, settings = closet.last_run(store)
    try:
        picture = images.read(
            locate(folder, path), work_px=px, max_megapixels=settings.photo.max_megapixels
        )
    except PhotoError as e:
        raise Gone(str(e)) from e
    return _picture(images.encode_webp(picture.pixels, QUALITY))


@router.get("/mask/{garment}")
def mask(garment: Annotated[str, InPath(pattern="^[0-9a-f]{1,64}$")], shelf: OnShelf) -> Response:
    """A garment's visible pixels as a see-through PNG of the photo's shape, to lay over it."""
    now = shelf.now()
    row = now.garments.get(garment)
    if row is None:
        raise Gone("This garment is no longer in the closet.")
    with shelf.open() as store:
        found = closet.masks(row["photo"], store).get(garment)
    if found is None:
        raise Gone("The mask was forgotten. The next run makes it anew.")
    return _picture(images.encode_png(drawn(found.array())), "image/png", "private, max-age=600")


def drawn(mask: MaskArray) -> NDArray[np.uint8]:
    """(h, w, 4) uint8: the surface thin, its border thick enough to see at any size."""
    width = max(2, round(max(mask.shape) / 320))
    inner = mask.copy()
    for _ in range(width):  # erosion, one pixel a time; the frame counts as outside
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    out = np.zeros((*mask.shape, 4), np.uint8)
    out[..., :3] = INK
    out[mask, 3] = SURFACE
    out[mask & ~inner] = (255, 255, 255, EDGE)
    return out


def _picture(data: bytes, kind: str = "image/webp", keep: str = FOREVER) -> Response:
    return Response(data, media_type=kind, headers={"cache-control": keep})
