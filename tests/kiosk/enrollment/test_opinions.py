# SPDX-License-Identifier: Apache-2.0
"""SC-12: five faces for who likes, three touches for who complains, and nothing of the person in either."""

from __future__ import annotations

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.opinions import ABOUT, FACES, UNHAPPY
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk
from wire.opinions import Opinion


def _noted(walk: Walk) -> list[Opinion]:
    return [step.opinion for step in walk.steps if isinstance(step, on.NoteOpinion)]


def test_who_finishes_is_asked_how_it_was_with_the_data_gone() -> None:
    walk = Walk().to_accepted().say(Intent.DONE)
    assert walk.state == at.Rate(Farewell.FILED)
    assert walk.session.identity is None
    assert walk.session.consent is None


@pytest.mark.parametrize("face", [face for face in FACES if face not in UNHAPPY])
def test_a_face_is_one_touch_and_then_the_card_is_asked_back(face: Intent) -> None:
    walk = Walk().to_accepted().say(Intent.DONE, face)
    assert walk.state == at.TakeCard(Farewell.FILED)
    assert _noted(walk) == [Opinion(face)]


@pytest.mark.parametrize("face", sorted(UNHAPPY))
@pytest.mark.parametrize("about", ABOUT)
def test_a_complaint_is_three_touches(face: Intent, about: Intent) -> None:
    walk = Walk().to_accepted().say(Intent.DONE, face)
    assert walk.state == at.Complaint(Farewell.FILED)
    assert walk.say(about).state == at.TakeCard(Farewell.FILED)
    assert _noted(walk) == [Opinion(face), Opinion(about)]


def test_nobody_has_to_say_anything() -> None:
    assert Walk().to_accepted().say(Intent.DONE).wait(8).state == at.TakeCard(Farewell.FILED)
    assert Walk().to_accepted().say(Intent.DONE, Intent.RATED_1).wait(20).state == at.TakeCard(Farewell.FILED)
    walk = Walk().to_accepted().say(Intent.DONE, Intent.DONE)
    assert walk.state == at.TakeCard(Farewell.FILED)
    assert _noted(walk) == []


def test_taking_the_card_is_answer_enough() -> None:
    walk = Walk().to_accepted().say(Intent.DONE).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.FILED)


def test_who_has_one_already_is_asked_too_and_who_met_a_problem_is_let_go() -> None:
    known = Walk().to_confirm().say(Intent.YES).tell(on.StatusKnown(Enrolled.ACTIVATED)).say(Intent.DONE)
    assert known.state == at.Rate(Farewell.ALREADY_ENROLLED)
    stopped = Walk().to_reading().tell(on.CardFailed(Failure.NOT_AT_KIOSK)).say(Intent.DONE)
    assert stopped.state == at.TakeCard(Farewell.CARD_PROBLEM)


def test_a_face_counts_once_and_only_where_faces_are() -> None:
    walk = Walk().to_confirm().say(Intent.RATED_5, Intent.ABOUT_WAITING)
    assert isinstance(walk.state, at.ConfirmIdentity)
    twice = Walk().to_accepted().say(Intent.DONE, Intent.RATED_5, Intent.RATED_5)
    assert _noted(walk) == []
    assert _noted(twice) == [Opinion.RATED_5]


def test_a_kiosk_that_asks_nobody_asks_nobody() -> None:
    walk = Walk()
    walk.session = Session(policy=SessionPolicy(rating_s=0.0), presence=Presence.ABSENT)
    assert walk.to_accepted().say(Intent.DONE).state == at.TakeCard(Farewell.FILED)
