# SPDX-License-Identifier: Apache-2.0
"""The question "already enrolled?" in a session's transitions, and its answer: before a face check, or alone (J3)."""

from __future__ import annotations

from dataclasses import replace

from kiosk.enrollment import deferring, facing, renewing, staffing
from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.session import Advance, Session, enter, leave
from kiosk.enrollment.states import Farewell, Intent, Purpose, Standing

_STANDING = {
    Enrolled.NOT_YET: Standing.NOT_YET,
    Enrolled.ACCEPTED: Standing.ACCEPTED,
    Enrolled.ACTIVATED: Standing.ACTIVATED,
}


def ask(session: Session, now: on.Now) -> Advance:
    """Put the question about the person whose card was read: "already enrolled?", or what staff ask."""
    if session.identity is None:
        return session, ()
    if session.purpose is Purpose.STAFF:
        return staffing.ask(session, now)
    checking = enter(session, at.Checking(purpose=session.purpose), now, lasts_s=session.policy.status_timeout_s)
    return checking, (on.AskStatus(session.identity),)


def is_open(session: Session) -> bool:
    """Whether the question is put and not yet answered."""
    return isinstance(session.state, at.Checking) and session.identity is not None and not session.is_committed


def answered(session: Session, enrolled: Enrolled, now: on.Now) -> Advance:
    """Take the answer: tell it to who only asked, and let nobody enrol twice."""
    if session.purpose is Purpose.STAFF:  # it was asked before the session went on as staff's
        return session, ()
    if session.purpose is Purpose.CHECK:
        return _tell(session, _STANDING[enrolled], now)
    if enrolled is Enrolled.NOT_YET:
        return facing.look(replace(session, purpose=Purpose.ENROLL), now)
    if enrolled is Enrolled.ACCEPTED and session.purpose is Purpose.NEW_CODE:
        return facing.look(session, now)
    new_code = enrolled is Enrolled.ACCEPTED and session.presence is Presence.PRESENT
    known = session if new_code else replace(session, identity=None)
    activated, hand_over = enrolled is Enrolled.ACTIVATED, bool(session.policy.mor_prom_link)
    return enter(known, at.AlreadyEnrolled(activated, hand_over, new_code), now), ()


def unanswered(session: Session, failure: Failure, now: on.Now) -> Advance:
    """Say that there is no answer now; an enrolment may ask again, or be taken for later."""
    if session.purpose is Purpose.CHECK:
        return _tell(session, Standing.NOT_KNOWN, now)
    return deferring.offer(session, failure, now)


def took_long(session: Session, now: on.Now) -> Advance:
    """Say that it is slow, and the second time that there is no answer."""
    if isinstance(session.state, at.Checking) and not session.state.slow:
        slow = at.Checking(slow=True, purpose=session.purpose)
        return enter(session, slow, now, lasts_s=session.policy.status_timeout_s), ()
    return unanswered(session, Failure.CENTRAL_SILENT, now)


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what the person says to the answer."""
    match session.state, intent:
        case at.CheckAnswer(standing=Standing.NOT_YET), Intent.ENROLL:
            return enter(replace(session, purpose=Purpose.ENROLL), at.Notice(), now), ()
        case at.CheckAnswer(standing=Standing.ACCEPTED), Intent.NEW_CODE:
            return renewing.begin(session, now)
        case at.CheckAnswer(), (Intent.DONE | Intent.CANCEL):
            return leave_with_answer(session, now)
        case _:
            return session, ()


def leave_with_answer(session: Session, now: on.Now) -> Advance:
    """Say goodbye to who only asked."""
    unknown = session.moment == at.CheckAnswer(Standing.NOT_KNOWN)
    return leave(session, Farewell.NETWORK if unknown else Farewell.CHECKED, now)


def _tell(session: Session, standing: Standing, now: on.Now) -> Advance:
    known = replace(session, identity=None)
    return enter(known, at.CheckAnswer(standing), now, lasts_s=session.policy.check_answer_s), ()
