# SPDX-License-Identifier: Apache-2.0
"""What the ledger can promise kiosks: their marks by stream, and the alarm when one has erased what is not here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.enrollments.alarms import Raised
from fleet.store.many import Lookup, Of
from wire.chain import Alarm, unrecoverable
from wire.ids import StreamId
from wire.receipts import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from fleet.enrollments.ledger import KioskLedger
    from wire.hello import Hello
    from wire.ids import KioskId

RECENT = 64  # streams in an ordinary receipt
EVERY = 512  # streams in the answer to a HELLO
NAMED = 256  # streams of a HELLO that are looked at; with EVERY, a receipt still fits the largest message
_NOTHING_ARCHIVED = 0  # no verified backup exists yet, so nothing may be pruned on its strength


def _freshest(at_most: int) -> Lookup:
    # Those at least as fresh as the last that has room; of equally fresh ones a few more, which `marks` cuts off.
    return Lookup(
        "SELECT stream.kiosk, stream.stream, stream.acked, stream.moved_ms FROM {asked} "  # noqa: S608 - a constant
        "JOIN stream ON stream.kiosk = asked.kiosk AND stream.moved_ms >= COALESCE((SELECT fresh.moved_ms "
        "FROM stream AS fresh WHERE fresh.kiosk = asked.kiosk ORDER BY fresh.moved_ms DESC "
        f"LIMIT 1 OFFSET {at_most - 1}), 0)",
        kiosk=Of.TEXT,
    )


_FRESHEST = {at_most: _freshest(at_most) for at_most in (RECENT, EVERY)}
_NAMED = Lookup(
    "SELECT stream.kiosk, stream.stream, stream.acked FROM {asked} "
    "JOIN stream ON stream.kiosk = asked.kiosk AND stream.stream = asked.stream",
    kiosk=Of.TEXT,
    stream=Of.TEXT,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which marks a receipt names: of the streams just heard of, and of the `at_most` that moved last."""

    heard: Collection[str]
    at_most: int


def marks(connection: Connection, wanted: Mapping[KioskId, Wanted]) -> dict[KioskId, dict[str, Mark]]:
    """The marks that each kiosk is told.

    One heard of that the ledger does not know is marked 0: nothing of it is held.
    """
    told: dict[str, dict[str, Mark]] = defaultdict(dict)
    named = [(who, stream) for who, each in wanted.items() for stream in each.heard]
    for who, stream in named:
        told[who][stream] = Mark(0, _NOTHING_ARCHIVED)
    for row in _NAMED.rows(connection, named):
        told[row.kiosk][row.stream] = Mark(row.acked, _NOTHING_ARCHIVED)
    for at_most, lookup in _FRESHEST.items():
        asked = [(who,) for who, each in wanted.items() if each.at_most == at_most]
        taken: dict[str, int] = defaultdict(int)
        for row in sorted(lookup.rows(connection, asked), key=lambda row: row.moved_ms, reverse=True):
            if taken[row.kiosk] < at_most:
                taken[row.kiosk] += 1
                told[row.kiosk][row.stream] = Mark(row.acked, _NOTHING_ARCHIVED)
    return {who: told[who] for who in wanted}


def named(hello: Hello) -> list[str]:
    """The streams that a HELLO speaks of, as far as they are looked at."""
    return sorted(hello.pruned)[:NAMED]


def check_pruned(ledger: KioskLedger, hello: Hello, who: KioskId, at_ms: int) -> list[Raised]:
    """An alarm for each stream of which the kiosk has erased more than the ledger holds."""
    pruned = {StreamId(name): hello.pruned[name] for name in named(hello)}
    held = {name: head.seq for name in pruned if (head := ledger.cursor(name)) is not None}
    gone = unrecoverable(pruned, held)
    return [Raised(who, Alarm.UNRECOVERABLE, name, upto, at_ms) for name, upto in gone.items()]
