# SPDX-License-Identifier: Apache-2.0
"""What a kiosk last said of itself: one row a kiosk, written over and over, so that the devices page stays quick."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fleet.store.session import insert
from fleet.store.tables import device_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wire.hello import Heartbeat
    from wire.ids import KioskId


def seen(connection: Connection, who: KioskId, at_ms: int) -> None:
    """Note that a verified message came from this kiosk."""
    _write(connection, who, {"seen_ms": at_ms})


def reported(connection: Connection, who: KioskId, heartbeat: Heartbeat, at_ms: int) -> None:
    """Keep what a heartbeat says."""
    _write(
        connection,
        who,
        {
            "seen_ms": at_ms,
            "release": heartbeat.release,
            "outbox": heartbeat.outbox,
            "oldest_unacked_s": heartbeat.oldest_unacked_s,
            "screen": heartbeat.screen,
            "reader": heartbeat.reader,
            "camera": heartbeat.camera,
            "disk_free_mib": heartbeat.disk_free_mib,
            "clock_sync": str(heartbeat.at.sync),
            "sessions": json.dumps(heartbeat.sessions, sort_keys=True),
        },
    )


def _write(connection: Connection, who: KioskId, values: dict[str, Any]) -> None:
    row = insert(connection, device_state).values(kiosk=who, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["kiosk"], set_=values))
