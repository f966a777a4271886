# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.grouping import grouped
from fleet.alerts.judging import Alarm, judge
from fleet.alerts.observations import Observation, Sight
from fleet.alerts.rules import RULES, RuleId
from fleet.alerts.subjects import place
from fleet.alerts.windows import Window
from fleet.store.scope import NATION, Scope
from tests.fleet.alerts.sights import MINUTE, NOW, kiosk, sight, silent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fleet.alerts.observations import Key

READER = RuleId.READER
SITE = Scope.parse("facility:41/11013")


class Book:
    """What the tables do: keep what stands, and what is over, from one look to the next."""

    def __init__(self) -> None:
        self.standing: dict[Key, Alarm] = {}
        self.over: list[Alarm] = []
        self.told: list[tuple[RuleId, str]] = []

    def look(self, *seen: Observation, at_ms: int, windows: Collection[Window] = (), **more: dict[str, int]) -> None:
        self.apply(sight(*seen, at_ms=at_ms, **more), windows)

    def apply(self, look: Sight, windows: Collection[Window] = ()) -> None:
        done = judge(look, list(self.standing.values()), windows)
        for alarm in done.alarms:
            told = replace(alarm, told_ms=look.at_ms) if alarm.key in done.telling else alarm
            if alarm.key in done.telling:
                self.told.append((alarm.rule, alarm.subject.name))
            if alarm.cleared_ms is None:
                self.standing[alarm.key] = told
            else:
                self.over.append(told)
                del self.standing[alarm.key]
        for key in done.forgotten:
            del self.standing[key]

    def raised(self) -> set[tuple[RuleId, str]]:
        return {(rule, subject.name) for (rule, subject), each in self.standing.items() if each.is_open}


def reader(n: int = 1) -> Observation:
    return Observation(READER, kiosk(n), code="reader_absent")


def test_a_fact_that_has_not_lasted_is_no_alarm_and_is_forgotten() -> None:
    book = Book()
    book.look(reader(), at_ms=NOW)
    assert book.raised() == set()
    book.look(at_ms=NOW + MINUTE)
    book.look(at_ms=NOW + MINUTE + RULES[READER].clear_s * 1000)
    assert (book.standing, book.over) == ({}, [])


def test_a_fact_that_lasts_is_one_alarm_and_told_once() -> None:
    book = Book()
    for n in range(20):
        book.look(reader(), at_ms=NOW + n * MINUTE)
    assert book.told == [(READER, kiosk(1).name)]
    (alarm,) = book.standing.values()
    assert (alarm.since_ms, alarm.raised_ms) == (NOW, NOW + RULES[READER].for_s * 1000)


def test_what_comes_and_goes_is_one_alarm() -> None:
    book = Book()
    for n in range(60):
        book.look(*([reader()] if n % 6 < 3 else []), at_ms=NOW + n * MINUTE)
    assert (book.told, book.over) == ([(READER, kiosk(1).name)], [])


def test_an_alarm_ends_when_its_fact_is_gone_for_long_enough() -> None:
    book = Book()
    for n in range(7):
        book.look(reader(), at_ms=NOW + n * MINUTE)
    for n in range(7, 18):
        book.look(at_ms=NOW + n * MINUTE)
    (over,) = book.over
    assert (over.cleared_ms, book.standing) == (NOW + 17 * MINUTE, {})


def test_what_cannot_be_told_neither_begins_nor_ends_an_alarm() -> None:
    book = Book()
    hidden = Observation(READER, kiosk(1), undecided=True)
    book.look(hidden, at_ms=NOW)
    assert book.standing == {}
    for n in range(7):
        book.look(reader(), at_ms=NOW + n * MINUTE)
    book.look(hidden, at_ms=NOW + 600 * MINUTE)
    assert book.raised() == {(READER, kiosk(1).name)}


def test_a_single_silence_is_told_only_after_others_had_time_to_show_that_it_is_an_outage() -> None:
    book = Book()
    for n in range(15, 30):
        book.look(silent(kiosk(1), n, at_ms=NOW + n * MINUTE), at_ms=NOW + n * MINUTE)
        assert book.raised() == {(RuleId.SILENT, kiosk(1).name)}
        assert len(book.told) == (n >= 25)


def test_a_kiosk_that_was_switched_off_before_closing_is_not_told_and_next_morning_has_its_time_to_be_switched_on() -> (
    None
):
    book = Book()
    off = NOW
    for n in (15, 20):
        book.look(silent(kiosk(1), n, at_ms=off + n * MINUTE), at_ms=off + n * MINUTE)
    for n in (26, 60, 600):  # closed
        book.look(silent(kiosk(1), n, at_ms=off + n * MINUTE, undecided=True), at_ms=off + n * MINUTE)
    opened = off + 960 * MINUTE
    for n in (0, 14):
        book.look(silent(kiosk(1), n, at_ms=opened + n * MINUTE), at_ms=opened + n * MINUTE)
    assert book.told == []
    book.look(silent(kiosk(1), 15, at_ms=opened + 15 * MINUTE), at_ms=opened + 15 * MINUTE)
    assert book.told == [(RuleId.SILENT, kiosk(1).name)]


def outage(n: int, at_ms: int, **place: str) -> list[Observation]:
    return [silent(kiosk(each, **place), 16 + each % 9, at_ms=at_ms) for each in range(n)]


def test_an_outage_of_a_site_is_one_message_and_its_kiosks_are_kept_as_parts_of_it() -> None:
    book = Book()
    for minute in range(30):
        at_ms = NOW + minute * MINUTE
        seen = [replace(each, since_ms=NOW - 16 * MINUTE) for each in outage(7, at_ms)]
        book.look(*seen, at_ms=at_ms)
    assert book.told == [(RuleId.SILENT_TOGETHER, "41/11013")]
    parts = [each for each in book.standing.values() if each.rule is RuleId.SILENT]
    assert [each.part_of for each in parts] == [place(SITE)] * 7
    (whole,) = [each for each in book.standing.values() if each.rule is RuleId.SILENT_TOGETHER]
    assert (whole.n, whole.of) == (7, 20)


def test_kiosks_that_stay_silent_when_an_outage_is_over_are_told_by_themselves() -> None:
    book = Book()
    book.look(*[silent(kiosk(n), 30) for n in range(7)], at_ms=NOW)
    for minute in range(1, 12):
        at_ms = NOW + minute * MINUTE
        book.look(silent(kiosk(0), 30 + minute, at_ms=at_ms), at_ms=at_ms)
        expected = [(RuleId.SILENT_TOGETHER, "41/11013"), (RuleId.SILENT, kiosk(0).name)]
        assert book.told == expected[: 1 if minute < 11 else 2]


def test_an_outage_goes_on_over_night() -> None:
    book = Book()
    book.look(*[silent(kiosk(n), 30) for n in range(7)], at_ms=NOW)
    for minute in range(1, 600, 30):
        at_ms = NOW + minute * MINUTE
        book.look(*[silent(kiosk(n), 30, at_ms=at_ms, undecided=True) for n in range(7)], at_ms=at_ms)
    assert book.told == [(RuleId.SILENT_TOGETHER, "41/11013")]
    assert (RuleId.SILENT_TOGETHER, "41/11013") in book.raised()


@pytest.mark.parametrize(
    ("silences", "kiosks", "named"),
    [
        ([silent(kiosk(n)) for n in range(2)], {"41/11013": 2}, {"facility:41/11013"}),
        ([silent(kiosk(0))], {"41/11013": 1}, set()),
        ([silent(kiosk(n)) for n in range(4)], {"41/11013": 5}, set()),
        ([silent(kiosk(n)) for n in range(6)], {"41/11013": 20}, set()),  # 30 % is not more than 30 %
        ([silent(kiosk(n), 16 + 11 * n) for n in range(7)], {"41/11013": 7}, set()),
        (
            [silent(kiosk(n, facility=f"1101{n}")) for n in range(5)],
            {f"41/1101{n}": 3 for n in range(5)},
            {"province:41"},
        ),
        ([silent(kiosk(n)) for n in range(7)], {"41/11013": 7, "41/11014": 1}, {"facility:41/11013"}),
        (
            [silent(kiosk(n, province=p)) for n in range(3) for p in ("41", "42", "43")],
            {"41/11013": 9, "42/11013": 9, "43/11013": 9, "10/11013": 500},
            {"region:8"},
        ),
    ],
    ids=["whole-site", "one-kiosk", "four", "30-percent", "spread-out", "province", "one-of-two-sites", "region"],
)
def test_the_narrowest_place_that_holds_an_outage_is_named(
    silences: list[Observation], kiosks: dict[str, int], named: set[str]
) -> None:
    look = sight(*silences, kiosks=kiosks)
    outages = [each for each in grouped(silences, look.kiosks).outages if not each.undecided]
    assert {str(each.subject.scope) for each in outages} == named


def window(scope: Scope, first_ms: int, until_ms: int) -> Window:
    return Window(1, scope, first_ms, until_ms, "a new switch", "somebody")


def test_in_a_maintenance_window_an_alarm_is_recorded_and_told_when_it_outlasts_the_window() -> None:
    book = Book()
    work = window(Scope.parse("province:41"), NOW, NOW + 60 * MINUTE)
    for minute in range(0, 70, 5):
        book.look(reader(), at_ms=NOW + minute * MINUTE, windows=[work])
        assert len(book.told) == (minute >= 60)
        assert (READER, kiosk(1).name) in book.raised() or minute < 5


def test_a_security_alarm_is_told_in_maintenance_too() -> None:
    book = Book()
    seen = replace(reader(), rule=RuleId.SECURITY)
    for minute in range(0, 30, 5):
        at_ms = NOW + minute * MINUTE
        book.look(seen, at_ms=at_ms, windows=[window(NATION, NOW, NOW + 60 * MINUTE)])
    assert book.told == [(RuleId.SECURITY, kiosk(1).name)]


@pytest.mark.parametrize(
    ("scope", "covers"), [("nation", True), ("facility:41/11013", True), ("facility:41/11014", False)]
)
def test_a_window_covers_what_lies_in_its_place_until_it_is_ended(scope: str, *, covers: bool) -> None:
    work = window(Scope.parse(scope), NOW, NOW + MINUTE)
    assert work.covers(kiosk(1), NOW) == covers
    assert not replace(work, ended_ms=NOW).covers(kiosk(1), NOW)
    assert not work.covers(kiosk(1), NOW + MINUTE)
    assert not work.covers(kiosk(1), NOW - 1)
    assert work.covers(place(NATION), NOW) == (scope == "nation")


subjects = st.builds(
    kiosk, st.integers(0, 5), province=st.sampled_from(["41", "42"]), facility=st.sampled_from(["11013", "11014"])
)
observations = st.builds(
    Observation,
    st.sampled_from([RuleId.SILENT, RuleId.READER, RuleId.SECURITY]),
    subjects,
    st.integers(0, 60).map(lambda minutes: NOW - minutes * MINUTE),
    code=st.sampled_from([None, "a", "b"]),
    undecided=st.booleans(),
)
looks = st.lists(observations, max_size=30)
KIOSKS = {f"{province}/{facility}": 6 for province in ("41", "42") for facility in ("11013", "11014")}


def shifted(seen: Iterable[Observation], by_ms: int) -> list[Observation]:
    return [replace(each, since_ms=(each.since_ms or 0) + by_ms) for each in seen]


@given(looks, st.randoms())
def test_the_order_in_which_facts_are_seen_changes_nothing(seen: list[Observation], chance: object) -> None:
    other = list(seen)
    chance.shuffle(other)  # type: ignore[attr-defined]
    standing = judge(sight(*seen[:10], kiosks=KIOSKS), [], []).alarms
    one = judge(sight(*seen, kiosks=KIOSKS), standing, [])
    assert judge(sight(*other, kiosks=KIOSKS), tuple(reversed(standing)), []) == one


@given(st.lists(st.tuples(looks, st.integers(1, 90)), max_size=8))
def test_there_is_never_a_second_alarm_of_a_rule_and_a_subject_and_none_is_lost(
    rounds: list[tuple[list[Observation], int]],
) -> None:
    book, at_ms, raised = Book(), NOW, 0
    for seen, minutes in rounds:
        at_ms += minutes * MINUTE
        open_before = {key for key, each in book.standing.items() if each.is_open}
        look = sight(*shifted(seen, at_ms - NOW), at_ms=at_ms, kiosks=KIOSKS)
        done = judge(look, list(book.standing.values()), [])
        keys = [each.key for each in done.alarms]
        assert len(keys) == len(set(keys))
        assert not open_before & set(done.forgotten)
        assert open_before <= set(keys)
        raised += len({each.key for each in done.alarms if each.raised_ms == at_ms})
        book.apply(look)
    assert raised == sum(each.is_open for each in book.standing.values()) + len(book.over)
    assert all(each.cleared_ms is not None and each.raised_ms is not None for each in book.over)
