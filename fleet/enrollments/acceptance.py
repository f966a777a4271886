# SPDX-License-Identifier: Apache-2.0
"""The one place that accepts events: the ledger, the enrolments, the cursors and the workload in one transaction.

A batch is judged in memory, one event after another as it came, and what is good of it is written by one statement a
table. It verifies no signature (that was done before) and opens nothing. It never raises on what a kiosk says.
Source: security design, section 5.1.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from fleet.enrollments.alarms import Raised
from fleet.enrollments.ledger import Entry
from fleet.store.days import bangkok_day
from fleet.store.many import Insertion
from fleet.store.sums import add_work
from fleet.store.tables import enrollment, event, event_content, stream
from wire.asks import PersonState
from wire.chain import Verdict, Write, alarms, judge, look_up, writes
from wire.events import EnrollmentCaptured
from wire.ids import FacilityCode, ProvinceCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fleet.enrollments.ledger import Ledger, Stream
    from fleet.store.sums import Work
    from wire.chain import Head
    from wire.ids import KioskId

_EVENTS = Insertion(event, "id", "kiosk", "stream", "seq", "digest", "received_ms")
_CONTENTS = Insertion(event_content, "event", "received_ms", "signed", "attachment")
_ENROLLMENTS = Insertion(enrollment, "event", "profile", "state", "captured_ms", "due_ms")
_STREAMS = Insertion(
    stream,
    *("kiosk", "stream", "parent_stream", "parent_seq", "acked", "head", "moved_ms"),
    on_conflict="(kiosk, stream) DO UPDATE SET acked = excluded.acked, head = excluded.head, "
    "moved_ms = excluded.moved_ms",
)


_Day = tuple[str, str, str, str]


class Arrival(msgspec.Struct, frozen=True):
    """A verified event as it came: its place, the body, the exact signed bytes, and the sealed identity.

    The identity is empty when the kiosk has erased it, as it had promised: then nobody is enrolled by this event.

    `facility` and `province` are where the kiosk is registered; they decide workload and nothing else.
    """

    entry: Entry
    facility: FacilityCode
    province: ProvinceCode
    body: EnrollmentCaptured
    signed: bytes
    attachment: bytes
    at_ms: int

    @property
    def has_lapsed(self) -> bool:
        """Whether the identity was erased before it could be sent."""
        return self.body.kept_hours is not None and not self.attachment

    __repr__ = object.__repr__  # never what is in it


class Settled(StrEnum):
    """What became of an arrival, beyond the chain's own verdicts."""

    ID_TAKEN = "id_taken"  # another event has this id: it can be neither counted nor dropped


def entry(who: KioskId, body: EnrollmentCaptured, digest: bytes) -> Entry:
    """An event's place in its kiosk's chain, as its body claims it."""
    return Entry(who, body.link(), body.id, digest)


class Acceptance:
    """Judges events in the order they came, by a ledger that has read what bears on all of them."""

    def __init__(self, ledger: Ledger, raised: list[Raised]) -> None:
        """Judge by this ledger, and note in `raised` what a person must look at."""
        self._ledger = ledger
        self._raised = raised
        self._accepted: list[Arrival] = []

    def judge(self, arrival: Arrival) -> Verdict | Settled:
        """Judge an event's place in its kiosk's chain, and take it if it is good.

        The kiosk's row must be locked by the caller. ROLLBACK is taken with an alarm: the person is real, the card
        forgot. EQUIVOCATION and FORK raise an alarm and are left to the quarantine; DUPLICATE and GAP change nothing.
        """
        entry = arrival.entry
        verdict = judge(entry.link, entry.digest, look_up(entry.link, self._ledger.of(entry.kiosk)))
        is_taken = bool(writes(verdict))
        if is_taken and self._ledger.has_id(entry.id):
            return Settled.ID_TAKEN
        self._raised.extend(
            Raised(entry.kiosk, kind, entry.link.stream, entry.link.seq, arrival.at_ms)
            for kind in alarms(verdict, entry.link)
        )
        if is_taken:
            self._ledger.add(entry)
            self._accepted.append(arrival)
        return verdict

    def write(self, connection: Connection) -> None:
        """Write what was taken: one statement a table, all in the one transaction that the caller holds."""
        (together,) = writes(Verdict.ACCEPT)
        for what in together:
            _WRITERS[what](connection, self._accepted)


def _write_ledger(connection: Connection, accepted: Sequence[Arrival]) -> None:
    _EVENTS.add(connection, [_event_row(arrival) for arrival in accepted])
    _CONTENTS.add(connection, [(each.entry.id, each.at_ms, each.signed, each.attachment or None) for each in accepted])
    _ENROLLMENTS.add(connection, [_enrollment_row(arrival) for arrival in accepted])


def _write_cursors(connection: Connection, accepted: Sequence[Arrival]) -> None:
    _STREAMS.add(connection, _stream_rows(accepted))


def _write_counts(connection: Connection, accepted: Sequence[Arrival]) -> None:
    add_work(connection, _workload_rows(accepted))


_WRITERS = {Write.LEDGER: _write_ledger, Write.CURSOR: _write_cursors, Write.COUNTS: _write_counts}


def _event_row(arrival: Arrival) -> tuple[str, str, str, int, bytes, int]:
    entry = arrival.entry
    return entry.id, entry.kiosk, entry.link.stream, entry.link.seq, entry.digest, arrival.at_ms


def _enrollment_row(arrival: Arrival) -> tuple[str, str, str, int, int | None]:
    state, due_ms = (PersonState.LAPSED, None) if arrival.has_lapsed else (PersonState.CAPTURED, arrival.at_ms)
    return arrival.entry.id, str(arrival.body.profile), str(state), arrival.at_ms, due_ms


def _stream_rows(accepted: Sequence[Arrival]) -> list[tuple[str, str, str | None, int | None, int, bytes, int]]:
    """Where each stream's cursor stands now. A stream that is new names the parent of its first event."""
    parents: dict[Stream, Head | None] = {}
    last: dict[Stream, Arrival] = {}
    for arrival in accepted:
        who, link = arrival.entry.kiosk, arrival.entry.link
        parents.setdefault((who, link.stream), link.parent)
        last[who, link.stream] = arrival
    return [
        (
            *at,
            parent.stream if (parent := parents[at]) else None,
            parent.seq if parent else None,
            arrival.entry.link.seq,
            arrival.entry.digest,
            arrival.at_ms,
        )
        for at, arrival in last.items()
    ]


def _workload_rows(accepted: Sequence[Arrival]) -> list[Work]:
    """Visits by day; one whose identity has lapsed is told apart, and is no capture."""
    captured, lapsed = Counter[_Day](), Counter[_Day]()
    for each in accepted:
        day = (str(each.body.profile), str(each.province), str(each.facility), bangkok_day(each.at_ms))
        (lapsed if each.has_lapsed else captured)[day] += 1
    return [(*day, captured[day], 0, lapsed[day]) for day in {*captured, *lapsed}]
