# SPDX-License-Identifier: Apache-2.0
"""Whether the sums that pages read say what the days under them say, added up another way than the product does."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fleet.store.complaint_tables import opinion_day
from fleet.store.sum_tables import opinion_province_day, unused_code_day, workload_province_day, workload_week
from fleet.store.tables import person, workload_day

if TYPE_CHECKING:
    from sqlalchemy import Connection


def untrue_sums(connection: Connection) -> list[str]:
    """Each row of a sum that its days contradict, or that is missing or too many, in words."""
    weeks: dict[tuple[str, ...], list[tuple[date, int, int]]] = defaultdict(list)
    provinces: dict[tuple[str, ...], list[tuple[int, int, int]]] = defaultdict(list)
    for row in connection.execute(select(workload_day)):
        on = date.fromisoformat(row.day)
        year, week, _ = date.fromordinal(on.toordinal() + 2).isocalendar()  # from Saturday, as ISO 8601 from Monday
        first = date.fromordinal(date.fromisocalendar(year, week, 1).toordinal() - 2)
        weeks[row.profile, row.province, row.facility, first.isoformat()].append((on, row.captured, row.duplicates))
        provinces[row.profile, row.province, row.day].append((row.captured, row.duplicates, row.lapsed))
    told: dict[tuple[str, ...], int] = defaultdict(int)
    for row in connection.execute(select(opinion_day)):
        told[row.profile, row.province, row.day, row.code] += row.n
    waiting: dict[tuple[str, ...], int] = defaultdict(int)
    for row in connection.execute(select(person).where(person.c.state == "accepted")):
        given = datetime.fromtimestamp(row.accepted_ms / 1000, ZoneInfo("Asia/Bangkok")).date()
        waiting[row.profile, row.province or "", given.isoformat()] += 1
    meant: dict[str, set[tuple[object, ...]]] = {
        workload_week.name: {
            (
                *at,
                sum(came for _, came, _ in days),
                sum(again for _, _, again in days),
                sum(2 ** ((on.weekday() + 2) % 7) for on, came, _ in days if came),
                max(on for on, _, _ in days).isoformat(),
            )
            for at, days in weeks.items()
        },
        workload_province_day.name: {(*at, *map(sum, zip(*counts, strict=True))) for at, counts in provinces.items()},
        opinion_province_day.name: {(*at, n) for at, n in told.items()},
        unused_code_day.name: {(*at, n) for at, n in waiting.items()},
    }
    tables = (workload_week, workload_province_day, opinion_province_day, unused_code_day)
    there = {table.name: {tuple(row) for row in connection.execute(select(table))} for table in tables}
    there[unused_code_day.name] = {row for row in there[unused_code_day.name] if row[-1]}  # who waits no longer
    return [f"{name}: {row}" for name, rows in there.items() for row in sorted(rows ^ meant[name], key=repr)]
