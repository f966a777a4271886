# SPDX-License-Identifier: Apache-2.0
"""An order for a release is taken by the screen, left for the updater, and ended with what that says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.states import Attract, Farewell, Notice
from kiosk.records import pipe
from kiosk.records.diagnosis import diagnosis
from kiosk.records.orders import UPDATE_S, Machine, Orders
from kiosk.store import bell, noticeboard, orders
from kiosk.store.visiting import quiet
from tests.kiosk.conftest import KIOSK, World, filing_for
from tests.kiosk.records.acted_lobby import Lobby, wait_for
from tests.kiosk.records.test_orders import Screen
from wire.orders import NotUpdated, Op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.store.database import Store


class UpdatedScreen(Screen):
    """The screen of a kiosk that installs releases. `rung` counts how often it woke the updater."""

    updates = True
    rung = 0

    def ring(self) -> None:
        self.rung += 1
        bell.ring(self.store.path)

    def started(self) -> Orders:
        self.orders = Orders(
            store=self.store,
            kiosk=KIOSK,
            key=self.world.event,
            believes=self.world.receipt.public(),
            machine=Machine(
                lambda: diagnosis(self.store, "0.1.0"), renews=False, update=self.ring if self.updates else None
            ),
            clock_s=lambda: self.now_s,
        )
        self.orders.heed()
        return self.orders

    def ordered(self, release: str, n: int = 1) -> None:
        self.leave(self.order(Op.UPDATE, n, release=release), n)


@pytest.fixture
def screen(store: Store, world: World) -> UpdatedScreen:
    return UpdatedScreen(store, world)


def test_it_is_taken_left_for_the_updater_and_the_updater_is_woken_once(screen: UpdatedScreen, store: Store) -> None:
    screen.ordered("0.2.0")
    assert screen.told() == [(1, "update", "taken", None)]
    assert orders.book(store).update == orders.Update(1, "0.2.0")
    screen.orders.heed()
    assert screen.rung == 1
    assert (store.path.parent / bell.FILE).exists()
    bell.heard(store.path)
    bell.heard(store.path)
    screen.started()  # a screen that comes back does not know whether the updater was woken
    assert screen.rung == 2


@pytest.mark.parametrize("reason", [None, *NotUpdated])
def test_what_the_updater_says_is_signed_by_whatever_screen_runs_then(
    screen: UpdatedScreen, store: Store, reason: NotUpdated | None
) -> None:
    screen.ordered("0.2.0")
    orders.answer_update(store, 1, reason)
    screen.started()
    assert screen.told()[1:] == [(1, "update", "done" if reason is None else "refused", reason)]
    assert orders.book(store).update is None
    screen.orders.heed()
    assert len(screen.told()) == 2


def test_other_orders_go_on_meanwhile_and_disturb_nothing(screen: UpdatedScreen, store: Store) -> None:
    screen.ordered("0.2.0")
    orders.answer_update(store, 1, NotUpdated.NO_ROOM)
    screen.leave(screen.order(Op.CLOSE, 2), 2)
    screen.leave(screen.order(Op.RESTART, 3), 3)
    screen.started()
    assert screen.told() == [
        (1, "update", "taken", None),
        (2, "close", "done", None),
        (1, "update", "refused", "no_room"),
        (3, "restart", "taken", None),
        (3, "restart", "done", None),
    ]


def test_what_is_said_while_another_order_is_entered_is_not_lost(screen: UpdatedScreen, store: Store) -> None:
    screen.ordered("0.2.0")
    known = orders.book(store)
    orders.answer_update(store, 1, None)
    assert orders.take(store, orders.Book(last=2, resting=True, update=known.update), b"a result")
    assert orders.book(store).update == orders.Update(1, "0.2.0", ended=True)


def test_a_later_release_takes_the_place_of_an_earlier_one(screen: UpdatedScreen, store: Store) -> None:
    screen.ordered("0.2.0", 1)
    screen.ordered("0.3.0", 2)
    orders.answer_update(store, 1, None)  # it comes too late, and is about the other one
    screen.orders.heed()
    assert screen.told() == [
        (1, "update", "taken", None),
        (1, "update", "refused", "replaced"),
        (2, "update", "taken", None),
    ]
    assert screen.rung == 2


def test_an_updater_that_says_nothing_is_given_up_after_a_day(screen: UpdatedScreen) -> None:
    screen.ordered("0.2.0")
    screen.now_s += UPDATE_S - 1
    screen.orders.heed()
    assert len(screen.told()) == 1
    screen.now_s += 1
    screen.orders.heed()
    assert screen.told()[1:] == [(1, "update", "refused", "no_answer")]


def test_a_kiosk_without_an_updater_says_so(screen: UpdatedScreen) -> None:
    screen.ordered("0.2.0", 1)
    screen.updates = False  # its settings were changed
    screen.started()
    screen.ordered("0.2.0", 2)
    assert screen.told() == [
        (1, "update", "taken", None),
        (1, "update", "refused", "cannot_update"),
        (2, "update", "refused", "cannot_update"),
    ]


@pytest.fixture
def lobby(store: Store, world: World) -> Iterator[Lobby]:
    made = Lobby(filing_for(store, world))
    yield made
    made.close()


def is_quiet(store: Store) -> bool:
    with quiet(store.path) as found:
        return found


def test_the_desk_holds_the_lock_of_a_visit_and_lets_go_of_it(lobby: Lobby, store: Store) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Attract()))
    wait_for(lambda: Attract() in lobby.screen.states)
    assert is_quiet(store)
    person.inside.send(pipe.Shown(Notice()))
    wait_for(lambda: Notice() in lobby.screen.states)
    assert not is_quiet(store)
    person.inside.send(pipe.Finished(Farewell.CANCELLED))
    lobby.person(2)
    wait_for(lambda: is_quiet(store))


def test_nobody_begins_while_a_release_is_switched(lobby: Lobby, store: Store) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Attract()))
    wait_for(lambda: Attract() in lobby.screen.states)
    with quiet(store.path) as found:
        assert found
        person.inside.send(pipe.Shown(Notice()))
        lobby.person(2)
    assert Notice() not in lobby.screen.states
    lobby.person(2).inside.send(pipe.Shown(Notice()))
    wait_for(lambda: Notice() in lobby.screen.states)
    assert noticeboard.endings(store) == {}
