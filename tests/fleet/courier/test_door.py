# SPDX-License-Identifier: Apache-2.0
"""What the door makes of a request whose certificate was checked; the proxy before it: tests/journeys/test_https.py."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

import pytest

from fleet.courier.door import Door
from fleet.devices import help_calls, orders
from fleet.devices.help_calls import Coming
from fleet.store.scope import NATION
from fleet.store.session import open_engine, unit_of_work
from fleet.store.tables import event, outgoing
from tests.simulators.kiosk_wire import Session, WireKiosk, identity_record
from wire.envelope import digest
from wire.help_calls import HelperName, open_help_acknowledged
from wire.orders import Op, open_order
from wire.posting import INGEST, MEDIA_TYPE, line, unpack
from wire.topics import Down, Up, kind_of_down

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fleet.road import Fleet
    from wire.posting import Posted


def ask(fleet: Fleet, name: str, body: bytes, **changes: str) -> tuple[str, list[Posted], dict[str, str]]:
    """One request: the status, what it brought, and the headers."""
    answered: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        answered.append((status, dict(headers)))
        return BytesIO().write

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": INGEST,
        "CONTENT_TYPE": MEDIA_TYPE,
        "HTTP_DIPCHIP_KIOSK": name,
        "wsgi.input": BytesIO(body),
    } | changes
    setup_testing_defaults(environ)
    door = Door(fleet.engine, fleet.committer, fleet.clock)
    said = door(environ, start_response)
    ((status, headers),) = answered
    return status, unpack(b"".join(said)) if headers["Content-Type"] == MEDIA_TYPE else [], headers


def said(kiosk: WireKiosk, kind: Up, *messages: bytes) -> bytes:
    return b"".join(line(kiosk.topic(kind), message) for message in messages)


def test_events_are_committed_once_and_answered_with_one_receipt(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    events = said(kiosk, Up.EVENT, *(kiosk.enrol()[1] for _ in range(3)))
    for _ in range(2):  # the second time they are known
        status, ((_, receipt),), _ = ask(fleet, kiosk.id, events)
        assert status == "200 OK"
        marks = kiosk.read_receipt(receipt, fleet.receipt_key.public()).marks
        assert marks[kiosk.stream].acked == 3
    assert fleet.count(event) == 3


def test_a_hello_gets_its_own_answer(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    _, ((topic, receipt),), _ = ask(fleet, kiosk.id, said(kiosk, Up.HELLO, kiosk.hello("b" * 32)))
    assert kind_of_down(topic) is Down.RECEIPT
    assert kiosk.read_receipt(receipt, fleet.receipt_key.public()).nonce == "b" * 32


def test_the_relays_last_answer_comes_with_a_question_that_is_asked_again_and_not_otherwise(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    event_id, message = kiosk.enrol(identity_record(reply_key=session.reply_key))
    _, question = kiosk.ask_outcome(event_id, session)
    asked = said(kiosk, Up.ASK, question)
    _, brought, _ = ask(fleet, kiosk.id, said(kiosk, Up.EVENT, message) + asked)
    assert [kind_of_down(topic) for topic, _ in brought] == [Down.RECEIPT]
    fleet.work(3, pass_ms=1000)
    assert fleet.count(outgoing) > 0
    _, brought, _ = ask(fleet, kiosk.id, asked)
    answers = [text for topic, text in brought if kind_of_down(topic) is Down.ANSWER]
    assert len(answers) == 1
    kiosk.read_answer(answers[0], fleet.keys.answer.public(), session)
    _, brought, _ = ask(fleet, kiosk.id, said(kiosk, Up.HELLO, kiosk.hello()))
    assert [kind_of_down(topic) for topic, _ in brought] == [Down.RECEIPT]


def test_who_comes_to_help_is_brought_by_the_answer_to_a_heartbeat_and_to_nobody_else(fleet: Fleet) -> None:
    kiosk, other = fleet.kiosk(), fleet.kiosk("udon-02")
    calling = said(kiosk, Up.HEARTBEAT, kiosk.heartbeat(call="1" * 32))
    assert ask(fleet, kiosk.id, calling)[1] == []
    with unit_of_work(fleet.engine) as connection:
        help_calls.acknowledge(connection, kiosk.id, Coming(HelperName("สมชาย"), 3), fleet.clock(), NATION)
    _, ((topic, message),), _ = ask(fleet, kiosk.id, calling)
    assert kind_of_down(topic) is Down.HELP
    assert open_help_acknowledged(message, fleet.receipt_key.public(), kiosk.id, fleet.clock()).name == "สมชาย"
    assert ask(fleet, other.id, said(other, Up.HEARTBEAT, other.heartbeat(call="1" * 32)))[1] == []


def test_nobody_is_told_anothers_answers(fleet: Fleet) -> None:
    kiosk, other, session = fleet.kiosk(), fleet.kiosk("udon-02"), Session()
    event_id, message = kiosk.enrol(identity_record(reply_key=session.reply_key))
    ask(fleet, kiosk.id, said(kiosk, Up.EVENT, message) + said(kiosk, Up.ASK, kiosk.ask_outcome(event_id, session)[1]))
    fleet.work(3, pass_ms=1000)
    assert fleet.count(outgoing) > 0
    _, brought, _ = ask(fleet, other.id, said(other, Up.ASK, other.ask_outcome(event_id, Session())[1]))
    assert brought == []


@pytest.mark.parametrize("name", ["", "no such name", "K-UDON", "x" * 40])
def test_without_the_name_of_a_certificate_nothing_is_read(fleet: Fleet, name: str) -> None:
    kiosk = fleet.kiosk()
    assert ask(fleet, name, said(kiosk, Up.EVENT, kiosk.enrol()[1]))[0] == "403 Forbidden"
    assert fleet.count(event) == 0


def test_a_request_with_one_foreign_topic_is_refused_whole(fleet: Fleet) -> None:
    kiosk, other = fleet.kiosk(), fleet.kiosk("udon-02")
    mixed = said(kiosk, Up.EVENT, kiosk.enrol()[1]) + said(other, Up.EVENT, other.enrol()[1])
    assert ask(fleet, kiosk.id, mixed)[0] == "403 Forbidden"
    assert fleet.count(event) == 0


def test_a_database_that_is_away_asks_for_patience(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    gone = open_engine("postgresql://nobody@127.0.0.1:1/none")
    door_engine, fleet.engine = fleet.engine, gone
    fleet.committer = type(fleet.committer)(gone, fleet.receipt_key, fleet.clock)
    status, _, headers = ask(fleet, kiosk.id, said(kiosk, Up.HELLO, kiosk.hello()))
    fleet.engine = door_engine
    assert status == "503 Service Unavailable"
    assert int(headers["Retry-After"]) > 0


def test_an_order_comes_with_the_answer_to_a_heartbeat_and_its_result_is_receipted(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    beat = said(kiosk, Up.HEARTBEAT, kiosk.heartbeat(order_nonce="1" * 32))
    assert ask(fleet, kiosk.id, beat)[1] == []
    with unit_of_work(fleet.engine) as connection:
        n = orders.give(connection, kiosk.id, Op.CLOSE, "somsri", fleet.clock(), NATION)
    _, ((topic, message),), _ = ask(fleet, kiosk.id, beat)
    order = open_order(message, fleet.receipt_key.public(), kiosk.id)
    assert (kind_of_down(topic), order.n, order.op) == (Down.ORDER, n, "close")
    result = kiosk.result(n)
    _, ((_, receipt),), _ = ask(fleet, kiosk.id, said(kiosk, Up.RESULT, result))
    assert kiosk.read_receipt(receipt, fleet.receipt_key.public()).results == (digest(result).hex(),)
    assert ask(fleet, kiosk.id, beat)[1] == []
