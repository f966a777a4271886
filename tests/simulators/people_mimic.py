# SPDX-License-Identifier: Apache-2.0
"""Closes the eyes and opens the mouth of the source portrait, as moves of the map that is sampled.

Lengths are in the source's eye distances, from the midpoint between its eyes: x to the image's right, y down.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LID_FROM, _LID_EDGE, _LID_TO = -0.27, -0.14, 0.06  # the upper lid's fold, its edge when open, the lower lid
_TILT = -0.045  # how much higher the eye on the image's left lies
_MOUTH, _HALF_MOUTH = 1.06, 0.42
_DROP = 0.42  # of the jaw, the mouth wide open


def lids_closed(x: Floats, y: Floats, shut: float) -> Floats:
    """Where to sample so that the upper lids hang `shut` of the way down."""
    if not shut:
        return y
    tilt = np.where(x < 0, _TILT, 0.0)
    level = y - tilt
    across = np.exp(-(((np.abs(x) - 0.51) / 0.27) ** 4))
    edge = _LID_EDGE + shut * (_LID_TO - _LID_EDGE) * across
    stretched = _LID_FROM + (level - _LID_FROM) * (_LID_EDGE - _LID_FROM) / (edge - _LID_FROM)
    return cast("Floats", np.where((level > _LID_FROM) & (level < edge), stretched + tilt, y).astype(np.float32))


def mouth_opened(x: Floats, y: Floats, gape: float) -> Floats:
    """Where to sample so that the jaw hangs `gape` of the way down."""
    if not gape:
        return y
    gap, fall = _gap(x, gape), _DROP * gape * np.exp(-((x / 0.9) ** 4))
    drop = np.maximum(gap, fall * np.clip((y - _MOUTH) / 0.3, 0, 1)) * np.clip((2.1 - y) / 0.5, 0, 1)
    return cast("Floats", np.where(y > _MOUTH, np.maximum(y - drop, _MOUTH), y).astype(np.float32))


def throat(x: Floats, y: Floats, gape: float) -> Floats | None:
    """By how much the picture is darkened where the open mouth shows: float32[height, width, 1]; None when shut."""
    if not gape:
        return None
    inside = (y > _MOUTH) & (y < _MOUTH + _gap(x, gape))
    return np.where(inside, 0.12, 1.0).astype(np.float32)[..., None]


def _gap(x: Floats, gape: float) -> Floats:
    return cast("Floats", _DROP * gape * np.sqrt(np.clip(1 - (x / _HALF_MOUTH) ** 2, 0, 1)))
