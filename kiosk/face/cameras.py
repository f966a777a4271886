# SPDX-License-Identifier: Apache-2.0
"""Chooses the camera by its configured words: `pi`, `usb:<number or path>`, `file:<video or folder>`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.face.camera_file import FileCamera
from kiosk.face.camera_pi import PiCamera
from kiosk.face.camera_v4l2 import UsbCamera

if TYPE_CHECKING:
    from kiosk.face.shapes import Camera


def camera_from(spec: str, *, pin: str = "", allow_software: bool = False) -> Camera:
    """The camera that `spec` names, not yet open.

    Args:
        spec: the setting `camera`.
        pin: the setting `camera_pin`; a file has none.
        allow_software: whether a camera without hardware may serve; a file refuses LIVE by being no sensor.

    Raises:
        ValueError: when it names none.
    """
    kind, _, where = spec.partition(":")
    match kind, bool(where):
        case "pi", False:
            return PiCamera(pin=pin, allow_software=allow_software)
        case "usb", True:
            return UsbCamera(where, pin=pin, allow_software=allow_software)
        case "file", True:
            return FileCamera(Path(where))
    message = f"face camera: {spec!r} is not one of pi, usb:<number or path>, file:<path>"
    raise ValueError(message)
