# SPDX-License-Identifier: Apache-2.0
"""The courier's connection, on a real Mosquitto from a provisioned folder: what it hears, holds back and survives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fleet import config
from fleet.courier.committing import Outbound
from fleet.courier.mqtt import RECEIVE_MAXIMUM, MqttLink
from fleet.errors import ConfigError
from tests.provisioning.conftest import MINE, make_fleet
from tests.provisioning.peer import Papers, Peer
from tests.simulators.broker import Mosquitto
from tests.simulators.services import wait_until
from wire.ids import KioskId, Shard
from wire.registration import default_shard
from wire.topics import Down, Up, down, up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.config import Broker
    from fleet.courier.reception import Incoming
    from tests.provisioning.conftest import Made

pytestmark = pytest.mark.real

KIOSK = KioskId(MINE)
SHARD = default_shard(MINE)
EVENT = up(SHARD, KIOSK, Up.EVENT)
CHUNK = 65_536  # what one read may bring beyond the bound


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = make_fleet(tmp_path_factory.mktemp("fleet"))
    made.make_kiosk(MINE)
    return made


@pytest.fixture
def broker(made: Made) -> Iterator[Mosquitto]:
    with Mosquitto(made.fleet / "broker") as running:
        yield running


@pytest.fixture
def settings(made: Made) -> Broker:
    broker = config.read(made.fleet / "controller" / "courier.toml").broker
    assert broker is not None
    return broker


@pytest.fixture
def link(settings: Broker, broker: Mosquitto) -> Iterator[MqttLink]:
    assert broker.pid
    link = MqttLink(settings)
    link.listen(None)
    link.start()
    yield link
    link.stop()


@pytest.fixture
def kiosk(made: Made, broker: Mosquitto) -> Iterator[Peer]:
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))) as peer:
        assert "Granted" in peer.subscribe(down(SHARD, KIOSK, Down.RECEIPT))
        yield peer


def heard(link: MqttLink, kiosk: Peer, payload: bytes = b"x", topic: str = EVENT) -> Incoming:
    """The message at the other end; it is sent until somebody listens."""
    until_s = time.monotonic() + 20
    while link.inbox.empty() and time.monotonic() < until_s:
        kiosk.publish(topic, payload)
        time.sleep(0.02)
    return link.inbox.get(timeout=1)


def test_what_a_kiosk_says_is_heard_byte_for_byte(link: MqttLink, kiosk: Peer) -> None:
    message = heard(link, kiosk, bytes(range(256)) * 200)
    assert (message.topic, message.payload) == (EVENT, bytes(range(256)) * 200)


def test_what_a_kiosk_is_told_reaches_it(link: MqttLink, kiosk: Peer) -> None:
    heard(link, kiosk)
    told = [Outbound(down(SHARD, KIOSK, Down.RECEIPT), payload) for payload in (b"one", b"r" * 60_000)]
    assert link.publish(told) == 2
    assert [kiosk.next_message() for _ in told] == [(each.topic, each.payload) for each in told]


def test_without_a_connection_nothing_is_taken(settings: Broker) -> None:
    link = MqttLink(settings)
    assert link.publish([Outbound(down(SHARD, KIOSK, Down.RECEIPT), b"x")]) == 0
    link.stop()


def test_it_comes_back_when_the_broker_was_killed(made: Made, broker: Mosquitto, link: MqttLink, kiosk: Peer) -> None:
    lost = heard(link, kiosk)
    broker.kill()
    wait_until(lambda: link.publish([Outbound("x", b"")]) == 0, "it knows that the broker is gone")
    broker.start()
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))) as again:
        message = heard(link, again, b"again")
    assert message.payload == b"again"
    assert message.connection > lost.connection
    link.settled([lost, message])  # what came over the old connection is acknowledged to nobody


def test_it_hears_only_the_shards_that_it_listens_to(link: MqttLink, kiosk: Peer) -> None:
    other = Shard("00" if SHARD != "00" else "01")
    heard(link, kiosk)
    link.listen([other])
    message = heard(link, kiosk, b"other", up(other, KIOSK, Up.EVENT))
    while message.payload != b"other":
        message = heard(link, kiosk, b"other", up(other, KIOSK, Up.EVENT))
    kiosk.publish(EVENT, b"unheard")
    kiosk.publish(up(other, KIOSK, Up.EVENT), b"last")
    payloads = set()
    while message.payload != b"last":
        message = link.inbox.get(timeout=10)
        payloads.add(message.payload)
    assert "unheard" not in payloads


def test_a_courier_that_falls_behind_holds_the_broker_back_and_loses_nothing(link: MqttLink, kiosk: Peer) -> None:
    first = heard(link, kiosk, b"first")
    link.settled([first])  # from here on Mosquitto 2.0.11 no longer counts what is unsettled
    count, size = RECEIVE_MAXIMUM + 400, 3000
    for n in range(count):
        kiosk.publish(EVENT, b"%08d" % n + bytes(size))
    wait_until(lambda: link.inbox.qsize() >= RECEIVE_MAXIMUM, "it has as much as it may")
    assert link.inbox.qsize() <= RECEIVE_MAXIMUM + CHUNK // size
    numbers: list[int] = []
    while len(numbers) < count:
        batch = [link.inbox.get(timeout=10) for _ in range(100)]
        assert link.inbox.qsize() <= RECEIVE_MAXIMUM + CHUNK // size
        numbers.extend(int(message.payload[:8]) for message in batch if message.payload != b"first")
        link.settled(batch)
        if link.inbox.qsize() < 100 and len(numbers) + link.inbox.qsize() >= count:
            numbers.extend(int(link.inbox.get(timeout=10).payload[:8]) for _ in range(count - len(numbers)))
    assert numbers == list(range(count))


def test_a_certificate_that_cannot_be_used_is_said_at_once(settings: Broker, made: Made) -> None:
    with pytest.raises(ConfigError, match="Issue them"):
        MqttLink(settings.model_copy(update={"key": made.fleet / "no.key"}))
