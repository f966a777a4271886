# SPDX-License-Identifier: Apache-2.0
"""The bounds of a chip's portrait, checked on its bytes before any decoder sees them.

It never decodes and never mends a picture.
Source: ITU-T T.81 (JPEG), annex B: markers, segments, frame header.
"""

from __future__ import annotations

_SOI = b"\xff\xd8"
_EOI = b"\xff\xd9"
# SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
_FRAME_HEADER_SIZE = 9  # marker, length, precision, height, width: the dimensions are its last four bytes

# A card's portrait is 148 x 178 pixels; a picture that claims far more would only cost memory.
_LARGEST_SIDE_PX = 1024


def bounded_jpeg(area: bytes) -> bytes:
    """Return the JPEG in `area` from its first byte to its end marker; empty when it is none of a portrait's size.

    1. It begins with SOI.
    2. Its frame header, found by walking the segments, states 1 to 1024 pixels a side.
    3. It ends with EOI; padding behind it is left away.
    """
    end = area.rfind(_EOI)
    if not area.startswith(_SOI) or end < 0 or not _has_portrait_size(area[:end]):
        return b""
    return area[: end + len(_EOI)]


def _has_portrait_size(jpeg: bytes) -> bool:
    at = len(_SOI)
    while at + _FRAME_HEADER_SIZE <= len(jpeg) and jpeg[at] == _EOI[0]:
        marker = jpeg[at + 1]
        if marker in _FRAME_HEADERS:
            height, width = (int.from_bytes(jpeg[at + skip : at + skip + 2], "big") for skip in (5, 7))
            return 0 < height <= _LARGEST_SIDE_PX and 0 < width <= _LARGEST_SIDE_PX
        if marker == _SCAN:
            return False
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return False
