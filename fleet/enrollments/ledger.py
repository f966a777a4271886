# SPDX-License-Identifier: Apache-2.0
"""What the ledger holds that bears on a batch of events: read at once, and carried along while they are judged.

It judges nothing and writes nothing. What it has read holds only while the kiosks' rows are locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fleet.store.many import Lookup, Of
from wire.chain import Head, Link
from wire.ids import KioskId, StreamId

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection


Stream = tuple[KioskId, str]
Place = tuple[KioskId, str, int]

_STREAMS = Lookup(
    "SELECT stream.kiosk, stream.stream, stream.acked, stream.head FROM {asked} "
    "JOIN stream ON stream.kiosk = asked.kiosk AND stream.stream = asked.stream",
    kiosk=Of.TEXT,
    stream=Of.TEXT,
)
_PLACES = Lookup(
    "SELECT event.kiosk, event.stream, event.seq, event.digest FROM {asked} "
    "JOIN event ON event.kiosk = asked.kiosk AND event.stream = asked.stream AND event.seq = asked.seq",
    kiosk=Of.TEXT,
    stream=Of.TEXT,
    seq=Of.NUMBER,
)
_CHILDREN = Lookup(
    "SELECT stream.kiosk, stream.parent_stream, stream.parent_seq, stream.stream FROM {asked} "
    "JOIN stream ON stream.kiosk = asked.kiosk AND stream.parent_stream = asked.parent",
    kiosk=Of.TEXT,
    parent=Of.TEXT,
)
_HISTORY = Lookup(
    "SELECT asked.kiosk FROM {asked} WHERE EXISTS (SELECT 1 FROM stream WHERE stream.kiosk = asked.kiosk)",
    kiosk=Of.TEXT,
)
_IDS = Lookup("SELECT event.id FROM {asked} JOIN event ON event.id = asked.id", id=Of.TEXT)
_DIGESTS = Lookup(
    "SELECT event.digest, event.kiosk, event.stream FROM {asked} JOIN event ON event.digest = asked.digest",
    digest=Of.BYTES,
)


class Entry(msgspec.Struct, frozen=True):
    """One event as the ledger would hold it."""

    kiosk: KioskId
    link: Link
    id: str
    digest: bytes

    @property
    def place(self) -> Place:
        """Where in its kiosk's chain it stands."""
        return self.kiosk, self.link.stream, self.link.seq


def already_held(connection: Connection, digests: Collection[bytes]) -> dict[bytes, tuple[KioskId, StreamId]]:
    """Whose of these signed bytes the ledger holds already: what needs no second look at a signature."""
    rows = _DIGESTS.rows(connection, [(digest,) for digest in digests])
    return {bytes(row.digest): (KioskId(row.kiosk), StreamId(row.stream)) for row in rows}


@dataclass(frozen=True, slots=True)
class KioskLedger:
    """One kiosk's part of what was read, as `wire.chain.LedgerView` asks for it."""

    _who: KioskId
    _cursors: Mapping[Stream, Head]
    _digests: Mapping[Place, bytes]
    _children: Mapping[Stream, tuple[int, StreamId]]
    _has_history: bool

    def cursor(self, stream: StreamId) -> Head | None:
        """The head of a stream."""
        return self._cursors.get((self._who, stream))

    def digest_at(self, stream: StreamId, seq: int) -> bytes | None:
        """The digest of the event at a place."""
        return self._digests.get((self._who, stream, seq))

    def has_history(self) -> bool:
        """Whether anything of this kiosk was ever committed; asked only where that was read."""
        return self._has_history

    def child_of(self, parent: Head) -> StreamId | None:
        """A stream whose first event names as its parent this place, or one before it in the same stream."""
        at, child = self._children.get((self._who, parent.stream), (None, None))
        return child if at is not None and at <= parent.seq else None


class Ledger:
    """The streams, places, children and ids that some events ask about, as they stand after those added so far."""

    def __init__(self, connection: Connection, entries: Collection[Entry], streams: Collection[Stream] = ()) -> None:
        """Read what bears on these events, and the cursors of these streams; one query a question."""
        self._cursors: dict[Stream, Head] = {}
        self._digests: dict[Place, bytes] = {}
        self._children: dict[Stream, tuple[int, StreamId]] = {}  # of each stream, the child that took it up first
        self._with_history: set[KioskId] = set()
        self._ids: set[str] = set()
        parents = {parent for entry in entries if (parent := _parent(entry)) is not None}
        own = {entry.place[:2] for entry in entries}
        self._read_streams(connection, own | {place[:2] for place in parents} | set(streams))
        self._read_places(connection, {entry.place for entry in entries if self._may_be_taken(entry)} | parents)
        self._read_children(connection, own | {place[:2] for place in parents})
        self._read_history(connection, {entry.kiosk for entry in entries if _is_orphan(entry.link)})
        self._ids.update(row.id for row in _IDS.rows(connection, list({(entry.id,) for entry in entries})))

    def of(self, who: KioskId) -> KioskLedger:
        """One kiosk's part."""
        return KioskLedger(who, self._cursors, self._digests, self._children, who in self._with_history)

    def has_id(self, event_id: str) -> bool:
        """Whether an event of this id is held."""
        return event_id in self._ids

    def add(self, entry: Entry) -> None:
        """Take an event as held: what comes after it is judged by it."""
        who, link = entry.kiosk, entry.link
        self._ids.add(entry.id)
        self._digests[entry.place] = entry.digest
        self._cursors[who, link.stream] = Head(link.stream, link.seq, entry.digest)
        self._with_history.add(who)
        if link.seq == 1 and link.parent is not None:
            self._add_child((who, link.parent.stream), link.parent.seq, link.stream)

    def _may_be_taken(self, entry: Entry) -> bool:
        # A stream is held without a hole, so nothing stands beyond its cursor: in the normal case nothing is looked up.
        head = self._cursors.get((entry.kiosk, entry.link.stream))
        return head is not None and entry.link.seq <= head.seq

    def _read_streams(self, connection: Connection, streams: Collection[Stream]) -> None:
        for row in _STREAMS.rows(connection, list(streams)):
            self._cursors[KioskId(row.kiosk), row.stream] = Head(StreamId(row.stream), row.acked, bytes(row.head))

    def _read_places(self, connection: Connection, places: Collection[Place]) -> None:
        for row in _PLACES.rows(connection, list(places)):
            self._digests[KioskId(row.kiosk), row.stream, row.seq] = bytes(row.digest)

    def _read_children(self, connection: Connection, parents: Collection[Stream]) -> None:
        for row in _CHILDREN.rows(connection, list(parents)):
            self._add_child((KioskId(row.kiosk), row.parent_stream), row.parent_seq, StreamId(row.stream))

    def _add_child(self, parent: Stream, at: int, child: StreamId) -> None:
        self._children[parent] = min(self._children.get(parent, (at, child)), (at, child))

    def _read_history(self, connection: Connection, kiosks: Collection[KioskId]) -> None:
        rows = _HISTORY.rows(connection, [(who,) for who in kiosks])
        self._with_history.update(KioskId(row.kiosk) for row in rows)


def _parent(entry: Entry) -> Place | None:
    parent = entry.link.parent
    return None if parent is None else (entry.kiosk, parent.stream, parent.seq)


def _is_orphan(link: Link) -> bool:
    return link.seq == 1 and link.parent is None
