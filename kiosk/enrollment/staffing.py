# SPDX-License-Identifier: Apache-2.0
"""A member of staff on the way to a Provider ID, in a session's transitions (J10): the roster, and a ticket about it.

1. The card is read and asked about, as for who only asks; nothing is filed and no face is looked at.
2. Without a Health ID that comes first: the enrolment begins anew, with its notice, and reads the card again. Once it
   is active the person may go on in the same session; the card is read once more, because what was read of it is
   dropped when a record is filed. Whoever uses the code later comes again.
3. What the roster says stands on the screen while the card is in, and what was read of the card is kept as long, for a
   ticket. A ticket that was sent can be told by its number, after which nothing of the card is needed.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.enrollment import happenings as on
from kiosk.enrollment import staff_states as staff
from kiosk.enrollment import states as at
from kiosk.enrollment.ports import Enrolled, StaffTask
from kiosk.enrollment.session import Advance, Session, enter, leave
from kiosk.enrollment.states import Farewell, Intent, Purpose

MOMENTS = (staff.StaffFirst, staff.OnRoster, staff.NotOnRoster, staff.TicketSent, staff.StaffOnPhone)
HOLDS_CARD = (staff.OnRoster, staff.NotOnRoster)  # what they show belongs to the card's holder
_REACHED = (staff.TicketSent, staff.StaffOnPhone)
_TICKETS = frozenset({StaffTask.MISSING, StaffTask.WRONG})


def ask(session: Session, now: on.Now, task: StaffTask | None = None) -> Advance:
    """Put this question about the person whose card was read, else the last one anew."""
    if session.identity is None:
        return session, ()
    asked = task or session.staff_task
    checking = enter(session, at.Checking(purpose=Purpose.STAFF), now, lasts_s=session.policy.status_timeout_s)
    return replace(checking, staff_task=asked), (on.AskStaff(session.identity, asked),)


def answered(session: Session, answer: on.StaffKnown | on.TicketKept, now: on.Now) -> Advance:
    """Take the answer to the question that is put; one to an earlier question changes nothing."""
    if session.purpose is not Purpose.STAFF:
        return session, ()
    match answer:
        case on.StaffKnown() if session.staff_task is StaffTask.STANDING:
            return _known(session, answer, now), ()
        case on.TicketKept(number, admin) if session.staff_task in _TICKETS:
            return enter(replace(session, identity=None), staff.TicketSent(number, admin), now), ()
        case _:
            return session, ()


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what the person says to the roster and its tickets."""
    match session.state, intent:
        case staff.StaffFirst(), Intent.ENROLL:
            first = replace(session, purpose=Purpose.ENROLL, staff_next=True)
            return enter(first, at.Notice(), now), ()
        case staff.OnRoster(), Intent.YES:
            return enter(replace(session, identity=None), staff.StaffOnPhone(), now), ()
        case staff.OnRoster(), Intent.REPORT:
            return ask(session, now, StaffTask.WRONG)
        case staff.NotOnRoster(), Intent.REPORT:
            return ask(session, now, StaffTask.MISSING)
        case _, (Intent.DONE | Intent.CANCEL):
            return leave(session, ending(session), now)
        case _:
            return session, ()


def ending(session: Session) -> Farewell:
    """How a session that has come this far is counted."""
    if session.filed is not None:
        return Farewell.FILED
    return Farewell.STAFF if isinstance(session.moment, (*_REACHED, staff.NotOnRoster)) else Farewell.CANCELLED


def _known(session: Session, told: on.StaffKnown, now: on.Now) -> Session:
    if told.enrolled is Enrolled.ACTIVATED:
        state = staff.OnRoster(told.unit, told.position) if told.unit else staff.NotOnRoster(told.admin)
        return enter(session, state, now)
    forgotten = replace(session, identity=None)
    if told.enrolled is Enrolled.NOT_YET and session.filed is None:
        return enter(forgotten, staff.StaffFirst(), now)
    return enter(forgotten, at.AlreadyEnrolled(activated=False, hand_over=bool(session.policy.mor_prom_link)), now)
