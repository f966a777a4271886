# SPDX-License-Identifier: Apache-2.0
"""What the labelled stand-ins for outside systems share: a server on loopback, its faults, and how it is run.

A stand-in is never the system it stands for: each answer says `"sandbox": true`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import signal
import sys
import threading
import time
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from wire.envelope import decoder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BODY_BYTES = 65_536
_KEY_CHARACTERS = 64
_KEY_BYTES = 32
_SOCKET_S = 10.0

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Fault(StrEnum):
    """What a test can make a stand-in do instead of answering well."""

    NONE = "none"
    UNWELL = "unwell"  # 503
    SILENT = "silent"  # takes the request and hangs up without an answer
    HALF = "half"  # takes effect, then breaks off in the middle of the answer
    UNLABELLED = "unlabelled"  # forgets to say that it is a sandbox
    NONSENSE = "nonsense"  # 200 with something else


class StandIn(ThreadingHTTPServer):
    """The server; `fault` and `delay_s`, before each answer, may be changed while it runs."""

    daemon_threads = True

    def __init__(self, exchange: type[Exchange], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), exchange)
        self.fault = Fault.NONE
        self.delay_s = 0.0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class RefusedError(Exception):
    """The request is not the contract's, or gets this status by it; `told` is what the answer says."""

    def __init__(self, status: int, told: Mapping[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.told = dict(told or {"error": "refused"})


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer, which `routed` finds."""

    server: StandIn
    timeout = _SOCKET_S
    server_version = "dipchip-sandbox"
    sys_version = ""

    def routed(self) -> dict[str, Any] | str:
        """The answer: fields of a JSON object, or a page.

        Raises:
            RefusedError: with another status than 200.
        """
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer a question."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a request."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer a request."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep no access log."""

    def key(self) -> str:
        """The request's idempotency key."""
        key = self.headers.get("Idempotency-Key", "")
        if not key or len(key) > _KEY_CHARACTERS:
            raise RefusedError(400)
        return key

    def body(self, shape: type[Shape]) -> Shape:
        """The request's body."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _BODY_BYTES:
            raise RefusedError(413)
        try:
            return decoder(shape).decode(self.rfile.read(int(length)))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RefusedError(400) from error

    def _answer(self) -> None:
        time.sleep(self.server.delay_s)
        fault = self.server.fault
        if fault is Fault.SILENT:
            self.close_connection = True
            return
        if fault is Fault.UNWELL:
            self._send(503, json.dumps({"error": "unwell"}), "application/json")
            return
        status: int = 200
        try:
            answer = self.routed()
        except RefusedError as refused:
            status, answer = refused.status, refused.told
        if isinstance(answer, str):
            self._send(status, answer, "text/html; charset=utf-8")
            return
        label = fault is not Fault.UNLABELLED
        content = "<html>" if fault is Fault.NONSENSE else json.dumps({**answer, "sandbox": label})
        self._send(status, content, "application/json")

    def _send(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.server.fault is Fault.HALF else content)


class Pseudonyms:
    """People by a keyed hash of their number, never by the number: the key is a file that only its owner reads."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def beside(cls, store: Path) -> Self:
        """With the key that lies beside a store; it is made once."""
        file = store.with_name(store.name + ".key")
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(file.read_bytes())
        with os.fdopen(handle, "wb") as fresh:
            fresh.write(secrets.token_bytes(_KEY_BYTES))
        return cls(file.read_bytes())

    def of(self, citizen_number: str) -> bytes:
        """Who this is."""
        return hmac.digest(self._key, citizen_number.encode(), hashlib.sha256)


def wall_ms() -> int:
    """A stand-in's clock when nobody turns it."""
    return time.time_ns() // 1_000_000


def serve(sandbox: StandIn) -> None:
    """Run until told to stop; says where it listens in one JSON line on standard output."""
    with sandbox:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=sandbox.shutdown).start())
        sys.stdout.write(
            json.dumps({"listening": sandbox.server_address[1], "url": sandbox.url, "sandbox": True}) + "\n"
        )
        sys.stdout.flush()
        sandbox.serve_forever(poll_interval=0.1)
