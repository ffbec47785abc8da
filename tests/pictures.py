"""Makers of test pictures: every kind of file that turns up in a folder of photos.

``GOOD`` and ``BAD`` hold one maker per kind, each called with a folder and returning the file;
``zoo`` makes them all. Good ones show :func:`scene`, so that a test can see what became of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms
from PIL.Image import Exif
from pillow_heif import register_heif_opener

register_heif_opener()

#: Corners of :func:`scene`: top left, top right, bottom left, bottom right.
CORNERS = ((220, 40, 40), (40, 180, 60), (50, 70, 210), (240, 230, 90))
SIZE = (192, 128)  # width, height
TAKEN_AT = datetime(2021, 5, 6, 7, 8, 9)
ORIENTATIONS = range(1, 9)
#: Other alphabets, right to left, an emoji, a line break, a backslash that looks like an escape.
NAMES = ("été.jpg", "фото.jpg", "写真.jpg", "صورة.jpg", "תמונה.jpg", "👗 1.jpg", "two\nlines.jpg",
         "\\udcff.jpg", "e\u0301.jpg")  # fmt: skip
#: Bytes that are no UTF-8; use ``os.fsdecode``. Not every file system takes them.
UNDECODABLE = b"caf\xe9.jpg"

_TURN_BACK = {  # how a camera that wrote this orientation stored the upright picture
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT, 3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM, 5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_90, 7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_270,
}  # fmt: skip


def scene(size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: four coloured quarters (:data:`CORNERS`)."""
    w, h = size
    out = np.empty((h, w, 3), np.uint8)
    out[: h // 2, : w // 2], out[: h // 2, w // 2 :] = CORNERS[0], CORNERS[1]
    out[h // 2 :, : w // 2], out[h // 2 :, w // 2 :] = CORNERS[2], CORNERS[3]
    return out


def image(size: tuple[int, int] = SIZE) -> PIL.Image.Image:
    """The scene as a PIL picture."""
    return PIL.Image.fromarray(scene(size))


def exif(orientation: int = 1, time: str = "2021:05:06 07:08:09") -> Exif:
    """EXIF with a turn, a time, and a place that nobody may learn."""
    out = Exif()
    out[0x0112] = orientation
    out[0x0132] = time
    out.get_ifd(0x8769)[0x9003] = time
    gps = out.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 8.0, 15.5), "E", (11.0, 34.0, 30.25)
    return out


def save(folder: Path, name: str, im: PIL.Image.Image, **options: object) -> Path:
    """Save a picture under a name; the extension, or ``format``, chooses the kind."""
    file = folder / name
    im.save(file, **options)
    return file


def jpeg(folder: Path, name: str = "plain.jpg", size: tuple[int, int] = SIZE) -> Path:
    """An ordinary photo with EXIF."""
    return save(folder, name, image(size), format="JPEG", quality=92, exif=exif())


def turned(folder: Path, orientation: int, extension: str = "jpg") -> Path:
    """The scene as a camera held at an angle stores it; upright only when EXIF is honoured."""
    im = image()
    if orientation in _TURN_BACK:
        im = im.transpose(_TURN_BACK[orientation])
    name = f"turned{orientation}.{extension}"
    if extension == "heic":  # as bytes, so that the encoder writes the turn into the container
        return save(folder, name, im, exif=exif(orientation).tobytes(), quality=95)
    return save(folder, name, im, exif=exif(orientation))


def wide_gamut(folder: Path, name: str = "p3.jpg") -> Path:
    """The scene in another colour space: red and blue swapped, and only the profile says so."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {bytes(srgb[i : i + 4]): i for i in range(132, 132 + 12 * srgb[131], 12)}
    red, blue = at[b"rXYZ"] + 4, at[b"bXYZ"] + 4
    srgb[red : red + 8], srgb[blue : blue + 8] = srgb[blue : blue + 8], srgb[red : red + 8]
    im = PIL.Image.fromarray(scene()[:, :, ::-1].copy())
    return save(folder, name, im, quality=95, icc_profile=bytes(srgb))


def broken_profile(folder: Path) -> Path:
    return save(folder, "profile.jpg", image(), quality=95, icc_profile=b"no profile" * 20)


def transparent(folder: Path, mode: str = "RGBA") -> Path:
    """The scene with a see-through frame, 16 px wide, of a colour that must not show."""
    alpha = np.zeros(SIZE[::-1], np.uint8)
    alpha[16:-16, 16:-16] = 255
    pixels = np.where(alpha[..., None] > 0, scene(), np.uint8(0))
    im = PIL.Image.fromarray(np.dstack([pixels, alpha]))
    return save(folder, f"{mode}.png", im.convert(mode))


def deep_grey(folder: Path, name: str = "grey16.png") -> Path:
    """16-bit grey, a ramp from black at the left to white at the right."""
    ramp = np.linspace(0, 65535, SIZE[0]).astype(np.uint16)
    return save(folder, name, PIL.Image.fromarray(np.tile(ramp, (SIZE[1], 1))))


def deep_rgb_png(folder: Path) -> Path:
    """16 bits a channel, which PIL can read but not write."""
    rows = (scene().astype(">u2") * 257).reshape(SIZE[1], -1)
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    return _write(folder, "rgb16.png", _png(*SIZE, zlib.compress(body), depth=16))


def deep_rgb_tiff(folder: Path) -> Path:
    """16 bits a channel, little-endian, one strip."""
    data = (scene().astype("<u2") * 257).tobytes()
    width, height = SIZE
    at_bits = 8 + 2 + 9 * 12 + 4
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, at_bits), (259, 3, 1, 1),
        (262, 3, 1, 2), (273, 4, 1, at_bits + 6), (277, 3, 1, 3), (278, 4, 1, height),
        (279, 4, 1, len(data)),
    ]  # fmt: skip
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    body = b"".join(struct.pack("<HHII", *e) for e in entries) + struct.pack("<IHHH", 0, 16, 16, 16)
    return _write(folder, "rgb16.tif", head + body + data)


def several(folder: Path, name: str, **options: object) -> Path:
    """The scene, then two black frames that must not be shown."""
    black = PIL.Image.new("RGB", SIZE)
    return save(folder, name, image(), save_all=True, append_images=[black, black], **options)


def palette(folder: Path) -> Path:
    return save(folder, "palette.png", image().quantize(8))


def one_bit(folder: Path) -> Path:
    return save(folder, "bit.png", PIL.Image.new("1", SIZE, 1))


def wrong_extension(folder: Path) -> Path:
    return jpeg(folder, "holiday.txt")


def wrong_picture_extension(folder: Path) -> Path:
    return save(folder, "really-png.jpg", image(), format="PNG")


def huge(folder: Path) -> Path:
    """100.8 megapixels of grey: as large as a phone's, cheap to make."""
    return _write(folder, "huge.jpg", _grey_jpeg((12000, 8400)))


@cache
def _grey_jpeg(size: tuple[int, int]) -> bytes:
    out = BytesIO()
    PIL.Image.new("L", size, 128).save(out, "JPEG")
    return out.getvalue()


def one_pixel(folder: Path) -> Path:
    return save(folder, "pixel.png", PIL.Image.new("RGB", (1, 1)))


def zero_bytes(folder: Path) -> Path:
    return _write(folder, "empty.jpg", b"")


def text(folder: Path) -> Path:
    return _write(folder, "letter.jpg", b"Dear diary, this is no picture at all.\n")


def raw(folder: Path) -> Path:
    """A camera's raw file: a TIFF whose first page is a thumbnail."""
    return save(folder, "raw.dng", image(), format="TIFF")


def bomb(folder: Path) -> Path:
    """A few bytes of PNG that claim 60000 x 60000 pixels."""
    return _write(folder, "bomb.png", _png(60000, 60000, zlib.compress(b"\0" * 1000)))


def truncated(folder: Path, extension: str = "jpg", filled: bool = False) -> Path:
    """The first half of a detailed picture; ``filled`` up with zeros like a dropped download."""
    pixels = np.random.default_rng(0).integers(0, 255, (128, 192, 3), np.uint8)
    out = BytesIO()
    kinds = {"jpg": "JPEG", "tif": "TIFF", "heic": "HEIF"}
    PIL.Image.fromarray(pixels).save(out, kinds.get(extension, extension.upper()))
    data = out.getvalue()
    half = data[: len(data) // 2]
    name = f"{'filled' if filled else 'half'}.{extension}"
    return _write(folder, name, half.ljust(len(data) if filled else 0, b"\0"))


def dangling(folder: Path) -> Path:
    """A link to nothing."""
    link = folder / "gone.jpg"
    link.symlink_to("nowhere.jpg")
    return link


def no_pictures(folder: Path) -> None:
    """What lies beside photos and isn't one: no scan may list any of these."""
    _write(folder, "clip.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100))
    _write(folder, "plain.json", b'{"taken": 1}')
    _write(folder, "plain.xmp", b"<x:xmpmeta/>")
    _write(folder, "BMW.txt", b"BMW is how this text begins, not a bitmap.")
    _write(folder, "._plain.jpg", b"\0\5\x16\7" + bytes(50))
    (folder / ".thumbnails").mkdir()
    jpeg(folder / ".thumbnails")
    (folder / "closet").mkdir()
    _write(folder / "closet", "catalogue.db", b"")
    jpeg(folder / "closet")


def _write(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def _png(width: int, height: int, body: bytes, depth: int = 8) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


Maker = Callable[[Path], Path]

#: Pictures that open and show the scene in its colours, upright, at :data:`SIZE`.
SCENES: dict[str, Maker] = {
    "jpeg": jpeg,
    "jpeg turned": partial(turned, orientation=6),
    "png": lambda folder: save(folder, "a.png", image()),
    "webp": lambda folder: save(folder, "a.webp", image(), quality=95),
    "heic": lambda folder: save(folder, "a.heic", image(), quality=95),
    "avif": lambda folder: save(folder, "a.avif", image(), quality=95),
    "bmp": lambda folder: save(folder, "a.bmp", image()),
    "tiff": lambda folder: save(folder, "a.tif", image()),
    "tiff deflated": lambda folder: save(folder, "z.tif", image(), compression="tiff_deflate"),
    "tiff 16-bit": deep_rgb_tiff,
    "png 16-bit": deep_rgb_png,
    "cmyk jpeg": lambda folder: save(folder, "cmyk.jpg", image().convert("CMYK"), quality=95),
    "cmyk tiff": lambda folder: save(folder, "cmyk.tif", image().convert("CMYK")),
    "palette": palette,
    "other colour space": wide_gamut,
    "broken profile": broken_profile,
    "mpo": lambda folder: several(folder, "stereo.mpo", quality=95),
    "gif, moving": lambda folder: several(folder, "moving.gif"),
    "webp, moving": lambda folder: several(folder, "moving.webp", lossless=True),
    "png, moving": lambda folder: several(folder, "moving.png"),
    "tiff, pages": lambda folder: several(folder, "pages.tif"),
    "jpeg called .txt": wrong_extension,
    "png called .jpg": wrong_picture_extension,
}

#: Pictures that open.
GOOD: dict[str, Maker] = SCENES | {
    "huge": huge,
    "grey": lambda folder: save(folder, "grey.jpg", image().convert("L")),
    "one bit": one_bit,
    "16-bit grey": deep_grey,
    "transparent": transparent,
}

#: Files that don't, with the reason they must give (at a shortest side of 32 px).
BAD: dict[str, tuple[Maker, str]] = {
    "zero bytes": (zero_bytes, "empty"),
    "text": (text, "not an image"),
    "one pixel": (one_pixel, "too small"),
    "bomb": (bomb, "too large"),
    "raw": (raw, "format"),
    "link to nothing": (dangling, "vanished"),
    "half a jpeg filled with zeros": (partial(truncated, filled=True), "truncated"),
    **{
        f"half a {ext}": (partial(truncated, extension=ext), "truncated")
        for ext in ("jpg", "png", "webp", "gif", "tif", "bmp", "heic", "avif")
    },
}


def zoo(folder: Path) -> dict[str, str | None]:
    """Every kind in one folder: name -> reason, None where it opens; beside what is no picture."""
    out: dict[str, str | None] = {make(folder).name: None for make in GOOD.values()}
    out |= {make(folder).name: reason for make, reason in BAD.values()}
    no_pictures(folder)
    return out
