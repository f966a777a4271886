# SPDX-License-Identifier: Apache-2.0
"""Two ways to the controller behind one: the broker's while it can be reached, HTTPS while it cannot, and back again.

The broker is tried all the time. A change of ways is a new connection to whoever delivers: HELLO is said and what is
under way is sent again, which the controller recognises by its bytes and counts once.
"""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import structlog

from kiosk.courier.link import Arrived, Connected, Disconnected

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.courier.link import Link, Occurrence, Tell

log = structlog.get_logger()

PATIENCE_S = 10.0  # without the broker before the other way is taken
_INBOX = 1000  # receipts and answers not yet looked at; more are dropped, and come again


class Way(StrEnum):
    """Which of the two."""

    BROKER = "mqtt"
    HTTPS = "https"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which way is taken. `lost_at_s` is since when the broker is missed, None while it is there."""

    lost_at_s: float | None
    way: Way = Way.BROKER

    def met(self) -> Choice:
        """The broker let us in: it is always preferred."""
        return Choice(None)

    def lost(self, now_s: float) -> Choice:
        """The broker is gone, or still is."""
        return replace(self, lost_at_s=now_s if self.lost_at_s is None else self.lost_at_s)

    def waited(self, now_s: float) -> Choice:
        """Time has passed."""
        missed = self.lost_at_s is not None and now_s >= self.lost_at_s + PATIENCE_S
        return replace(self, way=Way.HTTPS) if missed else self


class Roads:
    """One connection to whoever delivers. Without a second way it waits for the broker for ever."""

    def __init__(
        self,
        broker: Callable[[Tell], Link],
        https: Callable[[Tell], Link] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build both; nothing connects before `start`."""
        self._inbox: queue.Queue[tuple[Way, Occurrence]] = queue.Queue(_INBOX)
        self._broker = broker(partial(self._queue, Way.BROKER))
        self._https = None if https is None else https(partial(self._queue, Way.HTTPS))
        self._clock = clock
        self._choice = Choice(None)
        self._started = False

    def start(self) -> None:
        """Connect in the background, for ever; a second time changes nothing."""
        if not self._started:
            self._started = True
            self._choice = self._choice.lost(self._clock())
        self._broker.start()

    def stop(self) -> None:
        """Disconnect."""
        self._broker.stop()
        if self._https is not None:
            self._https.stop()

    def publish(self, topic: str, message: bytes) -> None:
        """Hand a message to the way that is taken; whether it arrives, only a receipt tells."""
        self._taken().publish(topic, message)

    def next(self, timeout_s: float) -> Occurrence | None:
        """What happened next that bears on delivering, None when nothing does within the time."""
        self._take_other_way_when_due()
        try:
            way, occurrence = self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(occurrence, Arrived):
            return occurrence
        return self._of_broker(occurrence) if way is Way.BROKER else self._of_https(occurrence)

    def _of_broker(self, occurrence: Connected | Disconnected) -> Occurrence | None:
        was = self._choice
        if isinstance(occurrence, Disconnected):
            self._choice = was.lost(self._clock())
            return occurrence if was.way is Way.BROKER else None
        self._choice = was.met()
        if was.way is Way.HTTPS and self._https is not None:
            self._https.stop()
            log.info("way_changed", way=str(Way.BROKER))
        return occurrence

    def _of_https(self, occurrence: Connected | Disconnected) -> Occurrence | None:
        return occurrence if self._choice.way is Way.HTTPS else None

    def _take_other_way_when_due(self) -> None:
        if self._https is None or self._choice.way is Way.HTTPS:
            return
        self._choice = self._choice.waited(self._clock())
        if self._choice.way is Way.HTTPS:
            log.info("way_changed", way=str(Way.HTTPS))
            self._https.start()

    def _taken(self) -> Link:
        return self._https if self._choice.way is Way.HTTPS and self._https is not None else self._broker

    def _queue(self, way: Way, occurrence: Occurrence) -> None:
        try:
            self._inbox.put_nowait((way, occurrence))
        except queue.Full:
            log.warning("occurrence_dropped")
