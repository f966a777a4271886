# SPDX-License-Identifier: Apache-2.0
"""HELLO, heartbeats, asks, and the loop that sends: what a kiosk gets back, and what the controller remembers."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from fleet.courier.dispatch import Dispatch
from fleet.courier.leases import Fixed
from fleet.courier.reception import Incoming
from fleet.enrollments.questions import LONGEST_MS, OPEN_AT_MOST
from fleet.store.session import unit_of_work
from fleet.store.tables import alarm, ask, device_state, event, outgoing, refusal
from tests.simulators.kiosk_wire import Session
from wire.ids import Shard
from wire.topics import Down, Up, down

if TYPE_CHECKING:
    import pytest

    from fleet.courier.committing import Examination
    from tests.fleet.road import Fleet

NONCE = "b" * 32


def test_only_the_answer_to_a_hello_carries_its_nonce(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    (ordinary,) = fleet.deliver(kiosk, kiosk.enrol()[1])
    (answer,) = fleet.deliver(kiosk, kiosk.hello(NONCE), kind=Up.HELLO)
    (again,) = fleet.deliver(kiosk, kiosk.enrol()[1])
    assert [receipt.nonce for receipt in (ordinary, answer, again)] == [None, NONCE, None]


def test_two_hellos_in_one_batch_get_a_receipt_each(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    receipts = fleet.deliver(kiosk, kiosk.hello("b" * 32), kiosk.hello("c" * 32), kind=Up.HELLO)
    assert [receipt.nonce for receipt in receipts] == ["b" * 32, "c" * 32]


def test_a_receipt_goes_to_its_kiosk_only(fleet: Fleet) -> None:
    kiosk, other = fleet.kiosk("udon-01"), fleet.kiosk("loei-02")
    sent = fleet.take((kiosk.topic(Up.EVENT), kiosk.enrol()[1]), (other.topic(Up.EVENT), other.enrol()[1]))
    assert {message.topic for message in sent} == {
        down(kiosk.shard, kiosk.id, Down.RECEIPT),
        down(other.shard, other.id, Down.RECEIPT),
    }


def test_what_a_kiosk_has_erased_and_the_ledger_lacks_is_an_alarm(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    lost = "f" * 24
    fleet.deliver(kiosk, kiosk.hello(pruned={kiosk.stream: 1, lost: 7}), kind=Up.HELLO)
    fleet.deliver(kiosk, kiosk.hello(pruned={kiosk.stream: 1, lost: 7}), kind=Up.HELLO)
    assert [(row.kind, row.stream, row.seq) for row in fleet.rows(alarm)] == [("unrecoverable", lost, 7)]


def test_a_hello_with_a_thousand_streams_is_answered_within_the_size_of_a_message(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    pruned = {f"{n:024x}": 2**53 - 1 for n in range(900)}
    (answer,) = fleet.take((kiosk.topic(Up.HELLO), kiosk.hello(pruned=pruned)))
    assert len(answer.payload) < 60_000
    assert fleet.count(alarm) <= 200


def test_a_heartbeat_is_kept_as_the_kiosks_last_word(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.heartbeat(outbox=9, reader="reader_absent"), kind=Up.HEARTBEAT)
    fleet.clock.ms += 5
    fleet.deliver(kiosk, kiosk.heartbeat(outbox=0), kind=Up.HEARTBEAT)
    (row,) = fleet.rows(device_state)
    assert (row.outbox, row.reader, row.seen_ms, row.sessions) == (0, "ok", fleet.clock.ms, '{"accepted": 2}')


def test_any_verified_message_says_that_the_kiosk_was_seen_and_a_refused_one_does_not(fleet: Fleet) -> None:
    kiosk, silent = fleet.kiosk("udon-01"), fleet.kiosk("loei-02")
    fleet.deliver(kiosk, kiosk.hello(), kind=Up.HELLO)
    fleet.take((silent.topic(Up.HELLO), kiosk.hello()))
    assert [row.kiosk for row in fleet.rows(device_state)] == [kiosk.id]


def test_an_ask_that_comes_again_is_one_ask(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    ask_id, message = kiosk.ask_status("0000000000000", Session())
    fleet.deliver(kiosk, message, message, kind=Up.ASK)
    assert [row.id for row in fleet.rows(ask)] == [ask_id]


def test_an_ask_expires_by_this_clock_however_wrong_the_kiosks_is(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.clock.ms += 3 * 365 * 24 * 3_600_000
    fleet.deliver(kiosk, kiosk.ask_status("0000000000000", Session())[1], kind=Up.ASK)
    (row,) = fleet.rows(ask)
    assert row.expires_ms - fleet.clock.ms == 60_000 < LONGEST_MS


def test_a_kiosk_cannot_leave_more_open_asks_than_its_share(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(
        kiosk, *(kiosk.ask_status("0000000000000", Session())[1] for _ in range(OPEN_AT_MOST + 3)), kind=Up.ASK
    )
    assert fleet.count(ask) == OPEN_AT_MOST
    assert [(row.reason, row.n) for row in fleet.rows(refusal)] == [("too_many", 3)]


def test_an_answered_ask_that_comes_again_is_answered_again(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    _, message = kiosk.ask_status("0000000000000", Session())
    fleet.deliver(kiosk, message, kind=Up.ASK)
    fleet.work()
    (first,) = fleet.answers()
    assert fleet.answers() == []
    fleet.deliver(kiosk, message, kind=Up.ASK)
    assert fleet.answers() == [first]


def test_an_answer_waits_while_the_broker_is_away(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.ask_status("0000000000000", Session())[1], kind=Up.ASK)
    fleet.work()
    fleet.wire.up = False
    assert fleet.answers() == []
    assert [row.sent_ms for row in fleet.rows(outgoing)] == [None]
    fleet.wire.up = True
    assert len(fleet.answers()) == 1


def test_a_worker_of_another_shard_leaves_an_answer_alone(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.ask_status("0000000000000", Session())[1], kind=Up.ASK)
    fleet.work()
    other = Fixed(frozenset([Shard("00" if kiosk.shard != "00" else "01")]))
    dispatch = Dispatch(fleet.engine, fleet.committer, fleet.wire, shards=other, now_ms=fleet.clock)
    dispatch.renew()
    dispatch.send_answers()
    assert fleet.wire.sent == []


def test_the_loop_commits_what_arrives_and_keeps_its_batch_while_the_database_is_away(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = fleet.kiosk()
    real, failed = fleet.committer.commit, threading.Event()

    def away_once(messages: Examination) -> object:
        # A database that is away cannot be had on both engines without stopping the whole test's cluster.
        if not failed.is_set():
            failed.set()
            statement = "BEGIN"
            raise OperationalError(statement, None, Exception())
        return real(messages)

    monkeypatch.setattr(fleet.committer, "commit", away_once)
    inbox: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
    inbox.put(Incoming(kiosk.topic(Up.EVENT), kiosk.enrol()[1], fleet.clock()))
    stop = threading.Event()
    thread = threading.Thread(target=fleet.dispatch.run, args=(inbox, stop))
    thread.start()
    until = time.monotonic() + 20
    while not fleet.wire.sent and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    thread.join(10)
    assert (failed.is_set(), len(fleet.wire.sent), fleet.count(event)) == (True, 1, 1)


def test_nothing_is_promised_when_the_transaction_is_not_committed(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    with unit_of_work(fleet.engine) as connection:
        connection.exec_driver_sql("DROP TABLE workload_day")
    with contextlib.suppress(OperationalError):  # SQLite calls it that, and the loop then keeps the batch
        assert fleet.deliver(kiosk, kiosk.enrol()[1]) == []
    assert fleet.count(event) == 0
