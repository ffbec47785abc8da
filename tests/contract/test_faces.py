"""OpenCV's face classes, the real ones, on tiny models of the published layout: where faces are, how each is
described, in which order. What the real weights find isn't tested: they couldn't be had."""

from __future__ import annotations

import numpy as np
import published_faces as published
import pytest
from numpy.typing import NDArray

from wardrobe.backends.faces import MIN_SCORE, OpenCvFaces
from wardrobe.types import Image

SIZE = (300, 420)  # no multiples of 32: the detector pads
#: Left upper corners of the cells that are faces, and how blue each is.
FACES = {(96, 120): 220, (256, 160): 255, (344, 88): 240}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[OpenCvFaces, NDArray[np.float32]]:
    folder = tmp_path_factory.mktemp("faces")
    trunk = published.yunet(folder / "face_detection_yunet_2023mar.onnx")
    path, mix = published.sface(folder / "face_recognition_sface_2021dec.onnx")
    return OpenCvFaces(path, trunk=trunk), mix


def picture(faces: dict[tuple[int, int], int]) -> Image:
    """Red and green noise, different in every corner, and a blue cell for each face."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (10, 14, 3)).repeat(30, axis=0).repeat(30, axis=1)
    out: Image = coarse[: SIZE[0], : SIZE[1]].astype(np.uint8)
    out[..., 2] = 0
    for (x, y), blue in faces.items():
        out[y : y + published.CELL, x : x + published.CELL] = (0, 0, blue)
    return out


def described(image: Image, x: int, y: int, mix: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the tiny recogniser says of the 112 px round a cell, by its own definition."""
    half, side = published.FACE // 2, published.FACE // published.GRID
    x0, y0 = x + published.CELL // 2 - half, y + published.CELL // 2 - half
    part = image[y0 : y0 + 2 * half, x0 : x0 + 2 * half].astype(np.float32)
    means = part.reshape(published.GRID, side, published.GRID, side, 3).mean(axis=(1, 3))
    vector = mix @ means.transpose(2, 0, 1).ravel()
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def test_boxes_are_of_the_picture_and_the_surest_face_comes_first(
    made: tuple[OpenCvFaces, NDArray[np.float32]],
) -> None:
    (faces,) = made[0]([picture(FACES)])
    middles = [((f.box[0] + f.box[2]) / 2, (f.box[1] + f.box[3]) / 2) for f in faces]
    wanted = sorted(FACES, key=lambda at: -FACES[at])
    np.testing.assert_allclose(middles, np.array(wanted) + published.CELL / 2, atol=1e-3)
    sizes = [(f.box[2] - f.box[0], f.box[3] - f.box[1]) for f in faces]
    np.testing.assert_allclose(sizes, [published.BOX] * 3, atol=1e-3)


def test_a_vector_is_of_its_own_face_upright_in_rgb_and_of_length_one(
    made: tuple[OpenCvFaces, NDArray[np.float32]],
) -> None:
    model, mix = made
    image = picture(FACES)
    (faces,) = model([image])
    for face, (x, y) in zip(faces, sorted(FACES, key=lambda at: -FACES[at]), strict=True):
        assert face.vector.shape == (128,)
        assert face.vector.dtype == np.float32
        assert np.linalg.norm(face.vector) == pytest.approx(1, abs=1e-5)
        # Turned by its points, of which OpenCV's alignment makes a hundredth of a pixel's error.
        assert face.vector @ described(image, x, y, mix) > 0.999
        swapped = described(image[..., ::-1], x, y, mix)
        assert face.vector @ swapped < 0.99


def test_an_unsure_face_is_none(made: tuple[OpenCvFaces, NDArray[np.float32]]) -> None:
    at = {(96, 120): round(255 * MIN_SCORE) - 3, (256, 160): round(255 * MIN_SCORE) + 3}
    (faces,) = made[0]([picture(at)])
    assert len(faces) == 1
    assert faces[0].box[0] > 200


def test_a_batch_is_its_singles_in_order_whatever_their_sizes(
    made: tuple[OpenCvFaces, NDArray[np.float32]],
) -> None:
    model = made[0]
    images = [picture(FACES), picture({})[:200, :260], picture({(128, 104): 250})[:, :330]]
    batch = model(images)
    assert [len(faces) for faces in batch] == [3, 0, 1]
    for faces, image in zip(batch, images, strict=True):
        (alone,) = model([np.ascontiguousarray(image)])
        assert [f.box for f in alone] == [f.box for f in faces]
        for one, other in zip(alone, faces, strict=True):
            np.testing.assert_array_equal(one.vector, other.vector)
