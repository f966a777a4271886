# SPDX-License-Identifier: Apache-2.0
"""Somebody says that something is not right: once, with nothing of the person, and the session ends as it would."""

from __future__ import annotations

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.reporting import ABOUT
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk
from wire.opinions import Category, Place

NUMBER = "4821-7306"


def _filed(walk: Walk) -> list[on.FileComplaint]:
    return [step for step in walk.steps if isinstance(step, on.FileComplaint)]


def _failed() -> Walk:
    """Somebody whose face could not be compared, and who may try again."""
    return Walk().to_looking().tell(on.FaceFailed(Failure.FACE_UNCLEAR))


def test_the_menu_leads_to_the_list_and_back_and_nothing_is_said() -> None:
    walk = Walk().say(Intent.START, Intent.COMPLAIN)
    assert walk.state == at.ReportProblem(Place.MENU, Farewell.REPORTED)
    assert walk.say(Intent.BACK).state == at.Attract()
    assert _filed(walk) == []


@pytest.mark.parametrize("intent", ABOUT)
def test_one_touch_says_it_and_the_number_is_shown_once_it_is_kept(intent: Intent) -> None:
    walk = Walk().say(Intent.START, Intent.COMPLAIN, intent)
    assert walk.state == at.ReportProblem(Place.MENU, Farewell.REPORTED, sent=True)
    assert _filed(walk) == [on.FileComplaint(ABOUT[intent], Place.MENU)]
    assert walk.tell(on.ComplaintEnded(NUMBER)).state == at.ProblemReported(Farewell.REPORTED, NUMBER)
    assert walk.say(Intent.DONE).state == at.Goodbye(Farewell.REPORTED)


def test_every_category_but_the_rest_can_be_touched() -> None:
    assert set(ABOUT.values()) == set(Category) - {Category.OTHER}


def test_a_second_touch_says_nothing_twice() -> None:
    walk = Walk().say(Intent.START, Intent.COMPLAIN, Intent.REPORT_CARD, Intent.REPORT_CARD, Intent.REPORT_FACE)
    assert len(_filed(walk)) == 1
    assert len(_filed(walk.tell(on.ComplaintEnded(NUMBER)).say(Intent.REPORT_FACE))) == 1


def test_at_a_problem_everything_of_the_person_is_gone_before_the_list_is_shown() -> None:
    walk = _failed()
    assert walk.session.identity is not None
    walk.say(Intent.COMPLAIN)
    assert walk.state == at.ReportProblem(Place.PROBLEM, Farewell.CANCELLED)
    assert (walk.session.identity, walk.session.consent) == (None, None)
    walk.say(Intent.REPORT_FACE).tell(on.ComplaintEnded(NUMBER)).say(Intent.DONE)
    assert walk.state == at.TakeCard(Farewell.CANCELLED)


def test_who_is_unhappy_with_the_visit_may_have_a_number_for_it() -> None:
    walk = Walk().to_accepted().say(Intent.DONE, Intent.RATED_1, Intent.COMPLAIN)
    assert walk.state == at.ReportProblem(Place.RATING, Farewell.FILED)
    walk.say(Intent.REPORT_SERVICE).tell(on.ComplaintEnded(NUMBER)).say(Intent.DONE)
    assert walk.state == at.TakeCard(Farewell.FILED)


def test_what_could_not_be_kept_says_so_and_shows_no_number() -> None:
    walk = Walk().say(Intent.START, Intent.COMPLAIN, Intent.REPORT_CARD).tell(on.ComplaintEnded(""))
    assert walk.state == at.ProblemReported(Farewell.REPORTED, "")


def test_an_answer_that_comes_when_the_person_has_left_shows_nobody_a_number() -> None:
    walk = _failed().say(Intent.COMPLAIN, Intent.REPORT_CARD, Intent.BACK)
    assert walk.tell(on.ComplaintEnded(NUMBER)).state == at.TakeCard(Farewell.CANCELLED)
    unasked = Walk().say(Intent.START, Intent.COMPLAIN)
    assert isinstance(unasked.tell(on.ComplaintEnded(NUMBER)).state, at.ReportProblem)


def test_silence_asks_whether_somebody_is_still_there_and_then_ends_it() -> None:
    walk = _failed().say(Intent.COMPLAIN, Intent.REPORT_CARD).tell(on.ComplaintEnded(NUMBER))
    assert isinstance(walk.wait(45).state, at.StillThere)
    assert walk.wait(20).state == at.TakeCard(Farewell.CANCELLED)


def test_a_helper_can_be_called_over_the_list_and_the_number_is_there_afterwards() -> None:
    walk = Walk().say(Intent.START, Intent.COMPLAIN, Intent.REPORT_CARD, Intent.HELP)
    walk.tell(on.ComplaintEnded(NUMBER))
    assert isinstance(walk.state, at.HelpCalled)
    assert walk.say(Intent.BACK).state == at.ProblemReported(Farewell.REPORTED, NUMBER)


@pytest.mark.parametrize("presence", list(Presence))
def test_a_card_that_comes_or_goes_changes_nothing(presence: Presence) -> None:
    walk = Walk().say(Intent.START, Intent.COMPLAIN)
    assert walk.tell(on.CardChanged(presence)).state == at.ReportProblem(Place.MENU, Farewell.REPORTED)


def test_nowhere_else_can_it_be_said() -> None:
    for walk in (Walk(), Walk().to_reading(), Walk().to_confirm(), Walk().to_looking(), Walk().to_accepted()):
        before = walk.state
        assert walk.say(Intent.COMPLAIN).state == before
