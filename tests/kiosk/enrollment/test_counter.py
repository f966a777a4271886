# SPDX-License-Identifier: Apache-2.0
"""J5 and J6: whoever this kiosk cannot serve and staff can is told at which counter, and never what they are."""

from __future__ import annotations

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.identity import PartialDate
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk
from tests.simulators.holders import identity, invalid_number


def _at_a_hospital_with_a_counter() -> Walk:
    walk = Walk()
    walk.session = Session(policy=SessionPolicy(counter="12"), presence=Presence.ABSENT)
    return walk


@pytest.mark.parametrize("first_digit", [0, 6, 7])
def test_a_number_without_thai_registration_is_led_to_the_counter_and_nothing_is_filed(first_digit: int) -> None:
    who = identity(citizen_number=invalid_number(1, first_digit))
    walk = _at_a_hospital_with_a_counter().to_reading().tell(on.IdentityRead(who))
    assert walk.state == at.Problem(Failure.NOT_AT_KIOSK, counter="12")
    assert walk.session.identity is None
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.CARD_PROBLEM)


def test_a_child_is_led_to_the_counter_with_a_guardian() -> None:
    walk = _at_a_hospital_with_a_counter().to_reading().tell(on.IdentityRead(identity(born=PartialDate(2015, 1, 1))))
    assert walk.state == at.Problem(Failure.UNDER_AGE, counter="12")


def test_a_chip_that_cannot_be_read_is_led_to_the_counter_after_three_tries() -> None:
    walk = _at_a_hospital_with_a_counter().to_reading()
    for _ in range(2):
        assert walk.tell(on.CardFailed(Failure.CARD_NOT_NATIONAL_ID)).state == at.Problem(
            Failure.CARD_NOT_NATIONAL_ID, retry=True
        )
        walk.tell(on.CardChanged(Presence.ABSENT), on.CardChanged(Presence.PRESENT))
    walk.tell(on.CardFailed(Failure.CARD_NOT_NATIONAL_ID))
    assert walk.state == at.Problem(Failure.CARD_UNREADABLE_STAFF, counter="12")


@pytest.mark.parametrize("failure", [Failure.CARD_EXPIRED, Failure.NOT_SAVED])
def test_what_no_counter_can_mend_names_none(failure: Failure) -> None:
    walk = _at_a_hospital_with_a_counter().to_reading().tell(on.CardFailed(failure))
    assert walk.state == at.Problem(failure)


def test_a_hospital_that_has_not_said_where_has_no_counter_named() -> None:
    walk = Walk().to_reading().tell(on.CardFailed(Failure.NOT_AT_KIOSK))
    assert walk.state == at.Problem(Failure.NOT_AT_KIOSK)
