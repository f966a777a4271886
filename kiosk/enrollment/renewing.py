# SPDX-License-Identifier: Apache-2.0
"""A new code for who is accepted and has lost theirs, in a session's transitions (journeys J2): after a face check.

1. Who came by "check only" has agreed to nothing yet: the notice comes first, then the card, then the question again.
2. The face check is an enrolment's: the same portrait, attempts and refusals. Nothing is filed.
3. A code that comes late is shown all the same: the one before it is good no more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.session import Advance, Session, enter, problem
from kiosk.enrollment.states import Purpose

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import Enrollment


def begin(session: Session, now: on.Now) -> Advance:
    """Come for a new code, with the notice first."""
    unknown = replace(session, purpose=Purpose.NEW_CODE, identity=None, consent=None)
    return enter(unknown, at.Notice(purpose=Purpose.NEW_CODE), now), ()


def ask(session: Session, proven: Enrollment, now: on.Now) -> Advance:
    """Ask for a code for the person whose face was a match."""
    checking = at.Checking(purpose=Purpose.NEW_CODE)
    asking = enter(session, checking, now, lasts_s=session.policy.status_timeout_s)
    return replace(asking, renewing=True), (on.AskNewCode(proven),)


def is_awaited(session: Session) -> bool:
    """Whether a code was asked for and has not come; it may come when it was given up."""
    match session.moment:
        case at.Checking() | at.Problem(failure=Failure.CENTRAL_SILENT):
            return session.renewing
        case _:
            return False


def none_given(session: Session, failure: Failure, now: on.Now) -> Advance:
    """Say why there is no code; where the line was cut, the person may try again."""
    return problem(replace(session, renewing=False), failure, now, retry=failure is Failure.NETWORK_DOWN)


def took_long(session: Session, now: on.Now) -> Advance:
    """Say that it is slow, and the second time that there is no answer."""
    if isinstance(session.state, at.Checking) and not session.state.slow:
        slow = at.Checking(slow=True, purpose=Purpose.NEW_CODE)
        return enter(session, slow, now, lasts_s=session.policy.status_timeout_s), ()
    return problem(session, Failure.CENTRAL_SILENT, now, retry=True)


def without_card(session: Session) -> Session:
    """Offer none any more: the face would be compared with a card that has left."""
    return replace(
        session,
        identity=None,
        state=_withdrawn(session.state),
        interrupted=None if session.interrupted is None else _withdrawn(session.interrupted),
    )


def _withdrawn(state: at.State) -> at.State:
    return msgspec.structs.replace(state, new_code=False) if isinstance(state, at.AlreadyEnrolled) else state
