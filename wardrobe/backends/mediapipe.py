"""MediaPipe's pose landmarker as a pose backend: 33 landmarks in, 17 COCO joints out.

On the CPU, Apache-2.0, no torch. Without a detector it suits photos of one person, which is what
it was made for: asked for four, it still often finds only one in a wide photo. With a detector it
looks at each person by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wardrobe.errors import ModelError
from wardrobe.geometry import grow
from wardrobe.types import Box, Image, Person, Pose

#: Boxes in px and scores of the people in a picture.
Detector = Callable[[Image], Sequence[tuple[Box, float]]]

#: For each COCO joint, its number among MediaPipe's landmarks.
COCO_FROM_LANDMARKS = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)

MAX_PEOPLE = 4
CROP_MARGIN = 0.25  # share of the longer side shown around a detected person
BOX_MARGIN = 0.08  # share of the longer side between the outermost landmarks and the skin or hair
MIN_VISIBILITY = 0.5  # landmarks seen at least so well span the box
HANG_S = 60.0  # a graph that fails inside can wait for ever; no photo takes a second


class MediaPipePose:
    """Finds people and their joints.

    Args:
        path: a ``pose_landmarker_*.task`` file.
        device: accepted so that backends are built alike; MediaPipe runs on the CPU.
        detector: finds the people first; each is then looked at in a crop of its own and keeps
            the detector's box and score. Without one, MediaPipe looks at the whole picture.

    Raises:
        ModelError: mediapipe isn't installed, or the file is absent, damaged or of another kind.
    """

    def __init__(
        self, path: Path, *, device: str = "cpu", detector: Detector | None = None
    ) -> None:
        try:
            # Here, not above: it takes seconds, and the table above needs none of it.
            import mediapipe
        except ImportError as e:
            raise ModelError(
                "mediapipe isn't installed, and this pose model needs it: `pip install mediapipe`."
            ) from e
        if not path.is_file():
            raise ModelError(f"{path}: no such file. `wardrobe models list` shows what is here.")
        self._mp: Any = mediapipe
        self._detector = detector
        vision = self._mp.tasks.vision
        options = vision.PoseLandmarkerOptions(
            base_options=self._mp.tasks.BaseOptions(model_asset_path=str(path)),
            running_mode=vision.RunningMode.IMAGE,
            # The default is 1: in a group photo the others would vanish without a word.
            num_poses=MAX_PEOPLE if detector is None else 1,
        )
        try:
            self._landmarker: Any = _within(
                HANG_S, lambda: vision.PoseLandmarker.create_from_options(options)
            )
        except (RuntimeError, ValueError, OSError) as e:
            raise ModelError(f"{path}: not a pose landmarker that MediaPipe can read ({e}).") from e

    def __call__(self, images: Sequence[Image]) -> list[list[Person]]:
        """The people of each picture, best score first.

        Args:
            images: (h, w, 3) uint8 RGB each; sizes may differ.

        Returns:
            One list per picture. Joints are in px of the whole picture; one outside it has
            visibility 0. A detected person without a pose keeps its box, all joints unseen.

        Raises:
            ModelError: MediaPipe failed or gave no answer within a minute.
        """
        return [sorted(self._people(image), key=lambda p: -p.score) for image in images]

    def close(self) -> None:
        """Free the model. It can't be called afterwards."""
        self._landmarker.close()

    def __enter__(self) -> MediaPipePose:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _people(self, image: Image) -> list[Person]:
        size = image.shape[0], image.shape[1]
        if self._detector is None:
            found = (_person(marks, size) for marks in self._landmarks(image))
            return [p for p in found if p is not None]
        people = []
        for box, score in self._detector(image):
            x0, y0, x1, y1 = grow(box, CROP_MARGIN, size)
            joints = np.zeros((17, 3), np.float32)
            for marks in self._landmarks(image[y0:y1, x0:x1]):
                marks[:, :2] += (x0, y0)
                joints = _joints(marks, size)
            people.append(Person(box, score, Pose(joints)))
        return people

    def _landmarks(self, image: Image) -> list[NDArray[np.float32]]:
        """(33, 3) x_px, y_px, visibility of each pose in the picture."""
        picture = self._mp.Image(
            image_format=self._mp.ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )
        try:
            answer = _within(HANG_S, lambda: self._landmarker.detect(picture))
        except (RuntimeError, ValueError) as e:
            raise ModelError(f"MediaPipe failed on a picture of shape {image.shape}: {e}") from e
        scale = np.array([image.shape[1], image.shape[0], 1], np.float32)
        return [
            np.array([(m.x, m.y, m.visibility) for m in marks], np.float32) * scale
            for marks in answer.pose_landmarks
        ]


def _joints(marks: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """(17, 3) COCO joints of 33 landmarks; a guess beyond the frame counts as unseen."""
    joints = marks[list(COCO_FROM_LANDMARKS)]
    joints[:, 2] = np.clip(joints[:, 2], 0, 1) * _inside(joints, size)
    return joints


def _person(marks: NDArray[np.float32], size: tuple[int, int]) -> Person | None:
    """A person around the visible landmarks; None where they span nothing."""
    seen = marks[(marks[:, 2] >= MIN_VISIBILITY) & _inside(marks, size)]
    if len(seen) < 2:
        return None
    (x0, y0), (x1, y1) = seen[:, :2].min(axis=0).tolist(), seen[:, :2].max(axis=0).tolist()
    left, top, right, bottom = grow((x0, y0, x1, y1), BOX_MARGIN, size)
    box = float(left), float(top), float(right), float(bottom)
    return Person(box, min(float(seen[:, 2].mean()), 1.0), Pose(_joints(marks, size)))


def _inside(points: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.bool_]:
    x, y = points[:, 0], points[:, 1]
    inside: NDArray[np.bool_] = (x >= 0) & (x < size[1]) & (y >= 0) & (y < size[0])
    return inside


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """The call's answer, or an error when it takes longer.

    The thread is a daemon: one that hangs for ever must not keep the program from ending.
    """
    answers: list[Any] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(call())
        except BaseException as e:  # handed to the caller below
            errors.append(e)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise ModelError(
            f"MediaPipe gave no answer in {seconds:.0f} s, as happens when its graph fails inside."
            " Check the model file, or choose another pose model with --set pose.model=NAME."
        )
    if errors:
        raise errors[0]
    return answers[0]
