# SPDX-License-Identifier: Apache-2.0
"""Somebody says that something is not right, in a session's transitions: one of a short list, and a number for it.

1. What was read of a person is gone before the list is shown: a complaint belongs to nobody.
2. It is made once; the number is shown when it is kept, and when it cannot be kept the screen says whom to call.
3. Afterwards the session ends as it would have ended without it.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from kiosk.enrollment import choosing
from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.session import Advance, Session, enter, leave
from kiosk.enrollment.states import Farewell, Intent
from wire.opinions import Category, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOUT: Mapping[Intent, Category] = MappingProxyType(
    {
        Intent.REPORT_CARD: Category.CARD,
        Intent.REPORT_FACE: Category.FACE,
        Intent.REPORT_CODE: Category.CODE,
        Intent.REPORT_MACHINE: Category.MACHINE,
        Intent.REPORT_WORDS: Category.WORDS,
        Intent.REPORT_SERVICE: Category.SERVICE,
    }
)
MOMENTS = (at.ReportProblem, at.ProblemReported)
_OUT = frozenset({Intent.BACK, Intent.CANCEL, Intent.DONE})


def ask(session: Session, place: Place, why: Farewell, now: on.Now) -> Advance:
    """Show the list, with the person's data gone; `why` is how the session ends."""
    wiped = replace(session, identity=None, consent=None, back_to=None)
    return enter(wiped, at.ReportProblem(place, why), now), ()


def said(session: Session, intent: Intent, now: on.Now) -> Advance:
    """Take in what is not right, or that nothing is to be said of it."""
    match session.state:
        case at.ReportProblem(place, why, sent=False) if intent in ABOUT:
            sent = replace(session, state=at.ReportProblem(place, why, sent=True))
            return sent, (on.FileComplaint(ABOUT[intent], place),)
        case at.ReportProblem(Place.MENU) if intent in _OUT:
            return choosing.welcome(session), ()
        case at.ReportProblem(why=why) | at.ProblemReported(why=why) if intent in _OUT:
            return leave(session, why, now)
        case _:
            return session, ()


def ended(session: Session, number: str, now: on.Now) -> Session:
    """Say under which number it is kept; who has left meanwhile is told nothing."""
    asked = session.moment
    if not isinstance(asked, at.ReportProblem) or not asked.sent:
        return session
    return enter(session, at.ProblemReported(asked.why, number), now)
