# SPDX-License-Identifier: Apache-2.0
"""Sums say what their days say, however visits and opinions come in, and who reads them reads the same."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, literal, select, union_all

from fleet.coverage import reading as coverage
from fleet.coverage.weekly import last_friday
from fleet.coverage.workload import usual_visits, usual_visits_by_province
from fleet.store.complaint_tables import opinion_day
from fleet.store.scope import Level, Scope, province_scope
from fleet.store.session import reading, unit_of_work
from fleet.store.sum_tables import opinion_province_day, workload_province_day, workload_week
from fleet.store.sums import add_told, add_work
from fleet.store.tables import workload_day
from tests.fleet.sums import untrue_sums
from wire.events import Profile
from wire.ids import FacilityCode, ProvinceCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.store.sums import Told, Work

TABLES = (workload_day, workload_week, workload_province_day, opinion_day, opinion_province_day)
FIRST = date(2026, 9, 28)  # a Monday
UDON, LOEI = ProvinceCode("41"), ProvinceCode("42")
SITE = Scope(Level.FACILITY, None, UDON, FacilityCode("10670"))
PLACES = ((UDON, "10670"), (UDON, "11013"), (LOEI, "11447"))

dates = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))
days = dates.map(date.isoformat)
places = st.sampled_from(PLACES)
visits: st.SearchStrategy[Work] = st.builds(
    lambda place, day, came, again, lapsed: ("live", *place, day, came, again, lapsed),
    *(places, days, st.integers(0, 30), st.integers(0, 3), st.integers(0, 3)),
)
opinions: st.SearchStrategy[Told] = st.builds(
    lambda place, day, code, n: ("live", *place, day, code, n),
    *(places, days, st.sampled_from(["rated_1", "rated_5", "about_waiting"]), st.integers(1, 9)),
)


def at(row: Work) -> tuple[str, ...]:
    return row[:4]


def clear(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        for table in TABLES:
            connection.execute(delete(table))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(visits, max_size=8, unique_by=at), max_size=6), st.lists(opinions, max_size=8))
def test_sums_say_what_the_days_say(engine: Engine, batches: list[list[Work]], told: list[Told]) -> None:
    clear(engine)
    for batch in batches:
        with unit_of_work(engine) as connection:
            add_work(connection, batch)
    for each in told:
        with unit_of_work(engine) as connection:
            add_told(connection, [each])
    with reading(engine) as connection:
        assert untrue_sums(connection) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(visits, max_size=40, unique_by=at), dates)
def test_who_reads_the_sums_of_weeks_reads_what_the_days_say(engine: Engine, rows: list[Work], before: date) -> None:
    clear(engine)
    with unit_of_work(engine) as connection:
        add_work(connection, rows)
    with reading(engine) as connection:
        for scope in (province_scope(UDON), SITE):
            meant: dict[str, tuple[int, int, str]] = {}
            for _, province, facility, day, captured, duplicates, _ in rows:
                if province == UDON and day < before.isoformat() and scope.facility in {None, facility}:
                    had = meant.get(facility, (0, 0, ""))
                    meant[facility] = (had[0] + captured, had[1] + duplicates, max(had[2], day))
            told = {each.facility: each for each in coverage.facilities(connection, Profile.LIVE, before, scope)}
            assert {code: each.last_day for code, each in told.items()} == {code: n[2] for code, n in meant.items()}
            assert {code: (each.captured, each.duplicates) for code, each in told.items() if each.captured} == {
                code: n[:2] for code, n in meant.items() if n[0] >= coverage.SMALL
            }
            funnel = coverage.funnel(connection, Profile.LIVE, before, scope).get(UDON, coverage.Funnel())
            assert (funnel.captured, funnel.duplicates) == (
                sum(n[0] for n in meant.values()),
                sum(n[1] for n in meant.values()),
            )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(visits, max_size=40, unique_by=at), dates)
def test_a_usual_day_is_the_mean_of_those_with_visits_in_four_whole_weeks(
    engine: Engine, rows: list[Work], today: date
) -> None:
    clear(engine)
    with unit_of_work(engine) as connection:
        add_work(connection, rows)
    friday = last_friday(today - timedelta(days=1))
    came: dict[tuple[str, str], list[int]] = defaultdict(list)
    for _, province, facility, day, captured, *_ in rows:
        if captured and timedelta(0) <= friday - date.fromisoformat(day) < timedelta(days=28):
            came[province, facility].append(captured)
    usual = {place: -(-sum(each) // len(each)) for place, each in came.items()}
    of_provinces = {code: n for code in (UDON, LOEI) if (n := sum(usual[each] for each in usual if each[0] == code))}
    sites = union_all(*(select(literal(code).label("province"), literal(at).label("facility")) for code, at in PLACES))
    with reading(engine) as connection:
        assert usual_visits(connection, Profile.LIVE, PLACES, today) == usual
        assert usual_visits_by_province(connection, Profile.LIVE, select(sites.subquery()), today) == of_provinces
