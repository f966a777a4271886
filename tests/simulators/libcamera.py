# SPDX-License-Identifier: Apache-2.0
"""A module in the place of picamera2: the few calls that the kiosk makes, answering as its manual and source say.

It shows that the adapter keeps its contract, not that a camera works: for that `make camera-test` runs the adapter on
the real picamera2 and libcamera. Source: picamera2 0.3.38, picamera2.py and job.py.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulators.people_warp import Pixels

CSI = "/base/soc/i2c0mux/i2c@1/imx708@1a"
WEBCAM = "/base/scb/pcie@7d500000/pci@0,0/usb@0,0-1.2:1.0-046d:0825"
VIRTUAL = "Virtual0"


class Job:
    """What `capture_array` returns at once when it is told not to wait."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()

    def get_result(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - an array
        return self.future.result(timeout)


class Libcamera:
    """The machine's cameras: which there are, what they look at, and whether they still work. It is also the module.

    `expose` gives the next picture, or None when no frame comes; it may raise what picamera2 raises.
    """

    def __init__(self, cameras: list[str], expose: Callable[[int, int], Pixels | None]) -> None:
        self.cameras = cameras
        self.expose = expose
        self.stream_format = "NV12"
        self.padding = 64  # bytes after each row, as ISPs align them
        self.held: set[int] = set()
        self.Picamera2 = type("Picamera2", (StandIn,), {"machine": self})


class StandIn:
    """The class `Picamera2` of one machine."""

    machine: Libcamera

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= len(self.machine.cameras):
            message = f"No camera number {camera_num} found"
            raise RuntimeError(message)
        if camera_num in self.machine.held:
            message = "Camera __init__ sequence did not complete."
            raise RuntimeError(message)
        self.machine.held.add(camera_num)
        self._number = camera_num
        self._config: dict[str, Any] = {}
        self._started = False
        self._jobs: list[Job] = []

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return [{"Model": "stand-in", "Id": one, "Num": n} for n, one in enumerate(cls.machine.cameras)]

    def create_video_configuration(self, main: dict[str, Any]) -> dict[str, Any]:
        return {"main": {**main, "format": self.machine.stream_format}}

    def configure(self, config: dict[str, Any]) -> None:
        if self._started:
            message = "Camera must be stopped before configuring"
            raise RuntimeError(message)
        self._config = config

    def camera_configuration(self) -> dict[str, Any]:
        return self._config

    def start(self) -> None:
        if not self._config:
            message = "Camera has not been configured"
            raise RuntimeError(message)
        self._started = True

    def capture_array(self, name: str, *, wait: bool) -> Job:
        assert (name, wait) == ("main", False)
        job = Job()
        width, height = self._config["main"]["size"]
        picture = self.machine.expose(width, height) if self._started else None
        if picture is None:
            self._jobs.append(job)
        else:
            job.future.set_result(_nv12(picture, self.machine.padding))
        return job

    def cancel_all_and_flush(self) -> None:
        for job in self._jobs:
            job.future.set_exception(CancelledError())
        self._jobs.clear()

    def close(self) -> None:
        assert not self._jobs, "picamera2 would wait for the frame that was asked for"
        self._started = False
        self.machine.held.discard(self._number)


def _nv12(picture: Pixels, padding: int) -> Pixels:
    height, width = picture.shape[:2]
    planar = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    chroma = planar[height:].reshape(2, -1)
    both = np.ascontiguousarray(chroma.T).reshape(height // 2, width)
    planes = np.vstack([planar[:height], both])
    return np.asarray(np.pad(planes, ((0, 0), (0, padding))), np.uint8)
