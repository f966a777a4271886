# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.courier.link import Arrived, Connected, Disconnected
from kiosk.courier.roads import PATIENCE_S, Roads

if TYPE_CHECKING:
    from kiosk.courier.link import Tell


class Way:
    """A way whose other end the test plays."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.running = False
        self.sent: list[bytes] = []

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def publish(self, _topic: str, message: bytes) -> None:
        self.sent.append(message)


class World:
    """Both ways, and a clock to turn."""

    def __init__(self, *, https: bool = True) -> None:
        self.now_s = 0.0
        self.ways: list[Way] = []
        self.roads = Roads(self._way, self._way if https else None, lambda: self.now_s)
        self.roads.start()

    def _way(self, tell: Tell) -> Way:
        self.ways.append(Way(tell))
        return self.ways[-1]

    def later(self, seconds: float) -> object:
        self.now_s += seconds
        return self.roads.next(0.0)


@pytest.fixture
def world() -> World:
    return World()


def test_the_broker_is_taken_when_it_is_there(world: World) -> None:
    broker, https = world.ways
    broker.tell(Connected())
    assert world.later(0) == Connected()
    assert world.later(10 * PATIENCE_S) is None
    world.roads.publish("t", b"m")
    assert (broker.sent, https.running) == ([b"m"], False)


def test_a_start_that_is_repeated_does_not_miss_a_broker_that_is_there(world: World) -> None:
    world.ways[0].tell(Connected())
    world.later(0)
    world.roads.start()
    world.later(10 * PATIENCE_S)
    assert not world.ways[1].running


def test_a_broker_that_never_came_is_walked_around_after_a_while(world: World) -> None:
    broker, https = world.ways
    broker.tell(Disconnected())
    assert world.later(PATIENCE_S - 1) == Disconnected()
    assert not https.running
    broker.tell(Disconnected())
    world.later(1)
    assert https.running
    assert broker.running, "it is tried all the time"
    https.tell(Connected())
    assert world.later(0) == Connected()
    world.roads.publish("t", b"m")
    assert (broker.sent, https.sent) == ([], [b"m"])


def test_a_broker_that_comes_back_in_time_is_not_walked_around(world: World) -> None:
    broker, https = world.ways
    for told in (Connected(), Disconnected(), Connected()):
        broker.tell(told)
        assert world.later(PATIENCE_S - 1) == told
    world.later(10 * PATIENCE_S)
    assert not https.running


def test_the_broker_is_taken_again_at_once_and_what_https_brought_last_still_counts(world: World) -> None:
    broker, https = world.ways
    world.later(PATIENCE_S)
    broker.tell(Disconnected())
    assert world.later(0) is None, "that the broker is still away is no news on the other way"
    broker.tell(Connected())
    assert world.later(0) == Connected()
    assert not https.running
    https.tell(Arrived("t", b"receipt"))
    https.tell(Disconnected())
    assert world.later(0) == Arrived("t", b"receipt")
    assert world.later(0) is None
    world.roads.publish("t", b"m")
    assert broker.sent == [b"m"]


def test_without_a_second_way_the_broker_is_waited_for() -> None:
    world = World(https=False)
    assert world.later(10 * PATIENCE_S) is None
    world.roads.publish("t", b"m")
    assert world.ways[0].sent == [b"m"]
    world.roads.stop()
    assert not world.ways[0].running
