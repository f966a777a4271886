# SPDX-License-Identifier: Apache-2.0
"""SC-02, J3 and J10: what the person came for, and the answer to who only asks."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.identity import PartialDate
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Farewell, Intent, Purpose, Standing
from tests.kiosk.enrollment.walk import Walk
from tests.simulators.holders import identity, invalid_number


def _asking() -> Walk:
    walk = Walk().say(Intent.START, Intent.CHECK).tell(on.CardChanged(Presence.PRESENT))
    return walk.tell(on.IdentityRead(identity()))


def test_a_touch_asks_what_the_person_came_for_and_a_card_answers_it() -> None:
    walk = Walk().say(Intent.START)
    assert walk.state == at.Menu(staff=True)
    assert walk.tell(on.CardChanged(Presence.PRESENT)).state == at.Notice()


def test_nothing_is_left_of_a_menu_that_was_looked_at() -> None:
    assert Walk().say(Intent.START, Intent.BACK).state == at.Attract()
    walk = Walk().say(Intent.START).wait(45)
    assert isinstance(walk.state, at.StillThere)
    assert walk.wait(21).state == at.Attract()
    assert walk.session.ended is None
    assert Walk().say(Intent.START).wait(46).say(Intent.CANCEL).state == at.Attract()


def test_who_went_back_from_a_check_and_comes_again_enrols() -> None:
    walk = Walk().say(Intent.START, Intent.BACK, Intent.START, Intent.ENROLL)
    assert walk.state == at.Notice()
    assert walk.session.purpose is Purpose.ENROLL


def test_who_only_asks_gives_no_consent_meets_no_camera_and_files_nothing() -> None:
    walk = Walk().say(Intent.START, Intent.CHECK)
    assert walk.state == at.InsertCard(Purpose.CHECK)
    walk.tell(on.CardChanged(Presence.PRESENT), on.ReadProgressed(0.5))
    assert walk.state == at.Reading(0.5, purpose=Purpose.CHECK)
    walk.tell(on.IdentityRead(identity()))
    assert walk.state == at.Checking(purpose=Purpose.CHECK)
    walk.tell(on.StatusKnown(Enrolled.NOT_YET))
    assert walk.state == at.CheckAnswer(Standing.NOT_YET)
    assert walk.session.identity is None
    assert walk.session.consent is None
    assert not any(isinstance(step, (on.Look, on.FileRecord)) for step in walk.steps)


@pytest.mark.parametrize("enrolled", Enrolled)
def test_an_answer_is_shown_for_15_s_and_then_the_card_is_asked_back(enrolled: Enrolled) -> None:
    walk = _asking().tell(on.StatusKnown(enrolled))
    assert walk.state == at.CheckAnswer(Standing(enrolled.value))
    assert walk.wait(14.5).state == at.CheckAnswer(Standing(enrolled.value))
    assert walk.wait(0.5).state == at.TakeCard(Farewell.CHECKED)


def test_an_answer_goes_with_its_card() -> None:
    walk = _asking().tell(on.StatusKnown(Enrolled.ACTIVATED), on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.CHECKED)


def test_who_has_none_yet_may_go_on_and_is_told_what_happens_first() -> None:
    walk = _asking().tell(on.StatusKnown(Enrolled.NOT_YET)).say(Intent.ENROLL)
    assert walk.state == at.Notice()
    assert walk.say(Intent.TICK, Intent.AGREE).state == at.Reading()
    assert isinstance(walk.tell(on.IdentityRead(identity())).state, at.ConfirmIdentity)


def test_who_has_one_is_not_led_into_another() -> None:
    walk = _asking().tell(on.StatusKnown(Enrolled.ACTIVATED)).say(Intent.ENROLL)
    assert walk.state == at.CheckAnswer(Standing.ACTIVATED)


def test_no_answer_is_called_none() -> None:
    assert _asking().tell(on.Unreachable()).state == at.CheckAnswer(Standing.NOT_KNOWN)
    walk = _asking().wait(10)
    assert walk.state == at.Checking(slow=True, purpose=Purpose.CHECK)
    assert walk.wait(10).state == at.CheckAnswer(Standing.NOT_KNOWN)
    assert walk.session.identity is None
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.NETWORK)


def test_an_expired_card_and_a_child_s_may_still_be_asked_about() -> None:
    old = identity(expires=PartialDate(2020, 1, 1), born=PartialDate(date(2026, 1, 1).year, 1, 1))
    walk = Walk().say(Intent.START, Intent.CHECK).tell(on.CardChanged(Presence.PRESENT), on.IdentityRead(old))
    assert walk.state == at.Checking(purpose=Purpose.CHECK)


def test_a_number_that_is_served_at_the_counter_is_led_there_whatever_the_person_came_for() -> None:
    who = identity(citizen_number="6" + invalid_number(1)[1:])
    walk = Walk().say(Intent.START, Intent.CHECK).tell(on.CardChanged(Presence.PRESENT), on.IdentityRead(who))
    assert walk.state == at.Problem(Failure.NOT_AT_KIOSK)


def test_a_card_pulled_in_the_middle_of_a_check_is_asked_for_again() -> None:
    walk = Walk().say(Intent.START, Intent.CHECK)
    walk.tell(on.CardChanged(Presence.PRESENT), on.CardChanged(Presence.ABSENT))
    assert walk.state == at.PutCardBack(Purpose.CHECK)


def test_staff_are_told_what_can_be_done_here_today_and_begin_with_a_health_id() -> None:
    walk = Walk().say(Intent.START, Intent.STAFF)
    assert walk.state == at.StaffToday()
    assert walk.say(Intent.BACK).state == at.Menu(staff=True)
    assert walk.say(Intent.STAFF, Intent.ENROLL).state == at.Notice()


def test_a_kiosk_that_offers_staff_nothing_shows_them_no_tile() -> None:
    walk = Walk()
    walk.session = Session(policy=SessionPolicy(offers_staff=False), presence=Presence.ABSENT)
    assert walk.say(Intent.START).state == at.Menu(staff=False)
    assert walk.say(Intent.STAFF).state == at.Menu(staff=False)


def test_a_reader_that_disappears_behind_the_menu_stops_the_kiosk() -> None:
    walk = Walk().say(Intent.START).tell(on.CardChanged(Presence.NO_READER))
    assert walk.state == at.OutOfService(Fault.READER_ABSENT)
