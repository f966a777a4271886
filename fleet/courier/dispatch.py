# SPDX-License-Identifier: Apache-2.0
"""The courier's loop: gather a batch, commit it, publish its receipts, and send what else waits.

Answers wait to be sent, announcements, who comes to help, and orders.

One thread gathers and examines the next batch while the other commits the last one. A link that is down costs nothing:
what was not published is asked for again by the kiosk.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import structlog

from fleet.courier import answers
from fleet.courier.announcing import Announcing
from fleet.courier.committing import DATABASE_AWAY, Committer, Examination, Outbound
from fleet.courier.helping import Helping
from fleet.courier.ordering import Ordering
from fleet.courier.reception import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Engine

    from fleet.courier.leases import Shards
    from fleet.courier.reception import Incoming
    from wire.ids import Shard

_BATCH = 512
_LINGER_S = 0.015  # tiny batches cost five to seven times the work an event (performance measurements)
_ANSWERS_EVERY_S = 0.2
_RENEW_EVERY_S = 5.0
_DATABASE_REST_S = 1.0
_log = structlog.get_logger()


class Link(Protocol):
    """The way to the kiosks."""

    def publish(self, messages: Sequence[Outbound]) -> int:
        """Hand messages over; how many were taken, 0 when there is no connection."""

    def settled(self, messages: Sequence[Incoming]) -> None:
        """Say that these were dealt with, so that as many others may come."""

    def listen(self, shards: Collection[Shard] | None) -> None:
        """Hear the kiosks of these shards from now on, and no others; None for all."""


class Dispatch:
    """Runs until told to stop; a database that is away is waited for with the batches in hand."""

    def __init__(
        self, engine: Engine, committer: Committer, link: Link, *, shards: Shards, now_ms: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._committer = committer
        self._link = link
        self._shards = shards
        self._now_ms = now_ms
        self._announcing = Announcing(engine, committer)
        self._helping = Helping(engine, committer, now_ms)
        self._ordering = Ordering(engine, committer, now_ms)
        self._taking: frozenset[Shard] | None = None
        self._listening = False
        self._renew_at_s = 0.0
        self._answers_at_s = 0.0

    def run(self, inbox: queue.SimpleQueue[Incoming], stop: threading.Event) -> None:
        """Work until `stop` is set; what is still in the inbox then is sent again by its kiosk."""
        examined: queue.Queue[Examination] = queue.Queue(1)
        examiner = threading.Thread(target=self._examine, args=(inbox, examined, stop), name="examiner")
        examiner.start()
        try:
            self._commit(examined, stop)
        finally:
            stop.set()
            examiner.join()
            with suppress(*DATABASE_AWAY):  # then they expire
                self._shards.release()

    def _examine(
        self, inbox: queue.SimpleQueue[Incoming], examined: queue.Queue[Examination], stop: threading.Event
    ) -> None:
        batch: list[Incoming] = []
        while not stop.is_set():
            batch = batch or self.ours(_gather(inbox))
            if not batch:
                continue
            try:
                found = self._committer.examine(batch)
            except DATABASE_AWAY as error:
                _rest(stop, error, len(batch))
                continue
            except Exception:  # noqa: BLE001 - whatever one message did, the batch is taken apart and each is seen to
                _log.exception("batch_not_examined", messages=len(batch))
                found = Examination(batch, {}, None)
            while not stop.is_set():
                try:
                    examined.put(found, timeout=_ANSWERS_EVERY_S)
                    break
                except queue.Full:
                    pass
            batch = []

    def _commit(self, examined: queue.Queue[Examination], stop: threading.Event) -> None:
        batch: Examination | None = None
        while not stop.is_set():
            try:
                batch = batch or examined.get(timeout=_ANSWERS_EVERY_S / 2)
            except queue.Empty:
                batch = None
            try:
                self._step(batch)
            except DATABASE_AWAY as error:
                _rest(stop, error, len(batch.messages) if batch else 0)
                continue
            batch = None

    def ours(self, messages: list[Incoming]) -> list[Incoming]:
        """Without those of a shard that was let go: its new courier has them too."""
        taking = self._taking
        if taking is None:
            return messages
        places = [(message, origin(message.topic)) for message in messages]
        ours = [message for message, came_from in places if came_from is None or came_from[0] in taking]
        self._link.settled([message for message, came_from in places if came_from and came_from[0] not in taking])
        return ours

    def _step(self, batch: Examination | None) -> None:
        if time.monotonic() >= self._renew_at_s:
            self.renew()
        if batch is not None:
            self._link.publish(self._committer.commit(batch))
            self._link.settled(batch.messages)
        if time.monotonic() >= self._answers_at_s:
            self.send_answers()
            self.send_announcements()
            self.send_helpers()
            self.send_orders()
            self._answers_at_s = time.monotonic() + _ANSWERS_EVERY_S

    def renew(self) -> None:
        """Renew the lease on the shards, and listen to those that it holds now."""
        taking = self._shards.renew()
        self._renew_at_s = time.monotonic() + _RENEW_EVERY_S
        if taking != self._taking or not self._listening:
            self._taking, self._listening = taking, True
            self._link.listen(taking)
            _log.info("shards_taken", count="all" if taking is None else len(taking))

    def send_answers(self) -> None:
        """Send the answers that wait, and note those that left."""
        waiting = answers.waiting(self._engine, self._taking)
        sent = self._link.publish([answer.message for answer in waiting])
        answers.mark_sent(self._engine, [answer.row for answer in waiting[:sent]], self._now_ms())

    def send_announcements(self) -> None:
        """When they have changed, send each kiosk its own, a portion at a time."""
        self._announcing.tell(self._taking, self._link.publish)

    def send_helpers(self) -> None:
        """Where somebody waits and a helper has just been named, send who comes; close the calls of lost links."""
        self._helping.tell(self._taking, self._link.publish)

    def send_orders(self) -> None:
        """Send what was just ordered to kiosks that are there; end what nobody carried out in time."""
        self._ordering.tell(self._taking, self._link.publish)


def _rest(stop: threading.Event, error: Exception, held: int) -> None:
    _log.error("database_away", error=type(error).__name__, held_messages=held)
    stop.wait(_DATABASE_REST_S)


def _gather(inbox: queue.SimpleQueue[Incoming]) -> list[Incoming]:
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
