# SPDX-License-Identifier: Apache-2.0
"""A USB camera to be plugged, pulled and upset: the kiosk's own adapter and OpenCV's V4L2 in a process of their own.

That process preloads a stand-in for the kernel's driver (v4l2_camera.c), because this kernel may have none. It cannot
show what a real driver gets wrong. Standard input brings it questions, standard output takes its answers away.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from kiosk.enrollment.failures import FaultError

if TYPE_CHECKING:
    from types import TracebackType

    from kiosk.face.shapes import Frame

_SOURCE = Path(__file__).with_name("v4l2_camera.c")
_LENGTH_BYTES = 8


def build(library: Path) -> None:
    """Compile the stand-in.

    Raises:
        RuntimeError: there is no compiler.
    """
    command = ["gcc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"{_SOURCE.name} was not compiled: {getattr(error, 'stderr', '') or error}. Install gcc."
        raise RuntimeError(message) from error


class RoomCamera:
    """A `Camera` whose adapter lives in a room of its own; everything it says and raises comes through."""

    def __init__(self, device: Path, *, library: Path, scene: Path, sysfs: Path, pin: str = "") -> None:
        env = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "V4L2_CAMERA": str(device),
            "V4L2_SCENE": str(scene),
            "OPENCV_LOG_LEVEL": "SILENT",
            "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "1",  # seconds; else a silent camera is waited for ten
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.simulators.camera_room", str(device), str(sysfs), pin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
        )

    @property
    def is_sensor(self) -> bool:
        return bool(self._ask("is_sensor"))

    def open(self) -> None:
        self._ask("open")

    def read(self) -> Frame:
        frame: Frame = self._ask("read")
        return frame

    def close(self) -> None:
        self._ask("close")

    def leave(self) -> None:
        """End the room."""
        self._process.communicate()

    def _ask(self, what: str) -> Any:  # noqa: ANN401 - what the adapter answered
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        _put(questions, what)
        fault, answer = _get(answers)
        if fault is not None:
            raise FaultError(fault, answer)
        return answer

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _put(stream: BinaryIO | Any, what: object) -> None:  # noqa: ANN401 - IO[bytes] of a process
    content = pickle.dumps(what)
    stream.write(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
    stream.flush()


def _get(stream: BinaryIO | Any) -> Any:  # noqa: ANN401 - IO[bytes] of a process, and what came
    content = stream.read(int.from_bytes(stream.read(_LENGTH_BYTES), "big"))
    if not content:
        raise EOFError
    return pickle.loads(content)  # noqa: S301 - our own process


def _answer(camera: Any, what: str) -> object:  # noqa: ANN401 - one attribute or method by its name
    try:
        found = getattr(camera, what)
        return None, found() if callable(found) else found
    except FaultError as error:
        return error.fault, str(error)


def _serve() -> None:
    from kiosk.face.camera_v4l2 import UsbCamera  # noqa: PLC0415 - OpenCV belongs to the room

    device, sysfs, pin = sys.argv[1:4]
    camera = UsbCamera(device, pin=pin, sysfs=Path(sysfs))
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            what = _get(questions)
        except EOFError:
            return
        _put(answers, _answer(camera, what))


if __name__ == "__main__":
    _serve()
