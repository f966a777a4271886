# SPDX-License-Identifier: Apache-2.0
"""One batch inside one transaction: each message is settled, refused or recognised, and each kiosk's receipt is due.

It commits nothing and publishes nothing; a receipt may leave only after its transaction has ended well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from fleet.courier import quarantine
from fleet.courier.reception import Body, Incoming, Refusal, Verified, origin, receive, refuse
from fleet.devices.registry import RegisteredKiosk, look_up
from fleet.devices.sightings import reported, seen
from fleet.enrollments import questions
from fleet.enrollments.acceptance import Arrival, Settled, accept, already_held
from fleet.enrollments.marks import EVERY, RECENT, check_pruned, marks, named
from wire.chain import Verdict
from wire.events import EnrollmentCaptured
from wire.hello import Heartbeat, Hello
from wire.receipts import Receipt
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from wire.asks import Ask
    from wire.ids import KioskId

_log = structlog.get_logger()
_KEPT_ASIDE = frozenset({Verdict.EQUIVOCATION, Verdict.FORK, Settled.ID_TAKEN})
_NOT_KEPT = frozenset({questions.Kept.ID_TAKEN, questions.Kept.TOO_MANY})


@dataclass(slots=True)
class _Owed:
    """What one kiosk is owed after the commit: receipts that name the streams heard of, one for each HELLO."""

    kiosk: RegisteredKiosk
    streams: set[str] = field(default_factory=set)
    nonces: list[str] = field(default_factory=list)


class Batch:
    """Settles messages one after another; every kiosk that is heard of is locked until the transaction ends."""

    def __init__(self, connection: Connection, messages: Sequence[Incoming]) -> None:
        self._connection = connection
        self._messages = messages
        origins = [found for message in messages if (found := origin(message.topic)) is not None]
        self._registered = look_up(connection, {kiosk for _, kiosk, _ in origins})
        self._held = already_held(connection, {_digest(m) for m in messages if _is_event(m)})
        self._owed: dict[KioskId, _Owed] = {}
        self._seen: set[KioskId] = set()

    def settle(self) -> None:
        """Settle every message; nothing that a message says makes this raise."""
        for incoming in self._messages:
            if self._recognise(incoming):
                continue
            message = receive(incoming, self._registered)
            refusal = message if isinstance(message, Refusal) else self._settled(incoming, message)
            if refusal is not None:
                quarantine.keep(self._connection, refusal)
                _log.warning("message_refused", kiosk=refusal.kiosk, kind=refusal.kind, reason=refusal.reason)

    def receipts(self, now_ms: int) -> Iterator[tuple[RegisteredKiosk, Receipt]]:
        """What each kiosk may be told once this transaction is committed."""
        for owed in self._owed.values():
            who, heard = owed.kiosk.id, owed.streams
            nonces: list[str | None] = [*owed.nonces] or [None]
            for nonce in nonces:
                held = marks(self._connection, who, heard=heard, at_most=EVERY if nonce else RECENT)
                yield owed.kiosk, Receipt(v=1, kiosk=who, nonce=nonce, marks=held, at_ms=now_ms)

    def _recognise(self, incoming: Incoming) -> bool:
        """Whether this same kiosk has delivered these bytes before: no signature is checked again."""
        came_from = origin(incoming.topic)
        held = self._held.get(_digest(incoming)) if came_from is not None and came_from[2] is Up.EVENT else None
        if came_from is None or held is None:
            return False
        where, who, _ = came_from
        kiosk = self._registered.get(who)
        if kiosk is None or not kiosk.active or kiosk.shard != where or held[0] != who:
            return False
        self._owe(kiosk).streams.add(held[1])
        return True

    def _settled(self, incoming: Incoming, message: Verified[Body]) -> Refusal | None:
        kiosk, body = message.kiosk, message.body
        if kiosk.id not in self._seen:  # once a batch is often enough
            seen(self._connection, kiosk.id, message.at_ms)
            self._seen.add(kiosk.id)
        reason: str | None = None
        if isinstance(body, EnrollmentCaptured):
            reason = self._event(message, body)
        elif isinstance(body, Hello):
            self._hello(message, body)
        elif isinstance(body, Heartbeat):
            reported(self._connection, kiosk.id, body, message.at_ms)
        else:
            reason = self._ask(message, body)
        if reason is None:
            return None
        return refuse(incoming, kiosk.id, _kind(incoming), reason, signed=True)

    def _event(self, message: Verified[Body], body: EnrollmentCaptured) -> str | None:
        kiosk = message.kiosk
        self._owe(kiosk).streams.add(body.stream)
        arrival = Arrival(
            kiosk=kiosk.id,
            facility=kiosk.facility,
            province=kiosk.province,
            body=body,
            signed=message.signed,
            digest=hashlib.sha256(message.signed).digest(),
            attachment=message.attachment,
            at_ms=message.at_ms,
        )
        verdict = accept(self._connection, arrival)
        _log.debug("event_judged", kiosk=kiosk.id, event_id=body.id, verdict=str(verdict))
        return str(verdict) if verdict in _KEPT_ASIDE else None

    def _hello(self, message: Verified[Body], body: Hello) -> None:
        owed = self._owe(message.kiosk)
        owed.nonces.append(body.nonce)
        owed.streams.update(named(body))
        check_pruned(self._connection, body, message.kiosk.id, message.at_ms)

    def _ask(self, message: Verified[Body], body: Ask) -> str | None:
        kept = questions.keep(self._connection, message.kiosk.id, body, message.attachment, message.at_ms)
        return str(kept) if kept in _NOT_KEPT else None

    def _owe(self, kiosk: RegisteredKiosk) -> _Owed:
        return self._owed.setdefault(kiosk.id, _Owed(kiosk))


def _is_event(incoming: Incoming) -> bool:
    came_from = origin(incoming.topic)
    return came_from is not None and came_from[2] is Up.EVENT


def _kind(incoming: Incoming) -> str:
    came_from = origin(incoming.topic)
    return str(came_from[2]) if came_from is not None else ""


def _digest(incoming: Incoming) -> bytes:
    return hashlib.sha256(incoming.signed()).digest()
