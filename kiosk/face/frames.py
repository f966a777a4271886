# SPDX-License-Identifier: Apache-2.0
"""Makes of whatever a camera delivers a picture of 640x480 pixels: cut to 4:3 about its middle and scaled.

It never squeezes: a face that is made narrower is another face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.shapes import Picture

if TYPE_CHECKING:
    import numpy.typing as npt

WIDTH, HEIGHT = 640, 480
_COLOURS = 3


def fit(pixels: Any) -> Picture:  # noqa: ANN401 - what a driver made of a frame, to be looked at first
    """The middle of a picture in BGR or grey, as a frame.

    Raises:
        FaultError: CAMERA_ABSENT when it is no picture of eight bits a colour.
    """
    if getattr(pixels, "dtype", None) != np.uint8 or 0 in pixels.shape:
        raise _no_picture()
    if pixels.ndim == _COLOURS - 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    if pixels.ndim != _COLOURS or pixels.shape[2] != _COLOURS:
        raise _no_picture()
    height, width = pixels.shape[:2]
    wide, tall = min(width, max(1, height * WIDTH // HEIGHT)), min(height, max(1, width * HEIGHT // WIDTH))
    left, top = (width - wide) // 2, (height - tall) // 2
    middle = pixels[top : top + tall, left : left + wide]
    if middle.shape[:2] == (HEIGHT, WIDTH):
        return Picture(np.ascontiguousarray(middle))
    how = cv2.INTER_AREA if tall > HEIGHT else cv2.INTER_CUBIC
    return Picture(cast("npt.NDArray[np.uint8]", cv2.resize(middle, (WIDTH, HEIGHT), interpolation=how)))


def from_nv12(planes: Any, width: int) -> Picture:  # noqa: ANN401 - an array whose rows may be padded
    """NV12 planes, uint8[height * 3 / 2, stride >= width], as a frame.

    Raises:
        FaultError: CAMERA_ABSENT when they are something else.
    """
    if planes.ndim != 2 or planes.shape[0] % 3 or planes.shape[1] < width:  # noqa: PLR2004 - rows and columns; 3/2
        raise _no_picture()
    return fit(cv2.cvtColor(np.ascontiguousarray(planes[:, :width]), cv2.COLOR_YUV2BGR_NV12))


def _no_picture() -> FaultError:
    message = "The camera delivers something that is no picture. Use a camera that docs/hardware.md expects."
    return FaultError(Fault.CAMERA_ABSENT, message)
