# SPDX-License-Identifier: Apache-2.0
"""A tiny recogniser as ONNX bytes: blocks of the chip averaged, then turned by a fixed random matrix.

It stands in for SFace, whose weights cannot be had here: it shows that OpenCV takes such a network and what the adapter
makes of its numbers, and nothing about accuracy. Source: onnx.proto3 of ONNX 1.17 (field numbers), opset 11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_FLOAT = 1  # TensorProto.DataType
_INT, _INTS = 2, 7  # AttributeProto.AttributeType
_BLOCKS = 8  # a side
_GREY = 127.5


def recogniser(*, side_px: int = 112, numbers: int = 128, seed: int = 0, input_name: str = "data") -> bytes:
    """float32[1, 3, side, side] -> float32[1, numbers]; `side_px` is a multiple of 8."""
    block = side_px // _BLOCKS
    wide = 3 * _BLOCKS * _BLOCKS
    matrix = np.random.default_rng(seed).standard_normal((wide, numbers)).astype(np.float32)
    pool = _node(
        "AveragePool", [input_name], "blocks", _ints("kernel_shape", [block, block]), _ints("strides", [block, block])
    )
    flatten = _node("Flatten", ["blocks"], "flat", _int("axis", 1))
    turn = _node("Gemm", ["flat", "matrix", "offset"], "fc1")
    graph = (
        *(_inside(1, node) for node in (pool, flatten, turn)),
        _inside(2, b"standin"),
        _inside(5, _tensor("matrix", matrix)),
        _inside(5, _tensor("offset", -_GREY * matrix.sum(axis=0))),
        _inside(11, _value(input_name, (1, 3, side_px, side_px))),
        _inside(12, _value("fc1", (1, numbers))),
    )
    opset = _number(2, 11)
    return _number(1, 6) + _inside(7, b"".join(graph)) + _inside(8, opset)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _inside(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _int(name: str, value: int) -> bytes:
    return _inside(1, name.encode()) + _number(3, value) + _number(20, _INT)


def _ints(name: str, values: Sequence[int]) -> bytes:
    return _inside(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, _INTS)


def _node(operator: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    return (
        b"".join(_inside(1, name.encode()) for name in inputs)
        + _inside(2, output.encode())
        + _inside(4, operator.encode())
        + b"".join(_inside(5, attribute) for attribute in attributes)
    )


def _tensor(name: str, values: npt.NDArray[np.float32]) -> bytes:
    shape = b"".join(_number(1, side) for side in values.shape)
    return shape + _number(2, _FLOAT) + _inside(8, name.encode()) + _inside(9, values.astype("<f4").tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(_inside(1, _number(1, side)) for side in shape)
    tensor = _number(1, _FLOAT) + _inside(2, dimensions)
    return _inside(1, name.encode()) + _inside(2, _inside(1, tensor))
