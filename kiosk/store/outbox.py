# SPDX-License-Identifier: Apache-2.0
"""Events that were filed, in order, until the controller's receipts settle them. Signed bytes are frozen here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wire import chain
from wire.chain import WINDOW, Head, Kept, Link, Marks, next_count, next_link
from wire.ids import EventId, StreamId

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from kiosk.store.database import Store

RETENTION_MS = chain.RETENTION_MS


@dataclass(frozen=True, slots=True)
class Pending:
    """One event to deliver: the JWS and its attachment as they were filed; None once that was erased in time."""

    id: EventId
    stream: StreamId
    seq: int
    signed: bytes
    attachment: bytes | None


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is not yet acknowledged, and since when (wall clock in ms; None when nothing waits)."""

    count: int
    oldest_ms: int | None


def append(  # noqa: PLR0913 - what an event is made of
    store: Store,
    *,
    event: EventId,
    stream: StreamId,
    attachment: bytes,
    filed_ms: int,
    sign: Callable[[Link], tuple[bytes, bytes]],
    device_count: int | None = None,
    until_ms: int | None = None,
) -> None:
    """File one event: its place is taken, it is signed and it is stored, in one transaction.

    `sign` gets the event's place and returns the signed bytes and their digest; `device_count` is what the counter
    outside the card says; past `until_ms` on the wall clock the attachment is erased.

    Raises:
        StoreError: nothing may be promised to the person, and the event may be in the file: see `holds`.
    """
    with store.transaction() as connection:
        link = next_link(stream, _head(connection), next_count(_counted(connection), device_count))
        signed, digest = sign(link)
        connection.execute(
            "INSERT INTO event SELECT ?, ?, ?, ?, ?, ?, ?, COALESCE(MAX(position), 0) + 1 FROM event",
            (event, link.stream, link.seq, signed, attachment, digest, filed_ms),
        )
        if until_ms is not None:
            connection.execute("INSERT INTO kept VALUES (?, ?)", (event, until_ms))
        connection.execute(
            "INSERT INTO head VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " stream = excluded.stream, seq = excluded.seq, digest = excluded.digest",
            (link.stream, link.seq, digest),
        )
        if link.counter is not None:
            connection.execute(
                "INSERT INTO counted VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET value = excluded.value",
                (link.counter.value,),
            )


def counted(store: Store) -> int:
    """The last event's place in the device's count, 0 before the first."""
    with store.reading() as connection:
        return _counted(connection)


def _counted(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM counted").fetchone()
    return 0 if row is None else int(row[0])


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


# Where the first of them stands: by one look at each stream, however many settled events are kept before it.
_FIRST_UNACKNOWLEDGED = """
WITH RECURSIVE known (stream) AS (
  SELECT MIN(stream) FROM event
  UNION ALL
  SELECT (SELECT MIN(event.stream) FROM event WHERE event.stream > known.stream) FROM known WHERE stream IS NOT NULL
)
SELECT MIN((
  SELECT event.position FROM event WHERE event.stream = known.stream AND event.seq > COALESCE(mark.acked, 0)
  ORDER BY event.seq LIMIT 1
)) FROM known LEFT JOIN mark USING (stream)
"""


def pending(store: Store, limit: int = WINDOW) -> list[Pending]:
    """The first unacknowledged events in order of filing; cheap also when a month of settled ones is kept."""
    with store.reading() as connection:
        first = connection.execute(_FIRST_UNACKNOWLEDGED).fetchone()[0]
        if first is None:
            return []
        rows = connection.execute(
            f"SELECT id, stream, seq, signed, attachment {_UNACKNOWLEDGED} AND position >= ? ORDER BY position LIMIT ?",
            (first, limit),
        ).fetchall()
    return [Pending(EventId(row[0]), StreamId(row[1]), row[2], row[3], row[4] or None) for row in rows]


def depth(store: Store) -> Depth:
    """How long the outbox is."""
    with store.reading() as connection:
        return depth_in(connection)


def depth_in(connection: sqlite3.Connection) -> Depth:
    """The same, by a connection of the caller's own."""
    row = connection.execute(f"SELECT COUNT(*), MIN(filed_ms) {_UNACKNOWLEDGED}").fetchone()
    return Depth(row[0], row[1])


def settle(store: Store, told: Mapping[StreamId, Marks], *, may_go_back: bool) -> int:
    """Move marks as a receipt says, and return by how many events the outbox is shorter (longer when negative)."""
    with store.transaction() as connection:
        before = _waiting(connection)
        ours = {stream: marks for stream in told if (marks := _marks(connection, stream)) is not None}
        for stream, marks in chain.settle(ours, told, may_go_back=may_go_back).items():
            if marks != ours[stream]:
                _set(connection, stream, marks)
        return before - _waiting(connection)


def _waiting(connection: sqlite3.Connection) -> int:
    return int(connection.execute(f"SELECT COUNT(*) {_UNACKNOWLEDGED}").fetchone()[0])


def _marks(connection: sqlite3.Connection, stream: StreamId) -> Marks | None:
    """The marks of a stream, None when this card does not know it."""
    row = connection.execute("SELECT acked, archived, pruned FROM mark WHERE stream = ?", (stream,)).fetchone()
    if row is not None:
        return Marks(*row)
    if connection.execute("SELECT 1 FROM event WHERE stream = ? LIMIT 1", (stream,)).fetchone() is not None:
        return Marks()
    return None


def _set(connection: sqlite3.Connection, stream: StreamId, marks: Marks) -> None:
    connection.execute(
        "INSERT INTO mark (stream, acked, archived, pruned) VALUES (?, ?, ?, ?) ON CONFLICT (stream) DO UPDATE SET"
        " acked = excluded.acked, archived = excluded.archived, pruned = excluded.pruned",
        (stream, marks.acked, marks.archived, marks.pruned),
    )


def prune(store: Store, now_ms: int) -> None:
    """Erase what may be erased, and remember how far."""
    with store.transaction() as connection:
        rows = connection.execute("SELECT stream, acked, archived, pruned FROM mark").fetchall()
        marks = {StreamId(row[0]): Marks(*row[1:]) for row in rows}
        events = connection.execute("SELECT stream, seq, filed_ms FROM event ORDER BY stream, seq")
        kept = [Kept(StreamId(row[0]), *row[1:]) for row in events]
        for stream, upto in chain.erasable(kept, marks, now_ms).items():
            connection.execute("UPDATE mark SET pruned = ? WHERE stream = ?", (upto, stream))
            connection.execute("DELETE FROM event WHERE stream = ? AND seq <= ?", (stream, upto))


def erase_lapsed(store: Store, now_ms: int) -> int:
    """Erase the identities whose time is over, sent or not, and say how many; what was signed stays and goes out."""
    with store.reading() as connection:
        over = connection.execute("SELECT COUNT(*) FROM kept WHERE until_ms <= ?", (now_ms,)).fetchone()[0]
    if over:
        with store.transaction() as connection:
            connection.execute(
                "UPDATE event SET attachment = x'' WHERE id IN (SELECT event FROM kept WHERE until_ms <= ?)", (now_ms,)
            )
            connection.execute("DELETE FROM kept WHERE until_ms <= ?", (now_ms,))
    return int(over)


def pruned(store: Store) -> dict[str, int]:
    """How far each stream that the card knows has been erased here, the newest first, for HELLO."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT stream, MAX(pruned) FROM ("
            "SELECT stream, 0 AS pruned, MAX(position) AS latest FROM event GROUP BY stream"
            " UNION ALL SELECT stream, pruned, 0 FROM mark"
            ") GROUP BY stream ORDER BY MAX(latest) DESC, stream"
        ).fetchall()
    return dict(rows)
