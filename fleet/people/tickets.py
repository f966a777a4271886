# SPDX-License-Identifier: Apache-2.0
"""What people say is amiss with a unit's roster: a number that the person can name to the unit's admin, and a token.

The same person says the same thing of the same list once. The list that answers a ticket deletes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, select

from fleet.store.session import insert
from fleet.store.tables import roster, ticket
from wire.asks import Amiss

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPEN_AT_MOST = 500  # a kiosk: a hostile one must not fill the disk

Disputed = dict[int, "tuple[bytes, str, str, str]"]


@dataclass(frozen=True, slots=True, repr=False)
class Complaint:
    """One person says this of one facility's list, at one kiosk."""

    token: bytes
    facility: str
    amiss: Amiss
    kiosk: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as the unit's admin gets it; the token is not for anybody's eyes."""

    number: int
    facility: str
    amiss: Amiss
    kiosk: str
    raised_ms: int


def keep(connection: Connection, complaint: Complaint, at_ms: int) -> int | None:
    """Keep what somebody says, once, and give its number; None when this kiosk has brought too many."""
    same = and_(
        ticket.c.token == complaint.token,
        ticket.c.facility == complaint.facility,
        ticket.c.amiss == str(complaint.amiss),
    )
    known = connection.execute(select(ticket.c.number).where(same)).scalar_one_or_none()
    if known is not None:
        return int(known)
    brought = select(func.count()).select_from(ticket).where(ticket.c.kiosk == complaint.kiosk)
    if connection.execute(brought).scalar_one() >= OPEN_AT_MOST:
        return None
    values = {
        "token": complaint.token,
        "facility": complaint.facility,
        "amiss": str(complaint.amiss),
        "kiosk": complaint.kiosk,
        "raised_ms": at_ms,
    }
    connection.execute(insert(connection, ticket).values(**values).on_conflict_do_nothing())
    return int(connection.execute(select(ticket.c.number).where(same)).scalar_one())


def open_tickets(connection: Connection) -> list[Ticket]:
    """Every ticket that no list has answered, oldest first."""
    rows = connection.execute(select(ticket).order_by(ticket.c.number)).all()
    return [Ticket(row.number, row.facility, Amiss(row.amiss), row.kiosk, row.raised_ms) for row in rows]


def disputed(connection: Connection, facility: str) -> Disputed:
    """What a list says now of those who call it wrong, by their tickets; to be taken before it is replaced."""
    query = (
        select(ticket.c.number, roster.c.token, roster.c.facility, roster.c.unit, roster.c.position)
        .join(roster, and_(roster.c.token == ticket.c.token, roster.c.facility == ticket.c.facility))
        .where(ticket.c.facility == facility, ticket.c.amiss == str(Amiss.WRONG))
    )
    return {row.number: (row.token, row.facility, row.unit, row.position) for row in connection.execute(query)}


def answer(connection: Connection, before: Disputed) -> int:
    """Delete the tickets that a fresh list answers, and say how many.

    1. Who called a list wrong is answered when it no longer says the same of them.
    2. Who was missing is answered by any list that has them: it is looked for in all of them.
    """
    answered = 0
    for number, (token, facility, unit, position) in before.items():  # 1
        same = and_(
            roster.c.token == token,
            roster.c.facility == facility,
            roster.c.unit == unit,
            roster.c.position == position,
        )
        if connection.execute(select(roster.c.token).where(same)).first() is None:
            answered += connection.execute(delete(ticket).where(ticket.c.number == number)).rowcount
    found = ticket.c.token.in_(select(roster.c.token))  # 2
    return answered + connection.execute(delete(ticket).where(ticket.c.amiss == str(Amiss.MISSING), found)).rowcount


def forget(connection: Connection, facility: str) -> int:
    """Delete every ticket about a facility's list, and say how many."""
    return connection.execute(delete(ticket).where(ticket.c.facility == facility)).rowcount
