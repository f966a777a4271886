# SPDX-License-Identifier: Apache-2.0
"""Sends an order at once where its kiosk is there, and ends those that nobody carried out in time.

What is lost on the way is sent again with the answer to the kiosk's next heartbeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fleet.devices import order_book
from fleet.store.session import reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Engine

    from fleet.courier.committing import Committer, Outbound
    from wire.ids import Shard

_LOOK_FOR_EXPIRED_EVERY_MS = 10_000
_log = structlog.get_logger()


class Ordering:
    """Looks for orders that never left each time; most of the time there is none."""

    def __init__(self, engine: Engine, committer: Committer, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._committer = committer
        self._now_ms = now_ms
        self._look_for_expired_ms = now_ms() + _LOOK_FOR_EXPIRED_EVERY_MS  # what came meanwhile is heard first

    def tell(self, shards: Collection[Shard] | None, publish: Callable[[Sequence[Outbound]], int]) -> None:
        """Send orders to kiosks of these shards, None for all."""
        if self._now_ms() >= self._look_for_expired_ms:
            self._expire()
        with reading(self._engine) as connection:
            waiting = order_book.unsent(connection, shards, self._now_ms())
        if waiting:
            publish(self._committer.orders(waiting))

    def _expire(self) -> None:
        self._look_for_expired_ms = self._now_ms() + _LOOK_FOR_EXPIRED_EVERY_MS
        with unit_of_work(self._engine) as connection:
            expired = order_book.expire(connection, self._now_ms())
        if expired:
            _log.warning("orders_expired", count=expired)
