# SPDX-License-Identifier: Apache-2.0
"""A kiosk's page: what makes sense to order of it, what will happen, what came of it, and who ordered it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from fleet import audit
from fleet.devices.order_book import Orders
from fleet.devices.orders import LASTS_MS
from fleet.operators.accounts import Role
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import device_state
from tests.fleet.books import NOW_MS, add_kiosk, heard
from tests.fleet.web.signed_in import Clock, Visitor, closed
from tests.wire.test_orders import AT, MACHINE
from wire.ids import KioskId
from wire.orders import Op, OrderResult, Outcome

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

UDON = KioskId("udon-01")
PAGE = f"/devices/{UDON}?lang=en"
ORDERS = f"/devices/{UDON}/orders"
API = f"/api/v1/devices/{UDON}/orders"


@pytest.fixture
def console(books: Engine) -> APIFlask:
    add_kiosk(books, UDON)
    heard(books, UDON)
    with unit_of_work(books) as connection:
        connection.execute(insert(order_nonce).values(kiosk=UDON, nonce="1" * 32, heard_ms=NOW_MS))
    return closed(books, Clock())


@pytest.fixture
def somsri(console: APIFlask, books: Engine) -> Visitor:
    return Visitor.signed_in(console, books, "somsri", Role.OPERATOR)


def number(engine: Engine) -> int:
    """The open order's."""
    with reading(engine) as connection:
        return int(connection.execute(kiosk_order.select().where(kiosk_order.c.ended_ms.is_(None))).one().n)


def answered(engine: Engine, result: OrderResult) -> None:
    """Let the kiosk say what came of an order."""
    with unit_of_work(engine) as connection:
        said = Orders()
        said.ended(UDON, result, NOW_MS + 1000)
        said.write(connection)


def test_a_kiosk_is_closed_and_opened_from_its_page_and_the_log_says_by_whom(somsri: Visitor, books: Engine) -> None:
    before = somsri.get(PAGE).text
    assert "Close for a while" in before
    assert "Open again" not in before
    assert "Nothing was ever ordered here" in before
    assert somsri.post(ORDERS, op="close").headers["Location"] == f"/devices/{UDON}#orders"
    waiting = somsri.get(PAGE).text
    assert "Waits for the kiosk" in waiting
    assert "Restart its program</button>" not in waiting, "one at a time"
    answered(books, OrderResult(1, UDON, number(books), Op.CLOSE, Outcome.DONE, AT))
    with unit_of_work(books) as connection:
        connection.execute(update(device_state).values(screen="resting"))
    resting = somsri.get(PAGE).text
    assert "Open again" in resting
    assert "Closed for a while" in resting
    assert "Close for a while</button>" not in resting
    with reading(books) as connection:
        (entry,) = audit.entries(connection)
    assert (entry.who, entry.act, entry.subject, entry.detail["op"]) == ("somsri", "order.given", UDON, "close")


def test_diagnostics_are_read_on_the_page_and_over_the_api(somsri: Visitor, books: Engine) -> None:
    somsri.post(ORDERS, op="diagnose")
    n = number(books)
    answered(books, OrderResult(1, UDON, n, Op.DIAGNOSE, Outcome.DONE, AT, diagnosis=MACHINE))
    told = somsri.get(PAGE).text
    for words in ("61 °C", "8,000 MiB", "6.6.31+rpt-rpi-v8", "ok 3", "filed 2"):
        assert words in told, words
    said = somsri.get(API).json
    assert said is not None
    assert (said["takes_orders"], said["orders"][0]["number"], said["orders"][0]["state"]) == (True, n, "done")
    assert said["orders"][0]["diagnosis"]["temperature_c"] == 61


def test_an_order_that_waits_is_taken_back_and_one_on_its_way_is_not(somsri: Visitor, books: Engine) -> None:
    somsri.post(ORDERS, op="restart")
    assert "Take the order back" in somsri.get(PAGE).text
    with unit_of_work(books) as connection:
        connection.execute(update(kiosk_order).values(sent_ms=NOW_MS))
    assert "Take the order back" not in somsri.get(PAGE).text
    late = somsri.post(f"{ORDERS}/{number(books)}/cancel?lang=en")
    assert (late.status_code, "too late to take it back" in late.text) == (HTTPStatus.CONFLICT, True)
    with unit_of_work(books) as connection:
        connection.execute(update(kiosk_order).values(sent_ms=None))
    assert somsri.post(f"{ORDERS}/{number(books)}/cancel").status_code == HTTPStatus.SEE_OTHER
    assert "by somsri" in somsri.get(PAGE).text
    with reading(books) as connection:
        assert [entry.act for entry in audit.entries(connection)] == ["order.given", "order.cancelled"]


def test_what_cannot_be_ordered_is_refused_in_words_and_logged_by_nobody(somsri: Visitor, books: Engine) -> None:
    for op in ("", "run_shell", "close; reboot", "rotate-key"):
        refused = somsri.post(f"{ORDERS}?lang=en", op=op)
        assert (refused.status_code, "There is no such order" in refused.text) == (HTTPStatus.CONFLICT, True)
    somsri.post(ORDERS, op="close")
    again = somsri.post(f"{ORDERS}?lang=en", op="restart")
    assert (again.status_code, "Another order is open there" in again.text) == (HTTPStatus.CONFLICT, True)
    with reading(books) as connection:
        assert len(list(audit.entries(connection))) == 1


def test_a_kiosk_whose_release_takes_no_orders_says_so(somsri: Visitor, books: Engine) -> None:
    with unit_of_work(books) as connection:
        connection.execute(order_nonce.delete())
    assert "Its release takes no orders yet" in somsri.get(PAGE).text
    assert somsri.post(ORDERS, op="close").status_code == HTTPStatus.CONFLICT


def test_a_viewer_sees_what_was_ordered_and_orders_nothing(console: APIFlask, somsri: Visitor, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER)
    somsri.post(ORDERS, op="restart")
    page = viewer.get(PAGE).text
    assert "Restart its program" in page
    assert "<button" not in page.split("<main", 1)[1]
    assert viewer.post(ORDERS, op="close").status_code == HTTPStatus.FORBIDDEN


def test_a_refusal_and_an_order_that_expired_are_told_with_what_to_do(somsri: Visitor, books: Engine) -> None:
    somsri.post(ORDERS, op="diagnose")
    refused = OrderResult(1, UDON, number(books), Op.DIAGNOSE, Outcome.REFUSED, AT, reason="unknown_op")
    answered(books, refused)
    assert "Update the kiosk" in somsri.get(PAGE).text
    with unit_of_work(books) as connection:
        late = {"kiosk": UDON, "n": NOW_MS + 5, "op": "close", "asked_by": "somsri", "asked_ms": NOW_MS}
        late |= {"expires_ms": NOW_MS + LASTS_MS, "ended_ms": NOW_MS + LASTS_MS, "ending": "expired"}
        connection.execute(insert(kiosk_order).values(**late))
    assert "did not answer within an hour" in somsri.get(PAGE).text
