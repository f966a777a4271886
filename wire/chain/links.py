# SPDX-License-Identifier: Apache-2.0
"""An event's place: in its stream, after its parent, and in a count that is kept outside the card.

Every process start opens a fresh stream whose first event names its parent, so that a restored card can never take a
place again. Source: security design, sections 2.3 and 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from wire.ids import StreamId


class Head(msgspec.Struct, frozen=True):
    """The last event of a stream: what the next one links to."""

    stream: StreamId
    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Counter:
    """An event's place in the device's own count. `lost` places before it were taken by events that the card forgot."""

    value: int
    lost: int


class Link(msgspec.Struct, frozen=True):
    """An event's place in the chain. Exactly one of `prev` and `parent` is set, but for a kiosk's very first event.

    `counter` is None on a kiosk that has no count outside its card.
    """

    stream: StreamId
    seq: int
    prev: bytes | None
    parent: Head | None
    counter: Counter | None = None


def next_link(stream: StreamId, head: Head | None, counter: Counter | None = None) -> Link:
    """The place of the next event that a process with this `stream` makes, after the stored `head`."""
    if head is not None and head.stream == stream:
        return Link(stream, head.seq + 1, head.digest, None, counter)
    return Link(stream, 1, None, head, counter)


def next_count(card: int, device: int | None) -> Counter | None:
    """The next event's place in the device's count.

    `card` is the place of the last event that the card committed, 0 before the first; `device` what the counter outside
    the card says. The device is raised after the commit: where it is behind, power was cut between the two and nothing
    is lost; where it is ahead, the card has forgotten events.
    """
    if device is None:
        return None
    return Counter(max(card, device) + 1, max(0, device - card))
