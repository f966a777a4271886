# SPDX-License-Identifier: Apache-2.0
"""A simulated kiosk takes orders by the rules of a real one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fleet.devices import orders
from fleet.devices.orders import State
from fleet.simulation.kiosk import SimulatedKiosk, Tally
from fleet.simulation.papers import Papers
from fleet.store.scope import NATION
from fleet.store.session import reading, unit_of_work
from tests.wire.test_orders import NONCE
from wire.envelope import seal_message
from wire.errors import NotForYou
from wire.ids import release_version
from wire.orders import TTL_S, NotUpdated, Op, Order
from wire.signing import Kind
from wire.topics import Down, Up, down, up

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fleet.road import Fleet

AT_S = 1_000.0


@pytest.fixture
def kiosk(fleet: Fleet, tmp_path: Path) -> SimulatedKiosk:
    return simulated(fleet, tmp_path)


def simulated(fleet: Fleet, folder: Path, name: str = "udon-01", failing: float = 0.0) -> SimulatedKiosk:
    real = fleet.kiosk(name)
    papers = Papers(
        folder=folder,
        registration=real.registration(),
        event_key=real.key,
        courier_key=real.courier_key,
        seals_to=real.seals_to,
        believes=fleet.receipt_key.public(),
        host="localhost",
        port=8883,
    )
    return SimulatedKiosk(papers, random.Random(1), Tally(), failing=failing)  # noqa: S311 - it can be repeated


def speak(fleet: Fleet, kiosk: SimulatedKiosk, now_s: float) -> list[Up]:
    """Let it say what is due and hear the answers; the kinds of what it said."""
    said = list(kiosk.due(now_s))
    for answer in fleet.take(*((up(kiosk.shard, kiosk.id, kind), message) for kind, message in said)):
        kiosk.arrived(answer.topic, answer.payload, now_s)
    return [kind for kind, _ in said]


def test_it_is_closed_and_enrols_nobody_until_it_is_opened_again(fleet: Fleet, kiosk: SimulatedKiosk) -> None:
    speak(fleet, kiosk, AT_S)
    for n, (op, enrolled) in enumerate(((Op.CLOSE, 0), (Op.REOPEN, 1)), start=1):
        with unit_of_work(fleet.engine) as connection:
            orders.give(connection, kiosk.id, op, "somsri", fleet.clock(), NATION)
        speak(fleet, kiosk, AT_S + 100 * n)  # the order comes with the answer to its heartbeat
        assert Up.RESULT in speak(fleet, kiosk, AT_S + 100 * n + 1)
        assert Up.RESULT not in speak(fleet, kiosk, AT_S + 100 * n + 50), "it was receipted"
        with reading(fleet.engine) as connection:
            latest, *_ = orders.latest(connection, kiosk.id, fleet.clock(), NATION)
        assert (latest.op, latest.state) == (op, State.DONE)
        kiosk.enrol(AT_S + 100 * n + 51)
        assert (kiosk.oldest_s is not None) == bool(enrolled)


def test_a_release_is_tried_and_runs_at_some_of_them(fleet: Fleet, tmp_path: Path) -> None:
    kiosks = [simulated(fleet, tmp_path, f"sim-{n:05}", failing=0.5) for n in range(8)]
    ways = []
    for k, kiosk in enumerate(kiosks):
        for n, release in enumerate(("0.2.0", "0.3.0")):
            at_s = AT_S + 1_000 * (2 * k + n)
            speak(fleet, kiosk, at_s)
            with unit_of_work(fleet.engine) as connection:
                orders.update_to(connection, kiosk.id, release_version(release), "rollout 1", fleet.clock(), NATION)
            speak(fleet, kiosk, at_s + 100)
            speak(fleet, kiosk, at_s + 101)
            speak(fleet, kiosk, at_s + 130)
            with reading(fleet.engine) as connection:
                latest, *_ = orders.latest(connection, kiosk.id, fleet.clock(), NATION)
            has_it = kiosk.release == release
            assert (latest.state, latest.release) == (State.DONE if has_it else State.REFUSED, release)
            assert latest.reason in (None, NotUpdated.TRIAL_CAMERA)
            ways.append(has_it)
            fleet.clock.ms += 1
    assert set(ways) == {True, False}


def test_it_believes_no_order_that_is_not_fresh(fleet: Fleet, kiosk: SimulatedKiosk) -> None:
    speak(fleet, kiosk, AT_S)
    stale = seal_message(fleet.receipt_key, Kind.ORDER, Order(1, kiosk.id, NONCE, 1, Op.CLOSE, TTL_S))
    with pytest.raises(NotForYou):
        kiosk.arrived(down(kiosk.shard, kiosk.id, Down.ORDER), stale, AT_S)
