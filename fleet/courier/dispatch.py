# SPDX-License-Identifier: Apache-2.0
"""The courier's loop: gather a batch, commit it, publish its receipts, and send the answers that wait.

A link that is down costs nothing: what was not published is asked for again by the kiosk.
"""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Protocol

import structlog

from fleet.courier import answers
from fleet.courier.committing import DATABASE_AWAY, Committer, Outbound

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from sqlalchemy import Engine

    from fleet.courier.reception import Incoming

_BATCH = 256
_LINGER_S = 0.015  # tiny batches cost five to seven times the work an event (performance measurements)
_ANSWERS_EVERY_S = 0.2
_DATABASE_REST_S = 1.0
_log = structlog.get_logger()


class Link(Protocol):
    """The way to the kiosks."""

    def publish(self, message: Outbound) -> bool:
        """Hand a message over; False when there is no connection."""


class Dispatch:
    """Runs until told to stop; a database that is away is waited for with the batch in hand."""

    def __init__(
        self, engine: Engine, committer: Committer, link: Link, *, shard: str | None, now_ms: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._committer = committer
        self._link = link
        self._shard = shard
        self._now_ms = now_ms
        self._answers_at_s = 0.0

    def run(self, inbox: queue.Queue[Incoming], stop: threading.Event) -> None:
        """Work until `stop` is set; what is still in the inbox then is sent again by its kiosk."""
        batch: list[Incoming] = []
        while not stop.is_set():
            batch = batch or _gather(inbox)
            try:
                self._step(batch)
            except DATABASE_AWAY as error:
                _log.error("database_away", error=type(error).__name__, held_messages=len(batch))
                stop.wait(_DATABASE_REST_S)
                continue
            batch = []

    def _step(self, batch: list[Incoming]) -> None:
        if batch:
            for receipt in self._committer.commit(batch):
                self._link.publish(receipt)
        if time.monotonic() >= self._answers_at_s:
            self.send_answers()
            self._answers_at_s = time.monotonic() + _ANSWERS_EVERY_S

    def send_answers(self) -> None:
        """Send the answers that wait, and note those that left."""
        sent = [
            answer.row for answer in answers.waiting(self._engine, self._shard) if self._link.publish(answer.message)
        ]
        answers.mark_sent(self._engine, sent, self._now_ms())


def _gather(inbox: queue.Queue[Incoming]) -> list[Incoming]:
    """Wait a little for the first message, then linger for more."""
    try:
        batch = [inbox.get(timeout=_ANSWERS_EVERY_S / 2)]
    except queue.Empty:
        return []
    until_s = time.monotonic() + _LINGER_S
    while len(batch) < _BATCH and (left_s := until_s - time.monotonic()) > 0:
        try:
            batch.append(inbox.get(timeout=left_s))
        except queue.Empty:
            break
    return batch
