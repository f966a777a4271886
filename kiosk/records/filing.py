# SPDX-License-Identifier: Apache-2.0
"""The screen's side of the door: sealed bytes and their evidence become a signed, chained event in one transaction.

It never sees what is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from kiosk import device
from kiosk.store import inbox, outbox
from kiosk.store.database import Store, StoreError
from wire.asks import About, Ask
from wire.chain import promise_after_commit
from wire.envelope import Sealed, digest, encode, join
from wire.events import Counted, EnrollmentCaptured, Parent, Profile
from wire.ids import AskId, EventId, FacilityCode, KioskId, StreamId
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.records.pipe import AskThis, FileThis
    from wire.chain import Link
    from wire.sealing import SealingKey

log = structlog.get_logger()

STATUS_ASK_MS = 30_000  # a person waits for it
OUTCOME_ASK_MS = 180_000  # the PIN, and then the activation, while the screen shows it


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
            StoreError: the record is not in the file, and nothing was promised.
        """
        event = EventId(record.event)
        return promise_after_commit(
            commit=lambda: self._commit(event, record),
            count=self._count,
            promise=lambda: self._promise(event, record),
        )

    def _commit(self, event: EventId, record: FileThis) -> Link | None:
        places: list[Link] = []
        try:
            self._append(event, record, places)
        except StoreError:
            # An I/O error does not mean that nothing was stored (security design, 5.4, hole 12).
            self.store.reopen()
            if not outbox.holds(self.store, event):
                raise
        return places[-1] if places else None

    def _count(self, place: Link | None) -> None:
        if place is not None and place.counter is not None:
            self.counter.raise_to(place.counter.value)

    def _promise(self, event: EventId, record: FileThis) -> str:
        try:
            self._ask(AskId(record.ask), About.OUTCOME, event, record.sealed_ask, OUTCOME_ASK_MS)
        except StoreError as error:
            # The record is kept; only its PIN cannot be shown here and now.
            log.error("ask_not_stored", event_id=event, technician=str(error))  # noqa: TRY400 - that is the whole story
        return short_code(event)

    def ask(self, question: AskThis) -> None:
        """Sign a sealed question and leave it for the courier."""
        self._ask(AskId(question.ask), question.about, None, question.sealed, STATUS_ASK_MS)

    def _append(self, event: EventId, record: FileThis, places: list[Link]) -> None:
        at = device.moment()

        def sign(link: Link) -> tuple[bytes, bytes]:
            places.append(link)
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
            )
            signed = self.key.sign(Kind.EVENT, encode(body))
            return signed, digest(signed)

        outbox.append(
            self.store,
            event=event,
            stream=self.stream,
            attachment=record.sealed,
            filed_ms=at.wall_ms,
            sign=sign,
            device_count=self.counter.value(),
        )

    def _ask(self, ask: AskId, about: About, event: EventId | None, sealed: bytes, lasts_ms: int) -> None:
        asked_ms = device.wall_ms()
        body = Ask(
            v=1,
            id=ask,
            kiosk=self.kiosk,
            about=about,
            event=event,
            asked_ms=asked_ms,
            expires_ms=asked_ms + lasts_ms,
            sealed=Sealed.of(self.sealed_to.kid, sealed),
        )
        message = join(self.key.sign(Kind.ASK, encode(body)), sealed)
        inbox.put(self.store, ask, message, asked_ms + lasts_ms)


def short_code(event: EventId) -> str:
    """The last eight digits of a random id, for a person to note and a helper to look up."""
    tail = event.replace("-", "")[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"
