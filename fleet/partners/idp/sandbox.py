# SPDX-License-Identifier: Apache-2.0
"""A labelled stand-in for the ministry's identity provider, on loopback: accepts, issues a PIN, and later activates.

It is never the ministry's: each answer says `"sandbox": true`. It keeps a keyed hash of the number, never the number.
Source: contract.toml beside this file; the shapes are ours.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fleet.partners.idp.sandbox_book import (
    NEW_PINS_PER_DAY,
    Book,
    NoNewPinError,
    UnknownReferenceError,
    WrongPinError,
)
from fleet.partners.idp.shapes import Refused, Submission
from wire.envelope import decoder

if TYPE_CHECKING:
    from pathlib import Path

_BODY_BYTES = 65_536
_KEY_CHARACTERS = 64
_SOCKET_S = 10.0

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Fault(StrEnum):
    """What a test can make the sandbox do instead of answering well."""

    NONE = "none"
    UNWELL = "unwell"  # 503
    SILENT = "silent"  # takes the request and hangs up without an answer
    HALF = "half"  # takes effect, then breaks off in the middle of the answer
    UNLABELLED = "unlabelled"  # forgets to say that it is a sandbox
    NONSENSE = "nonsense"  # 200 with something else


class Sandbox(ThreadingHTTPServer):
    """The stand-in; `fault` may be changed while it runs."""

    daemon_threads = True

    def __init__(self, book: Book, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.book = book
        self.fault = Fault.NONE

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _RefusedError(Exception):
    """The request is not the contract's; the code is the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    server: Sandbox
    timeout = _SOCKET_S
    server_version = "dipchip-idp-sandbox"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer a question."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a request."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep no access log."""

    def _answer(self) -> None:
        fault = self.server.fault
        if fault is Fault.SILENT:
            self.close_connection = True
            return
        if fault is Fault.UNWELL:
            self._send(503, {"error": "unwell"})
            return
        try:
            status, answer = 200, self._routed()
        except _RefusedError as refused:
            status, answer = refused.status, {"error": "refused"}
        except UnknownReferenceError:
            status, answer = 404, {"error": "unknown_reference"}
        except WrongPinError:
            status, answer = 403, {"error": "wrong_pin"}
        except NoNewPinError as refused:
            often = refused.why is Refused.TOO_OFTEN
            status, answer = (429 if often else 409), {"error": refused.why}
            answer |= {"per_day": NEW_PINS_PER_DAY} if often else {}
        self._send(status, {"sandbox": True, **answer})

    def _routed(self) -> dict[str, Any]:
        book, parts = self.server.book, self.path.strip("/").split("/")
        match self.command, parts:
            case "POST", ["v1", "enrollments"]:
                return book.submit(self._key(), self._body(Submission))
            case "GET", ["v1", "enrollments", reference]:
                return book.enrolment(reference)
            case "POST", ["v1", "enrollments", reference, "revoke"]:
                return book.revoke(reference, self._body(_Revocation).reason)
            case "POST", ["v1", "enrollments", reference, "pin"]:
                return book.new_pin(reference, self._key())
            case "POST", ["v1", "people", "status"]:
                return book.standing(self._body(_Question).citizen_number)
            case "POST", ["mor-prom", "pin"]:  # no part of the contract: the person's own phone
                used = self._body(_PinUse)
                return book.use_pin(used.citizen_number, used.pin)
        raise _RefusedError(404)

    def _key(self) -> str:
        key = self.headers.get("Idempotency-Key", "")
        if not key or len(key) > _KEY_CHARACTERS:
            raise _RefusedError(400)
        return key

    def _body(self, shape: type[Shape]) -> Shape:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _BODY_BYTES:
            raise _RefusedError(413)
        try:
            return decoder(shape).decode(self.rfile.read(int(length)))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _RefusedError(400) from error

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        if self.server.fault is Fault.UNLABELLED:
            answer = {**answer, "sandbox": False}
        content = b"<html>" if self.server.fault is Fault.NONSENSE else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.server.fault is Fault.HALF else content)


class _Question(msgspec.Struct, frozen=True):
    citizen_number: str


class _PinUse(msgspec.Struct, frozen=True):
    citizen_number: str
    pin: str


class _Revocation(msgspec.Struct, frozen=True):
    reason: str


def serve(store: Path, *, port: int, activate_after_s: float) -> None:
    """Run until told to stop; says where it listens in one JSON line on standard output."""
    book = Book(store, activate_after_ms=round(activate_after_s * 1000), now_ms=lambda: time.time_ns() // 1_000_000)
    with Sandbox(book, port) as sandbox:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=sandbox.shutdown).start())
        sys.stdout.write(
            json.dumps({"listening": sandbox.server_address[1], "url": sandbox.url, "sandbox": True}) + "\n"
        )
        sys.stdout.flush()
        sandbox.serve_forever(poll_interval=0.1)
    book.close()
