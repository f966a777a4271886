# SPDX-License-Identifier: Apache-2.0
"""Events that were filed, in order, until the controller's receipts settle them. Signed bytes are frozen here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wire.chain import WINDOW, Head, Link, Marks, next_link
from wire.ids import EventId, StreamId

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from kiosk.store.database import Store

RETENTION_MS = 30 * 24 * 3600 * 1000  # architecture: archived and older than 30 days before anything is pruned


@dataclass(frozen=True, slots=True)
class Pending:
    """One event to deliver: the JWS and its attachment as they were filed."""

    id: EventId
    stream: StreamId
    seq: int
    signed: bytes
    attachment: bytes


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is not yet acknowledged, and since when (wall clock in ms; None when nothing waits)."""

    count: int
    oldest_ms: int | None


def append(
    store: Store,
    *,
    event: EventId,
    stream: StreamId,
    attachment: bytes,
    filed_ms: int,
    sign: Callable[[Link], tuple[bytes, bytes]],
) -> None:
    """File one event: its place is taken, it is signed and it is stored, in one transaction.

    `sign` gets the event's place and returns the signed bytes and their digest.

    Raises:
        StoreError: nothing may be promised to the person.
    """
    with store.transaction() as connection:
        link = next_link(stream, _head(connection))
        signed, digest = sign(link)
        connection.execute(
            "INSERT INTO event SELECT ?, ?, ?, ?, ?, ?, ?, COALESCE(MAX(position), 0) + 1 FROM event",
            (event, link.stream, link.seq, signed, attachment, digest, filed_ms),
        )
        connection.execute(
            "INSERT INTO head VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " stream = excluded.stream, seq = excluded.seq, digest = excluded.digest",
            (link.stream, link.seq, digest),
        )


def _head(connection: sqlite3.Connection) -> Head | None:
    row = connection.execute("SELECT stream, seq, digest FROM head").fetchone()
    return None if row is None else Head(StreamId(row[0]), row[1], row[2])


def holds(store: Store, event: EventId) -> bool:
    """Whether an event is in the file: the question to ask after an I/O error."""
    with store.reading() as connection:
        return connection.execute("SELECT 1 FROM event WHERE id = ?", (event,)).fetchone() is not None


def is_acknowledged(store: Store, event: EventId) -> bool:
    """Whether a receipt has settled an event."""
    with store.reading() as connection:
        row = connection.execute(
            "SELECT 1 FROM event JOIN mark USING (stream) WHERE event.id = ? AND event.seq <= mark.acked", (event,)
        ).fetchone()
    return row is not None


_UNACKNOWLEDGED = "FROM event LEFT JOIN mark USING (stream) WHERE event.seq > COALESCE(mark.acked, 0)"


def pending(store: Store, limit: int = WINDOW) -> list[Pending]:
    """The first unacknowledged events in order of filing."""
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT id, stream, seq, signed, attachment {_UNACKNOWLEDGED} ORDER BY position LIMIT ?",
            (limit,),
        ).fetchall()
    return [Pending(EventId(row[0]), StreamId(row[1]), *row[2:]) for row in rows]


def depth(store: Store) -> Depth:
    """How long the outbox is."""
    with store.reading() as connection:
        row = connection.execute(f"SELECT COUNT(*), MIN(filed_ms) {_UNACKNOWLEDGED}").fetchone()
    return Depth(row[0], row[1])


def settle(store: Store, marks: Mapping[StreamId, Marks], *, may_go_back: bool) -> None:
    """Move marks as a receipt says. Streams that this kiosk never opened are passed over.

    A receipt that may move marks back names every stream that the ledger holds, so a stream of ours that it does not
    name is one that a restored controller has never seen: all of it is sent again.
    """
    with store.transaction() as connection:
        if may_go_back:
            connection.execute("UPDATE mark SET acked = 0, archived = 0")
        for stream, told in marks.items():
            if connection.execute("SELECT 1 FROM event WHERE stream = ? LIMIT 1", (stream,)).fetchone() is None:
                continue
            row = connection.execute("SELECT acked, archived FROM mark WHERE stream = ?", (stream,)).fetchone()
            moved = Marks(*row or (0, 0)).moved(told.acked, told.archived, may_go_back=may_go_back)
            connection.execute(
                "INSERT INTO mark (stream, acked, archived) VALUES (?, ?, ?) ON CONFLICT (stream) DO UPDATE SET"
                " acked = excluded.acked, archived = excluded.archived",
                (stream, moved.acked, moved.archived),
            )


def prune(store: Store, now_ms: int) -> None:
    """Erase what is archived at the controller and older than thirty days, and remember how far."""
    old = "event.seq <= mark.archived AND event.filed_ms < ?"
    with store.transaction() as connection:
        connection.execute(
            f"UPDATE mark SET pruned = MAX(pruned, COALESCE((SELECT MAX(seq) FROM event"  # noqa: S608 - a constant
            f" WHERE event.stream = mark.stream AND {old}), 0))",
            (now_ms - RETENTION_MS,),
        )
        connection.execute(
            "DELETE FROM event WHERE seq <= (SELECT pruned FROM mark WHERE mark.stream = event.stream)",
        )


def pruned(store: Store) -> dict[str, int]:
    """How far each stream has been erased here, for HELLO."""
    with store.reading() as connection:
        rows = connection.execute("SELECT stream, pruned FROM mark WHERE pruned > 0").fetchall()
    return dict(rows)
