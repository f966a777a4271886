# SPDX-License-Identifier: Apache-2.0
"""How many people have a code and have not used it, by how long: figures, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from fleet.store.sum_tables import unused_code_day

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.store.scope import Scope
    from wire.events import Profile


@dataclass(frozen=True, slots=True)
class UnusedCodes:
    """People whose code waits since so many Bangkok days or longer; each figure holds the ones after it."""

    one_day: int
    three_days: int
    seven_days: int
    oldest_days: int | None


def read_unused(connection: Connection, profile: Profile, today: date, scope: Scope) -> UnusedCodes:
    """Count the people, by the province of their address, whose code was given yesterday or before."""
    day = unused_code_day.c
    until = [(today - timedelta(days=days)).isoformat() for days in (1, 3, 7)]
    ages = [func.coalesce(func.sum(case((day.day <= last, day.n), else_=0)), 0) for last in until]
    asked = select(*ages, func.min(day.day)).where(
        day.profile == str(profile), day.day <= until[0], day.n > 0, scope.of_provinces(day.province)
    )
    row = connection.execute(asked).one()
    days = None if row[3] is None else (today - date.fromisoformat(row[3])).days
    return UnusedCodes(int(row[0]), int(row[1]), int(row[2]), days)
