# SPDX-License-Identifier: Apache-2.0
"""A batch of incoming messages becomes one committed transaction, and then the receipts to publish.

Bytes in, messages out: it knows no broker. What cannot be committed together is committed one by one, so that one
message can spoil neither its neighbours nor the courier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from fleet.courier import quarantine
from fleet.courier.batch import Batch
from fleet.courier.examining import event_digests, examine, senders
from fleet.courier.reception import NOBODY, Incoming, origin, refuse
from fleet.devices.registry import look_up
from fleet.enrollments.ledger import already_held
from fleet.store.session import unit_of_work
from wire.chain import receipt_after_commit
from wire.envelope import seal_message
from wire.signing import Kind
from wire.topics import Down, down

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

    from fleet.devices.registry import RegisteredKiosk
    from wire.receipts import Receipt
    from wire.signing import SigningKey

DATABASE_AWAY = (OperationalError, InterfaceError)
_log = structlog.get_logger()
_UNSTORABLE = "unstorable"


@dataclass(frozen=True, slots=True, repr=False)
class Outbound:
    """A message for one topic."""

    topic: str
    payload: bytes


class Committer:
    """Takes batches, commits them, and says what to publish."""

    def __init__(self, engine: Engine, receipt_key: SigningKey, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._key = receipt_key
        self._now_ms = now_ms

    def commit(self, messages: Sequence[Incoming]) -> list[Outbound]:
        """Commit a batch and return its receipts.

        Raises:
            OperationalError, InterfaceError: the database is away; give the same batch again.
        """
        try:
            return self._committed(messages)
        except DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001 - whatever one message did, its neighbours are committed without it
            _log.exception("batch_taken_apart", messages=len(messages))
        return [receipt for message in messages for receipt in self._alone(message)]

    def _alone(self, message: Incoming) -> list[Outbound]:
        try:
            return self._committed([message])
        except DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001 - and it is kept for a technician
            _log.exception("message_unstorable", size_bytes=len(message.payload))
        came_from = origin(message.topic)
        who, kind = came_from[1:] if came_from is not None else (NOBODY, NOBODY)
        with unit_of_work(self._engine) as connection:
            quarantine.keep(connection, [refuse(message, who, kind, _UNSTORABLE, signed=True)])
        return []

    def _committed(self, messages: Sequence[Incoming]) -> list[Outbound]:
        return receipt_after_commit(commit=lambda: self._settled(messages), tell=self._sealed)

    def _settled(self, messages: Sequence[Incoming]) -> Sequence[tuple[RegisteredKiosk, Receipt]]:
        with unit_of_work(self._engine) as connection:
            registered = look_up(connection, senders(messages))
            held = already_held(connection, event_digests(messages))
            batch = Batch(connection, examine(messages, registered, held))
            batch.settle()
            return batch.receipts(self._now_ms())

    def _sealed(self, receipts: Sequence[tuple[RegisteredKiosk, Receipt]]) -> list[Outbound]:
        return [
            Outbound(down(kiosk.shard, kiosk.id, Down.RECEIPT), seal_message(self._key, Kind.RECEIPT, receipt))
            for kiosk, receipt in receipts
        ]
