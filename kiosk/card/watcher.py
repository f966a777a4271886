# SPDX-License-Identifier: Apache-2.0
"""Tells when a card comes and goes, and when the reader does.

It never reads a card and swallows no change: a card that was swapped between two looks is told as gone and come.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kiosk.enrollment.ports import Presence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOK_S = 0.25  # how long one look may wait, and so how soon `stop` is obeyed

_OPPOSITE = {Presence.ABSENT: Presence.PRESENT, Presence.PRESENT: Presence.ABSENT}


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the reader sees now. `movements` counts cards going in and out; it stands still while nothing moves."""

    presence: Presence
    movements: int = 0


class PresenceSource(Protocol):
    """Looks at the reader. A missing reader or service is a sighting (NO_READER), not an error."""

    def look(self, timeout_s: float) -> Sighting:
        """Return what is seen at the first call and as soon as it changes, else after `timeout_s` seconds."""

    def close(self) -> None:
        """Let go of the reader; the next look starts anew."""


class ReaderWatcher:
    """Implements `CardWatcher` over a source of sightings."""

    def __init__(self, source: PresenceSource) -> None:
        self._source = source
        self._stopped = threading.Event()

    def watch(self, changed: Callable[[Presence], None]) -> None:
        """Call `changed` at once with the presence now, then at every change, until `stop`. Blocks."""
        last: Sighting | None = None
        try:
            while not self._stopped.is_set():
                sighting = self._source.look(_LOOK_S)
                for presence in _changes(last, sighting):
                    changed(presence)
                last = sighting
        finally:
            self._source.close()

    def stop(self) -> None:
        """Make `watch` return within a quarter of a second; it cannot be started again."""
        self._stopped.set()


def _changes(last: Sighting | None, now: Sighting) -> Iterator[Presence]:
    """Tell what happened between two sightings, in order."""
    if last == now:
        return
    if last is not None and last.presence is now.presence and now.presence in _OPPOSITE:
        yield _OPPOSITE[now.presence]
    yield now.presence
