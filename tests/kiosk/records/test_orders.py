# SPDX-License-Identifier: Apache-2.0
"""An order is carried out once, fresh, and between two visits; what came of it is kept until a receipt names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kiosk.enrollment.failures import Fault
from kiosk.enrollment.states import Attract, Farewell, Notice, OutOfService, Resting
from kiosk.records import pipe
from kiosk.records.diagnosis import diagnosis
from kiosk.records.orders import CANNOT_RENEW, DRAW_EVERY_S, NOT_RENEWED, Machine, Orders
from kiosk.store import noticeboard, orders
from kiosk.store.database import Store
from kiosk.store.noticeboard import Topic
from tests.kiosk.conftest import KIOSK, World, filing_for
from tests.kiosk.records.acted_lobby import Lobby, wait_for
from wire.envelope import digest, open_message, seal_message
from wire.ids import KeyId
from wire.orders import TTL_S, Op, Order, OrderResult
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from pathlib import Path


class Screen:
    """The screen's side of orders with a clock to turn, and a courier that leaves what it is told to."""

    def __init__(self, store: Store, world: World) -> None:
        self.store, self.world = store, world
        self.now_s, self.renews = 1_000.0, True
        self.orders = self.started()

    def started(self) -> Orders:
        """The process anew."""
        self.orders = Orders(
            store=self.store,
            kiosk=KIOSK,
            key=self.world.event,
            believes=self.world.receipt.public(),
            machine=Machine(lambda: diagnosis(self.store, "0.1.0"), renews=self.renews),
            clock_s=lambda: self.now_s,
        )
        self.orders.heed()
        return self.orders

    def order(self, op: str = Op.CLOSE, n: int = 1, *, key: SigningKey | None = None, **changes: Any) -> bytes:  # noqa: ANN401 - fields
        fields = {"kiosk": KIOSK, "nonce": orders.nonce(self.store), "ttl_s": TTL_S} | changes
        return seal_message(key or self.world.receipt, Kind.ORDER, Order(v=1, n=n, op=op, **fields))

    def leave(self, message: bytes, n: int = 9) -> None:
        """Put a message where the courier leaves orders, past everything that an honest courier looks at."""
        nonce = orders.nonce(self.store)
        assert nonce is not None
        assert orders.bring(self.store, nonce, n, message)
        self.orders.heed()

    def told(self) -> list[tuple[int, str, str, str | None]]:
        """What came of orders so far."""
        return [(each.n, each.op, each.outcome, each.reason) for each in self.results()]

    def results(self) -> list[OrderResult]:
        key = self.world.event.public()
        return [open_message(each, Kind.RESULT, key, OrderResult)[0] for each in orders.results(self.store)]


@pytest.fixture
def screen(store: Store, world: World) -> Screen:
    return Screen(store, world)


def test_a_kiosk_that_is_closed_rests_until_it_is_opened_again_through_every_restart(screen: Screen) -> None:
    screen.leave(screen.order(Op.CLOSE, 1), 1)
    assert screen.orders.is_resting
    assert screen.started().is_resting
    screen.leave(screen.order(Op.REOPEN, 2), 2)
    assert not screen.orders.is_resting
    assert not screen.started().is_resting
    assert screen.told() == [(1, "close", "done", None), (2, "reopen", "done", None)]


def test_a_restart_is_taken_before_it_happens_and_done_once_the_process_is_back(screen: Screen) -> None:
    screen.leave(screen.order(Op.RESTART, 1), 1)
    assert screen.orders.wants_restart
    assert screen.told() == [(1, "restart", "taken", None)]
    assert not screen.started().wants_restart
    assert screen.told() == [(1, "restart", "taken", None), (1, "restart", "done", None)]
    screen.started()
    assert len(screen.told()) == 2


def test_a_closed_kiosk_that_is_restarted_is_still_closed(screen: Screen) -> None:
    screen.leave(screen.order(Op.CLOSE, 1), 1)
    screen.leave(screen.order(Op.RESTART, 2), 2)
    assert screen.started().is_resting


def test_a_diagnosis_tells_of_the_machine_and_changes_nothing(screen: Screen, store: Store) -> None:
    noticeboard.pin(store, Topic.READER, "reader_absent", 1)
    screen.leave(screen.order(Op.DIAGNOSE, 1), 1)
    (result,) = screen.results()
    assert result.diagnosis is not None
    assert (result.diagnosis.release, result.diagnosis.reader, result.diagnosis.camera) == (
        "0.1.0",
        "reader_absent",
        "unknown",
    )
    assert result.diagnosis.uptime_s > 0
    assert not screen.orders.is_resting


def certified(store: Store, until_ms: int) -> None:
    """Say what the courier says of the certificate that it uses."""
    noticeboard.pin(store, Topic.CERTIFICATE, str(until_ms), 0)


def test_a_new_key_is_taken_and_done_once_the_courier_uses_another_certificate(screen: Screen, store: Store) -> None:
    certified(store, 1000)
    screen.leave(screen.order(Op.ROTATE_KEY, 1), 1)
    assert screen.told() == [(1, "rotate_key", "taken", None)]
    assert orders.book(store).rotation == orders.Rotation(1, 1000)
    screen.started().heed()
    assert len(screen.told()) == 1
    certified(store, 2000)
    screen.orders.heed()
    assert screen.told()[1:] == [(1, "rotate_key", "done", None)]
    assert orders.book(store).rotation is None
    screen.orders.heed()
    assert len(screen.told()) == 2


def test_a_new_key_for_which_no_certificate_comes_is_given_up_after_an_hour(screen: Screen, store: Store) -> None:
    certified(store, 1000)
    screen.leave(screen.order(Op.ROTATE_KEY, 1), 1)
    screen.now_s += TTL_S - 1
    screen.orders.heed()
    assert len(screen.told()) == 1
    screen.now_s += 1
    screen.orders.heed()
    assert screen.told()[1:] == [(1, "rotate_key", "refused", NOT_RENEWED)]
    assert orders.book(store).rotation is None


@pytest.mark.parametrize(("renews", "until_ms"), [(False, 1000), (True, None)])
def test_a_kiosk_that_cannot_renew_says_so(screen: Screen, store: Store, *, renews: bool, until_ms: int | None) -> None:
    screen.renews = renews
    screen.started()
    if until_ms is not None:
        certified(store, until_ms)
    screen.leave(screen.order(Op.ROTATE_KEY, 1), 1)
    assert screen.told() == [(1, "rotate_key", "refused", CANNOT_RENEW)]


def test_what_this_release_does_not_know_is_refused_with_a_reason_and_not_run(screen: Screen) -> None:
    screen.leave(screen.order("run_shell", 1), 1)
    assert screen.told() == [(1, "run_shell", "refused", "unknown_op")]
    assert (screen.orders.is_resting, screen.orders.wants_restart) == (False, False)


def test_an_order_is_carried_out_once(screen: Screen, store: Store) -> None:
    message = screen.order(Op.CLOSE, 1)
    screen.leave(message, 1)
    screen.leave(screen.order(Op.REOPEN, 2), 2)
    assert not orders.bring(store, orders.nonce(store) or "", 1, message)
    screen.leave(message)  # a captured courier says that it is number 9
    screen.leave(screen.order(Op.CLOSE, 2), 10)
    assert not screen.orders.is_resting
    assert len(screen.told()) == 2


def test_the_same_order_said_again_with_a_fresh_nonce_is_one_order(screen: Screen) -> None:
    stale = screen.order(Op.CLOSE, 1)
    screen.now_s += TTL_S
    screen.leave(stale, 1)
    assert screen.told() == []
    screen.leave(screen.order(Op.CLOSE, 1), 1)
    assert screen.told() == [(1, "close", "done", None)]


def test_an_order_is_no_older_than_its_nonce_and_that_grows_old_by_the_monotonic_clock(screen: Screen) -> None:
    message = screen.order(Op.CLOSE, 1, ttl_s=60)
    screen.now_s += 60
    screen.leave(message, 1)
    assert screen.told() == []
    fresh = screen.order(Op.CLOSE, 1, ttl_s=61)
    screen.now_s += 0.5
    screen.leave(fresh, 1)
    assert len(screen.told()) == 1


def test_a_nonce_is_drawn_again_and_again_and_those_of_an_old_process_are_worth_nothing(
    screen: Screen, store: Store
) -> None:
    drawn = {orders.nonce(store)}
    for _ in range(4):
        screen.now_s += DRAW_EVERY_S
        screen.orders.heed()
        drawn.add(orders.nonce(store))
    assert len(drawn) == 5
    captured = screen.order(Op.CLOSE, 1)
    screen.started()
    screen.leave(captured, 1)
    assert screen.told() == []


def test_a_captured_courier_orders_nothing(screen: Screen, world: World) -> None:
    impostor = SigningKey.generate(KeyId("controller#1"))
    for n, bad in enumerate(
        (
            screen.order(key=impostor),
            screen.order(key=world.courier),
            screen.order(kiosk="k-loei-01"),
            screen.order(nonce="f" * 32),
            screen.order()[:-9],
            b"junk",
            b"",
        ),
        start=1,
    ):
        screen.leave(bad, n)
    assert screen.told() == []
    assert not screen.orders.is_resting


def test_a_result_is_kept_until_a_receipt_names_its_very_bytes(screen: Screen, store: Store) -> None:
    screen.leave(screen.order(Op.RESTART, 1), 1)
    (taken,) = orders.results(store)
    screen.started()
    assert orders.settle(store, ()) == 0
    assert orders.settle(store, (digest(taken).hex(), "0" * 64)) == 1
    assert screen.told() == [(1, "restart", "done", None)]
    (done,) = orders.results(store)
    assert orders.settle(store, (digest(done).hex(),)) == 1
    assert screen.told() == []


def test_results_that_no_receipt_ever_names_do_not_fill_the_card(screen: Screen) -> None:
    for n in range(1, 40):
        screen.leave(screen.order(Op.DIAGNOSE, n), n)
    assert [n for n, *_ in screen.told()] == list(range(24, 40))


def test_a_waiting_kiosk_is_closed_and_opened_and_tells_the_fleet_that_it_rests(
    lobby: Lobby, store: Store, world: World
) -> None:
    lobby.person().inside.send(pipe.Shown(Attract()))
    _order(store, world, Op.CLOSE, 1)
    wait_for(lambda: Resting() in lobby.screen.states)
    wait_for(lambda: _told(store, Topic.SCREEN) == "resting")
    assert len(lobby.people) == 1, "nobody's process runs meanwhile"
    _order(store, world, Op.REOPEN, 2)
    lobby.person(2).inside.send(pipe.Ready(0))
    wait_for(lambda: _told(store, Topic.SCREEN) == "ok")


def test_a_screen_that_fails_while_the_kiosk_rests_says_again_that_it_does(
    lobby: Lobby, store: Store, world: World
) -> None:
    lobby.person().inside.send(pipe.Shown(Attract()))
    _order(store, world, Op.CLOSE, 1)
    wait_for(lambda: lobby.screen.states.count(Resting()) == 1)
    lobby.desk.abandon()
    wait_for(lambda: lobby.screen.states.count(Resting()) == 2)


def test_nobody_is_sent_away_by_an_order(lobby: Lobby, store: Store, world: World) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Notice()))
    wait_for(lambda: Notice() in lobby.screen.states)
    _order(store, world, Op.CLOSE, 1)
    assert person.inside.receive(2.5) is None
    assert Resting() not in lobby.screen.states
    person.inside.send(pipe.Finished(Farewell.CANCELLED))
    wait_for(lambda: Resting() in lobby.screen.states)
    assert noticeboard.endings(store) == {"cancelled": 1}


def test_a_kiosk_that_is_not_fit_is_restarted_all_the_same(
    lobby: Lobby, store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.records.desk._RETRY_S", 0.05)
    lobby.person().inside.send(pipe.Broken(Fault.READER_ABSENT, "Check the USB cable."))
    wait_for(lambda: OutOfService(Fault.READER_ABSENT) in lobby.screen.states)
    _order(store, world, Op.RESTART, 1)
    lobby.thread.join(10)
    assert not lobby.thread.is_alive()
    assert orders.book(store).restarting == 1


def test_a_desk_begins_at_rest_where_it_was_closed(tmp_path: Path, world: World) -> None:
    store = Store(tmp_path / "closed.db")
    first = Lobby(filing_for(store, world), believes=world.receipt.public())
    _order(store, world, Op.CLOSE, 1)
    wait_for(lambda: Resting() in first.screen.states)
    first.close()
    second = Lobby(filing_for(store, world), believes=world.receipt.public())
    wait_for(lambda: Resting() in second.screen.states)
    assert second.people == []
    second.close()
    store.close()


def _order(store: Store, world: World, op: Op, n: int) -> None:
    wait_for(lambda: orders.nonce(store) is not None)
    nonce = orders.nonce(store) or ""
    message = seal_message(world.receipt, Kind.ORDER, Order(1, KIOSK, nonce, n, op, TTL_S))
    assert orders.bring(store, nonce, n, message)


def _told(store: Store, topic: Topic) -> str | None:
    notice = noticeboard.read(store).get(topic)
    return None if notice is None else notice.value
