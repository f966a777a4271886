# SPDX-License-Identifier: Apache-2.0
"""Tells systemd that a process still goes round, so that one that hangs is ended and started again.

It never decides whether the process is well: whoever holds it says so where nothing that hangs could.
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

    def alive(self) -> None:
        """Say so, at most every five seconds however often it is called; it neither waits nor fails."""
        if self._address is None or time.monotonic() < self._due_s:
            return
        self._due_s = time.monotonic() + EVERY_S
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_systemd:
            to_systemd.settimeout(0)
            to_systemd.sendto(b"WATCHDOG=1", self._address)
