# SPDX-License-Identifier: Apache-2.0
"""Who is told of alarms, and when nobody is: on the console, within one's scope."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.alerts import schedule, subscribers
from fleet.operators.accounts import Role
from fleet.store.alert_tables import alert_letter, alert_subscription
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import audit
from tests.fleet.books import NOW_MS
from tests.fleet.web.signed_in import Clock, Program, Visitor, closed

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

PAGE = "/alerts/telling?lang=en"
UDON = Scope.parse("province:41")
MAIL = {"channel": "mail", "address": "it@udon.example", "province": "41", "least": "warning", "language": "th"}
WORK = {"province": "41", "facility": "10671", "until": "2026-11-24T18:00", "reason": "a new switch"}
HOURS = {"province": "41", "facility": "10671", "opens": "08:00", "closes": "20:00"}


@pytest.fixture
def console(books: Engine) -> APIFlask:
    return closed(books, Clock())


@pytest.fixture
def malee(console: APIFlask, books: Engine) -> Visitor:
    return Visitor.signed_in(console, books, "malee", Role.OPERATOR, UDON)


def test_a_team_is_told_from_the_console_and_told_no_longer(malee: Visitor, books: Engine) -> None:
    assert "Nobody is told" in malee.get(PAGE).text
    assert malee.post("/alerts/subscriptions", **MAIL).status_code == HTTPStatus.SEE_OTHER
    with unit_of_work(books) as connection:
        (told,) = subscribers.read(connection, UDON)
        letter = {"id": "x", "subscription": told.id, "made_ms": NOW_MS, "due_ms": NOW_MS}
        connection.execute(alert_letter.insert().values(letter | {"attempts": 9, "gave_up_ms": NOW_MS}))
    page = malee.get(PAGE).text
    assert "it@udon.example" in page
    assert "could not be sent" in page
    assert malee.post(f"/alerts/subscriptions/{told.id}/end").status_code == HTTPStatus.SEE_OTHER
    assert malee.post(f"/alerts/subscriptions/{told.id}/end").status_code == HTTPStatus.NOT_FOUND
    with reading(books) as connection:
        assert connection.execute(select(alert_subscription.c.address)).scalar_one() == ""
        logged = "".join(f"{row.subject} {row.detail}" for row in connection.execute(select(audit)))
    assert "udon.example" not in logged
    assert "mail province:41" in logged


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"address": "it"}, "no address of that channel"),
        ({"channel": "line", "address": "it@udon.example"}, "no address of that channel"),
        ({"channel": "webhook", "address": "https://127.0.0.1/"}, "added on the controller"),
        ({"language": "km"}, "Choose Thai or English"),
        ({"least": "x"}, "Choose Thai or English"),
        ({"province": "99"}, "Say where"),
    ],
)
def test_what_cannot_be_told_is_refused_and_what_was_typed_stays(
    malee: Visitor, typed: dict[str, str], says: str
) -> None:
    answer = malee.post("/alerts/subscriptions?lang=en", **MAIL | typed)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert says in answer.text
    assert f'value="{(MAIL | typed)["address"]}"' in answer.text


def test_maintenance_is_announced_and_ended(malee: Visitor, books: Engine) -> None:
    assert malee.post("/alerts/windows", **WORK).status_code == HTTPStatus.SEE_OTHER
    with reading(books) as connection:
        (work,) = schedule.read_windows(connection, UDON, NOW_MS)
    assert (str(work.scope), work.first_ms, work.by) == ("facility:41/10671", NOW_MS, "malee")
    assert work.until_ms == NOW_MS + 8 * 3_600_000  # it is ten in the morning in Bangkok
    assert "a new switch" in malee.get(PAGE).text
    assert malee.post(f"/alerts/windows/{work.id}/end").status_code == HTTPStatus.SEE_OTHER
    assert malee.post(f"/alerts/windows/{work.id}/end").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"until": ""}, "Give the day and the time"),
        ({"until": "0001-01-01T00:00"}, "Give "),
        ({"until": "2026-11-24T09:00"}, "an end that lies ahead"),
        ({"until": "2027-01-24T09:00"}, "31 days at most"),
        ({"reason": " "}, "Give the reason"),
        ({"reason": "1 1037 00000 00 0"}, "13 digits"),
        ({"facility": "1"}, "Say where"),
    ],
)
def test_a_window_that_would_silence_by_mistake_is_refused(malee: Visitor, typed: dict[str, str], says: str) -> None:
    answer = malee.post("/alerts/windows?lang=en", **WORK | typed)
    assert (answer.status_code, says in answer.text) == (HTTPStatus.CONFLICT, True)


def test_a_facility_has_hours_of_its_own_and_the_fleets_again(malee: Visitor, books: Engine) -> None:
    days = {"days": ["mon", "sat"], **HOURS, "token": malee.token}
    assert malee.client.post("/alerts/hours", data=days, headers={"Origin": "http://localhost"}).status_code == 303
    with reading(books) as connection:
        ((site, hours),) = schedule.read_hours(connection, UDON).items()
    assert (str(site), hours.days, hours.opens, hours.closes) == ("facility:41/10671", {0, 5}, 480, 1200)
    assert "08:00\N{EN DASH}20:00" in malee.get(PAGE).text
    assert malee.post("/alerts/hours", **HOURS | {"days": "mon", "closes": "08:00"}).status_code == HTTPStatus.CONFLICT
    assert malee.post("/alerts/hours", **HOURS | {"facility": ""}).status_code == HTTPStatus.CONFLICT
    assert malee.post("/alerts/hours", **HOURS).status_code == HTTPStatus.SEE_OTHER
    with reading(books) as connection:
        assert schedule.read_hours(connection, NATION) == {}


def test_a_health_region_is_silenced_as_a_whole_by_whoever_answers_for_it(console: APIFlask, books: Engine) -> None:
    region = Program.admitted(console, books, "of-region", Role.OPERATOR, Scope.parse("region:8"))
    made = region.post("/api/v1/alerts/windows", province="region:8", until="2026-11-24T18:00", reason="a new switch")
    assert made.status_code == HTTPStatus.CREATED
    said = region.get("/api/v1/alerts/telling").json or {}
    assert [each["scope"] for each in said["windows"]] == ["region:8"]
    assert region.post("/api/v1/alerts/hours", province="41", facility="10671").status_code == HTTPStatus.NO_CONTENT


def test_whoever_only_looks_sees_no_address(console: APIFlask, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER, UDON)
    assert viewer.get(PAGE).status_code == HTTPStatus.FORBIDDEN
    assert viewer.get("/api/v1/alerts/telling").status_code == HTTPStatus.FORBIDDEN
    assert "telling" not in viewer.get("/alerts").text
