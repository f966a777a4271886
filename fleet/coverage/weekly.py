# SPDX-License-Identifier: Apache-2.0
"""What was counted in a week of a province, a region or the country: sums of days, and no person.

A week is seven Bangkok days, Saturday to Friday. A facility with fewer than ten visits is not told by its figure: so
few people may be known there. Source: security design, P1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from fleet.coverage.reading import COUNT_STATE, SMALL
from fleet.coverage.workload import workload_of
from fleet.errors import FleetError
from fleet.store.days import BANGKOK, WEEK
from fleet.store.sum_tables import workload_week
from fleet.store.tables import coverage_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Table

    from fleet.store.scope import Scope
    from wire.events import Profile

BUSIEST = 5  # facilities
_FRIDAY = 4  # date.weekday()


class NoWeekError(FleetError):
    """A day ends no week that can be told; says which do."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven Bangkok days. Made by `week_ending`, which checks the Friday."""

    first: date  # a Saturday
    last: date  # the Friday
    is_over: bool

    @property
    def after(self) -> date:
        """The first day that is not in it."""
        return self.last + timedelta(days=1)

    @property
    def first_ms(self) -> int:
        """When it begins, in milliseconds since 1970."""
        return _begins_ms(self.first)

    @property
    def after_ms(self) -> int:
        """The first moment that is not in it."""
        return _begins_ms(self.after)


@dataclass(frozen=True, slots=True)
class Visits:
    """What was done at the kiosks that stand in a scope; `lapsed` requests were erased there and are no visits."""

    captured: int
    duplicates: int
    lapsed: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A facility and its visits; None: some, and fewer than `SMALL`."""

    province: str
    facility: str
    visits: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted. `active` and `provinces` are people by the address on their card, "" for no known province.

    `provinces` has every province that the scope holds whole, also those where nobody became active.
    """

    week: Week
    active: int
    active_before: int  # in the week before
    provinces: Mapping[str, int]
    visits: Visits
    busiest: tuple[Busy, ...]

    @property
    def difference(self) -> int:
        """How many more people became active than in the week before; below 0 for fewer."""
        return self.active - self.active_before


def last_friday(today: date) -> date:
    """The Friday that is today or the last one before it."""
    return today - timedelta(days=(today.weekday() - _FRIDAY) % WEEK.days)


def week_ending(last: date, today: date) -> Week:
    """The week that a Friday ends; on that Friday itself it is not over.

    Raises:
        NoWeekError: it is no Friday, or still to come.
    """
    if last.weekday() != _FRIDAY or last > today:
        message = f"{last.isoformat()} ends no week that has begun to end; give a Friday that is not in the future."
        raise NoWeekError(message)
    return Week(last - WEEK + timedelta(days=1), last, is_over=last < today)


def read_counts(connection: Connection, week: Week, profile: Profile, scope: Scope) -> Counts:
    """Count the week of a scope."""
    active = _active(connection, profile, week, scope)
    before = Week(week.first - WEEK, week.last - WEEK, is_over=True)
    return Counts(
        week=week,
        active=sum(active.values()),
        active_before=sum(_active(connection, profile, before, scope).values()),
        provinces={code: active.get(code, 0) for code in dict.fromkeys((*scope.provinces, *sorted(active)))},
        visits=_visits(connection, profile, week, scope),
        busiest=_busiest(connection, profile, week, scope),
    )


def _begins_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=BANGKOK).timestamp()) * 1000


def _within(table: Table, profile: Profile, week: Week) -> tuple[ColumnElement[bool], ...]:
    day = table.c.day
    return table.c.profile == str(profile), day >= week.first.isoformat(), day < week.after.isoformat()


def _active(connection: Connection, profile: Profile, week: Week, scope: Scope) -> dict[str, int]:
    day = coverage_day.c
    asked = (
        select(day.province, func.sum(day.n))
        .where(*_within(coverage_day, profile, week), day.state == COUNT_STATE.value, scope.of_provinces(day.province))
        .group_by(day.province)
    )
    return {province: int(n) for province, n in connection.execute(asked)}


def _visits(connection: Connection, profile: Profile, week: Week, scope: Scope) -> Visits:
    work, is_mine = workload_of(scope)
    sums = [func.coalesce(func.sum(each), 0) for each in (work.c.captured, work.c.duplicates, work.c.lapsed)]
    asked = select(*sums).where(*_within(work, profile, week), is_mine)
    captured, duplicates, lapsed = connection.execute(asked).one()
    return Visits(int(captured), int(duplicates), int(lapsed))


def _busiest(connection: Connection, profile: Profile, week: Week, scope: Scope) -> tuple[Busy, ...]:
    """Those whose figure is not told stand after the others, in no order of their visits."""
    work = workload_week.c
    rows = connection.execute(
        select(work.province, work.facility, work.captured)
        .where(work.profile == str(profile), work.week == week.first.isoformat(), work.captured > 0)
        .where(scope.of_places(work.province, work.facility))
        .order_by(case((work.captured < SMALL, 0), else_=work.captured).desc(), work.province, work.facility)
        .limit(BUSIEST)
    )
    return tuple(Busy(row.province, row.facility, row.captured if row.captured >= SMALL else None) for row in rows)
