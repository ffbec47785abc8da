"""The only place that opens image files: decoding them, upright and in sRGB.

Files are opened read-only and judged by their first bytes, never by their name. Of the metadata
only the time, the turn and the colour profile are used; GPS is neither read nor returned.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from wardrobe.config import Settings
from wardrobe.errors import ConfigError, PhotoError, StoreError
from wardrobe.folder import FOREIGN, HEAD_BYTES, Kind, kind, shown
from wardrobe.types import Image

#: Reasons that say nothing about the picture: the next run tries again.
TRANSIENT = frozenset({"vanished", "changed", "unreadable", "memory"})

#: Every reason a picture can fail for, and what its owner is told after the name of the file.
REASONS = {
    "vanished": "isn't there, or is a link to nothing; check the name, or put it back",
    "changed": "changed while it was being read; build again when it has come to rest",
    "unreadable": "can't be read; check that you may read the file and that its disk is well",
    "memory": "needs more memory than is free; close other programs and build again",
    "empty": "is empty, 0 bytes long; copy it again from where it came from",
    "not an image": "isn't a picture, whatever its name says; remove it, or copy it again",
    "format": "is in a format that isn't opened here; export it as JPEG and keep that instead",
    "truncated": "ends in the middle of the picture; copy it again from where it came from",
    "damaged": "is damaged and can't be decoded; copy it again from where it came from",
    "too small": "is only {size}, with a shorter side under {limit} pixels; use a larger copy",
    "too large": "holds {size}, over the limit of {limit} megapixels; raise photo.max_megapixels,"
    " or use a smaller copy",
}

# Called directly rather than through PIL.Image.open, whose limit on size is a global of the process
# and whose list of formats includes some that start other programs.
_DECODERS: dict[Kind, Callable[[BinaryIO], ImageFile]] = {
    "jpeg": JpegImageFile,  # of an MPO the first frame
    "png": PngImageFile,
    "webp": WebPImageFile,
    "gif": GifImageFile,
    "tiff": TiffImageFile,
    "bmp": BmpImageFile,
    "heif": HeifImageFile,
    "avif": AvifImageFile,
}

_EXIF_ORIENTATION, _EXIF_TIME, _EXIF_IFD = 0x0112, 0x0132, 0x8769
_EXIF_TIMES = 0x9003, 0x9004  # taken; digitised
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)

_Turn = PIL.Image.Transpose
_TURNS = {
    2: _Turn.FLIP_LEFT_RIGHT, 3: _Turn.ROTATE_180, 4: _Turn.FLIP_TOP_BOTTOM, 5: _Turn.TRANSPOSE,
    6: _Turn.ROTATE_270, 7: _Turn.TRANSVERSE, 8: _Turn.ROTATE_90,
}  # fmt: skip

# Grey levels by which a cell must outshine its left neighbour to count. Flat walls, where noise
# would toss a coin, give a steady 0: re-saved photos then differ by 4 bits at most, not by 7.
_LOOK_STEP = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded photo.

    Attributes:
        id: sha256, hexadecimal, of exactly the bytes that were decoded.
        pixels: (h, w, 3) uint8 sRGB, RGB order, upright, longer side at most the size asked for.
        size: (width_px, height_px) of the whole photo, upright.
        taken_at: EXIF time without zone, or None.
        look: 256-bit difference hash, 64 hexadecimal digits; compare with :func:`look_distance`.
    """

    id: str
    pixels: Image
    size: tuple[int, int]
    taken_at: datetime | None
    look: str


def digest(file: Path) -> str:
    """sha256 of the bytes of a file, hexadecimal.

    Raises:
        PhotoError: vanished or unreadable.
    """
    with _opened(file) as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def read(
    file: Path,
    *,
    work_px: int | None,
    max_megapixels: float,
    min_side_px: int = 1,
    expect: str | None = None,
) -> Picture:
    """Decode one photo.

    Args:
        work_px: longest side of the result, px; larger photos are reduced, smaller ones are left.
            None keeps the full size.
        max_megapixels: larger photos are refused by what their header says, before decoding.
        min_side_px: photos with a shorter side below this are refused.
        expect: the :func:`digest` seen before, so that a failure is never booked on other bytes.

    Raises:
        PhotoError: for one of :data:`REASONS`; those in :data:`TRANSIENT` are worth another try,
            the others are facts about the bytes.
    """
    data = _bytes_of(file, max_megapixels)
    key = hashlib.sha256(data).hexdigest()
    if expect is not None and key != expect:
        raise _trouble("changed", file)
    if not data:
        raise _trouble("empty", file)
    if file.suffix.lower() in FOREIGN:
        raise _trouble("format", file)
    found = kind(data[:HEAD_BYTES])
    if found is None:
        raise _trouble("not an image", file)
    if found == "jpeg" and not _jpeg_ends(data):
        raise _trouble("truncated", file)
    try:
        with _DECODERS[found](BytesIO(data)) as im:
            _check_size(file, im.size, max_megapixels, min_side_px)
            full = im.size
            if work_px and isinstance(im, JpegImageFile):
                im.draft(None, reduced(full, work_px))  # decodes at 1/2, 1/4 or 1/8
            im.load()
            pixels, turned = _upright(im, work_px)
            taken_at = _taken_at(im)
    except PhotoError:
        raise
    except MemoryError as e:
        raise _trouble("memory", file) from e
    except PIL.Image.DecompressionBombError as e:
        limit = f"{max_megapixels:g}"
        raise _trouble("too large", file, size="far too many pixels", limit=limit) from e
    except Exception as e:  # decoders raise whatever the bytes lead them to
        cut = _ends_early(data) or "truncated" in str(e).lower()
        raise _trouble("truncated" if cut else "damaged", file) from e
    size = (full[1], full[0]) if turned else full
    return Picture(key, pixels, size, taken_at, look(pixels))


@contextmanager
def _opened(file: Path) -> Iterator[BufferedReader]:
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise _trouble("unreadable", file)  # a pipe would keep us waiting for ever
        with open(file, "rb") as f:
            yield f
    except (FileNotFoundError, NotADirectoryError) as e:
        raise _trouble("vanished", file) from e
    except (OSError, ValueError) as e:  # ValueError: a name with a zero byte
        raise _trouble("unreadable", file) from e
    except MemoryError as e:
        raise _trouble("memory", file) from e


def _bytes_of(file: Path, max_megapixels: float) -> bytes:
    with _opened(file) as f:
        before = os.fstat(f.fileno())
        if before.st_size > max_megapixels * 8e6 + 64e6:  # more than 16-bit RGBA and a video
            limit, size = f"{max_megapixels:g}", f"{before.st_size / 1e6:,.0f} MB"
            raise _trouble("too large", file, size=size, limit=limit)
        data = f.read()
        after = os.fstat(f.fileno())
    if len(data) != after.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise _trouble("changed", file)
    return data


def _check_size(file: Path, size: tuple[int, int], max_megapixels: float, min_side: int) -> None:
    w, h = size
    if w * h > max_megapixels * 1e6:
        facts = {"size": f"{w * h / 1e6:,.1f} megapixels", "limit": f"{max_megapixels:g}"}
        raise _trouble("too large", file, **facts)
    if min(w, h) < min_side:
        raise _trouble("too small", file, size=f"{w} x {h} pixels", limit=str(min_side))


def _jpeg_ends(data: bytes) -> bool:
    """Whether the mark of the end follows the start of the scan.

    A download that was cut off may have been filled up with zeros; decoders make grey of those.
    """
    at = 2
    while data[at : at + 1] == b"\xff":  # segment by segment: the EXIF holds a thumbnail's end
        if data[at + 1 : at + 2] == b"\xda":
            return data.find(b"\xff\xd9", at) >= 0
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return True  # nothing we understand: the decoder will say


def _ends_early(data: bytes) -> bool:
    """Whether a RIFF or ISO container (WebP, HEIC, AVIF) announces more bytes than there are."""
    if data[:4] == b"RIFF":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if data[4:8] != b"ftyp":
        return False
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        if size < 8:  # 0: the last box, to the end of the file
            return False
        at += size
    return at > len(data)


def _trouble(reason: str, file: Path, **facts: str) -> PhotoError:
    said = f"{shown(file)} {REASONS[reason].format(**facts)}."
    return PhotoError(said, reason, final=reason not in TRANSIENT)


def _taken_at(im: PIL.Image.Image) -> datetime | None:
    try:
        exif = im.getexif()
        inner = exif.get_ifd(_EXIF_IFD)
        times = *map(inner.get, _EXIF_TIMES), exif.get(_EXIF_TIME)
    except Exception:  # broken EXIF: the picture is good, its time unknown
        return None
    for time in times:
        if found := _TIME.match(str(time).strip()):
            year, month, day, hour, minute, second = map(int, found.groups())
            try:
                return datetime(year, month, day, hour, minute, second)
            except ValueError:
                continue
    return None


def from_pil(image: PIL.Image.Image, work_px: int | None = None) -> Image:
    """(h, w, 3) uint8 sRGB, upright, of a picture in memory; see :func:`read` for ``work_px``.

    Raises:
        PhotoError: it was opened from bytes that can't be decoded.
    """
    try:
        return _upright(image, work_px)[0]
    except Exception as e:
        message = "A picture given in memory can't be decoded. Give its path to hear why."
        raise PhotoError(message, "damaged") from e


def to_array(
    source: str | Path | PIL.Image.Image | NDArray[np.uint8],
    work_px: int | None = None,
    max_megapixels: float = Settings().photo.max_megapixels,
) -> Image:
    """(h, w, 3) uint8 sRGB, upright, of whatever a person has in hand.

    Args:
        source: a path, a PIL picture, or an array that is (h, w, 3) uint8 already.
        work_px: longest side of the result, px; None keeps the full size.
        max_megapixels: limit for files, as in :func:`read`.

    Raises:
        ConfigError: none of these.
        PhotoError: the file can't be used.
    """
    if isinstance(source, str | Path):
        return read(Path(source), work_px=work_px, max_megapixels=max_megapixels).pixels
    if isinstance(source, PIL.Image.Image):
        return from_pil(source, work_px)
    what = type(source).__name__
    if isinstance(source, np.ndarray):
        if source.dtype == np.uint8 and source.ndim == 3 and source.shape[2] == 3 and source.size:
            small = work_px is None or max(source.shape[:2]) <= work_px
            return source if small else from_pil(PIL.Image.fromarray(source), work_px)
        what = f"an array {source.shape} {source.dtype}"
    raise ConfigError(f"{what} is no picture. Give a path, a PIL image, or (h, w, 3) uint8 RGB.")


def encode_webp(pixels: NDArray[np.uint8], quality: int | None) -> bytes:
    """A WebP without metadata, of RGB or RGBA uint8; quality 1 to 100, None keeps every pixel exactly."""
    out, exactly = BytesIO(), {} if quality else {"lossless": True, "exact": True, "method": 1}
    PIL.Image.fromarray(pixels).save(out, "WEBP", quality=quality or 20, **exactly)
    return out.getvalue()


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG without metadata, of (h, w, 3) RGB, (h, w, 4) RGBA or (h, w) grey uint8."""
    out = BytesIO()
    PIL.Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def decode(data: bytes) -> NDArray[np.uint8]:
    """uint8 pixels, as they were given to :func:`encode_webp` or :func:`encode_png`.

    Raises:
        StoreError: these aren't the bytes that this library wrote.
    """
    try:
        with _DECODERS[kind(data[:HEAD_BYTES]) or "png"](BytesIO(data)) as im:
            return np.array(im, dtype=np.uint8)
    except Exception as e:
        raise StoreError("A stored picture is damaged. Build again to make it anew.") from e


def reduced(size: tuple[int, int], work_px: int | None) -> tuple[int, int]:
    """(width_px, height_px) at which :func:`read` gives a photo of that size."""
    w, h = size
    scale = min(1.0, (work_px or max(size)) / max(size))
    return max(round(w * scale), 1), max(round(h * scale), 1)


def _upright(im: PIL.Image.Image, work_px: int | None) -> tuple[Image, bool]:
    """Pixels in sRGB, and whether width and height have changed places."""
    flat = _flat(im)
    size = reduced(flat.size, work_px)
    if size != flat.size:
        flat = flat.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
    flat = _srgb(flat, im.info.get("icc_profile"))
    try:
        # Asked after decoding: the readers of TIFF and HEIC turn the pixels and drop the tag.
        orientation = im.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # broken EXIF costs the turn, not the picture
        orientation = 1
    if orientation in _TURNS:
        flat = flat.transpose(_TURNS[orientation])
    return np.array(flat), orientation in (5, 6, 7, 8)


def _flat(im: PIL.Image.Image) -> PIL.Image.Image:
    """Mode RGB, L, CMYK or LAB, 8 bits, what is transparent over white."""
    if im.mode.startswith("I;16"):
        return PIL.Image.fromarray((np.asarray(im) >> 8).astype(np.uint8))
    if im.mode in ("I", "F"):  # no custom says what is white: take the least that holds all
        values = np.nan_to_num(np.asarray(im, np.float32))
        top = float(values.max())
        white = next((w for w in (1.0, 255.0, 65535.0) if top <= w), top)
        return PIL.Image.fromarray(np.clip(values * (255 / white), 0, 255).astype(np.uint8))
    if im.has_transparency_data:
        white_sheet = PIL.Image.new("RGBA", im.size, "white")
        white_sheet.alpha_composite(im.convert("RGBA"))
        return white_sheet.convert("RGB")
    return im if im.mode in ("RGB", "L", "CMYK", "LAB") else im.convert("RGB")


def _srgb(im: PIL.Image.Image, profile: object) -> PIL.Image.Image:
    srgb = ImageCms.createProfile("sRGB")
    if isinstance(profile, bytes):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.buildTransform(source, srgb, im.mode, "RGB").apply(im)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile, or one for another kind of pixels
    if im.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(im)
    return im.convert("RGB")


def look(pixels: Image) -> str:
    """256-bit difference hash of (h, w, 3) uint8 pixels, as 64 hexadecimal digits.

    Bit by bit, row by row, whether each of 16 x 17 cells is brighter than the one to its left.
    """
    grey = PIL.Image.fromarray(pixels).convert("F")
    # Overlapping cells: with hard edges a pixel more or less would flip bits when sizes differ.
    cells = np.asarray(grey.resize((17, 16), PIL.Image.Resampling.BILINEAR))
    return np.packbits(np.diff(cells, axis=1) > _LOOK_STEP).tobytes().hex()


def look_distance(a: str, b: str) -> int:
    """How many of 256 bits differ: up to 10 for one picture saved twice, 70 and more for others."""
    return (int(a, 16) ^ int(b, 16)).bit_count()
