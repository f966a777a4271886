# SPDX-License-Identifier: Apache-2.0
"""Alarms, windows, hours and the watch in both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.alerts import book, schedule, watch
from fleet.alerts.book import AlertRefusedError
from fleet.alerts.judging import judge
from fleet.alerts.observations import Observation
from fleet.alerts.rules import RuleId
from fleet.alerts.subjects import part
from fleet.alerts.windows import LONGEST_MS, Window, WindowRefusedError
from fleet.store.hours import ALWAYS, Hours, HoursRefusedError
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from tests.fleet.alerts.sights import MINUTE, NOW, kiosk, sight, silent

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.alerts.book import Entry

UDON = Scope.parse("province:41")
LOEI = Scope.parse("province:42")
REGION = Scope.parse("region:8")


def look(engine: Engine, *seen: Observation, at_ms: int = NOW, kiosks: dict[str, int] | None = None) -> None:
    with unit_of_work(engine) as connection:
        before = book.standing(connection)
        book.write(connection, judge(sight(*seen, at_ms=at_ms, kiosks=kiosks), before, []), before)


def shown(engine: Engine, scope: Scope = NATION) -> list[Entry]:
    with reading(engine) as connection:
        return book.read_open(connection, scope)


def named(engine: Engine, scope: Scope) -> list[str]:
    return [str(each.alarm.subject) for each in shown(engine, scope)]


def security(n: int = 1, **place: str) -> Observation:
    return Observation(RuleId.SECURITY, kiosk(n, **place), NOW, code="fork", n=1)


def test_an_alarm_goes_from_look_to_look_through_the_tables(engine: Engine) -> None:
    outage = [silent(kiosk(n)) for n in range(7)]
    look(engine, *outage, security())
    before = shown(engine)
    look(engine, *outage, security(), at_ms=NOW + MINUTE)
    assert [each.id for each in shown(engine)] == [each.id for each in before]
    assert [each.alarm.rule for each in before[:2]] == [RuleId.SECURITY, RuleId.SILENT_TOGETHER]
    assert {str(each.alarm.part_of) for each in before[2:]} == {"facility:41/11013"}
    look(engine, at_ms=NOW + 2 * MINUTE)
    look(engine, at_ms=NOW + 13 * MINUTE)
    assert shown(engine) == []
    with reading(engine) as connection:
        assert len(book.read_cleared(connection, UDON, NOW)) == 9
        assert book.read_cleared(connection, LOEI, NOW) == []
        assert book.read_cleared(connection, UDON, NOW + 14 * MINUTE) == []


def test_what_never_was_an_alarm_is_not_kept(engine: Engine) -> None:
    look(engine, Observation(RuleId.READER, kiosk(1), code="reader_absent"))
    assert shown(engine) == []
    look(engine, at_ms=NOW + MINUTE)
    look(engine, at_ms=NOW + 60 * MINUTE)
    with reading(engine) as connection:
        assert (book.standing(connection), book.read_cleared(connection, NATION, 0)) == ([], [])


def test_each_sees_the_alarms_of_their_own_place_and_nobody_elses(engine: Engine) -> None:
    spread = [silent(kiosk(n, province=p)) for n in range(3) for p in ("41", "42", "43")]
    kiosks = {f"{p}/11013": 9 for p in ("41", "42", "43")}
    look(
        engine, *spread, Observation(RuleId.RELAY_BEHIND, part("relay"), n=3), security(9, province="10"), kiosks=kiosks
    )
    assert "region:8" in named(engine, REGION)
    assert len(named(engine, REGION)) == 10
    assert set(named(engine, UDON)) == {f"kiosk:{kiosk(n).name}" for n in range(3)}
    assert named(engine, Scope.parse("facility:41/11014")) == []
    assert len(named(engine, Scope.parse("facility:41/11013"))) == 3
    assert len(named(engine, NATION)) == 12


def test_an_alarm_is_acknowledged_once_by_who_may_see_it(engine: Engine) -> None:
    look(engine, security())
    (found,) = shown(engine)
    with unit_of_work(engine) as connection:
        with pytest.raises(AlertRefusedError, match="no such alarm"):
            book.acknowledge(connection, found.id, "stranger", LOEI, NOW)
        book.acknowledge(connection, found.id, "somchai", UDON, NOW)
        with pytest.raises(AlertRefusedError, match="somchai"):
            book.acknowledge(connection, found.id, "malee", UDON, NOW)
    look(engine, security(), at_ms=NOW + MINUTE)
    assert [each.acknowledged_by for each in shown(engine)] == ["somchai"]


def test_only_what_does_not_end_by_itself_is_ended_by_hand(engine: Engine) -> None:
    look(engine, security(), silent(kiosk(2)))
    alarm, silence = shown(engine)
    with unit_of_work(engine) as connection:
        with pytest.raises(AlertRefusedError, match="ends by itself"):
            book.clear(connection, silence.id, "somchai", NATION, NOW)
        with pytest.raises(AlertRefusedError, match="no such alarm"):
            book.clear(connection, alarm.id, "somchai", LOEI, NOW)
        book.clear(connection, alarm.id, "somchai", UDON, NOW + 5)
    assert [each.id for each in shown(engine)] == [silence.id]


def work(**changed: object) -> Window:
    fixed: dict[str, object] = {"first_ms": NOW, "until_ms": NOW + MINUTE, "reason": "สวิตช์ใหม่", "by": "somchai"}
    return Window(0, scope=UDON, **{**fixed, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"until_ms": NOW},
        {"first_ms": NOW - 2, "until_ms": NOW - 1},
        {"until_ms": NOW + LONGEST_MS + 1},
        {"reason": "  "},
        {"reason": "two\nlines"},
        {"reason": "x" * 201},
    ],
    ids=["empty", "over", "too-long", "no-reason", "lines", "long-reason"],
)
def test_a_window_that_silences_by_mistake_is_refused(engine: Engine, changed: dict[str, object]) -> None:
    with unit_of_work(engine) as connection, pytest.raises(WindowRefusedError):
        schedule.add_window(connection, work(**changed), NOW)


def test_a_window_is_seen_and_ended_by_who_has_its_place(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        number = schedule.add_window(connection, work(), NOW)
        assert [each.id for each in schedule.read_windows(connection, REGION, NOW)] == [number]
        assert schedule.read_windows(connection, LOEI, NOW) == []
        assert schedule.read_windows(connection, UDON, NOW + MINUTE) == []
        with pytest.raises(WindowRefusedError, match="window list"):
            schedule.end_window(connection, number, LOEI, NOW)
        schedule.end_window(connection, number, UDON, NOW)
        assert schedule.read_windows(connection, UDON, NOW) == []


def test_a_facility_has_its_own_hours_until_they_are_taken_back(engine: Engine) -> None:
    site = Scope.parse("facility:41/11013")
    with unit_of_work(engine) as connection:
        for days in ("mon-fri", "mon-sun"):
            schedule.set_hours(connection, site, (days, "00:00", "24:00"))
        assert schedule.read_hours(connection) == {site: ALWAYS}
        with pytest.raises(WindowRefusedError, match="facility"):
            schedule.set_hours(connection, UDON, ("mon-fri", "08:00", "16:00"))
        with pytest.raises(HoursRefusedError):
            schedule.set_hours(connection, site, ("mon-fri", "16:00", "08:00"))
        schedule.set_hours(connection, site, None)
        assert schedule.read_hours(connection) == {}


DAY = 24 * 60 * MINUTE
MONDAY = 1_795_971_600_000  # 2026-11-30 00:00 in Bangkok
OFFICE = Hours.parse("mon-fri", "08:30", "16:30")


@pytest.mark.parametrize(
    ("hours", "at_minutes", "opened_minutes"),
    [
        (OFFICE, 8 * 60 + 29, None),
        (OFFICE, 8 * 60 + 30, 8 * 60 + 30),
        (OFFICE, 16 * 60 + 29, 8 * 60 + 30),
        (OFFICE, 16 * 60 + 30, None),
        (OFFICE, 5 * 1440 + 600, None),
        (Hours.parse("sat-mon", "00:00", "24:00"), 600, -2 * 1440),
        (Hours.parse("tue,thu", "09:00", "24:00"), 1440 + 1439, 1440 + 540),
    ],
    ids=["before", "opening", "open", "closing", "saturday", "over-midnight", "until-midnight"],
)
def test_a_facility_is_open_in_its_hours_of_bangkok(hours: Hours, at_minutes: int, opened_minutes: int | None) -> None:
    expected = None if opened_minutes is None else MONDAY + opened_minutes * MINUTE
    assert hours.opened_ms(MONDAY + at_minutes * MINUTE) == expected


def test_who_never_closes_is_open_since_ever() -> None:
    assert ALWAYS.opened_ms(NOW) == 0


@pytest.mark.parametrize(
    "typed",
    [("", "08:00", "16:00"), ("mon-xyz", "08:00", "16:00"), ("mon", "8:00", "16:00"), ("mon", "08:60", "16:00"),
     ("mon", "08:00", "24:01"), ("mon", "08:00", "08:00"), ("mon", "\u0e50\u0e58:\u0e50\u0e50", "16:00")],
)  # fmt: skip
def test_what_is_no_opening_hours_is_refused(typed: tuple[str, str, str]) -> None:
    with pytest.raises(HoursRefusedError):
        Hours.parse(*typed)


def test_one_process_holds_the_alerting_and_another_takes_it_when_it_died(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        assert watch.hold(connection, "one", NOW)
        assert watch.hold(connection, "one", NOW)
        assert not watch.hold(connection, "two", NOW + watch.LEASE_MS - 1)
        assert watch.hold(connection, "two", NOW + watch.LEASE_MS)
        assert not watch.hold(connection, "one", NOW + watch.LEASE_MS)
        watch.release(connection, "one")
        assert not watch.hold(connection, "one", NOW + watch.LEASE_MS)
        watch.release(connection, "two")
        assert watch.hold(connection, "one", NOW + watch.LEASE_MS)


def test_the_alerting_is_silent_until_its_first_beat_and_five_minutes_after_the_last(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        before = watch.read(connection)
        watch.beat(connection, NOW)
        after = watch.read(connection)
    assert (before.is_silent(NOW), before.age_s(NOW)) == (True, None)
    assert [after.is_silent(NOW + n) for n in (0, watch.SILENT_AFTER_MS, watch.SILENT_AFTER_MS + 1)] == [
        False,
        False,
        True,
    ]
    assert after.age_s(NOW + 90_500) == 90
