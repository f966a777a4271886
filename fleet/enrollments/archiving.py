# SPDX-License-Identifier: Apache-2.0
"""Reads a restored backup event by event, and only then writes down how far it holds each stream.

A kiosk erases what a backup holds, so nothing is believed that was not read: a mark that is too high loses people.
Source: security design, section 5.1 ("read out of the verified backup file itself").
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from joserfc.util import urlsafe_b64decode
from sqlalchemy import bindparam, func, select, update

from fleet.store.backup import BackupError
from fleet.store.many import Lookup, Of
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import enrollment, event, event_content, kiosk, stream
from wire.asks import PersonState
from wire.envelope import decode, digest
from wire.errors import WireError
from wire.events import EnrollmentCaptured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Engine, Row


Stream = tuple[str, str]
Heads = dict[Stream, tuple[int, bytes]]

_AT_ONCE = 500
_NEEDS_ITS_IDENTITY = (PersonState.CAPTURED, PersonState.SUBMITTED)
_EVENTS = (
    select(event, event_content.c.signed, event_content.c.attachment, enrollment.c.state, enrollment.c.duplicate_of)
    .outerjoin(
        event_content, (event_content.c.event == event.c.id) & (event_content.c.received_ms == event.c.received_ms)
    )
    .outerjoin(enrollment, enrollment.c.event == event.c.id)
    .order_by(event.c.kiosk, event.c.stream, event.c.seq)
    .execution_options(yield_per=_AT_ONCE)
)
_PLACES = Lookup(
    "SELECT event.kiosk, event.stream, event.digest FROM {asked} "
    "JOIN event ON event.kiosk = asked.kiosk AND event.stream = asked.stream AND event.seq = asked.seq",
    kiosk=Of.TEXT,
    stream=Of.TEXT,
    seq=Of.NUMBER,
)


def held_by(backup: Engine, kept_since_ms: int) -> Heads:
    """How far a restored backup holds each stream, and that head's digest; every event of it was read.

    1. Each event stands in its stream without a gap, and its signed bytes are those of its digest. They may be missing
       only of an event that was received before the fleet itself keeps bytes.
    2. Its sealed identity is the one that was signed for, or was erased because nobody needs it any more.
    3. Each stream's cursor is where its events end, and each event has its enrolment.

    Raises:
        BackupError: naming the first thing that is not so; nothing of such a backup counts.
    """
    with reading(backup) as connection:
        cursors = {
            (row.kiosk, row.stream): (row.acked, bytes(row.head)) for row in connection.execute(select(stream)).all()
        }
        with connection.execute(_EVENTS) as rows:
            found = dict(_read(rows, kept_since_ms))
        roads = connection.execute(select(func.count()).select_from(enrollment)).scalar_one()
        events = connection.execute(select(func.count()).select_from(event)).scalar_one()
    if found != cursors:  # 3
        who, where = min(place for place in found.keys() | cursors.keys() if found.get(place) != cursors.get(place))
        raise _unfit(who, where, "its cursor is not where its events end")
    if roads != events:
        message = f"The backup has {events} events and {roads} enrolments. It is not whole: make another."
        raise BackupError(message)
    return found


def record(live: Engine, held: Mapping[Stream, tuple[int, bytes]]) -> int:
    """Write down what a backup holds, as far as this very ledger goes on from it; how many streams it holds.

    Raises:
        BackupError: a head of the backup is another here: it is not a backup of this ledger.
    """
    known = 0
    kiosks = sorted({who for who, _ in held})
    for chunk in _chunks(kiosks):
        with unit_of_work(live) as connection:
            # As whoever takes events does: the kiosk's row first, in a fixed order, so that nobody waits in a circle.
            connection.execute(select(kiosk.c.id).where(kiosk.c.id.in_(chunk)).order_by(kiosk.c.id).with_for_update())
            known += _record(connection, {at: head for at, head in held.items() if at[0] in set(chunk)})
    return known


def _record(connection: Connection, held: Mapping[Stream, tuple[int, bytes]]) -> int:
    asked = [(*at, seq) for at, (seq, _) in held.items()]
    here = {(row.kiosk, row.stream): bytes(row.digest) for row in _PLACES.rows(connection, asked)}
    for at, mark in here.items():
        if mark != held[at][1]:
            raise _unfit(*at, "its head is another event than here. It is another fleet's, or from before a restore")
    if here:
        moves = update(stream).where(
            stream.c.kiosk == bindparam("who"), stream.c.stream == bindparam("at"), stream.c.archived < bindparam("n")
        )
        rows = [{"who": who, "at": at, "n": held[who, at][0]} for who, at in sorted(here)]
        connection.execute(moves.values(archived=bindparam("n")), rows)
    return len(here)


def _read(rows: Iterable[Row[Any]], kept_since_ms: int) -> Iterator[tuple[Stream, tuple[int, bytes]]]:
    for at, events in groupby(rows, key=lambda row: (row.kiosk, row.stream)):
        seq, head = 0, b""
        for row in events:
            seq, head = seq + 1, bytes(row.digest)
            if row.seq != seq or not _has_bytes(row, head, kept_since_ms):  # 1
                raise _unfit(*at, f"event {seq} is missing or is not what was signed")
            if not _keeps_identity(row):  # 2
                raise _unfit(*at, f"the sealed identity of event {seq} is missing or altered")
        yield at, (seq, head)


def _has_bytes(row: Row[Any], head: bytes, kept_since_ms: int) -> bool:
    if row.signed is None:
        return bool(row.received_ms < kept_since_ms)
    return digest(bytes(row.signed)) == head


def _keeps_identity(row: Row[Any]) -> bool:
    if row.attachment is None:
        return row.duplicate_of is not None or row.state not in {str(state) for state in _NEEDS_ITS_IDENTITY}
    try:
        body = decode(urlsafe_b64decode(bytes(row.signed).split(b".")[1]), EnrollmentCaptured)
    except (WireError, ValueError, IndexError):
        return False
    return body.sealed.fits(bytes(row.attachment))


def _chunks(kiosks: list[str]) -> Iterator[list[str]]:
    left = iter(kiosks)
    while chunk := list(islice(left, _AT_ONCE)):
        yield chunk


def _unfit(who: str, where: str, why: str) -> BackupError:
    return BackupError(f"The backup's stream {where} of {who}: {why}. Nothing of it counts: make another backup.")
