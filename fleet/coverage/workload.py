# SPDX-License-Identifier: Apache-2.0
"""How many people come to a facility's kiosks on a usual day, and whose requests expired: sums of days, no person.

What whole weeks hold is read from the sums of weeks, the days before and after them one by one: far fewer rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import BigInteger, and_, cast, func, literal, or_, select, text, union_all

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


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Requests taken without a network at one facility and erased there before they could be sent."""

    province: str
    facility: str
    n: int
    first_day: str


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `since` to the day before `before`, with the whole weeks in it: `first` to the day before `after`."""

    since: date
    before: date
    first: date
    after: date

    @classmethod
    def of(cls, since: date, before: date) -> Span:
        """Find the whole weeks; where there is none, all days stand before them."""
        first, after = week_begins(since + WEEK - timedelta(days=1)), week_begins(before)
        return cls(since, before, first, after) if first < after else cls(since, before, before, before)

    def has_week(self, week: ColumnElement[str]) -> ColumnElement[bool]:
        """The criterion for weeks that lie in it whole."""
        return and_(week >= self.first.isoformat(), week < self.after.isoformat())

    def has_day(self, day: ColumnElement[str]) -> ColumnElement[bool]:
        """The criterion for the days that are in none of these weeks."""
        begin, end = (day >= self.since.isoformat(), day < self.before.isoformat())
        return and_(begin, end, or_(day < self.first.isoformat(), day >= self.after.isoformat()))


# By the keys of what is asked for, so that the cost grows neither with the history nor with the other facilities.
_KEYS = dict.fromkeys(("profile", "province", "facility", "since", "before"), Of.TEXT)
_IN_WEEKS = Lookup(
    "SELECT asked.province, asked.facility, work.captured, work.weekdays FROM {asked} "
    "JOIN workload_week AS work ON work.profile = asked.profile AND work.province = asked.province "
    "AND work.facility = asked.facility AND work.week >= asked.since AND work.week < asked.before "
    "WHERE work.captured > 0",
    **_KEYS,
)
_ON_DAYS = Lookup(
    "SELECT asked.province, asked.facility, work.captured, 1 AS weekdays FROM {asked} "
    "JOIN workload_day AS work ON work.profile = asked.profile AND work.province = asked.province "
    "AND work.facility = asked.facility AND work.day >= asked.since AND work.day < asked.before "
    "WHERE work.captured > 0",
    **_KEYS,
)


def workload_of(scope: Scope) -> tuple[Table, ColumnElement[bool]]:
    """Where a scope's visits are summed by `day`, and which rows of it are its own."""
    if scope.level is Level.FACILITY:
        return workload_day, scope.of_places(workload_day.c.province, workload_day.c.facility)
    return workload_province_day, scope.of_provinces(workload_province_day.c.province)


def usual_visits(
    connection: Connection, profile: Profile, places: Collection[Place], *, since: date, before: date
) -> dict[Place, int]:
    """Give the visits of a usual day at these places: the mean of the days that had any, rounded up.

    A place without a visit from `since` to the day before `before` is left out: what is usual there is not known.
    """
    span = Span.of(since, before)
    keys = [(str(profile), *place) for place in sorted(set(places))]
    parts = ((_IN_WEEKS, span.first, span.after), (_ON_DAYS, since, span.first), (_ON_DAYS, span.after, before))
    visits, days = Counter[Place](), Counter[Place]()
    for lookup, begin, end in parts:
        for row in lookup.rows(connection, [(*key, begin.isoformat(), end.isoformat()) for key in keys]):
            visits[row.province, row.facility] += row.captured
            days[row.province, row.facility] += row.weekdays.bit_count()
    return {place: -(-n // days[place]) for place, n in visits.items()}


def usual_visits_by_province(
    connection: Connection, profile: Profile, sites: Select[Place], *, since: date, before: date
) -> dict[str, int]:
    """Give the same summed by province, of the places that a statement names: no place is fetched."""
    span, site = Span.of(since, before), sites.cte()
    parts = [
        select(table.c.province, table.c.facility, table.c.captured, days.label("days"))
        .join_from(table, site, (site.c.province == table.c.province) & (site.c.facility == table.c.facility))
        .where(table.c.profile == str(profile), is_meant, table.c.captured > 0)
        for table, days, is_meant in (
            (workload_week, _bits(workload_week.c.weekdays), span.has_week(workload_week.c.week)),
            (workload_day, literal(1), span.has_day(workload_day.c.day)),
        )
    ]
    part = union_all(*parts).subquery().c
    visits, days = (cast(func.sum(each), BigInteger) for each in (part.captured, part.days))
    usual = (
        select(part.province, ((visits + days - 1) // days).label("visits"))
        .group_by(part.province, part.facility)
        .subquery()
        .c
    )
    summed = select(usual.province, func.sum(usual.visits)).group_by(usual.province)
    return {province: int(n) for province, n in connection.execute(summed)}


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


def _bits(weekdays: ColumnElement[int]) -> ColumnElement[int]:
    """How many days of a week a row of `workload_week` has."""
    return reduce(add, [weekdays.bitwise_rshift(n).bitwise_and(1) for n in range(WEEK.days)])
