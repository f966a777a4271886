# SPDX-License-Identifier: Apache-2.0
"""Who has looked at a morning and said so: one line an account, scope and day, the first time counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet.store.operator_tables import morning_check
from fleet.store.session import insert

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from fleet.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Check:
    """Somebody's word that they have looked."""

    who: str
    at_ms: int


def check(connection: Connection, scope: Scope, day: date, mark: Check) -> bool:
    """Write it down; whether it was not there yet."""
    values = {"scope": str(scope), "day": day.isoformat(), "who": mark.who, "at_ms": mark.at_ms}
    written = insert(connection, morning_check).values(values).on_conflict_do_nothing()
    return connection.execute(written).rowcount == 1


def read_checks(connection: Connection, scope: Scope, day: date) -> list[Check]:
    """Everybody who has looked at that scope's morning on a day, the first first."""
    columns = (morning_check.c.who, morning_check.c.at_ms)
    asked = select(*columns).where(morning_check.c.scope == str(scope), morning_check.c.day == day.isoformat())
    return [Check(*row) for row in connection.execute(asked.order_by(morning_check.c.at_ms, morning_check.c.who))]
