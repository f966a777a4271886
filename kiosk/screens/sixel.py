# SPDX-License-Identifier: Apache-2.0
"""Pictures as a terminal's own graphics: sixel, as the VT340 and foot draw it, by Debian's libsixel.

The library works outside the interpreter's lock, so that the thread that draws the words goes on meanwhile.
Source: sixel.h of libsixel 1.10, whose names stand beside its numbers.
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

COLOURS = 64  # of a picture's own palette; a face in fewer has rings on its cheeks

_LIBRARY = "libsixel.so.1"
_DEPTH = 3  # bytes a pixel
_RGB888 = 0x03  # SIXEL_PIXELFORMAT_RGB888
_LARGE_NORM, _REP_AVERAGE_COLORS, _QUALITY_LOW = 1, 2, 2
_DIFFUSE_NONE = 1  # noise of the camera hides the steps, and what does not flicker is shorter
_FAILED = 0x1000  # SIXEL_FAILED

_Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_Handle = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[object, ...]] = {
    "sixel_output_new": (ctypes.POINTER(_Handle), _Write, ctypes.c_void_p, ctypes.c_void_p),
    "sixel_output_unref": (_Handle,),
    "sixel_dither_new": (ctypes.POINTER(_Handle), ctypes.c_int, ctypes.c_void_p),
    "sixel_dither_initialize": (_Handle, ctypes.c_char_p, *[ctypes.c_int] * 6),
    "sixel_dither_set_diffusion_type": (_Handle, ctypes.c_int),
    "sixel_dither_unref": (_Handle,),
    "sixel_encode": (ctypes.c_char_p, *[ctypes.c_int] * 3, _Handle, _Handle),
}


class SixelError(Exception):
    """The library is not there, or could not encode; the text says which."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell of the terminal measures, in pixels."""

    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Graphics:
    """A terminal that draws sixels, and what makes them."""

    cell: Cell
    sixel: Sixel


class Sixel:
    """Turns pictures into what a terminal draws. One picture at a time."""

    def __init__(self) -> None:
        """Load the library.

        Raises:
            SixelError: when this machine has none.
        """
        try:
            self._library = ctypes.CDLL(_LIBRARY)
        except OSError as error:
            text = f"{_LIBRARY} cannot be loaded; install Debian's libsixel1"
            raise SixelError(text) from error
        for name, arguments in _SIGNATURES.items():
            getattr(self._library, name).argtypes = arguments

    def encode(self, width: int, height: int, rgb: bytes) -> str:
        """Return a picture of `height * width * 3` bytes, RGB, row by row, as one control string.

        Raises:
            SixelError: when the bytes are not that many, or the library has no memory.
        """
        if width < 1 or height < 1 or len(rgb) != width * height * _DEPTH:
            text = "the bytes are not those of a picture of this size"
            raise SixelError(text)
        parts: list[bytes] = []

        def keep(data: int, length: int, _: object) -> int:
            parts.append(ctypes.string_at(data, length))
            return 0

        keeping = _Write(keep)
        with (
            self._made("sixel_output", keeping, None, None) as output,
            self._made("sixel_dither", COLOURS, None) as dither,
        ):
            choices = (_LARGE_NORM, _REP_AVERAGE_COLORS, _QUALITY_LOW)
            self._call("sixel_dither_initialize", dither, rgb, width, height, _RGB888, *choices)
            self._library.sixel_dither_set_diffusion_type(dither, _DIFFUSE_NONE)
            self._call("sixel_encode", rgb, width, height, _DEPTH, dither, output)
        return b"".join(parts).decode("ascii")

    @contextmanager
    def _made(self, kind: str, *arguments: object) -> Iterator[Any]:
        handle = _Handle()
        self._call(f"{kind}_new", ctypes.byref(handle), *arguments)
        try:
            yield handle
        finally:
            getattr(self._library, f"{kind}_unref")(handle)

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, name)(*arguments)
        if status & _FAILED:
            text = f"{name} failed with {status:#06x}"
            raise SixelError(text)
