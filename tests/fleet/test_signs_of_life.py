# SPDX-License-Identifier: Apache-2.0
"""A controller's process says that it is well while each of its loops goes round, and a server while it answers."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from fleet.entrypoints.pulse import at_file, at_port, beating
from fleet.entrypoints.stopping import LATELY_S, Stop
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wire.watchdog import Watchdog


class Told:
    """In the watchdog's place: how often the process said that it is well."""

    def __init__(self) -> None:
        self.times = 0

    def alive(self) -> None:
        self.times += 1


class Turning:
    """A clock to turn."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def looked_by_another(stop: Stop) -> None:
    thread = threading.Thread(target=stop.is_set)
    thread.start()
    thread.join()


def stopping(watchdog: object, clock: Callable[[], float]) -> Stop:
    given: Watchdog = watchdog  # type: ignore[assignment]  # it has what is used
    return Stop(given, clock)


def test_one_loop_that_hangs_is_not_covered_up_by_another() -> None:
    told, clock = Told(), Turning()
    stop = stopping(told, clock)
    stop.is_set()
    hangs = threading.Event()
    looked = threading.Event()

    def loop() -> None:
        stop.is_set()
        looked.set()
        hangs.wait()

    other = threading.Thread(target=loop)
    other.start()
    looked.wait()
    before = told.times
    clock.now_s += LATELY_S / 2
    stop.is_set()
    assert told.times == before + 1
    clock.now_s += LATELY_S / 2
    for _ in range(3):
        stop.is_set()
    assert told.times == before + 1, "the other has not looked for so long"
    hangs.set()
    other.join()


def test_it_stops_when_it_is_told() -> None:
    stop = stopping(Told(), Turning())
    assert not stop.is_set()
    stop.set()
    assert stop.is_set()
    assert stop.wait(0)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


class Answering(socketserver.BaseRequestHandler):
    """Says that it cannot serve, which is an answer."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.0 503 Service Unavailable\r\n\r\n")


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.real
def test_a_server_is_well_whatever_it_answers(systemd: socket.socket, tmp_path: Path) -> None:
    place = tmp_path / "server.sock"
    with serving(socketserver.UnixStreamServer(str(place), Answering)), beating(at_file(place)):
        assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"
    with socketserver.TCPServer(("127.0.0.1", 0), Answering) as server:
        port = server.server_address[1]
        with serving(server), beating(at_port("127.0.0.1", port)):
            assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"


@pytest.mark.real
def test_a_server_that_does_not_answer_says_nothing(systemd: socket.socket, tmp_path: Path) -> None:
    asked, on = threading.Event(), threading.Event()

    class Hanging(Answering):
        def handle(self) -> None:
            asked.set()
            on.wait()

    systemd.settimeout(0)
    place = tmp_path / "server.sock"
    with serving(socketserver.ThreadingUnixStreamServer(str(place), Hanging)), beating(at_file(place)):
        wait_until(asked.is_set, "it is asked", 60)
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
        on.set()
