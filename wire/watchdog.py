# SPDX-License-Identifier: Apache-2.0
"""Tells systemd that a process is ready and still goes round, so that one that hangs is ended and started again.

It never decides whether the process is well: whoever holds it says so where nothing that hangs could. No message of
ours; it lies here because every process of kiosk and fleet says it.
Source: sd_notify(3) and systemd.service(5), WatchdogSec=.
"""

from __future__ import annotations

import contextlib
import socket
import time

EVERY_S = 5.0  # a third or less of each unit's WatchdogSec=


class Watchdog:
    """The way to systemd.

    Args:
        address: the environment's NOTIFY_SOCKET, a path or an abstract name after "@"; None where nobody asked.
    """

    def __init__(self, address: str | None) -> None:
        self._address = None if address is None else address.replace("@", "\0", 1)
        self._due_s = 0.0
        self._says = b"READY=1\nWATCHDOG=1"

    def alive(self) -> None:
        """Say so, at most every five seconds however often it is called; it neither waits nor fails.

        The first time it says too that the process is ready.
        """
        if self._address is None or time.monotonic() < self._due_s:
            return
        self._due_s = time.monotonic() + EVERY_S
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_systemd:
            to_systemd.settimeout(0)
            to_systemd.sendto(self._says, self._address)
            self._says = b"WATCHDOG=1"
