# SPDX-License-Identifier: Apache-2.0
"""A machine whose processes are started from `current` and started again when they die, as systemd does it.

`RunningMachine` has real processes: whatever program the release under `current` brings. `TellingMachine` has none, and
tells in the store at once what such a program would; it is for tests that start hundreds of times.
"""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

from kiosk.store import noticeboard
from kiosk.store.database import Store
from kiosk.store.noticeboard import Topic
from kiosk.update.slots import Link, Slots
from kiosk.update.units import SCREEN, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STANDS: dict[str, str] = {Topic.SCREEN: "ok", Topic.READER: "absent", Topic.CAMERA: "ok"}
_AGAIN_S = 0.2


def telling(store: Path, told: Mapping[str, str], then: str = "time.sleep(600)") -> str:
    """The program of a release whose screen tells this, and then does that."""
    plain = {str(name): value for name, value in told.items()}
    return "\n".join(
        (
            "import sqlite3, time",
            f"store = sqlite3.connect({str(store)!r}, timeout=10, isolation_level=None)",
            f"rows = [(name, value, time.time_ns() // 10**6) for name, value in {plain!r}.items()]",
            "store.executemany('INSERT OR REPLACE INTO notice VALUES (?, ?, ?)', rows)",
            "store.close()",
            then,
        )
    )


class RunningMachine:
    """`Units` with one real process, that of the screen."""

    def __init__(self, slots: Slots) -> None:
        self._program = slots.home / Link.CURRENT / "bin" / "dipchip-kiosk"
        self._wanted, self._ended = threading.Event(), threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.restarts = 0
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See `Units`."""
        with self._lock:
            self._wanted.clear()
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._process = None

    def start(self) -> None:
        """See `Units`."""
        if not self._wanted.is_set():
            self.restarts = 0
            self._wanted.set()

    def look(self) -> dict[str, Unit]:
        """See `Units`."""
        with self._lock:
            up = self._process is not None and self._process.poll() is None
        return {SCREEN: Unit(up, self.restarts)}

    def close(self) -> None:
        """End everything."""
        self._ended.set()
        self._thread.join()
        self.stop()

    def _keep(self) -> None:
        began = False
        while not self._ended.wait(_AGAIN_S):
            with self._lock:
                if not self._wanted.is_set():
                    began = False
                elif self._process is None or self._process.poll() is not None:
                    self.restarts += began
                    began = True
                    self._process = subprocess.Popen([str(self._program), "ui"])


class TellingMachine:
    """`Units` without a process: what is started tells at once what its release would. `down` survives no restart."""

    def __init__(self, slots: Slots, store: Path, tells: Mapping[str, Mapping[str, str] | None]) -> None:
        """By version what a release tells; one that is not named stands, None is one whose screen dies."""
        self._slots, self._store, self._tells = slots, store, tells
        self._up = False
        self._dies = False
        self.started = 0

    def stop(self) -> None:
        """See `Units`."""
        self._up = False

    def start(self) -> None:
        """See `Units`."""
        if self._up:
            return
        version = self._slots.where(Link.CURRENT)
        assert version is not None, "current leads to no whole slot, so that nothing can be started"
        self.started += 1
        self._up = True
        told = self._tells.get(version, STANDS)
        self._dies = told is None
        if told is None:
            return
        store = Store(self._store)
        for topic, value in told.items():
            noticeboard.pin(store, Topic(topic), value, self.started)
        store.close()

    def boot(self) -> None:
        """Everything is off, and then comes by itself."""
        self._up = False
        self.start()

    def look(self) -> dict[str, Unit]:
        """See `Units`. A process that dies is up only now and then."""
        return {SCREEN: Unit(up=self._up and not self._dies, restarts=0)}
