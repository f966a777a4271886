# SPDX-License-Identifier: Apache-2.0
"""Tells every kiosk when announcements or help numbers have changed.

What is lost on the way comes with the answer to its HELLO.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet.announcements import book, numbers
from fleet.devices.registry import ACTIVE
from fleet.store.session import reading
from fleet.store.tables import kiosk
from wire.ids import KioskId

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Engine

    from fleet.courier.committing import Committer, Outbound
    from wire.ids import Shard

_LOOK_EVERY_S = 5.0
_AT_ONCE = 128  # kiosks, five times a second: a country is told within a minute


class Announcing:
    """Looks now and then, and hands over a portion at a time; what a courier leaves undone comes with HELLO."""

    def __init__(self, engine: Engine, committer: Committer, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._committer = committer
        self._clock_s = clock_s
        self._known: int | None = None
        self._look_at_s = 0.0
        self._go_on_at_s = 0.0
        self._waiting: list[KioskId] = []

    def tell(self, shards: Collection[Shard] | None, publish: Callable[[Sequence[Outbound]], int]) -> None:
        """Send the next portion, when there is one, to kiosks of these shards; None for all.

        `publish` says how many it took; a portion that it did not take whole is sent again after a rest.
        """
        if self._clock_s() >= self._look_at_s:
            self._look(shards)
            self._look_at_s = self._clock_s() + _LOOK_EVERY_S
        if not self._waiting or self._clock_s() < self._go_on_at_s:
            return
        portion = self._committer.announcements(self._waiting[:_AT_ONCE])
        if publish(portion) == len(portion):
            del self._waiting[:_AT_ONCE]
        else:
            self._go_on_at_s = self._clock_s() + _LOOK_EVERY_S

    def _look(self, shards: Collection[Shard] | None) -> None:
        with reading(self._engine) as connection:
            found = book.changes(connection) + numbers.changes(connection)
            if self._known is not None and found != self._known:
                query = select(kiosk.c.id).where(kiosk.c.status == ACTIVE).order_by(kiosk.c.id)
                asked = query if shards is None else query.where(kiosk.c.shard.in_(shards))
                self._waiting = [KioskId(name) for name in connection.execute(asked).scalars()]
        self._known = found
