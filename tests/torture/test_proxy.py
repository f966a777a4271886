# SPDX-License-Identifier: Apache-2.0
"""The proxy does what it is told to the bytes on their way, and nothing when it is told nothing."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import TYPE_CHECKING

import pytest

from tests.torture.processes import Proxy
from tests.torture.schedule import Act, Deed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 20.0


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65_536):
            self.request.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        proxy = Proxy(server.server_address[1])
        proxy.start()
        yield proxy
        proxy.kill()
        server.shutdown()
        serving.join()


def connected(proxy: Proxy, side: str = "kiosks") -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.ports[side]), timeout=_PATIENCE_S)


def received(connection: socket.socket, at_most: int) -> bytes:
    """What comes until so many bytes are there or the connection ends."""
    got = b""
    try:
        while len(got) < at_most and (data := connection.recv(65_536)):
            got += data
    except ConnectionError:
        pass
    return got


def echoed(connection: socket.socket, message: bytes) -> bytes:
    connection.sendall(message)
    return received(connection, len(message))


def test_bytes_pass_unchanged(proxy: Proxy) -> None:
    message = bytes(range(256)) * 300
    with connected(proxy) as connection:
        assert echoed(connection, message) == message


def test_a_cut_ends_the_connections_of_one_side_and_lets_new_ones_come(proxy: Proxy) -> None:
    with connected(proxy) as kiosk, connected(proxy, "controller") as controller:
        assert echoed(kiosk, b"here") == echoed(controller, b"here") == b"here"
        proxy.tell(Act(0, Deed.CUT, "kiosks"))
        assert received(kiosk, 1) == b""
        assert echoed(controller, b"still here") == b"still here"
        with connected(proxy) as again:
            assert echoed(again, b"again") == b"again"


def test_a_halved_packet_is_delivered_in_part_and_then_nothing(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection, b"whole") == b"whole"
        proxy.tell(Act(0, Deed.HALVE, "kiosks", share=0.5))
        with connected(proxy, "controller") as other:
            assert echoed(other, b"not meant") == b"not meant"  # so the order has been read
        connection.sendall(b"0123456789")
        assert received(connection, 10) in {b"", b"01234"}  # reset: even the part may be gone


def test_a_crumbled_message_arrives_whole(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection, b"whole") == b"whole"
        proxy.tell(Act(0, Deed.CRUMBLE, "kiosks", lasts_s=0.5))
        message = bytes(range(256)) * 8
        assert echoed(connection, message) == message


def test_a_stalled_message_arrives_in_the_end(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection, b"before") == b"before"
        proxy.tell(Act(0, Deed.STALL, "kiosks", lasts_s=0.3))
        assert echoed(connection, b"after") == b"after"


def test_it_can_be_killed_and_started_on_the_same_ports(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert echoed(connection, b"here") == b"here"
        proxy.kill()
        assert received(connection, 1) == b""
    proxy.start()
    with connected(proxy) as again:
        assert echoed(again, b"again") == b"again"


def test_without_a_broker_a_connection_ends(proxy: Proxy) -> None:
    lonely = Proxy(1)
    lonely.start()
    with connected(lonely) as connection:
        assert received(connection, 1) == b""
    lonely.kill()
    assert lonely.pid is None
    assert proxy.pid is not None
