# SPDX-License-Identifier: Apache-2.0
"""How many people come to a facility's kiosks on a usual day, and whose requests expired: sums of days, no person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import BigInteger, cast, func, select, text

from fleet.store.many import Lookup, Of
from fleet.store.tables import workload_day

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Connection, Select

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


# By the keys of the days asked for, so that the cost grows neither with the history nor with the other facilities.
_VISITS = Lookup(
    "SELECT asked.province, asked.facility, SUM(day.captured) AS visits, COUNT(*) AS days FROM {asked} "
    "JOIN workload_day AS day ON day.profile = asked.profile AND day.province = asked.province "
    "AND day.facility = asked.facility AND day.day >= asked.since AND day.day < asked.before "
    "WHERE day.captured > 0 GROUP BY asked.province, asked.facility",
    profile=Of.TEXT,
    province=Of.TEXT,
    facility=Of.TEXT,
    since=Of.TEXT,
    before=Of.TEXT,
)


def usual_visits(
    connection: Connection, profile: Profile, places: Collection[Place], *, since: date, before: date
) -> dict[Place, int]:
    """Give the visits of a usual day at these places: the mean of the days that had any, rounded up.

    A place without a visit from `since` to the day before `before` is left out: what is usual there is not known.
    """
    days = (since.isoformat(), before.isoformat())
    rows = _VISITS.rows(connection, [(str(profile), *place, *days) for place in sorted(set(places))])
    return {(row.province, row.facility): -(-int(row.visits) // row.days) for row in rows}


def usual_visits_by_province(
    connection: Connection, profile: Profile, sites: Select[Place], *, since: date, before: date
) -> dict[str, int]:
    """Give the same summed by province, of the places that a statement names: no place is fetched."""
    day, site = workload_day.c, sites.subquery()
    visits, days = cast(func.sum(day.captured), BigInteger), func.count()
    usual = (
        select(day.province, ((visits + days - 1) // days).label("visits"))
        .join_from(workload_day, site, (site.c.province == day.province) & (site.c.facility == day.facility))
        .where(day.profile == str(profile), day.day >= since.isoformat(), day.day < before.isoformat())
        .where(day.captured > 0)
        .group_by(day.province, day.facility)
        .subquery()
    )
    summed = select(usual.c.province, func.sum(usual.c.visits)).group_by(usual.c.province)
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
