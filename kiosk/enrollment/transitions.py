# SPDX-License-Identifier: Apache-2.0
"""One person's session as pure transitions: `advance(session, happening, now)` gives the next session and its steps.

It knows no device, screen, network or clock of its own. Journeys J1 to J5, J7 to J10 of the design.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from kiosk.enrollment import (
    asking,
    choosing,
    deferring,
    facing,
    helping,
    opinions,
    outcome,
    reading,
    renewing,
    reporting,
    slips,
    staffing,
)
from kiosk.enrollment import happenings as on
from kiosk.enrollment import staff_states as staff
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Consent
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.session import Advance, Session, end, ending, enter, faulted, leave, problem
from kiosk.enrollment.states import Farewell, Intent
from wire.opinions import Place

_CENTRAL_TRIES = frozenset(
    {Failure.NETWORK_DOWN, Failure.CENTRAL_SILENT, Failure.PHONE_NOT_DONE, Failure.PHONE_OF_ANOTHER}
)

# States in which the machine waits for the person, so silence means that the person may have left.
_WAITS_FOR_PERSON = (
    at.Menu,
    at.StaffToday,
    at.Notice,
    at.InsertCard,
    at.ConfirmIdentity,
    at.Problem,
    at.AlreadyEnrolled,
    at.Activated,
    at.FinishLater,
    at.NoPhone,
    at.SavedHere,
    at.Deferral,
    *reporting.MOMENTS,
    *staffing.WAITS_FOR_PERSON,
)
_CANCELLED_AT_ONCE = (at.Notice, at.InsertCard, at.Reading, at.PutCardBack, at.ConfirmIdentity, at.Looking)


def advance(session: Session, happening: on.Happening, now: on.Now) -> Advance:  # noqa: C901, PLR0911, PLR0912 - one arm a happening
    """Take one happening in. A happening that has no meaning in the present state changes nothing."""
    if session.ended is not None:
        return session, ()
    if isinstance(session.state, at.HelpCalled):
        return _helped(session, happening, now)
    match happening:
        case on.PersonSaid(Intent.HELP):
            return helping.call(session, now)
        case on.PersonSaid(intent):
            return _said(session, intent, now)
        case on.Announced(announcements):
            return replace(session, policy=replace(session.policy, announcements=announcements)), ()
        case on.CardChanged(presence):
            return reading.card_changed(session, presence, now)
        case on.ReadProgressed() | on.NameRead():
            return reading.read_goes_on(session, happening), ()
        case on.IdentityRead() | on.CardFailed():
            return reading.read_ended(session, happening, now)
        case on.Prompted(prompt) if isinstance(session.state, at.Looking):
            return replace(session, state=at.Looking(prompt, session.attempt)), ()
        case on.FaceJudged(findings) if isinstance(session.state, at.Looking):
            return facing.judged(session, findings, now)
        case on.FaceFailed(failure) if isinstance(session.state, at.Looking):
            return facing.failed(session, failure, now)
        case on.StatusKnown(enrolled) if asking.is_open(session):
            return asking.answered(session, enrolled, now)
        case on.HandOverEnded():
            return staffing.phone_ended(session, happening, now)
        case on.StaffKnown() | on.TicketKept() | on.HandOverBegun() if asking.is_open(session):
            return staffing.answered(session, happening, now)
        case on.Unreachable() if asking.is_open(session):
            return asking.unanswered(session, Failure.NETWORK_DOWN, now)
        case on.Filed(code) if session.filing:
            return outcome.filed(session, code, now), ()
        case on.NotFiled() if session.filing and isinstance(session.state, at.Checking):
            return problem(session, Failure.NOT_SAVED, now, retry=False)
        case on.Confirmed():
            return outcome.confirmed(session), ()
        case on.PinIssued() if outcome.is_awaited(session):
            return outcome.pin_issued(session, happening, now)
        case on.BecameActive(sandbox):
            return outcome.became_active(session, now, sandbox=sandbox)
        case on.NoNewCode(failure) if renewing.is_awaited(session):
            return renewing.none_given(session, failure, now)
        case on.Unreachable() if renewing.is_awaited(session):
            return renewing.none_given(session, Failure.NETWORK_DOWN, now)
        case on.Rejected() if outcome.is_awaited(session):
            return outcome.rejected(session, now)
        case on.SlipEnded(printed):
            return slips.ended(session, printed=printed), ()
        case on.ComplaintEnded(number):
            return reporting.ended(session, number, now), ()
        case on.FaultHappened(fault):
            return faulted(session, fault)
        case on.Ticked():
            return _ticked(session, now)
        case _:
            return session, ()


def _helped(session: Session, happening: on.Happening, now: on.Now) -> Advance:
    match happening:
        case on.PersonSaid(Intent.BACK):
            return helping.resume(session, now)
        case on.PersonSaid():
            return session, ()
        case on.HelpTold():
            return helping.told(session), ()
        case on.HelperComes():
            return helping.helper_comes(session, happening, now), ()
        case _:
            return helping.goes_on_under(session, happening, now, advance)


# -- what the person says -----------------------------------------------------------------------------------------


def _said(session: Session, intent: Intent, now: on.Now) -> Advance:  # noqa: C901, PLR0911, PLR0912 - one arm an intent
    awake = replace(session, quiet_since_s=now.monotonic_s)
    match session.state, intent:
        case at.StillThere(), Intent.CANCEL:
            return _given_up(awake, Farewell.CANCELLED, now)
        case at.StillThere(), _:
            return _stays(awake, now)
        case _, Intent.COMPLAIN:
            return _complains(awake, now)
        case ((at.Attract() | at.Menu() | at.StaffToday()), _):
            return choosing.said(awake, intent, now)
        case at.CheckAnswer(), _:
            return asking.said(awake, intent, now)
        case (state, _) if isinstance(state, staffing.MOMENTS):
            return staffing.said(awake, intent, now)
        case at.Notice(), (Intent.TICK | Intent.UNTICK):
            ticked = msgspec.structs.replace(session.state, consented=intent is Intent.TICK)
            return replace(awake, state=ticked), ()
        case at.Notice(consented=True) as notice, Intent.AGREE if notice.kept_hours:
            return deferring.agreed(awake, notice, now)
        case at.Notice(consented=True), Intent.AGREE:
            consented = replace(awake, consent=Consent(session.policy.notice_version, now.utc))
            return reading.await_card(consented, now)
        case at.Notice(), Intent.DECLINE:
            return leave(awake, Farewell.DECLINED, now)
        case at.Deferral(), _:
            return deferring.said(awake, intent, now)
        case at.ConfirmIdentity(), Intent.YES:
            return asking.ask(awake, now)
        case at.ConfirmIdentity(), Intent.NO:
            return leave(awake, Farewell.CANCELLED, now)
        case at.Problem(retry=True), Intent.RETRY:
            return _retry(awake, session.state.failure, now)
        case at.Problem(), (Intent.DONE | Intent.CANCEL):
            return leave(awake, ending(session.state.failure), now)
        case at.AlreadyEnrolled(new_code=True), Intent.NEW_CODE:
            return facing.look(replace(awake, purpose=at.Purpose.NEW_CODE), now)
        case at.Activated(staff=True), Intent.STAFF:
            return outcome.as_staff(awake, now)
        case (state, _) if isinstance(state, outcome.REACHED):
            return outcome.said(awake, intent, now)
        case ((at.Rate() | at.Complaint()), _):
            return opinions.said(awake, intent, now)
        case (state, _) if isinstance(state, reporting.MOMENTS):
            return reporting.said(awake, intent, now)
        case (state, Intent.CANCEL) if isinstance(state, _CANCELLED_AT_ONCE):
            return leave(awake, Farewell.CANCELLED, now)
        case at.Checking(), Intent.CANCEL if not session.is_committed:
            return leave(awake, Farewell.CANCELLED, now)
        case ((at.TakeCard() | at.Goodbye()), Intent.DONE) if session.presence is not Presence.PRESENT:
            return end(awake)
        case _:
            return awake, ()


def _complains(session: Session, now: on.Now) -> Advance:
    """Ask what is not right, where there is a choice to say so."""
    match session.state:
        case at.Menu():
            return reporting.ask(session, Place.MENU, Farewell.REPORTED, now)
        case at.Problem(failure=failure):
            return reporting.ask(session, Place.PROBLEM, ending(failure), now)
        case at.Complaint(why=why):
            return reporting.ask(session, Place.RATING, why, now)
        case _:
            return session, ()


def _given_up(session: Session, why: Farewell, now: on.Now) -> Advance:
    """Leave; who has only looked at the menu has nothing to be told."""
    if isinstance(session.interrupted, (at.Menu, at.StaffToday)):
        return choosing.welcome(session), ()
    return leave(session, why, now)


def _stays(session: Session, now: on.Now) -> Advance:
    state = session.interrupted or at.Attract()
    return replace(enter(session, state, now), extensions=session.extensions + 1), ()


def _retry(session: Session, failure: Failure, now: on.Now) -> Advance:
    if failure in reading.CARD_TRIES:
        return reading.await_card(session, now)
    if failure in _CENTRAL_TRIES:
        return asking.ask(replace(session, renewing=False), now)
    return facing.look(session, now)


# -- time and endings ---------------------------------------------------------------------------------------------


def _ticked(session: Session, now: on.Now) -> Advance:
    if isinstance(session.state, at.Attract):
        return choosing.announced(session, now), ()
    if isinstance(session.state, at.StillThere):
        return _counted_down(session, now)
    if session.until_s is not None and now.monotonic_s >= session.until_s:
        return _timed_out(session, now)
    if isinstance(session.state, at.PutCardBack):
        return reading.read_again_if_there(session, now)
    quiet_s = now.monotonic_s - session.quiet_since_s
    if isinstance(session.state, _WAITS_FOR_PERSON) and quiet_s >= session.policy.idle_s:
        seconds = round(session.policy.warning_s)
        warned = enter(session, at.StillThere(seconds), now, lasts_s=session.policy.warning_s)
        return replace(warned, interrupted=session.state), ()
    return session, ()


def _counted_down(session: Session, now: on.Now) -> Advance:
    left_s = (session.until_s or now.monotonic_s) - now.monotonic_s
    if left_s <= 0:
        return _given_up(session, _ending_of(session), now)
    return replace(session, state=at.StillThere(max(1, round(left_s)))), ()


def _timed_out(session: Session, now: on.Now) -> Advance:  # noqa: PLR0911 - one arm a state
    match session.state:
        case at.Reading():
            return problem(session, Failure.CARD_UNREADABLE_STAFF, now, retry=False)
        case at.PutCardBack():
            return leave(session, Farewell.CARD_REMOVED, now)
        case at.Looking():
            return faulted(session, Fault.CAMERA_FROZEN)
        case at.Checking():
            return _checked_long(session, now)
        case staff.ScanWithPhone():
            return staffing.phone_took_long(session, now)
        case at.CheckAnswer():
            return asking.leave_with_answer(session, now)
        case at.Accepted() | at.HandOver():
            return outcome.for_home(session, now)
        case at.Rate() | at.Complaint():
            return opinions.go(session, now)
        case at.TakeCard() | at.Goodbye():
            return end(session)
        case _:
            return session, ()


def _checked_long(session: Session, now: on.Now) -> Advance:
    if asking.is_open(session):
        return asking.took_long(session, now)
    if session.renewing:
        return renewing.took_long(session, now)
    if session.filed is not None:
        return enter(session, at.SavedHere(session.filed, session.confirmed), now), ()
    return problem(session, Failure.NOT_SAVED, now, retry=False)


def _ending_of(session: Session) -> Farewell:
    """How a session that silence ends is counted: by what had been reached, else as timed out."""
    if session.is_committed or isinstance(session.interrupted, at.AlreadyEnrolled):
        return outcome.ending(session)
    match session.interrupted:
        case at.Problem(failure=failure, retry=False):
            return ending(failure)
        case at.ReportProblem(why=why) | at.ProblemReported(why=why):
            return why
        case reached if isinstance(reached, staffing.REACHED):
            return staffing.ending(session)
        case _:
            return Farewell.TIMED_OUT
