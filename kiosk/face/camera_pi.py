# SPDX-License-Identifier: Apache-2.0
"""The Raspberry Pi's camera through picamera2: an NV12 main stream, every control left as it is.

It has not been run on a Pi: its calls follow picamera2 0.3.38, with which NV12 at 1024x768 was read from libcamera's
virtual camera on Debian trixie. Exposure, focus and the unplugging of the ribbon are to be tested on hardware.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.features import from_nv12, resize
from kiosk.face.shapes import Frame

if TYPE_CHECKING:
    from types import TracebackType

# Both ISPs and libcamera's virtual camera give NV12 at this size; it has the 4:3 shape of the frames handed on.
_STREAM = (1024, 768)
_FRAME = (640, 480)
_FRAME_TIMEOUT_S = 5.0


class PiCamera:
    """The first camera that libcamera finds."""

    is_sensor = True

    def __init__(self) -> None:
        self._camera: Any = None
        self._sequence = 0

    def open(self) -> None:
        """Begin."""
        try:
            # picamera2 exists only on a Pi, and claims the camera system when it is imported.
            from picamera2 import Picamera2  # noqa: PLC0415

            self._camera = Picamera2()
            stream = {"format": "NV12", "size": _STREAM}
            self._camera.configure(self._camera.create_video_configuration(main=stream))
            self._camera.start()
        except (ImportError, IndexError, RuntimeError, OSError) as error:
            self.close()
            message = "The Pi's camera does not open. Check the ribbon cable and that python3-picamera2 is installed."
            raise FaultError(Fault.CAMERA_ABSENT, message) from error

    def read(self) -> Frame:
        """Wait for the next frame, no longer than five seconds."""
        try:
            planes = self._camera.capture_array("main", wait=False).get_result(timeout=_FRAME_TIMEOUT_S)
        except (AttributeError, TimeoutError, RuntimeError, OSError) as error:
            message = "The Pi's camera delivers no frame. Check the ribbon cable, then restart the kiosk."
            raise FaultError(Fault.CAMERA_ABSENT, message) from error
        self._sequence += 1
        return Frame(resize(from_nv12(planes, _STREAM[0]), *_FRAME), time.monotonic(), self._sequence)

    def close(self) -> None:
        """End."""
        if self._camera is not None:
            self._camera.close()
        self._camera = None

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
