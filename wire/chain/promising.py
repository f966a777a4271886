# SPDX-License-Identifier: Apache-2.0
"""What either end may promise, and when: the kiosk to a person, the controller to a kiosk.

The orders are functions, so that the product walks through the same one in which the model checker cuts the power.
Source: security design, sections 5.1 and 5.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wire.chain.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wire.ids import StreamId

T = TypeVar("T")
R = TypeVar("R")


def promise_after_commit(*, commit: Callable[[], T], count: Callable[[T], None], promise: Callable[[], R]) -> R:
    """File an event: commit it to the card, then raise the count outside the card, and only then promise.

    Counted before the commit, a power cut between the two would pass for a lost event. Promised before the count, a
    card that is restored in between would hide one.
    """
    count(commit())
    return promise()


def receipt_after_commit(*, commit: Callable[[], T], tell: Callable[[T], R]) -> R:
    """Take a batch: commit it whole, and only then let its receipts leave."""
    return tell(commit())


def marks_to_tell(heard: Iterable[StreamId], held: Mapping[StreamId, Marks]) -> dict[StreamId, Marks]:
    """What a receipt says: of the streams `held` how far, and of one `heard` of that is not held, nothing.

    Archived is never more than is held here: a backup may be ahead of a ledger that was restored from an older one.
    """
    nothing = {stream: Marks() for stream in heard}
    return nothing | {stream: Marks(marks.acked, min(marks.archived, marks.acked)) for stream, marks in held.items()}


def unrecoverable(pruned: Mapping[StreamId, int], held: Mapping[StreamId, int]) -> dict[StreamId, int]:
    """The streams of which a kiosk has erased more than the ledger holds, and how far it has."""
    return {stream: upto for stream, upto in pruned.items() if upto > held.get(stream, 0)}
