# SPDX-License-Identifier: Apache-2.0
"""What can be said of a batch before its transaction: which messages are known already, verified, or refused. Pure.

The cheap question comes first: bytes that this same kiosk has delivered before need no second look at a signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fleet.courier.reception import Body, Incoming, Refusal, Verified, origin, receive
from fleet.enrollments.acceptance import Arrival, entry
from wire.envelope import digest
from wire.events import EnrollmentCaptured
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.devices.registry import RegisteredKiosk
    from wire.ids import KioskId, StreamId

Held = tuple["KioskId", "StreamId"]


@dataclass(frozen=True, slots=True, repr=False)
class Repeated:
    """An event of this kiosk that the ledger holds."""

    kiosk: RegisteredKiosk
    stream: StreamId


Finding = Verified[Body] | Refusal | Repeated


class Examined(msgspec.Struct, frozen=True):
    """A message and what it was found to be; `arrival` is there when it is an event to be judged."""

    incoming: Incoming
    finding: Finding
    arrival: Arrival | None = None

    __repr__ = object.__repr__  # never what is in it


def senders(messages: Sequence[Incoming]) -> set[KioskId]:
    """The kiosks that the topics of these messages name."""
    return {came_from[1] for message in messages if (came_from := origin(message.topic)) is not None}


def event_digests(messages: Sequence[Incoming]) -> set[bytes]:
    """What the ledger would know these events by."""
    return {message.digest() for message in messages if _is_event(message)}


def examine(
    messages: Sequence[Incoming], registered: Mapping[KioskId, RegisteredKiosk], held: Mapping[bytes, Held]
) -> list[Examined]:
    """Examine each message by its registered kiosk and by what the ledger holds; the same bytes are verified once."""
    verified: dict[tuple[str, bytes], Verified[Body] | Refusal] = {}
    examined = []
    for incoming in messages:
        finding: Finding | None = _recognised(incoming, registered, held)
        if finding is None:
            same = (incoming.topic, incoming.payload)
            if same not in verified:
                verified[same] = receive(incoming, registered)
            first = verified[same]
            finding = first if first.at_ms == incoming.at_ms else msgspec.structs.replace(first, at_ms=incoming.at_ms)
        examined.append(Examined(incoming, finding, _arrival(finding)))
    return examined


def _recognised(
    incoming: Incoming, registered: Mapping[KioskId, RegisteredKiosk], held: Mapping[bytes, Held]
) -> Repeated | None:
    came_from = origin(incoming.topic)
    known = held.get(incoming.digest()) if held and came_from is not None and came_from[2] is Up.EVENT else None
    if came_from is None or known is None:
        return None
    where, who, _ = came_from
    kiosk = registered.get(who)
    if kiosk is None or not kiosk.active or kiosk.shard != where or known[0] != who:
        return None
    return Repeated(kiosk, known[1])


def _arrival(message: Finding) -> Arrival | None:
    if not isinstance(message, Verified) or not isinstance(message.body, EnrollmentCaptured):
        return None
    kiosk = message.kiosk
    return Arrival(
        entry=entry(kiosk.id, message.body, digest(message.signed)),
        facility=kiosk.facility,
        province=kiosk.province,
        body=message.body,
        signed=message.signed,
        attachment=message.attachment,
        at_ms=message.at_ms,
    )


def _is_event(incoming: Incoming) -> bool:
    came_from = origin(incoming.topic)
    return came_from is not None and came_from[2] is Up.EVENT
