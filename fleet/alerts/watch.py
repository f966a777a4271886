# SPDX-License-Identifier: Apache-2.0
"""Who holds the alerting: one process at a time, for as long as it says that it lives; and whether it lives at all.

What a holder writes it writes in the transaction that has locked this row: one that slept too long writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from fleet.store.alert_tables import alert_watch

if TYPE_CHECKING:
    from sqlalchemy import Connection

LEASE_MS = 60_000
SILENT_AFTER_MS = 5 * 60_000  # then the console says that nobody would be told
_ROW = alert_watch.c.name == "alerts"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When all was last judged; None: never."""

    beat_ms: int | None

    def age_s(self, now_ms: int) -> int | None:
        """How long ago that is."""
        return None if self.beat_ms is None else max(0, now_ms - self.beat_ms) // 1000

    def is_silent(self, now_ms: int) -> bool:
        """Whether the alerting has stopped: nobody is told of anything."""
        return self.beat_ms is None or now_ms - self.beat_ms > SILENT_AFTER_MS


def hold(connection: Connection, name: str, now_ms: int) -> bool:
    """Take or keep the alerting for a while; False: another has it. The row stays locked until the transaction ends."""
    connection.execute(select(alert_watch.c.holder).where(_ROW).with_for_update())
    free = or_(alert_watch.c.holder == name, alert_watch.c.until_ms <= now_ms)
    mine = update(alert_watch).where(_ROW, free).values(holder=name, until_ms=now_ms + LEASE_MS)
    return connection.execute(mine).rowcount == 1


def beat(connection: Connection, now_ms: int) -> None:
    """Note that all was judged; by who holds the alerting."""
    connection.execute(update(alert_watch).where(_ROW).values(beat_ms=now_ms))


def release(connection: Connection, name: str) -> None:
    """Leave it to others at once."""
    connection.execute(update(alert_watch).where(_ROW, alert_watch.c.holder == name).values(holder="", until_ms=0))


def read(connection: Connection) -> Heartbeat:
    """How the alerting does."""
    return Heartbeat(connection.execute(select(alert_watch.c.beat_ms).where(_ROW)).scalar_one_or_none())
