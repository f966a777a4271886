# SPDX-License-Identifier: Apache-2.0
"""The delivery protocol as pure state machines for both ends: no clock, disk, network or randomness of its own.

Kiosk: every process start opens a fresh stream whose first event names its parent; sequence counts up; `prev` is the
digest of the previous signed bytes; signed bytes are frozen. Sending is a window in order that slides on receipts and
backs off without progress.
Controller: accepts in order per stream, and tells a duplicate from an equivocation, a fork and a rollback.
Source: security design, sections 5.1 and 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wire.ids import StreamId

WINDOW = 200  # events under way at once
_FIRST_BACKOFF_S = 1.0
_LAST_BACKOFF_S = 60.0


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a stream: what the next one links to."""

    stream: StreamId
    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """An event's place in the chain. Exactly one of `prev` and `parent` is set, but for a kiosk's very first event."""

    stream: StreamId
    seq: int
    prev: bytes | None
    parent: Head | None


def next_link(stream: StreamId, head: Head | None) -> Link:
    """The place of the next event that a process with this `stream` makes, after the stored `head`."""
    if head is not None and head.stream == stream:
        return Link(stream, head.seq + 1, head.digest, None)
    return Link(stream, 1, None, head)


@dataclass(frozen=True, slots=True)
class Marks:
    """A stream's marks as the kiosk keeps them; `archived` never passes `acked`."""

    acked: int = 0
    archived: int = 0

    def moved(self, acked: int, archived: int, *, may_go_back: bool) -> Marks:
        """The marks after a receipt. Only one that answers our own HELLO may move them back."""
        if may_go_back:
            return Marks(acked, min(archived, acked))
        forward = max(self.acked, acked)
        return Marks(forward, min(max(self.archived, archived), forward))


class Verdict(StrEnum):
    """What the controller makes of an event's place.

    ACCEPT and ROLLBACK are committed (a rollback with an alarm: the person is real, the card forgot). DUPLICATE and
    GAP only repeat the receipt. EQUIVOCATION and FORK go to quarantine whole, with an alarm.
    """

    ACCEPT = "accept"
    DUPLICATE = "duplicate"
    GAP = "gap"
    EQUIVOCATION = "equivocation"
    FORK = "fork"
    ROLLBACK = "rollback"


COMMITTED = frozenset({Verdict.ACCEPT, Verdict.ROLLBACK})
ALARMS = frozenset({Verdict.EQUIVOCATION, Verdict.FORK, Verdict.ROLLBACK})


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows that bears on one event.

    `cursor` is the stream's head in the ledger; `same_place` the digest stored at the event's (stream, seq);
    `has_history` whether the kiosk has any stream; `parent_cursor` the head of the parent's stream; `parent_at` the
    digest stored at the parent's place; and `parent_child` a stream that already names that parent.
    """

    cursor: Head | None = None
    same_place: bytes | None = None
    has_history: bool = False
    parent_cursor: Head | None = None
    parent_at: bytes | None = None
    parent_child: StreamId | None = None


def judge(link: Link, digest: bytes, known: Known) -> Verdict:
    """Decide what an event's place means.

    1. The place is taken: by the same bytes a duplicate, by others an equivocation.
    2. Later in a stream: it must be the very next and link to the stored head, else a gap, or an equivocation when
       it is the next but names another predecessor.
    3. First in a stream, without a parent: a rollback when the kiosk has a history (it forgot all of it).
    4. First in a stream, with a parent: the parent must have no other child (fork); must not be ahead of the ledger
       (gap: it may still be under way); must be the bytes the ledger holds (equivocation); and must be its stream's
       head, else the kiosk has forgotten events that the ledger holds (rollback).
    """
    if known.same_place is not None:
        return Verdict.DUPLICATE if known.same_place == digest else Verdict.EQUIVOCATION
    if link.seq > 1:
        return _judge_later(link, known)
    if link.parent is None:
        return Verdict.ROLLBACK if known.has_history else Verdict.ACCEPT
    return _judge_child(link.stream, link.parent, known)


def _judge_later(link: Link, known: Known) -> Verdict:
    if known.cursor is None or link.seq != known.cursor.seq + 1:
        return Verdict.GAP
    return Verdict.ACCEPT if link.prev == known.cursor.digest else Verdict.EQUIVOCATION


def _judge_child(stream: StreamId, parent: Head, known: Known) -> Verdict:
    if known.parent_child is not None and known.parent_child != stream:
        return Verdict.FORK
    if known.parent_cursor is None or known.parent_cursor.seq < parent.seq:
        return Verdict.GAP
    if known.parent_at != parent.digest:
        return Verdict.EQUIVOCATION
    return Verdict.ACCEPT if known.parent_cursor.seq == parent.seq else Verdict.ROLLBACK


@dataclass(frozen=True, slots=True)
class Sending:
    """The kiosk's sending window over its unacknowledged events in order.

    `sent_to` is how many of them are under way; `restart_at_s` is when, on the monotonic clock, the window starts
    over if no receipt moves it.
    """

    sent_to: int = 0
    backoff_s: float = _FIRST_BACKOFF_S
    restart_at_s: float | None = None

    def due(self, pending: int, now_s: float) -> tuple[Sending, range]:
        """Which of `pending` events (by position) to send now."""
        current = self
        if self.restart_at_s is not None and now_s >= self.restart_at_s:
            longer = min(self.backoff_s * 2, _LAST_BACKOFF_S)
            current = Sending(sent_to=0, backoff_s=longer, restart_at_s=None)
        upto = min(pending, WINDOW)
        under_way = max(upto, current.sent_to)
        if under_way == 0:
            return Sending(), range(0)
        deadline = current.restart_at_s if current.restart_at_s is not None else now_s + current.backoff_s
        return replace(current, sent_to=under_way, restart_at_s=deadline), range(current.sent_to, upto)

    def settled(self, count: int) -> Sending:
        """After a receipt settled the first `count` pending events: slide, and forget the back-off."""
        if count <= 0:
            return self
        return Sending(sent_to=max(0, self.sent_to - count))

    def reconnected(self) -> Sending:
        """After a new connection: everything under way is sent again."""
        return Sending()
