# SPDX-License-Identifier: Apache-2.0
"""The page of alerts: causes with their actions, what each role may do, and that it says when nobody would be told."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet import audit
from fleet.alerts import book, schedule, watch
from fleet.alerts.judging import Alarm
from fleet.alerts.rules import RuleId
from fleet.alerts.subjects import kiosk_at, place
from fleet.alerts.windows import Window
from fleet.operators.accounts import Role
from fleet.store import wall
from fleet.store.alert_tables import alert
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from tests.fleet.books import MINUTE_MS, NOW_MS, add_kiosk, heard
from tests.fleet.web.signed_in import Clock, Visitor, closed
from wire.ids import KioskId, facility_code
from wire.provinces import province_code

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

REGION = Scope.parse("region:8")
UDON = Scope.parse("province:41")
STOPPED = "The alerting has stopped"


def at(n: int = 1) -> Alarm:
    subject = kiosk_at(KioskId(f"udon-{n:02}"), province_code("41"), facility_code("11013"))
    return Alarm(RuleId.SILENT, subject, NOW_MS - 20 * MINUTE_MS, raised_ms=NOW_MS - 5 * MINUTE_MS, part_of=place(UDON))


@pytest.fixture
def console(books: Engine) -> APIFlask:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01")
    security = Alarm(RuleId.SECURITY, at().subject, NOW_MS, code="fork, rollback", raised_ms=NOW_MS)
    outage = Alarm(RuleId.SILENT_TOGETHER, place(UDON), NOW_MS, n=7, of=9, raised_ms=NOW_MS)
    whole = Alarm(RuleId.SILENT_TOGETHER, place(REGION), NOW_MS, n=31, of=60, raised_ms=NOW_MS)
    over = Alarm(RuleId.CAMERA, at(3).subject, NOW_MS - 60 * MINUTE_MS, raised_ms=NOW_MS, cleared_ms=NOW_MS)
    with unit_of_work(books) as connection:
        for each in (security, outage, at(1), at(2), whole, over):
            book.add(connection, each)
        schedule.add_window(connection, Window(0, UDON, NOW_MS, NOW_MS + 60 * MINUTE_MS, "สวิตช์ใหม่", "malee"), NOW_MS)
        watch.beat(connection, NOW_MS - MINUTE_MS)
    return closed(books, Clock())


def test_each_cause_stands_with_its_place_and_its_one_action_in_both_languages(
    console: APIFlask, books: Engine
) -> None:
    visitor = Visitor.signed_in(console, books, "somsri", scope=REGION)
    english, thai = visitor.get("/alerts?lang=en").text, visitor.get("/alerts").text
    for words in (
        "Security alarm: Two kiosks use one identity, The kiosk&#39;s store went back in time",
        "7 of 9 kiosks fell silent together",
        "Health region 8",
        "Check power and network there before any single kiosk",
        "2 kiosks",
        "Camera: -",
        "สวิตช์ใหม่",
    ):
        assert words in english, words
    assert STOPPED not in english
    assert "ตู้หยุดติดต่อพร้อมกัน 7 จาก 9 ตู้" in thai
    assert "24 พ.ย. 2569" in thai.replace("\u00a0", " ")
    assert english.index("Security alarm") < english.index("fell silent together")
    assert "<button" not in english.split("<main", 1)[1]


def test_an_operator_takes_an_alarm_and_another_sees_who(console: APIFlask, books: Engine) -> None:
    somsri, malee = (Visitor.signed_in(console, books, name, Role.OPERATOR) for name in ("somsri", "malee"))
    assert somsri.post("/alerts/1/acknowledge").headers["Location"] == "/alerts"
    assert "somsri" in malee.get("/alerts?lang=en").text
    late = malee.post("/alerts/1/acknowledge?lang=en")
    assert (late.status_code, "Somebody has acknowledged it already." in late.text) == (HTTPStatus.CONFLICT, True)
    assert malee.post("/alerts/1/clear").status_code == HTTPStatus.SEE_OTHER
    over = somsri.post("/alerts/1/acknowledge?lang=en")
    assert (over.status_code, "The alarm is over." in over.text) == (HTTPStatus.CONFLICT, True)
    by_itself = somsri.post("/alerts/2/clear?lang=en")
    assert (by_itself.status_code, "It ends by itself" in by_itself.text) == (HTTPStatus.CONFLICT, True)
    assert somsri.post("/alerts/99/clear").status_code == HTTPStatus.NOT_FOUND
    with reading(books) as connection:
        acts = [(each.who, each.act, each.subject) for each in audit.entries(connection)]
    assert acts == [("somsri", "alert.acknowledged", "1"), ("malee", "alert.cleared", "1")]


def test_a_viewer_takes_none(console: APIFlask, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer")
    assert viewer.post("/alerts/1/acknowledge").status_code == HTTPStatus.FORBIDDEN
    assert viewer.post("/alerts/1/clear").status_code == HTTPStatus.FORBIDDEN


def test_the_page_the_morning_and_the_json_say_when_nobody_would_be_told(books: Engine, console: APIFlask) -> None:
    del console
    clock = Clock()
    app = closed(books, clock)
    visitor = Visitor.signed_in(app, books, "somsri")
    morning = visitor.get("/morning?lang=en").text
    assert STOPPED not in morning
    assert "Alerts</a>: Critical 3</p>" in " ".join(morning.split())  # the parts of an outage are in it
    clock.go(timedelta(minutes=5))
    for address in ("/alerts?lang=en", "/morning?lang=en"):
        assert STOPPED in visitor.get(address).text
    told = visitor.get("/api/v1/alerts?lang=en").json
    assert told is not None
    assert (told["silent"], told["looked_at"]) == (True, "2026-11-24T02:59:00+00:00")
    assert [each["rule"] for each in told["open"]][:2] == ["security", "silent_together"]
    assert told["windows"][0]["reason"] == "สวิตช์ใหม่"


def test_who_has_a_region_sees_its_outage_and_nobody_else_does(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        book.add(connection, Alarm(RuleId.SILENT_TOGETHER, place(REGION), NOW_MS, n=31, of=60, raised_ms=NOW_MS))
    for scope, sees in ((NATION, True), (REGION, True), (Scope.parse("region:1"), False), (UDON, False)):
        with reading(engine) as connection:
            wall.narrow(connection, scope)
            by_both = book.read_open(connection, scope)
            by_the_second = connection.execute(select(alert.c.subject)).scalars().all()
        assert bool(by_both) is sees
        assert engine.dialect.name == "sqlite" or bool(by_the_second) is sees
