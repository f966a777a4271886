# SPDX-License-Identifier: Apache-2.0
"""Visits and opinions by facility and day, with the sums that pages read instead: added to in one transaction.

A country has millions of facility-days, and a page that adds them up takes a second. So each visit is counted three
times: by facility and day, by facility and week, by province and day; an opinion by facility and by province; a person
while a code waits to be used. Nothing else writes these tables. Rows are written in one order, days before weeks before
provinces, so that two who count the same places wait for each other and never both at once.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from fleet.store.complaint_tables import opinion_day
from fleet.store.days import week_begins
from fleet.store.many import Insertion
from fleet.store.sum_tables import opinion_province_day, unused_code_day, workload_province_day, workload_week
from fleet.store.tables import workload_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

Work: TypeAlias = tuple[str, str, str, str, int, int, int]  # as `workload_day` has its columns
WeekOfWork: TypeAlias = tuple[str, str, str, str, int, int, int, str]  # as `workload_week`
WorkOfProvince: TypeAlias = tuple[str, str, str, int, int, int]  # as `workload_province_day`
Told: TypeAlias = tuple[str, str, str, str, str, int]  # as `opinion_day`
ToldInProvince: TypeAlias = tuple[str, str, str, str, int]  # as `opinion_province_day`
Unused: TypeAlias = tuple[str, str, str, int]  # as `unused_code_day`

_WORK = Insertion(
    workload_day,
    *workload_day.c.keys(),
    on_conflict="(profile, province, facility, day) DO UPDATE SET "
    "captured = workload_day.captured + excluded.captured, "
    "duplicates = workload_day.duplicates + excluded.duplicates, lapsed = workload_day.lapsed + excluded.lapsed",
)
_WEEKS = Insertion(
    workload_week,
    *workload_week.c.keys(),
    on_conflict="(profile, province, facility, week) DO UPDATE SET "
    "captured = workload_week.captured + excluded.captured, "
    "duplicates = workload_week.duplicates + excluded.duplicates, "
    "weekdays = workload_week.weekdays | excluded.weekdays, last_day = CASE "
    "WHEN excluded.last_day > workload_week.last_day THEN excluded.last_day ELSE workload_week.last_day END",
)
_PROVINCES = Insertion(
    workload_province_day,
    *workload_province_day.c.keys(),
    on_conflict="(profile, province, day) DO UPDATE SET captured = workload_province_day.captured + excluded.captured, "
    "duplicates = workload_province_day.duplicates + excluded.duplicates, "
    "lapsed = workload_province_day.lapsed + excluded.lapsed",
)
_TOLD = Insertion(
    opinion_day,
    *opinion_day.c.keys(),
    on_conflict="(profile, province, facility, day, code) DO UPDATE SET n = opinion_day.n + excluded.n",
)
_TOLD_IN_PROVINCES = Insertion(
    opinion_province_day,
    *opinion_province_day.c.keys(),
    on_conflict="(profile, province, day, code) DO UPDATE SET n = opinion_province_day.n + excluded.n",
)
_UNUSED = Insertion(
    unused_code_day,
    *unused_code_day.c.keys(),
    on_conflict="(profile, province, day) DO UPDATE SET n = unused_code_day.n + excluded.n",
)


def add_work(connection: Connection, rows: Sequence[Work]) -> None:
    """Count visits; no two of these rows are of the same day of a facility."""
    _WORK.add(connection, sorted(rows))
    _WEEKS.add(connection, work_by_week(rows))
    _PROVINCES.add(connection, work_by_province(rows))


def add_told(connection: Connection, rows: Sequence[Told]) -> None:
    """Count opinions; no two of these rows are of the same day, facility and code."""
    _TOLD.add(connection, sorted(rows))
    _TOLD_IN_PROVINCES.add(connection, told_by_province(rows))


def add_unused(connection: Connection, rows: Sequence[Unused]) -> None:
    """Count people whose code waits, and with -1 who waits no longer; no two of these rows are of the same day."""
    _UNUSED.add(connection, sorted(rows))


def work_by_week(rows: Iterable[Work]) -> list[WeekOfWork]:
    """Sum the days of facilities by week."""
    captured, duplicates, weekdays = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    last: dict[tuple[str, str, str, str], str] = {}
    for profile, province, facility, day, came, again, _ in rows:
        on = date.fromisoformat(day)
        first = week_begins(on)
        at = (profile, province, facility, first.isoformat())
        captured[at] += came
        duplicates[at] += again
        weekdays[at] |= (came > 0) << (on - first).days
        last[at] = max(day, last.get(at, day))
    return [(*at, captured[at], duplicates[at], weekdays[at], day) for at, day in sorted(last.items())]


def work_by_province(rows: Iterable[Work]) -> list[WorkOfProvince]:
    """Sum the days of facilities by province."""
    sums: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for profile, province, _, day, captured, duplicates, lapsed in rows:
        had = sums.get((profile, province, day), (0, 0, 0))
        sums[profile, province, day] = (had[0] + captured, had[1] + duplicates, had[2] + lapsed)
    return [(*at, *counts) for at, counts in sorted(sums.items())]


def told_by_province(rows: Iterable[Told]) -> list[ToldInProvince]:
    """Sum what was told at facilities by province."""
    sums = Counter[tuple[str, str, str, str]]()
    for profile, province, _, day, code, n in rows:
        sums[profile, province, day, code] += n
    return [(*at, n) for at, n in sorted(sums.items())]
