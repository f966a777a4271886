# SPDX-License-Identifier: Apache-2.0
"""Judges a release by what the kiosk does with it: screen, reader, camera, store and processes, as they were before.

What did not work before is no fault of a release, and the network is not looked at: it fails by itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.store import noticeboard
from kiosk.store.database import Store, StoreError
from kiosk.store.noticeboard import RESTING, Topic
from kiosk.update.book import Facts
from kiosk.update.units import SCREEN
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.update.units import Units

_SERVES = ("ok", "in_session")  # of the screen: models are loaded, and the camera has given frames
_STARTING = "starting"
_READER_SEEN = ("absent", "present")  # a card in it, or none
_TOPICS = (Topic.SCREEN, Topic.READER, Topic.CAMERA)
_CAMERAS = ("camera", "model", "policy")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a release may take to stand, how long it must then stand, and how often a process may start again."""

    to_stand_s: float = 300.0  # ten times what a slow kiosk needs for its networks
    standing_s: float = 120.0
    restarts: int = 2
    between_looks_s: float = 1.0


class Sights:
    """What can be seen of a kiosk from beside it."""

    def __init__(self, store: Path, units: Units) -> None:
        """Take the path of the store, and who knows of processes."""
        self._path, self._units = store, units
        self._store: Store | None = None

    def forget(self) -> None:
        """Take down what was told, so that the next that is told is another process's."""
        try:
            noticeboard.unpin(self._opened(), _TOPICS)
        except StoreError:
            self._close()

    def look(self) -> Facts:
        """How the kiosk stands."""
        running = tuple(name for name, unit in self._units.look().items() if unit.up)
        try:
            store = self._opened()
            store.write_through()
            told = {topic: notice.value for topic, notice in noticeboard.read(store).items()}
        except StoreError:
            self._close()
            return Facts(running=running)
        screen, reader, camera = (told.get(topic) for topic in _TOPICS)
        return Facts(screen, reader, camera, store=True, running=running)

    def restarts(self) -> dict[str, int]:
        """How often each unit was started again by itself."""
        return {name: unit.restarts for name, unit in self._units.look().items()}

    def close(self) -> None:
        """Let go of the store."""
        self._close()

    def _opened(self) -> Store:
        self._store = self._store or Store(self._path)
        return self._store

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def verdict(before: Facts, now: Facts) -> NotUpdated | None:
    """What a kiosk could do before and cannot now; None where it stands as well as it did."""
    if not now.store:
        return NotUpdated.TRIAL_STORE if before.store else None
    if now.screen is None or now.screen == _STARTING or SCREEN in {*before.running} - {*now.running}:
        return NotUpdated.TRIAL_SCREEN
    if {*before.running} - {*now.running}:
        return NotUpdated.TRIAL_UNITS
    if now.screen in _SERVES:
        return _devices(before, now)
    # One that was closed by an order asks neither reader nor camera.
    return None if now.screen in {RESTING, before.screen} else _part(now.screen)


def _devices(before: Facts, now: Facts) -> NotUpdated | None:
    if now.reader not in _READER_SEEN and before.reader in _READER_SEEN:
        return NotUpdated.TRIAL_READER
    return NotUpdated.TRIAL_CAMERA if now.camera != "ok" and before.camera == "ok" else None


def watch(
    sights: Sights,
    before: Facts,
    patience: Patience,
    *,
    clock_s: Callable[[], float] = time.monotonic,
    wait: Callable[[float], object] = time.sleep,
) -> NotUpdated | None:
    """Look until the kiosk has stood long enough, or it is clear that it does not; the reason, or None.

    A process that keeps dying is not waited for: after eight starts of its screen the machine starts afresh.
    """
    give_up_s, first = clock_s() + patience.to_stand_s, sights.restarts()
    stands_since_s: float | None = None
    while True:
        dying = [name for name, count in sights.restarts().items() if count - first.get(name, 0) > patience.restarts]
        if dying:
            return NotUpdated.TRIAL_SCREEN if SCREEN in dying else NotUpdated.TRIAL_UNITS
        reason = verdict(before, sights.look())
        now_s = clock_s()
        if reason is not None:
            stands_since_s = None
        elif stands_since_s is None:
            stands_since_s = now_s
        if stands_since_s is not None and now_s - stands_since_s >= patience.standing_s:
            return None
        if reason is not None and now_s >= give_up_s:
            return reason
        wait(patience.between_looks_s)


def _part(fault: str) -> NotUpdated:
    if fault.startswith("reader"):
        return NotUpdated.TRIAL_READER
    if fault.startswith(_CAMERAS):
        return NotUpdated.TRIAL_CAMERA
    return NotUpdated.TRIAL_STORE if fault in {"store_broken", "disk_full"} else NotUpdated.TRIAL_SCREEN
