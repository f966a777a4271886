# SPDX-License-Identifier: Apache-2.0
"""Sends letters by the channels there are. A channel translates and nothing else: each of its failures is one word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from fleet.alerts import outbox
from fleet.errors import FleetError
from fleet.store.session import reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from fleet.alerts.outbox import Letter
    from fleet.alerts.subscribers import ChannelKind

_log = structlog.get_logger()


class UndeliveredError(FleetError):
    """A letter was not taken. `kind` is one word without an address; a `hopeless` letter is not tried again."""

    def __init__(self, kind: str, *, hopeless: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.hopeless = hopeless


class Channel(Protocol):
    """A way to tell somebody."""

    def send(self, letter: Letter) -> None:
        """Hand one letter over; the same letter may come again.

        Raises:
            UndeliveredError: it was not taken, as far as that is known.
        """


class Absent:
    """The channel that nobody has set up."""

    def send(self, letter: Letter) -> None:
        """Refuse it, until it is set up or given up.

        Raises:
            UndeliveredError: always.
        """
        del letter
        kind = "not_set_up"
        raise UndeliveredError(kind)


def deliver(
    engine: Engine,
    channels: Mapping[ChannelKind, Channel],
    now_ms: Callable[[], int],
    may_go_on: Callable[[], bool],
) -> None:
    """Send every letter that is due, one by one, for as long as `may_go_on` says so."""
    with reading(engine) as connection:
        letters = outbox.due(connection, now_ms())
    for letter in letters:
        if not may_go_on():
            return
        _send(engine, channels[letter.channel], letter, now_ms)


def _send(engine: Engine, channel: Channel, letter: Letter, now_ms: Callable[[], int]) -> None:
    try:
        channel.send(letter)
    except UndeliveredError as error:
        _log.warning("letter_not_taken", letter=letter.id, channel=letter.channel.value, error=error.kind)
        with unit_of_work(engine) as connection:
            outbox.failed(connection, letter, error.kind, hopeless=error.hopeless, now_ms=now_ms())
        return
    with unit_of_work(engine) as connection:
        outbox.sent(connection, letter, now_ms())
    _log.info("letter_sent", letter=letter.id, channel=letter.channel.value, alarms=len(letter.told))
