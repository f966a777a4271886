# SPDX-License-Identifier: Apache-2.0
"""The signs of life of a server: it is asked over its own address, as any client asks, and says so when it answers.

Whatever it answers, also that its database is away, it goes round. Source: sd_notify(3).
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wire.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_EVERY_S = 5.0
_PATIENCE_S = 20.0
_ASKED = b"GET /healthz HTTP/1.0\r\n\r\n"


@contextmanager
def beating(connect: Callable[[], socket.socket]) -> Iterator[None]:
    """Ask the server every few seconds while the block runs, in a thread; only where systemd wants to know."""
    address, over = os.environ.get("NOTIFY_SOCKET"), threading.Event()
    thread = threading.Thread(target=_ask, args=(connect, Watchdog(address), over), name="pulse", daemon=True)
    if address is not None:
        thread.start()
    try:
        yield
    finally:
        over.set()


def at_file(place: Path) -> Callable[[], socket.socket]:
    """How a server at a socket file is reached."""

    def connect() -> socket.socket:
        to_server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        to_server.settimeout(_PATIENCE_S)
        to_server.connect(str(place))
        return to_server

    return connect


def at_port(host: str, port: int) -> Callable[[], socket.socket]:
    """How a server on this machine is reached."""
    return lambda: socket.create_connection((host, port), _PATIENCE_S)


def _ask(connect: Callable[[], socket.socket], watchdog: Watchdog, over: threading.Event) -> None:
    while not over.is_set():
        try:
            with connect() as to_server:
                to_server.sendall(_ASKED)
                answers = to_server.recv(len("HTTP/")) == b"HTTP/"
        except OSError:
            answers = False
        if answers:
            watchdog.alive()
        over.wait(_EVERY_S if answers else 0.2)
