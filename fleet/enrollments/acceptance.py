# SPDX-License-Identifier: Apache-2.0
"""The one function that accepts an event: the ledger, the enrolment, the cursor and the workload in one transaction.

It verifies no signature (that was done before) and opens nothing. It never raises on what a kiosk says.
Source: security design, section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from fleet.enrollments.alarms import raise_alarm
from fleet.store.days import bangkok_day
from fleet.store.session import insert
from fleet.store.tables import enrollment, event, stream, workload_day
from wire.asks import PersonState
from wire.chain import ALARMS, COMMITTED, Head, Known, Link, Verdict, judge
from wire.ids import FacilityCode, KioskId, ProvinceCode, StreamId

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from wire.events import EnrollmentCaptured


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified event as it came: the body, the exact signed bytes with their digest, and the sealed identity.

    `facility` and `province` are where the kiosk is registered; they decide workload and nothing else.
    """

    kiosk: KioskId
    facility: FacilityCode
    province: ProvinceCode
    body: EnrollmentCaptured
    signed: bytes
    digest: bytes
    attachment: bytes
    at_ms: int


class Settled(StrEnum):
    """What became of an arrival, beyond the chain's own verdicts."""

    ID_TAKEN = "id_taken"  # another event has this id: it can be neither counted nor dropped


def already_held(connection: Connection, digests: Collection[bytes]) -> dict[bytes, tuple[KioskId, StreamId]]:
    """Whose of these signed bytes the ledger holds already: what needs no second look at a signature."""
    if not digests:
        return {}
    rows = connection.execute(select(event.c.digest, event.c.kiosk, event.c.stream).where(event.c.digest.in_(digests)))
    return {row.digest: (KioskId(row.kiosk), StreamId(row.stream)) for row in rows}


def accept(connection: Connection, arrival: Arrival) -> Verdict | Settled:
    """Judge an event's place in its kiosk's chain and commit it if it is good.

    The kiosk's row must be locked by the caller. ROLLBACK is committed with an alarm: the person is real, the card
    forgot. EQUIVOCATION and FORK raise an alarm and are left to the quarantine; DUPLICATE and GAP change nothing.
    """
    link = _link(arrival.body)
    verdict = judge(link, arrival.digest, _known(connection, arrival.kiosk, link))
    if verdict in COMMITTED and _id_taken(connection, arrival.body.id):
        return Settled.ID_TAKEN
    if verdict in ALARMS:
        raise_alarm(connection, arrival.kiosk, verdict, (link.stream, link.seq), arrival.at_ms)
    if verdict in COMMITTED:
        _commit(connection, arrival, link)
    return verdict


def _link(body: EnrollmentCaptured) -> Link:
    named = body.parent
    parent = Head(StreamId(named.stream), named.seq, bytes.fromhex(named.digest)) if named is not None else None
    return Link(StreamId(body.stream), body.seq, bytes.fromhex(body.prev) if body.prev else None, parent)


def _known(connection: Connection, who: KioskId, link: Link) -> Known:
    places = [(link.stream, link.seq)]
    if link.parent is not None:
        places.append((link.parent.stream, link.parent.seq))
    streams = _streams(connection, who, [name for name, _ in places])
    digests = _digests(connection, who, places)
    return Known(
        cursor=streams.get(link.stream),
        same_place=digests.get((link.stream, link.seq)),
        has_history=link.seq == 1 and link.parent is None and _has_history(connection, who),
        parent_cursor=streams.get(link.parent.stream) if link.parent else None,
        parent_at=digests.get((link.parent.stream, link.parent.seq)) if link.parent else None,
        parent_child=_child_of(connection, who, link.parent) if link.parent else None,
    )


def _streams(connection: Connection, who: KioskId, names: Sequence[str]) -> dict[str, Head]:
    rows = connection.execute(select(stream).where(stream.c.kiosk == who, stream.c.stream.in_(names)))
    return {row.stream: Head(StreamId(row.stream), row.acked, row.head) for row in rows}


def _digests(connection: Connection, who: KioskId, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
    at_one_of = or_(*(and_(event.c.stream == name, event.c.seq == seq) for name, seq in places))
    rows = connection.execute(
        select(event.c.stream, event.c.seq, event.c.digest).where(event.c.kiosk == who, at_one_of)
    )
    return {(row.stream, row.seq): row.digest for row in rows}


def _has_history(connection: Connection, who: KioskId) -> bool:
    return connection.execute(select(stream.c.kiosk).where(stream.c.kiosk == who).limit(1)).first() is not None


def _child_of(connection: Connection, who: KioskId, parent: Head) -> StreamId | None:
    child = select(stream.c.stream).where(
        stream.c.kiosk == who, stream.c.parent_stream == parent.stream, stream.c.parent_seq == parent.seq
    )
    found = connection.execute(child.limit(1)).scalar_one_or_none()
    return None if found is None else StreamId(found)


def _id_taken(connection: Connection, event_id: str) -> bool:
    return connection.execute(select(event.c.id).where(event.c.id == event_id)).first() is not None


def _commit(connection: Connection, arrival: Arrival, link: Link) -> None:
    body = arrival.body
    connection.execute(
        event.insert().values(
            id=body.id,
            kiosk=arrival.kiosk,
            stream=link.stream,
            seq=link.seq,
            digest=arrival.digest,
            signed=arrival.signed,
            attachment=arrival.attachment,
            received_ms=arrival.at_ms,
        )
    )
    connection.execute(
        enrollment.insert().values(
            event=body.id,
            profile=str(body.profile),
            state=str(PersonState.CAPTURED),
            captured_ms=arrival.at_ms,
            due_ms=arrival.at_ms,
        )
    )
    _move_cursor(connection, arrival, link)
    _count_workload(connection, arrival)


def _move_cursor(connection: Connection, arrival: Arrival, link: Link) -> None:
    moved = {"acked": link.seq, "head": arrival.digest, "moved_ms": arrival.at_ms}
    row = insert(connection, stream).values(
        kiosk=arrival.kiosk,
        stream=link.stream,
        parent_stream=link.parent.stream if link.parent else None,
        parent_seq=link.parent.seq if link.parent else None,
        **moved,
    )
    connection.execute(row.on_conflict_do_update(index_elements=["kiosk", "stream"], set_=moved))


def _count_workload(connection: Connection, arrival: Arrival) -> None:
    row = insert(connection, workload_day).values(
        profile=str(arrival.body.profile),
        province=arrival.province,
        facility=arrival.facility,
        day=bangkok_day(arrival.at_ms),
        captured=1,
        duplicates=0,
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["profile", "province", "facility", "day"],
            set_={"captured": workload_day.c.captured + 1},
        )
    )
