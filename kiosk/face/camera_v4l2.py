# SPDX-License-Identifier: Apache-2.0
"""USB cameras and video files through OpenCV's VideoCapture, both as a `Camera` of 640x480 frames.

A camera that exists only in software (v4l2loopback) is refused: it is how a video is injected. The file camera is for
the demonstration and the tests and says of itself that it is no sensor.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import cv2

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.shapes import Frame, Picture

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt

WIDTH, HEIGHT = 640, 480
_SYSFS = Path("/sys/class/video4linux")
_FALLBACK_FPS = 15.0


class UsbCamera:
    """A camera on the USB bus, `device` being its number or a path such as one under /dev/v4l/by-path."""

    is_sensor = True

    def __init__(self, device: str, *, sysfs: Path = _SYSFS) -> None:
        self._node = Path(f"/dev/video{device}") if device.isdigit() else Path(device)
        self._sysfs = sysfs
        self._capture: cv2.VideoCapture | None = None
        self._sequence = 0

    def open(self) -> None:
        """Begin; one buffer only, so that a frame is never older than the last one read."""
        node = self._node.resolve()
        if not node.exists():
            message = f"No camera at {self._node}. Check the USB cable, then the camera setting."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        if "virtual" in (self._sysfs / node.name).resolve().parts:
            message = f"{self._node} is a software camera and is refused. Connect a real one."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        capture = cv2.VideoCapture(str(node), cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not capture.isOpened():
            message = f"The camera at {self._node} does not open. Check that nothing else uses it, then replug it."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        self._capture = capture

    def read(self) -> Frame:
        """Wait for the next frame."""
        arrived, pixels = self._capture.read() if self._capture else (False, None)
        if not arrived or pixels is None:
            message = f"The camera at {self._node} delivers no frame. Check the USB cable."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        self._sequence += 1
        return Frame(_fitted(pixels), time.monotonic(), self._sequence)

    def close(self) -> None:
        """End."""
        if self._capture:
            self._capture.release()
        self._capture = None

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class FileCamera:
    """A video file, again and again. When the file (or what its link points to) is replaced, the new one plays.

    With `realtime` it keeps the file's own frame rate and drops frames when the reader is late, as a camera does.
    Without, every frame comes at once and `taken_s` is the file's time.
    """

    is_sensor = False

    def __init__(self, path: Path, *, realtime: bool = True) -> None:
        self._path = path
        self._realtime = realtime
        self._capture: cv2.VideoCapture | None = None
        self._identity: tuple[int, int, int] | None = None
        self._fps = _FALLBACK_FPS
        self._sequence = 0
        self._began_s = 0.0
        self._unread = 0  # frames of this opening that were played or dropped

    def open(self) -> None:
        """Begin at the file's first frame."""
        self.close()
        self._identity = self._now_at_path()
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            message = f"The camera file {self._path.name} does not play. Check the camera setting."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        self._fps = capture.get(cv2.CAP_PROP_FPS) or _FALLBACK_FPS
        self._capture, self._began_s, self._unread = capture, time.monotonic(), 0

    def read(self) -> Frame:
        """The next frame, at its time."""
        if self._capture is None or self._now_at_path() != self._identity:
            self.open()
        if self._realtime:
            self._keep_pace()
        pixels = self._next()
        self._sequence += 1
        taken_s = time.monotonic() if self._realtime else self._sequence / self._fps
        return Frame(_fitted(pixels), taken_s, self._sequence)

    def _keep_pace(self) -> None:
        ahead_s = self._unread / self._fps - (time.monotonic() - self._began_s)
        if ahead_s > 0:
            time.sleep(ahead_s)
        for _ in range(min(int(-ahead_s * self._fps), int(self._fps))):
            self._next()

    def _next(self) -> npt.NDArray[np.uint8]:
        self._unread += 1
        for _ in range(2):  # at its end the file begins again
            arrived, pixels = self._capture.read() if self._capture else (False, None)
            if arrived and pixels is not None:
                return cast("npt.NDArray[np.uint8]", pixels)
            self._capture = cv2.VideoCapture(str(self._path))
        message = f"The camera file {self._path.name} has no frame. Check the camera setting."
        raise FaultError(Fault.CAMERA_ABSENT, message)

    def _now_at_path(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            message = f"The camera file {self._path.name} is not there. Check the camera setting."
            raise FaultError(Fault.CAMERA_ABSENT, message) from error
        return (found.st_dev, found.st_ino, found.st_mtime_ns)

    def close(self) -> None:
        """End."""
        if self._capture:
            self._capture.release()
        self._capture = None

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _fitted(pixels: cv2.typing.MatLike) -> Picture:
    if pixels.shape[:2] != (HEIGHT, WIDTH):
        pixels = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return Picture(cast("npt.NDArray[np.uint8]", pixels))
