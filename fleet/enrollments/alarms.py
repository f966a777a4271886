# SPDX-License-Identifier: Apache-2.0
"""Raises an alarm about a kiosk's chain, once a place, and never more than a quota a kiosk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.store.session import insert
from fleet.store.tables import alarm

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wire.ids import KioskId

UNRECOVERABLE = "unrecoverable"  # the kiosk has erased what this ledger does not hold
QUOTA = 200  # rows a kiosk: a hostile one must not fill the disk


def raise_alarm(connection: Connection, who: KioskId, kind: str, place: tuple[str, int], at_ms: int) -> None:
    """Keep an alarm of this kind at this (stream, seq); the same one twice is one."""
    rows = select(func.count()).select_from(alarm).where(alarm.c.kiosk == who)
    if connection.execute(rows).scalar_one() >= QUOTA:
        return
    stream, seq = place
    row = insert(connection, alarm).values(kiosk=who, kind=kind, stream=stream, seq=seq, raised_ms=at_ms)
    connection.execute(row.on_conflict_do_nothing())
