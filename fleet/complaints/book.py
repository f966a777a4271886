# SPDX-License-Identifier: Apache-2.0
"""Complaints in the database: entered by an operator, found by number, taken, answered, closed and opened again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet.complaints.rules import (
    DUE_MS,
    OPEN,
    ComplaintRefusedError,
    Deed,
    Kind,
    Source,
    State,
    Term,
    Why,
    check,
    may,
    told,
)
from fleet.store.complaint_tables import complaint
from fleet.store.days import bangkok_day
from fleet.store.scope import Level, OutOfScopeError
from wire.complaints import TicketNumber, new_number
from wire.events import Profile
from wire.opinions import Category

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Ticket:
    """A complaint as it is in the books. `codes` are the kiosk's own, empty where no kiosk sent it."""

    row: int
    number: TicketNumber
    profile: Profile
    province: str
    facility: str | None
    kiosk: str | None
    kind: Kind
    state: State
    words: str
    codes: Mapping[str, str]
    said_day: str
    opened_ms: int
    due_ms: int
    entered_by: str | None
    responsible: str | None
    taken_ms: int | None
    answer: str
    answered_by: str | None
    answered_ms: int | None
    closed_by: str | None
    closed_ms: int | None
    reopened: int

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something."""
        return self.state in OPEN

    def is_overdue(self, now_ms: int) -> bool:
        """Whether that should have been done by now."""
        return self.is_open and self.due_ms <= now_ms

    def deeds(self) -> tuple[Deed, ...]:
        """What can be done to it now."""
        return tuple(deed for deed in Deed if may(deed, self.state))


@dataclass(frozen=True, slots=True)
class Entry:
    """What an operator enters for somebody who came or called; `words` name nobody."""

    kind: Kind
    where: Scope  # a province or a facility
    words: str
    by: str


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does to a complaint: an answer has words, and who takes one may say how soon it is due."""

    deed: Deed
    by: str
    words: str = ""
    term: Term | None = None


def enter(connection: Connection, entry: Entry, now_ms: int, scope: Scope) -> Ticket:
    """Write down what somebody said, under a number to tell them.

    Raises:
        ComplaintRefusedError: naming what is wrong with it.
        OutOfScopeError: it is about a place outside of the scope.
    """
    where, kind = entry.where, entry.kind
    if where.level not in (Level.PROVINCE, Level.FACILITY) or kind.source is Source.KIOSK:
        message = "Say where: a province, or a facility in it."
        raise ComplaintRefusedError(Why.NO_PLACE, message)
    if not scope.holds(where):
        message = f"{where} is outside of {scope}"
        raise OutOfScopeError(message)
    written = complaint.insert().values(
        number=new_number(),
        profile=Profile.LIVE,
        province=where.province,
        facility=where.facility,
        source=kind.source,
        category=kind.category,
        term=kind.term,
        state=State.NEW,
        words=told(entry.words, needed=True),
        said_day=bangkok_day(now_ms),
        opened_ms=now_ms,
        due_ms=now_ms + DUE_MS[kind.term],
        entered_by=entry.by,
        answer="",
        reopened=0,
    )
    row = connection.execute(written.returning(complaint.c.row)).scalar_one()
    return find(connection, row, scope)


def find(connection: Connection, row: int, scope: Scope, *, locked: bool = False) -> Ticket:
    """Look one up.

    Raises:
        ComplaintRefusedError: there is none in the scope.
    """
    asked = select(complaint).where(complaint.c.row == row, _in(scope))
    found = connection.execute(asked.with_for_update() if locked else asked).first()
    if found is None:
        message = f"There is no complaint {row} here."
        raise ComplaintRefusedError(Why.UNKNOWN, message)
    return _ticket(found)


def numbered(connection: Connection, number: TicketNumber, scope: Scope) -> list[Ticket]:
    """Those that somebody was told this number for: one, unless two kiosks drew the same."""
    asked = select(complaint).where(complaint.c.number == number, _in(scope)).order_by(complaint.c.row)
    return [_ticket(row) for row in connection.execute(asked)]


def act(connection: Connection, row: int, what: Act, now_ms: int, scope: Scope) -> Ticket:
    """Do something to one.

    Raises:
        ComplaintRefusedError: it is not there, not its turn, or the words are amiss; nothing changed.
    """
    ticket = find(connection, row, scope, locked=True)
    check(what.deed, ticket.state)
    changed = complaint.update().where(complaint.c.row == row).values(**_changes(ticket, what, now_ms))
    connection.execute(changed)
    return find(connection, row, scope)


def _changes(ticket: Ticket, what: Act, now_ms: int) -> dict[str, object]:
    match what.deed:
        case Deed.TAKE:
            term = what.term or ticket.kind.term
            due_ms = ticket.due_ms if term is ticket.kind.term else ticket.opened_ms + DUE_MS[term]
            taken = {"responsible": what.by, "taken_ms": now_ms}
            return {"state": State.TAKEN, "term": term, "due_ms": due_ms, **taken}
        case Deed.ANSWER:
            answered = {"answer": told(what.words, needed=True), "answered_by": what.by, "answered_ms": now_ms}
            return {"state": State.ANSWERED, "responsible": ticket.responsible or what.by, **answered}
        case Deed.CLOSE:
            return {"state": State.CLOSED, "closed_by": what.by, "closed_ms": now_ms}
        case Deed.REOPEN:
            again = {"responsible": what.by, "taken_ms": now_ms, "reopened": ticket.reopened + 1}
            return {"state": State.TAKEN, "due_ms": now_ms + DUE_MS[ticket.kind.term], **again}


def read_open(connection: Connection, scope: Scope, at_most: int, profile: Profile | None = None) -> list[Ticket]:
    """Those that wait for somebody, due first."""
    asked = select(complaint).where(complaint.c.state.in_(OPEN), _in(scope))
    asked = asked if profile is None else asked.where(complaint.c.profile == profile)
    rows = connection.execute(asked.order_by(complaint.c.due_ms, complaint.c.row).limit(at_most))
    return [_ticket(row) for row in rows]


def read_since(connection: Connection, scope: Scope, first_ms: int, profile: Profile, at_most: int) -> list[Ticket]:
    """Those that came since a moment or still wait, the newest first."""
    since = (complaint.c.opened_ms >= first_ms) | complaint.c.state.in_(OPEN)
    asked = select(complaint).where(since, _in(scope), complaint.c.profile == profile)
    return [_ticket(row) for row in connection.execute(asked.order_by(complaint.c.row.desc()).limit(at_most))]


def _in(scope: Scope) -> Any:  # noqa: ANN401 - a criterion
    return scope.of_places(complaint.c.province, complaint.c.facility)


def _ticket(row: Row[Any]) -> Ticket:
    kind = Kind(Category(row.category), Term(row.term), Source(row.source))
    plain = {name: getattr(row, name) for name in Ticket.__dataclass_fields__ if name not in _PARSED}
    return Ticket(
        number=TicketNumber(row.number),
        profile=Profile(row.profile),
        kind=kind,
        state=State(row.state),
        codes={} if row.codes is None else json.loads(row.codes),
        **plain,
    )


_PARSED = frozenset({"number", "profile", "kind", "state", "codes"})
