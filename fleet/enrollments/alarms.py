# SPDX-License-Identifier: Apache-2.0
"""Raises alarms about kiosks' chains, once a place, and never more than a quota a kiosk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.store.many import Insertion, Lookup, Of
from fleet.store.quota import Quota
from fleet.store.tables import alarm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from wire.chain import Alarm
    from wire.ids import KioskId

QUOTA = 200  # rows a kiosk: a hostile one must not fill the disk

_ROWS = Lookup(
    "SELECT alarm.kiosk, count(*) AS n FROM {asked} JOIN alarm ON alarm.kiosk = asked.kiosk GROUP BY alarm.kiosk",
    kiosk=Of.TEXT,
)
_THERE = Lookup(
    "SELECT alarm.kiosk, alarm.kind, alarm.stream, alarm.seq FROM {asked} JOIN alarm ON alarm.kiosk = asked.kiosk "
    "AND alarm.kind = asked.kind AND alarm.stream = asked.stream AND alarm.seq = asked.seq",
    kiosk=Of.TEXT,
    kind=Of.TEXT,
    stream=Of.TEXT,
    seq=Of.NUMBER,
)
_ALARMS = Insertion(alarm, "kiosk", "kind", "stream", "seq", "raised_ms", on_conflict="DO NOTHING")


@dataclass(frozen=True, slots=True)
class Raised:
    """Something about a kiosk's chain that a person must look at, and at which place."""

    kiosk: KioskId
    kind: Alarm
    stream: str
    seq: int
    at_ms: int

    @property
    def what(self) -> tuple[str, str, str, int]:
        """What makes two alarms the same one."""
        return str(self.kiosk), str(self.kind), self.stream, self.seq


def raise_alarms(connection: Connection, alarms: Sequence[Raised]) -> None:
    """Keep alarms in the order they were raised; the same one twice is one."""
    if not alarms:
        return
    rows = {row.kiosk: row.n for row in _ROWS.rows(connection, list({(each.kiosk,) for each in alarms}))}
    there = [tuple(row) for row in _THERE.rows(connection, list({each.what for each in alarms}))]
    quota = Quota(QUOTA, rows, there)
    _ALARMS.add(connection, [(*each.what, each.at_ms) for each in alarms if quota.admits(str(each.kiosk), each.what)])
