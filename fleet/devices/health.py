# SPDX-License-Identifier: Apache-2.0
"""How each kiosk does, judged in one place from its last words and from what was refused of it.

It reads and decides; it changes nothing. A kiosk's clock is never used: "seen" is the controller's own time.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from fleet.devices.registry import REVOKED
from fleet.store.tables import alarm, device_state, kiosk, quarantine, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Column, Connection, Row

SILENT_AFTER_MS = 15 * 60 * 1000  # journeys 6.1: silent after 15 minutes
OUTBOX_OLD_S = 24 * 60 * 60  # the oldest unacknowledged event stays below a day
DISK_LOW_MIB = 512  # less than this leaves no room for a release and a day of events
WELL = frozenset({"ok", "present", "absent"})  # codes that ask nothing of anybody: `absent` is a reader with no card


class Condition(StrEnum):
    """The word that staff and IT use for a kiosk (journeys 6.1)."""

    OK = "ok"
    NEEDS_CARE = "needs_care"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    REVOKED = "revoked"


class Care(StrEnum):
    """Why a kiosk needs care."""

    SCREEN = "screen"
    READER = "reader"
    CAMERA = "camera"
    OUTBOX_OLD = "outbox_old"
    DISK_LOW = "disk_low"
    CLOCK = "clock"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What no healthy kiosk does; it stands until somebody has looked."""

    kiosk: str
    kind: str
    stream: str
    seq: int
    raised_ms: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Messages refused for one reason, by the name that the topic carried."""

    kiosk: str
    kind: str
    reason: str
    n: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Device:
    """One registered kiosk and what it last said of itself; None where it has not said it."""

    kiosk: str
    facility: str
    province: str
    condition: Condition
    cares: tuple[Care, ...]
    seen_ms: int | None
    release: str | None
    outbox: int | None
    oldest_unacked_s: int | None
    screen: str | None
    reader: str | None
    camera: str | None
    disk_free_mib: int | None
    clock_sync: str | None
    sessions: Mapping[str, int]
    refused: int
    quarantined: int
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class Park:
    """All kiosks, those that need somebody first, and what was refused of senders that are not registered."""

    devices: tuple[Device, ...]
    strangers: tuple[Refusal, ...]

    def count(self, condition: Condition) -> int:
        """Count the kiosks in a condition."""
        return sum(device.condition is condition for device in self.devices)


_URGENCY = (Condition.NEEDS_CARE, Condition.SILENT, Condition.NEVER_SEEN, Condition.OK, Condition.REVOKED)


def read_park(connection: Connection, now_ms: int) -> Park:
    """Read and judge every registered kiosk."""
    rows = connection.execute(
        select(kiosk.c.id, kiosk.c.facility, kiosk.c.province, kiosk.c.status, *_said())
        .outerjoin_from(kiosk, device_state, device_state.c.kiosk == kiosk.c.id)
        .order_by(kiosk.c.province, kiosk.c.facility, kiosk.c.id)
    ).all()
    alarms = _alarms(connection)
    refusals = [Refusal(*row) for row in connection.execute(select(refusal).order_by(refusal.c.last_ms.desc()))]
    refused: Counter[str] = Counter()
    for each in refusals:
        refused[each.kiosk] += each.n
    held: dict[str, int] = {
        row.kiosk: row.n
        for row in connection.execute(select(quarantine.c.kiosk, func.count().label("n")).group_by(quarantine.c.kiosk))
    }
    devices = [
        _device(row, alarms.get(row.id, ()), refused=refused[row.id], quarantined=held.get(row.id, 0), now_ms=now_ms)
        for row in rows
    ]
    registered = {device.kiosk for device in devices}
    devices.sort(key=lambda device: _URGENCY.index(device.condition))
    return Park(tuple(devices), tuple(each for each in refusals if each.kiosk not in registered))


def _said() -> list[Column[Any]]:
    return [column for column in device_state.c if column.name != "kiosk"]


def _alarms(connection: Connection) -> dict[str, tuple[Alarm, ...]]:
    found: dict[str, tuple[Alarm, ...]] = {}
    for row in connection.execute(select(alarm).order_by(alarm.c.raised_ms.desc())):
        one = Alarm(row.kiosk, row.kind, row.stream, row.seq, row.raised_ms)
        found[row.kiosk] = (*found.get(row.kiosk, ()), one)
    return found


def _device(row: Row[Any], alarms: tuple[Alarm, ...], *, refused: int, quarantined: int, now_ms: int) -> Device:
    cares = tuple(_cares(row, alarms))
    return Device(
        kiosk=row.id,
        facility=row.facility,
        province=row.province,
        condition=_condition(row, cares, now_ms),
        cares=cares,
        seen_ms=row.seen_ms,
        release=row.release,
        outbox=row.outbox,
        oldest_unacked_s=row.oldest_unacked_s,
        screen=row.screen,
        reader=row.reader,
        camera=row.camera,
        disk_free_mib=row.disk_free_mib,
        clock_sync=row.clock_sync,
        sessions=_sessions(row.sessions),
        refused=refused,
        quarantined=quarantined,
        alarms=alarms,
    )


def _condition(row: Row[Any], cares: tuple[Care, ...], now_ms: int) -> Condition:
    if row.status == REVOKED:
        return Condition.REVOKED
    if row.seen_ms is None:
        return Condition.NEVER_SEEN
    if now_ms - row.seen_ms >= SILENT_AFTER_MS:
        return Condition.SILENT
    return Condition.NEEDS_CARE if cares else Condition.OK


def _cares(row: Row[Any], alarms: tuple[Alarm, ...]) -> list[Care]:
    signs = {
        Care.ALARM: bool(alarms),
        Care.SCREEN: row.screen is not None and row.screen not in WELL,
        Care.READER: row.reader is not None and row.reader not in WELL,
        Care.CAMERA: row.camera is not None and row.camera not in WELL,
        Care.OUTBOX_OLD: row.oldest_unacked_s is not None and row.oldest_unacked_s >= OUTBOX_OLD_S,
        Care.DISK_LOW: row.disk_free_mib is not None and row.disk_free_mib < DISK_LOW_MIB,
        Care.CLOCK: row.clock_sync == "unsynced",
    }
    return [care for care, is_shown in signs.items() if is_shown]


def _sessions(text: str | None) -> dict[str, int]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, int)}
