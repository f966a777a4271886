# SPDX-License-Identifier: Apache-2.0
"""USB cameras through OpenCV's V4L2, as a `Camera` of 640x480 frames.

A camera that exists only in software (v4l2loopback) is how a video is injected: it is refused unless it is allowed by
name, and is then no sensor. A camera that is not the pinned one is refused always.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face import camera_pin
from kiosk.face.frames import HEIGHT, WIDTH, fit
from kiosk.face.shapes import Frame

if TYPE_CHECKING:
    from types import TracebackType


class UsbCamera:
    """A camera on the USB bus, `device` being its number or a path such as one under /dev/v4l/by-path.

    Args:
        device: which node to open.
        pin: which camera it must be, in the words of `camera_pin`; empty when any may be it.
        allow_software: whether a camera that only software plays may serve; never in LIVE.
        sysfs: where the kernel tells of cameras.
    """

    def __init__(
        self, device: str, *, pin: str = "", allow_software: bool = False, sysfs: Path = camera_pin.SYSFS
    ) -> None:
        self._node = Path(f"/dev/video{device}") if device.isdigit() else Path(device)
        self._pin = pin
        self._allow_software = allow_software
        self._sysfs = sysfs
        self._capture: cv2.VideoCapture | None = None
        self._sequence = 0
        self.is_sensor = True

    def open(self) -> None:
        """Begin; one buffer only, so that a frame is never older than the last one read."""
        self.close()
        node = self._checked()
        capture = cv2.VideoCapture(str(node), cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not capture.isOpened():
            capture.release()
            message = f"The camera at {self._node} does not open. Check that nothing else uses it, then replug it."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        self._capture = capture
        try:
            self._checked()  # again: cameras may have been exchanged while this one was being opened
        except FaultError:
            self.close()
            raise

    def _checked(self) -> Path:
        node = self._node.resolve()
        if not node.exists():
            if self._pin and camera_pin.others_than(node, self._sysfs):
                camera_pin.refuse_changed("The camera that is connected")
            message = f"No camera at {self._node}. Check the USB cable, then the camera setting."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        if not camera_pin.is_pinned_node(self._pin, node, self._sysfs):
            camera_pin.refuse_changed(f"The camera at {self._node}")
        self.is_sensor = not camera_pin.is_software_node(node, self._sysfs)
        if not (self.is_sensor or self._allow_software):
            camera_pin.refuse_software(str(self._node))
        return node

    def read(self) -> Frame:
        """Wait for the next frame, at most as long as OpenCV waits for a camera."""
        if self._capture is None:
            message = "The camera is not open. Restart the kiosk; if it happens again, send the log."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        try:
            arrived, pixels = self._capture.read()
        except cv2.error as error:
            message = f"The camera at {self._node} delivers what OpenCV does not understand. Use another camera."
            raise FaultError(Fault.CAMERA_ABSENT, message) from error
        if not arrived or pixels is None:
            raise self._silent()
        self._sequence += 1
        return Frame(fit(pixels), time.monotonic(), self._sequence)

    def _silent(self) -> FaultError:
        # The kernel takes the node away with the device; what is still there hangs.
        if not self._node.exists():
            message = f"The camera at {self._node} has gone. Check the USB cable."
            return FaultError(Fault.CAMERA_ABSENT, message)
        message = f"The camera at {self._node} delivers no frame. Unplug and replug it."
        return FaultError(Fault.CAMERA_FROZEN, message)

    def close(self) -> None:
        """End."""
        if self._capture is not None:
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
