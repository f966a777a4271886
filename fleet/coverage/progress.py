# SPDX-License-Identifier: Apache-2.0
"""Where KPI 57.2 stands: the last official figure, and what this system counted since, side by side and never added.

What the ministry has not said stays missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.coverage.figures import Mode, Share
from fleet.coverage.fiscal import Period, bangkok_day, fiscal_year, last_day
from fleet.coverage.reading import COUNT_STATE, Basis
from fleet.coverage.report import report
from fleet.store.scope import Level
from fleet.store.tables import coverage_day

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from fleet.coverage.indicators import Gate
    from fleet.coverage.report import AnyReport
    from fleet.store.scope import Scope
    from wire.events import Profile


@dataclass(frozen=True, slots=True)
class Progress:
    """A province's, a region's or the country's. Without an official figure `basis` and what follows from it is None.

    `as_of` is the last day that the official figure counts: its cut-off. `ours` are people whose Health ID became
    active after it, as counted here. `gap` is of a province only: no other has a target of its own. A facility has no
    figure at all.
    """

    basis: Basis | None
    as_of: date | None
    official: Share
    gate: Gate | None
    gap: int | None
    ours: int | None
    made_up: bool


MISSING = Progress(None, None, Share(None, None), None, None, None, made_up=False)


def read_progress(connection: Connection, now: datetime, profile: Profile, scope: Scope) -> Progress:
    """Read the last official figure whose cut-off is over, of this fiscal year or the one before it."""
    if scope.level is Level.FACILITY:
        return MISSING
    for basis in _over(bangkok_day(now)):
        found = report(connection, basis, scope)
        if found.whole.figures.people.known is not None:
            return _progress(connection, found, profile, scope)
    return MISSING


def _over(today: date) -> list[Basis]:
    year = fiscal_year(today)
    asked = [(each, period) for each in (year, year - 1) for period in (Period.TWELVE, Period.SIX)]
    return [Basis(Mode.OFFICIAL, each, period) for each, period in asked if last_day(each, period) < today]


def _progress(connection: Connection, found: AnyReport, profile: Profile, scope: Scope) -> Progress:
    as_of = last_day(found.basis.fiscal_year, found.basis.period)
    return Progress(
        basis=found.basis,
        as_of=as_of,
        official=found.whole.figures.people,
        gate=found.gate,
        gap=None if scope.province is None else found.results[scope.province].people_gap,
        ours=_active_after(connection, profile, as_of, scope),
        made_up=found.whole.figures.made_up,
    )


def _active_after(connection: Connection, profile: Profile, day: date, scope: Scope) -> int:
    asked = select(func.coalesce(func.sum(coverage_day.c.n), 0)).where(
        coverage_day.c.profile == profile,
        coverage_day.c.state == COUNT_STATE.value,
        coverage_day.c.day > day.isoformat(),
        scope.of_provinces(coverage_day.c.province),
    )
    return int(connection.execute(asked).scalar_one())
