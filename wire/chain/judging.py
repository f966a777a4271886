# SPDX-License-Identifier: Apache-2.0
"""What the controller makes of an event's place: accepted in order per stream, repeated, missing, or in contradiction.

Source: security design, sections 5.1 and 5.4; docs/adr/0008.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from wire.chain.links import Head
from wire.ids import StreamId

if TYPE_CHECKING:
    from wire.chain.links import Link


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


class Alarm(StrEnum):
    """What a person must look at."""

    EQUIVOCATION = "equivocation"
    FORK = "fork"
    ROLLBACK = "rollback"
    LOST = "lost"  # the device counted events that the card does not have
    UNRECOVERABLE = "unrecoverable"  # the kiosk has erased what the ledger does not hold


class Write(StrEnum):
    """What a committed event changes."""

    LEDGER = "ledger"  # the event and its enrolment
    CURSOR = "cursor"  # how far its stream has come
    COUNTS = "counts"  # the figures


COMMITTED = frozenset({Verdict.ACCEPT, Verdict.ROLLBACK})
KEPT_ASIDE = frozenset({Verdict.EQUIVOCATION, Verdict.FORK})
_ALARMS = {
    Verdict.EQUIVOCATION: Alarm.EQUIVOCATION,
    Verdict.FORK: Alarm.FORK,
    Verdict.ROLLBACK: Alarm.ROLLBACK,
}


class Known(msgspec.Struct, frozen=True):
    """What the ledger knows that bears on one event.

    `cursor` is the stream's head in the ledger; `same_place` the digest stored at the event's (stream, seq);
    `has_history` whether the kiosk has any stream; `parent_cursor` the head of the parent's stream; `parent_at` the
    digest stored at the parent's place; `parent_child` a stream that has taken up the parent's stream, at the parent or
    before it; and `prev_child` one that has taken up the event's own stream, at its predecessor or before it.
    """

    cursor: Head | None = None
    same_place: bytes | None = None
    has_history: bool = False
    parent_cursor: Head | None = None
    parent_at: bytes | None = None
    parent_child: StreamId | None = None
    prev_child: StreamId | None = None


class LedgerView(Protocol):
    """One kiosk's part of the ledger."""

    def cursor(self, stream: StreamId) -> Head | None:
        """The head of a stream."""

    def digest_at(self, stream: StreamId, seq: int) -> bytes | None:
        """The digest of the event at a place."""

    def has_history(self) -> bool:
        """Whether anything of this kiosk was ever committed."""

    def child_of(self, parent: Head) -> StreamId | None:
        """A stream whose first event names as its parent this place, or one before it in the same stream."""


def look_up(link: Link, ledger: LedgerView) -> Known:
    """Ask the ledger what bears on an event, and no more."""
    same_place = ledger.digest_at(link.stream, link.seq)
    if link.seq > 1:
        cursor = ledger.cursor(link.stream)
        return Known(
            cursor=cursor,
            same_place=same_place,
            prev_child=ledger.child_of(cursor) if cursor is not None and cursor.seq == link.seq - 1 else None,
        )
    parent = link.parent
    if parent is None:
        return Known(same_place=same_place, has_history=ledger.has_history())
    return Known(
        same_place=same_place,
        parent_cursor=ledger.cursor(parent.stream),
        parent_at=ledger.digest_at(parent.stream, parent.seq),
        parent_child=ledger.child_of(parent),
    )


def judge(link: Link, digest: bytes, known: Known) -> Verdict:
    """Decide what an event's place means.

    1. The place is taken: by the same bytes a duplicate, by others an equivocation.
    2. Later in a stream: it must be the very next and link to the stored head, else a gap, or an equivocation when
       it is the next but names another predecessor. A stream that another has taken up is over: who goes on with it
       remembers what the other has forgotten, and there are two holders of the key (fork).
    3. First in a stream, without a parent: a rollback when the kiosk has a history (it forgot all of it).
    4. First in a stream, with a parent: no other may have taken up the parent's stream there or before (fork, for the
       same reason); the parent must not be ahead of the ledger (gap: it may still be under way); must be the bytes the
       ledger holds (equivocation); and must be its stream's head, else the kiosk has forgotten events that the ledger
       holds (rollback).
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
    if link.prev != known.cursor.digest:
        return Verdict.EQUIVOCATION
    return Verdict.ACCEPT if known.prev_child is None else Verdict.FORK


def _judge_child(stream: StreamId, parent: Head, known: Known) -> Verdict:
    if known.parent_child is not None and known.parent_child != stream:
        return Verdict.FORK
    if known.parent_cursor is None or known.parent_cursor.seq < parent.seq:
        return Verdict.GAP
    if known.parent_at != parent.digest:
        return Verdict.EQUIVOCATION
    return Verdict.ACCEPT if known.parent_cursor.seq == parent.seq else Verdict.ROLLBACK


def alarms(verdict: Verdict, link: Link) -> tuple[Alarm, ...]:
    """What a person must be told of an event: once, when it is committed or kept aside."""
    raised = (_ALARMS[verdict],) if verdict in _ALARMS else ()
    lost = verdict in COMMITTED | KEPT_ASIDE and link.counter is not None and link.counter.lost > 0
    return (*raised, Alarm.LOST) if lost else raised


def writes(verdict: Verdict) -> tuple[tuple[Write, ...], ...]:
    """What is written for an event; each group is one transaction, and there is one group."""
    return ((Write.LEDGER, Write.CURSOR, Write.COUNTS),) if verdict in COMMITTED else ()
