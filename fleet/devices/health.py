# SPDX-License-Identifier: Apache-2.0
"""How each kiosk does, judged in one place from its last words and from what was refused of it.

The database judges, so that thirty thousand kiosks are counted without being fetched; nothing is changed. A kiosk's
clock is never used: "seen" is the controller's own time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, false, func, or_, select

from fleet.devices.registry import REVOKED
from fleet.devices.vigil import by_hours
from fleet.store.days import bangkok_day
from fleet.store.tables import alarm, code_day, device_state, kiosk, quarantine, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Case, Column, ColumnElement, Connection, Function, Label, Row, Select

    from fleet.devices.vigil import Vigil
    from fleet.store.scope import Scope
    from wire.ids import KioskId

OUTBOX_OLD_S = 24 * 60 * 60  # the oldest unacknowledged event stays below a day
DISK_LOW_MIB = 512  # less than this leaves no room for a release and a day of events
HELP_WANTED = "help_wanted"  # told as the screen's state: the kiosk is well, and a person there asks for a helper
RESTING = "resting"  # likewise: an operator has closed it, and its parts serve nobody
WELL = frozenset({"ok", "present", "absent"})  # codes that ask nothing of anybody: `absent` is a reader with no card


class Condition(StrEnum):
    """The word that staff and IT use for a kiosk (journeys 6.1)."""

    OK = "ok"
    NEEDS_CARE = "needs_care"
    RESTING = "resting"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    REVOKED = "revoked"


class Care(StrEnum):
    """Why a kiosk needs care, in the order in which it is told."""

    ALARM = "alarm"
    HELP = "help"
    SCREEN = "screen"
    READER = "reader"
    CAMERA = "camera"
    OUTBOX_OLD = "outbox_old"
    DISK_LOW = "disk_low"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Muster:
    """How many kiosks of a province are in one condition; `seen_ms` is when the longest unheard of them was heard."""

    province: str
    condition: Condition
    n: int
    seen_ms: int | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """What no healthy kiosk does; it asks for care until somebody has looked."""

    kiosk: str
    kind: str
    stream: str
    seq: int
    raised_ms: int
    looked_ms: int | None


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
    new_codes: int  # asked for here in the last seven days, whatever came of it
    alarms: tuple[Alarm, ...]


_WEEK_MS = 7 * 24 * 60 * 60 * 1000


def read_device(connection: Connection, who: KioskId, now_ms: int, scope: Scope) -> Device | None:
    """Judge one kiosk that stands in the scope; None where there is none of that name in it."""
    asked = select(kiosk.c.id, condition_at(by_hours(connection, now_ms)).label("condition")).select_from(WITH_STATE)
    found = connection.execute(asked.where(kiosk.c.id == who, standing_in(scope))).all()
    devices = described(connection, found, now_ms)
    return devices[0] if devices else None


def _with_state(connection: Connection, shown: Sequence[Row[Any]]) -> list[tuple[Condition, Row[Any]]]:
    asked = select(kiosk.c.id, kiosk.c.facility, kiosk.c.province, *_said(), *signs()).select_from(WITH_STATE)
    said = {row.id: row for row in connection.execute(asked.where(kiosk.c.id.in_([row.id for row in shown])))}
    return [(Condition(row.condition), said[row.id]) for row in shown]


def count_by_province(connection: Connection, now_ms: int, scope: Scope, *only: ColumnElement[bool]) -> list[Muster]:
    """How many kiosks are in each condition, by province: the whole fleet in some hundreds of rows."""
    asked = select(
        kiosk.c.province, condition_at(by_hours(connection, now_ms)).label("condition"), device_state.c.seen_ms
    )
    # Without the offset PostgreSQL expects as many groups as kiosks, and sorts all kiosks to find some hundreds.
    judged = asked.select_from(WITH_STATE).where(standing_in(scope), *only).offset(0).subquery()
    alike = (judged.c.province, judged.c.condition)
    counted = select(*alike, func.count(), func.min(judged.c.seen_ms)).group_by(*alike)
    found = connection.execute(counted).all()
    return [Muster(row[0], Condition(row[1]), int(row[2]), row[3]) for row in sorted(found, key=lambda row: row[:2])]


def count_conditions(connection: Connection, now_ms: int, scope: Scope) -> dict[Condition, int]:
    """How many kiosks are in each condition."""
    return by_condition(count_by_province(connection, now_ms, scope))


def by_condition(counted: Iterable[Muster]) -> dict[Condition, int]:
    """The same counts without the provinces; a condition that no kiosk is in has 0."""
    counts = dict.fromkeys(Condition, 0)
    for each in counted:
        counts[each.condition] += each.n
    return counts


def standing_in(scope: Scope) -> ColumnElement[bool]:
    """The criterion for kiosks that stand in a scope."""
    return scope.of_places(kiosk.c.province, kiosk.c.facility)


WITH_STATE = kiosk.outerjoin(device_state, device_state.c.kiosk == kiosk.c.id)


def needing(care: Care) -> ColumnElement[bool]:
    """The criterion for kiosks of `WITH_STATE` that need a care, whatever their condition."""
    return func.coalesce(_signs_or_unknown()[care], false())


def signs() -> list[Label[bool]]:
    """A column for each care: whether a kiosk needs it."""
    return [needing(care).label(f"care_{care}") for care in Care]


def _signs_or_unknown() -> dict[Care, ColumnElement[bool]]:
    """The same; null where a kiosk has not said it."""
    said = device_state.c
    serves = said.screen != RESTING
    return {
        Care.ALARM: kiosk.c.id.in_(select(alarm.c.kiosk).where(alarm.c.looked_ms.is_(None))),
        Care.HELP: said.screen == HELP_WANTED,
        Care.SCREEN: said.screen.not_in(sorted(WELL | {HELP_WANTED, RESTING})),
        Care.READER: and_(serves, said.reader.not_in(sorted(WELL))),
        Care.CAMERA: and_(serves, said.camera.not_in(sorted(WELL))),
        Care.OUTBOX_OLD: said.oldest_unacked_s >= OUTBOX_OLD_S,
        Care.DISK_LOW: said.disk_free_mib < DISK_LOW_MIB,
        Care.CLOCK: said.clock_sync == "unsynced",
    }


def condition_at(vigil: Vigil) -> Case[str]:
    """A column for the condition of each kiosk of `WITH_STATE`; one that is not heard while it is closed is resting."""
    return case(
        (kiosk.c.status == REVOKED, str(Condition.REVOKED)),
        (device_state.c.seen_ms.is_(None), str(Condition.NEVER_SEEN)),
        (device_state.c.seen_ms <= vigil.silent_ms, str(Condition.SILENT)),
        (device_state.c.seen_ms <= vigil.unheard_ms, str(Condition.RESTING)),
        (or_(*_signs_or_unknown().values()), str(Condition.NEEDS_CARE)),
        (device_state.c.screen == RESTING, str(Condition.RESTING)),
        else_=str(Condition.OK),
    )


def _said() -> list[Column[Any]]:
    return [column for column in device_state.c if column.name != "kiosk"]


def described(connection: Connection, judged: Sequence[Row[Any]], now_ms: int) -> tuple[Device, ...]:
    """Read some kiosks, given as rows of `id` and `condition`, with everything that stands beside them."""
    rows = _with_state(connection, judged)
    shown = [row.id for _, row in rows]
    alarms: dict[str, tuple[Alarm, ...]] = {}
    for each in read_alarms(connection, select(alarm).where(alarm.c.kiosk.in_(shown))):
        alarms[each.kiosk] = (*alarms.get(each.kiosk, ()), each)
    refused = _summed(connection, refusal.c.kiosk, func.sum(refusal.c.n), shown)
    held = _summed(connection, quarantine.c.kiosk, func.count(), shown)
    lately = code_day.c.day > bangkok_day(now_ms - _WEEK_MS)
    codes = _summed(connection, code_day.c.kiosk, func.sum(code_day.c.n), shown, lately)
    return tuple(
        _device(
            row,
            condition,
            alarms.get(row.id, ()),
            refused=refused.get(row.id, 0),
            quarantined=held.get(row.id, 0),
            new_codes=codes.get(row.id, 0),
        )
        for condition, row in rows
    )


def _summed(
    connection: Connection, by: Column[Any], what: Function[Any], shown: Sequence[str], *only: ColumnElement[bool]
) -> dict[str, int]:
    rows = connection.execute(select(by, what).where(by.in_(shown), *only).group_by(by))
    return {who: int(n) for who, n in rows}


def read_alarms(connection: Connection, asked: Select[Any]) -> tuple[Alarm, ...]:
    """Read the alarms that a statement asks for, the latest first."""
    rows = connection.execute(asked.order_by(alarm.c.raised_ms.desc(), alarm.c.row.desc()))
    return tuple(Alarm(row.kiosk, row.kind, row.stream, row.seq, row.raised_ms, row.looked_ms) for row in rows)


def _device(
    row: Row[Any], condition: Condition, alarms: tuple[Alarm, ...], *, refused: int, quarantined: int, new_codes: int
) -> Device:
    return Device(
        kiosk=row.id,
        facility=row.facility,
        province=row.province,
        condition=condition,
        cares=tuple(care for care in Care if getattr(row, f"care_{care}")),
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
        new_codes=new_codes,
        alarms=alarms,
    )


def _sessions(text: str | None) -> dict[str, int]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, int)}
