# SPDX-License-Identifier: Apache-2.0
"""Tells a kiosk at once who comes to help, and closes the calls of kiosks that are not heard any more.

What is lost on the way comes with the answer to the kiosk's next heartbeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fleet.devices import help_calls
from fleet.store.session import reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Engine

    from fleet.courier.committing import Committer, Outbound
    from wire.ids import Shard

_LOOK_FOR_LOST_EVERY_MS = 10_000
_log = structlog.get_logger()


class Helping:
    """Looks at the calls each time; most of the time there is nothing to tell."""

    def __init__(self, engine: Engine, committer: Committer, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._committer = committer
        self._now_ms = now_ms
        self._look_for_lost_ms = now_ms() + _LOOK_FOR_LOST_EVERY_MS  # what came meanwhile is heard first

    def tell(self, shards: Collection[Shard] | None, publish: Callable[[Sequence[Outbound]], int]) -> None:
        """Send who comes to kiosks of these shards, None for all; `publish` says how many messages it took."""
        if self._now_ms() >= self._look_for_lost_ms:
            self._close_lost()
        with reading(self._engine) as connection:
            waiting = help_calls.untold(connection, shards)
        if not waiting:
            return
        messages = self._committer.helpers(waiting)
        if publish(messages) == len(messages):
            with unit_of_work(self._engine) as connection:
                help_calls.mark_told(connection, waiting, self._now_ms())

    def _close_lost(self) -> None:
        self._look_for_lost_ms = self._now_ms() + _LOOK_FOR_LOST_EVERY_MS
        with unit_of_work(self._engine) as connection:
            lost = help_calls.erase_lost(connection, self._now_ms())
        if lost:
            _log.warning("help_calls_lost", count=lost)
