# SPDX-License-Identifier: Apache-2.0
"""How many people come to a facility's kiosks on a usual day, and whose requests expired: sums of days, no person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import BigInteger, cast, func, select, text

from fleet.store.days import WEEK, week_begins
from fleet.store.many import Lookup, Of
from fleet.store.scope import Level
from fleet.store.sum_tables import workload_province_day, workload_week
from fleet.store.tables import workload_day

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Select, Table

    from fleet.store.scope import Scope
    from wire.events import Profile

Place: TypeAlias = tuple[str, str]  # a province and a facility in it
USUAL_WEEKS = 4  # that are over, Saturday to Friday


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Requests taken without a network at one facility and erased there before they could be sent."""

    province: str
    facility: str
    n: int
    first_day: str


# How many days of a week had a visit, by its row of `workload_week`.
_DAYS = " + ".join(f"((work.weekdays >> {n}) & 1)" for n in range(WEEK.days))
# By the keys of what is asked for, so that the cost grows neither with the history nor with the other facilities.
_VISITS = Lookup(
    f"SELECT asked.province, asked.facility, SUM(work.captured) AS visits, SUM({_DAYS}) AS days FROM {{asked}} "  # noqa: S608 - constants
    "JOIN workload_week AS work ON work.profile = asked.profile AND work.province = asked.province "
    "AND work.facility = asked.facility AND work.week >= asked.since AND work.week < asked.before "
    "WHERE work.captured > 0 GROUP BY asked.province, asked.facility",
    profile=Of.TEXT,
    province=Of.TEXT,
    facility=Of.TEXT,
    since=Of.TEXT,
    before=Of.TEXT,
)


def workload_of(scope: Scope) -> tuple[Table, ColumnElement[bool]]:
    """Where a scope's visits are summed by `day`, and which rows of it are its own."""
    if scope.level is Level.FACILITY:
        return workload_day, scope.of_places(workload_day.c.province, workload_day.c.facility)
    return workload_province_day, scope.of_provinces(workload_province_day.c.province)


def usual_visits(connection: Connection, profile: Profile, places: Collection[Place], today: date) -> dict[Place, int]:
    """Give the visits of a usual day at these places: the mean of the days that had any, rounded up.

    Days of the last `USUAL_WEEKS` that are over. A place without a visit in them is left out: what is usual there is
    not known.
    """
    weeks = _usual_weeks(today)
    rows = _VISITS.rows(connection, [(str(profile), *place, *weeks) for place in sorted(set(places))])
    return {(row.province, row.facility): -(-int(row.visits) // int(row.days)) for row in rows}


def usual_visits_by_province(
    connection: Connection, profile: Profile, sites: Select[Place], today: date
) -> dict[str, int]:
    """Give the same summed by province, of the places that a statement names: no place is fetched."""
    work, site = workload_week.c, sites.subquery()
    since, before = _usual_weeks(today)
    each_day = (work.weekdays.bitwise_rshift(n).bitwise_and(1) for n in range(WEEK.days))
    visits, days = (cast(func.sum(n), BigInteger) for n in (work.captured, reduce(add, each_day)))
    usual = (
        select(work.province, ((visits + days - 1) // days).label("visits"))
        .join_from(workload_week, site, (site.c.province == work.province) & (site.c.facility == work.facility))
        .where(work.profile == str(profile), work.week >= since, work.week < before, work.captured > 0)
        .group_by(work.province, work.facility)
        .subquery()
    )
    summed = select(usual.c.province, func.sum(usual.c.visits)).group_by(usual.c.province)
    return {province: int(n) for province, n in connection.execute(summed)}


def _usual_weeks(today: date) -> tuple[str, str]:
    """The first of the weeks that say what is usual, and the first after them."""
    before = week_begins(today)
    return (before - USUAL_WEEKS * WEEK).isoformat(), before.isoformat()


def read_lapsed(connection: Connection, profile: Profile, since: date, scope: Scope) -> list[Lapsed]:
    """List where requests expired from `since` on."""
    day = workload_day.c
    asked = (
        select(day.province, day.facility, func.sum(day.lapsed).label("n"), func.min(day.day).label("first_day"))
        .where(day.profile == profile, day.day >= since.isoformat(), text("lapsed > 0"))  # as its index has it
        .where(scope.of_places(day.province, day.facility))
        .group_by(day.province, day.facility)
        .order_by(day.province, day.facility)
    )
    return [Lapsed(row.province, row.facility, int(row.n), row.first_day) for row in connection.execute(asked)]
