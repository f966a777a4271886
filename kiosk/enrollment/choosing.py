# SPDX-License-Identifier: Apache-2.0
"""What a person chooses before a card is read: the welcome, the menu, and what staff can do here today."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.enrollment import reading
from kiosk.enrollment import states as at
from kiosk.enrollment.session import Advance, Session, enter
from kiosk.enrollment.states import Intent, Purpose

if TYPE_CHECKING:
    from kiosk.enrollment import happenings as on


def said(session: Session, intent: Intent, now: on.Now) -> Advance:  # noqa: PLR0911 - one arm a choice
    """Take in what the person chose."""
    match session.state, intent:
        case at.Attract(), Intent.START:
            return _menu(replace(session, started_s=now.monotonic_s), now)
        case ((at.Menu() | at.StaffToday()), Intent.ENROLL):
            return enter(session, at.Notice(), now), ()
        case at.Menu(), Intent.CHECK:
            return reading.await_card(replace(session, purpose=Purpose.CHECK), now)
        case at.Menu(staff=True), Intent.STAFF if session.policy.enrolls_staff:
            return reading.await_card(replace(session, purpose=Purpose.STAFF), now)
        case at.Menu(staff=True), Intent.STAFF:
            return enter(session, at.StaffToday(), now), ()
        case at.Menu(), (Intent.BACK | Intent.CANCEL):
            return welcome(session), ()
        case at.StaffToday(), (Intent.BACK | Intent.CANCEL):
            return _menu(session, now)
        case _:
            return session, ()


def announced(session: Session, now: on.Now) -> Session:
    """Let the offer and the announcements take turns on the welcome screen."""
    announcements = (("", ""), *session.policy.announcements)
    turn = int(now.monotonic_s / session.policy.announce_s) % len(announcements)
    return replace(session, state=at.Attract(*announcements[turn]))


def welcome(session: Session) -> Session:
    """Be as before anybody touched the screen."""
    return Session(policy=session.policy, presence=session.presence, left_behind=session.left_behind)


def _menu(session: Session, now: on.Now) -> Advance:
    return enter(session, at.Menu(staff=session.policy.offers_staff), now), ()
