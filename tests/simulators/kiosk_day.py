# SPDX-License-Identifier: Apache-2.0
"""A day of work at a kiosk's store, by the functions that its two processes call, and what each call promised.

People come, ask, are filed and told; receipts move the marks and may move them back; what is old is erased; processes
start anew. Both processes are connections of this one, so that a seed gives the same day again.
Source of the work: kiosk/records/desk.py and kiosk/courier/delivery.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kiosk import device
from kiosk.records.filing import DeviceCounter, Filing
from kiosk.records.pipe import AskThis, FileThis
from kiosk.store import card_reads, inbox, noticeboard, orders, outbox
from kiosk.store.card_reads import CardRead
from kiosk.store.database import Store
from tests.simulators.kiosk_wire import EVIDENCE
from tests.simulators.store_audit import SECRET_SIZE, State, as_attached, secret, state_of
from wire.asks import About
from wire.chain import Marks
from wire.envelope import digest
from wire.events import Profile
from wire.ids import AskId, KeyId, StreamId, facility_code, kiosk_id
from wire.orders import Op
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    import random
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

EVENT_KEY = SigningKey.generate(KeyId("k-udon-01#1"))
_SEALED_TO = OpeningKey.generate(KeyId("relay#1")).public()
FILE = "store.db"
_SIZES = (540, 540, 540, 6000)  # a sealed identity's, and now and then one that takes pages of its own
_KEPT_HOURS = 24  # of one in three: as if it was taken without a network
_LATER_MS = outbox.RETENTION_MS + 60_000


@dataclass(frozen=True, slots=True)
class Promise:
    """What one call does: the states it passes through, the last of which it promises when it returns."""

    states: tuple[State, ...]
    erases: frozenset[bytes]


@dataclass(slots=True)
class Witness:
    """Writes down what each call promised. `mark` gets 2n before and 2n + 1 after the n-th call."""

    mark: Callable[[int], None]
    promises: list[Promise] = field(default_factory=list)

    def see(
        self,
        work: Callable[[], object],
        state: Callable[[], State],
        *,
        erases: Iterable[bytes] = (),
        first: tuple[str, ...] = (),
    ) -> None:
        """Do the work. `first` names the tables that it commits before others, in a transaction of their own."""
        n = len(self.promises)
        self.mark(2 * n)
        work()
        self.mark(2 * n + 1)
        after = state()
        states: tuple[State, ...] = (after,)
        if first:
            before = self.promises[-1].states[-1]
            states = ({**before, **{name: after[name] for name in first}}, after)
        self.promises.append(Promise(states, frozenset(erases)))


class Chances:
    """What differs from one day to another, from a seed."""

    def __init__(self, chance: random.Random) -> None:
        """Draw from `chance`."""
        self.chance = chance

    def stream(self) -> StreamId:
        """A process's stream."""
        return StreamId(self.chance.randbytes(12).hex())

    def uuid7(self) -> str:
        """An event's or a question's id."""
        return f"01990000-{self.chance.randbytes(2).hex()}-7000-8000-{self.chance.randbytes(6).hex()}"

    def sealed(self, size_bytes: int) -> bytes:
        """Something that only its receiver could open."""
        return secret(self.chance) + self.chance.randbytes(size_bytes - SECRET_SIZE)

    def record(self) -> FileThis:
        """What a person's process hands over to be filed."""
        size_bytes = self.chance.choice(_SIZES)
        kept_hours = self.chance.choice((None, None, _KEPT_HOURS))
        return FileThis(self.uuid7(), EVIDENCE, self.sealed(size_bytes), self.uuid7(), self.sealed(200), kept_hours)


class DeviceCount:
    """A count outside the card."""

    def __init__(self, value: int) -> None:
        """Begin where the card is."""
        self._value = value

    def value(self) -> int:
        """See `DeviceCounter`."""
        return self._value

    def raise_to(self, value: int) -> None:
        """See `DeviceCounter`."""
        self._value = max(self._value, value)


def filing_at(store: Store, stream: StreamId, counter: DeviceCounter) -> Filing:
    """The kiosk's door over a store."""
    return Filing(
        store=store,
        key=EVENT_KEY,
        sealed_to=_SEALED_TO,
        kiosk=kiosk_id("k-udon-01"),
        facility=facility_code("10670"),
        profile=Profile.TEST,
        release="0.1.0",
        stream=stream,
        counter=counter,
    )


class Day:
    """One kiosk at work on the file in `folder`; `tune` gets each connection as it is opened."""

    def __init__(
        self, folder: Path, chance: random.Random, witness: Witness, tune: Callable[[sqlite3.Connection], object]
    ) -> None:
        """Open the file for the first time."""
        self._path = folder / FILE
        self._chance = chance
        self._chances = Chances(chance)
        self._witness = witness
        self._tune = tune
        self._filed: dict[StreamId, int] = {}
        self._ordered = 0
        self._device_count = DeviceCount(0)
        self._see(self._open)

    def work(self, people: int) -> None:
        """Let so many people come, and what else happens on a day."""
        for _ in range(people):
            self._person()
            if self._chance.random() < 0.5:
                self._receipt()
            if self._chance.random() < 0.15:
                self._clear_out()
            if self._chance.random() < 0.1:
                self._see(self._restart)
        self._receipt()
        self._order()
        self._clear_out()

    def close(self) -> None:
        """End both processes."""
        self._screen.close()
        self._courier.close()

    def _open(self) -> None:
        self._screen, self._courier = self._opened(), self._opened()
        self._stream = self._chances.stream()
        self._filing = filing_at(self._screen, self._stream, self._device_count)

    def _opened(self) -> Store:
        store = Store(self._path)
        with store.reading() as connection:
            self._tune(connection)
        return store

    def _restart(self) -> None:
        self.close()
        self._open()

    def _see(self, work: Callable[[], object], *, erases: Iterable[bytes] = (), first: tuple[str, ...] = ()) -> None:
        self._witness.see(work, self._state, erases=erases, first=first)

    def _state(self) -> State:
        with self._courier.reading() as connection:
            return state_of(connection)

    def _person(self) -> None:
        """One person: asked about, filed, told, forgotten."""
        question = AskThis(self._chances.uuid7(), About.STATUS, None, self._chances.sealed(200))
        asked, answer = AskId(question.ask), self._chances.sealed(300)
        record = self._chances.record()
        self._see(self._screen.check)
        self._see(lambda: self._filing.ask(question))
        self._see(lambda: inbox.answered(self._courier, asked, 1, answer))
        self._see(lambda: self._filing.file(record), first=("event", "kept", "head", "counted"))
        self._filed[self._stream] = self._filed.get(self._stream, 0) + 1
        self._see(
            lambda: inbox.forget(self._screen, asked),
            erases=[answer[:SECRET_SIZE], as_attached(question.sealed[:SECRET_SIZE])],
        )
        self._see(
            lambda: inbox.forget(self._screen, AskId(record.ask)),
            erases=[as_attached(record.sealed_ask[:SECRET_SIZE])],
        )
        self._see(lambda: noticeboard.count_ending(self._screen, "filed"))
        self._see(lambda: card_reads.note(self._screen, CardRead(1, "ok", 45, 0, 40.5, 3100.0)))

    def _receipt(self) -> None:
        """A receipt for what was filed, or the answer to a HELLO from a ledger that forgot a little."""
        goes_back = self._chance.random() < 0.2
        marks = {}
        for stream, filed in self._filed.items():
            acked = max(0, filed - (self._chance.randrange(3) if goes_back else 0))
            marks[stream] = Marks(acked, max(0, acked - self._chance.randrange(2)))
        self._see(lambda: outbox.settle(self._courier, marks, may_go_back=goes_back))

    def _order(self) -> None:
        """The kiosk is closed and opened by two orders, each carried out once, and a receipt names their results."""
        for op in (Op.CLOSE, Op.REOPEN):
            self._ordered += 1
            self._carry_out(op, self._ordered)

    def _carry_out(self, op: Op, n: int) -> None:
        nonce, result = f"{n:032x}", f"result {n}".encode()
        now = orders.Book(last=n, resting=op is Op.CLOSE)
        self._see(lambda: orders.draw(self._screen, nonce))
        self._see(lambda: orders.bring(self._courier, nonce, n, b"order"))
        self._see(lambda: orders.take(self._screen, now, result))
        self._see(lambda: orders.settle(self._courier, [digest(result).hex()]))

    def _clear_out(self) -> None:
        """A month later: an identity whose time is over is erased, and then what is archived."""
        now_ms = device.wall_ms() + _LATER_MS
        with self._courier.reading() as connection:
            lapsing = connection.execute(
                "SELECT substr(attachment, 1, ?) FROM event JOIN kept ON kept.event = event.id", (SECRET_SIZE,)
            ).fetchall()
        self._see(lambda: outbox.erase_lapsed(self._courier, now_ms), erases=[row[0] for row in lapsing])
        with self._courier.reading() as connection:
            going = connection.execute(
                "SELECT substr(attachment, 1, ?) FROM event JOIN mark USING (stream)"
                " WHERE seq <= archived AND attachment <> x''",
                (SECRET_SIZE,),
            ).fetchall()
        self._see(lambda: outbox.prune(self._courier, now_ms), erases=[row[0] for row in going])
