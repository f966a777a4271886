# SPDX-License-Identifier: Apache-2.0
"""What became of a filed record, in a session's transitions: the code, its way to a phone, the activation."""

from __future__ import annotations

from dataclasses import replace

from kiosk.enrollment import happenings as on
from kiosk.enrollment import opinions, reading, renewing, slips
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.ports import StaffTask
from kiosk.enrollment.session import Advance, Session, enter, leave, problem
from kiosk.enrollment.shown import Slip
from kiosk.enrollment.states import Farewell, Intent, Purpose

HAS_CODE = (at.Accepted, at.FinishLater, at.HandOver, at.NoPhone)
REACHED = (*HAS_CODE, at.Activated, at.SavedHere, at.AlreadyEnrolled)


def filed(session: Session, code: str, now: on.Now) -> Session:
    """Go on waiting for the outcome, which nobody does without a network; had it been given up, take that word back."""
    known = replace(session, filed=code, identity=None)
    if session.kept_hours and isinstance(session.moment, at.Checking):
        return enter(known, at.SavedHere(code, known.confirmed), now)
    if isinstance(session.state, at.Checking):
        return replace(known, until_s=now.monotonic_s + session.policy.outcome_timeout_s)
    if isinstance(session.moment, at.Problem):
        return enter(known, at.SavedHere(code, known.confirmed), now)
    return known


def confirmed(session: Session) -> Session:
    """Say that the controller has it, also under the idle warning."""
    known = replace(session, confirmed=True)
    match session.state, session.interrupted:
        case at.SavedHere(code=code), _:
            return replace(known, state=at.SavedHere(code, confirmed=True))
        case _, at.SavedHere(code=code):
            return replace(known, interrupted=at.SavedHere(code, confirmed=True))
        case _:
            return known


def is_awaited(session: Session) -> bool:
    """Whether a record was filed, or a code asked for, and nothing is known of it yet."""
    awaits = session.filing and session.filed is not None
    filed = awaits and isinstance(session.moment, (at.Checking, at.SavedHere))
    return filed or renewing.is_awaited(session)


def pin_issued(session: Session, issued: on.PinIssued, now: on.Now) -> Advance:
    """Show the code."""
    policy = session.policy
    accepted = at.Accepted(
        issued.pin,
        issued.valid_until_ms,
        issued.sandbox,
        hand_over=bool(policy.mor_prom_link),
        slip=Slip.OFFERED if policy.offers_slip else Slip.NONE,
    )
    return _accepted(replace(session, identity=None), accepted, now), ()


def became_active(session: Session, now: on.Now, *, sandbox: bool) -> Advance:
    """Say "done", which nothing else is called."""
    has_code = (session.filed is not None or session.renewing) and isinstance(session.moment, HAS_CODE)
    if is_awaited(session) or has_code:
        return enter(replace(session, back_to=None, identity=None), at.Activated(sandbox, session.staff_next), now), ()
    return session, ()


def rejected(session: Session, now: on.Now) -> Advance:
    """Lead to the staff, in neutral words."""
    return problem(session, Failure.NOT_ACCEPTED, now, retry=False)


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what the person does with the outcome."""
    match session.state, intent:
        case ((at.Accepted() | at.FinishLater() | at.AlreadyEnrolled()), Intent.SHOW_QR) if (
            session.policy.mor_prom_link
        ):
            return _hand_over(session, now), ()
        case ((at.Accepted() | at.FinishLater()), Intent.NO_PHONE):
            return replace(enter(session, at.NoPhone(), now), back_to=session.state), ()
        case ((at.Accepted() | at.FinishLater()) as code, Intent.PRINT):
            return slips.ask(session, code)
        case ((at.HandOver() | at.NoPhone()), Intent.BACK):
            return go_back(session, now), ()
        case _, (Intent.DONE | Intent.CANCEL):
            return _finished(session, now)
        case _:
            return session, ()


def as_staff(session: Session, now: on.Now) -> Advance:
    """Go on with step 2 of 3; the card is read anew, because nothing is left of what was read."""
    staff = replace(
        session, purpose=Purpose.STAFF, staff_task=StaffTask.STANDING, staff_next=False, filing=False, consent=None
    )
    return reading.await_card(staff, now)


def _finished(session: Session, now: on.Now) -> Advance:
    if session.policy.rating_s > 0:
        return opinions.ask(session, ending(session), now)
    return leave(session, ending(session), now)


def go_back(session: Session, now: on.Now) -> Session:
    """Be again where the person turned away from; a code that was waited for is waited for anew."""
    back = replace(session, back_to=None)
    if isinstance(session.back_to, at.Accepted):
        return _accepted(back, session.back_to, now)
    return enter(back, session.back_to or session.state, now)


def for_home(session: Session, now: on.Now) -> Advance:
    """Nobody has used the code for a while: say that the rest can be done at home."""
    match session.state, session.back_to:
        case ((at.Accepted() as code), _):
            pass
        case at.HandOver(), (at.Accepted() as code):
            pass
        case _:
            return go_back(session, now), ()
    later = at.FinishLater(code.pin, code.valid_until_ms, code.sandbox, slips.later(code.slip))
    return enter(replace(session, back_to=None), later, now), ()


def ending(session: Session) -> Farewell:
    """How a session that has come this far is counted."""
    if session.filed is not None:
        return Farewell.FILED
    return Farewell.NEW_CODE if session.renewing else Farewell.ALREADY_ENROLLED


def _accepted(session: Session, accepted: at.Accepted, now: on.Now) -> Session:
    return enter(session, accepted, now, lasts_s=session.policy.activation_wait_s)


def _hand_over(session: Session, now: on.Now) -> Session:
    pin = session.state.pin if isinstance(session.state, (at.Accepted, at.FinishLater)) else ""
    shown = at.HandOver(session.policy.mor_prom_link, pin)
    looking = enter(session, shown, now, lasts_s=session.policy.activation_wait_s)
    return replace(looking, back_to=session.state)
