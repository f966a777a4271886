# SPDX-License-Identifier: Apache-2.0
"""What is told of the alerts in figures: how many are open or were raised, and whether anybody would be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from fleet.alerts import watch
from fleet.alerts.places import within
from fleet.alerts.rules import Severity
from fleet.store.alert_tables import alert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, FromClause

    from fleet.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Figures:
    """Open alarms by severity; whether the alerting is silent, and for how long: None where it never ran."""

    open: Mapping[Severity, int]
    is_silent: bool
    heartbeat_age_s: int | None


def read_figures(connection: Connection, now_ms: int, scope: Scope) -> Figures:
    """Read them of one scope, without the parts of an outage that is counted; the alerting is the whole fleet's."""
    outage = alert.alias("outage")
    is_part = exists().where(outage.c.subject == alert.c.part_of, *_open_in(scope, outage))
    asked = select(alert.c.severity, func.count()).where(*_open_in(scope, alert), ~is_part)
    counted = {Severity(name): int(n) for name, n in connection.execute(asked.group_by(alert.c.severity))}
    heartbeat = watch.read(connection)
    return Figures(
        {each: counted.get(each, 0) for each in Severity}, heartbeat.is_silent(now_ms), heartbeat.age_s(now_ms)
    )


@dataclass(frozen=True, slots=True)
class Raised:
    """Alarms that were raised in some time, by severity; the kiosks of an outage are not counted beside it."""

    by_severity: Mapping[Severity, int]


def read_raised(connection: Connection, since_ms: int, before_ms: int, scope: Scope) -> Raised | None:
    """Count what was raised in a scope from `since_ms` to before `before_ms`, whether or not it is over.

    None where that is not known: the alerting did not live until `before_ms`.
    """
    beat_ms = watch.read(connection).beat_ms
    if beat_ms is None or beat_ms < before_ms - watch.SILENT_AFTER_MS:
        return None
    asked = select(alert.c.severity, func.count()).where(
        within(scope, alert), alert.c.raised_ms >= since_ms, alert.c.raised_ms < before_ms, alert.c.part_of.is_(None)
    )
    counted = {Severity(name): int(n) for name, n in connection.execute(asked.group_by(alert.c.severity))}
    return Raised({each: counted.get(each, 0) for each in Severity})


def _open_in(scope: Scope, rows: FromClause) -> tuple[ColumnElement[bool], ...]:
    return within(scope, rows), rows.c.raised_ms.is_not(None), rows.c.cleared_ms.is_(None)
