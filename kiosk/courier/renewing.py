# SPDX-License-Identifier: Apache-2.0
"""Carries a request for the next certificate to the controller's signer, and leaves the answer where the request lay.

Where a new key was ordered it lets the request be made now. The request was signed by a process that has the event key
and no network; this one has the network and not that key. It reads neither: what comes back is believed, or not, by the
other one. Source: docs/adr/0037.
"""

from __future__ import annotations

import os
import random
import ssl
import threading
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING

import structlog

from kiosk.courier import tls
from wire.claims import (
    ANSWER_BYTES,
    MEDIA_TYPE,
    RENEWAL,
    RENEWAL_ANSWER,
    RENEWAL_REQUEST,
    RENEWAL_WANTED,
    REQUEST_BYTES,
    Refusal,
)
from wire.envelope import decode
from wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.config import Broker, Https

log = structlog.get_logger()

_PATIENCE_S = 30.0
_LOOK_S = 5.0
_AGAIN_S = 600.0  # after a request: one that was granted ends this process, unless what came is not believed
_READABLE = 0o660  # for the folder's group: the process that asked removes it


class Renewing:
    """Looks into the folder now and then; a request is under way in a thread of its own, one at a time."""

    def __init__(
        self, *, spool: Path, broker: Broker, https: Https, is_ordered: Callable[[], bool] = lambda: False
    ) -> None:
        """Prepare; nothing connects before `look`. `is_ordered` says whether another key is to be made now."""
        self._wanted = spool / RENEWAL_WANTED
        self._is_ordered = is_ordered
        self._request, self._answer = spool / RENEWAL_REQUEST, spool / RENEWAL_ANSWER
        self._broker = broker
        self._https = https
        self._at_s = 0.0
        self._busy: threading.Thread | None = None
        self._wait_s = _LOOK_S

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._busy is not None and self._busy.is_alive()

    def look(self, now_s: float) -> None:
        """Send what lies there and has no answer yet, when it is time."""
        if now_s < self._at_s or self.busy:
            return
        if self._busy is not None:
            self._busy = None
            self._at_s = now_s + self._wait_s
            return
        self._at_s = now_s + _LOOK_S
        if self._answer.exists():
            return
        if not self._request.exists():
            if self._is_ordered():
                self._wanted.touch(_READABLE)
        else:
            self._busy = threading.Thread(target=self._carry, name="renewing", daemon=True)
            self._busy.start()

    def _carry(self) -> None:
        try:
            granted = self._ask(self._request.read_bytes()[:REQUEST_BYTES])
            if granted is not None:
                _leave(self._answer, granted)
                log.info("renewal_answered")
        except (OSError, ssl.SSLError, HTTPException) as error:
            log.info("renewal_not_carried", reason=type(error).__name__)
        # Jitter, so that kiosks of a hospital whose network comes back do not ask together.
        self._wait_s = _AGAIN_S * random.uniform(0.5, 1.5)  # noqa: S311 - spreading load, not secrecy

    def _ask(self, message: bytes) -> bytes | None:
        made = HTTPSConnection(
            self._https.host, self._https.port, timeout=_PATIENCE_S, context=tls.without_papers(self._broker)
        )
        with closing(made) as connection:
            connection.request("POST", RENEWAL, message, {"Content-Type": MEDIA_TYPE})
            response = connection.getresponse()
            status, body = response.status, response.read(ANSWER_BYTES + 1)
        if status == HTTPStatus.OK and len(body) <= ANSWER_BYTES:
            return body
        log.warning("renewal_refused", reason=_why(status, body))
        return None


def _why(status: int, body: bytes) -> str:
    try:
        return str(decode(body, Refusal).why)
    except WireError:
        return f"HTTP {status}"


def _leave(path: Path, content: bytes) -> None:
    """Write the answer whole: whoever looks sees it all or does not see it."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _READABLE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
