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
from wire.opinions import RATINGS, SATISFIED, Opinion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection

    from fleet.store.scope import Scope
    from wire.events import Profile

INDICATOR = INDICATORS["R8-C2"]
WEEKS = 8  # of the trend
_WEEK = timedelta(days=7)
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
    facilities = _by_facility(connection, week, profile, scope)
    provinces: dict[str, Satisfaction] = {}
    for province, _, found in facilities:
        had = provinces.get(province, Satisfaction(0, 0))
        provinces[province] = Satisfaction(had.satisfied + found.satisfied, had.responses + found.responses)
    whole = _told(_summed(list(provinces.values())))
    return Report(
        week=week,
        whole=whole,
        provinces=tuple(Rated(code, None, _told(found)) for code, found in sorted(provinces.items())),
        facilities=()
        if scope.province is None
        else tuple(Rated(province, code, _told(found)) for province, code, found in facilities),
        about=() if whole is None else _about(connection, week, profile, scope),
        trend=_trend(connection, week, profile, scope),
    )


def read_whole(connection: Connection, week: Week, profile: Profile, scope: Scope) -> Satisfaction | None:
    """The week of a scope as one figure; None where too few answered to be told."""
    found = _summed([each for _, _, each in _by_facility(connection, week, profile, scope)])
    return _told(found)


def _told(found: Satisfaction) -> Satisfaction | None:
    return None if 0 < found.responses < SMALL else found


def _summed(each: Sequence[Satisfaction]) -> Satisfaction:
    return Satisfaction(sum(one.satisfied for one in each), sum(one.responses for one in each))


def _sums() -> tuple[ColumnElement[int], ColumnElement[int]]:
    table = opinion_day.c
    counted = [func.sum(case((table.code.in_(codes), table.n), else_=0)) for codes in (SATISFIED, RATINGS)]
    return counted[0], counted[1]


def _within(week: Week, profile: Profile, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    table = opinion_day.c
    return (
        table.profile == str(profile),
        table.day >= week.first.isoformat(),
        table.day < week.after.isoformat(),
        scope.of_places(table.province, table.facility),
    )


def _by_facility(
    connection: Connection, week: Week, profile: Profile, scope: Scope
) -> list[tuple[str, str, Satisfaction]]:
    table = opinion_day.c
    rows = connection.execute(
        select(table.province, table.facility, *_sums())
        .where(*_within(week, profile, scope))
        .group_by(table.province, table.facility)
        .order_by(table.province, table.facility)
    )
    found = [(province, facility, Satisfaction(int(yes), int(all_))) for province, facility, yes, all_ in rows]
    return [each for each in found if each[2].responses]


def _about(connection: Connection, week: Week, profile: Profile, scope: Scope) -> tuple[tuple[Opinion, int], ...]:
    table = opinion_day.c
    asked = (
        select(table.code, func.sum(table.n))
        .where(*_within(week, profile, scope), table.code.not_in(RATINGS))
        .group_by(table.code)
    )
    found = [(Opinion(code), int(n)) for code, n in connection.execute(asked)]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def _trend(
    connection: Connection, week: Week, profile: Profile, scope: Scope
) -> tuple[tuple[date, Satisfaction | None], ...]:
    weeks = [Week(week.first - n * _WEEK, week.last - n * _WEEK, is_over=True) for n in reversed(range(WEEKS))]
    span = Week(weeks[0].first, week.last, is_over=week.is_over)
    table = opinion_day.c
    asked = select(table.day, *_sums()).where(*_within(span, profile, scope)).group_by(table.day)
    days = {day: Satisfaction(int(yes), int(all_)) for day, yes, all_ in connection.execute(asked)}
    return tuple((each.last, _told(_of_week(each, days))) for each in weeks)


def _of_week(week: Week, days: dict[str, Satisfaction]) -> Satisfaction:
    told = [(week.first + timedelta(days=n)).isoformat() for n in range(_WEEK.days)]
    return _summed([days[day] for day in told if day in days])
