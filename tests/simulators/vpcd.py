# SPDX-License-Identifier: Apache-2.0
"""Puts a virtual card into a real PC/SC reader: the card's side of vsmartcard's virtual reader, over TCP.

Every receive asks the kernel to acknowledge at once: vpcd sends length and command apart, and waits for the
acknowledgement in between, which otherwise takes 40 ms each.
Source: vsmartcard, virtualsmartcard/src/vpcd/vpcd.h (two bytes big-endian length, then the bytes).
"""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from tests.simulators.card import ThaiCard

_HOST = "127.0.0.1"
_CONTROL_SIZE = 1
_CONNECT_S = 5.0
# vpcd takes an empty answer for a pulled card. One byte is no answer either; usb_reader.c makes a timeout of it.
_MUTE = b"\x00"


class Control(IntEnum):
    """The one-byte messages of the reader."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


class VpcdCard:
    """The slot of a virtual reader; `insert` and `pull` may be called at any moment, from any thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()

    def insert(self, card: ThaiCard, *, pull_after: int | None = None) -> None:
        """Put a card in, instead of one that is there; it may be pulled by itself after a number of commands."""
        self.pull()
        connection = socket.create_connection((_HOST, self._port), timeout=_CONNECT_S)
        connection.settimeout(None)
        card.reset()
        thread = threading.Thread(target=_serve, args=(connection, card, pull_after), name="virtual-card", daemon=True)
        with self._lock:
            self._socket, self._thread = connection, thread
        thread.start()

    def pull(self) -> None:
        """Take the card out, in the middle of a command if there is one."""
        with self._lock:
            connection, thread = self._socket, self._thread
            self._socket = self._thread = None
        if connection is None or thread is None:
            return
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        if thread is not threading.current_thread():
            thread.join()


def _serve(connection: socket.socket, card: ThaiCard, pull_after: int | None) -> None:
    commands = 0
    with connection, contextlib.suppress(OSError):
        while (message := _receive(connection)) is not None:
            if len(message) == _CONTROL_SIZE:
                _control(connection, card, message[0])
                continue
            if commands == pull_after:
                return
            commands += 1
            _send(connection, card.answer(message) or _MUTE)


def _control(connection: socket.socket, card: ThaiCard, code: int) -> None:
    if code in (Control.POWER_ON, Control.POWER_OFF, Control.RESET):
        card.reset()
    elif code == Control.ATR:
        _send(connection, card.atr)


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2, "big") + message)


def _receive(connection: socket.socket) -> bytes | None:
    header = _receive_exactly(connection, 2)
    return None if header is None else _receive_exactly(connection, int.from_bytes(header, "big"))


def _receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    received = b""
    while len(received) < size:
        # Not sticky: the kernel falls back to delayed acknowledgements by itself.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(received))
        if not part:
            return None
        received += part
    return received
