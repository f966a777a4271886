# SPDX-License-Identifier: Apache-2.0
"""The morning page: each cause with its figure and one action, the most touched first, and nothing invented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, update

from fleet.devices import help_calls
from fleet.devices.certificates import Certificates, Said
from fleet.devices.help_calls import Coming, HelpCalls
from fleet.store.days import bangkok_day
from fleet.store.scope import NATION, province_scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import alarm, device_state, kiosk
from fleet.web import agenda
from fleet.web.agenda import SHOWN, Agenda, Cause, Counted, read_agenda
from tests.fleet.books import (
    MINUTE_MS,
    NOW,
    NOW_MS,
    add_kiosk,
    bring,
    count,
    heard,
    lapse,
    raise_alarm,
    refuse,
    waiting,
    work,
)
from tests.fleet.web.reading import text
from wire.events import Profile
from wire.help_calls import HelperName
from wire.ids import kiosk_id
from wire.provinces import province_code

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

    from fleet.web.agenda import Task

DAY_MS = 24 * 60 * MINUTE_MS
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
UDON = province_code("41")


def morning(engine: Engine, province: str | None = None, profile: Profile = Profile.LIVE) -> Agenda:
    scope = NATION if province is None else province_scope(province_code(province))
    with reading(engine) as connection:
        return read_agenda(connection, NOW, profile, scope)


def the_task(engine: Engine) -> Task:
    (task,) = morning(engine).tasks
    return task


@pytest.mark.parametrize(
    ("said", "cause", "figures"),
    [
        ({"screen": "store_broken"}, Cause.SCREEN, ("store_broken", None, None)),
        ({"reader": "reader_absent", "screen": "reader_absent"}, Cause.READER, ("reader_absent", None, None)),
        ({"camera": "camera_frozen"}, Cause.CAMERA, ("camera_frozen", None, None)),
        ({"disk_free_mib": 100}, Cause.DISK_LOW, (None, 100, None)),
        ({"clock_sync": "unsynced"}, Cause.CLOCK, (None, None, None)),
        ({"oldest_unacked_s": 90_000, "outbox": 61}, Cause.OUTBOX_OLD, (None, 61, 90_000)),
    ],
)
def test_a_care_is_one_task_with_the_kiosk_s_own_figure(
    engine: Engine, said: dict[str, Any], cause: Cause, figures: tuple[object, ...]
) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", **said)
    work(engine, "41", "11013", "2026-11-19", 10)
    work(engine, "41", "11013", "2026-11-20", 15)
    task = the_task(engine)
    assert (task.cause, task.code, task.figure, task.age_s) == (cause, *figures)
    unsent = cause is Cause.OUTBOX_OLD
    assert (task.people, task.counted) == ((61, Counted.RECORDS) if unsent else (13, Counted.VISITS))


def test_whom_a_fault_touches_is_not_known_where_nobody_has_come(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", reader="reader_absent")
    work(engine, "41", "11013", "2026-10-23", 10)  # a day too old to say what is usual
    work(engine, "41", "11013", "2026-11-21", 10)  # this week is not over
    work(engine, "41", "11013", "2026-11-20", 10, profile="test")
    assert (the_task(engine).people, the_task(engine).counted) == (None, None)
    assert morning(engine, profile=Profile.TEST).tasks[0].people == 10


def test_the_visits_of_a_facility_with_two_kiosks_are_called_the_facility_s(engine: Engine) -> None:
    for name in ("udon-01", "udon-02"):
        add_kiosk(engine, name)
        heard(engine, name)
    work(engine, "41", "11013", "2026-11-20", 10)
    with unit_of_work(engine) as connection:
        connection.execute(update(device_state).values(camera="camera_absent"))
    assert {(task.people, task.counted) for task in morning(engine).tasks} == {(10, Counted.VISITS_OF_FACILITY)}


def test_a_silent_kiosk_is_told_by_its_silence_and_not_by_its_old_words(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    add_kiosk(engine, "udon-02")
    heard(engine, "udon-02")
    heard(engine, "udon-01", minutes_ago=20, camera="camera_absent")
    task = the_task(engine)
    assert (task.cause, task.kiosk, task.age_s) == (Cause.SILENT, "udon-01", 20 * 60)


def test_a_facility_that_is_silent_whole_is_one_task(engine: Engine) -> None:
    for n in range(6):
        add_kiosk(engine, f"udon-{n}", facility="11013" if n < 2 else "10670")
        heard(engine, f"udon-{n}", minutes_ago=30 + n if n < 2 else 1)
    work(engine, "41", "11013", "2026-11-20", 10)
    task = the_task(engine)
    assert (task.cause, task.facility, task.kiosk, task.figure, task.of) == (Cause.SILENT, "11013", None, 2, 2)
    assert (task.people, task.age_s) == (10, 31 * 60)


def test_a_province_more_than_half_of_which_is_silent_is_one_task(engine: Engine) -> None:
    for n in range(5):
        add_kiosk(engine, f"udon-{n}", facility=f"1101{n}")
        heard(engine, f"udon-{n}", minutes_ago=30 if n < 3 else 1)
        work(engine, "41", f"1101{n}", "2026-11-20", 10)
    task = the_task(engine)
    assert (task.province, task.facility, task.figure, task.of, task.people) == ("41", None, 3, 5, 30)


def test_a_silent_province_touches_the_visits_of_its_silent_facilities_and_no_other(engine: Engine) -> None:
    """A facility counts once, however many of its kiosks are silent, and its usual day is rounded up by itself."""
    for name, facility, minutes in (("a", "10001", 60), ("b", "10001", 90), ("c", "10002", 60), ("d", "10003", 1)):
        add_kiosk(engine, f"udon-{name}", facility=facility)
        heard(engine, f"udon-{name}", minutes_ago=minutes)
    for facility, captured in (("10001", 3), ("10002", 7), ("10003", 100)):
        work(engine, "41", facility, "2026-11-19", captured)
        work(engine, "41", facility, "2026-11-20", captured + 1)
    work(engine, "41", "10001", "2026-10-01", 1000)
    work(engine, "41", "10001", "2026-11-20", 1000, profile="test")
    task = the_task(engine)
    assert (task.figure, task.of, task.people, task.counted) == (3, 4, 4 + 8, Counted.VISITS_OF_FACILITY)
    assert task.age_s == 90 * 60


def test_half_of_a_province_is_not_more_than_half(engine: Engine) -> None:
    for n in range(4):
        add_kiosk(engine, f"udon-{n}", facility=f"1101{n}")
        heard(engine, f"udon-{n}", minutes_ago=30 if n < 2 else 1)
    assert [task.kiosk for task in morning(engine).tasks] == ["udon-0", "udon-1"]


def test_a_withdrawn_kiosk_is_nobody_s_work_and_in_no_total(engine: Engine) -> None:
    add_kiosk(engine, "udon-01", status="revoked")
    heard(engine, "udon-01", minutes_ago=100)
    raise_alarm(engine, "udon-01")
    refuse(engine, "udon-01")
    assert (morning(engine).tasks, morning(engine).total) == ((), 0)


def test_a_kiosk_never_heard_from_touches_nobody_known(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    with unit_of_work(engine) as connection:
        connection.execute(update(kiosk).values(registered_ms=NOW_MS - 2 * DAY_MS))
    task = the_task(engine)
    assert (task.cause, task.age_s, task.people) == (Cause.NEVER_SEEN, 2 * 24 * 3600, None)


@pytest.mark.parametrize("few", [0, 1000], ids=["read apart", "read with the others"])
def test_of_many_that_were_never_heard_from_those_missed_longest_are_told_and_the_others_counted(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(agenda, "_FEW", few)
    rows = [
        {
            "id": f"udon-{n:03}",
            "facility": "10001",
            "province": "41",
            "shard": "00",
            "status": "active",
            "event_key": "{}",
            "courier_key": "{}",
            "registered_ms": NOW_MS - n * MINUTE_MS,
        }
        for n in range(SHOWN + 20)
    ]
    with unit_of_work(engine) as connection:
        connection.execute(insert(kiosk), rows)
    found = morning(engine)
    assert [task.kiosk for task in found.tasks] == [f"udon-{n:03}" for n in reversed(range(20, SHOWN + 20))]
    assert found.left_out == 20


def test_an_alarm_stays_a_task_however_its_kiosk_does(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", minutes_ago=20)
    raise_alarm(engine, "udon-01", "fork")
    raise_alarm(engine, "udon-01", "unrecoverable")
    with unit_of_work(engine) as connection:
        connection.execute(update(alarm).values(raised_ms=NOW_MS - DAY_MS))
    alarms = [task for task in morning(engine).tasks if task.cause is Cause.ALARM]
    assert [(task.code, task.age_s) for task in alarms] == [("fork", 86_400), ("unrecoverable", 86_400)]


def test_a_call_is_a_task_until_somebody_is_named(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", screen="help_wanted")
    said = HelpCalls()
    said.heard(kiosk_id("udon-01"), "a" * 32, NOW_MS - 30_000)
    with unit_of_work(engine) as connection:
        said.write(connection)
    task = the_task(engine)
    assert (task.cause, task.people, task.counted, task.age_s) == (Cause.HELP, 1, Counted.WAITING, 30)
    with unit_of_work(engine) as connection:
        help_calls.acknowledge(connection, kiosk_id("udon-01"), Coming(HelperName("สมชาย"), 3), NOW_MS, NATION)
    assert morning(engine).tasks == ()


def test_events_set_aside_lately_are_counted_by_their_reason(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    refuse(engine, "udon-01", "bad_chain")
    refuse(engine, "nobody-7", "unknown_kiosk")
    task = the_task(engine)
    assert (task.cause, task.kiosk, task.code, task.figure, task.people) == (
        Cause.QUARANTINED, "udon-01", "bad_chain", 1, 1,
    )  # fmt: skip


def test_requests_that_expired_within_a_week_stand_by_their_facility(engine: Engine) -> None:
    for days, lapsed in ((8, 100), (7, 3), (0, 2)):
        day = bangkok_day(NOW_MS - days * DAY_MS)
        lapse(engine, "41", "11013", day, lapsed)
    task = the_task(engine)
    assert (task.cause, task.facility, task.figure, task.people) == (Cause.LAPSED, "11013", 5, 5)


def test_codes_that_are_not_used_are_counted_by_how_long(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    waiting(engine, [0, 1, 2, 3, 8])
    waiting(engine, [4], province="40")
    everywhere, udon = morning(engine).tasks[0], morning(engine, "41").tasks[0]
    assert udon.codes is not None
    assert (udon.codes.one_day, udon.codes.three_days, udon.codes.seven_days) == (4, 2, 1)
    assert (udon.province, udon.people, udon.age_s) == ("41", 4, 8 * 86_400)
    assert (everywhere.province, everywhere.people) == (None, 5)


def test_most_people_come_first_then_what_lasts_longest_then_what_is_not_known(engine: Engine) -> None:
    for name, facility in (("a-1", "10001"), ("b-1", "10002"), ("c-1", "10003"), ("d-1", "10004"), ("e-1", "10005")):
        add_kiosk(engine, name, facility=facility)
    heard(engine, "a-1", reader="reader_absent")
    heard(engine, "b-1", oldest_unacked_s=90_000, outbox=20)
    heard(engine, "c-1", oldest_unacked_s=99_000, outbox=20)
    heard(engine, "d-1", camera="camera_absent")
    heard(engine, "e-1", reader="reader_absent")
    work(engine, "41", "10004", "2026-11-20", 30)
    work(engine, "41", "10005", "2026-11-20", 20)
    assert [task.kiosk for task in morning(engine).tasks] == ["d-1", "c-1", "b-1", "e-1", "a-1"]


def test_a_province_sees_only_its_own(engine: Engine) -> None:
    for name, province in (("udon-01", "41"), ("khon-01", "40")):
        add_kiosk(engine, name, province=province)
        heard(engine, name, reader="reader_absent")
        raise_alarm(engine, name)
        refuse(engine, name)
    found = morning(engine, "40")
    assert {task.kiosk for task in found.tasks} == {"khon-01"}
    assert found.total == 1


def test_a_long_list_is_cut_and_says_how_much_is_left(books: Engine, client: FlaskClient) -> None:
    for n in range(SHOWN + 3):
        add_kiosk(books, f"udon-{n:03}", facility=f"{10_000 + n}")
        heard(books, f"udon-{n:03}", reader="reader_absent")
    found = morning(books)
    assert (len(found.tasks), found.left_out) == (SHOWN, 3)
    assert "3 more, which touch no more people than these" in text(client, "/morning?lang=en")


OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n"


def test_the_official_figure_and_ours_since_stand_side_by_side(books: Engine, client: FlaskClient) -> None:
    bring(books, "official", f"{OFFICIAL}2569,12,41,89,100,300,1000\n")
    count(books, "41", "activated", "2026-09-30", 7)
    count(books, "41", "activated", "2026-10-01", 5)
    count(books, "41", "activated", "2026-11-01", 2, profile="test")
    progress = morning(books, "41").progress
    assert (progress.official.a, progress.ours, progress.gap) == (300, 5, 100)
    page = text(client, "/morning?province=41&lang=en")
    assert re.search(r"Official 30 Sep 2026 30\.00 % 300 / 1,000 Ours since then \+5", page)
    assert "Still needed 100" in page
    assert "Target 12 months 2569 40 %" in page


def test_what_the_ministry_has_not_said_is_missing_and_not_zero(books: Engine, client: FlaskClient) -> None:
    count(books, "41", "activated", "2026-10-01", 5)
    progress = morning(books).progress
    assert (progress.basis, progress.official.a, progress.ours, progress.gap) == (None, None, None, None)
    assert "Official — missing Ours since then — missing Still needed — missing Target — missing" in text(
        client, "/morning?lang=en"
    )


def test_the_country_has_no_gap_of_its_own(books: Engine, client: FlaskClient) -> None:
    bring(books, "official", f"{OFFICIAL}2569,12,41,89,100,300,1000\n")
    assert morning(books).progress.gap is None
    assert "Still needed — only a province has a target" in text(client, "/morning?lang=en")


def test_certificates_that_end_soon_are_one_thing_to_do_for_all_of_them(engine: Engine) -> None:
    for n in range(4):
        add_kiosk(engine, f"kiosk-{n}")
        heard(engine, f"kiosk-{n}")
        certified(engine, f"kiosk-{n}", days=9.5 + n)
    task = the_task(engine)
    assert (task.cause, task.figure, task.days, task.kiosk, task.people) == (Cause.CERTIFICATE, 4, 9, None, None)
    assert the_task_of(engine, "41").province == "41"


def test_one_certificate_that_ends_soon_names_its_kiosk(engine: Engine) -> None:
    add_kiosk(engine, "kiosk-1")
    heard(engine, "kiosk-1")
    certified(engine, "kiosk-1", days=9.5)
    task = the_task(engine)
    assert (task.figure, task.days, task.kiosk) == (1, 9, "kiosk-1")
    certified(engine, "kiosk-1", days=80)
    assert morning(engine).tasks == ()


def certified(engine: Engine, name: str, days: float) -> None:
    with unit_of_work(engine) as connection:
        said = Certificates()
        said.heard(kiosk_id(name), Said(NOW_MS + int(days * DAY_MS)))
        said.write(connection)


def the_task_of(engine: Engine, province: str) -> Task:
    (task,) = morning(engine, province).tasks
    return task
