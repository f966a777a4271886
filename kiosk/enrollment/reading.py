# SPDX-License-Identifier: Apache-2.0
"""The card's part in a session's transitions: it comes, is read, is pulled and is put back.

It knows no reader. The reader and its watcher speak from two threads, so their news of one pull comes in any order:
1. Only the newest read counts. What an older one still tells is not shown, and its answer is not taken; but that
   another card was in the reader counts whichever read found it.
2. Whether a card is in the reader is the watcher's word. The reader may be sooner to say that it is gone; when the
   watcher does not say so too within `watcher_lag_s`, the card is there and is read again.
3. While the card is out nothing that was read of it is shown or taken: it has to come back first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from kiosk.enrollment import asking, opinions, renewing, staffing
from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.screening import is_for_the_counter, screened
from kiosk.enrollment.session import Advance, Session, end, enter, faulted, leave, problem
from kiosk.enrollment.states import Farewell

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Identity

CARD_TRIES = frozenset({Failure.CARD_UNREADABLE, Failure.CARD_NOT_NATIONAL_ID})

# States that end at once when the card leaves: what they hold belongs to the card's holder.
_NEEDS_CARD = (at.ConfirmIdentity, at.Looking, at.Checking, at.Deferral, *staffing.HOLDS_CARD)
_NEEDS_READER = (at.Attract, at.Menu, at.StaffToday, at.Notice, at.InsertCard, at.Reading, at.PutCardBack, *_NEEDS_CARD)


def await_card(session: Session, now: on.Now) -> Advance:
    """Read the card that is there, else ask for it. One that somebody forgot has to come out first."""
    if session.presence is Presence.PRESENT and not session.left_behind:
        return _begin(session, now)
    return enter(session, at.InsertCard(session.purpose), now), ()


def card_changed(session: Session, presence: Presence, now: on.Now) -> Advance:
    """Take in what the watcher sees."""
    before, session = session.presence, replace(session, presence=presence)
    if presence is Presence.NO_READER and _is_reader_needed(session):
        return faulted(session, Fault.READER_ABSENT)
    if presence is Presence.PRESENT:
        if before is None:
            return replace(session, left_behind=True), ()
        return _card_came(session, now)
    session = replace(session, left_behind=False)
    return _card_left(session, now) if before is Presence.PRESENT else (session, ())


def read_goes_on(session: Session, told: on.ReadProgressed | on.NameRead) -> Session:
    """Show how far the newest read is and whose card it is, unless the card is out."""
    if not isinstance(session.state, at.Reading) or session.reads > 1:
        return session
    shown = session.state
    match told:
        case on.ReadProgressed(progress):
            return replace(session, state=msgspec.structs.replace(shown, progress=round(progress, 2)))
        case on.NameRead(name_th, name_en):
            return replace(session, state=msgspec.structs.replace(shown, name_th=name_th, name_en=name_en))


def read_ended(session: Session, answer: on.IdentityRead | on.CardFailed, now: on.Now) -> Advance:
    """Take a read's answer; each read gives one."""
    session = replace(session, reads=max(0, session.reads - 1))
    match session.state, answer:
        case ((at.Reading() | at.PutCardBack()), on.CardFailed(Failure.CARD_CHANGED)):
            return _other_card(session, now)
        case at.Reading(), on.IdentityRead(identity) if session.reads == 0:
            return _read(session, identity, now)
        case at.Reading(), on.CardFailed(Failure.CARD_REMOVED) if session.reads == 0:
            return _pulled(session, now)
        case at.Reading(), on.CardFailed(failure) if session.reads == 0:
            return _failed(session, failure, now)
        case _:
            return session, ()


def read_again_if_there(session: Session, now: on.Now) -> Advance:
    """Go on with a card that only its reader has called gone."""
    waited_s = now.monotonic_s - session.quiet_since_s
    if session.presence is Presence.PRESENT and waited_s >= session.policy.watcher_lag_s:
        return _begin(session, now)
    return session, ()


def _begin(session: Session, now: on.Now) -> Advance:
    reading = enter(session, at.Reading(purpose=session.purpose), now, lasts_s=session.policy.reading_s)
    return replace(reading, reads=session.reads + 1), (on.ReadCard(),)


def _is_reader_needed(session: Session) -> bool:
    match session.moment:
        case at.Problem(retry=retry):
            return retry
        case moment:
            return isinstance(moment, _NEEDS_READER) and not session.is_committed


def _card_left(session: Session, now: on.Now) -> Advance:  # noqa: PLR0911 - one arm a moment
    if isinstance(session.state, at.TakeCard):
        return end(session)
    match session.moment:
        case at.Reading():
            return _pulled(session, now)
        case at.CheckAnswer():
            return asking.leave_with_answer(session, now)
        case at.Rate() | at.Complaint():
            return opinions.go(session, now)
        case at.AlreadyEnrolled():
            return renewing.without_card(session), ()
        case at.Problem(failure=Failure.CARD_CHANGED):
            return leave(session, Farewell.CARD_CHANGED, now)
        case at.Problem(retry=True, failure=failure) if failure not in CARD_TRIES:
            return leave(session, Farewell.CARD_REMOVED, now)
        case at.Notice(kept_hours=hours) if hours:
            return leave(session, Farewell.CARD_REMOVED, now)
        case moment if isinstance(moment, _NEEDS_CARD) and not session.is_committed:
            return leave(session, Farewell.CARD_REMOVED, now)
        case _:
            return session, ()


def _card_came(session: Session, now: on.Now) -> Advance:
    match session.moment:
        case at.Attract() | at.Menu() | at.StaffToday():
            return enter(replace(session, started_s=now.monotonic_s), at.Notice(), now), ()
        case at.InsertCard() | at.PutCardBack():
            return await_card(session, now)
        case at.Problem(failure=failure, retry=True) if failure in CARD_TRIES:
            return await_card(session, now)
        case _:
            return session, ()


def _pulled(session: Session, now: on.Now) -> Advance:
    """Ask for the same card again, a few times; then what was read is wiped."""
    if session.pulls >= session.policy.put_backs:
        return leave(replace(session, presence=Presence.ABSENT), Farewell.CARD_REMOVED, now)
    pulled = replace(session, pulls=session.pulls + 1)
    return enter(pulled, at.PutCardBack(session.purpose), now, lasts_s=session.policy.put_back_s), ()


def _other_card(session: Session, now: on.Now) -> Advance:
    if session.presence is Presence.PRESENT:
        return problem(session, Failure.CARD_CHANGED, now, retry=False)
    return leave(session, Farewell.CARD_CHANGED, now)


def _read(session: Session, identity: Identity, now: on.Now) -> Advance:
    if session.purpose is not at.Purpose.ENROLL:
        if is_for_the_counter(identity):
            return problem(session, Failure.NOT_AT_KIOSK, now, retry=False)
        return asking.ask(replace(session, identity=identity), now)
    failure = screened(identity, now.utc, session.policy)
    if failure is not None:
        return problem(session, failure, now, retry=False)
    known = replace(session, identity=identity)
    confirm = at.ConfirmIdentity(identity.masked_name_th(), identity.masked_name_en(), identity.masked_number())
    return enter(known, confirm, now), ()


def _failed(session: Session, failure: Failure, now: on.Now) -> Advance:
    if failure not in CARD_TRIES:
        return problem(session, failure, now, retry=False)
    failed = replace(session, card_failures=session.card_failures + 1)
    if failed.card_failures >= session.policy.card_attempts:
        return problem(failed, Failure.CARD_UNREADABLE_STAFF, now, retry=False)
    return problem(failed, failure, now, retry=True)
