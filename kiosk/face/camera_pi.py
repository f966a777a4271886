# SPDX-License-Identifier: Apache-2.0
"""The Raspberry Pi's camera through picamera2: an NV12 main stream, every control left as it is.

A camera that libcamera only makes up (its virtual pipeline) is refused unless it is allowed by name, and is then no
sensor. It has not been run on a Pi; docs/hardware.md tells what it was run on. Source: picamera2 0.3.38.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face import camera_pin
from kiosk.face.frames import from_nv12
from kiosk.face.shapes import Frame

if TYPE_CHECKING:
    from types import TracebackType

# Both ISPs and libcamera's virtual camera give NV12 at this size; it has the 4:3 shape of the frames handed on.
_STREAM = {"format": "NV12", "size": (1024, 768)}
_USB = "/usb"  # in the id of a camera that is on USB: those are opened through V4L2
_PATIENCE_S = 5.0

# What a camera that is missing, busy or half configured makes picamera2 raise, the last three from its own code.
_TROUBLE = (RuntimeError, OSError, LookupError, AttributeError, TypeError, ValueError)


class PiCamera:
    """The first camera on a ribbon cable that libcamera finds, or the pinned one.

    Args:
        pin: which camera it must be, in the words of `camera_pin`; empty when any may be it.
        allow_software: whether a camera that libcamera makes up may serve; never in LIVE.
        patience_s: how long a frame may take.
    """

    def __init__(self, *, pin: str = "", allow_software: bool = False, patience_s: float = _PATIENCE_S) -> None:
        self._pin = pin
        self._allow_software = allow_software
        self._patience_s = patience_s
        self._camera: Any = None
        self._width = 0
        self._sequence = 0
        self.is_sensor = True

    def open(self) -> None:
        """Begin."""
        self.close()
        try:
            # picamera2 exists only on a Pi, and claims the camera system when it is imported.
            from picamera2 import Picamera2  # noqa: PLC0415

            self._camera = Picamera2(self._chosen(Picamera2.global_camera_info()))
            self._camera.configure(self._camera.create_video_configuration(main=dict(_STREAM)))
            self._width = _width(self._camera.camera_configuration()["main"])
            self._camera.start()
        except FaultError:
            self.close()
            raise
        except (ImportError, *_TROUBLE) as error:
            self.close()
            message = "The Pi's camera does not open. Check the ribbon cable and that python3-picamera2 is installed."
            raise FaultError(Fault.CAMERA_ABSENT, message) from error

    def _chosen(self, found: list[dict[str, Any]]) -> int:
        """The place of the camera in picamera2's list, which is what it opens a camera by."""
        ribbons = {place: str(camera["Id"]) for place, camera in enumerate(found) if _USB not in str(camera["Id"])}
        if not ribbons:
            message = "No camera on the ribbon cable. Check the cable at both ends, then restart the kiosk."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        chosen = next((place for place, camera in ribbons.items() if camera_pin.is_pinned_id(self._pin, camera)), None)
        if chosen is None:
            camera_pin.refuse_changed("The camera on the ribbon cable")
        self.is_sensor = not camera_pin.is_software_id(ribbons[chosen])
        if not (self.is_sensor or self._allow_software):
            camera_pin.refuse_software(f"libcamera's {ribbons[chosen]}")
        return chosen

    def read(self) -> Frame:
        """Wait for the next frame, no longer than five seconds."""
        if self._camera is None:
            message = "The camera is not open. Restart the kiosk; if it happens again, send the log."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        try:
            planes = self._camera.capture_array("main", wait=False).get_result(timeout=self._patience_s)
        except TimeoutError as error:
            self._camera.cancel_all_and_flush()  # or closing would wait for the frame
            message = "The Pi's camera delivers no frame. Check the ribbon cable, then restart the kiosk."
            raise FaultError(Fault.CAMERA_FROZEN, message) from error
        except _TROUBLE as error:
            message = "The Pi's camera has gone. Check the ribbon cable, then restart the kiosk."
            raise FaultError(Fault.CAMERA_ABSENT, message) from error
        self._sequence += 1
        return Frame(from_nv12(planes, self._width), time.monotonic(), self._sequence)

    def close(self) -> None:
        """End; a camera that cannot even be closed has gone."""
        camera, self._camera = self._camera, None
        if camera is not None:
            try:
                camera.close()
            except _TROUBLE:
                return

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _width(stream: dict[str, Any]) -> int:
    """How wide the stream has become: libcamera answers a wish that it cannot fulfil with something near it."""
    if stream["format"] != _STREAM["format"]:
        message = "The Pi's camera gives no NV12. Use a camera that docs/hardware.md expects."
        raise FaultError(Fault.CAMERA_ABSENT, message)
    return int(stream["size"][0])
