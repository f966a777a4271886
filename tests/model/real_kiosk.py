# SPDX-License-Identifier: Apache-2.0
"""A kiosk of real parts for the model to be compared with: its SQLite file, its filing and its courier's delivery."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.courier.delivery import Delivery, Keys
from kiosk.records.filing import Filing
from kiosk.records.pipe import FileThis
from kiosk.store import outbox
from kiosk.store.database import Store
from tests.simulators.kiosk_wire import EVIDENCE, WireKiosk
from wire.chain import RETENTION_MS
from wire.envelope import join, open_message, seal_message
from wire.events import Profile
from wire.hello import Hello
from wire.ids import StreamId, facility_code, new_ask_id, new_event_id
from wire.receipts import Mark, Receipt
from wire.signing import Kind, SigningKey, VerifyKey
from wire.topics import Down, Up, down

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wire.chain import Marks

LATER_MS = 1 << 50  # a moment at which every event is old
_numbers = itertools.count()


class PowerCutError(Exception):
    """The power went between two steps."""


@dataclass(slots=True)
class Counter:
    """A count outside the card; `cut` lets the power go before it counts."""

    at: int = 0
    cut: bool = False

    def value(self) -> int | None:
        """How far it has counted."""
        return self.at

    def raise_to(self, value: int) -> None:
        """Count up, unless the power goes."""
        if self.cut:
            raise PowerCutError
        self.at = max(self.at, value)


class Uncounted(Counter):
    """No count outside the card, as every kiosk is today."""

    def value(self) -> None:
        """Nothing here counts."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """What a kiosk signs with and whom it believes."""

    wire: WireKiosk
    receipts: SigningKey
    answers: VerifyKey


class RealKiosk:
    """One machine with a card in it."""

    def __init__(self, card: Path, counter: Counter, keys: Keyring) -> None:
        self.counter = counter
        self._card = card
        self._keys = keys
        self._clock_s = 0.0
        self._start()

    def _start(self) -> None:
        wire = self._keys.wire
        self.store = Store(self._card)
        self.stream: StreamId | None = None
        self._nonce: str | None = None
        keys = Keys(wire.courier_key, self._keys.receipts.public(), self._keys.answers)
        self._delivery = Delivery(store=self.store, keys=keys, kiosk=wire.id, where=wire.shard, release="1.0.0")

    def copy(self) -> Path:
        """Copy the card aside."""
        copied = self._card.with_name(f"copy-{next(_numbers)}.db")
        shutil.copy(self._card, copied)
        return copied

    def restore(self, image: Path) -> None:
        """Put a copy in the card's place; the machine starts anew."""
        self.store.close()
        shutil.copy(image, self._card)
        self._start()

    def cloned(self) -> RealKiosk:
        """The same card in another machine."""
        return RealKiosk(self.copy(), type(self.counter)(self.counter.at), self._keys)

    def restart(self) -> None:
        """Let the screen's process die and start anew."""
        self.stream = None

    def file(self, stream: StreamId, *, cut: bool = False) -> bytes:
        """File one person, and give the message that the courier sends; `cut` lets power go before the count."""
        self.stream = self.stream or stream
        wire = self._keys.wire
        filing = Filing(
            store=self.store,
            key=wire.key,
            sealed_to=wire.seals_to,
            kiosk=wire.id,
            facility=facility_code("10670"),
            profile=Profile.TEST,
            release="1.0.0",
            stream=self.stream,
            counter=self.counter,
        )
        event = new_event_id(next(_numbers))
        self.counter.cut = cut
        try:
            filing.file(FileThis(event, EVIDENCE, b"sealed", new_ask_id(next(_numbers)), b"sealed"))
        except PowerCutError:
            self.counter.cut = False
        filed = next(each for each in outbox.pending(self.store) if each.id == event)
        return join(filed.signed, filed.attachment)

    def hello(self) -> tuple[bytes, dict[str, int]]:
        """Connect and say HELLO: the message, and what it names."""
        self._clock_s += 1000
        self._delivery.disconnected(self._clock_s)
        self._delivery.connected()
        (message,) = (out.message for out in self._delivery.due(self._clock_s) if out.kind is Up.HELLO)
        body, _ = open_message(message, Kind.HELLO, self._keys.wire.courier_key.public(), Hello)
        self._nonce = body.nonce
        return message, body.pruned

    def hear(self, marks: Mapping[StreamId, Marks], *, answer: bool) -> None:
        """Take a receipt of the controller's."""
        wire = self._keys.wire
        told: dict[str, Mark] = {stream: Mark(each.acked, each.archived) for stream, each in marks.items()}
        nonce = self._nonce if answer else None
        receipt = seal_message(self._keys.receipts, Kind.RECEIPT, Receipt(1, wire.id, nonce, told, 0))
        self._delivery.arrived(down(wire.shard, wire.id, Down.RECEIPT), receipt, self._clock_s)

    def prune(self) -> None:
        """Erase what may be erased, long after."""
        outbox.prune(self.store, LATER_MS + RETENTION_MS)

    def events(self) -> list[tuple[str, int]]:
        """The places of the events on the card, in order of filing."""
        with self.store.reading() as connection:
            return connection.execute("SELECT stream, seq FROM event ORDER BY position").fetchall()

    def marks(self) -> dict[str, tuple[int, int, int]]:
        """The marks of the streams that have any."""
        with self.store.reading() as connection:
            rows = connection.execute("SELECT stream, acked, archived, pruned FROM mark").fetchall()
        return {row[0]: tuple(row[1:]) for row in rows if any(row[1:])}
