# SPDX-License-Identifier: Apache-2.0
"""What the controller's database says after all: its ledger, its counters, its quarantine and its alarms."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.store.session import open_engine, reading
from fleet.store.tables import alarm, coverage_day, enrollment, event, quarantine, stream, workload_day
from tests.fleet.sums import untrue_sums
from wire.asks import PersonState
from wire.envelope import decode, split
from wire.events import EnrollmentCaptured

if TYPE_CHECKING:
    from sqlalchemy import Connection

_UNDER_WAY = (PersonState.CAPTURED, PersonState.SUBMITTED, PersonState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm about a kiosk's chain, and when it was raised in ms of the wall clock."""

    kiosk: str
    kind: str
    stream: str
    seq: int
    raised_ms: int


@dataclass(frozen=True, slots=True)
class Books:
    """One state of the database. `ledger` says whose each event is, `counted` what is counted of each facility.

    `activated` is the coverage; `under_way` how many enrolments the relay still has to do something for.
    """

    ledger: dict[str, str]
    quarantined: frozenset[str]
    alarms: frozenset[Alarm]
    counted: dict[str, int]
    untrue_sums: tuple[str, ...]
    enrolments: int
    cursors: int
    activated: int
    under_way: int


def read(url: str) -> Books:
    """Read it all in one transaction."""
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            return _read(connection)
    finally:
        engine.dispose()


def _read(connection: Connection) -> Books:
    rows = connection.execute(select(event.c.id, event.c.kiosk))
    alarms = connection.execute(select(alarm.c.kiosk, alarm.c.kind, alarm.c.stream, alarm.c.seq, alarm.c.raised_ms))
    kept = connection.execute(select(quarantine.c.message).where(quarantine.c.kind == "event")).scalars()
    counted: Counter[str] = Counter()
    for facility, captured in connection.execute(select(workload_day.c.facility, workload_day.c.captured)):
        counted[facility] += captured
    covered = select(func.coalesce(func.sum(coverage_day.c.n), 0))
    under_way = enrollment.c.state.in_([str(state) for state in _UNDER_WAY]) & enrollment.c.duplicate_of.is_(None)
    return Books(
        ledger={row.id: row.kiosk for row in rows},
        quarantined=frozenset(_event_id(message) for message in kept if message is not None),
        alarms=frozenset(Alarm(*row) for row in alarms),
        counted=dict(counted),
        untrue_sums=tuple(untrue_sums(connection)),
        enrolments=connection.execute(select(func.count()).select_from(enrollment)).scalar_one(),
        cursors=int(connection.execute(select(func.coalesce(func.sum(stream.c.acked), 0))).scalar_one()),
        activated=int(
            connection.execute(covered.where(coverage_day.c.state == str(PersonState.ACTIVATED))).scalar_one()
        ),
        under_way=connection.execute(select(func.count()).select_from(enrollment).where(under_way)).scalar_one(),
    )


def _event_id(message: bytes) -> str:
    payload = split(message)[0].split(b".")[1]  # RFC 7515, 7.1: header, payload, signature
    return decode(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)), EnrollmentCaptured).id
