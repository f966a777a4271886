# SPDX-License-Identifier: Apache-2.0
"""What stands beside the counts of a week: codes, KPI 57.2, kiosks and alarms, of the place that is asked about."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from fleet.alerts import book
from fleet.alerts.judging import Alarm
from fleet.alerts.rules import RuleId, Severity
from fleet.alerts.subjects import kiosk_at
from fleet.coverage.weekly import week_ending
from fleet.devices.health import Condition
from fleet.store.alert_tables import alert_watch
from fleet.store.scope import NATION, Scope, province_scope
from fleet.store.session import unit_of_work
from fleet.web.summary import Summary, read_summary
from tests.fleet.books import NOW, NOW_MS, add_kiosk, bring, count, heard, waiting
from wire.events import Profile
from wire.ids import FacilityCode, KioskId, ProvinceCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

UDON, LOEI, CHIANG_MAI = ProvinceCode("41"), ProvinceCode("42"), ProvinceCode("50")
FRIDAY = date(2026, 11, 20)


@pytest.fixture
def books(engine: Engine) -> Engine:
    return engine


def told(books: Engine, scope: Scope = NATION) -> Summary:
    with books.connect() as connection:
        return read_summary(connection, NOW, FRIDAY, Profile.LIVE, scope)


def test_of_an_empty_place_nothing_is_claimed(books: Engine) -> None:
    found = told(books, province_scope(UDON))
    assert (found.progress.basis, found.raised, found.at_ms) == (None, None, NOW_MS)
    assert sum(found.kiosks.values()) == found.unused.one_day == found.counts.active == 0


def test_kiosks_and_unused_codes_are_those_of_the_place(books: Engine) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01")
    waiting(books, [0, 2, 8])
    here, elsewhere = told(books, province_scope(UDON)), told(books, province_scope(LOEI))
    assert (here.unused.one_day, here.unused.seven_days, here.kiosks[Condition.OK]) == (2, 1, 1)
    assert (elsewhere.unused.one_day, elsewhere.kiosks[Condition.OK]) == (0, 0)


def test_the_official_figure_stands_beside_ours_with_its_day(books: Engine) -> None:
    bring(books, "official", "fiscal_year,period,province,a1,b1,a2,b2\n2569,12,41,1,2,3,40\n")
    count(books, UDON, "activated", "2026-10-02", 7)
    progress = told(books, province_scope(UDON)).progress
    assert (progress.as_of, progress.official.known, progress.ours) == (date(2026, 9, 30), (3, 40), 7)


def test_alarms_of_the_week_count_once_and_only_if_the_alerting_lived(books: Engine) -> None:
    week = week_ending(FRIDAY, date(2026, 11, 24))
    with unit_of_work(books) as connection:
        for n, raised_ms in enumerate((week.first_ms - 1, week.first_ms, week.after_ms - 1, week.after_ms)):
            where = kiosk_at(KioskId(f"udon-{n}"), UDON, FacilityCode("11013"))
            book.add(connection, Alarm(RuleId.READER, where, raised_ms, raised_ms=raised_ms))
        away = kiosk_at(KioskId("cm-1"), CHIANG_MAI, FacilityCode("10713"))
        book.add(connection, Alarm(RuleId.READER, away, week.first_ms, raised_ms=week.first_ms))
    assert told(books, province_scope(UDON)).raised is None
    with unit_of_work(books) as connection:
        connection.execute(update(alert_watch).values(beat_ms=NOW_MS))
    here, nation = told(books, province_scope(UDON)).raised, told(books).raised
    assert here is not None
    assert nation is not None
    assert (sum(here.by_severity.values()), sum(nation.by_severity.values())) == (2, 3)
    assert set(here.by_severity) == set(Severity)
