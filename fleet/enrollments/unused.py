# SPDX-License-Identifier: Apache-2.0
"""How many people have a code and have not used it, by how long: figures, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BindParameter, bindparam, case, func, select

from fleet.store.tables import person
from wire.asks import PersonState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.store.scope import Scope
    from wire.events import Profile

# Written into the statement: only then may a database answer from the index of these people alone.
_ACCEPTED: BindParameter[str] = bindparam(None, PersonState.ACCEPTED.value, literal_execute=True)
DAY_MS = 24 * 60 * 60_000


@dataclass(frozen=True, slots=True)
class UnusedCodes:
    """People whose code waits since so long or longer; each figure holds the ones after it."""

    one_day: int
    three_days: int
    seven_days: int
    oldest_ms: int | None


def read_unused(connection: Connection, profile: Profile, now_ms: int, scope: Scope) -> UnusedCodes:
    """Count the people, by the province of their address, whose code is a day old or older."""
    ages = [func.sum(case((person.c.accepted_ms <= now_ms - days * DAY_MS, 1), else_=0)) for days in (3, 7)]
    asked = select(func.count(), *ages, func.min(person.c.accepted_ms)).where(
        person.c.profile == profile,
        person.c.state == _ACCEPTED,
        person.c.accepted_ms <= now_ms - DAY_MS,
        scope.of_provinces(person.c.province),
    )
    row = connection.execute(asked).one()
    return UnusedCodes(int(row[0]), int(row[1] or 0), int(row[2] or 0), row[3])
