# SPDX-License-Identifier: Apache-2.0
"""What is told of the alerts in figures: how many are open, and whether anybody would be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.alerts import watch
from fleet.alerts.rules import Severity
from fleet.store.alert_tables import alert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Figures:
    """Open alarms by severity; whether the alerting is silent, and for how long: None where it never ran."""

    open: Mapping[Severity, int]
    is_silent: bool
    heartbeat_age_s: int | None


def read_figures(connection: Connection, now_ms: int) -> Figures:
    """Read them."""
    is_open = (alert.c.raised_ms.is_not(None), alert.c.cleared_ms.is_(None))
    rows = connection.execute(select(alert.c.severity, func.count()).where(*is_open).group_by(alert.c.severity))
    counted = {Severity(name): int(n) for name, n in rows}
    heartbeat = watch.read(connection)
    return Figures(
        {each: counted.get(each, 0) for each in Severity}, heartbeat.is_silent(now_ms), heartbeat.age_s(now_ms)
    )
