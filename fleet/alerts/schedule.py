# SPDX-License-Identifier: Apache-2.0
"""Maintenance windows and opening hours in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from fleet.alerts.places import columns_of, within
from fleet.alerts.windows import Why, Window, WindowRefusedError, check
from fleet.store.alert_tables import maintenance_window, opening_hours
from fleet.store.hours import FLEET, Hours
from fleet.store.scope import NATION, Level, Scope
from wire.ids import FacilityCode, ProvinceCode

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row


def add_window(connection: Connection, window: Window, now_ms: int) -> int:
    """Write a maintenance window down; its number, whatever number it had.

    Raises:
        WindowRefusedError: it would silence by mistake.
    """
    check(window.first_ms, window.until_ms, window.reason, now_ms)
    values = {
        "scope": str(window.scope),
        **columns_of(window.scope),
        "first_ms": window.first_ms,
        "until_ms": window.until_ms,
        "reason": window.reason.strip(),
        "by": window.by,
        "made_ms": now_ms,
    }
    made = maintenance_window.insert().values(**values).returning(maintenance_window.c.id)
    return int(connection.execute(made).scalar_one())


def end_window(connection: Connection, number: int, scope: Scope, now_ms: int) -> None:
    """End a window before its time: what stands there is told.

    Raises:
        WindowRefusedError: no such window is running or to come in this scope.
    """
    running = (
        maintenance_window.c.id == number,
        within(scope, maintenance_window),
        maintenance_window.c.ended_ms.is_(None),
        maintenance_window.c.until_ms > now_ms,
    )
    if connection.execute(update(maintenance_window).where(*running).values(ended_ms=now_ms)).rowcount != 1:
        message = f"window {number}: none such runs here. `dipchip-fleet alert window list` shows them."
        raise WindowRefusedError(Why.UNKNOWN, message)


def read_windows(connection: Connection, scope: Scope, now_ms: int) -> list[Window]:
    """The windows of a scope that run or are to come, the first first."""
    table = maintenance_window.c
    asked = select(maintenance_window).where(
        within(scope, maintenance_window), table.ended_ms.is_(None), table.until_ms > now_ms
    )
    return [_window(row) for row in connection.execute(asked.order_by(table.first_ms, table.id))]


def set_hours(connection: Connection, site: Scope, hours: tuple[str, str, str] | None) -> None:
    """Say when a facility is open, as days, beginning and end are typed; None: it has the fleet's hours again.

    Raises:
        HoursRefusedError: they are no hours.
        WindowRefusedError: it is no facility.
    """
    if site.level is not Level.FACILITY:
        message = f"{site}: opening hours are a facility's. Give facility:41/10670."
        raise WindowRefusedError(Why.NO_PLACE, message)
    here = (opening_hours.c.province == site.province, opening_hours.c.facility == site.facility)
    connection.execute(delete(opening_hours).where(*here))
    if hours is not None:
        days, opens, closes = hours
        Hours.parse(days, opens, closes)
        row = {"province": site.province, "facility": site.facility, "days": days, "opens": opens, "closes": closes}
        connection.execute(opening_hours.insert().values(**row))


def set_fleet_hours(connection: Connection, days: str, opens: str, closes: str) -> None:
    """Let others know the hours of facilities that have none of their own, as the settings of the alerting say them."""
    connection.execute(delete(opening_hours).where(opening_hours.c.facility == FLEET))
    row = {"province": FLEET, "facility": FLEET, "days": days, "opens": opens, "closes": closes}
    connection.execute(opening_hours.insert().values(**row))


def read_hours(connection: Connection, scope: Scope = NATION) -> dict[Scope, Hours]:
    """The opening hours of their own that facilities of a scope have."""
    here = scope.of_places(opening_hours.c.province, opening_hours.c.facility)
    return {
        Scope(Level.FACILITY, province=ProvinceCode(row.province), facility=FacilityCode(row.facility)): Hours.parse(
            row.days, row.opens, row.closes
        )
        for row in connection.execute(select(opening_hours).where(opening_hours.c.facility != FLEET, here))
    }


def _window(row: Row[Any]) -> Window:
    return Window(
        id=row.id,
        scope=Scope.parse(row.scope),
        first_ms=row.first_ms,
        until_ms=row.until_ms,
        reason=row.reason,
        by=row.by,
        ended_ms=row.ended_ms,
    )
