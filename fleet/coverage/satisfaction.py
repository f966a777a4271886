# SPDX-License-Identifier: Apache-2.0
"""How satisfied people were, as they touched it at kiosks: satisfied of responses, by place and by week.

It is our own measure: judged as R8-C2 is, and never added to that indicator's imported figure. A place with fewer than
ten responses is not told by its figure, as a facility's visits are not. Days are those on which kiosks told, which is
the day after at the soonest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from fleet.coverage.fiscal import Period
from fleet.coverage.judging import Figure, Finding, judge
from fleet.coverage.reading import SMALL
from fleet.coverage.region8 import INDICATORS
from fleet.coverage.weekly import Week
from fleet.store.complaint_tables import opinion_day
from fleet.store.days import WEEK
from fleet.store.scope import Level
from fleet.store.sum_tables import opinion_province_day
from wire.opinions import RATINGS, SATISFIED, Opinion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Table

    from fleet.store.scope import Scope
    from wire.events import Profile

INDICATOR = INDICATORS["R8-C2"]
WEEKS = 8  # of the trend
_ANY = Period.TWELVE  # its gate has no date, so that any period says the same


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Satisfied of responses: whole answers, one a touch."""

    satisfied: int
    responses: int

    @property
    def finding(self) -> Finding:
        """Against the gate of R8-C2: more than 80 %, and a remark below 30 responses."""
        den = self.responses or None  # nobody asked is not nobody satisfied
        return judge(INDICATOR, _ANY, {"": Figure(self.satisfied if den else None, den)}).findings[0]


@dataclass(frozen=True, slots=True)
class Rated:
    """A province, or a facility in it; `satisfaction` is None where some answered, and fewer than `SMALL`."""

    province: str
    facility: str | None
    satisfaction: Satisfaction | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was told in a week. `about` is how often each thing was named by who was unhappy; `trend` ends with it.

    Facilities are told of one province: those of more are thousands.
    """

    week: Week
    whole: Satisfaction | None  # None as in `Rated`, where few answered
    provinces: tuple[Rated, ...]
    facilities: tuple[Rated, ...]
    about: tuple[tuple[Opinion, int], ...]
    trend: tuple[tuple[date, Satisfaction | None], ...]  # by the Friday


def read_report(connection: Connection, week: Week, profile: Profile, scope: Scope) -> Report:
    """Read the week of a scope."""
    provinces = _by_province(connection, week, profile, scope)
    whole = _told(_summed(list(provinces.values())))
    return Report(
        week=week,
        whole=whole,
        provinces=tuple(Rated(code, None, _told(found)) for code, found in sorted(provinces.items())),
        facilities=() if scope.province is None else _by_facility(connection, week, profile, scope),
        about=() if whole is None else _about(connection, week, profile, scope),
        trend=_trend(connection, week, profile, scope),
    )


def read_whole(connection: Connection, week: Week, profile: Profile, scope: Scope) -> Satisfaction | None:
    """The week of a scope as one figure; None where too few answered to be told."""
    return _told(_summed(list(_by_province(connection, week, profile, scope).values())))


def _told(found: Satisfaction) -> Satisfaction | None:
    return None if 0 < found.responses < SMALL else found


def _summed(each: Sequence[Satisfaction]) -> Satisfaction:
    return Satisfaction(sum(one.satisfied for one in each), sum(one.responses for one in each))


def _table_of(scope: Scope) -> tuple[Table, ColumnElement[bool]]:
    """Where what was told in a scope is summed, and which rows of it are its own."""
    if scope.level is Level.FACILITY:
        return opinion_day, scope.of_places(opinion_day.c.province, opinion_day.c.facility)
    return opinion_province_day, scope.of_provinces(opinion_province_day.c.province)


def _sums(table: Table) -> tuple[ColumnElement[int], ColumnElement[int]]:
    counted = [func.sum(case((table.c.code.in_(codes), table.c.n), else_=0)) for codes in (SATISFIED, RATINGS)]
    return counted[0], counted[1]


def _within(table: Table, week: Week, profile: Profile) -> tuple[ColumnElement[bool], ...]:
    day = table.c.day
    return table.c.profile == str(profile), day >= week.first.isoformat(), day < week.after.isoformat()


def _by_province(connection: Connection, week: Week, profile: Profile, scope: Scope) -> dict[str, Satisfaction]:
    table, is_mine = _table_of(scope)
    asked = (
        select(table.c.province, *_sums(table))
        .where(*_within(table, week, profile), is_mine)
        .group_by(table.c.province)
    )
    found = {province: Satisfaction(int(yes), int(all_)) for province, yes, all_ in connection.execute(asked)}
    return {province: each for province, each in found.items() if each.responses}


def _by_facility(connection: Connection, week: Week, profile: Profile, scope: Scope) -> tuple[Rated, ...]:
    table = opinion_day.c
    rows = connection.execute(
        select(table.province, table.facility, *_sums(opinion_day))
        .where(*_within(opinion_day, week, profile), scope.of_places(table.province, table.facility))
        .group_by(table.province, table.facility)
        .order_by(table.province, table.facility)
    )
    found = [(row.province, row.facility, Satisfaction(int(row[2]), int(row[3]))) for row in rows]
    return tuple(Rated(province, code, _told(each)) for province, code, each in found if each.responses)


def _about(connection: Connection, week: Week, profile: Profile, scope: Scope) -> tuple[tuple[Opinion, int], ...]:
    table, is_mine = _table_of(scope)
    asked = (
        select(table.c.code, func.sum(table.c.n))
        .where(*_within(table, week, profile), is_mine, table.c.code.not_in(RATINGS))
        .group_by(table.c.code)
    )
    found = [(Opinion(code), int(n)) for code, n in connection.execute(asked)]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def _trend(
    connection: Connection, week: Week, profile: Profile, scope: Scope
) -> tuple[tuple[date, Satisfaction | None], ...]:
    weeks = [Week(week.first - n * WEEK, week.last - n * WEEK, is_over=True) for n in reversed(range(WEEKS))]
    span = Week(weeks[0].first, week.last, is_over=week.is_over)
    table, is_mine = _table_of(scope)
    asked = select(table.c.day, *_sums(table)).where(*_within(table, span, profile), is_mine).group_by(table.c.day)
    days = {day: Satisfaction(int(yes), int(all_)) for day, yes, all_ in connection.execute(asked)}
    return tuple((each.last, _told(_of_week(each, days))) for each in weeks)


def _of_week(week: Week, days: dict[str, Satisfaction]) -> Satisfaction:
    told = [(week.first + timedelta(days=n)).isoformat() for n in range(WEEK.days)]
    return _summed([days[day] for day in told if day in days])
