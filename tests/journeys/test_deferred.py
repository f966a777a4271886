# SPDX-License-Identifier: Apache-2.0
"""A request taken without a network, from the kiosk's own store to the controller's books: in time, and too late."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fleet.store.schema import upgrade
from fleet.store.session import open_engine
from fleet.store.tables import coverage_day, enrollment, workload_day
from kiosk import device
from kiosk.courier.delivery import Delivery, Keys
from kiosk.enrollment.evidence import CardStatus, Consent, Enrollment
from kiosk.records import pipe
from kiosk.records.filing import Filing
from kiosk.records.sealing import SealedKeeper
from kiosk.store import outbox
from kiosk.store.database import Store
from tests.fleet.road import Fleet
from tests.kiosk.enrollment.walk import findings
from tests.simulators.holders import identity
from tests.simulators.kiosk_wire import Session, WireKiosk
from wire.asks import PersonState
from wire.envelope import join
from wire.events import Profile
from wire.ids import facility_code
from wire.registration import Trust
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOURS = 24
HOUR_MS = 60 * 60_000
CONSENT = Consent(f"notice-1-kept-{HOURS}h", datetime(2026, 11, 24, tzinfo=UTC))


@dataclass(slots=True)
class Machine:
    """One kiosk: its store, the desk's way of filing and the courier's way of delivering."""

    papers: WireKiosk
    fleet: Fleet
    store: Store
    filing: Filing
    delivery: Delivery
    now_s: float = 1000.0

    def take(self, n: int, kept_hours: int | None) -> None:
        """File the n-th person, as sealed by a process of their own."""
        sent: list[pipe.FromPerson] = []
        keeper = SealedKeeper(kiosk=self.papers.id, trust=_trust(self.fleet), send=sent.append, wall_ms=device.wall_ms)
        keeper.file(Enrollment(identity(n), CONSENT, CardStatus.PENDING, findings(), 1, 60_000), kept_hours)
        (record,) = sent
        assert isinstance(record, pipe.FileThis)
        self.filing.file(record)

    def connect(self) -> None:
        """Deliver what is due and take in what comes back, until nothing waits."""
        self.delivery.connected()
        for _ in range(3):
            self.now_s += 1
            for outgoing in list(self.delivery.due(self.now_s)):
                for answer in self.fleet.take((self.papers.topic(outgoing.kind), outgoing.message)):
                    self.delivery.arrived(answer.topic, answer.payload, self.now_s)

    def waits(self) -> int:
        return outbox.depth(self.store).count


def _trust(fleet: Fleet) -> Trust:
    return Trust(
        v=1,
        receipt_key=fleet.receipt_key.public().jwk(),
        answer_key=fleet.keys.answer.public().jwk(),
        sealing_key=fleet.keys.opening.public().jwk(),
    )


@contextmanager
def _machine(fleet: Fleet, directory: Path, name: str = "udon-01") -> Iterator[Machine]:
    papers = fleet.kiosk(name)
    keys = Keys(papers.courier_key, fleet.receipt_key.public(), fleet.keys.answer.public())
    with closing(Store(directory / f"{name}.db")) as store:
        filing = Filing(
            store=store,
            key=papers.key,
            sealed_to=papers.seals_to,
            kiosk=papers.id,
            facility=facility_code(papers.facility),
            profile=Profile.TEST,
            release="0.1.0",
            stream=papers.stream,
        )
        delivery = Delivery(store=store, keys=keys, kiosk=papers.id, where=papers.shard, release="0.1.0")
        yield Machine(papers, fleet, store, filing, delivery)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    upgrade(engine)
    with Fleet.running(engine, tmp_path) as fleet:
        fleet.sandbox.book._activate_after_ms = 10**10  # noqa: SLF001 - nobody enters a code by itself
        with _machine(fleet, tmp_path) as running:
            yield running
    engine.dispose()


def _states(fleet: Fleet) -> list[str]:
    return sorted(row.state for row in fleet.rows(enrollment))


def test_a_network_that_comes_back_in_time_enrols_and_any_kiosk_gives_the_code(machine: Machine) -> None:
    fleet = machine.fleet
    machine.take(1, HOURS)
    machine.connect()
    fleet.work()
    assert (_states(fleet), machine.waits()) == (["accepted"], 0)
    fleet.answers()  # to the session that asked first, which is over
    other, session = fleet.kiosk("udon-02"), Session()
    _, question = other.ask_new_code(identity(1).citizen_number, session)
    fleet.deliver(other, question, kind=Up.ASK)
    fleet.work()
    (message,) = fleet.answers()
    answer = other.read_code(message.payload, fleet.keys.answer.public(), session)
    assert (answer.state, len(answer.pin or "")) == (PersonState.ACCEPTED, 6)


def test_a_person_who_was_enrolled_elsewhere_meanwhile_is_one_person(machine: Machine) -> None:
    fleet = machine.fleet
    machine.take(1, HOURS)
    with _machine(fleet, machine.store.path.parent, "udon-02") as second:
        second.take(1, None)
        second.connect()
    fleet.work()
    machine.connect()
    fleet.work(2, pass_ms=2_000)
    assert [row.duplicate_of is None for row in fleet.rows(enrollment)].count(True) == 1
    assert {row.state: row.n for row in fleet.rows(coverage_day)} == {"submitted": 1, "accepted": 1}


def test_one_that_could_not_be_sent_is_erased_and_told_and_the_next_one_goes_on(machine: Machine) -> None:
    fleet = machine.fleet
    machine.take(1, HOURS)
    machine.take(2, HOURS)
    (kept,) = (event.attachment for event in outbox.pending(machine.store)[:1])
    assert kept is not None
    assert kept in machine.store.path.read_bytes()
    later_ms = device.wall_ms() + HOURS * HOUR_MS
    assert outbox.erase_lapsed(machine.store, later_ms) == 2
    assert kept not in machine.store.path.read_bytes()
    fleet.clock.ms = later_ms
    machine.take(3, None)
    machine.connect()
    fleet.work()
    assert (_states(fleet), machine.waits()) == (["accepted", "lapsed", "lapsed"], 0)
    assert [(row.captured, row.lapsed) for row in fleet.rows(workload_day)] == [(1, 2)]
    assert {row.state: row.n for row in fleet.rows(coverage_day)} == {"submitted": 1, "accepted": 1}


def test_a_receipt_that_was_lost_leaves_one_event_that_was_delivered_whole(machine: Machine) -> None:
    fleet = machine.fleet
    machine.take(1, HOURS)
    (event,) = outbox.pending(machine.store)
    fleet.take((machine.papers.topic(Up.EVENT), join(event.signed, event.attachment)))  # its receipt never arrives
    fleet.work()
    fleet.clock.ms += HOURS * HOUR_MS
    assert outbox.erase_lapsed(machine.store, device.wall_ms() + HOURS * HOUR_MS) == 1
    machine.connect()
    assert (len(fleet.rows(enrollment)), machine.waits()) == (1, 0)
    assert fleet.rows(enrollment)[0].accepted_ms is not None
