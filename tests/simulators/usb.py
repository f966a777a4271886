# SPDX-License-Identifier: Apache-2.0
"""USB for a private pcscd: virtual readers that are plugged in and pulled out while the daemon runs.

The daemon's own hot-plug code adds and removes them; only what lies below it is ours: a stand-in for libudev
(usb_bus.c), told by a pipe, and a driver (usb_reader.c) around vpcd's. Both are compiled when a daemon is set up.
pcscd is built without a way to add or remove a serial reader: its SIGUSR1 does nothing (hotplug_libudev.c).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCES = Path(__file__).parent
_HEADERS = "/usr/include/PCSC"
_VENDOR = "d19c"  # nobody's
_BUNDLE = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>{driver}</string>
<key>ifdVendorID</key><array><string>0x{vendor}</string></array>
<key>ifdProductID</key><array><string>0x{product:04x}</string></array>
<key>ifdFriendlyName</key><array><string>{name}</string></array>
</dict></plist>
"""
_DRIVER = "libusbreader.so"


class UsbBus:
    """The bus of one pcscd. A reader is a name and the port of its card; both are fixed before the daemon starts."""

    def __init__(self, directory: Path) -> None:
        self._pipe = directory / "usb"
        self._stand_in = directory / "libusbbus.so"
        self._driver = directory / _DRIVER

    @property
    def env(self) -> dict[str, str]:
        """What the daemon's environment needs."""
        return {"LD_PRELOAD": str(self._stand_in), "USB_BUS": str(self._pipe)}

    def build(self) -> None:
        """Compile the stand-in and the driver.

        Raises:
            RuntimeError: there is no compiler, or no header.
        """
        _compile("usb_bus.c", self._stand_in, f'-DVENDOR="{_VENDOR}"')
        _compile("usb_reader.c", self._driver, f"-I{_HEADERS}")

    def lay_out(self, drivers: Path, vpcd: Path, ports: Mapping[str, int]) -> None:
        """Give each reader a driver of its own in the daemon's folder of drivers, and make the pipe anew."""
        for name, port in ports.items():
            bundle = drivers / f"{port}.bundle" / "Contents"
            (bundle / "Linux").mkdir(parents=True)
            plist = _BUNDLE.format(driver=_DRIVER, vendor=_VENDOR, product=port, name=escape(name))
            (bundle / "Info.plist").write_text(plist, encoding="utf-8")
            shutil.copy(self._driver, bundle / "Linux" / _DRIVER)
            shutil.copy(vpcd, bundle / "Linux" / "libifdvpcd.so")
        self._pipe.unlink(missing_ok=True)
        os.mkfifo(self._pipe)

    def is_watched(self) -> bool:
        """Whether the daemon listens for what happens on the bus."""
        try:
            os.close(self._open())
        except OSError:
            return False
        return True

    def plug(self, port: int) -> None:
        """Tell the daemon that the reader of this port came."""
        self._tell("+", port)

    def unplug(self, port: int) -> None:
        """Tell the daemon that the reader of this port went."""
        self._tell("-", port)

    def _tell(self, change: str, port: int) -> None:
        pipe = self._open()
        try:
            os.write(pipe, f"{change}{port:04x}\n".encode("ascii"))
        finally:
            os.close(pipe)

    def _open(self) -> int:
        return os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK)


def _compile(source: str, library: Path, flag: str) -> None:
    command = ["gcc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", flag, "-o", str(library), str(_SOURCES / source)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or error
        message = f"{source} was not compiled: {said}. Install gcc and libpcsclite-dev."
        raise RuntimeError(message) from error
