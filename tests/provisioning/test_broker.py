# SPDX-License-Identifier: Apache-2.0
"""What the rendered Mosquitto lets a kiosk, the controller and a stranger do. Real Mosquitto, real TLS."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from provisioning.authority import Authorities, key_file
from provisioning.files import Report
from tests.provisioning.conftest import MINE, OTHER, Made, run
from tests.provisioning.peer import Papers, Peer, RefusedError
from wire import topics
from wire.certificates import LEAF_LIFE, pem
from wire.ids import KioskId
from wire.registration import default_shard
from wire.topics import Down, Up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.simulators.broker import Mosquitto

pytestmark = pytest.mark.real

NOT_ALLOWED = "Not authorized"
_PATIENCE_S = 10.0


def up(kiosk: str, kind: Up = Up.EVENT) -> str:
    return topics.up(default_shard(kiosk), KioskId(kiosk), kind)


def down(kiosk: str, kind: Down = Down.RECEIPT) -> str:
    return topics.down(default_shard(kiosk), KioskId(kiosk), kind)


@pytest.fixture
def mine(made: Made, broker: Mosquitto) -> Iterator[Peer]:
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))) as peer:
        yield peer


@pytest.fixture
def other(made: Made, broker: Mosquitto) -> Iterator[Peer]:
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(OTHER))) as peer:
        yield peer


@pytest.fixture
def controller(made: Made, broker: Mosquitto) -> Iterator[Peer]:
    with Peer(broker.port, Papers.of_controller(made.fleet)) as peer:
        yield peer


@pytest.mark.parametrize("kind", Up)
def test_a_kiosk_reaches_the_controller_on_each_of_its_own_topics(mine: Peer, controller: Peer, kind: Up) -> None:
    controller.subscribe(topics.up_filter())
    mine.publish(up(MINE, kind), b"hello")
    assert controller.next_message() == (up(MINE, kind), b"hello")


@pytest.mark.parametrize("kind", Down)
def test_the_controller_reaches_a_kiosk_on_each_of_its_own_topics(mine: Peer, controller: Peer, kind: Down) -> None:
    mine.subscribe(topics.down_filter(default_shard(MINE), KioskId(MINE)))
    controller.publish(down(MINE, kind), b"receipt")
    assert mine.next_message() == (down(MINE, kind), b"receipt")


@pytest.mark.parametrize(
    "topic",
    [up(OTHER), down(OTHER), down(MINE), up(MINE) + "/deeper", "elsewhere", "dipchip/1/ab/+/up/event", "$SYS/x"],
)
def test_a_kiosk_cannot_write_anywhere_else(mine: Peer, controller: Peer, topic: str) -> None:
    controller.subscribe(topics.up_filter())
    try:
        assert mine.publish(topic) == NOT_ALLOWED
    except ValueError:
        assert "+" in topic  # paho itself refuses a wildcard
    mine.publish(up(MINE), b"mine")
    assert controller.next_message() == (up(MINE), b"mine")


@pytest.mark.parametrize(
    "wanted", ["#", "+/+/+/+/+/+", "dipchip/1/+/+/down/+", down(OTHER), up(OTHER), f"$share/g/{down(OTHER)}", "$SYS/#"]
)
def test_a_kiosk_reads_nothing_that_is_not_addressed_to_it(
    mine: Peer, other: Peer, controller: Peer, wanted: str
) -> None:
    mine.subscribe(wanted)
    mine.subscribe(down(MINE))
    other.publish(up(OTHER), b"secret of the other")
    controller.publish(down(OTHER), b"for the other")
    controller.publish(down(MINE), b"for me")
    assert mine.next_message() == (down(MINE), b"for me")


def test_the_controller_cannot_pose_as_a_kiosk(controller: Peer) -> None:
    assert controller.publish(up(MINE)) == NOT_ALLOWED


def test_the_client_id_is_the_certificates_name_whatever_the_client_says(
    made: Made, broker: Mosquitto, other: Peer
) -> None:
    papers = Papers.of_kiosk(made.kiosk(MINE))
    with Peer(broker.port, papers, client_id=OTHER) as first, Peer(broker.port, papers, client_id="anything"):
        first.wait_until_gone()  # both were MINE, so the second took the session over
    assert other.publish(up(OTHER)) != NOT_ALLOWED
    assert not other.gone.is_set()


def test_a_retained_message_is_refused(mine: Peer) -> None:
    assert mine.publish(up(MINE), retain=True) == "Retain not supported"


def test_a_message_above_the_limit_ends_the_connection_and_goes_nowhere(
    made: Made, broker: Mosquitto, mine: Peer, controller: Peer
) -> None:
    controller.subscribe(topics.up_filter())
    mine.publish(up(MINE), bytes(66_000))
    mine.wait_until_gone()
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))) as again:
        again.publish(up(MINE), b"small")
        assert controller.next_message() == (up(MINE), b"small")


def test_a_message_as_large_as_the_wire_allows_passes(mine: Peer, controller: Peer) -> None:
    controller.subscribe(topics.up_filter())
    mine.publish(up(MINE), bytes(60_000))
    assert len(controller.next_message()[1]) == 60_000


def test_without_a_certificate_nobody_comes_in(made: Made, broker: Mosquitto) -> None:
    refuse(broker, Papers(made.kiosk(MINE) / "tls/ca.pem"))


def test_without_tls_nobody_comes_in(broker: Mosquitto) -> None:
    refuse(broker, None)


def test_with_tls_1_2_nobody_comes_in(made: Made, broker: Mosquitto) -> None:
    context = Papers.of_kiosk(made.kiosk(MINE)).context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("localhost", broker.port)) as plain, pytest.raises(ssl.SSLError, match="VERSION"):
        context.wrap_socket(plain, server_hostname="localhost")


def test_another_authority_of_the_same_name_is_not_believed(made: Made, broker: Mosquitto, tmp_path: Path) -> None:
    rogue = Authorities.make(tmp_path / "rogue", datetime.now(UTC), Report())
    refuse(broker, forged(made, rogue, tmp_path, rogue.now))


def test_an_expired_certificate_is_refused(made: Made, broker: Mosquitto, tmp_path: Path) -> None:
    long_ago = datetime.now(UTC) - LEAF_LIFE - timedelta(days=1)
    authorities = Authorities.open(made.fleet / "authority", long_ago, Report())
    refuse(broker, forged(made, authorities, tmp_path, long_ago))


@pytest.mark.parametrize("with_issuer", [False, True])
def test_a_servers_certificate_does_not_open_the_door_for_a_client(
    made: Made, broker: Mosquitto, tmp_path: Path, *, with_issuer: bool
) -> None:
    leaf, issuer = _chain(made.fleet / "broker/server-chain.crt")
    shown = tmp_path / "shown.crt"
    shown.write_text(leaf + issuer if with_issuer else leaf)
    refuse(broker, Papers(made.kiosk(MINE) / "tls/ca.pem", shown, made.fleet / "broker/server.key"))


def test_a_revoked_kiosk_cannot_come_back_after_a_reload(made: Made, broker: Mosquitto) -> None:
    papers = Papers.of_kiosk(made.make_kiosk("k-stolen"))
    with Peer(broker.port, papers):
        pass
    run("revoke", made.fleet, "--id", "k-stolen")
    broker.reload()
    wait_until_refused(broker, papers)
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))):
        pass


def test_a_restarted_broker_listens_again_on_the_same_port(made: Made, broker: Mosquitto) -> None:
    before = broker.pid
    broker.kill()
    broker.start()
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))) as mine:
        assert mine.publish(up(MINE)) != NOT_ALLOWED
    assert broker.pid != before


def refuse(broker: Mosquitto, papers: Papers | None) -> None:
    with pytest.raises(RefusedError), Peer(broker.port, papers):
        pass


def wait_until_refused(broker: Mosquitto, papers: Papers) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with Peer(broker.port, papers):
                pass
        except RefusedError:
            return
    pytest.fail("the broker let it in all the time")


def forged(made: Made, authorities: Authorities, place: Path, now: datetime) -> Papers:
    """Papers in the name of MINE from these authorities; the broker's own certificate is believed as ever."""
    key = key_file(place / "forged.key", Report())
    certificate = place / "forged.crt"
    leaf = authorities.devices.client(MINE, key.public_key(), now)
    certificate.write_bytes(pem(leaf) + pem(authorities.devices.certificate))
    return Papers(made.kiosk(MINE) / "tls/ca.pem", certificate, place / "forged.key")


def _chain(path: Path) -> tuple[str, str]:
    head, separator, tail = path.read_text().partition("-----END CERTIFICATE-----\n")
    return head + separator, tail
