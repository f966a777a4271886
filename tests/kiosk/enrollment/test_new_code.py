# SPDX-License-Identifier: Apache-2.0
"""J2: a new code for who is accepted, after the notice and a face check, and nothing is filed for it."""

from __future__ import annotations

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Zone
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.states import Farewell, Intent, Purpose, Standing
from tests.kiosk.enrollment.walk import Walk, findings
from tests.simulators.holders import identity

UNTIL_MS = 1_800_000_000_000
CODE = on.PinIssued("482913", UNTIL_MS, sandbox=True)
WAITING = at.Checking(purpose=Purpose.NEW_CODE)


def offered() -> Walk:
    """Somebody who came to enrol, and is accepted already."""
    return Walk().to_confirm().say(Intent.YES).tell(on.StatusKnown(Enrolled.ACCEPTED))


def asked() -> Walk:
    """The same, once the face was a match."""
    return offered().say(Intent.NEW_CODE).tell(on.FaceJudged(findings()))


def test_who_is_accepted_is_offered_a_new_code_and_looked_at_once_they_want_it() -> None:
    walk = offered()
    assert walk.state == at.AlreadyEnrolled(activated=False, new_code=True)
    assert not any(isinstance(step, on.Look) for step in walk.steps)
    assert walk.say(Intent.NEW_CODE).state == at.Looking()
    assert isinstance(walk.steps[-1], on.Look)


def test_who_is_active_is_offered_none() -> None:
    walk = Walk().to_confirm().say(Intent.YES).tell(on.StatusKnown(Enrolled.ACTIVATED))
    assert walk.state == at.AlreadyEnrolled(activated=True)
    assert walk.session.identity is None
    assert walk.say(Intent.NEW_CODE).state == at.AlreadyEnrolled(activated=True)


def test_the_code_is_asked_for_with_the_proof_of_the_face_and_nothing_is_filed() -> None:
    walk = asked()
    assert walk.state == WAITING
    (step,) = [step for step in walk.steps if isinstance(step, on.AskNewCode)]
    assert step.proven.findings == findings()
    assert step.proven.consent == walk.session.consent
    walk.tell(CODE)
    assert walk.state == at.Accepted("482913", UNTIL_MS)
    assert walk.session.identity is None
    assert not any(isinstance(each, on.FileRecord) for each in walk.steps)
    assert walk.say(Intent.DONE).state == at.Rate(Farewell.NEW_CODE)


def test_the_person_is_followed_to_the_activation_or_finishes_at_home() -> None:
    assert asked().tell(CODE, on.BecameActive(sandbox=True)).state == at.Activated()
    assert asked().tell(on.BecameActive(sandbox=True)).state == at.Activated(), "entered the old one meanwhile"
    assert asked().tell(CODE).wait(91).state == at.FinishLater("482913", UNTIL_MS)


def test_who_only_asked_sees_the_notice_and_agrees_before_the_face_is_looked_at() -> None:
    walk = Walk().say(Intent.START, Intent.CHECK).tell(on.CardChanged(Presence.PRESENT), on.IdentityRead(identity()))
    walk.tell(on.StatusKnown(Enrolled.ACCEPTED))
    assert walk.state == at.CheckAnswer(Standing.ACCEPTED)
    walk.say(Intent.NEW_CODE)
    assert walk.state == at.Notice(purpose=Purpose.NEW_CODE)
    assert walk.say(Intent.AGREE).state == at.Notice(purpose=Purpose.NEW_CODE), "the box is not ticked"
    walk.say(Intent.TICK, Intent.AGREE)
    assert walk.state == at.Reading(purpose=Purpose.NEW_CODE)
    walk.tell(on.IdentityRead(identity())).say(Intent.YES)
    assert walk.state == WAITING
    assert not any(isinstance(step, on.Look) for step in walk.steps)
    walk.tell(on.StatusKnown(Enrolled.ACCEPTED))
    assert walk.state == at.Looking(), "asked for before: there is no second question"
    assert walk.tell(on.FaceJudged(findings()), CODE).state == at.Accepted("482913", UNTIL_MS)
    assert walk.session.consent is not None


def test_another_card_than_the_one_that_was_asked_about_is_told_how_it_stands() -> None:
    def reached(enrolled: Enrolled) -> Walk:
        walk = Walk().say(Intent.START, Intent.CHECK).tell(on.CardChanged(Presence.PRESENT))
        walk.tell(on.IdentityRead(identity()), on.StatusKnown(Enrolled.ACCEPTED)).say(Intent.NEW_CODE, Intent.TICK)
        walk.tell(on.CardChanged(Presence.ABSENT)).say(Intent.AGREE).tell(on.CardChanged(Presence.PRESENT))
        return walk.tell(on.IdentityRead(identity())).say(Intent.YES).tell(on.StatusKnown(enrolled))

    assert reached(Enrolled.ACTIVATED).state == at.AlreadyEnrolled(activated=True)
    walk = reached(Enrolled.NOT_YET).tell(on.FaceJudged(findings()))
    assert isinstance(walk.steps[-1], on.FileRecord), "somebody who has none yet is enrolled"
    assert walk.session.purpose is Purpose.ENROLL


def test_the_face_has_the_attempts_and_refusals_of_an_enrolment() -> None:
    walk = offered().say(Intent.NEW_CODE)
    for attempt in (1, 2):
        walk.tell(on.FaceJudged(findings(Zone.NO_MATCH)))
        assert walk.state == at.Problem(Failure.FACE_MISMATCH, retry=True, attempt=attempt)
        walk.say(Intent.RETRY)
    walk.tell(on.FaceJudged(findings(alive=False)))
    assert walk.state == at.Problem(Failure.FACE_STAFF)
    assert not any(isinstance(step, on.AskNewCode) for step in walk.steps)


@pytest.mark.parametrize(
    ("failure", "ending"),
    [(Failure.CODE_TOO_OFTEN, Farewell.ALREADY_ENROLLED), (Failure.CODE_NOT_HERE, Farewell.REFUSED)],
)
def test_no_code_is_an_end_with_a_next_step(failure: Failure, ending: Farewell) -> None:
    walk = asked().tell(on.NoNewCode(failure))
    assert walk.state == at.Problem(failure)
    assert walk.session.identity is None
    assert walk.say(Intent.DONE).state == at.TakeCard(ending)


def test_no_answer_is_said_and_may_be_tried_again_with_another_look() -> None:
    walk = asked().wait(10)
    assert walk.state == at.Checking(slow=True, purpose=Purpose.NEW_CODE)
    walk.wait(10)
    assert walk.state == at.Problem(Failure.CENTRAL_SILENT, retry=True)
    walk.say(Intent.RETRY)
    assert isinstance(walk.steps[-1], on.AskStatus)
    assert walk.tell(on.StatusKnown(Enrolled.ACCEPTED)).state == at.Looking()


def test_a_cut_line_is_said_at_once() -> None:
    assert asked().tell(on.Unreachable()).state == at.Problem(Failure.NETWORK_DOWN, retry=True)


def test_a_code_that_comes_late_is_shown_for_the_old_one_is_good_no_more() -> None:
    assert asked().wait(20).tell(CODE).state == at.Accepted("482913", UNTIL_MS)
    assert asked().wait(20).say(Intent.DONE).tell(CODE).state == at.TakeCard(Farewell.NETWORK)


def test_once_it_is_asked_for_neither_cancel_nor_a_pulled_card_loses_it() -> None:
    walk = asked().say(Intent.CANCEL).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == WAITING
    assert walk.tell(CODE).state == at.Accepted("482913", UNTIL_MS)


def test_a_pulled_card_takes_the_offer_and_the_person_s_data_with_it() -> None:
    walk = offered().tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.AlreadyEnrolled(activated=False)
    assert walk.session.identity is None
    assert walk.say(Intent.NEW_CODE).state == at.AlreadyEnrolled(activated=False)
    walk = offered().wait(46).tell(on.CardChanged(Presence.ABSENT)).say(Intent.MORE_TIME)
    assert walk.state == at.AlreadyEnrolled(activated=False)
    gone = offered().say(Intent.NEW_CODE).tell(on.CardChanged(Presence.ABSENT))
    assert gone.state == at.Goodbye(Farewell.CARD_REMOVED)


def test_finishing_without_a_new_code_wipes_the_person() -> None:
    walk = offered().say(Intent.DONE)
    assert walk.state == at.Rate(Farewell.ALREADY_ENROLLED)
    assert walk.session.identity is None
