# SPDX-License-Identifier: Apache-2.0
"""Carries the relay's sealed and signed answers from the database to the broker; it can read none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from fleet.courier.committing import Outbound
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import kiosk, outgoing
from wire.ids import KioskId, Shard
from wire.topics import Down, down

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Engine

_AT_ONCE = 256


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """An answer that has not been sent; `row` is its place in the table."""

    row: int
    message: Outbound


def waiting(engine: Engine, shards: Collection[Shard] | None) -> list[Waiting]:
    """The answers to send, oldest first, for these shards; None for all."""
    query = (
        select(outgoing.c.row, outgoing.c.message, kiosk.c.id, kiosk.c.shard)
        .join(kiosk, kiosk.c.id == outgoing.c.kiosk)
        .where(outgoing.c.sent_ms.is_(None))
        .order_by(outgoing.c.row)
        .limit(_AT_ONCE)
    )
    if shards is not None:
        query = query.where(kiosk.c.shard.in_(shards))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [
        Waiting(row.row, Outbound(down(Shard(row.shard), KioskId(row.id), Down.ANSWER), row.message)) for row in rows
    ]


def latest(engine: Engine, who: KioskId) -> list[Outbound]:
    """The last answer to each of a kiosk's questions that has not expired; a kiosk knows an old one by its number."""
    last = select(func.max(outgoing.c.row)).where(outgoing.c.kiosk == who).group_by(outgoing.c.ask)
    query = (
        select(outgoing.c.message, kiosk.c.shard)
        .join(kiosk, kiosk.c.id == outgoing.c.kiosk)
        .where(outgoing.c.row.in_(last))
        .order_by(outgoing.c.row)
        .limit(_AT_ONCE)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [Outbound(down(Shard(row.shard), who, Down.ANSWER), row.message) for row in rows]


def mark_sent(engine: Engine, rows: Sequence[int], now_ms: int) -> None:
    """Note that these were handed to the broker; a kiosk that missed one asks again."""
    if rows:
        with unit_of_work(engine) as connection:
            connection.execute(update(outgoing).where(outgoing.c.row.in_(rows)).values(sent_ms=now_ms))
