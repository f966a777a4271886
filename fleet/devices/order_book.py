# SPDX-License-Identifier: Apache-2.0
"""Orders as the couriers see them: which have to leave now, and what kiosks say came of them.

An order is made anew for each sending, with the nonce that its kiosk said last, and sent again with each heartbeat
until the word of it comes. A result is entered in the transaction of its batch, and only then is it receipted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy import and_, or_, select, update

from fleet.devices.orders import ALONE, LIVES_MS, State
from fleet.devices.registry import ACTIVE
from fleet.store.many import Insertion, Lookup, Of
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.tables import kiosk
from wire.ids import KioskId
from wire.orders import TTL_S, Op, Order, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from wire.ids import Shard
    from wire.orders import OrderResult

_log = structlog.get_logger()
_WAITING = and_(
    kiosk_order.c.ended_ms.is_(None),
    kiosk_order.c.taken_ms.is_(None),
    # What a row may say is checked where it is signed: an update names a release, and nothing else does.
    or_(
        and_(kiosk_order.c.op.in_(sorted(ALONE)), kiosk_order.c.release.is_(None)),
        and_(kiosk_order.c.op == Op.UPDATE, kiosk_order.c.release.is_not(None)),
    ),
)
_HEARD_AGAIN_MS = LIVES_MS // 3  # so often one that did not change is written: it says that its kiosk is there
_KNOWN = Lookup(
    "SELECT order_nonce.kiosk, order_nonce.nonce, order_nonce.heard_ms FROM {asked} "
    "JOIN order_nonce ON order_nonce.kiosk = asked.kiosk",
    kiosk=Of.TEXT,
)
_NONCES = Insertion(
    order_nonce,
    *("kiosk", "nonce", "heard_ms"),
    on_conflict="(kiosk) DO UPDATE SET nonce = excluded.nonce, heard_ms = excluded.heard_ms",
)
_ENDINGS = {Outcome.DONE: State.DONE, Outcome.REFUSED: State.REFUSED}


class Orders:
    """What the messages of one batch say of orders."""

    def __init__(self) -> None:
        self._nonces: dict[KioskId, tuple[str, int]] = {}
        self._results: list[tuple[KioskId, OrderResult, int]] = []
        self._due: list[Order] = []

    def heard(self, who: KioskId, nonce: str | None, at_ms: int) -> None:
        """Note what an order to a kiosk has to carry, as its heartbeat says."""
        if nonce is not None:
            self._nonces[who] = (nonce, at_ms)

    def ended(self, who: KioskId, result: OrderResult, at_ms: int) -> None:
        """Note what came of an order."""
        self._results.append((who, result, at_ms))

    def write(self, connection: Connection) -> None:
        """Enter it all, and note what has to leave for the kiosks that were heard; their rows are locked."""
        for who, result, at_ms in self._results:
            _enter(connection, who, result, at_ms)
        if self._nonces:
            _NONCES.add(connection, self._news(connection))
            self._due = leaving(connection, self._nonces, max(at_ms for _, at_ms in self._nonces.values()))

    def _news(self, connection: Connection) -> list[tuple[KioskId, str, int]]:
        """What is not known yet, or was last heard a while ago."""
        rows = _KNOWN.rows(connection, [(who,) for who in self._nonces])
        known = {row.kiosk: (row.nonce, row.heard_ms + _HEARD_AGAIN_MS) for row in rows}
        return [
            (who, nonce, at_ms)
            for who, (nonce, at_ms) in self._nonces.items()
            if who not in known or known[who][0] != nonce or known[who][1] < at_ms
        ]

    def due(self) -> list[Order]:
        """What has to leave once this batch is committed."""
        return self._due


def unsent(connection: Connection, shards: Collection[Shard] | None, now_ms: int) -> list[KioskId]:
    """Kiosks of these shards, None for all, that are there and have an order that never left."""
    asked = (
        select(kiosk_order.c.kiosk)
        .join(order_nonce, order_nonce.c.kiosk == kiosk_order.c.kiosk)
        .where(_WAITING, kiosk_order.c.sent_ms.is_(None), order_nonce.c.heard_ms > now_ms - LIVES_MS)
    )
    if shards is not None:
        asked = asked.join(kiosk, kiosk.c.id == kiosk_order.c.kiosk).where(kiosk.c.shard.in_(shards))
    return [KioskId(who) for who in connection.execute(asked).scalars()]


def leaving(connection: Connection, ids: Collection[KioskId], now_ms: int) -> list[Order]:
    """The waiting orders of these kiosks as they are said now, noted as sent."""
    asked = (
        select(kiosk_order.c.kiosk, kiosk_order.c.n, kiosk_order.c.op, kiosk_order.c.release, order_nonce.c.nonce)
        .join(order_nonce, order_nonce.c.kiosk == kiosk_order.c.kiosk)
        .join(kiosk, kiosk.c.id == kiosk_order.c.kiosk)
        .where(_WAITING, kiosk_order.c.expires_ms > now_ms, kiosk.c.status == ACTIVE)
    )
    rows = [row for row in connection.execute(asked) if row.kiosk in ids]  # few wait at a time
    for row in rows:
        this = and_(kiosk_order.c.kiosk == row.kiosk, kiosk_order.c.n == row.n)
        connection.execute(update(kiosk_order).where(this).values(sent_ms=now_ms))
    return [
        Order(v=1, kiosk=row.kiosk, nonce=row.nonce, n=row.n, op=row.op, ttl_s=TTL_S, release=row.release)
        for row in rows
    ]


def expire(connection: Connection, now_ms: int) -> int:
    """End the orders whose time is over; how many. What a kiosk says of one later still counts."""
    over = and_(kiosk_order.c.ended_ms.is_(None), kiosk_order.c.expires_ms <= now_ms)
    return connection.execute(update(kiosk_order).where(over).values(ended_ms=now_ms, ending=State.EXPIRED)).rowcount


def _enter(connection: Connection, who: KioskId, result: OrderResult, at_ms: int) -> None:
    """Enter what the kiosk itself says of an order that it was given; said again it changes nothing."""
    given = and_(kiosk_order.c.kiosk == who, kiosk_order.c.n == result.n, kiosk_order.c.op == result.op)
    if result.outcome is Outcome.TAKEN:
        open_still = and_(given, kiosk_order.c.ended_ms.is_(None))
        connection.execute(update(kiosk_order).where(open_still).values(taken_ms=at_ms))
        return
    said = {
        "ended_ms": at_ms,
        "ending": _ENDINGS[result.outcome],
        "reason": result.reason,
        "diagnosis": None if result.diagnosis is None else msgspec.json.encode(result.diagnosis).decode(),
    }
    not_told = or_(kiosk_order.c.ended_ms.is_(None), kiosk_order.c.ending.in_([State.EXPIRED, State.CANCELLED]))
    if connection.execute(update(kiosk_order).where(given, not_told).values(**said)).rowcount != 1:
        _log.info("order_result_repeated", kiosk=who)
