# SPDX-License-Identifier: Apache-2.0
"""What operators did, as somebody may read it: the lines that stand in a scope, the latest first, each one checked.

A line stands where its kiosk or its account is, otherwise where whoever acted may act. One that stands nowhere (a
command of the controller, and all before there were places) is the nation's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from fleet.audit import entry_of
from fleet.store.operator_tables import audit_place
from fleet.store.scope import Level
from fleet.store.tables import audit

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from fleet.audit import Entry
    from fleet.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines: before the line of a number, and exactly of somebody or about something."""

    before: int | None = None
    who: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `holds` is whether it is what was written after the line before it."""

    entry: Entry
    holds: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, and the number before which the next page begins; None where there is none."""

    lines: tuple[Line, ...]
    older: int | None


def read(connection: Connection, scope: Scope, asked: Asked, most: int) -> Page:
    """The latest lines of a scope."""
    last = audit.alias("last")
    joined = select(audit, last.c.digest.label("before")).outerjoin_from(audit, last, last.c.seq == audit.c.seq - 1)
    if scope.level is not Level.NATION:
        joined = joined.join(audit_place, audit_place.c.seq == audit.c.seq).where(_in(scope))
    if asked.before is not None:
        joined = joined.where(audit.c.seq < asked.before)
    for column, wanted in ((audit.c.who, asked.who), (audit.c.subject, asked.subject)):
        if wanted is not None:
            joined = joined.where(column == wanted)
    rows = connection.execute(joined.order_by(audit.c.seq.desc()).limit(most + 1)).all()
    lines = [Line(entry := entry_of(row), entry.follows(row.before)) for row in rows[:most]]
    return Page(tuple(lines), lines[-1].entry.seq if len(rows) > most else None)


def _in(scope: Scope) -> ColumnElement[bool]:
    places = scope.of_places(audit_place.c.province, audit_place.c.facility)
    return places if scope.region is None else or_(places, audit_place.c.region == scope.region)
