# SPDX-License-Identifier: Apache-2.0
"""The fiscal year and its cut-offs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.coverage.fiscal import (
    Period,
    bangkok_day,
    cutoff,
    cutoff_day,
    english_date,
    fiscal_year,
    last_day,
    thai_date,
)
from fleet.store.days import BANGKOK


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2022, 10, 1), 2566),
        (date(2023, 9, 30), 2566),
        (date(2023, 10, 1), 2567),
        (date(2024, 2, 29), 2567),
        (date(2026, 11, 24), 2570),
    ],
)
def test_the_year_turns_on_the_first_of_october(day: date, year: int) -> None:
    assert fiscal_year(day) == year


def test_the_cutoffs_are_bangkok_midnights() -> None:
    assert cutoff(2566, Period.SIX).isoformat() == "2023-04-01T00:00:00+07:00"
    assert cutoff(2566, Period.TWELVE).isoformat() == "2023-10-01T00:00:00+07:00"
    assert [cutoff_day(2567, period) for period in Period] == [
        date(2024, 1, 1),
        date(2024, 4, 1),
        date(2024, 7, 1),
        date(2024, 10, 1),
    ]


def test_the_last_instant_of_september_counts_and_the_first_of_october_does_not() -> None:
    end = cutoff(2566, Period.TWELVE)
    before = end - timedelta(milliseconds=1)
    assert bangkok_day(before) < cutoff_day(2566, Period.TWELVE)
    assert not bangkok_day(end) < cutoff_day(2566, Period.TWELVE)


def test_an_evening_in_utc_is_already_tomorrow_in_bangkok() -> None:
    assert bangkok_day(datetime(2023, 9, 30, 17, 0, tzinfo=UTC)) == date(2023, 10, 1)
    assert bangkok_day(datetime(2023, 9, 30, 16, 59, 59, 999_999, tzinfo=UTC)) == date(2023, 9, 30)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        bangkok_day(datetime(2023, 9, 30))  # noqa: DTZ001 - the naive moment is the point


def test_a_moment_is_not_taken_for_a_day() -> None:
    with pytest.raises(TypeError, match="bangkok_day"):
        fiscal_year(datetime(2023, 9, 30, 20, tzinfo=UTC))


def test_screens_show_the_buddhist_era_and_storage_does_not() -> None:
    day = last_day(2566, Period.SIX)
    assert day.isoformat() == "2023-03-31"
    assert thai_date(day) == "31 มี.ค. 2566"
    assert english_date(day) == "31 Mar 2023"


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_every_moment_lies_inside_its_own_fiscal_year(moment: datetime) -> None:
    year = fiscal_year(bangkok_day(moment))
    assert cutoff(year - 1, Period.TWELVE) <= moment < cutoff(year, Period.TWELVE)
    assert cutoff(year, Period.TWELVE).tzinfo is BANGKOK
