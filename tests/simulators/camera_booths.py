# SPDX-License-Identifier: Apache-2.0
"""Places where a kind of camera can be tried and upset: a USB one, the Pi's, a film, a folder of pictures.

The USB camera is OpenCV's V4L2 on a stand-in for the kernel's driver, the Pi's a stand-in for picamera2
(camera_room.py, libcamera.py); the files are what they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from kiosk.face.camera_file import FileCamera
from kiosk.face.camera_pi import PiCamera
from tests.simulators import camera_room
from tests.simulators.camera_contract import HEIGHT, SCENES, WIDTH, scene
from tests.simulators.libcamera import CSI, Libcamera

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.face.shapes import Camera
    from tests.simulators.people_warp import Pixels


class Mood(StrEnum):
    """What a camera does; the letters are those of v4l2_camera.c."""

    LIVE = "l"
    GONE = "g"
    SILENT = "s"
    SAME_FRAME = "t"
    REPLAYED = "r"
    BLACK = "b"


class Booth(Protocol):
    """A camera that can be upset."""

    def camera(self, pin: str = "") -> Camera: ...

    def absent(self) -> Camera: ...

    def turn(self, mood: Mood) -> None: ...


@dataclass
class UsbBooth:
    """OpenCV and the kiosk's adapter in a room of their own."""

    folder: Path
    library: Path
    rooms: list[camera_room.RoomCamera] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.library.exists():
            camera_room.build(self.library)
        self.device = self.folder / "video7"
        self.turn(Mood.LIVE)
        yuyv = [cv2.cvtColor(scene(n), cv2.COLOR_BGR2YUV_YUYV).tobytes() for n in range(SCENES)]
        (self.folder / "scene").write_bytes(b"".join(yuyv))
        self.sysfs = plugged(self.folder, "video7", serial="C920-0001")

    def camera(self, pin: str = "") -> Camera:
        return self._room(self.device, pin)

    def absent(self) -> Camera:
        return self._room(self.device.with_name("video8"))

    def _room(self, device: Path, pin: str = "") -> Camera:
        scene_file = self.folder / "scene"
        room = camera_room.RoomCamera(device, library=self.library, scene=scene_file, sysfs=self.sysfs, pin=pin)
        self.rooms.append(room)
        return room

    def turn(self, mood: Mood) -> None:
        if mood is Mood.GONE:
            self.device.unlink()
        else:
            self.device.write_text(mood, encoding="ascii")

    def leave(self) -> None:
        """End every room."""
        for room in self.rooms:
            room.leave()


class PiBooth:
    """The kiosk's adapter on the stand-in for picamera2, which `machine` is; put it in that module's place."""

    def __init__(self) -> None:
        self.machine = Libcamera([CSI], self._expose)
        self._mood = Mood.LIVE
        self._count = count()
        self._noise = np.random.default_rng(7).integers(0, 4, (800, 1056, 3), np.uint8)

    def camera(self, pin: str = "") -> Camera:
        return PiCamera(pin=pin, patience_s=0.05)

    def absent(self) -> Camera:
        self.machine.cameras = []
        return self.camera()

    def turn(self, mood: Mood) -> None:
        self._mood = mood

    def _expose(self, width: int, height: int) -> Pixels | None:
        number = next(self._count)
        match self._mood:
            case Mood.GONE:
                message = "Camera has been disconnected"
                raise RuntimeError(message)
            case Mood.SILENT:
                return None
            case Mood.BLACK:
                return np.zeros((height, width, 3), np.uint8)
            case Mood.SAME_FRAME:
                return scene(0, width, height)
            case Mood.REPLAYED:
                return scene(number, width, height)
        top, left = number % 31, number % 29  # the noise comes round after more frames than are looked at
        return np.asarray(cv2.add(scene(number, width, height), self._noise[top:, left:][:height, :width]), np.uint8)


class FileBooth:
    """A video or a folder of pictures; it cannot go silent, and may show one frame for ever."""

    def __init__(self, folder: Path, show: Callable[[Path, list[Pixels]], Path]) -> None:
        self._folder = folder
        self._show = show
        self._path = show(folder / "show", [scene(n) for n in range(SCENES)])

    def camera(self, pin: str = "") -> Camera:
        assert not pin
        return FileCamera(self._path, realtime=False)

    def absent(self) -> Camera:
        return FileCamera(self._folder / "nothing", realtime=False)

    def turn(self, mood: Mood) -> None:
        self._path.rename(self._folder / "taken away")
        shown = {Mood.BLACK: [np.zeros((HEIGHT, WIDTH, 3), np.uint8)], Mood.SAME_FRAME: [scene(0)]}.get(mood)
        if shown:
            self._show(self._folder / "show", shown * SCENES)


def film(path: Path, pictures: list[Pixels]) -> Path:
    path = path.with_suffix(".avi")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (WIDTH, HEIGHT))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def album(path: Path, pictures: list[Pixels]) -> Path:
    path.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(path / f"{number:03}.png"), picture)
    return path


def plugged(folder: Path, node: str, *, serial: str | None, software: bool = False) -> Path:
    """The corner of sysfs that tells of one camera; returns its class folder."""
    place = "virtual" if software else "pci0000:00/usb1/1-1/1-1:1.0"
    device = folder / "devices" / place / "video4linux" / node
    device.mkdir(parents=True)
    usb = folder / "devices" / "pci0000:00" / "usb1"
    if not software:
        (usb / "idVendor").write_text("1d6b\n", encoding="ascii")  # the hub, which has a serial number too
        (usb / "serial").write_text("0000:00:14.0\n", encoding="ascii")
        (usb / "1-1" / "idVendor").write_text("046d\n", encoding="ascii")
    if serial is not None:
        (usb / "1-1" / "serial").write_text(f"{serial}\n", encoding="ascii")
    sysfs = folder / "class"
    sysfs.mkdir(exist_ok=True)
    (sysfs / node).symlink_to(device)
    return sysfs
