# SPDX-License-Identifier: Apache-2.0
"""What the ledger can promise kiosks: their marks by stream, and the alarm when one has erased what is not here."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fleet.enrollments.alarms import Raised
from fleet.store.many import Lookup, Of
from fleet.store.replication import is_held
from wire.chain import Alarm, Marks, marks_to_tell, unrecoverable
from wire.ids import StreamId
from wire.receipts import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from fleet.enrollments.ledger import KioskLedger
    from wire.hello import Hello
    from wire.ids import KioskId

RECENT = 64  # streams in a receipt, besides those that it was asked about
NAMED = 256  # streams of a HELLO that are looked at; with RECENT, a receipt still fits the largest message

# Those at least as fresh as the last that has room; of equally fresh ones a few more, which `marks` cuts off.
_FRESHEST = Lookup(
    "SELECT stream.kiosk, stream.stream, stream.acked, stream.archived, stream.moved_ms FROM {asked} "  # noqa: S608 - a constant
    "JOIN stream ON stream.kiosk = asked.kiosk AND stream.moved_ms >= COALESCE((SELECT fresh.moved_ms "
    "FROM stream AS fresh WHERE fresh.kiosk = asked.kiosk ORDER BY fresh.moved_ms DESC "
    f"LIMIT 1 OFFSET {RECENT - 1}), 0)",
    kiosk=Of.TEXT,
)
_NAMED = Lookup(
    "SELECT stream.kiosk, stream.stream, stream.acked, stream.archived FROM {asked} "
    "JOIN stream ON stream.kiosk = asked.kiosk AND stream.stream = asked.stream",
    kiosk=Of.TEXT,
    stream=Of.TEXT,
)
# PostgreSQL only: which transaction left each stream as it is.
_LEFT_BY = Lookup(
    "SELECT stream.kiosk, stream.stream, stream.xmin::text::bigint AS transaction FROM {asked} "
    "JOIN stream ON stream.kiosk = asked.kiosk AND stream.stream = asked.stream",
    kiosk=Of.TEXT,
    stream=Of.TEXT,
)


def marks(
    connection: Connection,
    heard: Mapping[KioskId, Collection[str]],
    *,
    greeting: Collection[KioskId] = (),
    horizon: int | None = None,
) -> dict[KioskId, dict[str, Mark]]:
    """The marks that each kiosk is told: of the streams just heard of, and of those that moved last.

    Archived is what a verified backup holds. A kiosk that said HELLO is told more of it when a synchronous standby has
    all that was committed before `horizon` on its disk.
    """
    held: dict[str, dict[StreamId, Marks]] = defaultdict(dict)
    for row in _NAMED.rows(connection, [(who, stream) for who, streams in heard.items() for stream in streams]):
        held[row.kiosk][StreamId(row.stream)] = Marks(row.acked, row.archived)
    taken: dict[str, int] = defaultdict(int)
    freshest = _FRESHEST.rows(connection, [(who,) for who in heard])
    for row in sorted(freshest, key=lambda row: row.moved_ms, reverse=True):
        if taken[row.kiosk] < RECENT:
            taken[row.kiosk] += 1
            held[row.kiosk][StreamId(row.stream)] = Marks(row.acked, row.archived)
    if horizon is not None:
        _archive(connection, {who: held[who] for who in greeting}, horizon)
    return {who: _told(streams, held[who]) for who, streams in heard.items()}


def _archive(connection: Connection, held: Mapping[KioskId, dict[StreamId, Marks]], horizon: int) -> None:
    keys = [(who, stream) for who, streams in held.items() for stream in streams]
    for row in _LEFT_BY.rows(connection, keys):
        if is_held(row.transaction, horizon):
            stream = StreamId(row.stream)
            acked = held[row.kiosk][stream].acked
            held[row.kiosk][stream] = Marks(acked, acked)


def _told(heard: Collection[str], held: Mapping[StreamId, Marks]) -> dict[str, Mark]:
    told = marks_to_tell([StreamId(stream) for stream in heard], held)
    return {stream: Mark(each.acked, each.archived) for stream, each in told.items()}


def named(hello: Hello) -> list[str]:
    """The streams that a HELLO speaks of, as far as they are looked at."""
    return sorted(hello.pruned)[:NAMED]


def check_pruned(ledger: KioskLedger, hello: Hello, who: KioskId, at_ms: int) -> list[Raised]:
    """An alarm for each stream of which the kiosk has erased more than the ledger holds."""
    pruned = {StreamId(name): hello.pruned[name] for name in named(hello)}
    held = {name: head.seq for name in pruned if (head := ledger.cursor(name)) is not None}
    gone = unrecoverable(pruned, held)
    return [Raised(who, Alarm.UNRECOVERABLE, name, upto, at_ms) for name, upto in gone.items()]
