# SPDX-License-Identifier: Apache-2.0
"""A batch of incoming messages becomes one committed transaction, and then what its kiosks are told.

Bytes in, messages out: it knows no broker. What cannot be committed together is committed one by one, so that one
message can spoil neither its neighbours nor the courier.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from fleet.announcements import numbers
from fleet.announcements.book import lists
from fleet.courier import metrics, quarantine
from fleet.courier.batch import Batch
from fleet.courier.examining import Examined, Held, event_digests, examine, senders
from fleet.courier.reception import NOBODY, Incoming, origin, refuse
from fleet.devices import order_book
from fleet.devices.help_calls import acknowledgements
from fleet.devices.registry import look_up
from fleet.enrollments.ledger import already_held
from fleet.store.replication import Standby
from fleet.store.session import reading, unit_of_work
from wire.announcements import Announcements
from wire.chain import receipt_after_commit
from wire.envelope import seal_message
from wire.help_calls import HelpAcknowledged
from wire.help_numbers import HelpNumberTold
from wire.ids import KioskId
from wire.orders import Order
from wire.receipts import Receipt
from wire.signing import Kind
from wire.topics import Down, down

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from fleet.devices.registry import RegisteredKiosk
    from wire.signing import SigningKey

    Word = Receipt | Announcements | HelpAcknowledged | HelpNumberTold | Order
    Told = tuple[RegisteredKiosk, Word]

DATABASE_AWAY = (OperationalError, InterfaceError)
_EXAMINERS = min(4, os.cpu_count() or 1)  # a signature check leaves the interpreter to others while it lasts
_SHARE = 32  # messages for which another thread is worth its while
_log = structlog.get_logger()
_UNSTORABLE = "unstorable"
_ROADS: Mapping[type[Word], tuple[Down, Kind]] = {
    Receipt: (Down.RECEIPT, Kind.RECEIPT),
    Announcements: (Down.ANNOUNCEMENTS, Kind.ANNOUNCEMENTS),
    HelpAcknowledged: (Down.HELP, Kind.HELP),
    Order: (Down.ORDER, Kind.ORDER),
    HelpNumberTold: (Down.HELP_NUMBER, Kind.HELP_NUMBER),
}


@dataclass(frozen=True, slots=True, repr=False)
class Outbound:
    """A message for one topic."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Examination:
    """A batch as it was examined, None when that failed, and how its kiosks were registered then."""

    messages: Sequence[Incoming]
    registered: Mapping[KioskId, RegisteredKiosk]
    examined: Sequence[Examined] | None


class Committer:
    """Takes batches, commits them, and says what to publish. A batch may be examined while another is committed."""

    def __init__(self, engine: Engine, receipt_key: SigningKey, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._key = receipt_key
        self._now_ms = now_ms
        self._standby = Standby(engine)
        self._examiners = ThreadPoolExecutor(_EXAMINERS, thread_name_prefix="examiner")

    def take(self, messages: Sequence[Incoming]) -> list[Outbound]:
        """Examine and commit a batch, and return its receipts, and what whoever said HELLO shows.

        Where somebody waits for a helper, who comes is said too, and to whom something was ordered, what.

        Raises:
            OperationalError, InterfaceError: the database is away; give the same batch again.
        """
        return self.commit(self.examine(messages))

    def examine(self, messages: Sequence[Incoming]) -> Examination:
        """Verify a batch outside any transaction of its own.

        Raises:
            OperationalError, InterfaceError: the database is away; give the same batch again.
        """
        with reading(self._engine) as connection:
            registered = look_up(connection, senders(messages), locked=False)
            held = already_held(connection, event_digests(messages))
        return Examination(messages, registered, self._examined(messages, registered, held))

    def _examined(
        self, messages: Sequence[Incoming], registered: Mapping[KioskId, RegisteredKiosk], held: Mapping[bytes, Held]
    ) -> list[Examined]:
        size = max(_SHARE, -(-len(messages) // _EXAMINERS))
        shares = [messages[first : first + size] for first in range(0, len(messages), size)]
        if len(shares) < 2:  # noqa: PLR2004 - nothing to share
            return examine(messages, registered, held)
        found = self._examiners.map(lambda share: examine(share, registered, held), shares)
        return [each for share in found for each in share]

    def commit(self, batch: Examination) -> list[Outbound]:
        """Commit an examined batch and return its receipts.

        Raises:
            OperationalError, InterfaceError: the database is away; give the same batch again.
        """
        try:
            return self._committed(batch)
        except DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001 - whatever one message did, its neighbours are committed without it
            _log.exception("batch_taken_apart", messages=len(batch.messages))
        return [receipt for message in batch.messages for receipt in self._alone(message)]

    def _alone(self, message: Incoming) -> list[Outbound]:
        try:
            return self._committed(self.examine([message]))
        except DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001 - and it is kept for a technician
            _log.exception("message_unstorable", size_bytes=len(message.payload))
        came_from = origin(message.topic)
        who, kind = came_from[1:] if came_from is not None else (NOBODY, NOBODY)
        with unit_of_work(self._engine) as connection:
            quarantine.keep(connection, [refuse(message, who, kind, _UNSTORABLE, signed=True)])
        return []

    def _committed(self, batch: Examination) -> list[Outbound]:
        return receipt_after_commit(commit=lambda: self._settled(batch), tell=self._sealed)

    def announcements(self, ids: Sequence[KioskId]) -> list[Outbound]:
        """What stands now at each of these kiosks that is still believed, and whom people there may call."""
        with reading(self._engine) as connection:
            kiosks = [each for each in look_up(connection, ids, locked=False).values() if each.active]
        return self._sealed([*self._announced(kiosks), *self._numbered(kiosks)])

    def helpers(self, ids: Sequence[KioskId]) -> list[Outbound]:
        """Who comes to these kiosks, of those that are still believed."""
        with reading(self._engine) as connection:
            kiosks = look_up(connection, ids, locked=False).values()
        return self._sealed(self._helped([each for each in kiosks if each.active]))

    def orders(self, ids: Sequence[KioskId]) -> list[Outbound]:
        """What was ordered of these kiosks, of those that are still believed; it is noted as sent first."""
        with unit_of_work(self._engine) as connection:
            known = look_up(connection, ids)
            due = order_book.leaving(connection, ids, self._now_ms())
        return self._sealed([(known[KioskId(each.kiosk)], each) for each in due])

    def _settled(self, batch: Examination) -> Sequence[Told]:
        horizon = self._standby.horizon()
        with unit_of_work(self._engine) as connection:
            settling = Batch(connection, _as_registered_now(connection, batch))
            settling.settle()
            receipts = settling.receipts(self._now_ms(), horizon)
        metrics.committed(
            batch.messages, settling.outcomes, settling.refusals, receipts=len(receipts), now_ms=self._now_ms()
        )
        greeting = [kiosk for kiosk, receipt in receipts if receipt.nonce is not None]
        helped, numbered = self._helped(settling.calling()), self._numbered(greeting)
        return [*receipts, *self._announced(greeting), *numbered, *helped, *settling.orders()]

    def _announced(self, kiosks: Sequence[RegisteredKiosk]) -> list[Told]:
        """The list of each."""

        def found(connection: Connection) -> Sequence[Announcements]:
            return lists(connection, {kiosk.id: kiosk.province for kiosk in kiosks}, self._now_ms())

        return self._beside("nothing_announced", kiosks, found)

    def _numbered(self, kiosks: Sequence[RegisteredKiosk]) -> list[Told]:
        """Whom people at each may call."""

        def found(connection: Connection) -> Sequence[HelpNumberTold]:
            places = {kiosk.id: (kiosk.province, kiosk.facility) for kiosk in kiosks}
            return numbers.told(connection, places, self._now_ms())

        return self._beside("no_help_number_told", kiosks, found)

    def _helped(self, kiosks: Sequence[RegisteredKiosk]) -> list[Told]:
        """Who comes to each, where somebody has acknowledged."""

        def found(connection: Connection) -> Sequence[HelpAcknowledged]:
            return acknowledgements(connection, [kiosk.id for kiosk in kiosks], self._now_ms())

        return self._beside("no_helper_told", kiosks, found)

    def _beside(
        self,
        complaint: str,
        kiosks: Sequence[RegisteredKiosk],
        found: Callable[[Connection], Sequence[Announcements | HelpAcknowledged | HelpNumberTold]],
    ) -> list[Told]:
        """What is found for these kiosks; nothing when it cannot be made, for no receipt waits for it."""
        if not kiosks:
            return []
        known = {kiosk.id: kiosk for kiosk in kiosks}
        try:
            with reading(self._engine) as connection:
                return [(known[KioskId(each.kiosk)], each) for each in found(connection)]
        except DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001 - as above: a row that somebody mended by hand, say
            _log.exception(complaint)
            return []

    def _sealed(self, told: Sequence[Told]) -> list[Outbound]:
        return [Outbound(*_addressed(self._key, kiosk, body)) for kiosk, body in told]


def _addressed(key: SigningKey, kiosk: RegisteredKiosk, body: Word) -> tuple[str, bytes]:
    where, kind = _ROADS[type(body)]
    return down(kiosk.shard, kiosk.id, where), seal_message(key, kind, body)


def _as_registered_now(connection: Connection, batch: Examination) -> Sequence[Examined]:
    """The batch as its kiosks are registered now, locked: since it was examined one may have been revoked or moved."""
    registered = look_up(connection, senders(batch.messages))
    if batch.examined is not None and registered == batch.registered:
        return batch.examined
    return examine(batch.messages, registered, already_held(connection, event_digests(batch.messages)))
