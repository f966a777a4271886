# SPDX-License-Identifier: Apache-2.0
"""What the pages read out of the counters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from fleet.coverage import reading
from fleet.coverage.figures import Absence, Mode
from fleet.coverage.fiscal import Period
from fleet.coverage.kpi57 import Verdict
from fleet.coverage.reading import Basis, Funnel
from fleet.coverage.report import report
from fleet.store.scope import NATION, province_scope
from fleet.store.session import unit_of_work
from fleet.store.tables import coverage_day
from tests.fleet.books import bring, count, work
from wire.events import Profile
from wire.ids import ProvinceCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

UDON = ProvinceCode("41")
LOEI = ProvinceCode("42")
TWELVE = Basis(Mode.PROXY, 2570, Period.TWELVE)


@pytest.fixture
def books(engine: Engine) -> Engine:
    return engine


def people(books: Engine, basis: Basis, province: ProvinceCode = UDON) -> int | None:
    with books.connect() as connection:
        return reading.read_proxy(connection, basis, NATION).figures[province].people.a


def test_every_province_stands_in_the_reading_even_of_an_empty_database(books: Engine) -> None:
    with books.connect() as connection:
        found = reading.read_proxy(connection, TWELVE, NATION)
    assert len(found.figures) == 77
    assert found.figures[UDON].people.absence is Absence.NO_DENOMINATOR
    assert found.figures[UDON].people.a == 0


def test_people_activated_before_the_cutoff_count_however_long_ago(books: Engine) -> None:
    count(books, UDON, "activated", "2019-05-05", 3)
    count(books, UDON, "activated", "2027-09-30", 2)
    count(books, UDON, "activated", "2027-10-01", 7)
    assert people(books, TWELVE) == 5


def test_an_activation_on_the_day_of_the_cutoff_belongs_to_the_next_period(books: Engine) -> None:
    count(books, UDON, "activated", "2027-04-01", 1)
    assert people(books, Basis(Mode.PROXY, 2570, Period.SIX)) == 0
    assert people(books, TWELVE) == 1


def test_a_revocation_counts_from_its_own_day(books: Engine) -> None:
    count(books, UDON, "activated", "2027-03-01", 4)
    count(books, UDON, "revoked", "2027-04-01", 1)
    assert people(books, Basis(Mode.PROXY, 2570, Period.SIX)) == 4
    assert people(books, TWELVE) == 3


def test_people_who_were_only_accepted_do_not_count(books: Engine) -> None:
    count(books, UDON, "submitted", "2026-11-01", 9)
    count(books, UDON, "accepted", "2026-11-01", 9)
    assert people(books, TWELVE) == 0


def test_test_people_and_live_people_are_read_apart(books: Engine) -> None:
    count(books, UDON, "activated", "2026-11-01", 2, profile="test")
    count(books, UDON, "activated", "2026-11-01", 5, profile="live")
    assert people(books, TWELVE) == 5
    assert people(books, Basis(Mode.PROXY, 2570, Period.TWELVE, Profile.TEST)) == 2


def test_people_of_no_known_province_are_in_no_province_and_not_lost(books: Engine) -> None:
    count(books, "", "activated", "2026-11-01", 2)
    with books.connect() as connection:
        found = reading.read_proxy(connection, TWELVE, NATION)
    assert found.unplaced == 2
    assert sum(figures.people.a or 0 for figures in found.figures.values()) == 0


def test_books_that_revoke_more_than_they_activated_are_unreconciled_not_negative(books: Engine) -> None:
    count(books, UDON, "revoked", "2026-11-01", 2)
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,5,10\n")
    with books.connect() as connection:
        share = reading.read_proxy(connection, TWELVE, NATION).figures[UDON].people
    assert share.absence is Absence.UNRECONCILED


def test_our_own_figures_have_no_staff_because_no_roster_says_who_is(books: Engine) -> None:
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,5,10\n")
    with books.connect() as connection:
        figures = reading.read_proxy(connection, TWELVE, NATION).figures[UDON]
    assert (figures.staff.b, figures.staff.absence) == (5, Absence.NO_ROSTER)


def test_an_empty_cell_is_missing_and_a_zero_is_zero(books: Engine) -> None:
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,5,\n2570,42,5,0\n")
    with books.connect() as connection:
        found = reading.read_proxy(connection, TWELVE, NATION).figures
    assert found[UDON].people.absence is Absence.NO_DENOMINATOR
    assert found[LOEI].people.absence is Absence.ZERO_DENOMINATOR


def test_denominators_of_another_year_are_not_borrowed(books: Engine) -> None:
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2569,41,5,10\n")
    with books.connect() as connection:
        assert reading.read_proxy(connection, TWELVE, NATION).figures[UDON].people.b is None


def test_official_figures_know_nothing_of_our_own_people(books: Engine) -> None:
    count(books, UDON, "activated", "2026-11-01", 99)
    bring(books, "official", "fiscal_year,period,province,a1,b1,a2,b2\n2570,12,41,1,2,3,4\n", made_up=True)
    with books.connect() as connection:
        found = reading.read_official(connection, Basis(Mode.OFFICIAL, 2570, Period.TWELVE), NATION)
        other_period = reading.read_official(connection, Basis(Mode.OFFICIAL, 2570, Period.SIX), NATION)
    figures = found.figures[UDON]
    assert (figures.staff.known, figures.people.known, figures.made_up) == ((1, 2), (3, 4), True)
    assert found.batches[found.batch_of[UDON]].file_name == "official.csv"
    assert other_period.figures[UDON].people.absence is Absence.NOT_IMPORTED


def test_the_funnel_keeps_visits_at_kiosks_apart_from_people_by_address(books: Engine) -> None:
    work(books, UDON, "11013", "2026-11-01", 20)
    for state, n in (("submitted", 9), ("accepted", 8), ("activated", 7), ("revoked", 1)):
        count(books, LOEI, state, "2026-11-01", n)
    count(books, LOEI, "activated", "2027-10-01", 50)
    with books.connect() as connection:
        found = reading.funnel(connection, Profile.LIVE, date(2027, 10, 1), NATION)
        one = reading.funnel(connection, Profile.LIVE, date(2027, 10, 1), province_scope(LOEI))
    assert one == {LOEI: found[LOEI]}
    assert found[UDON] == Funnel(captured=20, duplicates=2)
    assert found[LOEI] == Funnel(submitted=9, accepted=8, activated=7, revoked=1)
    assert reading.summed(list(found.values())) == Funnel(20, 2, 9, 8, 7, 1)


def test_facilities_come_busiest_first_with_their_last_day(books: Engine) -> None:
    work(books, UDON, "11013", "2026-11-01", 5)
    work(books, UDON, "11013", "2026-11-03", 5)
    work(books, UDON, "10671", "2026-11-02", 30)
    work(books, UDON, "10671", "2026-11-02", 99, profile="test")
    with books.connect() as connection:
        found = reading.facilities(connection, Profile.LIVE, date(2027, 10, 1), province_scope(UDON))
    assert [(each.facility, each.captured, each.last_day) for each in found] == [
        ("10671", 30, "2026-11-02"),
        ("11013", 10, "2026-11-03"),
    ]


def test_few_visits_of_a_facility_are_not_told_by_their_number_and_stand_last(books: Engine) -> None:
    for facility, n in (("10671", 9), ("10672", 1), ("11013", 10)):
        work(books, UDON, facility, "2026-11-01", n)
    with books.connect() as connection:
        found = reading.facilities(connection, Profile.LIVE, date(2027, 10, 1), province_scope(UDON))
    assert [(each.facility, each.captured, each.duplicates) for each in found] == [
        ("11013", 10, 1),
        ("10671", None, None),
        ("10672", None, None),
    ]


def test_months_hold_only_activations_of_the_window(books: Engine) -> None:
    for day, n in (("2026-09-30", 1), ("2026-10-01", 2), ("2026-10-31", 3), ("2026-11-05", 4), ("2027-10-01", 5)):
        count(books, UDON, "activated", day, n)
    with books.connect() as connection:
        found = reading.activated_by_month(
            connection, Profile.LIVE, province_scope(UDON), since=date(2026, 10, 1), before=date(2027, 10, 1)
        )
    assert found == {"2026-10": 5, "2026-11": 4}


days = st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(date.isoformat)
rows = st.lists(
    st.tuples(st.sampled_from(["activated", "revoked"]), days, st.integers(0, 50)),
    unique_by=lambda row: row[:2],
    max_size=6,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_in_which_days_are_written_changes_nothing(
    books: Engine, orders: tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]
) -> None:
    seen = []
    for order in orders:
        with unit_of_work(books) as connection:
            connection.execute(delete(coverage_day))
        for state, day, n in order:
            count(books, UDON, state, day, n)
        seen.append(people(books, TWELVE))
    expected = sum(n if state == "activated" else -n for state, day, n in orders[0] if day < "2027-10-01")
    assert seen == [expected if expected >= 0 else None] * 2


def test_the_year_of_today_has_no_published_target_and_borrows_none(books: Engine) -> None:
    count(books, UDON, "activated", "2026-11-01", 8)
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,5,8\n")
    with books.connect() as connection:
        found = report(connection, TWELVE, NATION)
    assert (found.year_known, found.gate) == (False, None)
    assert found.results[UDON].verdict is Verdict.NO_GATE
    assert found.whole.figures.people.known == (8, 8)


def test_a_report_sums_its_regions_and_counts_bangkok_apart(books: Engine) -> None:
    header = "fiscal_year,period,province,a1,b1,a2,b2\n"
    bring(books, "official", header + "2569,12,41,9,10,4,10\n2569,12,42,1,10,4,10\n2569,12,10,9,10,4,10\n")
    with books.connect() as connection:
        found = report(connection, Basis(Mode.OFFICIAL, 2569, Period.TWELVE), NATION)
    eighth = found.regions[8]
    assert (eighth.figures.staff.known, eighth.staff_counted) == ((10, 20), 2)
    assert (eighth.national.passed, eighth.national.failed, eighth.national.in_scope) == (1, 1, 7)
    assert (found.whole.national.passed, found.whole.national.in_scope) == (2, 77)
    assert found.without_bangkok is not None
    assert (found.without_bangkok.passed, found.without_bangkok.in_scope) == (1, 76)
    assert sum(each.national.in_scope for each in found.regions.values()) == 77
