# SPDX-License-Identifier: Apache-2.0
"""Whether a camera is the one that this kiosk is pinned to, and whether it is one at all or only software.

It looks at names and at sysfs and never opens a device. Sources: udev's 60-persistent-v4l.rules for the links under
/dev/v4l; Linux' ABI/testing/sysfs-bus-usb for a device's serial; libcamera's `Camera::id`, which for a sensor is its
place in the device tree or in ACPI, and for a software camera neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from kiosk.enrollment.failures import Fault, FaultError

SYSFS = Path("/sys/class/video4linux")
_LINKS = "/dev/v4l/"
_SERIAL = "serial:"
_LIBCAMERA = "libcamera:"
_FIRMWARE = ("/base/", "\\_SB")  # how libcamera begins a place in the device tree, and one in ACPI


def is_pinned_node(pin: str, node: Path, sysfs: Path = SYSFS) -> bool:
    """Whether the camera at `node`, such as /dev/video0, is the pinned one; any camera is, where nothing is pinned."""
    if pin.startswith(_SERIAL):
        return usb_serial(node, sysfs) == pin.removeprefix(_SERIAL)
    if pin.startswith(_LINKS):
        return Path(pin).resolve() == node.resolve()
    return not pin


def is_pinned_id(pin: str, camera: str) -> bool:
    """Whether libcamera's camera of this id is the pinned one; any camera is, where nothing is pinned."""
    return not pin or pin == f"{_LIBCAMERA}{camera}"


def usb_serial(node: Path, sysfs: Path = SYSFS) -> str | None:
    """The serial number that the camera's USB device tells, None when it tells none or is on no USB."""
    here = (sysfs / node.resolve().name).resolve()
    device = next((above for above in here.parents if (above / "idVendor").is_file()), None)
    if device is None or not (device / "serial").is_file():
        return None
    return (device / "serial").read_text(encoding="utf-8", errors="replace").strip()


def is_software_node(node: Path, sysfs: Path = SYSFS) -> bool:
    """Whether no hardware stands behind the node: v4l2loopback and its like, or something that is no camera at all."""
    entry = sysfs / node.resolve().name
    return not entry.exists() or "virtual" in entry.resolve().parts


def is_software_id(camera: str) -> bool:
    """Whether libcamera made the camera up, as its virtual and its vimc pipeline do."""
    return not camera.startswith(_FIRMWARE)


def others_than(node: Path, sysfs: Path = SYSFS) -> bool:
    """Whether some other camera is connected."""
    return sysfs.is_dir() and any(entry.name != node.name for entry in sysfs.iterdir())


def refuse_changed(which: str) -> NoReturn:
    """Refuse a camera that is not the pinned one.

    Raises:
        FaultError: CAMERA_CHANGED.
    """
    message = (
        f"{which} is not the camera that this kiosk is pinned to. Connect its own camera, or set camera_pin for the"
        " new one (docs/hardware.md)."
    )
    raise FaultError(Fault.CAMERA_CHANGED, message)


def refuse_software(which: str) -> NoReturn:
    """Refuse a camera that exists only in software.

    Raises:
        FaultError: CAMERA_ABSENT.
    """
    message = f"{which} is a software camera and is refused. Connect a real one."
    raise FaultError(Fault.CAMERA_ABSENT, message)
