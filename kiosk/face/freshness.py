# SPDX-License-Identifier: Apache-2.0
"""Tells a camera that hangs on one frame from one that looks at something still.

A sensor's noise makes no two lit frames alike, so alike frames mean a hung driver. That does not hold for a video file,
nor for frames so dark or bright that the noise is clipped: those are never called frozen here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.failures import Fault, FaultError

if TYPE_CHECKING:
    from kiosk.face.shapes import Frame, Picture

_ALIKE_FRAMES = 10  # at 15 to 30 frames a second, a third to two thirds of a second
_LIT_DEVIATION = 4.0  # of pixel values, 0 to 255: below it a frame may be clipped to one colour


class Freshness:
    """Watches the frames of one opening of a camera."""

    def __init__(self) -> None:
        self._last: Frame | None = None
        self._alike = 0

    def check(self, frame: Frame, *, is_sensor: bool) -> None:
        """Take note of a frame.

        Raises:
            FaultError: CAMERA_FROZEN.
        """
        last, self._last = self._last, frame
        stuck = last is not None and frame.sequence == last.sequence
        same = last is not None and is_sensor and np.array_equal(last.picture, frame.picture) and _lit(frame.picture)
        self._alike = self._alike + 1 if stuck or same else 0
        if self._alike >= _ALIKE_FRAMES:
            message = "The camera delivers the same frame for ever. Unplug and replug it, or restart the kiosk."
            raise FaultError(Fault.CAMERA_FROZEN, message)


def _lit(picture: Picture) -> bool:
    return float(picture[::8, ::8].std()) >= _LIT_DEVIATION
