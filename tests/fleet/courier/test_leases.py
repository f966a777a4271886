# SPDX-License-Identifier: Apache-2.0
"""How couriers share the shards: evenly, each shard once, and never for longer than one of them lives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.courier.dispatch import Dispatch
from fleet.courier.leases import LEASE_MS, Fixed, Leases
from fleet.courier.reception import Incoming
from fleet.store.tables import event, refusal
from tests.fleet.road import Clock, Wire
from wire.ids import Shard
from wire.topics import Up, up

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.fleet.road import Fleet

ALL = frozenset(Shard(f"{n:02x}") for n in range(256))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000)


def taken(courier: Leases) -> frozenset[Shard]:
    shards = courier.renew()
    return ALL if shards is None else shards


def test_a_courier_alone_takes_every_shard(engine: Engine, clock: Clock) -> None:
    assert Leases(engine, "one", clock).renew() is None


def test_a_second_courier_gets_its_half_as_soon_as_the_first_has_let_go(engine: Engine, clock: Clock) -> None:
    one, two = Leases(engine, "one", clock), Leases(engine, "two", clock)
    assert taken(one) == ALL
    assert taken(two) == frozenset()  # it says that it is there
    kept = taken(one)
    assert len(kept) == 128
    assert taken(two) == frozenset()  # the first no longer listens, but may be at work on what it has heard
    taken(one)
    assert taken(two) == ALL - kept


def test_what_a_dead_courier_had_is_free_when_its_time_is_over(engine: Engine, clock: Clock) -> None:
    dead, two = Leases(engine, "dead", clock), Leases(engine, "two", clock)
    taken(dead)
    clock.ms += LEASE_MS - 1
    assert taken(two) == frozenset()
    clock.ms += 1
    assert taken(two) == ALL


def test_a_courier_that_ends_in_order_leaves_everything_at_once(engine: Engine, clock: Clock) -> None:
    one, two = Leases(engine, "one", clock), Leases(engine, "two", clock)
    taken(one)
    one.release()
    assert taken(two) == ALL


def test_a_courier_that_is_started_again_has_its_shards_at_once(engine: Engine, clock: Clock) -> None:
    taken(Leases(engine, "one", clock))
    assert taken(Leases(engine, "one", clock)) == ALL


def test_a_courier_that_slept_takes_nothing_that_another_has_by_now(engine: Engine, clock: Clock) -> None:
    slept, two = Leases(engine, "slept", clock), Leases(engine, "two", clock)
    taken(slept)
    clock.ms += LEASE_MS
    taken(two)
    assert taken(slept) == frozenset()


STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["renew", "die", "release"])), max_size=40)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_shard_is_ever_taken_by_two_couriers_that_keep_time(engine: Engine, steps: list[tuple[int, str]]) -> None:
    clock = Clock(1_000_000)
    couriers = [Leases(engine, f"courier-{n}", clock) for n in range(4)]
    takes: dict[int, frozenset[Shard]] = dict.fromkeys(range(4), frozenset())
    for n, what in steps:
        if what == "renew":
            takes[n] = taken(couriers[n])
        elif what == "release":
            couriers[n].release()
            takes[n] = frozenset()
        else:
            couriers[n], takes[n] = Leases(engine, f"courier-{n}", clock), frozenset()
        assert sum(map(len, takes.values())) == len(frozenset().union(*takes.values()))
    for _ in range(4):
        clock.ms += LEASE_MS // 2
        takes = {n: taken(courier) for n, courier in enumerate(couriers)}
    assert sorted(map(len, takes.values())) == [64, 64, 64, 64]
    for courier in couriers:
        courier.release()


def test_couriers_that_renew_at_the_same_moment_do_not_share_a_shard(engine: Engine, clock: Clock) -> None:
    couriers = [Leases(engine, f"courier-{n}", clock) for n in range(4)]
    takes: list[frozenset[Shard]] = []

    def renew(courier: Leases) -> None:
        for _ in range(5):
            shards = taken(courier)
        takes.append(shards)

    threads = [threading.Thread(target=renew, args=(courier,)) for courier in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    final = [taken(courier) for courier in couriers]
    assert sum(map(len, final)) == len(frozenset().union(*final))


def test_a_message_of_a_shard_that_is_not_held_is_left_to_its_holder(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    other = Shard("00" if kiosk.shard != "00" else "01")
    dispatch = Dispatch(fleet.engine, fleet.committer, fleet.wire, shards=Fixed(frozenset([other])), now_ms=fleet.clock)
    dispatch.renew()
    theirs = Incoming(kiosk.topic(Up.EVENT), kiosk.enrol()[1], 1)
    mine = Incoming(up(other, kiosk.id, Up.EVENT), b"x", 1)
    nobodys = Incoming("", b"x", 1)
    assert dispatch.ours([theirs, mine, nobodys]) == [mine, nobodys]
    assert fleet.wire.acknowledged == [theirs]
    assert (fleet.count(event), fleet.count(refusal)) == (0, 0)


def test_the_link_hears_what_is_held_from_the_first_renewal_on(fleet: Fleet) -> None:
    wire = Wire()
    one = Leases(fleet.engine, "one", fleet.clock)
    two = Leases(fleet.engine, "two", fleet.clock)
    dispatch = Dispatch(fleet.engine, fleet.committer, wire, shards=one, now_ms=fleet.clock)
    dispatch.renew()
    assert wire.heard is None
    two.renew()
    dispatch.renew()
    assert wire.heard is not None
    assert len(wire.heard) == 128
