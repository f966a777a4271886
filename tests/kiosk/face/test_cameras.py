# SPDX-License-Identifier: Apache-2.0
"""One contract for every camera, and what each does when it misbehaves.

The USB camera is OpenCV's V4L2 on a stand-in for the kernel's driver; picamera2 is a stand-in module here and the real
one in `make camera-test`.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
import pytest

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.camera_file import FileCamera
from kiosk.face.camera_pi import PiCamera
from kiosk.face.camera_v4l2 import UsbCamera
from kiosk.face.cameras import camera_from
from kiosk.face.frames import fit, from_nv12
from kiosk.face.freshness import Freshness
from tests.simulators import camera_room
from tests.simulators.camera_contract import CONTRACT, HEIGHT, SCENES, WIDTH, fault_of, scene
from tests.simulators.libcamera import CSI, VIRTUAL, WEBCAM, Libcamera

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kiosk.face.shapes import Camera
    from tests.simulators.people_warp import Pixels

ENOUGH = 40  # frames: more than any watcher needs


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


class PiBooth:
    """The kiosk's adapter on the stand-in for picamera2."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = Libcamera([CSI], self._expose)
        self._mood = Mood.LIVE
        self._count = count()
        self._noise = np.random.default_rng(7).integers(0, 4, (800, 1056, 3), np.uint8)
        # picamera2 exists on a Pi only; `make camera-test` has the real one.
        monkeypatch.setitem(sys.modules, "picamera2", self.machine)

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


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("v4l2") / "camera.so"
    camera_room.build(library)
    return library


@pytest.fixture
def usb(tmp_path: Path, driver: Path) -> Iterator[UsbBooth]:
    booth = UsbBooth(tmp_path, driver)
    yield booth
    for room in booth.rooms:
        room.leave()


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> PiBooth:
    return PiBooth(monkeypatch)


@pytest.fixture
def video(tmp_path: Path) -> FileBooth:
    return FileBooth(tmp_path, film)


@pytest.fixture
def folder(tmp_path: Path) -> FileBooth:
    return FileBooth(tmp_path, album)


def _fixture(request: pytest.FixtureRequest) -> Booth:
    booth: Booth = request.getfixturevalue(request.param)
    return booth


SENSORS, FILES = ("pi", "usb"), ("video", "folder")
booth = pytest.fixture(params=[*SENSORS, *FILES], name="booth")(_fixture)
sensor = pytest.fixture(params=SENSORS, name="sensor")(_fixture)
files = pytest.fixture(params=FILES, name="files")(_fixture)


@pytest.mark.parametrize("promise", CONTRACT.values(), ids=CONTRACT)
def test_every_camera_keeps_the_contract(booth: Booth, promise: Callable[[Booth], None]) -> None:
    promise(booth)


def _watch(camera: Camera) -> None:
    """Look at frames as the face check does."""
    freshness = Freshness()
    for _ in range(ENOUGH):
        freshness.check(camera.read(), is_sensor=camera.is_sensor)


def test_a_healthy_camera_is_called_neither_frozen_nor_absent(booth: Booth) -> None:
    with booth.camera() as camera:
        _watch(camera)


def test_a_camera_that_is_pulled_while_it_is_read_is_absent_and_can_be_closed(booth: Booth) -> None:
    camera = booth.camera()
    camera.open()
    camera.read()
    booth.turn(Mood.GONE)
    assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_ABSENT
    camera.close()
    assert fault_of(camera.read) is Fault.CAMERA_ABSENT


def test_a_camera_that_falls_silent_is_frozen_and_can_be_closed(sensor: Booth) -> None:
    with sensor.camera() as camera:
        camera.read()
        sensor.turn(Mood.SILENT)
        assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_FROZEN


@pytest.mark.parametrize("mood", [Mood.SAME_FRAME, Mood.REPLAYED])
def test_a_camera_that_shows_again_what_it_has_shown_is_frozen(sensor: Booth, mood: Mood) -> None:
    with sensor.camera() as camera:
        camera.read()
        sensor.turn(mood)
        assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_FROZEN


def test_a_film_may_stand_still_and_come_round_again(files: Booth) -> None:
    with files.camera() as camera:
        _watch(camera)
        files.turn(Mood.SAME_FRAME)
        _watch(camera)


def test_a_camera_that_goes_black_is_no_fault_and_shows_black(booth: Booth) -> None:
    with booth.camera() as camera:
        camera.read()
        booth.turn(Mood.BLACK)
        _watch(camera)
        assert camera.read().picture.max() <= 1


def test_a_camera_heals_when_it_is_opened_again(sensor: Booth) -> None:
    camera = sensor.camera()
    with camera:
        sensor.turn(Mood.SILENT)
        assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_FROZEN
    sensor.turn(Mood.LIVE)
    with camera:
        _watch(camera)


def test_the_same_recording_at_the_next_try_is_refused(usb: UsbBooth) -> None:
    freshness = Freshness()
    usb.turn(Mood.REPLAYED)

    def try_once() -> None:
        with usb.camera() as camera:
            for _ in range(SCENES):
                freshness.check(camera.read(), is_sensor=True)

    try_once()
    assert [fault_of(try_once), fault_of(try_once)].count(Fault.CAMERA_FROZEN) > 0


# Pinning.


@pytest.mark.parametrize(
    ("serial", "pin", "fault"),
    [
        ("C920-0001", "", None),
        ("C920-0001", "serial:C920-0001", None),
        ("C920-0002", "serial:C920-0001", Fault.CAMERA_CHANGED),
        (None, "serial:C920-0001", Fault.CAMERA_CHANGED),
        ("C920-0001", "libcamera:/base/soc/i2c0mux/i2c@1/imx708@1a", Fault.CAMERA_CHANGED),
        ("C920-0001", "something else", Fault.CAMERA_CHANGED),
    ],
)
def test_a_usb_camera_is_known_by_its_own_serial_number(
    tmp_path: Path, serial: str | None, pin: str, fault: Fault | None
) -> None:
    node = tmp_path / "video7"
    node.touch()
    camera = UsbCamera(str(node), pin=pin, sysfs=plugged(tmp_path, "video7", serial=serial))
    # An empty file lets nothing be opened: past the pin comes OpenCV, which finds no camera in it.
    assert fault_of(camera.open) is (fault or Fault.CAMERA_ABSENT)


def test_a_pinned_usb_camera_is_opened(usb: UsbBooth) -> None:
    with usb.camera("serial:C920-0001") as camera:
        camera.read()
    assert fault_of(usb.camera("serial:C920-0002").open) is Fault.CAMERA_CHANGED


@pytest.mark.parametrize("kind", ["by-path", "by-id"])
def test_a_usb_camera_is_known_by_the_link_that_udev_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    links = tmp_path / "v4l" / kind
    links.mkdir(parents=True)
    (links / "own").symlink_to(tmp_path / "video7")
    (links / "other").symlink_to(tmp_path / "video8")
    (tmp_path / "video7").touch()
    sysfs = plugged(tmp_path, "video7", serial=None)
    # No udev runs here to make links under /dev.
    monkeypatch.setattr("kiosk.face.camera_pin._LINKS", f"{tmp_path}/v4l/")
    found = {
        pin: fault_of(UsbCamera(str(tmp_path / "video7"), pin=f"{links}/{pin}", sysfs=sysfs).open)
        for pin in ("own", "other", "unplugged")
    }
    assert found == {
        "own": Fault.CAMERA_ABSENT,  # past the pin comes OpenCV, which finds no camera in an empty file
        "other": Fault.CAMERA_CHANGED,
        "unplugged": Fault.CAMERA_CHANGED,
    }


def test_with_the_pinned_camera_away_another_one_is_no_substitute(tmp_path: Path) -> None:
    sysfs = plugged(tmp_path, "video7", serial="other")
    away = UsbCamera(str(tmp_path / "own"), pin="serial:own", sysfs=sysfs)
    assert fault_of(away.open) is Fault.CAMERA_CHANGED
    (sysfs / "video7").unlink()
    assert fault_of(away.open) is Fault.CAMERA_ABSENT


def test_a_camera_that_is_exchanged_during_the_visit_is_refused_at_the_next_opening(usb: UsbBooth) -> None:
    camera = usb.camera("serial:C920-0001")
    with camera:
        camera.read()
    (usb.folder / "devices/pci0000:00/usb1/1-1/serial").write_text("C920-0002\n", encoding="ascii")
    assert fault_of(camera.open) is Fault.CAMERA_CHANGED


def test_the_pis_camera_is_known_by_its_id_wherever_it_stands_in_the_list(pi: PiBooth) -> None:
    second = CSI.replace("i2c@1", "i2c@2")
    pi.machine.cameras = [CSI, second]
    camera = pi.camera(f"libcamera:{second}")
    with camera:
        assert pi.machine.held == {1}
    pi.machine.cameras = [CSI]
    assert fault_of(camera.open) is Fault.CAMERA_CHANGED
    pi.machine.cameras = []
    assert fault_of(camera.open) is Fault.CAMERA_ABSENT


def test_the_pis_adapter_takes_no_webcam_for_the_camera_on_the_ribbon(pi: PiBooth) -> None:
    pi.machine.cameras = [WEBCAM]
    assert fault_of(pi.camera().open) is Fault.CAMERA_ABSENT
    pi.machine.cameras = [WEBCAM, CSI]
    with pi.camera():
        assert pi.machine.held == {1}


def test_the_camera_that_libcamera_makes_up_is_refused_unless_it_is_allowed(pi: PiBooth) -> None:
    pi.machine.cameras = [VIRTUAL]
    with pytest.raises(FaultError, match="software camera"):
        PiCamera().open()
    assert pi.machine.held == set()
    with PiCamera(allow_software=True) as camera:
        camera.read()
        assert not camera.is_sensor


def test_a_pi_camera_that_gives_another_format_is_refused_and_let_go(pi: PiBooth) -> None:
    pi.machine.stream_format = "YUYV"
    assert fault_of(pi.camera().open) is Fault.CAMERA_ABSENT
    assert pi.machine.held == set()


def test_a_pi_camera_that_somebody_else_uses_is_absent(pi: PiBooth) -> None:
    with pi.camera():
        assert fault_of(pi.camera().open) is Fault.CAMERA_ABSENT


def test_without_picamera2_the_pis_camera_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)  # as on every machine that is no Pi
    with pytest.raises(FaultError, match="python3-picamera2") as caught:
        PiCamera().open()
    assert caught.value.fault is Fault.CAMERA_ABSENT


def test_a_software_camera_is_refused_unless_it_is_allowed_and_is_then_no_sensor(tmp_path: Path) -> None:
    node = tmp_path / "video9"
    node.touch()
    sysfs = plugged(tmp_path, "video9", serial=None, software=True)
    with pytest.raises(FaultError, match="software camera"):
        UsbCamera(str(node), sysfs=sysfs).open()
    allowed = UsbCamera(str(node), sysfs=sysfs, allow_software=True)
    with pytest.raises(FaultError, match="does not open"):
        allowed.open()
    assert not allowed.is_sensor


def test_a_file_that_is_no_video_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video9").touch()
    with pytest.raises(FaultError, match="software camera"):
        UsbCamera(str(tmp_path / "video9"), sysfs=tmp_path / "class").open()


@pytest.mark.skipif(Path("/dev/video0").exists(), reason="this machine has a camera")
def test_this_machine_without_a_camera_says_so() -> None:
    assert fault_of(camera_from("usb:0").open) is Fault.CAMERA_ABSENT


# Pictures that are none, and shapes.


@pytest.mark.parametrize("shape", [(480, 640), (720, 1280, 3), (1080, 1920, 3), (240, 320, 3), (640, 480, 3), (1, 1)])
def test_a_frame_of_any_shape_is_cut_and_scaled_and_never_squeezed(shape: tuple[int, ...]) -> None:
    picture = np.zeros(shape, np.uint8)
    side = min(shape[:2]) // 4
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    picture[top : top + side, left : left + side] = 255
    fitted = fit(picture)
    assert fitted.shape == (HEIGHT, WIDTH, 3)
    if side:
        tall, wide = (int((fitted[:, :, 0] > 127).any(axis=axis).sum()) for axis in (1, 0))
        assert abs(tall - wide) <= 4


@pytest.mark.parametrize(
    "pixels",
    [
        None,
        np.zeros((480, 640, 3), np.uint16),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros(921_600, np.uint8),
    ],
    ids=["nothing", "sixteen bits", "four colours", "empty", "flat"],
)
def test_what_is_no_picture_is_a_fault(pixels: Pixels | None) -> None:
    assert fault_of(lambda: fit(pixels)) is Fault.CAMERA_ABSENT


@pytest.mark.parametrize("shape", [(1152, 1000), (1151, 1024), (1152, 1024, 3)])
def test_planes_that_are_no_nv12_are_a_fault(shape: tuple[int, ...]) -> None:
    assert fault_of(lambda: from_nv12(np.zeros(shape, np.uint8), 1024)) is Fault.CAMERA_ABSENT


def test_a_folder_plays_its_pictures_in_the_order_of_their_names_and_nothing_else(tmp_path: Path) -> None:
    greys = {"a.png": 10, "b.JPG": 60, "c.bmp": 110}
    for name, grey in greys.items():
        cv2.imwrite(str(tmp_path / name), np.full((480, 640, 3), grey, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture", encoding="utf-8")
    with FileCamera(tmp_path, realtime=False) as camera:
        seen = [round(float(camera.read().picture.mean())) for _ in range(4)]
    assert seen == [10, 60, 110, 10]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no picture"])
def test_a_folder_whose_only_picture_does_not_open_is_a_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.jpg").write_bytes(content)
    with FileCamera(tmp_path, realtime=False) as camera:
        assert fault_of(camera.read) is Fault.CAMERA_ABSENT


def test_a_folder_without_pictures_does_not_play(tmp_path: Path) -> None:
    assert fault_of(FileCamera(tmp_path).open) is Fault.CAMERA_ABSENT


def test_a_folder_in_real_time_keeps_fifteen_pictures_a_second(tmp_path: Path) -> None:
    with FileCamera(album(tmp_path / "show", [scene(0)])) as camera:
        began_s = time.monotonic()
        for _ in range(4):
            camera.read()
        assert time.monotonic() - began_s >= 2.5 / 15
