# SPDX-License-Identifier: Apache-2.0
"""Silence is a quarter of an hour of opening hours: at night, and before the doors open, nobody is told that it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts import schedule
from fleet.devices.closeup import read_closeup
from fleet.devices.facts import Connectivity
from fleet.devices.health import Condition, count_conditions
from fleet.devices.vigil import SILENT_AFTER_MS
from fleet.store.days import BANGKOK
from fleet.store.hours import ALWAYS, DAYS, Hours
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import device_state
from tests.fleet.books import add_kiosk
from wire.ids import KioskId

if TYPE_CHECKING:
    from sqlalchemy import Engine

OFFICE = Hours.parse("mon-fri", "08:30", "16:30")
MINUTE_MS = 60_000


def at(text: str) -> int:
    """A moment of the week of Monday the 23rd of November 2026 in Bangkok, as `mon 08:30`."""
    day, _, time = text.partition(" ")
    hour, minute = (int(part) for part in time.split(":"))
    moment = datetime(2026, 11, 23, hour, minute, tzinfo=BANGKOK) + timedelta(days=DAYS.index(day))
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("tue 10:00", "tue 09:45"),
        ("tue 08:45", "tue 08:30"),  # open for a quarter of an hour
        ("tue 08:40", "mon 16:25"),  # ten minutes of today, and the last five of yesterday
        ("tue 07:00", "mon 16:15"),
        ("sat 12:00", "fri 16:15"),
        ("sun 23:59", "fri 16:15"),
    ],
)
def test_what_was_heard_before_a_quarter_of_an_hour_of_opening_hours_is_silence(now: str, before: str) -> None:
    assert OFFICE.before_open_ms(at(now), SILENT_AFTER_MS) == at(before)
    assert ALWAYS.before_open_ms(at(now), SILENT_AFTER_MS) == at(now) - SILENT_AFTER_MS


@pytest.mark.parametrize(
    ("first", "last", "minutes"),
    [
        ("tue 10:00", "tue 10:30", 30),
        ("tue 16:00", "wed 09:00", 60),  # the last half hour of one day, and the first of the next
        ("fri 16:00", "sun 23:00", 30),
        ("sat 10:00", "sun 10:00", 0),
        ("tue 10:00", "tue 09:00", 0),
    ],
)
def test_a_span_of_time_is_as_long_as_it_is_open(first: str, last: str, minutes: int) -> None:
    assert OFFICE.open_ms(at(first), at(last)) == minutes * MINUTE_MS
    assert ALWAYS.open_ms(at(first), at(last)) == max(0, at(last) - at(first))


@given(first=st.integers(0, 7 * 24 * 60), open_for=st.integers(1, 20 * 60))
def test_so_long_ago_as_it_was_open_it_was_open_for_so_long(first: int, open_for: int) -> None:
    now_ms = at("mon 00:00") + first * MINUTE_MS
    assert OFFICE.open_ms(OFFICE.before_open_ms(now_ms, open_for * MINUTE_MS), now_ms) == open_for * MINUTE_MS


@given(now=st.integers(0, 7 * 24 * 60), later=st.integers(0, 3 * 24 * 60))
def test_the_moment_never_goes_back(now: int, later: int) -> None:
    first, second = (
        OFFICE.before_open_ms(at("mon 00:00") + n * MINUTE_MS, SILENT_AFTER_MS) for n in (now, now + later)
    )
    assert first <= second <= at("mon 00:00") + (now + later) * MINUTE_MS - SILENT_AFTER_MS


def test_who_is_open_for_a_few_minutes_a_day_is_silent_after_several_days() -> None:
    brief = Hours.parse("mon-sun", "12:00", "12:05")
    assert brief.before_open_ms(at("fri 13:00"), SILENT_AFTER_MS) == at("wed 12:00")


def heard_at(engine: Engine, name: str, text: str, facility: str = "11013") -> None:
    """A kiosk that was last heard then."""
    add_kiosk(engine, name, facility=facility)
    with unit_of_work(engine) as connection:
        connection.execute(device_state.insert().values(kiosk=name, seen_ms=at(text), screen="ok"))


def conditions(engine: Engine, text: str) -> dict[Condition, int]:
    """How many kiosks are in each condition that some are in."""
    with reading(engine) as connection:
        return {each: n for each, n in count_conditions(connection, at(text), NATION).items() if n}


def test_kiosks_that_are_switched_off_at_night_are_closed_for_a_while_until_the_doors_have_been_open(
    engine: Engine,
) -> None:
    heard_at(engine, "udon-01", "mon 16:40")
    heard_at(engine, "udon-02", "mon 14:00")  # fell silent by day
    with unit_of_work(engine) as connection:
        schedule.set_fleet_hours(connection, "mon-fri", "08:30", "16:30")
    assert conditions(engine, "tue 07:50") == {Condition.RESTING: 1, Condition.SILENT: 1}
    assert conditions(engine, "tue 08:44") == {Condition.RESTING: 1, Condition.SILENT: 1}
    assert conditions(engine, "tue 08:45") == {Condition.SILENT: 2}


def test_a_facility_that_is_open_at_night_is_silent_at_night(engine: Engine) -> None:
    heard_at(engine, "udon-01", "mon 22:00", facility="10670")
    heard_at(engine, "udon-02", "mon 22:00")
    with unit_of_work(engine) as connection:
        schedule.set_fleet_hours(connection, "mon-fri", "08:30", "16:30")
        schedule.set_hours(connection, Scope.parse("facility:41/10670"), ("mon-sun", "00:00", "24:00"))
    assert conditions(engine, "mon 23:00") == {Condition.SILENT: 1, Condition.RESTING: 1}
    with reading(engine) as connection:
        found = [read_closeup(connection, KioskId(name), at("mon 23:00"), NATION) for name in ("udon-01", "udon-02")]
    assert [each and each.facts.connectivity for each in found] == [Connectivity.SILENT, Connectivity.CLOSED]


def test_where_no_hours_are_known_it_is_silent_by_day_and_by_night(engine: Engine) -> None:
    heard_at(engine, "udon-01", "mon 22:00")
    assert conditions(engine, "mon 22:15") == {Condition.SILENT: 1}


def test_the_hours_that_the_alerting_was_given_are_the_fleet_s_and_no_facility_s(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        schedule.set_fleet_hours(connection, "mon-fri", "08:30", "16:30")
        schedule.set_fleet_hours(connection, "mon-sun", "00:00", "24:00")
        assert schedule.read_hours(connection) == {}
    heard_at(engine, "udon-01", "mon 22:00")
    assert conditions(engine, "mon 22:15") == {Condition.SILENT: 1}
