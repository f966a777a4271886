# SPDX-License-Identifier: Apache-2.0
"""A member of staff on the way to a Provider ID, in a session's transitions (J10): roster, ticket, phone.

1. The card is read and asked about, as for who only asks; nothing is filed and no face is looked at.
2. Without a Health ID that comes first: the enrolment begins anew, with its notice, and reads the card again. Once it
   is active the person may go on in the same session; the card is read once more, because what was read of it is
   dropped when a record is filed. Whoever uses the code later comes again.
3. What the roster says stands on the screen while the card is in, and what was read of the card is kept as long, for a
   ticket. A ticket that was sent can be told by its number, after which nothing of the card is needed.
4. On the phone the person signs in, never here. What was read of the card is kept while the phone is waited for, so
   that a link that ran out can be given anew; each is a hand-over of its own, and only the last one's end counts.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.enrollment import happenings as on
from kiosk.enrollment import staff_states as staff
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.ports import Enrolled, PhoneSaid, StaffTask
from kiosk.enrollment.session import Advance, Session, enter, leave, problem
from kiosk.enrollment.states import Farewell, Intent, Purpose

REACHED = (staff.TicketSent, staff.StaffOnPhone, staff.HasProviderId, staff.StaffNextStep)
WAITS_FOR_PERSON = (staff.StaffFirst, staff.OnRoster, staff.NotOnRoster, *REACHED)
MOMENTS = (*WAITS_FOR_PERSON, staff.ScanWithPhone)
HOLDS_CARD = (staff.OnRoster, staff.NotOnRoster, staff.ScanWithPhone)  # what they show belongs to the card's holder
_PHONE = {
    PhoneSaid.ANOTHER_PERSON: Failure.PHONE_OF_ANOTHER,
    PhoneSaid.EXPIRED: Failure.PHONE_NOT_DONE,
}
_TICKETS = frozenset({StaffTask.MISSING, StaffTask.WRONG})


def ask(session: Session, now: on.Now, task: StaffTask | None = None) -> Advance:
    """Put this question about the person whose card was read, else the last one anew."""
    if session.identity is None:
        return session, ()
    asked = task or session.staff_task
    checking = enter(session, at.Checking(purpose=Purpose.STAFF), now, lasts_s=session.policy.status_timeout_s)
    return replace(checking, staff_task=asked), (on.AskStaff(session.identity, asked),)


def answered(session: Session, answer: on.StaffKnown | on.TicketKept | on.HandOverBegun, now: on.Now) -> Advance:
    """Take the answer to the question that is put; one to an earlier question changes nothing."""
    if session.purpose is not Purpose.STAFF:
        return session, ()
    match answer:
        case on.StaffKnown() if session.staff_task is StaffTask.STANDING:
            return _known(session, answer, now), ()
        case on.TicketKept(number, admin) if session.staff_task in _TICKETS:
            return enter(replace(session, identity=None), staff.TicketSent(number, admin), now), ()
        case on.HandOverBegun(link, thai, english, sandbox) if session.staff_task is StaffTask.HAND_OVER:
            scan = staff.ScanWithPhone(link, thai, english, sandbox)
            return enter(session, scan, now, lasts_s=session.policy.hand_over_s), ()
        case _:
            return session, ()


def phone_ended(session: Session, ended: on.HandOverEnded, now: on.Now) -> Advance:
    """Take in how the hand-over that is waited for ended, also when its beginning was not heard of.

    A phone that is done after all, when it was given up, takes that word back.
    """
    if session.purpose is not Purpose.STAFF or session.staff_task is not StaffTask.HAND_OVER:
        return session, ()
    given_up = isinstance(session.moment, at.Problem) and session.moment.failure is Failure.PHONE_NOT_DONE
    done = ended.said is PhoneSaid.DONE
    if not isinstance(session.moment, (staff.ScanWithPhone, at.Checking)) and not (given_up and done):
        return session, ()
    if done:
        return enter(replace(session, identity=None), staff.HasProviderId(ended.sandbox), now), ()
    return problem(session, _PHONE[ended.said], now, retry=True)


def phone_took_long(session: Session, now: on.Now) -> Advance:
    """Nobody came with a phone: the link is good no longer, and another can be had."""
    return problem(session, Failure.PHONE_NOT_DONE, now, retry=True)


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what the person says to the roster and its tickets."""
    match session.state, intent:
        case staff.StaffFirst(), Intent.ENROLL:
            first = replace(session, purpose=Purpose.ENROLL, staff_next=True)
            return enter(first, at.Notice(), now), ()
        case staff.OnRoster(), Intent.YES:
            return _to_phone(session, now)
        case ((staff.OnRoster() | staff.NotOnRoster()), Intent.REPORT):
            listed = isinstance(session.state, staff.OnRoster)
            return ask(session, now, StaffTask.WRONG if listed else StaffTask.MISSING)
        case staff.HasProviderId(), Intent.NEXT:
            return enter(session, staff.StaffNextStep(), now), ()
        case _, (Intent.DONE | Intent.CANCEL):
            return leave(session, ending(session), now)
        case _:
            return session, ()


def ending(session: Session) -> Farewell:
    """How a session that has come this far is counted."""
    if session.filed is not None:
        return Farewell.FILED
    return Farewell.STAFF if isinstance(session.moment, (*REACHED, staff.NotOnRoster)) else Farewell.CANCELLED


def _to_phone(session: Session, now: on.Now) -> Advance:
    if session.hands_over:
        return ask(session, now, StaffTask.HAND_OVER)
    return enter(replace(session, identity=None), staff.StaffOnPhone(), now), ()


def _known(session: Session, told: on.StaffKnown, now: on.Now) -> Session:
    forgotten = replace(session, identity=None)
    if told.enrolled is Enrolled.ACTIVATED and told.has_provider_id:
        return enter(forgotten, staff.HasProviderId(told.sandbox), now)
    if told.enrolled is Enrolled.ACTIVATED:
        state = staff.OnRoster(told.unit, told.position) if told.unit else staff.NotOnRoster(told.admin)
        return replace(enter(session, state, now), hands_over=told.hand_over)
    if told.enrolled is Enrolled.NOT_YET and session.filed is None:
        return enter(forgotten, staff.StaffFirst(), now)
    return enter(forgotten, at.AlreadyEnrolled(activated=False, hand_over=bool(session.policy.mor_prom_link)), now)
