# SPDX-License-Identifier: Apache-2.0
"""Chooses the camera by its configured words: `pi`, `usb:<number or path>`, `file:<path>`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.face.camera_pi import PiCamera
from kiosk.face.camera_v4l2 import FileCamera, UsbCamera

if TYPE_CHECKING:
    from kiosk.face.shapes import Camera


def camera_from(spec: str) -> Camera:
    """The camera that `spec` names, not yet open.

    Raises:
        ValueError: when it names none.
    """
    kind, _, where = spec.partition(":")
    match kind, bool(where):
        case "pi", False:
            return PiCamera()
        case "usb", True:
            return UsbCamera(where)
        case "file", True:
            return FileCamera(Path(where))
    message = f"face camera: {spec!r} is not one of pi, usb:<number or path>, file:<path>"
    raise ValueError(message)
