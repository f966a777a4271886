# SPDX-License-Identifier: Apache-2.0
"""The screen's side of the door: sealed bytes and their evidence become a signed, chained event in one transaction.

It never sees what is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from kiosk import device
from kiosk.records.own_key import signed
from kiosk.records.pipe import AskThis
from kiosk.store import inbox, outbox
from kiosk.store.database import DiskFullError, Store, StoreError, UncertainError
from wire.asks import About, Ask
from wire.chain import promise_after_commit
from wire.envelope import Sealed, digest, encode, join
from wire.events import Counted, EnrollmentCaptured, Parent, Profile, lapse_ms
from wire.ids import AskId, EventId, FacilityCode, KioskId, StreamId
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.records.pipe import FileThis
    from wire.chain import Link
    from wire.sealing import SealingKey

log = structlog.get_logger()

STATUS_ASK_MS = 30_000  # a person waits for it
HAND_OVER_ASK_MS = 300_000  # and for what they do on their phone: longer than the screen waits
OUTCOME_ASK_MS = 180_000  # the PIN, and then the activation, while the screen shows it
_LASTS_MS = {
    About.STATUS: STATUS_ASK_MS,
    About.STAFF: STATUS_ASK_MS,
    About.TICKET: STATUS_ASK_MS,
    About.HAND_OVER: HAND_OVER_ASK_MS,
    About.OUTCOME: OUTCOME_ASK_MS,
    About.NEW_CODE: OUTCOME_ASK_MS,
}


class DeviceCounter(Protocol):
    """A count of filed events that lives outside the card, where a restored card cannot reach it."""

    def value(self) -> int | None:
        """How many events were filed since the kiosk's key was made; None when nothing here counts."""

    def raise_to(self, value: int) -> None:
        """Count up to `value`; never down."""


class NoCounter:
    """A kiosk whose card is all that it has: events that a restored card forgot before they left are not missed."""

    def value(self) -> None:
        """Nothing here counts."""

    def raise_to(self, value: int) -> None:
        """Count nothing."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Files under one stream: one process start, one `Filing`."""

    store: Store
    key: SigningKey
    sealed_to: SealingKey
    kiosk: KioskId
    facility: FacilityCode
    profile: Profile
    release: str
    stream: StreamId
    counter: DeviceCounter = field(default_factory=NoCounter)

    def file(self, record: FileThis) -> str:
        """Sign and store an event, and leave its outcome question for the courier.

        Returns:
            The short code that a person may write down; it names nobody.

        Raises:
            UncertainError: whether the record is in the file cannot be found out now; nothing was promised.
            StoreError: the record is not in the file, and nothing was promised.
        """
        event = EventId(record.event)
        return promise_after_commit(
            commit=lambda: self._commit(event, record),
            count=self._count,
            promise=lambda: self._promise(event, record),
        )

    def _commit(self, event: EventId, record: FileThis) -> None:
        """Store the event once or not at all, and know which (security design, 5.4, hole 12).

        1. An error does not mean that nothing was stored: the event is looked for before it is tried again.
        2. What is found is written through, because the sync that failed may be the one that keeps it.
        3. What is not found is tried once more, unless the disk is full.
        """
        try:
            self._append(event, record)
        except StoreError as error:
            if self._found(event):
                return
            if isinstance(error, DiskFullError):
                raise
        else:
            return
        log.warning("filing_again", event_id=event)
        try:
            self._append(event, record)
        except StoreError:
            if not self._found(event):
                raise

    def _found(self, event: EventId) -> bool:
        try:
            self.store.reopen()
            held = outbox.holds(self.store, event)
            if held:
                self.store.write_through()
        except StoreError as error:
            message = f"Whether the record was stored is not known. {error}"
            raise UncertainError(message) from error
        return held

    def _count(self, _committed: None) -> None:
        if self.counter.value() is None:
            return
        try:
            self.counter.raise_to(outbox.counted(self.store))
        except StoreError as error:
            # The record is kept, and the next one counts this one too: a counter that is behind tells of no loss.
            log.error("not_counted", technician=str(error))  # noqa: TRY400 - that is the whole story

    def _promise(self, event: EventId, record: FileThis) -> str:
        try:
            self.ask(AskThis(record.ask, About.OUTCOME, event, record.sealed_ask))
        except StoreError as error:
            # The record is kept; only its PIN cannot be shown here and now.
            log.error("ask_not_stored", event_id=event, technician=str(error))  # noqa: TRY400 - that is the whole story
        return short_code(event)

    def ask(self, question: AskThis) -> None:
        """Sign a sealed question and leave it for the courier."""
        asked_ms = device.wall_ms()
        expires_ms = asked_ms + _LASTS_MS[question.about]
        body = Ask(
            v=1,
            id=question.ask,
            kiosk=self.kiosk,
            about=question.about,
            event=question.event,
            asked_ms=asked_ms,
            expires_ms=expires_ms,
            sealed=Sealed.of(self.sealed_to.kid, question.sealed),
            evidence=question.evidence,
        )
        message = join(signed(self.key, Kind.ASK, encode(body)), question.sealed)
        inbox.put(self.store, AskId(question.ask), message, expires_ms)

    def _append(self, event: EventId, record: FileThis) -> None:
        at = device.moment()

        def sign(link: Link) -> tuple[bytes, bytes]:
            body = EnrollmentCaptured(
                v=1,
                id=event,
                kiosk=self.kiosk,
                stream=link.stream,
                seq=link.seq,
                prev=None if link.prev is None else link.prev.hex(),
                parent=None if link.parent is None else Parent.of(link.parent),
                at=at,
                profile=self.profile,
                facility=self.facility,
                release=self.release,
                evidence=record.evidence,
                sealed=Sealed.of(self.sealed_to.kid, record.sealed),
                counter=None if link.counter is None else Counted.of(link.counter),
                kept_hours=record.kept_hours,
            )
            frozen = signed(self.key, Kind.EVENT, encode(body))
            return frozen, digest(frozen)

        outbox.append(
            self.store,
            event=event,
            stream=self.stream,
            attachment=record.sealed,
            filed_ms=at.wall_ms,
            sign=sign,
            device_count=self.counter.value(),
            until_ms=lapse_ms(at, record.kept_hours),
        )


def short_code(event: EventId) -> str:
    """The last eight digits of a random id, for a person to note and a helper to look up."""
    tail = event.replace("-", "")[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"
