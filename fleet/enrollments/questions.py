# SPDX-License-Identifier: Apache-2.0
"""Keeps the questions that sessions wait on until the relay answers them or they expire; none is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from fleet.store.tables import ask, outgoing
from wire.asks import About

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from wire.asks import Ask
    from wire.ids import KioskId

LONGEST_MS = 15 * 60_000  # no session lasts longer
OPEN_AT_MOST = 100  # a kiosk serves one person at a time


class Kept(StrEnum):
    """What became of a question."""

    KEPT = "kept"
    REPEATED = "repeated"  # the last answer is sent again, if there is one
    ID_TAKEN = "id_taken"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A verified question as it came: the body, the exact signed bytes, and what is sealed to the relay."""

    body: Ask
    signed: bytes
    attachment: bytes
    at_ms: int


def keep(connection: Connection, who: KioskId, asked: Asked) -> Kept:
    """Keep a question once; when it comes again, its last answer goes out again.

    It expires by this clock, after as long as the kiosk's own clock says it will wait. One for a new code is kept as
    it was signed: the relay looks at the signature itself before it has a PIN made.
    """
    question, at_ms = asked.body, asked.at_ms
    known = connection.execute(select(ask).where(ask.c.id == question.id)).first()
    if known is not None:
        return _again(connection, known, who, asked.attachment)
    waiting = select(func.count()).select_from(ask).where(ask.c.kiosk == who, ask.c.expires_ms > at_ms)
    if connection.execute(waiting).scalar_one() >= OPEN_AT_MOST:
        return Kept.TOO_MANY
    connection.execute(
        ask.insert().values(
            id=question.id,
            kiosk=who,
            about=str(question.about),
            event=question.event,
            attachment=asked.attachment,
            signed=asked.signed if question.about is About.NEW_CODE else None,
            received_ms=at_ms,
            expires_ms=at_ms + min(max(question.expires_ms - question.asked_ms, 0), LONGEST_MS),
        )
    )
    return Kept.KEPT


def _again(connection: Connection, known: Row[tuple[object, ...]], who: KioskId, attachment: bytes) -> Kept:
    if known.kiosk != who or known.attachment != attachment:
        return Kept.ID_TAKEN
    last = select(func.max(outgoing.c.row)).where(outgoing.c.ask == known.id).scalar_subquery()
    connection.execute(update(outgoing).where(outgoing.c.row == last).values(sent_ms=None))
    return Kept.REPEATED


def forget_expired(connection: Connection, now_ms: int) -> None:
    """Erase questions nobody waits on any more, with their answers."""
    over = select(ask.c.id).where(ask.c.expires_ms <= now_ms)
    connection.execute(delete(outgoing).where(outgoing.c.ask.in_(over)))
    connection.execute(delete(ask).where(ask.c.expires_ms <= now_ms))
