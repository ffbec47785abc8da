"""Photos as they arrive in real life: each opens as its owner sees it, or says why not."""

from __future__ import annotations

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import pictures
from tests.photos.opened import assert_scene, corners, read
from wardrobe import folder, images
from wardrobe.errors import ConfigError, PhotoError, StoreError

# ---- what opens


@pytest.mark.parametrize("kind", pictures.SCENES)
def test_the_scene_is_seen_in_every_kind_of_file(kind: str, tmp_path: Path) -> None:
    assert_scene(read(pictures.SCENES[kind](tmp_path)))


@pytest.mark.parametrize("orientation", pictures.ORIENTATIONS)
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif", "avif", "heic"])
def test_turned_pictures_are_turned_once(extension: str, orientation: int, tmp_path: Path) -> None:
    assert_scene(read(pictures.turned(tmp_path, orientation, extension)))


@pytest.mark.parametrize("orientation", [1, 6])
def test_draft_decoding_keeps_full_size_and_turn(orientation: int, tmp_path: Path) -> None:
    im = PIL.Image.fromarray(pictures.scene((1200, 800)))
    picture = read(
        pictures.save(tmp_path, "a.jpg", im, exif=pictures.exif(orientation)), work_px=256
    )
    assert picture.size == ((1200, 800) if orientation == 1 else (800, 1200))
    assert max(picture.pixels.shape) == 256
    expected = np.array(pictures.CORNERS)[[0, 1, 2, 3] if orientation == 1 else [2, 0, 3, 1]]
    np.testing.assert_allclose(corners(picture.pixels), expected, atol=10)


def test_small_pictures_are_not_enlarged(tmp_path: Path) -> None:
    assert read(pictures.jpeg(tmp_path, size=(50, 40)), work_px=1000).pixels.shape == (40, 50, 3)


def test_thin_pictures_keep_a_pixel(tmp_path: Path) -> None:
    thin = pictures.save(tmp_path, "thin.png", PIL.Image.new("RGB", (3000, 1)))
    assert read(thin, work_px=256).pixels.shape == (1, 256, 3)


@pytest.mark.filterwarnings("error")
def test_a_hundred_megapixels_open_reduced_and_without_a_warning(tmp_path: Path) -> None:
    picture = read(pictures.huge(tmp_path))
    assert picture.size == (12000, 8400)
    assert picture.pixels.shape == (1075, 1536, 3)


@pytest.mark.parametrize("name", ["grey16.png", "grey16.tif"])
def test_sixteen_bit_grey_is_scaled_not_clipped(name: str, tmp_path: Path) -> None:
    row = read(pictures.deep_grey(tmp_path, name)).pixels[5, :, 0].astype(int)
    np.testing.assert_allclose(row, np.linspace(0, 255, len(row)), atol=1)


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0, 1e6])
def test_floating_point_grey_keeps_its_range(white: float, tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, white, 64, dtype=np.float32), (64, 1))
    row = read(pictures.save(tmp_path, "f.tif", PIL.Image.fromarray(ramp))).pixels[5, :, 0]
    np.testing.assert_allclose(row.astype(int), np.linspace(0, 255, 64), atol=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_white(mode: str, tmp_path: Path) -> None:
    pixels = read(pictures.transparent(tmp_path, mode)).pixels
    assert (pixels[:16] == 255).all()
    assert (pixels[20:-20, 20:-20].min(axis=2) < 255).all()


def test_grey_and_one_bit_become_rgb(tmp_path: Path) -> None:
    grey = read(pictures.GOOD["grey"](tmp_path)).pixels
    assert (grey[..., 0] == grey[..., 2]).all()
    assert len(np.unique(grey)) > 2
    assert (read(pictures.one_bit(tmp_path)).pixels == 255).all()


# ---- what doesn't


@pytest.mark.parametrize("kind", pictures.BAD)
def test_bad_files_say_why_and_what_to_do(kind: str, tmp_path: Path) -> None:
    make, reason = pictures.BAD[kind]
    file = make(tmp_path)
    with pytest.raises(PhotoError) as error:
        read(file, min_side_px=32)
    assert error.value.reason == reason
    assert str(file) in str(error.value)
    assert str(error.value).endswith(".")
    assert "; " in str(error.value), "no next step"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_forbidden_file_is_listed_and_unreadable(tmp_path: Path) -> None:
    file = pictures.jpeg(tmp_path)
    file.chmod(0)
    assert [found.file for found in folder.scan(tmp_path)] == [file]
    for attempt in (images.digest, read):
        with pytest.raises(PhotoError) as error:
            attempt(file)
        assert error.value.reason == "unreadable"


def test_any_fault_of_the_system_is_unreadable(tmp_path: Path) -> None:
    """Also as root: a pipe, which would block, stands for whatever can't be read."""
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    for file in (pipe, Path("zero\0byte.jpg")):
        with pytest.raises(PhotoError) as error:
            images.digest(file)
        assert error.value.reason == "unreadable"


def test_file_that_vanished(tmp_path: Path) -> None:
    file = pictures.jpeg(tmp_path)
    (found,) = folder.scan(tmp_path)
    file.unlink()
    for attempt in (images.digest, read):
        with pytest.raises(PhotoError) as error:
            attempt(found.file)
        assert error.value.reason == "vanished"
        assert error.value.reason in images.TRANSIENT


def test_file_that_changed_since_its_digest(tmp_path: Path) -> None:
    file = pictures.jpeg(tmp_path)
    before = images.digest(file)
    assert read(file, expect=before).id == before
    pictures.truncated(tmp_path).replace(file)
    with pytest.raises(PhotoError) as error:  # not "truncated": that would be booked on old bytes
        read(file, expect=before)
    assert error.value.reason == "changed"


@pytest.mark.parametrize("mode", ["ab", "r+b"], ids=["longer", "in place"])
def test_file_that_changes_while_it_is_read(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pictures.jpeg(tmp_path)
    fstat, asked = os.fstat, []

    def fstat_while_another_program_writes(descriptor: int) -> os.stat_result:
        if asked:
            with file.open(mode) as f:
                f.write(b"more")
        asked.append(descriptor)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", fstat_while_another_program_writes)
    with pytest.raises(PhotoError) as error:
        read(file)
    assert error.value.reason == "changed"


def test_the_limit_on_size_is_ours_alone(tmp_path: Path) -> None:
    file, limit = pictures.jpeg(tmp_path), PIL.Image.MAX_IMAGE_PIXELS
    with pytest.raises(PhotoError) as error:
        read(file, max_megapixels=0.02)
    assert error.value.reason == "too large"
    assert "0.02 megapixels" in str(error.value)
    assert limit == PIL.Image.MAX_IMAGE_PIXELS


def test_transient_reasons_are_reasons() -> None:
    assert set(images.REASONS) > images.TRANSIENT


def _small_files() -> dict[str, bytes]:
    im = pictures.image((24, 16))
    out = {}
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF"):
        buffer = BytesIO()
        options = {} if kind in ("BMP", "GIF") else {"exif": pictures.exif(6)}
        im.save(buffer, kind, **options)
        out[kind] = buffer.getvalue()
    return out


SMALL_FILES = _small_files()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", SMALL_FILES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_byte_string_escapes_as_anything_else(
    kind: str, tmp_path: Path, data: st.DataObject
) -> None:
    whole = bytearray(SMALL_FILES[kind])
    flips = st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(flips, max_size=8)):
        whole[place] = value
    kept = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    file = tmp_path / "fuzz.jpg"
    file.write_bytes(whole[:kept])
    reason = None
    try:
        picture = images.read(file, work_px=64, max_megapixels=1)
    except PhotoError as e:
        reason = e.reason
    assert reason in images.REASONS or max(picture.pixels.shape) <= 64


# ---- what is kept of a photo, and what isn't


@pytest.mark.parametrize("kind", pictures.GOOD)
def test_photos_are_left_as_they_were(kind: str, tmp_path: Path) -> None:
    file = pictures.GOOD[kind](tmp_path)
    os.utime(file, ns=(1_600_000_000_000_000_000, 1_600_000_000_123_456_789))
    before, data = file.stat(), file.read_bytes()
    picture = read(file, work_px=64)
    assert picture.id == images.digest(file) == hashlib.sha256(data).hexdigest()
    assert file.read_bytes() == data
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "avif", "heic"])
def test_the_time_is_kept_and_the_place_is_not(extension: str, tmp_path: Path) -> None:
    file = pictures.turned(tmp_path, 1, extension)
    with PIL.Image.open(file) as im:
        assert im.getexif().get_ifd(0x8825), "the test picture should hold a place"
    picture = read(file)
    assert picture.taken_at == pictures.TAKEN_AT
    assert set(picture.__slots__) == {"id", "pixels", "size", "taken_at", "look"}
    for data in (images.encode_webp(picture.pixels, 80), images.encode_png(picture.pixels)):
        with PIL.Image.open(BytesIO(data)) as im:
            assert not im.getexif()
            assert not set(im.info) & {"exif", "xmp", "icc_profile"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2021:05:06 07:08:09", datetime(2021, 5, 6, 7, 8, 9)),
        ("2021-05-06T07:08:09.123", datetime(2021, 5, 6, 7, 8, 9)),
        ("0000:00:00 00:00:00", None),
        ("2021:13:40 25:61:61", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
    ],
)
def test_times(written: str, expected: datetime | None, tmp_path: Path) -> None:
    file = pictures.save(tmp_path, "a.jpg", pictures.image(), exif=pictures.exif(1, written))
    assert read(file).taken_at == expected


def test_time_falls_back_to_the_next_tag(tmp_path: Path) -> None:
    exif = pictures.exif()
    exif.get_ifd(0x8769)[0x9003] = "0000:00:00 00:00:00"
    exif.get_ifd(0x8769)[0x9004] = "2019:01:02 03:04:05"
    file = pictures.save(tmp_path, "a.jpg", pictures.image(), exif=exif)
    assert read(file).taken_at == datetime(2019, 1, 2, 3, 4, 5)


# ---- looks


@cache
def _photo_like(seed: int) -> PIL.Image.Image:
    """Soft shapes with fine noise: what a camera makes of a room."""
    rng = np.random.default_rng(seed)
    coarse = PIL.Image.fromarray(rng.integers(0, 255, (9, 12, 3), np.uint8))
    soft = np.asarray(coarse.resize((400, 300), PIL.Image.Resampling.BICUBIC), np.int16)
    noisy = soft + rng.normal(0, 6, soft.shape).astype(np.int16)
    return PIL.Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_saved_again_looks_the_same(seed: int, tmp_path: Path) -> None:
    im = _photo_like(seed)
    looks = [
        read(pictures.save(tmp_path, "first.jpg", im, quality=95)).look,
        read(pictures.save(tmp_path, "again.jpg", im, quality=60)).look,
        read(pictures.save(tmp_path, "half.webp", im.resize((200, 150)))).look,
    ]
    assert len(looks[0]) == 64
    assert max(images.look_distance(looks[0], other) for other in looks[1:]) <= 10


def test_different_pictures_look_different() -> None:
    looks = [images.look(images.from_pil(_photo_like(seed))) for seed in range(8)]
    pairs = [(a, b) for i, a in enumerate(looks) for b in looks[:i]]
    assert min(images.look_distance(a, b) for a, b in pairs) > 40


# ---- the Python API and the library's own pictures


def test_to_array_takes_what_people_have_in_hand(tmp_path: Path) -> None:
    file = pictures.turned(tmp_path, 6)
    with PIL.Image.open(file) as im:
        answers = [images.to_array(source) for source in (file, str(file), im)]
    for answer in answers:
        np.testing.assert_allclose(corners(answer), pictures.CORNERS, atol=10)
    array = pictures.scene()
    assert images.to_array(array) is array
    assert images.to_array(array, work_px=96).shape == (64, 96, 3)
    assert images.to_array(file, work_px=96).shape == (64, 96, 3)


@pytest.mark.parametrize(
    "source",
    [None, 3, b"bytes", np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), "u1"),
     np.zeros((4, 4, 3), np.float32)],
    ids=str,
)  # fmt: skip
def test_to_array_says_what_it_takes(source: object) -> None:
    with pytest.raises(ConfigError, match=r"Give a path, a PIL image, or \(h, w, 3\) uint8"):
        images.to_array(source)


def test_a_damaged_picture_in_memory(tmp_path: Path) -> None:
    with PIL.Image.open(pictures.truncated(tmp_path)) as im, pytest.raises(PhotoError):
        images.from_pil(im)


@pytest.mark.parametrize("channels", [3, 4])
def test_own_pictures_come_back(channels: int) -> None:
    pixels = np.dstack([pictures.scene(), np.full(pictures.SIZE[::-1], 255, np.uint8)])
    pixels[:8, :, 3] = 0
    pixels = np.ascontiguousarray(pixels[..., :channels])
    np.testing.assert_array_equal(images.decode(images.encode_png(pixels)), pixels)
    again = images.decode(images.encode_webp(pixels, quality=90))
    assert again.shape == pixels.shape
    np.testing.assert_allclose(corners(again)[3], corners(pixels)[3], atol=10)


@pytest.mark.parametrize("data", [b"", b"nonsense", images.encode_png(pictures.scene())[:100]])
def test_damaged_own_pictures(data: bytes) -> None:
    with pytest.raises(StoreError, match="Build again"):
        images.decode(data)


def test_reading_from_several_threads_at_once(tmp_path: Path) -> None:
    files = [make(tmp_path) for make in pictures.SCENES.values()] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ThreadPoolExecutor(4) as pool:
            for picture in pool.map(read, files):
                assert_scene(picture)
