"""YuNet and SFace built tiny, in the layout in which OpenCV's zoo has them: the names, shapes and meaning of
what goes in and comes out are the published ones, the networks between are a few weights set by hand.

The files are ONNX, written as protocol buffers by hand, as no library here writes them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FACE = 112  # px, side of the picture that SFace describes
GRID = 4  # what the tiny one sees of it: the mean colours of so many squares either way
#: x, y of eyes, nose and corners of the mouth there, the wearer's right first, as OpenCV aligns them.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)  # fmt: skip
CELL = 8  # px: the one of YuNet's three grids on which the tiny one sees faces
BOX = (40.0, 56.0)  # px, width and height of every face it finds
FLOAT, INT64 = 1, 7  # TensorProto.DataType


def yunet(path: Path) -> Path:
    """A detector to which a cell of pure blue is the middle of a face, the bluer the surer.

    Its five points lie so that aligning the face cuts out the 112 px round the cell, not turned.
    """
    nodes, weights, outputs = [], [], []
    points = ((TEMPLATE - FACE / 2) / CELL + 0.5).ravel()
    constant = {
        "bbox": np.array([0.5, 0.5, np.log(BOX[0] / CELL), np.log(BOX[1] / CELL)]),
        "kps": points,
    }
    for kind, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            name = f"{kind}_{stride}"
            kernel = np.zeros((width, 3, stride, stride), np.float32)
            if stride == CELL and kind in ("cls", "obj"):
                kernel[:, 0] = 1 / (255 * stride * stride)  # blue comes first
            weights += [
                _tensor(f"{name}.weight", kernel),
                _tensor(f"{name}.bias", np.float32(constant.get(kind, np.zeros(width)))),
                _tensor(f"{name}.shape", np.array([1, -1, width], np.int64)),
            ]
            square = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
            nodes += [
                _node("Conv", ["input", f"{name}.weight", f"{name}.bias"], f"{name}.map", square),
                _node("Transpose", [f"{name}.map"], f"{name}.rows", {"perm": [0, 2, 3, 1]}),
                _node("Reshape", [f"{name}.rows", f"{name}.shape"], name),
            ]
            outputs.append((name, (1, (640 // stride) ** 2, width)))
    return _model(path, nodes, weights, [("input", (1, 3, 640, 640))], outputs)


def sface(path: Path) -> tuple[Path, NDArray[np.float32]]:
    """A recogniser whose 128 numbers are products of a matrix, (128, 3 GRID GRID), with the mean levels of
    squares of the picture: red, green, blue, each row by row."""
    side = FACE // GRID
    kernel = np.zeros((3, 3, side, side), np.float32)
    for c in range(3):
        kernel[c, c] = 1 / (side * side)
    mix = np.random.default_rng(0).normal(0, 1, (128, 3 * GRID * GRID)).astype(np.float32)
    nodes = [
        _node("Conv", ["data", "weight"], "means", {"kernel_shape": [side] * 2, "strides": [side] * 2}),
        _node("Flatten", ["means"], "flat", {"axis": 1}),
        _node("Gemm", ["flat", "mix"], "fc1", {"transB": 1}),
    ]  # fmt: skip
    weights = [_tensor("weight", kernel), _tensor("mix", mix)]
    return _model(path, nodes, weights, [("data", (1, 3, FACE, FACE))], [("fc1", (1, 128))]), mix


def _model(
    path: Path,
    nodes: Sequence[bytes],
    weights: Sequence[bytes],
    inputs: Sequence[tuple[str, tuple[int, ...]]],
    outputs: Sequence[tuple[str, tuple[int, ...]]],
) -> Path:
    graph = b"".join(
        [
            *(_field(1, n) for n in nodes),
            _field(2, b"tiny"),
            *(_field(5, w) for w in weights),
            *(_field(11, _told(*i)) for i in inputs),
            *(_field(12, _told(*o)) for o in outputs),
        ]
    )
    path.write_bytes(_field(1, 7) + _field(7, graph) + _field(8, _field(2, 13)))
    return path


def _node(
    kind: str, inputs: Sequence[str], output: str, facts: Mapping[str, int | Sequence[int]] | None = None
) -> bytes:  # fmt: skip
    said = [_field(1, name.encode()) for name in inputs]
    said += [_field(2, output.encode()), _field(3, output.encode()), _field(4, kind.encode())]
    for name, value in (facts or {}).items():
        if isinstance(value, int):
            told = _field(3, value) + _field(20, 2)
        else:
            told = b"".join(_field(8, v) for v in value) + _field(20, 7)
        said.append(_field(5, _field(1, name.encode()) + told))
    return b"".join(said)


def _tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    kind = INT64 if values.dtype == np.int64 else FLOAT
    dims = b"".join(_field(1, n) for n in values.shape)
    return dims + _field(2, kind) + _field(8, name.encode()) + _field(9, values.tobytes())


def _told(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_field(1, _field(1, n)) for n in shape)
    tensor = _field(1, FLOAT) + _field(2, dims)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer: a whole number, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + struct.pack("B", value))
