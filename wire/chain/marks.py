# SPDX-License-Identifier: Apache-2.0
"""What a kiosk believes of the controller's promises, and what it may erase on their strength.

Source: security design, sections 2.5, 5.1 and 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wire.ids import StreamId

RETENTION_MS = 30 * 24 * 3600 * 1000  # a second line behind `archived`: a backup may turn out older than promised


@dataclass(frozen=True, slots=True)
class Marks:
    """A stream's marks as the kiosk keeps them; `archived` never passes `acked`. Up to `pruned` it has erased."""

    acked: int = 0
    archived: int = 0
    pruned: int = 0

    def moved(self, acked: int, archived: int, *, may_go_back: bool) -> Marks:
        """The marks after a receipt. Only one that answers our own HELLO may move them back."""
        if may_go_back:
            return replace(self, acked=acked, archived=min(archived, acked))
        forward = max(self.acked, acked)
        return replace(self, acked=forward, archived=min(max(self.archived, archived), forward))


@dataclass(frozen=True, slots=True)
class Kept:
    """An event on the card, as far as erasing it goes."""

    stream: StreamId
    seq: int
    filed_ms: int


def settle(
    ours: Mapping[StreamId, Marks], told: Mapping[StreamId, Marks], *, may_go_back: bool
) -> dict[StreamId, Marks]:
    """Our marks after a receipt. Streams that are not ours are passed over; ours that it does not name stay.

    An answer to HELLO names every stream that the HELLO named, so that none of ours stays by mistake.
    """
    return {
        stream: marks.moved(told[stream].acked, told[stream].archived, may_go_back=may_go_back)
        if stream in told
        else marks
        for stream, marks in ours.items()
    }


def erasable(kept: Iterable[Kept], marks: Mapping[StreamId, Marks], now_ms: int) -> dict[StreamId, int]:
    """How far each stream may be erased: what a backup holds and what is old, and nothing behind what must stay.

    `kept` is in order within each stream. Streams of which nothing may go are left out.
    """
    upto: dict[StreamId, int] = {}
    stopped: set[StreamId] = set()
    for event in kept:
        archived = event.seq <= marks.get(event.stream, Marks()).archived
        if event.stream in stopped or not archived or event.filed_ms >= now_ms - RETENTION_MS:
            stopped.add(event.stream)
        else:
            upto[event.stream] = event.seq
    return upto


def bytes_to_send(filed: bytes) -> bytes:
    """What goes out for an event, the first time and each time again: the signed bytes as they were filed.

    Signed again they would be other bytes at the same place, which is what a second holder of the key would send.
    """
    return filed
