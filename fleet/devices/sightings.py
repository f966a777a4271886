# SPDX-License-Identifier: Apache-2.0
"""What kiosks last said of themselves: one row a kiosk, written over and over, so that the devices page stays quick."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fleet.store.many import Insertion
from fleet.store.tables import device_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wire.hello import Heartbeat
    from wire.ids import KioskId

_SAID = (
    "release",
    "outbox",
    "oldest_unacked_s",
    "screen",
    "reader",
    "camera",
    "disk_free_mib",
    "clock_sync",
    "sessions",
)


def _replacing(columns: tuple[str, ...]) -> str:
    return "(kiosk) DO UPDATE SET " + ", ".join(f'"{name}" = excluded."{name}"' for name in columns)


_SEEN = Insertion(device_state, "kiosk", "seen_ms", on_conflict=_replacing(("seen_ms",)))
_REPORTED = Insertion(device_state, "kiosk", "seen_ms", *_SAID, on_conflict=_replacing(("seen_ms", *_SAID)))


class Sightings:
    """Which kiosks a batch has heard from, and the last heartbeat of each."""

    def __init__(self) -> None:
        self._seen_ms: dict[KioskId, int] = {}
        self._said: dict[KioskId, Heartbeat] = {}

    def seen(self, who: KioskId, at_ms: int) -> None:
        """Note that a verified message came from this kiosk."""
        self._seen_ms[who] = at_ms

    def reported(self, who: KioskId, heartbeat: Heartbeat, at_ms: int) -> None:
        """Note what a heartbeat says."""
        self._seen_ms[who] = at_ms
        self._said[who] = heartbeat

    def write(self, connection: Connection) -> None:
        """Write each kiosk's row once."""
        silent = [(who, at_ms) for who, at_ms in self._seen_ms.items() if who not in self._said]
        _SEEN.add(connection, silent)
        _REPORTED.add(connection, [(who, self._seen_ms[who], *_columns(beat)) for who, beat in self._said.items()])


def _columns(beat: Heartbeat) -> tuple[object, ...]:
    return (
        beat.release,
        beat.outbox,
        beat.oldest_unacked_s,
        beat.screen,
        beat.reader,
        beat.camera,
        beat.disk_free_mib,
        str(beat.at.sync),
        json.dumps(beat.sessions, sort_keys=True),
    )
