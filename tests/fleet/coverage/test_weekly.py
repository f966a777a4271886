# SPDX-License-Identifier: Apache-2.0
"""A week in figures: which days it has, what is counted in it, and which figures are not told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from fleet.coverage import reading, weekly
from fleet.coverage.fiscal import cutoff
from fleet.coverage.weekly import Busy, Counts, NoWeekError, Visits
from fleet.store.scope import NATION, Scope, province_scope, region_scope
from fleet.store.session import unit_of_work
from fleet.store.sum_tables import workload_province_day, workload_week
from fleet.store.tables import coverage_day, workload_day
from tests.fleet.books import count, lapse, work
from wire.events import Profile
from wire.ids import ProvinceCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

UDON, LOEI, CHIANG_MAI = ProvinceCode("41"), ProvinceCode("42"), ProvinceCode("50")
TODAY = date(2026, 11, 24)  # a Tuesday
FRIDAY = date(2026, 11, 20)
SATURDAY = FRIDAY - timedelta(days=6)


@pytest.fixture
def books(engine: Engine) -> Engine:
    return engine


def told(books: Engine, scope: Scope = NATION, last: date = FRIDAY, profile: Profile = Profile.LIVE) -> Counts:
    week = weekly.week_ending(last, TODAY)
    with books.connect() as connection:
        return weekly.read_counts(connection, week, profile, scope)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_week_begins_on_saturday_and_ends_on_the_friday_that_is_today_or_was_the_last(today: date) -> None:
    week = weekly.week_ending(weekly.last_friday(today), today)
    assert (week.first.isoweekday(), week.last.isoweekday(), week.after - week.first) == (6, 5, timedelta(days=7))
    assert timedelta(0) <= today - week.last < timedelta(days=7)
    assert week.is_over == (today != week.last)


def test_a_week_s_moments_are_those_of_bangkok() -> None:
    week = weekly.week_ending(date(2026, 10, 2), date(2026, 10, 3))
    inside = int(cutoff(2569, 12).timestamp() * 1000)  # type: ignore[arg-type]  # 1 October, 00:00 in Bangkok
    assert week.first_ms == inside - 5 * 86_400_000
    assert week.after_ms == inside + 2 * 86_400_000


@pytest.mark.parametrize("last", [date(2026, 11, 19), date(2026, 11, 27)])
def test_a_day_that_is_no_friday_or_still_to_come_ends_no_week(last: date) -> None:
    with pytest.raises(NoWeekError, match="give a Friday that is not in the future"):
        weekly.week_ending(last, TODAY)


def test_an_empty_week_has_zeros(books: Engine) -> None:
    found = told(books, province_scope(UDON))
    assert (found.active, found.active_before, found.difference, found.busiest) == (0, 0, 0, ())
    assert (found.visits, found.provinces) == (Visits(0, 0, 0), {UDON: 0})


def test_each_day_belongs_to_one_week_from_saturday_to_friday(books: Engine) -> None:
    for day, n in ((-8, 1), (-7, 2), (-1, 4), (0, 8), (6, 16), (7, 32)):
        count(books, UDON, "activated", (SATURDAY + timedelta(days=day)).isoformat(), n)
        work(books, UDON, "11013", (SATURDAY + timedelta(days=day)).isoformat(), 10 * n)
    count(books, UDON, "accepted", FRIDAY.isoformat(), 99)
    found = told(books)
    assert (found.active, found.active_before, found.difference) == (24, 6, 18)
    assert found.visits == Visits(240, 24, 0)
    assert told(books, last=FRIDAY - timedelta(weeks=1)).difference == 5


def test_fewer_than_ten_visits_of_a_facility_are_not_told_by_their_number_or_their_order(books: Engine) -> None:
    for facility, visits in (("10001", 2), ("10002", 9), ("10003", 10), ("10004", 50), ("10005", 0), ("10006", 5)):
        work(books, UDON, facility, SATURDAY.isoformat(), visits)
    assert told(books).busiest == (
        Busy(UDON, "10004", 50),
        Busy(UDON, "10003", 10),
        Busy(UDON, "10001", None),
        Busy(UDON, "10002", None),
        Busy(UDON, "10006", None),
    )


def test_no_more_than_five_facilities_are_named(books: Engine) -> None:
    for n in range(10, 17):
        work(books, UDON, f"100{n}", SATURDAY.isoformat(), n)
    assert [each.visits for each in told(books).busiest] == [16, 15, 14, 13, 12]


def test_another_province_and_test_people_are_not_in_it(books: Engine) -> None:
    day = FRIDAY.isoformat()
    for province, n in ((UDON, 1), (LOEI, 2), (CHIANG_MAI, 4), ("", 8)):
        count(books, province, "activated", day, n)
        count(books, province, "activated", day, 100, profile="test")
    for province, facility in ((UDON, "11013"), (CHIANG_MAI, "10713")):
        work(books, province, facility, day, 20)
    here, region, nation = told(books, province_scope(UDON)), told(books, region_scope(8)), told(books)
    assert (here.active, region.active, nation.active) == (1, 3, 15)
    assert here.provinces == {UDON: 1}
    assert len(region.provinces) == 7
    assert (region.provinces[UDON], region.provinces[LOEI], CHIANG_MAI in region.provinces) == (1, 2, False)
    assert (len(nation.provinces), nation.provinces[""]) == (78, 8)
    assert (here.visits.captured, nation.visits.captured) == (20, 40)
    assert here.busiest == (Busy(UDON, "11013", 20),)
    assert told(books, profile=Profile.TEST).active == 400


def test_expired_requests_are_in_it_and_are_no_visits(books: Engine) -> None:
    lapse(books, UDON, "11013", FRIDAY.isoformat(), 3)
    found = told(books, province_scope(UDON))
    assert (found.visits, found.busiest) == (Visits(0, 0, 3), ())


rows = st.lists(
    st.tuples(st.sampled_from([UDON, LOEI]), st.sampled_from(["10001", "10002", "10003"]), st.integers(0, 30)),
    unique_by=lambda row: row[:2],
    max_size=6,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_rows_changes_nothing(
    books: Engine, orders: tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]
) -> None:
    seen = []
    for order in orders:
        with unit_of_work(books) as connection:
            for table in (coverage_day, workload_day, workload_week, workload_province_day):
                connection.execute(delete(table))
        for n, (province, facility, visits) in enumerate(order):
            work(books, province, facility, FRIDAY.isoformat(), visits)
            if province not in [each[0] for each in order[:n]]:
                count(books, province, "activated", FRIDAY.isoformat(), 3)
        seen.append(told(books))
    assert seen[0] == seen[1]
    assert all(each.visits is None or each.visits >= reading.SMALL for each in seen[0].busiest)
