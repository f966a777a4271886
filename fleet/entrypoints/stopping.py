# SPDX-License-Identifier: Apache-2.0
"""Turns SIGTERM and SIGINT into an event that a process's loops look at between two steps, which is their sign of life.

systemd hears that the process is well as long as each of its loops has looked lately: one that hangs is not covered up
by another that goes round.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from wire.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable

LATELY_S = 30.0  # a database that is away is waited for by looking each few seconds


class Stop(threading.Event):
    """Set when somebody asks the process to stop. Each thread that looks at it is one of the process's loops."""

    def __init__(self, watchdog: Watchdog, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has looked."""
        super().__init__()
        self._watchdog = watchdog
        self._clock = clock
        self._looked_s: dict[int, float] = {}

    def is_set(self) -> bool:
        """Whether to stop."""
        now_s = self._clock()
        self._looked_s[threading.get_ident()] = now_s
        if now_s - min(self._looked_s.copy().values()) < LATELY_S:
            self._watchdog.alive()
        return super().is_set()


def on_signals() -> Stop:
    """The event that is set when somebody asks this process to stop."""
    stop = Stop(Watchdog(os.environ.get("NOTIFY_SOCKET")))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
