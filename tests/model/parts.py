# SPDX-License-Identifier: Apache-2.0
"""What lies on a card, in the ledger and on the wire, each distinct thing kept once and named by a number.

It decides nothing: what becomes of a part is asked of the protocol's own functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from wire.chain import Head, Link, Marks
from wire.ids import StreamId

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

ThingT = TypeVar("ThingT", bound="Hashable")
StreamMarks = tuple[tuple[StreamId, Marks], ...]
FRESH = StreamId("")  # a process that has filed nothing: its random stream is not known to anybody yet


class Kept(Generic[ThingT]):
    """Things by their numbers, in the order in which they were first met."""

    def __init__(self) -> None:
        self._numbers: dict[ThingT, int] = {}
        self.things: list[ThingT] = []

    def number(self, thing: ThingT) -> int:
        """The number of a thing."""
        found = self._numbers.get(thing)
        if found is None:
            found = self._numbers[thing] = len(self.things)
            self.things.append(thing)
        return found

    def __getitem__(self, number: int) -> ThingT:
        return self.things[number]


class Event(NamedTuple):
    """A signed event: the `n`-th that was filed in its history, at its place, with the digest of its bytes."""

    n: int
    link: Link
    digest: bytes


class Card(NamedTuple):
    """What a kiosk's card holds: events in order of filing, the head, the count and the marks.

    `filed` is the checker's own: each event that was ever committed here, one bit each.
    """

    events: tuple[int, ...] = ()
    head: Head | None = None
    counted: int = 0
    marks: StreamMarks = ()
    filed: int = 0


class Kiosk(NamedTuple):
    """A machine: its card, its running process's stream, its own counter, and the HELLO that is open.

    `answers` are the receipts on their way that carry that HELLO's nonce, one bit each.
    """

    card: int
    stream: StreamId
    device: int
    hello: int = -1
    answers: int = 0


class Cursor(NamedTuple):
    """How far the ledger holds a stream, and which place its first event named as its parent."""

    stream: StreamId
    head: Head
    parent: tuple[StreamId, int] | None


class Books(NamedTuple):
    """What the controller's database holds of the kiosk: the events, the cursors and whom it has counted."""

    events: tuple[int, ...] = ()
    cursors: tuple[Cursor, ...] = ()
    counted: tuple[int, ...] = ()


class View:
    """The books as the protocol asks them."""

    def __init__(self, books: Books, events: list[Event]) -> None:
        self._cursors = {cursor.stream: cursor for cursor in books.cursors}
        self._digests = {
            (event.link.stream, event.link.seq): event.digest for event in (events[n] for n in books.events)
        }

    def cursor(self, stream: StreamId) -> Head | None:
        """The head of a stream."""
        found = self._cursors.get(stream)
        return None if found is None else found.head

    def digest_at(self, stream: StreamId, seq: int) -> bytes | None:
        """The digest of the event at a place."""
        return self._digests.get((stream, seq))

    def has_history(self) -> bool:
        """Whether anything was ever committed."""
        return bool(self._cursors)

    def child_of(self, parent: Head) -> StreamId | None:
        """A stream that names this place, or one before it in the same stream, as its parent."""
        for cursor in self._cursors.values():
            if cursor.parent is not None and cursor.parent[0] == parent.stream and cursor.parent[1] <= parent.seq:
                return cursor.stream
        return None


_BITS: dict[int, tuple[int, ...]] = {0: ()}


def bits(mask: int) -> tuple[int, ...]:
    """Which bits are set."""
    found = _BITS.get(mask)
    if found is None:
        found = _BITS[mask] = tuple(_bits(mask))
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
