# SPDX-License-Identifier: Apache-2.0
"""Each step to the controller ends with its own cause: real Mosquitto with mutual TLS, a real TLS server of another."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from kiosk.config import Broker, Https
from kiosk.courier import network_check
from kiosk.courier.network_check import judged, to_broker, to_door, walk
from kiosk.findings import Code, Level, Stage, Way
from tests.kiosk.courier.fleets import fleet_with_a_kiosk, settings_of
from tests.provisioning.conftest import MINE
from tests.provisioning.peer import Papers, Peer
from tests.simulators.broker import Mosquitto, free_port
from tests.simulators.https_server import HttpsServer
from wire.posting import INGEST, MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.provisioning.conftest import Made
    from tests.simulators.https_server import Request

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return fleet_with_a_kiosk(tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def mosquitto(made: Made) -> Iterator[Mosquitto]:
    with Mosquitto(made.fleet / "broker") as running:
        yield running


@pytest.fixture
def broker(made: Made, mosquitto: Mosquitto) -> Broker:
    del mosquitto
    return settings_of(made).broker


def changed(broker: Broker, **values: object) -> Broker:
    return broker.model_copy(update=values)


def ended(way: network_check.Walk) -> tuple[Stage, str]:
    return way.steps[-1].stage, way.code


def test_the_way_to_the_broker_is_open_and_throws_out_no_session(made: Made, broker: Broker) -> None:
    with Peer(broker.port, Papers.of_kiosk(made.kiosk(MINE))) as courier:
        way = to_broker(broker)
        assert not courier.gone.wait(0.5)
    assert [(step.stage, step.code) for step in way.steps] == [
        (Stage.NAME, "ok"),
        (Stage.PORT, "ok"),
        (Stage.TLS, "ok"),
        (Stage.CERTIFICATE, "ok"),
    ]
    found = judged((way,))
    assert (found.code, found.level) == ("ok", Level.WELL)
    assert found.figures["sent_from"].value in {"127.0.0.1", "::1"}


def test_a_certificate_of_another_fleet_is_refused_after_the_handshake(broker: Broker, tmp_path: Path) -> None:
    stranger = settings_of(fleet_with_a_kiosk(tmp_path / "other")).broker
    way = to_broker(changed(broker, certificate=stranger.certificate, key=stranger.key))
    assert ended(way) == (Stage.CERTIFICATE, Code.CERTIFICATE_REFUSED)
    assert "ALERT" in way.steps[-1].technician.upper()
    assert judged((way,)).level is Level.FAULT


def test_a_key_of_another_certificate_is_unusable_and_never_quoted(broker: Broker, tmp_path: Path) -> None:
    other = settings_of(fleet_with_a_kiosk(tmp_path / "other")).broker
    way = to_broker(changed(broker, key=other.key))
    assert ended(way) == (Stage.CERTIFICATE, Code.CERTIFICATE_UNUSABLE)
    assert way.steps[-1].technician == "kiosk.key: KEY_VALUES_MISMATCH"


def test_a_closed_port_is_refused(broker: Broker) -> None:
    way = to_broker(changed(broker, port=free_port()))
    assert ended(way) == (Stage.PORT, Code.PORT_REFUSED)


@pytest.mark.parametrize("name", ["no-such-controller.invalid", "two..dots"])
def test_a_name_that_does_not_resolve_ends_the_way_before_a_port_is_tried(broker: Broker, name: str) -> None:
    way = to_broker(changed(broker, host=name))
    stage, code = ended(way)
    assert stage is Stage.NAME
    assert code in {Code.NAME_UNKNOWN, Code.NAME_SILENT}  # a machine without a resolver gets no answer
    assert len(way.steps) == 1


def test_a_port_that_answers_nothing_is_told_from_one_that_refuses(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_check, "_PATIENCE_S", 0.3)  # eight seconds of waiting would prove the same
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # the kernel drops what comes when nobody accepts and the queue is full
            each.settimeout(0)
            each.connect_ex(("127.0.0.1", port))
        try:
            way = to_broker(changed(broker, host="127.0.0.1", port=port))
        finally:
            for each in waiting:
                each.close()
    assert ended(way) == (Stage.PORT, Code.PORT_SILENT)


def test_a_proxy_that_opens_tls_is_recognised_and_named(broker: Broker, tmp_path: Path) -> None:
    with HttpsServer(tmp_path) as proxy:
        way = to_broker(changed(broker, port=proxy.port))
    assert ended(way) == (Stage.TLS, Code.TLS_INTERCEPTED)
    assert way.steps[-1].technician == "certified by CN=localhost"


def test_a_server_under_another_name_is_not_taken_for_a_proxy(broker: Broker) -> None:
    way = to_broker(changed(broker, host="127.1"))  # the resolver's short form of the same address
    assert ended(way) == (Stage.TLS, Code.TLS_OTHER_NAME)


@contextmanager
def answering(what: bytes) -> Iterator[int]:
    """Something that answers every connection with these bytes, or cuts it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    connection.recv(2000)
                    connection.sendall(what)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_sign_in_page_of_the_network_speaks_no_tls(broker: Broker) -> None:
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n") as port:
        assert ended(to_broker(changed(broker, port=port))) == (Stage.TLS, Code.TLS_NOT_SPOKEN)


def test_a_firewall_that_cuts_tls_is_told(broker: Broker) -> None:
    with answering(b"") as port:
        assert ended(to_broker(changed(broker, port=port))) == (Stage.TLS, Code.TLS_CUT)


def test_a_server_of_tls_1_2_is_refused_and_its_issuer_named(broker: Broker, made: Made) -> None:
    folder = made.fleet / "broker"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server-chain.crt", folder / "server.key")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with HttpsServer(folder, context) as old:
        way = to_broker(changed(broker, port=old.port))
    assert ended(way) == (Stage.TLS, Code.TLS_REFUSED)
    assert "DipChip" in way.steps[-1].technician


@pytest.fixture
def door(made: Made, mosquitto: Mosquitto) -> Iterator[HttpsServer]:
    """A door with the fleet's own certificate that wants the kiosk's."""
    del mosquitto
    folder = made.fleet / "broker"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server-chain.crt", folder / "server.key")
    context.load_verify_locations(folder / "ca-clients.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with HttpsServer(folder, context) as running:
        yield running


def saying(status: int, kind: str) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        request.begin(status, Content_Type=kind, Content_Length="0")

    return answer


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (200, MEDIA_TYPE, "ok"),
        (200, "text/html", Code.DOOR_OF_ANOTHER),
        (400, "text/html", Code.CERTIFICATE_REFUSED),
        (403, "text/plain", Code.CERTIFICATE_REFUSED),
        (502, "text/html", Code.DOOR_NOT_SERVING),
    ],
)
def test_the_door_s_answer_is_judged(broker: Broker, door: HttpsServer, status: int, kind: str, code: str) -> None:
    door.on(INGEST, saying(status, kind))
    way = to_door(broker, Https(host="localhost", port=door.port))
    assert ended(way) == (Stage.ANSWER, code)
    assert [posted.body for posted in door.posted] == [b""]
    assert way.door_ahead_s is not None
    assert abs(way.door_ahead_s) < 5


def test_the_door_refuses_a_certificate_of_another_fleet(broker: Broker, door: HttpsServer, tmp_path: Path) -> None:
    door.on(INGEST, saying(200, MEDIA_TYPE))
    stranger = settings_of(fleet_with_a_kiosk(tmp_path / "other")).broker
    papers = changed(broker, certificate=stranger.certificate, key=stranger.key)
    way = to_door(papers, Https(host="localhost", port=door.port))
    assert ended(way) == (Stage.ANSWER, Code.CERTIFICATE_REFUSED)
    assert door.posted == []


def test_one_open_way_is_enough_and_the_closed_one_needs_care(broker: Broker, door: HttpsServer) -> None:
    door.on(INGEST, saying(200, MEDIA_TYPE))
    https = Https(host="localhost", port=door.port)
    closed = changed(broker, port=free_port())
    found = judged(walk(closed, https))
    assert (found.code, found.level) == (Code.PORT_REFUSED, Level.CARE)
    assert found.technician.startswith(f"localhost:{closed.port}: ")
    assert {step.way for step in found.steps} == {Way.BROKER, Way.DOOR}
    both = judged(walk(closed, Https(host="localhost", port=free_port())))
    assert both.level is Level.FAULT
