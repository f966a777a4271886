# SPDX-License-Identifier: Apache-2.0
"""A kiosk's own camera and no other: pinned by its place, its serial number or its id, and never made of software."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.camera_pi import PiCamera
from kiosk.face.camera_v4l2 import UsbCamera
from kiosk.face.cameras import camera_from
from tests.simulators.camera_booths import PiBooth, UsbBooth, plugged
from tests.simulators.camera_contract import fault_of
from tests.simulators.libcamera import CSI, VIRTUAL, WEBCAM

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def usb(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsbBooth]:
    booth = UsbBooth(tmp_path, tmp_path_factory.getbasetemp() / "v4l2_camera.so")
    yield booth
    booth.leave()


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> PiBooth:
    booth = PiBooth()
    # picamera2 exists on a Pi only; `make camera-test` has the real one.
    monkeypatch.setitem(sys.modules, "picamera2", booth.machine)
    return booth


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
