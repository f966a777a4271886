# SPDX-License-Identifier: Apache-2.0
"""Turns SIGTERM and SIGINT into an event that a process's loop looks at between two steps."""

from __future__ import annotations

import signal
import threading


def on_signals() -> threading.Event:
    """The event that is set when somebody asks this process to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
