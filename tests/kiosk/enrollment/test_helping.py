# SPDX-License-Identifier: Apache-2.0
"""A helper is called from any moment, the moment goes on under the call, and nothing of it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Zone
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk, findings
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Callable

WHERE: dict[str, Callable[[Walk], Walk]] = {
    "attract": lambda walk: walk,
    "menu": lambda walk: walk.say(Intent.START),
    "notice": lambda walk: walk.say(Intent.START, Intent.ENROLL, Intent.TICK),
    "insert card": lambda walk: walk.say(Intent.START, Intent.CHECK),
    "confirm": Walk.to_confirm,
    "problem": lambda walk: walk.to_reading().tell(on.CardFailed(Failure.CARD_UNREADABLE)),
    "accepted": Walk.to_accepted,
    "no phone": lambda walk: walk.to_accepted().say(Intent.NO_PHONE),
    "rate": lambda walk: walk.to_accepted().say(Intent.DONE),
    "take card": lambda walk: walk.to_confirm().say(Intent.NO),
}


def _asked(walk: Walk) -> list[bool]:
    return [step.wanted for step in walk.steps if isinstance(step, on.AskForHelp)]


@pytest.mark.parametrize("where", WHERE)
def test_help_is_called_and_the_person_goes_on_where_it_was(where: str) -> None:
    walk = WHERE[where](Walk())
    before = walk.state
    assert walk.say(Intent.HELP).state == at.HelpCalled(told=False)
    assert walk.say(Intent.BACK).state == before
    assert _asked(walk) == [True, False]


def test_the_staff_are_called_told_only_where_somebody_watches() -> None:
    assert Walk().say(Intent.HELP).tell(on.HelpTold()).state == at.HelpCalled(told=False)
    walk = Walk()
    walk.session = Session(policy=SessionPolicy(help_watched=True), presence=Presence.ABSENT)
    assert walk.say(Intent.HELP).state == at.HelpCalled(told=False)
    assert walk.tell(on.HelpTold()).state == at.HelpCalled(told=True)


def test_a_card_is_read_to_its_end_under_the_call() -> None:
    walk = Walk().to_reading().say(Intent.HELP).tell(on.IdentityRead(identity()))
    assert walk.state == at.HelpCalled()
    assert isinstance(walk.say(Intent.BACK).state, at.ConfirmIdentity)


def test_nobody_is_looked_at_behind_the_call_and_the_attempt_is_made_anew() -> None:
    walk = Walk().to_looking().say(Intent.HELP)
    assert on.StopLooking() in walk.steps
    assert walk.wait(120).state == at.HelpCalled()
    walk.say(Intent.BACK)
    assert walk.state == at.Looking(attempt=1)
    assert sum(isinstance(step, on.Look) for step in walk.steps) == 2


def test_an_outcome_that_comes_under_the_call_is_not_lost() -> None:
    walk = Walk().to_looking().tell(on.FaceJudged(findings(Zone.MATCH))).say(Intent.HELP)
    walk.tell(on.Filed("ABCD-1234"), on.PinIssued("482913", 1, sandbox=True))
    assert walk.state == at.HelpCalled()
    assert walk.say(Intent.BACK).state == at.Accepted("482913", 1, sandbox=True)
    assert sum(isinstance(step, on.FileRecord) for step in walk.steps) == 1


def test_silence_does_not_count_while_a_helper_is_waited_for_but_not_for_ever() -> None:
    walk = Walk().to_confirm().say(Intent.HELP)
    assert walk.wait(299).state == at.HelpCalled()
    assert isinstance(walk.wait(2).state, at.ConfirmIdentity)
    assert isinstance(walk.wait(45).state, at.StillThere)


def test_a_card_pulled_under_the_call_ends_the_session_and_wipes() -> None:
    walk = Walk().to_confirm().say(Intent.HELP).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)
    assert walk.session.identity is None


def test_a_reader_that_disappears_under_the_call_stops_the_kiosk() -> None:
    walk = Walk().to_confirm().say(Intent.HELP).tell(on.CardChanged(Presence.NO_READER))
    assert walk.state == at.OutOfService(Fault.READER_ABSENT)


def test_a_call_over_the_idle_warning_takes_the_warning_away() -> None:
    walk = Walk().to_confirm().wait(46).say(Intent.HELP)
    assert walk.state == at.HelpCalled()
    assert isinstance(walk.say(Intent.BACK).state, at.ConfirmIdentity)


def test_a_card_that_is_stuck_at_the_end_is_waited_for_as_long_as_the_helper() -> None:
    walk = Walk().to_confirm().say(Intent.NO, Intent.HELP)
    assert walk.wait(200).state == at.HelpCalled()
    assert walk.tell(on.CardChanged(Presence.ABSENT)).session.ended is Farewell.CANCELLED


def test_a_call_changes_nothing_that_was_agreed_or_asked() -> None:
    walk = Walk().to_confirm().say(Intent.YES, Intent.HELP, Intent.CANCEL, Intent.YES, Intent.HELP)
    assert walk.state == at.HelpCalled()
    assert isinstance(walk.tell(on.StatusKnown(Enrolled.NOT_YET)).say(Intent.BACK).state, at.Looking)
    assert _asked(walk) == [True, False]


def test_who_comes_is_shown_also_where_nobody_watches_and_the_wait_counts_down_to_nothing() -> None:
    walk = Walk().to_confirm().say(Intent.HELP).tell(on.HelperComes(1, "สมชาย", 180))
    assert walk.state == at.HelpCalled(told=True, helper="สมชาย", minutes=3)
    assert walk.wait(1).state == at.HelpCalled(told=True, helper="สมชาย", minutes=3)
    assert walk.wait(60).state == at.HelpCalled(told=True, helper="สมชาย", minutes=2)
    assert walk.wait(118).state == at.HelpCalled(told=True, helper="สมชาย", minutes=1)
    assert walk.wait(2).state == at.HelpCalled(told=True, helper="สมชาย", minutes=0)
    assert walk.wait(100).state == at.HelpCalled(told=True, helper="สมชาย", minutes=0)
    assert isinstance(walk.say(Intent.BACK).state, at.ConfirmIdentity)


def test_what_is_told_again_is_counted_from_there_and_another_helper_takes_the_place() -> None:
    walk = Walk().say(Intent.HELP).tell(on.HelperComes(1, "สมชาย", 180)).wait(30).tell(on.HelperComes(1, "สมชาย", 120))
    assert walk.state == at.HelpCalled(told=True, helper="สมชาย", minutes=2)
    assert walk.tell(on.HelpTold()).state == walk.state
    assert walk.tell(on.HelperComes(1, "Malee", 600)).state == at.HelpCalled(told=True, helper="Malee", minutes=10)


def test_who_was_named_is_waited_for_a_little_longer_than_promised_and_not_for_ever() -> None:
    walk = Walk().to_confirm().say(Intent.HELP).tell(on.HelperComes(1, "สมชาย", 600))
    assert walk.wait(600).tell(on.HelperComes(1, "สมชาย", 0)).state == at.HelpCalled(told=True, helper="สมชาย")
    assert walk.wait(119).tell(on.HelperComes(1, "สมชาย", 0)).state == at.HelpCalled(told=True, helper="สมชาย")
    assert isinstance(walk.wait(2).state, at.ConfirmIdentity)


def test_a_card_that_is_stuck_at_the_end_is_waited_for_as_long_as_who_was_named() -> None:
    walk = Walk().to_confirm().say(Intent.NO, Intent.HELP).tell(on.HelperComes(1, "สมชาย", 600))
    assert walk.wait(700).state == at.HelpCalled(told=True, helper="สมชาย")
    assert walk.tell(on.CardChanged(Presence.ABSENT)).session.ended is Farewell.CANCELLED


def test_who_comes_to_an_old_call_is_not_shown_at_a_new_one_or_at_none() -> None:
    walk = Walk().to_confirm().say(Intent.HELP, Intent.BACK).tell(on.HelperComes(1, "สมชาย", 180))
    assert isinstance(walk.state, at.ConfirmIdentity)
    walk.say(Intent.HELP)
    assert [step.number for step in walk.steps if isinstance(step, on.AskForHelp)] == [1, 1, 2]
    assert walk.tell(on.HelperComes(1, "สมชาย", 180)).state == at.HelpCalled()
    assert walk.tell(on.HelperComes(2, "Malee", 180)).state == at.HelpCalled(told=True, helper="Malee", minutes=3)


def test_the_name_of_who_comes_is_not_printed() -> None:
    assert "สมชาย" not in repr(on.HelperComes(1, "สมชาย", 180))
