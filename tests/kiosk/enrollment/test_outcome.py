# SPDX-License-Identifier: Apache-2.0
"""SC-09 to SC-11: the code's way to the person's phone, or to none."""

from __future__ import annotations

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk

LINK = "https://example.moph.go.th"
UNTIL = 1_800_000_000_000
CODE = at.Accepted("482913", UNTIL, sandbox=True, hand_over=True)


def _linked() -> Walk:
    walk = Walk()
    walk.session = Session(policy=SessionPolicy(mor_prom_link=LINK), presence=Presence.ABSENT)
    return walk


def test_mor_prom_s_page_is_one_touch_from_the_code_and_one_touch_back() -> None:
    walk = _linked().to_accepted()
    assert walk.state == CODE
    assert walk.say(Intent.SHOW_QR).state == at.HandOver(LINK, "482913")
    assert walk.say(Intent.BACK).state == CODE


def test_the_code_is_in_no_link() -> None:
    walk = _linked().to_accepted().say(Intent.SHOW_QR)
    assert isinstance(walk.state, at.HandOver)
    assert "482913" not in walk.state.link


def test_without_a_link_there_is_no_page_to_show() -> None:
    walk = Walk().to_accepted().say(Intent.SHOW_QR)
    assert walk.state == at.Accepted("482913", UNTIL, sandbox=True)


def test_who_becomes_active_behind_the_page_is_told_so() -> None:
    walk = _linked().to_accepted().say(Intent.SHOW_QR).tell(on.BecameActive(sandbox=True))
    assert walk.state == at.Activated(sandbox=True)
    assert walk.say(Intent.BACK).state == at.Activated(sandbox=True)


def test_a_page_that_nobody_used_gives_way_to_finishing_at_home() -> None:
    walk = _linked().to_accepted().say(Intent.SHOW_QR).wait(90)
    assert walk.state == at.FinishLater("482913", UNTIL, sandbox=True)
    assert walk.say(Intent.SHOW_QR).state == at.HandOver(LINK, "482913")
    assert walk.wait(90).state == at.FinishLater("482913", UNTIL, sandbox=True)


def test_who_has_one_already_sees_the_page_without_a_code() -> None:
    walk = _linked().to_confirm().say(Intent.YES).tell(on.StatusKnown(Enrolled.ACTIVATED))
    assert walk.state == at.AlreadyEnrolled(activated=True, hand_over=True)
    assert walk.say(Intent.SHOW_QR).state == at.HandOver(LINK)
    assert walk.wait(90).state == at.AlreadyEnrolled(activated=True, hand_over=True)
    assert walk.say(Intent.SHOW_QR, Intent.DONE, Intent.DONE).state == at.TakeCard(Farewell.ALREADY_ENROLLED)


def test_who_has_no_phone_learns_what_the_card_is_good_for_and_may_go_back_to_the_code() -> None:
    walk = Walk().to_accepted().say(Intent.NO_PHONE)
    assert walk.state == at.NoPhone()
    assert walk.say(Intent.BACK).state == at.Accepted("482913", UNTIL, sandbox=True)
    assert walk.wait(90).state == at.FinishLater("482913", UNTIL, sandbox=True)
    assert walk.say(Intent.NO_PHONE, Intent.DONE, Intent.DONE).state == at.TakeCard(Farewell.FILED)


def test_who_leaves_before_the_page_for_people_without_a_phone_is_counted_as_filed() -> None:
    walk = Walk().to_accepted().say(Intent.NO_PHONE).wait(45)
    assert isinstance(walk.state, at.StillThere)
    assert walk.wait(20).state == at.TakeCard(Farewell.FILED)
    assert walk.session.back_to is None
