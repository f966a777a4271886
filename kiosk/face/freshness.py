# SPDX-License-Identifier: Apache-2.0
"""Tells a camera that hangs, or a film that is played into one, from a camera that looks at something still.

A sensor's noise makes no two lit frames alike, so a lit frame that was seen before means a hung driver or a recording
that comes round again. That does not hold for a video file, nor for frames so dark or bright that the noise is clipped:
those are never called frozen here. It keeps a digest of each frame, never the frame.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.failures import Fault, FaultError

if TYPE_CHECKING:
    from kiosk.face.shapes import Frame, Picture

_ALIKE_FRAMES = 10  # at 15 to 30 frames a second, a third to two thirds of a second
_LIT_DEVIATION = 4.0  # of pixel values, 0 to 255: below it a frame may be clipped to one colour
_DIGESTED_ROWS = 4  # every fourth is digested: noise is in all of them, and a small computer has other work
_DIGEST_BYTES = 8  # among the thousands of frames of a visit none is alike by chance


class Freshness:
    """Watches a camera's frames; kept over a visit, it knows a recording that is played again at the next try."""

    def __init__(self) -> None:
        self._sequence: int | None = None
        self._seen: set[bytes] = set()
        self._alike = 0

    def check(self, frame: Frame, *, is_sensor: bool) -> None:
        """Take note of a frame.

        Raises:
            FaultError: CAMERA_FROZEN.
        """
        stuck = frame.sequence == self._sequence
        self._sequence = frame.sequence
        again = is_sensor and self._is_known(frame.picture)
        self._alike = self._alike + 1 if stuck or again else 0
        if self._alike >= _ALIKE_FRAMES:
            message = "The camera shows again what it has shown. Unplug and replug it, or restart the kiosk."
            raise FaultError(Fault.CAMERA_FROZEN, message)

    def _is_known(self, picture: Picture) -> bool:
        if float(picture[::8, ::8].std()) < _LIT_DEVIATION:
            return False
        rows = np.ascontiguousarray(picture[::_DIGESTED_ROWS])
        digest = hashlib.blake2b(rows.data, digest_size=_DIGEST_BYTES).digest()
        known = digest in self._seen
        self._seen.add(digest)
        return known
