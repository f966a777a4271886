# SPDX-License-Identifier: Apache-2.0
"""What a person thought of the visit, in a session's transitions: a face, and what was not good. Nobody has to say.

An opinion is one code. It is counted apart from the person, whose data is gone when it is asked for.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.session import Advance, Session, enter, leave
from kiosk.enrollment.states import Farewell, Intent
from wire.opinions import Opinion

FACES = (Intent.RATED_1, Intent.RATED_2, Intent.RATED_3, Intent.RATED_4, Intent.RATED_5)
UNHAPPY = frozenset(FACES[:2])
ABOUT = (Intent.ABOUT_WAITING, Intent.ABOUT_WORDS, Intent.ABOUT_MACHINE, Intent.ABOUT_OTHER)


def ask(session: Session, why: Farewell, now: on.Now) -> Advance:
    """Ask how it was, with the person's data gone."""
    wiped = replace(session, identity=None, consent=None, back_to=None)
    return enter(wiped, at.Rate(why), now, lasts_s=session.policy.rating_s), ()


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what the person thought; who is unhappy may say with what."""
    match session.state:
        case at.Rate(why=why) if intent in UNHAPPY:
            asking = enter(session, at.Complaint(why), now, lasts_s=session.policy.complaint_s)
            return asking, (on.NoteOpinion(Opinion(intent)),)
        case at.Rate(why=why) if intent in FACES:
            return _noted(session, intent, why, now)
        case at.Complaint(why=why) if intent in ABOUT:
            return _noted(session, intent, why, now)
        case at.Rate() | at.Complaint() if intent in {Intent.DONE, Intent.CANCEL}:
            return go(session, now)
        case _:
            return session, ()


def go(session: Session, now: on.Now) -> Advance:
    """Leave without another word."""
    state = session.moment
    return leave(session, state.why if isinstance(state, (at.Rate, at.Complaint)) else Farewell.FILED, now)


def _noted(session: Session, intent: Intent, why: Farewell, now: on.Now) -> Advance:
    left, steps = leave(session, why, now)
    return left, (on.NoteOpinion(Opinion(intent)), *steps)
