# SPDX-License-Identifier: Apache-2.0
"""A request taken without a network, in a session's transitions (journeys J9), where the signed policy allows it.

1. It is offered in place of "come back later", to who came to enrol, and only while the kiosk's clock is known: the
   promise is one of hours.
2. What is kept and for how long is agreed to by a box of its own, before the face is looked at.
3. From then on it is an enrolment like any other, which waits for nothing once it is filed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.enrollment import facing
from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Consent
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.session import Advance, Session, enter, leave, problem
from kiosk.enrollment.states import Farewell, Intent, Purpose

if TYPE_CHECKING:
    from kiosk.enrollment.failures import Failure


def offer(session: Session, failure: Failure, now: on.Now) -> Advance:
    """Offer to take the request, or say what is wrong where it cannot be taken."""
    allowed = session.policy.deferred_hours > 0 and session.purpose is Purpose.ENROLL and now.clock_known
    if allowed and session.identity is not None and session.presence is Presence.PRESENT:
        return enter(session, at.Deferral(failure), now), ()
    return problem(session, failure, now, retry=True)


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what the person says to the offer."""
    match intent:
        case Intent.DEFER:
            return enter(session, at.Notice(kept_hours=session.policy.deferred_hours), now), ()
        case Intent.DONE | Intent.CANCEL:
            return leave(session, Farewell.NETWORK, now)
        case _:
            return session, ()


def agreed(session: Session, notice: at.Notice, now: on.Now) -> Advance:
    """Remember what was agreed to, and look at the face."""
    consent = Consent(f"{session.policy.notice_version}-kept-{notice.kept_hours}h", now.utc)
    return facing.look(replace(session, consent=consent, kept_hours=notice.kept_hours), now)
