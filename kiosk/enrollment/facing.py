# SPDX-License-Identifier: Apache-2.0
"""The face's part in a session's transitions: it is looked at, judged, and the record of a match is filed.

It knows no camera and compares nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.enrollment import happenings as on
from kiosk.enrollment import renewing
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import CardStatus, Enrollment, Zone
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.session import Advance, Session, enter, problem

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import FaceFindings


def look(session: Session, now: on.Now) -> Advance:
    """Begin a face attempt."""
    if session.identity is None:
        return session, ()
    looking = enter(session, at.Looking(attempt=session.attempt), now, lasts_s=session.policy.looking_s)
    return looking, (on.Look(session.identity.portrait_jpeg),)


def judged(session: Session, findings: FaceFindings, now: on.Now) -> Advance:
    """On a match of a living face file the enrolment, or ask for the code; anything else is a failed attempt."""
    if findings.match.zone is not Zone.MATCH or not findings.liveness.passed:
        return failed(session, Failure.FACE_MISMATCH, now)
    if session.identity is None or session.consent is None:
        return problem(session, Failure.NOT_SAVED, now, retry=False)
    enrollment = Enrollment(
        identity=session.identity,
        consent=session.consent,
        card_status=CardStatus.PENDING,
        findings=findings,
        attempts=session.attempt,
        duration_ms=round((now.monotonic_s - session.started_s) * 1000),
    )
    if session.purpose is at.Purpose.NEW_CODE:
        return renewing.ask(session, enrollment, now)
    checking = enter(session, at.Checking(), now, lasts_s=session.policy.outcome_timeout_s)
    return replace(checking, filing=True), (on.FileRecord(enrollment, session.kept_hours or None),)


def failed(session: Session, failure: Failure, now: on.Now) -> Advance:
    """Let the person try again, and after the last attempt lead to the staff."""
    if failure is Failure.CARD_PORTRAIT_UNUSABLE:
        return problem(session, failure, now, retry=False)
    if session.attempt >= session.policy.face_attempts:
        return problem(session, Failure.FACE_STAFF, now, retry=False)
    again = replace(session, attempt=session.attempt + 1)
    return enter(again, at.Problem(failure, retry=True, attempt=session.attempt), now), ()
