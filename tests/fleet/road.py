# SPDX-License-Identifier: Apache-2.0
"""The controller's own parts, put together over one database with the real sandbox on loopback and a clock to turn."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from sqlalchemy import func, select

from fleet.courier.committing import Committer, Outbound
from fleet.courier.dispatch import Dispatch
from fleet.courier.leases import Fixed
from fleet.courier.reception import Incoming
from fleet.devices.registry import register
from fleet.partners.idp.client import HttpIdentityProvider
from fleet.partners.idp.sandbox import Sandbox
from fleet.partners.idp.sandbox_book import Book
from fleet.partners.provider_id.client import HttpOffice
from fleet.partners.provider_id.sandbox import Sandbox as OfficeSandbox
from fleet.partners.provider_id.sandbox_book import Book as OfficeBook
from fleet.partners.stand_in import StandIn
from fleet.relay.ports import Partners, RelayKeyring
from fleet.relay.tokens import TokenKey
from fleet.relay.worker import Relay
from fleet.store.session import reading, unit_of_work
from tests.simulators.kiosk_wire import WireKiosk
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import SigningKey
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Engine, Row, Table

    from wire.ids import Shard
    from wire.receipts import Receipt

ACTIVATE_AFTER_MS = 5_000


@dataclass(slots=True)
class Clock:
    """A clock that goes only when it is turned."""

    ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def __call__(self) -> int:
        return self.ms


class Wire:
    """Where the courier publishes: a link whose connection can be cut."""

    def __init__(self) -> None:
        self.up = True
        self.sent: list[Outbound] = []
        self.acknowledged: list[Incoming] = []
        self.heard: Collection[Shard] | None = frozenset()

    def publish(self, messages: Sequence[Outbound]) -> int:
        taken = len(messages) if self.up else 0
        self.sent.extend(messages[:taken])
        return taken

    def settled(self, messages: Sequence[Incoming]) -> None:
        self.acknowledged.extend(messages)

    def listen(self, shards: Collection[Shard] | None) -> None:
        self.heard = shards


Listening = TypeVar("Listening", bound=StandIn)


@contextmanager
def listening(sandbox: Listening) -> Iterator[Listening]:
    """A stand-in at work."""
    with sandbox:
        thread = threading.Thread(target=sandbox.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield sandbox
        sandbox.shutdown()
        thread.join()


@dataclass(slots=True)
class Fleet:
    """A controller in one process, without a broker."""

    engine: Engine
    clock: Clock
    sandbox: Sandbox
    office: OfficeSandbox
    partners: Partners
    keys: RelayKeyring
    receipt_key: SigningKey
    committer: Committer
    wire: Wire
    dispatch: Dispatch
    relay: Relay

    @classmethod
    @contextmanager
    def running(cls, engine: Engine, directory: Path) -> Iterator[Fleet]:
        clock = Clock()
        book = Book(directory / "idp.db", activate_after_ms=ACTIVATE_AFTER_MS, now_ms=clock)
        keys = RelayKeyring(
            OpeningKey.generate(KeyId("relay#1")),
            TokenKey.from_text("A" * 43),
            SigningKey.generate(KeyId("relay-answer#1")),
        )
        receipt_key = SigningKey.generate(KeyId("controller#1"))
        committer, wire = Committer(engine, receipt_key, clock), Wire()
        dispatch = Dispatch(engine, committer, wire, shards=Fixed(None), now_ms=clock)
        office_book = OfficeBook(directory / "office.db", now_ms=clock)
        with (
            listening(Sandbox(book)) as sandbox,
            listening(OfficeSandbox(office_book)) as office,
            HttpIdentityProvider(sandbox.url, sandbox=True, timeout=httpx.Timeout(2.0)) as provider,
            HttpOffice(office.url, sandbox=True, timeout=httpx.Timeout(2.0)) as desk,
        ):
            partners = Partners(provider, desk)
            relay = cls.new_relay(engine, keys, partners, clock)
            yield cls(engine, clock, sandbox, office, partners, keys, receipt_key, committer, wire, dispatch, relay)
        book.close()
        office_book.close()

    @staticmethod
    def new_relay(engine: Engine, keys: RelayKeyring, partners: Partners, clock: Clock) -> Relay:
        return Relay(engine, keys, partners, sandbox=True, poll_first_ms=1000, now_ms=clock)

    def restart_relay(self) -> None:
        self.relay = self.new_relay(self.engine, self.keys, self.partners, self.clock)

    def kiosk(self, name: str = "udon-01", **place: Any) -> WireKiosk:  # noqa: ANN401 - any of its fields
        """A registered kiosk."""
        kiosk = WireKiosk(kiosk_id(name), self.keys.opening.public(), **place)
        with unit_of_work(self.engine) as connection:
            register(connection, kiosk.registration(), self.clock())
        return kiosk

    def deliver(self, kiosk: WireKiosk, *messages: bytes, kind: Up = Up.EVENT) -> list[Receipt]:
        """Messages on the kiosk's own topic, and the receipts that come back to it."""
        return [
            kiosk.read_receipt(receipt.payload, self.receipt_key.public())
            for receipt in self.take(*((kiosk.topic(kind), message) for message in messages))
        ]

    def take(self, *messages: tuple[str, bytes]) -> list[Outbound]:
        """Messages on any topic."""
        return self.committer.take([Incoming(topic, payload, self.clock()) for topic, payload in messages])

    def work(self, rounds: int = 1, *, pass_ms: int = 0) -> None:
        """Let the relay work, time passing after each round."""
        for _ in range(rounds):
            self.relay.step()
            self.clock.ms += pass_ms

    def answers(self) -> list[Outbound]:
        """What the courier sends now."""
        self.wire.sent.clear()
        self.dispatch.send_answers()
        return list(self.wire.sent)

    def rows(self, table: Table) -> Sequence[Row[Any]]:
        with reading(self.engine) as connection:
            return connection.execute(select(table)).all()

    def count(self, table: Table) -> int:
        with reading(self.engine) as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def funnel(self, coverage: Table) -> dict[tuple[str, str], int]:
        """(province, state) -> people."""
        totals: dict[tuple[str, str], int] = {}
        for row in self.rows(coverage):
            totals[row.province, row.state] = totals.get((row.province, row.state), 0) + row.n
        return totals
