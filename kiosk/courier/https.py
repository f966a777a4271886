# SPDX-License-Identifier: Apache-2.0
"""The kiosk's other way to the controller: the same messages as HTTPS requests, whose answers bring what comes down.

For hospitals whose firewall lets nothing else out. One request at a time, in a thread of its own; what is handed over
meanwhile waits up to one request more, and beyond that is dropped: what matters is in the store and comes again.
Proxies are not used. Source: docs/adr/0014.
"""

from __future__ import annotations

import random
import threading
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING

import structlog

from kiosk.courier import tls
from kiosk.courier.link import Arrived, Connected, Disconnected
from wire.envelope import MESSAGE_BYTES
from wire.errors import WireError
from wire.posting import INGEST, MEDIA_TYPE, POST_BYTES, POST_MESSAGES, line, unpack

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from kiosk.config import Broker, Https
    from kiosk.courier.link import Occurrence, Tell

log = structlog.get_logger()

_SILENCE_S = 30.0  # the controller may wait for its database
_LINGER_S = 0.02  # the loop hands over a window at once: one request for it
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 120.0


class RefusedError(Exception):
    """The controller did not take a request; `after_s` is how long it wants to be left alone."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Posting:
    """Posts while it is started; a stop ends it after the request that is under way."""

    def __init__(self, *, broker: Broker, https: Https, tell: Tell) -> None:
        """Prepare; nothing connects before `start`.

        Raises:
            OSError, ssl.SSLError: when a certificate or key file cannot be used.
        """
        self._https = https
        self._tls = tls.context(broker)
        self._tell = tell
        self._waiting = _Waiting()
        self._stopped: threading.Event | None = None

    def start(self) -> None:
        """Connect in the background, and again after a failure; a second time changes nothing."""
        if self._stopped is None:
            self._stopped = threading.Event()
            threading.Thread(target=self._run, args=(self._stopped,), name="https", daemon=True).start()

    def stop(self) -> None:
        """Begin no further request; the answer to one that is under way is still told."""
        if self._stopped is not None:
            self._stopped.set()
            self._stopped = None
            self._waiting.clear()

    def publish(self, topic: str, message: bytes) -> None:
        """Hand a message over for the next request; whether it arrives, only a receipt tells."""
        if self._stopped is not None:
            self._waiting.add(line(topic, message))

    def _run(self, stopped: threading.Event) -> None:
        delay_s = _FIRST_DELAY_S
        while not stopped.is_set():
            after_s = 0.0
            try:
                with closing(self._connected()) as connection:
                    self._say(Connected(), stopped)
                    while self._one_request(connection, stopped):
                        delay_s = _FIRST_DELAY_S
            except RefusedError as error:
                after_s = error.after_s
                log.warning("post_refused", reason=str(error))
            except (OSError, HTTPException, WireError) as error:
                log.info("https_disconnected", reason=type(error).__name__)
            self._say(Disconnected(), stopped)
            # Jitter, so that thirty thousand kiosks do not come back at once.
            stopped.wait(max(delay_s, after_s) * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load, not secrecy
            delay_s = min(2 * delay_s, _LAST_DELAY_S)

    def _connected(self) -> HTTPSConnection:
        connection = HTTPSConnection(self._https.host, self._https.port, timeout=_SILENCE_S, context=self._tls)
        connection.connect()
        return connection

    def _one_request(self, connection: HTTPSConnection, stopped: threading.Event) -> bool:
        """Post what waits, once something does; False when told to stop.

        Raises:
            RefusedError, OSError, HTTPException, WireError: the connection is of no more use.
        """
        body = self._waiting.take(stopped)
        if stopped.is_set():
            return False
        connection.request("POST", INGEST, body, {"Content-Type": MEDIA_TYPE})
        for topic, message in unpack(_answer(connection.getresponse())):
            if len(message) <= MESSAGE_BYTES:
                self._tell(Arrived(topic, message))
        return True

    def _say(self, occurrence: Occurrence, stopped: threading.Event) -> None:
        if not stopped.is_set():
            if isinstance(occurrence, Disconnected):
                self._waiting.clear()
            self._tell(occurrence)


class _Waiting:
    """What the next request will hold: as much as one may."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._some = threading.Condition()

    def add(self, each: bytes) -> None:
        with self._some:
            if self._size + len(each) <= POST_BYTES and len(self._lines) < POST_MESSAGES:
                self._lines.append(each)
                self._size += len(each)
                self._some.notify()

    def clear(self) -> None:
        with self._some:
            self._lines, self._size = [], 0
            self._some.notify()

    def take(self, stopped: threading.Event) -> bytes:
        """All of it, once there is something and a little time has passed; nothing after a stop."""
        with self._some:
            while not self._lines and not stopped.is_set():
                self._some.wait(1.0)
        stopped.wait(_LINGER_S)
        with self._some:
            body = b"".join(self._lines)
            self._lines, self._size = [], 0
        return body


def _answer(response: HTTPResponse) -> bytes:
    """The answer's body.

    Raises:
        RefusedError: when it is not the controller's yes.
    """
    body = response.read(POST_BYTES + 1)
    if response.status != HTTPStatus.OK:
        message = f"HTTP {response.status}"
        raise RefusedError(message, _after_s(response.getheader("Retry-After", "")))
    if response.getheader("Content-Type", "") != MEDIA_TYPE:
        message = "another server answers"
        raise RefusedError(message)
    return body


def _after_s(told: str) -> float:
    return min(float(told), _LAST_DELAY_S) if told.isascii() and told.isdigit() else 0.0
