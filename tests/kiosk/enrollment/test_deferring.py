# SPDX-License-Identifier: Apache-2.0
"""J9: a request taken without a network, where the policy allows it, with a consent of its own before the face."""

from __future__ import annotations

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Zone
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.states import Farewell, Intent, Purpose, Standing
from tests.kiosk.enrollment.walk import Walk, findings
from tests.simulators.holders import identity

ALLOWED = SessionPolicy(deferred_hours=24)
ASKED = at.Notice(kept_hours=24)


def cut(policy: SessionPolicy = ALLOWED) -> Walk:
    """Somebody whose card was read when the network was found to be down."""
    return Walk(policy=policy).to_confirm().say(Intent.YES).tell(on.Unreachable())


def agreed() -> Walk:
    return cut().say(Intent.DEFER, Intent.TICK, Intent.AGREE)


def test_it_is_off_unless_the_policy_says_hours() -> None:
    assert SessionPolicy().deferred_hours == 0
    assert cut(SessionPolicy()).state == at.Problem(Failure.NETWORK_DOWN, retry=True)


def test_a_cut_line_and_a_silent_centre_are_offered_it() -> None:
    assert cut().state == at.Deferral(Failure.NETWORK_DOWN)
    silent = Walk(policy=ALLOWED).to_confirm().say(Intent.YES).wait(20)
    assert silent.state == at.Deferral(Failure.CENTRAL_SILENT)


def test_a_kiosk_whose_clock_is_not_known_takes_none() -> None:
    walk = Walk(policy=ALLOWED).to_confirm().say(Intent.YES)
    walk.clock_known = False
    assert walk.tell(on.Unreachable()).state == at.Problem(Failure.NETWORK_DOWN, retry=True)


def test_only_an_enrolment_can_wait() -> None:
    walk = Walk(policy=ALLOWED).say(Intent.START, Intent.CHECK).tell(on.CardChanged(Presence.PRESENT))
    walk.tell(on.IdentityRead(identity()), on.Unreachable())
    assert walk.state == at.CheckAnswer(Standing.NOT_KNOWN)
    walk = Walk(policy=ALLOWED).to_confirm().say(Intent.YES).tell(on.StatusKnown(Enrolled.ACCEPTED))
    walk.say(Intent.NEW_CODE).tell(on.FaceJudged(findings()), on.Unreachable())
    assert walk.state == at.Problem(Failure.NETWORK_DOWN, retry=True)
    assert walk.session.purpose is Purpose.NEW_CODE


def test_what_is_kept_is_agreed_to_by_a_box_of_its_own_before_the_face() -> None:
    walk = cut().say(Intent.DEFER)
    assert walk.state == ASKED, "nothing is ticked, whatever was agreed to before"
    assert walk.say(Intent.AGREE).state == ASKED
    walk.say(Intent.TICK)
    assert walk.state == at.Notice(consented=True, kept_hours=24)
    assert not any(isinstance(step, on.Look) for step in walk.steps)
    assert walk.say(Intent.AGREE).state == at.Looking()
    assert walk.session.consent is not None
    assert walk.session.consent.notice_version == "notice-1-kept-24h"


def test_it_is_filed_with_its_hours_and_nothing_is_waited_for() -> None:
    walk = agreed().tell(on.FaceJudged(findings()))
    (step,) = [step for step in walk.steps if isinstance(step, on.FileRecord)]
    assert step.kept_hours == 24
    walk.tell(on.Filed("ABCD-1234"))
    assert walk.state == at.SavedHere("ABCD-1234")
    assert walk.session.identity is None
    assert walk.say(Intent.DONE).state == at.Rate(Farewell.FILED)


def test_a_network_that_comes_back_in_time_brings_the_code() -> None:
    walk = agreed().tell(on.FaceJudged(findings()), on.Filed("ABCD-1234"), on.Confirmed())
    assert walk.state == at.SavedHere("ABCD-1234", confirmed=True)
    assert isinstance(walk.tell(on.PinIssued("482913", 9, sandbox=True)).state, at.Accepted)


def test_an_ordinary_record_has_no_hours() -> None:
    walk = Walk(policy=ALLOWED).to_looking().tell(on.FaceJudged(findings()))
    assert [step.kept_hours for step in walk.steps if isinstance(step, on.FileRecord)] == [None]


def test_the_face_is_checked_as_ever() -> None:
    walk = agreed()
    for _ in range(3):
        walk.say(Intent.RETRY).tell(on.FaceJudged(findings(Zone.NO_MATCH)))
    assert walk.state == at.Problem(Failure.FACE_STAFF)
    assert not any(isinstance(step, on.FileRecord) for step in walk.steps)


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        ((Intent.DONE,), Farewell.NETWORK),
        ((Intent.CANCEL,), Farewell.NETWORK),
        ((Intent.DEFER, Intent.DECLINE), Farewell.DECLINED),
        ((Intent.DEFER, Intent.CANCEL), Farewell.CANCELLED),
    ],
)
def test_leaving_is_as_easy_and_leaves_nothing(said: tuple[Intent, ...], ending: Farewell) -> None:
    walk = cut().say(*said)
    assert walk.state == at.TakeCard(ending)
    assert (walk.session.identity, walk.session.consent) == (None, None)


@pytest.mark.parametrize("said", [(), (Intent.DEFER,), (Intent.DEFER, Intent.TICK)])
def test_a_card_that_leaves_ends_it(said: tuple[Intent, ...]) -> None:
    walk = cut().say(*said).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)


def test_who_is_silent_is_warned_and_then_gone() -> None:
    walk = cut().wait(46)
    assert isinstance(walk.state, at.StillThere)
    assert walk.wait(21).state == at.TakeCard(Farewell.TIMED_OUT)
