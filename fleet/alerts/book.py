# SPDX-License-Identifier: Apache-2.0
"""The alarms in the database: what stands, what is written after a look, and what people do about one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, or_, select, update

from fleet.alerts.judging import Alarm
from fleet.alerts.places import columns_of, within
from fleet.alerts.rules import RULES, RuleId, Severity
from fleet.alerts.subjects import Subject, place, stored
from fleet.errors import FleetError
from fleet.store.alert_tables import alert
from fleet.store.scope import Scope

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from fleet.alerts.judging import Judgement

_LOOK = "`dipchip-fleet alert list` shows what stands."
_BY_HAND = (RuleId.SECURITY,)  # its fact is in the ledger for ever: the others end by themselves
SHOWN = 500  # alarms
_DAY_MS = 24 * 3_600_000


class Why(StrEnum):
    """Why nothing was done about an alarm."""

    NO_SUCH_ALARM = "no_such_alarm"
    OVER = "over"
    TAKEN = "taken"
    ENDS_BY_ITSELF = "ends_by_itself"


class AlertRefusedError(FleetError):
    """Nothing was done about an alarm; says why."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True)
class Entry:
    """An alarm as it is shown: its number, and what people did about it."""

    id: int
    alarm: Alarm
    severity: Severity
    acknowledged_ms: int | None
    acknowledged_by: str | None
    cleared_by: str | None

    @property
    def ends_by_hand(self) -> bool:
        """Whether somebody has to end it, because its fact stays for ever."""
        return self.alarm.rule in _BY_HAND


def standing(connection: Connection) -> list[Alarm]:
    """Every alarm that waits or is open, everywhere: what the judge needs."""
    rows = connection.execute(select(alert).where(alert.c.cleared_ms.is_(None)).order_by(alert.c.id))
    return [_alarm(row) for row in rows]


def write(connection: Connection, judgement: Judgement, before: list[Alarm]) -> None:
    """Write what a look has changed; `before` is what stood when it was judged."""
    known = {each.key: each for each in before}
    for rule, subject in judgement.forgotten:
        connection.execute(delete(alert).where(_stands(rule, subject)))
    for alarm in judgement.alarms:
        if alarm.key not in known:
            add(connection, alarm)
        elif alarm != known[alarm.key]:
            changed = update(alert).where(_stands(alarm.rule, alarm.subject)).values(**_changing(alarm))
            connection.execute(changed)


def add(connection: Connection, alarm: Alarm) -> None:
    """Write down an alarm of which nothing stands yet."""
    fixed = {"rule": alarm.rule, "subject": str(alarm.subject), **columns_of(alarm.subject.scope)}
    severity = RULES[alarm.rule].severity
    connection.execute(alert.insert().values(**fixed, severity=severity, **_changing(alarm)))


def mark_told(connection: Connection, ids: list[int], now_ms: int) -> None:
    """Note that messages about these were made."""
    connection.execute(update(alert).where(alert.c.id.in_(ids)).values(told_ms=now_ms))


def ended(connection: Connection, at_ms: int) -> list[int]:
    """The alarms of which somebody was told and that ended now, or within a day by hand: this is noted once."""
    by_hand = and_(alert.c.cleared_by.is_not(None), alert.c.cleared_ms > at_ms - _DAY_MS)
    over = or_(alert.c.cleared_ms == at_ms, by_hand)
    return list(connection.execute(select(alert.c.id).where(alert.c.told_ms.is_not(None), over)).scalars())


def read_open(connection: Connection, scope: Scope, limit: int | None = SHOWN) -> list[Entry]:
    """The alarms that are open in a scope: the most urgent first, then the oldest; parts of an outage after it."""
    weight = {str(each): -each.weight for each in Severity}
    asked = _in(scope).where(alert.c.raised_ms.is_not(None), alert.c.cleared_ms.is_(None))
    found = [entry(row) for row in connection.execute(asked.order_by(alert.c.part_of.is_not(None), alert.c.raised_ms))]
    found.sort(key=lambda each: (weight[each.severity], each.alarm.part_of is not None))
    return found[:limit]


def read_cleared(connection: Connection, scope: Scope, since_ms: int, limit: int = SHOWN) -> list[Entry]:
    """The alarms of a scope that ended since then, the latest first."""
    asked = _in(scope).where(alert.c.cleared_ms >= since_ms).order_by(alert.c.cleared_ms.desc(), alert.c.id.desc())
    return [entry(row) for row in connection.execute(asked.limit(limit))]


def read_history(connection: Connection, about: Subject, scope: Scope, limit: int = SHOWN) -> list[Entry]:
    """Every alarm that was raised about one subject of a scope, the latest first."""
    raised = (alert.c.subject == str(about), alert.c.raised_ms.is_not(None))
    rows = connection.execute(
        _in(scope).where(*raised).order_by(alert.c.raised_ms.desc(), alert.c.id.desc()).limit(limit)
    )
    return [entry(row) for row in rows]


def acknowledge(connection: Connection, number: int, by: str, scope: Scope, now_ms: int) -> Entry:
    """Say that somebody looks after an open alarm; the first who says so counts. It stays until it is over.

    Raises:
        AlertRefusedError: no such alarm is open in this scope, or somebody has it already.
    """
    found = _open(connection, number, scope)
    if found.acknowledged_by is not None:
        message = f"alert {number}: {found.acknowledged_by} has acknowledged it already."
        raise AlertRefusedError(Why.TAKEN, message)
    free = (alert.c.acknowledged_ms.is_(None), alert.c.cleared_ms.is_(None))
    _change(connection, number, free, {"acknowledged_ms": now_ms, "acknowledged_by": by})
    return found


def clear(connection: Connection, number: int, by: str, scope: Scope, now_ms: int) -> Entry:
    """End an alarm that does not end by itself: somebody has looked.

    Raises:
        AlertRefusedError: no such alarm is open in this scope, or it ends by itself.
    """
    found = _open(connection, number, scope)
    if not found.ends_by_hand:
        message = f"alert {number}: it ends by itself when its cause is mended. Acknowledge it meanwhile."
        raise AlertRefusedError(Why.ENDS_BY_ITSELF, message)
    _change(connection, number, (alert.c.cleared_ms.is_(None),), {"cleared_ms": now_ms, "cleared_by": by})
    return found


def _change(
    connection: Connection, number: int, still: tuple[ColumnElement[bool], ...], values: dict[str, str | int]
) -> None:
    if connection.execute(update(alert).where(alert.c.id == number, *still).values(**values)).rowcount != 1:
        message = f"alert {number}: somebody has just acknowledged it, or it has just ended. {_LOOK}"
        raise AlertRefusedError(Why.TAKEN, message)


def entry(row: Row[Any]) -> Entry:
    """A row of the table as it is shown."""
    told = (row.acknowledged_ms, row.acknowledged_by, row.cleared_by)
    return Entry(row.id, _alarm(row), Severity(row.severity), *told)


def _open(connection: Connection, number: int, scope: Scope) -> Entry:
    wanted = _in(scope).where(alert.c.id == number, alert.c.raised_ms.is_not(None))
    row = connection.execute(wanted).one_or_none()
    if row is None:
        message = f"alert {number}: there is no such alarm here. {_LOOK}"
        raise AlertRefusedError(Why.NO_SUCH_ALARM, message)
    if row.cleared_ms is not None:
        message = f"alert {number}: it is over. {_LOOK}"
        raise AlertRefusedError(Why.OVER, message)
    return entry(row)


def _in(scope: Scope) -> Select[Any]:
    return select(alert).where(within(scope, alert))


def _stands(rule: RuleId, subject: Subject) -> ColumnElement[bool]:
    return and_(alert.c.rule == rule, alert.c.subject == str(subject), alert.c.cleared_ms.is_(None))


def _changing(alarm: Alarm) -> dict[str, Any]:
    return {
        "code": alarm.code and alarm.code[:64],
        "n": alarm.n,
        "of": alarm.of,
        "since_ms": alarm.since_ms,
        "raised_ms": alarm.raised_ms,
        "absent_ms": alarm.absent_ms,
        "cleared_ms": alarm.cleared_ms,
        "told_ms": alarm.told_ms,
        "part_of": None if alarm.part_of is None else str(alarm.part_of),
        "window": alarm.window,
    }


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(
        rule=RuleId(row.rule),
        subject=stored(row.subject, row.province, row.facility),
        since_ms=row.since_ms,
        code=row.code,
        n=row.n,
        of=row.of,
        raised_ms=row.raised_ms,
        absent_ms=row.absent_ms,
        cleared_ms=row.cleared_ms,
        told_ms=row.told_ms,
        part_of=None if row.part_of is None else place(Scope.parse(row.part_of)),
        window=row.window,
    )
