# SPDX-License-Identifier: Apache-2.0
"""The page of one kiosk: what each role may do there, in words, with a line in the audit log for each act."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.alerts import book
from fleet.alerts.judging import Alarm
from fleet.alerts.rules import RuleId
from fleet.alerts.subjects import kiosk_at
from fleet.devices.certificates import Certificates, Said
from fleet.devices.help_calls import HelpCalls
from fleet.operators.accounts import Role
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import help_call
from fleet.web.app import create_app
from tests.fleet.books import NOW_MS, add_kiosk, hand_over, heard
from tests.fleet.web.signed_in import Clock, Visitor, closed
from wire.hello import Kept
from wire.ids import KioskId, facility_code
from wire.provinces import province_code

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

UDON = KioskId("udon-01")
PAGE = f"/devices/{UDON}?lang=en"


@pytest.fixture
def console(books: Engine) -> APIFlask:
    add_kiosk(books, UDON)
    heard(books, UDON, outbox=7, oldest_unacked_s=900)
    return closed(books, Clock())


def acts(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [(entry.who, entry.act, entry.subject) for entry in audit.entries(connection)]


def test_a_stolen_kiosk_is_reported_by_one_and_confirmed_by_another(console: APIFlask, books: Engine) -> None:
    somsri, malee = (Visitor.signed_in(console, books, name, Role.APPROVER) for name in ("somsri", "malee"))
    assert somsri.post(f"/devices/{UDON}/loss", kind="stolen").headers["Location"] == f"/devices/{UDON}"
    own = somsri.get(PAGE).text
    assert "Reported as stolen, reported, not confirmed yet." in own
    assert "Another person with the role of approver has to confirm" in own
    assert "loss/confirm" not in own
    assert somsri.post(f"/devices/{UDON}/loss/confirm?lang=en", sure="yes").status_code == HTTPStatus.CONFLICT
    assert "loss/confirm" in malee.get(PAGE).text
    unsure = malee.post(f"/devices/{UDON}/loss/confirm?lang=en")
    assert (unsure.status_code, "Tick that you have understood" in unsure.text) == (HTTPStatus.CONFLICT, True)
    assert malee.post(f"/devices/{UDON}/loss/confirm", sure="yes").status_code == HTTPStatus.SEE_OTHER
    told = malee.get(PAGE).text
    for words in ("7 records were not sent", "with a key that is not in the kiosk", "72 hours left", "Withdrawn"):
        assert words in told, words
    assert "ถูกขโมย" in told  # the notice is in Thai whatever the page is in
    assert acts(books) == [("somsri", "loss.reported", UDON), ("malee", "loss.confirmed", UDON)]
    said = malee.get(f"/api/v1/devices/{UDON}").json
    assert said is not None
    assert said["loss"]["standing"] == "confirmed"


def test_what_was_checked_at_the_hand_over_stands_on_its_page(console: APIFlask, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER)
    assert "its last step sends it" in viewer.get(PAGE).text
    assert viewer.get(f"/api/v1/devices/{UDON}/self-test").status_code == HTTPStatus.NOT_FOUND
    hand_over(books, UDON)
    shown = viewer.get(PAGE).text
    for words in ("Signed by the kiosk", "Camera and light", "needs care", "there is none", "brightness: 12.5"):
        assert words in shown, words
    told = viewer.get(f"/api/v1/devices/{UDON}/self-test").json
    assert told is not None
    assert (told["needs_care"], told["profile"]) == (True, "test")
    camera = told["steps"][1]
    assert (camera["step"], camera["outcome"], camera["code"]) == ("camera", "care", "camera_dark")
    assert told["parts"][1]["figures"]["left"] == "89 d"


def test_a_report_is_taken_back(console: APIFlask, books: Engine) -> None:
    somsri = Visitor.signed_in(console, books, "somsri", Role.OPERATOR)
    somsri.post(f"/devices/{UDON}/loss", kind="lost")
    assert somsri.post(f"/devices/{UDON}/loss/withdraw").status_code == HTTPStatus.SEE_OTHER
    assert "taken back" in somsri.get(PAGE).text
    again = somsri.post(f"/devices/{UDON}/loss/withdraw?lang=en")
    assert (again.status_code, "There is no open report" in again.text) == (HTTPStatus.CONFLICT, True)


def test_a_viewer_sees_no_button_and_an_operator_cannot_confirm(console: APIFlask, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER)
    operator = Visitor.signed_in(console, books, "operator", Role.OPERATOR)
    assert "<button" not in viewer.get(PAGE).text.split("<main", 1)[1]
    for visitor, act in ((viewer, "loss"), (viewer, "helper"), (operator, "loss/confirm")):
        refused = visitor.post(f"/devices/{UDON}/{act}?lang=en", kind="lost", sure="yes")
        assert refused.status_code == HTTPStatus.FORBIDDEN
        assert "It needs the role" in refused.text
    assert acts(books) == []


def test_a_helper_is_named_from_the_page_and_not_in_the_log(console: APIFlask, books: Engine) -> None:
    operator = Visitor.signed_in(console, books, "somsri", Role.OPERATOR)
    assert (
        operator.post(f"/devices/{UDON}/helper?lang=en", helper="สมชาย", minutes="5").status_code == HTTPStatus.CONFLICT
    )
    with unit_of_work(books) as connection:
        calls = HelpCalls()
        calls.heard(UDON, "1" * 32, NOW_MS)
        calls.write(connection)
    assert "In how many minutes" in operator.get(PAGE).text
    for wrong in (
        {"helper": "สมชาย", "minutes": "31"},
        {"helper": "<b>", "minutes": "5"},
        {"helper": "", "minutes": "5"},
    ):
        assert operator.post(f"/devices/{UDON}/helper", **wrong).status_code == HTTPStatus.CONFLICT
    assert operator.post(f"/devices/{UDON}/helper", helper="สมชาย", minutes="5").status_code == HTTPStatus.SEE_OTHER
    assert "acknowledged, there in 5 minutes" in operator.get(PAGE).text
    with reading(books) as connection:
        assert connection.execute(help_call.select()).one().name == "สมชาย"
        (entry,) = audit.entries(connection)
    assert (entry.act, entry.detail) == ("help.acknowledged", {"minutes": 5})


@pytest.mark.parametrize(
    ("event_key", "tls_key", "word", "lines"),
    [
        (Kept.TPM, Kept.TPM, "อยู่ในชิปนิรภัย (TPM)", 0),
        (Kept.FILE, Kept.FILE, "อยู่ในการ์ดหน่วยความจำ", 0),
        (Kept.TPM, Kept.SEALED_FILE, "ปิดผนึกไว้", 2),
        (None, Kept.TPM, "ไม่ทราบ", 1),
    ],
)
def test_how_its_keys_are_kept_is_said_by_the_worse_of_them(
    console: APIFlask, books: Engine, event_key: Kept | None, tls_key: Kept, word: str, lines: int
) -> None:
    with unit_of_work(books) as connection:
        said = Certificates()
        said.heard(UDON, Said(NOW_MS, event_key, tls_key))
        said.write(connection)
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER)
    shown = viewer.get(f"/devices/{UDON}?lang=th").text
    _, _, fact = shown.partition(">กุญแจ<")
    assert word in fact[:400]
    assert shown.count("กุญแจลงนาม:") + shown.count("กุญแจเชื่อมต่อ:") == lines
    told = viewer.get(f"/api/v1/devices/{UDON}").json
    assert told is not None
    assert (told["event_key"], told["tls_key"]) == (event_key, tls_key)


def test_what_happened_must_be_said(console: APIFlask, books: Engine) -> None:
    operator = Visitor.signed_in(console, books, "somsri", Role.OPERATOR)
    refused = operator.post(f"/devices/{UDON}/loss?lang=en", kind="eaten")
    assert (refused.status_code, "Say what happened" in refused.text) == (HTTPStatus.CONFLICT, True)
    assert "eaten" not in refused.text


@pytest.mark.parametrize("name", ["Udon", "never-was", "a", "%3Cb%3E"])
def test_a_kiosk_that_is_not_there_has_no_page(console: APIFlask, books: Engine, name: str) -> None:
    operator = Visitor.signed_in(console, books, "somsri", Role.OPERATOR)
    assert operator.get(f"/devices/{name}").status_code == HTTPStatus.NOT_FOUND
    assert operator.post(f"/devices/{name}/loss", kind="lost").status_code == HTTPStatus.NOT_FOUND
    assert operator.get(f"/api/v1/devices/{name}").status_code == HTTPStatus.NOT_FOUND


def test_an_open_console_shows_the_kiosk_and_lets_nobody_act(books: Engine) -> None:
    add_kiosk(books, UDON)
    client = create_app(books, sign_in=None, clock=Clock()).test_client()
    assert "<button" not in client.get(PAGE).text.split("<main", 1)[1]
    assert client.post(f"/devices/{UDON}/loss", data={"kind": "lost"}).status_code == HTTPStatus.FORBIDDEN


def test_what_was_amiss_stands_in_its_history_and_another_kiosk_s_does_not(console: APIFlask, books: Engine) -> None:
    somsri = Visitor.signed_in(console, books, "somsri", Role.VIEWER)
    assert "No alarm was ever raised here." in somsri.get(PAGE).text
    place = province_code("41"), facility_code("11013")
    over = Alarm(RuleId.CAMERA, kiosk_at(UDON, *place), NOW_MS - 9, raised_ms=NOW_MS - 8, cleared_ms=NOW_MS)
    waits = Alarm(RuleId.DISK_LOW, kiosk_at(UDON, *place), NOW_MS)
    other = Alarm(RuleId.READER, kiosk_at(KioskId("udon-02"), *place), NOW_MS, raised_ms=NOW_MS)
    with unit_of_work(books) as connection:
        for each in (over, waits, other):
            book.add(connection, each)
    told = somsri.get(PAGE).text.split('id="history"')[1]
    assert [word in told for word in ("Camera", "Card reader", "disk")] == [True, False, False]
