# SPDX-License-Identifier: Apache-2.0
"""What the ledger can promise a kiosk: its marks by stream, and the alarm when it has erased what is not held here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from fleet.enrollments.alarms import UNRECOVERABLE, raise_alarm
from fleet.store.tables import stream
from wire.receipts import Mark

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from wire.hello import Hello
    from wire.ids import KioskId

RECENT = 64  # streams in an ordinary receipt
EVERY = 512  # streams in the answer to a HELLO
NAMED = 256  # streams of a HELLO that are looked at; with EVERY, a receipt still fits the largest message
_NOTHING_ARCHIVED = 0  # no verified backup exists yet, so nothing may be pruned on its strength


def marks(connection: Connection, who: KioskId, *, heard: Collection[str], at_most: int) -> dict[str, Mark]:
    """The marks of the `at_most` streams that moved last, and of those just `heard` of.

    One heard of that the ledger does not know is marked 0: nothing of it is held.
    """
    recent = select(stream.c.stream).where(stream.c.kiosk == who).order_by(stream.c.moved_ms.desc()).limit(at_most)
    rows = connection.execute(
        select(stream.c.stream, stream.c.acked).where(
            stream.c.kiosk == who, or_(stream.c.stream.in_(recent), stream.c.stream.in_(sorted(heard)))
        )
    )
    held = {row.stream: Mark(row.acked, _NOTHING_ARCHIVED) for row in rows}
    return {name: Mark(0, _NOTHING_ARCHIVED) for name in heard} | held


def named(hello: Hello) -> list[str]:
    """The streams that a HELLO speaks of, as far as they are looked at."""
    return sorted(hello.pruned)[:NAMED]


def check_pruned(connection: Connection, hello: Hello, who: KioskId, at_ms: int) -> None:
    """Raise an alarm for each stream of which the kiosk has erased more than the ledger holds."""
    names = named(hello)
    rows = connection.execute(
        select(stream.c.stream, stream.c.acked).where(stream.c.kiosk == who, stream.c.stream.in_(names))
    )
    held = {row.stream: row.acked for row in rows}
    for name in names:
        if hello.pruned[name] > held.get(name, 0):
            raise_alarm(connection, who, UNRECOVERABLE, (name, hello.pruned[name]), at_ms)
