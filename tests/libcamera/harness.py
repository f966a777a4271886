# SPDX-License-Identifier: Apache-2.0
"""Runs inside the chroot: the kiosk's own `PiCamera` on the real picamera2, libcamera and its virtual camera.

What stands in for a Pi here, and only here: modules that no kiosk calls (the display preview, DNG files), the raw modes
that a camera without a sensor does not have, and an allocator for buffers, because picamera2's own wants the Pi's DMA
heap. Nothing of the adapter is changed.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
import types
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.camera_pi import PiCamera
from tests.simulators.camera_contract import CONTRACT, SCENES, fault_of, scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.face.shapes import Camera

SCENE = Path("/scene")
STREAM = (1024, 768)
SECONDS = 5.0
_TRIES = 50
_BLIND = "blind"
_NO_PIPELINE = {"LIBCAMERA_PIPELINES_MATCH_LIST": "none"}


class Booth:
    """Before libcamera's virtual camera."""

    def camera(self, **more: Any) -> Camera:  # noqa: ANN401 - the adapter's own keywords
        return PiCamera(allow_software=True, **more)

    def absent(self) -> Camera:
        return NoCamera()


class NoCamera(PiCamera):
    """The adapter in a process in which libcamera finds nothing; it tells of the fault and is not there to be read."""

    def open(self) -> None:
        command = [sys.executable, "-m", __spec__.name, _BLIND]
        said = subprocess.run(command, env={**os.environ, **_NO_PIPELINE}, capture_output=True, text=True, check=True)
        raise FaultError(Fault(said.stdout.strip()), "there is no camera")


class _Useless(type):
    """A class that nobody uses; each of its constants is its own name."""

    def __getattr__(cls, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


class _Nobody(types.ModuleType):
    """A module that only has to be there."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any class
        if name.startswith("__"):
            raise AttributeError(name)
        return _Useless(name, (), {})


def stand_in_for_a_pi() -> None:
    """Patch picamera2 for a machine that has neither sensor nor DMA heap."""
    for name in ("kms", "pykms", "pidng", "pidng.camdefs", "pidng.core"):
        sys.modules[name] = _Nobody(name)

    import picamera2  # noqa: PLC0415 - after its modules
    import picamera2.picamera2 as inner  # noqa: PLC0415
    from picamera2.allocators import Allocator, LibcameraAllocator  # noqa: PLC0415

    class WithoutPi(picamera2.Picamera2):  # type: ignore[misc] # it has no types
        def _get_raw_modes(self) -> list[dict[str, Any]]:
            return [{"format": "NV12", "size": STREAM}]

        def configure_(self, camera_config: Any) -> None:  # noqa: ANN401 - passed on
            self.allocator = LibcameraAllocator(self.camera)
            super().configure_(camera_config)

    inner.DmaAllocator = Allocator
    picamera2.Picamera2 = WithoutPi


def lay_out_scene() -> None:
    """Give the virtual camera its pictures."""
    SCENE.mkdir(exist_ok=True)
    for number in range(SCENES):
        cv2.imwrite(str(SCENE / f"{number:03}.jpg"), scene(number, *STREAM))


def a_pinned_camera_is_opened_and_another_is_not(booth: Booth) -> None:
    with booth.camera(pin="libcamera:Virtual0") as camera:
        camera.read()
    assert fault_of(booth.camera(pin="libcamera:/base/another").open) is Fault.CAMERA_CHANGED


def a_software_camera_is_refused_and_is_no_sensor(booth: Booth) -> None:
    assert fault_of(PiCamera().open) is Fault.CAMERA_ABSENT
    with booth.camera() as camera:
        assert not camera.is_sensor


def a_frame_that_does_not_come_in_time_is_a_fault_and_the_camera_opens_again(booth: Booth) -> None:
    with booth.camera(patience_s=0.0) as camera:
        faults = {fault_of(camera.read) for _ in range(_TRIES)}
    assert Fault.CAMERA_FROZEN in faults, faults
    with booth.camera() as camera:
        camera.read()


HERE = (
    a_pinned_camera_is_opened_and_another_is_not,
    a_software_camera_is_refused_and_is_no_sensor,
    a_frame_that_does_not_come_in_time_is_a_fault_and_the_camera_opens_again,
)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measure() -> int:
    """Read for some seconds and print how fast; returns how many frames came."""
    began = time.monotonic()
    with Booth().camera() as camera:
        camera.read()
        first = time.monotonic()
        count = 0
        while time.monotonic() - first < SECONDS:
            camera.read()
            count += 1
        lasted = time.monotonic() - first
    say(f"first frame after {first - began:.2f} s; {count} frames in {lasted:.2f} s: {count / lasted:.0f} a second")
    return count


def tell(promise: Callable[[Booth], None]) -> bool:
    """Try one promise and print how it went."""
    try:
        promise(Booth())
    except Exception as error:  # noqa: BLE001 - a test's end: whatever went wrong is printed, and the next one is tried
        say(f"FAILED  {promise.__name__}: {type(error).__name__}: {error}")
        return False
    say(f"ok      {promise.__name__}")
    return True


def main() -> int:
    """Try everything; the number of broken promises is the exit code."""
    stand_in_for_a_pi()
    if sys.argv[1:] == [_BLIND]:
        say(str(fault_of(PiCamera(allow_software=True).open)))
        return 0
    lay_out_scene()
    libcamera = importlib.import_module("libcamera")
    picamera2 = importlib.import_module("picamera2")
    say(
        f"Python {sys.version.split()[0]}, libcamera {libcamera.CameraManager.singleton().version}, picamera2"
        f" {metadata.version('picamera2')}, OpenCV {cv2.__version__}, numpy {np.__version__}"
    )
    cameras = picamera2.Picamera2.global_camera_info()
    say("cameras: " + ", ".join(f"{camera['Id']} ({camera['Model']})" for camera in cameras))
    broken = sum(not tell(promise) for promise in (*CONTRACT.values(), *HERE))
    return broken + (measure() == 0)


if __name__ == "__main__":
    sys.exit(main())
